// ice.mode = "full" on loopback: an agent a peer, candidates in descriptions and trickled, restarts. tests/network has the rest.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Peers } from './lib/clients.mjs';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const start = ice => Daemon.start({ files: { aula: { ice: { mode: 'full', ...ice }, media: { loopback: true, loops: 2 } } } });
let peers;
before(() => { peers = new Peers(); });
after(() => peers.end());

// An echo call whose offer has no candidates: they are trickled by the client.
async function call(d, peer, t) {
  const client = await Client.open(d.ws);
  t.after(() => client.close());
  const handle = await client.attach('aula.plugin.echo');
  const { sdp } = await peers.ask(peer, 'offer', { send: ['audio', 'video'], direction: 'sendrecv' });
  const candidates = sdp.match(/candidate:.*/g).map(c => ({ sdpMid: '0', sdpMLineIndex: 0, candidate: c.trim() }));
  const reply = handle.message({ audio: true, video: true }, { type: 'offer', sdp: sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, '') });
  const last = { completed: true };
  assert.equal((await handle.request({ janus: 'trickle', candidates: [...candidates, last] }, { ack: true })).janus, 'ack');
  return { client, handle, offer: sdp, answer: (await reply).jsep.sdp };
}

describe('descriptions that wait for the candidates', () => {
  let d;
  before(async () => { d = await start(); });
  after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));

  test('have them all, and media flows', { timeout: 40000 }, async t => {
    const { handle, answer } = await call(d, 'whole', t);
    assert.match(answer, /m=audio[^]*?a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host\r\n[^]*?a=end-of-candidates\r\n(?=m=video)/);
    assert.doesNotMatch(answer, /a=ice-lite/);
    assert.match(answer, /a=ice-options:trickle/);
    await peers.ask('whole', 'accept', { sdp: answer });
    await peers.receives('whole', '1', 10);
    assert.equal((await handle.notice('webrtcup')).sender, handle.id);
    // What the server says of itself agrees.
    const stranger = await Client.open(d.ws, { session: false });
    t.after(() => stranger.close());
    const info = await stranger.request({ janus: 'info' });
    assert.equal(info['ice-lite'], false);
    assert.equal(info['full-trickle'], false);
    await peers.ask('whole', 'close');
  });

  test('a client that vanishes is given up, one that says goodbye at once', { timeout: 40000 }, async t => {
    const { handle, answer } = await call(d, 'brief', t);
    await peers.ask('brief', 'accept', { sdp: answer });
    await peers.receives('brief', '1', 3);
    await peers.ask('brief', 'close');
    assert.match((await handle.notice('hangup', 15000)).reason, /closed|alert/i);
  });

  test('many come and go without a trace', { timeout: 60000 }, async t => {
    for (let i = 0; i < 12; i++) {
      const { client, answer } = await call(d, `crowd ${i}`, t);
      assert.match(answer, /typ host/);
      // Some vanish before a word of ICE was said.
      if (i % 3 === 0) await client.kill();
      else await client.close();
      await peers.ask(`crowd ${i}`, 'close');
    }
    assert.doesNotMatch(d.text, /CRITICAL|Assertion/);
  });
});

describe('descriptions that wait for nothing', () => {
  test('are followed by trickled candidates and their end', { timeout: 40000 }, async t => {
    const d = await start({ gather_ms: 0 });
    t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
    const { client, handle, answer } = await call(d, 'trickled', t);
    assert.doesNotMatch(answer, /a=candidate|end-of-candidates/);
    const is = test => m => m.janus === 'trickle' && m.sender === handle.id && test(m.candidate);
    const { candidate } = await client.event(is(c => /127\.0\.0\.1 \d+ typ host/.test(c.candidate ?? '') && / udp /.test(c.candidate)));
    assert.equal(candidate.sdpMid, '0');
    assert.equal(candidate.sdpMLineIndex, 0);
    assert.deepEqual((await client.event(is(c => c.completed !== undefined))).candidate, { completed: true });
    // aiortc does not trickle; the candidate goes where it would have been.
    await peers.ask('trickled', 'accept', { sdp: answer.replace('m=video', `a=${candidate.candidate}\r\na=end-of-candidates\r\nm=video`) });
    await peers.receives('trickled', '1', 10);
    await peers.ask('trickled', 'close');
  });
});

describe('WHIP and WHEP', () => {
  // RFC 9725 has nobody trickle towards the client: what is not in the answer is lost.
  test('answers have all candidates; a restart has others, and media flow through it all', { timeout: 60000 }, async t => {
    const d = await Daemon.start({ args: ['--demo', 'anywhere'], files: { aula: { ice: { mode: 'full' }, media: { loopback: true, loops: 2 } } } });
    t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
    const post = async (place, peer, offer) => {
      const { sdp } = await peers.ask(peer, 'offer', offer);
      const ask = () => fetch(new URL(place, d.origin), { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: sdp });
      let r = await ask();
      // Who comes before the camera's first packet is told to come again.
      for (const end = Date.now() + 20000; r.status === 409 && Date.now() < end; r = await ask()) {
        assert.ok(Number(r.headers.get('retry-after')) > 0);
        await new Promise(resolve => setTimeout(resolve, 200));
      }
      const answer = await r.text();
      assert.equal(r.status, 201, answer);
      assert.match(answer, /a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host\r\n[^]*?a=end-of-candidates\r\n/, answer);
      assert.doesNotMatch(answer, /a=ice-lite/);
      await peers.ask(peer, 'accept', { sdp: answer });
      return { answer, at: r.headers.get('location'), etag: r.headers.get('etag') };
    };
    const { answer, at, etag } = await post('/whip/1234', 'camera', { send: ['audio', 'video'] });
    await post('/whep/1234', 'projector', { recv: ['audio', 'video'] });
    await peers.receives('projector', '1', 10, 20000);

    const r = await fetch(new URL(at, d.origin), { method: 'PATCH', headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': etag },
      body: 'a=ice-ufrag:anew\r\na=ice-pwd:0123456789abcdef01234567\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n' });
    const fragment = await r.text();
    assert.equal(r.status, 200, fragment);
    assert.match(fragment, /a=end-of-candidates/);
    const ports = text => [...text.matchAll(/ udp \d+ \S+ (\d+) typ host/g)].map(m => m[1]);
    assert.ok(ports(fragment).length > 0, fragment);
    assert.deepEqual(ports(fragment).filter(port => ports(answer).includes(port)), []);
    // aiortc knows no restart, and goes on by the pair that was.
    await peers.receives('projector', '1', 10, 20000);
    await peers.ask('camera', 'close');
    await peers.ask('projector', 'close');
  });
});
