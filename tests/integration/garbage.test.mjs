// Garbage of all sorts at every port, while a class goes on: clear errors where there is someone to answer, constant
// memory, and the class neither hears nor sees anything of it.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

let d, mediaPort, teacher, room;
const SANITIZED = Boolean(process.env.ASAN_OPTIONS || process.env.TSAN_OPTIONS);

before(async () => {
  d = await Daemon.start();
  const demo = async role => (await (await fetch(`${d.origin}/demo/token?role=${role}&name=T`)).json());
  const { token, room: number } = await demo('teacher');
  room = Number(number);
  const client = await Client.open(d.ws, { token });
  teacher = await client.attach('aula.plugin.classroom');
  await teacher.message({ request: 'join', ptype: 'publisher', room });
  mediaPort = await findMediaPort();
});
after(async () => assert.equal(await d.stop(), 0));

// The port number that the server writes into its candidates.
async function findMediaPort() {
  const c = await Client.open(d.ws);
  const h = await c.attach('janus.plugin.echotest');
  const answer = await h.message({ audio: true }, { type: 'offer', sdp: OFFER });
  await c.close();
  return Number(answer.jsep.sdp.match(/candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)/i)[1]);
}

const OFFER = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd', 'a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`, 'a=setup:actpass', 'a=mid:0', 'a=sendrecv', 'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2', ''].join('\r\n');

// The class goes on: a request over the teacher's session is answered.
const classGoesOn = async () =>
  assert.equal((await teacher.message({ request: 'listparticipants', room })).videoroom, 'participants');

function stun(attributes, { type = 0x0001, length, cookie = 0x2112a442 } = {}) {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(length ?? body.length, 2);
  head.writeUInt32BE(cookie, 4);
  crypto.randomFillSync(head, 8);
  return Buffer.concat([head, body]);
}
const attribute = (type, value, length = value.length) => {
  const b = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  b.writeUInt16BE(type, 0);
  b.writeUInt16BE(length, 2);
  value.copy(b, 4);
  return b;
};

// Yields `count` hostile datagrams, the same ones in every run.
function* datagrams(count) {
  let seed = 1;
  const random = n => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (let i = 0; i < count; i++) {
    const bytes = crypto.createHash('shake256', { outputLength: 1 + random(1400) }).update(String(i)).digest();
    switch (i % 6) {
      case 0: yield bytes; break;
      case 1: yield stun([attribute(0x0006, Buffer.from('abcd:efgh')), attribute(0x0008, bytes.subarray(0, 20))]); break;
      case 2: yield stun([attribute(0x0006, Buffer.from('x'), 60000)]).subarray(0, 10 + random(20)); break;
      case 3: bytes[0] = 22; bytes[1] = 254; yield bytes; break;         // looks like DTLS
      case 4: bytes[0] = 0x80; bytes[1] = 111; yield bytes; break;       // looks like RTP
      default: bytes[0] = 0x80; bytes[1] = 200; yield bytes;             // looks like RTCP
    }
  }
}

describe('garbage', () => {
  test('at the media port over UDP', async () => {
    const s = dgram.createSocket('udp4');
    let answers = 0;
    s.on('message', () => answers++);
    const flood = async count => {
      for (const b of datagrams(count)) await new Promise(resolve => s.send(b, mediaPort, '127.0.0.1', resolve));
      await classGoesOn();
    };
    await flood(5000);
    const before = d.memory();
    await flood(30000);
    assert.ok(d.memory() - before < (SANITIZED ? 64 : 4) * 1024 * 1024, `memory grew by ${d.memory() - before}`);
    assert.ok(answers < 2000, `${answers} answers would make an amplifier`);
    s.close();
  });

  test('at the media port over TCP: half-open, endless and wrongly framed connections', async () => {
    const before = d.memory();
    const open = [];
    for (let i = 0; i < 300; i++) {
      const s = net.connect(mediaPort, '127.0.0.1').on('error', () => {});
      open.push(s);
      if (i % 3 === 1) s.write(Buffer.concat([Buffer.from([0xff, 0xff]), crypto.randomBytes(500)]));
      if (i % 3 === 2) s.write(Buffer.concat([Buffer.from([0, 20]), crypto.randomBytes(20)]));
    }
    await classGoesOn();
    assert.ok(d.memory() - before < (SANITIZED ? 128 : 16) * 1024 * 1024);
    for (const s of open) s.destroy();
  });

  test('at the web port: half-open TCP, endless headers, bytes that are not HTTP', async () => {
    const open = [];
    for (let i = 0; i < 200; i++) {
      const s = net.connect(d.port, '127.0.0.1').on('error', () => {});
      open.push(s);
      if (i % 4 === 1) s.write('GET / HTTP/1.1\r\nX: ' + 'y'.repeat(20000));
      if (i % 4 === 2) s.write(crypto.randomBytes(300));
      if (i % 4 === 3) s.write('GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n');
    }
    await classGoesOn();
    assert.equal((await fetch(`${d.origin}/`)).status, 200);
    for (const s of open) s.destroy();
  });

  test('in WebSocket messages', async () => {
    const nested = '['.repeat(5000) + ']'.repeat(5000);
    const texts = ['', '{', 'null', '"x"', '{}', nested, `{"janus":"create","transaction":${nested}}`, '\u0000', '{"janus":"create"}'.repeat(50),
      JSON.stringify({ janus: 'create', transaction: 'x'.repeat(30000) }), '{"janus":"ping","transaction":"\\ud800"}'];
    for (const text of texts) {
      const s = new WebSocket(d.ws, 'janus-protocol');
      await new Promise(resolve => s.once('open', resolve));
      const reaction = new Promise(resolve => { s.once('message', resolve); s.once('close', resolve); });
      s.on('error', () => {});
      s.send(text);
      if (text !== '') await reaction;
      s.terminate();
    }
    await classGoesOn();
  });

  test('frames of 1 MB are refused with 1009', async () => {
    const s = new WebSocket(d.ws, 'janus-protocol');
    await new Promise(resolve => s.once('open', resolve));
    s.on('error', () => {});
    const closed = new Promise(resolve => s.once('close', resolve));
    s.send(JSON.stringify({ janus: 'ping', transaction: 'x'.repeat(1 << 20) }));
    assert.equal(await closed, 1009);
    await classGoesOn();
  });

  test('a client that asks without end is slowed or closed, and others are served', async () => {
    const s = new WebSocket(d.ws, 'janus-protocol');
    await new Promise(resolve => s.once('open', resolve));
    s.on('error', () => {});
    for (let i = 0; i < 20000; i++) s.send(JSON.stringify({ janus: 'ping', transaction: String(i) }));
    await classGoesOn();
    s.terminate();
  });

  test('wrong types in every field of every request are named', async () => {
    const c = await Client.open(d.ws);
    for (const plugin of ['aula.plugin.classroom', 'aula.plugin.chat']) {
      const h = await c.attach(plugin);
      for (const request of ['create', 'join', 'exists', 'kick', 'message', 'listparticipants', 'configure'])
        for (const value of [[], {}, -1, 1e300, true, 'x'.repeat(5000)]) {
          const r = await h.message({ request, room: value, id: value, text: value, ptype: value });
          assert.ok(r.error_code > 0 || r.videoroom || r.textroom, JSON.stringify(r));
        }
    }
    await c.close();
    await classGoesOn();
  });
});
