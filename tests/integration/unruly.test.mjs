// Modules that misbehave: one that calls back into the core from every hook, and one that begins a lot and then does not
// start. The server answers, forgets them, and ends in order.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { Daemon, PREFIX } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const SOURCE = fileURLToPath(new URL('./unruly', import.meta.url));
let dir;
const flags = (...args) => execFileSync('pkg-config', args, { encoding: 'utf8',
  env: { ...process.env, PKG_CONFIG_PATH: path.join(PREFIX, 'lib', 'pkgconfig') } }).trim().split(/\s+/).filter(Boolean);

before(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'unruly-'));
  for (const name of ['unruly', 'stillborn'])
    execFileSync('cc', ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-g', '-fPIC', '-fvisibility=hidden', ...flags('--cflags', 'aula'),
      '-shared', '-o', path.join(dir, `${name}.so`), path.join(SOURCE, `${name}.c`), ...flags('--libs', 'jansson')]);
});

const start = name => Daemon.start({ files: { aula: { modules: { enabled: [
  { name: 'websocket' }, { name: 'classroom' }, { name: 'chat' }, { path: path.join(dir, `${name}.so`) }] } } } });

describe('a plugin that calls back from every hook', () => {
  test('harms nobody, and leaves nothing', async t => {
    const d = await start('unruly');
    t.after(() => d.child.kill('SIGKILL'));
    const c = await Client.open(d.ws);
    const attach = more => c.attach('example.plugin.unruly', more);
    await assert.rejects(attach({ opaque_id: 'refuse' }), { code: 461 });
    const brief = await attach({ opaque_id: 'leave' });
    await c.event(m => m.janus === 'detached' && m.sender === brief.id);
    for (const end of [h => h.detach(), h => h.request({ janus: 'hangup' }), h => h.message({ request: 'close' })]) {
      const h = await attach();
      const other = await attach();
      assert.equal((await h.message({ request: 'enter' })).jsep.type, 'offer');
      await other.message({ request: 'enter' });
      await end(h);
      await end(other).catch(error => assert.equal(error.code, 459));
    }
    // Whatever it tried, the others are served, and a session ends whole.
    const last = await attach();
    await last.message({ request: 'enter' });
    await c.request({ janus: 'destroy' });
    await c.close();
    const again = await Client.open(d.ws);
    const h = await again.attach('example.plugin.unruly');
    await h.message({ request: 'enter' });
    await again.kill();
    assert.equal(await d.stop(), 0, d.text.slice(-3000));
  });

  test('does not keep the server from ending', async t => {
    const d = await start('unruly');
    t.after(() => d.child.kill('SIGKILL'));
    const c = await Client.open(d.ws);
    for (let i = 0; i < 5; i++) await (await c.attach('example.plugin.unruly')).message({ request: 'enter' });
    assert.equal(await d.stop(), 0, d.text.slice(-3000));
  });
});

describe('a module that does not start', () => {
  test('is named with its file and the reason, and nothing of it is called again', async t => {
    const d = await start('stillborn');
    t.after(() => d.child.kill('SIGKILL'));
    assert.match(d.text, /left out: \S*stillborn\.so: it does not start: /);
    const status = await new Promise((resolve, reject) => {
      const socket = new WebSocket(d.ws, 'stillborn');
      socket.on('unexpected-response', (_, r) => resolve(r.statusCode));
      socket.on('open', () => resolve(101));
      socket.on('error', reject);
    });
    assert.equal(status, 400);
    const c = await Client.open(d.ws);
    assert.equal((await c.request({ janus: 'keepalive' }, { ack: true })).janus, 'ack');
    await c.close();
    assert.equal(await d.stop(), 0, d.text.slice(-3000));
  });
});
