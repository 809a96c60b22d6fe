// The administration page: what an operator sees of a class, and does; axe, phone and desktop, light and dark.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { Daemon } from '../integration/lib/daemon.mjs';
import { keepLogs, launch, look, openPage, picture, until } from './lib/browsers.mjs';
import { click, enterAs, sees } from './lib/class.mjs';

const AXE = fs.readFileSync(path.join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
let d, browser;
before(async () => {
  d = await Daemon.start({ files: { aula: { events: { statistics_s: 1 } } }, args: ['--drain', '2'] });
  browser = await launch('chromium');
}, { timeout: 60000 });
after(async () => {
  await browser.close();
  await d.exited;
});

async function openAdmin(context) {
  const page = await openPage(browser, `${d.origin}/admin/`, context);
  await sees(page, /^Node /);
  return page;
}

describe('with a class going on', () => {
  let teacher, student;
  before(async () => {
    teacher = await enterAs(browser, d, 'teacher', { name: 'Ada Lovelace' });
    student = await enterAs(browser, d, 'student', { name: 'Sam' });
    await until('picture', () => student.evaluate(() => window.received.length), n => n >= 2);
  }, { timeout: 60000 });

  describe('a live picture', () => {
    let page;
    before(async () => {
      const { status } = await fetch(`${d.origin}/janus`, { method: 'POST', body: 'x'.repeat(500000) });
      assert.equal(status, 413);
      page = await openAdmin({});
      await until('the limit that was hit, and when', () => page.getByRole('row', { name: /web body bytes/ }).first().textContent(), text => /1\s+last \d/.test(text));
      const row = page.getByRole('row', { name: /Sam/ });
      await until("the student's quality", () => row.first().textContent(), text => /student\s*\d+\s/.test(text) && /[1-9]\d* kbit\/s/.test(text), 30000);
      await sees(page, 'classroom');
      assert.ok(await page.locator('meter').count() > 3);
      await until('lines', () => page.locator('aula-chart path').count(), n => n > 4, 20000);
    }, { timeout: 60000 });
    after(() => { keepLogs('admin-live', d, page); return page.context().close(); });

    for (const [size, viewport] of Object.entries({ desktop: { width: 1280, height: 1000 }, phone: { width: 390, height: 844 }, small: { width: 320, height: 640 } }))
      for (const colorScheme of ['light', 'dark'])
        test(`${size}, ${colorScheme}`, { timeout: 60000 }, async () => {
          await look(page, { viewport, colorScheme });
          const violations = await page.evaluate(`(() => { ${AXE}; return axe.run(document, { resultTypes: ['violations'] }); })()`)
            .then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`));
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          await page.screenshot({ path: path.join(process.env.AULA_ARTIFACTS ?? '.', `admin-whole-${size}-${colorScheme}.png`), fullPage: true });
          await picture(page, `admin-live-${size}-${colorScheme}`);
          assert.deepEqual(violations, []);
          assert.ok(wider <= 0, `wider than the screen by ${wider}`);
        });
  });

  test('reload and drain, each after a question, by keyboard', { timeout: 60000 }, async t => {
    const page = await openAdmin({});
    t.after(() => keepLogs('admin-acts', d, page));
    await page.getByRole('button', { name: 'Reload settings' }).focus();
    await page.keyboard.press('Enter');
    await sees(page, /a fault in a file changes nothing/);
    await page.keyboard.press('Escape');
    fs.writeFileSync(path.join(d.config, 'aula.cfg'), 'events: { statistics_s = 1; };\nlimits: { rooms = "many"; };\n');
    await click(page, 'Reload settings');
    await page.getByRole('dialog').getByRole('button', { name: 'Reload settings' }).click();
    await sees(page, /aula\.cfg:2: limits\.rooms: expected/);
    fs.writeFileSync(path.join(d.config, 'aula.cfg'), 'events: { statistics_s = 1; };\nlimits: { rooms = 77; };\nweb: { threads = 2; };\n');
    await click(page, 'Reload settings');
    await page.getByRole('dialog').getByRole('button', { name: 'Reload settings' }).click();
    await sees(page, /In force now: limits\.rooms\. Needs a restart: web\.threads\./);
    await click(page, 'Drain');
    await sees(page, /This cannot be taken back/);
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await click(page, 'Drain');
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
    await sees(page, /Draining: \d+ sessions are told/);
    await sees(student, /The server will soon be restarted/);
    assert.equal(await d.exited, 0);
  });
});
