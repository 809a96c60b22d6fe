// A third party's plugin: built outside the tree against the installed headers and aula.pc alone, loaded by the real
// server, asked over the real wire, and tapping a real track.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { aiortc, Peers } from './lib/clients.mjs';
import { Daemon, PREFIX, run, writeConfig } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const SOURCE = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'outside-plugin');
let dir;
before(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'outside-'));
  fs.cpSync(SOURCE, dir, { recursive: true });
  execFileSync('make', ['-C', dir], { env: { ...process.env, CFLAGS: process.env.AULA_OUTSIDE_CFLAGS ?? '-O2 -g',
    PKG_CONFIG_PATH: path.join(PREFIX, 'lib', 'pkgconfig') } });
});

describe('a plugin from outside the tree', () => {
  test('loads, answers a request and taps a track', async t => {
    const d = await Daemon.start({ files: { aula: { modules: { enabled: [
      { name: 'websocket' }, { name: 'classroom' }, { path: path.join(dir, 'counter.so') }] } } } });
    t.after(() => d.child.kill('SIGKILL')); // when the test fails half-way, nothing is to wait for it
    const c = await Client.open(d.ws);
    const h = await c.attach('example.plugin.counter');
    const first = await h.message({ request: 'count' });
    assert.equal(first.counter, 'count');
    assert.equal(first.packets, 0);
    const { answer, state } = await aiortc(d.ws, 'example.plugin.counter', { request: 'publish' }, { request: 'count' });
    assert.equal(state, 'connected');
    assert.ok(answer.packets > 20, `tapped ${answer.packets} packets`);
    await c.close();
    assert.equal(await d.stop(), 0);
  });

  test('may put a description into a reply, which then waits for the candidates of a full agent', async t => {
    const d = await Daemon.start({ files: { aula: { ice: { mode: 'full' }, media: { loopback: true }, modules: { enabled: [
      { name: 'websocket' }, { path: path.join(dir, 'counter.so') }] } } } });
    t.after(() => d.child.kill('SIGKILL'));
    const peers = new Peers();
    t.after(() => peers.end());
    const c = await Client.open(d.ws);
    const h = await c.attach('example.plugin.counter');
    const { sdp } = await peers.ask('a', 'offer', { send: ['audio'] });
    const reply = await h.request({ janus: 'message', body: { request: 'publish_now' }, jsep: { type: 'offer', sdp } });
    assert.equal(reply.janus, 'success');
    assert.match(reply.jsep.sdp, /a=candidate:.* typ host\r\n[^]*a=end-of-candidates/);
    await peers.ask('a', 'accept', { sdp: reply.jsep.sdp });
    await h.notice('webrtcup', 15000);
    await peers.ask('a', 'close');
    await c.close();
    assert.equal(await d.stop(), 0);
  });

  test('is described without running a line of it', async () => {
    const r = await run(['--describe', path.join(dir, 'counter.so')]);
    assert.equal(r.code, 0, r.err);
    assert.match(r.out, /count/);
  });

  test('of another ABI is refused by name', async () => {
    fs.writeFileSync(path.join(dir, 'alien.c'), 'const int aula_module_v2 = 1;\n');
    execFileSync('cc', ['-shared', '-fPIC', '-o', path.join(dir, 'alien.so'), path.join(dir, 'alien.c')]);
    const config = writeConfig({ aula: { modules: { enabled: [{ path: path.join(dir, 'alien.so'), required: true }] } } });
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
    const r = await run(['--config', config, '--state', state, '--port', '0', '--tls-port', '0', '--udp-port', '0'], { timeout: 10000 });
    assert.notEqual(r.code, 0);
    assert.match(r.err, /alien\.so.*aula_module_v1/s);
  });
});
