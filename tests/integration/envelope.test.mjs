// The Janus envelope: order of checks, codes, ids of others, reconnecting with claim.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

let d;
before(async () => { d = await Daemon.start(); });
after(async () => assert.equal(await d.stop(), 0));

// Sends raw text; the first answer.
async function raw(text) {
  const s = new WebSocket(d.ws, 'janus-protocol');
  await new Promise((resolve, reject) => { s.once('open', resolve); s.once('error', reject); });
  const answer = new Promise(resolve => s.once('message', m => resolve(JSON.parse(m))));
  s.send(text);
  try { return await answer; } finally { s.terminate(); }
}

const REFUSED = [
  ['not JSON', '{"janus":', 454],
  ['not an object', '[]', 454],
  ['no transaction', '{"janus":"create"}', 456],
  ['no verb', '{"transaction":"a"}', 456],
  ['a verb that is no text', '{"janus":1,"transaction":"a"}', 467],
  ['a transaction that is no text', '{"janus":"create","transaction":7}', 467],
  ['a session verb without a session', '{"janus":"keepalive","transaction":"a"}', 457],
  ['a handle without a session', '{"janus":"message","transaction":"a","handle_id":5,"body":{}}', 458],
  ['a session that is not there', '{"janus":"keepalive","transaction":"a","session_id":5}', 458],
  ['a session id that is a text', '{"janus":"keepalive","transaction":"a","session_id":"5"}', 467],
  ['a negative session id', '{"janus":"keepalive","transaction":"a","session_id":-5}', 467],
  ['a bad token', '{"janus":"create","transaction":"a","token":"a.b.c"}', 403],
];

describe('envelope', () => {
  for (const [what, text, code] of REFUSED)
    test(`${what} is ${code}`, async () => {
      const m = await raw(text);
      assert.equal(m.janus, 'error');
      assert.equal(m.error.code, code, JSON.stringify(m));
      assert.ok(m.error.reason.length > 5);
    });

  test('info and ping need no session', async () => {
    assert.equal((await raw('{"janus":"ping","transaction":"p"}')).janus, 'pong');
    const info = await raw('{"janus":"info","transaction":"i"}');
    assert.equal(info.janus, 'server_info');
    assert.equal(info.transaction, 'i');
    assert.ok(info.plugins['janus.plugin.videoroom']);
    assert.ok(info.plugins['aula.plugin.classroom']);
  });

  test('codes inside a session', async () => {
    const c = await Client.open(d.ws);
    const code = (envelope, n) => assert.rejects(c.request(envelope), e => e.code === n);
    await code({ janus: 'dance' }, 453);
    await code({ janus: 'attach' }, 456);
    await code({ janus: 'attach', plugin: 7 }, 467);
    await code({ janus: 'attach', plugin: 'janus.plugin.none' }, 460);
    await code({ janus: 'message', handle_id: 77, body: {} }, 459);
    const h = await c.attach('janus.plugin.echotest');
    const handle = (envelope, n) => assert.rejects(h.request(envelope), e => e.code === n, JSON.stringify(envelope));
    await handle({ janus: 'message' }, 456);
    await handle({ janus: 'message', body: 'x' }, 467);
    await handle({ janus: 'message', body: {}, jsep: { type: 'prayer', sdp: 'v=0' } }, 464);
    await handle({ janus: 'message', body: {}, jsep: { type: 'offer', sdp: 'rubbish' } }, 465);
    await handle({ janus: 'message', body: {}, jsep: { type: 'answer', sdp: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n' } }, 469);
    await handle({ janus: 'trickle' }, 456);
    await handle({ janus: 'trickle', candidate: { completed: true }, candidates: [] }, 454);
    await h.detach();
    await handle({ janus: 'detach' }, 459);
    await c.request({ janus: 'destroy' });
    await code({ janus: 'keepalive' }, 458);
    await c.close();
  });

  test('ids of others are not found', async () => {
    const a = await Client.open(d.ws), b = await Client.open(d.ws);
    const h = await a.attach('janus.plugin.echotest');
    await assert.rejects(b.request({ janus: 'keepalive', session_id: a.session }), e => e.code === 458);
    await assert.rejects(b.request({ janus: 'message', session_id: a.session, handle_id: h.id, body: {} }), e => e.code === 458);
    await assert.rejects(b.request({ janus: 'message', handle_id: h.id, body: {} }), e => e.code === 459);
    await Promise.all([a.close(), b.close()]);
  });

  test('several requests in one frame are all answered, in order', async () => {
    const s = new WebSocket(d.ws, 'janus-protocol');
    await new Promise(resolve => s.once('open', resolve));
    const got = [];
    const three = new Promise(resolve => s.on('message', m => got.push(JSON.parse(m).transaction) === 3 && resolve()));
    s.send(['a', 'b', 'c'].map(t => JSON.stringify({ janus: 'ping', transaction: t })).join(''));
    await three;
    assert.deepEqual(got, ['a', 'b', 'c']);
    s.terminate();
  });

  test('a session survives a cut connection and is claimed', async () => {
    const a = await Client.open(d.ws);
    const h = await a.attach('janus.plugin.echotest');
    await a.kill();
    const b = await Client.open(d.ws, { session: false });
    b.session = a.session;
    assert.equal((await b.request({ janus: 'claim' })).janus, 'success');
    assert.equal((await b.request({ janus: 'keepalive' }, { ack: true })).janus, 'ack');
    await b.request({ janus: 'detach', handle_id: h.id });
    await b.close();
  });

  // Firefox closes the sockets of a page that is reloaded with 1001: without this its old self stays in the room.
  for (const [how, final] of [[1000, true], [1001, true], [4000, false], [undefined, false], ['cut', false]])
    test(`a connection closed with ${how ?? 'no status'} ${final ? 'takes its session along' : 'leaves its session to be claimed'}`, async () => {
      const a = await Client.open(d.ws);
      const b = await Client.open(d.ws, { session: false });
      if (how === 'cut') await a.kill();
      else {
        a.socket.close(how);
        await a.ended;
      }
      b.session = a.session;
      const claim = () => b.request({ janus: 'claim' }).then(m => m.janus, error => error.code);
      assert.equal(await claim(), final ? 458 : 'success');
      await b.kill();
    });
});
