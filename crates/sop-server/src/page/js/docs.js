// Draws /openapi.json: routes by area, with parameters, bodies, answers and a command that calls them.

import { address, request } from './api.js';
import { byId, el, plural } from './dom.js';
import { parse } from './json.js';

const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'head', 'options'];
const DEEPEST = 5; // schemas may hold themselves, as filters do

let schemas = {};

const nameOf = (schema) => schema?.$ref?.split('/').at(-1);
const resolve = (schema) => (schema?.$ref ? (schemas[nameOf(schema)] ?? {}) : (schema ?? {}));

/** A schema's type in a few words. */
function typeText(schema) {
  if (!schema) return 'anything';
  if (schema.$ref) return nameOf(schema);
  const parts = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (parts) return [...new Set(parts.map(typeText))].join(schema.allOf ? ' and ' : ' or ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = [schema.type ?? 'anything'].flat();
  const text = types.map((type) => (type === 'array' ? `list of ${typeText(schema.items)}` : type)).join(' or ');
  return schema.format ? `${text} (${schema.format})` : text;
}

/** The fields of a schema, and theirs, as nested lists. */
function fields(schema, depth = 0, above = []) {
  const name = nameOf(schema);
  const full = resolve(schema);
  if (depth > DEEPEST || above.includes(name)) return null;
  const path = name ? [...above, name] : above;
  const parts = full.oneOf ?? full.anyOf ?? full.allOf;
  if (parts) {
    const lists = parts.map((part) => fields(part, depth + 1, path)).filter(Boolean);
    return lists.length ? el('div', {}, ...lists) : null;
  }
  if (full.items) return fields(full.items, depth, path);
  const properties = Object.entries(full.properties ?? {});
  if (!properties.length) return null;
  return el('ul', { class: 'schema' }, ...properties.map(([key, value]) =>
    el('li', {}, el('code', {}, key), ' ', el('span', { class: 'type' }, typeText(value)),
      full.required?.includes(key) ? el('span', { class: 'needed' }, ' needed') : null,
      value.description ?? resolve(value).description ? el('span', { class: 'note' }, ` ${value.description ?? resolve(value).description}`) : null,
      fields(value, depth + 1, path))));
}

/** The smallest value of a schema that shows its form. */
function example(schema, depth = 0) {
  const full = resolve(schema);
  if (full.example !== undefined) return full.example;
  if (full.examples?.length) return full.examples[0];
  if (full.default !== undefined && full.default !== null) return full.default;
  if (full.enum) return full.enum[0];
  if (full.const !== undefined) return full.const;
  const part = (full.oneOf ?? full.anyOf ?? full.allOf)?.find((one) => one.type !== 'null');
  if (part) return example(part, depth);
  const type = [full.type].flat().find((one) => one !== 'null');
  if (type === 'array') return depth > DEEPEST ? [] : [example(full.items, depth + 1)];
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  if (type === 'string') return 'text';
  const needed = (full.required ?? []).filter((key) => full.properties?.[key]);
  return depth > DEEPEST ? {} : Object.fromEntries(needed.map((key) => [key, example(full.properties[key], depth + 1)]));
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function command(method, path, operation) {
  const lines = [`curl -X ${method.toUpperCase()} ${quoted(address(path.replace(/^\//, '')))}`];
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type === 'application/json') lines.push(`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(example(content.schema)))}`);
  else if (type === 'multipart/form-data') lines.push(`-F image=@image.jpg`);
  else if (type) lines.push(`-H 'content-type: ${type.includes('*') ? 'image/jpeg' : type}'`, '--data-binary @image.jpg');
  return lines.join(' \\\n  ');
}

function parameters(list) {
  if (!list?.length) return [];
  const row = ({ name, in: where, required, schema, description }) =>
    el('tr', {}, el('td', {}, el('code', {}, name), required ? el('span', { class: 'needed' }, ' needed') : null), el('td', {}, where), el('td', { class: 'type' }, typeText(schema)), el('td', {}, description ?? ''));
  const head = ['name', 'in', 'type', 'meaning'].map((text) => el('th', { scope: 'col' }, text));
  return [el('h3', {}, 'Parameters'), el('div', { class: 'scroll' }, el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...list.map(row))))];
}

function content(title, kinds) {
  return Object.entries(kinds ?? {}).flatMap(([type, { schema }]) =>
    [el('h3', {}, title, ' ', el('span', { class: 'type' }, `${type}: ${typeText(schema)}`)), fields(schema)].filter(Boolean));
}

function route(path, method, operation) {
  const body = el('div', { class: 'body' });
  const element = el('details', { class: 'route', id: `${method}-${path.replace(/[^A-Za-z0-9]+/g, '-')}` },
    el('summary', {}, el('span', { class: `method ${method}` }, method.toUpperCase()), el('code', {}, path), el('span', { class: 'brief' }, operation.summary ?? '')), body);
  element.addEventListener('toggle', () => {
    if (!element.open || body.childElementCount) return; // drawn when it is first looked at
    body.append(
      operation.description ? el('p', {}, operation.description) : '',
      ...parameters(operation.parameters),
      ...content('Body', operation.requestBody?.content),
      el('h3', {}, 'Call'), el('pre', {}, command(method, path, operation)),
      ...Object.entries(operation.responses ?? {}).flatMap(([status, response]) =>
        response.content ? content(`Answer ${status}`, response.content) : [el('h3', {}, `Answer ${status} `, el('span', { class: 'note' }, response.description ?? ''))]));
  });
  return element;
}

function draw(described) {
  schemas = described.components?.schemas ?? {};
  byId('title').textContent = described.info?.title ? `${described.info.title}: the interface for programs` : 'The interface for programs';
  byId('about').textContent = [described.info?.description, described.info?.version && `Version ${described.info.version}.`].filter(Boolean).join(' ');
  const areas = new Map();
  for (const [path, item] of Object.entries(described.paths ?? {})) {
    for (const method of METHODS.filter((one) => item[one])) {
      const tag = item[method].tags?.[0] ?? 'other';
      if (!areas.has(tag)) areas.set(tag, []);
      const operation = { ...item[method], parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])] };
      areas.get(tag).push({ text: `${method} ${path} ${operation.summary ?? ''}`.toLowerCase(), element: route(path, method, operation) });
    }
  }
  const box = byId('routes');
  box.replaceChildren(...[...areas].flatMap(([tag, routes]) => [el('h2', { class: 'tag' }, tag), ...routes.map(({ element }) => element)]));
  const all = [...areas.values()].flat();
  byId('find').addEventListener('input', ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { text, element } of all) element.hidden = !words.every((word) => text.includes(word));
    for (const heading of box.querySelectorAll('.tag')) {
      let next = heading.nextElementSibling;
      while (next && !next.matches('.tag') && next.hidden) next = next.nextElementSibling;
      heading.hidden = !next || next.matches('.tag');
    }
    byId('live').textContent = plural(all.filter(({ element }) => !element.hidden).length, 'route');
  });
}

try {
  draw(parse(await (await request('GET', 'openapi.json')).text()));
} catch (error) {
  byId('routes').append(el('p', { class: 'problem' }, `The document cannot be shown: ${error.message}`));
}
