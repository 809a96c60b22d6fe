// flood.mjs [--seconds N] [--only NAME]: one client floods each limit in turn while twenty honest ones ask for their own things; how
// long those wait: quiet, with the same flood at another server of this machine (what its cores cost), and with the flood at theirs.
import { fork, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { SECRET, token } from '../integration/lib/token.mjs';

const HONEST = 20, EVERY_MS = 50, SOCKETS = 64, FLOODER = '198.51.100.66';

// -- the flooder, a process of its own: as many at once as it has sockets, as fast as answers come --

const floods = {
  // Named after the limit that ends them.
  address_rate: where => post(where, () => ['', { janus: 'ping' }]),
  session_rate: async where => { const session = await create(where); await post(where, () => [`/${session}`, { janus: 'keepalive' }], true); },
  token_rate: where => post(where, () => ['', { janus: 'create', token: where.token }], true),
  client_rate: where => talk(where, JSON.stringify({ janus: 'ping', transaction: 'tx' }), 'message'),
  message_work: where => post(where, () => ['', `{"janus":"ping","transaction":"tx","x":[${'1,'.repeat(60000)}1]}`]),
  web_body_bytes: where => post(where, () => ['', 'x'.repeat(400000)]),
  web_connections: where => connect(where),
  client_sessions: where => talk(where, JSON.stringify({ janus: 'create', transaction: 'tx' }), 'message'),
  bursts: where => Promise.all([...Array(SOCKETS)].map(() => bursts(where, JSON.stringify({ janus: 'create', transaction: 'tx' })))),
  chat: where => chat(where),
};
const counts = {};
const count = what => { counts[what] = (counts[what] ?? 0) + 1; };
let others = 0;
// From one address, or from a new one each time for those limits that know better.
const from = many => ({ 'X-Forwarded-For': many ? `203.0.${(others >> 8) % 256}.${others++ % 256}` : FLOODER });

function once(where, at, body, many, agent) {
  return new Promise(resolve => {
    const text = typeof body === 'string' ? body : JSON.stringify({ transaction: 'tx', ...body });
    const r = http.request(`${where.origin}/janus${at}`, { method: 'POST', agent, headers: { ...from(many), 'Content-Length': text.length } }, answer => {
      let all = '';
      answer.on('data', piece => { all += piece; });
      answer.on('close', () => { count(answer.statusCode); resolve(all); });
    });
    r.on('error', () => { count('cut off'); resolve(''); });
    r.end(text);
  });
}
async function create(where) {
  return JSON.parse(await once(where, '', { janus: 'create' }, true)).data.id;
}
async function post(where, make, many = false) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: SOCKETS });
  await Promise.all([...Array(SOCKETS)].map(async () => { for (;;) { const [at, body] = make(); await once(where, at, body, many, agent); } }));
}
const socket = (where, many = false) => new WebSocket(where.ws, 'janus-protocol', { headers: from(many) });
async function talk(where, text) {
  for (;;) {
    const s = socket(where);
    const over = new Promise(resolve => { s.once('close', code => { count(`closed ${code}`); resolve(); }); s.on('error', () => {}); });
    s.on('message', data => count(JSON.parse(data).error?.code ?? 'served'));
    s.once('open', () => {
      const more = () => {
        if (s.readyState !== WebSocket.OPEN) return;
        for (let i = 0; i < 100; i++) s.send(text);
        setImmediate(more);
      };
      more();
    });
    await over;
  }
}
// As many requests in one write as a connection may have waiting, over and over, each connection from another address.
const AT_ONCE = 900;
async function bursts(where, text) {
  const body = Buffer.from(text), frame = Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body]);
  const all = Buffer.concat(Array(AT_ONCE).fill(frame));
  for (;;) {
    const s = socket(where, true);
    await new Promise(resolve => {
      let answers = 0;
      s.on('message', () => { count('answered'); if (++answers % AT_ONCE === 0) s._socket.write(all); });
      s.once('open', () => s._socket.write(all));
      s.once('close', code => { count(`closed ${code}`); resolve(); });
      s.on('error', () => {});
    });
  }
}
async function connect(where) {
  const opened = [];
  for (;;) {
    const s = socket(where);
    await new Promise(resolve => { s.once('open', () => { count('open'); resolve(); }); s.once('error', e => { count(e.message.match(/\d{3}/)?.[0] ?? 'cut off'); resolve(); }); });
    opened.push(s);
    if (opened.length > 600) opened.shift().terminate();
  }
}
async function chat(where) {
  const c = await Client.open(where.ws, { token: where.token });
  const handle = await c.attach('aula.plugin.chat');
  await handle.message({ request: 'join', room: 1234, username: 'loud' });
  await Promise.all([...Array(8)].map(async () => {
    for (;;) count((await handle.message({ request: 'message', text: 'me!' }).catch(e => ({ error_code: e.code ?? 'closed' }))).error_code ?? 'served');
  }));
}

// -- the honest, and what they wait --

async function honest(d, number) {
  const c = await Client.open(d.ws, { token: token({ sub: `honest-${number}`, role: 'student' }) });
  const handle = await c.attach('aula.plugin.chat');
  await handle.message({ request: 'join', room: 1234, username: `honest-${number}` });
  return handle;
}
const wait = ms => new Promise(r => setTimeout(r, ms));
async function measure(handles, seconds) {
  const took = [], end = Date.now() + seconds * 1000;
  let refused = 0, lost = 0;
  await Promise.all(handles.map(async handle => {
    await wait(Math.random() * EVERY_MS);
    while (Date.now() < end) {
      const began = process.hrtime.bigint();
      const reply = handle.client.closed ? null : await Promise.race([wait(5000), handle.message({ request: 'listparticipants', room: 1234 })
        .catch(e => ({ error_code: e.code ?? 1 }))]);
      if (!reply) { lost++; return; }
      if (reply.error_code) refused++;
      took.push(Number(process.hrtime.bigint() - began) / 1e6);
      await wait(EVERY_MS);
    }
  }));
  took.sort((a, b) => a - b);
  const at = share => Number(took[Math.floor(took.length * share)].toFixed(2));
  return { requests: took.length, refused, lost, p50_ms: at(0.5), p99_ms: at(0.99), most_ms: Number(took.at(-1).toFixed(2)) };
}

// Under chrt -r the flooder, and the server that is not looked at, get what the others leave of the cores: their own machines
// would not take any of it.
function stepBack({ pid }) {
  if (/SCHED_RR/.test(spawnSync('chrt', ['-p', process.pid], { encoding: 'utf8' }).stdout))
    spawnSync('chrt', ['-a', '-r', '-p', '1', pid]);
}

async function main() {
  const args = process.argv.slice(2), option = (name, otherwise) => { const at = args.indexOf(`--${name}`); return at < 0 ? otherwise : args[at + 1]; };
  const seconds = Number(option('seconds', '4')), only = option('only', '');
  const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  const server = () => Daemon.start({ files: { classroom: 'rooms = ( { room = 1234; } );\n', chat: 'members_only = false;\n',
    aula: { identity: { secret_file: secret }, web: { proxies: ['127.0.0.1'], connections_most: 400 }, limits: { token_rate: 200, token_burst: 1000 } } } });
  const d = await server(), other = await server();
  stepBack(other);
  const handles = await Promise.all([...Array(HONEST)].map((_, i) => honest(d, i)));
  await measure(handles, 1);
  const say = row => console.log(JSON.stringify(row));
  say({ flood: 'none', ...await measure(handles, seconds) });
  for (const name of Object.keys(floods)) {
    if (only && name !== only) continue;
    for (const [at, { origin, ws }] of [['elsewhere', other], ['here', d]]) {
      const child = fork(fileURLToPath(import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      stepBack(child);
      const told = new Promise(resolve => { child.once('message', resolve); child.once('exit', () => resolve({})); });
      child.send({ name, where: { origin, ws, token: token({ sub: 'loud', role: 'student' }) } });
      await wait(1000);
      const row = { flood: name, at, ...await measure(handles, seconds) };
      child.kill('SIGTERM');
      row.answers = await told;
      say(row);
      await wait(300);
    }
  }
  const { limits } = await (await fetch(`${d.admin}/admin`, { method: 'POST', body: JSON.stringify({ janus: 'limits', transaction: 'tx' }) })).json();
  say({ hits: Object.fromEntries(limits.filter(one => one.hits).map(one => [one.name, one.hits])) });
  for (const handle of handles) await handle.client.close();
  process.exitCode = await d.stop() || await other.stop();
}

if (process.send) {
  setInterval(() => {}, 1000);
  process.once('message', async ({ name, where }) => {
    process.once('SIGTERM', () => process.send(counts, () => process.exit()));
    await floods[name](where).catch(() => count('over'));
  });
} else {
  await main();
}
