// Index and encoder: what made the vectors, how they are searched, how long it takes, and a check of the index.

import * as api from './api.js';
import { forget } from './collections.js';
import { byId, el, milliseconds, plural } from './dom.js';
import { percentiles } from './latency.js';
import { sampledRecall } from './sampled-recall.js';

let about = null;
let sampled = null; // recall of the collection's queries in operation
const checks = new Map(); // collection → what the last check said

export function startStatus() {
  document.addEventListener('latency', () => about && draw());
}

export async function showStatus(collection) {
  if (about?.name !== collection.name) sampled = null;
  about = collection;
  draw();
  if (!about.graph) return;
  const recall = await sampledRecall(about.ownName);
  if (about !== collection) return;
  sampled = recall;
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
        about.whitening && line('whitened', `from ${about.whitening.embedding_dim} components, fitted on ${about.whitening.fitted_on.toLocaleString('en')} embeddings`),
        line('search', SEARCHED[about.graphState](about)),
        sampled && line('sampled recall', `${sampled.recall.toFixed(4)}, ${plural(sampled.queries, 'query', 'queries')}`, 'Of searches that the graph answered, some were searched again exactly'),
        line('memory', bytes(about.memory)),
        line('health', about.problem ? `${about.status}: ${about.problem}` : about.status),
        ...(latency() ?? []),
      ].filter(Boolean)),
    el('button', { type: 'button', class: 'wide', id: 'verify', on: { click: () => check({}) } }, 'Check the index'),
    checked(checks.get(about.name)),
  );
  if (focus) byId('verify').focus();
}

async function check(options) {
  const { name } = about;
  checks.set(name, { running: true });
  draw();
  try {
    const { result, ms } = await api.verify(name, options);
    checks.set(name, { result, ms });
    forget(name); // a repair changes what is known
  } catch (error) {
    checks.set(name, { problem: error.message });
  }
  draw();
}

/** What a check found, in words; what is wrong can be mended from here. */
function checked(state) {
  const box = el('div', { role: 'status', class: 'checked' });
  if (!state) return box;
  if (state.running) box.append(el('p', { class: 'note' }, 'Comparing the index with exact search and with its files…'));
  else if (state.problem) box.append(el('p', { class: 'problem' }, state.problem));
  else {
    const { points, compared, graph_rows: rows, unreachable, recall, problems, num_problems: wrong, repaired } = state.result;
    box.append(
      el('p', { class: wrong ? 'verdict warn' : 'verdict good' }, wrong ? `${plural(wrong, 'problem')} found` : 'Nothing is wrong'),
      el('dl', { class: 'fields' }, ...[
        line('on disk', `${compared.toLocaleString('en')} of ${plural(points, 'point')} compared`),
        rows ? line('graph', unreachable ? `${plural(unreachable, 'point')} cannot be reached` : `all of ${plural(rows, 'row')} can be reached`) : null,
        recall && line('recall', recall.walked ? `${recall.recall.toFixed(4)} at ${recall.k}, ${plural(recall.walked, 'query', 'queries')}` : 'not asked for: all of so few rows are compared'),
      ].filter(Boolean)),
      el('ul', { class: 'problems' }, ...[...problems, ...repaired.map((text) => `mended: ${text}`)].map((text) => el('li', {}, text))),
      wrong && !repaired.length ? el('button', { type: 'button', on: { click: () => check({ repair: true }) } }, 'Mend it') : '',
      el('p', { class: 'note' }, `Checked in ${milliseconds(state.ms)}.`));
  }
  return box;
}
