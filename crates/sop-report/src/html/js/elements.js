// Elements from data. Names and ids come from files of anyone, so text becomes text nodes and nothing is ever parsed as HTML.

const byId = (id) => document.getElementById(id);

/** An element with attributes (`on` holds listeners; undefined, null and false leave an attribute out) and children. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

let quiet;

/** Says something for a moment, to those who listen, too. */
function say(text) {
  byId('said').textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => { byId('said').textContent = ''; }, 2500);
}

/** Copies a text; pages opened from a file may not be allowed to, so there is an older way behind it. */
async function copy(text, name) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el('textarea', { 'aria-hidden': 'true' });
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done) return say(`${name} could not be copied`);
  }
  return say(`${name} copied`);
}

/** Hands a file to the browser's downloads. */
function download(name, type, parts) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  el('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A closed dialog shows what it is given. */
function open(dialog, ...children) {
  dialog.replaceChildren(...children);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}
