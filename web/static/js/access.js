/* Alt and an accesskey presses what carries it, by the same keys in every browser; without JavaScript the browser's own do. */
document.addEventListener('keydown', (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
  if (document.querySelector('dialog[open]')) return;
  const key = event.code.replace(/^(Digit|Key|Numpad)/, '').toLowerCase();
  if (!/^[0-9a-z]$/.test(key)) return;
  const target = [...document.querySelectorAll(`[accesskey="${key}"]`)].find((one) => one.offsetParent);
  if (!target) return;
  event.preventDefault();
  target.click();
});
