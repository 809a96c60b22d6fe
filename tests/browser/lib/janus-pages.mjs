// The server with pages that drive npm's janus-gateway, served under its own content security policy.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon } from '../../integration/lib/daemon.mjs';
import { keepLogs, openPage, until } from './browsers.mjs';

const TESTS = fileURLToPath(new URL('../..', import.meta.url));

export function startWithJanusPages() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'janus-pages-'));
  for (const f of ['janus.html', 'janus.js']) fs.copyFileSync(path.join(TESTS, 'browser', 'pages', f), path.join(root, f));
  for (const module of ['webrtc-adapter', 'janus-gateway'])
    fs.cpSync(path.join(TESTS, 'node_modules', module), path.join(root, 'node_modules', module), { recursive: true });
  return Daemon.start({ files: { aula: { web: { root } } } });
}

export async function openJanus(t, browser, daemon, name, transport = 'websocket') {
  const page = await openPage(browser, `${daemon.origin}/janus.html?transport=${transport}`);
  t.after(async () => { keepLogs(`janus-${name}-${transport}`, daemon, page); await page.context().close(); });
  await until('page', () => page.evaluate(() => window.ready));
  return page;
}
