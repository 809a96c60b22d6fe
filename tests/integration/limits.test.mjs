// Each limit, hit by somebody: the standard answer, others go on, and the operator sees what it was.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), 'secret');
fs.writeFileSync(file, SECRET, { mode: 0o600 });
const LIMITS = { address_rate: 1, address_burst: 40, session_rate: 1, session_burst: 20, token_rate: 1, token_burst: 25, client_rate: 1, client_burst: 15,
  handles: 3, client_sessions: 3, rooms: 3 };

let d, guests = 10;
before(async () => {
  d = await Daemon.start({ files: { aula: { identity: { secret_file: file }, limits: LIMITS, web: { proxies: ['127.0.0.1'] } } } });
});
after(async () => assert.equal(await d.stop(), 0));

// Everybody comes from an address of their own, as the proxy says.
const address = () => `198.51.100.${guests++}`;
const call = (from, body, at = '') => fetch(`${d.origin}/janus${at}`, { headers: { 'X-Forwarded-For': from },
  ...(body && { method: 'POST', body: JSON.stringify({ transaction: 'tx', ...body }) }) });
const create = async (from, sub, role = 'student') => {
  const r = await call(from, { janus: 'create', ...(sub && { token: token({ sub, role }) }) });
  assert.equal(r.status, 200);
  return (await r.json()).data.id;
};
// Asks until it is refused; the refusal, and how often it was served before.
const flood = async (ask, most) => {
  for (let served = 0; served <= most; served++) {
    const r = await ask(served);
    if (r.status === 429) return { r, served, error: (await r.json()).error };
    assert.equal(r.status, 200);
    await r.arrayBuffer();
  }
  assert.fail(`served ${most} times and more`);
};
const check = ({ r, error }, limit) => {
  assert.equal(error.code, 450);
  assert.equal(error.word, 'too-fast');
  assert.equal(error.limit, limit);
  assert.ok(error.retry_after_ms > 0);
  assert.match(r.headers.get('retry-after'), /^[1-9]\d*$/);
  assert.match(r.headers.get('ratelimit-policy'), new RegExp(`^"${limit}";q=\\d+;w=\\d+$`));
  assert.match(r.headers.get('ratelimit'), new RegExp(`^"${limit}";r=0;t=[1-9]\\d*$`));
};
const admin = async () => (await fetch(`${d.admin}/admin`, { method: 'POST', body: JSON.stringify({ janus: 'limits', transaction: 'tx' }) })).json();
const hits = async name => (await admin()).limits.find(one => one.name === name);

test('requests of an address, over HTTP', async () => {
  const loud = address();
  const end = await flood(() => call(loud, { janus: 'ping' }), 200);
  check(end, 'address_rate');
  assert.ok(end.served >= LIMITS.address_burst, `served ${end.served}`);
  assert.equal((await call(loud, undefined, '/info')).status, 429);
  assert.equal((await call(address(), { janus: 'ping' })).status, 200);
});

test('requests of an address by /api, whatever they are', async () => {
  const loud = address();
  const ask = (from, name) => fetch(`${d.origin}/api/${name}`, { method: 'POST', body: '{}', headers: { 'X-Forwarded-For': from, 'Content-Type': 'application/json' } });
  const statuses = new Set();
  for (let i = 0; i < 200 && !statuses.has(429); i++) {
    const r = await ask(loud, ['people/entrance', 'people/list', 'audit/search', 'nobody/nothing'][i % 4]);
    statuses.add(r.status);
    if (r.status !== 429) continue;
    assert.ok(i >= LIMITS.address_burst, `${i} served`);
    assert.match((await r.json()).detail, /address_rate/);
    assert.match(r.headers.get('ratelimit'), /^"address_rate";r=0;t=[1-9]\d*$/);
    assert.match(r.headers.get('retry-after'), /^[1-9]\d*$/);
  }
  assert.deepEqual([...statuses].sort(), [200, 401, 404, 429]);
  assert.equal((await ask(address(), 'people/entrance')).status, 200);
});

test('a network of 64 bits is one address of IPv6', async () => {
  check(await flood(i => call(`2001:db8:1:2::${i + 1}`, { janus: 'ping' }), 200), 'address_rate');
  assert.equal((await call('2001:db8:1:3::1', { janus: 'ping' })).status, 200);
});

test('whoever waits as long as told is served', async () => {
  const loud = address();
  const { error } = await flood(() => call(loud, { janus: 'ping' }), 200);
  await new Promise(r => setTimeout(r, error.retry_after_ms));
  assert.equal((await call(loud, { janus: 'ping' })).status, 200);
});

test('requests in a session, wherever they come from', async () => {
  const session = await create(address()), other = await create(address());
  check(await flood(() => call(address(), { janus: 'keepalive' }, `/${session}`), 100), 'session_rate');
  const poll = await call(address(), undefined, `/${session}`);
  assert.equal(poll.status, 429, 'a long poll is a request as well');
  assert.equal((await poll.json()).error.limit, 'session_rate');
  assert.equal((await call(address(), { janus: 'keepalive' }, `/${other}`)).status, 200);
});

test('requests of a person, over all sessions', async () => {
  const sessions = [await create(address(), 'eve'), await create(address(), 'eve')], other = await create(address(), 'ann');
  check(await flood(i => call(address(), { janus: 'keepalive' }, `/${sessions[i % 2]}`), 100), 'token_rate');
  const again = await call(address(), { janus: 'create', token: token({ sub: 'eve', role: 'student' }) });
  assert.equal(again.status, 429);
  assert.equal((await call(address(), { janus: 'keepalive' }, `/${other}`)).status, 200);
  const { recent } = await admin();
  const eve = recent.filter(one => one.subject === 'eve');
  assert.ok(eve.length > 0 && eve.every(one => one.limit === 'token_rate' && one.count >= 1 && one.first <= one.last));
});

test('requests on a WebSocket are refused with their transaction, the connection stays', async () => {
  const open = () => new Promise((resolve, reject) => {
    const s = new WebSocket(d.ws, 'janus-protocol', { headers: { 'X-Forwarded-For': address() } });
    s.once('open', () => resolve(s));
    s.once('error', reject);
  });
  const loud = await open(), calm = await open();
  const replies = [];
  const all = new Promise(resolve => loud.on('message', data => { replies.push(JSON.parse(data)); if (replies.length === 60) resolve(); }));
  for (let i = 0; i < 60; i++) loud.send(JSON.stringify({ janus: 'ping', transaction: `t${i}` }));
  await all;
  assert.deepEqual(replies.map(one => one.transaction), [...Array(60)].map((_, i) => `t${i}`));
  const refused = replies.filter(one => one.janus === 'error');
  assert.ok(refused.length > 0 && refused.length <= 60 - LIMITS.client_burst, `refused ${refused.length}`);
  for (const { error } of refused) {
    assert.equal(error.code, 450);
    assert.equal(error.limit, 'client_rate');
    assert.ok(error.retry_after_ms > 0);
  }
  const pong = new Promise(resolve => calm.once('message', data => resolve(JSON.parse(data))));
  calm.send(JSON.stringify({ janus: 'ping', transaction: 'calm' }));
  assert.equal((await pong).janus, 'pong');
  loud.close();
  calm.close();
});

describe('what one may hold', () => {
  test('sessions of a connection, handles of a session', async () => {
    const c = await Client.open(d.ws);
    for (let i = 1; i < LIMITS.client_sessions; i++) await c.request({ janus: 'create', session_id: undefined });
    await assert.rejects(c.request({ janus: 'create', session_id: undefined }),
      e => e.code === 472 && /client_sessions: 3/.test(e.reason));
    for (let i = 0; i < LIMITS.handles; i++) await c.attach('janus.plugin.echotest');
    await assert.rejects(c.attach('janus.plugin.echotest'), { code: 461 });
    await c.close();
    assert.ok((await hits('client_sessions')).hits >= 1);
    assert.ok((await hits('handles')).hits >= 1);
  });

  test('rooms', async () => {
    const c = await Client.open(d.ws, { token: token({ sub: 'tess', role: 'teacher' }) });
    const handle = await c.attach('aula.plugin.classroom');
    let last;
    for (let i = 0; i <= LIMITS.rooms; i++) last = await handle.message({ request: 'create', room: 7000 + i });
    assert.equal(last.word, 'full', JSON.stringify(last));
    const { recent } = await admin();
    assert.ok(recent.some(one => one.limit === 'rooms'), JSON.stringify(recent));
    assert.ok(recent.some(one => one.limit === 'plugin' && one.subject === 'tess' && one.what === 'classroom create: full'), JSON.stringify(recent));
    await c.close();
  });

  test('a body, and a message', async () => {
    const r = await fetch(`${d.origin}/janus`, { method: 'POST', body: 'x'.repeat(300000), headers: { 'X-Forwarded-For': address() } }).catch(() => null);
    if (r) assert.equal(r.status, 413);
    const c = await Client.open(d.ws);
    c.socket.send('x'.repeat(300000));
    assert.equal((await c.ended).code, 1009);
    assert.ok((await hits('web_body_bytes')).hits >= 1);
    assert.ok((await hits('web_message_bytes')).hits >= 1);
  });
});

test('the operator is told of each limit, and what hit it', async () => {
  const { limits, recent, tracked } = await admin();
  for (const one of limits) {
    assert.match(one.summary, /\.$/);
    assert.ok(one.setting.length > 0);
    assert.equal(one.last !== undefined, one.hits > 0, one.name);
  }
  const rate = limits.find(one => one.name === 'session_rate');
  assert.deepEqual([rate.most, rate.burst, rate.setting], [LIMITS.session_rate, LIMITS.session_burst, 'limits.session_rate']);
  assert.ok(rate.hits >= 2);
  assert.deepEqual(recent.map(one => one.last), recent.map(one => one.last).sort((a, b) => a - b));
  assert.ok(tracked > 0);
  // The page is made once a second.
  const behind = text => limits.filter(({ name, hits: count }) =>
    !(Number(text.match(new RegExp(`^aula_limit_hits_total\\{limit="${name}"\\} (\\d+)$`, 'm'))?.[1]) >= count)).map(({ name }) => name);
  let text = '';
  for (const end = Date.now() + 10000; Date.now() < end && behind(text).length > 0; await new Promise(r => setTimeout(r, 50)))
    text = await (await fetch(`${d.origin}/metrics`)).text();
  assert.deepEqual(behind(text), []);
  assert.match(d.text, /a limit was hit limit=session_rate setting=limits\.session_rate address=198\.51\.100\.\d+/);
});
