// Which results two answers have in common. Ids are the same when their texts are.

/** The ids of hits, those that are shown with another one included. */
const keysOf = (hits) => new Set(hits.flatMap(({ key, folded = [] }) => [key, ...folded.map(String)]));

/**
 * What the graph lost against exact search: the exact answer with `mark: 'missed'` on what the graph did not find,
 * and what only the graph found.
 */
export function compare(exact, graph) {
  const found = keysOf(graph);
  const right = keysOf(exact);
  const hits = exact.map((hit) => (found.has(hit.key) ? hit : { ...hit, mark: 'missed' }));
  const extra = graph.filter(({ key }) => !right.has(key)).map((hit) => ({ ...hit, mark: 'extra' }));
  const missed = hits.filter(({ mark }) => mark === 'missed').length;
  return { hits, extra, missed, recall: exact.length ? (exact.length - missed) / exact.length : 1 };
}

/** Ids that both answers have among their first k, k being the length of the shorter one. */
export function common(a, b) {
  const k = Math.min(a.length, b.length);
  const first = new Set(a.slice(0, k).map(({ key }) => key));
  const keys = new Set(b.slice(0, k).map(({ key }) => key).filter((key) => first.has(key)));
  return { keys, k };
}
