/* Opens and closes <dialog>: data-open names its id, data-close shuts it, data-hide takes a message away. */
document.addEventListener('click', (event) => {
  const open = event.target.closest('[data-open]');
  const close = event.target.closest('[data-close]');
  const hide = event.target.closest('[data-hide]');
  if (open) {
    const dialog = document.getElementById(open.dataset.open);
    if (dialog && dialog.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  if (close) {
    event.preventDefault();
    close.closest('dialog').close();
  }
  if (hide) hide.closest('.toast, .note').remove();
});
