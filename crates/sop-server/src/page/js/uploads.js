// Images that were searched with. They stay in this tab: the address holds their number only, and a reload forgets them.

const KEPT = 30;
const files = new Map(); // number → { file, url, name }
let last = 0;

export function keepImage(file) {
  last += 1;
  files.set(last, { file, url: URL.createObjectURL(file), name: file.name || 'pasted image' });
  if (files.size > KEPT) {
    const [oldest, { url }] = files.entries().next().value;
    URL.revokeObjectURL(url);
    files.delete(oldest);
  }
  return last;
}

export const keptImage = (number) => files.get(number);

/** The first image among what was dropped or pasted. */
export function imageOf(transfer) {
  const listed = [...(transfer?.files ?? [])];
  return listed.find((file) => file.type.startsWith('image/')) ?? listed[0] ?? null;
}

/** Drop anywhere on the page, paste anywhere, or pick: `found` gets the file. */
export function listenForImages({ input, veil, found, refused }) {
  input.addEventListener('change', () => {
    if (input.files[0]) found(input.files[0]);
    input.value = ''; // the same file may be picked again
  });
  document.addEventListener('paste', (event) => {
    const file = imageOf(event.clipboardData);
    if (!file) return; // text goes into the field that has the focus
    event.preventDefault();
    found(file);
  });
  let depth = 0; // dragenter and dragleave come for every element below the pointer
  const carriesFile = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  const show = (shown) => veil.classList.toggle('shown', shown);
  document.addEventListener('dragenter', (event) => {
    if (!carriesFile(event)) return;
    depth += 1;
    show(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!carriesFile(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) show(false);
  });
  document.addEventListener('dragover', (event) => {
    if (carriesFile(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    depth = 0;
    show(false);
    const file = imageOf(event.dataTransfer);
    if (!file) {
      if (carriesFile(event)) refused('Nothing that was dropped is a file.');
      return;
    }
    event.preventDefault();
    found(file);
  });
}
