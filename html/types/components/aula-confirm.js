// SPDX-License-Identifier: Apache-2.0
/** Asks before something that cannot be taken back. */

import { css, html } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';

/** @typedef {{title: string, text: string, go: string}} Question */

export class AulaConfirm extends AulaElement {
  static properties = { question: { state: true } };

  static styles = [shared, css`:host { display: contents; }`];

  constructor() {
    super();
    /** @type {Question} */
    this.question = { title: '', text: '', go: '' };
  }

  /**
   * @param {Question} question
   * @returns {Promise<boolean>}
   */
  async ask(question) {
    this.question = question;
    await this.updateComplete;
    const dialog = /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
    dialog.returnValue = '';
    dialog.showModal();
    await new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
    return dialog.returnValue === 'go';
  }

  /** @override */
  render() {
    const { title, text, go } = this.question;
    return html`<dialog aria-labelledby="title" aria-describedby="text">
      <form class="stack" method="dialog">
        <h2 id="title">${title}</h2>
        <p id="text">${text}</p>
        <div class="actions">
          <button value="">${t('dialog.cancel')}</button>
          <button class="danger" value="go">${go}</button>
        </div>
      </form></dialog>`;
  }
}
customElements.define('aula-confirm', AulaConfirm);
