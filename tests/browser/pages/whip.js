// Drives the WHIP and WHEP clients of npm. Their CommonJS is given a `require`, and nothing else of theirs is touched.
import { WHEPClient } from '/node_modules/whip-whep/whep.js';
import { WHIPClient } from '/node_modules/whip-whep/whip.js';

const cache = {};
function get(path) {
  const asked = new XMLHttpRequest();
  asked.open('GET', path, false);
  asked.send();
  return asked.status === 200 ? asked.responseText : null;
}
function require(name, from = '/node_modules/') {
  let path = new URL(name, new URL(name.startsWith('.') ? from : '/node_modules/', location)).pathname;
  if (!name.startsWith('.')) path = new URL(JSON.parse(get(`${path}/package.json`)).main, new URL(`${path}/`, location)).pathname;
  if (!/\.js$/.test(path)) path += get(`${path}.js`) === null ? '/index.js' : '.js';
  if (cache[path]) return cache[path].exports;
  const module = (cache[path] = { exports: {} });
  new Function('module', 'exports', 'require', get(path))(module, module.exports, next => require(next, path));
  return module.exports;
}

// After an ICE restart this client joins the server's candidates with commas, so it can take one only (and puts that where
// Firefox takes none).
const { fetch } = window;
window.fetch = async (url, options) => {
  const response = await fetch(url, options);
  if (options?.method !== 'PATCH' || response.status !== 200) return response;
  let seen = 0;
  const text = (await response.text()).replaceAll(/a=candidate:.*\r\n/g, line => (seen++ ? '' : line));
  return new Response(text, { status: 200, headers: response.headers });
};

// A picture of one colour that moves a little, and a tone.
function stream(colour, hz) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const context = canvas.getContext('2d');
  let turn = 0;
  setInterval(() => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 640, 360);
    context.fillStyle = 'black';
    context.fillRect((turn += 7) % 600, 0, 20, 20);
  }, 50);
  const audio = new AudioContext(), tone = new OscillatorNode(audio, { frequency: hz }), out = audio.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  return new MediaStream([...canvas.captureStream(20).getTracks(), ...out.stream.getTracks()]);
}

window.publish = async (which, url, token, { colour, hz, simulcast }) => {
  const media = stream(colour, hz);
  if (which === 'eyevinn') {
    window.client = new (require('@eyevinn/whip-web-client').WHIPClient)({
      endpoint: url, opts: { authkey: token, noTrickleIce: true, iceServers: [] } });
    await window.client.ingest(media);
    return;
  }
  const pc = new RTCPeerConnection();
  for (const track of media.getTracks())
    pc.addTransceiver(track, { direction: 'sendonly', streams: [media], ...(simulcast && track.kind === 'video' && {
      sendEncodings: [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }] }) });
  window.client = new WHIPClient();
  await window.client.publish(pc, url, token);
};

window.view = async (url, token) => {
  const pc = new RTCPeerConnection(), media = new MediaStream();
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addEventListener('track', e => media.addTrack(e.track));
  document.querySelector('video').srcObject = media;
  window.client = new WHEPClient();
  await window.client.view(pc, url, token);
};

window.end = () => (window.client.stop ? window.client.stop() : window.client.destroy());
window.ready = true;
