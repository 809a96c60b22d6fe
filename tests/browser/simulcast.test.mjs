// A camera in three encodings, from each browser: all of them come, those that nobody watches are paused, and come again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, received, until } from './lib/browsers.mjs';
import { click, enterAs } from './lib/class.mjs';

const RIDS = ['q', 'h', 'f'];
const browsers = {};
before(async () => { for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name); }, { timeout: 60000 });
after(async () => { for (const b of Object.values(browsers)) await b.close(); });

// What the page sends of its camera, by rid: packets, whether the page lets it, and what the server has reported of it.
const sent = page => page.evaluate(async () => {
  const encodings = {};
  for (const pc of window.peers) {
    if (pc.connectionState !== 'connected') continue;
    const sender = pc.getSenders().find(s => s.getParameters().encodings?.length > 1);
    if (!sender) continue;
    for (const { rid, active } of sender.getParameters().encodings) encodings[rid] = { active, packets: 0, frames: 0, reported: false };
    const report = await sender.getStats();
    report.forEach(s => {
      if (s.type === 'outbound-rtp' && encodings[s.rid])
        Object.assign(encodings[s.rid], { packets: s.packetsSent, frames: s.framesEncoded, height: s.frameHeight, reported: !!report.get(s.remoteId) });
    });
  }
  return encodings;
});

for (const [from, to] of [['chromium', 'firefox'], ['firefox', 'chromium']])
  describe(`camera of ${from}, watched in ${to}`, () => {
    test('three encodings, of which those that nobody watches are paused', { timeout: 120000 }, async t => {
      const d = await Daemon.start(), pages = [];
      t.after(async () => {
        keepLogs(`simulcast-${from}`, d, ...pages);
        for (const p of pages) await p.context().close();
        assert.equal(await d.stop(), 0);
      });
      const teacher = await enterAs(browsers[from], d, 'teacher', { name: 'Ada' });
      pages.push(teacher);
      await until('alone: only the lowest', () => sent(teacher), s => s.q?.active && !s.h.active && !s.f.active);
      const student = await enterAs(browsers[to], d, 'student', { name: 'Sam' });
      pages.push(student);
      const before = await until('resumed', () => sent(teacher), s => RIDS.every(rid => s[rid]?.active));
      await until('all encodings flow', () => sent(teacher), s => RIDS.every(rid => s[rid].packets > before[rid].packets && s[rid].reported));
      await until('the highest is seen', () => received(student), r => r.video.some(v => v.width >= 640), 20000);
      await click(student, 'Leave class');
      await until('alone again', () => sent(teacher), s => s.q.active && !s.h.active && !s.f.active);
    });
  });
