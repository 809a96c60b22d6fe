// events.mjs [--rate N] [--seconds N] [--subscribers N]: events at a rate into a real PostgreSQL, beside a class; the class
// alone first, then both. The database syncs each commit. One line of JSON: what arrived, what waited, what the class felt.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Daemon, PREFIX } from '../integration/lib/daemon.mjs';
import { Postgres } from '../store/lib/postgres.mjs';

const args = process.argv.slice(2);
const take = (name, otherwise) => {
  const at = args.indexOf(`--${name}`);
  return Number(at < 0 ? otherwise : args.splice(at, 2)[1]);
};
const rate = take('rate', 20000), seconds = take('seconds', 20), subscribers = take('subscribers', 20);
const here = path.dirname(new URL(import.meta.url).pathname);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'events-maker-'));
fs.cpSync(path.join(here, 'events-maker'), folder, { recursive: true });
execFileSync('make', ['-s', '-C', folder], { env: { ...process.env, PKG_CONFIG_PATH: path.join(PREFIX, 'lib', 'pkgconfig') } });
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const cpu_s = pid => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).reduce((sum, n) => sum + Number(n), 0) / 100;

async function round(database, makes) {
  const d = await Daemon.start({ files: { postgres: { url: database.url, types: ['external'] },
    maker: { rate: makes, seconds, delay_ms: 3000 }, aula: { modules: { enabled: [{ name: 'websocket' }, { name: 'classroom' },
      { name: 'postgres' }, { path: path.join(folder, 'maker.so') }] } } } });
  const counts = async () => (await (await fetch(`${d.admin}/admin`, { method: 'POST',
    body: '{"janus":"status","transaction":"t"}' })).json()).events.postgres;
  const load = spawn(path.join(process.env.AULA_BENCH, 'load'), ['--url', d.ws, '--pid', String(d.pid), '--subscribers',
    String(subscribers), '--seconds', String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  load.stdout.on('data', chunk => { out += chunk; });
  const ended = new Promise(resolve => load.once('close', resolve));
  await pause(3000);
  const before_s = cpu_s(d.pid), began = Date.now();
  let most = 0, counted;
  do {
    await pause(500);
    counted = await counts();
    most = Math.max(most, counted.spooled + counted.waiting);
  } while (Date.now() - began < seconds * 1000);
  const left = counted.spooled + counted.waiting;
  for (const end = Date.now() + 60000; counted.spooled + counted.waiting > 0 && Date.now() < end; counted = await counts()) await pause(50);
  const elapsed_s = (Date.now() - began) / 1000;
  await ended;
  const result = { rate: makes, rows: makes ? Number(database.rows('SELECT count(*) FROM aula_events')[0][0]) : 0,
    dropped: counted.dropped, waited_at_most: most, waited_at_the_end: left, all_there_after_s: elapsed_s,
    server_cpu: (cpu_s(d.pid) - before_s) / elapsed_s, media: JSON.parse(out || '{}') };
  await d.stop();
  return result;
}

const database = new Postgres(['-c', 'fsync=on']);
await database.start();
try {
  for (const makes of [0, rate]) console.log(JSON.stringify(await round(database, makes)));
} finally {
  await database.kill();
  fs.rmSync(database.folder, { recursive: true, force: true });
  fs.rmSync(folder, { recursive: true, force: true });
}
