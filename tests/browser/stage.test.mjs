// The stage of a class: one negotiation for the whole class, and whoever speaks is seen and heard.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, picture, received, until } from './lib/browsers.mjs';
import { click, enterAs, sees } from './lib/class.mjs';
import { colours, negotiations, speak, speakAs, tones, watchNegotiations } from './lib/speakers.mjs';

const browsers = {};
before(async () => { for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name); }, { timeout: 60000 });
after(async () => { for (const b of Object.values(browsers)) await b.close(); });

const HEARD = -60; // dB at a tone's frequency; silence is far below
const TEACHER = { name: 'Ada', role: 'teacher', colour: '#00ff00', hz: 600, loud: true };
const RED = { name: 'Red', colour: '#ff0000', hz: 1000 }, BLUE = { name: 'Blue', colour: '#0000ff', hz: 1500 };
const YELLOW = { name: 'Yellow', colour: '#ffff00', hz: 2200 };

// A server of its own whose class has so many places for those who speak.
async function begin(t, name, speakers) {
  const room = { room: 1234, description: 'Demo class', publishers: 20, stage_speakers: speakers };
  const d = await Daemon.start({ files: { classroom: { rooms: [room] } } });
  const pages = [];
  t.after(async () => {
    keepLogs(name, d, ...pages);
    for (const p of pages) await p.context().close();
    assert.equal(await d.stop(), 0);
    const faults = pages.flatMap(p => p.log.filter(line => /pageerror|Content.Security.Policy/i.test(line)));
    assert.deepEqual(faults, []);
  });
  const keep = async page => { pages.push(await page); return page; };
  return { d, speaker: who => keep(speakAs(browsers.chromium, d, who)),
    enter: (browser, role, options) => keep(enterAs(browsers[browser], d, role, options)) };
}

const shows = (page, wanted) => until(`colours ${wanted}`, () => colours(page),
  now => now.length === wanted.length && wanted.every(one => now.includes(one)));
const hears = (page, frequencies, wanted) => until(`tones ${wanted} of ${frequencies}`, () => tones(page, frequencies),
  levels => levels.every((level, i) => (level > HEARD) === wanted.includes(frequencies[i])));

describe('on a stage with one place for who speaks', () => {
  test('students in both browsers see and hear the teacher, then one after the other, and negotiate nothing', { timeout: 180000 }, async t => {
    const { speaker, enter } = await begin(t, 'stage-switch', 1);
    await speaker(TEACHER);
    const students = [await enter('chromium', 'student', { name: 'Chris' }), await enter('firefox', 'student', { name: 'Fay' })];
    const all = [TEACHER.hz, RED.hz, BLUE.hz];
    for (const student of students) {
      await shows(student, ['lime']);
      await hears(student, all, [TEACHER.hz]);
      await watchNegotiations(student);
    }
    const red = await speaker(RED), blue = await speaker(BLUE);
    await speak(red, true);
    for (const student of students) {
      await shows(student, ['lime', 'red']);
      await hears(student, all, [TEACHER.hz, RED.hz]);
    }
    await picture(students[0], 'stage-chromium');
    await picture(students[1], 'stage-firefox');
    await speak(red, false);
    await speak(blue, true);
    for (const student of students) {
      await shows(student, ['lime', 'blue']);
      await hears(student, all, [TEACHER.hz, BLUE.hz]);
    }
    // And back, and forth: no description, no change of state, no other connection.
    await speak(blue, false);
    await speak(red, true);
    for (const student of students) {
      await shows(student, ['lime', 'red']);
      assert.deepEqual(await negotiations(student), { changes: 0, jseps: 0, peers: 0 });
      const { video, connected } = await received(student);
      assert.equal(connected, 1);
      assert.ok(video.length <= 3, JSON.stringify(video)); // teacher, screen, one place: m-lines of one connection
    }
  });
});

describe('on a stage with two places', () => {
  test('who speak at once are heard together, and nobody hears himself', { timeout: 180000 }, async t => {
    const { speaker, enter } = await begin(t, 'stage-together', 2);
    const student = await enter('chromium', 'student', { name: 'Chris' });
    const red = await speaker(RED), blue = await speaker(BLUE);
    const all = [RED.hz, BLUE.hz, YELLOW.hz];
    // What each of them ever received of himself, looked at all the time.
    const own = { red: -200, blue: -200 };
    const listen = async () => {
      own.red = Math.max(own.red, (await tones(red, [RED.hz]))[0]);
      own.blue = Math.max(own.blue, (await tones(blue, [BLUE.hz]))[0]);
    };
    await speak(red, true);
    await speak(blue, true);
    await shows(student, ['red', 'blue']);
    await hears(student, all, [RED.hz, BLUE.hz]);
    await hears(red, all, [BLUE.hz]);
    await hears(blue, all, [RED.hz]);
    await listen();
    // Places change hands, and still not.
    const yellow = await speaker(YELLOW);
    for (let i = 0; i < 2; i++) {
      await speak(red, false);
      await speak(yellow, true);
      await shows(student, ['yellow', 'blue']);
      await listen();
      await speak(yellow, false);
      await speak(red, true);
      await shows(student, ['red', 'blue']);
      for (let j = 0; j < 5; j++) await listen();
    }
    await hears(red, all, [BLUE.hz]);
    assert.ok(own.red < HEARD && own.blue < HEARD, JSON.stringify(own));
  });
});

describe('hands', () => {
  test('a student raises a hand, the teacher brings him on stage and takes him down', { timeout: 180000 }, async t => {
    const { enter } = await begin(t, 'stage-hands', 3);
    const teacher = await enter('chromium', 'teacher', { name: 'Ada Lovelace', microphone: false });
    const sam = await enter('chromium', 'student', { name: 'Sam', viewport: { width: 390, height: 844 } });
    const fay = await enter('firefox', 'student', { name: 'Fay' });
    // With the keyboard.
    await sam.getByRole('button', { name: 'Raise hand', exact: true }).focus();
    await sam.keyboard.press('Enter');
    await until('it is up', () => sam.getByRole('button', { name: 'Lower hand', exact: true }).count(), n => n === 1);
    await sees(teacher, 'Sam raised a hand.');
    await teacher.getByRole('tab', { name: /^People/ }).click();
    await sees(teacher, '1 raised hand');
    await picture(sam, 'hand-student-phone');
    await picture(teacher, 'hand-teacher');
    await click(teacher, 'Bring Sam on stage');
    await sees(sam, 'The teacher has brought you on stage: the class sees and hears what you turn on.');
    await until('it is down', () => sam.getByRole('button', { name: 'Raise hand', exact: true }).count(), n => n === 1);
    await click(sam, 'Turn on camera');
    await sees(sam, 'You, live');
    await until('Fay sees Sam and the teacher', () => fay.locator('aula-video-tile video').count(), n => n === 2);
    await until('frames', () => received(fay), r => r.video.filter(v => v.framesDecoded > 10).length >= 2);
    await sees(teacher, 'on stage');
    await picture(fay, 'stage-firefox-two');
    await picture(sam, 'stage-student-phone');
    await picture(teacher, 'stage-teacher');
    await click(teacher, 'Take Sam off the stage');
    await sees(sam, 'The teacher has taken you off the stage.');
    await until('Fay sees the teacher only', () => fay.locator('aula-video-tile video').count(), n => n === 1);
  });
});
