// SPDX-License-Identifier: Apache-2.0
/** Before a class: waits until it opens, and goes in. */

import { css, html, nothing } from 'lit';

import { dayOf, enter, hourOf, nameOf } from '../lib/courses.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

/** @typedef {import('../lib/courses.js').Class} Class */

const ASK_MS = 3000, TICK_MS = 1000;

/** Says `closed` when somebody waits no more. */
export class AulaLobby extends AulaElement {
  static properties = { one: { state: true }, manages: { state: true }, error: { state: true }, left: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    .count { font-size: 2rem; font-weight: 700; font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
    .wait { display: grid; gap: var(--gap-2); padding: var(--gap-5); border-radius: var(--round); background: var(--surface-2); text-align: center; }
  `];

  constructor() {
    super();
    /** @type {Class | null} */
    this.one = null;
    this.manages = false;
    this.error = '';
    /** Seconds until it opens; -1: nobody knows. */
    this.left = -1;
    /** By how much the server's clock is ahead of this one, in seconds. */
    this.ahead = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.asking = undefined;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.ticking = undefined;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop();
  }

  /** Goes in, or waits. @param {Class} one @param {boolean} [open] opens it first, by who may */
  async go(one, open = false) {
    this.one = one;
    this.error = '';
    if (await this.#ask(open) || !this.isConnected) return;
    this.#tick();
    this.#stop();
    // Those who wait for one class do not all ask at once.
    this.asking = setInterval(() => void this.#ask(), ASK_MS + Math.random() * 1000);
    this.ticking = setInterval(() => this.#tick(), TICK_MS);
    await this.updateComplete;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #stop() {
    clearInterval(this.asking);
    clearInterval(this.ticking);
  }

  #tick() {
    this.left = this.one?.opens_s ? Math.max(0, Math.ceil(this.one.opens_s - Date.now() / 1000 - this.ahead)) : -1;
  }

  /** True: it leads into the class. @param {boolean} [open] */
  async #ask(open) {
    const { one } = this;
    if (!one) return true;
    try {
      const entered = await enter(one.id, open);
      this.error = '';
      this.manages = entered.manages;
      if (entered.open) {
        this.#stop();
        return true;
      }
      if (entered.class) this.one = { ...one, ...entered.class };
      this.ahead = (entered.now_s ?? Date.now() / 1000) - Date.now() / 1000;
    } catch (error) {
      this.error = explain(error, 'course');
    }
    return false;
  }

  /** @override */
  render() {
    const { one } = this;
    return html`<dialog aria-labelledby="title" @close=${() => { this.#stop(); this.say('closed'); }}>${one ? html`<div class="stack">
      <h2 id="title">${nameOf(one)}</h2>
      <div class="wait">${one.state === 'over' ? html`<p role="status">${t('lobby.over')}</p>` : html`
        ${this.left >= 0 ? html`<p class="count" role="timer" aria-label=${t('lobby.left')}>${this.#count()}</p>` : nothing}
        <p role="status">${one.opens_s ? t('lobby.opens', { day: dayOf(one.opens_s), time: hourOf(one.opens_s) }) : t('lobby.manual')}</p>
        <p class="hint">${t('lobby.stay')}</p>`}</div>
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t('lobby.leave')}</button>
        ${this.manages ? html`<button class="main" type="button" @click=${() => void this.#ask(true)}>${icon('camera')}${t('timetable.open')}</button>` : nothing}
      </div></div>` : nothing}</dialog>`;
  }

  #count() {
    const { left } = this, two = (/** @type {number} */ n) => String(n).padStart(2, '0');
    if (left >= 86400) return t('lobby.days', { n: Math.floor(left / 86400) });
    const hours = Math.floor(left / 3600), minutes = Math.floor(left / 60) % 60;
    return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(left % 60)}`;
  }
}
customElements.define('aula-lobby', AulaLobby);
