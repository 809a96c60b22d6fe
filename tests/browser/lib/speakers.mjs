// Those who can be told apart: each sends one colour and one tone through the SDK, and is loud when told to.
import { openPage } from './browsers.mjs';

// A page of the server's origin in which `window.room` is a Room that publishes. `stage`: it receives the stage.
export async function speakAs(browser, daemon, { name, role = 'student', colour, hz, stage = true, loud = false }) {
  const page = await openPage(browser, `${daemon.origin}/`);
  await page.evaluate(async ({ name, role, colour, hz, stage, loud, ws }) => {
    const { connect, Room } = await import('/lib/aula.js');
    const { token } = await (await fetch(`/demo/token?role=${role}&name=${name}`)).json();
    window.room = new Room(await connect(ws, { token }), { room: 1234, display: name, stage });
    await window.room.join();
    // Chromium hands what is received to an analyser only while something plays it.
    window.players = (window.room.stage?.sounds ?? []).map(track => {
      const player = new Audio();
      player.srcObject = new MediaStream([track]);
      void player.play();
      return player;
    });
    const canvas = document.createElement('canvas'), paint = canvas.getContext('2d');
    Object.assign(canvas, { width: 320, height: 180 });
    let frame = 0;
    // Something moves, or an encoder sends next to nothing.
    setInterval(() => {
      paint.fillStyle = colour;
      paint.fillRect(0, 0, 320, 180);
      paint.fillStyle = '#fff';
      paint.fillRect((frame++ * 7) % 320, 0, 4, 20);
    }, 66);
    const context = new AudioContext(), tone = context.createOscillator(), gain = context.createGain();
    const out = context.createMediaStreamDestination();
    tone.frequency.value = hz;
    gain.gain.value = loud ? 0.3 : 0;
    tone.connect(gain).connect(out);
    tone.start();
    window.speak = on => { gain.gain.value = on ? 0.3 : 0; };
    await window.room.local.give({ microphone: out.stream.getAudioTracks()[0], camera: canvas.captureStream(15).getVideoTracks()[0] });
  }, { name, role, colour, hz, stage, loud, ws: daemon.ws });
  return page;
}

export const speak = (page, on) => page.evaluate(loud => window.speak(loud), on);

// The level (dB) at each of these frequencies, the loudest of all that the page receives.
export const tones = (page, frequencies) => page.evaluate(async list => {
  window.hearing ??= new Map();
  for (const track of window.received.filter(t => t.kind === 'audio' && t.readyState === 'live')) {
    if (window.hearing.has(track)) continue;
    const context = new AudioContext(), analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    window.hearing.set(track, { context, analyser, bins: new Float32Array(analyser.frequencyBinCount) });
  }
  const levels = list.map(() => -200);
  for (const { context, analyser, bins } of window.hearing.values()) {
    analyser.getFloatFrequencyData(bins);
    list.forEach((hz, i) => {
      const at = Math.round(hz * analyser.fftSize / context.sampleRate);
      levels[i] = Math.max(levels[i], ...bins.slice(at - 2, at + 3).filter(Number.isFinite));
    });
  }
  return levels.map(Math.round);
}, frequencies);

// The colours of all pictures that the page shows: `red`, `blue`, …, one for each video that plays.
export const colours = page => page.locator('aula-video-tile video').evaluateAll(videos => videos.map(video => {
  if (video.videoWidth === 0) return 'nothing';
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d');
  paint.drawImage(video, video.videoWidth / 2, video.videoHeight * 0.7, 1, 1, 0, 0, 1, 1);
  const [r, g, b] = paint.getImageData(0, 0, 1, 1).data;
  const names = { red: [255, 0, 0], blue: [0, 0, 255], lime: [0, 255, 0], yellow: [255, 255, 0], magenta: [255, 0, 255] };
  const near = Object.entries(names).find(([, c]) => Math.hypot(c[0] - r, c[1] - g, c[2] - b) < 90);
  return near ? near[0] : `${r},${g},${b}`;
}));

// Counts, from now on, how often a description is negotiated: changes of signalling state, and messages with one.
export const watchNegotiations = page => page.evaluate(() => {
  window.negotiated = { changes: 0, jseps: 0, peers: window.peers.length };
  for (const pc of window.peers) pc.addEventListener('signalingstatechange', () => window.negotiated.changes++);
  for (const socket of window.sockets)
    socket.addEventListener('message', ({ data }) => { if (JSON.parse(data).jsep) window.negotiated.jseps++; });
});
export const negotiations = page => page.evaluate(() => ({ ...window.negotiated, peers: window.peers.length - window.negotiated.peers }));
