// Tables that are sorted by a click on a heading, filtered by a text, and copied.

/** What a cell is sorted by: its number as measured, or else its text. Nothing measured comes last either way. */
function sortKey(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  const text = cell.textContent.trim();
  return text === '' || text === '–' ? undefined : text;
}

const texts = new Intl.Collator('en', { numeric: true });

function compare(a, b, sign) {
  if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * texts.compare(String(a), String(b));
}

function sortBy(table, column) {
  const head = table.tHead.rows[0].cells[column];
  const isNumeric = head.classList.contains('n');
  const before = head.getAttribute('aria-sort');
  // Numbers start with the largest.
  const order = before === null ? (isNumeric ? 'descending' : 'ascending') : before === 'ascending' ? 'descending' : 'ascending';
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', order);
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [sortKey(row, column), row]);
  rows.sort((a, b) => compare(a[0], b[0], order === 'ascending' ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
}

function startTables(data) {
  for (const block of document.querySelectorAll('.table')) {
    const table = block.querySelector('table');
    table.querySelectorAll('button.sort').forEach((button, column) => button.addEventListener('click', () => sortBy(table, column)));
    const kinds = { latex: 'LaTeX', csv: 'CSV', markdown: 'Markdown' };
    const buttons = Object.entries(kinds).map(([kind, name]) => {
      const copied = () => copy(data.tables[block.dataset.table][kind], `${name} of the table`);
      return el('button', { type: 'button', 'aria-label': `Copy the table as ${name}`, on: { click: copied } }, name);
    });
    block.append(el('div', { class: 'copies' }, el('span', {}, 'Copy as'), ...buttons));
  }
  byId('filter').addEventListener('input', (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.querySelectorAll('.table tbody tr')) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
}
