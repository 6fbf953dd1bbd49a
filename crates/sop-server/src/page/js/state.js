// What is shown, as the address of the page holds it: so that it can be shared, and back and forward work.
//
//   c     collection                      b      collection beside it
//   id    search from this point          img    search from the image with this number (kept in this tab only)
//   rnd   random set with this number     sel    the selected points
//   f     filters {key: [values]}         mode   graph | exact | compare
//   k     results asked for               view   grid | map
//   x     1: expand the query             d      1: show near-duplicates as one

import { parse, write } from './json.js';

export const STEP = 48;
const MOST = 2000; // results on one page; the server has its own limit
const MODES = ['graph', 'exact', 'compare'];
const listeners = new Set();
let current = read();

function readFilters(text) {
  const filters = {};
  if (!text) return filters;
  try {
    for (const [key, values] of Object.entries(parse(text))) {
      if (Array.isArray(values) && values.length) filters[key] = values.filter((value) => typeof value !== 'object');
    }
  } catch {
    // An address that was cut short: it filters nothing, and no chip says otherwise.
  }
  return filters;
}

function read() {
  const search = new URLSearchParams(location.search);
  const number = (name, otherwise) => {
    const value = Number(search.get(name));
    return Number.isSafeInteger(value) && value > 0 ? value : otherwise;
  };
  let query = { kind: 'random', number: number('rnd', 1) };
  if (search.has('id')) query = { kind: 'id', id: search.get('id') };
  else if (search.has('img')) query = { kind: 'image', number: number('img', 0) };
  else if (search.has('sel')) query = { kind: 'selection', number: number('sel', 0) };
  return {
    collection: search.get('c') ?? '',
    beside: search.get('b') ?? '',
    query,
    filters: readFilters(search.get('f')),
    mode: MODES.includes(search.get('mode')) ? search.get('mode') : 'graph',
    expand: search.get('x') === '1',
    fold: search.get('d') === '1',
    limit: Math.min(number('k', STEP), MOST),
    view: search.get('view') === 'map' ? 'map' : 'grid',
  };
}

/** The address that shows `state`. */
export function link(state) {
  const search = new URLSearchParams();
  if (state.collection) search.set('c', state.collection);
  if (state.beside) search.set('b', state.beside);
  const { query } = state;
  if (query.kind === 'id') search.set('id', query.id);
  if (query.kind === 'image') search.set('img', query.number);
  if (query.kind === 'selection') search.set('sel', query.number);
  if (query.kind === 'random' && query.number > 1) search.set('rnd', query.number);
  if (Object.keys(state.filters).length) search.set('f', write(state.filters));
  if (state.mode !== 'graph') search.set('mode', state.mode);
  if (state.expand) search.set('x', '1');
  if (state.fold) search.set('d', '1');
  if (state.limit !== STEP) search.set('k', state.limit);
  if (state.view !== 'grid') search.set('view', state.view);
  const text = search.toString();
  return text ? `?${text}` : location.pathname;
}

export const state = () => current;
export const changed = (changes) => ({ ...current, ...changes });

/** Shows something else. A new query starts with the first results; `replace` leaves no step to go back to. */
export function go(changes, { replace = false } = {}) {
  const before = current;
  current = changed({ ...(changes.query || changes.filters ? { limit: STEP } : {}), ...changes });
  const target = link(current);
  if (replace) history.replaceState({ scroll: scrollY }, '', target);
  else {
    history.replaceState({ scroll: scrollY }, '');
    history.pushState({ scroll: 0 }, '', target);
  }
  for (const listener of listeners) listener(current, before, 'here');
}

export const onState = (listener) => listeners.add(listener);

addEventListener('popstate', () => {
  const before = current;
  current = read();
  for (const listener of listeners) listener(current, before, 'history');
});
