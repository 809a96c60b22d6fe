// Real Redis servers of a test's own: one, one with a replica and sentinels, a cluster.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const freePort = () => new Promise(resolve => {
  const s = net.createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});
// A cluster's servers listen 10000 above their port as well.
const lowPort = async () => { for (;;) { const p = await freePort(); if (p < 50000) return p; } };

export async function until(test, ms = 30000) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 50))) {
    const said = await test();
    if (said) return said;
  }
  throw new Error(`not within ${ms} ms: ${test}`);
}

export class Redis {
  static async start({ args = [], sentinel = null, low = false } = {}) {
    const r = new Redis();
    r.port = low ? await lowPort() : await freePort();
    r.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-redis-'));
    r.args = args;
    if (sentinel) {
      r.file = path.join(r.folder, 'sentinel.conf');
      fs.writeFileSync(r.file, `port ${r.port}\nbind 127.0.0.1\ndir ${r.folder}\n${sentinel}\n`);
    }
    r.url = `redis://127.0.0.1:${r.port}`;
    await r.run();
    return r;
  }

  // Starts it, again too.
  async run() {
    const words = this.file ? [this.file, '--sentinel'] : ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder,
      '--appendonly', 'yes', '--appendfsync', 'no', '--save', '', ...this.args];
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...words], { stdio: 'ignore' });
    this.exited = new Promise(resolve => this.child.once('close', resolve));
    await until(() => { try { return this.cli('PING') === 'PONG'; } catch { return false; } });
  }

  cli(...words) {
    return execFileSync('redis-cli', ['-p', String(this.port), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async end() {
    await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

// A master, a replica, and three sentinels that take a master for dead after a second.
export async function withSentinels() {
  const master = await Redis.start();
  const replica = await Redis.start({ args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  await until(() => /master_link_status:up/.test(replica.cli('INFO', 'replication')));
  const sentinel = `sentinel monitor school 127.0.0.1 ${master.port} 2\nsentinel down-after-milliseconds school 1000\n`
    + 'sentinel failover-timeout school 5000';
  const sentinels = [];
  for (let i = 0; i < 3; i++) sentinels.push(await Redis.start({ sentinel }));
  await until(() => sentinels.every(s => /num-other-sentinels\n2\n/.test(s.cli('SENTINEL', 'MASTER', 'school'))
    && /num-slaves\n1\n/.test(s.cli('SENTINEL', 'MASTER', 'school'))));
  return { master, replica, sentinels, url: `redis+sentinel://${sentinels.map(s => `127.0.0.1:${s.port}`).join(',')}/school`,
    end: () => Promise.all([master, replica, ...sentinels].map(r => r.end())) };
}

// Three servers, no replicas.
export async function cluster() {
  const servers = [];
  for (let i = 0; i < 3; i++) servers.push(await Redis.start({ low: true, args: ['--cluster-enabled', 'yes'] }));
  const at = servers.map(s => `127.0.0.1:${s.port}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...at, '--cluster-yes'], { stdio: 'ignore' });
  await until(() => servers.every(s => /cluster_state:ok/.test(s.cli('CLUSTER', 'INFO'))));
  return { servers, at, url: `redis+cluster://${at[0]},${at[1]}`, end: () => Promise.all(servers.map(r => r.end())) };
}
