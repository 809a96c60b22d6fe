// SPDX-License-Identifier: Apache-2.0
/** The courses of whoever is logged in, a way into another by its code, and for who may, a new one. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask, pathOf } from '../lib/courses.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import './aula-sheet.js';

/** @typedef {import('../lib/courses.js').Course} Course */

const PAGE = 60;

/** Says `joined` when there is a course more. */
export class AulaCourses extends AulaElement {
  static properties = { courses: { state: true }, next: { state: true }, mayAdd: { state: true }, oversees: { state: true }, scope: { state: true }, error: { state: true }, busy: { state: true } };

  static styles = [shared, css`
    :host { display: grid; gap: var(--gap-4); }
    .top { display: flex; flex-wrap: wrap; gap: var(--gap-2) var(--gap-3); align-items: center; }
    h2 { font-size: var(--size-large); margin-inline-end: auto; }
    ul { display: grid; gap: var(--gap-3); grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); }
    li { display: grid; }
    a.card { display: grid; gap: var(--gap-2); align-content: start; padding: var(--gap-5); border: 1px solid var(--line); border-radius: var(--round-large);
      background: var(--surface); color: inherit; text-decoration: none; box-shadow: var(--shadow); transition: border-color var(--quick); }
    a.card:hover { border-color: var(--accent); }
    a.card strong { font-size: var(--size-large); line-height: 1.3; overflow-wrap: anywhere; }
    .about { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; color: var(--ink-soft); overflow-wrap: anywhere; }
    .chips { display: flex; flex-wrap: wrap; gap: var(--gap-1) var(--gap-2); align-items: center; }
    .more { justify-self: start; }
    form { display: flex; flex-wrap: wrap; gap: var(--gap-3); align-items: end; }
    form .field { flex: 0 1 18rem; }
  `];

  constructor() {
    super();
    /** Null until they are known. @type {Course[] | null} */
    this.courses = null;
    this.next = 0;
    /** What the role may: make courses, and see those of others. */
    this.mayAdd = this.oversees = false;
    /** @type {'mine' | 'managed'} */
    this.scope = 'mine';
    this.error = '';
    this.busy = false;
    void this.#load();
  }

  /** @param {number} [after] */
  async #load(after) {
    const { scope } = this;
    try {
      const { courses, next, may_add: mayAdd, oversees } = await ask('list', { scope, limit: PAGE, ...(after ? { after } : {}) });
      if (scope !== this.scope) return;
      this.courses = after ? [...this.courses ?? [], ...courses] : courses;
      Object.assign(this, { next: next ?? 0, mayAdd, oversees, error: '' });
    } catch (error) {
      this.error = explain(error, 'course');
    }
  }

  /** @override */
  render() {
    const { courses, scope } = this;
    const shown = [...(courses ?? [])].sort((a, b) => Number(a.archived) - Number(b.archived));
    return html`<div class="top"><h2 id="courses">${t(scope === 'mine' ? 'courses.title' : 'courses.all')}</h2>
        ${this.oversees ? html`<button type="button" @click=${() => { this.scope = scope === 'mine' ? 'managed' : 'mine'; void this.#load(); }}>
          ${t(scope === 'mine' ? 'courses.show.all' : 'courses.show.mine')}</button>` : nothing}
        ${this.mayAdd ? html`<button type="button" @click=${this.#add}>${icon('add')}${t('courses.add')}</button>` : nothing}</div>
      ${shown.length ? html`<ul aria-labelledby="courses">${repeat(shown, ({ id }) => id, one => this.#card(one))}</ul>`
      : html`<p class="hint" role="status">${courses ? t(this.mayAdd ? 'courses.none.teacher' : 'courses.none') : this.error ? nothing : t('classes.wait')}</p>`}
      ${this.next ? html`<button class="more" type="button" @click=${() => void this.#load(this.next)}>${t('people.more')}</button>` : nothing}
      <form @submit=${this.#join}><div class="field"><label for="code">${t('courses.join')}</label>
        <input id="code" name="code" required maxlength="32" autocomplete="off" autocapitalize="none" spellcheck="false"></div>
        <button ?disabled=${this.busy}>${t('courses.join.go')}</button></form>
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <aula-sheet></aula-sheet>`;
  }

  /** @param {Course} one */
  #card({ id, title, description, department, archived, part }) {
    return html`<li><a class="card" href=${pathOf(id)}><strong>${title}</strong>
      ${description ? html`<span class="about">${description}</span>` : nothing}
      <span class="chips">${part === 'teacher' ? html`<span class="chip">${t('courses.teaches')}</span>` : nothing}
        ${archived ? html`<span class="chip warn">${t('course.archived')}</span>` : nothing}<span class="hint">${department}</span></span></a></li>`;
  }

  #add() {
    const sheet = /** @type {import('./aula-sheet.js').AulaSheet} */ (this.renderRoot.querySelector('aula-sheet'));
    void sheet.show({ title: t('courses.add'), go: t('courses.add.go'), explain: error => explain(error, 'course'),
      fields: [{ name: 'title', label: t('course.title'), required: true, max: 120 }, { name: 'description', label: t('course.description'), type: 'area', max: 1500 }],
      run: async ({ title, description }) => {
        const { course } = await ask('add', { title, description });
        location.assign(pathOf(course));
      } });
  }

  /** @param {SubmitEvent} event */
  async #join(event) {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (this.renderRoot.querySelector('#code'));
    this.busy = true;
    try {
      await ask('join', { code: field.value.trim() });
      field.value = '';
      this.scope = 'mine';
      await this.#load();
      this.say('joined');
    } catch (error) {
      this.error = explain(error, 'code');
      field.focus();
    }
    this.busy = false;
  }
}
customElements.define('aula-courses', AulaCourses);
