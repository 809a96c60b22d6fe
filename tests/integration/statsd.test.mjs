// The metrics as an agent of StatsD gets them: a socket of the test's own that reads each line strictly.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { Daemon } from './lib/daemon.mjs';

let d, agent, port;
let lines = [];

function read(datagram) {
  assert.ok(datagram.length <= 1432, `${datagram.length} bytes`);
  for (const line of datagram.toString().split('\n')) {
    const parts = line.match(/^(aula\.[a-z][a-z0-9_.]*):(-?\d+(?:\.\d+)?(?:e-?\d+)?)\|([cg])\|#([^|#\s]+)$/);
    assert.ok(parts, line);
    const tags = parts[4].split(',');
    for (const tag of tags) assert.match(tag, /^[a-z_]+:[^:,]+$/, line);
    lines.push({ name: parts[1], value: Number(parts[2]), kind: parts[3], tags });
  }
}

// At the same port each time.
async function listen(at) {
  agent = dgram.createSocket('udp4').on('message', read);
  await new Promise((resolve, reject) => agent.once('error', reject).bind(at, '127.0.0.1', resolve));
  return agent.address().port;
}

before(async () => {
  port = await listen(0);
  d = await Daemon.start({ files: { aula: { metrics: { statsd_url: `udp://127.0.0.1:${port}`, statsd_s: 1, statsd_tags: ['env:test'] } } } });
});
after(async () => {
  await d.stop();
  agent.close();
});

const has = (line, name, ...tags) => line.name === name && tags.every(tag => line.tags.includes(tag));
const sum = (name, ...tags) => lines.filter(line => has(line, name, ...tags)).reduce((all, line) => all + line.value, 0);
const latest = name => lines.findLast(line => line.name === name)?.value;

async function ask(count) {
  const socket = new WebSocket(d.ws, 'janus-protocol');
  let answers = 0;
  socket.on('message', () => { answers++; });
  await new Promise(resolve => { socket.once('open', resolve); });
  for (let i = 0; i < count; i++) socket.send(JSON.stringify({ janus: 'info', transaction: String(i) }));
  await d.until(() => answers === count);
  return socket;
}

test('counts come as what was added, gauges as they are, each line with the tags of the settings', async () => {
  const socket = await ask(5);
  await d.until(() => sum('aula.verbs', 'verb:info', 'result:ok') === 5 && latest('aula.clients') === 1);
  socket.close();
  await d.until(() => latest('aula.clients') === 0);
  assert.equal(sum('aula.verbs', 'verb:info', 'result:ok'), 5);
  assert.ok(lines.every(line => line.tags.includes('env:test')));
  assert.ok(lines.some(line => has(line, 'aula.message_seconds.95percentile') && line.kind === 'g' && line.value >= 0));
  assert.equal(sum('aula.message_seconds.count'), 5);
  assert.equal(lines.find(line => line.name === 'aula.verbs').kind, 'c');
  // Every metric of the page is there; those of a histogram by its figures.
  const page = await (await fetch(`${d.origin}/metrics`)).text();
  const names = new Set(lines.map(line => line.name));
  for (const [, name, kind] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const wanted = `aula.${name.replace(/^aula_/, '').replace(/_total$/, '')}`;
    if (new RegExp(`^${name}(_count)?[ {]`, 'm').test(page)) assert.ok(names.has(kind === 'histogram' ? `${wanted}.count` : wanted), name);
  }
});

test('an agent that was away gets what was counted meanwhile', async () => {
  await new Promise(resolve => agent.close(resolve));
  await d.until(() => /takes no metrics/.test(d.text), 20000);
  (await ask(7)).close();
  await listen(port);
  await d.until(() => sum('aula.verbs', 'verb:info') === 12, 20000);
  await d.until(() => /takes metrics again/.test(d.text));
  await d.until(() => sum('aula.statsd_failures') >= 1);
});
