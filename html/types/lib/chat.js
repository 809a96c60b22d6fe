// SPDX-License-Identifier: Apache-2.0
/** The chat of a class. */

import { Emitter, backoff, wait } from './emitter.js';
import { AulaError } from './errors.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./handle.js').Handle} Handle */
/** @typedef {import('./subscriber.js').Id} Id */
/**
 * @typedef {object} Message
 * @property {Id} id
 * @property {Id} from the name on the wire of who wrote it; empty for an announcement
 * @property {string} display what people call them
 * @property {string} role
 * @property {string} text
 * @property {Date} date
 * @property {boolean} whisper for some alone
 * @property {Id[]} to ... for whom
 * @property {boolean} own
 */

/** Older messages are let go of. */
const MOST_KEPT = 500;

/**
 * Events: `change`; `message` (Message) for one that is new; `ended` when the chat is closed to us.
 */
export class Chat extends Emitter {
  /** @type {Message[]} */
  messages = [];
  /** False while nothing can be sent. */
  open = false;
  /** Our name on the wire. @type {Id} */
  username = '';

  /** What people are called, as far as it was told. @type {Map<string, string>} */
  names = new Map();

  /** @type {Handle | null} */
  #handle = null;
  /** @type {(() => void)[]} */
  #stop = [];

  /**
   * @param {Session} session
   * @param {{room: Id, display?: string, username?: string, pin?: string, plugin?: string}} options
   */
  constructor(session, options) {
    super();
    this.session = session;
    this.options = { plugin: 'aula.plugin.chat', ...options };
  }

  /** Enters; what was said before comes first. */
  async join() {
    await this.#enter();
    this.#stop = [
      this.session.on('state', state => this.#become(state === 'open' && !!this.#handle && !this.#handle.gone)),
      this.session.on('renewed', () => void this.#again()),
      this.session.on('resumed', () => void this.#again()),
    ];
    return this;
  }

  /**
   * Says something, to all or to some alone.
   * @param {string} text
   * @param {Id[]} [to]
   */
  async send(text, to = []) {
    await this.#ask({ request: 'message', text, ...(to.length === 1 && { to: to[0] }),
      ...(to.length > 1 && { tos: to }) });
  }

  /** Takes a message away, for all. @param {Id} id */
  async remove(id) {
    await this.#ask({ request: 'delete', id });
  }

  async leave() {
    for (const stop of this.#stop) stop();
    this.#become(false);
    await this.#handle?.detach();
    this.#handle = null;
  }

  async #enter() {
    const { plugin, room, display, username, pin } = this.options;
    const handle = await this.session.attach(/** @type {string} */ (plugin));
    handle.on('event', ({ data }) => this.#event(data));
    const { data } = await handle.request({ request: 'join', room, ...(username && { username }),
      ...(display && { display }), ...(pin && { pin }) });
    this.#handle = handle;
    this.username = data.username ?? username ?? '';
    for (const person of data.participants ?? []) this.#name(person.username, person.display);
    for (const message of data.history ?? []) this.#put(message, false);
    this.#become(true);
    this.emit('change');
  }

  /** What was said while we were away comes with the history. */
  async #again() {
    for (let attempt = 0; this.session.state === 'open'; attempt++) {
      try {
        await this.#handle?.detach();
        return await this.#enter();
      } catch (error) {
        this.emit('problem', error);
        await wait(backoff(attempt, { first: 1000 }));
      }
    }
  }

  /** @param {Record<string, unknown>} body */
  #ask(body) {
    if (!this.#handle) throw new AulaError('Not in the chat', { word: 'wrong-state' });
    return this.#handle.request({ room: this.options.room, ...body });
  }

  /** @param {any} data */
  #event(data) {
    if (data.textroom === 'message' || data.textroom === 'announcement') return this.#put(data, true);
    if (data.textroom === 'join') return this.#name(data.username, data.display);
    if (data.textroom === 'deleted') {
      this.messages = this.messages.filter(({ id }) => id !== data.id);
      return this.emit('change');
    }
    if (data.textroom === 'kicked' || data.textroom === 'destroyed') {
      this.#become(false);
      this.emit('ended', data.textroom);
    }
  }

  /** @param {any} data @param {boolean} fresh */
  #put(data, fresh) {
    if (this.messages.some(({ id }) => id === data.id)) return;
    this.#name(data.from, data.display);
    /** @type {Message} */
    const message = { id: data.id, from: data.from ?? '', display: data.display ?? String(data.from ?? ''),
      role: data.role ?? '', text: String(data.text ?? ''), date: new Date(data.date),
      whisper: data.whisper === true, to: [data.to ?? []].flat(),
      own: data.from !== undefined && String(data.from) === String(this.username) };
    this.messages = [...this.messages, message].slice(-MOST_KEPT);
    if (fresh) this.emit('message', message);
    this.emit('change');
  }

  /** @param {Id | undefined} username @param {string | undefined} display */
  #name(username, display) {
    if (username === undefined || !display) return;
    this.names.set(String(username), display);
    // In a large class nobody tells who leaves, so the book is bounded by itself.
    if (this.names.size > 2 * MOST_KEPT) this.names.delete(String(this.names.keys().next().value));
  }

  /** @param {boolean} open */
  #become(open) {
    if (this.open === open) return;
    this.open = open;
    this.emit('change');
  }
}
