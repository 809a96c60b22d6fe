// first-frame.mjs [RUNS]: in Chromium, from opening the WebSocket of the student's page to the first decoded frame of
// the teacher's camera, on the page's own clock. The teacher's page publishes the synthetic camera. Prints one JSON
// object.
import { Daemon } from '../integration/lib/daemon.mjs';
import { launch, openPage, until } from '../browser/lib/browsers.mjs';
import { click, enterAs } from '../browser/lib/class.mjs';

const RUNS = Number(process.argv[2] ?? 20);

// In the page: when the first frame of any video element was presented.
function noteFirstFrame() {
  const watched = new WeakSet();
  const look = root => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) look(element.shadowRoot);
      if (element.tagName !== 'VIDEO' || watched.has(element)) continue;
      watched.add(element);
      element.requestVideoFrameCallback(now => { window.firstFrameAt ??= now; });
    }
  };
  const again = () => { look(document); if (!window.firstFrameAt) requestAnimationFrame(again); };
  again();
}

const at = (list, share) => Math.round(list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))]);
const server = await Daemon.start();
const browser = await launch('chromium');
const frame = [];
try {
  const teacher = await enterAs(browser, server, 'teacher', { name: 'Ada' });
  await until('live', () => teacher.evaluate(() => window.peers.some(pc => pc.connectionState === 'connected')));
  for (let i = 0; i < RUNS; i++) {
    const student = await openPage(browser, `${server.origin}/student/`);
    await student.evaluate(() => { window.openedAt = undefined; });
    await student.evaluate(noteFirstFrame);
    await student.getByLabel('Your name').fill(`Student ${i}`);
    await click(student, 'Join');
    frame.push(await until('a frame', () => student.evaluate(() => window.firstFrameAt - window.openedAt), ms => ms > 0));
    await student.context().close();
  }
  console.log(JSON.stringify({ runs: frame.length, first_frame_ms: { p50: at(frame, 0.5), p95: at(frame, 0.95) } }));
} finally {
  await browser.close();
  await server.stop();
}
