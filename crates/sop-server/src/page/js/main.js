// Puts the page together: the state decides what is asked for and shown.

import * as api from './api.js';
import { collection } from './collections.js';
import { byId, el } from './dom.js';
import { showFacets } from './facets.js';
import { startKeyboard } from './keyboard.js';
import { hideMap, showMap } from './map.js';
import { common } from './overlap.js';
import { Pane } from './pane.js';
import { showQuery, summaryOf } from './query-card.js';
import { canExpand, run } from './search.js';
import { clearSelection, selectedKeys } from './selection.js';
import { go, onState, state } from './state.js';
import { showStatus, startStatus } from './status.js';
import { startTheme } from './theme.js';
import { keepImage, listenForImages } from './uploads.js';

let panes = [];
let running = new AbortController();
let drawn = null; // the state whose query is in the card

function notice(text) {
  byId('notice').textContent = text ?? '';
  byId('notice').hidden = !text;
}

const settled = () => byId('results').removeAttribute('aria-busy');
const say = (text) => { byId('live').textContent = text; };

/** Panes for these collections; those that are there already stay, so that tiles do not flicker. */
function layOut(abouts) {
  const same = panes.length === abouts.length && panes.every((pane, index) => pane.about.name === abouts[index].name);
  if (!same) {
    for (const pane of panes) pane.end();
    panes = abouts.map((about) => new Pane(about));
    byId('results').replaceChildren(...panes.map(({ element }) => element));
  }
  panes.forEach((pane, index) => { pane.about = abouts[index]; });
  byId('results').classList.toggle('double', panes.length > 1);
}

function showControls(current, about) {
  byId('view-grid').setAttribute('aria-pressed', String(current.view === 'grid'));
  byId('view-map').setAttribute('aria-pressed', String(current.view === 'map'));
  byId('stage').classList.toggle('with-map', current.view === 'map');
  byId('collection').value = current.collection;
  byId('beside').value = current.beside;
  const usable = about.graph;
  for (const input of byId('modes').querySelectorAll('input')) {
    input.disabled = !usable && input.value !== 'exact';
    input.checked = input.value === (usable ? current.mode : 'exact');
  }
  byId('mode-note').textContent = usable
    ? { graph: 'Fast; may miss near points.', exact: 'Every point is compared.', compare: 'Both, with what the graph missed marked.' }[current.mode]
    : 'This collection has no graph: every search is exact.';
  byId('random').querySelector('span').textContent = about.hasImages ? 'Random images' : 'Random points';
  byId('expand').checked = current.expand && canExpand(about);
  byId('expand').disabled = !canExpand(about);
  byId('fold').checked = current.fold;
  byId('drop').classList.toggle('off', !about.hasEncoder);
  byId('file').disabled = !about.hasEncoder;
}

async function show(current, before, cause, scroll) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  byId('results').setAttribute('aria-busy', 'true');
  await ask(current, before, cause, scroll, signal);
  if (!signal.aborted) settled();
}

/** Nothing is known of a collection: what another one showed must not stand under its name. */
function failed(current, { message }) {
  for (const pane of panes) pane.end();
  panes = [];
  drawn = null;
  hideMap();
  byId('collection').value = current.collection;
  byId('summary').textContent = current.collection || 'sop search';
  const again = el('button', { type: 'button', on: { click: () => go({}, { replace: true }) } }, 'Try again');
  byId('results').replaceChildren(el('div', { class: 'empty problem', role: 'alert' }, message, again));
}

async function ask(current, before, cause, scroll, signal) {
  notice(null);
  let abouts;
  try {
    abouts = await Promise.all([current.collection, current.beside].filter(Boolean).map(collection));
  } catch (error) {
    if (!signal.aborted) failed(current, error);
    return;
  }
  if (signal.aborted) return;
  const [about] = abouts;
  layOut(abouts);
  showControls(current, about);
  showFacets(about);
  showStatus(about);
  if (drawn?.query !== current.query || drawn.collection !== current.collection) showQuery(about, current);
  drawn = current;
  if (current.view === 'map') showMap(about, null);
  else hideMap();
  if (before && onlyView(before, current) && panes.every(({ answer }) => answer)) {
    if (current.view === 'map') showMap(about, panes[0].answer);
    return;
  }
  for (const pane of panes) pane.loading();
  const answers = await Promise.all(panes.map((pane) => run(pane.about, current, { history: cause === 'history', signal }).catch((error) => error)));
  if (signal.aborted) return;
  present(current, about, answers);
  if (cause === 'history') scrollTo({ top: scroll });
}

const onlyView = (before, current) =>
  before.view !== current.view && ['collection', 'beside', 'query', 'filters', 'mode', 'limit', 'expand', 'fold'].every((name) => before[name] === current[name]);

function present(current, about, answers) {
  const good = answers.filter((answer) => !(answer instanceof Error));
  const shared = good.length === 2 && current.query.kind !== 'random' ? common(answers[0].hits, answers[1].hits) : null;
  panes.forEach((pane, index) => {
    const answer = answers[index];
    if (answer instanceof Error) pane.failed(answer.message);
    else pane.show(answer, { common: shared, title: pane.about.name });
  });
  const [first] = answers;
  const summary = first instanceof Error ? 'No results' : summaryOf(about, current, first);
  byId('summary').textContent = summary;
  document.title = `${summary} – sop`;
  byId('facts').replaceChildren(...(panes.length === 1 && !(first instanceof Error) ? panes[0].factsOf(first, null) : []));
  const failed = answers.filter((answer) => answer instanceof Error).map(({ message }) => message);
  say(failed.length ? failed.join(' ') : `${summary}. ${panes.map((pane) => pane.facts.textContent).join(' ')}`);
  if (current.view === 'map' && !(first instanceof Error)) showMap(about, first);
}

function options(select, names, empty) {
  select.replaceChildren(...(empty === undefined ? [] : [el('option', { value: '' }, empty)]), ...names.map((name) => el('option', { value: name }, name)));
}

const random = () => go({ query: { kind: 'random', number: (state().query.number ?? 0) + 1 } });

const firstTile = () => panes[0]?.links()[0]?.focus();

function listen() {
  byId('collection').addEventListener('change', ({ target }) => {
    const keepsQuery = state().query.kind === 'image';
    go({ collection: target.value, beside: state().beside === target.value ? '' : state().beside, filters: {},
      ...(keepsQuery ? {} : { query: { kind: 'random', number: 1 } }) });
  });
  byId('beside').addEventListener('change', ({ target }) => go({ beside: target.value === state().collection ? '' : target.value }));
  byId('modes').addEventListener('change', ({ target }) => go({ mode: target.value }));
  byId('expand').addEventListener('change', ({ target }) => go({ expand: target.checked }));
  byId('fold').addEventListener('change', ({ target }) => go({ fold: target.checked }));
  byId('view-grid').addEventListener('click', () => go({ view: 'grid' }));
  byId('view-map').addEventListener('click', () => go({ view: 'map' }));
  byId('random').addEventListener('click', random);
  byId('id-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const id = byId('id-input').value;
    if (id) go({ query: { kind: 'id', id } });
  });
  listenForImages({ input: byId('file'), veil: byId('veil'), refused: notice, found: (file) => {
    if (byId('file').disabled) return notice('This collection has no encoder, so images cannot be searched with.');
    go({ query: { kind: 'image', number: keepImage(file) } });
  } });
  startKeyboard({
    '/': () => byId('id-input').focus(),
    '?': () => byId('help').showModal(),
    r: random,
    m: () => go({ view: 'map' }),
    g: () => go({ view: 'grid' }),
    a: () => panes[0]?.selectAll(),
    Escape: () => selectedKeys(state().collection).size && clearSelection(),
    ArrowRight: firstTile,
    ArrowDown: firstTile,
  });
  history.scrollRestoration = 'manual';
  onState((current, before, cause) => show(current, before, cause, history.state?.scroll ?? 0));
}

async function start() {
  startTheme(byId('theme'));
  startStatus();
  // Where there is room, filters and facts are open.
  if (matchMedia('(min-width: 900px)').matches) byId('filters-card').open = byId('status-card').open = true;
  listen();
  let names;
  try {
    names = await api.collections();
  } catch (error) {
    notice(error.message);
    return settled();
  }
  if (!names.length) {
    byId('results').replaceChildren(el('div', { class: 'empty' }, el('h2', {}, 'No collection yet'),
      el('p', {}, 'Build one from embeddings, then load this page anew:'),
      el('pre', {}, 'sop index build --embeddings F.parquet --out INDEX --collection NAME --data SPEC')));
    return settled();
  }
  const { collection: asked } = state();
  const listed = asked && !names.includes(asked) ? [asked, ...names] : names; // an alias is not in the list
  options(byId('collection'), listed);
  options(byId('beside'), listed, 'none');
  byId('beside').closest('.pick').hidden = listed.length < 2;
  go({ collection: asked || names[0] }, { replace: true });
}

start();
