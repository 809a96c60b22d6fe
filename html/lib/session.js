// SPDX-License-Identifier: Apache-2.0
/** One signalling client: a WebSocket that is kept up, requests as promises, and handles. */

import { Emitter, backoff, wait } from './emitter.js';
import { AulaError } from './errors.js';
import { Handle } from './handle.js';

/**
 * @typedef {'new' | 'connecting' | 'open' | 'reconnecting' | 'closed'} SessionState
 *
 * @typedef {object} SessionOptions
 * @property {string} [token] a JWT, or a stored or signed token of a Janus server
 * @property {string} [apisecret]
 * @property {number} [keepaliveMs] how often an idle session says that it is there
 * @property {number} [timeoutMs] how long a request may take
 * @property {number} [giveUpMs] how long a lost connection is tried again; 0: for ever
 * @property {typeof WebSocket} [WebSocket]
 *
 * @typedef {object} Waiting
 * @property {(message: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {boolean} past an `ack` is not the answer, an event is
 * @property {ReturnType<typeof setTimeout>} timer
 */

/** How long before the passwords of TURN servers end new ones are asked for. */
const RENEW_MS = 300_000;
/** The number of the error for a session that has expired. */
const SESSION_NOT_FOUND = 458;
/** What a socket is closed with: a server ends the sessions of those who are done, at once. */
const DONE = 1000;
/** We come back on another connection and claim the session. */
const MOVING = 4000;

/**
 * Events: `state` (a SessionState), `resumed` after a reconnect that kept all handles, `renewed`
 * after one that lost them (attach again), `closed` with the error, or null when asked for,
 * `draining` ({endsInMs}) when the server is about to end: a while later the session moves to whichever
 * server now answers at its address, and if that is the same one, stays until the end.
 */
export class Session extends Emitter {
  /** @type {SessionState} */
  state = 'new';
  /** The server's number for this session. */
  id = 0;

  /**
   * STUN and TURN servers that the server wants its clients to try; every Peer uses them.
   * @type {RTCIceServer[]}
   */
  iceServers = [];
  /** When their passwords end, in milliseconds since 1970; 0: they do not. */
  #iceExpires = 0;

  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, Waiting>} */
  #waiting = new Map();
  /** @type {Map<number, Handle>} */
  #handles = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #keepalive;
  #transactions = 0;
  #closed = false;
  /** Settles when requests may be sent. @type {Promise<void>} */
  #ready = Promise.reject(new AulaError('The session is not open', { word: 'wrong-state' }));

  /**
   * @param {string} url ws: or wss:
   * @param {SessionOptions} [options]
   */
  constructor(url, options = {}) {
    super();
    this.#ready.catch(() => {});
    this.url = url;
    /** @type {Required<Pick<SessionOptions, 'keepaliveMs' | 'timeoutMs' | 'giveUpMs'>> & SessionOptions} */
    this.options = { keepaliveMs: 25_000, timeoutMs: 15_000, giveUpMs: 300_000, ...options };
  }

  /** Connects and creates the session on the server. */
  async open() {
    this.#become('connecting');
    try {
      await this.#dial();
      await this.#create();
    } catch (error) {
      this.#end(/** @type {Error} */ (error));
      throw error;
    }
    this.#up();
    return this;
  }

  /**
   * Sends one message and resolves with its reply; while the connection is being made again it
   * waits for it.
   * @param {Record<string, unknown>} message without transaction, session and credentials
   * @param {{past?: boolean, timeoutMs?: number, bare?: boolean}} [options] past: wait for the event after an ack;
   *   bare: name no session
   * @returns {Promise<any>}
   */
  async request(message, options) {
    await this.#ready;
    return this.#send(message, options);
  }

  /**
   * @param {string} plugin such as `aula.plugin.classroom`
   * @param {{opaqueId?: string}} [options]
   * @returns {Promise<Handle>}
   */
  async attach(plugin, { opaqueId } = {}) {
    const reply = await this.request(
      { janus: 'attach', plugin, ...(opaqueId && { opaque_id: opaqueId }) });
    const handle = new Handle(this, reply.data.id, plugin);
    this.#handles.set(handle.id, handle);
    return handle;
  }

  /** What the server says of itself; it says so to anybody, in no session. */
  info() {
    return this.request({ janus: 'info' }, { bare: true });
  }

  /** Leaves: the server forgets the session, its handles and their PeerConnections. */
  async close() {
    if (this.state === 'closed') return;
    if (this.state === 'open')
      await this.#send({ janus: 'destroy' }, { timeoutMs: 1000 }).catch(() => {});
    this.#end(null);
  }

  /** Tries again at once when a reconnect is waiting for its turn. */
  retry() {
    this.#wake.abort();
  }

  /**
   * Asks the server for a sign of life. Without one the connection counts as lost at once; a
   * browser may take minutes to notice that a network has gone.
   * @param {number} [timeoutMs]
   */
  async probe(timeoutMs = 8000) {
    const socket = this.#socket;
    if (this.state !== 'open' || !socket) return;
    try {
      await this.#send({ janus: 'keepalive' }, { timeoutMs });
      if (this.#iceExpires && Date.now() > this.#iceExpires - RENEW_MS)
        this.#tryServers((await this.#send({ janus: 'ice_servers' }, { timeoutMs })).data);
    } catch (error) {
      if (error instanceof AulaError && error.word === 'timeout' && this.#socket === socket)
        this.#renew();
    }
  }

  /** @param {Handle} handle */
  forget(handle) {
    this.#handles.delete(handle.id);
  }

  #wake = new AbortController();

  /** @param {SessionState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', state);
  }

  /** @returns {Promise<void>} */
  #dial() {
    return new Promise((resolve, reject) => {
      const Socket = this.options.WebSocket ?? WebSocket;
      const socket = new Socket(this.url, 'janus-protocol');
      const late = setTimeout(() => socket.close(), this.options.timeoutMs);
      socket.onopen = () => {
        clearTimeout(late);
        this.#socket = socket;
        resolve();
      };
      socket.onmessage = event => this.#receive(event.data);
      socket.onclose = event => {
        clearTimeout(late);
        reject(new AulaError(event.reason || 'The server cannot be reached', { word: 'unavailable' }));
        if (this.#socket === socket) this.#lost();
      };
    });
  }

  async #create() {
    const reply = await this.#send({ janus: 'create' }, { bare: true });
    this.id = reply.data.id;
    this.#tryServers(reply.data);
  }

  /** @param {{ice_servers?: RTCIceServer[], ice_expires?: number} | undefined} data of a server that knows of any */
  #tryServers(data) {
    this.iceServers = data?.ice_servers ?? [];
    this.#iceExpires = (data?.ice_expires ?? 0) * 1000;
  }

  #up() {
    this.#ready = Promise.resolve();
    clearInterval(this.#keepalive);
    this.#keepalive = setInterval(() => void this.probe(), this.options.keepaliveMs);
    this.#become('open');
  }

  /**
   * @param {Record<string, unknown>} message
   * @param {{past?: boolean, timeoutMs?: number, bare?: boolean}} [options]
   * @returns {Promise<any>}
   */
  #send(message, { past = false, timeoutMs = this.options.timeoutMs, bare = false } = {}) {
    const { token, apisecret } = this.options;
    const transaction = `a${++this.#transactions}`;
    const text = JSON.stringify({ ...message, transaction,
      ...(!bare && { session_id: this.id }), ...(token && { token }), ...(apisecret && { apisecret }) });
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      if (!socket || socket.readyState !== 1)
        return reject(new AulaError('The connection is down', { word: 'unavailable' }));
      const timer = setTimeout(() => {
        this.#waiting.delete(transaction);
        reject(new AulaError(`No answer to ${message.janus}`, { word: 'timeout' }));
      }, timeoutMs);
      this.#waiting.set(transaction, { resolve, reject, past, timer });
      socket.send(text);
    });
  }

  /** @param {string} text */
  #receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.emit('nonsense', text);
    }
    const waiting = this.#waiting.get(message.transaction);
    if (!waiting) return this.#notify(message);
    if (message.janus === 'ack' && waiting.past) return;
    this.#waiting.delete(message.transaction);
    clearTimeout(waiting.timer);
    const data = message.plugindata?.data;
    if (message.janus === 'error') {
      waiting.reject(AulaError.from(message.error));
      if (message.error?.code === SESSION_NOT_FOUND) this.#renew();
    } else if (data?.error_code !== undefined) waiting.reject(AulaError.from(data));
    else waiting.resolve(message);
  }

  /** @param {any} message */
  #notify(message) {
    if (message.janus === 'timeout') return this.#renew();
    if (message.janus === 'draining') return this.#leaveSoon(message);
    const handle = this.#handles.get(message.sender);
    if (handle) handle.receive(message);
    else this.emit('notice', message);
  }

  /**
   * The server ends soon. It says when to go, so that not everybody goes at once.
   * @param {{retry_after_ms: number, ends_in_ms: number}} notice
   */
  #leaveSoon({ retry_after_ms: afterMs, ends_in_ms: endsInMs }) {
    this.emit('draining', { endsInMs });
    if (this.#moving) return;
    this.#moving = true;
    const socket = this.#socket;
    setTimeout(() => {
      if (this.#socket === socket) this.#renew();
    }, afterMs);
  }

  /** Whether the server said that it ends, so that one try to find another is made. */
  #moving = false;

  /** This connection leads nowhere, or to a server that has forgotten us: takes a fresh one. */
  #renew() {
    if (this.state !== 'open') return;
    this.#drop(MOVING);
    this.#lost();
  }

  #lost() {
    this.#socket = null;
    clearInterval(this.#keepalive);
    this.#failWaiting(new AulaError('The connection was lost', { word: 'unavailable' }));
    // While opening, `open` reports the failure; once closed, it was meant.
    if (this.state !== 'open') return;
    this.#ready = this.#reconnect();
    this.#ready.catch(() => {});
  }

  /** @param {Error} error */
  #failWaiting(error) {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) {
      clearTimeout(one.timer);
      one.reject(error);
    }
  }

  async #reconnect() {
    this.#become('reconnecting');
    const since = Date.now();
    const { giveUpMs } = this.options;
    const online = () => this.retry();
    globalThis.addEventListener?.('online', online);
    try {
      for (let attempt = 0; ; attempt++) {
        await this.#pause(backoff(attempt));
        try {
          this.#stillWanted();
          await this.#dial();
          this.#stillWanted();
          return await this.#recover();
        } catch (error) {
          if (this.#closed || this.#hopeless(error) || (giveUpMs && Date.now() - since > giveUpMs)) {
            this.#drop(DONE);
            this.#end(/** @type {Error} */ (error));
            throw error;
          }
        }
      }
    } finally {
      globalThis.removeEventListener?.('online', online);
    }
  }

  #stillWanted() {
    if (this.#closed) throw new AulaError('The session is closed', { word: 'gone' });
  }

  /** @param {number} ms */
  async #pause(ms) {
    this.#wake = new AbortController();
    await wait(ms, this.#wake.signal);
  }

  /** @param {unknown} error */
  #hopeless(error) {
    return error instanceof AulaError && ['unauthorized', 'forbidden'].includes(error.word);
  }

  /** On a fresh connection: takes the session back, or makes a new one when it is gone. */
  async #recover() {
    try {
      this.#tryServers((await this.#send({ janus: 'claim' })).data);
      this.#up();
      this.emit('resumed');
      return;
    } catch (error) {
      if (!(error instanceof AulaError) || error.code !== SESSION_NOT_FOUND) {
        this.#drop(MOVING);
        throw error;
      }
    }
    const dead = [...this.#handles.values()];
    this.#handles.clear();
    await this.#create();
    for (const handle of dead) handle.receive({ janus: 'detached' });
    this.#moving = false;
    this.#up();
    this.emit('renewed');
  }

  /** @param {number} status */
  #drop(status) {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(status);
  }

  /** @param {Error | null} error */
  #end(error) {
    if (this.state === 'closed') return;
    clearInterval(this.#keepalive);
    this.#closed = true;
    this.#wake.abort();
    this.#ready = Promise.reject(error ?? new AulaError('The session is closed', { word: 'gone' }));
    this.#ready.catch(() => {});
    this.#drop(DONE);
    this.#failWaiting(new AulaError('The session is closed', { word: 'gone' }));
    this.#become('closed');
    for (const handle of this.#handles.values()) handle.receive({ janus: 'detached' });
    this.#handles.clear();
    this.emit('closed', error);
  }
}
