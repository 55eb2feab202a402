/* Ctrl+Enter presses the primary button of the form one is in, else goes where the page leads on; a form is sent once. */
import { composing } from './shortcuts.js';

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || composing(event)) return;
  const form = event.target.form || document.querySelector('form[data-main]');
  const button = form?.querySelector('.btn--primary') || document.querySelector('.flash a.btn--primary');
  if (button) {
    event.preventDefault();
    button.click();
  }
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  // What opens elsewhere, such as a draft, or is saved as a file leaves the form to be sent.
  const button = event.submitter;
  if (form.method !== 'post' || (button && (button.formTarget || 'download' in button.dataset))) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
});

/* A page taken back from the browser's memory may be sent again. */
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

const faults = document.querySelector('.errors');
if (faults) faults.focus();
