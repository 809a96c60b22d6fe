// Pages of another origin than the server's, on a port of their own, with the WHIP and WHEP clients of npm.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepLogs, openPage, until } from './browsers.mjs';

const TESTS = fileURLToPath(new URL('../..', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };

export function servePages() {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const file = path.join(TESTS, pathname.startsWith('/node_modules/') ? '' : 'browser/pages', path.normalize(pathname));
    fs.readFile(file, (error, bytes) => {
      response.writeHead(error ? 404 : 200, { 'Content-Type': TYPES[path.extname(file)] ?? 'text/plain' });
      response.end(error ? '' : bytes);
    });
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve({
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => { server.closeAllConnections(); server.close(); } })));
}

export async function openWhip(t, browser, pages, daemon, name) {
  const page = await openPage(browser, `${pages.origin}/whip.html`);
  t.after(async () => { keepLogs(`whip-${name}`, daemon, page); await page.context().close(); });
  await until('page', () => page.evaluate(() => window.ready));
  return page;
}

// The colour of the middle of a track that the page receives and that has one: the names of the channels that are bright.
export const colours = page => page.evaluate(async () => {
  const seen = [];
  for (const track of window.received.filter(t => t.kind === 'video' && t.readyState === 'live' && !t.muted)) {
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([track]) });
    await Promise.race([video.play(), new Promise(r => setTimeout(r, 1000))]);
    if (video.videoWidth === 0) continue;
    const context = Object.assign(document.createElement('canvas'), { width: 9, height: 9 }).getContext('2d');
    context.drawImage(video, 0, 0, 9, 9);
    const [r, g, b] = context.getImageData(4, 6, 1, 1).data;
    video.srcObject = null;
    seen.push([r > 128 && 'red', g > 100 && 'green', b > 128 && 'blue'].filter(Boolean).join('+') || 'dark');
  }
  return seen;
});
