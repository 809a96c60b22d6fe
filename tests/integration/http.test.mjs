// The Janus REST API: requests by POST, events by long poll.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';

const HOLD_S = 2, SESSION_S = 10, WAITING = 40;
let d;
before(async () => {
  d = await Daemon.start({ files: {
    aula: { web: { origins: ['https://school.example'] }, limits: { session_timeout_s: SESSION_S, sessions: 300 } },
    http: { hold: HOLD_S, max_waiting: WAITING, max_body_bytes: 4096 } } });
});
after(async () => assert.equal(await d.stop(), 0));

const sleep = ms => new Promise(r => setTimeout(r, ms));
const call = (path, options) => fetch(`${d.origin}/janus${path}`, { redirect: 'manual', ...options });
const raw = (path, body, headers = {}) => call(path, { method: 'POST', body, headers });
async function post(path, envelope) {
  const r = await raw(path, JSON.stringify({ transaction: 'tx', ...envelope }), { 'Content-Type': 'application/json' });
  assert.equal(r.status, 200);
  assert.match(r.headers.get('content-type'), /^application\/json/);
  return r.json();
}
const poll = async (session, most = 10, more = '') => {
  const r = await call(`/${session}?rid=${Date.now()}&maxev=${most}${more}`);
  return { status: r.status, body: r.status === 200 ? await r.json() : await r.text() };
};
async function open(plugin = 'janus.plugin.textroom') {
  const session = (await post('', { janus: 'create' })).data.id;
  const handle = (await post(`/${session}`, { janus: 'attach', plugin })).data.id;
  return { session, handle, at: `/${session}/${handle}` };
}
// An echo test answers with an ack, and later with an event.
const poke = c => post(c.at, { janus: 'message', transaction: `poke-${Math.random()}`, body: { audio: true } });

describe('requests', () => {
  test('info and ping by GET, not by POST', async () => {
    const info = await (await call('/info')).json();
    assert.equal(info.janus, 'server_info');
    assert.ok(info.transports.http && info.plugins['janus.plugin.videoroom']);
    assert.equal((await (await call('/ping')).json()).janus, 'pong');
    for (const what of ['info', 'ping']) assert.equal((await raw(`/${what}`, '{}')).status, 400);
    assert.equal((await post('', { janus: 'ping' })).janus, 'pong');
  });

  test('ids in the path, in the body, in both', async () => {
    const c = await open('janus.plugin.videoroom');
    for (const [path, ids] of [
      [c.at, {}], [c.at, { session_id: c.session, handle_id: c.handle }], [`/${c.session}`, { handle_id: c.handle }],
      ['', { session_id: c.session, handle_id: c.handle }], [`${c.at}/`, {}]]) {
      const m = await post(path, { janus: 'message', ...ids, body: { request: 'list' } });
      assert.equal(m.janus, 'success', JSON.stringify([path, ids, m]));
      assert.equal(m.session_id, c.session);
      assert.equal(m.sender, c.handle);
      assert.equal(m.plugindata.data.videoroom, 'success');
    }
    const conflict = async (path, ids, reason) => {
      const m = await post(path, { janus: 'message', ...ids, body: {} });
      assert.equal(m.error.code, 457);
      assert.match(m.error.reason, reason);
    };
    await conflict(c.at, { session_id: 5 }, /Conflicting session ID/);
    await conflict(c.at, { handle_id: 5 }, /Conflicting handle ID/);
  });

  test('what is wrong is told in JSON, what leads nowhere by its status', async () => {
    const c = await open();
    const code = async (path, body, n) => assert.equal((await (await raw(path, body)).json()).error.code, n, body);
    await code('', '{"janus":', 454);
    await code('', '{"janus":"ping","transaction":"a"}{"janus":"ping","transaction":"b"}', 454);
    await code('', '{"janus":"ping"}', 456);
    await code('/5', '{"janus":"keepalive","transaction":"a"}', 458);
    await code(`/${c.session}/5`, '{"janus":"detach","transaction":"a"}', 459);
    await code(`/${c.session}`, '{"janus":"dance","transaction":"a"}', 453);
    for (const path of ['/x', '/0', '/-5', '/1/2/3', '/1x/2', '/99999999999999999999999', '/info/5'])
      assert.equal((await raw(path, '{}')).status, 404, path);
    assert.equal((await raw('', '')).status, 400);
    assert.equal((await raw('', 'x'.repeat(4097))).status, 413);
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const r = await call(`/${c.session}`, { method });
      assert.equal(r.status, 200);
      assert.equal((await r.json()).error.code, 450);
    }
    const moved = await call(c.at);
    assert.equal(moved.status, 302);
    assert.equal(moved.headers.get('location'), `/janus/${c.session}`);
    assert.equal((await call('')).status, 404);
    assert.equal((await fetch(`${d.origin}/janusx`)).status, 404);
  });

  test('a body in chunks, one that is not its length, one that never ends', async () => {
    const talk = (text, ms = 1500) => new Promise(resolve => {
      const s = net.connect(d.port, '127.0.0.1');
      let got = '';
      const done = () => { s.destroy(); resolve(got); };
      s.on('data', x => { got += x; if (got.includes('\r\n\r\n')) done(); }).on('close', done).on('error', () => {});
      s.write(text);
      setTimeout(done, ms);
    });
    const head = `POST /janus HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\n`;
    assert.match(await talk(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`), /^HTTP\/1.1 411/);
    assert.match(await talk(`${head}Content-Length: 2, 2\r\n\r\n{}`), /^HTTP\/1.1 400/);
    assert.match(await talk(`${head}Content-Length: -2\r\n\r\n{}`), /^HTTP\/1.1 400/);
    assert.equal(await talk(`${head}Content-Length: 20\r\n\r\n{}`), '');
    assert.match(await talk(`${head}Content-Length: 35\r\n\r\n{"janus":"ping",`
      + '"transaction":"abc"}trailing'), /^HTTP\/1.1 200/);
  });

  test('pages of other origins ask only where the administrator lets them', async () => {
    const allowed = { Origin: 'https://school.example' }, foreign = { Origin: 'https://elsewhere.example' };
    const before = await call('', { method: 'OPTIONS', headers: { ...allowed, 'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type' } });
    assert.equal(before.status, 200);
    assert.equal(before.headers.get('access-control-allow-origin'), 'https://school.example');
    assert.match(before.headers.get('access-control-allow-methods'), /POST/);
    assert.match(before.headers.get('access-control-allow-headers'), /Content-Type/);
    assert.equal((await call('', { method: 'OPTIONS' })).status, 200);
    const r = await raw('', '{"janus":"ping","transaction":"a"}', allowed);
    assert.equal(r.headers.get('access-control-allow-origin'), 'https://school.example');
    assert.equal(r.headers.get('vary'), 'Origin');
    for (const options of [{ method: 'OPTIONS' }, { method: 'POST', body: '{}' }, {}])
      assert.equal((await call('', { ...options, headers: foreign })).status, 403);
    const own = await raw('', '{"janus":"ping","transaction":"a"}', { Origin: `http://127.0.0.1:9999`, Host: `127.0.0.1:${d.port}` });
    assert.equal(own.status, new URL(d.origin).hostname === '127.0.0.1' ? 200 : 403);
  });
});

describe('long poll', () => {
  test('is held, then says keepalive; unknown sessions are 404', async () => {
    const c = await open();
    for (const [most, expected] of [[10, [{ janus: 'keepalive' }]], [1, { janus: 'keepalive' }]]) {
      const began = Date.now();
      assert.deepEqual((await poll(c.session, most)).body, expected);
      const took = Date.now() - began;
      assert.ok(took >= HOLD_S * 1000 - 100 && took < HOLD_S * 1000 + 2500, `${took} ms`);
    }
    assert.equal((await poll(5)).status, 404);
  });

  test('brings what comes while it waits, and what came before it', async () => {
    const c = await open('janus.plugin.echotest');
    const waiting = poll(c.session);
    await sleep(50);
    assert.equal((await poke(c)).janus, 'ack');
    const { body } = await waiting;
    assert.equal(body.length, 1);
    assert.equal(body[0].plugindata.data.result, 'ok');
    assert.equal(body[0].sender, c.handle);
    assert.match(body[0].transaction, /^poke-/);
    for (let i = 0; i < 5; i++) await poke(c);
    assert.equal((await poll(c.session, 3)).body.length, 3);
    assert.equal((await poll(c.session, 1)).body.janus, 'event');
    assert.equal((await poll(c.session, 100)).body.length, 1);
  });

  test('a second one takes the place of the first', async () => {
    const c = await open('janus.plugin.echotest');
    const first = poll(c.session);
    await sleep(50);
    const second = poll(c.session);
    assert.deepEqual((await first).body, [{ janus: 'keepalive' }]);
    await poke(c);
    assert.equal((await second).body[0].janus, 'event');
  });

  test('nothing is lost when a client that waits vanishes', async () => {
    const c = await open('janus.plugin.echotest');
    const abort = new AbortController();
    const gone = call(`/${c.session}?maxev=10`, { signal: abort.signal }).catch(e => e.name);
    await sleep(100);
    abort.abort();
    assert.equal(await gone, 'AbortError');
    await sleep(1500);
    await poke(c);
    assert.equal((await poll(c.session)).body[0].janus, 'event');
  });

  test('ends with its session', async () => {
    const c = await open();
    const waiting = poll(c.session);
    await sleep(50);
    assert.equal((await post(`/${c.session}`, { janus: 'destroy' })).janus, 'success');
    assert.equal((await waiting).status, 404);
  });

  test('a session that is never asked for runs out; one that is polled lives', { timeout: 40000 }, async () => {
    const silent = await open(), alive = await open();
    for (const end = Date.now() + (SESSION_S + 3) * 1000; Date.now() < end;)
      assert.deepEqual((await poll(alive.session)).body, [{ janus: 'keepalive' }]);
    assert.equal((await poll(silent.session)).status, 404);
    assert.equal((await post(`/${alive.session}`, { janus: 'keepalive' })).janus, 'ack');
  });

  test('a session of a WebSocket is nobody else\'s, until it is claimed', async () => {
    const c = await Client.open(d.ws);
    assert.equal((await poll(c.session)).status, 404);
    assert.equal((await post(`/${c.session}`, { janus: 'attach', plugin: 'janus.plugin.echotest' })).error.code, 458);
    assert.equal((await post(`/${c.session}`, { janus: 'claim' })).janus, 'success');
    const handle = (await post(`/${c.session}`, { janus: 'attach', plugin: 'janus.plugin.echotest' })).data.id;
    await poke({ at: `/${c.session}/${handle}` });
    await c.close();
    assert.equal((await poll(c.session)).body[0].sender, handle);
  });

  test('what waits is bounded: past it the session is over', async () => {
    const c = await open('janus.plugin.echotest');
    for (let i = 0; i < 1100; i++) {
      const m = await post(c.at, { janus: 'message', body: { audio: true } });
      if (m.janus === 'error') { assert.equal(m.error.code, 458); return; }
    }
    await sleep(1500);
    assert.equal((await poll(c.session)).status, 404);
  });

  test('as many as are allowed wait, more are told; then all is as before', async () => {
    const sessions = [];
    for (let i = 0; i < WAITING + 5; i++) sessions.push((await post('', { janus: 'create' })).data.id);
    const statuses = await Promise.all(sessions.map(async s => (await poll(s)).status));
    assert.equal(statuses.filter(s => s === 200).length, WAITING, statuses.join());
    assert.equal(statuses.filter(s => s === 503).length, 5);
    assert.equal((await post('', { janus: 'ping' })).janus, 'pong');
    for (const s of sessions) assert.equal((await post(`/${s}`, { janus: 'destroy' })).janus, 'success');
  });
});

test('a server that stops tells those who wait', async () => {
  const server = await Daemon.start({ files: { http: { hold: 30 } } });
  const create = await fetch(`${server.origin}/janus`, { method: 'POST', body: '{"janus":"create","transaction":"a"}' });
  const session = (await create.json()).data.id;
  const waiting = fetch(`${server.origin}/janus/${session}`).then(r => r.json());
  await sleep(100);
  assert.equal(await server.stop(), 0);
  assert.deepEqual(await waiting, { janus: 'timeout', session_id: session });
});
