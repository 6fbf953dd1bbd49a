// Runs the query of a state on one collection.

import * as api from './api.js';
import { filterOf } from './filter.js';
import { record } from './latency.js';
import { compare } from './overlap.js';
import { selectionIds } from './selection.js';
import { keptImage } from './uploads.js';

const remembered = new Map(); // what back and forward show again without asking
const REMEMBERED = 40;

/** A record of the server with the text by which ids are compared. */
const hit = ({ id, score, payload }, scored) => ({ id, key: String(id), score: scored ? score : null, payload: payload ?? {} });

const nameOf = (collection, { query, filters, limit }, mode) =>
  JSON.stringify([collection, query, filters, limit, mode], (_, value) => (typeof value === 'bigint' ? `${value}n` : value));

/**
 * The answer for `state` on the collection `about`:
 * `{ hits, extra?, scored, more, exact, ms, serverMs, compared? }`. From `history`, a remembered answer will do.
 */
export async function run(about, state, { history, signal }) {
  // Graph or exact is a question only where there is a graph and a query.
  const mode = about.graph && ['id', 'image'].includes(state.query.kind) ? state.mode : 'graph';
  const name = nameOf(about.name, state, mode);
  if (history && remembered.has(name)) return remembered.get(name);
  const answer = await ask(about, state, mode, signal);
  remembered.delete(name);
  remembered.set(name, answer);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value);
  return answer;
}

async function ask(about, state, mode, signal) {
  const { kind } = state.query;
  if (kind === 'selection') return selected(about, state);
  if (kind === 'random') return random(about, state, signal);
  if (mode !== 'compare') return nearest(about, state, mode === 'exact', signal);
  // One after the other, so that neither time holds the other's wait.
  const graph = await nearest(about, state, false, signal);
  const exact = await nearest(about, state, true, signal);
  const { hits, extra, missed, recall } = compare(exact.hits, graph.hits);
  return { ...exact, hits, extra, more: exact.more, compared: { missed, recall, graph, exact } };
}

async function nearest(about, { query, filters, limit }, exact, signal) {
  const asked = { limit, filter: filterOf(filters), params: { exact }, with_payload: true };
  let answer;
  if (query.kind === 'image') {
    const image = keptImage(query.number);
    if (!image) throw new api.ApiError('The image of this search was in another tab, or the page was loaded anew. Choose it again.', 0);
    answer = await api.queryImage(about.name, image.file, asked, signal);
  } else {
    answer = await api.query(about.name, { query: query.id, ...asked }, signal);
  }
  record(answer);
  const hits = answer.result.points.map((point) => hit(point, true));
  const { ms, serverMs, encoder, transform } = answer;
  return { hits, scored: true, more: hits.length >= limit, exact: answer.exact === null ? null : answer.exact === 'true', ms, serverMs, encoder, transform };
}

async function random(about, { filters, limit }, signal) {
  const answer = await api.query(about.name, { query: { sample: 'random' }, limit, filter: filterOf(filters), with_payload: true }, signal);
  return { hits: answer.result.points.map((point) => hit(point, false)), scored: false, more: false, ms: answer.ms, serverMs: answer.serverMs };
}

async function selected(about, { query, limit }) {
  const ids = selectionIds(about.name, query.number);
  if (!ids) throw new api.ApiError('This selection was in another tab, or the page was loaded anew.', 0);
  const points = await api.retrieve(about.name, ids.slice(0, limit));
  const byKey = new Map(points.map((point) => [String(point.id), point]));
  // In the order of the selection; what was removed from the collection meanwhile is not there.
  const hits = ids.slice(0, limit).map((id) => byKey.get(String(id))).filter(Boolean).map((point) => hit(point, false));
  return { hits, scored: false, more: ids.length > limit, total: ids.length };
}
