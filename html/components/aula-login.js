// SPDX-License-Identifier: Apache-2.0
/** Logging in, by a password or the school's own log-in, which leads back to `/login/?code=…`; setting a password by a link: `/login/#link=…`. */

import { css, html, nothing } from 'lit';

import { ask, entrance, wanted } from '../lib/account.js';
import { AulaError } from '../lib/errors.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import './aula-who.js';

/** Where to go on, while the browser is away at the school's own log-in. */
const TO = 'aula.login.to';

export class AulaLogin extends AulaElement {
  static properties = { view: { state: true }, entrance: { state: true }, error: { state: true }, wrong: { state: true }, shown: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: grid; grid-template-rows: 1fr auto; min-block-size: 100dvh; }
    main { display: grid; place-items: center; padding: var(--gap-4); }
    .card { display: grid; gap: var(--gap-4); inline-size: min(26rem, 100%); padding: clamp(1.25rem, 4vw, 2.5rem);
      border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface); box-shadow: var(--shadow); }
    header { display: grid; gap: var(--gap-3); }
    h1 { font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.15; letter-spacing: -0.02em; }
    button.main, .button.main { min-block-size: 3.25rem; font-size: var(--size-large); }
    .links { display: flex; flex-wrap: wrap; gap: var(--gap-2); justify-content: center; }
    .or { display: grid; grid-template-columns: 1fr auto 1fr; gap: var(--gap-3); align-items: center; color: var(--ink-soft); }
    .or::before, .or::after { content: ''; border-block-start: 1px solid var(--line); }
    button.main { white-space: normal; }
    .row { display: grid; grid-template-columns: 1fr auto; gap: var(--gap-2); }
    .field p:empty { display: none; }
    aula-who { justify-self: center; }
  `];

  constructor() {
    super();
    const fragment = new URLSearchParams(location.hash.slice(1));
    this.link = fragment.get('link') ?? '';
    /** @type {'wait' | 'login' | 'link' | 'in' | 'none'} */
    this.view = this.link ? 'link' : 'wait';
    /** @type {import('../lib/account.js').Entrance | null} */
    this.entrance = null;
    this.error = '';
    /** What is wrong with the password. */
    this.wrong = '';
    this.busy = false;
    /** Whether the password can be read: on a phone nobody types one blindly. */
    this.shown = false;
    const back = new URLSearchParams(location.search);
    this.to = wanted(location.search);
    // A link in the address would end up in bookmarks and screenshots.
    if (back.has('state')) history.replaceState(null, '', location.pathname);
    else if (location.hash) history.replaceState(null, '', location.pathname + location.search);
    void (back.has('state') ? this.#return(back) : this.#look());
  }

  /** From the school's own log-in. @param {URLSearchParams} back */
  async #return(back) {
    try {
      this.to = wanted(`?${new URLSearchParams({ to: sessionStorage.getItem(TO) ?? '/' })}`);
      sessionStorage.removeItem(TO);
    } catch {
      // Without storage one goes on at the start page.
    }
    const code = back.get('code'), iss = back.get('iss');
    try {
      // What the issuer says was wrong is for no page: anybody can write it into a link.
      if (!code) throw new AulaError('Refused there', { word: 'denied' });
      await ask('oidc_finish', { code, state: back.get('state'), ...(iss && { iss }) });
      location.replace(this.to);
    } catch (error) {
      await this.#look();
      this.error = explain(error, 'single');
    }
  }

  async #look() {
    try {
      this.entrance = await entrance();
      if (this.view !== 'link') this.view = !this.entrance ? 'none' : this.entrance.who ? 'in' : 'login';
    } catch (error) {
      if (this.view === 'wait') this.view = 'login';
      this.error = explain(error, 'login');
    }
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(this.view === 'login' && this.entrance?.single ? 'button.main' : 'input'))?.focus();
  }

  /** @override */
  render() {
    return html`<main>${this.view === 'link' ? this.#linkView() : this.view === 'login' ? this.#loginView() : this.#otherView()}</main>`;
  }

  /** @param {import('../lib/strings.js').StringKey} title @param {unknown} content */
  #card(title, content) {
    return html`<div class="card"><header>${logo}<h1>${t(title)}</h1></header>${content}
      <p class="links"><a href="/">${t('class.home')}</a></p></div>`;
  }

  #otherView() {
    const who = this.entrance?.who;
    if (this.view === 'in' && who)
      return this.#card('login.in', html`<aula-who .who=${who} @out=${() => this.#look()}></aula-who>
        <a class="button main" href=${this.to}>${t('login.on')}</a>`);
    return this.view === 'none' ? this.#card('login.title', html`<p>${t('login.none')}</p>`)
      : html`<p class="hint" role="status">${t('state.connecting')}</p>`;
  }

  #loginView() {
    const single = this.entrance?.single;
    return this.#card('login.title', html`${single ? html`<button class="main" type="button" ?disabled=${this.busy}
        @click=${this.#leave}>${icon('people')}${t('login.single', { name: single.name })}</button>
      <p class="or">${t('login.or')}</p>` : nothing}<form class="stack" novalidate @submit=${this.#submit}>
      <div class="field"><label for="login">${t('login.login')}</label>
        <input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required
          aria-describedby="login-hint"><p class="hint" id="login-hint">${t('login.login.hint')}</p></div>
      ${this.#field(t('login.password'), '', 'current-password')}
      ${this.#said()}
      <button class=${single ? '' : 'main'} ?disabled=${this.busy}>${t(this.busy ? 'login.busy' : 'login.go')}</button></form>
      <p class="hint">${t('login.lost')}</p>`);
  }

  #linkView() {
    return this.#card('login.set', html`<form class="stack" novalidate @submit=${this.#set}>
      ${this.#field(t('login.new'), t('login.new.hint', { least: this.entrance?.least ?? 10 }), 'new-password')}
      ${this.#said()}
      <button class="main" ?disabled=${this.busy}>${t(this.busy ? 'login.busy' : 'login.set.go')}</button></form>`);
  }

  /** @param {string} label @param {string} hint @param {'current-password' | 'new-password'} kind */
  #field(label, hint, kind) {
    const show = t(this.shown ? 'login.hide' : 'login.show');
    return html`<div class="field"><label for="password">${label}</label>
      <div class="row"><input id="password" name="password" type=${this.shown ? 'text' : 'password'} maxlength="256" required
          autocomplete=${kind} autocapitalize="none" spellcheck="false" aria-invalid=${this.wrong !== ''} aria-describedby="hint wrong">
        <button class="round bare" type="button" aria-label=${show} title=${show} aria-pressed=${this.shown}
          @click=${() => { this.shown = !this.shown; }}>${icon(this.shown ? 'eye-off' : 'eye')}</button></div>
      <p class="hint" id="hint">${hint || nothing}</p><p class="wrong" id="wrong" role="alert">${this.wrong || nothing}</p></div>`;
  }

  #said() {
    return html`<div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>`;
  }

  get #password() {
    return /** @type {HTMLInputElement} */ (this.renderRoot.querySelector('#password'));
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (this.renderRoot.querySelector('#login'));
    const login = field.value.trim(), password = this.#password.value;
    this.wrong = password ? '' : t('login.missing');
    if (!login) field.focus();
    else if (!password) this.#password.focus();
    else await this.#try(() => this.#enter(login, password));
  }

  /** @param {SubmitEvent} event */
  async #set(event) {
    event.preventDefault();
    const password = this.#password.value;
    this.wrong = password ? '' : t('login.missing');
    if (!password) this.#password.focus();
    else await this.#try(async () => {
      const { login } = await ask('set_password', { link: this.link, password });
      await this.#enter(login, password);
    });
  }

  /** To the school's own log-in. */
  async #leave() {
    await this.#try(async () => {
      const { url } = await ask('oidc_begin');
      try {
        sessionStorage.setItem(TO, this.to);
      } catch {
        // Then one goes on at the start page.
      }
      location.assign(url);
    }, 'single');
  }

  /** @param {string} login @param {string} password */
  async #enter(login, password) {
    await ask('login', { login, password });
    location.assign(this.to);
  }

  /** @param {() => Promise<void>} act @param {string} [what] */
  async #try(act, what = this.view === 'link' ? 'link' : 'login') {
    if (this.busy) return;
    this.busy = true;
    this.error = this.wrong = '';
    try {
      await act();
    } catch (error) {
      const field = error instanceof AulaError ? error.field : '';
      if (field === 'password') this.wrong = t('login.short');
      else this.error = explain(error, what);
      await this.updateComplete;
      if (what !== 'single') this.#password.focus();
    }
    this.busy = false;
  }
}
customElements.define('aula-login', AulaLogin);
