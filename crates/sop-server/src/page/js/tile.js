// One result: a link that searches on from it (so that it opens in a tab of its own too), a box that selects it,
// a button that shows all of it.

import { labelText, valueText } from './collections.js';
import { el, icon } from './dom.js';
import { nearDuplicates } from './near-duplicates.js';
import { showPoint } from './point.js';
import { isSelected } from './selection.js';
import { changed, link, STEP } from './state.js';
import { thumbnail } from './thumbnail.js';

const MARKS = {
  missed: { text: 'missed', title: 'Exact search finds it, the graph does not' },
  extra: { text: 'graph only', title: 'The graph returns it in place of a nearer one' },
};
const SHOWN_FIELDS = 4;

/** What stands in for an image: the id and the first fields of the payload. */
function textFace(hit, about) {
  const fields = Object.entries(hit.payload).filter(([key]) => key !== 'label').slice(0, SHOWN_FIELDS);
  return el('span', { class: 'face-text' },
    el('span', { class: 'face-id' }, hit.key),
    ...fields.map(([key, value]) => el('span', { class: 'face-field' }, el('span', { class: 'face-key' }, key), ` ${valueText(key, value, about)}`)));
}

function face(hit, about) {
  const box = el('span', { class: 'face-inner' });
  const text = () => box.replaceChildren(textFace(hit, about));
  if (!about.hasImages) text();
  else box.append(thumbnail(about.name, hit.id, { size: 256, alt: '', failed: text }));
  return el('span', { class: 'face' }, box, badges(hit));
}

function badges({ mark, common }) {
  if (!mark && !common) return null;
  return el('span', { class: 'badges', 'aria-hidden': 'true' },
    mark ? el('span', { class: `badge ${mark}`, title: MARKS[mark].title }, MARKS[mark].text) : null,
    common ? el('span', { class: 'badge both', title: 'Among the first results of both collections' }, 'both') : null);
}

const unseen = (text) => el('span', { class: 'visually-hidden' }, text);

/** What is seen only by colour and frame, for a screen reader. */
function remarks({ mark, common }) {
  const parts = [common && 'found in both collections', mark && MARKS[mark].title].filter(Boolean);
  return unseen(`${parts.length ? `, ${parts.join(', ')}` : ''}. Search from it`);
}

const END = 10; // characters of an id that stay in sight: ids of one folder differ at their end

/** An id that is cut in its middle where there is no room. */
function shortened(key) {
  const letters = [...key];
  if (letters.length <= END + 4) return [el('span', { class: 'id-start' }, key)];
  return [el('span', { class: 'id-start' }, letters.slice(0, -END).join('')), el('span', { class: 'id-end' }, letters.slice(-END).join(''))];
}

/** The tile of `hit`; rank is null where the order means nothing. */
export function tile(hit, about, rank) {
  const label = labelText(hit.payload, about);
  const target = link(changed({ query: { kind: 'id', id: hit.key }, limit: STEP }));
  const item = el('li', { class: `tile${hit.mark ? ` ${hit.mark}` : ''}${hit.common ? ' common' : ''}`, 'data-key': hit.key });
  const anchor = el('a', { href: target, class: 'tile-link', tabindex: '-1', draggable: 'false' },
    face(hit, about),
    el('span', { class: 'tile-line' },
      rank === null ? null : el('span', { class: 'rank' }, String(rank)),
      el('span', { class: label === null ? 'tile-label none' : 'tile-label' }, ...(label === null ? shortened(hit.key) : [label])),
      hit.score === null ? null : el('span', { class: 'score' }, unseen('score '), hit.score.toFixed(4))),
    label === null ? null : el('span', { class: 'tile-id' }, unseen('id '), ...shortened(hit.key)),
    remarks(hit));
  anchor.title = `${label ? `${label} · ` : ''}${hit.key}`;
  const box = el('input', { type: 'checkbox', class: 'tile-select', tabindex: '-1', 'aria-label': `Select ${label ? `${label}, ` : ''}id ${hit.key}` });
  box.checked = isSelected(about.name, hit.key);
  const more = el('button', { type: 'button', class: 'tile-more', tabindex: '-1', 'aria-label': `All of id ${hit.key}`, title: 'Show all (i)',
    on: { click: () => showPoint(about, hit.id) } }, icon('more'));
  item.append(anchor, box, more);
  if (hit.folded?.length) item.append(nearDuplicates(hit.folded, about));
  return item;
}
