// All of one point: its image, id and payload.

import * as api from './api.js';
import { labelText, valueText } from './collections.js';
import { byId, el } from './dom.js';
import { isSelected, select } from './selection.js';
import { go } from './state.js';
import { thumbnail } from './thumbnail.js';

export async function showPoint(about, id) {
  const dialog = byId('point-dialog');
  const sheet = byId('point');
  const close = el('button', { type: 'button', on: { click: () => dialog.close() } }, 'Close');
  const title = el('h2', { id: 'point-title' }, `Point ${id}`);
  sheet.replaceChildren(title, el('p', { class: 'note' }, 'Asking the server…'), el('div', { class: 'row end' }, close));
  if (!dialog.open) dialog.showModal();
  let point;
  try {
    [point] = await api.retrieve(about.name, [id]);
    if (!point) throw new api.ApiError(`${about.name} has no point ${id} any more.`, 404);
  } catch (error) {
    sheet.replaceChildren(title, el('p', { class: 'problem' }, error.message), el('div', { class: 'row end' }, close));
    return;
  }
  const key = String(point.id);
  const label = labelText(point.payload, about);
  const payload = Object.entries(point.payload ?? {});
  const figure = el('div', { class: 'point-image' });
  if (about.hasImages) {
    figure.append(thumbnail(about.name, point.id, { size: 512, alt: label ? `Image of ${label}, id ${key}` : `Image with id ${key}`,
      failed: () => figure.replaceChildren(el('p', { class: 'note' }, 'The image cannot be had.')) }));
  }
  const chooser = el('button', { type: 'button', on: { click: () => toggle() } });
  const named = () => { chooser.textContent = isSelected(about.name, key) ? 'Take out of the selection' : 'Select'; };
  const toggle = () => {
    select(about.name, [{ id: point.id, key, label }], !isSelected(about.name, key));
    named();
  };
  named();
  const searchOn = () => {
    dialog.close();
    go({ query: { kind: 'id', id: key }, view: 'grid' });
  };
  sheet.replaceChildren(
    title,
    about.hasImages ? figure : '',
    el('dl', { class: 'fields' },
      el('div', {}, el('dt', {}, 'collection'), el('dd', {}, about.name)),
      ...payload.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, fieldText(name, value, about))))),
    payload.length ? '' : el('p', { class: 'note' }, 'It has no payload.'),
    el('div', { class: 'row end' }, chooser, close, el('button', { type: 'button', class: 'primary', on: { click: searchOn } }, 'Search from it')));
  sheet.querySelector('.primary').focus();
}

/** A class's number stays visible beside its name. */
function fieldText(name, value, about) {
  const text = valueText(name, value, about);
  return name === 'label' && String(value) !== text ? `${text} (${value})` : text;
}
