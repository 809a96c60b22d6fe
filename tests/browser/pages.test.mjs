// The pages as people meet them: axe finds nothing, the keyboard reaches everything, they fit a phone, light and dark.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, look, openPage, picture, until } from './lib/browsers.mjs';
import { enterAs, sees } from './lib/class.mjs';

const AXE = fs.readFileSync(path.join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 }, small: { width: 320, height: 640 } };
let d, browser;
before(async () => {
  d = await Daemon.start();
  browser = await launch('chromium');
}, { timeout: 60000 });
after(async () => {
  await browser.close();
  assert.equal(await d.stop(), 0);
});

async function holds(page, name) {
  const violations = await page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`)
    .then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`));
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await picture(page, name);
  assert.deepEqual(violations, []);
  assert.ok(wider <= 0, `wider than the screen by ${wider}`);
}

const LOOKS = Object.entries(SIZES).flatMap(([size, viewport]) => ['light', 'dark'].map(colorScheme => ({ name: `${size}-${colorScheme}`, viewport, colorScheme })));

for (const { name, viewport, colorScheme } of LOOKS)
  for (const where of ['/', '/student/', '/teacher/', '/admin/'])
    test(`${where}, ${name}`, { timeout: 60000 }, async t => {
      const page = await openPage(browser, d.origin + where, { viewport, colorScheme });
      t.after(() => page.context().close());
      await until('something is there', () => page.getByRole('button').or(page.getByRole('link')).count(), n => n > 0);
      await holds(page, `${where.replaceAll('/', '') || 'start'}-${name}`);
    });

describe('in class', () => {
  let teacher, student;
  before(async () => {
    teacher = await enterAs(browser, d, 'teacher', { name: 'Ada Lovelace' });
    student = await enterAs(browser, d, 'student', { name: 'Sam' });
    await until('picture', () => student.evaluate(() => window.received.length), n => n >= 2);
  }, { timeout: 60000 });
  after(async () => {
    keepLogs('pages', d, teacher, student);
    await teacher.context().close();
    await student.context().close();
  });
  for (const { name, viewport, colorScheme } of LOOKS)
    test(name, { timeout: 60000 }, async () => {
      for (const [who, page] of Object.entries({ student, teacher })) {
        await look(page, { viewport, colorScheme });
        await holds(page, `in-class-${who}-${name}`);
      }
    });
});

test('with the keyboard alone a student joins and writes', { timeout: 60000 }, async t => {
  const page = await openPage(browser, `${d.origin}/student/`);
  t.after(() => page.context().close());
  const focused = () => page.evaluate(() => {
    let e = document.activeElement;
    while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    return `${e?.getAttribute('aria-label') ?? e?.labels?.[0]?.textContent ?? e?.textContent ?? ''}`.trim();
  });
  const tabTo = async name => {
    for (let i = 0; i < 60; i++) {
      if (name.test(await focused())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not reach ${name}; at "${await focused()}"`);
  };
  await until('form', () => page.getByLabel('Your name').count());
  await tabTo(/Your name/);
  await page.keyboard.type('Kim');
  await page.keyboard.press('Enter');
  await until('in', () => page.getByRole('button', { name: 'Leave class' }).count());
  await tabTo(/^Message$/);
  await page.keyboard.type('Typed, not clicked');
  await page.keyboard.press('Enter');
  await sees(page, 'Typed, not clicked');
  await tabTo(/Turn on microphone/);
  await tabTo(/Leave class/);
});
