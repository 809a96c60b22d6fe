// SPDX-License-Identifier: Apache-2.0
/** Who is logged in, and the ways out. */

import { css, html } from 'lit';

import { ask, everything, save } from '../lib/account.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, initials, shared } from './base.js';

/** Says `out` when nobody is logged in any more. */
export class AulaWho extends AulaElement {
  static properties = { who: {}, error: { state: true }, shown: { state: true } };

  static styles = [shared, css`
    :host { position: relative; display: inline-block; }
    .me { padding-inline: var(--gap-2) var(--gap-4); }
    .face { display: grid; place-items: center; inline-size: 2rem; block-size: 2rem; border-radius: 50%; flex: none;
      background: var(--accent); color: var(--on-accent); font-size: var(--size-small); }
    .name { max-inline-size: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .menu { position: absolute; inset-inline-end: 0; z-index: 5; display: grid; gap: var(--gap-2); inline-size: max-content;
      max-inline-size: calc(100vw - 2rem); margin-block-start: var(--gap-2); padding: var(--gap-4); border: 1px solid var(--line);
      border-radius: var(--round); background: var(--surface); box-shadow: var(--shadow); }
    .menu strong { overflow-wrap: anywhere; }
    @media (max-width: 30rem) { .name { max-inline-size: 7rem; } }
  `];

  constructor() {
    super();
    /** @type {import('../lib/account.js').Who | null} */
    this.who = null;
    this.error = '';
    this.shown = false;
  }

  /** @override */
  render() {
    const { who } = this;
    if (!who) return html``;
    const { name, login, role } = who;
    return html`<div @keydown=${this.#key} @focusout=${this.#left}>
      <button class="me" type="button" aria-expanded=${this.shown} aria-controls="menu" aria-label=${t('who.label', { name })}
        @click=${() => { this.shown = !this.shown; }}><span class="face" aria-hidden="true">${initials(name).text}</span>
        <span class="name">${name}</span></button>
      <div class="menu" id="menu" ?hidden=${!this.shown}><p><strong>${name}</strong><br><span class="hint">${login} · ${role}</span></p>
        <a class="button" href="/">${t('who.start')}</a>
        <button type="button" @click=${() => this.#out('logout')}>${icon('leave')}${t('who.out')}</button>
        <button type="button" @click=${() => this.#out('logout_everywhere')}>${t('who.out.everywhere')}</button>
        <button type="button" @click=${this.#download}>${t('who.download')}</button>
        <p class="wrong" role="alert">${this.error}</p></div></div>`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Escape' || !this.shown) return;
    this.shown = false;
    /** @type {HTMLElement} */ (this.renderRoot.querySelector('.me')).focus();
  }

  /** @param {FocusEvent} event */
  #left(event) {
    const inside = /** @type {HTMLElement} */ (event.currentTarget);
    if (event.relatedTarget && !inside.contains(/** @type {Node} */ (event.relatedTarget))) this.shown = false;
  }

  async #download() {
    try {
      const all = await everything();
      save(`${all.login}.json`, all);
      this.error = '';
    } catch (error) {
      this.error = explain(error, 'login');
    }
  }

  /** @param {'logout' | 'logout_everywhere'} request */
  async #out(request) {
    try {
      await ask(request);
      // What the tab has kept for a reload would bring somebody back into a class.
      sessionStorage.clear();
      this.say('out');
    } catch (error) {
      this.error = explain(error, 'login');
    }
  }
}
customElements.define('aula-who', AulaWho);
