// A live class on our own pages: Chromium and Firefox, both ways. What counts is what the other side receives.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, loudest, picture, received, until } from './lib/browsers.mjs';
import { click, enterAs, say, sees, unseen } from './lib/class.mjs';

const browsers = {};
before(async () => { for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name); }, { timeout: 60000 });
after(async () => { for (const b of Object.values(browsers)) await b.close(); });

// A server of its own for each test, so that each starts with an empty class.
async function begin(t, name) {
  const d = await Daemon.start(), pages = [];
  t.after(async () => {
    keepLogs(name, d, ...pages);
    for (const p of pages) await p.context().close();
    assert.equal(await d.stop(), 0);
    const faults = pages.flatMap(p => p.log.filter(line => /pageerror|Content.Security.Policy/i.test(line)));
    assert.deepEqual(faults, []);
  });
  return { d, enter: async (browser, role, options) => {
    const page = await enterAs(browsers[browser], d, role, options);
    pages.push(page);
    return page;
  } };
}

const seesVideo = async (page, more = 20) => {
  const first = await until('frames', () => received(page), r => r.framesDecoded > 0);
  return until(`${more} more frames`, () => received(page), r => r.framesDecoded >= first.framesDecoded + more);
};
const hears = page => until('sound', () => loudest(page), hz => hz > 0);
const streams = page => received(page).then(r => r.video.filter(v => v.framesDecoded > 0).length);

for (const [from, to] of [['chromium', 'firefox'], ['firefox', 'chromium']])
  describe(`teacher in ${from}, student in ${to}`, () => {
    test('see, hear and chat', { timeout: 120000 }, async t => {
      const { enter } = await begin(t, `class-${from}-${to}`);
      const teacher = await enter(from, 'teacher', { name: 'Ada Lovelace' });
      const student = await enter(to, 'student', { name: 'Sam' });
      await seesVideo(student);
      await hears(student);
      await say(student, 'Good morning!');
      await sees(teacher, 'Good morning!');
      await say(teacher, 'Welcome, everybody.');
      await sees(student, 'Welcome, everybody.');
      await picture(teacher, `teacher-${from}`);
      await picture(student, `student-${to}`);
      const late = await enter(to, 'student', { name: 'Late' });
      await sees(late, 'Good morning!');
      await seesVideo(late, 5);
    });

    test('the screen is shared later, and a reload comes back', { timeout: 120000 }, async t => {
      const { enter } = await begin(t, `screen-${from}-${to}`);
      // Headless Firefox has no screen to give.
      const teacher = await enter('chromium', 'teacher', { name: 'Ada' });
      const student = await enter(to, 'student', { name: 'Sam' });
      await seesVideo(student);
      await click(teacher, 'Share screen');
      await until('camera and screen', () => streams(student), n => n === 2);
      await picture(student, `screen-${to}`);
      await click(teacher, 'Stop sharing screen');
      await unseen(student, 'Screen of Ada');
      await teacher.getByRole('tab', { name: /^People/ }).click();
      const sams = () => teacher.getByRole('listitem').filter({ hasText: 'Sam' }).count();
      await until('Sam is in the list', sams, n => n === 1);
      await student.reload();
      // The page goes back into the class by itself.
      await seesVideo(student);
      await hears(student);
      // Well before the time in which a lost connection may be claimed.
      await until('one Sam', sams, n => n === 1, 5000);
    });
  });

describe('in class', () => {
  test('a student speaks, is muted by the teacher, and is removed', { timeout: 120000 }, async t => {
    const { enter } = await begin(t, 'moderation');
    const teacher = await enter('chromium', 'teacher', { name: 'Ada' });
    const student = await enter('chromium', 'student', { name: 'Sam' });
    await click(student, 'Turn on microphone');
    await click(student, 'Turn on camera');
    await seesVideo(teacher);
    await until('the teacher hears', () => received(teacher), r => r.audioEnergy > 0);
    await teacher.getByRole('tab', { name: /^People/ }).click();
    await click(teacher, 'Mute Sam');
    await sees(student, 'You are muted by the teacher.');
    const quiet = await until('silence', async () => {
      const a = await received(teacher);
      await new Promise(r => setTimeout(r, 500));
      return (await received(teacher)).audioPackets - a.audioPackets;
    }, packets => packets === 0);
    assert.equal(quiet, 0);
    await picture(student, 'muted');
    await picture(teacher, 'people');
    await click(teacher, 'Remove Sam');
    await click(teacher, 'Remove');
    await sees(student, 'You were removed from the class by a moderator.');
  });

  test('a teacher turns the camera off and on, and takes another camera and microphone', { timeout: 120000 }, async t => {
    const { enter } = await begin(t, 'devices');
    const teacher = await enter('chromium', 'teacher', { name: 'Ada' });
    const student = await enter('chromium', 'student', { name: 'Sam' });
    const sending = () => teacher.evaluate(() => Object.fromEntries(window.peers.filter(pc => pc.connectionState === 'connected')
      .flatMap(pc => pc.getSenders()).filter(s => s.track).map(s => [s.track.kind, s.track.getSettings().deviceId])));
    await seesVideo(student);
    await hears(student);
    const first = await sending();
    await click(teacher, 'Turn off camera');
    await until('no more frames', async () => {
      const { framesDecoded } = await received(student);
      await new Promise(r => setTimeout(r, 500));
      return (await received(student)).framesDecoded - framesDecoded;
    }, frames => frames === 0);
    await click(teacher, 'Turn on camera');
    await seesVideo(student);
    await click(teacher, 'Devices');
    for (const [kind, label] of [['video', 'Camera'], ['audio', 'Microphone']]) {
      const options = teacher.getByLabel(label, { exact: true }).locator('option');
      const values = (await options.evaluateAll(list => list.map(o => o.value))).filter(v => v && v !== first[kind]);
      await teacher.getByLabel(label, { exact: true }).selectOption(values.at(-1));
      await until(`another ${label}`, sending, now => now[kind] === values.at(-1));
    }
    await click(teacher, 'Done');
    await seesVideo(student);
    const { audioEnergy } = await received(student);
    await until('sound of the other microphone', () => received(student), r => r.audioEnergy > audioEnergy);
  });

  test('a private message reaches the one it is for, and a deleted one vanishes', { timeout: 120000 }, async t => {
    const { enter } = await begin(t, 'chat');
    const teacher = await enter('chromium', 'teacher', { name: 'Ada', microphone: false, camera: false });
    const one = await enter('chromium', 'student', { name: 'One' });
    const two = await enter('firefox', 'student', { name: 'Two' });
    await say(one, 'Rude words');
    await sees(two, 'Rude words');
    await teacher.getByRole('log').getByText('Rude words').hover();
    await click(teacher, 'Delete message of One');
    await unseen(two, 'Rude words');
    await teacher.getByRole('tab', { name: /^People/ }).click();
    await click(teacher, 'Write to One');
    await teacher.getByLabel('Message', { exact: true }).fill('Only for you');
    await click(teacher, 'Send');
    await sees(one, 'Only for you');
    await say(teacher, 'Only for you, still');
    await say(two, 'marker');
    await sees(one, 'marker');
    assert.equal(await two.getByText('Only for you', { exact: true }).count(), 0);
  });

  test('a cut connection is shown, comes back by itself, and media goes on', { timeout: 120000 }, async t => {
    const { enter } = await begin(t, 'reconnect');
    await enter('chromium', 'teacher', { name: 'Ada' });
    const student = await enter('chromium', 'student', { name: 'Sam' });
    await seesVideo(student);
    await student.context().setOffline(true);
    await student.evaluate(() => window.sockets?.forEach(s => s.close()));
    await sees(student, 'Reconnecting…');
    await student.context().setOffline(false);
    await sees(student, 'Connected');
    await seesVideo(student);
    await say(student, 'I am back');
    await sees(student, 'I am back');
  });
});
