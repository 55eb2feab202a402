/* Says while one writes an answer what it still lacks: data-checks names the textarea, data-patterns what is looked for. */
for (const line of document.querySelectorAll('[data-checks]')) {
  const area = document.getElementById(line.dataset.checks);
  const words = JSON.parse(line.dataset.words);
  const looked = Object.entries(JSON.parse(line.dataset.patterns)).map(([name, pattern]) => [name, new RegExp(pattern, 'u')]);
  const show = () => {
    const found = Object.fromEntries(looked.map(([name, pattern]) => [name, pattern.test(area.value)]));
    const named = (holds) => ['result', 'date', 'contact'].filter((name) => found[name] === holds).map((name) => words[name]);
    const parts = ['present', 'missing']
      .map((state) => [state, named(state === 'present')])
      .filter(([, names]) => names.length)
      .map(([state, names]) => words[state].replace('{what}', names.join(words.comma)));
    if (found.hollow) parts.push(words.hollow);
    line.textContent = area.value.trim() ? words.head + parts.join(words.stop) : '';
  };
  if (area) area.addEventListener('input', show);
}
