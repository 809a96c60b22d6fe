// WHIP (RFC 9725) and WHEP over the real wire. The media are those of aiortc, which knows nothing of either.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Peers } from './lib/clients.mjs';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const PATIENCE = 40000; // for a machine that is busy with other things
const SDP = { 'Content-Type': 'application/sdp' }, FRAGMENT = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
const ROOMS = { rooms: [{ room: 1234, description: 'Class' }, { room: 'art', publishers: 50 }, { room: 'opus-only', videocodec: 'av1' }] };
const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const start = (whip, more = {}) => Daemon.start({ args: ['--demo', 'off', ...(more.args ?? [])],
  files: { aula: { identity: { secret_file: secret, leeway_s: 0 }, web: { origins: ['https://school.example'] }, limits: { reclaim_s: 0 },
    ice_servers: { uris: ['stun:stun.school.example', 'turn:turn.school.example?transport=udp'], secret_file: secret } }, classroom: ROOMS, whip } });

let d, peers, gst, count = 0;
before(async () => {
  d = await start({ token_sessions: 4, max_body_bytes: 20000 });
  peers = new Peers();
  gst = new Peers({ gstreamer: true });
}, { timeout: 60000 });
after(async () => {
  await Promise.all([peers.end(), gst.end()]);
  assert.equal(await d.stop(), 0);
});

const bearer = (role, name = role, more = {}) => ({ Authorization: `Bearer ${token({ sub: name, name, role, ...more })}` });
const ask = (method, at, headers = {}, body, origin = d.origin) => fetch(new URL(at, origin), { method, headers, body });
async function expect(status, method, at, headers, body) {
  const r = await ask(method, at, headers, body);
  const text = await r.text();
  assert.equal(r.status, status, `${method} ${at}: ${r.status} ${text}`);
  if (status >= 400 && method !== 'HEAD') {
    assert.match(r.headers.get('content-type'), /^application\/problem\+json/);
    const problem = JSON.parse(text);
    assert.equal(problem.status, status);
    assert.ok(problem.detail.length > 5);
  }
  return { headers: r.headers, text };
}
// A session of `kind` ("whip", "whep") whose media are those of a new peer.
async function session(place, auth, offer, of = peers) {
  const peer = `p${count++}`;
  const { sdp } = await of.ask(peer, 'offer', offer);
  const { headers, text } = await expect(201, 'POST', place, { ...SDP, ...auth }, sdp);
  assert.match(headers.get('content-type'), /^application\/sdp/);
  await of.ask(peer, 'accept', { sdp: text });
  return { peer, sdp, answer: text, at: headers.get('location'), etag: headers.get('etag'), headers };
}
const publish = (auth, offer = { send: ['audio', 'video'] }, place = '/whip/1234') => session(place, auth, offer);
const play = (auth, place = '/whep/1234', offer = { recv: ['audio', 'video'] }) => session(place, auth, offer);
async function enter(role, name, room = 1234) {
  const c = await Client.open(d.ws, { token: token({ sub: name, name, role }) });
  const h = await c.attach('aula.plugin.classroom');
  const joined = await h.message({ request: 'join', ptype: 'publisher', room });
  return { c, h, joined };
}
const published = (h, name) => h.event(e => e.publishers?.some(p => p.display === name), PATIENCE)
  .then(e => e.publishers.find(p => p.display === name));
const list = async h => (await h.message({ request: 'listparticipants', room: 1234 })).participants;
async function until(what, probe, pleases = Boolean, ms = PATIENCE) {
  let last;
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 50)))
    if (pleases(last = await probe())) return last;
  throw new Error(`${what}: last ${JSON.stringify(last)}`);
}
const empty = h => until('nobody but the caller', () => list(h), l => l.length === 1);

const gets = (peer, mid) => peers.receives(peer, mid, 5, PATIENCE);

// As OBS writes it: libdatachannel, H.264 and Opus, no retransmissions, everything of the session said once.
const OBS = `v=0
o=rtc 1878890426 0 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=group:LS 0 1
a=msid-semantic:WMS *
a=setup:actpass
a=ice-ufrag:IoVD
a=ice-pwd:YdLkT3Hql5TkVHcaEqfNuv
a=ice-options:ice2,trickle
a=fingerprint:sha-256 ED:0A:AB:4C:6A:5E:7E:1E:50:B3:12:CA:0F:11:29:9D:0C:A5:4F:0C:6C:0B:68:12:30:0E:14:33:DD:15:E1:FE
m=audio 50000 UDP/TLS/RTP/SAVPF 111
c=IN IP4 127.0.0.1
a=mid:0
a=sendonly
a=ssrc:2305508150 cname:LzJ4Hpm6oYHu2nAi
a=ssrc:2305508150 msid:yz1KX0qFXoBm7YUS yz1KX0qFXoBm7YUS-audio
a=msid:yz1KX0qFXoBm7YUS yz1KX0qFXoBm7YUS-audio
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
a=candidate:1 1 UDP 2122317823 127.0.0.1 50000 typ host
a=end-of-candidates
m=video 50000 UDP/TLS/RTP/SAVPF 96
c=IN IP4 127.0.0.1
a=mid:1
a=sendonly
a=ssrc:2305508151 cname:LzJ4Hpm6oYHu2nAi
a=ssrc:2305508151 msid:yz1KX0qFXoBm7YUS yz1KX0qFXoBm7YUS-video
a=msid:yz1KX0qFXoBm7YUS yz1KX0qFXoBm7YUS-video
a=rtcp-mux
a=rtpmap:96 H264/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 goog-remb
a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1
`.replaceAll('\n', '\r\n');

describe('WHIP', () => {
  test('a publisher is in class like any other: listed, seen, muted, and gone with DELETE', async () => {
    const { c, h } = await enter('teacher', 'Tess');
    const auth = bearer('teacher', 'Cam');
    const s = await publish(auth);
    assert.match(s.at, /^\/whip\/sessions\/[0-9a-f]{32}$/);
    assert.match(s.etag, /^"[0-9a-f]+"$/);
    assert.equal(s.headers.get('accept-patch'), 'application/trickle-ice-sdpfrag');
    assert.match(s.headers.get('link'), new RegExp('^<stun:stun.school.example>; rel="ice-server", '
      + '<turn:turn.school.example[?]transport=udp>; rel="ice-server"; username="\\d+:[^"]+"; credential="[^"]+"; credential-type="password"$'));
    assert.doesNotMatch(s.answer, /m=(audio|video) 0 /);
    const { id, streams } = await published(h, 'Cam');
    assert.deepEqual(streams.map(x => x.type).sort(), ['audio', 'video']);
    assert.ok((await list(h)).some(p => p.id === id && p.publisher));

    const sub = await c.attach('aula.plugin.classroom');
    const offer = await sub.message({ request: 'join', ptype: 'subscriber', room: 1234, streams: [{ feed: id }] });
    await peers.answer('student', sub, offer);
    await sub.notice('webrtcup', PATIENCE);
    const [mid] = offer.streams.filter(x => x.type === 'video').map(x => x.mid);
    await gets('student', mid);
    const video = streams.find(x => x.type === 'video').mid;
    assert.equal((await h.message({ request: 'moderate', room: 1234, id, mid: video, mute: true })).videoroom, 'success');
    await peers.fallsSilent('student', mid, PATIENCE);
    // Who is muted stays so, also when he comes again.
    assert.equal((await h.message({ request: 'moderate', room: 1234, id, mid: video, mute: false })).videoroom, 'success');

    assert.equal((await expect(200, 'DELETE', s.at, auth)).text, '');
    await h.event(e => e.leaving === id, PATIENCE);
    await empty(h);
    await expect(404, 'DELETE', s.at, auth);
    await expect(404, 'PATCH', s.at, { ...auth, ...FRAGMENT, 'If-Match': s.etag }, 'a=end-of-candidates');
    await c.close();
  });

  test('an offer of OBS is answered with H.264 and Opus', async () => {
    const auth = bearer('teacher', 'OBS');
    const { headers, text } = await expect(201, 'POST', '/whip/art?display=OBS%20camera', { ...SDP, ...auth }, OBS);
    assert.match(text, /a=rtpmap:96 H264\/90000/);
    assert.match(text, /a=rtpmap:111 opus\/48000\/2/);
    assert.equal(text.match(/a=recvonly/g).length, 2);
    assert.match(text, /a=ice-lite[\s\S]*a=candidate:/);
    const { c, h } = await enter('teacher', 'Tess', 'art');
    const { participants } = await h.message({ request: 'listparticipants', room: 'art' });
    assert.ok(participants.some(p => p.display === 'OBS camera'));
    await expect(200, 'DELETE', headers.get('location'), auth);
    await c.close();
  });

  test('candidates trickle, ICE starts anew, and media go on', async () => {
    const { c, h } = await enter('teacher', 'Tess');
    const auth = bearer('teacher', 'Cam'), s = await publish(auth);
    const { id } = await published(h, 'Cam');
    const patch = (status, match, body, more = {}) => expect(status, 'PATCH', s.at, { ...auth, ...FRAGMENT, ...(match && { 'If-Match': match }), ...more }, body);
    const [, ufrag] = s.sdp.match(/a=ice-ufrag:(.*)\r/), [, pwd] = s.sdp.match(/a=ice-pwd:(.*)\r/);
    const trickle = `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${pwd}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n`
      + 'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=candidate:2 1 udp 1 never.local 9 typ host\r\na=end-of-candidates\r\n';
    const { headers, text } = await patch(204, s.etag, trickle);
    assert.equal(headers.get('etag'), null);
    assert.equal(text, '');
    await patch(204, '*', trickle);
    await patch(204, '"*"', trickle);
    await patch(204, `"other", ${s.etag}`, trickle);
    await patch(428, null, trickle);
    await patch(412, '"other"', trickle);
    await patch(412, `W/${s.etag}`, trickle);
    await patch(415, s.etag, trickle, SDP);
    for (const bad of ['', 'hello', '{"candidate":1}', 'a=ice-ufrag:x\r\na=ice-pwd:y\r\n', 'a=ice-ufrag:abcdefgh\r\n', '\0'])
      await patch(400, s.etag, bad);

    const fresh = 'a=ice-ufrag:fresh1\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n';
    const anew = await patch(200, '*', fresh);
    assert.match(anew.headers.get('content-type'), /^application\/trickle-ice-sdpfrag/);
    const etag = anew.headers.get('etag');
    assert.notEqual(etag, s.etag);
    const [, theirs] = anew.text.match(/a=ice-ufrag:(.*)\r\n/);
    assert.ok(!s.answer.includes(`a=ice-ufrag:${theirs}\r\n`));
    assert.match(anew.text, /a=ice-pwd:\S{22,}\r\n/);
    assert.match(anew.text, /\r\na=candidate:/);
    await patch(412, s.etag, trickle);
    await patch(204, etag, fresh + 'a=end-of-candidates\r\n');
    assert.ok((await list(h)).some(p => p.id === id));
    await expect(200, 'DELETE', s.at, { ...auth, 'If-Match': '"what ever"' });
    await empty(h);
    await c.close();
  });

  test('the statuses of the RFC', async () => {
    const auth = bearer('teacher');
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])
      assert.match((await expect(405, method, '/whip/1234', auth)).headers.get('allow'), /POST/);
    assert.equal((await expect(415, 'POST', '/whip/1234', { ...auth, 'Content-Type': 'text/plain' }, OBS)).headers.get('accept-post'), 'application/sdp');
    await expect(415, 'POST', '/whip/1234', auth, Buffer.from(OBS));
    await expect(406, 'POST', '/whip/1234', { ...auth, ...SDP, Accept: 'text/html, application/sdp;q=0' }, OBS);
    await expect(400, 'POST', '/whip/1234', { ...auth, ...SDP }, 'v=0\r\nnonsense');
    await expect(400, 'POST', '/whip/1234', { ...auth, ...SDP }, '');
    await expect(401, 'POST', '/whip/1234', { ...SDP, Authorization: 'Basic eDp5' }, OBS);
    assert.match((await expect(401, 'POST', '/whip/1234', SDP, OBS)).headers.get('www-authenticate'), /^Bearer/);
    for (const bad of [token({ sub: 'x', role: 'teacher' }, 'a secret that nobody here has ever seen'),
      token({ sub: 'x', role: 'teacher', exp: 1000 }), 'x.y.z', token({ sub: 'x', role: 'headmaster' })])
      assert.match((await expect(401, 'POST', '/whip/1234', { ...SDP, Authorization: `Bearer ${bad}` }, OBS)).headers.get('www-authenticate'), /invalid_token/);
    await expect(403, 'POST', '/whip/1234', { ...SDP, ...bearer('teacher', 'x', { room: 'art', publishers: 50 }) }, OBS);
    await expect(404, 'POST', '/whip/9', { ...auth, ...SDP }, OBS);
    await expect(404, 'POST', '/whip', { ...auth, ...SDP }, OBS);
    await expect(404, 'POST', '/whip/1234/5', { ...auth, ...SDP }, OBS);
    // All of an offer or nothing of it.
    await expect(406, 'POST', '/whip/opus-only', { ...auth, ...SDP }, OBS);
    await expect(406, 'POST', '/whip/1234', { ...auth, ...SDP }, OBS.replaceAll('a=rtcp-mux\r\n', ''));
    const { c, h } = await enter('teacher', 'Tess');
    await empty(h);
    await c.close();
  });

  test('pages of other origins are told what they may do', async () => {
    const page = { Origin: 'https://school.example' };
    const { headers } = await expect(200, 'OPTIONS', '/whip/1234', { ...page, 'Access-Control-Request-Method': 'POST' });
    assert.equal(headers.get('access-control-allow-origin'), page.Origin);
    for (const method of ['POST', 'PATCH', 'DELETE']) assert.ok(headers.get('access-control-allow-methods').includes(method));
    for (const name of ['authorization', 'content-type', 'if-match']) assert.ok(headers.get('access-control-allow-headers').toLowerCase().includes(name));
    assert.equal(headers.get('accept-post'), 'application/sdp');
    assert.equal(headers.get('accept-patch'), 'application/trickle-ice-sdpfrag');
    const auth = bearer('teacher');
    const made = await expect(201, 'POST', '/whip/art', { ...page, ...SDP, ...auth }, OBS);
    for (const name of ['Location', 'ETag', 'Link']) assert.ok(made.headers.get('access-control-expose-headers').includes(name));
    await expect(200, 'DELETE', made.headers.get('location'), { ...page, ...auth });
    assert.equal((await ask('POST', '/whip/art', { ...SDP, ...auth, Origin: 'https://evil.example' }, OBS)).status, 403);
  });

  test('who is kicked, vanishes or has an old token is out', async () => {
    const { c, h } = await enter('teacher', 'Tess');
    const auth = bearer('teacher', 'Cam');
    const kicked = await publish(auth);
    const { id } = await published(h, 'Cam');
    assert.equal((await h.message({ request: 'kick', room: 1234, id })).videoroom, 'success');
    await expect(404, 'DELETE', kicked.at, auth);

    const closes = await publish(auth);
    await published(h, 'Cam');
    await peers.ask(closes.peer, 'close');
    await empty(h);
    await expect(404, 'DELETE', closes.at, auth);

    const old = bearer('teacher', 'Old', { exp: Math.floor(Date.now() / 1000) + 3 });
    const expires = await publish(old);
    await empty(h);
    await expect(404, 'DELETE', expires.at, auth);
    await c.close();
  });
});

describe('WHEP', () => {
  for (const [codec, place] of [['VP8', '/whep/1234'], ['H264', null]])
    test(`plays ${codec} of ${place ? 'whoever teaches' : 'one publisher'}`, async () => {
      const { c, h } = await enter('teacher', 'Tess');
      const auth = bearer('teacher', 'Cam'), viewer = bearer('student', 'Wall');
      const s = await publish(auth, { send: ['audio', 'video'], codec });
      const { id } = await published(h, 'Cam');
      const p = await play(viewer, place ?? `/whep/1234/${id}`);
      assert.match(p.at, /^\/whep\/sessions\/[0-9a-f]{32}$/);
      assert.equal(p.answer.match(/a=sendonly/g).length, 2);
      await gets(p.peer, '0');
      await gets(p.peer, '1');
      // A viewer is counted, and unseen.
      assert.ok((await list(h)).every(x => x.display !== 'Wall'));
      await expect(404, 'DELETE', p.at.replace('whep', 'whip'), viewer);
      await expect(200, 'DELETE', p.at, viewer);
      await peers.fallsSilent(p.peer, '1', PATIENCE);
      const other = await play(viewer, `/whep/1234/${id}`);
      const { headers } = await expect(200, 'PATCH', other.at, { ...viewer, ...FRAGMENT, 'If-Match': '*' },
        'a=ice-ufrag:fresh1\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n');
      assert.notEqual(headers.get('etag'), other.etag);
      await expect(200, 'DELETE', other.at, viewer);
      await expect(200, 'DELETE', s.at, auth);
      await empty(h);
      await c.close();
    });

  test('follows the teacher, falls silent without one, and refuses where nobody publishes', async () => {
    const { c, h } = await enter('teacher', 'Tess');
    const viewer = bearer('student', 'Wall'), one = bearer('student', 'One'), two = bearer('teacher', 'Two');
    const { sdp } = await peers.ask('none', 'offer', { recv: ['video'] });
    assert.ok(Number((await expect(409, 'POST', '/whep/1234', { ...viewer, ...SDP }, sdp)).headers.get('retry-after')) > 0);
    await expect(404, 'POST', '/whep/1234/77', { ...viewer, ...SDP }, sdp);
    await expect(401, 'POST', '/whep/1234', SDP, sdp);
    const student = await publish(one, { send: ['video'] });
    await published(h, 'One');
    const p = await play(viewer, '/whep/1234', { recv: ['video'] });
    await gets(p.peer, '0');
    await expect(406, 'POST', '/whep/1234', { ...viewer, ...SDP }, OBS.replaceAll('sendonly', 'recvonly').replaceAll(/opus|H264/g, 'L16'));
    const teacher = await publish(two, { send: ['video'] });
    await published(h, 'Two');
    await expect(200, 'DELETE', student.at, one);
    await gets(p.peer, '0');
    await expect(200, 'DELETE', teacher.at, two);
    await peers.fallsSilent(p.peer, '0', PATIENCE);
    const again = await publish(one, { send: ['video'] });
    await gets(p.peer, '0');
    await expect(200, 'DELETE', again.at, one);
    await expect(200, 'DELETE', p.at, viewer);
    await c.close();
  });
});

// Of aiortc as of GStreamer: two pictures and two voices, of who teaches and of whoever speaks.
describe('WHEP of the stage', () => {
  test('one offer for the whole class: the teacher goes, another comes, a student speaks, and the m-lines stay', async () => {
    const { c, h } = await enter('teacher', 'Tess');
    const viewer = bearer('student', 'Wall'), auth = bearer('teacher', 'Cam'), four = { recv: ['audio', 'audio', 'video', 'video'] };
    const cam = await publish(auth);
    await published(h, 'Cam');
    const wall = await session('/whep/1234?stage=teacher,speaker-1', viewer, four);
    const player = await session('/whep/1234?stage=teacher,speaker-1', viewer, four, gst);
    assert.equal(wall.answer.match(/a=sendonly/g).length, 4);
    await Promise.all([gets(wall.peer, '0'), gets(wall.peer, '2'),
      gst.receives(player.peer, 'audio0', 20, PATIENCE), gst.receives(player.peer, 'video2', 20, PATIENCE)]);
    assert.ok((await list(h)).every(x => x.display !== 'Wall'));

    // A student is brought on stage.
    const student = await publish(bearer('student', 'Stu'));
    const { id } = await published(h, 'Stu');
    assert.equal((await h.message({ request: 'stage', room: 1234, action: 'promote', id })).videoroom, 'success');
    await Promise.all([gets(wall.peer, '1'), gets(wall.peer, '3'),
      gst.receives(player.peer, 'audio1', 20, PATIENCE), gst.receives(player.peer, 'video3', 20, PATIENCE)]);
    // The teacher goes, and comes by another way.
    await expect(200, 'DELETE', cam.at, auth);
    await peers.fallsSilent(wall.peer, '2', PATIENCE);
    const again = await publish(auth, { send: ['video'] });
    await Promise.all([gets(wall.peer, '2'), gst.receives(player.peer, 'video2', 20, PATIENCE)]);
    const { text } = await expect(200, 'PATCH', wall.at, { ...viewer, ...FRAGMENT, 'If-Match': '*' },
      'a=ice-ufrag:fresh1\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n');
    assert.match(text, /a=ice-ufrag:/);
    for (const [one, who] of [[wall, viewer], [player, viewer], [again, auth], [student, bearer('student', 'Stu')]]) await expect(200, 'DELETE', one.at, who);
    await gst.ask(player.peer, 'close');
    await empty(h);

    // All slots, of which this offer has room for one; those that there are none of; a publisher's.
    const { sdp } = await peers.ask('one', 'offer', { recv: ['video'] });
    const { headers } = await expect(201, 'POST', '/whep/1234?stage', { ...viewer, ...SDP }, sdp);
    await expect(200, 'DELETE', headers.get('location'), viewer);
    await expect(400, 'POST', '/whep/1234?stage=balcony', { ...viewer, ...SDP }, sdp);
    await expect(400, 'POST', '/whep/1234/77?stage', { ...viewer, ...SDP }, sdp);
    await expect(406, 'POST', '/whep/1234?stage', { ...viewer, ...SDP }, OBS);
    await c.close();
  });
});

// webrtcbin: libnice, GStreamer's DTLS and SRTP. Its mids are words, its offers may name no SSRC, and give the repairs of sound
// the payload type of the picture.
describe('GStreamer', () => {
  for (const codec of ['VP8', 'H264'])
    test(`publishes ${codec} into a class by WHIP, and plays it by WHEP`, async () => {
      const { c, h } = await enter('teacher', 'Tess');
      const auth = bearer('teacher', 'Studio'), viewer = bearer('student', 'Wall');
      const s = await session('/whip/1234', auth, { send: ['audio', 'video'], codec }, gst);
      const { id, streams } = await published(h, 'Studio');
      assert.deepEqual(streams.map(x => x.codec), ['opus', codec.toLowerCase()]);
      const other = await play(viewer, `/whep/1234/${id}`);
      const own = await session('/whep/1234', viewer, { recv: ['audio', 'video'], codec }, gst);
      await Promise.all([gets(other.peer, '0'), gets(other.peer, '1'),
        gst.receives(own.peer, 'audio0', 20, PATIENCE), gst.receives(own.peer, 'video1', 20, PATIENCE)]);
      assert.deepEqual((await gst.ask(own.peer, 'count')).width, { video1: 320 });
      for (const [one, who] of [[own, viewer], [other, viewer], [s, auth]]) await expect(200, 'DELETE', one.at, who);
      await empty(h);
      for (const one of [s, own]) await gst.ask(one.peer, 'close');
      await c.close();
    });
});

describe('hostile clients', () => {
  test('bodies are bounded, and garbage is refused', async () => {
    const auth = { ...bearer('teacher'), ...SDP };
    assert.equal((await ask('POST', '/whip/1234', auth, 'v=0\r\n'.repeat(5000))).status, 413);
    const bytes = Buffer.from(OBS);
    for (let i = 0; i < 60; i++) {
      const bad = Buffer.from(bytes);
      for (let k = 0; k < 40; k++) bad[(i * 7919 + k * 104729) % bad.length] = (i * 31 + k * 17) % 256;
      const r = await ask('POST', '/whip/art', auth, bad);
      assert.ok([201, 400, 406, 429].includes(r.status), `${r.status} ${await r.text()}`);
      if (r.status === 201) await expect(200, 'DELETE', r.headers.get('location'), auth);
    }
  });

  test('a session is its owner\'s, and its address is not to be guessed', async () => {
    const mine = bearer('teacher', 'Mine'), theirs = bearer('teacher', 'Theirs');
    const { headers } = await expect(201, 'POST', '/whip/art', { ...mine, ...SDP }, OBS);
    const at = headers.get('location');
    await expect(403, 'DELETE', at, theirs);
    await expect(403, 'PATCH', at, { ...theirs, ...FRAGMENT, 'If-Match': '*' }, 'a=end-of-candidates');
    await expect(401, 'DELETE', at);
    await expect(401, 'DELETE', at, { Authorization: 'Bearer x.y.z' });
    await expect(404, 'DELETE', at.slice(0, -1) + (at.endsWith('0') ? '1' : '0'), mine);
    for (const method of ['GET', 'HEAD', 'POST', 'PUT']) await expect(405, method, at, { ...mine, ...SDP }, method === 'POST' ? OBS : undefined);
    // A later token of the same person will do.
    await expect(200, 'DELETE', at, bearer('teacher', 'Mine', { exp: Math.floor(Date.now() / 1000) + 3600 }));
  });

  test('a thousand offers that never connect: bounded by token and address, and gone in time', async () => {
    const address = '198.51.100.7';
    execFileSync('ip', ['addr', 'replace', `${address}/32`, 'dev', 'lo']);
    const other = await start({ connect_timeout: 5, token_sessions: 4, address_sessions: 12, requests_per_minute: 1200 }, { args: ['--host', '0.0.0.0'] });
    try {
      const origin = `http://${address}:${other.port}`, got = {}, began = Date.now();
      for (let i = 0; i < 100; i++)
        await Promise.all(Array.from({ length: 10 }, async (_, k) => {
          const r = await ask('POST', '/whip/art', { ...SDP, ...bearer('teacher', `t${(i + k) % 5}`, { exp: 2000000000 }) }, OBS, origin);
          got[r.status] = (got[r.status] ?? 0) + 1;
          if (r.status === 429) assert.ok(Number(r.headers.get('retry-after')) > 0);
          const text = await r.text();
          assert.ok([201, 429].includes(r.status), `${r.status} ${text}`);
        }));
      assert.deepEqual(Object.keys(got).sort(), ['201', '429']);
      // Twelve at a time, none of which lasts for more than the five seconds of connect_timeout and one until that is seen.
      assert.ok(got[201] >= 12 && got[201] <= 12 * (1 + (Date.now() - began) / 5000), JSON.stringify(got));
      // From this machine, which no bound of an address is for: that of a token.
      const local = { ...SDP, ...bearer('teacher', 'local') };
      for (let i = 0; i < 5; i++)
        assert.equal((await ask('POST', '/whip/art', local, OBS, other.origin)).status, i < 4 ? 201 : 429);
      const again = () => ask('POST', '/whip/art', { ...SDP, ...bearer('teacher', 'late') }, OBS, origin).then(r => r.status);
      await until('there is room again', again, status => status === 201);
    } finally {
      assert.equal(await other.stop(), 0);
    }
  });

  test('requests of an address are bounded', async () => {
    const address = '198.51.100.8';
    execFileSync('ip', ['addr', 'replace', `${address}/32`, 'dev', 'lo']);
    const other = await start({ requests_per_minute: 30 }, { args: ['--host', '0.0.0.0'] });
    try {
      const origin = `http://${address}:${other.port}`;
      const codes = [];
      for (let i = 0; i < 40; i++) codes.push((await ask('DELETE', `/whip/sessions/${'0'.repeat(32)}`, {}, undefined, origin)).status);
      assert.ok(codes.slice(0, 30).every(code => code === 404), codes.join());
      assert.equal(codes.at(-1), 429);
    } finally {
      assert.equal(await other.stop(), 0);
    }
  });
});
