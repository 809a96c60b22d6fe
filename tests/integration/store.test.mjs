// The store as an operator meets it: back-up and restore by one command, one server a state folder, a database that is newer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { Daemon, run, storeArgs } from './lib/daemon.mjs';

const folder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));

// Asks the database itself, past the server.
function sql(state, text) {
  const [, url] = storeArgs(state);
  return execFileSync('psql', [url, '-Atqc', text], { encoding: 'utf8' }).trim();
}

test('a back-up while the server runs, and its restore', async () => {
  const state = folder(), file = path.join(state, 'saved');
  const options = ['--state', state, ...storeArgs(state)];
  const server = await Daemon.start({ state });
  const saved = await run([...options, 'backup', file]);
  assert.equal(saved.code, 0, saved.err);
  assert.match(saved.out, /The database is in/);
  const early = await run([...options, 'restore', file]);
  assert.notEqual(early.code, 0);
  assert.match(early.err, /a server is running on this folder/);
  assert.equal(await server.stop(), 0);
  const back = await run([...options, 'restore', file]);
  assert.equal(back.code, 0, back.err);
  const again = await Daemon.start({ state });
  assert.equal(await again.stop(), 0);
});

test('one server a state folder', async () => {
  const server = await Daemon.start();
  await assert.rejects(Daemon.start({ state: server.state }), /a server is running on this folder/);
  assert.equal(await server.stop(), 0);
});

test('commands that are none, and files that are none', async () => {
  const state = folder();
  const options = ['--state', state, ...storeArgs(state)];
  for (const [args, said] of [[['bakcup', 'x'], /expected options, "backup FILE"/], [['backup'], /expected the name of one file/],
    [[...options, 'restore', '/nowhere'], /No such file/]]) {
    const { code, err } = await run(args);
    assert.notEqual(code, 0);
    assert.match(err, said);
  }
  const bad = await run(['--store', 'mysql://a:sesame@b/c', '--state', state]);
  assert.notEqual(bad.code, 0);
  assert.match(bad.err, /expected "sqlite:FILE" or "postgresql/);
  assert.doesNotMatch(bad.err, /sesame/);
});

// Looks into the database, so it is for the run on PostgreSQL; the unit tests do the same on both.
if (process.env.AULA_TEST_POSTGRES) test('a database that is newer than the server is refused', async () => {
  const state = folder();
  assert.equal(await (await Daemon.start({ state })).stop(), 0);
  sql(state, `INSERT INTO aula_migrations VALUES ('aula', 99, 'of tomorrow', 'x', 0)`);
  await assert.rejects(Daemon.start({ state }), /the database is newer than this program: it has step 99 \(of tomorrow\) of aula/);
});
