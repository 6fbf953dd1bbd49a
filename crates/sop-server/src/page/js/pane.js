// The results of one collection: a heading, a grid of tiles that is walked with the arrow keys, and a button for more.

import { labelText } from './collections.js';
import { el, milliseconds, plural } from './dom.js';
import { showPoint } from './point.js';
import { isSelected, onSelection, select } from './selection.js';
import { go, state, STEP } from './state.js';
import { tile } from './tile.js';

export class Pane {
  constructor(about) {
    this.about = about;
    this.answer = null;
    this.rangeStart = null;
    this.title = el('h2', { class: 'pane-title' });
    this.facts = el('p', { class: 'facts' });
    const grid = about.hasImages ? 'grid' : 'grid text';
    this.list = el('ol', { class: grid });
    this.extraTitle = el('h2', { class: 'extra-title', hidden: true });
    this.extraList = el('ol', { class: grid, hidden: true });
    this.moreButton = el('button', { type: 'button', class: 'more', hidden: true, on: { click: () => this.more() } }, `${STEP} more`);
    this.element = el('section', { class: 'pane', 'aria-label': `Results in ${about.name}` },
      el('div', { class: 'pane-head' }, this.title, this.facts), this.list, this.extraTitle, this.extraList, this.moreButton);
    for (const list of [this.list, this.extraList]) {
      list.addEventListener('click', (event) => this.clicked(event));
      list.addEventListener('keydown', (event) => this.key(event));
      list.addEventListener('focusin', (event) => this.focused(event));
    }
    this.unlisten = onSelection(() => this.markSelected());
  }

  end() {
    this.unlisten();
  }

  hits() {
    return this.answer ? [...this.answer.hits, ...(this.answer.extra ?? [])] : [];
  }

  /** The tiles as a person sees them, the graph's own after the others. */
  links() {
    return [...this.element.querySelectorAll('.tile-link')];
  }

  loading() {
    this.element.classList.add('busy');
    if (this.answer) return;
    // Room for what will come, so that the page does not jump.
    this.list.replaceChildren(...Array.from({ length: 12 }, () => el('li', { class: 'tile ghost', 'aria-hidden': 'true' }, el('span', { class: 'face' }))));
  }

  failed(message) {
    this.settled();
    this.answer = null;
    this.facts.textContent = '';
    this.extraTitle.hidden = this.extraList.hidden = this.moreButton.hidden = true;
    const again = el('button', { type: 'button', on: { click: () => go({}, { replace: true }) } }, 'Try again');
    this.list.replaceChildren(el('li', { class: 'empty problem', role: 'alert' }, message, again));
  }

  settled() {
    this.element.classList.remove('busy');
  }

  show(answer, { common, title }) {
    this.settled();
    this.answer = answer;
    this.title.textContent = title;
    this.facts.replaceChildren(...this.factsOf(answer, common));
    const focus = document.activeElement?.closest?.('.tile')?.dataset.key;
    const held = focus !== undefined && this.element.contains(document.activeElement);
    const marked = (hit) => (common?.keys.has(hit.key) ? { ...hit, common: true } : hit);
    const tiles = answer.hits.map((hit, index) => tile(marked(hit), this.about, answer.scored ? index + 1 : null));
    this.list.replaceChildren(...(tiles.length ? tiles : [el('li', { class: 'empty' }, 'No point passes these filters.')]));
    const extra = answer.extra ?? [];
    this.extraTitle.hidden = this.extraList.hidden = !extra.length;
    this.extraTitle.textContent = `In their place the graph returned ${plural(extra.length, 'other point')}`;
    this.extraList.replaceChildren(...extra.map((hit) => tile(hit, this.about, null)));
    const asked = state();
    this.moreButton.hidden = !answer.more && !(asked.query.kind === 'random' && answer.hits.length >= asked.limit);
    const links = this.links();
    const again = held ? links.find((one) => one.closest('.tile').dataset.key === focus) : null;
    (again ?? links[0])?.setAttribute('tabindex', '0');
    again?.focus();
    this.markSelected();
  }

  factsOf(answer, common) {
    const facts = [];
    const fact = (text, attributes = {}) => facts.push(el('span', { class: 'fact', ...attributes }, text));
    if (answer.exact === true && !answer.compared) fact('exact', { title: 'The answer is that of exact search' });
    if (answer.exact === false) fact('by the graph', { title: 'A graph was searched: near points may be missed' });
    if (answer.expanded) fact('expanded query', { title: 'Scores are similarities to the expanded query' });
    if (answer.folding) {
      const count = answer.hits.reduce((sum, { folded }) => sum + folded.length, 0);
      const { examined, bound_reached: bound } = answer.folding;
      fact(`${plural(count, 'near-duplicate')} folded${bound ? `, first ${examined} only` : ''}`, { class: bound ? 'fact warn' : 'fact',
        title: bound ? `The server looks at ${examined} results at most: there may be more` : `Among the first ${examined} results` });
    }
    if (answer.compared) {
      const { recall, missed, graph, exact } = answer.compared;
      // Where few points may be found, looking at all of them is faster than walking, and there is nothing to compare.
      if (graph.exact) fact('the graph was not needed: all points were compared', { title: 'So few points are compared faster than a graph is walked' });
      else fact(missed ? `the graph missed ${missed} of ${answer.hits.length}` : 'the graph missed nothing', { class: `fact ${missed ? 'warn' : 'good'}` });
      if (!graph.exact) fact(`recall ${recall.toFixed(4)}`);
      if (!graph.exact) fact(`graph ${milliseconds(graph.serverMs ?? graph.ms)}, exact ${milliseconds(exact.serverMs ?? exact.ms)}`);
    } else if (answer.ms !== undefined) {
      const inServer = answer.serverMs === undefined ? '' : `${milliseconds(answer.serverMs)} in the server`;
      fact(milliseconds(answer.ms), { title: `To and fro${inServer ? `; ${inServer}` : ''}` });
    }
    if (common) fact(`${common.keys.size} of ${common.k} in both`, { class: 'fact common', title: `overlap@${common.k}: ${(common.keys.size / Math.max(1, common.k)).toFixed(4)}` });
    return facts;
  }

  more() {
    go({ limit: state().limit + STEP }, { replace: true });
  }

  hitOf(element) {
    const key = element?.closest('.tile')?.dataset.key;
    return this.hits().find((hit) => hit.key === key);
  }

  toggle(hit, on = !isSelected(this.about.name, hit.key)) {
    select(this.about.name, [this.chosen(hit)], on);
    this.rangeStart = hit.key;
  }

  chosen(hit) {
    return { id: hit.id, key: hit.key, label: labelText(hit.payload, this.about) };
  }

  selectAll() {
    select(this.about.name, this.hits().map((hit) => this.chosen(hit)), true);
  }

  clicked(event) {
    const hit = this.hitOf(event.target);
    if (!hit) return;
    if (event.target.matches('.tile-select')) return this.toggle(hit, event.target.checked);
    if (!event.target.closest('.tile-link')) return;
    if (event.shiftKey) {
      event.preventDefault();
      const keys = this.hits().map(({ key }) => key);
      const [from, to] = [keys.indexOf(this.rangeStart ?? hit.key), keys.indexOf(hit.key)].sort((a, b) => a - b);
      select(this.about.name, this.hits().slice(Math.max(0, from), to + 1).map((one) => this.chosen(one)), true);
    } else if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.toggle(hit);
    } else {
      event.preventDefault();
      this.searchFrom(hit);
    }
  }

  /** In both collections, where two are side by side. */
  searchFrom(hit) {
    go({ query: { kind: 'id', id: hit.key } });
    scrollTo({ top: 0 });
  }

  focused(event) {
    const anchor = event.target.closest('.tile')?.querySelector('.tile-link');
    if (!anchor) return;
    // One stop for the Tab key: the tile that was left last.
    for (const other of this.links()) other.tabIndex = other === anchor ? 0 : -1;
  }

  key(event) {
    const links = this.links();
    const at = links.indexOf(event.target.closest('.tile')?.querySelector('.tile-link'));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const hit = this.hitOf(event.target);
    const move = (to) => {
      event.preventDefault();
      const target = links[Math.max(0, Math.min(links.length - 1, to))];
      target.focus();
      target.scrollIntoView({ block: 'nearest' });
    };
    const onLink = event.target.matches('.tile-link');
    if (event.key === 'ArrowRight') move(at + 1);
    else if (event.key === 'ArrowLeft') move(at - 1);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') move(this.neighbour(links, at, event.key === 'ArrowDown' ? 1 : -1));
    else if (event.key === 'Home') move(0);
    else if (event.key === 'End') move(links.length - 1);
    else if (event.key === ' ' && onLink) {
      event.preventDefault();
      this.toggle(hit);
    } else if (event.key === 'i' && onLink) showPoint(this.about, hit.id);
    else return;
    event.stopPropagation();
  }

  /** The tile below or above: the nearest by its middle in the next row. */
  neighbour(links, at, step) {
    const boxes = links.map((one) => one.getBoundingClientRect());
    const middle = (box) => box.left + box.width / 2;
    let to = at;
    for (let index = at + step; links[index]; index += step) {
      if (Math.abs(boxes[index].top - boxes[at].top) < 2) continue;
      if (to === at) to = index;
      if (Math.abs(boxes[index].top - boxes[to].top) >= 2) break;
      if (Math.abs(middle(boxes[index]) - middle(boxes[at])) < Math.abs(middle(boxes[to]) - middle(boxes[at]))) to = index;
    }
    return to;
  }

  markSelected() {
    for (const item of this.element.querySelectorAll('.tile[data-key]')) {
      const on = isSelected(this.about.name, item.dataset.key);
      item.classList.toggle('selected', on);
      item.querySelector('.tile-select').checked = on;
    }
  }
}
