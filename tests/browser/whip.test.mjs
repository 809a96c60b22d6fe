// The WHIP and WHEP clients of npm, unmodified, on pages of another origin: what the class sees of them, and they of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { launch, loudest, picture, received, until } from './lib/browsers.mjs';
import { click, enterAs, sees, unseen } from './lib/class.mjs';
import { colours, openWhip, servePages } from './lib/whip-pages.mjs';

let d, pages;
const browsers = {};
before(async () => {
  for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name);
  d = await Daemon.start();
  pages = await servePages();
}, { timeout: 60000 });
after(async () => {
  for (const b of Object.values(browsers)) await b.close();
  pages.close();
  assert.equal(await d.stop(), 0);
});

const token = async (role, name) => (await (await fetch(`${d.origin}/demo/token?role=${role}&name=${encodeURIComponent(name)}`)).json()).token;
const frames = async (page, more = 20) => {
  const { framesDecoded } = await received(page);
  return until(`${more} more frames`, () => received(page), r => r.framesDecoded >= framesDecoded + more);
};
// On the stage an m-line stays when what it carried has ended.
const stops = page => until('no more frames', async () => {
  const { framesDecoded } = await received(page);
  await new Promise(r => setTimeout(r, 1000));
  return (await received(page)).framesDecoded - framesDecoded;
}, more => more === 0);
const isOver = page => until('it is over', () => page.evaluate(() => window.peers.every(pc => ['closed', 'failed', 'disconnected'].includes(pc.connectionState))));

describe('WHIP', () => {
  test('whip-whep publishes three encodings; a student sees and hears; ICE starts anew; the teacher removes it', { timeout: 120000 }, async t => {
    const student = await enterAs(browsers.firefox, d, 'student', { name: 'Sam' });
    t.after(() => student.context().close());
    const page = await openWhip(t, browsers.chromium, pages, d, 'whip-whep');
    await page.evaluate(args => window.publish('whip-whep', ...args),
      [`${d.origin}/whip/1234?display=OBS`, await token('teacher', 'Ada'), { colour: 'rgb(0,160,0)', hz: 500, simulcast: true }]);
    await until('green', () => colours(student), seen => seen.includes('green'));
    await until('500 Hz', () => loudest(student), hz => Math.abs(hz - 500) < 30);
    await sees(student, 'OBS');
    await picture(student, 'whip-student');

    const pair = () => page.evaluate(() => window.peers[0].localDescription.sdp.match(/a=ice-ufrag:(.*)/)[1]);
    const before = await pair();
    await page.evaluate(() => window.client.restart());
    assert.notEqual(await pair(), before);
    await until('connected anew', () => page.evaluate(() => window.peers[0].iceConnectionState), s => ['connected', 'completed'].includes(s));
    await frames(student);

    const teacher = await enterAs(browsers.chromium, d, 'teacher', { name: 'Tess', microphone: false, camera: false });
    t.after(() => teacher.context().close());
    await frames(teacher, 5);
    await teacher.getByRole('tab', { name: /^People/ }).click();
    await click(teacher, 'Remove OBS');
    await click(teacher, 'Remove');
    await stops(student);
    await unseen(student, 'OBS');
    await isOver(page);
  });

  test('@eyevinn/whip-web-client publishes with what the teacher\'s page says; who has left is gone', { timeout: 90000 }, async t => {
    const student = await enterAs(browsers.chromium, d, 'student', { name: 'Sam' });
    t.after(() => student.context().close());
    const teacher = await enterAs(browsers.chromium, d, 'teacher', { name: 'Ada', microphone: false, camera: false });
    t.after(() => teacher.context().close());
    await click(teacher, 'Devices');
    await click(teacher, 'Publish from OBS…');
    const server = await teacher.getByLabel('Server', { exact: true }).inputValue();
    const secret = await teacher.getByLabel('Bearer token', { exact: true }).inputValue();
    await teacher.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: d.origin });
    await click(teacher, 'Copy bearer token');
    await until('copied', () => teacher.evaluate(() => navigator.clipboard.readText()), text => text === secret);
    await picture(teacher, 'publish-from-obs');
    await click(teacher, 'Done');
    const page = await openWhip(t, browsers.chromium, pages, d, 'eyevinn');
    await page.evaluate(args => window.publish('eyevinn', ...args), [server, secret, { colour: 'rgb(0,0,220)', hz: 700 }]);
    await until('blue', () => colours(student), seen => seen.includes('blue'));
    await until('700 Hz', () => loudest(student), hz => Math.abs(hz - 700) < 30);
    await page.evaluate(() => window.end());
    await stops(student);
  });
});

describe('WHEP', () => {
  for (const name of ['chromium', 'firefox'])
    test(`whip-whep in ${name} plays whoever teaches`, { timeout: 90000 }, async t => {
      const page = await openWhip(t, browsers.chromium, pages, d, `whep-publisher-${name}`);
      await page.evaluate(args => window.publish('whip-whep', ...args),
        [`${d.origin}/whip/1234`, await token('teacher', 'Ada'), { colour: 'rgb(220,0,0)', hz: 600 }]);
      const viewer = await openWhip(t, browsers[name], pages, d, `whep-${name}`);
      await until('somebody publishes', async () => {
        await viewer.evaluate(args => window.view(...args), [`${d.origin}/whep/1234`, await token('student', 'Wall')]);
        return true;
      });
      await until('red', () => colours(viewer), seen => seen.includes('red'));
      await until('600 Hz', () => loudest(viewer), hz => Math.abs(hz - 600) < 30);
      if (name === 'chromium') await viewer.evaluate(() => window.client.restart());
      await frames(viewer);
      await viewer.evaluate(() => window.end());
      await page.evaluate(() => window.end());
    });
});
