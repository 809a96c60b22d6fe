// The unit of systemd: well-formed, closed in, and yet wide enough for what the server does.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { aiortc } from '../integration/lib/clients.mjs';
import { AULA, Daemon } from '../integration/lib/daemon.mjs';

const UNIT = new URL('../../conf/systemd/aula.service', import.meta.url).pathname;
const unit = fs.readFileSync(UNIT, 'utf8');
const values = key => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(m => m[1]);

test('systemd finds nothing wrong with it', () => {
  // The program lies elsewhere here than on a machine that it is installed on.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unit-'));
  const copy = path.join(folder, 'aula.service');
  fs.writeFileSync(copy, unit.replace('/usr/bin/aula', AULA).replace(/^Documentation=.*\n/m, ''));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

test('what it leaves open is little: an exposure of at most 2 of 10', () => {
  const { status, stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', UNIT], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

// The names of a filter's group, with the groups in it.
function calls(group) {
  const lines = execFileSync('systemd-analyze', ['syscall-filter', group], { encoding: 'utf8' }).split('\n')
    .slice(1).map(l => l.trim()).filter(l => l && !l.startsWith('#'));
  return lines.flatMap(l => (l.startsWith('@') ? calls(l) : [l]));
}

test('a class runs within its system calls, and without memory that is written and executed', async () => {
  const allowed = new Set();
  for (const filter of values('SystemCallFilter')) {
    const names = filter.replace('~', '').split(' ').flatMap(n => (n.startsWith('@') ? calls(n) : [n]));
    for (const name of names) filter.startsWith('~') ? allowed.delete(name) : allowed.add(name);
  }
  assert.ok(allowed.has('sendmsg') && !allowed.has('mount'));
  const trace = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'trace-')), 'log');
  const d = await Daemon.start();
  const strace = spawn('strace', ['-f', '-qq', '-o', trace, '-p', String(d.pid)], { stdio: 'ignore' });
  const traced = new Promise(resolve => strace.once('close', resolve));
  await d.until(() => fs.existsSync(trace) && fs.statSync(trace).size > 0);
  await aiortc(d.ws, 'janus.plugin.echotest', { audio: true, video: true }, { audio: true, video: true }, 10);
  assert.equal(await d.stop(), 0);
  await traced;
  const start = path.join(path.dirname(trace), 'start');
  execFileSync('strace', ['-f', '-qq', '-o', start, AULA, '--check-config']);
  const lines = (fs.readFileSync(trace, 'utf8') + fs.readFileSync(start, 'utf8')).split('\n');
  const made = new Set(lines.map(l => l.match(/^\d+ +([a-z_0-9]+)\(/)?.[1]).filter(Boolean));
  assert.ok(made.has('sendmsg') || made.has('sendto'));
  assert.deepEqual([...made].filter(name => !allowed.has(name)), []);
  assert.deepEqual(lines.filter(l => /PROT_WRITE\|PROT_EXEC/.test(l)), []);
});
