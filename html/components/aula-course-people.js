// SPDX-License-Identifier: Apache-2.0
/** Who takes and who teaches a course, and how they come into it, for who manages it. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../lib/courses.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import './aula-confirm.js';
import './aula-sheet.js';

/** @typedef {{login: string, name: string, part: 'teacher' | 'student', since_s: number}} Person */

const PAGE = 100;

/** Says `changed` when the course is another one: its code, its teachers. */
export class AulaCoursePeople extends AulaElement {
  static properties = { course: { type: Number }, code: {}, people: { state: true }, next: { state: true }, bad: { state: true }, said: { state: true }, error: { state: true } };

  static styles = [shared, css`
    :host { display: grid; gap: var(--gap-4); }
    .top { display: flex; flex-wrap: wrap; gap: var(--gap-2) var(--gap-3); align-items: center; }
    h2 { font-size: var(--size-large); margin-inline-end: auto; }
    ul.people { display: grid; border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface); overflow: hidden; }
    .people li { display: flex; flex-wrap: wrap; gap: var(--gap-2) var(--gap-3); align-items: center; padding: var(--gap-2) var(--gap-4); border-block-start: 1px solid var(--line); }
    .people li:first-child { border-block-start: 0; }
    .of { display: grid; flex: 1 1 10rem; min-inline-size: 0; }
    .of > * { overflow-wrap: anywhere; }
    .code { display: flex; flex-wrap: wrap; gap: var(--gap-3); align-items: center; padding: var(--gap-4) var(--gap-5); border-radius: var(--round); background: var(--surface-2); }
    .code > div { flex: 1 1 14rem; }
    .code strong { font-size: 1.5rem; letter-spacing: 0.06em; font-family: ui-monospace, monospace; }
    .more { justify-self: start; }
  `];

  constructor() {
    super();
    this.course = 0;
    /** By which students join; "": they do not. */
    this.code = '';
    /** @type {Person[]} */
    this.people = [];
    this.next = '';
    /** Lines that could not be taken. @type {{line: number, login: string, error: string}[]} */
    this.bad = [];
    this.said = '';
    this.error = '';
  }

  /** @param {import('lit').PropertyValues} changed @override */
  willUpdate(changed) {
    if (changed.has('course') && this.course) void this.#load();
  }

  get #sheet() {
    return /** @type {import('./aula-sheet.js').AulaSheet} */ (this.renderRoot.querySelector('aula-sheet'));
  }

  /** @param {string} [after] */
  async #load(after) {
    try {
      const { people, next } = await ask('people', { course: this.course, limit: PAGE, ...(after ? { after } : {}) });
      this.people = after ? [...this.people, ...people] : people;
      this.next = next ?? '';
      this.error = '';
    } catch (error) {
      this.error = explain(error, 'course');
    }
  }

  /** @override */
  render() {
    return html`<div class="top"><h2 id="people">${t('course.people')}</h2>
        <button type="button" @click=${this.#enrol}>${icon('add')}${t('course.enrol')}</button></div>
      ${this.#code()}
      <div role="status">${this.said ? html`<p>${this.said}</p>` : nothing}</div>
      ${this.bad.length ? html`<div class="stack" role="alert"><p class="wrong">${t('course.enrol.bad', { n: this.bad.length })}</p>
        <ul>${this.bad.slice(0, 50).map(({ line, login, error }) => html`<li>${t('course.enrol.line', { line, login })} ${error}</li>`)}</ul></div>` : nothing}
      ${this.people.length ? html`<ul class="people" aria-labelledby="people">${repeat(this.people, ({ login }) => login, one => this.#person(one))}</ul>`
      : html`<p class="hint">${t('course.people.none')}</p>`}
      ${this.next ? html`<button class="more" type="button" @click=${() => void this.#load(this.next)}>${t('people.more')}</button>` : nothing}
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <aula-sheet></aula-sheet><aula-confirm></aula-confirm>`;
  }

  #code() {
    return html`<div class="code"><div>${this.code ? html`<p class="label">${t('course.code')}</p>
        <p><strong>${this.code.slice(0, 5)}-${this.code.slice(5)}</strong></p><p class="hint">${t('course.code.text')}</p>`
        : html`<p>${t('course.code.none')}</p>`}</div>
      <button type="button" @click=${() => this.#act(() => ask('code', { course: this.course }))}>${t(this.code ? 'course.code.renew' : 'course.code.make')}</button>
      ${this.code ? html`<button class="bare" type="button" @click=${() => this.#act(() => ask('edit', { course: this.course, joinable: false }))}>
        ${t('course.code.stop')}</button>` : nothing}</div>`;
  }

  /** @param {Person} one */
  #person({ login, name, part }) {
    return html`<li><div class="of"><strong>${name}</strong><span class="hint">${login}</span></div>
      ${part === 'teacher' ? html`<span class="chip">${t('course.part.teacher')}</span>` : nothing}
      <button class="round bare" type="button" aria-label=${t('course.leave.named', { name })} title=${t('course.leave.other')}
        @click=${() => this.#leave(login, name)}>${icon('remove')}</button></li>`;
  }

  /** @param {() => Promise<unknown>} what */
  async #act(what) {
    try {
      await what();
      this.error = '';
      this.say('changed');
    } catch (error) {
      this.error = explain(error, 'course');
    }
  }

  #enrol() {
    void this.#sheet.show({ title: t('course.enrol'), go: t('course.enrol.go'), explain: error => explain(error, 'course'),
      fields: [{ name: 'list', label: t('course.enrol.list'), type: 'area', required: true, max: 200000, hint: t('course.enrol.hint') },
        { name: 'part', label: t('course.enrol.as'), type: 'choice', value: 'student',
          choices: [{ value: 'student', label: t('course.part.student') }, { value: 'teacher', label: t('course.part.teacher') }] }],
      run: async ({ list, part }) => {
        const { people, bad } = await ask('enrol', { course: this.course, list, part });
        this.bad = bad;
        this.said = t('course.enrol.done', { n: people.length });
        await this.#load();
        this.say('changed');
      } });
  }

  /** @param {string} login @param {string} name */
  async #leave(login, name) {
    const confirm = /** @type {import('./aula-confirm.js').AulaConfirm} */ (this.renderRoot.querySelector('aula-confirm'));
    if (!await confirm.ask({ title: t('course.leave.named', { name }), text: t('course.leave.text'), go: t('course.leave.other') })) return;
    await this.#act(() => ask('leave', { course: this.course, login }));
    await this.#load();
  }
}
customElements.define('aula-course-people', AulaCoursePeople);
