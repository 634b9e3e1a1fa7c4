
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);

// Nodes: attributes, handlers and children. Strings become text, never markup
function fill(node, attrs, kids) {
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value == 'function') node[name] = value;
    else if (value != null && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...kids.flat(Infinity).filter(kid => kid != null && kid !== ''));
  return node;
}
const el = (tag, attrs = {}, ...kids) => fill(document.createElement(tag), attrs, kids);
const svg = (tag, attrs = {}, ...kids) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attrs, kids);

// Texts
const score = row => row.accuracy.toFixed(2) + (row.std == null ? '' : ` ± ${row.std.toFixed(2)}`);
const number = x => x == null ? '' : Number.isInteger(x) ? String(x) : x.toPrecision(4).replace(/\.?0+$/, '');
const plural = (n, word) => `${n} ${word}${n == 1 ? '' : 's'}`;
const tracks = {official: 'official', sample: 'rendered sample'};
const trackName = track => tracks[track] ?? track.replace(/^(\d+)px/, '$1 px');
const time = min => min < 60 ? `${number(Math.round(min*10)/10)} min` : `${number(Math.round(min/6)/10)} h`;
const status = row => row.by == 'ours' && row.status == 'complete' ? 'ours' : `${row.by}, ${row.status}`;
const searched = row => [row.method, row.args, row.pool, row.encoder, row.source, row.note, row.row, row.date, row.size,
  row.px, row.epochs, status(row), trackName(row.track)].join(' ').toLowerCase();
for (const row of data.rows) row.text = searched(row);

// Filters: each list offers what the rows hold, and '' where a column is empty
const filters = ['track', 'size', 'epochs', 'encoder', 'pool', 'by'];
const order = (a, b) => String(a).localeCompare(String(b), 'en', {numeric: true});
for (const name of filters) {
  const values = [...new Set(data.rows.map(row => row[name]))];
  if (name != 'track') values.sort(order);
  const label = value => name == 'track' ? trackName(value) : value === '' ? 'not told' : String(value);
  const options = values.map(value => el('option', {value: `=${value}`}, label(value)));
  byId(name).append(el('option', {value: 'all'}, 'all'), ...options);
}
function shown() {
  const words = byId('find').value.toLowerCase().split(/\s+/);
  const fits = row => filters.every(name => byId(name).value == 'all' || byId(name).value == `=${row[name]}`);
  return data.rows.filter(row => (row.status != 'void' || byId('void').checked) && fits(row) &&
    words.every(word => row.text.includes(word)));
}

// Columns; `late` ones leave first where there is little room, their content is among a row's details
const columns = [
  {key: 'method', text: true}, {key: 'accuracy', name: 'accuracy, %'},
  {key: 'asked_accuracy', name: 'among asked', cls: 'late'},
  {key: 'size', name: 'px', cls: 'later'}, {key: 'epochs', cls: 'later'},
  {key: 'pool', text: true, cls: 'late'}, {key: 'encoder', text: true, cls: 'late'},
  {key: 'pretrain_epochs', name: 'pretraining', cls: 'late'}, {key: 'runs', cls: 'late'},
  {key: 'by', text: true, cls: 'later'}, {key: 'date', text: true, cls: 'n late'},
].filter(({key}) => key != 'asked_accuracy' || data.rows.some(row => row[key] != null));
let sorted = {key: null, up: true};
const classOf = ({text, cls}) => [text ? '' : 'n', cls].filter(Boolean).join(' ') || null;

function inOrder(rows) {
  const {key, up} = sorted;
  if (!key) return rows;
  const missing = row => row[key] == null || row[key] === '';
  const compare = (a, b) => typeof a[key] == 'number' ? a[key] - b[key] : order(a[key], b[key]);
  return [...rows].sort((a, b) => missing(a) - missing(b) || (missing(a) ? 0 : (up ? 1 : -1)*compare(a, b)));
}
function sortBy({key, text}) {
  sorted = {key, up: sorted.key == key ? !sorted.up : Boolean(text)};
  draw();
}
const heads = columns.map(column => el('th', {scope: 'col', class: classOf(column)},
  el('button', {type: 'button', onclick: () => sortBy(column)}, column.name ?? column.key)));
byId('board').tHead.append(el('tr', {}, heads));

// Marks
function mark(row, x, y, r) {
  if (row.by == 'ours') return svg('circle', {class: 'mark', cx: x, cy: y, r});
  const d = r*1.15;
  return svg('path', {class: 'mark', d: `M${x} ${y - d}L${x + d} ${y} ${x} ${y + d} ${x - d} ${y}Z`});
}
function scale(rows) {
  const low = rows.map(row => row.accuracy - (row.std ?? 0)), high = rows.map(row => row.accuracy + (row.std ?? 0));
  const step = [1, 2, 5, 10, 20].find(s => (Math.max(...high) - Math.min(...low))/s <= 5) ?? 20;
  const lo = Math.max(0, Math.floor(Math.min(...low)/step)*step);
  const hi = Math.min(100, Math.ceil(Math.max(...high)/step)*step);
  return {lo, hi: hi > lo ? hi : lo + step, step};
}
function whisker(row, {lo, hi}) {
  const x = value => 6 + 108*(value - lo)/(hi - lo), from = x(row.accuracy - row.std), to = x(row.accuracy + row.std);
  const bars = row.std ? [svg('path', {class: 'bar', d: `M${from} 2v8m0-4H${to}m0-4v8`})] : [];
  return svg('svg', {viewBox: '0 0 120 12', 'aria-hidden': 'true'},
    svg('path', {class: 'axis', d: 'M6 6H114M6 3v6M114 3v6'}), bars, mark(row, x(row.accuracy), 6, 3.6));
}

// The table
function cell(column, row, range) {
  const {key} = column;
  const attrs = {class: classOf(column)};
  if (key == 'method') {
    const track = ['official', `${row.size}px`].includes(row.track) ? '' : trackName(row.track);
    const small = [track, row.args, row.differs].filter(Boolean).join(' · ');
    return el('th', {scope: 'row'}, el('button', {type: 'button', 'aria-haspopup': 'dialog'}, row.method),
      el('small', {class: 'where'}, `${row.size} px, ${plural(row.epochs, 'epoch')}, ${status(row)}`),
      small && el('small', {class: 'clamp'}, small));
  }
  if (key == 'accuracy') {
    return el('td', {class: 'n score'}, el('span', {class: 'value'}, score(row)), whisker(row, range));
  }
  if (key == 'asked_accuracy' && row[key] != null) {
    return el('td', attrs, row[key].toFixed(1), el('small', {}, `${Math.round(row.asked_fraction)} % named`));
  }
  if (key == 'size') return el('td', attrs, row.size, row.px == row.size ? '' : el('small', {}, `at ${row.px}`));
  if (key == 'runs') return el('td', attrs, row.counts);
  if (key == 'by') {
    const sign = svg('svg', {viewBox: '0 0 12 12', 'aria-hidden': 'true'}, mark(row, 6, 6, 4.4));
    return el('td', attrs, el('span', {class: 'by'}, sign, row.by), el('small', {}, row.status));
  }
  return el('td', attrs, row[key] == null ? '' : String(row[key]));
}
function rowOf(row, range) {
  const open = event => { if (!String(getSelection())) show(row, event); };
  const cells = columns.map(column => cell(column, row, range));
  return el('tr', {class: `${row.by} ${row.status}`, 'data-key': row.key, onclick: open}, cells);
}
const cellName = row => [trackName(row.track), row.track == `${row.size}px` ? '' : `${row.size} px`,
  plural(row.epochs, 'epoch')].filter(Boolean).join(' · ');
function draw() {
  const rows = shown(), range = rows.length ? scale(rows) : {}, body = [];
  let last = null;
  for (const row of inOrder(rows)) {
    const name = cellName(row);
    if (!sorted.key && name != last) {
      body.push(el('tr', {class: 'head'}, el('th', {colspan: columns.length, scope: 'rowgroup'}, name)));
    }
    last = name;
    body.push(rowOf(row, range));
  }
  if (!rows.length) body.push(el('tr', {class: 'none'}, el('td', {colspan: columns.length}, 'No row fits these filters.')));
  byId('board').tBodies[0].replaceChildren(...body);
  columns.forEach(({key}, i) => {
    if (key == sorted.key) heads[i].setAttribute('aria-sort', sorted.up ? 'ascending' : 'descending');
    else heads[i].removeAttribute('aria-sort');
  });
  const bars = rows.length ? `; accuracy bars run from ${range.lo} to ${range.hi} %` : '';
  byId('count').textContent = `${rows.length} of ${plural(data.rows.length, 'row')}${bars}`;
  drawTimes(rows);
}

// Accuracy against pretraining time: from scratch at the left, then hours on a log scale, then rows that tell no time
const hours = [.1, .2, .5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 2400, 6000, 12000];
function drawTimes(rows) {
  const width = Math.max(300, byId('times').clientWidth), height = 280;
  const left = 34, top = 14, bottom = height - 34;
  if (!rows.length) return byId('times').replaceChildren();
  const {lo, hi, step} = scale(rows), parts = [];
  const y = value => bottom - (bottom - top)*(value - lo)/(hi - lo);
  const scratch = rows.filter(row => row.minutes === 0), timed = rows.filter(row => row.minutes > 0);
  const untold = rows.filter(row => row.minutes == null);
  const sizes = [...new Set(untold.map(row => row.size))].sort((a, b) => a - b);
  const from = left + (scratch.length ? 64 : 0), to = width - (untold.length ? Math.min(190, width*.36) : 16);
  const times = timed.map(row => row.minutes);
  const first = Math.log(Math.min(...times)/1.6), last = Math.log(Math.max(...times)*1.6);
  const label = (x, text, dy = 16) => parts.push(svg('text', {x, y: bottom + dy, 'text-anchor': 'middle'}, text));
  for (let v = lo; v <= hi; v += step) {
    parts.push(svg('path', {class: 'axis', d: `M${left} ${y(v)}H${width}`}));
    parts.push(svg('text', {x: left - 6, y: y(v) + 4, 'text-anchor': 'end'}, String(v)));
  }
  const x = min => from + (to - from)*(Math.log(min) - first)/(last - first);
  let free = -99;
  for (const h of timed.length ? hours : []) {
    if (x(h) < from || x(h) > to - 14 || x(h) < free) continue;
    parts.push(svg('path', {class: 'axis', d: `M${x(h)} ${bottom}v5`}));
    label(x(h), time(h));
    free = x(h) + 46;
  }
  if (scratch.length) label(left + 32, 'scratch');
  if (timed.length) label((from + to)/2, 'pretraining time', 30);
  const strip = size => to + (width - to)*(sizes.indexOf(size) + .7)/(sizes.length + .4);
  for (const size of sizes) label(strip(size), size);
  if (untold.length) label((to + width)/2, 'px, time not told', 30);
  if (untold.length < rows.length && untold.length) parts.push(svg('path', {class: 'axis', d: `M${to} ${top}V${bottom}`}));
  const at = row => row.minutes == null ? strip(row.size) : row.minutes ? x(row.minutes) : left + 32;
  for (const row of [...untold, ...timed, ...scratch]) {
    const px = at(row), point = [mark(row, px, y(row.accuracy), 4.5)];
    const low = y(row.accuracy - row.std), high = y(row.accuracy + row.std);
    if (row.std) point.unshift(svg('path', {class: 'bar', d: `M${px - 4} ${low}h8m-4 0V${high}m-4 0h8`}));
    const told = `${row.method}, ${score(row)} %, ${cellName(row)}${row.minutes ? `, ${time(row.minutes)}` : ''}`;
    const open = event => show(row, event);
    parts.push(svg('g', {class: `point ${row.by}`, onclick: open}, svg('title', {}, told), point));
  }
  parts.push(names([...timed, ...scratch], at, y, to));
  const many = `${plural(timed.length, 'row')} with a time, ${scratch.length} from scratch, ${untold.length} that tell none`;
  const about = `Accuracy in % against pretraining time: ${many}. The table holds the same rows.`;
  const size = {viewBox: `0 0 ${width} ${height}`, width, height};
  byId('times').replaceChildren(svg('svg', {...size, role: 'img', 'aria-label': about}, parts));
}
// Names beside the points, where they hide none
function names(rows, at, y, to) {
  const parts = [], reach = (row, up) => y(row.accuracy + up*(row.std ?? 0)) - 6*up;
  const taken = rows.map(row => [at(row) - 6, reach(row, 1), at(row) + 6, reach(row, -1)]);
  const hits = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  for (const row of rows) {
    const w = 6.4*row.method.length + 4, px = at(row), py = y(row.accuracy);
    const corners = [[px + 9, py - 7], [px - 9 - w, py - 7], [px - w/2, py - 24], [px - w/2, py + 10]];
    const spots = corners.map(([left, top]) => [left, top, left + w, top + 13]);
    const spot = spots.find(s => s[0] > 0 && s[2] < to && !taken.some(t => hits(s, t)));
    if (!spot) continue;
    taken.push(spot);
    parts.push(svg('text', {class: 'name', x: spot[0] + 2, y: spot[1] + 11}, row.method));
  }
  return parts;
}

// Curves: a line a series, told apart by color, dashes and a mark at its end
const dashes = ['', '6 3', '2 3', '9 3 2 3'];
function curves(title, series, percent) {
  series = series.filter(s => s.values?.some(v => v != null));
  if (!series.length) return null;
  const all = series.flatMap(s => s.values).filter(v => v != null);
  const n = Math.max(...series.map(s => s.values.length));
  let lo = Math.min(...all), hi = Math.max(...all);
  if (lo == hi) [lo, hi] = [lo - .5, hi + .5];
  const x = i => 44 + (n > 1 ? 246*i/(n - 1) : 123), y = v => 120 - 106*(v - lo)/(hi - lo);
  const told = v => percent ? `${(100*v).toFixed(1)} %` : number(v);
  const parts = [svg('path', {class: 'axis', d: 'M44 14V120H292'}), svg('text', {x: 44, y: 136}, n > 1 ? 'epoch 1' : ''),
    svg('text', {x: 292, y: 136, 'text-anchor': 'end'}, `epoch ${n}`),
    ...[lo, hi].map(v => svg('text', {x: 40, y: y(v) + 4, 'text-anchor': 'end'}, told(v).replace(' %', '')))];
  const keys = series.map(({name, values}, i) => {
    const style = {class: 'line', 'stroke-dasharray': dashes[i % 4] || null};
    const points = values.map((v, j) => [v, x(j)]).filter(([v]) => v != null), end = points.at(-1);
    const line = svg('polyline', {...style, points: points.map(([v, px]) => `${px},${y(v)}`).join(' ')});
    const dot = svg('circle', {class: 'dot', cx: end[1], cy: y(end[0]), r: 2.6});
    parts.push(svg('g', {class: `c${i % 4}`}, line, dot));
    const sample = svg('svg', {viewBox: '0 0 28 8', 'aria-hidden': 'true'}, svg('path', {...style, d: 'M0 4H28'}));
    return el('li', {class: `c${i % 4}`}, sample, el('span', {}, `${name}: ${told(end[0])}`));
  });
  const ends = series.map(s => `${s.name} ends at ${told(s.values.findLast(v => v != null))}`).join(', ');
  const drawn = svg('svg', {viewBox: '0 0 300 142', role: 'img', 'aria-label': `${title}: ${ends}`}, parts);
  return el('figure', {}, el('h4', {}, title), drawn, el('ul', {class: 'key'}, keys));
}
function allCurves(records) {
  const pre = new Map(records.filter(r => r.pretrain).map(r => [r.pretrain.seed, r.pretrain]));
  const seed = r => pre.size > 1 ? `seeds ${r.pretrain.seed} and ${r.seed}` : `seed ${r.seed}`;
  const both = r => [{name: 'train', values: r.train_loss}, {name: 'val', values: r.valid_loss}];
  const res = [curves('Accuracy by epoch', records.map(r => ({name: seed(r), values: r.accuracy})), true)];
  for (const r of records) res.push(curves(`Fine-tuning loss, ${seed(r)}`, both(r)));
  for (const [s, p] of pre) {
    const of = pre.size > 1 ? `, seed ${s}` : '';
    res.push(curves(`Pretraining loss${of}`, both(p)));
    for (const [name, values] of Object.entries(p.metrics ?? {})) {
      res.push(curves(`Pretraining: ${name.replaceAll('_', ' ')}${of}`, [{name: 'held out', values}]));
    }
  }
  return res.filter(Boolean);
}

// A row's details
function facts(row) {
  const pretraining = [row.pretrain_epochs && plural(row.pretrain_epochs, 'epoch'), row.minutes && time(row.minutes)];
  const pairs = {
    accuracy: `${score(row)} %`, 'among asked': row.asked_accuracy && `${row.asked_accuracy.toFixed(1)} %`,
    runs: row.counts, track: trackName(row.track), size: `${row.size} px${row.px == row.size ? '' : `, run at ${row.px}`}`,
    epochs: row.epochs, arguments: row.args, pool: row.pool, encoder: row.encoder, data: row.source,
    pretraining: pretraining.filter(Boolean).join(', '), by: status(row), date: row.date, note: row.note, row: row.row};
  const told = Object.entries(pairs).filter(([, value]) => value != null && value !== '');
  return el('dl', {}, told.map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}
async function copy(code, button) {
  try { await navigator.clipboard.writeText(code.textContent); }
  catch {
    getSelection().selectAllChildren(code);
    if (!document.execCommand('copy')) return;
  }
  button.textContent = 'copied';
  setTimeout(() => { button.textContent = 'copy'; }, 2000);
}
function command(row) {
  if (!row.command) return [];
  const code = el('code', {}, row.command);
  const button = el('button', {type: 'button', 'aria-live': 'polite', onclick: () => copy(code, button)}, 'copy');
  return [el('h3', {}, 'Run it again'), el('div', {class: 'command'}, code, button)];
}
function evaluations(found) {
  if (!found.length) return [];
  const names = [...new Set(found.flatMap(e => Object.keys(e.results)))];
  const heads = ['seed', 'data', 'px', ...names].map(n => el('th', {scope: 'col', class: 'n'}, n.replaceAll('_', ' ')));
  const cells = e => [e.seed, e.source, e.size, ...names.map(n => number(e.results[n]))].map(v => el('td', {class: 'n'}, v));
  const rows = found.map(e => el('tr', {}, cells(e)));
  const table = el('table', {}, el('thead', {}, el('tr', {}, heads)), el('tbody', {}, rows));
  const scroll = el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Evaluations'}, table);
  return [el('h3', {}, 'Evaluations of the frozen encoder'), scroll];
}
function record({file, record}) {
  return el('details', {}, el('summary', {}, file), el('pre', {tabindex: 0}, JSON.stringify(record, null, 1)));
}
function show(row, event) {
  event?.stopPropagation();
  const to = {href: row.url, rel: 'noopener noreferrer'};
  const link = row.url.startsWith('https://') ? el('p', {}, el('a', to, 'Where it was published')) : '';
  const drawn = allCurves(row.records.map(r => r.record));
  byId('row-title').textContent = row.method;
  byId('details').replaceChildren(facts(row), link, ...command(row), ...evaluations(row.evaluations),
    ...(drawn.length ? [el('h3', {}, 'Curves'), el('div', {class: 'curves'}, drawn)] : []),
    ...(row.records.length ? [el('h3', {}, plural(row.records.length, 'record')), ...row.records.map(record)] : []));
  byId('row').className = row.by;
  if (!byId('row').open) byId('row').showModal();
  byId('row').scrollTop = 0;
  history.replaceState(null, '', `#${row.key}`);
}
function openNamed() {
  const row = data.rows.find(row => `#${row.key}` == location.hash);
  if (row) show(row);
}
byId('row').onclose = () => history.replaceState(null, '', location.pathname + location.search);
byId('row').onclick = event => { if (event.target == byId('row') && event.offsetX < 0) byId('row').close(); };

byId('filters').oninput = draw;
byId('filters').onsubmit = event => event.preventDefault();
byId('filters').onreset = () => { sorted = {key: null, up: true}; setTimeout(draw); };
addEventListener('resize', () => drawTimes(shown()));
addEventListener('hashchange', openNamed);
draw();
openNamed();
