// SPDX-License-Identifier: Apache-2.0
/** The classes that are open, each one click away; and for who may, a new one. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask, go } from '../lib/account.js';
import { AulaError } from '../lib/errors.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import { open } from './entry.js';

/** @typedef {{room: number | string, description: string, num_participants: number}} Class */

const REFRESH_MS = 10_000;

export class AulaClasses extends AulaElement {
  static properties = { who: {}, others: { type: Boolean }, classes: { state: true }, hidden_: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: grid; gap: var(--gap-4); }
    h2 { font-size: var(--size-large); }
    ul { display: grid; gap: var(--gap-3); grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
    li { display: grid; gap: var(--gap-3); align-content: space-between; padding: var(--gap-5); border: 1px solid var(--line);
      border-radius: var(--round-large); background: var(--surface); box-shadow: var(--shadow); }
    h3 { font-size: var(--size-large); line-height: 1.3; overflow-wrap: anywhere; }
    .do { display: flex; flex-wrap: wrap; gap: var(--gap-2); }
    form { display: flex; flex-wrap: wrap; gap: var(--gap-3); align-items: end; }
    form .field { flex: 1 1 14rem; max-inline-size: 28rem; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/account.js').Who | null} */
    this.who = null;
    /** There are courses above: only what is open besides them. */
    this.others = false;
    /** Null until they are known. @type {Class[] | null} */
    this.classes = null;
    /** The role does not see them. */
    this.hidden_ = false;
    this.error = '';
    this.busy = false;
    /** @type {import('../lib/session.js').Session | null} */
    this.session = null;
    /** @type {import('../lib/handle.js').Handle | null} */
    this.classroom = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    void this.#begin();
    this.timer = setInterval(() => document.visibilityState === 'visible' && void this.#load(), REFRESH_MS);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    void this.session?.close();
    this.session = this.classroom = null;
  }

  get #teaches() {
    return !!this.who?.pages.includes('teacher');
  }

  async #begin() {
    try {
      const { token } = await ask('token');
      this.session = await open(token);
      this.session.on('renewed', () => void this.#attach().catch(error => this.#failed(error)));
      await this.#attach();
      await this.#load();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #attach() {
    this.classroom = await /** @type {import('../lib/session.js').Session} */ (this.session).attach('aula.plugin.classroom');
  }

  async #load() {
    if (!this.classroom || this.session?.state !== 'open' || this.hidden_) return;
    try {
      this.classes = (await this.classroom.request({ request: 'list' })).data.list ?? [];
      this.error = '';
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    if (error instanceof AulaError && error.word === 'forbidden') this.hidden_ = true;
    else this.error = explain(error, 'account');
  }

  /** @override */
  render() {
    if (this.others && !this.#teaches && !this.classes?.length && !this.error) return html``;
    return html`<h2 id="classes">${t(this.others ? 'classes.others' : 'classes.title')}</h2>
      ${this.hidden_ ? html`<p>${t('classes.hidden')}</p>` : this.#list()}
      ${this.#teaches ? html`<form @submit=${this.#create}><div class="field"><label for="name">${t('classes.new')}</label>
        <input id="name" name="name" maxlength="120" autocomplete="off" required placeholder=${t('classes.new.name')}></div>
        <button ?disabled=${this.busy}>${icon('add')}${t('classes.new.go')}</button></form>` : nothing}
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>`;
  }

  #list() {
    if (!this.classes) return html`<p class="hint" role="status">${this.error ? nothing : t('classes.wait')}</p>`;
    if (!this.classes.length) return html`<p class="hint">${t('classes.none')}</p>`;
    return html`<ul aria-labelledby="classes">${repeat(this.classes, ({ room }) => room, one => this.#class(one))}</ul>`;
  }

  /** @param {Class} one */
  #class({ room, description, num_participants: n }) {
    const name = description || t('class.untitled', { room: String(room) });
    const way = (/** @type {'student' | 'teacher'} */ page, /** @type {'classes.join' | 'classes.teach'} */ key, main = false) => html`
      <button class=${main ? 'main' : ''} type="button" ?disabled=${this.busy} aria-label=${t(key === 'classes.teach' ? 'classes.teach.named' : 'classes.join.named', { name })}
        @click=${() => this.#go(page, room)}>${icon(page === 'teacher' ? 'camera' : 'book')}${t(key)}</button>`;
    return html`<li><div><h3>${name}</h3><p class="hint">${t('classes.people', { n: n ?? 0 })}</p></div>
      <div class="do">${this.#teaches ? way('teacher', 'classes.teach', true) : nothing}
        ${this.who?.pages.includes('student') ? way('student', 'classes.join', !this.#teaches) : nothing}</div></li>`;
  }

  /** @param {'student' | 'teacher'} page @param {number | string} room */
  async #go(page, room) {
    this.busy = true;
    try {
      await go(page, room);
    } catch (error) {
      this.error = explain(error, 'account');
    }
    this.busy = false;
  }

  /** @param {SubmitEvent} event */
  async #create(event) {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (this.renderRoot.querySelector('#name'));
    const description = field.value.trim();
    if (!description || !this.classroom) {
      field.focus();
      return;
    }
    this.busy = true;
    try {
      const { data } = await this.classroom.request({ request: 'create', description });
      await go('teacher', data.room);
    } catch (error) {
      this.error = explain(error);
    }
    this.busy = false;
  }
}
customElements.define('aula-classes', AulaClasses);
