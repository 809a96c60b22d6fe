// Logging in by the school's own log-in (OpenID Connect): with an issuer that was not written here, and with one that lies.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, cookieHeader, cookiesOf } from './lib/accounts.mjs';
import { Daemon, run, writeConfig } from './lib/daemon.mjs';
import { anyIssuer, idToken, keyPair, logInThere, realIssuer } from './lib/issuer.mjs';
import { Client } from './lib/janus.mjs';
import { SECRET, token } from './lib/token.mjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-'));
const secret = path.join(folder, 'secret'), client = path.join(folder, 'client');
const CLIENT = 'a client\'s secret: 50 %+&';
fs.writeFileSync(secret, SECRET, { mode: 0o600 });
fs.writeFileSync(client, `${CLIENT}\n`, { mode: 0o600 });
const aula = { identity: { secret_file: secret, roles: { guest: ['info'], student: ['info', 'room.join'], teacher: ['info', 'room.*'], admin: ['*'] } } };
const boss = { Authorization: `Bearer ${token({ sub: 'boss', role: 'admin' })}` };
const start = (issuer, more) => Daemon.start({ args: ['--demo', 'off'], files: { aula, people: { hash_memory: 64, hash_passes: 1, guesses: 100,
  oidc_issuer: issuer, oidc_client: 'aula', oidc_timeout_ms: 2000, ...more } } });
// The page's own address: the cookie is of it, and the issuer leads back to it.
const home = d => d.origin.replace('127.0.0.1', 'localhost');

async function begin(d, headers) {
  const answer = await ask(d.origin, 'oidc_begin', {}, headers);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return { url: new URL(answer.body.url), cookies: cookiesOf(answer), line: answer.headers['set-cookie'][0] };
}
const finish = (d, back, cookies) => ask(d.origin, 'oidc_finish', { code: back.searchParams.get('code'), state: back.searchParams.get('state'),
  ...(back.searchParams.get('iss') && { iss: back.searchParams.get('iss') }) }, cookieHeader(cookies));

describe('a real issuer', () => {
  const people = {
    ada: { preferred_username: 'Ada.L', name: 'Ada Lovelace', groups: ['pupils', '9b'], department: ['Mathematics'] },
    tom: { preferred_username: 'tom', name: 'Tom Teacher', groups: ['pupils', 'staff'] },
    eve: { preferred_username: 'eve', name: 'Eve', groups: ['alumni'] },
    imp: { preferred_username: 'imported', name: 'Imported', groups: ['pupils'] },
    bob: { preferred_username: 'boss2', name: 'Bob', groups: ['pupils'] },
  };
  let d, issuer;
  before(async () => {
    issuer = await realIssuer({ people, secret: CLIENT });
    d = await start(issuer.issuer, { oidc_secret_file: client, oidc_scope: 'openid profile groups', oidc_name: 'School ID', oidc_role_claim: 'groups',
      oidc_roles: [{ value: 'staff', role: 'teacher' }, { value: 'pupils', role: 'student' }], oidc_department_claim: 'department', oidc_make: true, oidc_adopt: true });
    issuer.serve(home(d));
  }, { timeout: 60000 });
  after(async () => {
    assert.equal(await d.stop(), 0);
    await issuer.close();
  });
  async function logIn(login) {
    const { url, cookies } = await begin(d);
    return finish(d, await logInThere(url.href, login, home(d)), cookies);
  }

  test('the page is told of it, and where it is: with PKCE, state and nonce, tied to this browser by a cookie', async () => {
    assert.deepEqual((await ask(d.origin, 'entrance')).body.single, { name: 'School ID' });
    const { url, line } = await begin(d);
    const query = Object.fromEntries(url.searchParams);
    assert.deepEqual([query.response_type, query.client_id, query.redirect_uri, query.scope, query.code_challenge_method],
      ['code', 'aula', `${home(d)}/login/`, 'openid profile groups', 'S256']);
    for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(query[name].length >= 43, name);
    assert.match(line, /^aula-flow=[0-9a-f]{64}; Path=\/; Max-Age=600; HttpOnly; SameSite=Strict$/);
    assert.notEqual((await begin(d)).url.searchParams.get('state'), query.state);
  });

  test('the first log-in makes an account, from the cookie into a class; the next one finds it', async () => {
    const first = await logIn('ada');
    assert.deepEqual([first.status, first.body], [200, { login: 'ada.l', name: 'Ada Lovelace', role: 'student', pages: ['student'] }]);
    const { aula: session, 'aula-flow': flow } = cookiesOf(first);
    assert.match(session, /^[0-9a-f]{64}$/);
    assert.equal(flow, '', 'the cookie of the way there is taken away');
    const { body } = await ask(d.origin, 'token', { room: '1' }, cookieHeader({ aula: session }));
    await (await Client.open(d.ws, { token: body.token })).close();
    people.ada.name = 'Ada King';
    assert.equal((await logIn('ada')).body.name, 'Ada King');
    const { people: all } = (await ask(d.origin, 'list', { search: 'ada.l' }, boss)).body;
    assert.deepEqual(all, [{ login: 'ada.l', name: 'Ada King', role: 'student', department: 'Mathematics', active: true, invited: false }]);
  });

  test('the role is what the issuer says, the first that fits; another one ends earlier sessions', async () => {
    const teacher = await logIn('tom');
    assert.equal(teacher.body.role, 'teacher');
    people.tom.groups = 'pupils';
    const student = await logIn('tom');
    assert.equal(student.body.role, 'student');
    assert.equal((await ask(d.origin, 'me', {}, cookieHeader(cookiesOf(teacher)))).status, 401);
    assert.equal((await ask(d.origin, 'me', {}, cookieHeader(cookiesOf(student)))).body.role, 'student');
  });

  test('who has no role there, or is shut out here, is told so', async () => {
    const eve = await logIn('eve');
    assert.deepEqual([eve.status, eve.body.detail], [401, 'The school\'s log-in gives you no role here.']);
    assert.equal(cookiesOf(eve).aula, undefined);
    await logIn('ada');
    await ask(d.origin, 'edit', { login: 'ada.l', active: false }, boss);
    assert.equal((await logIn('ada')).body.detail, 'This account is shut.');
    await ask(d.origin, 'edit', { login: 'ada.l', active: true }, boss);
    assert.equal((await logIn('ada')).status, 200);
  });

  test('an account that was imported is joined; one that has a password is not', async () => {
    await ask(d.origin, 'add', { login: 'imported', name: 'I', role: 'student' }, boss);
    assert.equal((await logIn('imp')).body.login, 'imported');
    const { body } = await ask(d.origin, 'add', { login: 'boss2', name: 'B', role: 'admin' }, boss);
    await ask(d.origin, 'set_password', { link: body.link, password: 'correct horse battery' });
    const taken = await logIn('bob');
    assert.deepEqual([taken.status, taken.body.title], [409, 'exists']);
    assert.equal((await ask(d.origin, 'list', { search: 'boss2' }, boss)).body.people[0].role, 'admin');
  });

  test('what was begun in one browser is of no use in another, nor twice', async () => {
    const { url, cookies } = await begin(d), other = await begin(d);
    const back = await logInThere(url.href, 'ada', home(d));
    for (const wrong of [{}, other.cookies, { 'aula-flow': '0'.repeat(64) }]) assert.equal((await finish(d, back, wrong)).status, 401);
    const elsewhere = new URL(back);
    elsewhere.searchParams.set('iss', 'https://another.example');
    assert.equal((await finish(d, elsewhere, cookies)).status, 401);
    assert.equal((await finish(d, back, cookies)).status, 200);
    const again = await finish(d, back, cookies);
    assert.deepEqual([again.status, again.body.detail], [401, 'This log-in was not begun in this browser, or too long ago; begin again.']);
  });

  test('a page under another address is told where to go', async () => {
    const wrong = await ask(d.origin, 'oidc_begin', {}, { Origin: d.origin });
    assert.deepEqual([wrong.status, wrong.body.detail], [409, `The school's log-in leads back to ${home(d)}: open the page there.`]);
    assert.equal((await ask(d.origin, 'oidc_begin', {}, { Origin: home(d), Host: new URL(home(d)).host })).status, 200);
  });

  test('who did what is in the audit log', async () => {
    const c = await Client.open(d.ws, { token: token({ sub: 'a', role: 'admin' }) });
    const audit = await c.attach('aula.plugin.audit');
    const lines = async act => (await audit.message({ request: 'search', act })).lines;
    assert.ok((await lines('people.login')).some(l => l.actor === 'ada.l' && l.detail === 'by the school\'s own log-in'));
    assert.ok((await lines('people.add')).some(l => l.target === 'ada.l' && l.detail === 'student'));
    assert.ok((await lines('people.edit')).some(l => l.target === 'tom' && l.detail === 'student'));
    assert.ok((await lines('people.refused')).some(l => l.target === 'eve'));
    await c.close();
  });
});

describe('an issuer that lies', () => {
  const good = keyPair('one'), other = keyPair('one'), next = keyPair('two');
  const now = { keys: [good.public], userinfo: { sub: 'other', preferred_username: 'admin' } };
  const soon = () => Math.floor(Date.now() / 1000);
  let d, issuer;
  before(async () => {
    issuer = await anyIssuer(now);
    d = await start(issuer.issuer, { oidc_make: true, oidc_role: 'student' });
  }, { timeout: 60000 });
  after(async () => {
    assert.equal(await d.stop(), 0);
    await issuer.close();
  });
  // Logs in with an ID token of these claims; `nonce` is the right one unless it says another.
  async function logIn(claims = {}, { key = next, header, answer, form } = {}) {
    const { url, cookies } = await begin(d);
    const all = { iss: issuer.issuer, sub: 'u1', aud: 'aula', exp: soon() + 60, iat: soon(), nonce: url.searchParams.get('nonce'),
      preferred_username: 'uma', name: 'Uma', ...claims };
    now.token = request => {
      form?.(request);
      return answer ?? [200, { access_token: 'a', token_type: 'Bearer', id_token: idToken(all, key, header) }];
    };
    const back = new URL(`${home(d)}/login/?${new URLSearchParams({ code: 'c', state: url.searchParams.get('state') })}`);
    return finish(d, back, cookies);
  }

  test('the truth lets in; a client without a secret shows none, and the verifier of PKCE', async () => {
    const { status, body } = await logIn({}, { key: good, form: ({ authorization, form }) => {
      assert.equal(authorization, undefined);
      assert.deepEqual([form.client_id, form.code, form.redirect_uri, form.grant_type], ['aula', 'c', `${home(d)}/login/`, 'authorization_code']);
      assert.match(form.code_verifier, /^[0-9a-f]{64}$/);
    } });
    assert.deepEqual([status, body.login, body.role], [200, 'uma', 'student']);
  });

  test('a new key of the issuer is fetched, and not at each lie', async () => {
    now.keys = [next.public];
    const fetched = () => issuer.asked.filter(one => one.path === '/keys').length, before = fetched();
    assert.equal((await logIn()).status, 200);
    now.keys = [good.public, next.public];
    assert.equal((await logIn({}, { key: good })).status, 401, 'what it had is gone, until it is asked again');
    assert.equal(fetched(), before + 1);
  });

  const LIES = [
    ['of another issuer', { iss: 'https://another.example' }], ['for another service', { aud: 'other' }], ['for no service', { aud: undefined }],
    ['for another party', { aud: ['aula', 'other'], azp: 'other' }], ['expired', { exp: soon() - 3600 }], ['without an expiry', { exp: undefined }],
    ['not valid yet', { nbf: soon() + 3600 }], ['for another browser', { nonce: 'x' }], ['without a nonce', { nonce: undefined }],
    ['of nobody', { sub: '' }], ['of a number', { sub: 7 }], ['of another key', {}, { key: other }], ['unsigned', {}, { header: { alg: 'none' } }],
    ['signed with the public key', {}, { header: { alg: 'HS256' } }],
    ['without one', {}, { answer: [200, { access_token: 'a' }] }], ['with a code that was used', {}, { answer: [400, { error: 'invalid_grant' }] }],
  ];
  for (const [what, claims, how] of LIES)
    test(`a proof ${what} does not`, async () => {
      const answer = await logIn(claims, how);
      assert.equal(answer.status, 401, JSON.stringify(answer.body));
      assert.equal(cookiesOf(answer).aula, undefined);
    });

  test('what is said of another subject, or is too little, makes no account', async () => {
    const { status, body } = await logIn({ sub: 'u2', preferred_username: undefined });
    assert.deepEqual([status, body.detail], [401, 'The school\'s log-in says too little to make an account.']);
    assert.equal((await logIn({ sub: 'u3', preferred_username: 'uma' })).status, 409, 'the login of somebody else');
    assert.equal((await logIn({ sub: 'u4', preferred_username: 'x y' })).status, 401);
  });

  test('one that answers nonsense, or not at all, is away, and the password log-in is not', async () => {
    for (const answer of [[500, {}], [200, 'nonsense'], [401, { error: 'invalid_client' }]]) {
      const { status, body } = await logIn({}, { answer });
      assert.deepEqual([status, body.detail], [503, 'The school\'s log-in does not answer at present.']);
    }
    assert.match(d.text, /gives no token for a code.*invalid_client/);
    const { url, cookies } = await begin(d);
    now.silent = true;
    const back = new URL(`${home(d)}/login/?${new URLSearchParams({ code: 'c', state: url.searchParams.get('state') })}`);
    const [slow, other] = await Promise.all([finish(d, back, cookies), ask(d.origin, 'login', { login: 'nobody', password: 'x' })]);
    assert.deepEqual([slow.status, other.status], [503, 401]);
    now.silent = false;
  });
});

test('settings that cannot work are refused with a sentence', async () => {
  for (const [more, sentence] of [[{ oidc_issuer: 'http://id.school.example' }, /oidc_issuer must begin with https/], [{ oidc_client: undefined }, /oidc_client is needed/],
    [{ oidc_secret_file: '/nowhere' }, /oidc_secret_file cannot be read/], [{ oidc_role: 'wizard' }, /oidc_role is no role/],
    [{ oidc_roles: [{ value: 'a', role: 'wizard' }] }, /a role in oidc_roles/]]) {
    const people = Object.fromEntries(Object.entries({ oidc_issuer: 'https://id.school.example', oidc_client: 'aula', ...more }).filter(([, v]) => v !== undefined));
    const { err, out } = await run(['--config', writeConfig({ aula: { modules: { enabled: [{ name: 'people', required: true }] } }, people }), '--state', fs.mkdtempSync(path.join(os.tmpdir(), 'aula-state-')),
      '--port', '0', '--tls-port', '0', '--udp-port', '0', '--admin-port', '0', '--store', 'sqlite::memory:']);
    assert.match(err + out, sentence);
  }
});

test('an issuer that is away when it is first asked is asked again', async () => {
  const now = { about: { issuer: 'https://somebody.else' }, keys: [keyPair('k').public] };
  const issuer = await anyIssuer(now), d = await start(issuer.issuer);
  const first = await ask(d.origin, 'oidc_begin');
  assert.equal(first.status, 503);
  await d.until(() => /what answers there is not this issuer/.test(d.text));
  now.about = { token_endpoint: 'http://elsewhere.example/token' };
  assert.equal((await ask(d.origin, 'oidc_begin')).status, 503);
  await d.until(() => /not over https/.test(d.text));
  now.about = {};
  assert.equal((await ask(d.origin, 'oidc_begin')).status, 200);
  await d.until(() => /log-in is back/.test(d.text));
  assert.equal(await d.stop(), 0);
  await issuer.close();
});
