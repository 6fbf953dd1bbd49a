// Calls to the server: one function per route, errors as the server words them, times as they were.

import { parse, write } from './json.js';
import { askKey, currentKey } from './key.js';

/** A refusal or a failure; `status` is 0 where no answer came. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const BASE = new URL('.', document.baseURI);
export const path = (...segments) => segments.map((segment) => encodeURIComponent(String(segment))).join('/');
export const address = (relative) => new URL(relative, BASE).href;

function message(text, status) {
  try {
    const body = parse(text);
    const error = body?.status?.error ?? body?.error?.message ?? body?.error;
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON: a proxy's page, or nothing at all.
  }
  return `the server answered ${status}${text && text.length < 200 ? `: ${text}` : ''}`;
}

/** The answer of one request as a Response; asks for a key as often as the server does. */
export async function request(method, relative, { json, body, query, signal, headers = {} } = {}) {
  const url = new URL(relative, BASE);
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, value);
  for (;;) {
    const all = { ...headers };
    const key = currentKey();
    if (key) all['api-key'] = key;
    if (json !== undefined) all['content-type'] = 'application/json';
    let response;
    try {
      response = await fetch(url, { method, headers: all, body: json === undefined ? body : write(json), signal });
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new ApiError('the server cannot be reached: is it still running?', 0);
    }
    if (response.status === 401) {
      const asked = await askKey(message(await response.text(), 401), key);
      if (asked) continue;
      throw new ApiError('the server asks for a key', 401);
    }
    if (!response.ok) throw new ApiError(message(await response.text(), response.status), response.status);
    return response;
  }
}

/** The result inside Qdrant's envelope, with what the headers say and the milliseconds it took here and there. */
export async function call(method, relative, options) {
  const start = performance.now();
  const response = await request(method, relative, options);
  const body = parse(await response.text());
  return {
    result: body.result,
    ms: performance.now() - start,
    serverMs: typeof body.time === 'number' ? body.time * 1000 : undefined,
    exact: response.headers.get('sop-exact'),
    encoder: response.headers.get('sop-encoder-sha256'),
    transform: response.headers.get('sop-transform'),
  };
}

const points = (collection) => `collections/${path(collection)}/points`;

export const collections = async () => (await call('GET', 'collections')).result.collections.map(({ name }) => name);
export const info = async (collection) => (await call('GET', `collections/${path(collection)}`)).result;
export const facet = async (collection, key, filter, limit, signal) =>
  (await call('POST', `collections/${path(collection)}/facet`, { json: { key, filter, limit }, signal })).result.hits;
export const retrieve = async (collection, ids) =>
  (await call('POST', points(collection), { json: { ids, with_payload: true } })).result;
export const query = (collection, json, signal) => call('POST', `${points(collection)}/query`, { json, signal });
export const verify = (collection, options) => call('POST', `collections/${path(collection)}/verify`, { json: options });

/** Embeds an image and searches with it. */
export function queryImage(collection, file, { limit, filter, params, sop }, signal) {
  const query = { limit, with_payload: true, params: write(params), filter: filter && write(filter), sop: sop && write(sop) };
  // Browsers guess the type from the file's name; what else it may be, the server finds out.
  const headers = { 'content-type': file.type.startsWith('image/') ? file.type : 'application/octet-stream' };
  return call('POST', `${points(collection)}/query/image`, { body: file, query, headers, signal });
}

/** Places of the points as `sop eval tsne` found them, `{points, gone, unmapped}`; null where the collection has no map. */
export async function map(collection) {
  try {
    return (await call('GET', `collections/${path(collection)}/map`)).result;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** The points as a Parquet file of embeddings. */
export const exportParquet = async (collection, ids) =>
  (await request('POST', `collections/${path(collection)}/export`, { json: { ids } })).blob();

export const imageUrl = (collection, id, size) => address(`${points(collection)}/${path(id)}/image?size=${size}`);
