// SPDX-License-Identifier: Apache-2.0
/** The PeerConnection that carries what this browser sends: microphone, camera and screen, each a
 * slot. A slot that is used for the first time is negotiated; later changes of device are not. The
 * camera goes out in three encodings; those that nobody watches are paused when the server says so. */

import { Queue } from './emitter.js';
import { Peer } from './peer.js';

/** @typedef {import('./handle.js').Handle} Handle */
/** @typedef {'microphone' | 'camera' | 'screen' | 'screen-audio'} Source */

/** What a slot sends, and at most how many bits per second; of several encodings the lowest first. A
 * screen has one: half of its size cannot be read. @type {Record<Source, RTCRtpEncodingParameters[]>} */
const ENCODINGS = {
  microphone: [{ maxBitrate: 48_000 }],
  camera: [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_200_000 },
  ],
  screen: [{ maxBitrate: 2_500_000 }],
  'screen-audio': [{ maxBitrate: 96_000 }],
};

/** @param {Source} source */
export const kindOf = source => source === 'camera' || source === 'screen' ? 'video' : 'audio';

export class Publisher extends Peer {
  /** @type {Map<Source, RTCRtpTransceiver>} */
  #slots = new Map();
  #published = false;
  #parameters = new Queue();
  #restart = false;
  /** All tracks of one picture share a stream, so that lips and voice stay together. */
  #streams = { person: new MediaStream(), screen: new MediaStream() };

  /**
   * @param {Handle} handle of the classroom, joined
   * @param {{iceServers?: RTCIceServer[]}} [options]
   */
  constructor(handle, options) {
    super(handle, options);
    this.stopWith(handle.on('encodings', ({ mid, encodings }) => this.#obey(mid, encodings)));
  }

  /** The slots that are in use, by mid: what the server is told, and tells the others. */
  get descriptions() {
    return [...this.#slots]
      .filter(([, { mid, direction }]) => mid !== null && direction === 'sendonly')
      .map(([source, { mid }]) => ({ mid: /** @type {string} */ (mid), description: source }));
  }

  /**
   * Sends tracks from now on. Resolves when the server has accepted them.
   * @param {Partial<Record<Source, MediaStreamTrack>>} tracks
   */
  async send(tracks) {
    const fresh = await Promise.all(Object.entries(tracks).map(
      ([source, track]) => this.#fill(/** @type {Source} */ (source), track)));
    if (fresh.includes(true)) await this.negotiate();
  }

  /**
   * Takes another device, or none for a while, into a slot. Nothing is negotiated.
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   */
  async replace(source, track) {
    await this.#slots.get(source)?.sender.replaceTrack(track);
  }

  /**
   * Stops sending; others are told that the stream has ended.
   * @param {Source[]} sources
   */
  async stop(sources) {
    for (const source of sources) {
      const slot = this.#slots.get(source);
      if (!slot) continue;
      await slot.sender.replaceTrack(null);
      slot.direction = 'inactive';
    }
    await this.negotiate();
  }

  /** @param {Source} source */
  has(source) {
    return this.#slots.get(source)?.direction === 'sendonly';
  }

  /** @override */
  async restart() {
    this.#restart = true;
    this.pc.restartIce();
    await this.negotiate();
  }

  /** Offers what is there now. */
  negotiate() {
    return this.negotiations.run(async () => {
      if (this.closed) return;
      await this.pc.setLocalDescription();
      const { type, sdp } = /** @type {RTCSessionDescription} */ (this.pc.localDescription);
      const request = this.#published
        ? { request: 'configure', update: true, ...(this.#restart && { restart: true }) }
        : { request: 'publish' };
      try {
        const { jsep } = await this.handle.request({ ...request, descriptions: this.descriptions },
          { type, sdp, encodings: true });
        if (!jsep || this.closed) return;
        this.#published = true;
        this.#restart = false;
        await this.pc.setRemoteDescription(jsep);
      } catch (error) {
        await this.#refused();
        throw error;
      }
    });
  }

  /**
   * Pauses encodings that nobody watches, and resumes them.
   * @param {string} mid
   * @param {{rid: string, active: boolean}[]} wanted
   */
  #obey(mid, wanted) {
    const active = new Map(wanted.map(one => [one.rid, one.active]));
    void this.#parameters.run(async () => {
      const slot = [...this.#slots.values()].find(one => one.mid === mid);
      const parameters = slot?.sender.getParameters();
      if (!slot || !parameters || this.closed) return;
      for (const encoding of parameters.encodings)
        encoding.active = active.get(encoding.rid ?? '') ?? encoding.active;
      await slot.sender.setParameters(parameters);
    }).catch(error => this.emit('problem', error));
  }

  /** Back to what the server last agreed to; when that is nothing, the connection goes. */
  async #refused() {
    if (this.closed) return;
    if (!this.#published) {
      this.close();
      return;
    }
    if (this.pc.signalingState !== 'have-local-offer') return;
    await this.pc.setLocalDescription({ type: 'rollback' });
    for (const [source, slot] of this.#slots)
      if (slot.currentDirection !== 'sendonly' && slot.direction === 'sendonly') {
        await slot.sender.replaceTrack(null);
        slot.direction = 'inactive';
        if (slot.mid === null) this.#slots.delete(source);
      }
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} track
   * @returns {Promise<boolean>} true when the slot has to be negotiated
   */
  async #fill(source, track) {
    const slot = this.#slots.get(source);
    if (!slot) {
      const stream = source.startsWith('screen') ? this.#streams.screen : this.#streams.person;
      this.#slots.set(source, this.pc.addTransceiver(track, { direction: 'sendonly', streams: [stream],
        sendEncodings: ENCODINGS[source] }));
      return true;
    }
    await slot.sender.replaceTrack(track);
    const fresh = slot.direction !== 'sendonly';
    slot.direction = 'sendonly';
    return fresh;
  }
}
