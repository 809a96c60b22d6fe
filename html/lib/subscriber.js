// SPDX-License-Identifier: Apache-2.0
/** The one PeerConnection on which this browser receives all that it watches. It is told what is
 * wanted and works towards it; the server makes the offers. */

import { AulaError } from './errors.js';
import { backoff, wait } from './emitter.js';
import { Peer, pauses } from './peer.js';

/** @typedef {import('./handle.js').Handle} Handle */
/** @typedef {number | string} Id */
/** @typedef {{feed: Id, mid: string}} StreamKey */

/** @param {StreamKey} key */
const text = key => `${key.feed}/${key.mid}`;

/**
 * Events: `track` ({feed, mid, type, track}) when a stream arrives, `gone` ({feed, mid}) when it
 * has ended, `paused` ({feed, mid, paused}) when the server holds it back, as our line cannot carry it now, or sends it again.
 */
export class Subscriber extends Peer {
  /** @type {Map<string, StreamKey>} */
  #wanted = new Map();
  /** What the server last said that it sends, by key; `mid` there is ours. @type {Map<string, any>} */
  #present = new Map();
  /** @type {any[]} */
  #streams = [];
  /** Our m-lines that the server has paused. @type {Set<string>} */
  #paused = new Set();
  #joined = false;
  #working = false;
  #moment = new AbortController();

  /**
   * @param {Handle} handle of the classroom, not joined
   * @param {{room: Id, pin?: string, privateId?: number, iceServers?: RTCIceServer[]}} options
   */
  constructor(handle, { room, pin, privateId, iceServers }) {
    super(handle, { iceServers });
    this.join = { request: 'join', ptype: 'subscriber', room, use_msid: true,
      ...(pin && { pin }), ...(privateId && { private_id: privateId }) };
    this.pc.ontrack = () => this.#compare();
    handle.on('event', ({ data, jsep }) =>
      void this.#update(data, jsep).catch(error => this.emit('problem', error)));
  }

  /**
   * Says what is to be received from now on; what is missing is asked for, the rest let go.
   * @param {StreamKey[]} streams
   */
  want(streams) {
    this.#wanted = new Map(streams.map(key => [text(key), key]));
    this.#moment.abort();
    void this.#work();
  }

  /** @override */
  async restart() {
    if (!this.#joined) return;
    const { data, jsep } = await this.handle.request({ request: 'configure', restart: true });
    await this.#update(data, jsep);
  }

  /** @override */
  close() {
    this.#moment.abort();
    super.close();
  }

  /** Works until what is wanted is there, with growing pauses while the server says no. */
  async #work() {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let attempt = 0; !this.closed && !this.handle.gone; attempt++) {
        const { more, less } = this.#difference();
        if (!more.length && !less.length) return;
        // A stream that is not up yet fails its whole request: after a failure they go one by one.
        const parts = attempt && more.length ? more.map(one => [one]) : [more];
        for (const [index, part] of parts.entries()) await this.#try(part, index ? [] : less);
        if (!this.#difference().more.length) continue;
        this.#moment = new AbortController();
        await wait(backoff(Math.min(attempt, 5), { first: 150, most: 4000 }), this.#moment.signal);
      }
    } finally {
      this.#working = false;
    }
  }

  /**
   * @param {StreamKey[]} more
   * @param {StreamKey[]} less
   */
  async #try(more, less) {
    try {
      await this.#ask(more, less);
    } catch (error) {
      if (!(error instanceof AulaError) || error.word !== 'not-found') this.emit('problem', error);
      if (error instanceof AulaError && ['unauthorized', 'forbidden'].includes(error.word))
        for (const key of more) this.#wanted.delete(text(key));
    }
  }

  #difference() {
    const more = [...this.#wanted].filter(([key]) => !this.#present.has(key)).map(([, value]) => value);
    const less = [...this.#present].filter(([key]) => !this.#wanted.has(key))
      .map(([, stream]) => ({ feed: stream.feed_id, mid: stream.feed_mid }));
    return { more, less };
  }

  /**
   * @param {StreamKey[]} more
   * @param {StreamKey[]} less
   */
  async #ask(more, less) {
    /** @type {Record<string, unknown>} */
    let body = { request: 'update', ...(more.length && { subscribe: more }),
      ...(less.length && { unsubscribe: less }) };
    if (!this.#joined) {
      if (!more.length) return;
      body = { ...this.join, streams: more };
    }
    const { data, jsep } = await this.handle.request(body);
    this.#joined = true;
    await this.#update(data, jsep);
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
      if (data.paused !== undefined && pauses(this.#paused, data)) this.#tell(String(data.mid));
      if (!Array.isArray(data.streams)) return;
      this.#streams = data.streams;
      this.#compare();
    });
  }

  /** Compares what the server says with what was announced, and announces the difference. */
  #compare() {
    /** @type {Map<string, any>} */
    const now = new Map();
    for (const stream of this.#streams)
      if (stream.active !== false && stream.feed_id !== undefined)
        now.set(text({ feed: stream.feed_id, mid: stream.feed_mid }), stream);
    for (const [key, stream] of this.#present)
      if (now.get(key)?.mid !== stream.mid) {
        this.#present.delete(key);
        this.emit('gone', { feed: stream.feed_id, mid: stream.feed_mid });
      }
    for (const [key, stream] of now) {
      if (this.#present.has(key)) continue;
      const track = this.pc.getTransceivers().find(({ mid }) => mid === String(stream.mid))?.receiver.track;
      if (!track) continue;
      this.#present.set(key, stream);
      this.emit('track', { feed: stream.feed_id, mid: stream.feed_mid, type: stream.type, track });
      if (this.#paused.has(String(stream.mid))) this.#tell(String(stream.mid));
    }
  }

  /** @param {string} mid of this connection */
  #tell(mid) {
    for (const stream of this.#present.values())
      if (String(stream.mid) === mid) this.emit('paused', { feed: stream.feed_id, mid: stream.feed_mid, paused: this.#paused.has(mid) });
  }
}
