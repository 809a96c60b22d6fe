// Who was in a class: the same numbers during it, after it, and after a death of the server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
const secret = path.join(state, 'secret');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const start = () => Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret } },
  classroom: 'rooms = ( { room = 7; }, { room = 8; } );\n' } });
const everybody = [];
let d;
before(async () => { d = await start(); });
after(async () => {
  for (const client of everybody) client.socket.terminate();
  assert.equal(await d.stop(), 0);
});

async function person(role, name, room = 7) {
  const client = await Client.open(d.ws, { token: token({ sub: name.toLowerCase(), name, role }) });
  everybody.push(client);
  const seat = await client.attach('aula.plugin.classroom');
  if (room) assert.equal((await seat.message({ request: 'join', ptype: 'publisher', room })).videoroom, 'joined');
  return { client, seat, ask: (await client.attach('aula.plugin.attendance')) };
}

const list = async (who, more = {}) => (await who.ask.message({ request: 'list', room: 7, ...more })).people;
const counts = people => people.map(p => [p.person, p.there, p.stays, p.hands, p.answers, p.messages]);

test('who was there and what they did is told to the teacher, alike during the class and after a death', async () => {
  const [tess, ada, ben] = [await person('teacher', 'Tess'), await person('student', 'Ada'), await person('student', '=Ben')];
  assert.equal((await ada.ask.message({ request: 'list', room: 7 })).word, 'forbidden');
  await ada.seat.message({ request: 'hand', raised: true });
  const chat = await ada.client.attach('aula.plugin.chat'), polls = await ada.client.attach('aula.plugin.polls');
  await chat.message({ request: 'join', room: 7 });
  for (const text of ['one', 'two']) await chat.message({ request: 'message', text });
  await polls.message({ request: 'join', room: 7 });
  const asks = await tess.client.attach('aula.plugin.polls');
  await asks.message({ request: 'join', room: 7 });
  const { id } = await asks.message({ request: 'ask', questions: [{ text: 'Tea?', options: ['yes', 'no'] }] });
  await polls.message({ request: 'answer', id, answers: [{ answer: ['yes'] }] });
  await polls.message({ request: 'answer', id, answers: [{ answer: ['no'] }] });
  await ben.seat.message({ request: 'leave' });

  const live = await list(tess);
  assert.deepEqual(counts(live), [['tess', true, 1, 0, 0, 0], ['ada', true, 1, 1, 1, 2], ['=ben', false, 1, 0, 0, 0]]);
  assert.ok(live.every(p => p.left_us >= p.joined_us && p.spoke_s === 0 && p.idle_s === 0));
  await ben.seat.message({ request: 'join', ptype: 'publisher', room: 7 });
  assert.deepEqual(counts(await list(tess))[2], ['=ben', true, 2, 0, 0, 0]);
  const [first] = await list(tess, { limit: 1 }), page = await tess.ask.message({ request: 'list', room: 7, limit: 1, offset: 1 });
  assert.deepEqual([first.person, page.people[0].person, page.more], ['tess', 'ada', true]);
  assert.deepEqual(await list(tess, { to_us: live[0].joined_us }), []);

  await d.stop('SIGKILL');
  d = await start();
  const back = await person('teacher', 'Tess', 0);
  const then = await list(back);
  assert.deepEqual(counts(then).map(([name, , ...rest]) => [name, ...rest]), counts(await list(back)).map(([name, , ...rest]) => [name, ...rest]));
  assert.deepEqual(then.map(p => [p.person, p.stays, p.hands, p.answers, p.messages]),
    [['tess', 1, 0, 0, 0], ['ada', 1, 1, 1, 2], ['=ben', 2, 0, 0, 0]]);

  const { csv } = await back.ask.message({ request: 'export', room: 7 });
  const lines = csv.split('\r\n');
  assert.match(lines[0], /^person,name,role,joined,left,there,/);
  assert.match(lines[2], /^"ada","Ada","student",\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ,.*,1,1,2$/);
  assert.match(lines[3], /^"'=ben","'=Ben",/, 'no formula for a spreadsheet');
  assert.equal((await back.ask.message({ request: 'export', room: 7, format: 'json' })).people.length, 3);
});

test('a teacher sees the rooms in which they have been, an administrator all', async () => {
  const [other, admin] = [await person('teacher', 'Otto', 8), await person('admin', 'Root', 0)];
  assert.equal((await other.ask.message({ request: 'list', room: 7 })).word, 'forbidden');
  assert.deepEqual((await other.ask.message({ request: 'list', room: 8 })).people.map(p => p.person), ['otto']);
  assert.equal((await list(admin)).length, 3);
  const reply = await fetch(`${d.origin}/api/attendance/list`, { method: 'POST', body: JSON.stringify({ room: 7 }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token({ sub: 'tess', name: 'Tess', role: 'teacher' })}` } });
  const body = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(body));
  assert.equal(body.people.length, 3);
});
