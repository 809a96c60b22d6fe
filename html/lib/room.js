// SPDX-License-Identifier: Apache-2.0
/** A class as its pages see it: who sends, what is received, what we send, how the line is. */

import { Emitter, Queue, backoff, wait } from './emitter.js';
import { AulaError } from './errors.js';
import { Feeds } from './feeds.js';
import { Local } from './local.js';
import { Publisher } from './publisher.js';
import { Judge, sum } from './quality.js';
import { Stage, slotsOf } from './stage.js';
import { Subscriber } from './subscriber.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./handle.js').Handle} Handle */
/** @typedef {import('./feeds.js').Feed} Feed */
/** @typedef {import('./feeds.js').Stream} Stream */
/** @typedef {import('./subscriber.js').Id} Id */
/** @typedef {'connecting' | 'connected' | 'poor' | 'reconnecting' | 'lost' | 'ended'} RoomState */
/**
 * @typedef {object} RoomOptions
 * @property {Id} room
 * @property {string} [display] our name; by default the one in the token
 * @property {string} [pin]
 * @property {string} [plugin]
 * @property {RTCIceServer[]} [iceServers] instead of those that the server names
 * @property {(feed: Feed, stream: Stream) => boolean} [wants] what to receive; by default all
 * @property {boolean} [stage] receive the class's stage instead, if it has one: one negotiation for the whole class
 *
 * @typedef {object} Participant
 * @property {Id} id
 * @property {string} [display]
 * @property {string} [role]
 * @property {boolean} publisher
 * @property {boolean} [talking]
 *
 * @typedef {object} Hand who wants to speak
 * @property {Id} id
 * @property {string} [display]
 * @property {number} seconds for how long
 */

const SAMPLE_MS = 3000;

/**
 * Events: `change` when anything to be shown has changed; `state` (RoomState); `moderated`
 * ({source, muted}) when a moderator muted or unmuted us; `ended` (`kicked`, `closed` or `left`);
 * `people` when somebody came or went; `hand` (Hand) when one was raised, told to moderators; `stage`
 * (`promoted`, `demoted`, `released`) when a moderator decided about us; `problem` (Error) for what went wrong in the background.
 */
export class Room extends Emitter {
  /** @type {RoomState} */
  state = 'connecting';
  /** Our own number in the room. @type {Id} */
  id = 0;
  description = '';
  /** How many are in the room, as far as it was told. */
  count = 0;
  /** Teachers and administrators seen so far, sending or not, by id: what they are called. @type {Map<string, string>} */
  leaders = new Map();
  /** Why it ended. @type {'' | 'kicked' | 'closed' | 'left'} */
  ended = '';
  feeds = new Feeds();
  /** What is received instead of the feeds, when the room has a stage and it was asked for. @type {Stage | null} */
  stage = null;
  /** Whether our hand is up. */
  raised = false;
  /** What a moderator decided about us last. @type {'' | 'promoted' | 'demoted' | 'released'} */
  onStage = '';
  /** Moderators: whose hands are up, the first few, and how many there are. @type {Hand[]} */
  hands = [];
  handsCount = 0;
  /** Moderators: who is on stage. @type {Map<Id, {slot: string, promoted: boolean}>} */
  placed = new Map();
  /** Moderators: how many only watch. */
  viewers = 0;

  /** @type {Handle | null} */
  #handle = null;
  /** @type {Publisher | null} */
  #publisher = null;
  /** @type {Subscriber | null} */
  #subscriber = null;
  #privateId = 0;
  #entering = new Queue();
  #making = new Queue();
  #judge = new Judge();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #sampling;
  /** @type {(() => void)[]} */
  #stop = [];
  #summary = '{}';
  /** No stage is wanted, or there is none. */
  #stageless = false;
  /** Repairs tried since all was well, and those under way. */
  #repairs = 0;
  #repairing = 0;

  /**
   * @param {Session} session
   * @param {RoomOptions} options
   */
  constructor(session, options) {
    super();
    this.session = session;
    this.options = { plugin: 'aula.plugin.classroom', ...options };
    this.#stageless = !options.stage;
    this.local = new Local(() => this.#sending());
    this.local.on('change', () => {
      void this.#tellSummary();
      this.emit('change');
    });
  }

  /** Enters the room and starts to receive. */
  async join() {
    await this.#enter();
    this.#stop = [
      this.session.on('state', () => this.#judgeState()),
      this.session.on('resumed', () => void this.#resync()),
      this.session.on('renewed', () => void this.#entering.run(() => this.#again())),
      this.session.on('closed', error => error && this.#judgeState()),
    ];
    this.#sampling = setInterval(() => void this.#sample(), SAMPLE_MS);
    this.#judgeState();
    return this;
  }

  /** Leaves; all capture stops. */
  async leave() {
    if (this.ended) return;
    const handle = this.#handle;
    this.#end('left');
    await handle?.request({ request: 'leave' }).catch(() => {});
    await handle?.detach();
  }

  /** Changes what to receive. @param {(feed: Feed, stream: Stream) => boolean} wants */
  watch(wants) {
    this.options.wants = wants;
    void this.#receive();
  }

  /**
   * Those in the room, publishers or not.
   * @param {{offset?: number, limit?: number}} [page]
   * @returns {Promise<{participants: Participant[], total?: number}>}
   */
  async participants(page = {}) {
    const { data } = await this.ask({ request: 'listparticipants', room: this.options.room, ...page });
    const participants = data.participants ?? [];
    for (const person of participants) this.#meet(person);
    // A server that knows no pages sends all of them.
    this.count = data.total ?? participants.length;
    this.emit('change');
    return { participants, total: data.total };
  }

  /** Throws somebody out. @param {Id} id @param {string} [secret] of a room that has one */
  async kick(id, secret) {
    await this.ask({ request: 'kick', room: this.options.room, id, ...(secret && { secret }) });
  }

  /**
   * Mutes or unmutes a stream of somebody else for all.
   * @param {Id} id
   * @param {string} mid
   * @param {boolean} mute
   * @param {string} [secret]
   */
  async moderate(id, mid, mute, secret) {
    await this.ask({ request: 'moderate', room: this.options.room, id, mid, mute, ...(secret && { secret }) });
  }

  /** Raises or lowers our hand. @param {boolean} raised */
  async raise(raised) {
    await this.ask({ request: 'hand', raised });
    this.raised = raised;
    this.emit('change');
  }

  /** Lowers somebody's hand. @param {Id} id */
  async lower(id) {
    await this.ask({ request: 'hand', raised: false, id });
  }

  /**
   * Says who is on stage: `promote` somebody, to stay there; `demote`, to stay away; `release`, to be
   * there when they speak; `pin` into the slot `teacher` or `screen`, `unpin`.
   * @param {'promote' | 'demote' | 'release' | 'pin' | 'unpin'} action
   * @param {Id} [id]
   * @param {'teacher' | 'screen'} [slot]
   */
  async direct(action, id, slot) {
    const { data } = await this.ask({ request: 'stage', room: this.options.room, action,
      ...(id !== undefined && { id }), ...(slot && { slot }) });
    if (data.stage) this.#place(data.stage);
    this.emit('change');
  }

  /** Any request to the classroom. @param {Record<string, unknown>} body */
  async ask(body) {
    if (!this.#handle || this.ended) throw new AulaError('Not in the room', { word: 'wrong-state' });
    return this.#handle.request(body);
  }

  /** The connections, for statistics. */
  get connections() {
    return [this.#publisher?.pc, this.#subscriber?.pc, this.stage?.pc].filter(pc => pc !== undefined);
  }

  async #enter() {
    const { plugin, room, display, pin } = this.options;
    const handle = await this.session.attach(/** @type {string} */ (plugin));
    handle.on('event', ({ data }) => this.#event(data));
    handle.on('detached', () => this.session.state === 'open' && this.#handle === handle && !this.ended
      && this.#end('closed'));
    const { data } = await handle.request({ request: 'join', ptype: 'publisher', room,
      ...(display && { display }), ...(pin && { pin }) });
    this.#handle = handle;
    this.id = data.id;
    this.#privateId = data.private_id;
    this.description = data.description ?? '';
    this.feeds.byId.clear();
    for (const publisher of data.publishers ?? []) this.#meet(this.feeds.put(publisher));
    this.#summary = '{}';
    this.raised = false;
    this.onStage = '';
    this.#staged(data);
    this.emit('change');
    await this.#receive();
  }

  /** The server forgot us (it was restarted): enters anew and sends what was sent before. */
  async #again() {
    this.#publisher?.close();
    this.#subscriber?.close();
    this.stage?.close();
    this.#publisher = this.#subscriber = this.stage = null;
    this.#stageless = !this.options.stage;
    // Those who were muted are not any more: the server has forgotten it.
    for (const source of this.local.sources.keys()) this.local.moderate(source, false);
    for (let attempt = 0; !this.ended && this.session.state === 'open'; attempt++) {
      try {
        await this.#enter();
        const { tracks } = this.local;
        if (Object.keys(tracks).length) await (await this.#sending()).send(tracks);
        await this.#tellSummary();
        return;
      } catch (error) {
        this.emit('problem', error);
        // A room made at run time may not be there again yet.
        await wait(backoff(attempt, { first: 1000 }));
      }
    }
  }

  /** Signalling was away for a while: what was said meanwhile may be lost. */
  async #resync() {
    try {
      const { participants } = await this.participants();
      const sending = new Set(participants.filter(({ publisher }) => publisher).map(({ id }) => id));
      for (const id of [...this.feeds.byId.keys()]) if (!sending.has(id)) this.feeds.remove(id);
      for (const one of /** @type {any[]} */ (participants))
        if (one.publisher && one.id !== this.id && Array.isArray(one.streams)) this.feeds.put(one);
      await this.#receive();
    } catch (error) {
      this.emit('problem', error);
    }
    this.emit('people');
    this.emit('change');
  }

  /** @returns {Promise<Publisher>} */
  async #sending() {
    if (!this.#handle || this.ended) throw new AulaError('Not in the room', { word: 'wrong-state' });
    if (this.#publisher && !this.#publisher.closed) return this.#publisher;
    const publisher = new Publisher(this.#handle, { iceServers: this.options.iceServers });
    publisher.on('state', () => this.#judgeState());
    publisher.on('problem', error => this.emit('problem', error));
    publisher.on('hangup', () => void this.#repair(publisher));
    this.#publisher = publisher;
    return publisher;
  }

  /** Makes the subscription match what is there and wanted. */
  async #receive() {
    if (!this.#stageless) await this.#making.run(() => this.#enterStage());
    if (!this.#stageless) return;
    const { wants = () => true, room, pin, iceServers } = this.options;
    const streams = [...this.feeds.byId.values()].flatMap(feed => feed.streams
      .filter(stream => stream.type !== 'data' && wants(feed, stream))
      .map(({ mid }) => ({ feed: feed.id, mid })));
    if (!this.#subscriber && streams.length && !this.ended) {
      await this.#making.run(async () => {
        this.#subscriber ??= await this.#newSubscriber(
          { room, pin, iceServers, privateId: this.#privateId });
      });
    }
    this.#subscriber?.want(streams);
  }

  /** The stage, once; afterwards what is on it changes by itself. */
  async #enterStage() {
    if (this.stage || this.#stageless || this.ended) return;
    const { room, pin, iceServers, plugin } = this.options;
    const handle = await this.session.attach(/** @type {string} */ (plugin));
    const stage = new Stage(handle, { room, pin, iceServers, id: this.id, privateId: this.#privateId });
    stage.on('state', () => this.#judgeState());
    stage.on('problem', error => this.emit('problem', error));
    stage.on('change', () => {
      this.#judgeState();
      this.emit('change');
    });
    stage.on('hangup', () => void this.#repair(stage));
    try {
      this.stage = await stage.enter();
    } catch (error) {
      stage.close();
      await handle.detach().catch(() => {});
      const word = error instanceof AulaError ? error.word : '';
      // Another server, or a room without a stage: each stream by itself, then.
      this.#stageless = ['unsupported', 'invalid', 'unknown'].includes(word);
      if (this.#stageless) return;
      this.emit('problem', error);
      if (['forbidden', 'unauthorized'].includes(word)) return;
      void wait(backoff(this.#repairs++)).then(() => this.#receive()).catch(problem => this.emit('problem', problem));
    }
  }

  /** @param {ConstructorParameters<typeof Subscriber>[1]} options */
  async #newSubscriber(options) {
    const handle = await this.session.attach(/** @type {string} */ (this.options.plugin));
    const subscriber = new Subscriber(handle, options);
    subscriber.on('state', () => this.#judgeState());
    subscriber.on('problem', error => this.emit('problem', error));
    subscriber.on('hangup', () => void this.#repair(subscriber));
    subscriber.on('track', ({ feed, mid, track }) => this.#mark(feed, mid, { track }));
    subscriber.on('gone', ({ feed, mid }) => this.#mark(feed, mid, { track: null, paused: false }));
    subscriber.on('paused', ({ feed, mid, paused }) => {
      this.#mark(feed, mid, { paused });
      this.#judgeState();
    });
    return subscriber;
  }

  /** The server closed a connection that we still want: makes it anew. @param {Publisher | Subscriber | Stage} peer */
  async #repair(peer) {
    if (this.ended || peer.closed) return;
    this.#repairing++;
    peer.close();
    await wait(backoff(this.#repairs++, { first: 500 }));
    try {
      if (peer === this.#publisher) {
        this.#publisher = null;
        const { tracks } = this.local;
        if (Object.keys(tracks).length) await (await this.#sending()).send(tracks);
      } else if (peer === this.#subscriber) {
        this.#subscriber = null;
        await peer.handle.detach();
        await this.#receive();
      } else if (peer === this.stage) {
        this.stage = null;
        await peer.handle.detach();
        await this.#receive();
      }
    } catch (error) {
      this.emit('problem', error);
    }
    this.#repairing--;
    this.#judgeState();
  }

  /** @param {Id} id @param {string} mid @param {Partial<Stream>} change */
  #mark(id, mid, change) {
    if (this.feeds.mark(id, mid, change)) this.emit('change');
  }

  /** What the classroom says unasked. @param {any} data */
  #event(data) {
    if (data.room !== undefined && String(data.room) !== String(this.options.room)) return;
    if (data.videoroom === 'destroyed') return this.#end('closed');
    if (data.videoroom === 'talking' || data.videoroom === 'stopped-talking')
      return this.#mark(data.id, data.mid, { talking: data.videoroom === 'talking' });
    if (data.leaving === 'ok') return this.#end(data.reason === 'kicked' ? 'kicked' : 'left');
    if (data.moderation) return this.#moderated(data);
    if (data.on_stage || data.hand) return this.#directed(data);
    if (this.#staged(data)) return this.emit('change');
    for (const one of data.publishers ?? []) this.#meet(this.feeds.put(one));
    const left = data.leaving ?? data.kicked, gone = left ?? data.unpublished;
    if (gone !== undefined && gone !== 'ok') this.feeds.remove(gone);
    if (left !== undefined) this.leaders.delete(String(left));
    if (data.joining) this.#meet(data.joining);
    this.count = data.presence?.participants ?? this.count + (data.joining ? 1 : 0) - (left === undefined ? 0 : 1);
    if (data.id !== undefined) this.feeds.change(data.id, data);
    if (data.publishers || gone !== undefined) void this.#receive();
    if (!data.metadata) this.emit('people', data);
    this.emit('change');
  }

  /** What a moderator decided about us. @param {any} data */
  #directed({ on_stage: word, hand }) {
    if (hand === 'lowered') this.raised = false;
    if (word) {
      this.onStage = word;
      this.emit('stage', word);
    }
    this.emit('change');
  }

  /** What moderators are told of stage, hands and viewers. False: nothing of it. @param {any} data */
  #staged({ stage, hands, hands_count: count, viewers }) {
    if (Array.isArray(stage)) this.#place(stage);
    if (viewers !== undefined) this.viewers = viewers.count ?? viewers;
    if (Array.isArray(hands)) {
      const before = new Set(this.hands.map(({ id }) => id));
      this.hands = hands;
      this.handsCount = count ?? hands.length;
      for (const hand of hands) if (!before.has(hand.id)) this.emit('hand', hand);
    }
    return Array.isArray(stage) || viewers !== undefined || Array.isArray(hands);
  }

  /** @param {any[]} lines */
  #place(lines) {
    this.placed = new Map(slotsOf(lines, () => null).filter(({ id, name }) => id !== undefined && name !== 'screen')
      .map(({ id, name, promoted }) => [/** @type {Id} */ (id), { slot: name, promoted }]));
  }

  /** Takes note of somebody. @param {{id: Id, display?: string, role?: string}} person */
  #meet({ id, display, role }) {
    if (role === 'teacher' || role === 'admin') this.leaders.set(String(id), display || String(id));
  }

  /** @param {any} data */
  #moderated({ id, mid, moderation }) {
    const muted = moderation === 'muted';
    if (id !== this.id) return this.#mark(id, mid, { moderated: muted });
    const found = this.#publisher?.descriptions.find(one => one.mid === String(mid));
    if (!found) return;
    this.local.moderate(found.description, muted);
    this.emit('moderated', { source: found.description, muted });
  }

  /** Tells the others what is on and what is muted, when that has changed. */
  async #tellSummary() {
    const sources = this.local.summary;
    const now = JSON.stringify(sources);
    if (now === this.#summary || !this.#handle || this.ended) return;
    this.#summary = now;
    await this.#handle.request({ request: 'configure', metadata: { sources } }).catch(() => {});
  }

  async #sample() {
    const reports = await Promise.all(this.connections.map(pc => pc.getStats().catch(() => new Map())));
    const expected = this.stage ? this.stage.slots.some(({ id, sound, picture }) => id !== undefined && id !== this.id
      && this.#flows(id, [sound.feedMid, picture.feedMid])) : [...this.feeds.byId.values()].flatMap(({ streams }) => streams)
      .some(({ track, muted, moderated }) => track && !muted && !moderated);
    this.#judge.judge(sum(reports.flatMap(report => [...report.values()])), expected);
    this.#judgeState();
  }

  /** Whether one of these streams of somebody is neither muted nor moderated. @param {Id} id @param {(string | undefined)[]} mids */
  #flows(id, mids) {
    return (this.feeds.byId.get(id)?.streams ?? [])
      .some(({ mid, muted, moderated }) => mids.includes(mid) && !muted && !moderated);
  }

  /** Whether the server holds back a picture, as our line cannot carry it. */
  get #held() {
    return this.stage?.slots.some(({ id, picture }) => id !== undefined && picture.paused)
      ?? [...this.feeds.byId.values()].some(({ streams }) => streams.some(({ paused }) => paused));
  }

  #judgeState() {
    const peers = [this.#publisher, this.#subscriber, this.stage].filter(peer => peer && !peer.closed)
      .map(peer => /** @type {Publisher | Subscriber | Stage} */ (peer).state);
    /** @type {RoomState} */
    let state = this.#judge.verdict === 'poor' || this.#held ? 'poor' : 'connected';
    if (this.ended) state = 'ended';
    else if (this.session.state === 'closed') state = 'lost';
    else if (this.session.state !== 'open' || peers.some(one => one === 'failed' || one === 'disconnected')
      || this.#repairing || (this.#repairs && peers.some(one => one !== 'connected')))
      state = 'reconnecting';
    if (!this.#repairing && peers.every(one => one === 'connected')) this.#repairs = 0;
    if (state === this.state) return;
    this.state = state;
    this.emit('state', state);
    this.emit('change');
  }

  /** @param {'kicked' | 'closed' | 'left'} reason */
  #end(reason) {
    if (this.ended) return;
    this.ended = reason;
    clearInterval(this.#sampling);
    for (const stop of this.#stop) stop();
    const handles = [this.#handle, this.#subscriber?.handle, this.stage?.handle];
    this.#publisher?.close();
    this.#subscriber?.close();
    this.stage?.close();
    this.local.close();
    this.feeds.byId.clear();
    if (reason !== 'left') for (const handle of handles) void handle?.detach();
    else for (const handle of handles.slice(1)) void handle?.detach();
    this.#judgeState();
    this.emit('ended', reason);
  }
}
