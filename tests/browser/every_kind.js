/* Draws one element of every kind the studio offers, opens each with all its menus, and gives
 * {kinds, said, missing}: how many, every run of Latin letters that was seen, what had no words. */
async (told) => {
  const { studio } = document.querySelector('[data-studio]');
  const { modeler } = studio;
  const get = (name) => modeler.get(name);
  const said = new Set();
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const words = (box) => `${box.innerText} ${[...box.querySelectorAll('[title], [aria-label]')].map((one) => `${one.getAttribute('title') || ''} ${one.getAttribute('aria-label') || ''}`).join(' ')}`;
  const look = (where, box) => {
    for (const found of words(box).matchAll(/[A-Za-z][A-Za-z ()/-]{2,}/g)) said.add(`${where}: ${found[0].trim()}`);
  };
  await modeler.importXML(told);
  const made = [];
  for (const key of studio.kinds) {
    const after = key.startsWith('border') ? 'host' : null;
    made.push([key, studio.add(key, after)]);
    if (!after) get('modeling').moveElements([made[made.length - 1][1]], { x: 0, y: 150 * made.length });
  }
  made.push(...['link', 'default_link', 'lane_one', 'note_link', 'pool'].map((id) => [id, get('elementRegistry').get(id)]).filter((one) => one[1]));
  for (const [key, element] of made) {
    studio.select(element.id);
    await pause(20);
    for (const fold of studio.root.querySelectorAll('[data-props] details')) fold.open = true;
    look(key, studio.root);
    for (const menu of ['bpmn-replace', 'bpmn-append', 'bpmn-create', 'color-picker']) {
      const target = menu === 'color-picker' ? [element] : element;
      if (menu === 'bpmn-create' || get('popupMenu').isEmpty(target, menu)) continue;
      get('popupMenu').open(target, menu, { x: 300, y: 300 }, { search: true });
      await pause(20);
      for (const box of document.querySelectorAll('.djs-popup')) look(`${key} ${menu}`, box);
      get('popupMenu').close();
    }
  }
  get('popupMenu').open(get('canvas').getRootElement(), 'bpmn-create', { x: 300, y: 300 }, { search: true });
  await pause(20);
  for (const box of document.querySelectorAll('.djs-popup')) look('create', box);
  get('popupMenu').close();
  get('selection').select([made[0][1], made[1][1], made[2][1]]);
  await pause(20);
  look('several', studio.root);
  get('popupMenu').open([made[0][1], made[1][1], made[2][1]], 'align-elements', { x: 300, y: 300 });
  await pause(20);
  for (const box of document.querySelectorAll('.djs-popup')) look('align', box);
  get('popupMenu').close();
  get('minimap').open();
  get('searchPad').open();
  await pause(20);
  look('search', studio.root);
  get('searchPad').close();
  get('toggleMode').toggleMode(true);
  await pause(100);
  look('walking', studio.root);
  get('toggleMode').toggleMode(false);
  return { kinds: made.length, said: [...said], missing: [...studio.missing] };
}
