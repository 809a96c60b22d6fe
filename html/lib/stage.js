// SPDX-License-Identifier: Apache-2.0
/** The stage of a class, received on one PeerConnection that is negotiated once: who is in which of
 * its slots changes, the tracks stay. */

import { Peer, pauses } from './peer.js';

/** @typedef {import('./handle.js').Handle} Handle */
/** @typedef {import('./subscriber.js').Id} Id */
/**
 * @typedef {object} Slot
 * @property {string} name `teacher`, `screen`, `speaker-1` …
 * @property {Id | undefined} id who is there
 * @property {string} display
 * @property {string} role
 * @property {boolean} promoted brought there by a moderator
 * @property {boolean} talking
 * @property {Line} sound
 * @property {Line} picture
 *
 * @typedef {object} Line
 * @property {string} mid of this connection
 * @property {string | undefined} feedMid of the one who sends; undefined: nothing comes
 * @property {MediaStreamTrack | null} track the same for the whole class
 * @property {boolean} paused by the server, because our line cannot carry it now
 */

/** How often who talks is looked up, how loud that is, and for how long it is shown. */
const LISTEN_MS = 250, LOUD = 0.02, HOLD_MS = 700;

/**
 * What the server says of its m-lines, as slots.
 * @param {any[]} lines
 * @param {(mid: string) => MediaStreamTrack | null} trackOf
 * @param {Set<string>} [paused] mids
 * @returns {Slot[]}
 */
export function slotsOf(lines, trackOf, paused) {
  /** @type {Map<string, Slot>} */
  const slots = new Map();
  for (const { slot: name, mid, type, feed_id: id, feed_mid: feedMid, feed_display: display, feed_role: role,
    promoted = false } of lines) {
    const none = { mid: '', feedMid: undefined, track: null, paused: false };
    const slot = slots.get(name) ?? { name, id, display: '', role: '', promoted, talking: false, sound: none, picture: none };
    slots.set(name, slot);
    slot.display = display ?? slot.display;
    slot.role = role ?? slot.role;
    const line = { mid: String(mid), feedMid: feedMid === undefined ? undefined : String(feedMid), track: trackOf(String(mid)),
      paused: paused?.has(String(mid)) ?? false };
    if (type === 'audio') slot.sound = line;
    else slot.picture = line;
  }
  return [...slots.values()];
}

/** Events: `change` when somebody else is in a slot, or talks; those of Peer. */
export class Stage extends Peer {
  /** @type {Slot[]} */
  slots = [];
  /** @type {any[]} */
  #lines = [];
  #revision = -1;
  /** Our m-lines that the server has paused. @type {Set<string>} */
  #paused = new Set();
  /** When each slot was heard last. @type {Map<string, number>} */
  #heard = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #listening;

  /**
   * @param {Handle} handle of the classroom, not joined
   * @param {{room: Id, pin?: string, id?: Id, privateId?: number, iceServers?: RTCIceServer[]}} options `id` and
   *   `privateId`: ours in the room
   */
  constructor(handle, { room, pin, id, privateId, iceServers }) {
    super(handle, { iceServers });
    this.join = { request: 'join', ptype: 'viewer', room,
      ...(pin && { pin }), ...(privateId && { feed: id, private_id: privateId }) };
    this.pc.ontrack = () => this.#look();
    handle.on('event', ({ data, jsep }) =>
      void this.#update(data, jsep).catch(error => this.emit('problem', error)));
  }

  /** Enters and receives from now on. Rejects when the room, or the server, has no stage. */
  async enter() {
    const { data, jsep } = await this.handle.request(this.join);
    await this.#update(data, jsep);
    this.#listening = setInterval(() => this.#listen(), LISTEN_MS);
    return this;
  }

  /** All that is to be played, for the whole class. @returns {MediaStreamTrack[]} */
  get sounds() {
    return this.slots.map(({ sound }) => sound.track).filter(track => track !== null);
  }

  /**
   * Receives a picture or not, to save what is not looked at.
   * @param {string} mid of this connection
   * @param {boolean} send
   */
  async watch(mid, send) {
    await this.handle.request({ request: 'configure', streams: [{ mid, send }] });
  }

  /** @override */
  async restart() {
    const { data, jsep } = await this.handle.request({ request: 'configure', restart: true });
    await this.#update(data, jsep);
  }

  /** @override */
  close() {
    clearInterval(this.#listening);
    super.close();
  }

  /**
   * @param {any} data
   * @param {RTCSessionDescriptionInit} [jsep]
   */
  #update(data, jsep) {
    return this.negotiations.run(async () => {
      if (this.closed) return;
      if (jsep) {
        await this.pc.setRemoteDescription(jsep);
        await this.pc.setLocalDescription();
        await this.handle.request({ request: 'start' }, this.pc.localDescription);
      }
      if (data.paused !== undefined && pauses(this.#paused, data)) this.#look();
      if (!Array.isArray(data.stage) || data.stage_revision < this.#revision) return;
      this.#revision = data.stage_revision ?? this.#revision;
      this.#lines = data.stage;
      this.#look();
    });
  }

  #look() {
    const tracks = new Map(this.pc.getTransceivers().map(({ mid, receiver }) => [mid, receiver.track]));
    this.slots = slotsOf(this.#lines, mid => tracks.get(mid) ?? null, this.#paused);
    for (const slot of this.slots) slot.talking = this.#talks(slot);
    this.emit('change');
  }

  /** @param {Slot} slot */
  #talks({ name, id }) {
    return id !== undefined && performance.now() - (this.#heard.get(name) ?? -Infinity) < HOLD_MS;
  }

  #listen() {
    let changed = false;
    for (const slot of this.slots) {
      const receiver = this.pc.getTransceivers().find(({ mid }) => mid === slot.sound.mid)?.receiver;
      const level = receiver?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
      if (level > LOUD) this.#heard.set(slot.name, performance.now());
      changed ||= slot.talking !== this.#talks(slot);
      slot.talking = this.#talks(slot);
    }
    if (changed) this.emit('change');
  }
}
