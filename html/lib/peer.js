// SPDX-License-Identifier: Apache-2.0
/** What the sending and the receiving PeerConnection have in common. */

import { Emitter, Queue } from './emitter.js';

/** @typedef {import('./handle.js').Handle} Handle */

/** How long `disconnected` may last before a restart is tried; a change of network heals itself in less. */
const PATIENCE_MS = 3000;
/** Candidates found within this time travel together. */
const GATHER_MS = 20;

/**
 * Keeps in mind which m-lines the server has paused. @param {Set<string>} mids @param {{mid?: unknown, paused: boolean}} notice
 * @returns {boolean} whether anything changed
 */
export function pauses(mids, { mid, paused }) {
  const key = String(mid);
  if (mids.has(key) === paused) return false;
  if (paused) mids.add(key);
  else mids.delete(key);
  return true;
}

/**
 * A PeerConnection on a handle: trickle, one negotiation at a time, and a restart of ICE when the
 * connection is lost. Subclasses say how to `restart`.
 *
 * Events: `state` (an RTCPeerConnectionState), `slow` when the server reports loss,
 * `hangup` when it closed the connection.
 */
export class Peer extends Emitter {
  /** @type {RTCPeerConnectionState} */
  state = 'new';

  /** One negotiation at a time. */
  negotiations = new Queue();
  /** @type {RTCIceCandidateInit[]} */
  #candidates = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gathering;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #impatient;
  /** @type {(() => void)[]} */
  #stop = [];
  closed = false;
  /** The page chose the servers. */
  #own;

  /**
   * @param {Handle} handle
   * @param {{iceServers?: RTCIceServer[]}} [options] iceServers: instead of those that the server told the session
   */
  constructor(handle, { iceServers } = {}) {
    super();
    this.handle = handle;
    this.#own = iceServers !== undefined;
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: iceServers ?? handle.session.iceServers });
    this.pc.onicecandidate = ({ candidate }) => this.#found(candidate);
    this.pc.onconnectionstatechange = () => this.#changed();
    this.#stop = [
      handle.on('trickle', message => this.#theirs(message.candidate)),
      handle.on('slowlink', message => this.emit('slow', message)),
      handle.on('hangup', message => this.emit('hangup', message.reason)),
    ];
  }

  /** For subclasses: ends a subscription with the connection. @param {() => void} stop */
  stopWith(stop) {
    this.#stop.push(stop);
  }

  /** Negotiates new ICE credentials. @returns {Promise<void>} */
  async restart() {
    throw new Error('A subclass says how');
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.#impatient);
    clearTimeout(this.#gathering);
    for (const stop of this.#stop) stop();
    this.pc.onicecandidate = this.pc.onconnectionstatechange = this.pc.ontrack = null;
    this.pc.close();
    this.state = 'closed';
    this.emit('state', this.state);
  }

  /** @param {RTCIceCandidate | null} candidate */
  #found(candidate) {
    if (candidate?.candidate) {
      this.#candidates.push({ candidate: candidate.candidate, sdpMid: candidate.sdpMid,
        sdpMLineIndex: candidate.sdpMLineIndex });
      this.#gathering ??= setTimeout(() => this.#tell(), GATHER_MS);
    } else if (!candidate) {
      this.#tell();
      this.#trickle([]);
    }
  }

  #tell() {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const found = this.#candidates.splice(0);
    if (found.length) this.#trickle(found);
  }

  /** @param {RTCIceCandidateInit[]} candidates */
  #trickle(candidates) {
    // The server learns our address from our checks as well, so a lost candidate is no failure.
    if (!this.closed) this.handle.trickle(candidates).catch(() => {});
  }

  /** @param {any} candidate */
  #theirs(candidate) {
    if (!candidate || candidate.completed) return;
    this.pc.addIceCandidate(candidate).catch(() => {});
  }

  #changed() {
    this.state = this.pc.connectionState;
    clearTimeout(this.#impatient);
    if (this.state === 'disconnected')
      this.#impatient = setTimeout(() => void this.#heal(), PATIENCE_MS);
    else if (this.state === 'failed')
      void this.#heal();
    this.emit('state', this.state);
  }

  /** Restarts ICE until it connects; as long as signalling is away, requests wait for it. */
  async #heal() {
    void this.handle.session.probe(3000);
    // With the passwords of today: relays are asked for anew.
    if (!this.#own && !this.closed)
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: this.handle.session.iceServers });
    try {
      if (!this.closed && !this.handle.gone) await this.restart();
    } catch (error) {
      this.emit('problem', error);
    }
    if (this.closed || this.handle.gone || this.pc.connectionState === 'connected') return;
    clearTimeout(this.#impatient);
    this.#impatient = setTimeout(() => {
      if (['failed', 'disconnected'].includes(this.pc.connectionState)) void this.#heal();
    }, 2 * PATIENCE_MS);
  }
}
