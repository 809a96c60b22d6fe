// SPDX-License-Identifier: Apache-2.0
/** One poll: to answer, or what came of it. */

import { css, html, nothing, svg } from 'lit';

import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

/** @typedef {import('../lib/polls.js').Poll} Poll */
/** @typedef {import('../lib/polls.js').Question} Question */
/** @typedef {import('../lib/polls.js').Tally} Tally */

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

/** What people call it. @param {Poll} poll */
export const nameOf = poll => poll.title || poll.questions[0]?.text || '';

/** Says `drop` (Poll), for the page to ask back. */
export class AulaPoll extends AulaElement {
  static properties = { polls: { attribute: false }, poll: { attribute: false }, asks: { type: Boolean },
    wrong: { state: true }, busy: { state: true }, who: { state: true } };

  static styles = [shared, css`
    article { display: grid; gap: var(--gap-3); padding: var(--gap-4); border: 1px solid var(--line); border-radius: var(--round); background: var(--surface); }
    article.open { border-color: var(--accent); }
    h3 { font-size: var(--size-normal); overflow-wrap: anywhere; }
    .chips { display: flex; flex-wrap: wrap; gap: var(--gap-1); }
    form, .questions { display: grid; gap: var(--gap-3); }
    fieldset { display: grid; gap: var(--gap-1); margin: 0; padding: 0; border: 0; min-inline-size: 0; }
    legend, h4 { margin: 0; padding: 0 0 var(--gap-1); font-size: var(--size-normal); font-weight: 600; overflow-wrap: anywhere; white-space: pre-wrap; }
    .option { display: flex; align-items: center; gap: var(--gap-3); min-block-size: var(--target); padding: var(--gap-1) var(--gap-3);
      border: 1px solid var(--line); border-radius: var(--round-small); font-weight: 400; overflow-wrap: anywhere; cursor: pointer; }
    .option:has(:checked) { border-color: var(--accent); background: var(--accent-soft); color: var(--accent-ink); }
    .option:has(:focus-visible) { outline: 3px solid var(--focus); outline-offset: 2px; }
    .option input { inline-size: 1.25rem; min-block-size: 1.25rem; block-size: 1.25rem; flex: none; padding: 0; margin: 0; accent-color: var(--accent); }
    .results { display: grid; gap: var(--gap-2); }
    .results li { display: grid; gap: 0.125rem; }
    .line { display: flex; justify-content: space-between; gap: var(--gap-3); align-items: baseline; }
    .line > :first-child { overflow-wrap: anywhere; min-inline-size: 0; }
    .line > :last-child { flex: none; font-variant-numeric: tabular-nums; }
    .bar { inline-size: 100%; block-size: 0.5rem; border-radius: 999px; background: var(--surface-3); }
    .bar rect { fill: var(--line-strong); }
    .right .bar rect, .plain .bar rect { fill: var(--accent); }
    :dir(rtl) .bar { transform: scaleX(-1); }
    .buttons { display: flex; flex-wrap: wrap; gap: var(--gap-2); }
    .score { font-weight: 700; }
    .who li { padding-block: var(--gap-1); border-block-start: 1px solid var(--line); overflow-wrap: anywhere; }
    .done { color: var(--accent-ink); font-weight: 600; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/polls.js').Polls | null} */
    this.polls = null;
    /** @type {Poll | null} */
    this.poll = null;
    /** Whether it is us who asks. */
    this.asks = false;
    this.wrong = '';
    this.busy = false;
    /** Who answered what, as far as it was read. @type {{answers: import('../lib/polls.js').Answer[], next?: string} | null} */
    this.who = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.clock = undefined;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.clock);
    this.clock = undefined;
  }

  /** @override */
  updated() {
    const ticks = this.poll?.until !== undefined && this.poll.state === 'open' && this.isConnected;
    if (ticks) this.clock ??= setInterval(() => this.requestUpdate(), 1000);
    else {
      clearInterval(this.clock);
      this.clock = undefined;
    }
  }

  /** @override */
  render() {
    const { poll } = this;
    if (!poll) return nothing;
    return html`<article class=${poll.state} aria-labelledby="name">
      <h3 id="name" dir="auto">${nameOf(poll)}</h3>
      ${this.#chips(poll)}
      ${!this.asks && poll.state === 'open' ? this.#form(poll) : this.#view(poll)}
      ${this.asks ? this.#controls(poll) : nothing}
      <p class="wrong" role="alert" ?hidden=${!this.wrong}>${this.wrong}</p>
      ${this.who ? this.#people(this.who, poll) : nothing}</article>`;
  }

  /** @param {Poll} poll */
  #chips(poll) {
    const left = Math.max(0, Math.round(((poll.until ?? 0) - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    const state = poll.state === 'closed' ? 'over' : poll.state;
    return html`<p class="chips"><span class="chip ${state === 'open' ? '' : 'warn'}">${t(`poll.${state}`)}</span>
      ${poll.state === 'open' && poll.until !== undefined ? html`<span class="chip warn" role="timer">${t('poll.left', { time })}</span>` : nothing}
      ${poll.quiz ? html`<span class="chip">${t('poll.quiz')}</span>` : nothing}
      ${poll.anonymous ? html`<span class="chip">${t('poll.anonymous')}</span>` : nothing}
      ${poll.shown ? html`<span class="chip">${t('poll.visible')}</span>` : nothing}</p>`;
  }

  // -- to answer --

  /** @param {Poll} poll */
  #form(poll) {
    const shut = !this.polls?.open || this.busy || (!!poll.mine && !poll.change);
    return html`<form @submit=${this.#send} novalidate>
      ${poll.questions.map((question, i) => this.#field(poll, question, i, shut))}
      <p class="done" role="status">${poll.mine ? t(poll.change ? 'poll.changeable' : 'poll.answered') : ''}</p>
      ${poll.mine && !poll.change ? nothing : html`<div class="buttons"><button class="main" ?disabled=${shut}>${
    t(poll.mine ? 'poll.change' : 'poll.answer')}</button></div>`}
      ${poll.shown && poll.results ? this.#view(poll) : nothing}</form>`;
  }

  /** @param {Poll} poll @param {Question} question @param {number} i @param {boolean} shut */
  #field(poll, question, i, shut) {
    const mine = poll.mine?.[i] ?? [], alone = poll.questions.length === 1 && !poll.title;
    if (question.options) return html`<fieldset ?disabled=${shut}>
      <legend class=${alone ? 'hidden' : ''} dir="auto">${question.text}</legend>
      ${question.kind === 'multiple' ? html`<p class="hint">${t('poll.several')}</p>` : nothing}
      ${question.options.map(option => html`<label class="option" dir="auto">
        <input type=${question.kind === 'multiple' ? 'checkbox' : 'radio'} name=${`q${i}`} .value=${option} ?checked=${mine.includes(option)}>
        <span>${option}</span></label>`)}</fieldset>`;
    const label = t(question.kind === 'number' ? 'poll.number' : 'poll.text');
    return html`<fieldset ?disabled=${shut}><legend class=${alone ? 'hidden' : ''} dir="auto">${question.text}</legend>
      <input name=${`q${i}`} aria-label=${label} placeholder=${label} .value=${mine[0] ?? ''} dir="auto" maxlength="300"
        inputmode=${question.kind === 'number' ? 'decimal' : 'text'} autocomplete="off"></fieldset>`;
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const { poll } = this, form = /** @type {HTMLFormElement} */ (event.target), data = new FormData(form);
    if (!poll) return;
    // Where a comma parts decimals, people write one.
    const answers = poll.questions.map(({ kind }, i) => data.getAll(`q${i}`).map(String)
      .map(text => kind === 'number' ? text.trim().replace(',', '.') : text).filter(text => text.trim() !== ''));
    if (!answers.some(answer => answer.length)) {
      this.wrong = t('poll.missing');
      return;
    }
    await this.#do(() => this.polls?.answer(poll.id, answers));
  }

  // -- what came of it --

  /** @param {Poll} poll */
  #view(poll) {
    const { questions, mine } = poll, results = this.asks || poll.shown ? poll.results : undefined;
    return html`<div class="questions">
      ${poll.score !== undefined && poll.state === 'closed' ? html`<p class="score" role="status">${t('poll.score', { score: poll.score, points: poll.points ?? 0 })}</p>` : nothing}
      ${results ? html`<p class="hint">${t('poll.turnout', { answered: results.answered, of: results.of })}</p>` : nothing}
      ${!this.asks && !results ? html`<p class="hint">${t('poll.wait')}</p>` : nothing}
      ${questions.map((question, i) => html`<section>
        <h4 class=${questions.length === 1 && !poll.title ? 'hidden' : ''} dir="auto">${question.text}</h4>
        ${results?.questions[i] ? this.#bars(question, results.questions[i], mine?.[i] ?? []) : this.#plain(question, mine?.[i] ?? [])}
        ${question.right?.length && !question.options ? html`<p class="hint" dir="auto">${t('poll.right.text', { answers: question.right.join(', ') })}</p>` : nothing}
        ${results?.questions[i]?.right_count !== undefined && this.asks ? html`<p class="hint">${t('poll.rights', { n: results.questions[i].right_count ?? 0 })}</p>` : nothing}
        </section>`)}</div>`;
  }

  /** @param {Question} question @param {string[]} mine */
  #plain(question, mine) {
    const lines = question.options ?? mine;
    return html`<ul class="results">${lines.map(text => html`<li><p class="line" dir="auto"><span>${text}${this.#signs(question, text, mine)}</span><span></span></p></li>`)}</ul>`;
  }

  /** @param {Question} question @param {string} text @param {string[]} mine */
  #signs(question, text, mine) {
    return html`${question.right?.includes(text) && question.options ? html` <span class="chip">${t('poll.right')}</span>` : nothing}${
      mine.includes(text) ? html` <span class="chip warn">${t('poll.mine')}</span>` : nothing}`;
  }

  /** @param {Question} question @param {Tally} tally @param {string[]} mine */
  #bars(question, tally, mine) {
    const lines = question.options?.map((text, i) => ({ text, count: tally.counts?.[i] ?? 0 })) ?? [...tally.answers ?? [],
      ...(tally.others ? [{ text: t('poll.others'), count: tally.others }] : [])];
    return html`<ul class="results">${lines.map(({ text, count }) => {
      const share = tally.answered ? count / tally.answered : 0;
      const colour = !question.right?.length ? 'plain' : question.right.includes(text) ? 'right' : '';
      return html`<li class=${colour}><p class="line"><span dir="auto">${text}${this.#signs(question, text, mine)}</span>
        <span>${t('poll.count', { n: count, percent: Math.round(share * 100) })}</span></p>
        <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">${
  svg`<rect width=${(share * 100).toFixed(1)} height="1"></rect>`}</svg></li>`;
    })}</ul>
      ${tally.mean !== undefined ? html`<p class="hint">${t('poll.mean', { mean: NUMBER.format(tally.mean) })}</p>` : nothing}`;
  }

  // -- for who asks --

  /** @param {Poll} poll */
  #controls(poll) {
    const { id } = poll, drop = t('poll.do.drop', { question: nameOf(poll) });
    const button = (/** @type {string} */ text, /** @type {() => unknown} */ run, main = false) => html`<button type="button"
      class=${main ? 'main' : ''} ?disabled=${this.busy || !this.polls?.open} @click=${() => this.#do(run)}>${text}</button>`;
    return html`<div class="buttons">
      ${poll.state === 'draft' ? button(t('poll.do.open'), () => this.polls?.start(id), true) : nothing}
      ${poll.state === 'open' ? button(t('poll.do.close'), () => this.polls?.close(id), true) : nothing}
      ${poll.state !== 'draft' ? button(t(poll.shown ? 'poll.do.hide' : 'poll.do.show'), () => this.polls?.show(id, !poll.shown), poll.state === 'closed' && !poll.shown) : nothing}
      ${poll.state !== 'draft' && !poll.anonymous ? html`<button type="button" aria-expanded=${!!this.who} ?disabled=${this.busy}
        @click=${() => this.who ? (this.who = null) : this.#do(() => this.#read())}>${t('poll.do.who')}</button>` : nothing}
      <button class="round bare" type="button" title=${drop} aria-label=${drop} @click=${() => this.say('drop', poll)}>${icon('trash')}</button></div>`;
  }

  async #read() {
    const page = await this.polls?.answers(/** @type {Poll} */ (this.poll).id, this.who?.next ?? '');
    if (page) this.who = { answers: [...this.who?.answers ?? [], ...page.answers], next: page.next };
  }

  /** @param {NonNullable<AulaPoll['who']>} who @param {Poll} poll */
  #people({ answers, next }, poll) {
    if (!answers.length) return html`<p class="hint">${t('poll.nobody')}</p>`;
    return html`<ul class="who" aria-label=${t('poll.do.who')}>${answers.map(one => html`<li>
      <p class="line"><strong dir="auto">${one.display || one.subject}</strong><span>${
  poll.quiz ? t('poll.points', { score: one.score, points: poll.points ?? 0 }) : nothing}</span></p>
      <p class="hint" dir="auto">${one.answers.map(answer => answer.join(', ') || '–').join(' · ')}</p></li>`)}</ul>
      ${next ? html`<button type="button" ?disabled=${this.busy} @click=${() => this.#do(() => this.#read())}>${t('poll.more')}</button>` : nothing}`;
  }

  /** @param {() => unknown} run */
  async #do(run) {
    this.busy = true;
    this.wrong = '';
    try {
      await run();
    } catch (error) {
      this.wrong = explain(error, 'poll');
    }
    this.busy = false;
  }
}
customElements.define('aula-poll', AulaPoll);
