// The near-duplicates of a result, which are shown with it: their number, and on request they themselves.

import { el, plural } from './dom.js';
import { changed, go, link, STEP } from './state.js';
import { thumbnail } from './thumbnail.js';

/** A fold on a tile that opens to the points with these ids. */
export function nearDuplicates(ids, about) {
  const list = el('ul', { class: 'folded-list' });
  const fold = el('details', { class: 'folded' }, el('summary', {}, plural(ids.length, 'near-duplicate')), list);
  // Most are never opened, and their images need not be asked for.
  fold.addEventListener('toggle', () => {
    if (fold.open && !list.childElementCount) list.append(...ids.map((id) => el('li', {}, searchOn(id, about))));
  });
  // The arrow keys walk over the tiles, not over what is in one.
  fold.addEventListener('keydown', (event) => event.stopPropagation());
  return fold;
}

/** A link that searches from a point. */
function searchOn(id, about) {
  const key = String(id);
  const changes = { query: { kind: 'id', id: key }, limit: STEP };
  const name = el('span', { class: 'folded-id' }, key);
  const anchor = el('a', { href: link(changed(changes)), title: `Search from ${key}` }, name);
  if (about.hasImages) anchor.prepend(thumbnail(about.name, id, { size: 64, alt: '', failed: () => {} }));
  anchor.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(changes);
    scrollTo({ top: 0 });
  });
  return anchor;
}
