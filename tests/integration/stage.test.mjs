// The stage of a class over the real wire: one offer for the whole class, whoever comes on it, with a client that was
// not written here; and what a viewer costs the others.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Peers } from './lib/clients.mjs';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const CLASSROOM = 'aula.plugin.classroom', ROOM = 1234, CROWD = Number(process.env.AULA_VIEWERS ?? 150);
const [SOUND, PICTURE, SPEAKER_SOUND, SPEAKER_PICTURE] = ['0', '1', '4', '5'];
let d, peers;

before(async () => {
  peers = new Peers();
  d = await Daemon.start({ files: { aula: { limits: { reclaim_s: 0 } }, classroom: { presence_window: 300, rooms: [{ room: ROOM, publishers: 9, stage_speakers: 1 }] } } });
});
after(async () => {
  assert.equal(await d.stop(), 0);
  await peers.end();
});

const open = async (role, name) => {
  const { token } = await (await fetch(`${d.origin}/demo/token?role=${role}&name=${name}`)).json();
  return Client.open(d.ws, { token });
};
const enter = async (role, name) => {
  const handle = await (await open(role, name)).attach(CLASSROOM);
  const joined = await handle.message({ request: 'join', ptype: 'publisher', room: ROOM });
  assert.equal(joined.videoroom, 'joined', JSON.stringify(joined));
  return Object.assign(handle, { me: joined.id, joined });
};
// The event for which `pleases` is true; a failure says what was waited for.
const hears = (handle, what, pleases, ms = 20000) => handle.event(pleases, ms)
  .catch(error => { throw new Error(`${what}: ${error.message}`); });
const who = (data, mid) => data.stage?.find(one => one.mid === mid)?.feed_id;

describe('a stage', () => {
  test('shows the teacher, then one student after the other, by one offer', { timeout: 60000 }, async () => {
    const teacher = await enter('teacher', 'Tess'), one = await enter('student', 'One'), two = await enter('student', 'Two');
    await peers.publish('teacher', teacher, { request: 'publish' }, ['audio', 'video']);
    await hears(teacher, 'teacher is live', e => e.published === 'ok');

    const viewer = await (await open('student', 'Vera')).attach(CLASSROOM);
    const joined = await viewer.message({ request: 'join', ptype: 'viewer', room: ROOM });
    assert.equal(joined.jsep.type, 'offer');
    assert.equal(joined.stage.length, 6);
    assert.equal(who(joined, PICTURE), teacher.me);
    // Voice and picture of one slot play in step, those of two do not.
    const streams = joined.jsep.sdp.split('\nm=').slice(1).map(m => m.match(/a=msid:(\S+)/)[1]);
    assert.equal(streams.length, 6);
    assert.equal(new Set(streams).size, 3);
    assert.ok(streams[0] === streams[1] && streams[4] === streams[5]);
    assert.equal((await peers.answer('viewer', viewer, joined)).started, 'ok');
    await peers.receives('viewer', SOUND);
    await peers.receives('viewer', PICTURE);

    // Two students come on stage in turn. aiortc's silence is nobody's voice: the teacher brings them.
    await peers.publish('one', one, { request: 'publish' }, ['audio', 'video']);
    await peers.publish('two', two, { request: 'publish' }, ['audio', 'video']);
    for (const [student, name] of [[one, 'one'], [two, 'two']]) {
      await hears(student, `${name} is live`, e => e.published === 'ok');
      const { stage } = await teacher.message({ request: 'stage', room: ROOM, action: 'promote', id: student.me });
      assert.equal(who({ stage }, SPEAKER_PICTURE), student.me, name);
      await hears(viewer, `${name} on stage`, e => who(e, SPEAKER_PICTURE) === student.me);
      await peers.receives('viewer', SPEAKER_SOUND);
      await peers.receives('viewer', SPEAKER_PICTURE);
      await hears(student, `${name} knows`, e => e.on_stage === 'promoted');
      await teacher.message({ request: 'stage', room: ROOM, action: 'demote', id: student.me });
      await hears(viewer, `${name} off stage`, e => e.stage && who(e, SPEAKER_PICTURE) === undefined);
    }
    await peers.fallsSilent('viewer', SPEAKER_PICTURE);
    // All that came were events without a description.
    assert.ok(!viewer.client.events.some(e => e.jsep));
    // The teacher goes and comes again on another connection; the viewer sees it on the same m-line.
    await teacher.message({ request: 'unpublish' });
    await hears(viewer, 'no teacher', e => e.stage && who(e, PICTURE) === undefined);
    await teacher.notice('hangup', 20000);
    await peers.publish('teacher-again', teacher, { request: 'publish' }, ['audio', 'video']);
    await hears(viewer, 'the teacher again', e => who(e, PICTURE) === teacher.me);
    await peers.receives('viewer', PICTURE);
    assert.equal((await viewer.message({ request: 'leave' })).left, 'ok');
    for (const handle of [teacher, one, two, viewer]) await handle.client.close();
  });

  test('refuses what its codec cannot carry, and who may not', { timeout: 30000 }, async () => {
    const teacher = await enter('teacher', 'Tess'), one = await enter('student', 'One');
    const body = { request: 'stage', room: ROOM, action: 'promote', id: one.me };
    assert.equal((await one.message(body)).error_code, 433);
    await peers.publish('h264', one, { request: 'publish', videocodec: 'h264' }, ['audio', 'video']);
    await hears(one, 'one is live', e => e.published === 'ok');
    const refused = await teacher.message(body);
    assert.deepEqual([refused.error_code, refused.word, refused.field], [430, 'unsupported', 'id']);
    assert.equal((await teacher.message({ ...body, action: 'fly' })).error_code, 430);
    for (const handle of [teacher, one]) await handle.client.close();
  });
});

describe('a crowd of viewers', () => {
  test('costs each its own messages, and the others none', { timeout: 60000 }, async () => {
    const teacher = await enter('teacher', 'Tess'), student = await enter('student', 'Stu');
    let messages = 0;
    const clients = await Promise.all(Array.from({ length: 10 }, async () => {
      const c = await Client.open(d.ws);
      // What is told of the stage follows from who goes on and off it, not from who watches.
      c.socket.on('message', data => { if (!data.includes('"stage"') || data.includes('"jsep"')) messages++; });
      return c;
    }));
    const heard = () => student.client.events.filter(e => e.plugindata?.data.viewers || e.plugindata?.data.stage).length;
    const viewers = [];
    for (let i = 0; i < CROWD; i++) {
      const handle = await clients[i % clients.length].attach(CLASSROOM);
      const { viewers: count, jsep } = await handle.message({ request: 'join', ptype: 'viewer', room: ROOM });
      assert.ok(count >= i + 1);
      assert.equal(jsep.type, 'offer');
      viewers.push(handle);
    }
    // attach, ack, joined.
    assert.equal(messages, 3 * CROWD);
    messages = 0;
    for (const handle of viewers) assert.equal((await handle.message({ request: 'leave' })).left, 'ok');
    // ack, left, and the end of the PeerConnection.
    await hears(teacher, 'all have left', e => e.viewers?.count === 0 && e.viewers.left_count > 1);
    assert.ok(messages <= 3 * CROWD, `${messages}`);
    assert.equal(heard(), 0);
    const told = teacher.client.events.map(e => e.plugindata?.data.viewers).filter(Boolean);
    assert.ok(told.every(({ joined }) => joined.length <= 20));
    assert.ok(told.length <= CROWD / 2, `${told.length} notices`);
    const { viewers: left } = await student.message({ request: 'listparticipants', room: ROOM });
    assert.equal(left, 0);
    for (const c of [...clients, teacher.client, student.client]) await c.close();
  });
});
