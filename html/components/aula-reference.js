// SPDX-License-Identifier: Apache-2.0
/** What the server can be asked over HTTP, as it says itself, to read and to try: `/reference/`. */

import { css, html, nothing } from 'lit';

import { explain, t } from '../lib/strings.js';
import { AulaElement, logo, shared } from './base.js';

const DOCUMENT = '/api/openapi.json';

/**
 * @typedef {{type?: string | string[], enum?: string[], minimum?: number, maximum?: number, maxLength?: number, default?: unknown,
 *   description?: string, writeOnly?: boolean}} Schema
 * @typedef {object} Operation
 * @property {string} where
 * @property {string} module
 * @property {string} name
 * @property {string} summary
 * @property {string} description
 * @property {Record<string, Schema>} fields
 * @property {string[]} required
 */

/** @param {any} document @returns {Operation[]} */
export const operationsOf = document => Object.entries(document.paths).map(([where, { post }]) => {
  const { properties, required } = post.requestBody.content['application/json'].schema;
  const [module = '', name = ''] = post.operationId.split('.');
  return { where, module, name, summary: post.summary, description: post.description, fields: properties, required };
});

/**
 * What a field's text stands for; undefined: nothing was written.
 * @param {Schema} schema
 * @param {string} text
 */
export function valueOf(schema, text) {
  if (text === '') return undefined;
  const types = [schema.type].flat();
  if (types.includes('string')) return types.includes('integer') && /^\d+$/.test(text) ? Number(text) : text;
  return JSON.parse(text);
}

export class AulaReference extends AulaElement {
  static properties = { operations: { state: true }, chosen: { state: true }, sought: { state: true }, answer: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    main { display: grid; gap: var(--gap-4); inline-size: min(72rem, 100%); margin-inline: auto; padding: var(--gap-4); }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: var(--gap-3); }
    h1 { font-size: var(--size-large); }
    header a { margin-inline-start: auto; }
    .board { display: grid; gap: var(--gap-4); align-items: start; }
    @media (min-width: 52rem) { .board { grid-template-columns: 18rem minmax(0, 1fr); } .board nav { max-block-size: calc(100dvh - 10rem); } }
    .panel, nav { padding: var(--gap-4); border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface); }
    nav { display: grid; gap: var(--gap-3); max-block-size: 20rem; overflow-y: auto; }
    nav button { inline-size: 100%; justify-content: start; border-radius: var(--round-small); font-weight: 500; text-align: start; overflow-wrap: anywhere; }
    nav button[aria-current="true"] { background: var(--accent-soft); color: var(--accent-ink); font-weight: 700; }
    nav h2 { margin-block-start: var(--gap-2); color: var(--ink-soft); font-size: var(--size-small); }
    .panel { display: grid; gap: var(--gap-4); min-inline-size: 0; }
    .panel h2 { font-size: var(--size-large); overflow-wrap: anywhere; }
    code, pre, textarea { font-family: ui-monospace, monospace; font-size: var(--size-small); }
    pre { margin: 0; padding: var(--gap-3); border-radius: var(--round-small); background: var(--surface-2); overflow: auto; max-block-size: 24rem; }
    form .actions { justify-content: start; align-items: center; }
  `];

  constructor() {
    super();
    /** @type {Operation[] | null} */
    this.operations = null;
    /** @type {Operation | null} */
    this.chosen = null;
    this.sought = '';
    /** @type {{status: number, text: string} | null} */
    this.answer = null;
    this.error = '';
    this.busy = false;
    void this.#look();
  }

  async #look() {
    try {
      const answer = await fetch(DOCUMENT);
      this.operations = answer.ok ? operationsOf(await answer.json()) : [];
      const wanted = decodeURIComponent(location.hash.slice(1));
      this.chosen = this.operations.find(one => `${one.module}/${one.name}` === wanted) ?? this.operations[0] ?? null;
    } catch (error) {
      this.operations = [];
      this.error = explain(error);
    }
  }

  /** @override */
  render() {
    return html`<main><header>${logo}<h1>${t('reference.title')}</h1><a href="/">${t('class.home')}</a></header>
      ${this.operations === null ? html`<p role="status">${t('state.connecting')}</p>`
        : this.operations.length === 0 ? html`<p role="alert">${this.error || t('reference.none')}</p>`
        : html`<p class="hint">${t('reference.text')} <a href=${DOCUMENT}>openapi.json</a></p>
          <div class="board">${this.#list(this.operations)}${this.chosen ? this.#panel(this.chosen) : nothing}</div>`}</main>`;
  }

  /** @param {Operation[]} operations */
  #list(operations) {
    const fits = operations.filter(one => `${one.module}/${one.name} ${one.summary}`.toLowerCase().includes(this.sought.toLowerCase()));
    const modules = [...new Set(fits.map(one => one.module))];
    return html`<nav aria-label=${t('reference.requests')}>
      <div class="field"><label for="sought">${t('reference.find')}</label>
        <input id="sought" type="search" .value=${this.sought} @input=${(/** @type {InputEvent} */ event) => {
          this.sought = /** @type {HTMLInputElement} */ (event.target).value; }}></div>
      ${modules.length === 0 ? html`<p class="hint">${t('reference.nothing')}</p>` : nothing}
      ${modules.map(module => html`<div><h2>${module}</h2><ul>${fits.filter(one => one.module === module).map(one => html`<li>
        <button class="bare" aria-current=${one === this.chosen} title=${one.summary} @click=${() => this.#choose(one)}>${one.name}</button></li>`)}</ul></div>`)}
    </nav>`;
  }

  /** @param {Operation} operation */
  #choose(operation) {
    this.chosen = operation;
    this.answer = null;
    this.error = '';
    history.replaceState(null, '', `#${operation.module}/${operation.name}`);
    /** @type {HTMLFormElement | null} */ (this.renderRoot.querySelector('form'))?.reset();
    this.renderRoot.querySelector('section')?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {Operation} operation */
  #panel(operation) {
    const fields = Object.entries(operation.fields);
    return html`<section class="panel" aria-labelledby="name">
      <h2 id="name">POST <code>${operation.where}</code></h2>
      <p>${operation.summary} ${operation.description.replaceAll('`', '')}</p>
      <form class="stack" novalidate @submit=${(/** @type {SubmitEvent} */ event) => this.#send(event, operation)}>
        ${fields.length === 0 ? html`<p class="hint">${t('reference.bare')}</p>` : fields.map(([name, schema]) => this.#field(operation, name, schema))}
        <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
        <div class="actions"><button class="main" ?disabled=${this.busy}>${t('reference.send')}</button><p class="hint">${t('reference.real')}</p></div>
      </form>
      <div role="status">${this.answer ? html`<p><span class="chip ${this.answer.status < 400 ? '' : 'danger'}">${this.answer.status}</span></p>
        <pre tabindex="0" aria-label=${t('reference.answer')}>${this.answer.text}</pre>` : nothing}</div>
    </section>`;
  }

  /** @param {Operation} operation @param {string} name @param {Schema} schema */
  #field(operation, name, schema) {
    const id = `field-${name}`, required = operation.required.includes(name);
    const types = [schema.type].flat(), simple = types.some(type => type === 'string' || type === 'integer' || type === 'number');
    const choices = schema.enum ?? (types.includes('boolean') ? ['true', 'false'] : null);
    const said = html`<p class="hint" id="${id}-hint">${schema.description}</p>`;
    return html`<div class="field"><label for=${id}><code>${name}</code>${required ? html` <span class="chip">${t('reference.required')}</span>` : nothing}</label>
      ${choices ? html`<select id=${id} name=${name} aria-describedby="${id}-hint"><option value=""></option>${choices.map(one => html`<option>${one}</option>`)}</select>`
        : simple && (schema.maxLength ?? 0) < 2000 ? html`<input id=${id} name=${name} autocomplete="off" spellcheck="false" type=${schema.writeOnly ? 'password' : 'text'}
            placeholder=${schema.default === undefined ? nothing : String(schema.default)} aria-describedby="${id}-hint">`
        : html`<textarea id=${id} name=${name} rows="4" spellcheck="false" aria-describedby="${id}-hint"></textarea>`}${said}</div>`;
  }

  /** @param {SubmitEvent} event @param {Operation} operation */
  async #send(event, operation) {
    event.preventDefault();
    /** @type {Record<string, unknown>} */
    const body = {};
    this.error = '';
    for (const [name, text] of new FormData(/** @type {HTMLFormElement} */ (event.target))) {
      try {
        const value = valueOf(operation.fields[name] ?? {}, String(text));
        if (value !== undefined) body[name] = value;
      } catch {
        this.error = t('reference.json', { name });
        return;
      }
    }
    this.busy = true;
    try {
      const answer = await fetch(operation.where, { method: 'POST', cache: 'no-store', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      const text = await answer.text();
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* as it came */ }
      this.answer = { status: answer.status, text: shown };
    } catch (error) {
      this.error = explain(error);
    }
    this.busy = false;
  }
}
customElements.define('aula-reference', AulaReference);
