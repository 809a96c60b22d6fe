// SPDX-License-Identifier: Apache-2.0
/** The accounts of others, for who may see them: `/people/`. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask, entrance } from '../lib/account.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import './aula-account-form.js';
import './aula-account-import.js';
import './aula-who.js';

/** @typedef {{login: string, name: string, role: string, department: string, active: boolean, invited: boolean}} Person */

const PAGE = 50, TYPING_MS = 250;

export class AulaAccounts extends AulaElement {
  static properties = { who: { state: true }, view: { state: true }, people: { state: true }, next: { state: true }, roles: { state: true },
    error: { state: true }, said: { state: true } };

  static styles = [shared, css`
    main { display: grid; gap: var(--gap-4); inline-size: min(72rem, 100%); margin-inline: auto; padding: var(--gap-4); }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: var(--gap-3); }
    header aula-who { margin-inline-start: auto; }
    h1 { font-size: clamp(1.5rem, 5vw, 2rem); }
    .tools { display: flex; flex-wrap: wrap; gap: var(--gap-3); align-items: end; }
    .tools .field { flex: 1 1 16rem; }
    ul { display: grid; border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface); overflow: hidden; }
    li { display: grid; gap: var(--gap-2) var(--gap-4); align-items: center; padding: var(--gap-3) var(--gap-4); border-block-start: 1px solid var(--line); }
    li:first-child { border-block-start: 0; }
    @media (min-width: 48rem) { li { grid-template-columns: minmax(0, 2fr) minmax(0, 2fr) auto; } }
    .of { display: grid; min-inline-size: 0; }
    .of strong, .of span { overflow-wrap: anywhere; }
    .chips { display: flex; flex-wrap: wrap; gap: var(--gap-1) var(--gap-2); align-items: center; }
    .away strong { color: var(--ink-soft); }
    .do { display: flex; gap: var(--gap-2); }
    .more { justify-self: center; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/account.js').Who | null} */
    this.who = null;
    /** @type {'wait' | 'people' | 'login' | 'refused'} */
    this.view = 'wait';
    /** @type {Person[]} */
    this.people = [];
    this.next = '';
    /** Those that may be given; empty: who asks changes nothing. @type {string[]} */
    this.roles = [];
    this.error = '';
    this.said = '';
    this.search = '';
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.typing = undefined;
    void this.#begin();
  }

  get #sheet() {
    return /** @type {import('./aula-account-form.js').AulaAccountForm | null} */ (this.renderRoot.querySelector('aula-account-form'));
  }

  get #list() {
    return /** @type {import('./aula-account-import.js').AulaAccountImport | null} */ (this.renderRoot.querySelector('aula-account-import'));
  }

  async #begin() {
    try {
      this.who = (await entrance())?.who ?? null;
      if (!this.who || !this.who.pages.includes('people')) {
        this.view = this.who ? 'refused' : 'login';
        return;
      }
      this.view = 'people';
      // Who only sees them is refused, and is shown no buttons.
      this.roles = (await ask('roles').catch(() => ({ roles: [] }))).roles;
      await this.#load();
    } catch (error) {
      this.error = explain(error, 'account');
    }
  }

  /** @param {string} [after] */
  async #load(after) {
    const sought = this.search;
    try {
      const { people, next } = await ask('list', { limit: PAGE, ...(after ? { after } : {}), ...(sought ? { search: sought } : {}) });
      if (sought !== this.search) return; // typed on meanwhile
      this.people = after ? [...this.people, ...people] : people;
      this.next = next ?? '';
      this.error = '';
    } catch (error) {
      this.error = explain(error, 'account');
    }
  }

  /** @override */
  render() {
    return html`<main><header>${logo}<h1>${t('home.people')}</h1>
        ${this.who ? html`<aula-who .who=${this.who} @out=${() => { this.who = null; this.view = 'login'; this.people = []; }}></aula-who>` : nothing}</header>
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      ${this.view === 'people' ? this.#all() : this.view === 'login' ? html`<p>${t('people.login')}</p>
        <p><a class="button main" href="/login/">${t('home.login')}</a></p>`
      : this.view === 'refused' ? html`<p>${t('people.refused')}</p><p><a href="/">${t('class.home')}</a></p>`
      : html`<p class="hint" role="status">${t('state.connecting')}</p>`}</main>`;
  }

  #all() {
    const manages = this.roles.length > 0;
    return html`<div class="tools"><div class="field"><label for="search">${t('people.search')}</label>
        <input id="search" type="search" maxlength="128" autocomplete="off" @input=${this.#type}></div>
      ${manages ? html`<button class="main" @click=${() => this.#form(null)}>${icon('add')}${t('people.add')}</button>
        <button @click=${() => this.#list?.show()}>${icon('table')}${t('people.import')}</button>` : nothing}</div>
      <p class="hidden" role="status">${t('people.shown', { n: this.people.length })}</p>
      ${this.people.length === 0 ? html`<p class="hint">${t(this.search ? 'people.nobody.found' : 'people.nobody')}</p>`
        : html`<ul aria-label=${t('home.people')}>${repeat(this.people, one => one.login, one => this.#row(one, manages))}</ul>`}
      ${this.next ? html`<button class="more" @click=${() => this.#load(this.next)}>${t('people.more')}</button>` : nothing}
      ${manages ? html`<aula-account-form .roles=${this.roles} @done=${() => this.#load()}></aula-account-form>
        <aula-account-import @done=${() => this.#load()}></aula-account-import>` : nothing}`;
  }

  /** @param {Person} one @param {boolean} manages */
  #row(one, manages) {
    const { login, name, role, department, active, invited } = one;
    return html`<li class=${active ? '' : 'away'}><div class="of"><strong>${name}</strong><span class="hint">${login}</span></div>
      <div class="chips"><span class="chip">${role}</span>${department ? html`<span>${department}</span>` : nothing}
        ${!active ? html`<span class="chip danger">${t('people.inactive')}</span>` : invited ? html`<span class="chip warn">${t('people.invited')}</span>` : nothing}</div>
      ${manages ? html`<div class="do"><button class="round bare" aria-label=${t('people.edit.named', { name })} title=${t('people.edit')}
          @click=${() => this.#form(one)}>${icon('edit')}</button>
        <button class="round bare" aria-label=${t('people.link.named', { name })} title=${t('people.link')}
          @click=${() => this.#sheet?.link(one)}>${icon('link')}</button></div>` : nothing}</li>`;
  }

  /** @param {Person | null} person */
  #form(person) {
    void this.#sheet?.show(person);
  }

  /** @param {InputEvent} event */
  #type(event) {
    this.search = /** @type {HTMLInputElement} */ (event.target).value.trim();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => void this.#load(), TYPING_MS);
  }
}
customElements.define('aula-accounts', AulaAccounts);
