// npm's janus-gateway client, unmodified, in Chromium: echo test and video room.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, received, until } from './lib/browsers.mjs';
import { openJanus, startWithJanusPages } from './lib/janus-pages.mjs';

const ROOM = 4321;
let d, browser;
before(async () => {
  d = await startWithJanusPages();
  browser = await launch('chromium');
}, { timeout: 60000 });
after(async () => {
  await browser?.close();
  assert.equal(await d.stop(), 0);
});

const plays = async page => {
  await page.evaluate(() => window.showRemote());
  const first = await until('frames', () => received(page), r => r.framesDecoded > 0);
  await until('20 more frames and sound', () => received(page), r => r.framesDecoded >= first.framesDecoded + 20 && r.audioEnergy > 0);
};

for (const transport of ['websocket', 'http']) describe(`janus-gateway from npm over ${transport}`, () => {
  test('echo test', { timeout: 60000 }, async t => {
    const page = await openJanus(t, browser, d, 'echo', transport);
    assert.ok(await page.evaluate(() => window.echo()));
    await plays(page);
  });

  test('video room: create, publish, subscribe, list, kick, destroy', { timeout: 90000 }, async t => {
    const teacher = await openJanus(t, browser, d, 'publisher', transport);
    const student = await openJanus(t, browser, d, 'subscriber', transport);
    const ask = body => teacher.evaluate(([p, b]) => window.ask(p, b), ['janus.plugin.videoroom', body]);
    assert.equal((await ask({ request: 'create', room: ROOM, publishers: 4, secret: 's' })).videoroom, 'created');
    const { id } = await teacher.evaluate(room => window.publish(room), ROOM);
    await until('published', () => ask({ request: 'listparticipants', room: ROOM }), r => r.participants?.[0]?.publisher);
    assert.ok(await student.evaluate(([room, feed]) => window.subscribe(room, feed), [ROOM, id]));
    await plays(student);
    const { list } = await ask({ request: 'list' });
    assert.equal(list.find(r => r.room === ROOM).num_participants, 1);
    assert.equal((await ask({ request: 'kick', room: ROOM, id, secret: 's' })).videoroom, 'success');
    await until('kicked', () => teacher.evaluate(() => window.call.messages.some(m => m.reason === 'kicked')));
    assert.equal((await ask({ request: 'destroy', room: ROOM, secret: 's' })).videoroom, 'destroyed');
  });
});
