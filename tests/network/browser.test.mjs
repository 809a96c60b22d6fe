// Chromium with the class pages behind translators: the SDK uses the servers that it is told of, trickles, and restarts ICE.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keepLogs, launch, received, until } from '../browser/lib/browsers.mjs';
import { enterAs } from '../browser/lib/class.mjs';
import { able, Lab } from './lib/lab.mjs';
import { aula, coturn, secretFile, TURN_SECRET } from './lib/parts.mjs';

const can = able();
const skip = can === true ? false : can;
let lab, turn;
before(async () => {
  if (skip) return;
  lab = await Lab.open();
  turn = await coturn(lab, 10);
}, { timeout: 30000 });
after(async () => { await lab?.close(); });

const shared = () => secretFile(lab, 'turn.secret', TURN_SECRET);

// A browser in `host` that takes the server's pages for secure; the class of the demo in two pages.
async function classIn(host, d, origin, t) {
  const browser = await launch('chromium', { executablePath: lab.program(host, 'chromium'),
    args: [`--unsafely-treat-insecure-origin-as-secure=${origin}`] });
  t.after(() => browser.close());
  const there = { origin };
  const teacher = await enterAs(browser, there, 'teacher', { name: 'Ada' });
  const student = await enterAs(browser, there, 'student', { name: 'Sam' });
  t.after(() => keepLogs(`network-${host.name}`, d, teacher, student));
  await until('the student sees and hears', () => received(student), r => r.framesDecoded >= 20 && r.audioPackets > 20);
  return { teacher, student };
}

// How the pairs in use are made: "relay/host" and so on, of all PeerConnections of a page.
const pairs = page => page.evaluate(async () => {
  const all = [];
  for (const pc of window.peers) {
    if (pc.connectionState !== 'connected') continue;
    const report = await pc.getStats();
    for (const s of report.values()) {
      if (s.type !== 'transport' || !s.selectedCandidatePairId) continue;
      const pair = report.get(s.selectedCandidatePairId);
      const local = report.get(pair.localCandidateId), remote = report.get(pair.remoteCandidateId);
      all.push({ local: local.candidateType, relay: local.relayProtocol, remote: remote.candidateType, port: remote.port });
    }
  }
  return all;
});

// Beside each other: most of the time is Chromium's patience.
describe('Chromium with the class pages', { skip, concurrency: 2 }, () => {
  test('a student whose firewall lets no UDP out is in a class of a lite server by the relay that the server named, without the page knowing', { timeout: 90000 }, async t => {
    const office = await lab.site('office', 3, { udp: false });
    const server = await lab.public('server', 20);
    const d = await aula(lab, server, { media: { tcp: false }, args: ['--demo', 'anywhere'],
      ice_servers: { secret_file: shared(), uris: [turn.uri('turn', 'tcp')] } });
    t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
    const { student } = await classIn(office, d, `http://${server.address}:${d.port}`, t);
    const used = await pairs(student);
    assert.ok(used.length && used.every(p => p.local === 'relay' && p.relay === 'tcp'), JSON.stringify(used));
  });

  test('full ICE, both behind symmetric translators: they meet at the server\'s relay, and at another after the TURN server lost that', { timeout: 120000 }, async t => {
    const turn = await coturn(lab, 11); // of its own: it is killed
    const school = await lab.site('school', 1), home = await lab.site('home', 2);
    const d = await aula(lab, school, { args: ['--demo', 'anywhere'],
      ice: { mode: 'full', turn: [{ uri: turn.uri('turn'), secret_file: shared() }] }, ice_servers: { uris: [turn.uri('stun')] } });
    t.after(async () => assert.equal(await d.stop(), 0, d.text.slice(-8000)));
    lab.forward(school, d.port); // the pages; no media
    const { student } = await classIn(home, d, `http://${school.outside}:${d.port}`, t);
    const used = await pairs(student);
    assert.ok(used.length && used.every(p => p.remote === 'relay'), JSON.stringify(used));

    // Nothing passes until the SDK, at the end of Chromium's patience, restarts ICE, and the server asks for another relay.
    const ports = new Set(used.map(p => p.port));
    const peers = () => student.evaluate(() => window.peers.length), before = await peers();
    await turn.restart();
    const anew = await until('they meet at another relay', () => pairs(student),
      now => now.length === used.length && now.every(p => p.remote === 'relay' && !ports.has(p.port)), 40000);
    assert.equal(anew.length, used.length);
    const { framesDecoded } = await received(student);
    await until('the picture moves again', () => received(student), r => r.framesDecoded >= framesDecoded + 20, 40000);
    assert.equal(await peers(), before, 'the same PeerConnections');
  });
});
