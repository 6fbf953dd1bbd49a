// What is searched with: the image or the point, and what it is.

import * as api from './api.js';
import { labelText, valueText } from './collections.js';
import { byId, el, plural } from './dom.js';
import { keptImage } from './uploads.js';
import { showPoint } from './point.js';
import { thumbnail } from './thumbnail.js';

let number = 0; // of the latest drawing: a late answer must not overwrite it

export async function showQuery(about, { query }) {
  const mine = (number += 1);
  const card = byId('query');
  byId('id-input').value = query.kind === 'id' ? query.id : '';
  if (query.kind === 'image') {
    const image = keptImage(query.number);
    card.replaceChildren(image
      ? el('figure', {}, el('img', { src: image.url, alt: `The image searched with: ${image.name}` }), el('figcaption', {}, image.name, el('small', {}, size(image.file.size))))
      : el('p', { class: 'note' }, 'The image of this search is not in this tab.'));
    return;
  }
  if (query.kind !== 'id') {
    card.replaceChildren(el('p', { class: 'note' }, query.kind === 'random'
      ? `Random ${about.hasImages ? 'images' : 'points'} of ${about.name}. Click one to search from it.` : 'The selected points.'));
    return;
  }
  const caption = el('figcaption', {}, el('strong', {}, query.id));
  const face = el('div', { class: 'query-face' });
  if (about.hasImages) face.append(thumbnail(about.name, query.id, { size: 512, alt: `The image searched with: id ${query.id}`, failed: () => face.replaceChildren() }));
  card.replaceChildren(el('figure', {}, face, caption));
  try {
    const [point] = await api.retrieve(about.name, [query.id]);
    if (mine !== number || !point) return;
    const label = labelText(point.payload, about);
    const more = el('button', { type: 'button', class: 'text', on: { click: () => showPoint(about, point.id) } }, 'Show all');
    caption.replaceChildren(el('strong', {}, label ?? query.id), el('small', {}, label === null ? firstField(point.payload, about) : query.id), more);
  } catch {
    // The results say what is wrong.
  }
}

function firstField(payload, about) {
  const [first] = Object.entries(payload ?? {});
  return first ? `${first[0]}: ${valueText(first[0], first[1], about)}` : '';
}

const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** The heading over the results. */
export function summaryOf(about, { query }, answer) {
  const count = answer.hits.length;
  if (query.kind === 'random') return count ? `${plural(count, 'random point')} of ${about.name}` : `Nothing of ${about.name}`;
  if (query.kind === 'selection') return `${count === answer.total ? '' : `${count} of `}${plural(answer.total, 'selected point')} of ${about.name}`;
  const of = query.kind === 'image' ? `“${keptImage(query.number)?.name ?? 'image'}”` : query.id;
  return `${plural(count, 'point')} nearest to ${of}`;
}
