// The classroom over the real wire: its verbs and numbers, and a class with real media.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Peers } from './lib/clients.mjs';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const ROOMS = `
large_room = 6;
presence_window = 100;
rooms = ( { room = 1234; description = "Class"; publishers = 4; },
          { room = 77; pin = "0000"; secret = "s3cret"; },
          { room = 88; notify_joining = true; },
          { room = "art"; } );
`;

let d;
before(async () => {
  const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  d = await Daemon.start({ args: ['--demo', 'off'],
    files: { aula: { identity: { secret_file: secret }, limits: { reclaim_s: 0 } }, classroom: ROOMS } });
});
after(async () => assert.equal(await d.stop(), 0));

const open = (role, name, more) => Client.open(d.ws, { token: token({ sub: name, name, role, ...more }) });
const CLASSROOM = 'aula.plugin.classroom';
const join = (handle, more = {}) => handle.message({ request: 'join', ptype: 'publisher', room: 1234, ...more });

async function refused(handle, body, number, word) {
  const reply = await handle.message(body);
  assert.equal(reply.videoroom, 'event', JSON.stringify(reply));
  assert.equal(reply.error_code, number, JSON.stringify(reply));
  assert.ok(reply.error.length > 5 && reply.word);
  if (word) assert.equal(reply.word, word);
}

describe('rooms', () => {
  test('are made, listed, edited and destroyed', async () => {
    const c = await open('teacher', 'Tess');
    const h = await c.attach('janus.plugin.videoroom');
    const made = await h.message({ request: 'create', description: 'Mine', videocodec: 'vp9', publishers: 2 });
    assert.equal(made.videoroom, 'created');
    const { room } = made;
    const { list } = await h.message({ request: 'list' });
    const mine = list.find(one => one.room === room);
    assert.equal(mine.description, 'Mine');
    assert.equal(mine.videocodec, 'vp9');
    assert.equal(mine.max_publishers, 2);
    assert.equal((await h.message({ request: 'edit', room, new_description: 'Ours' })).videoroom, 'edited');
    assert.equal((await h.message({ request: 'exists', room })).exists, true);
    assert.equal((await h.message({ request: 'destroy', room })).videoroom, 'destroyed');
    assert.equal((await h.message({ request: 'exists', room })).exists, false);
    await c.close();
  });

  test('refuse with the numbers of Janus', async () => {
    const c = await open('student', 'Stu');
    const h = await c.attach('janus.plugin.videoroom');
    await refused(h, {}, 429, 'missing');
    await refused(h, { request: 'fly' }, 423, 'unknown');
    await refused(h, { request: 'create' }, 433, 'forbidden');
    await refused(h, { request: 'join', ptype: 'publisher', room: 9 }, 426, 'not-found');
    await refused(h, { request: 'join', ptype: 'publisher', room: 77 }, 429, 'missing');
    await refused(h, { request: 'join', ptype: 'publisher', room: 77, pin: '1' }, 433, 'unauthorized');
    await refused(h, { request: 'join', ptype: 'publisher', room: 1.5 }, 430, 'invalid');
    await refused(h, { request: 'join', ptype: 'subscriber', room: 1234, streams: [{ feed: 5 }] }, 428, 'not-found');
    await refused(h, { request: 'configure' }, 424, 'wrong-state');
    await refused(h, { request: 'kick', room: 77, secret: 'guess', id: 1 }, 433, 'unauthorized');
    await refused(h, { request: 'kick', room: 1234, id: 1 }, 433, 'forbidden');
    assert.equal((await join(h, { id: 'stu' })).videoroom, 'joined');
    await refused(h, { request: 'join', ptype: 'publisher', room: 1234 }, 425, 'wrong-state');
    await refused(h, { request: 'publish' }, 429, 'missing');
    await refused(h, { request: 'unpublish' }, 435, 'wrong-state');
    const other = await c.attach('janus.plugin.videoroom');
    await refused(other, { request: 'join', ptype: 'publisher', room: 1234, id: 'stu' }, 436, 'exists');
    await c.close();
  });

  test('do not let in a token for another room', async () => {
    const c = await open('student', 'Stu', { room: 'art' });
    const h = await c.attach(CLASSROOM);
    await refused(h, { request: 'join', ptype: 'publisher', room: 1234 }, 433, 'unauthorized');
    assert.equal((await join(h, { room: 'art' })).room, 'art');
    await c.close();
  });

  test('tell of comings and goings one by one, and together when they are large', async () => {
    const teacher = await open('teacher', 'Tess');
    const t = await teacher.attach(CLASSROOM);
    await join(t, { room: 88, id: 1 });
    const first = await open('student', 'S1');
    const h = await first.attach(CLASSROOM);
    const joined = await join(h, { room: 88, id: 2, metadata: { seat: 3 } });
    assert.deepEqual(joined.attendees.map(a => [a.id, a.display, a.role]), [[1, 'Tess', 'teacher']]);
    const { joining } = await t.event(e => e.joining);
    assert.deepEqual([joining.id, joining.display, joining.metadata], [2, 'S1', { seat: 3 }]);
    const crowd = await Promise.all(Array.from({ length: 20 }, async () => {
      const c = await open('student', 'many');
      await join(await c.attach(CLASSROOM), { room: 88 });
      return c;
    }));
    let seen = 0;
    const single = teacher.events.filter(m => m.plugindata?.data.joining).length;
    while (single + seen < 20) seen += (await t.event(e => e.presence)).presence.joined_count;
    assert.ok(single <= 5, `${single} single notifications in a large room`);
    const page = await t.message({ request: 'listparticipants', room: 88, offset: 20, limit: 10 });
    assert.equal(page.total, 22);
    assert.equal(page.participants.length, 2);
    await Promise.all(crowd.map(c => c.close()));
    await Promise.all([teacher.close(), first.close()]);
  });
});

describe('a class', () => {
  let peers, teacher, student, t, s, viewer;
  before(async () => {
    peers = new Peers();
    [teacher, student] = await Promise.all([open('teacher', 'Tess'), open('student', 'Stu')]);
    [t, s, viewer] = await Promise.all([teacher.attach(CLASSROOM), student.attach(CLASSROOM), student.attach(CLASSROOM)]);
    await join(t, { id: 1 });
    assert.deepEqual((await join(s, { id: 2 })).publishers, []);
  });
  after(async () => {
    await Promise.all([teacher.close(), student.close()]);
    await peers.end();
  });

  test('hears of a publisher when its media is up', async () => {
    const reply = await peers.publish('teacher', t, { request: 'publish', descriptions: [{ mid: '1', description: 'camera' }] },
      ['audio', 'video']);
    assert.equal(reply.configured, 'ok', JSON.stringify(reply));
    assert.equal(reply.audio_codec, 'opus');
    assert.equal(reply.video_codec, 'vp8');
    const { publishers: [feed], revision } = await s.event(e => e.publishers);
    assert.equal(feed.id, 1);
    assert.equal(feed.display, 'Tess');
    assert.deepEqual(feed.streams.map(x => [x.type, x.mid, x.codec]), [['audio', '0', 'opus'], ['video', '1', 'vp8']]);
    assert.equal((await t.event(e => e.published)).revision, revision);
    const late = await (await open('student', 'Late')).attach(CLASSROOM);
    assert.deepEqual((await join(late)).publishers.map(p => p.id), [1]);
    await late.client.close();
  });

  test('receives it', async () => {
    const attached = await viewer.message({ request: 'join', ptype: 'subscriber', room: 1234,
      streams: [{ feed: 1 }, { feed: 99 }] });
    assert.equal(attached.videoroom, 'attached', JSON.stringify(attached));
    assert.deepEqual(attached.errors.map(e => [e.feed, e.error_code]), [[99, 428]]);
    assert.deepEqual(attached.streams.map(x => [x.type, x.feed_id, x.feed_mid, x.active]),
      [['audio', 1, '0', true], ['video', 1, '1', true]]);
    assert.equal((await peers.answer('viewer', viewer, attached)).started, 'ok');
    const [audio, video] = attached.streams;
    await Promise.all([peers.receives('viewer', audio.mid, 20), peers.receives('viewer', video.mid)]);
  });

  test('does not hear whom the teacher mutes', async () => {
    assert.equal((await t.message({ request: 'moderate', room: 1234, id: 1, mid: '0', mute: true })).videoroom, 'success');
    assert.equal((await s.event(e => e.moderation)).moderation, 'muted');
    await peers.fallsSilent('viewer', '0');
    await peers.receives('viewer', '1');
    await t.message({ request: 'moderate', room: 1234, id: 1, mid: '0', mute: false });
    await peers.receives('viewer', '0');
  });

  test('pauses and goes on', async () => {
    assert.equal((await viewer.message({ request: 'pause' })).paused, 'ok');
    await peers.fallsSilent('viewer', '1');
    assert.equal((await viewer.message({ request: 'start' })).started, 'ok');
    await peers.receives('viewer', '1');
  });

  test('is switched to another publisher without a new offer', async () => {
    await peers.publish('student', s, { request: 'publish' }, ['audio', 'video']);
    await s.event(e => e.published);
    const switched = await viewer.message({ request: 'switch', streams: [{ feed: 2, mid: '1', sub_mid: '1' }] });
    assert.equal(switched.switched, 'ok', JSON.stringify(switched));
    assert.equal(switched.changes, 1);
    assert.equal(switched.jsep, undefined);
    await peers.receives('viewer', '1');
    await viewer.message({ request: 'switch', streams: [{ feed: 1, mid: '1', sub_mid: '1' }] });
    await peers.receives('viewer', '1');
  });

  test('gathers changes while an offer is open', async () => {
    const updated = await viewer.message({ request: 'subscribe', streams: [{ feed: 2, mid: '0' }] });
    assert.equal(updated.videoroom, 'updated');
    assert.ok(updated.jsep);
    const updating = await viewer.message({ request: 'subscribe', streams: [{ feed: 2, mid: '1' }] });
    assert.equal(updating.videoroom, 'updating', JSON.stringify(updating));
    await peers.answer('viewer', viewer, updated);
    const merged = await viewer.event(e => e.videoroom === 'updated');
    assert.equal(merged.streams.length, 4);
    await peers.answer('viewer', viewer, merged);
    await Promise.all(merged.streams.map(x => peers.receives('viewer', x.mid)));
  });

  test('shares a screen later', async () => {
    const reply = await peers.publish('teacher', t, { request: 'configure', descriptions: [{ mid: '2', description: 'screen' }] },
      ['video']);
    assert.equal(reply.configured, 'ok', JSON.stringify(reply));
    const { publishers: [feed] } = await s.event(e => e.publishers?.[0].streams.length === 3);
    assert.equal(feed.streams[2].description, 'screen');
    let updated = await viewer.message({ request: 'update', subscribe: [{ feed: 1, mid: '2' }] });
    assert.equal(updated.videoroom, 'updated');
    await peers.answer('viewer', viewer, updated);
    await peers.receives('viewer', updated.streams.find(x => x.feed_id === 1 && x.feed_mid === '2').mid);
    updated = await viewer.message({ request: 'unsubscribe', streams: [{ feed: 2 }] });
    const [audio, video] = updated.streams.filter(x => !x.active);
    await peers.answer('viewer', viewer, updated);
    await Promise.all([peers.fallsSilent('viewer', audio.mid), peers.fallsSilent('viewer', video.mid)]);
  });

  test('is told, and offered less, when a publisher goes', async () => {
    assert.equal((await t.message({ request: 'unpublish' })).unpublished, 'ok');
    assert.equal((await s.event(e => e.unpublished)).unpublished, 1);
    const updated = await viewer.event(e => e.videoroom === 'updated');
    assert.ok(updated.streams.every(x => !x.active), JSON.stringify(updated.streams));
    await peers.answer('viewer', viewer, updated);
    await t.notice('hangup');
  });

  test('loses whom the teacher kicks, everywhere', async () => {
    const chat = await student.attach('aula.plugin.chat');
    assert.equal((await chat.message({ request: 'join', room: 1234 })).textroom, 'success');
    assert.equal((await t.message({ request: 'kick', room: 1234, id: 2 })).videoroom, 'success');
    assert.equal((await s.event(e => e.leaving === 'ok')).reason, 'kicked');
    assert.equal((await t.event(e => e.kicked)).kicked, 2);
    assert.equal((await chat.event(e => e.textroom === 'kicked')).username, 2);
    await Promise.all([s.notice('hangup'), viewer.notice('hangup')]);
    await refused(s, { request: 'configure' }, 424);
  });
});

test('a client that vanishes leaves nothing behind', async () => {
  const teacher = await open('teacher', 'Tess');
  const t = await teacher.attach(CLASSROOM);
  await join(t, { id: 1 });
  for (let i = 0; i < 5; i++) {
    const c = await open('student', 'Gone');
    await join(await c.attach(CLASSROOM), { id: 50 });
    await c.kill();
    assert.equal((await t.event(e => e.leaving)).leaving, 50);
  }
  const { participants } = await t.message({ request: 'listparticipants', room: 1234 });
  assert.deepEqual(participants.map(p => p.id), [1]);
  await teacher.close();
});

test('a subscriber gets less of a picture when it asks for less, and a clear word when it asks wrongly', async () => {
  const peers = new Peers();
  const [teacher, student] = await Promise.all([open('teacher', 'Tess'), open('student', 'Stu')]);
  const [t, viewer] = await Promise.all([teacher.attach(CLASSROOM), student.attach('janus.plugin.videoroom')]);
  await join(t, { room: 'art', id: 1 });
  await peers.publish('teacher', t, { request: 'publish' }, ['video']);
  await t.event(e => e.published);
  const attached = await viewer.message({ request: 'join', ptype: 'subscriber', room: 'art', streams: [{ feed: 1, substream: 1 }] });
  await peers.answer('viewer', viewer, attached);
  const [{ mid }] = attached.streams;
  const ask = more => viewer.message({ request: 'configure', streams: [{ mid, ...more }] });
  assert.equal((await ask({ substream: 0, temporal: 0, fallback: 250000, min_delay: 0, max_delay: 10 })).configured, 'ok');
  assert.equal((await viewer.message({ request: 'configure', substream: 2, temporal: 2 })).configured, 'ok');
  await peers.receives('viewer', mid);
  for (const [field, wrong] of [['substream', 'low'], ['substream', 3], ['temporal', 1.5], ['fallback', -1], ['max_delay', 4096]]) {
    const reply = await ask({ [field]: wrong });
    assert.equal(reply.error_code, 430, JSON.stringify(reply));
    assert.match(reply.error, new RegExp(`streams\\[0\\]\\.${field} should be an integer from`));
  }
  await Promise.all([teacher.close(), student.close()]);
  await peers.end();
});
