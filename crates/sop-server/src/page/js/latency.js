// How long this page's queries took: to and fro, and in the server.

const KEPT = 500;
const times = []; // { ms, serverMs }

export function record({ ms, serverMs }) {
  times.push({ ms, serverMs });
  if (times.length > KEPT) times.shift();
  document.dispatchEvent(new Event('latency'));
}

/** Median and 95th percentile (nearest rank), or null where nothing was measured. */
export function percentiles(pick) {
  const sorted = times.map(pick).filter((value) => value !== undefined).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const rank = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95) };
}
