// bench.mjs [--rounds N] [--seconds N] [--quick] [--write FOLDER]: floor, our server and Debian's janus in turn, in one
// run; prints a table with ratios. With --write the table goes between the markers of FOLDER/performance.md, and a plot
// into FOLDER/performance.svg.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plot } from './plot.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '2' }, seconds: { type: 'string', default: '8' },
  quick: { type: 'boolean', default: false }, write: { type: 'string' } } });
const HERE = path.dirname(fileURLToPath(import.meta.url)), BENCH = process.env.AULA_BENCH;
const ROUNDS = values.quick ? 1 : Number(values.rounds), SECONDS = values.quick ? '4' : values.seconds;
const HAVE_JANUS = fs.existsSync('/usr/bin/janus');

function run(file, args) {
  const { stdout } = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  try { return JSON.parse(stdout.trim().split('\n').pop()); } catch { return { error: stdout || 'no result' }; }
}
const floor = n => run(path.join(BENCH, 'floor'), [String(n), values.quick ? '2' : '5']);
const load = (peer, n, loops, ...more) => run('node', [path.join(HERE, 'serve.mjs'), '--peer', peer, '--loops', String(loops),
  '--subscribers', String(n), '--join-rate', '100', '--seconds', SECONDS, ...more]);

// Each row is measured once a round, all of them in turn, so that what else the machine does hits all alike.
const ROWS = [
  { name: 'floor', n: 100, run: () => floor(100) },
  { name: 'Aula', n: 100, run: () => load('aula', 100, 1) },
  ...HAVE_JANUS ? [{ name: 'Janus, event_loops', n: 100, run: () => load('janus', 100, 1) }] : [],
  { name: 'floor', n: 500, run: () => floor(500) },
  { name: 'Aula', n: 500, run: () => load('aula', 500, 1) },
  ...HAVE_JANUS && !values.quick ? [{ name: 'Janus, event_loops', n: 500, run: () => load('janus', 500, 1) }] : [],
  ...values.quick ? [] : [
    { name: 'Aula, unequal packets', n: 100, run: () => load('aula', 100, 1, '--unequal') },
    { name: 'Aula, simulcast', n: 100, run: () => load('aula', 100, 1, '--encodings', '3') },
    { name: 'Aula', n: 1000, run: () => load('aula', 1000, 1) },
    { name: 'Aula, two loops', n: 1000, run: () => load('aula', 1000, 2) },
    ...HAVE_JANUS ? [{ name: 'Janus, as it comes', n: 100, run: () => load('janus', 100, 0) }] : [],
  ],
];
// More than one loop can send, to readers that cost nothing.
const CAPACITY = values.quick ? [] : [1, 2].map(loops => ({ loops, run: () => load('aula', 1000, loops, '--bps', '12000000', '--sink') }));

const results = new Map();
for (let round = 0; round < ROUNDS; round++)
  for (const row of [...ROWS, ...CAPACITY]) {
    const result = row.run();
    console.error(JSON.stringify({ row: row.name ?? `capacity, loops=${row.loops}`, n: row.n, ...result }));
    results.set(row, [...results.get(row) ?? [], result]);
  }

const get = (object, key) => key.split('.').reduce((at, name) => at?.[name], object);
function mean(row, key) {
  const list = (results.get(row) ?? []).map(r => get(r, key)).filter(x => typeof x === 'number');
  return list.length ? list.reduce((a, b) => a + b, 0) / list.length : undefined;
}
const show = (value, digits = 1) => value === undefined ? '' : value.toFixed(digits);
const find = (name, n) => ROWS.find(r => r.name === name && r.n === n);
const cost = row => row && mean(row, row.name === 'floor' ? 'paced_us' : 'cpu_us_per_packet');
const over = (a, b) => a === undefined || b === undefined ? '' : (a / b).toFixed(2);

const lines = ['| | N | CPU µs per packet | times the floor | times Janus | latency p50 / p99 ms | kB per subscriber | join p50 / p99 ms | join CPU ms | all joined in s | lost % | load client, % of a core |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|'];
for (const row of ROWS) {
  const us = cost(row), n = row.n > 500 ? 500 : row.n;
  if (row.name === 'floor') {
    lines.push(`| floor: each alone ${show(mean(row, 'alone_us'), 2)}, whole frames ${show(mean(row, 'whole_us'), 2)}, with sound ${show(mean(row, 'mix_us'), 2)}, at the pace of a camera | ${row.n} | ${show(us, 2)} | 1 | ${over(us, cost(find('Janus, event_loops', row.n)))} | ${show(mean(row, 'latency_ms.p50'))} / ${show(mean(row, 'latency_ms.p99'))} | | | | | | |`);
    continue;
  }
  lines.push(`| ${row.name} | ${row.n} | ${show(us, 2)} | ${over(us, cost(find('floor', n)))} | ${over(us, cost(find('Janus, event_loops', n)))} | ${show(mean(row, 'latency_ms.p50'))} / ${show(mean(row, 'latency_ms.p99'))} | ${show(mean(row, 'subscriber_kB'), 0)} | ${show(mean(row, 'join_ms.p50'), 0)} / ${show(mean(row, 'join_ms.p99'), 0)} | ${show(mean(row, 'join_cpu_ms'), 2)} | ${show(mean(row, 'joined_in_s'))} | ${show(mean(row, 'lost_percent'), 3)} | ${show(mean(row, 'client_cpu_percent'), 0)} |`);
}
if (CAPACITY.length) {
  const [one, two] = CAPACITY.map(row => mean(row, 'packets_per_second'));
  lines.push('', `Packets a second that 1,000 subscribers of a 12 Mbit/s camera are sent at most, to readers that cost nothing: one loop ${show(one, 0)}, two loops ${show(two, 0)}, ${over(two, one)} times as many.`);
}
const table = lines.join('\n');
console.log(table);

if (values.write) {
  const file = path.join(values.write, 'performance.md'), begin = '<!-- table -->\n', end = '<!-- end of table -->';
  const text = fs.readFileSync(file, 'utf8');
  if (text.includes(begin)) fs.writeFileSync(file, text.slice(0, text.indexOf(begin) + begin.length) + table + '\n' + text.slice(text.indexOf(end)));
  fs.writeFileSync(path.join(values.write, 'performance.svg'), plot('CPU time of the server per forwarded packet, µs',
    [100, 500, 1000].map(n => ({ label: `${n} subscribers`,
      bars: ['floor', 'Aula', 'Janus, event_loops'].map(name => ({ name, value: cost(find(name, n)) })).filter(b => b.value !== undefined) })).filter(g => g.bars.length)));
}
