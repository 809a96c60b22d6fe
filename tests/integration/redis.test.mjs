// Back ends that speak through Redis, with ioredis: either side, and Redis itself, goes away and comes back.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import IORedis from 'ioredis';
import { Backend } from '../../transports/redis/backend.mjs';
import { Daemon } from './lib/daemon.mjs';
import { Redis, cluster, until, withSentinels } from './lib/redis.mjs';

const node = (url, name) => Daemon.start({ files: { aula: { bus: { url, reply_ms: 2000 } }, redis: { node: name, claim_ms: 1000 } } });
const quiet = redis => redis.on('error', () => {});

async function handle(backend, plugin = 'janus.plugin.textroom') {
  const session_id = (await backend.request({ janus: 'create' })).data.id;
  const handle_id = (await backend.request({ janus: 'attach', session_id, plugin })).data.id;
  return { session_id, handle_id, ask: (body, more) => backend.request({ janus: 'message', session_id, handle_id, body }, more) };
}
const list = async h => (await h.ask({ request: 'list' })).plugindata.data;

const health = async d => { const r = await fetch(`${d.origin}/health`); return { status: r.status, ...await r.json() }; };
const metric = async (d, name) =>
  Number((await (await fetch(`${d.origin}/metrics`)).text()).match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);

describe('one Redis', () => {
  let redis, d, client;
  test('requests, answers, events, and what is wrong', async () => {
    redis = await Redis.start();
    d = await node(redis.url, 'one');
    client = quiet(new IORedis(redis.port));
    const events = [];
    const a = await Backend.open(client, 'a', { onEvent: m => events.push(m) });
    const b = await Backend.open(client, 'b');
    assert.equal((await a.request({ janus: 'info' })).janus, 'server_info');
    const h = await handle(a, 'janus.plugin.videoroom');
    assert.equal((await list(h)).videoroom, 'success');
    assert.equal(a.places.get(String(h.session_id)), 'requests:one');
    // Nobody else's session.
    await assert.rejects(b.request({ janus: 'keepalive', session_id: h.session_id }), e => e.code === 458);
    await assert.rejects(a.request({ janus: 'dance', session_id: h.session_id }), e => e.code === 453);
    await client.xadd('aula:requests', '*', 'app', 'b', 'id', 'bad', 'body', '[1]');
    await client.xadd('aula:requests', '*', 'app', 'no such name', 'body', '{}');
    await until(async () => JSON.stringify(await client.xrange('aula:replies:b', '-', '+')).includes('no JSON object'));
    await d.until(() => /without a good app or id/.test(d.text));
    await a.close();
    await b.close();
  });

  test('a request that is sent twice is done once', async () => {
    const a = await Backend.open(client, 'twice');
    await a.request({ janus: 'create' }, { id: 'x1' });
    await assert.rejects(a.request({ janus: 'create' }, { id: 'x1', timeout: 300 }), /no answer/);
    const first = await client.xlen('aula:replies:twice');
    assert.equal(first, 1);
    await until(async () => (await client.xpending('aula:requests', 'servers'))[0] === 0);
    await a.close();
  });

  test('Redis killed under load: each request answered once, no gap', async () => {
    let gaps = 0;
    const a = await Backend.open(client, 'load', { onGap: () => gaps++ });
    const h = await handle(a);
    const asked = [];
    for (let i = 0; i < 300; i++) {
      asked.push(h.ask({ request: 'list' }, { timeout: 30000 }));
      if (i === 150) {
        await redis.kill();
        await d.until(() => /Redis is away/.test(d.text));
        // Known to operators, and no reason to send nobody here.
        await until(async () => (await health(d)).bus === 'away');
        assert.equal((await health(d)).status, 200);
        await until(async () => (await metric(d, 'aula_bus_connected')) === 0);
        await redis.run();
      }
    }
    // What ioredis had sent and Redis had lost is not ours to find; it says so itself or repeats it.
    const done = await Promise.all(asked);
    assert.deepEqual(done.map(m => m.plugindata.data).filter(data => data.textroom !== 'success'), []);
    assert.equal(gaps, 0);
    await until(async () => (await health(d)).bus === 'connected' && (await metric(d, 'aula_bus_connected')) === 1);
    // The page of metrics is made once a second.
    await until(async () => (await metric(d, 'aula_bus_sent_entries_total')) > 300 && (await metric(d, 'aula_bus_received_bytes_total')) > 300);
    assert.equal(await metric(d, 'aula_bus_connects_total'), 2);
    assert.equal(await metric(d, 'aula_bus_dropped_entries_total'), 0);
    await a.close();
  });

  test('the server killed: what it did not take waits for the next', async () => {
    const a = await Backend.open(client, 'restart');
    const h = await handle(a);
    d.child.kill('SIGKILL');
    await d.exited;
    const waits = a.request({ janus: 'info' }, { timeout: 30000 });
    const late = a.request({ janus: 'keepalive', session_id: h.session_id }, { timeout: 30000 });
    late.catch(() => {});
    d = await node(redis.url, 'one');
    assert.equal((await waits).janus, 'server_info');
    // Its sessions went with it, and the application is told so.
    await assert.rejects(late, e => e.code === 458);
    await a.close();
  });

  test('the application restarted: what was said meanwhile is in its stream', async () => {
    const a = await Backend.open(client, 'again');
    const h = await handle(a);
    await a.close();
    await client.xadd('aula:requests:one', '*', 'app', 'again', 'id', 'late', 'body', JSON.stringify({ janus: 'keepalive', session_id: h.session_id }));
    const entries = await until(async () => {
      const all = await client.xrange('aula:replies:again', '-', '+');
      return all.some(([, f]) => f.includes('late')) && all;
    });
    const numbers = entries.map(([, f]) => f.includes('seq') && Number(f[f.indexOf('seq') + 1])).filter(Boolean);
    assert.deepEqual(numbers, numbers.map((_, i) => i + 1));
    assert.equal(await d.stop(), 0);
    client.disconnect();
    await redis.end();
  });
});

test('sentinels: the master dies under load, and every request is answered', async () => {
  const world = await withSentinels();
  const d = await node(world.url, 'one');
  const client = quiet(new IORedis({ sentinels: world.sentinels.map(s => ({ host: '127.0.0.1', port: s.port })), name: 'school' }));
  let gaps = 0;
  const a = await Backend.open(client, 'app', { onGap: () => gaps++ });
  const h = await handle(a);
  await list(h);
  // Replicated, so that it is not the back end that loses its own.
  await client.wait(1, 5000);
  await world.master.kill();
  const asked = [];
  for (let i = 0; i < 100; i++) asked.push(h.ask({ request: 'list' }, { timeout: 40000 }));
  const done = await Promise.all(asked);
  assert.ok(done.every(m => m.plugindata.data.textroom === 'success'));
  assert.equal(gaps, 0);
  assert.match(world.replica.cli('ROLE'), /^master/);
  await a.close();
  client.disconnect();
  assert.equal(await d.stop(), 0);
  await world.end();
});

test('a cluster: streams lie on all of its servers', async () => {
  const world = await cluster();
  const d = await node(world.url, 'one');
  const client = quiet(new IORedis.Cluster(world.servers.map(s => ({ host: '127.0.0.1', port: s.port }))));
  for (const app of ['a', 'b', 'c', 'd']) {
    const a = await Backend.open(client, app);
    const h = await handle(a);
    assert.equal((await list(h)).textroom, 'success');
    await a.close();
  }
  const held = world.servers.filter(s => Number(s.cli('DBSIZE')) > 0);
  assert.ok(held.length > 1);
  client.disconnect();
  assert.equal(await d.stop(), 0);
  await world.end();
});
