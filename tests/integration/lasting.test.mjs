// What survives a restart, and a death: rooms made to last, what was said in them, who is muted.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Daemon, run, storeArgs } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
const secret = path.join(state, 'secret');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const files = { aula: { identity: { secret_file: secret } }, classroom: 'rooms = ( { room = 7; } );\n',
  chat: 'burst = 1000;\nrate = 6000;\nhistory_messages = 20;\n' };
const start = () => Daemon.start({ state, args: ['--demo', 'off'], files });

// Somebody in a room and its chat.
async function person(d, role, name, room, more = {}) {
  const client = await Client.open(d.ws, { token: token({ sub: name, name, role }) });
  const seat = await client.attach('aula.plugin.classroom');
  const joined = await seat.message({ request: 'join', ptype: 'publisher', room, ...more });
  assert.equal(joined.videoroom, 'joined', JSON.stringify(joined));
  const chat = await client.attach('aula.plugin.chat');
  chat.joined = await chat.message({ request: 'join', room });
  assert.equal(chat.joined.textroom, 'success', JSON.stringify(chat.joined));
  return { client, seat, chat };
}

async function teacher(d) {
  const client = await Client.open(d.ws, { token: token({ sub: 'tess', name: 'Tess', role: 'teacher' }) });
  return client.attach('aula.plugin.classroom');
}

const texts = messages => messages.map(m => m.text);

describe('what lasts', () => {
  let d;
  after(async () => assert.equal(await d.stop(), 0));

  test('is there after a death', async () => {
    d = await start();
    const desk = await teacher(d);
    const made = await desk.message({ request: 'create', room: 'Latin', description: 'Ovid', pin: '5', secret: 's', publishers: 9,
      permanent: true });
    assert.deepEqual([made.videoroom, made.permanent], ['created', true]);
    assert.equal((await desk.message({ request: 'create', room: 99 })).permanent, false);
    const ada = await person(d, 'student', 'Ada', 7), ben = await person(d, 'student', 'Ben', 7);
    for (let i = 1; i <= 60; i++)
      assert.equal((await ada.chat.message({ request: 'message', text: `line ${i}` })).kept, undefined);
    const { id } = await ada.chat.message({ request: 'message', text: 'psst', tos: [String(ben.chat.joined.username)] });
    assert.equal(id, 61);
    await d.stop('SIGKILL');

    d = await start();
    const again = await teacher(d);
    const { list } = await again.message({ request: 'list' });
    const latin = list.find(room => room.room === 'Latin');
    assert.deepEqual([latin.description, latin.pin_required, latin.max_publishers], ['Ovid', true, 9]);
    assert.ok(!list.some(room => room.room === 99));
    await person(d, 'student', 'Cem', 'Latin', { pin: '5' });
    const back = await person(d, 'student', 'Ben', 7), cem = await person(d, 'student', 'Cem', 7);
    assert.equal(back.chat.joined.last_id, 61);
    assert.equal(back.chat.joined.history.at(-1).text, 'psst');
    assert.equal(back.chat.joined.more, true);
    assert.ok(!texts(cem.chat.joined.history).includes('psst'), 'a whisper is for whom it was');
    assert.equal((await cem.chat.message({ request: 'message', text: 'new' })).id, 62);
  });

  test('is read in pages beyond the memory', async () => {
    const cem = await person(d, 'student', 'Cem2', 7), ben = await person(d, 'student', 'Ben', 7);
    const all = [];
    for (let before = 0, more = true; more;) {
      const page = await cem.chat.message({ request: 'history', before, limit: 25 });
      all.unshift(...page.messages);
      before = page.messages[0].id;
      more = page.more;
    }
    assert.deepEqual(texts(all), [...Array.from({ length: 60 }, (_, i) => `line ${i + 1}`), 'new']);
    const missed = await ben.chat.message({ request: 'history', after: 58, limit: 50 });
    assert.deepEqual(texts(missed.messages), ['line 59', 'line 60', 'psst', 'new']);
  });

  test('is taken back by who may', async () => {
    const cem = await person(d, 'student', 'Cem3', 7), tess = await person(d, 'teacher', 'Tess', 7);
    assert.equal((await cem.chat.message({ request: 'delete', id: 5 })).error_code, 425);
    const told = cem.chat.event(e => e.textroom === 'deleted' && e.id === 5);
    assert.equal((await tess.chat.message({ request: 'delete', id: 5 })).textroom, 'success');
    await told;
    assert.equal((await tess.chat.message({ request: 'delete', id: 5 })).error_code, 425);
    const page = await cem.chat.message({ request: 'history', before: 7, limit: 10 });
    assert.deepEqual(texts(page.messages), ['line 1', 'line 2', 'line 3', 'line 4', 'line 6']);
  });

  test('says who did what', async () => {
    const admin = await Client.open(d.ws, { token: token({ sub: 'root', name: 'Root', role: 'admin' }) });
    const desk = await admin.attach('aula.plugin.audit');
    const { lines, more } = await desk.message({ request: 'search', act: 'room.create', in_room: 'Latin' });
    assert.equal(more, false);
    assert.deepEqual([lines.length, lines[0].actor, lines[0].name, lines[0].role, lines[0].address, lines[0].detail],
      [1, 'tess', 'Tess', 'teacher', '127.0.0.1', 'permanent']);
    const deleted = await desk.message({ request: 'search', act: 'chat.delete' });
    assert.deepEqual(deleted.lines.map(l => [l.actor, l.room, l.target]), [['Tess', '7', '5']]);
    const page = await desk.message({ request: 'search', limit: 1, until_us: deleted.lines[0].at_us });
    assert.deepEqual([page.lines.length, page.more], [1, true]);
    const student = await Client.open(d.ws, { token: token({ sub: 'x', name: 'X', role: 'student' }) });
    const closed = await (await student.attach('aula.plugin.audit')).message({ request: 'search' });
    assert.equal(closed.word, 'forbidden');
    const whole = await run(['--state', state, ...storeArgs(state), 'audit']);
    assert.match(whole.out, /The audit log is whole: \d+ lines/, whole.err);
  });

  test('ends when its room is destroyed', async () => {
    const desk = await teacher(d);
    const dan = await person(d, 'student', 'Dan', 'Latin', { pin: '5' });
    assert.equal((await dan.chat.message({ request: 'message', text: 'vale' })).textroom, 'success');
    assert.equal((await desk.message({ request: 'destroy', room: 'Latin', secret: 's' })).videoroom, 'destroyed');
    assert.equal(await d.stop(), 0);
    d = await start();
    const again = await teacher(d);
    assert.equal((await again.message({ request: 'exists', room: 'Latin' })).exists, false);
    assert.equal((await again.message({ request: 'create', room: 'Latin', permanent: true })).permanent, true);
    const eva = await person(d, 'student', 'Eva', 'Latin');
    assert.deepEqual(eva.chat.joined.history, []);
    assert.equal((await person(d, 'student', 'Ada', 7)).chat.joined.last_id, 62);
  });
});
