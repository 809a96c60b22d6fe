// A small Janus API client over WebSocket: requests as promises, events as queues.
import WebSocket from 'ws';

export class JanusError extends Error {
  constructor(error) {
    super(`${error.code} ${error.reason}`);
    Object.assign(this, error);
  }
}

export class Client {
  static async open(url, { token, session = true, tls } = {}) {
    const c = new Client();
    c.pending = new Map();
    c.events = [];
    c.waiting = [];
    c.closed = null;
    c.socket = new WebSocket(url, 'janus-protocol', tls);
    c.ended = new Promise(resolve => c.socket.once('close', (code, reason) => {
      c.closed = { code, reason: String(reason) };
      for (const { reject } of c.pending.values()) reject(new Error(`closed ${code} ${reason}`));
      resolve(c.closed);
    }));
    c.socket.on('message', data => c.#message(JSON.parse(data)));
    await new Promise((resolve, reject) => { c.socket.once('open', resolve); c.socket.once('error', reject); });
    c.socket.on('error', () => {});
    if (session) c.session = (await c.request({ janus: 'create', ...(token && { token }) })).data.id;
    return c;
  }

  #message(m) {
    const request = this.pending.get(m.transaction);
    if (request && m.janus === 'ack' && !request.acceptsAck) return;
    if (request) {
      this.pending.delete(m.transaction);
      if (m.janus === 'error') request.reject(new JanusError(m.error));
      else request.resolve(m);
      return;
    }
    const at = this.waiting.findIndex(w => w.matches(m));
    if (at >= 0) this.waiting.splice(at, 1)[0].resolve(m);
    else this.events.push(m);
  }

  // Sends one envelope; the reply that bears its transaction (an `ack` only if asked for).
  request(envelope, { ack = false } = {}) {
    const transaction = Math.random().toString(36).slice(2);
    return new Promise((resolve, reject) => {
      this.pending.set(transaction, { resolve, reject, acceptsAck: ack });
      this.socket.send(JSON.stringify({ ...(this.session && { session_id: this.session }), transaction, ...envelope }));
    });
  }

  // The first event, come or yet to come, for which `matches` is true.
  event(matches, ms = 5000) {
    const at = this.events.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.events.splice(at, 1)[0]);
    return new Promise((resolve, reject) => {
      const waiter = { matches, resolve: m => { clearTimeout(timer); resolve(m); } };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(new Error(`no such event; have ${JSON.stringify(this.events).slice(0, 2000)}`));
      }, ms);
      this.waiting.push(waiter);
    });
  }

  async attach(plugin, more = {}) {
    const { data } = await this.request({ janus: 'attach', plugin, ...more });
    return new Handle(this, data.id);
  }

  close() {
    this.socket.close();
    return this.ended;
  }

  // Vanishes without a word.
  kill() {
    this.socket.terminate();
    return this.ended;
  }
}

export class Handle {
  constructor(client, id) {
    this.client = client;
    this.id = id;
  }

  // A plugin request; its plugin data, with the description that came along as `jsep`.
  async message(body, jsep) {
    const m = await this.client.request({ janus: 'message', handle_id: this.id, body, ...(jsep && { jsep }) });
    return m.jsep ? { ...m.plugindata.data, jsep: m.jsep } : m.plugindata.data;
  }

  event(matches = () => true, ms) {
    return this.client.event(m => m.sender === this.id && m.janus === 'event' && matches(m.plugindata.data), ms)
      .then(m => (m.jsep ? { ...m.plugindata.data, jsep: m.jsep } : m.plugindata.data));
  }

  notice(janus, ms) {
    return this.client.event(m => m.sender === this.id && m.janus === janus, ms);
  }

  request(envelope, options) {
    return this.client.request({ handle_id: this.id, ...envelope }, options);
  }

  detach() {
    return this.request({ janus: 'detach' });
  }
}
