// reload.mjs [--subscribers N] [--seconds N] [--every MS]: a class that loses nothing while the configuration is read anew over and
// over, each time with other settings. The class alone first, then with reloads from its first join to its end. A line of JSON
// each: what was reloaded, how many packets are missing by their numbers, what the class felt.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Daemon, libconfig } from '../integration/lib/daemon.mjs';

const args = process.argv.slice(2);
const take = (name, otherwise) => {
  const at = args.indexOf(`--${name}`);
  return Number(at < 0 ? otherwise : args.splice(at, 2)[1]);
};
const subscribers = take('subscribers', 50), seconds = take('seconds', 10), every = take('every', 250);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-reload-'));
const web = { certificate_file: path.join(folder, 'web.crt'), key_file: path.join(folder, 'web.key') };
const certificate = () => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
  '-subj', '/CN=localhost', '-keyout', web.key_file, '-out', web.certificate_file], { stdio: 'ignore' });
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

// What an operator changes in a running server, a file and its settings; each is another kind of change.
const CHANGES = [
  ['aula', { web, limits: { sessions: 500, rooms: 77, address_rate: 900, session_rate: 150 } }],
  ['aula', { web, log: { level: 'debug' } }],
  ['aula', { web, log: { format: 'json' }, events: { statistics_s: 1 } }],
  ['websocket', { max_message_bytes: 100000, ping_interval: 2, ping_timeout: 5 }],
  ['http', { max_body_bytes: 100000, hold: 5 }],
  ['whip', { requests_per_minute: 60, max_sessions: 9 }],
  ['chat', { rate: 60, history_messages: 10 }],
  ['aula', { web: { ...web, origins: ['https://school.example'], proxies: ['10.0.0.0/8'], connections_most: 900 } }],
  ['aula', { web, identity: { max_bitrates: { student: 900000 } } }],
  ['aula', 'limits: { rooms = "a fault"; };\n'],
];

async function round(reloads) {
  certificate();
  const d = await Daemon.start({ files: { aula: { web } }, args: ['--tls-port', '18443'] });
  const load = spawn(path.join(process.env.AULA_BENCH, 'load'), ['--url', d.ws, '--pid', String(d.pid), '--subscribers',
    String(subscribers), '--join-rate', '25', '--seconds', String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  load.stdout.on('data', chunk => { out += chunk; });
  let over = false;
  const ended = new Promise(resolve => load.once('close', resolve)).then(() => { over = true; });
  const told = { reloads: 0, applied: 0, refused: 0, by_signal: 0 };
  const took_ms = [];
  const put = (name, value) => fs.writeFileSync(path.join(d.config, `${name}.cfg`), typeof value === 'string' ? value
    : Object.entries(value).map(([k, v]) => `${k} = ${libconfig(v)};\n`).join(''));
  for (let i = 0; reloads && !over; i++, await pause(every)) {
    const [name, value] = CHANGES[Math.floor(i / 2) % CHANGES.length];
    put(name, i % 2 ? name === 'aula' ? { web } : {} : value);
    if (i % 5 === 0) certificate();
    told.reloads++;
    if (i % 4 === 3) {
      process.kill(d.pid, 'SIGHUP');
      told.by_signal++;
      continue;
    }
    const began = performance.now();
    const answer = await (await fetch(`${d.admin}/admin`, { method: 'POST', body: '{"janus":"reload","transaction":"t"}' })).json();
    took_ms.push(Math.round(performance.now() - began));
    if (answer.error) told.refused++;
    else told.applied += answer.applied.length;
  }
  await ended;
  const exit = await d.stop();
  took_ms.sort((a, b) => a - b);
  return { ...told, reload_ms: { p50: took_ms[took_ms.length >> 1], max: took_ms.at(-1) }, ...JSON.parse(out || '{}'), exit };
}

try {
  for (const reloads of [false, true]) console.log(JSON.stringify(await round(reloads)));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
