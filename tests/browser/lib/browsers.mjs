// Real Chromium and Firefox with synthetic camera, microphone and screen, on a machine that has only loopback.
import fs from 'node:fs';
import path from 'node:path';
import { chromium, firefox } from 'playwright-core';

export const CHROMIUM = [
  '--use-fake-device-for-media-stream=device-count=4', // of the second camera no frame comes; the first and the last are alike
  '--use-fake-ui-for-media-stream',       // grants every prompt; ICE then uses real addresses, not mDNS names
  '--allow-loopback-in-peer-connection',  // loopback is all there is
  '--autoplay-policy=no-user-gesture-required',
  '--disable-quic',
];

const FIREFOX = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'permissions.default.camera': 1,        // a stored permission: without it ICE never gathers loopback
  'permissions.default.microphone': 1,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.cubeb.force_mock_context': true, // no sound card: AudioContext would stay suspended
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

// `executablePath` and `args`: of a Chromium that runs elsewhere.
export const launch = (name, { executablePath = '/usr/bin/chromium', args = [] } = {}) => name === 'chromium'
  ? chromium.launch({ executablePath, headless: true, args: [...CHROMIUM, ...args] })
  : firefox.launch({ channel: 'moz-firefox', executablePath: '/usr/bin/firefox-esr', headless: true, firefoxUserPrefs: FIREFOX });

// A page of its own context, watched: every PeerConnection it makes is kept in window.peers, every track it receives in
// window.received; what it says on the console and every error is kept in page.log.
export async function openPage(browser, url, { viewport = { width: 1280, height: 800 }, ...context } = {}) {
  const page = await (await browser.newContext({ viewport, ...context })).newPage();
  page.log = [];
  page.on('console', m => page.log.push(`${m.type()} ${m.text()}`));
  page.on('pageerror', e => page.log.push(`pageerror ${e.stack ?? e.message}`));
  await page.addInitScript(() => {
    window.peers = [];
    window.received = [];
    const Real = window.RTCPeerConnection;
    window.RTCPeerConnection = new Proxy(Real, {
      construct(target, args) {
        const pc = new target(...args);
        window.peers.push(pc);
        pc.addEventListener('track', e => window.received.push(e.track));
        return pc;
      },
    });
    window.sockets = [];
    window.WebSocket = new Proxy(window.WebSocket, {
      construct(target, args) {
        const socket = new target(...args);
        window.openedAt ??= performance.now();
        window.sockets.push(socket);
        return socket;
      },
    });
  });
  await page.goto(url);
  return page;
}

// Asks again until the answer pleases, with a deadline.
export async function until(what, probe, pleases = Boolean, ms = 30000) {
  let last;
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 150))) {
    try { last = await probe(); } catch (e) { last = String(e); continue; }
    if (pleases(last)) return last;
  }
  throw new Error(`${what}: last ${JSON.stringify(last)}`);
}

// What the page received so far, summed over its PeerConnections that live.
export const received = page => page.evaluate(async () => {
  const sum = { video: [], audioEnergy: 0, audioPackets: 0, videoPackets: 0, framesDecoded: 0, protocol: [], connected: 0 };
  for (const pc of window.peers) {
    if (pc.connectionState === 'closed') continue;
    if (pc.connectionState === 'connected') sum.connected++;
    const report = await pc.getStats();
    report.forEach(s => {
      if (s.type === 'inbound-rtp' && s.kind === 'video') {
        sum.video.push({ mid: s.mid, framesDecoded: s.framesDecoded ?? 0, width: s.frameWidth });
        sum.framesDecoded += s.framesDecoded ?? 0;
        sum.videoPackets += s.packetsReceived ?? 0;
      }
      if (s.type === 'inbound-rtp' && s.kind === 'audio') {
        sum.audioEnergy += s.totalAudioEnergy ?? 0;
        sum.audioPackets += s.packetsReceived ?? 0;
      }
      if (s.type === 'candidate-pair' && (s.selected || s.state === 'succeeded') && s.nominated) {
        const local = report.get(s.localCandidateId);
        sum.protocol.push(local?.protocol === 'tcp' || local?.tcpType ? 'tcp' : local?.protocol);
      }
    });
  }
  return sum;
});

// The loudest frequency (Hz) of any received audio track; 0 when all are silent. Works in every browser.
export const loudest = page => page.evaluate(() => {
  window.ears ??= new Map();
  let best = { level: -70, hz: 0 };
  for (const track of window.received.filter(t => t.kind === 'audio' && t.readyState === 'live')) {
    if (!window.ears.has(track)) {
      const context = new AudioContext(), analyser = new AnalyserNode(context, { fftSize: 8192 });
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      window.ears.set(track, { context, analyser, bins: new Float32Array(analyser.frequencyBinCount) });
    }
    const { context, analyser, bins } = window.ears.get(track);
    analyser.getFloatFrequencyData(bins);
    bins.forEach((level, i) => {
      if (level > best.level) best = { level, hz: Math.round((i * context.sampleRate) / analyser.fftSize) };
    });
  }
  return best.hz;
});

export async function picture(page, name) {
  const dir = path.join(process.env.AULA_ARTIFACTS, 'pictures');
  fs.mkdirSync(dir, { recursive: true });
  const before = page.log.length;
  await page.screenshot({ path: path.join(dir, `${name}.png`), caret: 'initial', animations: 'allow' });
  // Playwright puts a style into the page to take it, which our policy rightly refuses, and Firefox says so. Only what
  // came with the picture is left out: a style of our own that is refused still fails the test.
  page.log = page.log.filter((line, at) => at < before || !/Content-Security-Policy.*blocked an inline style/.test(line));
}

// Keeps what the pages and the server said, for whoever must find out why.
export function keepLogs(name, daemon, ...pages) {
  fs.mkdirSync(process.env.AULA_ARTIFACTS, { recursive: true });
  fs.writeFileSync(path.join(process.env.AULA_ARTIFACTS, `${name}.log`),
    [...pages.filter(Boolean).map((p, i) => `--- page ${i} ${p.url()}\n${p.log.join('\n')}`), `--- server\n${daemon?.text}`].join('\n'));
}

// Another size and colour scheme for a page that is there; done when its colours have ceased to change.
export async function look(page, { viewport, colorScheme }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  await page.evaluate(async () => {
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
    const roots = [document], running = [];
    for (const root of roots) {
      running.push(...root.getAnimations().filter(a => a instanceof CSSTransition));
      for (const e of root.querySelectorAll('*')) if (e.shadowRoot) roots.push(e.shadowRoot);
    }
    await Promise.allSettled(running.map(a => a.finished));
  });
}
