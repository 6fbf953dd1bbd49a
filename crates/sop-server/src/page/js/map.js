// The map of a collection: the points where t-SNE put them. Drag to move, wheel or pinch to zoom, click to search on,
// lasso to select.

import * as api from './api.js';
import { labelText, valueText } from './collections.js';
import { byId, el, icon, plural } from './dom.js';
import { toggled } from './filter.js';
import { DIMMED, FADED, NORMAL, paint, SELECTED } from './map-paint.js';
import { MapPoints } from './map-points.js';
import { colourOf, css } from './palette.js';
import { onSelection, select, selectedKeys } from './selection.js';
import { go, state } from './state.js';
import { thumbnail } from './thumbnail.js';

const TOUCH = 10; // how far from a point still means the point, in CSS pixels
const RINGS = 50; // selected points up to which each has a ring; with more the others fade
const LEGEND = 24; // labels listed; the others are named at the pointer

const maps = new Map(); // collection → promise of MapPoints, or of null
let view = null; // what is shown now

/** Shows the map of a collection, with `answer`'s results ringed. */
export async function showMap(about, answer) {
  const box = byId('map');
  box.hidden = false;
  if (view?.about.name === about.name) return view.update(answer);
  view?.end();
  view = null;
  box.replaceChildren(el('p', { class: 'empty' }, 'Loading the map…'));
  if (!maps.has(about.name)) {
    const asked = api.map(about.name).then((map) => map && Object.assign(new MapPoints(map.points), { gone: map.gone, unmapped: map.unmapped }));
    asked.catch(() => maps.delete(about.name));
    maps.set(about.name, asked);
  }
  let points;
  try {
    points = await maps.get(about.name);
  } catch (error) {
    box.replaceChildren(el('p', { class: 'empty problem' }, `The map cannot be shown: ${error.message}`));
    return;
  }
  if (state().view !== 'map' || state().collection !== about.name) return;
  if (!points) {
    box.replaceChildren(el('div', { class: 'empty' }, el('h2', {}, `${about.name} has no map yet`),
      el('p', {}, 'Make one from the same embeddings, then give it to the server:'),
      el('pre', {}, `sop eval tsne --points EMBEDDINGS.parquet --out runs/tsne\nsop serve … --map ${about.name}=runs/tsne/….map.parquet`)));
    maps.delete(about.name); // it may be there the next time
    return;
  }
  view = new MapView(box, about, points);
  view.update(answer);
}

export function hideMap() {
  byId('map').hidden = true;
  view?.hideTip();
}

class MapView {
  constructor(box, about, points) {
    Object.assign(this, { box, about, points });
    this.answer = null;
    this.hover = -1;
    this.lasso = null;
    this.pointers = new Map();
    this.flags = new Uint8Array(points.count);
    this.colours = new Uint8Array(3 * (points.labels.length + 1));
    for (let label = 0; label <= points.labels.length; label += 1) {
      this.colours.set(colourOf(label === points.labels.length ? -1 : label, points.labels.length), 3 * label);
    }
    this.build();
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.canvas);
    this.themed = () => this.draw();
    document.addEventListener('themechange', this.themed);
    this.unlisten = onSelection(() => this.flag());
    this.resize();
  }

  end() {
    this.resized.disconnect();
    document.removeEventListener('themechange', this.themed);
    this.unlisten();
  }

  build() {
    const { points, about } = this;
    this.canvas = el('canvas', { tabindex: '0', role: 'application', 'aria-roledescription': 'map', 'aria-describedby': 'map-help',
      'aria-label': `Map of ${plural(points.count, 'point')} of ${about.name}` });
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.tip = el('div', { class: 'tip', hidden: true });
    this.lassoButton = el('button', { type: 'button', 'aria-pressed': 'false', title: 'Select by drawing round points (Shift drag)', 'aria-label': 'Lasso',
      on: { click: () => this.setLasso(this.lassoButton.getAttribute('aria-pressed') !== 'true') } }, icon('lasso'));
    const tool = (name, label, click) => el('button', { type: 'button', 'aria-label': label, title: label, on: { click } }, icon(name));
    const tools = el('div', { class: 'map-tools', role: 'toolbar', 'aria-label': 'Map' }, this.lassoButton,
      tool('plus', 'Zoom in', () => this.zoom(1.5)), tool('minus', 'Zoom out', () => this.zoom(1 / 1.5)), tool('fit', 'Show all', () => this.fit()));
    const note = `${plural(points.count, 'point')} by t-SNE: near neighbours stay near; distances between groups mean little. Rings are the results.`
      + (points.unmapped ? ` ${plural(points.unmapped, 'point')} of the collection not on it.` : '')
      + (points.gone ? ` ${plural(points.gone, 'point')} of the map no longer in the collection.` : '');
    this.legend = el('ul', { class: 'legend', 'aria-label': 'Labels' });
    this.box.replaceChildren(
      el('div', { class: 'map-frame' }, this.canvas, tools, this.tip),
      this.legend,
      el('p', { class: 'note', id: 'map-help' }, note, el('span', { class: 'visually-hidden' }, ' Arrow keys move, plus and minus zoom, Enter searches from the point under the cross.')));
    this.drawLegend();
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => this.down(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    canvas.addEventListener('pointerup', (event) => this.up(event));
    canvas.addEventListener('pointercancel', (event) => this.cancel(event));
    canvas.addEventListener('pointerleave', () => this.hideTip());
    canvas.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('focus', () => this.draw());
    canvas.addEventListener('blur', () => this.draw());
  }

  drawLegend() {
    const { labels, labelCounts } = this.points;
    const chosen = state().filters.label ?? [];
    const order = labels.map((_, index) => index).sort((a, b) => labelCounts[b] - labelCounts[a] || a - b).slice(0, LEGEND);
    order.sort((a, b) => a - b);
    const items = order.map((index) => {
      const dot = el('span', { class: 'dot', 'aria-hidden': 'true' });
      dot.style.background = css(colourOf(index, labels.length));
      const on = chosen.some((one) => one === labels[index]);
      const click = () => go({ filters: toggled(state().filters, 'label', labels[index]) });
      return el('li', {}, el('button', { type: 'button', 'aria-pressed': String(on), title: `${plural(labelCounts[index], 'point')} on the map`, on: { click } },
        dot, valueText('label', labels[index], this.about)));
    });
    if (labels.length > LEGEND) items.push(el('li', { class: 'note' }, `and ${plural(labels.length - LEGEND, 'other label')}`));
    this.legend.replaceChildren(...items);
  }

  /** New results, filters or theme. */
  update(answer) {
    this.answer = answer ?? this.answer;
    this.drawLegend();
    this.flag();
  }

  /** What is dimmed and what is selected. Filters on the label dim; other filters the map does not know. */
  flag() {
    const { points, flags } = this;
    const chosen = state().filters.label;
    const shown = points.labels.map((label) => !chosen || chosen.includes(label));
    const selected = selectedKeys(this.about.name);
    for (let row = 0; row < points.count; row += 1) {
      const label = points.label[row];
      flags[row] = (label < 0 ? !chosen : shown[label]) ? NORMAL : DIMMED;
    }
    const many = selected.size > RINGS;
    if (many) for (let row = 0; row < points.count; row += 1) if (flags[row] === NORMAL) flags[row] = FADED;
    for (const key of selected.keys()) {
      const row = points.rowOf.get(key);
      if (row !== undefined) flags[row] = many ? NORMAL : SELECTED;
    }
    this.draw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    const first = !this.image;
    const centre = first ? null : this.place(this.width / 2, this.height / 2);
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    if (first) return this.fit();
    this.left = centre[0] - width / 2 / this.scale;
    this.top = centre[1] - height / 2 / this.scale;
    this.draw();
  }

  fit() {
    const { bounds } = this.points;
    this.scale = 0.92 * Math.min(this.width / bounds.width, this.height / bounds.height);
    this.smallest = this.scale / 4;
    this.largest = this.scale * 500;
    this.left = bounds.left + bounds.width / 2 - this.width / 2 / this.scale;
    this.top = bounds.top + bounds.height / 2 - this.height / 2 / this.scale;
    this.draw();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const before = this.place(x, y);
    this.scale = Math.max(this.smallest, Math.min(this.largest, this.scale * factor));
    this.left = before[0] - x / this.scale;
    this.top = before[1] - y / this.scale;
    this.draw();
  }

  pan(dx, dy) {
    this.left -= dx / this.scale;
    this.top -= dy / this.scale;
    this.draw();
  }

  place(x, y) {
    return [this.left + x / this.scale, this.top + y / this.scale];
  }

  spot(row) {
    return [(this.points.x[row] - this.left) * this.scale, (this.points.y[row] - this.top) * this.scale];
  }

  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paintAll();
    });
  }

  paintAll() {
    if (!this.image || !this.canvas.isConnected) return;
    const start = performance.now();
    const style = getComputedStyle(this.box);
    const colour = (name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
    const { ratio, context } = this;
    // Points grow with the zoom, and are smaller the more of them there are.
    const zoom = this.scale / (this.smallest * 4);
    const radius = ratio * Math.max(1, Math.min(5, (this.points.count > 20000 ? 1.1 : this.points.count > 4000 ? 1.7 : 2.4) * Math.sqrt(Math.sqrt(Math.max(1, zoom)))));
    const outline = colour('--map-ink');
    paint(this.image, this.points, { scale: this.scale * ratio, left: this.left, top: this.top },
      { flags: this.flags, colours: this.colours, ground: colour('--map-ground'), outline, radius });
    context.putImageData(this.image, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawMarks(css(outline), css(colour('--map-accent')), radius / ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.canvas.dataset.paintMs = (performance.now() - start).toFixed(1);
  }

  /** Results, the query, the point under the pointer, the lasso and the keyboard's cross. */
  drawMarks(ink, accent, radius) {
    const { context } = this;
    const ring = (row, size, width, style) => {
      const [x, y] = this.spot(row);
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.lineWidth = width;
      context.strokeStyle = style;
      context.stroke();
    };
    if (this.answer?.scored) for (const { key } of this.answer.hits) {
      const row = this.points.rowOf.get(key);
      if (row !== undefined) ring(row, radius + 3, 1.5, ink);
    }
    const { query } = state();
    const own = query.kind === 'id' ? this.points.rowOf.get(query.id) : undefined;
    if (own !== undefined) {
      ring(own, radius + 6, 3, accent);
      ring(own, radius + 9, 1, ink);
    }
    if (this.hover >= 0) ring(this.hover, radius + 4, 2, accent);
    if (this.lasso?.length > 1) {
      context.beginPath();
      for (const [x, y] of this.lasso) context.lineTo(...this.pixel(x, y));
      context.closePath();
      context.fillStyle = accent;
      context.globalAlpha = 0.15;
      context.fill();
      context.globalAlpha = 1;
      context.lineWidth = 2;
      context.strokeStyle = accent;
      context.stroke();
    }
    if (this.canvas.matches(':focus-visible')) {
      const [x, y] = [this.width / 2, this.height / 2];
      context.beginPath();
      context.moveTo(x - 8, y);
      context.lineTo(x + 8, y);
      context.moveTo(x, y - 8);
      context.lineTo(x, y + 8);
      context.lineWidth = 1.5;
      context.strokeStyle = ink;
      context.stroke();
    }
  }

  pixel(x, y) {
    return [(x - this.left) * this.scale, (y - this.top) * this.scale];
  }

  setLasso(on) {
    this.lassoButton.setAttribute('aria-pressed', String(on));
    this.canvas.classList.toggle('lasso', on);
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  rowAt(x, y, reach = TOUCH) {
    return this.points.nearest(...this.place(x, y), reach / this.scale, (row) => this.flags[row] !== DIMMED);
  }

  down(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const [x, y] = this.at(event);
    this.pointers.set(event.pointerId, [x, y]);
    if (this.pointers.size > 1) {
      this.lasso = null;
      this.moved = true; // two fingers never mean a click
      return;
    }
    this.moved = false;
    this.from = [x, y];
    if (event.shiftKey || this.lassoButton.getAttribute('aria-pressed') === 'true') this.lasso = [this.place(x, y)];
  }

  move(event) {
    const [x, y] = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.hoverAt(x, y);
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const spread = (place) => Math.max(1, Math.hypot(place[0] - other[0], place[1] - other[1]));
      this.pan((x - before[0]) / 2, (y - before[1]) / 2);
      this.zoom(spread([x, y]) / spread(before), (x + other[0]) / 2, (y + other[1]) / 2);
    } else {
      if (Math.hypot(x - this.from[0], y - this.from[1]) > 4) this.moved = true;
      if (this.lasso) {
        const last = this.pixel(...this.lasso.at(-1));
        if (Math.hypot(x - last[0], y - last[1]) > 3) this.lasso.push(this.place(x, y));
        this.draw();
      } else if (this.moved) this.pan(x - before[0], y - before[1]);
    }
    if (this.moved) this.hideTip();
    this.pointers.set(event.pointerId, [x, y]);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { lasso, moved } = this;
    this.lasso = null;
    if (lasso && moved) return this.selectInside(lasso, event.ctrlKey || event.metaKey);
    this.draw();
    if (moved) return;
    const row = this.rowAt(...this.at(event));
    if (row < 0) return;
    if (event.ctrlKey || event.metaKey) select(this.about.name, [this.chosen(row)], !selectedKeys(this.about.name).has(this.points.keys[row]));
    else this.searchFrom(row);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.lasso = null;
    this.draw();
  }

  chosen(row) {
    const { ids, keys, label, labels } = this.points;
    return { id: ids[row], key: keys[row], label: label[row] < 0 ? null : labelText({ label: labels[label[row]] }, this.about) };
  }

  /** A lasso selects anew; with Ctrl it adds. What a filter dims is not taken. */
  selectInside(polygon, adds) {
    const rows = this.points.inside(polygon).filter((row) => this.flags[row] !== DIMMED);
    if (!adds) select(this.about.name, [...selectedKeys(this.about.name).keys()].map((key) => ({ key })), false);
    select(this.about.name, rows.map((row) => this.chosen(row)), true);
    this.setLasso(false);
  }

  searchFrom(row) {
    this.hideTip();
    go({ query: { kind: 'id', id: this.points.keys[row] } });
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoom(Math.exp(-event.deltaY * lines * 0.0015), ...this.at(event));
  }

  key(event) {
    const step = 60;
    const actions = {
      ArrowLeft: () => this.pan(step, 0), ArrowRight: () => this.pan(-step, 0), ArrowUp: () => this.pan(0, step), ArrowDown: () => this.pan(0, -step),
      '+': () => this.zoom(1.3), '=': () => this.zoom(1.3), '-': () => this.zoom(1 / 1.3), 0: () => this.fit(),
      Enter: () => {
        const row = this.rowAt(this.width / 2, this.height / 2, 40);
        if (row >= 0) this.searchFrom(row);
      },
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  hoverAt(x, y) {
    const row = this.rowAt(x, y);
    if (row === this.hover) {
      if (row >= 0) this.placeTip(x, y);
      return;
    }
    this.hover = row;
    this.canvas.classList.toggle('over', row >= 0);
    this.draw();
    if (row < 0) return this.hideTip();
    const { key, label, id } = this.chosen(row);
    const face = el('div', { class: 'tip-face' });
    this.tip.replaceChildren(face, el('strong', {}, label ?? key), label === null ? '' : el('small', {}, key));
    this.tip.hidden = false;
    this.placeTip(x, y);
    clearTimeout(this.tipTimer);
    // A pointer that only passes asks for no image.
    if (this.about.hasImages) this.tipTimer = setTimeout(() => face.append(thumbnail(this.about.name, id, { size: 256, alt: '', failed: () => face.remove() })), 80);
    else face.remove();
  }

  placeTip(x, y) {
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    this.tip.style.left = `${Math.max(4, Math.min(this.width - width - 4, x + 14))}px`;
    this.tip.style.top = `${y + 14 + height > this.height ? Math.max(4, y - height - 10) : y + 14}px`;
  }

  hideTip() {
    clearTimeout(this.tipTimer);
    this.tip.hidden = true;
    if (this.hover >= 0) {
      this.hover = -1;
      this.draw();
    }
  }
}
