// Chat over the real wire.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

let d, teacher, ada, ben;
before(async () => {
  const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  d = await Daemon.start({ args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret } },
    classroom: 'rooms = ( { room = 7; pin = "1"; } );\n', chat: 'max_text = 100;\nburst = 8;\nrate = 600;\n' } });
  [teacher, ada, ben] = await Promise.all([person('teacher', 'Tess', 1), person('student', 'Ada', 2), person('student', 'Ben', 3)]);
});
after(async () => assert.equal(await d.stop(), 0));

// Somebody who is in the room and in its chat.
async function person(role, name, id) {
  const client = await Client.open(d.ws, { token: token({ sub: name, name, role }) });
  const room = await client.attach('aula.plugin.classroom');
  await room.message({ request: 'join', ptype: 'publisher', room: 7, pin: '1', id });
  const chat = await client.attach('aula.plugin.chat');
  chat.joined = await chat.message({ request: 'join', room: 7 });
  assert.equal(chat.joined.textroom, 'success', JSON.stringify(chat.joined));
  chat.room = room;
  return chat;
}

const said = (handle, text) => handle.event(e => e.text === text);

describe('chat', () => {
  test('is for those who are in the room', async () => {
    const c = await Client.open(d.ws, { token: token({ sub: 'x', role: 'student' }) });
    const h = await c.attach('janus.plugin.textroom');
    const reply = await h.message({ request: 'join', room: 7 });
    assert.equal(reply.error_code, 419, JSON.stringify(reply));
    await c.close();
  });

  test('reaches everybody once, in one form', async () => {
    const reply = await ada.message({ request: 'message', room: 7, text: 'Grüß Gott\n👋' });
    assert.equal(reply.textroom, 'success');
    assert.match(reply.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const [one, ...others] = await Promise.all([teacher, ada, ben].map(h => said(h, 'Grüß Gott\n👋')));
    assert.deepEqual([one.textroom, one.id, one.from, one.display, one.role, one.date],
      ['message', reply.id, 2, 'Ada', 'student', reply.date]);
    for (const other of others) assert.deepEqual(other, one);
  });

  test('whispers to some', async () => {
    const reply = await ada.message({ request: 'message', text: 'psst', to: 3 });
    assert.deepEqual(reply.sent, { 3: true });
    const whisper = await said(ben, 'psst');
    assert.equal(whisper.whisper, true);
    await said(ada, 'psst');
    assert.ok((await ben.message({ request: 'history' })).messages.some(m => m.text === 'psst'));
    assert.ok(!(await teacher.message({ request: 'history' })).messages.some(m => m.text === 'psst'));
    assert.equal((await ada.message({ request: 'message', text: 'x', to: 99 })).error_code, 423);
  });

  test('is remembered for who comes late, without what was deleted', async () => {
    const { id } = await ben.message({ request: 'message', text: 'rude' });
    assert.equal((await ada.message({ request: 'delete', id })).error_code, 419);
    assert.equal((await teacher.message({ request: 'delete', id })).textroom, 'success');
    const gone = await ben.event(e => e.textroom === 'deleted');
    assert.deepEqual([gone.id, gone.by], [id, 1]);
    await teacher.message({ request: 'announcement', text: 'Ten minutes of break' });
    assert.equal((await said(ben, 'Ten minutes of break')).textroom, 'announcement');
    const late = await person('student', 'Late', 9);
    assert.deepEqual(late.joined.history.map(m => m.text), ['Grüß Gott\n👋', 'Ten minutes of break']);
    const { last_id: last } = late.joined;
    await ada.message({ request: 'message', text: 'new' });
    assert.deepEqual((await late.message({ request: 'history', after: last })).messages.map(m => m.text), ['new']);
    await late.client.close();
  });

  test('is bounded in length and rate', async () => {
    const long = await ben.message({ request: 'message', text: 'x'.repeat(101) });
    assert.deepEqual([long.error_code, long.word, long.field], [414, 'too-large', 'text']);
    assert.equal((await ben.message({ request: 'message', text: 'bell\u0007' })).error_code, 414);
    let reply;
    for (let i = 0; i < 20 && !reply?.error_code; i++) reply = await ben.message({ request: 'message', text: `m${i}` });
    assert.deepEqual([reply.error_code, reply.word], [424, 'too-fast']);
    assert.ok(reply.retry_after_ms > 0 && reply.retry_after_ms <= 101, JSON.stringify(reply));
    await new Promise(r => setTimeout(r, reply.retry_after_ms));
    assert.equal((await ben.message({ request: 'message', text: 'again' })).textroom, 'success');
  });

  test('forgets who leaves, and does not call it a kick', async () => {
    const once = await person('student', 'Once', 11);
    await once.detach();
    assert.ok(!once.client.events.some(m => m.plugindata?.data.textroom === 'kicked'));
    assert.equal((await ada.event(e => e.textroom === 'leave')).username, 11);
    const { participants, total } = await ada.message({ request: 'listparticipants' });
    assert.equal(total, participants.length);
    assert.ok(!participants.some(p => p.username === 11));
    await once.client.close();
  });
});
