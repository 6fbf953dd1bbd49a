// Runs the query of a state on one collection.

import * as api from './api.js';
import { filterOf } from './filter.js';
import { record } from './latency.js';
import { compare } from './overlap.js';
import { selectionIds } from './selection.js';
import { keptImage } from './uploads.js';

const remembered = new Map(); // what back and forward show again without asking
const REMEMBERED = 40;

const EXPANDED_BY = 10; // points that an expanded query is drawn towards
const DUPLICATE_FROM = 0.95; // cosine from which on points are shown as one

/** A record of the server with the text by which ids are compared. */
const hit = ({ id, score, payload, folded }, scored) =>
  ({ id, key: String(id), score: scored ? score : null, payload: payload ?? {}, folded: folded ?? [] });

const nameOf = (collection, { query, filters, limit, expand, fold }, mode) =>
  JSON.stringify([collection, query, filters, limit, expand, fold, mode], (_, value) => (typeof value === 'bigint' ? `${value}n` : value));

/**
 * The answer for `state` on the collection `about`:
 * `{ hits, extra?, scored, more, exact, expanded, folding?, ms, serverMs, compared? }`. From `history`, a remembered answer will do.
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

/** Whether the vectors of a collection have directions alone, so that a query can be expanded. */
export const canExpand = (about) => about.distance === 'Cosine';

/** What goes beyond Qdrant's searches. */
function extension(about, { expand, fold }) {
  const asked = {};
  if (expand && canExpand(about)) asked.query_expansion = { neighbors: EXPANDED_BY };
  if (fold) asked.fold_duplicates = DUPLICATE_FROM;
  return Object.keys(asked).length ? asked : undefined;
}

async function nearest(about, state, exact, signal) {
  const { query, filters, limit } = state;
  const asked = { limit, filter: filterOf(filters), params: { exact }, sop: extension(about, state), with_payload: true };
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
  const { folding } = answer.result;
  const isExact = answer.exact === null ? null : answer.exact === 'true';
  return { hits, scored: true, more: hits.length >= limit, exact: isExact, expanded: Boolean(asked.sop?.query_expansion), folding, ms, serverMs, encoder, transform };
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
