// A room on two servers that share a Redis and no database: what goes across, and what whoever opens it later is told.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { Redis, until } from './lib/redis.mjs';
import { SECRET, token } from './lib/token.mjs';

let redis, a, b;
const clients = [];
before(async () => {
  const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  redis = await Redis.start();
  const serve = () => Daemon.start({ args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret }, bus: { url: redis.url, presence: 60 } },
    classroom: 'rooms = ( { room = 7; } );\n' } });
  [a, b] = await Promise.all([serve(), serve()]);
});
after(async () => {
  for (const client of clients) client.kill();
  assert.deepEqual(await Promise.all([a.stop(), b.stop()]), [0, 0]);
  await redis.end();
});

async function person(d, name, id, room = 7, role = 'student') {
  const client = await Client.open(d.ws, { token: token({ sub: name, name, role }) });
  clients.push(client);
  const classroom = await client.attach('aula.plugin.classroom');
  if (room !== 7) await classroom.message({ request: 'create', room });
  await classroom.message({ request: 'join', ptype: 'publisher', room, id });
  const chat = await client.attach('aula.plugin.chat');
  chat.joined = await chat.message({ request: 'join', room });
  assert.equal(chat.joined.textroom, 'success', JSON.stringify(chat.joined));
  return chat;
}
const names = async chat => (await chat.message({ request: 'listparticipants' })).participants.map(p => p.username).sort();
const texts = async chat => (await chat.message({ request: 'history' })).messages.map(m => m.text);
const event = (chat, word, matches = () => true) => chat.event(m => m.textroom === word && matches(m), 20000);

describe('a room on two servers', () => {
  test('one chat', async () => {
    const tess = await person(a, 'Tess', 1, 7, 'teacher');
    const ben = await person(b, 'Ben', 2);
    assert.equal((await event(tess, 'join')).username, 2);
    await until(async () => (await names(ben)).join() === '1,2');
    const { id } = await tess.message({ request: 'message', text: 'Hello' });
    assert.equal((await event(ben, 'message')).id, id);
    assert.deepEqual((await ben.message({ request: 'message', text: 'psst', to: 1 })).sent, { 1: true });
    assert.equal((await event(tess, 'message', m => m.text === 'psst')).whisper, true);
    assert.equal((await tess.message({ request: 'delete', id })).textroom, 'success');
    assert.equal((await event(ben, 'deleted')).id, id);
    assert.deepEqual(await texts(ben), ['psst']);
    await ben.detach();
    assert.equal((await event(tess, 'leave')).username, 2);
    assert.deepEqual(await names(tess), [1]);
  });

  test('one that is opened later on the other is told who is there and what was said', async () => {
    const tess = await person(a, 'Tess', 1, 8, 'teacher');
    await tess.message({ request: 'message', text: 'first' });
    const { id } = await tess.message({ request: 'message', text: 'second' });
    const theo = await person(b, 'Theo', 3, 8, 'teacher');
    await until(async () => (await names(theo)).join() === '1,3' && (await texts(theo)).length === 2);
    assert.deepEqual(await texts(theo), ['first', 'second']);
    assert.ok((await theo.message({ request: 'message', text: 'third' })).id > id);
    await event(tess, 'message', m => m.text === 'third');
  });

  test('a server that stops takes leave', async () => {
    const tess = await person(a, 'Tess', 1, 9, 'teacher');
    await person(b, 'Theo', 3, 9, 'teacher');
    await until(async () => (await names(tess)).length === 2);
    assert.equal(await b.stop(), 0);
    await until(async () => (await names(tess)).length === 1);
    await a.until(() => /a server is gone/.test(a.text));
  });
});
