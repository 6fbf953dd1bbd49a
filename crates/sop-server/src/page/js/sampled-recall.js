// Recall in operation: the server searches some of the queries that a graph answered again, exactly, and counts what was found.

import { request } from './api.js';

/** `{recall, queries}` of a collection from the text of /metrics; null where nothing was sampled. */
export function readRecall(text, collection) {
  const value = (ending) => {
    const start = `sop_sampled_recall_${ending}{collection="${collection}"} `;
    const line = text.split('\n').find((one) => one.startsWith(start));
    return line === undefined ? 0 : Number(line.slice(start.length).split(' ')[0]);
  };
  const queries = value('count');
  return queries > 0 ? { recall: value('sum') / queries, queries } : null;
}

export async function sampledRecall(collection) {
  try {
    return readRecall(await (await request('GET', 'metrics')).text(), collection);
  } catch {
    return null; // it is extra: what a person asked for is answered without it
  }
}
