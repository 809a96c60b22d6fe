// Starts the real server with a configuration of its own and watches it until it has ended.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { watch } from './children.mjs';

export const PREFIX = process.env.AULA_PREFIX;
export const AULA = path.join(PREFIX, 'bin', 'aula');
export const ARTIFACTS = process.env.AULA_ARTIFACTS ?? os.tmpdir();

// A settings object as libconfig text: { web: { port: 0 }, modules: { list: ['a'] } }.
export function libconfig(value) {
  if (Array.isArray(value)) return value.every(v => typeof v !== 'object')
    ? `[${value.map(libconfig).join(', ')}]` : `(${value.map(libconfig).join(', ')})`;
  if (value && typeof value === 'object')
    return `{ ${Object.entries(value).map(([k, v]) => `${k} = ${libconfig(v)};`).join(' ')} }`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

export function writeConfig(files) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-conf-'));
  for (const [name, content] of Object.entries(files))
    fs.writeFileSync(path.join(dir, `${name}.cfg`), typeof content === 'string' ? content
      : Object.entries(content).map(([k, v]) => `${k} = ${libconfig(v)};\n`).join(''));
  return dir;
}

// Runs the program to its end.
export function run(args, { timeout = 20000, env } = {}) {
  return new Promise(resolve => {
    const child = spawn(AULA, args, { timeout, env: { ...process.env, ...env } });
    let out = '', err = '';
    child.stdout.on('data', d => (out += d));
    child.stderr.on('data', d => (err += d));
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

// Where servers of a state folder keep their state: with AULA_TEST_POSTGRES (see `run`) in a database of their own there.
export function storeArgs(state) {
  const folder = process.env.AULA_TEST_POSTGRES;
  if (!folder) return [];
  const name = `t${createHash('sha256').update(state).digest('hex').slice(0, 16)}`;
  try {
    execFileSync('psql', [`postgresql://aula@/postgres?host=${folder}`, '-qc', `CREATE DATABASE ${name} TEMPLATE template0`],
      { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (e) { if (!/already exists/.test(e.stderr)) throw e; }
  return ['--store', `postgresql://aula@/${name}?host=${folder}`];
}

export class Daemon {
  // options.files: configuration by file name without ".cfg"; options.args: more options; options.state: a folder to keep;
  // options.inside: the command line that runs it elsewhere.
  static async start({ files = {}, args = [], state, keepLog = true, inside = [] } = {}) {
    const d = new Daemon();
    d.keepLog = keepLog;
    d.config = writeConfig({ aula: {}, ...files });
    d.state = state ?? fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
    d.text = '';
    const [command, ...before] = [...inside, AULA];
    d.child = watch(spawn(command, [...before, '--port', '0', '--tls-port', '0', '--udp-port', '0', '--admin-port', '0',
      '--drain', '0', '--config', d.config, '--state', d.state, ...storeArgs(d.state), ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
    const add = chunk => { d.text += chunk; };
    d.child.stdout.on('data', add);
    d.child.stderr.on('data', add);
    d.exited = new Promise(resolve => d.child.once('close', (code, signal) => resolve(code ?? signal)));
    const up = d.until(() => /http:\/\/\S+:\d+\/teacher/.test(d.text), 20000);
    await Promise.race([up, d.exited.then(code => { throw new Error(`the server ended (${code}):\n${d.text}`); })]);
    // By number: Node 18 tries only the first address of a name.
    d.origin = d.text.match(/(http:\/\/\S+?:\d+)\/teacher/)[1].replace('localhost', '127.0.0.1');
    d.port = Number(new URL(d.origin).port);
    d.ws = d.origin.replace('http', 'ws');
    d.pid = d.child.pid;
    const admin = d.text.match(/the Admin API listens port=(\d+)/);
    d.admin = admin && `http://127.0.0.1:${admin[1]}`;
    return d;
  }

  async until(test, ms = 10000) {
    for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 20)))
      if (test()) return;
    throw new Error(`not within ${ms} ms; the server's log:\n${this.text}`);
  }

  // Resident memory in bytes.
  memory() {
    return Number(fs.readFileSync(`/proc/${this.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024;
  }

  // Asks for an orderly end; the exit status, or the signal that killed it.
  async stop(signal = 'SIGTERM', ms = 15000) {
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), ms);
    const status = await this.exited;
    clearTimeout(timer);
    fs.rmSync(this.config, { recursive: true, force: true });
    return status;
  }
}
