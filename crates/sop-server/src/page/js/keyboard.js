// Keys that work anywhere on the page, unless something is being typed.

import { byId } from './dom.js';

const typing = (element) => element?.matches?.('textarea, select, input:not([type=checkbox], [type=radio], [type=button])');

export function startKeyboard(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]')) return; // it has its own Escape
    if (typing(event.target)) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const action = actions[event.key];
    if (!action) return;
    // Arrows belong to what has the focus, if anything has.
    if (event.key.startsWith('Arrow') && event.target !== document.body) return;
    event.preventDefault();
    action();
  });
  byId('help-open').addEventListener('click', () => byId('help').showModal());
}
