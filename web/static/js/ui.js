/* Small help for people with JavaScript; every page works without it. No inline handlers, no eval. */
import './dialogs.js';
import './fill.js';
import './into.js';
import './count.js';
import './list.js';
import './look.js';
import './peek.js';
import './shortcuts.js';
import './show_if.js';
import './submit.js';

document.documentElement.classList.add('js');
