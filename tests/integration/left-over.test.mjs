// A test file that fails while its server lives ends, and the server with it; so does one that left a connection open.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const LIB = new URL('./lib/daemon.mjs', import.meta.url).href;

test('a file that fails while its server lives ends at once', async t => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-left-over-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const file = path.join(dir, 'fails.test.mjs'), said = path.join(dir, 'pid');
  fs.writeFileSync(file, `import { test } from 'node:test';
    import fs from 'node:fs';
    import { Daemon } from ${JSON.stringify(LIB)};
    import net from 'node:net';
    test('fails', async () => {
      const listener = net.createServer(() => {}).listen(0, '127.0.0.1', () => net.connect(listener.address().port));
      const d = await Daemon.start();
      fs.writeFileSync(${JSON.stringify(said)}, String(d.pid));
      throw new Error('before it is stopped');
    });`);
  const env = { ...process.env, AULA_TEST_GRACE_MS: '200' };
  delete env.NODE_TEST_CONTEXT;
  const { error, out } = await new Promise(resolve => execFile(process.execPath, ['--test', '--test-reporter=tap', file],
    { env, timeout: 60000, killSignal: 'SIGKILL' }, (error, out) => resolve({ error, out })));
  assert.equal(error?.code, 1, out);
  assert.match(out, /before it is stopped/);
  // It is killed a moment before its parent ends; whether anybody reaps it then is not ours to say.
  const status = `/proc/${fs.readFileSync(said, 'utf8')}/status`;
  const lives = () => { try { return !/^State:\s+Z/m.test(fs.readFileSync(status, 'utf8')); } catch { return false; } };
  for (const end = Date.now() + 10000; lives(); await new Promise(resolve => setTimeout(resolve, 20))) assert.ok(Date.now() < end, 'the server lives');
});
