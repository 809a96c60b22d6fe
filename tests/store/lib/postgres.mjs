// A PostgreSQL that a test starts, kills and asks.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';

export class Postgres {
  static script = new URL('../postgres', import.meta.url).pathname;

  // `options`: of the server.
  constructor(options = []) {
    this.options = options;
    this.folder = fs.mkdtempSync('/tmp/aula-pg-');
    execFileSync(Postgres.script, ['make', this.folder]);
    this.url = execFileSync(Postgres.script, ['url', this.folder], { encoding: 'utf8' }).trim();
  }

  async start() {
    for (const end = Date.now() + 20000; ;) {
      if (!this.child || this.child.exitCode !== null || this.child.signalCode)
        this.child = spawn(Postgres.script, ['run', this.folder, ...this.options], { stdio: 'ignore' });
      if (spawnSync('psql', [this.url, '-qc', '']).status === 0) return;
      assert.ok(Date.now() < end, 'the database does not come up');
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  // The rows of a query, each a list of texts.
  rows(sql) {
    const { status, stdout, stderr } = spawnSync('psql', [this.url, '-XqAtF', '\t', '-c', sql],
      { encoding: 'utf8', maxBuffer: 1 << 28 });
    assert.equal(status, 0, stderr);
    return stdout.split('\n').slice(0, -1).map(line => line.split('\t'));
  }

  async kill() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode) return;
    const gone = new Promise(resolve => this.child.once('exit', resolve));
    this.child.kill('SIGSTOP');
    spawnSync('pkill', ['-KILL', '-P', String(this.child.pid)]);
    this.child.kill('SIGKILL');
    await gone;
  }

  async finish() {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
