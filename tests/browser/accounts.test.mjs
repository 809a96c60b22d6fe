// Accounts as people meet them: a link sets a password, a log-in leads to a class, and out again; axe, phone and desktop, light and dark.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { realIssuer } from '../integration/lib/issuer.mjs';
import { SECRET, token } from '../integration/lib/token.mjs';
import { keepLogs, launch, look, openPage, picture, until } from './lib/browsers.mjs';
import { click, sees } from './lib/class.mjs';

const AXE = fs.readFileSync(path.join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const LOOKS = Object.entries({ desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })
  .flatMap(([size, viewport]) => ['light', 'dark'].map(colorScheme => ({ name: `${size}-${colorScheme}`, viewport, colorScheme })));
const PASSWORD = 'correct horse battery';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aula-'));
const secret = path.join(folder, 'secret'), state = path.join(folder, 'state');
fs.writeFileSync(secret, SECRET, { mode: 0o600 });

const pupils = { rosa: { preferred_username: 'rosa', name: 'Rosa' } };
let d, browser, issuer;
before(async () => {
  issuer = await realIssuer({ people: pupils, secret: undefined });
  d = await Daemon.start({ state, args: ['--demo', 'off'], files: { aula: { identity: { secret_file: secret,
    roles: { guest: ['info'], student: ['info', 'media.*', 'room.join', 'room.list', 'chat.*'], teacher: ['info', 'media.*', 'room.*', 'chat.*'],
      head: ['info', 'media.*', 'room.*', 'chat.*', 'people.read', 'people.manage'], admin: ['*'] } } },
  classroom: { rooms: [{ room: 1234, description: 'Algebra' }, { room: 77, description: 'History of Art' }] },
  people: { hash_memory: 64, hash_passes: 1, guesses: 100,
    oidc_issuer: issuer.issuer, oidc_client: 'aula', oidc_name: 'your school ID', oidc_role: 'student', oidc_make: true } } });
  issuer.serve(home());
  browser = await launch('chromium');
}, { timeout: 60000 });
after(async () => {
  await browser.close();
  await issuer.close();
  assert.equal(await d.stop(), 0);
});

// The address that the issuer leads back to.
const home = () => d.origin.replace('127.0.0.1', 'localhost');

async function ask(request, body) {
  const answer = await fetch(`${d.origin}/api/people/${request}`, { method: 'POST', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token({ sub: 'boss', role: 'admin' })}` } });
  assert.equal(answer.status, 200, JSON.stringify(body));
  return answer.json();
}
const link = async body => (await ask('add', body)).url.replace('localhost', '127.0.0.1');
// An account with a password, and a page that is logged in.
async function logIn(login, more = {}) {
  const { link: text } = await ask('add', { login, name: login, role: 'student', ...more });
  await ask('set_password', { link: text, password: PASSWORD });
  const page = await openPage(browser, `${d.origin}/login/`);
  await page.getByLabel('Login', { exact: true }).fill(login);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await click(page, 'Log in');
  await sees(page, `Welcome, ${more.name ?? login}`);
  return page;
}

// Each size and each colour scheme once.
const TWO = [LOOKS[0], LOOKS[3]];

async function holds(page, name, looks = LOOKS) {
  for (const { name: size, ...how } of looks) {
    await look(page, how);
    const violations = await page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`)
      .then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`));
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await picture(page, `accounts-${name}-${size}`);
    assert.deepEqual(violations, [], `${name}, ${size}`);
    assert.ok(wider <= 0, `${name}, ${size}: wider than the screen by ${wider}`);
  }
}
function watched(t, page, name) {
  t.after(async () => {
    keepLogs(`accounts-${name}`, d, page);
    await page.context().close();
  });
  return page;
}

test('by the link to a password, and straight in, with the keyboard alone', { timeout: 60000 }, async t => {
  const page = watched(t, await openPage(browser, await link({ login: 'ada', name: 'Ada Lovelace', role: 'student' })), 'link');
  await sees(page, 'Choose a password');
  assert.equal(new URL(page.url()).hash, '', 'the link stays in no history');
  await holds(page, 'link');
  await until('focus', () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.id === 'password'));
  await page.keyboard.type('short');
  await page.keyboard.press('Enter');
  await sees(page, 'too short');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await sees(page, 'Welcome, Ada Lovelace');
  await holds(page, 'student');
});

test('a link that was used says so', { timeout: 60000 }, async t => {
  const url = await link({ login: 'bob', name: 'Bob', role: 'student' });
  await ask('set_password', { link: url.split('#link=')[1], password: PASSWORD });
  const page = watched(t, await openPage(browser, url), 'used');
  await page.getByLabel('New password').fill(PASSWORD);
  await click(page, 'Set password and log in');
  await sees(page, 'This link was used already');
});

test('the start page, and a wrong password', { timeout: 60000 }, async t => {
  const page = watched(t, await openPage(browser, d.origin), 'wrong');
  await sees(page, 'With the account that your school gave you');
  await holds(page, 'start');
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByLabel('Login', { exact: true }).fill('nobody');
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await click(page, 'Show password');
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
  await click(page, 'Log in');
  await sees(page, 'The login or the password is wrong.');
  await holds(page, 'login');
});

describe('one click into a class', () => {
  test('a student joins', { timeout: 60000 }, async t => {
    const page = watched(t, await logIn('cleo'), 'student');
    assert.equal(await page.getByRole('button', { name: /^Teach/ }).count(), 0);
    await click(page, 'Join History of Art');
    await sees(page, 'You enter as cleo.');
    assert.equal(new URL(page.url()).hash, '');
    await click(page, 'Join');
    await until('in class', () => page.getByRole('button', { name: 'Leave class' }).count());
    await sees(page, 'History of Art');
  });
  test('a teacher opens one and teaches', { timeout: 60000 }, async t => {
    const page = watched(t, await logIn('dora', { role: 'teacher', name: 'Dora Teacher' }), 'teacher');
    await page.getByRole('button', { name: 'Teach Algebra' }).waitFor();
    await holds(page, 'teacher');
    await page.getByLabel('Open a class').fill('Lab');
    await click(page, 'Open and teach');
    await sees(page, 'You enter as Dora Teacher.');
    await click(page, 'Go live');
    await until('in class', () => page.getByRole('button', { name: 'Leave class' }).count());
    await sees(page, 'Lab');
  });
  test('an administrator comes to the server', { timeout: 60000 }, async t => {
    const page = watched(t, await logIn('emil', { role: 'admin' }), 'admin');
    await page.getByRole('button', { name: /Administer/ }).click();
    await sees(page, /^Node /);
  });
});

test('from the door of a class to the log-in, and back to that class', { timeout: 60000 }, async t => {
  const { link: text } = await ask('add', { login: 'otto', name: 'Otto', role: 'student' });
  await ask('set_password', { link: text, password: PASSWORD });
  const page = watched(t, await openPage(browser, `${d.origin}/student/#room=77`), 'door');
  await sees(page, 'Or log in with your account');
  await holds(page, 'door', TWO);
  await page.getByRole('link', { name: 'Or log in with your account' }).click();
  await page.getByLabel('Login', { exact: true }).fill('otto');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await sees(page, 'You enter as Otto.');
  assert.equal(new URL(page.url()).pathname, '/student/');
  await click(page, 'Join');
  await until('in class', () => page.getByRole('button', { name: 'Leave class' }).count());
  await sees(page, 'History of Art');
  // A page that is not for them, or no class in the address: their classes are on the start page.
  for (const where of ['/teacher/#room=77', '/student/']) {
    const other = await page.context().newPage();
    await other.goto(d.origin + where);
    await other.getByRole('link', { name: 'Or choose a class on the start page' }).click();
    await sees(other, 'Welcome, Otto');
  }
});

test('the log-in leads to no other server', { timeout: 60000 }, async t => {
  const page = watched(t, await logIn('pia'), 'to');
  for (const [to, leads] of [['https://evil.example/', '/'], ['//evil.example/', '/'], ['/student/#room=77', '/student/#room=77'],
    ['/student/#token=x', '/'], ['/people/', '/people/'], ['javascript:alert(1)', '/']]) {
    await page.goto(`${d.origin}/login/?${new URLSearchParams({ to })}`);
    await sees(page, 'You are logged in');
    assert.equal(await page.getByRole('link', { name: 'Go on' }).getAttribute('href'), leads);
  }
});

describe('by the school\'s own log-in', () => {
  test('there and back into the class, with the keyboard alone; an account is made', { timeout: 60000 }, async t => {
    const page = watched(t, await openPage(browser, `${home()}/student/#room=77`), 'single');
    await page.getByRole('link', { name: 'Or log in with your account' }).click();
    await sees(page, 'Log in with your school ID');
    await holds(page, 'single');
    await until('focus', () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.classList.contains('main')));
    await page.keyboard.press('Enter');
    await page.waitForURL(url => url.href.startsWith(issuer.issuer));
    await page.locator('input[name=login]').fill('rosa');
    await page.locator('input[name=password]').fill('any');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).click();
    await sees(page, 'You enter as Rosa.');
    assert.ok(!page.url().includes('code='));
    await click(page, 'Join');
    await until('in class', () => page.getByRole('button', { name: 'Leave class' }).count());
  });

  test('who turns back there, comes with an old answer, or finds it away, is told so', { timeout: 60000 }, async t => {
    const page = watched(t, await openPage(browser, `${home()}/login/`), 'single-refused');
    for (const [query, said] of [['error=access_denied&state=x&error_description=Click+here', 'You were not let in there'],
      ['code=c&state=x', 'This log-in could not be confirmed']]) {
      await page.goto(`${home()}/login/?${query}`);
      await sees(page, said);
      assert.equal(new URL(page.url()).search, '');
      assert.equal(await page.getByText('Click here').count(), 0);
    }
    await holds(page, 'single-refused', TWO);
    // By another address the cookie would not come back.
    await page.goto(`${d.origin}/login/`);
    await click(page, 'Log in with your school ID');
    await sees(page, 'Open the page by the address that your school gave you');
  });
});

test('out here, and everywhere', { timeout: 60000 }, async t => {
  const page = watched(t, await logIn('finn'), 'out');
  const other = watched(t, await openPage(browser, `${d.origin}/login/`), 'out-other');
  await other.getByLabel('Login', { exact: true }).fill('finn');
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.keyboard.press('Enter');
  await sees(other, 'Welcome, finn');
  await page.goto(`${d.origin}/login/`);
  await sees(page, 'You are logged in');
  await holds(page, 'in');
  await click(page, 'Logged in as finn');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('button', { name: 'Log out', exact: true }).count(), 0);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out', exact: true }).waitFor();
  await holds(page, 'menu');
  await click(page, 'Log out everywhere');
  await page.getByLabel('Login', { exact: true }).waitFor();
  await other.goto(d.origin);
  await sees(other, 'With the account that your school gave you');
});

test('the requests of the API are read and tried', { timeout: 60000 }, async t => {
  const page = watched(t, await logIn('gwen', { role: 'admin' }), 'reference');
  await page.goto(`${d.origin}/reference/#people/list`);
  await page.getByRole('heading', { name: 'POST /api/people/list' }).waitFor();
  await page.getByLabel('limit').fill('2');
  await page.keyboard.press('Enter');
  await sees(page, '200');
  await page.getByLabel('Answer').getByText('"login"').first().waitFor();
  await holds(page, 'reference');
  await page.getByLabel('limit').fill('many');
  await click(page, 'Send');
  await sees(page, 'limit: this is not valid JSON.');
  await page.getByLabel('Find').fill('audit log');
  await page.getByRole('button', { name: 'search' }).click();
  await page.getByRole('heading', { name: 'POST /api/audit/search' }).waitFor();
  await page.getByLabel('actor').fill('gwen');
  await click(page, 'Send');
  await sees(page, '200');
});

describe('the accounts of others', () => {
  test('an administrator finds, adds, changes and invites', { timeout: 90000 }, async t => {
    for (const name of ['Hedy', 'Hilde']) await ask('add', { login: `h-${name.toLowerCase()}`, name: `${name} Lab`, role: 'student', department: 'Science' });
    const page = watched(t, await logIn('ines', { role: 'admin' }), 'people');
    await page.getByRole('button', { name: /^People/ }).click();
    await page.getByLabel('Find by name or login').fill('LAB');
    await sees(page, 'Hilde Lab');
    await until('only those', () => page.getByRole('listitem').count().then(n => n === 2));
    await holds(page, 'people');
    await click(page, 'Add a person');
    await page.getByLabel('Login', { exact: true }).fill('no good');
    await page.getByLabel('Name', { exact: true }).fill('New <b>Lab</b>');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await sees(page, 'A login is made of a-z');
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'New <b>Lab</b>');
    await page.getByLabel('Login', { exact: true }).fill('h-new');
    await page.getByLabel('Role').selectOption('teacher');
    await page.keyboard.press('Enter');
    const url = await page.getByLabel('Link', { exact: true }).inputValue();
    assert.match(url, /\/login\/#link=[0-9a-f]{64}$/);
    await holds(page, 'people-link', TWO);
    await click(page, 'Done');
    await sees(page, 'New <b>Lab</b>');
    await click(page, 'Change New <b>Lab</b>');
    await page.getByLabel('May log in').uncheck();
    await holds(page, 'people-form', TWO);
    await click(page, 'Save');
    await sees(page, 'may not log in');
    await click(page, 'Change Hilde Lab');
    const [file] = await Promise.all([page.waitForEvent('download'), click(page, 'Download all that is kept')]);
    const kept = JSON.parse(await fs.promises.readFile(await file.path(), 'utf8'));
    assert.deepEqual([kept.login, kept.tables.find(one => one.table === 'people_users').rows[0].name], ['h-hilde', 'Hilde Lab']);
    await click(page, 'Erase');
    await sees(page, 'Erase Hilde Lab?');
    await holds(page, 'people-erase', TWO);
    await page.getByLabel('Erase Hilde Lab?').getByRole('button', { name: 'Cancel' }).click();
    await click(page, 'Erase');
    await click(page, 'Erase for ever');
    await until('she is gone', () => page.getByRole('listitem').filter({ hasText: 'Hilde Lab' }).count().then(n => n === 0));
    await click(page, 'New link for Hedy Lab');
    assert.notEqual(await page.getByLabel('Link', { exact: true }).inputValue(), url);
    await page.keyboard.press('Escape');
    await page.getByLabel('Find by name or login').fill('nobody at all');
    await sees(page, 'Nobody of that name.');
  });

  test('a list is checked line by line, then added', { timeout: 60000 }, async t => {
    const page = watched(t, await logIn('jana', { role: 'head', department: 'Music' }), 'import');
    await page.goto(`${d.origin}/people/`);
    await click(page, 'Import a list');
    await page.getByLabel('Or the list itself').fill('login,name,role\nk-one,"One, K",student\nbad one,X,student\nk-two,Two,king\n');
    await click(page, 'Check');
    await sees(page, '1 person can be added.');
    await sees(page, '2 lines cannot be taken');
    await holds(page, 'people-import', TWO);
    await click(page, 'Add 1 person');
    assert.match(await page.getByLabel('Their links').inputValue(), /^k-one,"One, K",http.*#link=[0-9a-f]{64}$/m);
    await click(page, 'Done');
    await sees(page, 'One, K');
    // Of no other department, and no role above one's own.
    assert.equal(await page.getByText('Hilde Lab').count(), 0);
    await click(page, 'Add a person');
    assert.ok(!(await page.getByLabel('Role').locator('option').allTextContents()).map(s => s.trim()).includes('admin'));
  });

  test('who is nobody is asked to log in', { timeout: 30000 }, async t => {
    const page = watched(t, await openPage(browser, `${d.origin}/people/`), 'people-nobody');
    await sees(page, 'Log in to see the accounts of your school.');
  });
});

test('in another language: as the browser asks, or as was chosen; from right to left as well', { timeout: 90000 }, async t => {
  const page = watched(t, await openPage(browser, d.origin, { locale: 'de-CH' }), 'language');
  await sees(page, 'Live-Unterricht im eigenen Haus.');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await holds(page, 'german', TWO);
  await page.getByLabel('Sprache').selectOption('English');
  await sees(page, 'Live classes, in your own house.');
  await page.reload();
  await sees(page, 'Live classes, in your own house.');
  await page.getByLabel('Language').selectOption('Deutsch');
  await sees(page, 'Anmelden');
  await page.goto(`${d.origin}/login/`);
  await page.getByLabel('Anmeldename', { exact: true }).waitFor();
  const own = watched(t, await logIn('karl', { role: 'admin' }), 'rtl');
  for (const where of ['/', '/people/', '/reference/']) {
    await own.goto(d.origin + where);
    await own.getByRole('heading').first().waitFor();
    await own.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await holds(own, `rtl${where.replaceAll('/', '-')}`, TWO);
  }
});
