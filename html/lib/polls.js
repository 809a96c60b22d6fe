// SPDX-License-Identifier: Apache-2.0
/** What a class is asked, and what it answers. */

import { Emitter, backoff, wait } from './emitter.js';
import { AulaError } from './errors.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./handle.js').Handle} Handle */
/** @typedef {import('./subscriber.js').Id} Id */
/**
 * @typedef {object} Question
 * @property {string} text
 * @property {'single' | 'multiple' | 'text' | 'number'} kind
 * @property {string[]} [options]
 * @property {string[]} [right] what is right, for those who may know
 * @property {number} [tolerance]
 * @property {number} [points]
 */
/**
 * @typedef {object} Tally
 * @property {number} answered
 * @property {number[]} [counts] of options, in their order
 * @property {{text: string, count: number}[]} [answers] of what is written, the most frequent first
 * @property {number} [others] answers that are not among these
 * @property {number} [mean]
 * @property {number} [right_count]
 */
/**
 * @typedef {object} Poll
 * @property {number} id
 * @property {string} title
 * @property {'draft' | 'open' | 'closed'} state
 * @property {boolean} anonymous
 * @property {boolean} change whether an answer may be changed
 * @property {boolean} quiz
 * @property {boolean} shown
 * @property {Question[]} questions
 * @property {number} [points] of all that is right
 * @property {number} [until] when it closes by itself, by `performance.now()`
 * @property {string[][]} [mine] our answer to each question
 * @property {number} [score]
 * @property {boolean[]} [marks] which questions we have right
 * @property {{answered: number, of: number, questions: Tally[]}} [results]
 */
/** @typedef {{subject: string, display: string, score: number, answers: string[][]}} Answer */

/** Earlier ones are let go of. */
const MOST_KEPT = 100;

/**
 * Events: `change`; `opened` and `shown` (Poll) when that happens.
 */
export class Polls extends Emitter {
  /** The oldest first. @type {Poll[]} */
  list = [];
  /** False while nothing can be asked or answered. */
  open = false;

  /** @type {Handle | null} */
  #handle = null;
  /** @type {(() => void)[]} */
  #stop = [];

  /**
   * @param {Session} session
   * @param {{room: Id, plugin?: string}} options
   */
  constructor(session, options) {
    super();
    this.session = session;
    this.options = { plugin: 'aula.plugin.polls', ...options };
  }

  /** Takes part; what is open or shown comes first. */
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
   * Puts questions to the class; with `open: false` it waits to be opened. Resolves with its id.
   * @param {Question[]} questions
   * @param {{title?: string, seconds?: number, anonymous?: boolean, change?: boolean, open?: boolean}} [how]
   * @returns {Promise<number>}
   */
  async ask(questions, how = {}) {
    return (await this.#ask({ request: 'ask', questions, ...how })).data.id;
  }

  /** Opens one that waits. @param {number} id */
  async start(id) {
    await this.#ask({ request: 'open', id });
  }

  /** Takes no more answers. @param {number} id */
  async close(id) {
    await this.#ask({ request: 'close', id });
  }

  /** Shows the results to all, or no longer. @param {number} id */
  async show(id, shown = true) {
    await this.#ask({ request: 'show', id, shown });
  }

  /** Forgets a poll with all its answers. @param {number} id */
  async drop(id) {
    await this.#ask({ request: 'drop', id });
  }

  /**
   * Answers; resolves when the answer is safe.
   * @param {number} id
   * @param {string[][]} answers to each question, in their order; an empty list: none
   */
  async answer(id, answers) {
    const { data } = await this.#ask({ request: 'answer', id, answers: answers.map(answer => ({ answer })) });
    this.#change(id, { mine: data.mine });
  }

  /**
   * What was asked earlier, for those who may see results; true when there is more.
   * @returns {Promise<boolean>}
   */
  async earlier() {
    const { data } = await this.#ask({ request: 'list', before: this.list[0]?.id ?? 0 });
    for (const poll of data.list) if (poll) this.#put(poll);
    return data.more;
  }

  /**
   * Who answered what, a page at a time, for those who may see it.
   * @param {number} id
   * @returns {Promise<{answers: Answer[], next?: string}>}
   */
  async answers(id, after = '') {
    return (await this.#ask({ request: 'answers', id, after })).data;
  }

  async leave() {
    for (const stop of this.#stop) stop();
    this.#become(false);
    await this.#handle?.detach();
    this.#handle = null;
  }

  async #enter() {
    const handle = await this.session.attach(/** @type {string} */ (this.options.plugin));
    handle.on('event', ({ data }) => this.#event(data));
    const { data } = await handle.request({ request: 'join', room: this.options.room });
    this.#handle = handle;
    // What was open and is not listed was closed or dropped meanwhile.
    const listed = new Set(data.list.map((/** @type {Poll} */ { id }) => id));
    this.list = this.list.filter(({ id, state }) => state === 'closed' || listed.has(id));
    for (const poll of data.list) this.#put(poll);
    this.#become(true);
    this.emit('change');
  }

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
    if (!this.#handle) throw new AulaError('Not in the polls', { word: 'wrong-state' });
    return this.#handle.request(body);
  }

  /** @param {any} data */
  #event({ polls, id, poll, ...data }) {
    if (polls === 'asked') this.#put(poll);
    else if (polls === 'opened') this.emit('opened', this.#put(poll));
    else if (polls === 'closed') this.#change(id, { state: 'closed', until: undefined });
    else if (polls === 'counts') this.#change(id, { results: data.results });
    else if (polls === 'shown') {
      for (const other of this.list) other.shown = false;
      this.emit('shown', this.#put(poll));
    } else if (polls === 'hidden') this.#change(id, { shown: false });
    else if (polls === 'score') this.#change(id, { score: data.score, points: data.points, marks: data.marks });
    else if (polls === 'dropped') {
      this.list = this.list.filter(one => one.id !== id);
      this.emit('change');
    }
  }

  /** @param {any} poll as it comes @returns {Poll} */
  #put({ left_ms, ...poll }) {
    const known = this.list.find(({ id }) => id === poll.id);
    /** @type {Poll} What everybody is told does not say what is ours, nor what only staff knows. */
    const merged = { ...known, ...poll, until: left_ms === undefined ? undefined : performance.now() + left_ms,
      questions: poll.questions.map((/** @type {Question} */ question, /** @type {number} */ i) => ({ ...known?.questions[i], ...question })) };
    this.list = [...this.list.filter(({ id }) => id !== poll.id), merged].sort((a, b) => a.id - b.id);
    if (this.list.length > MOST_KEPT) this.list = this.list.filter(({ state }, i) => state !== 'closed' || i >= this.list.length - MOST_KEPT);
    this.emit('change');
    return merged;
  }

  /** @param {number} id @param {Partial<Poll>} what */
  #change(id, what) {
    this.list = this.list.map(poll => poll.id === id ? { ...poll, ...what } : poll);
    this.emit('change');
  }

  /** @param {boolean} open */
  #become(open) {
    if (this.open === open) return;
    this.open = open;
    this.emit('change');
  }
}
