// A camera in three encodings, from each browser: all of them come, those that nobody watches are paused, and come again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { Client } from '../integration/lib/janus.mjs';
import { keepLogs, launch, received, until } from './lib/browsers.mjs';
import { click, enterAs } from './lib/class.mjs';
import { openJanus, startWithJanusPages } from './lib/janus-pages.mjs';

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

// Stops encodings as a browser does whose line has become thin.
const stop = (page, rids) => page.evaluate(async stopped => {
  for (const pc of window.peers)
    for (const sender of pc.getSenders()) {
      const parameters = sender.getParameters();
      if (!(parameters.encodings?.length > 1)) continue;
      for (const encoding of parameters.encodings) encoding.active = !stopped.includes(encoding.rid);
      await sender.setParameters(parameters);
    }
}, rids);

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
      // Each is seen: when the publisher's own browser stops the ones above.
      for (const [stopped, width] of [[[], 1280], [['f'], 640], [['f', 'h'], 320], [[], 1280]]) {
        await stop(teacher, stopped);
        await until(`${width} wide`, () => received(student), r => r.video.some(v => v.width === width), 30000);
      }
      await click(student, 'Leave class');
      await until('alone again', () => sent(teacher), s => s.q.active && !s.h.active && !s.f.active);
    });
  });

// Clients that know nothing of it: npm's janus-gateway, which lists the highest first.
describe('a Janus client', () => {
  let d;
  before(async () => { d = await startWithJanusPages(); });
  after(async () => assert.equal(await d.stop(), 0));

  // A room for that codec, and somebody who publishes in it. Returns the page and what others are told of the stream.
  async function publish(t, room, codec, send, name) {
    const page = await openJanus(t, browsers.chromium, d, name);
    await page.evaluate(([r, c]) => window.ask('janus.plugin.videoroom', { request: 'create', room: r, videocodec: c, publishers: 3 }), [room, codec]);
    const { id } = await page.evaluate(([r, options]) => window.publish(r, options), [room, { video: { width: 1280, height: 720 }, send }]);
    const c = await Client.open(d.ws);
    t.after(() => c.close());
    const joined = await until('listed', async () => {
      const h = await c.attach('janus.plugin.videoroom');
      const answer = await h.message({ request: 'join', ptype: 'publisher', room });
      await h.detach();
      return answer;
    }, answer => answer.publishers?.length === 1);
    return { page, id, video: joined.publishers[0].streams.find(s => s.type === 'video') };
  }
  const watch = async (t, room, feed, browser, name) => {
    const viewer = await openJanus(t, browsers[browser], d, name);
    await viewer.evaluate(([r, f]) => window.subscribe(r, f), [room, feed]);
    await viewer.evaluate(() => window.showRemote());
    return viewer;
  };
  const RATE_MS = 1500;
  const rates = async page => {
    const first = await sent(page);
    await new Promise(resolve => setTimeout(resolve, RATE_MS));
    const second = await sent(page);
    return Object.fromEntries(Object.keys(second).map(rid => [rid, second[rid].frames - (first[rid]?.frames ?? 0)]));
  };

  test('is held down by the rate while nobody watches, and let go', { timeout: 120000 }, async t => {
    const { page, id, video } = await publish(t, 6001, 'vp8', { simulcast: true }, 'simulcast-unaware');
    assert.equal(video.simulcast, true);
    await until('only the lowest', () => rates(page), r => r.l > 0 && r.h === 0, 40000);
    const viewer = await watch(t, 6001, id, 'firefox', 'simulcast-unaware-viewer');
    await until('the highest flows', () => rates(page), r => r.l > 0 && r.h > 0, 40000);
    await until('and is seen', () => received(viewer), r => r.video.some(v => v.width === 1280), 20000);
  });

  // What a viewer decodes: width, frames, how often it asked for a keyframe, and what the server last told it.
  const decoded = viewer => viewer.evaluate(async () => {
    const told = {};
    for (const m of window.call.messages)
      for (const what of ['substream', 'temporal', 'spatial_layer', 'temporal_layer']) if (m[what] !== undefined) told[what] = m[what];
    let now = { width: 0, frames: 0, asks: 0, told };
    for (const pc of window.peers) {
      const report = await pc.getStats();
      report.forEach(s => {
        if (s.type === 'inbound-rtp' && s.kind === 'video')
          now = { ...now, mid: s.mid, width: s.frameWidth ?? 0, frames: s.framesDecoded ?? 0, asks: s.pliCount ?? 0 };
      });
    }
    return now;
  });
  const frameRate = async viewer => {
    const first = await decoded(viewer);
    await new Promise(resolve => setTimeout(resolve, RATE_MS));
    return ((await decoded(viewer)).frames - first.frames) * 1000 / RATE_MS;
  };
  // Asks for a layer by the subscriber's own request, and waits until its decoder shows it.
  async function choose(viewer, wish, width, told) {
    const before = await decoded(viewer);
    const answer = await viewer.evaluate(m => window.request(m), { request: 'configure', streams: [{ mid: before.mid, ...wish }] });
    assert.equal(answer.configured, 'ok', JSON.stringify(answer));
    const there = await until(`${JSON.stringify(wish)}: ${width} wide`, () => decoded(viewer),
      now => now.width === width && Object.entries(told).every(([what, value]) => now.told[what] === value), 30000);
    await until('it goes on', () => decoded(viewer), now => now.frames >= there.frames + 10 && now.width === width, 30000);
    assert.ok((await decoded(viewer)).asks - before.asks <= 3, 'a storm of requests for keyframes');
  }
  // Fewer pictures a second at the lowest temporal layer, and all of them again.
  async function thinOut(viewer, name) {
    const whole = await frameRate(viewer);
    const { mid } = await decoded(viewer);
    const ask = level => viewer.evaluate(m => window.request(m), { request: 'configure', streams: [{ mid, [name]: level }] });
    await ask(0);
    await until(`fewer than ${whole} a second`, () => frameRate(viewer), rate => rate > 0 && rate < whole * 0.65, 30000);
    await ask(2);
    await until(`about ${whole} a second again`, () => frameRate(viewer), rate => rate > whole * 0.75, 30000);
  }

  for (const browser of ['chromium', 'firefox'])
    test(`chooses among three encodings, in ${browser}`, { timeout: 120000 }, async t => {
      const room = browser === 'chromium' ? 6002 : 6003;
      const { id } = await publish(t, room, 'vp8', { simulcast: true }, `substream-${browser}`);
      const viewer = await watch(t, room, id, browser, `substream-${browser}-viewer`);
      await until('the highest', () => decoded(viewer), now => now.width === 1280, 40000);
      await choose(viewer, { substream: 0 }, 320, { substream: 0 });
      await choose(viewer, { substream: 2 }, 1280, { substream: 2 });
      await choose(viewer, { substream: 1 }, 640, { substream: 1 });
      await thinOut(viewer, 'temporal');
    });

  for (const [i, codec] of ['vp9', 'av1'].entries())
    test(`chooses among layers of one stream: ${codec}`, { timeout: 120000 }, async t => {
      const room = 6010 + i;
      const { id, video } = await publish(t, room, codec, { svc: 'L3T3' }, `svc-${codec}`);
      assert.equal(video.svc, true);
      const viewer = await watch(t, room, id, 'chromium', `svc-${codec}-viewer`);
      await until('the whole picture', () => decoded(viewer), now => now.width === 1280 && now.frames > 20, 40000);
      await choose(viewer, { spatial_layer: 0 }, 320, { spatial_layer: 0 });
      await choose(viewer, { spatial_layer: 2 }, 1280, { spatial_layer: 2 });
      await choose(viewer, { spatial_layer: 1 }, 640, { spatial_layer: 1 });
      await thinOut(viewer, 'temporal_layer');
    });
});
