// The command of the README: ./start, as a person runs it. ./check has built with it before.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { Client } from './lib/janus.mjs';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const built = fs.existsSync(path.join(TOP, 'build', 'installed'));

function start(t, ...args) {
  const child = spawn(path.join(TOP, 'start'), ['--skip-install', ...args]);
  const run = { child, text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', d => { run.text += d; });
  t.after(() => child.kill('SIGKILL'));
  run.ended = new Promise(resolve => child.once('close', (code, signal) => resolve(code ?? signal)));
  run.until = async pattern => {
    for (const end = Date.now() + 20000; Date.now() < end && !pattern.test(run.text); await new Promise(r => setTimeout(r, 20)));
    assert.match(run.text, pattern);
  };
  return run;
}

describe('./start', { skip: built ? false : './start --build-only has not been run here' }, () => {
  test('--help names its options', { timeout: 60000 }, async t => {
    const run = start(t, '--help');
    assert.equal(await run.ended, 0);
    for (const option of ['host', 'port', 'tls-port', 'udp-port', 'announce', 'config', 'state', 'skip-install', 'build-only'])
      assert.match(run.text, new RegExp(`--${option}\\b`));
  });

  test('with nothing to build serves at once, on HTTPS too, and ends on Ctrl-C', { timeout: 60000 }, async t => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-start-'));
    const run = start(t, '--port', '8071', '--tls-port', '8472', '--udp-port', '27000', '--state', state);
    await run.until(/\/admin/);
    assert.doesNotMatch(run.text, /building|installing/);
    for (const role of ['student', 'teacher', 'admin']) {
      assert.match(run.text, new RegExp(`http://localhost:8071/${role}/`));
      assert.equal((await fetch(`http://127.0.0.1:8071/${role}/`)).status, 200);
    }
    const client = await Client.open('wss://127.0.0.1:8472/', { tls: { rejectUnauthorized: false } });
    run.child.kill('SIGINT');
    assert.equal((await client.ended).code, 1001);
    assert.equal(await run.ended, 0);
  });

  test('shows the link for the first account to whoever runs it in a terminal, and to no log', { timeout: 60000 }, async t => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-start-'));
    const command = `exec '${path.join(TOP, 'start')}' --skip-install --port 8075 --tls-port 0 --udp-port 27200 --admin-port 0 --state '${state}'`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', chunk => (text += chunk));
    const ended = new Promise(resolve => child.once('close', (code, signal) => resolve(code ?? signal)));
    t.after(() => child.kill('SIGKILL'));
    for (const end = Date.now() + 20000; Date.now() < end && !/#link=[0-9a-f]{64}\r?\n/.test(text); await new Promise(r => setTimeout(r, 20)));
    const [, url, link] = text.match(/Set that of the first account, "admin":\s+(http:\/\/localhost:8075\/login\/#link=([0-9a-f]{64}))\r?\n/) ?? [];
    assert.ok(link, text);
    assert.equal(fs.readFileSync(path.join(state, 'first-link'), 'utf8').trim(), url);
    assert.equal(text.split(link).length, 2, 'it is said once');
    const set = await fetch('http://127.0.0.1:8075/api/people/set_password', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ link, password: 'correct horse battery' }) });
    assert.deepEqual([set.status, await set.json()], [200, { login: 'admin' }]);
    child.stdin.write('\x03');
    assert.equal(await ended, 0);
  });

  test('--announce is what browsers are told', { timeout: 60000 }, async t => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-start-'));
    const run = start(t, '--port', '8073', '--tls-port', '0', '--udp-port', '27100', '--announce', '203.0.113.9', '--state', state);
    await run.until(/\/admin/);
    const client = await Client.open('ws://127.0.0.1:8073/');
    const echo = await client.attach('aula.plugin.echo');
    const offer = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd', 'a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa', `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
      'a=setup:actpass', 'a=mid:0', 'a=sendrecv', 'a=rtcp-mux', 'a=rtpmap:111 opus/48000/2', ''].join('\r\n');
    const { jsep } = await echo.message({ audio: true }, { type: 'offer', sdp: offer });
    const candidates = jsep.sdp.match(/^a=candidate:.*$/gm);
    // Loopback stays beside it while the server listens there.
    for (const protocol of ['udp', 'tcp'])
      assert.ok(candidates.some(c => new RegExp(`${protocol} \\d+ 203\\.0\\.113\\.9 271\\d\\d typ host`).test(c)), jsep.sdp);
    for (const c of candidates) assert.match(c, / (203\.0\.113\.9|127\.0\.0\.1|::1) /);
    await client.close();
    run.child.kill('SIGTERM');
    assert.equal(await run.ended, 0);
  });
});
