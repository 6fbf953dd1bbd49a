// What two encoders disagree on: counts over all units, and the units themselves with their pictures.

const PAGE = 48;

/** The units as the second encoder's gain over the first; ties keep their order. */
function ordered(value, a, b, kind) {
  const sign = value.higher ? 1 : -1;
  const gain = (place) => sign * (value.values[b][place] - value.values[a][place]);
  const places = value.units.map((_, place) => place);
  const keep = { a: (place) => gain(place) < 0, b: (place) => gain(place) > 0, all: () => true }[kind];
  const amount = (place) => (kind === 'a' ? -gain(place) : kind === 'b' ? gain(place) : Math.abs(gain(place)));
  return places.filter((place) => keep(place)).sort((one, other) => amount(other) - amount(one) || one - other);
}

function tile(value, pictures, encoders, place) {
  const label = value.labels?.[place];
  const list = el('dl');
  for (const encoder of encoders) {
    const outcome = value.values[encoder][place];
    const predicted = value.predictions[encoder]?.[place];
    const measured = value.binary ? (outcome ? 'right' : 'wrong') : outcome.toFixed(3);
    const text = predicted === undefined || value.binary ? predicted ?? measured : `${predicted} (${measured})`;
    const mark = value.binary ? (outcome ? 'is-right' : 'is-wrong') : null;
    const sign = value.binary && predicted !== undefined ? (outcome ? '✓ ' : '✗ ') : '';
    list.append(el('dt', { title: value.encoders[encoder] }, value.encoders[encoder]), el('dd', { class: mark }, sign + text));
  }
  const picture = pictures[value.pictures[place]];
  return el(
    'li',
    { class: 'tile' },
    picture && el('img', { src: picture, alt: label ? `an image of ${label}` : value.units[place] }),
    el('div', { class: 'id' }, value.units[place]),
    label && el('div', {}, `is ${label}`),
    list,
  );
}

function counts(value, a, b) {
  const [first, second] = a < b ? [a, b] : [b, a];
  const found = value.counts.find(([one, other]) => one === first && other === second)?.[2] ?? [0, 0, 0, 0];
  return a < b ? found : [found[1], found[0], found[2], found[3]];
}

function startUnits(values, pictures) {
  const place = byId('explorer');
  if (!place || values.length === 0) return;
  const state = { value: 0, a: 0, b: 1, kind: 'all', shown: PAGE };
  const choose = (name, options, current, on) => {
    const items = options.map((text, index) => el('option', { value: index, selected: index === current }, text));
    return el('label', {}, name, el('select', { on: { change: (event) => { on(Number(event.target.value)); draw(); } } }, ...items));
  };
  function draw() {
    const value = values[state.value];
    const { a, b, kind } = state;
    const [better, worse, equal, neither] = counts(value, a, b);
    const words = value.binary
      ? { a: `only ${value.encoders[a]} right`, b: `only ${value.encoders[b]} right` }
      : { a: `${value.encoders[a]} better`, b: `${value.encoders[b]} better` };
    const kinds = [['all', `differ: ${better + worse}`], ['a', `${words.a}: ${better}`], ['b', `${words.b}: ${worse}`]];
    const buttons = kinds.map(([name, text]) => {
      const chosen = () => { state.kind = name; state.shown = PAGE; draw(); };
      return el('button', { type: 'button', 'aria-pressed': String(kind === name), on: { click: chosen } }, text);
    });
    const places = ordered(value, a, b, kind).filter((unit) => kind !== 'all' || value.values[a][unit] !== value.values[b][unit]);
    const alike = value.binary ? `both right: ${equal - neither}, both wrong: ${neither}` : `equal: ${equal}`;
    const inAll = { all: better + worse, a: better, b: worse }[kind];
    const held = places.length < inAll ? `; the page holds ${places.length} of the ${inAll}, largest differences first` : '';
    const more = places.length > state.shown
      && el('button', { type: 'button', on: { click: () => { state.shown += PAGE; draw(); } } }, `Show more of ${places.length}`);
    const swap = (key) => (index) => {
      const other = key === 'a' ? 'b' : 'a';
      if (state[other] === index) state[other] = state[key];
      state[key] = index;
      state.shown = PAGE;
    };
    place.replaceChildren(
      el(
        'div',
        { class: 'choice' },
        choose('Value', values.map((one) => one.title), state.value, (index) => Object.assign(state, { value: index, a: 0, b: 1, shown: PAGE })),
        choose('First', value.encoders, a, swap('a')),
        choose('Second', value.encoders, b, swap('b')),
      ),
      el('div', { class: 'kinds' }, ...buttons),
      el('p', { class: 'about' }, `${value.total} ${value.total === 1 ? 'unit' : 'units'}; ${alike}${held}`),
      el('ul', { class: 'tiles' }, ...places.slice(0, state.shown).map((unit) => tile(value, pictures, [a, b], unit))),
      more || '',
    );
  }
  draw();
}
