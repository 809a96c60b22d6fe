// SPDX-License-Identifier: Apache-2.0
/** A form of a few fields in a dialog, that stays until what it asks for is done. */

import { css, html, nothing } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {'text' | 'area' | 'number' | 'datetime-local' | 'check' | 'choice'} [type]
 * @property {string | number | boolean} [value]
 * @property {string} [hint]
 * @property {boolean} [required]
 * @property {number} [max] characters, or the largest number
 * @property {number} [min]
 * @property {{value: string, label: string}[]} [choices]
 *
 * @typedef {Record<string, string | boolean>} Values of a check: whether it is set
 *
 * @typedef {object} Sheet
 * @property {string} title
 * @property {Field[]} fields
 * @property {string} go what its button says
 * @property {(values: Values) => Promise<void>} run throws what is to be said; the sheet stays then
 * @property {(error: unknown) => string} explain
 */

export class AulaSheet extends AulaElement {
  static properties = { sheet: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    .check { display: flex; gap: var(--gap-2); align-items: center; min-block-size: var(--target); }
    .check input { inline-size: 1.25rem; block-size: 1.25rem; accent-color: var(--accent); flex: none; }
    textarea { min-block-size: 6rem; }
    .pair { display: grid; gap: var(--gap-4); }
  `];

  constructor() {
    super();
    /** @type {Sheet | null} */
    this.sheet = null;
    this.error = '';
    this.busy = false;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
  }

  /** @param {Sheet} sheet */
  async show(sheet) {
    this.sheet = null;
    await this.updateComplete; // fields of the sheet before keep nothing
    Object.assign(this, { sheet, error: '', busy: false });
    await this.updateComplete;
    this.#dialog.showModal();
  }

  /** @override */
  render() {
    return html`<dialog aria-labelledby="heading">${this.sheet ? this.#form(this.sheet) : nothing}</dialog>`;
  }

  /** @param {Sheet} sheet */
  #form({ title, fields, go }) {
    return html`<form class="stack" @submit=${this.#submit}><h2 id="heading">${title}</h2>
      ${fields.map(field => field.type === 'check' ? html`<div><label class="check"><input type="checkbox" name=${field.name}
          ?checked=${!!field.value}>${field.label}</label>${field.hint ? html`<p class="hint">${field.hint}</p>` : nothing}</div>`
        : html`<div class="field"><label for="field-${field.name}">${field.label}</label>${this.#input(field)}
          ${field.hint ? html`<p class="hint" id="${field.name}-hint">${field.hint}</p>` : nothing}</div>`)}
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t('dialog.cancel')}</button>
        <button class="main" ?disabled=${this.busy}>${go}</button></div></form>`;
  }

  /** @param {Field} field */
  #input({ name, type = 'text', value = '', hint, required = false, max, min, choices = [] }) {
    const described = hint ? `${name}-hint` : nothing;
    if (type === 'choice')
      return html`<select id="field-${name}" name=${name} aria-describedby=${described}>${choices.map(choice => html`
        <option value=${choice.value} ?selected=${choice.value === String(value)}>${choice.label}</option>`)}</select>`;
    if (type === 'area')
      return html`<textarea id="field-${name}" name=${name} maxlength=${max ?? nothing} ?required=${required} aria-describedby=${described} .value=${String(value)}></textarea>`;
    const counts = type === 'number';
    return html`<input id="field-${name}" name=${name} type=${type} .value=${String(value)} ?required=${required} autocomplete="off"
      maxlength=${counts || !max ? nothing : max} max=${counts && max ? max : nothing} min=${min ?? nothing} aria-describedby=${described}>`;
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const { sheet } = this;
    if (!sheet || this.busy) return;
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.busy = true;
    this.error = '';
    try {
      await sheet.run(Object.fromEntries(sheet.fields.map(({ name, type }) => [name, type === 'check' ? data.get(name) !== null : String(data.get(name) ?? '').trim()])));
      this.#dialog.close();
    } catch (error) {
      this.error = sheet.explain(error);
    }
    this.busy = false;
  }
}
customElements.define('aula-sheet', AulaSheet);
