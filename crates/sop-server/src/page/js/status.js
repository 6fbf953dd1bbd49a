// Index and encoder: what made the vectors, how they are searched, how long it takes, and a check of the index.

import * as api from './api.js';
import { forget } from './collections.js';
import { byId, el, milliseconds, plural } from './dom.js';
import { percentiles } from './latency.js';

let about = null;
const checks = new Map(); // collection → what the last check said

export function startStatus() {
  document.addEventListener('latency', () => about && draw());
}

export function showStatus(collection) {
  about = collection;
  draw();
}

const SEARCHED = {
  ready: ({ indexed, tail }) => `graph over ${plural(indexed, 'row')}${tail ? `, ${plural(tail, 'new row')} exactly` : ''}`,
  none: () => 'exactly',
  missing: () => 'exactly, until the graph is built',
};
const bytes = (count) => (count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`);

const line = (name, value, title) =>
  value === undefined || value === null || value === '' ? null : el('div', {}, el('dt', {}, name), el('dd', { title }, value));

function latency() {
  const there = percentiles(({ ms }) => ms);
  if (!there) return null;
  const inside = percentiles(({ serverMs }) => serverMs);
  const both = ({ p50, p95 }) => `${milliseconds(p50)} / ${milliseconds(p95)}`;
  return [
    line(`to and fro, ${plural(there.count, 'query', 'queries')}`, `p50 / p95 ${both(there)}`),
    inside && line('in the server', `p50 / p95 ${both(inside)}`),
  ];
}

function draw() {
  const { origin } = about;
  const hash = origin?.encoder_sha256;
  const focus = document.activeElement?.id === 'verify';
  byId('status').replaceChildren(
    el('dl', { class: 'fields' },
      ...[
        line('encoder', origin?.encoder),
        line('SHA-256', hash && el('code', {}, `${hash.slice(0, 12)}…`), hash),
        line('feature', origin?.feature),
        line('transform', origin?.transform),
        line('images', origin?.data ?? (origin ? 'not known to the server' : null)),
        origin ? null : line('encoder', 'none: this collection holds vectors only'),
        line('vectors', `${about.points.toLocaleString('en')} × ${about.dimension}, ${String(about.distance).toLowerCase()}`),
        line('search', SEARCHED[about.graphState](about)),
        line('memory', bytes(about.memory)),
        line('health', about.problem ? `${about.status}: ${about.problem}` : about.status),
        ...(latency() ?? []),
      ].filter(Boolean)),
    el('button', { type: 'button', class: 'wide', id: 'verify', on: { click: check } }, 'Check the index'),
    checked(checks.get(about.name)),
  );
  if (focus) byId('verify').focus();
}

async function check() {
  const { name } = about;
  checks.set(name, { running: true });
  draw();
  try {
    const { result, ms } = await api.verify(name);
    checks.set(name, { result, ms });
    forget(name); // a repair changes what is known
  } catch (error) {
    checks.set(name, { problem: error.message });
  }
  draw();
}

/** What a check found, field by field as the server names it. */
function checked(state) {
  const box = el('div', { role: 'status', class: 'checked' });
  if (!state) return box;
  if (state.running) box.append(el('p', { class: 'note' }, 'Comparing the index with exact search…'));
  else if (state.problem) box.append(el('p', { class: 'problem' }, state.problem));
  else {
    const flat = Object.entries(state.result ?? {}).filter(([, value]) => value === null || typeof value !== 'object');
    box.append(el('dl', { class: 'fields' }, ...flat.map(([name, value]) =>
      el('div', {}, el('dt', {}, name.replaceAll('_', ' ')), el('dd', {}, typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value))))),
    el('p', { class: 'note' }, `Checked in ${milliseconds(state.ms)}.`));
  }
  return box;
}
