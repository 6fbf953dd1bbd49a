// Files made from a selection: embeddings as Parquet by the server, ids and labels here.

import { exportParquet } from './api.js';
import { el } from './dom.js';
import { write } from './json.js';

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const anchor = el('a', { href: url, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the download has begun by then
}

const fileName = (collection, count, extension) => `${collection}-${count}-points.${extension}`;

export async function exportPoints(collection, ids) {
  save(await exportParquet(collection, ids), fileName(collection, ids.length, 'parquet'));
}

/** A field as RFC 4180 wants it. */
const field = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Points ({id, label}) as text; numbers and texts stay apart in JSON, a missing label is empty in CSV. */
export function idsAsText(points, form) {
  if (form === 'json') return `${write(points.map(({ id, label }) => ({ id, label: label ?? null })), 1)}\n`;
  return ['id,label', ...points.map(({ id, label }) => `${field(String(id))},${field(label ?? '')}`)].join('\r\n') + '\r\n';
}

export function exportIds(collection, points, form) {
  const type = form === 'json' ? 'application/json' : 'text/csv';
  save(new Blob([idsAsText(points, form)], { type }), fileName(collection, points.length, form));
}
