// The life of the daemon: first start, refusal of wrong settings, what it says of itself, an orderly end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon, run, writeConfig } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

describe('first start', () => {
  test('makes secrets that only the owner can read, and keeps them', async () => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
    let d = await Daemon.start({ state });
    assert.match(d.text, /\/student/);
    assert.match(d.text, /\/admin/);
    assert.match(d.text, /demo/i, 'the demo mode is said loudly');
    assert.equal(await d.stop(), 0);
    const files = fs.readdirSync(state, { recursive: true }).map(f => path.join(state, f))
      .filter(f => fs.statSync(f).isFile());
    assert.ok(files.length >= 2, `certificate and secret in ${files}`);
    const secret = files.filter(f => /key|secret/.test(path.basename(f)));
    assert.ok(secret.length >= 1);
    for (const f of secret) assert.equal(fs.statSync(f).mode & 0o777, 0o600, f);
    const before = secret.map(f => fs.readFileSync(f, 'utf8'));
    d = await Daemon.start({ state });
    assert.equal(await d.stop(), 0);
    assert.deepEqual(secret.map(f => fs.readFileSync(f, 'utf8')), before);
  });

  test('serves within two seconds and without any configuration folder', async () => {
    const began = Date.now();
    const d = await Daemon.start();
    assert.ok(Date.now() - began < 2000 || process.env.TSAN_OPTIONS || process.env.ASAN_OPTIONS);
    assert.equal((await fetch(`${d.origin}/student/`)).status, 200);
    assert.equal(await d.stop(), 0);
  });
});

describe('end', () => {
  for (const signal of ['SIGTERM', 'SIGINT'])
    test(`${signal} tells the clients and ends with status 0`, async () => {
      const d = await Daemon.start();
      const c = await Client.open(d.ws);
      assert.equal(await d.stop(signal), 0);
      assert.equal((await c.ended).code, 1001);
    });

  test('a port in use is one clear sentence', async () => {
    const d = await Daemon.start();
    const other = await run(['--port', String(d.port), '--tls-port', '0', '--udp-port', '0',
      '--state', fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'))]);
    assert.notEqual(other.code, 0);
    assert.match(other.err, new RegExp(String(d.port)));
    assert.equal(await d.stop(), 0);
  });
});

// What is wrong, and what the one sentence must name: file, line, key, and what was expected.
const WRONG = [
  ['an unknown key', { aula: 'web: {\n  prot = 80;\n};\n' }, /aula\.cfg:2.*prot.*port/s],
  ['an unknown block', { aula: 'wbe: { };\n' }, /aula\.cfg:1.*wbe/s],
  ['a wrong type', { aula: 'web: {\n  threads = "many";\n};\n' }, /aula\.cfg:2.*threads.*integer/s],
  ['out of range', { aula: 'web: {\n\n  threads = 70000;\n};\n' }, /aula\.cfg:3.*threads.*16/s],
  ['not libconfig', { aula: 'web: {\n  port = ;\n};\n' }, /aula\.cfg:2/],
  ...['school.example', 'ftp://school.example', 'https://', 'https://school.example/aula', 'https://school.example/', 'https://school.example?a',
    'https://me@school.example'].map(url =>
    [`an address of the pages such as ${url}`, { aula: `web: {\n\n  url = "${url}";\n};\n` }, /aula\.cfg:3.*web\.url.*https:\/\/ and a host/s]),
  ['a key of a module', { classroom: 'no_such_key = 1;\n' }, /classroom\.cfg:1.*no_such_key/s],
];

describe('configuration', () => {
  for (const [what, files, sentence] of WRONG)
    test(`${what} is refused with its place`, async () => {
      const dir = writeConfig({ aula: {}, ...files });
      const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
      for (const args of [['--check-config'], []]) {
        const r = await run(['--config', dir, '--state', state, '--port', '0', '--tls-port', '0', '--udp-port', '0', ...args]);
        assert.notEqual(r.code, 0);
        assert.match(r.err, sentence);
      }
    });

  test('the samples that come along are accepted', async () => {
    const dir = path.join(process.env.AULA_PREFIX, 'etc', 'aula');
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
    const r = await run(['--config', dir, '--state', state, '--check-config']);
    assert.equal(r.code, 0, r.err);
  });

  test('demo mode does not leave the machine unless asked by name', async () => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
    const r = await run(['--host', '0.0.0.0', '--demo', 'loopback', '--port', '0', '--tls-port', '0', '--udp-port', '0', '--state', state], { timeout: 5000 });
    assert.equal(r.signal, null, 'it must not run');
    assert.notEqual(r.code, 0);
    assert.match(r.err, /demo/);
    const d = await Daemon.start({ args: ['--host', '0.0.0.0', '--demo', 'anywhere'] });
    assert.equal(await d.stop(), 0);
  });
});

describe('the demo behind a proxy', () => {
  const PASSED_ON = [{ 'x-forwarded-for': '192.0.2.7' }, { forwarded: 'for=192.0.2.7' }, { via: '1.1 proxy' }, { host: 'school.example' }];
  const get = (port, path, headers) => new Promise((resolve, reject) =>
    http.get({ host: '127.0.0.1', port, path, headers }, r => resolve(r.resume().statusCode)).on('error', reject));
  const upgrade = (url, headers) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'janus-protocol', { headers });
    socket.on('unexpected-response', (_, r) => resolve(r.statusCode));
    socket.on('open', () => { socket.terminate(); resolve(101); });
    socket.on('error', reject);
  });

  for (const [args, strangers] of [[[], [403, 403]], [['--demo', 'anywhere'], [200, 101]]])
    test(`${args.join(' ') || 'for this machine only'}: strangers get ${strangers}`, async () => {
      const d = await Daemon.start({ args });
      const page = '/demo/token?role=teacher&name=T';
      assert.deepEqual([await get(d.port, page, {}), await upgrade(d.ws, {})], [200, 101]);
      for (const headers of PASSED_ON)
        assert.deepEqual([await get(d.port, page, headers), await upgrade(d.ws, headers)], strangers, JSON.stringify(headers));
      assert.equal(await d.stop(), 0);
    });
});

describe('what it says of itself', () => {
  test('--version', async () => {
    const r = await run(['--version']);
    assert.equal(r.code, 0);
    assert.match(r.out, /aula \d+\.\d+\.\d+/);
  });

  test('--help names every option', async () => {
    const r = await run(['--help']);
    assert.equal(r.code, 0);
    for (const option of ['host', 'port', 'tls-port', 'udp-port', 'announce', 'config', 'state', 'check-config', 'describe', 'version'])
      assert.match(r.out, new RegExp(`--${option}`));
  });

  test('--describe tells requests, fields and settings of every module', async () => {
    const r = await run(['--describe']);
    assert.equal(r.code, 0, r.err);
    const all = JSON.stringify(JSON.parse(r.out));
    for (const word of ['echo', 'classroom', 'chat', 'websocket', 'joinandconfigure', 'listparticipants', 'room.moderate'])
      assert.ok(all.includes(word), word);
  });
});
