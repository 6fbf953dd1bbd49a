// The selected points of one collection, in the order in which they were selected.

import { byId, el, plural } from './dom.js';
import { exportIds, exportPoints } from './export.js';
import { go, state } from './state.js';

let collection = '';
let chosen = new Map(); // text of the id → { id, label }
const shown = new Map(); // number → ids, for the addresses that show a selection
const listeners = new Set();

export const isSelected = (name, key) => name === collection && chosen.has(key);
export const selectedKeys = (name) => (name === collection ? chosen : new Map());
export const onSelection = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The ids that the address with this number shows. */
export const selectionIds = (name, number) => {
  const kept = shown.get(number);
  return kept && kept.collection === name ? kept.ids : null;
};

/** Adds or takes out points ({id, key, label}); a selection holds points of one collection. */
export function select(name, points, on) {
  if (name !== collection) {
    collection = name;
    chosen = new Map();
  }
  for (const { id, key, label } of points) {
    if (on) chosen.set(key, { id, label });
    else chosen.delete(key);
  }
  changed();
}

export function clearSelection() {
  chosen = new Map();
  changed();
}

function changed() {
  draw();
  for (const listener of listeners) listener();
}

function show() {
  const number = shown.size + 1;
  shown.set(number, { collection, ids: [...chosen.values()].map(({ id }) => id) });
  go({ collection, beside: '', query: { kind: 'selection', number }, filters: {}, view: 'grid' });
}

let busy = false;

async function parquet() {
  busy = true;
  draw();
  let problem = null;
  try {
    await exportPoints(collection, [...chosen.values()].map(({ id }) => id));
  } catch (error) {
    problem = error.message;
  }
  busy = false;
  draw(problem);
}

function draw(problem) {
  const bar = byId('selection');
  bar.hidden = chosen.size === 0;
  document.body.classList.toggle('selecting', chosen.size > 0);
  if (bar.hidden) return bar.replaceChildren();
  const ids = () => [...chosen.values()];
  const button = (text, click, attributes = {}) => el('button', { type: 'button', on: { click }, ...attributes }, text);
  const focused = document.activeElement?.dataset?.action;
  bar.replaceChildren(
    el('p', { role: 'status' }, el('strong', {}, plural(chosen.size, 'point')), ` of ${collection} selected`,
      problem && el('span', { class: 'problem' }, ` Not exported: ${problem}`)),
    el('div', { class: 'row' },
      state().query.kind === 'selection' ? null : button('Show', show, { 'data-action': 'show' }),
      button(busy ? 'Writing…' : 'Parquet', parquet, { disabled: busy, 'data-action': 'parquet', title: 'Ids, labels and vectors as a file of embeddings' }),
      button('CSV', () => exportIds(collection, ids(), 'csv'), { 'data-action': 'csv', title: 'Ids and labels' }),
      button('JSON', () => exportIds(collection, ids(), 'json'), { 'data-action': 'json', title: 'Ids and labels' }),
      button('Clear', clearSelection, { 'data-action': 'clear' })),
  );
  if (focused) bar.querySelector(`[data-action="${focused}"]`)?.focus();
}
