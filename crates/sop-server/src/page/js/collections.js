// What the server holds: the collections and what is known about each of them.

import * as api from './api.js';

const known = new Map(); // name → promise of information, asked for once and again after a check of the index

/** What the page needs to know about a collection. */
export function collection(name) {
  if (!known.has(name)) {
    const asked = api.info(name).then((info) => describe(name, info));
    asked.catch(() => known.delete(name)); // a failure is not remembered
    known.set(name, asked);
  }
  return known.get(name);
}

export const forget = (name) => known.delete(name);

function describe(name, info) {
  const origin = info.sop ?? info.config?.sop ?? null;
  const vectors = info.config?.params?.vectors ?? {};
  return {
    name,
    info,
    origin,
    points: info.points_count ?? 0,
    dimension: vectors.size,
    distance: vectors.distance,
    graph: (info.indexed_vectors_count ?? 0) > 0,
    indexed: info.indexed_vectors_count ?? 0,
    hasImages: Boolean(origin?.data),
    hasEncoder: Boolean(origin?.encoder_sha256),
    classNames: origin?.class_names ?? null,
    keys: Object.entries(info.payload_schema ?? {}).map(([key, { data_type: type, points }]) => ({ key, type, points })),
  };
}

/** A value of a payload in words: numbers of classes become their names. */
export function valueText(key, value, about) {
  if (key === 'label' && about?.classNames && (typeof value === 'number' || typeof value === 'bigint')) {
    const name = about.classNames[Number(value)];
    if (name !== undefined && name !== null) return String(name);
  }
  if (typeof value === 'string') return value === '' ? '(empty)' : value;
  if (value !== null && typeof value === 'object') return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
  return String(value);
}

/** The label of a point in words, or null where it has none. */
export function labelText(payload, about) {
  const value = payload?.label;
  return value === undefined || value === null ? null : valueText('label', value, about);
}
