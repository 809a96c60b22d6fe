// What machines ask: is it alive, is it ready, what are its numbers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

let d;
before(async () => { d = await Daemon.start(); });
after(async () => assert.equal(await d.stop(), 0));

const get = (path, headers = {}) => fetch(d.origin + path, { headers });
// The text format of Prometheus, strictly: each sample after its HELP and its TYPE, each name once.
function parse(text) {
  assert.ok(text.endsWith('\n'));
  const values = {};
  let help, type;
  for (const line of text.trimEnd().split('\n')) {
    let m;
    if ((m = line.match(/^# HELP ([a-z_]+) \S.*$/))) help = m[1];
    else if ((m = line.match(/^# TYPE ([a-z_]+) gauge$/))) { assert.equal(m[1], help); type = m[1]; }
    else {
      m = line.match(/^([a-z_]+) (\d+)$/);
      assert.ok(m, `not of the format: ${line}`);
      assert.equal(m[1], type);
      assert.ok(!(m[1] in values));
      values[m[1]] = Number(m[2]);
    }
  }
  return values;
}

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
