// Polls over the real wire: asked, answered, counted, shown; and still there after a death.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const state = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-'));
const secret = path.join(state, 'secret');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const start = () => Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret } },
  classroom: 'rooms = ( { room = 7; }, { room = 8; } );\n', polls: 'max_open = 3;\nmax_votes = 50;\ntell_interval = 50;\n' } });

let d;
const everybody = [];
before(async () => { d = await start(); });
after(async () => {
  for (const client of everybody) client.socket.terminate();
  assert.equal(await d.stop(), 0);
});

// Somebody in a room and its polls.
async function person(role, name, { room = 7, ptype = 'publisher' } = {}) {
  const client = await Client.open(d.ws, { token: token({ sub: name, name, role }) });
  everybody.push(client);
  const seat = await client.attach('aula.plugin.classroom');
  const joined = await seat.message({ request: 'join', ptype, room });
  assert.equal(joined.videoroom, 'joined', JSON.stringify(joined));
  const polls = await client.attach('aula.plugin.polls');
  polls.joined = await polls.message({ request: 'join', room });
  assert.equal(polls.joined.polls, 'joined', JSON.stringify(polls.joined));
  polls.answer = (id, ...answers) => polls.message({ request: 'answer', id, answers: answers.map(answer => ({ answer: [answer].flat() })) });
  return polls;
}

const capital = { text: 'Capital of Norway?', options: ['Bergen', 'Oslo', 'Tromsø'], right: ['Oslo'] };
const told = (who, word, id) => who.event(e => e.polls === word && (e.id ?? e.poll?.id) === id);
const counted = (who, id, answered) => who.event(e => e.polls === 'counts' && e.id === id && e.results.answered === answered);

describe('a poll', () => {
  test('is for those who are in the room, and asked by those who may', async () => {
    const outside = await Client.open(d.ws, { token: token({ sub: 'x', role: 'student' }) });
    everybody.push(outside);
    const refused = await (await outside.attach('aula.plugin.polls')).message({ request: 'join', room: 7 });
    assert.deepEqual([refused.error_code, refused.word], [519, 'forbidden']);
    const ada = await person('student', 'Ada');
    for (const body of [{ request: 'ask', questions: [capital] }, { request: 'list' }, { request: 'answers', id: 1 }])
      assert.equal((await ada.message(body)).word, 'forbidden', body.request);
    assert.equal((await ada.message({ request: 'answer', id: 1, answers: [{}] })).error_code, 523);
    await Promise.all([outside, ada.client].map(c => c.close()));
  });

  test('is answered, changed, counted for the teacher, closed, and shown to all', async () => {
    const [tess, ada, ben] = await Promise.all([person('teacher', 'Tess'), person('student', 'Ada'), person('student', 'Ben')]);
    const viewer = await person('student', 'Vera', { ptype: 'viewer' });
    const { id, polls, kept } = await tess.message({ request: 'ask', questions: [capital] });
    assert.deepEqual([polls, kept], ['asked', undefined]);
    const opened = await told(viewer, 'opened', id);
    assert.deepEqual([opened.poll.state, opened.poll.questions[0].options, opened.poll.questions[0].right, opened.poll.results],
      ['open', capital.options, undefined, undefined]);
    assert.equal((await ada.answer(id, 'Stockholm')).word, 'invalid');
    assert.equal((await ada.answer(id, ['Oslo', 'Bergen'])).word, 'invalid');
    assert.deepEqual((await ada.answer(id, 'Bergen')).mine, [['Bergen']]);
    await ada.answer(id, 'Oslo');
    await ben.answer(id, 'Bergen');
    await viewer.answer(id, 'Oslo');
    const { results } = await counted(tess, id, 3);
    assert.deepEqual([results.of, results.questions[0].counts], [3, [1, 2, 0]]);
    assert.equal((await ada.message({ request: 'results', id })).poll.results, undefined);
    assert.equal((await tess.message({ request: 'close', id })).results.answered, 3);
    assert.equal((await told(viewer, 'closed', id)).reason, 'closed');
    assert.deepEqual((await ben.answer(id, 'Oslo')).error_code, 522);
    await tess.message({ request: 'show', id });
    const shown = await told(viewer, 'shown', id);
    assert.deepEqual([shown.poll.results.questions[0].counts, shown.poll.questions[0].right], [[1, 2, 0], ['Oslo']]);
    const score = await told(ada, 'score', id);
    assert.deepEqual([score.score, score.points, score.marks], [1, 1, [true]]);
    assert.equal((await told(ben, 'score', id)).score, 0);
    assert.ok(!tess.client.events.some(m => m.plugindata?.data.polls === 'score'));
    const { answers } = await tess.message({ request: 'answers', id });
    assert.deepEqual(answers.map(a => [a.subject, a.display, a.score, a.answers[0][0]]),
      [['Ada', 'Ada', 1, 'Oslo'], ['Ben', 'Ben', 0, 'Bergen'], ['Vera', 'Vera', 1, 'Oslo']]);
    await Promise.all([tess, ada, ben, viewer].map(p => p.client.close()));
  });

  test('of several questions, with several right, a text and a number, has a score', async () => {
    const [tess, ada] = await Promise.all([person('teacher', 'Tess'), person('student', 'Ada')]);
    const questions = [{ text: 'Primes?', kind: 'multiple', options: ['2', '4', '5'], right: ['5', '2'], points: 3 },
      { text: 'Who wrote Faust?', kind: 'text', right: ['Goethe', 'J. W. Goethe'], points: 2 },
      { text: 'Pi?', kind: 'number', right: ['3.14'], tolerance: 0.01 }, { text: 'How was it?', kind: 'text' }];
    const { id } = await tess.message({ request: 'ask', title: 'Monday', questions, open: false });
    assert.equal((await told(tess, 'asked', id)).poll.state, 'draft');
    assert.equal((await ada.message({ request: 'results', id })).error_code, 523);
    assert.equal((await ada.answer(id, '2')).error_code, 522);
    await tess.message({ request: 'open', id });
    await told(ada, 'opened', id);
    for (const bad of [[['2', '2']], [[], 'x', 'y', 'z', 'too many'], [[], [], 'three'], [[], 'x'.repeat(301)], [[], 'bell\u0007'], [[]]])
      assert.equal((await ada.answer(id, ...bad)).word, 'invalid', JSON.stringify(bad));
    await ada.answer(id, ['5', '2'], '  gOETHE ', '3.145', 'Well');
    await tess.message({ request: 'close', id });
    await tess.message({ request: 'show', id });
    const score = await told(ada, 'score', id);
    assert.deepEqual([score.score, score.points, score.marks], [6, 6, [true, true, true, false]]);
    const { poll } = await ada.message({ request: 'results', id });
    assert.deepEqual([poll.score, poll.mine[3]], [6, ['Well']]);
    assert.deepEqual(poll.results.questions[3].answers, [{ text: 'Well', count: 1 }]);
    await Promise.all([tess, ada].map(p => p.client.close()));
  });

  test('is refused when it makes no sense', async () => {
    const tess = await person('teacher', 'Tess', { room: 8 });
    const question = { text: 'x', options: ['a', 'b'] };
    for (const bad of [{ ...question, options: ['a'] }, { ...question, options: ['a', ' a '] }, { ...question, text: ' ' },
      { ...question, right: ['c'] }, { ...question, right: ['a', 'b'] }, { ...question, kind: 'text' }, { ...question, kind: 'essay' },
      { text: 'x', kind: 'number', right: ['one'] }, { text: 'x', kind: 'number', right: ['inf'] }, { ...question, options: ['a', 'b\u0007'] }]) {
      const reply = await tess.message({ request: 'ask', questions: [bad] });
      assert.equal(reply.word, 'invalid', JSON.stringify([bad, reply]));
    }
    assert.equal((await tess.message({ request: 'ask', questions: [] })).error_code, 514);
    for (let i = 0; i < 3; i++) assert.equal((await tess.message({ request: 'ask', questions: [question] })).polls, 'asked');
    assert.equal((await tess.message({ request: 'ask', questions: [question] })).error_code, 524);
    await tess.client.close();
  });

  test('closes by itself, takes one answer where it says so, and tells no names where it is anonymous', async () => {
    const [tess, ada, ben] = await Promise.all([person('teacher', 'Tess'), person('student', 'Ada'), person('student', 'Ben')]);
    const { id } = await tess.message({ request: 'ask', questions: [capital], anonymous: true, change: false, seconds: 2 });
    assert.ok((await told(ada, 'opened', id)).poll.left_ms > 1000);
    await ada.answer(id, 'Oslo');
    assert.equal((await ada.answer(id, 'Bergen')).error_code, 527);
    const again = await person('student', 'Ada');
    assert.deepEqual(again.joined.list.find(p => p.id === id).mine, [['Oslo']]);
    assert.equal((await again.answer(id, 'Bergen')).error_code, 527, 'one person, whatever it is sent from');
    assert.equal((await told(ben, 'closed', id)).reason, 'time');
    const { answers, word } = await tess.message({ request: 'answers', id });
    assert.deepEqual([answers, word], [undefined, 'forbidden']);
    await Promise.all([tess, ada, ben, again].map(p => p.client.close()));
  });
});

describe('after a death', () => {
  test('each answer that was acknowledged is there, and what is open goes on', async () => {
    const tess = await person('teacher', 'Tess');
    const { id } = await tess.message({ request: 'ask', questions: [capital], anonymous: false });
    const draft = (await tess.message({ request: 'ask', title: 'Later', questions: [capital], open: false })).id;
    const people = await Promise.all(Array.from({ length: 20 }, (_, i) => person('student', `s${i}`)));
    const acknowledged = [];
    const voting = people.map((p, i) => p.answer(id, capital.options[i % 3]).then(reply => reply.polls === 'answered' && acknowledged.push(i), () => {}));
    // In the midst of it: some are acknowledged, others are on their way.
    await Promise.all(voting.slice(0, 5));
    await d.stop('SIGKILL');
    await Promise.all(voting);
    assert.ok(acknowledged.length > 0);

    d = await start();
    const back = await person('teacher', 'Tess');
    const open = back.joined.list.find(p => p.id === id), waits = back.joined.list.find(p => p.id === draft);
    assert.deepEqual([open.state, waits.state, waits.title], ['open', 'draft', 'Later']);
    assert.ok(open.results.answered >= acknowledged.length, `${open.results.answered} of ${acknowledged.length}`);
    const { answers } = await back.message({ request: 'answers', id });
    for (const i of acknowledged) assert.ok(answers.some(a => a.subject === `s${i}`), `s${i}`);
    const first = await person('student', `s${acknowledged[0]}`);
    assert.deepEqual(first.joined.list.find(p => p.id === id).mine, [[capital.options[acknowledged[0] % 3]]]);
    await first.answer(id, 'Tromsø');
    const changed = (await back.message({ request: 'close', id })).results;
    assert.equal(changed.answered, open.results.answered, 'a change is no second answer');

    const page = await back.message({ request: 'list', limit: 2 });
    assert.deepEqual([page.list.map(p => p.id), page.more], [[draft, id], true]);
    const older = await back.message({ request: 'list', before: id });
    assert.ok(older.list.some(p => p.title === 'Monday' && p.results.answered === 1));
    const shown = first.event(e => e.polls === 'shown' && e.poll.title === 'Monday');
    await back.message({ request: 'show', id: older.list.find(p => p.title === 'Monday').id });
    await shown;
    assert.equal((await back.message({ request: 'drop', id })).polls, 'dropped');
    assert.ok(!(await back.message({ request: 'list' })).list.some(p => p.id === id));
    await Promise.all([back, first].map(p => p.client.close()));
  });
});
