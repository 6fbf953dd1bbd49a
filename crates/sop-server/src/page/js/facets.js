// Filters: for every key of the payloads that has a few values, the values with how many points have them.
// A key's counts follow the filters on the other keys, so that a count says what a tick would give.

import * as api from './api.js';
import { valueText } from './collections.js';
import { byId, el, plural } from './dom.js';
import { filterOf, sameValue, toggled } from './filter.js';
import { write } from './json.js';
import { go, state } from './state.js';

const SHOWN = 12; // values before "all values"
const MOST = 200; // a key with more values is no filter to tick

let about = null;
let groups = new Map(); // key → { element, list, all, open, seen }
let asking = new AbortController();

/** Shows the filters of a collection, or their new counts. */
export function showFacets(collection) {
  const box = byId('facets');
  if (about?.name !== collection.name) {
    about = collection;
    groups = new Map();
    const keys = collection.keys.filter(tickable);
    keys.sort((a, b) => (b.key === 'label') - (a.key === 'label') || a.key.localeCompare(b.key));
    box.replaceChildren(...keys.map(({ key }) => group(key)));
    if (!keys.length) box.replaceChildren(el('p', { class: 'note' }, 'The points have no field with values to filter by.'));
  }
  about = collection;
  chips();
  asking.abort();
  asking = new AbortController();
  for (const [key, one] of groups) {
    one.stale = true;
    if (one.element.open) refresh(key, asking.signal);
  }
}

/** Whether a key's values can be ticked: few, and none a fraction, which no filter matches. */
const tickable = ({ key, types, values }) =>
  (types.text || types.integer || types.bool) && !types.float && values > 0 && (values <= MOST || key in state().filters);

function group(key) {
  const list = el('ul', { class: 'values' });
  const note = el('p', { class: 'note' });
  const element = el('details', { class: 'facet', open: key === 'label' || Boolean(state().filters[key]) },
    el('summary', {}, key, el('span', { class: 'facet-used' })), list, note);
  groups.set(key, { element, list, note, all: false, stale: true });
  element.addEventListener('toggle', () => {
    if (element.open && groups.get(key).stale) refresh(key, asking.signal);
  });
  return element;
}

async function refresh(key, signal) {
  const one = groups.get(key);
  const { filters } = state();
  try {
    const hits = await api.facet(about.name, key, filterOf(filters, key), MOST + 1, signal);
    if (signal.aborted) return;
    one.stale = false;
    draw(key, hits, filters[key] ?? []);
  } catch (error) {
    if (error.name === 'AbortError') return;
    one.list.replaceChildren();
    one.note.textContent = error.message;
  }
}

function draw(key, hits, chosen) {
  const one = groups.get(key);
  one.element.querySelector('.facet-used').textContent = chosen.length ? `${chosen.length} chosen` : '';
  // What is chosen stays in sight, with 0 where no point is left.
  const missing = chosen.filter((value) => !hits.some((hit) => sameValue(hit.value, value))).map((value) => ({ value, count: 0 }));
  const many = hits.length > MOST;
  const values = [...missing, ...(many ? hits.slice(0, SHOWN) : hits)];
  const shown = one.all ? values : values.slice(0, Math.max(SHOWN, chosen.length));
  const highest = Math.max(1, ...values.map(({ count }) => count));
  const focused = one.list.contains(document.activeElement) ? document.activeElement.dataset.value : undefined;
  one.list.replaceChildren(...shown.map(({ value, count }) => valueLine(key, value, count, highest, chosen)));
  if (focused !== undefined) [...one.list.querySelectorAll('input')].find((input) => input.dataset.value === focused)?.focus();
  one.note.replaceChildren();
  if (!values.length) one.note.textContent = 'No point that passes the other filters has this field.';
  else if (many) one.note.textContent = `More than ${MOST} values; these are the most frequent.`;
  else if (values.length > shown.length) {
    one.note.append(el('button', { type: 'button', class: 'text', on: { click: () => { one.all = true; draw(key, hits, chosen); } } },
      `All ${plural(values.length, 'value')}`));
  }
}

function valueLine(key, value, count, highest, chosen) {
  const box = el('input', { type: 'checkbox', 'data-value': write(value),
    on: { change: () => go({ filters: toggled(state().filters, key, value) }) } });
  box.checked = chosen.some((one) => sameValue(one, value));
  const text = valueText(key, value, about);
  const bar = el('meter', { class: 'value-bar', min: 0, max: highest, value: count, 'aria-hidden': 'true' });
  return el('li', {}, el('label', { class: 'value' }, box, el('span', { class: 'value-text', title: text }, text),
    el('span', { class: 'value-count' }, count.toLocaleString('en')), bar));
}

/** The filters in use, each with a button that takes it out. */
function chips() {
  const { filters } = state();
  const list = byId('chips');
  const all = Object.entries(filters).flatMap(([key, values]) => values.map((value) => ({ key, value })));
  list.hidden = !all.length;
  const chip = ({ key, value }) => {
    const text = `${key}: ${valueText(key, value, about)}`;
    return el('li', {}, el('button', { type: 'button', class: 'chip', 'aria-label': `Take out the filter ${text}`,
      on: { click: () => go({ filters: toggled(state().filters, key, value) }) } }, el('span', {}, text), el('span', { 'aria-hidden': 'true', class: 'cross' }, '×')));
  };
  const none = el('li', {}, el('button', { type: 'button', class: 'text', on: { click: () => go({ filters: {} }) } }, 'No filters'));
  list.replaceChildren(...all.map(chip), all.length > 1 ? none : '');
}
