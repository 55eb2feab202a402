/* What page_list.py asks of a page, each by its name. */
({
  landmarks: () => ({
        title: document.title, lang: document.documentElement.lang,
        h1: [...document.querySelectorAll('h1')].filter(e => e.offsetParent).length,
        mains: document.querySelectorAll('main').length,
        headers: document.querySelectorAll('body > header, .app > header').length,
        first: document.querySelector('a[href]')?.className,
        aim: !!document.querySelector('main#main'),
        dead: [...document.querySelectorAll('a[href^="#"]')].filter(a => !a.closest('.drawing')).map(a => a.getAttribute('href'))
            .filter(h => h.length > 1 && !document.getElementById(h.slice(1))),
        ids: [...document.querySelectorAll('[id]')].map(e => e.id)
            .filter((id, n, all) => all.indexOf(id) !== n),
    }),

  low: () => {
        const controls = 'a.btn, button, input:not([type=hidden]), select, textarea, summary, a.tile, a.fig, .nav a, .pages a';
        return [...document.querySelectorAll(controls)].filter(e => {
            if (!e.offsetParent || e.closest('.sr, .djs-overlay, [data-decision]')) return false;
            const held = e.closest('label') ?? e;
            const box = held.getBoundingClientRect();
            return box.height > 0 && box.height < 43.5;
        }).map(e => `${e.tagName.toLowerCase()} “${(e.innerText || e.name || e.value || '').slice(0, 20)}” ` +
            `${Math.round((e.closest('label') ?? e).getBoundingClientRect().height)} px`);
    },

  words: () => {
        const english = document.documentElement.lang === 'en';
        const other = english ? 'zh' : 'en';
        // On a Chinese page nothing marks what people wrote, which may have English in it.
        // What is in the editor's canvas is asked of every kind of element in test_studio_diagram.
        const apart = 'script, noscript, style, svg, code, kbd, .drawing, [data-canvas]' + (english ? '' : ', .quote, .raw, textarea');
        const marked = e => e.closest(`[lang^="${other}"]`) || e.closest(apart);
        const said = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (!marked(e)) said.push(walker.currentNode.data);
        }
        for (const e of document.body.querySelectorAll('*')) {
            if (e.closest('[lang^="' + other + '"], script, noscript, style, .drawing, [data-canvas]')) continue;
            for (const name of ['aria-label', 'placeholder', 'alt', 'title'])
                if (e.hasAttribute(name)) said.push(e.getAttribute(name));
            if (e.tagName === 'INPUT' && ['submit', 'button'].includes(e.type)) said.push(e.value);
        }
        let title = document.title;
        for (const e of document.querySelectorAll(`main [lang^="${other}"]`))
            title = title.replaceAll(e.textContent.trim(), ' ');
        return {english, said: [...said, title]};
    },

  badges: () => [...document.querySelectorAll('.due')].map(e => ({
        text: e.textContent.trim(), title: e.title, held: e.classList.contains('due--hold'),
        met: e.classList.contains('due--met'), lang: document.documentElement.lang.slice(0, 2),
        cut: e.offsetParent !== null && e.parentElement.scrollWidth > e.parentElement.clientWidth + 1
            && getComputedStyle(e.parentElement).overflow !== 'visible',
    })),

  papers: () => ({
        left: [...document.querySelectorAll('.no-print, .btn, .rail, .filters, .skip, nav, main .actions, .hero-art')]
            .filter(e => e.getClientRects().length).map(e => e.getAttribute('class') || e.tagName),
        read: document.querySelector('main').innerText.trim().length,
        heading: !!document.querySelector('h1').offsetParent,
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }),

  empties: () => [...document.querySelectorAll('.empty')].filter(e => e.offsetParent).map(e => ({
        heading: e.querySelector('h2')?.innerText ?? '', words: e.querySelector('p')?.innerText ?? '',
        way: !!e.querySelector('a[href], button'),
    })),

  refusal: () => ({
        title: document.title, lang: document.documentElement.lang,
        told: [...document.querySelectorAll('.errors a')].map(a => [a.innerText, a.getAttribute('href')]),
        alert: document.querySelector('.errors')?.getAttribute('role'),
        bad: [...document.querySelectorAll('.errors a')].filter(a => {
            const e = document.getElementById(a.getAttribute('href').slice(1));
            const field = e?.closest('.field') ?? e;
            return !e || !(e.id === 'main' || field.querySelector('.error'));
        }).map(a => a.innerText),
    }),

  stop: () => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const x = Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 1);
    const y = Math.min(Math.max(box.y + Math.min(box.height, innerHeight) / 2, 1), innerHeight - 1);
    const over = document.elementFromPoint(x, y);
    return {
        place: [...document.querySelectorAll('*')].indexOf(e), cls: e.className,
        text: (e.innerText || e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.value || e.name || '').trim().slice(0, 60),
        seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none',
        // The table of the decision editor is the library's; the plain table beside it is ours.
        theirs: !!e.closest('[data-decision]'),
        // What lies on a drawing belongs to it.
        hidden: !!over && !e.contains(over) && !over.contains(e) && !e.labels?.[0]?.contains(over)
            && !(e.tagName === 'svg' && e.closest('.djs-container')?.contains(over)),
    };
},

  // What each Tab leaves is looked at before it goes on, so that nobody asks after each.
  watch() {
    window.stopsSeen = [];
    window.addEventListener('keydown', (event) => event.key === 'Tab' && window.stopsSeen.push(this.stop()), true);
  },

  // The stops once around, and whether it was once around.
  stops: () => {
    const seen = window.stopsSeen.slice(1);
    const end = seen.findIndex((stop, n) => !stop || (n && stop.place === seen[0].place));
    return {around: end >= 0, seen: end < 0 ? seen : seen.slice(0, end)};
  },

  atTheTop: () => {
    window.scrollTo(0, 0);
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  },

  focused: () => document.activeElement.id,
});
