// Clients that were not written here.
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { watch } from './children.mjs';

const AIO = fileURLToPath(new URL('../clients/aio.py', import.meta.url));
const PEER = fileURLToPath(new URL('../clients/peer.py', import.meta.url));
const GST = fileURLToPath(new URL('../clients/gst.py', import.meta.url));

// See clients/aio.py. Debian's python3, whatever else the path has.
export function aiortc(url, plugin, first, last, frames = 0) {
  return new Promise((resolve, reject) =>
    execFile('/usr/bin/python3', [AIO, url, plugin, JSON.stringify(first), JSON.stringify(last), String(frames)],
      { timeout: 60000 }, (error, out, err) => (error ? reject(new Error(`${error.message}\n${out}\n${err}`)) : resolve(JSON.parse(out)))));
}

// PeerConnections that a test signals for: of aiortc, see clients/peer.py, or of GStreamer, see clients/gst.py.
export class Peers {
  // `inside`: the command line that runs them elsewhere; `env`: for them.
  constructor({ gstreamer = false, inside = [], env = {} } = {}) {
    const [command, ...args] = [...inside, '/usr/bin/python3', gstreamer ? GST : PEER];
    this.child = watch(spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } }));
    this.waiting = [];
    this.child.on('exit', code => { for (const { reject } of this.waiting) reject(new Error(`${gstreamer ? 'gst.py' : 'peer.py'} ended (${code})`)); });
    createInterface(this.child.stdout).on('line', line => {
      const { resolve, reject } = this.waiting.shift();
      const reply = JSON.parse(line);
      if (reply.error) reject(new Error(reply.error));
      else resolve(reply);
    });
  }

  ask(peer, what, more = {}) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(`${JSON.stringify({ do: what, peer, ...more })}\n`);
    });
  }

  // Sends a request with an offer that adds what `send` names, and takes the answer.
  async publish(peer, handle, body, send) {
    const { sdp } = await this.ask(peer, 'offer', { send });
    const reply = await handle.message(body, { type: 'offer', sdp });
    if (reply.jsep) await this.ask(peer, 'accept', { sdp: reply.jsep.sdp });
    return reply;
  }

  // Answers the server's offer.
  async answer(peer, handle, { jsep }) {
    const { sdp } = await this.ask(peer, 'answer', { sdp: jsep.sdp });
    return handle.message({ request: 'start' }, { type: 'answer', sdp });
  }

  // Resolves when `mid` has got `frames` more than now.
  async receives(peer, mid, frames = 5, ms = 15000) {
    const { frames: before } = await this.ask(peer, 'count');
    for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 50))) {
      const { frames: now } = await this.ask(peer, 'count');
      if ((now[mid] ?? 0) - (before[mid] ?? 0) >= frames) return;
    }
    throw new Error(`no ${frames} frames on mid ${mid} of ${peer} within ${ms} ms`);
  }

  // Resolves when `mid` gets nothing for a second.
  async fallsSilent(peer, mid, ms = 10000) {
    let { frames: last } = await this.ask(peer, 'count');
    for (const end = Date.now() + ms; Date.now() < end;) {
      await new Promise(r => setTimeout(r, 1000));
      const { frames: now } = await this.ask(peer, 'count');
      if (now[mid] === last[mid]) return;
      last = now;
    }
    throw new Error(`mid ${mid} of ${peer} still receives after ${ms} ms`);
  }

  end() {
    this.child.stdin.end();
    // aiortc may wait for ever for a relay that does not answer any more.
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    return new Promise(resolve => this.child.once('exit', resolve)).finally(() => clearTimeout(timer));
  }
}
