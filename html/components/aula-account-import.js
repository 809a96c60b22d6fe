// SPDX-License-Identifier: Apache-2.0
/** Adds the people of a list: shows first what would be done with each line, then the links of those added. */

import { css, html, nothing } from 'lit';

import { ask } from '../lib/account.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';

/**
 * @typedef {object} Report
 * @property {boolean} applied
 * @property {{line: number, login: string, name: string, role: string, department: string, link?: string}[]} people
 * @property {{line: number, field?: string, error: string}[]} bad
 */

/** A field of a CSV file (RFC 4180). @param {string} text */
const quoted = text => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The links of those added, for a mail merge. @param {Report} report @param {string} origin */
export const linksOf = (report, origin) => ['login,name,link', ...report.people.map(({ login, name, link }) =>
  `${quoted(login)},${quoted(name)},${origin}/login/#link=${link}`)].join('\n');

/** Says `done` when people were added. */
export class AulaAccountImport extends AulaElement {
  static properties = { report: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    dialog { inline-size: min(44rem, calc(100vw - 2rem)); }
    textarea { min-block-size: 9rem; font-family: ui-monospace, monospace; font-size: var(--size-small); white-space: pre; overflow: auto; }
    .bad { display: grid; gap: var(--gap-1); max-block-size: 12rem; overflow-y: auto; padding: var(--gap-3); border-radius: var(--round-small); background: var(--danger-soft); color: var(--danger-ink); }
    .good { max-block-size: 12rem; overflow-y: auto; padding: var(--gap-3); border-radius: var(--round-small); background: var(--surface-2); }
    li { overflow-wrap: anywhere; }
  `];

  constructor() {
    super();
    /** @type {Report | null} */
    this.report = null;
    this.error = '';
    this.busy = false;
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
  }

  get #csv() {
    return /** @type {HTMLTextAreaElement} */ (this.renderRoot.querySelector('#csv'));
  }

  async show() {
    this.report = null;
    this.error = '';
    await this.updateComplete;
    this.#csv.value = '';
    this.#dialog.showModal();
  }

  /** @override */
  render() {
    return html`<dialog aria-labelledby="title"><div class="stack"><h2 id="title">${t('people.import')}</h2>
      ${this.report?.applied ? this.#doneView(this.report) : this.#listView()}</div></dialog>`;
  }

  #listView() {
    const { report } = this;
    return html`<div class="field"><label for="file">${t('people.import.file')}</label>
        <input id="file" type="file" accept=".csv,text/csv,text/plain" @change=${this.#read}></div>
      <div class="field"><label for="csv">${t('people.import.list')}</label>
        <textarea id="csv" spellcheck="false" maxlength="1000000" aria-describedby="csv-hint" placeholder="login,name,role,department" @input=${() => { this.report = null; }}></textarea>
        <p class="hint" id="csv-hint">${t('people.import.hint')}</p></div>
      <div role="status">${report ? html`<p><strong>${t('people.import.good', { n: report.people.length })}</strong></p>` : nothing}</div>
      ${report?.people.length ? html`<ul class="good" tabindex="0" aria-label=${t('people.import.new')}>${report.people.map(one => html`<li>${one.name} (${one.login}), ${one.role}${one.department ? `, ${one.department}` : ''}</li>`)}</ul>` : nothing}
      ${this.#bad()}
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t('dialog.cancel')}</button>
        ${report ? html`<button class="main" type="button" ?disabled=${this.busy || report.people.length === 0} @click=${() => this.#ask(true)}>${t('people.import.go', { n: report.people.length })}</button>`
          : html`<button class="main" type="button" ?disabled=${this.busy} @click=${() => this.#ask(false)}>${t('people.import.check')}</button>`}</div>`;
  }

  /** @param {Report} report */
  #doneView(report) {
    return html`<p role="status"><strong>${t('people.import.done', { n: report.people.length })}</strong></p>
      ${this.#bad()}
      <div class="field"><label for="links">${t('people.import.links')}</label>
        <textarea id="links" readonly .value=${linksOf(report, location.origin)}></textarea>
        <p class="hint">${t('people.import.links.hint')}</p></div>
      <div class="actions"><button class="main" type="button" @click=${() => this.#dialog.close()}>${t('people.close')}</button></div>`;
  }

  #bad() {
    const bad = [...this.report?.bad ?? []].sort((a, b) => a.line - b.line);
    return bad.length === 0 ? nothing : html`<div class="field"><p class="wrong">${t('people.import.bad', { n: bad.length })}</p>
      <ul class="bad" tabindex="0" aria-label=${t('people.import.bad', { n: bad.length })}>${bad.map(({ line, field, error }) => html`<li>${t('people.import.line', { line })}${field ? ` (${field})` : ''}: ${error}</li>`)}</ul></div>`;
  }

  /** @param {Event} event */
  async #read(event) {
    const file = /** @type {HTMLInputElement} */ (event.target).files?.[0];
    if (!file) return;
    this.#csv.value = await file.text();
    await this.#ask(false);
  }

  /** @param {boolean} apply */
  async #ask(apply) {
    this.busy = true;
    this.error = '';
    try {
      this.report = await ask('import', { csv: this.#csv.value, apply });
      if (apply) this.say('done');
    } catch (error) {
      this.error = /** @type {Error} */ (error).message || explain(error, 'account');
    }
    this.busy = false;
  }
}
customElements.define('aula-account-import', AulaAccountImport);
