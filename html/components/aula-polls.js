// SPDX-License-Identifier: Apache-2.0
/** What a class is asked, the latest first; for a teacher also where it is made. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import './aula-poll-form.js';
import './aula-poll.js';

export class AulaPolls extends AulaElement {
  static properties = { polls: { attribute: false }, asks: { type: Boolean }, making: { state: true }, more: { state: true }, wrong: { state: true } };

  static styles = [shared, css`
    :host { display: flex; flex-direction: column; min-block-size: 0; }
    .scroll { flex: 1; min-block-size: 0; overflow-y: auto; padding: var(--gap-4); overscroll-behavior: contain; }
    .scroll, ul { display: flex; flex-direction: column; gap: var(--gap-4); }
    .empty { display: grid; flex: 1; place-content: center; justify-items: center; gap: var(--gap-2); color: var(--ink-soft); text-align: center; }
    .empty .icon { inline-size: 2rem; block-size: 2rem; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/polls.js').Polls | null} */
    this.polls = null;
    /** Whether it is us who asks. */
    this.asks = false;
    this.making = false;
    /** Whether there may be earlier ones. */
    this.more = true;
    this.wrong = '';
  }

  /** @override */
  willUpdate() {
    this.follow(this.polls);
  }

  /** @override */
  render() {
    const list = [...this.polls?.list ?? []].reverse();
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t('polls.list')}>
      ${!this.asks ? nothing : this.making ? html`<aula-poll-form .polls=${this.polls} @done=${this.#made}></aula-poll-form>`
    : html`<button class="main" id="new" type="button" ?disabled=${!this.polls?.open} @click=${() => { this.making = true; }}>${icon('add')}${t('polls.new')}</button>`}
      ${this.polls && !this.polls.open ? html`<p class="hint" role="status">${t('polls.closed')}</p>` : nothing}
      ${list.length ? html`<ul>${repeat(list, ({ id }) => id, poll => html`<li><aula-poll .polls=${this.polls} .poll=${poll} ?asks=${this.asks}></aula-poll></li>`)}</ul>`
    : this.making ? nothing : html`<p class="empty">${icon('poll')}${t('polls.empty')}</p>`}
      ${this.asks && this.more ? html`<button type="button" @click=${this.#earlier}>${t('polls.earlier')}</button>` : nothing}
      <p class="wrong" role="alert" ?hidden=${!this.wrong}>${this.wrong}</p></div>`;
  }

  async #made() {
    this.making = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector('#new'))?.focus();
  }

  async #earlier() {
    this.wrong = '';
    try {
      this.more = await this.polls?.earlier() ?? false;
    } catch (error) {
      this.wrong = explain(error, 'poll');
    }
  }
}
customElements.define('aula-polls', AulaPolls);
