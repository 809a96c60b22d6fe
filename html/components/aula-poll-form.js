// SPDX-License-Identifier: Apache-2.0
/** Where a teacher writes what the class is asked. */

import { css, html, nothing } from 'lit';

import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {import('../lib/polls.js').Question['kind']} kind
 * @property {{text: string, right: boolean}[]} options
 * @property {string} right
 * @property {number} tolerance
 * @property {number} points
 */

const KINDS = /** @type {const} */ (['single', 'multiple', 'text', 'number']);
const TIMES = [0, 30, 60, 120, 300, 600];
const MOST_OPTIONS = 20, MOST_QUESTIONS = 50;

/** @returns {Draft} */
const empty = () => ({ text: '', kind: 'single', right: '', tolerance: 0, points: 1,
  options: [{ text: '', right: false }, { text: '', right: false }] });

/** Says `done` when it was asked, kept for later, or given up. */
export class AulaPollForm extends AulaElement {
  static properties = { polls: { attribute: false }, questions: { state: true }, wrong: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    form { display: grid; gap: var(--gap-4); padding: var(--gap-4); border: 1px solid var(--line); border-radius: var(--round); }
    fieldset { display: grid; gap: var(--gap-3); margin: 0; padding: var(--gap-3); border: 1px solid var(--line); border-radius: var(--round-small); min-inline-size: 0; }
    legend { padding-inline: var(--gap-1); font-weight: 600; }
    .option { display: flex; align-items: center; gap: var(--gap-2); }
    .option > :nth-child(2) { flex: 1; }
    [type="checkbox"] { inline-size: 1.5rem; block-size: 1.5rem; margin: 0.625rem; flex: none; accent-color: var(--accent); }
    .check { display: flex; align-items: center; font-weight: 400; }
    .check [type="checkbox"] { margin-inline-start: 0; }
    .two { display: grid; grid-template-columns: 1fr 1fr; gap: var(--gap-3); align-items: end; }
    textarea { field-sizing: content; min-block-size: 4rem; resize: vertical; }
    .actions { justify-content: flex-start; }
    .start { justify-self: start; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/polls.js').Polls | null} */
    this.polls = null;
    /** @type {Draft[]} */
    this.questions = [empty()];
    this.wrong = '';
    this.busy = false;
  }

  /** @override */
  firstUpdated() {
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector('textarea'))?.focus();
  }

  /** @override */
  render() {
    const several = this.questions.length > 1;
    return html`<form @submit=${this.#send} novalidate>
      ${several ? html`<div class="field"><label for="title">${t('ask.title')}</label>
        <input id="title" name="title" maxlength="200" dir="auto" aria-describedby="title-hint"><p class="hint" id="title-hint">${t('ask.title.hint')}</p></div>` : nothing}
      ${this.questions.map((question, i) => this.#question(question, i, several))}
      <button class="bare start" type="button" ?disabled=${this.questions.length >= MOST_QUESTIONS} @click=${this.#more}>${icon('add')}${t('ask.add')}</button>
      <div class="field"><label for="time">${t('ask.time')}</label><select id="time" name="seconds">${TIMES.map(n =>
    html`<option value=${n}>${n === 0 ? t('ask.time.none') : n < 60 ? t('ask.time.seconds', { n }) : t('ask.time.minutes', { n: n / 60 })}</option>`)}</select></div>
      <div><label class="check"><input type="checkbox" name="anonymous">${t('ask.anonymous')}</label>
        <label class="check"><input type="checkbox" name="change" checked>${t('ask.change')}</label></div>
      <p class="wrong" role="alert" ?hidden=${!this.wrong}>${this.wrong}</p>
      <div class="actions"><button class="main" value="now" ?disabled=${this.busy}>${t('ask.go')}</button>
        <button value="later" ?disabled=${this.busy}>${t('ask.later')}</button>
        <button class="bare" type="button" @click=${() => this.say('done')}>${t('ask.cancel')}</button></div></form>`;
  }

  /** @param {Draft} question @param {number} i @param {boolean} several */
  #question(question, i, several) {
    const { kind } = question;
    return html`<fieldset><legend>${several ? t('ask.question.n', { n: i + 1 }) : t('ask.question')}</legend>
      <textarea aria-label=${t('ask.question')} maxlength="1000" dir="auto" .value=${question.text}
        @input=${(/** @type {any} */ e) => this.#set(question, { text: e.target.value })}></textarea>
      <div class="field"><label for=${`kind${i}`}>${t('ask.kind')}</label>
        <select id=${`kind${i}`} @change=${(/** @type {any} */ e) => this.#set(question, { kind: e.target.value })}>${KINDS.map(one =>
    html`<option value=${one} ?selected=${one === kind}>${t(`ask.kind.${one}`)}</option>`)}</select></div>
      ${kind === 'single' || kind === 'multiple' ? this.#options(question) : html`<div class="two">
        <div class="field"><label for=${`right${i}`}>${t('ask.right')}</label><input id=${`right${i}`} maxlength="300" dir="auto" .value=${question.right}
          inputmode=${kind === 'number' ? 'decimal' : 'text'} @input=${(/** @type {any} */ e) => this.#set(question, { right: e.target.value })}></div>
        ${kind === 'number' ? html`<div class="field"><label for=${`off${i}`}>${t('ask.tolerance')}</label><input id=${`off${i}`} type="number" min="0" step="any"
          .value=${String(question.tolerance)} @input=${(/** @type {any} */ e) => this.#set(question, { tolerance: Math.max(0, Number(e.target.value) || 0) })}></div>` : nothing}
        </div><p class="hint">${t('ask.right.hint')}</p>`}
      ${several ? html`<div class="two"><div class="field"><label for=${`points${i}`}>${t('ask.points')}</label>
        <input id=${`points${i}`} type="number" min="0" max="1000" .value=${String(question.points)}
          @input=${(/** @type {any} */ e) => this.#set(question, { points: Math.min(1000, Math.max(0, Math.round(Number(e.target.value)) || 0)) })}></div>
        <button class="bare" type="button" aria-label=${t('ask.remove', { n: i + 1 })} @click=${() => {
    this.questions = this.questions.filter(one => one !== question);
  }}>${icon('trash')}</button></div>` : nothing}</fieldset>`;
  }

  /** @param {Draft} question */
  #options(question) {
    const { options, kind } = question;
    /** @param {number} at @param {Partial<Draft['options'][0]>} what */
    const set = (at, what) => this.#set(question, { options: options.map((one, i) => i === at ? { ...one, ...what }
      // Of a single choice one is right.
      : { ...one, right: one.right && !(what.right && kind === 'single') }) });
    return html`${options.map(({ text, right }, i) => html`<div class="option">
      <input type="checkbox" aria-label=${t('ask.option.right', { n: i + 1 })} .checked=${right}
        @change=${(/** @type {any} */ e) => set(i, { right: e.target.checked })}>
      <input aria-label=${t('ask.option', { n: i + 1 })} placeholder=${t('ask.option', { n: i + 1 })} maxlength="300" dir="auto" .value=${text}
        @input=${(/** @type {any} */ e) => set(i, { text: e.target.value })}>
      ${options.length > 2 ? html`<button class="round bare" type="button" aria-label=${t('ask.option.remove', { n: i + 1 })}
        @click=${() => this.#set(question, { options: options.filter((_, at) => at !== i) })}>${icon('close')}</button>` : nothing}</div>`)}
      <button class="bare start" type="button" ?disabled=${options.length >= MOST_OPTIONS}
        @click=${() => this.#set(question, { options: [...options, { text: '', right: false }] })}>${icon('add')}${t('ask.option.add')}</button>
      <p class="hint">${t('ask.right.options')}</p>`;
  }

  /** @param {Draft} question @param {Partial<Draft>} what */
  #set(question, what) {
    this.questions = this.questions.map(one => one === question ? { ...one, ...what } : one);
  }

  #more() {
    this.questions = [...this.questions, empty()];
  }

  /** As the server takes it; null: something is missing. @param {Draft} draft */
  #made({ text, kind, options, right, tolerance, points }) {
    const chosen = options.map(option => ({ ...option, text: option.text.trim() })).filter(option => option.text);
    const choice = kind === 'single' || kind === 'multiple';
    if (!text.trim() || (choice && new Set(chosen.map(option => option.text)).size < Math.max(2, chosen.length))) return null;
    if (choice) {
      const rights = chosen.filter(option => option.right).map(option => option.text).slice(0, kind === 'single' ? 1 : MOST_OPTIONS);
      return { text, kind, points, options: chosen.map(option => option.text), ...(rights.length && { right: rights }) };
    }
    const wanted = kind === 'number' ? right.trim().replace(',', '.') : right.trim();
    return { text, kind, points, ...(wanted && { right: [wanted] }), ...(kind === 'number' && tolerance > 0 && { tolerance }) };
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const open = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value !== 'later';
    const questions = this.questions.map(draft => this.#made(draft)).filter(made => made !== null);
    if (questions.length < this.questions.length) {
      this.wrong = t('ask.missing');
      return;
    }
    this.busy = true;
    try {
      await this.polls?.ask(questions, { open, title: String(data.get('title') ?? '').trim(), seconds: Number(data.get('seconds')),
        anonymous: data.has('anonymous'), change: data.has('change') });
      this.wrong = '';
      this.say('done');
    } catch (error) {
      this.wrong = explain(error, 'poll');
    }
    this.busy = false;
  }
}
customElements.define('aula-poll-form', AulaPollForm);
