// What happens to a call that is under way: its m-line carries another source, its ICE starts anew. Seen by both browsers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, received, until } from './lib/browsers.mjs';
import { openJanus, startWithJanusPages } from './lib/janus-pages.mjs';

// Two publishers that can be told apart by the shape of their pictures.
const WIDE = { width: { exact: 640 }, height: { exact: 360 } }, TALL = { width: { exact: 480 }, height: { exact: 480 } };
const browsers = {};
let d, room = 6000;
before(async () => {
  d = await startWithJanusPages();
  for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name);
}, { timeout: 60000 });
after(async () => {
  for (const b of Object.values(browsers)) await b.close();
  assert.equal(await d.stop(), 0);
});

async function publish(t, name, options = {}) {
  const page = await openJanus(t, browsers[name], d, `renegotiation-${name}-${room}`);
  const { id } = await page.evaluate(([r, o]) => window.publish(r, o), [room, options]);
  await until('live', () => page.evaluate(r => window.ask('janus.plugin.videoroom', { request: 'listparticipants', room: r }), room),
    r => r.participants?.some(p => p.id === id && p.publisher));
  return { page, id };
}

async function subscribe(t, name, feed) {
  const page = await openJanus(t, browsers[name], d, `renegotiation-viewer-${name}-${room}`);
  await page.evaluate(([r, f]) => window.subscribe(r, f), [room, feed]);
  await page.evaluate(() => window.showRemote());
  return page;
}

const makeRoom = async (t, more = {}) => {
  room++;
  const page = await openJanus(t, browsers.chromium, d, `renegotiation-owner-${room}`);
  const made = await page.evaluate(([r, o]) => window.ask('janus.plugin.videoroom', { request: 'create', room: r, publishers: 4, ...o }), [room, more]);
  assert.equal(made.videoroom, 'created', JSON.stringify(made));
};

async function growing(page, frames = 15) {
  const first = await received(page);
  await until(`${frames} more frames`, () => received(page), r => r.framesDecoded >= first.framesDecoded + frames);
}

// The shape and codec of what is decoded, by the statistics of the m-lines that grow.
const seen = page => page.evaluate(async () => {
  const found = [];
  for (const pc of window.peers) {
    const count = async () => [...(await pc.getStats()).values()].filter(s => s.type === 'inbound-rtp' && s.kind === 'video');
    const before = new Map((await count()).map(s => [s.id, s.framesDecoded ?? 0]));
    await new Promise(r => setTimeout(r, 500));
    const report = await pc.getStats();
    for (const s of await count())
      if ((s.framesDecoded ?? 0) > (before.get(s.id) ?? 0))
        found.push({ mid: s.mid, ratio: s.frameWidth / s.frameHeight, codec: report.get(s.codecId)?.mimeType.toLowerCase() });
  }
  return found;
});
const shows = (page, what, { width, height }, codec) => until(what, () => seen(page),
  list => list.length === 1 && Math.abs(list[0].ratio - width.exact / height.exact) < 0.1 && (!codec || list[0].codec === `video/${codec}`));

const lines = page => page.evaluate(() => window.peers.at(-1).getTransceivers().length);

describe('an m-line is used again', () => {
  for (const viewer of ['chromium', 'firefox'])
    for (const [how, codecs] of [['at once', ['vp8', 'vp8']], ['later', ['vp8', 'vp8']], ['at once', ['vp8', 'vp9']], ['later', ['vp9', 'vp8']]])
      test(`${how}, ${codecs.join(' then ')}, ${viewer} decodes the new source`, { timeout: 120000 }, async t => {
        await makeRoom(t, { videocodec: 'vp8,vp9' });
        const a = await publish(t, 'chromium', { video: WIDE, codec: codecs[0] });
        const b = await publish(t, 'chromium', { video: TALL, codec: codecs[1] });
        const page = await subscribe(t, viewer, a.id);
        const request = body => page.evaluate(m => window.request(m), body);
        await shows(page, 'the first', WIDE, codecs[0]);
        const before = await lines(page);
        if (how === 'at once') await request({ request: 'update', unsubscribe: [{ feed: a.id }], subscribe: [{ feed: b.id }] });
        else {
          await request({ request: 'unsubscribe', streams: [{ feed: a.id }] });
          await until('nothing', () => seen(page), list => list.length === 0);
          await request({ request: 'subscribe', streams: [{ feed: b.id }] });
        }
        await shows(page, 'the second', TALL, codecs[1]);
        assert.equal(await lines(page), before);
        // And back.
        await request({ request: 'update', unsubscribe: [{ feed: b.id }], subscribe: [{ feed: a.id }] });
        await shows(page, 'the first again', WIDE, codecs[0]);
        assert.equal(await lines(page), before);
      });
});

const ice = page => page.evaluate(async () => {
  const pc = window.peers.at(-1);
  const words = sdp => sdp.match(/a=ice-(?:ufrag|pwd):\S+/g).slice(0, 2).join(' ');
  const report = [...(await pc.getStats()).values()];
  const transport = report.find(s => s.type === 'transport');
  const pair = transport?.selectedCandidatePairId ?? report.find(s => s.type === 'candidate-pair' && s.selected)?.id;
  return { state: pc.connectionState, ours: words(pc.localDescription.sdp), theirs: words(pc.remoteDescription.sdp), pair };
});
async function restarted(page, before) {
  const now = await until('a new pair is in use', () => ice(page), i => i.state === 'connected' && i.pair && i.pair !== before.pair && i.theirs !== before.theirs);
  assert.notEqual(now.ours, before.ours);
}

describe('ICE starts anew and media goes on', () => {
  for (const [from, to] of [['chromium', 'firefox'], ['firefox', 'chromium']])
    test(`publisher in ${from}, subscriber in ${to}`, { timeout: 120000 }, async t => {
      await makeRoom(t);
      const { page: publisher, id } = await publish(t, from);
      const viewer = await subscribe(t, to, id);
      await growing(viewer);
      for (let round = 0; round < 2; round++) {
        const sending = await ice(publisher), receiving = await ice(viewer);
        await publisher.evaluate(() => window.request({ request: 'configure' }, true));
        await restarted(publisher, sending);
        await growing(viewer);
        await viewer.evaluate(() => window.request({ request: 'configure', restart: true }));
        await restarted(viewer, receiving);
        await growing(viewer);
      }
    });
});
