// What operators do is in the audit log: who, from where, to what; what they only look at is not, and a secret never.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const secret = text => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
};

test('acts of operators are in the audit log', async () => {
  const word = 'admin-secret-of-32-bytes-or-more-0123';
  const d = await Daemon.start({ files: { aula: { identity: { secret_file: secret(SECRET) }, admin: { secret_file: secret(word) } } } });
  const ask = async (at, body) => (await fetch(`${d.admin}/admin${at}`, { method: 'POST', body: JSON.stringify({ transaction: 'tx', ...body }) })).json();
  const c = await Client.open(d.ws, { token: token({ sub: 'root', name: 'Root', role: 'admin' }) });
  const other = await Client.open(d.ws);
  const handle = await other.attach('janus.plugin.echotest');
  assert.equal((await ask('', { janus: 'set_log_level', level: 5, admin_secret: word })).janus, 'success');
  assert.equal((await ask('', { janus: 'set_log_level', level: 4, admin_secret: 'wrong' })).janus, 'error');
  assert.equal((await ask(`/${other.session}/${handle.id}`, { janus: 'detach_handle', admin_secret: word })).janus, 'success');
  assert.equal((await ask('', { janus: 'status', admin_secret: word })).janus, 'success');
  await c.request({ janus: 'admin', request: { janus: 'reload' } });

  const desk = await c.attach('aula.plugin.audit');
  // What was done is answered before it is on disk.
  const lines = async (act, count = 1) => {
    for (const end = Date.now() + 10000; ; await new Promise(r => setTimeout(r, 20))) {
      const { lines: found } = await desk.message({ request: 'search', act });
      if (found.length >= count || Date.now() > end) return found;
    }
  };
  const level = await lines('admin.set_log_level');
  assert.deepEqual(level.map(l => [l.actor, l.address, l.detail]), [['', '127.0.0.1', '{"level":5}']]);
  const detached = await lines('admin.detach_handle');
  assert.deepEqual(detached.map(l => l.target), [`${other.session}/${handle.id}`]);
  const reloaded = await lines('admin.reload');
  assert.deepEqual(reloaded.map(l => [l.actor, l.name, l.role]), [['root', 'Root', 'admin']]);
  assert.deepEqual(await lines('admin.status', 0), []);
  assert.ok(!JSON.stringify((await desk.message({ request: 'search', limit: 100 })).lines).includes(word));
  await c.close();
  await other.close();
  assert.equal(await d.stop(), 0);
});
