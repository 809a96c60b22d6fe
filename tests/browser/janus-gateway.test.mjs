// npm's janus-gateway client, unmodified, in Chromium: echo test and video room.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, openPage, received, until } from './lib/browsers.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOM = 4321;
let d, browser;

before(async () => {
  // The page is served by our own listener, under its own content security policy.
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'janus-pages-'));
  for (const f of ['janus.html', 'janus.js']) fs.copyFileSync(path.join(HERE, 'pages', f), path.join(root, f));
  for (const module of ['webrtc-adapter', 'janus-gateway'])
    fs.cpSync(path.join(HERE, '..', 'node_modules', module), path.join(root, 'node_modules', module), { recursive: true });
  d = await Daemon.start({ files: { aula: { web: { root } } } });
  browser = await launch('chromium');
});
after(async () => {
  await browser?.close();
  assert.equal(await d.stop(), 0);
});

async function open(t, name) {
  const page = await openPage(browser, `${d.origin}/janus.html`);
  t.after(async () => { keepLogs(`janus-${name}`, d, page); await page.context().close(); });
  await until('page', () => page.evaluate(() => window.ready));
  return page;
}
const plays = async page => {
  await page.evaluate(() => window.showRemote());
  const first = await until('frames', () => received(page), r => r.framesDecoded > 0);
  await until('20 more frames and sound', () => received(page), r => r.framesDecoded >= first.framesDecoded + 20 && r.audioEnergy > 0);
};

describe('janus-gateway from npm', () => {
  test('echo test', { timeout: 60000 }, async t => {
    const page = await open(t, 'echo');
    assert.ok(await page.evaluate(() => window.echo()));
    await plays(page);
  });

  test('video room: create, publish, subscribe, list, kick, destroy', { timeout: 90000 }, async t => {
    const teacher = await open(t, 'publisher'), student = await open(t, 'subscriber');
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
