// The configuration read anew while people are there: certificates, what the listener and the transports are told, and media.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon, libconfig } from './lib/daemon.mjs';
import { SECRET } from './lib/token.mjs';

const TLS_PORT = 18443, ADMIN_TLS_PORT = 18444;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-certificates-'));
const inFolder = name => path.join(folder, name);

// A self-signed certificate and its key; the serial number.
function certificate(name, crt = inFolder('web.crt'), key = inFolder('web.key')) {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', `/CN=${name}`, '-keyout', key, '-out', crt], { stdio: 'ignore' });
  return execFileSync('openssl', ['x509', '-in', crt, '-noout', '-serial'], { encoding: 'utf8' }).trim().replace('serial=', '').replace(/^0+/, '');
}

// The serial number that a handshake sees.
const shown = (port, more = {}) => new Promise((resolve, reject) => {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more }, () => {
    resolve(socket.getPeerCertificate().serialNumber.replace(/^0+/, ''));
    socket.destroy();
  });
  socket.on('error', reject);
});

const write = (d, name, value) => fs.writeFileSync(path.join(d.config, `${name}.cfg`),
  Object.entries(value).map(([k, v]) => `${k} = ${libconfig(v)};\n`).join(''));
async function reload(d) {
  const r = await fetch(`${d.admin}/admin`, { method: 'POST', body: JSON.stringify({ janus: 'reload', transaction: 'tx' }) });
  return r.json();
}
const until = async (what, probe, ms = 10000) => {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 20)))
    if (await probe()) return;
  throw new Error(`not within ${ms} ms: ${what}`);
};

after(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('certificates', () => {
  let d, first, socket;
  const settings = (more = {}) => ({ web: { certificate_file: inFolder('web.crt'), key_file: inFolder('web.key'), threads: 2, ...more } });
  before(async () => {
    first = certificate('first');
    d = await Daemon.start({ files: { aula: settings() }, args: ['--tls-port', String(TLS_PORT)] });
    socket = new WebSocket(`wss://127.0.0.1:${TLS_PORT}`, 'janus-protocol', { rejectUnauthorized: false });
    socket.answers = [];
    socket.on('message', text => socket.answers.push(JSON.parse(text)));
    await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject); });
  });
  after(async () => { socket.close(); assert.equal(await d.stop(), 0); });

  const goesOn = async () => {
    const transaction = String(Math.random());
    socket.send(JSON.stringify({ janus: 'ping', transaction }));
    await until('a pong', () => socket.answers.some(one => one.janus === 'pong' && one.transaction === transaction));
  };
  const isShown = serial => until(`the certificate ${serial}`, async () => await shown(TLS_PORT) === serial && await shown(TLS_PORT) === serial);

  test('new handshakes see the new one, open connections go on', async () => {
    await isShown(first);
    const second = certificate('second');
    assert.notEqual(second, first);
    assert.equal(await shown(TLS_PORT), first);
    assert.deepEqual((({ applied, restart }) => ({ applied, restart }))(await reload(d)), { applied: ['web.certificate_file'], restart: [] });
    await isShown(second);
    await goesOn();
    assert.equal(await shown(TLS_PORT, { maxVersion: 'TLSv1.2' }), second);
    const third = certificate('third');
    process.kill(d.pid, 'SIGHUP');
    await isShown(third);
    await goesOn();
    assert.deepEqual((await reload(d)).applied, []);
    assert.match(d.text, /new connections see another certificate serial=/);
  });

  test('a bad file is refused with its name, and changes nothing', async () => {
    const serial = certificate('good');
    assert.deepEqual((await reload(d)).applied, ['web.certificate_file']);
    const good = [fs.readFileSync(inFolder('web.crt')), fs.readFileSync(inFolder('web.key'))];
    certificate('other', inFolder('other.crt'), inFolder('other.key'));
    for (const [spoil, says] of [
      [() => fs.writeFileSync(inFolder('web.crt'), 'no certificate'), /web\.crt: there is no certificate in PEM/],
      [() => fs.writeFileSync(inFolder('web.key'), ''), /web\.key: there is no private key in PEM/],
      [() => fs.copyFileSync(inFolder('other.key'), inFolder('web.key')), /web\.key: the private key is not that of the certificate/],
      [() => fs.rmSync(inFolder('web.crt')), /web\.crt.*No such file/]]) {
      spoil();
      write(d, 'aula', { ...settings(), limits: { rooms: 77 } });
      const { error } = await reload(d);
      assert.match(error.reason, says);
      assert.match(error.reason, /Nothing was changed/);
      const lines = () => d.text.split('\n').filter(line => line.includes('stays as it is')), told = lines().length;
      process.kill(d.pid, 'SIGHUP');
      await d.until(() => lines().length > told);
      assert.match(lines().at(-1), says);
      assert.equal(await shown(TLS_PORT), serial);
      fs.writeFileSync(inFolder('web.crt'), good[0]);
      fs.writeFileSync(inFolder('web.key'), good[1]);
    }
    assert.deepEqual((await reload(d)).applied, ['limits.rooms']);
    await goesOn();
  });

  test('from files of other names, too', async () => {
    const serial = certificate('moved', inFolder('moved.crt'), inFolder('moved.key'));
    write(d, 'aula', settings({ certificate_file: inFolder('moved.crt'), key_file: inFolder('moved.key') }));
    const said = await reload(d);
    assert.deepEqual([said.applied.sort(), said.restart], [['limits.rooms', 'web.certificate_file', 'web.key_file'], []]);
    await isShown(serial);
    await goesOn();
  });

  test('the Admin API shows it as well', async () => {
    const port = ADMIN_TLS_PORT, files = { aula: { ...settings(), admin: { tls_port: port } } };
    certificate('before');
    const one = await Daemon.start({ files });
    try {
      const serial = certificate('after');
      assert.deepEqual((await reload(one)).applied, ['web.certificate_file']);
      await until('the new one', async () => await shown(port) === serial);
    } finally { assert.equal(await one.stop(), 0); }
  });
});

describe('the listener and the transports', () => {
  let d, socket;
  // With a secret: without one, whoever a proxy speaks for is refused as not of this machine.
  const identity = { secret_file: inFolder('secret') };
  before(async () => {
    fs.writeFileSync(identity.secret_file, SECRET, { mode: 0o600 });
    d = await Daemon.start({ files: { aula: { identity } } });
    socket = await connect();
  });
  after(async () => { socket.close(); assert.equal(await d.stop(), 0); });

  const connect = (headers = {}) => new Promise((resolve, reject) => {
    const s = new WebSocket(d.ws, 'janus-protocol', { headers });
    s.on('open', () => resolve(s));
    s.on('error', reject);
  });
  const post = (body, headers = {}) => fetch(`${d.origin}/janus`, { method: 'POST', body, headers });
  const ping = (bytes = 0) => JSON.stringify({ janus: 'ping', transaction: 'tx', x: 'x'.repeat(bytes) });
  const answered = s => new Promise(resolve => { s.once('message', text => resolve(JSON.parse(text).janus)); s.once('close', code => resolve(code)); });
  const say = (s, text) => { const answer = answered(s); s.send(text); return answer; };
  const put = async (name, value) => {
    write(d, name, name === 'aula' ? { identity, ...value } : value);
    const said = await reload(d);
    assert.equal(said.janus, 'success', JSON.stringify(said));
    assert.deepEqual(said.restart, []);
    return said.applied.sort();
  };

  test('the longest message and the silence before a ping, of sockets that are open', async () => {
    assert.equal(await say(socket, ping(10000)), 'pong');
    const other = await connect();
    assert.deepEqual(await put('websocket', { max_message_bytes: 4096, ping_interval: 1 }), ['websocket.max_message_bytes', 'websocket.ping_interval']);
    await new Promise(resolve => socket.once('ping', resolve));
    assert.equal(await say(socket, ping(100)), 'pong');
    assert.equal(await say(other, ping(10000)), 1009);
    await put('websocket', {});
    assert.equal(await say(socket, ping(10000)), 'pong');
  });

  test('the longest body, and how long a poll waits', async () => {
    assert.equal((await post(ping(10000))).status, 200);
    assert.deepEqual(await put('http', { max_body_bytes: 4096, hold: 1 }), ['http.hold', 'http.max_body_bytes']);
    assert.equal((await post(ping(10000))).status, 413);
    assert.equal((await post(ping(100))).status, 200);
    const { data } = await (await post(JSON.stringify({ janus: 'create', transaction: 'tx' }))).json();
    const began = Date.now();
    const r = await (await fetch(`${d.origin}/janus/${data.id}`)).json();
    assert.equal((Array.isArray(r) ? r[0] : r).janus, 'keepalive');
    assert.ok(Date.now() - began < 20000);
    await put('http', {});
    assert.equal((await post(ping(10000))).status, 200);
  });

  test('the longest offer, and what only counts in Redis', async () => {
    const offer = () => fetch(`${d.origin}/whip/1234`, { method: 'POST', body: 'v=0\r\n'.repeat(1000), headers: { 'Content-Type': 'application/sdp' } });
    assert.notEqual((await offer()).status, 413);
    assert.deepEqual(await put('whip', { max_body_bytes: 4096, requests_per_minute: 20 }), ['whip.max_body_bytes', 'whip.requests_per_minute']);
    assert.equal((await offer()).status, 413);
    assert.deepEqual(await put('redis', { idle: 20 }), ['redis.idle']);
    assert.deepEqual(await put('whip', {}), ['whip.max_body_bytes', 'whip.requests_per_minute']);
  });

  test('whose pages may ask, and what they may read of an answer', async () => {
    const Origin = 'https://school.example';
    const options = () => fetch(`${d.origin}/janus`, { method: 'OPTIONS', headers: { Origin, 'Access-Control-Request-Method': 'POST' } });
    assert.equal((await options()).status, 403);
    await assert.rejects(connect({ Origin }), /403/);
    const policy = async () => (await fetch(`${d.origin}/teacher/`)).headers.get('content-security-policy');
    assert.doesNotMatch(await policy(), /wss:\/\/far/);
    assert.deepEqual(await put('aula', { web: { origins: [Origin], connect_sources: ['wss://far.example'] } }), ['web.connect_sources', 'web.origins']);
    assert.equal((await options()).headers.get('access-control-allow-origin'), Origin);
    (await connect({ Origin })).close();
    assert.match(await policy(), /connect-src [^;]*wss:\/\/far\.example/);
    for (const r of [await post(ping(), { Origin }), await fetch(`${d.origin}/api/audit/search`, { method: 'POST', body: '{}', headers: { Origin } })])
      assert.deepEqual(r.headers.get('access-control-expose-headers').split(', ').sort(), ['RateLimit', 'RateLimit-Policy', 'Retry-After'], r.url);
    assert.deepEqual(await put('aula', {}), ['web.connect_sources', 'web.origins']);
    assert.equal((await options()).status, 403);
  });

  test('who is believed to speak for others, and how many connections there may be', async () => {
    const spoken = { 'X-Forwarded-For': '198.51.100.7' };
    const many = () => Promise.all([...Array(30)].map(() => connect(spoken).then(s => s, e => e)));
    assert.deepEqual(await put('aula', { web: { proxies: ['127.0.0.1'] }, limits: { address_rate: 1, address_burst: 3 } }),
      ['limits.address_burst', 'limits.address_rate', 'web.proxies']);
    const statuses = [];
    for (let i = 0; i < 6; i++) statuses.push((await post(ping(), spoken)).status);
    assert.ok(statuses.includes(429), statuses.join());
    assert.deepEqual(await put('aula', { web: { connections_most: 8 } }),
      ['limits.address_burst', 'limits.address_rate', 'web.connections_most', 'web.proxies']);
    const sockets = await many();
    assert.ok(sockets.some(s => s instanceof Error && /503/.test(s.message)), sockets.map(String).join());
    assert.equal(await say(socket, ping()), 'pong');
    for (const s of sockets) if (!(s instanceof Error)) s.close();
    await put('aula', {});
    await until('all connections', async () => {
      const again = await many();
      for (const s of again) if (!(s instanceof Error)) s.close();
      return again.every(s => !(s instanceof Error));
    });
  });

  test('what is fixed at the start is named', async () => {
    write(d, 'http', { base_path: '/elsewhere' });
    write(d, 'redis', { once: 60 });
    assert.deepEqual((await reload(d)).restart.sort(), ['http.base_path', 'redis.once']);
    write(d, 'http', {});
    write(d, 'redis', {});
  });
});
