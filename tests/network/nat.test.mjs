// Address translators, blocked UDP and a real coturn: who gets through, and how.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client } from '../integration/lib/janus.mjs';
import { able, Lab } from './lib/lab.mjs';
import { aiortc, aula, coturn, credentials, echo, enter, leave, secretFile, token, TURN_SECRET } from './lib/parts.mjs';

const can = able();
const skip = can === true ? false : can;
let lab, turn, school, home;
before(async () => {
  if (skip) return;
  lab = await Lab.open();
  turn = await coturn(lab, 10);
  school = await lab.site('school', 1);
  home = await lab.site('home', 2);
}, { timeout: 30000 });
after(async () => { await lab?.close(); });

const shared = () => secretFile(lab, 'turn.secret', TURN_SECRET);

describe('full ICE: a server behind a NAT that forwards nothing', { skip }, () => {
  for (const [scheme, transport] of [['turn', 'udp'], ['turn', 'tcp'], ['turns', 'tcp']])
    test(`a client behind another one is reached by the server's relay over ${scheme} ${transport}`, { timeout: 60000 }, async t => {
      const d = await aula(lab, school, { ice: { mode: 'full', ca_file: turn.ca, stun_server: turn.uri('stun'),
        turn: [{ uri: turn.uri(scheme, transport), secret_file: shared() }] } });
      t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
      const peers = aiortc(home);
      t.after(() => leave(peers));
      const { client, sdp } = await echo(d, peers, { ice: [{ urls: turn.uri('stun') }] });
      t.after(() => client.close());
      assert.match(sdp, /typ relay/, `${sdp}\n${d.text}`);
      assert.match(sdp, /typ host/);
      assert.match(sdp, /a=end-of-candidates/);
      assert.doesNotMatch(sdp, /a=ice-lite/);
      await peers.receives('a', '1', 10, 20000);
      assert.match((await client.event(m => m.janus === 'webrtcup')).janus, /webrtcup/);
    });
});

describe('the passwords that clients are told', { skip }, () => {
  let d, office;
  before(async () => {
    office = await lab.site('office', 3, { udp: false });
    d = await aula(lab, await lab.public('server', 20), { media: { tcp: false }, ice_servers: { secret_file: shared(),
      uris: [turn.uri('stun'), turn.uri('turn', 'tcp'), turn.uri('turns')], lifetime_s: 3600 } });
  }, { timeout: 20000 });
  after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));

  test('are the same for a while, last, are of a pseudonym, and are not for guests', async t => {
    const before = Date.now() / 1000;
    const sam = await enter(d), again = await enter(d), other = await enter(d, { sub: 'kim' });
    t.after(() => Promise.all([sam, again, other].map(c => c.close())));
    const { data } = await sam.request({ janus: 'ice_servers' });
    assert.deepEqual(data.ice_servers[0], { urls: [turn.uri('stun')] });
    assert.deepEqual(data.ice_servers[1].urls, [turn.uri('turn', 'tcp'), turn.uri('turns')]);
    const { username, credential } = data.ice_servers[1];
    assert.match(username, /^\d+:[0-9a-f]{16}$/);
    assert.equal(Number(username.split(':')[0]), data.ice_expires);
    assert.ok(data.ice_expires >= before + 2699 && data.ice_expires <= before + 3610, `${data.ice_expires} ${before}`);
    assert.equal(credential, credentials(username.split(':')[1], data.ice_expires).credential);
    const steps = new Set();
    for (const c of [sam, again]) steps.add((await c.request({ janus: 'ice_servers' })).data.ice_servers[1].username.split(':')[1]);
    assert.equal(steps.size, 1);
    assert.notEqual((await other.request({ janus: 'ice_servers' })).data.ice_servers[1].username, username);
    const guest = await Client.open(d.signalling);
    t.after(() => guest.close());
    await assert.rejects(guest.request({ janus: 'ice_servers' }), { code: 403, word: 'unauthorized' });
    assert.deepEqual(Object.keys((await guest.request({ janus: 'create', session_id: undefined })).data), ['id']);
    assert.ok((await sam.request({ janus: 'create', token: token({ sub: 'sam', role: 'student' }), session_id: undefined })).data.ice_servers);
  });

  for (const scheme of ['turn', 'turns'])
    test(`let a client whose firewall lets no UDP out reach a lite server over ${scheme} by TCP`, { timeout: 60000 }, async t => {
      const peers = aiortc(office, { SSL_CERT_FILE: turn.ca });
      t.after(() => leave(peers));
      const client = await enter(d);
      t.after(() => client.close());
      const { username, credential } = (await client.request({ janus: 'ice_servers' })).data.ice_servers[1];
      const { sdp, offer } = await echo(d, peers, { client, ice: [{ urls: turn.uri(scheme, 'tcp'), username, credential }] });
      assert.match(sdp, /a=ice-lite/);
      assert.match(offer, /typ relay/);
      await peers.receives('a', '1', 10, 20000);
    });

  test('are refused by the TURN server when they have expired, or when the secret is another', { timeout: 30000 }, async t => {
    const peers = aiortc(office);
    t.after(() => leave(peers));
    const now = Date.now() / 1000;
    for (const [peer, wrong] of [['late', credentials('sam', now - 60)], ['forged', credentials('sam', now + 600, 'another secret')]])
      await assert.rejects(peers.ask(peer, 'offer', { send: ['audio'], ice: [{ urls: turn.uri('turn', 'tcp'), ...wrong }] }), /TransactionFailed.*ALLOCATE.*ERROR/, peer);
    assert.match(turn.text, /check_stun_auth: Cannot find credentials of user|error 401: Unauthorized/);
  });
});

describe('full ICE without a relay to be had', { skip }, () => {
  test('a wrong secret is told to the operator, and the class goes on by what is left', { timeout: 60000 }, async t => {
    const far = await lab.public('client', 30);
    const d = await aula(lab, school, { ice: { mode: 'full',
      turn: [{ uri: turn.uri('turn'), secret_file: secretFile(lab, 'wrong.secret', 'not the secret') }] } });
    t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
    const peers = aiortc(far);
    t.after(() => leave(peers));
    const { client, sdp } = await echo(d, peers);
    t.after(() => client.close());
    assert.doesNotMatch(sdp, /typ relay/);
    // The client has an address of its own, so our checks open the way through our translator.
    await peers.receives('a', '1', 10, 20000);
    assert.match(d.text, /warning ice no TURN server gave a relay/);
  });

  test('a thousand candidates, and any garbage, hurt nobody', { timeout: 60000 }, async t => {
    const far = await lab.public('other client', 31);
    const d = await aula(lab, school, { ice: { mode: 'full', mdns: true } });
    t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
    const peers = aiortc(far);
    t.after(() => leave(peers));
    const client = await enter(d);
    t.after(() => client.close());
    const handle = await client.attach('aula.plugin.echo');
    const { sdp } = await peers.ask('a', 'offer', { send: ['audio', 'video'], direction: 'sendrecv' });
    const reply = handle.message({ audio: true, video: true }, { type: 'offer', sdp });
    const one = (address, port, more = 'typ host', transport = 'udp') =>
      ({ sdpMid: '0', sdpMLineIndex: 0, candidate: `candidate:1 1 ${transport} 2113937151 ${address} ${port} ${more}` });
    const bad = ['127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255', '::1', '::', 'ff02::1', 'fe80::1', '::ffff:127.0.0.1',
      'x.local', `${'y'.repeat(50)}.local`, 'example.org'].flatMap(a => [one(a, 9999), one(a, 22, 'typ host tcptype passive', 'tcp')]);
    const garbage = ['', 'candidate:', 'x'.repeat(5000), 'candidate:1 1 udp 1 10.0.0.1 99999 typ host', 'candidate:1 1 udp 1 1.2.3.4 5 typ moon']
      .map(candidate => ({ sdpMid: '0', sdpMLineIndex: 0, candidate }));
    const many = Array.from({ length: 1000 }, (_, i) => one(`198.51.100.${200 + (i % 40)}`, 1024 + i));
    for (const candidates of [bad, garbage, many])
      assert.equal((await handle.request({ janus: 'trickle', candidates }, { ack: true })).janus, 'ack');
    await peers.ask('a', 'accept', { sdp: (await reply).jsep.sdp });
    // Its own candidates came in the description, before the flood.
    await peers.receives('a', '1', 10, 20000);
    assert.doesNotMatch(d.text, /CRITICAL|ERROR|Assertion/);
  });
});

describe('a server with a public address', { skip }, () => {
  for (const mode of ['lite', 'full'])
    test(`that a 1:1 NAT has, is reached there: ${mode}`, { timeout: 60000 }, async t => {
      const campus = await lab.site(`campus ${mode}`, mode === 'lite' ? 4 : 5, { nat: '1:1' });
      const d = await aula(lab, campus, { ice: { mode }, args: ['--announce', campus.outside] });
      t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
      const peers = aiortc(home);
      t.after(() => leave(peers));
      const { client, sdp } = await echo(d, peers);
      t.after(() => client.close());
      assert.match(sdp, new RegExp(`udp \\d+ ${campus.outside.replaceAll('.', '\\.')} \\d+ typ host`));
      assert.doesNotMatch(sdp, / 10\.0\./);
      await peers.receives('a', '1', 10, 20000);
    });

  for (const mode of ['lite', 'full'])
    test(`is reached over IPv6: ${mode}`, { timeout: 60000 }, async t => {
      const number = mode === 'lite' ? 40 : 42;
      const server = await lab.public(`six ${mode}`, number), far = await lab.public(`six client ${mode}`, number + 1);
      const d = await aula(lab, server, { ice: { mode, ...(mode === 'full' && { stun_server: turn.uri('stun', '', `[${turn.host.address6}]`) }) } });
      t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
      const peers = aiortc(far);
      t.after(() => leave(peers));
      const { client } = await echo(d, peers, { only: /2001:db8::/ });
      t.after(() => client.close());
      await peers.receives('a', '1', 10, 20000);
    });
});
