// Events in a stream and on a channel of a real Redis, which is killed, as the server is: all are there, in order, and what came
// twice can be told by (epoch, seq).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import IORedis from 'ioredis';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Redis, until } from '../integration/lib/redis.mjs';

let redis;
before(async () => { redis = await Redis.start(); });
after(() => redis.end());

async function ask(daemon, janus, more = {}) {
  const response = await fetch(`${daemon.admin}/admin`, { method: 'POST', body: JSON.stringify({ janus, transaction: 't', ...more }) });
  return response.json();
}
const start = (more, { state, bus = { url: redis.url, reply_ms: 2000 } } = {}) => Daemon.start({ state, files: {
  aula: { bus, modules: { enabled: [{ name: 'websocket' }, { name: 'redis_events' }] } }, redis_events: more } });
const send = async (daemon, from, to) => {
  for (let n = from; n < to; n++)
    assert.equal((await ask(daemon, 'custom_event', { schema: 'test', data: { n, text: 'line\n "quoted" \u00e4' } })).janus, 'success');
};
const counts = async daemon => (await ask(daemon, 'query_eventhandler', { handler: 'redis_events' })).response;
const settled = daemon => until(async () => {
  const { spooled, waiting } = await counts(daemon);
  return spooled + waiting === 0;
}, 60000);
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

// The entries of a stream as objects; those that came twice left out as a reader does that: it takes what is later than all before.
function entries(stream) {
  const lines = redis.cli('--json', 'XRANGE', `aula:${stream}`, '-', '+');
  let last = [0, 0], twice = 0;
  const all = JSON.parse(lines).map(([, words]) => {
    const fields = {};
    for (let i = 0; i < words.length; i += 2) fields[words[i]] = words[i + 1];
    return fields;
  });
  const kept = all.filter(fields => {
    const at = [Number(fields.epoch), Number(fields.seq)];
    const later = at[0] > last[0] || (at[0] === last[0] && at[1] > last[1]);
    if (later) last = at;
    else twice++;
    return later;
  });
  return { kept, twice };
}

test('Redis killed twice and the server once: each event is in the stream, in order', async () => {
  let d = await start({ stream: 'school', timeout_ms: 500 });
  try {
    await send(d, 0, 50);
    await settled(d);
    await redis.kill();
    await send(d, 50, 100);
    await until(async () => (await counts(d)).breaker !== 'closed' && (await counts(d)).spooled >= 50);
    d.child.kill('SIGKILL');
    await d.exited;
    d = await start({ stream: 'school', timeout_ms: 500 }, { state: d.state });
    await send(d, 100, 400);
    await redis.run();
    await send(d, 400, 450);
    await redis.kill();
    await send(d, 450, 500);
    await redis.run();
    await settled(d);
    const { kept } = entries('school');
    for (const fields of kept) {
      const event = JSON.parse(fields.json);
      assert.deepEqual([fields.epoch, fields.seq, fields.type, fields.name],
        [event.epoch, event.seq, event.type, event.name].map(String));
    }
    const told = kept.map(fields => JSON.parse(fields.json)).filter(event => event.name === 'external');
    assert.deepEqual(told.map(event => event.event.data.n), range(0, 500));
    assert.ok(told.every(event => event.event.data.text === 'line\n "quoted" \u00e4'));
    const { dropped, refused } = await counts(d);
    assert.deepEqual({ dropped, refused }, { dropped: 0, refused: 0 });
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});

test('a channel tells who listens; a stream keeps about what it may; a Redis that refuses loses none', async () => {
  const d = await start({ stream: 'short', channel: 'live', entries_most: 1000, types: ['external'] });
  const client = new IORedis(redis.port);
  client.on('error', () => {});
  const heard = [];
  try {
    await client.subscribe('aula:live');
    client.on('message', (_, text) => heard.push(JSON.parse(text)));
    // Nothing may be appended: a key of that name is no stream.
    redis.cli('SET', 'aula:short', 'taken');
    await send(d, 0, 20);
    await until(async () => (await counts(d)).failures > 0);
    redis.cli('DEL', 'aula:short');
    await send(d, 20, 1300);
    await settled(d);
    const { kept } = entries('short');
    assert.ok(kept.length >= 1000 && kept.length < 1300, String(kept.length));
    assert.deepEqual(kept.map(fields => JSON.parse(fields.json).event.data.n), range(1300 - kept.length, 1300));
    await until(() => heard.some(event => event.event.data.n === 1299));
    assert.deepEqual([...new Set(heard.map(event => event.event.data.n))], range(0, 1300));
    assert.equal((await counts(d)).refused, 0);
    assert.equal(await d.stop(), 0);
  } finally {
    client.disconnect();
    d.child.kill('SIGKILL');
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});

test('without bus.url nothing is kept, and that is said', async () => {
  const d = await start({ stream: 'school' }, { bus: {} });
  try {
    assert.match(d.text, /no bus\.url, so no events are kept/);
    assert.equal(await counts(d), undefined);
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    fs.rmSync(d.state, { recursive: true, force: true });
  }
});
