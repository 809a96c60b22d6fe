// A class is asked, answers, and sees what came of it: Chromium and Firefox, phone and desktop; axe, light and dark.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, look, picture, until } from './lib/browsers.mjs';
import { click, enterAs, sees, unseen } from './lib/class.mjs';

const AXE = fs.readFileSync(path.join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const DESKTOP = { width: 1280, height: 800 }, PHONE = { width: 390, height: 844 };
const pages = [], browsers = [];
let d, teacher, sam, fay;
before(async () => {
  d = await Daemon.start();
  browsers.push(await launch('chromium'), await launch('firefox'));
  const enter = async (...how) => pages[pages.push(await enterAs(...how)) - 1];
  teacher = await enter(browsers[0], d, 'teacher', { name: 'Ada', microphone: false, camera: false });
  sam = await enter(browsers[0], d, 'student', { name: 'Sam', viewport: PHONE });
  fay = await enter(browsers[1], d, 'student', { name: 'Fay' });
}, { timeout: 90000 });
after(async () => {
  keepLogs('polls', d, ...pages);
  for (const b of browsers) await b.close();
  assert.equal(await d.stop(), 0);
});

async function holds(page, name, colorScheme, viewport) {
  await look(page, { colorScheme, viewport });
  const violations = await page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`)
    .then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`));
  await picture(page, name);
  assert.deepEqual(violations, []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it fits');
}

const turn = page => page.getByRole('tab', { name: /^Polls/ }).click();

test('a quiz is made, answered, changed, closed and shown', { timeout: 120000 }, async () => {
  await turn(teacher);
  await click(teacher, 'New poll');
  await teacher.getByRole('textbox', { name: 'Question' }).fill('Capital of Norway?');
  await click(teacher, 'Add an option');
  for (const [i, option] of ['Bergen', 'Oslo', 'Tromsø'].entries())
    await teacher.getByLabel(`Option ${i + 1}`, { exact: true }).fill(option);
  await teacher.getByLabel('Option 2 is right').check();
  await holds(teacher, 'poll-make-phone-dark', 'dark', PHONE);
  await look(teacher, { colorScheme: 'light', viewport: DESKTOP });
  await click(teacher, 'Ask now');
  await sees(sam, 'You are asked: Capital of Norway?');
  await sees(sam, 'Polls'); // one waits for an answer, beside the word
  await turn(sam);
  await holds(sam, 'poll-answer-phone-light', 'light', PHONE);
  await click(sam, 'Answer');
  await sees(sam, 'Choose or write an answer first.');
  await sam.getByLabel('Bergen').check();
  await click(sam, 'Answer');
  await sees(sam, 'Your answer is in. You can change it until the poll closes.');
  // With the keyboard alone.
  await turn(fay);
  await fay.getByLabel('Bergen').focus();
  await fay.keyboard.press('Space');
  await fay.keyboard.press('ArrowDown');
  await fay.keyboard.press('Enter');
  await sees(fay, 'Your answer is in. You can change it until the poll closes.');
  await sees(teacher, '2 of 2 answered');
  await sam.getByLabel('Oslo').check();
  await click(sam, 'Change my answer');
  await sees(teacher, '2 answers, 100 %');
  assert.equal(await sam.getByText('100 %').count(), 0, 'nobody else sees that yet');
  await sam.reload();
  await turn(sam);
  await until('the answer is still there', () => sam.getByLabel('Oslo').isChecked(), on => on === true);
  await click(teacher, 'Close');
  await sees(sam, 'Closed. You will see the results when the teacher shows them.');
  await click(teacher, 'Show results');
  for (const page of [sam, fay]) await sees(page, 'Your score: 1 of 1');
  await sees(sam, '2 answers, 100 %');
  await holds(sam, 'poll-results-phone-dark', 'dark', PHONE);
  await holds(fay, 'poll-results-light', 'light', DESKTOP);
  await click(teacher, 'Who answered');
  await until('both are named', () => teacher.getByRole('list', { name: 'Who answered' }).getByRole('listitem').count(), n => n === 2);
  await holds(teacher, 'poll-teacher-dark', 'dark', DESKTOP);
  // What they did stands in the list of attendance.
  await teacher.getByRole('tab', { name: /^People/ }).click();
  await click(teacher, 'Attendance');
  const row = name => teacher.getByRole('row').filter({ hasText: name }).getByRole('cell').allTextContents();
  await until('Sam answered once', () => row('Sam'), cells => cells[6] === '1' && cells[1] === 'here');
  await holds(teacher, 'attendance-light', 'light', DESKTOP);
  await holds(teacher, 'attendance-phone-dark', 'dark', PHONE);
  const [file] = await Promise.all([teacher.waitForEvent('download'), click(teacher, 'Download CSV')]);
  assert.match(fs.readFileSync(await file.path(), 'utf8'), /"Sam","student",.*,0,1,0\r\n/);
  await click(teacher, 'Done');
  await look(teacher, { colorScheme: 'light', viewport: DESKTOP });
  await turn(teacher);
  await click(teacher, 'Delete: Capital of Norway?');
  await click(teacher, 'Delete');
  await unseen(fay, '2 answers, 100 %');
});
