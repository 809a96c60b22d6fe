// The server is killed at random points, again and again, while people talk: what it said was kept is there, once and in order.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { AULA, storeArgs, writeConfig } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { Postgres } from './lib/postgres.mjs';

const KILLS = Number(process.env.AULA_KILLS ?? 200), AWAY = Math.ceil(KILLS / 5);
const LONGEST_MS = 60, HURRY = 40; // how long it lives with people in it; how many messages are under way at once

// A small generator with a seed, so that a run can be had again.
function random(seed) {
  return () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
}

class Victim {
  constructor(state, port, store) {
    Object.assign(this, { state, port, store: store ? ['--store', store] : storeArgs(state) });
    this.config = writeConfig({
      aula: { web: { port, tls_port: 0 }, media: { udp_port: 0, loops: 1 }, store: { readers: 1 },
        demo: { mode: 'loopback' } },
      classroom: 'rooms = ( { room = 7; publishers = 10; } );\n',
      chat: 'burst = 1000;\nrate = 6000;\nhistory_messages = 100;\n' });
  }

  async start() {
    this.child = spawn(AULA, ['--config', this.config, '--state', this.state, ...this.store],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    this.gone = new Promise(resolve => this.child.once('exit', resolve));
    this.child.stderr.on('data', chunk => { said += chunk; });
    await new Promise((resolve, reject) => {
      this.child.stdout.on('data', chunk => String(chunk).includes('serves') && resolve());
      this.gone.then(() => reject(new Error(`the server ended:\n${said}`)));
    });
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.gone;
  }

  async enter() {
    const client = await Client.open(`ws://127.0.0.1:${this.port}`);
    const seat = await client.attach('aula.plugin.classroom');
    await seat.message({ request: 'join', ptype: 'publisher', room: 7 });
    const chat = await client.attach('aula.plugin.chat');
    const joined = await chat.message({ request: 'join', room: 7 });
    assert.equal(joined.textroom, 'success', JSON.stringify(joined));
    return { client, chat };
  }
}

// All that the room remembers, by pages.
async function everything(chat) {
  const all = [];
  for (let before = 0, more = true; more;) {
    const page = await chat.message({ request: 'history', before, limit: 200 });
    assert.ok(page.messages, JSON.stringify(page));
    all.unshift(...page.messages);
    before = page.messages[0]?.id;
    more = page.more;
  }
  return all;
}

// Lets people talk, and kills the server; `change` may do something to the database before each round.
async function torment(victim, kills, draw, change = async () => {}) {
  const kept = new Map(); // text -> id
  let next = 0;
  for (let deaths = 0; deaths < kills; deaths++) {
    await change();
    await victim.start();
    // Some die before anybody comes.
    if (draw() < 0.1) {
      await victim.kill();
      continue;
    }
    const { client, chat } = await victim.enter();
    let over = false;
    const talk = Promise.all(Array.from({ length: HURRY }, async () => {
      while (!over) {
        const text = `n${next++}`;
        try {
          const answer = await chat.message({ request: 'message', text });
          if (answer.textroom === 'success' && answer.kept === undefined) kept.set(text, answer.id);
        } catch { return; }
      }
    }));
    await new Promise(resolve => setTimeout(resolve, draw() * LONGEST_MS));
    await victim.kill();
    over = true;
    await client.kill();
    await talk;
  }
  return kept;
}

async function check(victim, kept, kills) {
  await victim.start();
  const { client, chat } = await victim.enter();
  const all = await everything(chat);
  await client.close();
  victim.child.kill('SIGTERM');
  assert.equal(await victim.gone, 0);
  const ids = new Map(all.map(message => [message.text, message.id]));
  assert.equal(ids.size, all.length, 'nothing twice');
  for (let i = 1; i < all.length; i++) assert.ok(all[i].id > all[i - 1].id, 'in order');
  assert.deepEqual([...kept].filter(([text, id]) => ids.get(text) !== id), [], 'lost');
  console.log(`# ${kills} deaths, ${kept.size} messages said to be kept, ${all.length} there`);
  assert.ok(kept.size > kills, `too little was said: ${kept.size}`);
}

function seeded() {
  const seed = Number(process.env.AULA_SEED ?? Date.now() % 2147483648);
  console.log(`# AULA_SEED=${seed}`);
  return random(seed);
}

const folder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));

test(`${KILLS} deaths lose nothing that was said to be kept`, async () => {
  const victim = new Victim(folder(), 18080);
  await check(victim, await torment(victim, KILLS, seeded()), KILLS);
});

test(`nor do ${AWAY} while the database comes and goes`, async () => {
  const database = new Postgres(), draw = seeded();
  const victim = new Victim(folder(), 18081, database.url);
  let here = true;
  await database.start();
  try {
    const kept = await torment(victim, AWAY, draw, async () => {
      if (draw() > 0.4) return;
      await (here ? database.kill() : database.start());
      here = !here;
    });
    if (!here) await database.start();
    await check(victim, kept, AWAY);
  } finally {
    victim.child.kill('SIGKILL');
    await database.finish();
  }
});
