// SPDX-License-Identifier: Apache-2.0
/** Who is there, a page at a time: a class may be large. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, initials, shared } from './base.js';
import { leads } from './aula-stage.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/room.js').Participant} Participant */
/** @typedef {import('../lib/feeds.js').Stream} Stream */

const PAGE = 25;
/** A change of who is there is looked up after this pause, and in any case now and then. */
const PAUSE_MS = 800;
const REFRESH_MS = 20_000;

/** Says `remove` and `write` ({id, name}) and `problem` (a sentence). */
export class AulaPeople extends AulaElement {
  static properties = { room: { attribute: false }, moderator: { type: Boolean }, attends: { type: Boolean }, active: { type: Boolean },
    people: { state: true }, total: { state: true }, page: { state: true }, failed: { state: true } };

  static styles = [shared, css`
    :host { display: flex; flex-direction: column; min-block-size: 0; }
    .list { flex: 1; min-block-size: 0; overflow-y: auto; padding: var(--gap-3) var(--gap-2); }
    .count { padding: 0 var(--gap-2) var(--gap-2); font-size: var(--size-small); color: var(--ink-soft); font-weight: 600; }
    li { display: flex; align-items: center; gap: var(--gap-3); padding: var(--gap-1) var(--gap-2); border-radius: var(--round-small); min-block-size: 3.25rem; }
    li:hover { background: var(--surface-2); }
    .face {
      display: grid; place-items: center; inline-size: 2.25rem; block-size: 2.25rem; border-radius: 50%; flex: none;
      background: var(--surface-3); color: var(--ink); font-size: var(--size-small); font-weight: 700;
    }
    .who { flex: 1; min-inline-size: 0; }
    .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .what { display: flex; flex-wrap: wrap; align-items: center; gap: var(--gap-1) var(--gap-2); font-size: var(--size-small); color: var(--ink-soft); }
    .do { display: flex; flex: none; }
    .do button { background: transparent; }
    .do button:hover { background: var(--surface-3); }
    .do .muted, .do .out { color: var(--danger-ink); }
    .hands { margin: 0 0 var(--gap-3); padding: var(--gap-2); border-radius: var(--round); background: var(--warn-soft); color: var(--warn-ink); }
    .hands h2 { display: flex; align-items: center; gap: var(--gap-2); font-size: var(--size-small); padding: 0 var(--gap-2); }
    .hands li:hover { background: transparent; }
    .hands .do button { color: var(--warn-ink); }
    .hands .do button:hover { background: var(--surface); }
    nav { display: flex; align-items: center; justify-content: space-between; padding: var(--gap-2) var(--gap-4); border-block-start: 1px solid var(--line); font-size: var(--size-small); }
    .wrong { padding: var(--gap-2); }
  `];

  constructor() {
    super();
    /** @type {Room | null} */
    this.room = null;
    this.moderator = false;
    /** Whether there is a list of who was here; the button for it says `attendance`. */
    this.attends = false;
    /** Whether it is seen; what is not seen asks for nothing. */
    this.active = false;
    /** @type {Participant[]} */
    this.people = [];
    this.total = 0;
    this.page = 0;
    this.failed = '';
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.soon = undefined;
    this.stop = () => {};
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.stop();
  }

  /** @override @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    this.follow(this.room, this.room?.local);
    if (changed.has('room')) {
      this.stop();
      this.stop = this.room?.on('people', () => this.#later()) ?? (() => {});
    }
    if (!changed.has('active') && !changed.has('room') && !changed.has('page')) return;
    clearInterval(this.timer);
    if (!this.active || !this.room) return;
    this.timer = setInterval(() => void this.load(), REFRESH_MS);
    void this.load();
  }

  #later() {
    if (!this.active) return;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => void this.load(), PAUSE_MS);
  }

  async load() {
    if (!this.room || this.room.ended) return;
    try {
      const { participants, total } = await this.room.participants({ offset: this.page * PAGE, limit: PAGE });
      // A server that knows no pages sends all of them.
      const all = total === undefined;
      this.total = total ?? participants.length;
      this.people = all ? participants.slice(this.page * PAGE, (this.page + 1) * PAGE) : participants;
      this.failed = '';
      if (this.page > 0 && this.page >= this.#pages) this.page = this.#pages - 1;
    } catch (error) {
      this.failed = t('people.failed');
      if (this.room.state === 'connected') this.say('problem', explain(error));
    }
  }

  get #pages() {
    return Math.max(1, Math.ceil(this.total / PAGE));
  }

  /** @override */
  render() {
    return html`<div class="list" tabindex="0" role="region" aria-label=${t('people.label')}>
        <p class="count" role="status">${t('people.count', { n: this.total })}</p>
        ${this.moderator && this.attends ? html`<button class="bare" type="button" @click=${() => this.say('attendance')}>${icon('table')}${t('attendance.open')}</button>` : nothing}
        ${this.failed ? html`<p class="wrong">${this.failed}</p>` : nothing}
        ${this.moderator && this.room?.hands.length ? this.#hands(this.room) : nothing}
        <ul>${repeat(this.people, ({ id }) => id, person => this.#person(person))}</ul></div>
      ${this.#pages > 1 ? html`<nav aria-label=${t('people.page', { page: this.page + 1, pages: this.#pages })}>
        <button class="round bare" type="button" aria-label=${t('people.previous')} ?disabled=${this.page === 0}
          @click=${() => this.page--}><span class="flips">${icon('previous')}</span></button>
        <span>${t('people.page', { page: this.page + 1, pages: this.#pages })}</span>
        <button class="round bare" type="button" aria-label=${t('people.next')} ?disabled=${this.page >= this.#pages - 1}
          @click=${() => this.page++}><span class="flips">${icon('next')}</span></button></nav>` : nothing}`;
  }

  /** Those who want to speak, the first to ask first. @param {Room} room */
  #hands(room) {
    return html`<section class="hands" aria-labelledby="hands-title">
      <h2 id="hands-title">${icon('hand')}${t('hands.title', { n: room.handsCount })}</h2>
      <ol>${repeat(room.hands, ({ id }) => id, ({ id, display }) => {
    const name = display || String(id);
    return html`<li><div class="who"><p class="name">${name}</p></div><div class="do">
          ${this.#act('up', t('stage.promote', { name }), () => room.direct('promote', id))}
          ${this.#act('close', t('hands.lower', { name }), () => room.lower(id))}</div></li>`;
  })}</ol></section>`;
  }

  /**
   * @param {import('./base.js').Icon} sign
   * @param {string} text
   * @param {() => Promise<void>} go
   */
  #act(sign, text, go) {
    return html`<button class="round" type="button" aria-label=${text} title=${text}
      @click=${() => void go().catch(error => this.say('problem', explain(error)))}>${icon(sign)}</button>`;
  }

  /** Brings somebody who sends on stage, or takes them down. @param {Room} room @param {Participant['id']} id @param {string} name */
  #direction(room, id, name) {
    const there = room.placed.get(id);
    return there ? this.#act('down', t('stage.demote', { name }), () => room.direct('demote', id))
      : this.#act('up', t('stage.promote', { name }), () => room.direct('promote', id));
  }

  /** @param {Participant} person */
  #person({ id, display, role }) {
    const own = id === this.room?.id;
    const name = display || String(id);
    const feed = this.room?.feeds.byId.get(id);
    const sources = own ? [...this.room?.local.sources.keys() ?? []] : feed?.streams.map(({ source }) => source) ?? [];
    const what = sources.filter(source => source !== 'screen-audio')
      .map(source => t(`people.source.${/** @type {'camera'} */ (source)}`)).join(', ');
    const rank = role ?? feed?.role ?? '';
    return html`<li>
      <span class="face" aria-hidden="true">${initials(name).text}</span>
      <div class="who"><p class="name">${name}${own ? html` (${t('people.you')})` : nothing}</p>
        <p class="what">${leads(rank) ? html`<span class="chip">${t(rank === 'admin' ? 'people.admin' : 'people.teacher')}</span>` : nothing}
          ${this.moderator && this.room?.placed.has(id) ? html`<span class="chip">${t('people.stage')}</span>` : nothing}
          ${feed?.streams.some(({ talking }) => talking) ? html`<span class="chip warn">${t('people.talking')}</span>` : nothing}
          ${what ? t('people.sharing', { what }) : nothing}</p></div>
      ${this.moderator && !own ? this.#actions(id, name, feed) : nothing}
    </li>`;
  }

  /** @param {Participant['id']} id @param {string} name @param {import('../lib/feeds.js').Feed | undefined} feed */
  #actions(id, name, feed) {
    const sound = feed?.streams.find(({ source }) => source === 'microphone');
    const mute = sound?.moderated ? t('people.unmute', { name }) : t('people.mute', { name });
    return html`<div class="do">
      ${this.room && feed && !leads(feed.role) ? this.#direction(this.room, id, name) : nothing}
      ${sound ? html`<button class="round ${sound.moderated ? 'muted' : ''}" type="button" aria-label=${mute} title=${mute}
        @click=${() => this.#mute(id, sound)}>${icon(sound.moderated ? 'microphone-off' : 'microphone')}</button>` : nothing}
      <button class="round" type="button" aria-label=${t('people.message', { name })} title=${t('people.message', { name })}
        @click=${() => this.say('write', { id: String(id), name })}>${icon('message')}</button>
      <button class="round out" type="button" aria-label=${t('people.remove', { name })} title=${t('people.remove', { name })}
        @click=${() => this.say('remove', { id, name })}>${icon('remove')}</button></div>`;
  }

  /** @param {Participant['id']} id @param {Stream} stream */
  async #mute(id, { mid, moderated }) {
    try {
      await this.room?.moderate(id, mid, !moderated);
      // The server tells the others and the one who is muted, not always the one who asked.
      this.room?.feeds.mark(id, mid, { moderated: !moderated });
      this.requestUpdate();
    } catch (error) {
      this.say('problem', explain(error));
    }
  }
}
customElements.define('aula-people', AulaPeople);
