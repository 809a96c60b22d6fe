// SPDX-License-Identifier: Apache-2.0
/** How to publish into the class with another program, by WHIP: where to, and with which token. */

import { css, html, nothing } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';
import { claimsOf } from './entry.js';

/** @typedef {'server' | 'token'} Field */

export class AulaPublish extends AulaElement {
  static properties = { room: { attribute: false }, token: { attribute: false }, copied: { state: true }, shown: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    .copy { display: flex; gap: var(--gap-2); }
    .copy input { flex: 1; min-inline-size: 0; font-family: ui-monospace, monospace; font-size: var(--size-small); }
    ol { margin: 0; padding-inline-start: 1.5rem; list-style: decimal; }
    .actions { margin-block-start: var(--gap-2); }
  `];

  constructor() {
    super();
    /** @type {number | string} */
    this.room = '';
    this.token = '';
    /** What was copied last. @type {'' | Field} */
    this.copied = '';
    this.shown = false;
  }

  open() {
    this.copied = '';
    this.shown = false;
    /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog')).showModal();
  }

  /** @override */
  render() {
    const { exp } = claimsOf(this.token);
    const until = exp ? new Date(exp * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }) : '';
    return html`<dialog aria-labelledby="title">
      <form class="stack" method="dialog">
        <h2 id="title">${t('publish.title')}</h2>
        <ol class="hint"><li>${t('publish.step.service')}</li><li>${t('publish.step.paste')}</li><li>${t('publish.step.output')}</li></ol>
        ${this.#field('server', `${location.origin}/whip/${encodeURIComponent(this.room)}`, false)}
        ${this.#field('token', this.token, !this.shown)}
        <p class="hint">${t('publish.secret')} ${until ? t('publish.until', { time: until }) : nothing}</p>
        <p class="hidden" role="status">${this.copied ? t('publish.copied') : ''}</p>
        <div class="actions">
          <button type="button" aria-pressed=${this.shown} @click=${() => { this.shown = !this.shown; }}>${t('publish.show')}</button>
          <button class="main">${t('devices.close')}</button></div>
      </form></dialog>`;
  }

  /** @param {Field} name @param {string} value @param {boolean} secret */
  #field(name, value, secret) {
    return html`<div class="field"><label for=${name}>${t(`publish.${name}`)}</label>
      <div class="copy"><input id=${name} readonly autocomplete="off" spellcheck="false" .value=${value}
          type=${secret ? 'password' : 'text'} @focus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}>
        <button type="button" aria-label=${t(`publish.copy.${name}`)} @click=${() => this.#copy(name, value)}>${
  t(this.copied === name ? 'publish.copied' : 'publish.copy')}</button></div></div>`;
  }

  /** @param {Field} name @param {string} value */
  async #copy(name, value) {
    try {
      await navigator.clipboard.writeText(value);
      this.copied = name;
    } catch {
      // Without leave to write the clipboard: chosen, so that the keyboard can copy it.
      this.shown = true;
      await this.updateComplete;
      /** @type {HTMLInputElement | null} */ (this.renderRoot.querySelector(`#${name}`))?.select();
    }
  }
}
customElements.define('aula-publish', AulaPublish);
