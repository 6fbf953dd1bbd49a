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
  const { sop } = info;
  const { size: dimension, distance } = info.config.params.vectors;
  return {
    name,
    ownName: sop.name, // an alias has none of its own
    origin: sop.origin ?? null,
    whitening: sop.whitening ?? null,
    points: info.points_count,
    dimension,
    distance,
    graph: sop.graph_state === 'ready',
    graphState: sop.graph_state,
    tail: sop.tail,
    indexed: info.indexed_vectors_count,
    memory: sop.memory_bytes,
    status: info.status,
    problem: typeof info.optimizer_status === 'object' ? info.optimizer_status.error : null,
    hasImages: Boolean(sop.origin?.data),
    hasEncoder: Boolean(sop.origin),
    classNames: sop.origin?.class_names ?? null,
    keys: sop.payload_keys,
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
  if (value === undefined || value === null) return null;
  const text = valueText('label', value, about);
  return text === String(value) && typeof value !== 'string' ? `label ${text}` : text; // a bare number says too little
}
