/* Counts what is written: <textarea data-count="id of the line" maxlength> and <p id data-words="… {n} … {max} …">. */
for (const area of document.querySelectorAll('textarea[data-count]')) {
  const line = document.getElementById(area.dataset.count);
  if (!line) continue;
  const show = () => {
    line.textContent = line.dataset.words
      .replace('{n}', [...area.value].length.toLocaleString('en'))
      .replace('{max}', Number(area.maxLength).toLocaleString('en'));
  };
  area.addEventListener('input', show);
  show();
}
