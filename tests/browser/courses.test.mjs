// A school's week as its people meet it: a teacher makes a course and its timetable, students come by a list and by a code, wait in the lobby,
// and everybody is in class by one click; axe, phone and desktop, light and dark.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { SECRET, token } from '../integration/lib/token.mjs';
import { keepLogs, launch, look, openPage, picture, until } from './lib/browsers.mjs';
import { click, sees } from './lib/class.mjs';

const AXE = fs.readFileSync(path.join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
// Each size and each colour scheme once.
const LOOKS = [{ name: 'desktop-light', viewport: { width: 1280, height: 800 }, colorScheme: 'light' }, { name: 'phone-dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' }];
const PASSWORD = 'correct horse battery';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-'));
const secret = path.join(folder, 'secret'), state = path.join(folder, 'state');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });

const browsers = {};
let d;
before(async () => {
  d = await Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret } }, people: { hash_memory: 64, hash_passes: 1, guesses: 100 } } });
  for (const name of ['chromium', 'firefox']) browsers[name] = await launch(name);
  for (const [login, role] of [['tina', 'teacher'], ['ada', 'student'], ['ben', 'student'], ['cleo', 'student']]) {
    const { link } = await ask('people/add', { login, name: `${login[0].toUpperCase()}${login.slice(1)} Example`, role, department: 'Art' });
    await ask('people/set_password', { link, password: PASSWORD });
  }
}, { timeout: 90000 });
after(async () => {
  for (const browser of Object.values(browsers)) await browser.close();
  assert.equal(await d.stop(), 0);
});

async function ask(request, body, sub = 'boss', role = 'admin') {
  const answer = await fetch(`${d.origin}/api/${request}`, { method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token({ sub, role, name: sub })}` } });
  const said = await answer.json();
  assert.equal(answer.status, 200, `${request}: ${JSON.stringify(said)}`);
  return said;
}
async function logIn(t, login, { browser = 'chromium' } = {}) {
  const page = await openPage(browsers[browser], `${d.origin}/login/`);
  t.after(async () => {
    keepLogs(`courses-${login}-${browser}`, d, page);
    await page.context().close();
  });
  await page.getByLabel('Login', { exact: true }).fill(login);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await click(page, 'Log in');
  await sees(page, `Welcome, `);
  return page;
}
async function holds(page, name, looks = LOOKS) {
  for (const { name: size, ...how } of looks) {
    await look(page, how);
    const violations = await page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`)
      .then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`));
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await picture(page, `courses-${name}-${size}`);
    assert.deepEqual(violations, [], `${name}, ${size}`);
    assert.ok(wider <= 0, `${name}, ${size}: wider than the screen by ${wider}`);
  }
  await look(page, { ...LOOKS[0] });
}
const inClass = page => until('in class', () => page.getByRole('button', { name: 'Leave class' }).count(), n => n > 0);
const local = seconds => { const date = new Date(seconds * 1000 - new Date().getTimezoneOffset() * 60000); return date.toISOString().slice(0, 16); };
const now = () => Math.floor(Date.now() / 1000);

test('a teacher makes a course, its lessons, its people and its timetable', { timeout: 120000 }, async t => {
  const page = await logIn(t, 'tina');
  await sees(page, 'You teach no course yet.');
  await holds(page, 'empty');
  await click(page, 'New course');
  await page.getByLabel('Title').fill('Drawing <i>from life</i>');
  await page.getByLabel('What it is about').fill('Pencil, charcoal, ink.\nBring paper.');
  await click(page, 'Make the course');
  await page.getByRole('heading', { name: 'Drawing <i>from life</i>' }).waitFor();
  for (const title of ['Hands', 'Faces', 'Trees']) {
    await click(page, 'Add a lesson');
    await page.getByLabel('Title').fill(title);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: `Delete ${title}`, exact: true }).waitFor();
  }
  await click(page, 'Move Trees up');
  await until('moved', () => page.getByRole('list', { name: 'Lessons' }).getByRole('listitem').allInnerTexts(), all => /Hands/.test(all[0]) && /Trees/.test(all[1]) && /Faces/.test(all[2]));
  await click(page, 'Add people');
  await page.getByLabel('Their logins').fill('login,name\nada,Ada\nnobody,N\n');
  await holds(page, 'enrol');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, '1 person is in the course now.');
  await sees(page, '1 line could not be taken.');
  await sees(page, 'Line 3, nobody:');
  await sees(page, 'Ada Example');
  await click(page, 'Add a class');
  await page.getByLabel('Lesson', { exact: true }).selectOption({ label: '1. Hands' });
  await page.getByLabel('Begins').fill(local(now() + 86400));
  await page.getByLabel('How many weeks in a row').fill('3');
  await holds(page, 'class-form');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await until('three weeks', () => page.getByRole('list', { name: 'Timetable' }).getByRole('listitem').count(), n => n === 3);
  const timetable = page.getByRole('list', { name: 'Timetable' });
  await timetable.getByRole('button', { name: 'Delete Hands' }).nth(1).click();
  await holds(page, 'confirm', [LOOKS[1]]);
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await until('one less', () => page.getByRole('list', { name: 'Timetable' }).getByRole('listitem').count(), n => n === 2);
  await timetable.getByRole('button', { name: 'Change Hands' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Big hands');
  await click(page, 'Save');
  await sees(page, 'Big hands');
  await click(page, 'Make a code to join by');
  await sees(page, /^[0-9a-z]{5}-[0-9a-z]{5}$/);
  await holds(page, 'course-teacher');
});

for (const browser of ['chromium', 'firefox'])
  test(`from the start page into class by one click, through the lobby, in ${browser}`, { timeout: 120000 }, async t => {
    const { course } = await ask('courses/add', { title: `Algebra in ${browser}` }, 'tina', 'teacher');
    await ask('courses/enrol', { course, logins: ['ada'] }, 'tina', 'teacher');
    const { code } = await ask('courses/code', { course }, 'tina', 'teacher');
    const { class: number } = await ask('courses/class_add', { course, title: `Primes ${browser}`, starts_s: now() + 1500, minutes: 45 }, 'tina', 'teacher');
    const student = await logIn(t, 'ada', { browser });
    await sees(student, `Primes ${browser}`);
    // Firefox is asked for no other colours from outside.
    const looks = browser === 'chromium' ? LOOKS : [LOOKS[0]];
    await holds(student, `student-${browser}`, looks);
    await student.getByRole('button', { name: 'Calendar', exact: true }).click();
    await student.getByRole('dialog').getByLabel('Address of the calendar').waitFor();
    const address = await student.getByLabel('Address of the calendar').inputValue();
    if (browser === 'chromium') await holds(student, 'calendar');
    await student.keyboard.press('Escape');
    assert.match(await (await fetch(address)).text(), new RegExp(`SUMMARY:.*Primes ${browser}`));
    await click(student, `Wait in the lobby for Primes ${browser}`);
    await sees(student, 'Stay here: you go in by yourself.');
    await until('counts', () => student.getByRole('timer').innerText(), s => /^1[45]:\d\d$/.test(s));
    await holds(student, `lobby-${browser}`, looks);
    // Another finds the way by the code.
    const late = await logIn(t, 'ben', { browser });
    await late.getByLabel('Join a course by its code').fill('00000-00000');
    await click(late, 'Join');
    await sees(late, 'There is no course of this code.');
    await late.getByLabel('Join a course by its code').fill(`${code.slice(0, 5)}-${code.slice(5)}`.toUpperCase());
    await late.keyboard.press('Enter');
    await sees(late, `Primes ${browser}`);
    const teacher = await logIn(t, 'tina', { browser });
    await click(teacher, `Open Primes ${browser} and teach`);
    await sees(teacher, 'You enter as Tina Example.');
    assert.equal(new URL(teacher.url()).pathname, '/teacher/');
    await click(teacher, 'Go live');
    await inClass(teacher);
    await sees(teacher, `Algebra in ${browser} · Primes ${browser}`);
    // Whoever waits goes in without a click.
    await sees(student, 'You enter as Ada Example.');
    await click(student, 'Join');
    await inClass(student);
    await late.reload();
    await click(late, `Go into Primes ${browser}`);
    await sees(late, 'You enter as Ben Example.');
    await click(late, 'Join');
    await inClass(late);
    await until('all three', () => teacher.getByRole('tab', { name: /^People/ }).innerText(), s => /3/.test(s));
    await ask('courses/class_close', { class: number }, 'tina', 'teacher');
    await sees(student, 'The class has ended.');
    await student.goto(`${d.origin}/course/#${course}`);
    await student.getByRole('heading', { name: `Algebra in ${browser}` }).waitFor();
    await holds(student, `course-student-${browser}`, looks);
  });

test('who is not in a course, and who is nobody', { timeout: 60000 }, async t => {
  const { course } = await ask('courses/add', { title: 'Secret' }, 'tina', 'teacher');
  const page = await logIn(t, 'cleo');
  await page.goto(`${d.origin}/course/#${course}`);
  await sees(page, 'It is gone, or you are not in it.');
  const nobody = await openPage(browsers.chromium, `${d.origin}/course/#${course}`);
  await sees(nobody, 'Log in to see your courses.');
  await holds(nobody, 'nobody');
  await nobody.context().close();
});
