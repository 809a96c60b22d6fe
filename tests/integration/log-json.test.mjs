// The log as objects, with what a line is about; and back to text without a restart.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Daemon, libconfig } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

test('a line is an object with the ids of the request it came of', async () => {
  const limits = { session_rate: 1, session_burst: 5 };
  const d = await Daemon.start({ files: { aula: { log: { format: 'json' }, limits } } });
  const c = await Client.open(d.ws);
  let refused = 0;
  while (refused === 0) await c.request({ janus: 'keepalive' }, { ack: true }).catch(() => refused++);
  const objects = () => d.text.split('\n').slice(0, -1).filter(line => line.startsWith('{')).map(line => JSON.parse(line));
  await d.until(() => objects().some(one => one.area === 'limits'));
  const one = objects().find(line => line.area === 'limits');
  assert.equal(one.message, 'a limit was hit');
  assert.equal(one.level, 'info');
  assert.equal(one.session, String(c.session));
  assert.ok(one.transaction.length > 0);
  assert.equal(one.fields.limit, 'session_rate');
  assert.equal(one.fields.setting, 'limits.session_rate');
  assert.match(one.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  fs.writeFileSync(path.join(d.config, 'aula.cfg'), Object.entries({ log: { format: 'text' }, limits }).map(([k, v]) => `${k} = ${libconfig(v)};\n`).join(''));
  d.child.kill('SIGHUP');
  await d.until(() => /^\S+Z info admin configuration read anew applied=log\.format$/m.test(d.text));
  await c.close();
  assert.equal(await d.stop(), 0);
});
