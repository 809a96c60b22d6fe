// Events posted to a real HTTPS receiver, which is away, fails and refuses: signed, in order, none lost, and what was refused
// can be tried again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';

let dir, key;
before(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'webhook-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=receiver', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${dir}/key.pem`, '-out', `${dir}/cert.pem`],
  { stdio: 'ignore' });
  key = randomBytes(32);
  fs.writeFileSync(`${dir}/secret`, `whsec_${key.toString('base64')}\n`, { mode: 0o600 });
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

// Checks what comes as Standard Webhooks say; `answer(events)` gives the status.
class Receiver {
  constructor(answer) {
    Object.assign(this, { answer, taken: [], requests: 0, wrong: [] });
  }

  async start(port = 0) {
    this.server = https.createServer({ key: fs.readFileSync(`${dir}/key.pem`), cert: fs.readFileSync(`${dir}/cert.pem`) },
      async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers;
        const want = `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`;
        if (want.length !== signature?.length || !timingSafeEqual(Buffer.from(want), Buffer.from(signature)) ||
          Math.abs(time - Date.now() / 1000) > 60 || request.headers['content-type'] !== 'application/json')
          this.wrong.push(request.headers);
        this.requests++;
        const events = JSON.parse(body), status = this.answer(events, this.requests);
        if (status < 300) this.taken.push(...events);
        response.writeHead(status).end();
      });
    await new Promise(resolve => this.server.listen(port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.url = `https://127.0.0.1:${this.port}/events`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  numbers() {
    return this.taken.filter(event => event.name === 'external').map(event => event.event.data.n);
  }
}

async function ask(daemon, janus, more = {}) {
  const response = await fetch(`${daemon.admin}/admin`, { method: 'POST', body: JSON.stringify({ janus, transaction: 't', ...more }) });
  return response.json();
}

const start = (url, more = {}, state = undefined) => Daemon.start({ state, files: { aula: { modules: { enabled: [
  { name: 'websocket' }, { name: 'webhook' }] } }, webhook: { url, secret_file: `${dir}/secret`, ca_file: `${dir}/cert.pem`, ...more } } });
const send = async (daemon, from, to) => {
  for (let n = from; n < to; n++)
    assert.equal((await ask(daemon, 'custom_event', { schema: 'test', data: { n } })).janus, 'success');
};
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const settle = async (daemon, test) => {
  for (const end = Date.now() + 90000; ; await new Promise(resolve => setTimeout(resolve, 50))) {
    const { response } = await ask(daemon, 'query_eventhandler', { handler: 'webhook' });
    if (test(response)) return response;
    assert.ok(Date.now() < end, JSON.stringify(response));
  }
};

test('signed batches come in order, also from a receiver that was away and from before a kill', async () => {
  // Every fourth request fails after it was read.
  const receiver = new Receiver((events, count) => (count % 4 === 3 ? 503 : 204));
  await receiver.start();
  let d = await start(receiver.url, { batch: 7 });
  try {
    await send(d, 0, 20);
    await settle(d, one => one.spooled + one.waiting === 0 && one.delivered >= 20);
    await receiver.stop();
    await send(d, 20, 60);
    await settle(d, one => one.breaker !== 'closed' && one.spooled >= 40);
    d.child.kill('SIGKILL');
    await d.exited;
    d = await start(receiver.url, { batch: 7 }, d.state);
    await send(d, 60, 80);
    await receiver.start(receiver.port);
    await settle(d, one => one.spooled === 0 && one.waiting === 0);
    assert.deepEqual(receiver.wrong, []);
    assert.deepEqual(receiver.numbers(), range(0, 80));
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    await receiver.stop();
  }
});

test('one that is refused is put aside, holds up nobody, and can be tried again', async () => {
  let picky = true;
  const receiver = new Receiver(events => (picky && events.some(event => event.event.data?.n === 5) ? 422 : 200));
  await receiver.start();
  const d = await start(receiver.url);
  try {
    await send(d, 0, 10);
    await settle(d, one => one.spooled + one.waiting === 0 && one.refused === 1);
    assert.deepEqual(receiver.numbers(), range(0, 10).filter(n => n !== 5));
    const aside = path.join(d.state, 'events', 'webhook', 'refused.jsonl');
    assert.deepEqual(fs.readFileSync(aside, 'utf8').trim().split('\n').map(line => JSON.parse(line).event.data.n), [5]);
    picky = false;
    assert.equal((await ask(d, 'replay_refused', { handler: 'webhook' })).janus, 'success');
    await settle(d, () => receiver.numbers().includes(5));
    assert.ok(!fs.existsSync(aside));
    assert.equal((await ask(d, 'replay_refused', { handler: 'webhook' })).janus, 'success');
    assert.equal((await ask(d, 'replay_refused', { handler: 'nobody' })).janus, 'error');
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    await receiver.stop();
  }
});

test('a receiver whose certificate is not trusted gets nothing', async () => {
  const receiver = new Receiver(() => 200);
  await receiver.start();
  const d = await start(receiver.url, { ca_file: '/etc/ssl/certs/ca-certificates.crt' });
  try {
    await send(d, 0, 3);
    await settle(d, one => one.failures >= 2 && one.spooled >= 3);
    assert.equal(receiver.requests, 0);
    assert.match(d.text, /events cannot be posted: .*certificate/i);
    assert.equal(await d.stop(), 0);
  } finally {
    d.child.kill('SIGKILL');
    await receiver.stop();
  }
});
