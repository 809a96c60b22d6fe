// SPDX-License-Identifier: Apache-2.0
/** A session's attachment to one plugin. */

import { Emitter } from './emitter.js';

/** @typedef {import('./session.js').Session} Session */
/**
 * @typedef {object} Reply
 * @property {any} data what the plugin said
 * @property {RTCSessionDescriptionInit} [jsep]
 */
/**
 * A description, and what is said beside it: `encodings`: we pause those that an `encodings` event names.
 * @typedef {RTCSessionDescriptionInit & {encodings?: true}} Described
 */

/**
 * Events: `event` ({data, jsep}) for what the plugin says unasked; `webrtcup`, `media`,
 * `slowlink`, `hangup`, `trickle`, `encodings` with the notification; `detached` when the handle is gone.
 */
export class Handle extends Emitter {
  /** True once the server does not know the handle any more. */
  gone = false;

  /**
   * @param {Session} session
   * @param {number} id
   * @param {string} plugin
   */
  constructor(session, id, plugin) {
    super();
    this.session = session;
    this.id = id;
    this.plugin = plugin;
  }

  /**
   * Asks the plugin. Resolves with its answer, be it at once or as an event after an `ack`;
   * rejects with an AulaError.
   * @param {Record<string, unknown>} body
   * @param {Described | null} [jsep]
   * @returns {Promise<Reply>}
   */
  async request(body, jsep) {
    const reply = await this.session.request({ janus: 'message', handle_id: this.id, body,
      ...(jsep && { jsep: { type: jsep.type, sdp: jsep.sdp, ...(jsep.encodings && { encodings: true }) } }) }, { past: true });
    return { data: reply.plugindata?.data ?? {}, jsep: reply.jsep };
  }

  /** @param {RTCIceCandidateInit[]} candidates an empty list: there are no more */
  async trickle(candidates) {
    const last = candidates.length === 0;
    await this.session.request({ janus: 'trickle', handle_id: this.id,
      ...(last ? { candidate: { completed: true } } : { candidates }) });
  }

  /** Closes the PeerConnection; the handle stays. */
  async hangup() {
    await this.session.request({ janus: 'hangup', handle_id: this.id });
  }

  async detach() {
    if (this.gone) return;
    this.gone = true;
    this.session.forget(this);
    await this.session.request({ janus: 'detach', handle_id: this.id }).catch(() => {});
  }

  /** For the session: a notification from the server. @param {any} message */
  receive(message) {
    if (message.janus === 'event')
      return this.emit('event', { data: message.plugindata?.data ?? {}, jsep: message.jsep });
    if (message.janus === 'detached') {
      if (this.gone) return;
      this.gone = true;
      this.session.forget(this);
    }
    this.emit(message.janus, message);
  }
}
