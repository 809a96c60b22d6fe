// Each codec from one browser to the other, through rooms that allow only it. Firefox has no H.264 here.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, received, until } from './lib/browsers.mjs';
import { openJanus, startWithJanusPages } from './lib/janus-pages.mjs';

const PAIRS = [
  ['chromium', 'firefox', 'vp8'], ['chromium', 'firefox', 'vp9'], ['chromium', 'firefox', 'av1'], ['chromium', 'chromium', 'h264'],
  ['firefox', 'chromium', 'vp8'], ['firefox', 'chromium', 'vp9'], ['firefox', 'chromium', 'av1'],
];
const browsers = {};
let d;
before(async () => {
  d = await startWithJanusPages();
  for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name);
}, { timeout: 60000 });
after(async () => {
  for (const b of Object.values(browsers)) await b.close();
  assert.equal(await d.stop(), 0);
});

describe('codecs', () => {
  PAIRS.forEach(([from, to, codec], i) => test(`${codec} from ${from} to ${to}`, { timeout: 90000 }, async t => {
    const room = 5000 + i;
    const publisher = await openJanus(t, browsers[from], d, `${codec}-${from}`);
    const viewer = await openJanus(t, browsers[to], d, `${codec}-${to}`);
    const made = await publisher.evaluate(([r, c]) => window.ask('janus.plugin.videoroom',
      { request: 'create', room: r, videocodec: c, publishers: 2 }), [room, codec]);
    assert.equal(made.videoroom, 'created', JSON.stringify(made));
    const { id } = await publisher.evaluate(r => window.publish(r), room);
    await until('live', () => publisher.evaluate(r => window.ask('janus.plugin.videoroom', { request: 'listparticipants', room: r }), room),
      r => r.participants?.[0]?.publisher);
    await viewer.evaluate(([r, feed]) => window.subscribe(r, feed), [room, id]);
    await viewer.evaluate(() => window.showRemote());
    const first = await until('frames', () => received(viewer), r => r.framesDecoded > 0);
    await until('15 more frames', () => received(viewer), r => r.framesDecoded >= first.framesDecoded + 15);
    const used = await viewer.evaluate(async () => {
      const names = [];
      for (const pc of window.peers) {
        const report = await pc.getStats();
        report.forEach(s => { if (s.type === 'inbound-rtp' && s.kind === 'video') names.push(report.get(s.codecId)?.mimeType); });
      }
      return names.join();
    });
    assert.match(used, new RegExp(codec, 'i'));
  }));
});
