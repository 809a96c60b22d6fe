// Courses: who may what of them, people in them, the timetable, and the way from there into a class.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import ICAL from 'ical.js';
import { Daemon, PREFIX, run } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const class_ = ['info', 'media.*', 'room.join', 'room.list', 'chat.*'];
const ROLES = { guest: ['info'], student: [...class_, 'course.read'], teacher: [...class_, 'room.*', 'course.read', 'course.manage'],
  head: ['info', 'people.read', 'people.manage', 'course.read', 'course.manage', 'course.department'], watcher: ['people.read'], admin: ['*'] };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-'));
const secret = path.join(folder, 'secret'), state = path.join(folder, 'state');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const start = () => Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret, roles: ROLES } },
  people: { hash_memory: 64, hash_passes: 1 } } });

let d, clients = [];
before(async () => {
  d = await start();
  const admin = await people('admin', 'admin');
  for (const [login, role, department] of [['tina', 'teacher', 'Art'], ['tom', 'teacher', 'Biology'], ['hera', 'head', 'Art'],
    ...['ada', 'ben', 'cleo', 'dora'].map(l => [l, 'student', 'Art'])])
    await good(admin, 'add', { login, name: `${login[0].toUpperCase()}${login.slice(1)}`, role, department });
}, { timeout: 60000 });
after(async () => {
  for (const c of clients) await c.close();
  assert.equal(await d.stop(), 0);
});

async function attach(sub, role, plugin, name = sub) {
  const c = await Client.open(d.ws, { token: token({ sub, role, name }) });
  clients.push(c);
  return c.attach(plugin);
}
const people = (sub, role) => attach(sub, role, 'aula.plugin.people');
const roleOf = { tina: 'teacher', tom: 'teacher', hera: 'head', admin: 'admin' };
const handles = new Map();
async function as(sub) {
  if (!handles.has(sub)) handles.set(sub, await attach(sub, roleOf[sub] ?? 'student', 'aula.plugin.courses'));
  return handles.get(sub);
}
async function good(handle, request, body = {}) {
  const reply = await handle.message({ request, ...body });
  assert.equal(reply.error, undefined, `${request}: ${JSON.stringify(reply)}`);
  return reply;
}
const ask = async (sub, request, body) => good(await as(sub), request, body);
async function refused(word, sub, request, body = {}) {
  const reply = await (await as(sub)).message({ request, ...body });
  assert.equal(reply.word, word, `${request} by ${sub}: ${JSON.stringify(reply)}`);
  return reply;
}
const now = () => Math.floor(Date.now() / 1000);
// A course of tina's with these students; its id.
async function course(title, students = []) {
  const { course: id } = await ask('tina', 'add', { title });
  if (students.length) assert.deepEqual((await ask('tina', 'enrol', { course: id, logins: students })).bad, []);
  return id;
}

test('a course is its teacher\'s, its department\'s, and the school\'s; others do not see it', async () => {
  const id = await course('Drawing', ['ada']);
  for (const [who, manages, part] of [['tina', true, 'teacher'], ['hera', true], ['admin', true], ['ada', false, 'student']]) {
    const { course: c, teachers } = await ask(who, 'get', { course: id });
    assert.deepEqual([c.title, c.department, c.manages, c.part], ['Drawing', 'Art', manages, part], who);
    assert.deepEqual(teachers, [{ login: 'tina', name: 'Tina' }]);
  }
  for (const who of ['tom', 'ben']) await refused('not-found', who, 'get', { course: id });
  await refused('not-found', 'tom', 'edit', { course: id, title: 'x' });
  await refused('forbidden', 'ada', 'edit', { course: id, title: 'x' });
  await refused('not-found', 'tina', 'get', { course: 999999 });
  await ask('hera', 'edit', { course: id, title: 'Drawing I', description: 'With a pencil.' });
  await refused('forbidden', 'hera', 'edit', { course: id, department: 'Biology' });
  await refused('forbidden', 'tina', 'add', { title: 'x', department: 'Biology' });
  await ask('admin', 'edit', { course: id, department: 'Biology' });
  await refused('not-found', 'hera', 'get', { course: id });
  assert.equal((await ask('ada', 'get', { course: id })).course.description, 'With a pencil.');
  await refused('not-found', 'tom', 'remove', { course: id });
  await ask('tina', 'remove', { course: id });
  await refused('not-found', 'ada', 'get', { course: id });
});

test('people come by their teacher, by a list and by a code, and go', async () => {
  const id = await course('People');
  const { people: taken, bad } = await ask('tina', 'enrol', { course: id, list: '\ufefflogin;name\r\n"Ada";A\r\n\r\nnobody;x\r\nben\r\nada\r\n' });
  assert.deepEqual(taken.map(p => [p.line, p.login]), [[2, 'ada'], [5, 'ben']]);
  assert.deepEqual(bad, [{ line: 4, login: 'nobody', error: 'There is no such account.' }]);
  assert.equal((await ask('tina', 'enrol', { course: id, logins: ['cleo'], part: 'teacher' })).bad.length, 1);
  assert.equal((await ask('tina', 'enrol', { course: id, logins: ['tom'], part: 'teacher' })).bad.length, 0);
  // A list with everybody's name makes no student of a teacher.
  await ask('tom', 'enrol', { course: id, logins: ['tina', 'tom'] });
  const { code } = await ask('tom', 'code', { course: id });
  assert.match(code, /^[0-9a-z]{10}$/);
  assert.deepEqual(await ask('cleo', 'join', { code: ` ${code.slice(0, 5).toUpperCase()}-${code.slice(5)}` }).then(r => [r.course, r.title]), [id, 'People']);
  await ask('cleo', 'join', { code });
  const renewed = (await ask('tom', 'code', { course: id })).code;
  await refused('not-found', 'dora', 'join', { code });
  await ask('tom', 'edit', { course: id, joinable: false });
  await refused('not-found', 'dora', 'join', { code: renewed });
  const list = (await ask('tina', 'people', { course: id, limit: 3 }));
  const rest = (await ask('tina', 'people', { course: id, limit: 3, after: list.next }));
  assert.equal(rest.next, undefined);
  assert.deepEqual([...list.people, ...rest.people].map(p => [p.login, p.part]),
    [['ada', 'student'], ['ben', 'student'], ['cleo', 'student'], ['tina', 'teacher'], ['tom', 'teacher']]);
  await refused('forbidden', 'ada', 'people', { course: id });
  await refused('forbidden', 'ada', 'leave', { course: id, login: 'ben' });
  await ask('ada', 'leave', { course: id });
  await ask('tina', 'leave', { course: id, login: 'ben' });
  await refused('not-found', 'ben', 'get', { course: id });
  const many = Array.from({ length: 1001 }, (_, i) => `m${i}`).join('\n');
  await refused('too-large', 'tina', 'enrol', { course: id, list: many });
  assert.equal((await ask('tina', 'enrol', { course: id, list: many.slice(0, -5) })).bad.length, 1000);
});

test('lessons have an order that a teacher changes', async () => {
  const id = await course('Lessons', ['ada']), lessons = {};
  for (const title of ['a', 'b', 'c', 'd']) lessons[title] = (await ask('tina', 'lesson_add', { course: id, title })).lesson;
  const order = async () => (await ask('ada', 'get', { course: id })).lessons.map(l => l.title).join('');
  assert.equal(await order(), 'abcd');
  await ask('tina', 'lesson_edit', { lesson: lessons.d, place: 2 });
  assert.equal(await order(), 'adbc');
  await ask('tina', 'lesson_edit', { lesson: lessons.a, place: 400, title: 'A' });
  assert.equal(await order(), 'dbcA');
  await ask('tina', 'lesson_remove', { lesson: lessons.b });
  await ask('tina', 'lesson_edit', { lesson: lessons.a, place: 2 });
  assert.equal(await order(), 'dAc');
  await refused('forbidden', 'ada', 'lesson_edit', { lesson: lessons.a, title: 'x' });
  await refused('not-found', 'tom', 'lesson_remove', { lesson: lessons.a });
});

test('a timetable of all that one takes, and pages that meet without a gap', async () => {
  const one = await course('One', ['dora']), two = await course('Two', ['dora']), base = now() + 100000, titles = [];
  const { lesson } = await ask('tina', 'lesson_add', { course: two, title: 'Circles' });
  for (let i = 0; i < 7; i++) {
    await ask('tina', 'class_add', { course: i % 2 ? one : two, title: `c${i}`, starts_s: base + (i - i % 3) * 600, minutes: 45, ...(i % 2 ? {} : { lesson }) });
    titles.push(`c${i}`);
  }
  await refused('not-found', 'tina', 'class_add', { course: one, starts_s: base, lesson });
  await refused('forbidden', 'dora', 'class_add', { course: one, starts_s: base });
  const seen = [];
  for (let after; ;) {
    const page = await ask('dora', 'classes', { limit: 2, ...(after && { after }) });
    seen.push(...page.classes);
    if (!(after = page.next)) break;
  }
  assert.deepEqual(seen.map(c => c.title), titles);
  assert.deepEqual([seen[0].course_title, seen[0].lesson_title, seen[0].state, seen[0].ends_s - seen[0].starts_s, seen[0].opens_s],
    ['Two', 'Circles', 'waiting', 2700, base - 600]);
  assert.deepEqual((await ask('dora', 'classes', { course: one })).classes.map(c => c.title), ['c1', 'c3', 'c5']);
  assert.deepEqual((await ask('dora', 'classes', { from_s: base + 4600 })).classes.map(c => c.title), ['c6']);
  assert.deepEqual((await ask('ben', 'classes')).classes, []);
  await refused('invalid', 'dora', 'classes', { after: 'x' });
  await ask('tina', 'class_edit', { class: seen[0].id, starts_s: base + 50000, lesson: 0 });
  const last = (await ask('dora', 'classes')).classes.at(-1);
  assert.deepEqual([last.title, last.starts_s, last.lesson], ['c0', base + 50000, undefined]);
  await ask('tina', 'class_remove', { class: last.id });
  assert.equal((await ask('dora', 'classes')).classes.length, 6);
  // The list of one's courses, likewise.
  const mine = await ask('dora', 'list', { limit: 1 });
  const more = await ask('dora', 'list', { after: mine.next });
  assert.deepEqual([...mine.courses, ...more.courses].map(c => c.id), [one, two]);
  assert.ok((await ask('hera', 'list', { scope: 'managed' })).courses.some(c => c.id === one));
  assert.deepEqual((await ask('hera', 'list')).courses, []);
  assert.ok(!(await ask('tom', 'list', { scope: 'managed' })).courses.some(c => c.id === one));
  await refused('forbidden', 'dora', 'list', { scope: 'managed' });
});

// Joins the class's room with what `enter` answered.
async function joins(entered) {
  const c = await Client.open(d.ws, { token: entered.token });
  clients.push(c);
  const handle = await c.attach('aula.plugin.classroom');
  return { c, handle, reply: await handle.message({ request: 'join', ptype: 'publisher', room: entered.room }) };
}

test('one step into class, in the right role, while it is open', async () => {
  const id = await course('Live', ['ada', 'tom']);
  const { class: c } = await ask('tina', 'class_add', { course: id, title: 'now', starts_s: now() + 3600, manual: true });
  const waits = await ask('ada', 'enter', { class: c });
  assert.deepEqual([waits.open, waits.class.state, waits.token], [false, 'waiting', undefined]);
  assert.equal((await ask('ada', 'enter', { class: c, open: true })).open, false);
  await refused('not-found', 'ben', 'enter', { class: c });
  const teacher = await ask('tina', 'enter', { class: c, open: true });
  assert.match(teacher.room, new RegExp(`^class-${c}-[0-9a-z]{10}$`));
  assert.deepEqual([teacher.open, teacher.role, teacher.room], [true, 'teacher', teacher.room]);
  const t = await joins(teacher);
  assert.equal(t.reply.videoroom, 'joined', JSON.stringify(t.reply));
  const pupil = await ask('ada', 'enter', { class: c });
  assert.equal(pupil.role, 'student');
  const p = await joins(pupil);
  assert.equal(p.reply.videoroom, 'joined');
  // A teacher who takes the course of another is a student there.
  assert.equal((await ask('tom', 'enter', { class: c })).role, 'student');
  assert.equal((await ask('ada', 'classes', { course: id })).classes[0].state, 'open');
  assert.equal(p.reply.description, 'Live · now');
  // Who does not take the course cannot guess its name, with a token for any room.
  const { handle: outside } = await joins({ token: token({ sub: 'ben', role: 'student' }), room: `class-${c}` });
  assert.equal((await outside.message({ request: 'exists', room: `class-${c}` })).exists, false);
  // The token is for this room only.
  assert.equal((await p.handle.message({ request: 'join', ptype: 'publisher', room: 'class-0' })).videoroom, 'event');
  await refused('forbidden', 'ada', 'class_close', { class: c });
  await ask('tina', 'class_close', { class: c });
  // As when a teacher ends any class, and nobody is told of each who leaves.
  await p.c.event(m => m.plugindata?.data.videoroom === 'destroyed');
  assert.equal((await ask('ada', 'enter', { class: c })).open, false);
  const again = await joins(pupil);
  assert.notEqual(again.reply.videoroom, 'joined');
  await ask('tina', 'class_open', { class: c });
  assert.equal((await joins(await ask('ada', 'enter', { class: c }))).reply.videoroom, 'joined');
});

test('classes open and close by the timetable, and an open one outlives the server', async () => {
  const id = await course('Clock', ['ada']);
  const add = (title, starts_s, more) => ask('tina', 'class_add', { course: id, title, starts_s, minutes: 30, ...more }).then(r => r.class);
  // It opens ten minutes before it begins.
  const soon = await add('soon', now() + 602), running = await add('running', now() - 600), past = await add('past', now() - 3 * 3600);
  assert.equal((await ask('ada', 'enter', { class: past })).class.state, 'over');
  const first = await joins(await ask('ada', 'enter', { class: running }));
  assert.equal(first.reply.videoroom, 'joined');
  for (const end = Date.now() + 15000; !(await ask('ada', 'enter', { class: soon })).open;) {
    assert.ok(Date.now() < end);
    await new Promise(r => setTimeout(r, 100));
  }
  const entered = await ask('ada', 'enter', { class: running });
  assert.equal(await d.stop('SIGKILL'), 'SIGKILL');
  handles.clear();
  d = await start();
  assert.equal((await joins(entered)).reply.videoroom, 'joined');
  // Moved to another day it is not open, and whoever is in it is let out.
  const there = await joins(await ask('ada', 'enter', { class: running }));
  await ask('tina', 'class_edit', { class: running, starts_s: now() + 86400 });
  await there.c.event(m => m.plugindata?.data.videoroom === 'destroyed', 15000);
});

test('a timetable as a calendar file, at an address that only its owner was told', async () => {
  const title = 'Löten, Feilen; und \\ mehr: ein sehr langer Titel, der in einer Zeile von 75 Oktetten niemals Platz fände – é', starts_s = now() + 86400;
  const id = await course(title, ['dora']);
  const { class: lesson } = await ask('tina', 'class_add', { course: id, title: 'Line\none', starts_s, minutes: 45 });
  await ask('tina', 'class_add', { course: id, starts_s: now() - 60 * 86400, minutes: 45 });
  const { url } = await ask('dora', 'calendar');
  assert.match(url, /\/calendar\/[0-9a-z]{30}\.ics$/);
  const get = (where, more) => fetch(new URL(new URL(where).pathname, d.origin), more);
  const answer = await get(url), text = await answer.text();
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/calendar; charset=utf-8']);
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75 && !/[\r\n]/.test(line), line);
  const calendar = new ICAL.Component(ICAL.parse(text)), events = calendar.getAllSubcomponents('vevent').map(e => new ICAL.Event(e));
  const mine = events.filter(e => e.summary.includes('Löten'));
  assert.equal(mine.length, 1, text);
  assert.equal(mine[0].startDate.toUnixTime(), starts_s);
  assert.equal(mine[0].endDate.toUnixTime(), starts_s + 45 * 60);
  assert.ok(mine[0].summary.includes(title) && mine[0].summary.includes('Line\none'), mine[0].summary);
  assert.match(mine[0].uid, new RegExp(`^class-${lesson}@`));
  assert.match(calendar.getFirstSubcomponent('vevent').getFirstPropertyValue('url'), /\/course\/#\d+$/);
  assert.equal(calendar.getFirstPropertyValue('x-wr-calname'), 'Dora');
  // What is moved is the same event; what is taken out is gone.
  await ask('tina', 'class_edit', { class: lesson, starts_s: starts_s + 3600 });
  assert.ok((await (await get(url)).text()).includes(`class-${lesson}@`));
  await ask('tina', 'leave', { course: id, login: 'dora' });
  assert.ok(!(await (await get(url)).text()).includes(`class-${lesson}@`));
  // Nobody else's, no other way, and no more than ten.
  assert.equal((await get(url.replace(/.{35}$/, 'x'.repeat(30) + '.ics'))).status, 404);
  for (const wrong of ['/calendar', '/calendar/', '/calendar/x.ics', `${new URL(url).pathname}/`]) assert.equal((await fetch(d.origin + wrong)).status, 404, wrong);
  assert.equal((await get(url, { method: 'POST', body: '' })).status, 405);
  const others = [];
  for (let i = 0; i < 10; i++) others.push((await ask('dora', 'calendar')).url);
  assert.deepEqual([(await get(url)).status, ...await Promise.all(others.map(async u => (await get(u)).status))], [404, ...others.map(() => 200)]);
  await good(await people('admin', 'admin'), 'edit', { login: 'dora', active: false });
  assert.equal((await get(others[9])).status, 404);
  await good(await people('admin', 'admin'), 'edit', { login: 'dora', active: true });
});

describe('every request by every role', async () => {
  const { out } = await run(['--describe', path.join(PREFIX, 'lib', 'aula', 'courses.so')]);
  const { requests, capabilities } = JSON.parse(out);
  const holds = (role, name) => ROLES[role].some(c => c === '*' || c === name || (c.endsWith('.*') && name.startsWith(c.slice(0, -1))));
  assert.ok(requests.length >= 20 && capabilities.length === 4);
  for (const role of Object.keys(ROLES))
    test(`by ${role}`, async () => {
      const handle = role === 'guest' ? await (async () => { const c = await Client.open(d.ws); clients.push(c); return c.attach('aula.plugin.courses'); })()
        : await attach(`matrix-${role}`, role, 'aula.plugin.courses');
      for (const request of requests) {
        const welcome = (request.needs ?? []).every(name => holds(role, name));
        const reply = await handle.message({ request: request.name });
        assert.equal(reply.word === 'forbidden', !welcome, `${request.name}: ${JSON.stringify(reply)}`);
        assert.notEqual(reply.word, 'internal', `${request.name}: ${JSON.stringify(reply)}`);
      }
    });
});

test('who did what is in the audit log', async () => {
  const audit = await attach('a', 'admin', 'aula.plugin.audit');
  for (const [act, actor] of [['course.add', 'tina'], ['course.edit', 'hera'], ['course.enrol', 'tom'], ['course.join', 'cleo'], ['class.open', 'tina']])
    assert.ok((await audit.message({ request: 'search', act })).lines.some(l => l.actor === actor && /^course \d+$/.test(l.target)), act);
});
