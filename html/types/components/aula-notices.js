// SPDX-License-Identifier: Apache-2.0
/** Short messages that come and go; errors stay until they are dismissed. */

import { css, html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

const SHOWN_MS = 7000;
const MOST = 4;

export class AulaNotices extends AulaElement {
  static properties = { notices: { state: true } };

  static styles = [shared, css`
    :host {
      position: fixed; z-index: 10; inset-block-start: 4.75rem; inset-inline: var(--gap-3);
      display: grid; justify-items: center; gap: var(--gap-2); pointer-events: none;
    }
    p {
      display: flex; align-items: center; gap: var(--gap-2); max-inline-size: 34rem; pointer-events: auto;
      padding-block: var(--gap-1); padding-inline: var(--gap-4) var(--gap-1); border-radius: var(--round);
      background: var(--ink); color: var(--page); box-shadow: var(--shadow); font-weight: 500;
    }
    p.error { background: var(--danger-soft); color: var(--danger-ink); border: 1px solid currentColor; }
    button, button:hover { background: transparent; color: inherit; }
    .said { display: grid; gap: var(--gap-2); justify-items: center; }
  `];

  constructor() {
    super();
    /** @type {{id: number, text: string, error: boolean}[]} */
    this.notices = [];
    this.count = 0;
  }

  /**
   * @param {string} text
   * @param {{error?: boolean}} [options]
   */
  show(text, { error = false } = {}) {
    if (this.notices.some(notice => notice.text === text)) return;
    const id = ++this.count;
    this.notices = [...this.notices, { id, text, error }].slice(-MOST);
    if (!error) setTimeout(() => this.#dismiss(id), SHOWN_MS);
  }

  /** @param {number} id */
  #dismiss(id) {
    this.notices = this.notices.filter(notice => notice.id !== id);
  }

  /** @override */
  render() {
    const list = (/** @type {boolean} */ errors) => repeat(
      this.notices.filter(({ error }) => error === errors), ({ id }) => id,
      ({ id, text, error }) => html`<p class=${error ? 'error' : ''}>${error ? icon('warn') : ''}<span>${text}</span>
        <button class="round" type="button" aria-label=${t('notice.dismiss')}
          @click=${() => this.#dismiss(id)}>${icon('close')}</button></p>`);
    return html`<div class="said" role="status">${list(false)}</div>
      <div class="said" role="alert">${list(true)}</div>`;
  }
}
customElements.define('aula-notices', AulaNotices);
