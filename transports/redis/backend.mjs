// A back end that speaks to aula through Redis. `redis` is an ioredis client, or a cluster of it; it is duplicated for reading.
import { randomUUID } from 'node:crypto';

export class Backend {
  constructor(redis, app, { prefix = 'aula', onEvent = () => {}, onGap = () => {} } = {}) {
    Object.assign(this, { redis, app, prefix, onEvent, onGap });
    this.waiting = new Map(); // id -> what to do with the answer
    this.places = new Map();  // session -> stream of the server that has it
    this.seen = new Map();    // session -> number of its last message
    this.last = '$';
    this.reader = redis.duplicate();
    this.reader.on('error', () => {}); // it connects again by itself
    this.ended = this.#read();
  }

  async #read() {
    const key = `${this.prefix}:replies:${this.app}`;
    // Where the stream is now, so that nothing is missed between two readings.
    for (let known = false; !this.closed;) {
      try {
        if (!known) {
          const [newest] = await this.reader.xrevrange(key, '+', '-', 'COUNT', 1);
          this.last = this.last === '$' ? newest?.[0] ?? '0-0' : this.last;
          known = true;
          this.ready?.();
        }
        const said = await this.reader.xread('COUNT', 100, 'BLOCK', 1000, 'STREAMS', key, this.last);
        for (const [id, fields] of said?.[0]?.[1] ?? []) {
          this.last = id;
          this.#take(Object.fromEntries(fields.flatMap((f, i) => (i % 2 ? [] : [[f, fields[i + 1]]]))));
        }
      } catch (error) {
        if (this.closed) return;
        // A server that took over may give lower ids: what was had is known by its number.
        if (this.last !== '$') this.last = `${Math.max(0, Number(this.last.split('-')[0]) - 60000)}-0`;
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
  }

  #take({ id, session, seq, to, body }) {
    const message = JSON.parse(body);
    if (session) {
      const had = this.seen.get(session) ?? 0;
      if (Number(seq) <= had) return;
      if (Number(seq) > had + 1) this.onGap(session, had, Number(seq));
      this.seen.set(session, Number(seq));
      this.places.set(session, to);
    }
    const done = id && this.waiting.get(id);
    if (!done) this.onEvent(message);
    else if (message.janus !== 'ack') {
      this.waiting.delete(id);
      if (message.janus === 'error') done.reject(Object.assign(new Error(message.error.reason), message.error));
      else {
        if (message.janus === 'success' && message.data?.id && !session) this.places.set(String(message.data.id), to);
        done.resolve(message);
      }
    }
  }

  // Sends an envelope of the Janus API; resolves with its answer. The same `id` again is done once.
  request(envelope, { id = randomUUID(), timeout = 10000 } = {}) {
    const stream = this.places.get(String(envelope.session_id)) ?? 'requests';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => { this.waiting.delete(id); reject(new Error(`no answer to ${id} in ${timeout} ms`)); }, timeout);
      this.waiting.set(id, { resolve: m => { clearTimeout(timer); resolve(m); }, reject: e => { clearTimeout(timer); reject(e); } });
      this.redis.xadd(`${this.prefix}:${stream}`, 'MAXLEN', '~', 100000, '*', 'app', this.app, 'id', id, 'body', JSON.stringify(envelope))
        .catch(error => { clearTimeout(timer); this.waiting.delete(id); reject(error); });
    });
  }

  static async open(redis, app, options) {
    const backend = new Backend(redis, app, options);
    await new Promise(resolve => { backend.ready = resolve; });
    return backend;
  }

  async close() {
    this.closed = true;
    this.reader.disconnect();
    await this.ended;
  }
}
