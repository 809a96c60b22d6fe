// SPDX-License-Identifier: Apache-2.0
/** What this person sends: the captured tracks, whether they are on, muted, or muted by a
 * moderator. It outlives the PeerConnection that carries it, so a reconnect sends them again. */

import { capture, captureScreen } from './devices.js';
import { Emitter } from './emitter.js';

/** @typedef {import('./publisher.js').Source} Source */
/** @typedef {import('./publisher.js').Publisher} Publisher */
/**
 * @typedef {object} LocalSource
 * @property {MediaStreamTrack | null} track null while a camera is off
 * @property {boolean} muted by this person
 * @property {boolean} moderated muted by a moderator: the server forwards nothing of it
 */

/** Events: `change`. */
export class Local extends Emitter {
  /** @type {Map<Source, LocalSource>} */
  sources = new Map();
  /** The device last chosen by kind. @type {{microphone?: string, camera?: string}} */
  chosen = {};
  /** The height of picture to ask a camera for. */
  height = 720;

  #publisher;

  /** @param {() => Promise<Publisher>} publisher makes or finds the connection that sends */
  constructor(publisher) {
    super();
    this.#publisher = publisher;
  }

  /** @param {Source} source */
  get(source) {
    return this.sources.get(source);
  }

  /** @param {Source} source True when it is shared, muted or not. */
  has(source) {
    return this.sources.has(source);
  }

  /** What others may know: which sources are on, and which of them are muted. */
  get summary() {
    return Object.fromEntries([...this.sources].map(
      ([source, { muted }]) => [source, muted ? 'muted' : 'on']));
  }

  /**
   * Captures and sends a microphone, a camera, or both.
   * @param {{microphone?: boolean | string, camera?: boolean | string}} wanted
   */
  async share(wanted) {
    if (typeof wanted.microphone === 'string') this.chosen.microphone = wanted.microphone;
    if (typeof wanted.camera === 'string') this.chosen.camera = wanted.camera;
    await this.give(await capture({ height: this.height,
      microphone: wanted.microphone && (this.chosen.microphone ?? true),
      camera: wanted.camera && (this.chosen.camera ?? true) }));
  }

  /** Captures and sends the screen. @param {{audio?: boolean}} [options] */
  async shareScreen(options) {
    await this.give(await captureScreen(options));
  }

  /**
   * Sends tracks that came from elsewhere (a canvas, a file). Takes them: they are stopped when
   * no longer needed.
   * @param {Partial<Record<Source, MediaStreamTrack>>} tracks
   */
  async give(tracks) {
    const list = /** @type {[Source, MediaStreamTrack][]} */ (Object.entries(tracks));
    try {
      await (await this.#publisher()).send(tracks);
    } catch (error) {
      for (const [, track] of list) track.stop();
      throw error;
    }
    for (const [source, track] of list) {
      this.sources.get(source)?.track?.stop();
      this.sources.set(source, { track, muted: false, moderated: this.get(source)?.moderated ?? false });
      this.#watch(source, track);
    }
    this.emit('change');
  }

  /** Stops sending; the device is free again. @param {Source[]} sources */
  async stop(...sources) {
    const present = sources.filter(source => this.sources.has(source));
    if (!present.length) return;
    for (const source of present) {
      this.sources.get(source)?.track?.stop();
      this.sources.delete(source);
    }
    this.emit('change');
    await (await this.#publisher()).stop(present);
  }

  /**
   * Mutes without negotiating. A muted camera is released, so that its light goes out; a
   * microphone stays open, so that it is back at once.
   * @param {Source} source
   * @param {boolean} muted
   */
  async mute(source, muted) {
    const state = this.sources.get(source);
    if (!state || state.muted === muted) return;
    if (source === 'camera') await this.#light(state, muted);
    else if (state.track) state.track.enabled = !muted;
    state.muted = muted;
    this.emit('change');
  }

  /**
   * Changes to another device, without negotiating.
   * @param {'microphone' | 'camera'} source
   * @param {string} device
   */
  async use(source, device) {
    this.chosen[source] = device;
    const state = this.sources.get(source);
    if (!state || (source === 'camera' && state.muted)) return;
    // Some systems open a camera once only, so the old one is let go first.
    if (source === 'camera') state.track?.stop();
    const track = (await capture({ [source]: device, height: this.height }))[source];
    if (!track) return;
    track.enabled = !state.muted;
    await (await this.#publisher()).replace(source, track);
    state.track?.stop();
    state.track = track;
    this.#watch(source, track);
    this.emit('change');
  }

  /** For the room: what the server did to us. @param {Source} source @param {boolean} moderated */
  moderate(source, moderated) {
    const state = this.sources.get(source);
    if (!state) return;
    state.moderated = moderated;
    this.emit('change');
  }

  /** The tracks to send on a new connection. */
  get tracks() {
    /** @type {Partial<Record<Source, MediaStreamTrack>>} */
    const tracks = {};
    for (const [source, { track }] of this.sources) if (track) tracks[source] = track;
    return tracks;
  }

  /** Stops all capture. */
  close() {
    for (const { track } of this.sources.values()) track?.stop();
    this.sources.clear();
    this.emit('change');
  }

  /** @param {LocalSource} state @param {boolean} muted */
  async #light(state, muted) {
    const publisher = await this.#publisher();
    if (muted) {
      await publisher.replace('camera', null);
      state.track?.stop();
      state.track = null;
      return;
    }
    const { camera } = await capture({ camera: this.chosen.camera ?? true, height: this.height });
    if (!camera) return;
    if (publisher.has('camera')) await publisher.replace('camera', camera);
    else await publisher.send({ camera });
    state.track = camera;
    this.#watch('camera', camera);
  }

  /**
   * The browser's own "stop sharing", or a device that was pulled out.
   * @param {Source} source
   * @param {MediaStreamTrack} track
   */
  #watch(source, track) {
    track.addEventListener('ended', () => {
      if (this.sources.get(source)?.track !== track) return;
      const sources = source === 'screen' ? /** @type {Source[]} */ (['screen', 'screen-audio']) : [source];
      this.emit('ended', source);
      void this.stop(...sources).catch(() => {});
    });
  }
}
