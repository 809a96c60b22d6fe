// SPDX-License-Identifier: Apache-2.0
/** An address where a program of calendars finds one's timetable. */

import { css, html, nothing } from 'lit';

import { ask } from '../lib/courses.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

export class AulaCalendar extends AulaElement {
  static properties = { url: { state: true }, copied: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: inline-grid; }
    .row { display: grid; grid-template-columns: 1fr auto; gap: var(--gap-2); }
    @media (max-width: 30rem) { .row { grid-template-columns: 1fr; } }
  `];

  constructor() {
    super();
    this.url = '';
    this.copied = false;
    this.error = '';
    this.busy = false;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
  }

  /** @override */
  render() {
    return html`<button type="button" ?disabled=${this.busy} @click=${this.#open}>${icon('link')}${t('calendar.open')}</button>
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <dialog aria-labelledby="title"><div class="stack"><h2 id="title">${t('calendar.title')}</h2><p id="about">${t('calendar.text')}</p>
        <div class="row"><input id="url" readonly .value=${this.url} aria-label=${t('calendar.url')} aria-describedby="about"
            @focus=${(/** @type {FocusEvent} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}>
          <button type="button" @click=${this.#copy}>${icon('link')}${t(this.copied ? 'people.copied' : 'people.copy')}</button></div>
        <div class="actions"><a class="button" href=${this.url.replace(/^https?:/, 'webcal:')}>${t('calendar.program')}</a>
          <button class="main" type="button" @click=${() => this.#dialog.close()}>${t('people.close')}</button></div></div></dialog>`;
  }

  async #open() {
    this.busy = true;
    try {
      const { url } = await ask('calendar');
      // As this browser reaches the server, which may not know its own name.
      this.url = new URL(new URL(url, location.origin).pathname, location.origin).href;
      Object.assign(this, { error: '', copied: false });
      await this.updateComplete;
      this.#dialog.showModal();
    } catch (error) {
      this.error = explain(error, 'course');
    }
    this.busy = false;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.url);
      this.copied = true;
    } catch { // without HTTPS there is no clipboard: it is selected, to be copied by hand
      /** @type {HTMLInputElement} */ (this.renderRoot.querySelector('#url')).focus();
    }
  }
}
customElements.define('aula-calendar', AulaCalendar);
