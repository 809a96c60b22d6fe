// What is kept of a person: all of it is told, all of it is erased. Complete by the schema of the database, not by what anybody remembered.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ask as askPeople, cookieHeader, cookiesOf } from './lib/accounts.mjs';
import { Daemon, run } from './lib/daemon.mjs';
import { anyIssuer, idToken, keyPair } from './lib/issuer.mjs';
import { Client } from './lib/janus.mjs';
import { dump, sql, tables } from './lib/sql.mjs';
import { SECRET, token } from './lib/token.mjs';

const ROLES = { student: ['info', 'media.*', 'room.join', 'room.list', 'chat.*', 'poll.vote', 'course.read'], teacher: ['*'], head: ['info', 'people.read', 'people.manage', 'room.join'], admin: ['*'] };
const PASSWORD = 'correct horse battery';
const OFFER = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd', 'a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`, 'a=setup:actpass', 'a=mid:0', 'a=sendonly', 'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2', ''].join('\r\n');
// Tables in which nobody is named.
const ABOUT_NOBODY = ['aula_migrations', 'aula_writers', 'classroom_rooms', 'courses_classes', 'courses_courses', 'courses_lessons'];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-')), state = path.join(folder, 'state'), secret = path.join(folder, 'secret');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
let d, personal, issuer;
const key = keyPair('one'), issuerNow = { keys: [key.public] };
before(async () => {
  issuer = await anyIssuer(issuerNow);
  d = await Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret, roles: ROLES } },
    people: { hash_memory: 64, hash_passes: 1, oidc_issuer: issuer.issuer, oidc_client: 'aula', oidc_adopt: true }, classroom: 'rooms = ( { room = 7; } );\n', chat: 'burst = 1000;\nrate = 6000;\nmembers_only = false;\n' } });
  const { core, modules } = JSON.parse((await run(['--describe'])).out);
  personal = [core, ...modules].flatMap(m => m.personal);
}, { timeout: 60000 });
after(async () => { assert.equal(await d.stop(), 0); await issuer.close(); fs.rmSync(folder, { recursive: true, force: true }); });

const bearer = (role, sub) => ({ Authorization: `Bearer ${token({ sub, name: `${sub}-name`, role })}` });
async function ask(request, body, headers) {
  const answer = await fetch(`${d.origin}/api/${request}`, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  return { status: answer.status, body: await answer.json(), cookie: answer.headers.get('set-cookie')?.split(';')[0] };
}
// By the school's own log-in, which joins the account that there is.
async function logInThere(login) {
  const begun = await askPeople(d.origin, 'oidc_begin');
  const { state, nonce } = Object.fromEntries(new URL(begun.body.url).searchParams);
  issuerNow.token = () => [200, { id_token: idToken({ iss: issuer.issuer, sub: `${login}-there`, aud: 'aula', exp: Date.now() / 1000 + 60, nonce,
    name: `${login}-name`, preferred_username: login }, key) }];
  assert.equal((await askPeople(d.origin, 'oidc_finish', { code: 'c', state }, cookieHeader(cookiesOf(begun)))).status, 200);
}
// A person who has done everything that leaves something behind.
async function live(login, department = 'Art') {
  const admin = bearer('admin', 'root');
  const added = await ask('people/add', { login, name: `${login}-name`, role: 'student', department }, admin);
  assert.equal(added.status, 200, JSON.stringify(added.body));
  await logInThere(login);
  assert.equal((await ask('people/set_password', { link: added.body.link, password: PASSWORD })).status, 200);
  const { cookie } = await ask('people/login', { login, password: PASSWORD });
  assert.equal((await ask('people/me', {}, { Cookie: cookie, 'Idempotency-Key': crypto.randomUUID() })).body.login, login);
  assert.equal((await ask('people/link', { login }, admin)).status, 200);
  const course = await ask('courses/add', { title: 'Painting' }, admin);
  assert.equal(course.status, 200, JSON.stringify(course.body));
  assert.deepEqual((await ask('courses/enrol', { course: course.body.course, logins: [login] }, admin)).body.bad, []);
  assert.equal((await ask('courses/calendar', {}, { Cookie: cookie })).status, 200);
  const client = await Client.open(d.ws, { token: token({ sub: login, name: `${login}-name`, role: 'student' }) });
  const seat = await client.attach('aula.plugin.classroom');
  const { id } = await seat.message({ request: 'join', ptype: 'publisher', room: 7 });
  const chat = await client.attach('aula.plugin.chat');
  const { username } = await chat.message({ request: 'join', room: 7 });
  const teacher = await Client.open(d.ws, { token: token({ sub: 'tess', name: 'Tess', role: 'teacher' }) });
  const desk = await teacher.attach('aula.plugin.classroom'), board = await teacher.attach('aula.plugin.chat');
  await desk.message({ request: 'join', ptype: 'publisher', room: 7 });
  await board.message({ request: 'join', room: 7 });
  await chat.message({ request: 'message', text: `${login}-secret` });
  await board.message({ request: 'message', text: 'psst', to: username });
  const vote = await client.attach('aula.plugin.polls'), asking = await teacher.attach('aula.plugin.polls');
  for (const one of [vote, asking]) await one.message({ request: 'join', room: 7 });
  const poll = await asking.message({ request: 'ask', questions: [{ text: 'Well?', options: ['Yes', 'No'] }] });
  assert.equal((await vote.message({ request: 'answer', id: poll.id, answers: [{ answer: ['Yes'] }] })).polls, 'answered');
  await seat.message({ request: 'publish' }, { type: 'offer', sdp: OFFER });
  const muted = await desk.message({ request: 'moderate', room: 7, id, mid: '0', mute: true });
  assert.equal(muted.videoroom, 'success', JSON.stringify(muted));
  return { cookie, client, chat, teacher, board };
}
async function everything(headers, login) {
  const all = [];
  for (let after; ;) {
    const { status, body } = await ask('people/export', { ...(login && { login }), ...(after && { after }) }, headers);
    assert.equal(status, 200, JSON.stringify(body));
    all.push(body);
    if (!(after = body.next)) return all;
  }
}
// Rows of the whole database in which a word stands, by table.
function find(word) {
  return Object.fromEntries(Object.entries(dump(state)).map(([table, rows]) => [table, rows.filter(row => JSON.stringify(row).includes(word))])
    .filter(([, rows]) => rows.length > 0));
}
const written = async test => {
  for (const end = Date.now() + 10000; !test(); await new Promise(r => setTimeout(r, 50))) assert.ok(Date.now() < end, 'not within 10 s');
};

test('every table and column of the database is told of, or is about nobody', () => {
  for (const [table, columns] of Object.entries(tables(state))) {
    const rows = personal.filter(p => p.table === table);
    if (ABOUT_NOBODY.includes(table)) assert.equal(rows.length, 0, table);
    else assert.ok(rows.length > 0, `${table}: does its module say whom it is about (aula_module.personal)?`);
    for (const row of rows)
      assert.deepEqual([row.person, ...row.told.split(', '), ...row.untold.split(', ')].filter((c, i, all) => c && all.indexOf(c) === i).sort(), [...columns].sort(), table);
  }
  const known = Object.keys(tables(state));
  for (const { table } of personal) assert.ok(known.includes(table), `${table} is no table`);
});

test('a person is told all that is kept of them, and nothing of others', async () => {
  const ada = await live('zoe.ada'), ben = await live('zoe.ben');
  await written(() => find('zoe.ada').classroom_muted && find('zoe.ada').attendance_stays && find('zoe.ada').aula_audit?.length >= 4);
  const pages = await everything({ Cookie: ada.cookie });
  for (const [table, rows] of Object.entries(find('zoe.ada'))) {
    const told = pages.filter(p => p.table === table).flatMap(p => p.rows);
    assert.ok(told.length >= rows.length || table === 'aula_audit', `${table}: ${told.length} of ${rows.length} rows are told`);
  }
  const tables = new Set(pages.map(p => p.table).filter(Boolean));
  // Students ask no class: of that the teacher is told.
  for (const page of await everything(bearer('teacher', 'tess'))) tables.add(page.table);
  for (const { table } of personal) assert.ok(tables.has(table), `nothing was filled into ${table}: this shows nothing`);
  const text = JSON.stringify(pages);
  assert.ok(text.includes('zoe.ada-secret') && !text.includes('zoe.ben-secret') && !text.includes('zoe.ben-name'), text);
  assert.ok(!/"(hash|id)":"[0-9a-f$]{20,}/.test(text), 'what lets somebody in is not told');
  for (const one of [ada, ben]) await Promise.all([one.client.close(), one.teacher.close()]);
});

test('of others whoever manages them is told, and it is written down', async () => {
  assert.equal((await ask('people/export', { login: 'zoe.ada' }, bearer('student', 'zoe.ben'))).status, 403);
  assert.equal((await ask('people/export', {})).status, 401);
  assert.equal((await ask('people/export', { after: 'x' }, bearer('admin', 'root'))).status, 400);
  assert.equal((await ask('people/export', { login: 'zoe.ada' }, bearer('head', 'nobody-of-art'))).status, 404);
  const pages = await everything(bearer('admin', 'root'), 'zoe.ada');
  assert.ok(JSON.stringify(pages).includes('zoe.ada-secret'));
  await written(() => sql(state, "SELECT * FROM aula_audit WHERE act = 'people.export' AND target = 'zoe.ada' AND actor = 'root'").length === 1);
});

test('who is erased is nowhere any more but in the audit log, in memory neither; others keep theirs', async () => {
  const dee = await live('zoe.dee'), others = Object.fromEntries(Object.entries(find('zoe.ben')).map(([t, rows]) => [t, rows.length]));
  await written(() => find('zoe.dee').classroom_muted && find('zoe.dee').attendance_stays);
  const admin = bearer('admin', 'root');
  for (const [body, status] of [[{ login: 'zoe.dee', confirm: 'zoe.de' }, 400], [{ login: 'zoe.dee' }, 400], [{ login: 'nobody', confirm: 'nobody' }, 404]])
    assert.equal((await ask('people/erase', body, admin)).status, status);
  assert.equal((await ask('people/erase', { login: 'zoe.dee', confirm: 'zoe.dee' }, bearer('student', 'zoe.ben'))).status, 403);
  assert.equal((await ask('people/erase', { login: 'root', confirm: 'root' }, admin)).status, 409);
  const gone = dee.board.event(e => e.textroom === 'deleted'), ended = dee.client.event(e => e.janus === 'timeout');
  const erased = await ask('people/erase', { login: 'zoe.dee', confirm: 'zoe.dee' }, admin);
  assert.equal(erased.status, 200, JSON.stringify(erased.body));
  await Promise.all([gone, ended]);
  assert.deepEqual(Object.keys(find('zoe.dee')).filter(table => table !== 'aula_audit'), []);
  const kept = find('zoe.ben');
  for (const [table, count] of Object.entries(others)) assert.equal(kept[table]?.length, count, table);
  assert.equal((await ask('people/me', {}, { Cookie: dee.cookie })).status, 401);
  assert.equal((await ask('people/login', { login: 'zoe.dee', password: PASSWORD })).status, 401);
  const { messages } = await dee.board.message({ request: 'history', limit: 100 });
  assert.ok(!JSON.stringify(messages).includes('zoe.dee'), JSON.stringify(messages));
  await written(() => sql(state, "SELECT * FROM aula_audit WHERE act = 'people.erase' AND target = 'zoe.dee'").length === 1);
  dee.client.socket.close();
  await dee.teacher.close();
});
