// One class whose members sit on two servers: they share a PostgreSQL and a Redis, which dies, comes back, and fails over to a replica
// that has not heard all.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { until, withSentinels } from '../integration/lib/redis.mjs';
import { SECRET, token } from '../integration/lib/token.mjs';
import { Postgres } from './lib/postgres.mjs';

const ROOM = 7;
let world, store, secret, a, b;
const people = {};

const serve = () => Daemon.start({ args: ['--demo', 'off', '--store', store.url], files: {
  aula: { identity: { secret_file: secret }, bus: { url: world.url, reply_ms: 1000, presence: 2 } },
  classroom: `rooms = ( { room = ${ROOM}; } );\n`, chat: 'burst = 1000;\nrate = 6000;\n' } });

async function person(d, name, id, role = 'student') {
  const client = await Client.open(d.ws, { token: token({ sub: name, name, role }) });
  const room = await client.attach('aula.plugin.classroom');
  await room.message({ request: 'join', ptype: 'publisher', room: ROOM, id });
  const chat = await client.attach('aula.plugin.chat');
  chat.joined = await chat.message({ request: 'join', room: ROOM });
  assert.equal(chat.joined.textroom, 'success', JSON.stringify(chat.joined));
  return (people[name] = chat);
}

const said = chat => chat.client.events.map(e => e.plugindata?.data).filter(m => m?.textroom === 'message');
const event = (chat, word, matches = () => true) => chat.event(m => m.textroom === word && matches(m), 30000);
const total = async chat => (await chat.message({ request: 'listparticipants' })).total;
// A sentinel that changes a server's role cuts off who asks it: then it has said nothing.
const asked = (redis, ...words) => { try { return redis.cli(...words); } catch { return ''; } };
const metric = async (d, name) =>
  Number((await (await fetch(`${d.origin}/metrics`)).text()).match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);

before(async () => {
  secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  store = new Postgres();
  [world] = await Promise.all([withSentinels(), store.start()]);
  a = await serve();
  b = await serve();
  await person(a, 'Tess', 1, 'teacher');
  await person(a, 'Ada', 2);
  await person(b, 'Ben', 3);
  await person(b, 'Bo', 4);
});
after(async () => {
  for (const p of Object.values(people)) p.client.kill();
  assert.equal(await a.stop(), 0);
  assert.equal(await b.stop(), 0);
  await Promise.all([world.end(), store.finish()]);
});

// Everybody says so many things at once; each is answered, and heard by everybody once, in the order of who said it.
async function talk(word, count, meanwhile = async () => {}) {
  const talkers = ['Tess', 'Ada', 'Ben', 'Bo'].map(name => people[name]);
  for (const t of talkers) t.client.events.length = 0;
  const acknowledged = [];
  const all = talkers.map(async (t, who) => {
    for (let i = 0; i < count; i++) {
      const text = `${word} ${who} ${i}`;
      const reply = await t.message({ request: 'message', text });
      assert.equal(reply.textroom, 'success', JSON.stringify(reply));
      assert.equal(reply.kept, undefined);
      acknowledged.push({ id: reply.id, text });
      await new Promise(r => setTimeout(r, 10));
    }
  });
  await Promise.all([...all, meanwhile()]);
  assert.equal(new Set(acknowledged.map(m => m.id)).size, acknowledged.length, 'ids differ');
  for (const t of talkers) {
    await until(() => said(t).length >= acknowledged.length, 60000);
    const heard = said(t);
    const sorted = list => list.map(m => `${m.id} ${m.text}`).sort();
    assert.deepEqual(sorted(heard), sorted(acknowledged));
    for (let who = 0; who < talkers.length; who++)
      assert.deepEqual(heard.filter(m => m.text.startsWith(`${word} ${who} `)).map(m => Number(m.text.split(' ')[2])), [...Array(count).keys()]);
  }
  return acknowledged;
}

describe('a class on two servers', () => {
  test('everybody is there for everybody', async () => {
    await event(people.Tess, 'join', m => m.username === 3 && m.display === 'Ben');
    for (const p of Object.values(people)) await until(async () => (await total(p)) === 4);
    const { participants } = await people.Tess.message({ request: 'listparticipants' });
    assert.deepEqual(participants.map(p => p.username).sort(), [1, 2, 3, 4]);
    assert.equal((await people.Ada.message({ request: 'listparticipants', offset: 3 })).participants.length, 1);
  });

  test('what is said, whispered and taken back goes across', async () => {
    const { id } = await people.Ada.message({ request: 'message', text: 'Hello' });
    const heard = await event(people.Ben, 'message', m => m.text === 'Hello');
    assert.deepEqual([heard.id, heard.from, heard.display, heard.role], [id, 2, 'Ada', 'student']);
    assert.deepEqual((await people.Ben.message({ request: 'message', text: 'psst', to: 2 })).sent, { 2: true });
    assert.equal((await event(people.Ada, 'message', m => m.text === 'psst')).whisper, true);
    assert.ok((await people.Ada.message({ request: 'history' })).messages.some(m => m.text === 'psst'));
    assert.ok(!(await people.Tess.message({ request: 'history' })).messages.some(m => m.text === 'psst'));
    const { id: rude } = await people.Bo.message({ request: 'message', text: 'rude' });
    await event(people.Tess, 'message', m => m.id === rude);
    assert.equal((await people.Tess.message({ request: 'delete', id: rude })).textroom, 'success');
    assert.equal((await event(people.Bo, 'deleted')).id, rude);
    assert.ok(!(await people.Ben.message({ request: 'history' })).messages.some(m => m.id === rude));
    // Once in the store, whoever heard it.
    await until(() => store.rows("SELECT id FROM chat_messages WHERE event LIKE '%Hello%'").join() === String(id));
    await until(() => store.rows(`SELECT id FROM chat_messages WHERE id = ${rude}`).length === 0);
  });

  test('Redis killed and started again under load: all is heard once, and those beside one at once', async () => {
    await talk('crash', 60, async () => {
      await until(() => said(people.Bo).length > 20);
      await world.master.kill();
      const { id } = await people.Tess.message({ request: 'announcement', text: 'away' });
      // Whoever sits on the same server waits for nobody.
      assert.equal((await people.Ada.event(m => m.text === 'away', 1000)).id, id);
      await world.master.run();
    });
    assert.equal((await event(people.Bo, 'announcement')).text, 'away');
  });

  test('failover to a replica that has not heard all: nothing acknowledged is lost', async () => {
    const now = () => [world.master, world.replica].sort((x, y) => Number(/^master/.test(asked(y, 'ROLE'))) - Number(/^master/.test(asked(x, 'ROLE'))));
    await until(() => /^master/.test(asked(now()[0], 'ROLE')) && /master_link_status:up/.test(asked(now()[1], 'INFO', 'replication')));
    const [master, replica] = now();
    await talk('failover', 150, async () => {
      await until(() => said(people.Bo).length > 20);
      replica.child.kill('SIGSTOP');
      master.cli('CLIENT', 'KILL', 'TYPE', 'replica');
      const length = () => Number(asked(master, 'XLEN', 'aula:rooms'));
      const at = length();
      await until(() => length() > at + 50);
      await master.kill();
      replica.child.kill('SIGCONT');
      await until(() => /^master/.test(asked(replica, 'ROLE')));
    });
    assert.equal(await metric(a, 'aula_relay_missed_total'), 0);
    for (const p of Object.values(people)) await until(async () => (await total(p)) === 4);
    await master.run();
  });

  test('a server killed: who was there is gone after a while, and what it kept is not', async () => {
    people.Tess.client.events.length = 0;
    const { id } = await people.Ben.message({ request: 'message', text: 'last words' });
    b.child.kill('SIGKILL');
    await b.exited;
    await event(people.Tess, 'leave', m => m.username === 3);
    await event(people.Tess, 'leave', m => m.username === 4);
    assert.equal(await total(people.Ada), 2);
    assert.equal((await event(people.Tess, 'message', m => m.text === 'last words')).id, id);
    b = await serve();
    const again = await person(b, 'Ben', 3);
    await event(people.Tess, 'join', m => m.username === 3);
    await until(async () => (await total(again)) === 3);
    const heard = (await people.Tess.message({ request: 'history', limit: 50 })).messages.filter(m => !m.whisper).slice(-40);
    const read = again.joined.history.filter(m => !m.whisper).slice(-40);
    assert.deepEqual(read, heard);
    await people.Tess.message({ request: 'message', text: 'welcome back' });
    await event(again, 'message', m => m.text === 'welcome back');
  });
});
