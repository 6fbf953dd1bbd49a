// The key that a server may ask for. It lives in sessionStorage, so it ends with the tab and is never in an address.

import { byId } from './dom.js';

const NAME = 'sop-api-key';
let memory = null; // where storage is switched off
let asking = null; // one question for all requests that were refused together

export function currentKey() {
  try {
    return sessionStorage.getItem(NAME) ?? memory;
  } catch {
    return memory;
  }
}

function keep(key) {
  memory = key;
  try {
    sessionStorage.setItem(NAME, key);
  } catch {
    // It lasts as long as the page.
  }
}

/** Asks for a key, unless another one than the refused was entered meanwhile. True when there is one to try. */
export function askKey(message, refused) {
  if (currentKey() !== refused) return Promise.resolve(true);
  asking ??= new Promise((resolve) => {
    const dialog = byId('key-dialog');
    byId('key-message').textContent = refused ? `The key was not taken: ${message}` : message;
    byId('key-input').value = '';
    const done = (answer) => {
      asking = null;
      if (dialog.open) dialog.close();
      resolve(answer);
    };
    byId('key-form').onsubmit = (event) => {
      event.preventDefault();
      // Headers carry visible ASCII only; anything else cannot be a key of this server.
      const key = byId('key-input').value.trim();
      if (!/^[\x21-\x7e]+$/.test(key)) {
        byId('key-message').textContent = 'A key has letters, digits and signs of ASCII only, without spaces.';
        return;
      }
      keep(key);
      done(true);
    };
    byId('key-cancel').onclick = () => done(false);
    dialog.onclose = () => done(false);
    dialog.showModal();
    byId('key-input').focus();
  });
  return asking;
}
