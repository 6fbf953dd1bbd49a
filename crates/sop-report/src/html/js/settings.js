// The settings behind a number: everything that its result row says. The page's address names the number, so that it can be linked to.

const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Names and values as a list; what is not known is left out. */
function fields(entries) {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return el('dl', { class: 'fields' }, ...known.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, shown(value))]));
}

const joined = (...parts) => parts.filter((part) => part !== null && part !== undefined).join('/') || null;

function showSettings(data, id) {
  const found = data.rows[id];
  if (!found) return;
  const [place, own] = found;
  const shared = data.shared[place];
  const row = { ...shared, ...own };
  const interval = row.ci_low === null ? null : `${row.ci_low} to ${row.ci_high}`;
  const measured = fields([
    ['95 % interval', interval],
    ['Standard error', row.std_error],
    ['Units', row.num_samples],
    ['Better', row.higher_is_better ? 'larger' : 'smaller'],
    ...Object.entries(row.params),
  ]);
  const origin = fields([
    ['Encoder', row.encoder],
    ...Object.entries(row.encoder_meta ?? {}).map(([name, value]) => [`Encoder ${name}`, value]),
    ['Encoder SHA-256', row.encoder_sha256],
    ['Feature', row.feature],
    ['Transform', row.transform],
    ['Data', joined(row.dataset, row.split)],
    ['Data SHA-256', row.dataset_sha256],
    ['Left out', row.num_skipped],
    ['Reference', joined(row.reference_dataset, row.reference_split)],
    ['Reference SHA-256', row.reference_sha256],
    ['Reference left out', row.reference_skipped],
    ['Seed', row.seed],
    ['Engine', row.runtime],
    ['Protocol', `${row.protocol}, version ${row.protocol_version}`],
    ['Run', row.run_id],
    ['Made', row.created_at],
    ['Seconds', row.wall_secs],
    ['sop', row.code_version],
  ]);
  const dialog = byId('settings');
  const json = () => copy(JSON.stringify(row, null, 1), 'The row');
  const link = () => copy(`${location.href.split('#')[0]}#row-${id}`, 'The link');
  open(
    dialog,
    el(
      'div',
      { class: 'sheet' },
      el('h2', { id: 'settings-name' }, `${row.protocol}: ${row.metric}`),
      el('p', { class: 'number' }, row.value === null ? 'not defined' : String(row.value)),
      measured,
      origin,
      el(
        'div',
        { class: 'row' },
        el('button', { type: 'button', on: { click: json } }, 'Copy as JSON'),
        el('button', { type: 'button', on: { click: link } }, 'Copy link'),
        el('button', { type: 'button', on: { click: () => dialog.close() } }, 'Close'),
      ),
    ),
  );
}

function startSettings(data) {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button.value');
    if (button) showSettings(data, button.dataset.row);
  });
  window.addEventListener('hashchange', followLink);
  followLink();
}

/** Leads to the number that the page's address names. */
function followLink() {
  const linked = /^#row-([0-9a-f]{16})$/.exec(location.hash);
  if (!linked) return;
  const button = document.querySelector(`button.value[data-row="${linked[1]}"]`);
  if (!button) return say('the page has no such number');
  document.querySelector('tr.linked')?.classList.remove('linked');
  const fold = button.closest('details');
  if (fold) fold.open = true;
  button.closest('tr').classList.add('linked');
  button.scrollIntoView({ block: 'center' });
  button.focus();
}
