// SPDX-License-Identifier: Apache-2.0
/** The whole of a class page: the door, the class, and the way out. */

import { css, html, nothing } from 'lit';

import { Attendance, AulaError, Chat, Polls, Room } from '../lib/aula.js';
import { ask, entrance } from '../lib/account.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import { Keeper, claimsOf, demoToken, loadConfig, open, roomOf } from './entry.js';
import { onGone, stayAwake } from './presence.js';
import { leads } from './aula-stage.js';
import { nameOf } from './aula-poll.js';
import { remembered } from './aula-device-picker.js';
import './aula-attendance.js';
import './aula-chat.js';
import './aula-confirm.js';
import './aula-controls.js';
import './aula-demo.js';
import './aula-join-form.js';
import './aula-notices.js';
import './aula-people.js';
import './aula-polls.js';
import './aula-publish.js';
import './aula-sound.js';
import './aula-status.js';

/** @typedef {import('./aula-join-form.js').Entry} Entry */
/** @typedef {import('./aula-notices.js').AulaNotices} AulaNotices */
/** @typedef {import('./aula-confirm.js').AulaConfirm} AulaConfirm */
/** @typedef {import('./aula-device-picker.js').AulaDevicePicker} AulaDevicePicker */
/** @typedef {import('./entry.js').Ticket} Ticket */

/** @typedef {'chat' | 'people' | 'polls'} Tab */

/** More pictures than this overload a phone; the teachers' are always received. */
const MOST_PICTURES = 9;

export class AulaClass extends AulaElement {
  static properties = { kind: {}, config: { state: true }, room: { state: true }, chat: { state: true }, polls: { state: true }, attendance: { state: true },
    busy: { state: true }, error: { state: true }, tab: { state: true }, aside: { state: true },
    unread: { state: true }, over: { state: true }, speaker: { state: true } };

  static styles = [shared, css`
    :host { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); block-size: 100dvh; }
    .scroll { overflow-y: auto; min-block-size: 0; grid-row: 2; }
    .class {
      display: grid; min-block-size: 0; gap: var(--gap-3); padding: var(--gap-3); grid-row: 2;
      grid-template: "top top" auto "sound sound" auto "stage side" minmax(0, 1fr) "bar side" auto / minmax(0, 1fr) 22.5rem;
    }
    .class.alone { grid-template-columns: minmax(0, 1fr) 0; column-gap: 0; }
    .class.alone aside { display: none; }
    header { grid-area: top; display: flex; align-items: center; gap: var(--gap-3); min-inline-size: 0; padding-inline: var(--gap-1); }
    h1 { flex: 1; font-size: var(--size-large); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; letter-spacing: -0.01em; }
    header svg { inline-size: 2rem; block-size: 2rem; flex: none; }
    header .icon { inline-size: 1.375rem; block-size: 1.375rem; }
    aula-sound { grid-area: sound; }
    [tabindex="-1"]:focus { outline: none; }
    .class main { grid-area: stage; min-block-size: 0; min-inline-size: 0; }
    aula-stage { block-size: 100%; }
    .bar { grid-area: bar; padding: var(--gap-1); border-radius: var(--round-large); background: var(--surface); border: 1px solid var(--line); }
    aside {
      grid-area: side; display: flex; flex-direction: column; min-block-size: 0; overflow: hidden;
      border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface);
    }
    [role="tablist"] { display: flex; gap: var(--gap-1); padding: var(--gap-2); border-block-end: 1px solid var(--line); }
    [role="tab"] { flex: 1 1 auto; gap: var(--gap-1); padding-inline: var(--gap-2); border-radius: var(--round); background: transparent; color: var(--ink-soft); }
    [role="tab"][aria-selected="true"] { background: var(--surface-2); color: var(--ink); }
    [role="tabpanel"] { flex: 1; min-block-size: 0; display: flex; flex-direction: column; }
    [role="tabpanel"] > * { flex: 1; }
    .count { min-inline-size: 1.375rem; padding: 0 0.375rem; border-radius: 999px; background: var(--accent); color: var(--on-accent); font-size: 0.75rem; line-height: 1.375rem; text-align: center; }
    .live { background: #b3261e; color: #fff; text-transform: uppercase; letter-spacing: 0.05em; font-size: 0.75rem; }
    .away { background: var(--surface-2); color: var(--ink-soft); }
    .message { display: grid; place-content: center; justify-items: center; gap: var(--gap-4); padding: var(--gap-5); text-align: center; }
    .message h1 { white-space: normal; flex: none; font-size: 1.5rem; }
    .lost { display: flex; align-items: center; gap: var(--gap-2); }
    @media (max-width: 24rem) { [role="tab"] .icon { display: none; } }
    @media (max-width: 56rem) {
      .class, .class.alone {
        padding: 0; gap: 0;
        grid-template: "top" auto "sound" auto "stage" minmax(10rem, min(42dvh, 82vw)) "side" minmax(0, 1fr) "bar" auto / minmax(0, 1fr);
      }
      .class.alone { grid-template-rows: auto auto minmax(0, 1fr) 0 auto; }
      header { padding: var(--gap-1) var(--gap-3); }
      aula-stage { border-radius: 0; }
      aside { border-radius: 0; border-width: 0 0 1px; }
      .bar { border-radius: 0; border-width: 0; padding-block-end: max(var(--gap-1), env(safe-area-inset-bottom)); }
    }
    @media (max-width: 56rem) and (orientation: landscape) and (max-height: 34rem) {
      .class { grid-template: "top top" auto "sound sound" auto "stage side" minmax(0, 1fr) "bar bar" auto / minmax(0, 1fr) 17rem; }
      .class.alone { grid-template: "top" auto "sound" auto "stage" minmax(0, 1fr) "bar" auto / minmax(0, 1fr); }
    }
  `];

  constructor() {
    super();
    /** `student` or `teacher`: which page this is; what one may do, the token says. */
    this.kind = 'student';
    /** @type {import('./entry.js').Config | null} */
    this.config = null;
    /** @type {Room | null} */
    this.room = null;
    /** @type {Chat | null} */
    this.chat = null;
    this.busy = false;
    this.error = '';
    /** Null also where the server has none. @type {Polls | null} */
    this.polls = null;
    /** For a teacher, where the server has it. @type {Attendance | null} */
    this.attendance = null;
    /** @type {Tab} */
    this.tab = 'chat';
    this.aside = true;
    this.unread = 0;
    /** Why it is over. @type {'' | 'left' | 'kicked' | 'closed'} */
    this.over = '';
    this.speaker = remembered('speaker');
    /** @type {Ticket | null} */
    this.ticket = null;
    this.keeper = new Keeper('student');
    this.name = '';
    /** The class in the address, for who comes without a token: `#room=…`. */
    this.wanted = '';
    /** Who is logged in, where nobody brought a token; null also where there are no accounts.
     * @type {import('../lib/account.js').Entrance | null} */
    this.entrance = null;
    /** Undoes what was asked of the browser for the time in class. @type {(() => void)[]} */
    this.undo = [];
  }

  get teacher() {
    return this.kind === 'teacher';
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.keeper = new Keeper(this.kind);
    this.ticket = this.keeper.take();
    this.wanted = String(this.ticket?.room ?? new URLSearchParams(location.hash.slice(1)).get('room') ?? '');
    void this.#begin();
  }

  async #begin() {
    const config = await loadConfig().catch(() => ({ demo: false }));
    if (!this.ticket && !config.demo) this.entrance = await entrance().catch(() => null);
    this.config = config;
    if (this.ticket?.inside) await this.#again();
  }

  /** After a reload: back to where one was. */
  async #again() {
    const { sharing = [] } = /** @type {Ticket} */ (this.ticket);
    await this.#enter({ name: '', token: '', tracks: {} });
    if (!this.room || !sharing.length) return;
    const wanted = Object.fromEntries(sharing.map(source => [source, remembered(source) || true]));
    await this.room.local.share(wanted).catch(error => this.#complain(explain(error, 'share')));
  }

  /** @override */
  willUpdate() {
    this.follow(this.room, this.room?.local, this.polls);
  }

  /** @override */
  render() {
    return html`
      ${this.config?.demo ? html`<aula-demo compact></aula-demo>` : html`<span></span>`}
      ${this.over ? this.#overView() : this.room ? this.#classView(this.room) : this.#door()}
      <aula-notices></aula-notices>`;
  }

  #door() {
    if (!this.config) return html`<p class="message" role="status">${t('state.connecting')}</p>`;
    if (this.ticket?.inside && this.busy) return html`<p class="message" role="status">${t('join.busy')}</p>`;
    return html`<main class="scroll"><aula-join-form ?teacher=${this.teacher} ?demo=${this.config.demo}
      .known=${this.ticket ? claimsOf(this.ticket.token).name ?? '' : this.#account?.name ?? ''} .login=${this.#login} ?busy=${this.busy} .error=${this.error}
      @enter=${(/** @type {CustomEvent<Entry>} */ event) => this.#enter(event.detail)}></aula-join-form></main>`;
  }

  /** Who may enter by their account alone: they are logged in, and the class is known. */
  get #account() {
    const who = this.entrance?.who;
    return this.wanted && who?.pages.includes(/** @type {'student' | 'teacher'} */ (this.kind)) ? who : undefined;
  }

  /** Where one logs in, and comes back from; for who is in already, where the classes are. */
  get #login() {
    if (!this.entrance) return '';
    const back = `/${this.kind}/${this.wanted ? `#${new URLSearchParams({ room: this.wanted })}` : ''}`;
    return this.entrance.who ? '/' : `/login/?${new URLSearchParams({ to: this.wanted ? back : '/' })}`;
  }

  #overView() {
    return html`<main class="message scroll">${logo}<h1 tabindex="-1">${t(`class.${this.over || 'left'}`)}</h1>
      <div class="actions">
        ${this.over === 'kicked' ? nothing : html`<button class="main" type="button" @click=${this.#rejoin}>${t('class.again')}</button>`}
        <a class="button" href="/">${t('class.home')}</a></div></main>`;
  }

  /** @param {Room} room */
  #title(room) {
    return room.description || t('class.untitled', { room: String(room.options.room) });
  }

  /** @param {Room} room */
  #classView(room) {
    return html`<div class="class ${this.aside ? '' : 'alone'}">
      <header>${logo}<h1>${this.#title(room)}</h1>
        ${this.teacher ? html`<span class="chip ${room.local.sources.size ? 'live' : 'away'}">${
    t(room.local.sources.size ? 'stage.live' : 'stage.offair')}</span>` : nothing}
        ${room.state === 'lost' ? html`<button class="main" type="button" @click=${this.#rejoin}>${t('state.retry')}</button>` : nothing}
        <aula-status .room=${room}></aula-status>
        <button class="round" type="button" aria-expanded=${this.aside} aria-controls="side"
          aria-label=${t(this.aside ? 'class.hide' : 'class.show')} title=${t(this.aside ? 'class.hide' : 'class.show')}
          @click=${this.#toggleAside}>${icon('message')}${!this.aside && this.unread ? html`<span class="hidden">${
  t('tabs.unread', { n: this.unread })}</span>` : nothing}</button>
      </header>
      <aula-sound .room=${room} .speaker=${this.speaker}></aula-sound>
      <main tabindex="-1" aria-label=${t('stage.label')}><aula-stage .room=${room} .name=${this.name} ?teacher=${this.teacher}></aula-stage></main>
      ${this.#side(room)}
      <section class="bar" aria-label=${t('controls.label')}><aula-controls .room=${room} ?teacher=${this.teacher} @devices=${this.#devices}
        @leave=${this.#leave} @problem=${this.#problem}></aula-controls></section>
      <aula-device-picker ?publishes=${this.teacher} @device=${this.#device} @publish=${this.#publish}></aula-device-picker>
      ${this.teacher ? html`<aula-publish .room=${room.options.room} .token=${this.ticket?.token ?? ''}></aula-publish>` : nothing}
      ${this.attendance ? html`<aula-attendance .attendance=${this.attendance}></aula-attendance>` : nothing}
      <aula-confirm></aula-confirm></div>`;
  }

  /** @param {Room} room */
  #side(room) {
    const moderator = this.teacher;
    const tab = (/** @type {Tab} */ name, /** @type {unknown} */ more) => html`
      <button role="tab" type="button" id="tab-${name}" aria-controls="panel-${name}" aria-selected=${this.tab === name}
        tabindex=${this.tab === name ? 0 : -1} @click=${() => this.#turn(name)}>
        ${icon(name === 'chat' ? 'message' : name === 'people' ? 'people' : 'poll')}${t(`tabs.${name}`)}${more}</button>`;
    return html`<aside id="side" aria-label=${t('class.side')} @problem=${this.#problem}>
      <div role="tablist" aria-label=${t('tabs.label')} @keydown=${this.#tabKey}>
        ${tab('chat', this.unread ? html`<span class="count" aria-label=${t('tabs.unread', { n: this.unread })}>${this.unread}</span>` : nothing)}
        ${tab('people', html`${room.count ? html`<span class="hint">${room.count}</span>` : nothing}${
    moderator && room.handsCount ? html`<span class="count" aria-label=${t('hands.title', { n: room.handsCount })}>${room.handsCount}</span>` : nothing}`)}
        ${this.polls ? tab('polls', this.#toAnswer ? html`<span class="count" aria-label=${t('tabs.unanswered', { n: this.#toAnswer })}>${this.#toAnswer}</span>` : nothing) : nothing}
      </div>
      <div role="tabpanel" id="panel-chat" aria-labelledby="tab-chat" ?hidden=${this.tab !== 'chat'}>
        <aula-chat .chat=${this.chat} .room=${room} ?moderator=${moderator}></aula-chat></div>
      <div role="tabpanel" id="panel-people" aria-labelledby="tab-people" ?hidden=${this.tab !== 'people'}>
        <aula-people .room=${room} ?moderator=${moderator} ?attends=${!!this.attendance} @attendance=${this.#attend} ?active=${this.teacher || (this.tab === 'people' && this.aside)}
          @remove=${this.#remove} @write=${this.#write}></aula-people></div>
      ${this.polls ? html`<div role="tabpanel" id="panel-polls" aria-labelledby="tab-polls" ?hidden=${this.tab !== 'polls'}>
        <aula-polls .polls=${this.polls} ?asks=${this.teacher} @drop=${this.#drop}></aula-polls></div>` : nothing}
    </aside>`;
  }

  /** How many polls wait for our answer. */
  get #toAnswer() {
    return this.teacher ? 0 : this.polls?.list.filter(({ state, mine }) => state === 'open' && !mine).length ?? 0;
  }

  /** @param {Entry} entry */
  async #enter({ name, token, tracks }) {
    this.busy = true;
    this.error = '';
    try {
      const ticket = await this.#admit(name, token);
      const session = await open(ticket.token);
      try {
        await this.#join(session, ticket, tracks);
      } catch (error) {
        await session.close();
        throw error;
      }
    } catch (error) {
      for (const track of Object.values(tracks)) track.stop();
      if (error instanceof AulaError && error.word === 'unauthorized') {
        this.ticket = null;
        this.keeper.drop();
        // Whoever has an account logs in, and comes back.
        this.entrance = await entrance().catch(() => null);
      } else if (this.ticket) this.ticket.inside = false;
      this.error = explain(error);
    }
    this.busy = false;
  }

  /** @param {string} name @param {string} token @returns {Promise<Ticket>} */
  async #admit(name, token) {
    if (this.ticket) return this.ticket;
    if (token) return { token, room: roomOf(claimsOf(token).room ?? ''), inside: false };
    if (this.#account) return { token: (await ask('token', { room: this.wanted })).token, room: roomOf(this.wanted), inside: false };
    return { ...await demoToken(this.kind, name), inside: false };
  }

  /**
   * @param {import('../lib/session.js').Session} session
   * @param {Ticket} ticket
   * @param {Entry['tracks']} tracks
   */
  async #join(session, ticket, tracks) {
    const number = ticket.room || this.config?.room;
    if (!number) throw new AulaError('The token names no class', { word: 'not-found' });
    const { name = '' } = claimsOf(ticket.token);
    const room = new Room(session, { room: number, stage: !this.teacher, ...(name && { display: name }) });
    room.options.wants = (feed, stream) => stream.type === 'audio' || leads(feed.role)
      || this.#among(room, stream);
    room.local.height = this.teacher ? 720 : 360;
    room.on('moderated', ({ source, muted }) => this.#moderated(source, muted));
    room.on('stage', word => this.#notices.show(t(`notice.stage.${/** @type {'promoted'} */ (word)}`)));
    room.session.on('draining', () => this.#notices.show(t('notice.draining')));
    room.on('hand', ({ id, display }) => this.teacher && this.#notices.show(t('notice.hand', { name: display || String(id) })));
    room.on('ended', reason => this.#ended(session, reason));
    room.local.on('ended', source => source !== 'screen' && this.#complain(t('notice.device.ended')));
    await room.join();
    this.name = name;
    this.ticket = { ...ticket, inside: true };
    room.local.on('change', () => this.#remember(room));
    this.#remember(room);
    const chat = new Chat(session, { room: number, ...(name && { display: name }) });
    chat.on('message', ({ own }) => {
      if (!own && (this.tab !== 'chat' || !this.aside)) this.unread++;
    });
    this.room = room;
    this.chat = chat;
    this.undo = [stayAwake(), onGone(() => void session.close())];
    document.title = `${this.#title(room)} · ${t('app.name')}`;
    void this.#focus('main');
    this.aside = !matchMedia('(max-width: 56rem) and (orientation: landscape) and (max-height: 34rem)').matches;
    await chat.join().catch(error => this.#complain(explain(error)));
    await this.#ask(session, number);
    // How many there are, and a teacher to write to: who came first is likely to be one.
    await room.participants({ offset: 0, limit: 25 }).catch(() => {});
    if (Object.keys(tracks).length)
      await room.local.give(tracks).catch(error => this.#complain(explain(error, 'share')));
  }

  /** Polls and attendance, where the server has them. @param {import('../lib/session.js').Session} session @param {string | number} number */
  async #ask(session, number) {
    const polls = new Polls(session, { room: number });
    if (!this.teacher) {
      polls.on('opened', poll => this.#notices.show(t('polls.opened', { question: nameOf(poll) })));
      polls.on('shown', poll => this.#notices.show(t('polls.shown', { question: nameOf(poll) })));
    }
    this.polls = await polls.join().catch(() => null);
    if (this.teacher) this.attendance = await new Attendance(session, { room: number }).join().catch(() => null);
  }

  /** Of the pictures of students, the first few. @param {Room} room @param {import('../lib/feeds.js').Stream} stream */
  #among(room, stream) {
    return [...room.feeds.byId.values()].filter(one => !leads(one.role)).flatMap(one => one.streams)
      .filter(({ type }) => type === 'video').slice(0, MOST_PICTURES).includes(stream);
  }

  /** @param {Room} room */
  #remember(room) {
    if (!this.ticket || room.ended) return;
    const sharing = /** @type {('microphone' | 'camera')[]} */ (['microphone', 'camera'])
      .filter(source => room.local.has(source) && !room.local.get(source)?.muted);
    this.keeper.keep({ ...this.ticket, sharing });
  }

  /** @param {import('../lib/publisher.js').Source} source @param {boolean} muted */
  #moderated(source, muted) {
    const what = source === 'screen-audio' ? 'screen' : source;
    this.#notices.show(t(`notice.${muted ? 'moderated' : 'unmoderated'}.${what}`));
  }

  /** @param {import('../lib/session.js').Session} session @param {'left' | 'kicked' | 'closed'} reason */
  async #ended(session, reason) {
    this.over = reason;
    this.room = null;
    if (reason === 'kicked') this.keeper.drop();
    else if (this.ticket) this.keeper.keep({ ...this.ticket, inside: false, sharing: [] });
    for (const undo of this.undo.splice(0)) undo();
    void this.#focus('h1');
    await Promise.all([this.chat?.leave(), this.polls?.leave()]);
    this.chat = null;
    this.polls = null;
    this.attendance = null;
    await session.close();
  }

  /** After a change of view, so that keyboard and screen reader go on from there. @param {string} selector */
  async #focus(selector) {
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(selector))?.focus();
  }

  async #rejoin() {
    // Leaving says `ended`, which closes the rest.
    await this.room?.leave();
    this.over = '';
    await this.#enter({ name: '', token: '', tracks: {} });
  }

  get #notices() {
    return /** @type {AulaNotices} */ (this.renderRoot.querySelector('aula-notices'));
  }

  get #confirm() {
    return /** @type {AulaConfirm} */ (this.renderRoot.querySelector('aula-confirm'));
  }

  /** @param {string} text */
  #complain(text) {
    this.#notices.show(text, { error: true });
  }

  /** @param {CustomEvent<string>} event */
  #problem(event) {
    this.#complain(event.detail);
  }

  #toggleAside() {
    this.aside = !this.aside;
    if (this.aside && this.tab === 'chat') this.unread = 0;
  }

  /** @param {Tab} tab */
  #turn(tab) {
    this.tab = tab;
    if (tab === 'chat') this.unread = 0;
  }

  /** @param {KeyboardEvent} event */
  async #tabKey(event) {
    if (!['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return;
    event.preventDefault();
    /** @type {Tab[]} */
    const tabs = ['chat', 'people', ...(this.polls ? [/** @type {const} */ ('polls')] : [])];
    // What is written from right to left goes the other way.
    const step = (event.key === 'ArrowRight') === (getComputedStyle(this).direction !== 'rtl') ? 1 : -1;
    const at = event.key === 'Home' ? 0 : event.key === 'End' ? -1 : (tabs.indexOf(this.tab) + step) % tabs.length;
    this.#turn(tabs.at(at) ?? 'chat');
    await this.updateComplete;
    /** @type {HTMLElement} */ (this.renderRoot.querySelector(`#tab-${this.tab}`)).focus();
  }

  #devices() {
    void /** @type {AulaDevicePicker} */ (this.renderRoot.querySelector('aula-device-picker')).open();
  }

  #attend() {
    void /** @type {import('./aula-attendance.js').AulaAttendance} */ (this.renderRoot.querySelector('aula-attendance')).open();
  }

  #publish() {
    /** @type {import('./aula-publish.js').AulaPublish} */ (this.renderRoot.querySelector('aula-publish')).open();
  }

  /** @param {CustomEvent<{kind: 'microphone' | 'camera' | 'speaker', id: string}>} event */
  async #device({ detail: { kind, id } }) {
    if (kind === 'speaker') {
      this.speaker = id;
      return;
    }
    await this.room?.local.use(kind, id).catch(error => this.#complain(explain(error)));
  }

  async #leave() {
    const { room } = this;
    if (!room) return;
    if (this.teacher && room.local.sources.size && !await this.#confirm.ask({ title: t('controls.leave.teacher'),
      text: t('controls.leave.teacher.text'), go: t('dialog.leave') })) return;
    await room.leave();
  }

  /** @param {CustomEvent<{id: number | string, name: string}>} event */
  async #remove({ detail: { id, name } }) {
    if (!await this.#confirm.ask({ title: t('people.remove.title', { name }), text: t('people.remove.text'),
      go: t('people.remove.go') })) return;
    await this.room?.kick(id).catch(error => this.#complain(explain(error)));
  }

  /** @param {CustomEvent<import('../lib/polls.js').Poll>} event */
  async #drop({ detail: { id } }) {
    if (!await this.#confirm.ask({ title: t('poll.drop.title'), text: t('poll.drop.text'), go: t('poll.drop.go') })) return;
    await this.polls?.drop(id).catch(error => this.#complain(explain(error, 'poll')));
  }

  /** @param {CustomEvent<{id: string, name: string}>} event */
  async #write({ detail: { id, name } }) {
    this.#turn('chat');
    await this.updateComplete;
    await /** @type {import('./aula-chat.js').AulaChat} */ (this.renderRoot.querySelector('aula-chat')).writeTo(id, name);
  }
}
customElements.define('aula-class', AulaClass);
