/* Small help for people with JavaScript; every page works without it. No inline handlers, no eval. */
import './shortcuts.js';
import './answer_checks.js';
import './dialogs.js';
import './draft.js';
import './files.js';
import './fill.js';
import './folds.js';
import './into.js';
import './count.js';
import './list.js';
import './look.js';
import './news.js';
import './peek.js';
import './presence.js';
import './phrases.js';
import './show_if.js';
import './submit.js';
import './begin.js';
import './board.js';
import './access.js';

document.documentElement.classList.add('js');
