// Drives npm's janus-gateway, unmodified, the way an application does.
import Janus from '/node_modules/janus-gateway/npm/dist/janus.es.js';

const SERVER = new URLSearchParams(location.search).get('transport') === 'http' ? `http://${location.host}/janus` : `ws://${location.host}/`;
const promise = run => new Promise((success, error) => run({ success, error: e => error(new Error(JSON.stringify(e))) }));

async function attach(plugin, on = {}) {
  const messages = [];
  const tracks = [];
  const janus = await new Promise((success, error) => {
    const j = new Janus({ server: SERVER, success: () => success(j), error: e => error(new Error(String(e))), destroyed() {} });
  });
  let handle;
  await new Promise((success, error) => janus.attach({
    plugin,
    success: h => { handle = h; success(); },
    error: e => error(new Error(String(e))),
    webrtcState: up => { handle.up = up; },
    onremotetrack: (track, mid, added) => { if (added) tracks.push(track); },
    onmessage: (message, jsep) => {
      messages.push(message);
      on.message?.(handle, message, jsep);
    },
  }));
  return { janus, handle, messages, tracks, waitFor: async test => {
    for (let i = 0; i < 200; i++) {
      const found = messages.find(test);
      if (found) return found;
      await new Promise(r => setTimeout(r, 50));
    }
    throw new Error(`no such message: ${JSON.stringify(messages)}`);
  } };
}

const answered = (handle, message, jsep) => { if (jsep?.type === 'answer') handle.handleRemoteJsep({ jsep }); };
const show = tracks => {
  const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true });
  video.srcObject = new MediaStream(tracks);
  document.body.append(video);
  return video.play();
};

window.echo = async () => {
  const call = await attach('janus.plugin.echotest', { message: answered });
  const jsep = await promise(p => call.handle.createOffer({ tracks: [{ type: 'audio', capture: true, recv: true },
    { type: 'video', capture: true, recv: true }], ...p }));
  call.handle.send({ message: { audio: true, video: true }, jsep });
  await call.waitFor(m => m.result === 'ok');
  window.call = call;
  return true;
};
window.showRemote = () => show(window.call.tracks);

window.publish = async (room, { video = true, codec, send = {} } = {}) => {
  const call = await attach('janus.plugin.videoroom', { message: answered });
  call.handle.send({ message: { request: 'join', ptype: 'publisher', room, display: 'npm' } });
  const { id, private_id } = await call.waitFor(m => m.videoroom === 'joined');
  const jsep = await promise(p => call.handle.createOffer({ tracks: [{ type: 'audio', capture: true }, { type: 'video', capture: video, ...send }], ...p }));
  call.handle.send({ message: { request: 'configure', audio: true, video: true, ...(codec && { videocodec: codec }) }, jsep });
  await call.waitFor(m => m.configured === 'ok');
  window.call = call;
  return { id, private_id };
};

window.subscribe = async (room, feed) => {
  const call = await attach('janus.plugin.videoroom', { message: (handle, message, jsep) => {
    if (jsep?.type === 'offer')
      handle.createAnswer({ jsep, tracks: [{ type: 'data' }],
        success: answer => handle.send({ message: { request: 'start' }, jsep: answer }), error: e => { throw e; } });
  } });
  call.handle.send({ message: { request: 'join', ptype: 'subscriber', room, streams: [{ feed }] } });
  await call.waitFor(m => m.videoroom === 'attached');
  await call.waitFor(m => m.started === 'ok');
  window.call = call;
  return true;
};

// Another request of a handle that has a call, with an offer for a publisher's restart; its answer, negotiated to the end.
window.request = async (message, restart = false) => {
  const { handle, messages } = window.call;
  const before = messages.length;
  const jsep = restart ? await promise(p => handle.createOffer({ iceRestart: true, ...p })) : undefined;
  handle.send({ message, jsep });
  for (let i = 0; i < 200 && messages.length === before; i++) await new Promise(r => setTimeout(r, 50));
  return messages[before];
};

// A request whose answer comes at once.
window.ask = (plugin, message) => attach(plugin).then(call =>
  promise(p => call.handle.send({ message, ...p })).finally(() => call.janus.destroy()));

await promise(p => Janus.init({ debug: ['warn', 'error'], callback: p.success }));
window.ready = true;
