// A real Prometheus reads the real server: its tool finds nothing wrong with the page, its rules work, and each series
// that a rule or the dashboard asks for exists.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { aiortc } from '../integration/lib/clients.mjs';

const CONF = new URL('../../conf/', import.meta.url).pathname;
const PORT = 19090;
let d, client;
before(async () => {
  // Events go to somebody who is not there: what waits is counted.
  const secret = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'prometheus-')), 'secret');
  fs.writeFileSync(secret, `whsec_${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  d = await Daemon.start({ files: { webhook: { url: 'http://127.0.0.1:9/', secret_file: secret } } });
  client = await Client.open(d.ws);
  const handle = await client.attach('janus.plugin.videoroom');
  await handle.message({ request: 'nonsense' }).catch(() => {});
  await handle.message({ request: 'list' });
  const echo = await aiortc(d.ws, 'janus.plugin.echotest', { audio: true, video: true }, { audio: true }, 5);
  assert.equal(echo.state, 'connected');
});
after(async () => {
  await client.close();
  assert.equal(await d.stop(), 0);
});

const tool = (args, input) => spawnSync('promtool', args, { encoding: 'utf8', input });
async function page(headers) {
  const answer = await fetch(`${d.origin}/metrics`, { headers });
  return { type: answer.headers.get('content-type'), text: await answer.text() };
}
async function settled() {
  for (const end = Date.now() + 10000; ; await new Promise(r => setTimeout(r, 100))) {
    const { text } = await page();
    if (/^aula_peer_connect_seconds_count [1-9]/m.test(text) && /result="unknown"/.test(text)) return text;
    assert.ok(Date.now() < end, text);
  }
}

test('promtool finds nothing wrong with the page', async () => {
  const { status, stdout, stderr } = tool(['check', 'metrics'], await settled());
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});

test('who asks for OpenMetrics gets it, to its end', async () => {
  await settled();
  const { type, text } = await page({ accept: 'application/openmetrics-text; version=1.0.0' });
  assert.match(type, /^application\/openmetrics-text/);
  assert.match(text, /\n# EOF\n$/);
  assert.match(text, /^# TYPE aula_verbs counter$/m);
});

test('the rules are good, and fire when they should', () => {
  for (const args of [['check', 'config', `${CONF}prometheus/prometheus.yaml`], ['check', 'rules', `${CONF}prometheus/aula.rules.yaml`],
    ['test', 'rules', `${CONF}prometheus/aula.rules.test.yaml`]]) {
    const { status, stdout, stderr } = tool(args);
    assert.equal(status, 0, stdout + stderr);
  }
});

test('each alert has a case in which it fires, and one in which it does not', () => {
  const alerts = [...fs.readFileSync(`${CONF}prometheus/aula.rules.yaml`, 'utf8').matchAll(/- alert: (\w+)/g)].map(m => m[1]);
  const cases = fs.readFileSync(`${CONF}prometheus/aula.rules.test.yaml`, 'utf8');
  for (const [what, pattern] of [['fires', name => `alertname: ${name}\\s+exp_alerts:\\s+- exp_labels`], ['is silent', name => `alertname: ${name},?\\s+exp_alerts: \\[\\]`]])
    assert.deepEqual(alerts.filter(name => !new RegExp(pattern(name)).test(cases)), [], what);
  assert.ok(alerts.length > 20);
});

test('each series that is asked for exists', async () => {
  const text = await settled();
  const names = new Set([...text.matchAll(/^([a-z_]+)(?:\{| )/gm)].map(m => m[1]));
  const dashboard = JSON.parse(fs.readFileSync(`${CONF}grafana/aula.json`, 'utf8'));
  const wanted = fs.readFileSync(`${CONF}prometheus/aula.rules.yaml`, 'utf8').match(/expr: .*/g)
    .concat(dashboard.panels.flatMap(p => p.targets.map(t => t.expr)),
      fs.readFileSync(`${CONF}kubernetes/autoscaling.yaml`, 'utf8').match(/metric: \{name: .*\}/g))
    .flatMap(expr => expr.match(/\b(?:aula|process)_[a-z_]+/g) ?? []);
  assert.ok(wanted.length > 30);
  assert.deepEqual([...new Set(wanted)].filter(name => !names.has(name)), []);
});

test('the packets of a call are counted, and what the store did', async () => {
  const text = await settled();
  const sum = name => [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce((all, m) => all + Number(m[1]), 0);
  assert.ok(sum('aula_rtp_received_packets_total') >= 5);
  assert.ok(sum('aula_rtp_sent_packets_total') >= 5);
  assert.ok(sum('aula_rtp_retransmitted_packets_total') <= sum('aula_rtp_sent_packets_total'));
  assert.equal(sum('aula_store_ready'), 1);
  assert.ok(sum('aula_store_seconds_count') > 0);
  assert.equal(sum('aula_store_failed_total'), 0);
});

test('a Prometheus scrapes it and has its series', { timeout: 60000 }, async t => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prometheus-'));
  fs.copyFileSync(`${CONF}prometheus/aula.rules.yaml`, `${folder}/aula.rules.yaml`);
  fs.writeFileSync(`${folder}/prometheus.yml`, fs.readFileSync(`${CONF}prometheus/prometheus.yaml`, 'utf8')
    .replace('15s', '1s').replace('127.0.0.1:8080', `127.0.0.1:${d.port}`));
  const child = spawn('prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${PORT}`], { stdio: 'ignore' });
  t.after(() => { const gone = new Promise(r => child.once('exit', r)); child.kill('SIGTERM'); return gone; });
  const ask = async query => {
    const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/query?query=${encodeURIComponent(query)}`);
    return (await answer.json()).data.result;
  };
  for (const end = Date.now() + 40000; ; await new Promise(r => setTimeout(r, 300))) {
    const [up] = await ask('up{job="aula"}').catch(() => []);
    if (up?.value[1] === '1') break;
    assert.ok(Date.now() < end, 'not scraped');
  }
  assert.equal((await ask('aula_sessions'))[0].value[1], '1');
  assert.equal((await ask('sum(aula_verbs_total{verb="attach",result="ok"})'))[0].value[1], '2');
  assert.equal((await ask('sum(aula_requests_total{module="classroom",result="unknown"})'))[0].value[1], '1');
  const groups = (await (await fetch(`http://127.0.0.1:${PORT}/api/v1/rules`)).json()).data.groups;
  assert.ok(groups[0].rules.length > 10);
});
