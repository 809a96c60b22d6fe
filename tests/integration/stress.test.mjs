// Three hundred clients that do whatever comes to their mind, in any order and all at once: each request is answered, the
// server keeps nothing of theirs, and it ends in order. The sanitizers watch. AULA_SEED repeats a run's decisions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon } from './lib/daemon.mjs';
import { Client, Handle, JanusError } from './lib/janus.mjs';

const SANITIZED = Boolean(process.env.ASAN_OPTIONS || process.env.TSAN_OPTIONS);
const CLIENTS = 300, WAVE_MS = SANITIZED ? 8000 : 5000, PATIENCE_MS = 30000;
const SEED = Number(process.env.AULA_SEED ?? Date.now() % 1e9);
const ROOMS = [1234, 7, 8, 'yellow', '9'];

function dice(seed) { // mulberry32
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (i + 16).toString(16).toUpperCase()).join(':');
const transport = random => [`a=ice-ufrag:u${Math.floor(random() * 1e6)}`, `a=ice-pwd:${'p'.repeat(24)}`,
  `a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=rtcp-mux'];
const head = mids => ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${mids.join(' ')}`];

function offer(random, videos) {
  const lines = head([...Array(1 + videos).keys()]);
  lines.push('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', ...transport(random), 'a=setup:actpass', 'a=mid:0', 'a=sendonly',
    'a=rtpmap:111 opus/48000/2');
  for (let i = 1; i <= videos; i++)
    lines.push('m=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', ...transport(random), 'a=setup:actpass', `a=mid:${i}`, 'a=sendonly',
      'a=rtpmap:96 VP8/90000', 'a=rtcp-fb:96 nack pli');
  return { type: 'offer', sdp: `${lines.join('\r\n')}\r\n` };
}

function answer(random, { sdp }) {
  const sections = sdp.split(/(?=^m=)/m).slice(1);
  const mids = sections.filter(s => !/^m=\S+ 0 /.test(s)).map(s => s.match(/a=mid:(\S+)/)[1]);
  const lines = head(mids);
  for (const s of sections) {
    const kept = s.split('\r\n').filter(l => /^m=|^c=|^a=(mid|rtpmap|fmtp)/.test(l));
    lines.push(...kept, ...transport(random), 'a=setup:active', /a=inactive/.test(s) ? 'a=inactive' : 'a=recvonly');
  }
  return { type: 'answer', sdp: `${lines.join('\r\n')}\r\n` };
}

let d;
before(async () => {
  d = await Daemon.start({ files: { aula: { limits: { reclaim_s: 1, rooms: 40, token_rate: 0 } } } });
  console.log(`# seed ${SEED}`);
});
after(async () => {
  const status = await d.stop('SIGTERM', 30000);
  assert.equal(status, 0, d.text.slice(-4000));
});

async function demoToken(role) {
  return (await (await fetch(`${d.origin}/demo/token?role=${role}&name=S`)).json()).token;
}

// What all of a wave know of each other.
class Wave {
  constructor(seed, tokens) {
    Object.assign(this, { seed, tokens, feeds: new Map(), owners: new Map(), clients: [], answered: 0, refused: new Map() });
  }
}

class Person {
  constructor(wave, number) {
    this.wave = wave;
    this.random = dice(wave.seed * 1000 + number);
    this.handles = [];
    this.number = number;
  }

  pick(list) { return list[Math.floor(this.random() * list.length)]; }

  async open() {
    const role = this.pick(['student', 'student', 'student', 'teacher', 'teacher', 'admin', 'guest']);
    this.client = await Client.open(d.ws, { token: this.wave.tokens[role] });
    this.handles = [];
    this.wave.clients.push(this.client);
    this.own(this.client.session);
  }

  // What the session owes to the one who had it goes to the one who has it.
  own(session) {
    for (const { reject } of this.wave.owners.get(session)?.pending.values() ?? []) reject(new Error('closed: claimed by another'));
    this.client.session = session;
    this.wave.owners.set(session, this.client);
  }

  // Each request ends: by a reply, an error, or because the connection is no more.
  async ask(promise, what) {
    let timer;
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(what)}`)), PATIENCE_MS); });
    try {
      const reply = await Promise.race([promise, late]);
      this.wave.answered++;
      const code = reply?.error_code;
      if (code !== undefined) {
        assert.ok(code !== 499 && reply.word !== 'internal', `${JSON.stringify(what)}: ${JSON.stringify(reply)}`);
        this.wave.refused.set(code, (this.wave.refused.get(code) ?? 0) + 1);
      }
      return reply;
    } catch (error) {
      if (error instanceof JanusError) {
        assert.ok(error.code >= 403 && error.code < 490, `${JSON.stringify(what)}: ${error.message}`);
        this.wave.answered++;
        this.wave.refused.set(error.code, (this.wave.refused.get(error.code) ?? 0) + 1);
        return { error_code: error.code };
      }
      if (/^closed/.test(error.message)) return { error_code: -1 };
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  message(handle, body, jsep) { return this.ask(handle.message(body, jsep), body); }

  async attach() {
    const plugin = this.pick(['janus.plugin.videoroom', 'janus.plugin.videoroom', 'aula.plugin.classroom', 'aula.plugin.chat', 'janus.plugin.echotest', 'no.such']);
    const reply = await this.ask(this.client.request({ janus: 'attach', plugin }), plugin);
    if (reply.data) this.handles.push(Object.assign(new Handle(this.client, reply.data.id), { plugin }));
  }

  noteFeeds(room, reply) {
    for (const p of reply?.publishers ?? []) this.wave.feeds.set(p.id, room);
    if (reply?.videoroom === 'joined') this.wave.feeds.set(reply.id, room);
    if (this.wave.feeds.size > 100) this.wave.feeds.clear();
  }

  streams() {
    const ids = [...this.wave.feeds.keys()];
    return Array.from({ length: 1 + Math.floor(this.random() * 3) }, () => ({
      feed: this.pick([...ids, 5]), ...(this.random() < 0.3 && { mid: this.pick(['0', '1', '9']) }), sub_mid: this.pick(['0', '1', '2']) }));
  }

  async classroom(h) {
    const room = this.pick(ROOMS), id = this.pick([...this.wave.feeds.keys(), 5]);
    const body = this.pick([
      { request: 'join', ptype: 'publisher', room, display: 'é'.repeat(20) },
      { request: 'join', ptype: 'publisher', room, id: Math.ceil(this.random() * 50) },
      { request: 'join', ptype: 'subscriber', room: this.wave.feeds.get(id) ?? room, feed: id },
      { request: 'join', ptype: 'subscriber', room, streams: this.streams() },
      { request: 'joinandconfigure', room }, { request: 'joinandconfigure', room },
      { request: 'publish' }, { request: 'configure', display: `d${Math.floor(this.random() * 9)}`, metadata: { a: this.random() } },
      { request: 'configure', audio: this.random() < 0.5, restart: this.random() < 0.3 },
      { request: 'subscribe', streams: this.streams() }, { request: 'unsubscribe', streams: this.streams() },
      { request: 'update', subscribe: this.streams(), unsubscribe: this.streams() },
      { request: 'switch', streams: this.streams() }, { request: 'pause' }, { request: 'start' }, { request: 'unpublish' },
      { request: 'leave' }, { request: 'leave' },
      { request: 'create', room, publishers: 30, notify_joining: this.random() < 0.5 },
      { request: 'create', permanent: false }, { request: 'list' }, { request: 'listparticipants', room },
      { request: 'kick', room, id }, { request: 'moderate', room, id, mid: '0', mute: this.random() < 0.5 },
      { request: 'edit', room, new_pin: this.random() < 0.1 ? 'p' : '' },
      { request: 'allowed', room, action: this.pick(['add', 'remove', 'disable']), allowed: ['x'] },
      ...(this.random() < 0.15 ? [{ request: 'destroy', room }] : []),
    ]);
    const jsep = /publish|joinand/.test(body.request) || this.random() < 0.1 ? offer(this.random, Math.floor(this.random() * 3)) : undefined;
    const reply = await this.message(h, body, jsep);
    this.noteFeeds(body.room, reply);
    if (reply?.jsep?.type === 'offer' && this.random() < 0.8)
      await this.message(h, { request: 'start' }, answer(this.random, reply.jsep));
  }

  async chat(h) {
    const room = this.pick(ROOMS);
    await this.message(h, this.pick([
      { request: 'join', room }, { request: 'join', room: 1234 }, { request: 'message', text: 'x'.repeat(Math.floor(this.random() * 2500)) },
      { request: 'message', text: 'psst', to: String(Math.floor(this.random() * 50)) }, { request: 'history' }, { request: 'leave' },
      { request: 'delete', id: Math.ceil(this.random() * 20) }, { request: 'listparticipants' }, { request: 'announcement', text: 'all' }]));
  }

  async connection() {
    const dies = this.random(), old = this.client, { session } = old;
    if (dies < 0.5) old.kill();
    else if (dies < 0.8) await this.ask(old.request({ janus: 'destroy' }), 'destroy');
    await this.open();
    if (this.random() < 0.6) { // one's own, or somebody else's who let the number be known
      const taken = this.random() < 0.8 ? session : this.pick([...this.wave.owners.keys()]);
      const reply = await this.ask(this.client.request({ janus: 'claim', session_id: taken }), 'claim');
      if (reply.janus === 'success') this.own(taken);
    }
    old.kill();
  }

  async handleVerb(h) {
    const verb = this.pick(['detach', 'detach', 'hangup', 'trickle', 'keepalive']);
    const more = verb === 'trickle' ? { candidate: this.pick([{ completed: true }, { sdpMid: '0', candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host' }, 3]) } : {};
    await this.ask(h.request({ janus: verb, ...more }, { ack: true }), verb);
    if (verb === 'detach') this.handles = this.handles.filter(other => other !== h);
  }

  async act() {
    if (this.client.closed) return;
    const h = this.pick(this.handles);
    const what = this.random();
    if (what < 0.04) return this.connection();
    if (!h || (what < 0.15 && this.handles.length < 6)) return this.attach();
    if (what < 0.25) return this.handleVerb(h);
    if (/echo/.test(h.plugin)) return this.message(h, { audio: this.random() < 0.5 }, offer(this.random, 1));
    return /chat/.test(h.plugin) ? this.chat(h) : this.classroom(h);
  }

  async live(end) {
    await this.open();
    while (Date.now() < end) {
      if (this.client.closed) await this.open();
      // Not always one after the other: requests pile up behind each other, too.
      const together = this.random() < 0.2 ? 4 : 1;
      await Promise.all(Array.from({ length: together }, () => this.act()));
      this.client.events.length = 0;
    }
    if (this.random() < 0.7) this.client.kill();
    else await this.client.close();
  }
}

// Nobody is left, and no room but those of the configuration.
async function cleanUp(tokens) {
  const admin = await Client.open(d.ws, { token: tokens.admin });
  const h = await admin.attach('janus.plugin.videoroom');
  for (const { room } of (await h.message({ request: 'list' })).list)
    if (room !== 1234) await h.message({ request: 'destroy', room });
  const exists = await h.message({ request: 'exists', room: 1234 });
  if (!exists.exists) await h.message({ request: 'create', room: 1234, publishers: 30 });
  const end = Date.now() + 20000;
  for (;;) {
    const { total } = await h.message({ request: 'listparticipants', room: 1234 });
    if (total === 0) break;
    assert.ok(Date.now() < end, `${total} are still in the room`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  await admin.close();
}

describe('a crowd', () => {
  const memory = [];
  for (const wave of [1, 2, 3])
    test(`wave ${wave}: each request is answered, and everything is given back`, { timeout: 180000 }, async () => {
      const tokens = { student: await demoToken('student'), teacher: await demoToken('teacher'), admin: await demoToken('admin') };
      const all = new Wave(SEED + wave, tokens);
      const end = Date.now() + WAVE_MS;
      await Promise.all(Array.from({ length: CLIENTS }, (_, i) => new Person(all, i).live(end)));
      // Two that changed their connection at once forgot one of the new ones.
      await Promise.all(all.clients.filter(c => !c.closed).map(c => c.kill()));
      assert.equal(d.child.exitCode, null, d.text.slice(-4000));
      await cleanUp(tokens);
      memory.push(d.memory());
      const refused = [...all.refused].sort((a, b) => b[1] - a[1]).map(([code, n]) => `${code}:${n}`).join(' ');
      console.log(`# ${all.answered} answered, of these refused ${refused}; ${Math.round(memory.at(-1) / 1e6)} MB`);
      assert.ok(all.answered > CLIENTS * 3);
    });

  test('the server ends in the middle of it', { timeout: 60000 }, async () => {
    const other = await Daemon.start();
    const everything = d;
    d = other;
    try {
      const all = new Wave(SEED + 9, {});
      let over = false;
      const crowd = Array.from({ length: 100 }, (_, i) => new Person(all, i).live(Date.now() + 20000)
        .catch(error => assert.ok(over, error.message)));
      await new Promise(resolve => setTimeout(resolve, 1500));
      over = true;
      assert.equal(await other.stop('SIGTERM', 20000), 0, other.text.slice(-4000));
      assert.ok(all.answered > 100);
      await Promise.all(crowd);
    } finally {
      d = everything;
    }
  });

  test('memory returns to where it was', { skip: SANITIZED && 'a sanitizer keeps what was freed; it looks for leaks itself' }, () => {
    assert.ok(memory[2] - memory[1] < 8e6 && memory[2] < memory[0] * 1.5, memory.map(m => `${Math.round(m / 1e6)} MB`).join(', '));
  });
});
