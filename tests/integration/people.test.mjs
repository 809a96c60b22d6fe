// Accounts over HTTP, as a browser and a script use them; and who may do what, for every request and every role.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Daemon, PREFIX, run } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const ROLES = { guest: ['info'], student: ['info', 'media.*', 'room.join', 'room.list'], head: ['info', 'people.read', 'people.manage'],
  watcher: ['people.read'], admin: ['*'] };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-'));
const secret = path.join(folder, 'secret'), state = path.join(folder, 'state');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const start = () => Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret, roles: ROLES },
  web: { origins: ['http://friend.example'] } },
  classroom: { rooms: [{ room: 1234 }] }, people: { hash_memory: 64, hash_passes: 1, guesses: 3, lock: 900 } } });
const PASSWORD = 'correct horse battery';

let d;
before(async () => { d = await start(); }, { timeout: 60000 });
after(async () => { assert.equal(await d.stop(), 0); });

// node:http, for fetch keeps cookies, Origin and Host to itself.
function ask(request, body = {}, headers = {}, method = 'POST') {
  return new Promise((resolve, reject) => {
    const r = http.request(new URL(`/api/people/${request}`, d.origin), { method, headers: { 'Content-Type': 'application/json', ...headers } }, answer => {
      let text = '';
      answer.on('data', chunk => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
        body: /json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(text) : text }));
    });
    r.on('error', reject);
    r.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
async function expect(status, request, body, headers, method) {
  const answer = await ask(request, body, headers, method);
  assert.equal(answer.status, status, `${request}: ${answer.status} ${JSON.stringify(answer.body)}`);
  if (status >= 400) {
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(answer.body.status, status);
    assert.ok(answer.body.detail.length > 5);
  }
  return answer;
}
const bearer = (role, sub = role) => ({ Authorization: `Bearer ${token({ sub, name: sub, role })}` });
const cookieOf = answer => ({ Cookie: answer.headers['set-cookie'][0].split(';')[0] });
const login = async (who, password = PASSWORD, headers) => cookieOf(await expect(200, 'login', { login: who, password }, headers));
// An account with a password; its cookie.
async function person(name, role = 'student', more = {}, by = bearer('admin')) {
  const { body } = await expect(200, 'add', { login: name, name, role, ...more }, by);
  await expect(200, 'set_password', { link: body.link, password: PASSWORD });
  return login(name);
}

test('the first account: a link in a file of the operator, which serves once', async () => {
  const file = path.join(state, 'first-link');
  await d.until(() => /nobody has a password yet/.test(d.text));
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  const [where, link] = fs.readFileSync(file, 'utf8').trim().split('#link=');
  assert.equal(where.replace('localhost', '127.0.0.1'), `${d.origin}/login/`);
  assert.ok(!d.text.includes(link));
  await expect(400, 'set_password', { link, password: 'short' });
  await expect(200, 'set_password', { link, password: PASSWORD });
  await expect(404, 'set_password', { link, password: PASSWORD });
  const me = await expect(200, 'me', {}, await login('admin'));
  assert.deepEqual(me.body, { login: 'admin', name: 'Admin', role: 'admin', pages: ['student', 'teacher', 'courses', 'people', 'admin'] });
});

test('a session is a cookie that no script reads and no other site sends', async () => {
  await person('ada');
  const plain = await expect(200, 'login', { login: 'ADA', password: PASSWORD });
  assert.match(plain.headers['set-cookie'][0], /^aula=[0-9a-f]{64}; Path=\/; Max-Age=1209600; HttpOnly; SameSite=Strict$/);
  assert.equal(plain.headers['cache-control'], 'no-store');
  const tls = { Origin: 'https://school.example', Host: 'school.example' };
  const secure = await expect(200, 'login', { login: 'ada', password: PASSWORD }, tls);
  assert.match(secure.headers['set-cookie'][0], /^__Host-aula=[0-9a-f]{64}; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/);
  await expect(200, 'me', {}, { ...tls, ...cookieOf(secure) });
  // Over TLS the other cookie may have been set by a neighbour.
  await expect(401, 'me', {}, { ...tls, ...cookieOf(plain) });
  await expect(401, 'me', {}, { Cookie: `aula=${'0'.repeat(64)}` });
  await expect(401, 'me');
});

test('a page of another origin cannot ask in the name of who looks at it', async () => {
  const cookie = await person('ben');
  // Not even one that the administrator lets ask with tokens.
  await expect(403, 'logout', {}, { ...cookie, Origin: 'http://friend.example' });
  assert.equal((await ask('logout', {}, { ...cookie, Origin: 'http://evil.example' })).status, 403);
  await expect(403, 'logout', {}, { ...cookie, 'Sec-Fetch-Site': 'cross-site' });
  await expect(403, 'logout', {}, { ...cookie, 'Sec-Fetch-Site': 'same-site' });
  await expect(415, 'logout', 'x=1', { ...cookie, 'Content-Type': 'application/x-www-form-urlencoded' });
  await expect(415, 'logout', '{}', { ...cookie, 'Content-Type': 'text/plain' });
  await expect(405, 'logout', '', cookie, 'GET');
  await expect(200, 'me', {}, { ...cookie, Origin: d.origin, 'Sec-Fetch-Site': 'same-origin' });
});

test('what is no request gets a clear answer', async () => {
  await expect(404, 'nonsense');
  await expect(400, 'me', '[]');
  await expect(400, 'me', '{');
  await expect(413, 'me', `{"a":"${'x'.repeat(300000)}"}`).catch(() => {});
  const { body } = await expect(400, 'login', { login: 'ada' });
  assert.equal(body.field, 'password');
  await expect(400, 'add', { login: 'no spaces', name: 'x', role: 'student' }, bearer('admin'));
  await expect(401, 'me', {}, { Authorization: 'Bearer x.y.z' });
});

test('log out here, and everywhere', async () => {
  const one = await person('cleo'), two = await login('cleo'), three = await login('cleo');
  const out = await expect(200, 'logout', {}, one);
  assert.match(out.headers['set-cookie'][0], /^aula=; .*Max-Age=0/);
  await expect(401, 'me', {}, one);
  await expect(200, 'me', {}, two);
  await expect(200, 'logout_everywhere', {}, two);
  await expect(401, 'me', {}, two);
  await expect(401, 'me', {}, three);
});

test('guessing locks the login, many guesses at once as well, and tells nobody who exists', async () => {
  await person('dora');
  const guess = who => ask('login', { login: who, password: 'wrong password' });
  for (const who of ['dora', 'nobody']) {
    const answers = await Promise.all(Array.from({ length: 6 }, () => guess(who)));
    assert.equal(answers.filter(a => a.status === 401).length, 3, who);
    const locked = answers.filter(a => a.status === 429);
    assert.equal(locked.length, 3, who);
    assert.ok(Number(locked[0].headers['retry-after']) > 800);
  }
  await expect(429, 'login', { login: 'dora', password: PASSWORD });
});

test('a link replaces the password, ends sessions, and earlier links', async () => {
  const cookie = await person('emil');
  const first = (await expect(200, 'link', { login: 'emil' }, bearer('admin'))).body.link;
  const second = (await expect(200, 'link', { login: 'emil' }, bearer('admin'))).body.link;
  await expect(404, 'set_password', { link: first, password: PASSWORD });
  const both = await Promise.all([1, 2].map(() => ask('set_password', { link: second, password: 'another good one' })));
  assert.deepEqual(both.map(a => a.status).sort(), [200, 404]);
  await expect(401, 'me', {}, cookie);
  await expect(401, 'login', { login: 'emil', password: PASSWORD });
  await login('emil', 'another good one');
});

test('a head of department manages their own, and gives no more than they have', async () => {
  const head = await person('hera', 'head', { department: 'Art' });
  await person('art1', 'student', { department: 'Art' }, head);
  await person('bio1', 'student', { department: 'Biology' });
  await expect(403, 'add', { login: 'x1', name: 'x', role: 'student', department: 'Biology' }, head);
  await expect(403, 'add', { login: 'x1', name: 'x', role: 'student' }, bearer('head', 'of-no-department'));
  await expect(403, 'add', { login: 'x1', name: 'x', role: 'admin', department: 'Art' }, head);
  await expect(404, 'add', { login: 'x1', name: 'x', role: 'wizard', department: 'Art' }, head);
  await expect(409, 'add', { login: 'art1', name: 'x', role: 'student', department: 'Art' }, head);
  await expect(404, 'edit', { login: 'bio1', name: 'x' }, head);
  await expect(404, 'link', { login: 'bio1' }, head);
  await expect(403, 'edit', { login: 'art1', department: 'Biology' }, head);
  await expect(403, 'edit', { login: 'art1', role: 'admin' }, head);
  await expect(409, 'edit', { login: 'hera', role: 'student' }, head);
  await person('boss', 'admin', { department: 'Art' });
  await expect(403, 'link', { login: 'boss' }, head);
  const { body } = await expect(200, 'list', {}, head);
  assert.deepEqual(body.people.map(p => p.login), ['art1', 'boss', 'hera']);
  // Without a department of their own they see nobody.
  assert.deepEqual((await expect(200, 'list', {}, await person('lost', 'head'))).body.people, []);
});

test('a list is imported, and every line that cannot be is told', async () => {
  const head = await person('ida', 'head', { department: 'Music' });
  const csv = ['\ufeffName;Login;ROLE;department;note', '"Bach; Johann ""J. S.""";jsb;student;Music;x', 'No Login;;student;Music',
    'Taken;ida;student;Music', 'Twice;JSB;student;Music', '', 'Odd;a b;student;Music', 'Boss;boss2;admin;Music', 'Other;other;student;Art',
    '"Open;q1;student;Music'].join('\r\n');
  const bad = [[3, 'login'], [4, 'login'], [5, 'login'], [7, 'login'], [8, 'role'], [9, 'department'], [10, undefined]];
  const told = body => body.bad.map(b => [b.line, b.field]).sort((a, b) => a[0] - b[0]);
  const trial = (await expect(200, 'import', { csv }, head)).body;
  assert.deepEqual(told(trial), bad);
  assert.equal(trial.applied, false);
  await expect(404, 'link', { login: 'jsb' }, head);
  const { body } = await expect(200, 'import', { csv, apply: true }, head);
  assert.deepEqual(told(body), bad);
  assert.deepEqual(body.people.map(p => [p.line, p.login, p.name]), [[2, 'jsb', 'Bach; Johann "J. S."']]);
  await expect(200, 'set_password', { link: body.people[0].link, password: PASSWORD });
  assert.equal((await expect(200, 'me', {}, await login('jsb'))).body.role, 'student');
  await expect(400, 'import', { csv: 'a,b\n1,2' }, head);
  const many = `login,name,role\n${Array.from({ length: 1000 }, (_, i) => `m${i},M ${i},student`).join('\n')}`;
  const all = (await expect(200, 'import', { csv: many, apply: true }, bearer('admin'))).body;
  assert.deepEqual([all.people.length, all.bad.length], [1000, 0]);
  await expect(400, 'import', { csv: `${many}\nm1000,M,student` }, bearer('admin'));
  assert.equal((await expect(200, 'import', { csv: many, apply: true }, bearer('admin'))).body.bad.length, 1000);
});

test('pages of people meet without a gap', async () => {
  const seen = [];
  for (let after; ;) {
    const { body } = await expect(200, 'list', { limit: 99, ...(after && { after }) }, bearer('admin'));
    seen.push(...body.people.map(p => p.login));
    if (!(after = body.next)) break;
  }
  assert.ok(seen.length > 1005 && new Set(seen).size === seen.length);
  for (const name of ['ada', 'm0', 'm999', 'hera']) assert.ok(seen.includes(name), name);
});

test('who is shut out is out at once', async () => {
  const cookie = await person('finn');
  await expect(200, 'edit', { login: 'finn', active: false }, bearer('admin'));
  await expect(401, 'me', {}, cookie);
  await expect(401, 'login', { login: 'finn', password: PASSWORD });
  await expect(200, 'edit', { login: 'finn', active: true }, bearer('admin'));
  await login('finn');
});

test('from the cookie into a class; the same table over the Janus API', async () => {
  const cookie = await person('gina');
  const { body } = await expect(200, 'token', { room: '1234' }, cookie);
  const c = await Client.open(d.ws, { token: body.token });
  const class_ = await c.attach('aula.plugin.classroom');
  assert.equal((await class_.message({ request: 'join', ptype: 'publisher', room: 1234 })).videoroom, 'joined');
  const people = await c.attach('aula.plugin.people');
  assert.equal((await people.message({ request: 'me' })).login, 'gina');
  assert.equal((await people.message({ request: 'list' })).word, 'forbidden');
  assert.equal((await people.message({ request: 'logout' })).word, 'unsupported');
  await c.close();
  // A token does not bring the next.
  await expect(401, 'token', {}, { Authorization: `Bearer ${body.token}` });
});

test('people are found by a part of their name or login; a department of one\'s own need not be said', async () => {
  for (const [login, name] of [['zz-quill', 'Quill 100%'], ['zz-other', 'O\'Quilly'], ['zz-third', 'Third']])
    await expect(200, 'add', { login, name, role: 'student', department: 'Search' }, bearer('admin'));
  const found = async search => (await expect(200, 'list', { search, department: 'Search' }, bearer('admin'))).body.people.map(p => p.login);
  assert.deepEqual(await found('QUILL'), ['zz-other', 'zz-quill']);
  assert.deepEqual(await found('zz-t'), ['zz-third']);
  assert.deepEqual(await found('0%'), ['zz-quill']);
  assert.deepEqual(await found('_'), []);
  assert.deepEqual(await found('\\'), []);
  const head = await person('zz-head', 'head', { department: 'Search' });
  await expect(200, 'add', { login: 'zz-mine', name: 'M', role: 'student' }, head);
  const { body } = await expect(200, 'import', { csv: 'login,name,role\nzz-csv,C,student\n', apply: true }, head);
  assert.deepEqual(body.people.map(p => p.department), ['Search']);
  assert.equal((await expect(200, 'list', { search: 'zz-mine' }, head)).body.people[0].department, 'Search');
  assert.deepEqual((await expect(200, 'roles', {}, head)).body.roles, ['guest', 'head', 'student', 'watcher']);
  assert.deepEqual((await expect(200, 'roles', {}, bearer('admin'))).body.roles, ['admin', 'guest', 'head', 'student', 'watcher']);
});

describe('every request by every role', async () => {
  const { out } = await run(['--describe', path.join(PREFIX, 'lib', 'aula', 'people.so')]);
  const { requests, capabilities } = JSON.parse(out);
  const holds = (role, name) => ROLES[role].some(c => c === '*' || c === name || (c.endsWith('.*') && name.startsWith(c.slice(0, -1))));
  assert.ok(requests.length >= 10 && capabilities.length === 3);
  for (const request of requests)
    for (const role of [null, ...Object.keys(ROLES)])
      test(`${request.name} by ${role ?? 'nobody'}`, async () => {
        const needs = request.needs ?? [];
        const welcome = needs.every(name => holds(role ?? 'guest', name));
        const { status, body } = await ask(request.name, {}, role ? bearer(role, `matrix-${role}`) : {});
        const refused = status === 403 || (status === 401 && body.title === 'forbidden');
        assert.equal(refused, !welcome, `${status} ${JSON.stringify(body)}`);
        assert.ok(status < 500, JSON.stringify(body));
      });
});

test('who did what is in the audit log', async () => {
  const c = await Client.open(d.ws, { token: token({ sub: 'a', role: 'admin' }) });
  const audit = await c.attach('aula.plugin.audit');
  const lines = async act => (await audit.message({ request: 'search', act })).lines;
  assert.ok((await lines('people.login')).some(l => l.actor === 'gina' && l.address === '127.0.0.1'));
  assert.ok((await lines('people.add')).some(l => l.actor === 'hera' && l.target === 'art1' && l.detail === 'student'));
  assert.ok((await lines('people.locked')).some(l => l.target === 'dora'));
  await c.close();
});

test('accounts and sessions outlive the server, passwords and secrets are nowhere in the log', async () => {
  const cookie = await person('hugo');
  const { text } = d;
  assert.equal(await d.stop('SIGKILL'), 'SIGKILL');
  d = await start();
  assert.equal((await expect(200, 'me', {}, cookie)).body.login, 'hugo');
  await login('hugo');
  for (const said of [text, d.text]) {
    assert.ok(!said.includes(PASSWORD));
    assert.ok(!said.includes(cookie.Cookie.split('=')[1]));
  }
  assert.ok(!/nobody has a password yet/.test(d.text));
});
