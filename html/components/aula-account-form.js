// SPDX-License-Identifier: Apache-2.0
/** Makes or changes one account, and shows the link by which its owner sets a password. */

import { css, html, nothing } from 'lit';

import { ask, everything, save } from '../lib/account.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import './aula-confirm.js';

/** @typedef {import('./aula-accounts.js').Person} Person */

/** Says `done` when something was changed. */
export class AulaAccountForm extends AulaElement {
  static properties = { roles: {}, person: { state: true }, url: { state: true }, hours: { state: true }, copied: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    .check { display: flex; gap: var(--gap-2); align-items: center; font-weight: 600; }
    .check input { inline-size: 1.25rem; block-size: 1.25rem; accent-color: var(--accent); }
    .kept { display: flex; flex-wrap: wrap; gap: var(--gap-2); border-block-start: 1px solid var(--line); padding-block-start: var(--gap-3); }
    .row { display: grid; grid-template-columns: 1fr auto; gap: var(--gap-2); }
  `];

  constructor() {
    super();
    /** @type {string[]} */
    this.roles = [];
    /** Null: a new one. @type {Person | null} */
    this.person = null;
    /** Of whoever was added. */
    this.name = '';
    this.url = '';
    this.hours = 0;
    this.copied = false;
    this.error = '';
    this.busy = false;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
  }

  /** @param {Person | null} person */
  async show(person) {
    Object.assign(this, { person, url: '', error: '', copied: false, busy: false });
    await this.updateComplete;
    /** @type {HTMLFormElement} */ (this.renderRoot.querySelector('form')).reset();
    this.#dialog.showModal();
  }

  /** Another link for somebody. @param {Person} person */
  async link(person) {
    Object.assign(this, { person, url: '', error: '', copied: false, busy: true });
    await this.updateComplete;
    this.#dialog.showModal();
    await this.#ask('link', { login: person.login });
  }

  /** @param {string} request @param {Record<string, unknown>} body */
  async #ask(request, body) {
    this.busy = true;
    this.error = '';
    try {
      const said = await ask(request, body);
      this.url = said.url ?? (said.link ? `${location.origin}/login/#link=${said.link}` : '');
      this.hours = said.hours ?? 0;
      if (!this.url) this.#dialog.close();
      this.say('done');
    } catch (error) {
      this.error = /** @type {Error} */ (error).message || explain(error, 'account');
    }
    this.busy = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector('#url'))?.focus();
  }

  /** @override */
  render() {
    return html`<dialog aria-labelledby="title">${this.url ? this.#linkView() : this.#formView()}</dialog><aula-confirm></aula-confirm>`;
  }

  #formView() {
    const { person } = this;
    return html`<form class="stack" @submit=${this.#submit}>
      <h2 id="title">${person ? person.name : t('people.add')}</h2>
      ${person ? nothing : html`<div class="field"><label for="login">${t('login.login')}</label>
        <input id="login" name="login" required maxlength="64" autocapitalize="none" autocomplete="off" spellcheck="false" aria-describedby="login-hint">
        <p class="hint" id="login-hint">${t('people.login.hint')}</p></div>`}
      <div class="field"><label for="name">${t('people.name')}</label>
        <input id="name" name="name" required maxlength="128" autocomplete="off" value=${person?.name ?? ''}></div>
      <div class="field"><label for="role">${t('people.role')}</label>
        <select id="role" name="role">${[...new Set([...this.roles, ...(person ? [person.role] : [])])].map(role => html`
          <option ?selected=${role === (person?.role ?? 'student')}>${role}</option>`)}</select></div>
      <div class="field"><label for="department">${t('people.department')}</label>
        <input id="department" name="department" maxlength="128" autocomplete="off" value=${person?.department ?? ''}></div>
      ${person ? html`<label class="check"><input type="checkbox" name="active" ?checked=${person.active}>${t('people.active')}</label>` : nothing}
      ${person ? html`<div class="kept"><button class="bare" type="button" @click=${this.#download}>${t('people.download')}</button>
        <button class="bare danger" type="button" @click=${this.#erase}>${t('people.erase')}</button></div>` : nothing}
      ${this.#said()}
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t('dialog.cancel')}</button>
        <button class="main" ?disabled=${this.busy}>${t(person ? 'people.save' : 'people.add.go')}</button></div></form>`;
  }

  #linkView() {
    return html`<div class="stack"><h2 id="title">${t('people.url', { name: this.person?.name ?? this.name })}</h2>
      <p id="url-hint">${t('people.url.text', { n: this.hours })}</p>
      <div class="row"><input id="url" readonly .value=${this.url} aria-label=${t('people.url.label')} aria-describedby="url-hint"
          @focus=${(/** @type {FocusEvent} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}>
        <button type="button" @click=${this.#copy}>${icon('link')}${t(this.copied ? 'people.copied' : 'people.copy')}</button></div>
      <div class="actions"><button class="main" type="button" @click=${() => this.#dialog.close()}>${t('people.close')}</button></div></div>`;
  }

  #said() {
    return html`<div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>`;
  }

  async #download() {
    try {
      const { login } = /** @type {Person} */ (this.person);
      save(`${login}.json`, await everything(login));
      this.error = '';
    } catch (error) {
      this.error = /** @type {Error} */ (error).message || explain(error, 'account');
    }
  }

  async #erase() {
    const { name, login } = /** @type {Person} */ (this.person);
    const confirm = /** @type {import('./aula-confirm.js').AulaConfirm} */ (this.renderRoot.querySelector('aula-confirm'));
    if (await confirm.ask({ title: t('people.erase.title', { name }), text: t('people.erase.text'), go: t('people.erase.go') }))
      await this.#ask('erase', { login, confirm: login });
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.url);
      this.copied = true;
    } catch { // without HTTPS there is no clipboard: it is selected, to be copied by hand
      /** @type {HTMLInputElement} */ (this.renderRoot.querySelector('#url')).focus();
    }
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target)), { person } = this;
    const text = (/** @type {string} */ name) => String(data.get(name) ?? '').trim();
    /** @type {Record<string, unknown>} */
    const all = { name: text('name'), role: text('role'), department: text('department') };
    if (!person) {
      this.name = text('name');
      await this.#ask('add', { login: text('login'), ...all });
      return;
    }
    all.active = data.get('active') !== null;
    // Only what is other than before: a new role or state logs the person out.
    const changed = Object.fromEntries(Object.entries(all).filter(([key, value]) => /** @type {any} */ (person)[key] !== value));
    if (Object.keys(changed).length === 0) this.#dialog.close();
    else await this.#ask('edit', { login: person.login, ...changed });
  }
}
customElements.define('aula-account-form', AulaAccountForm);
