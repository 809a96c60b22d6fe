// The requests of every module that are for HTTP: by cookie, by token, by nobody, one by one and too many at once.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Daemon, run } from './lib/daemon.mjs';
import { Client } from './lib/janus.mjs';
import { sql } from './lib/sql.mjs';
import { SECRET, token } from './lib/token.mjs';

const ROLES = { guest: ['info'], student: ['info', 'media.*', 'room.join', 'room.list'], watcher: ['audit.read'], admin: ['*'] };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-'));
const secret = path.join(folder, 'secret'), state = path.join(folder, 'state');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
const PASSWORD = 'correct horse battery';

const settings = { state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret, roles: ROLES },
  limits: { token_rate: 10, token_burst: 40 } }, people: { hash_memory: 64, hash_passes: 1 } } };
let d;
before(async () => { d = await Daemon.start(settings); }, { timeout: 60000 });
after(async () => { assert.equal(await d.stop(), 0); fs.rmSync(folder, { recursive: true, force: true }); });

async function ask(request, body = {}, headers = {}) {
  const answer = await fetch(`${d.origin}/api/${request}`, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}
const bearer = (role, sub = role, more = {}) => ({ Authorization: `Bearer ${token({ sub, name: sub, role, ...more })}` });

test('a request of another module, by the cookie of an account; its answer comes later', async () => {
  await d.until(() => /nobody has a password yet/.test(d.text));
  const link = fs.readFileSync(path.join(state, 'first-link'), 'utf8').trim().split('#link=')[1];
  assert.equal((await ask('people/set_password', { link, password: PASSWORD })).status, 200);
  const login = await ask('people/login', { login: 'admin', password: PASSWORD });
  const cookie = { Cookie: login.headers.get('set-cookie').split(';')[0] };
  // The log is written a moment later.
  for (const end = Date.now() + 10000; ; await new Promise(resolve => setTimeout(resolve, 50))) {
    const { status, body } = await ask('audit/search', { act: 'people.login' }, cookie);
    assert.equal(status, 200, JSON.stringify(body));
    if (body.lines.length === 1 || Date.now() > end) {
      assert.deepEqual(body.lines.map(line => [line.actor, line.address]), [['admin', '127.0.0.1']]);
      break;
    }
  }
  assert.equal((await ask('audit/search', { act: 'people.login' })).status, 401);
  assert.equal((await ask('audit/search', {}, { ...cookie, 'Sec-Fetch-Site': 'cross-site' })).status, 403);
});

test('what is no request gets a clear answer', async () => {
  for (const [name, status, title] of [['audit/dance', 404, 'unknown'], ['nobody/search', 404, 'unknown'], ['classroom/join', 404, 'unknown'],
    ['websocket/x', 404, 'unknown'], ['audit', 404, 'refused'], ['audit/search/more', 404, 'unknown'], ['', 404, 'refused']]) {
    const answer = await ask(name, {}, bearer('admin'));
    assert.deepEqual([answer.status, answer.body.title], [status, title], name);
    assert.match(answer.headers.get('content-type'), /problem\+json/);
  }
  const { status, body } = await ask('audit/search', { limit: 'many' }, bearer('admin'));
  assert.deepEqual([status, body.title, body.field], [400, 'invalid', 'limit']);
  assert.match(body.detail, /an integer from 1 to/);
});

test('what was asked leaves no session behind, and is no event of one', async () => {
  const sessions = async () => Number((await (await fetch(`${d.origin}/metrics`)).text()).match(/^aula_sessions (\d+)$/m)?.[1]);
  for (let i = 0; i < 20; i++) assert.equal((await ask('audit/search', { limit: 1 }, bearer('admin', `one-${i}`))).status, 200);
  for (const end = Date.now() + 10000; await sessions() !== 0;) {
    assert.ok(Date.now() < end, `${await sessions()} sessions`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  const c = await Client.open(d.ws, { token: token({ sub: 'a', role: 'admin' }) });
  const audit = await c.attach('aula.plugin.audit');
  assert.equal((await audit.message({ request: 'search', limit: 1 })).audit, 'found');
  await c.close();
});

test('a request whose handle or session ends before its answer is answered nevertheless', async () => {
  const said = new Map();
  for (const [ending, code] of [['detach', 459], ['destroy', 458]])
    for (let i = 0; i < 10; i++) {
      const c = await Client.open(d.ws, { token: token({ sub: `hasty-${ending}-${i}`, role: 'admin' }) });
      const audit = await c.attach('aula.plugin.audit');
      // In one write, so that the end is there before the store can have answered.
      c.socket._socket.cork();
      const asked = audit.message({ request: 'search' }).catch(error => error);
      const ended = (ending === 'detach' ? audit : c).request({ janus: ending });
      c.socket._socket.uncork();
      await ended;
      const answer = await Promise.race([asked, new Promise(resolve => setTimeout(resolve, 5000, 'nothing'))]);
      assert.ok(answer.audit === 'found' || answer.code === code, `${ending}: ${JSON.stringify(answer)} ${answer.message}`);
      said.set(answer.code, 1);
      c.socket.close();
    }
  assert.ok(said.has(458) || said.has(459), 'no answer came after the end: this shows nothing');
});

test('too many are refused, with what a client needs to know', async () => {
  const answers = await Promise.all(Array.from({ length: 120 }, () => ask('audit/search', { limit: 1 }, bearer('admin', 'eager'))));
  const refused = answers.filter(a => a.status === 429);
  assert.ok(answers.some(a => a.status === 200) && refused.length > 0);
  assert.ok(Number(refused[0].headers.get('retry-after')) >= 1);
  assert.match(refused[0].headers.get('ratelimit'), /^"token_rate";r=\d+;t=\d+$/);
  assert.match(refused[0].headers.get('ratelimit-policy'), /^"token_rate";q=40;w=4$/);
  assert.match(refused[0].body.detail, /token_rate/);
  const own = await Promise.all(Array.from({ length: 120 }, () => ask('people/me', {}, bearer('admin', 'eager-self'))));
  assert.match(own.find(a => a.status === 429)?.headers.get('ratelimit') ?? '', /^"token_rate"/);
  // Somebody else is served meanwhile.
  assert.equal((await ask('audit/search', { limit: 1 }, bearer('admin', 'calm'))).status, 200);
});

test('accounts from the command line, by the Admin API', async () => {
  const user = (...words) => run(['user', '--url', d.admin, ...words]);
  const added = await user('add', 'ida', 'role=student', 'name=Ida Rhodes');
  assert.equal(added.code, 0, added.err);
  const [, link] = added.out.match(/^link: ([0-9a-f]{64})$/m);
  assert.match(added.out, /^url: http.*\/login\/#link=/m);
  assert.equal((await ask('people/set_password', { link, password: PASSWORD })).status, 200);
  assert.match((await user('list')).out, /ida +Ida Rhodes +student/);
  const file = path.join(folder, 'class.csv');
  fs.writeFileSync(file, 'login,name,role\njo,Jo,student\nno good,X,student\n');
  assert.match((await user('import', file)).out, /applied: false[^]*A login is made of/);
  assert.match((await user('import', file, 'apply=true')).out, /jo +Jo +student .*[0-9a-f]{64}/);
  assert.equal((await user('edit', 'ida', 'active=false')).code, 0);
  assert.equal((await ask('people/login', { login: 'ida', password: PASSWORD })).status, 401);
  for (const [words, says] of [[['add', 'kim', 'role=king'], /no such role/], [['link', 'nobody'], /does not exist/], [['add'], /of whom/],
    [['dance'], /no dance/], [['import', '/nowhere'], /nowhere/], [['edit', 'ida', 'active=perhaps'], /not a value/], [['edit', 'ida', 'role'], /key=value/]]) {
    const { code, err } = await user(...words);
    assert.ok(code !== 0, words.join(' '));
    assert.match(err, says);
  }
  assert.match((await run(['user', 'help'])).out, /aula user add ada/);
});

test('message_plugin: who has the secret may ask all, who comes by a session what its token may', async () => {
  const admin = async request => (await fetch(`${d.admin}/admin`, { method: 'POST', body: JSON.stringify({ transaction: 't', ...request }) })).json();
  const message = (plugin, request) => admin({ janus: 'message_plugin', plugin, request });
  const found = await message('aula.plugin.audit', { request: 'search', act: 'people.add', target: 'ida' });
  assert.deepEqual(found.response.lines.map(l => [l.actor, l.role, l.address]), [['(operator)', '(operator)', '127.0.0.1']]);
  for (const [plugin, request, code] of [['nobody', { request: 'x' }, 460], ['aula.plugin.audit', {}, 456], ['aula.plugin.audit', { request: 'dance' }, 453],
    ['aula.plugin.audit', { request: 'search', limit: 'many' }, 467], ['aula.plugin.classroom', { request: 'join' }, 453]])
    assert.equal((await message(plugin, request)).error?.code, code, JSON.stringify(request));
  const c = await Client.open(d.ws, { token: token({ sub: 'kay', role: 'admin' }) });
  const inside = await c.request({ janus: 'admin', request: { janus: 'message_plugin', plugin: 'aula.plugin.people', request: { request: 'me' } } });
  assert.equal(inside.data.response.login, 'kay');
  await c.close();
});

test('the API describes itself as OpenAPI, and takes what it says', async () => {
  const answer = await fetch(`${d.origin}/api/openapi.json`);
  assert.equal(answer.status, 200);
  const document = await answer.json();
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(document.openapi, '3.1.0');
  const search = document.paths['/api/audit/search'].post;
  assert.deepEqual(search.requestBody.content['application/json'].schema.properties.limit,
    { type: 'integer', minimum: 1, maximum: 500, default: 100, description: 'How many lines at most, the latest first. It is an integer from 1 to 500.' });
  assert.deepEqual(document.paths['/api/people/login'].post.requestBody.content['application/json'].schema.required, ['login', 'password']);
  assert.match(search.description, /audit\.read/);
  assert.equal(document.paths['/api/classroom/join'], undefined);
  for (const where of Object.keys(document.paths)) assert.notEqual((await ask(where.replace('/api/', ''), '[]', bearer('admin', 'reader'))).status, 404, where);
});

describe('a request with a key is done once', async () => {
  const key = () => `"${crypto.randomUUID()}"`;
  const add = (login, key, more = {}, who = bearer('admin', 'maker')) => ask('people/add', { login, name: login, role: 'student', ...more }, { ...who, 'Idempotency-Key': key });
  const stored = statement => sql(state, statement);

  test('sent again it brings the first answer, whatever way it is quoted', async () => {
    const one = key(), first = await add('once', one);
    assert.equal(first.status, 200, JSON.stringify(first.body));
    assert.equal(first.headers.get('idempotent-replayed'), null);
    for (const again of [one, one.slice(1, -1)]) {
      const { status, body, headers } = await add('once', again);
      assert.deepEqual([status, body, headers.get('idempotent-replayed')], [200, first.body, 'true']);
    }
    assert.equal((await add('once', key())).body.detail, 'This login is taken.');
    // By what the database holds nobody gets in.
    const row = JSON.stringify(stored("SELECT * FROM people_answers WHERE login = 'maker'"));
    assert.ok(!row.includes(first.body.link) && !row.includes(one.slice(1, -1)) && !row.includes(Buffer.from(first.body.link).toString('hex')), row);
  });

  test('many at once: one is done, the others wait or get its answer', async () => {
    const one = key(), answers = await Promise.all(Array.from({ length: 8 }, () => add('crowd', one)));
    const done = answers.filter(a => a.status === 200);
    assert.equal(new Set(done.map(a => a.body.link)).size, 1);
    assert.equal(done.filter(a => !a.headers.get('idempotent-replayed')).length, 1);
    for (const { status, body } of answers.filter(a => a.status !== 200))
      assert.deepEqual([status, body.detail], [409, 'The same request is being done.']);
  });

  test('a key is of one person and one request', async () => {
    const one = key();
    assert.equal((await add('mine', one)).status, 200);
    const other = await add('other', one);
    assert.deepEqual([other.status, other.body.detail], [409, 'This key was used for another request.']);
    assert.equal((await add('theirs', one, {}, bearer('admin', 'another'))).status, 200);
  });

  test('what was refused was not done, and can be asked again', async () => {
    const one = key();
    assert.equal((await add('late', one, { role: 'king' })).status, 404);
    assert.equal((await add('late', one)).status, 200);
  });

  test('what is no key is refused; a guest needs none', async () => {
    for (const bad of ['short', `"${'x'.repeat(256)}"`, '"with a space in it"', ''])
      assert.equal((await add('nokey', bad)).status, 400, bad);
    assert.equal((await ask('people/entrance', {}, { 'Idempotency-Key': key() })).status, 200);
    assert.equal((await ask('people/entrance', {}, { 'Idempotency-Key': 'short' })).status, 400);
  });

  test('it outlives the server; of what a server left undone nobody claims to know', async () => {
    const one = key(), two = key(), first = await add('lasts', one);
    assert.equal((await add('broken', two)).status, 200);
    assert.equal(await d.stop(), 0);
    stored("UPDATE people_answers SET done = FALSE, answer = NULL, asked_us = asked_us - 200000000 WHERE asked_us = (SELECT MAX(asked_us) FROM people_answers)");
    stored("INSERT INTO people_answers WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1000) SELECT 'x' || value, 'full', 9000000000000000, '', TRUE, 0, NULL FROM n");
    d = await Daemon.start(settings);
    assert.deepEqual((await add('lasts', one)).body, first.body);
    const broken = await add('broken', two);
    assert.equal(broken.status, 409);
    assert.match(broken.body.detail, /nobody knows whether it was done/);
    const full = await add('more', key(), {}, bearer('admin', 'full'));
    assert.deepEqual([full.status, full.headers.get('retry-after')], [429, '60']);
  });
});

describe('every request by every role', async () => {
  const { out } = await run(['--describe']);
  const holds = (role, name) => ROLES[role].some(c => c === '*' || c === name || (c.endsWith('.*') && name.startsWith(c.slice(0, -1))));
  const modules = JSON.parse(out).modules.filter(m => m.name !== 'people' && m.requests.some(r => r.http));
  assert.ok(modules.length >= 1);
  for (const module of modules)
    for (const request of module.requests)
      test(`${module.name}/${request.name}`, async () => {
        for (const role of [null, ...Object.keys(ROLES)]) {
          const { status, body } = await ask(`${module.name}/${request.name}`, {}, role ? bearer(role, `matrix-${role}-${request.name}`) : {});
          const said = `${role}: ${status} ${JSON.stringify(body)}`;
          if (!request.http) {
            assert.equal(status, 404, said);
            continue;
          }
          const refused = status === 403 || (status === 401 && body.title === 'forbidden');
          assert.ok(status < 500, said);
          // A role that may ask can still be refused for what it asks about.
          if (!request.needs.every(name => holds(role ?? 'guest', name))) assert.ok(refused, said);
        }
      });
});
