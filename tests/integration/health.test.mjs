// What machines ask: is it alive, is it ready, what are its numbers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

let d;
before(async () => { d = await Daemon.start(); });
after(async () => assert.equal(await d.stop(), 0));

const get = (path, headers = {}) => fetch(d.origin + path, { headers });
// What the text says of each sample without labels; deploy/prometheus.test.mjs looks at its form.
const parse = text => Object.fromEntries([...text.matchAll(/^([a-z_]+) (\S+)$/gm)].map(m => [m[1], Number(m[2])]));

test('alive and ready', async () => {
  for (const [path, word] of [['/health/live', 'alive\n'], ['/health/ready', 'ready\n']]) {
    const r = await get(path);
    assert.equal(r.status, 200);
    assert.equal(await r.text(), word);
    assert.equal(r.headers.get('cache-control'), 'no-store');
  }
});

test('numbers follow what happens, and are for this machine only', async () => {
  const c = await Client.open(d.ws);
  await c.request({ janus: 'attach', plugin: 'janus.plugin.echotest' });
  let v;
  for (const end = Date.now() + 5000; Date.now() < end && v?.aula_handles !== 1; await new Promise(r => setTimeout(r, 50))) {
    const r = await get('/metrics');
    assert.match(r.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    v = parse(await r.text());
  }
  assert.equal(v.aula_sessions, 1);
  assert.equal(v.aula_handles, 1);
  assert.equal(v.aula_clients, 1);
  assert.equal(v.aula_ready, 1);
  assert.equal((await get('/metrics', { 'X-Forwarded-For': '192.0.2.7' })).status, 403);
  await c.close();
});

test('a networked monitor may be let in by name of its network', async () => {
  const open = await Daemon.start({ files: { aula: { metrics: { networks: ['192.0.2.0/24'] }, web: { proxies: ['127.0.0.1'] } } } });
  const ask = address => fetch(`${open.origin}/metrics`, { headers: { 'X-Forwarded-For': address } });
  assert.equal((await ask('192.0.2.7')).status, 200);
  assert.equal((await ask('198.51.100.7')).status, 403);
  assert.equal((await ask('192.0.2.7, 198.51.100.7')).status, 403);
  assert.equal(await open.stop(), 0);
});
