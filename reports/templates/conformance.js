// Texts of the payer only ever enter the page through textContent; the policy in the head forbids any request.
(() => {
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, text, style) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (style) element.className = style;
    return element;
  };
  const exchanges = JSON.parse(find('#data').textContent);

  // --- one exchange, drawn when it is asked for
  function draw(exchange) {
    const box = make('div', undefined, 'exchange');
    const tags = make('div', undefined, 'tags');
    for (const tag of exchange.tags) tags.append(make('span', tag, 'tag'));
    box.append(tags);
    for (const [title, text] of [
      ['Request', exchange.request],
      ['Answer', exchange.response],
      ['Repeat it', exchange.curl],
    ]) {
      const part = make('pre', text);
      part.tabIndex = 0;
      box.append(make('h3', title), part);
    }
    const notes = make('ul', undefined, 'src');
    for (const note of exchange.notes) notes.append(make('li', note));
    box.append(make('h3', 'Measured'), notes);
    return box;
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-exchange]');
    if (!button) return;
    const open = button.getAttribute('aria-expanded') === 'true';
    button.setAttribute('aria-expanded', String(!open));
    if (open) button.nextElementSibling.remove();
    else button.after(draw(exchanges[Number(button.dataset.exchange)]));
  });

  // --- filter
  const form = find('.filter');
  const rows = all('#rows tbody tr').map((row) => ({ row, text: row.textContent.toLowerCase() }));
  const marks = all('button[data-mark]', form);
  form.hidden = false;
  function apply() {
    const words = find('#words').value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = new Set(marks.filter((each) => each.getAttribute('aria-pressed') === 'true').map((each) => each.dataset.mark));
    const [level, line, scenario] = ['#level', '#line', '#scenario'].map((id) => find(id).value);
    let count = 0;
    for (const { row, text } of rows) {
      const keep =
        pressed.has(row.dataset.mark) &&
        (level === '' || row.dataset.level === level) &&
        (line === '' || row.dataset.lines.split(' ').includes(line)) &&
        (scenario === '' || row.dataset.scenarios.split(' ').includes(scenario)) &&
        words.every((word) => text.includes(word));
      row.hidden = !keep;
      if (keep) count++;
    }
    find('#shown').textContent = `${count} of ${rows.length} requirements shown`;
  }
  const press = (keep) => {
    for (const each of marks) each.setAttribute('aria-pressed', String(keep(each)));
  };
  const reset = (line = '', scenario = '') => {
    find('#words').value = '';
    find('#level').value = '';
    find('#line').value = line;
    find('#scenario').value = scenario;
    press(() => true);
    apply();
  };
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.id === 'clear') reset();
    else button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    apply();
  });
  for (const cell of all('a.c')) cell.addEventListener('click', () => reset(cell.dataset.line, cell.dataset.scenario));

  // A link to a row or a post-condition must find it, whatever the filter hides.
  function arrive() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) reset();
    for (let box = target.closest('details'); box; box = box.parentElement.closest('details')) box.open = true;
    for (const each of all('tr.hit[data-mark], #posts tr.hit')) each.classList.remove('hit');
    if (target.matches('tr')) target.classList.add('hit');
    target.scrollIntoView({ block: target.matches('tr') ? 'center' : 'start' });
  }
  addEventListener('hashchange', arrive);
  apply();
  arrive();

  // --- all exchanges, a hundred at a time
  const list = find('#list');
  const page = 100;
  const bar = make('div', undefined, 'filter');
  const words = make('input');
  words.type = 'search';
  words.placeholder = 'step, path, status, probe…';
  words.setAttribute('aria-label', 'Filter exchanges');
  const entries = make('div');
  const more = make('button', 'Show more');
  more.type = 'button';
  bar.append(words);
  list.append(bar, entries, more);
  const index = exchanges.map((exchange) => `${exchange.index} ${exchange.title} ${exchange.tags.join(' ')}`.toLowerCase());
  let from = 0;
  function extend() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let added = 0;
    for (; from < exchanges.length && added < page; from++) {
      if (!wanted.every((word) => index[from].includes(word))) continue;
      const exchange = exchanges[from];
      const box = make('details');
      box.append(make('summary', `${exchange.index} · ${exchange.tags[0]} · ${exchange.title}`));
      box.addEventListener('toggle', () => box.children.length === 1 && box.append(draw(exchange)));
      entries.append(box);
      added++;
    }
    more.hidden = from >= exchanges.length;
  }
  words.addEventListener('input', () => {
    entries.replaceChildren();
    from = 0;
    extend();
  });
  more.addEventListener('click', extend);
  extend();
})();
