// SPDX-License-Identifier: Apache-2.0
/** What is written in a class. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import { leads } from './aula-stage.js';

/** @typedef {import('../lib/chat.js').Chat} Chat */
/** @typedef {import('../lib/chat.js').Message} Message */
/** @typedef {import('../lib/room.js').Room} Room */

/** Longer messages are refused by the server as well. */
const MOST_CHARACTERS = 2000;
/** For this long one may take back what one wrote. */
const TAKE_BACK_MS = 300_000;
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** @param {string} text addresses become links, and nothing else does */
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]'])/g).map((part, index) => index % 2
    ? html`<a href=${part} target="_blank" rel="noopener noreferrer nofollow">${part}</a>` : part);
}

export class AulaChat extends AulaElement {
  static properties = { chat: { attribute: false }, room: { attribute: false }, moderator: { type: Boolean },
    to: { state: true }, wrong: { state: true }, below: { state: true }, length: { state: true } };

  static styles = [shared, css`
    :host { display: flex; flex-direction: column; min-block-size: 0; }
    .log { flex: 1; min-block-size: 0; overflow-y: auto; padding: var(--gap-4); overscroll-behavior: contain; }
    ol { display: flex; flex-direction: column; gap: var(--gap-3); min-block-size: 100%; justify-content: flex-end; }
    .empty { display: grid; place-content: center; justify-items: center; gap: var(--gap-2); min-block-size: 100%;
      color: var(--ink-soft); text-align: center; }
    .empty .icon { inline-size: 2rem; block-size: 2rem; }
    li { position: relative; display: grid; gap: 0.125rem; max-inline-size: 88%; justify-items: start; }
    li.own { align-self: flex-end; justify-items: end; }
    .head { display: flex; flex-wrap: wrap; gap: var(--gap-1) var(--gap-2); align-items: baseline; padding-inline: var(--gap-1); font-size: var(--size-small); }
    .from { font-weight: 600; overflow-wrap: anywhere; }
    time { color: var(--ink-soft); }
    .text {
      padding: var(--gap-2) var(--gap-3); border-radius: var(--round); border-start-start-radius: 0.25rem;
      background: var(--surface-2); white-space: pre-wrap; overflow-wrap: anywhere;
    }
    .own .text { background: var(--accent-soft); border-start-start-radius: var(--round); border-start-end-radius: 0.25rem; }
    .lead .text { border-inline-start: 3px solid var(--gold); }
    .whisper .text { outline: 1px dashed var(--line-strong); outline-offset: -1px; }
    .text a { color: inherit; }
    .own .row { flex-direction: row-reverse; }
    .own .head { justify-content: flex-end; }
    .row { display: flex; align-items: center; gap: var(--gap-1); max-inline-size: 100%; }
    .delete { opacity: 0; color: var(--danger-ink); background: transparent; }
    li:hover .delete, .delete:focus-visible { opacity: 1; }
    @media (hover: none) { .delete { opacity: 1; } }
    form { display: grid; gap: var(--gap-2); padding: var(--gap-3) var(--gap-4) var(--gap-4); border-block-start: 1px solid var(--line); }
    .to { display: flex; align-items: center; gap: var(--gap-2); }
    .to select { min-block-size: var(--target); padding-block: 0; }
    .write { display: flex; align-items: flex-end; gap: var(--gap-2); }
    textarea { max-block-size: 9rem; field-sizing: content; }
    .jump { position: absolute; inset-block-end: var(--gap-2); inset-inline: 0; margin-inline: auto; inline-size: max-content; box-shadow: var(--shadow); }
    .frame { position: relative; display: flex; flex: 1; min-block-size: 0; flex-direction: column; }
  `];

  constructor() {
    super();
    /** @type {Chat | null} */
    this.chat = null;
    /** @type {Room | null} */
    this.room = null;
    this.moderator = false;
    /** The name on the wire of whom alone to write to; empty: everyone. */
    this.to = '';
    this.wrong = '';
    /** True when newer messages are below what is seen. */
    this.below = false;
    this.length = 0;
    this.atEnd = true;
    this.shown = 0;
  }

  /** @override */
  willUpdate() {
    this.follow(this.chat, this.room);
    if (this.to && !this.people.some(({ id }) => id === this.to)) this.to = '';
  }

  /** Those one may write to alone: the teachers; for a moderator, whoever has written or is written to. */
  get people() {
    /** @type {Map<string, string>} */
    const people = new Map();
    for (const [id, name] of this.room?.leaders ?? []) people.set(id, name);
    for (const feed of this.moderator ? this.room?.feeds.byId.values() ?? [] : [])
      people.set(String(feed.id), feed.display || String(feed.id));
    for (const { from, display, role, own } of this.chat?.messages ?? [])
      if (!own && from !== '' && (this.moderator || leads(role))) people.set(String(from), display);
    if (this.picked) people.set(this.picked.id, this.picked.name);
    people.delete(String(this.room?.id));
    return [...people].map(([id, name]) => ({ id, name }));
  }

  /** @type {{id: string, name: string} | null} */
  picked = null;

  /** Begins a private message. @param {string} id @param {string} name */
  async writeTo(id, name) {
    this.picked = { id, name };
    this.to = id;
    await this.updateComplete;
    /** @type {HTMLTextAreaElement | null} */ (this.renderRoot.querySelector('textarea'))?.focus();
  }

  /** @override */
  render() {
    const messages = this.chat?.messages ?? [];
    return html`<div class="frame">
      <div class="log" tabindex="0" role="log" aria-label=${t('chat.log')} @scroll=${this.#scrolled}>
        ${messages.length ? html`<ol>${repeat(messages, ({ id }) => id, message => this.#message(message))}</ol>`
    : html`<p class="empty">${icon('message')}${t('chat.empty')}</p>`}
      </div>
      ${this.below ? html`<button class="main jump" type="button" @click=${this.#toEnd}>${t('chat.new')}</button>` : nothing}
      </div>
      ${this.#form()}`;
  }

  /** @param {Message} message */
  #message(message) {
    const { id, from, display, own, role, text, date, whisper, to } = message;
    const toName = own && to.length ? this.chat?.names.get(String(to[0])) : undefined;
    const mine = own && Date.now() - date.getTime() < TAKE_BACK_MS;
    const lead = leads(role) || !!this.room?.leaders.has(String(from));
    const classes = [own ? 'own' : '', lead && !own ? 'lead' : '', whisper ? 'whisper' : ''].join(' ');
    return html`<li class=${classes}>
      <p class="head"><span class="from">${own ? t('chat.you') : display}</span>
        ${lead && !own ? html`<span class="chip">${t('people.teacher')}</span>` : nothing}
        ${whisper ? html`<span class="chip warn">${toName ? t('chat.private.to', { name: toName }) : t('chat.private')}</span>` : nothing}
        <time datetime=${date.toISOString()}>${TIME.format(date)}</time></p>
      <div class="row"><p class="text" dir="auto">${linked(text)}</p>
        ${this.moderator || mine ? html`<button class="round delete" type="button" title=${t('chat.delete', { name: display })}
          aria-label=${t('chat.delete', { name: display })} @click=${() => this.#delete(id)}>${icon('trash')}</button>` : nothing}
      </div></li>`;
  }

  #form() {
    const { people } = this, open = this.chat?.open ?? false;
    return html`<form @submit=${this.#send}>
      ${people.length ? html`<div class="to"><label for="to">${t('chat.to')}</label>
        <select id="to" @change=${this.#address}>
          <option value="" ?selected=${!this.to}>${t('chat.everyone')}</option>
          ${people.map(({ id, name }) => html`<option value=${id} ?selected=${id === this.to}>${t('chat.privately', { name })}</option>`)}
        </select></div>` : nothing}
      <div class="write">
        <label class="hidden" for="text">${t('chat.label')}</label>
        <textarea id="text" rows="1" maxlength=${MOST_CHARACTERS} placeholder=${t('chat.placeholder')} dir="auto"
          aria-describedby="state" ?disabled=${!open} @keydown=${this.#key} @input=${this.#typed}></textarea>
        <button class="main round" aria-label=${t('chat.send')} title=${t('chat.send')} ?disabled=${!open}>${icon('send')}</button>
      </div>
      <p id="state" role="status" class=${this.wrong ? 'wrong' : 'hint'} ?hidden=${!this.#state}>${this.#state}</p>
    </form>`;
  }

  get #state() {
    if (this.wrong) return this.wrong;
    if (!this.chat?.open) return t('chat.closed');
    const left = MOST_CHARACTERS - this.length;
    return left < 200 ? t('chat.left', { n: left }) : '';
  }

  /** @override */
  updated() {
    const count = this.chat?.messages.length ?? 0;
    if (count === this.shown) return;
    const last = this.chat?.messages.at(-1);
    const more = count > this.shown;
    this.shown = count;
    if (this.atEnd || last?.own) this.#toEnd();
    else if (more) this.below = true;
  }

  get #log() {
    return /** @type {HTMLElement} */ (this.renderRoot.querySelector('.log'));
  }

  #scrolled() {
    const log = this.#log;
    this.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    if (this.atEnd) this.below = false;
  }

  #toEnd() {
    const log = this.#log;
    log.scrollTop = log.scrollHeight;
    this.atEnd = true;
    this.below = false;
  }

  /** @param {Event} event */
  #address(event) {
    this.to = /** @type {HTMLSelectElement} */ (event.target).value;
  }

  /** @param {Event} event */
  #typed(event) {
    this.length = /** @type {HTMLTextAreaElement} */ (event.target).value.length;
    this.wrong = '';
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    /** @type {HTMLFormElement} */ (this.renderRoot.querySelector('form')).requestSubmit();
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const field = /** @type {HTMLTextAreaElement} */ (this.renderRoot.querySelector('#text'));
    const text = field.value.trim();
    if (!text || !this.chat) return;
    try {
      const person = this.people.find(({ id }) => id === this.to);
      await this.chat.send(text, person ? [person.id] : []);
      field.value = '';
      this.length = 0;
      this.wrong = '';
    } catch (error) {
      this.wrong = t('chat.refused', { reason: explain(error) });
    }
  }

  /** @param {Message['id']} id */
  async #delete(id) {
    try {
      await this.chat?.remove(id);
    } catch (error) {
      this.wrong = explain(error);
    }
  }
}
customElements.define('aula-chat', AulaChat);
