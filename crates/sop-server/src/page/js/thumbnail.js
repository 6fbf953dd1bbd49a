// Thumbnails: plain <img> that the browser loads when they come into sight. Where a key is needed, which an <img> cannot
// send, they are fetched with it, a few at a time, and shown from memory.

import { imageUrl, request } from './api.js';
import { el } from './dom.js';
import { currentKey } from './key.js';

const AT_ONCE = 8;
const waiting = [];
let running = 0;
const owned = new WeakMap(); // img → its object URL

const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      waiting.push(target);
    }
    next();
  },
  { rootMargin: '300px' },
);

function next() {
  while (running < AT_ONCE && waiting.length) {
    const image = waiting.shift();
    if (!image.isConnected) continue;
    running += 1;
    fetchInto(image).finally(() => {
      running -= 1;
      next();
    });
  }
}

async function fetchInto(image) {
  try {
    const blob = await (await request('GET', image.dataset.url)).blob();
    const url = URL.createObjectURL(blob);
    owned.set(image, url);
    image.addEventListener('load', () => URL.revokeObjectURL(url), { once: true }); // decoded: the bytes may go
    image.src = url;
  } catch {
    image.dispatchEvent(new Event('error'));
  }
}

/** The image of a point; `failed` is called where it cannot be had. */
export function thumbnail(collection, id, { size, alt, failed }) {
  const url = imageUrl(collection, id, size);
  const image = el('img', { alt, decoding: 'async', draggable: 'false' });
  image.addEventListener('error', failed, { once: true });
  image.addEventListener('load', () => image.classList.add('loaded'), { once: true });
  if (currentKey()) {
    image.dataset.url = url;
    seen.observe(image);
  } else {
    image.loading = 'lazy';
    image.src = url;
  }
  return image;
}
