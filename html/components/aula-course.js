// SPDX-License-Identifier: Apache-2.0
/** A course: its timetable, lessons and people. `/course/#7`; without a number, all of one's courses. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { entrance } from '../lib/account.js';
import { ask, localOf, nameOf, secondsOf, whenOf } from '../lib/courses.js';
import { AulaError } from '../lib/errors.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import './aula-confirm.js';
import './aula-course-people.js';
import './aula-courses.js';
import './aula-sheet.js';
import './aula-timetable.js';
import './aula-who.js';

/**
 * @typedef {import('../lib/courses.js').Course} Course
 * @typedef {import('../lib/courses.js').Lesson} Lesson
 * @typedef {import('../lib/courses.js').Class} Class
 * @typedef {import('./aula-sheet.js').Field} Field
 */

const TITLE = 120, TEXT = 1500, WEEKS = 40, HOUR_S = 3600;

export class AulaCourse extends AulaElement {
  static properties = { who: { state: true }, view: { state: true }, number: { state: true }, course: { state: true }, teachers: { state: true }, lessons: { state: true }, error: { state: true } };

  static styles = [shared, css`
    main { display: grid; gap: var(--gap-6); inline-size: min(66rem, 100%); margin-inline: auto; padding: var(--gap-4); padding-block-end: var(--gap-6); }
    header { display: flex; flex-wrap: wrap; align-items: center; gap: var(--gap-3); }
    header aula-who { margin-inline-start: auto; }
    header a { display: inline-flex; align-items: center; gap: var(--gap-2); color: inherit; font-weight: 600; text-decoration: none; min-block-size: var(--target); }
    h1 { font-size: clamp(1.5rem, 5vw, 2.25rem); line-height: 1.15; letter-spacing: -0.02em; overflow-wrap: anywhere; }
    h2 { font-size: var(--size-large); }
    .about { display: grid; gap: var(--gap-3); }
    .about > p { overflow-wrap: anywhere; white-space: pre-line; max-inline-size: 68ch; }
    .chips { display: flex; flex-wrap: wrap; gap: var(--gap-2) var(--gap-3); align-items: center; }
    .do { display: flex; flex-wrap: wrap; gap: var(--gap-2); align-items: center; }
    section { display: grid; gap: var(--gap-4); }
    .top { display: flex; flex-wrap: wrap; gap: var(--gap-3); align-items: center; }
    .top h2 { margin-inline-end: auto; }
    ol.lessons { display: grid; border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface); overflow: hidden; }
    .lessons li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: var(--gap-1) var(--gap-4); align-items: start; padding: var(--gap-3) var(--gap-4);
      border-block-start: 1px solid var(--line); }
    .lessons li:first-child { border-block-start: 0; }
    .lessons .do { grid-column: 1 / -1; }
    @media (min-width: 44rem) { .lessons li { grid-template-columns: auto minmax(0, 1fr) auto; } .lessons .do { grid-column: auto; } }
    .place { display: grid; place-items: center; inline-size: 2rem; block-size: 2rem; border-radius: 50%; background: var(--accent-soft); color: var(--accent-ink); font-weight: 700; }
    .lesson { display: grid; gap: var(--gap-1); min-inline-size: 0; }
    .lesson > * { overflow-wrap: anywhere; white-space: pre-line; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/account.js').Who | null} */
    this.who = null;
    /** @type {'wait' | 'course' | 'all' | 'login' | 'none'} */
    this.view = 'wait';
    this.number = 0;
    /** @type {Course | null} */
    this.course = null;
    /** @type {{login: string, name: string}[]} */
    this.teachers = [];
    /** @type {Lesson[]} */
    this.lessons = [];
    this.error = '';
    this.turned = () => void this.#begin();
    void this.#begin();
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    addEventListener('hashchange', this.turned);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.turned);
  }

  get #sheet() {
    return /** @type {import('./aula-sheet.js').AulaSheet} */ (this.renderRoot.querySelector('aula-sheet'));
  }

  get #confirm() {
    return /** @type {import('./aula-confirm.js').AulaConfirm} */ (this.renderRoot.querySelector('aula-confirm'));
  }

  get #timetable() {
    return /** @type {import('./aula-timetable.js').AulaTimetable | null} */ (this.renderRoot.querySelector('aula-timetable'));
  }

  async #begin() {
    this.number = Number(/^#(\d{1,15})$/.exec(location.hash)?.[1] ?? 0);
    try {
      this.who ??= (await entrance())?.who ?? null;
      if (!this.who) this.view = 'login';
      else if (!this.number) this.view = 'all';
      else await this.#load();
    } catch (error) {
      this.error = explain(error, 'account');
    }
  }

  async #load() {
    const { number: id } = this;
    try {
      const { course, teachers, lessons } = await ask('get', { course: id });
      if (id !== this.number) return;
      Object.assign(this, { course, teachers, lessons, view: 'course', error: '' });
      document.title = `${course.title} · ${t('app.name')}`;
    } catch (error) {
      const none = error instanceof AulaError && (error.word === 'not-found' || error.word === 'forbidden');
      if (none) this.view = 'none';
      this.error = none ? '' : explain(error, 'course');
    }
  }

  /** Does something, then looks again. @param {() => Promise<unknown>} what */
  async #act(what) {
    try {
      await what();
      await this.#load();
    } catch (error) {
      this.error = explain(error, 'course');
    }
  }

  /** @override */
  render() {
    const { view, course } = this;
    return html`<main><header><a href="/">${logo}${t('app.name')}</a>
        ${this.who ? html`<aula-who .who=${this.who} @out=${() => { this.who = null; this.view = 'login'; this.course = null; }}></aula-who>` : nothing}</header>
      ${view === 'course' && course ? this.#whole(course) : view === 'all' ? html`<div><h1 class="hidden">${t('courses.title')}</h1><aula-courses></aula-courses></div>`
      : view === 'login' ? html`<div class="stack"><h1>${t('courses.title')}</h1><p>${t('course.login')}</p>
        <p><a class="button main" href="/login/?to=${encodeURIComponent(`/course/${location.hash}`)}">${t('home.login')}</a></p></div>`
      : view === 'none' ? html`<div class="stack"><h1>${t('course.none')}</h1><p>${t('course.none.text')}</p><p><a class="button" href="/">${t('who.start')}</a></p></div>`
      : html`<p class="hint" role="status">${t('state.connecting')}</p>`}
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div></main>
      <aula-sheet></aula-sheet><aula-confirm></aula-confirm>`;
  }

  /** @param {Course} course */
  #whole(course) {
    const { manages } = course;
    return html`<div class="about"><h1>${course.title}</h1>
        <p class="chips">${course.archived ? html`<span class="chip warn">${t('course.archived')}</span>` : nothing}
          <span class="hint">${[this.teachers.map(({ name }) => name).join(', '), course.department].filter(Boolean).join(' · ')}</span></p>
        ${course.description ? html`<p>${course.description}</p>` : nothing}
        <div class="do">${manages ? html`<button type="button" @click=${() => this.#edit(course)}>${icon('edit')}${t('course.edit')}</button>` : nothing}
          ${course.part === 'student' ? html`<button class="bare" type="button" @click=${() => this.#leave(course)}>${icon('leave')}${t('course.leave')}</button>` : nothing}</div></div>
      <section><aula-timetable .course=${course.id} ?manages=${manages} heading=${t('course.timetable')}
          @edit=${(/** @type {CustomEvent} */ event) => this.#classForm(event.detail)} @remove=${(/** @type {CustomEvent} */ event) => this.#classRemove(event.detail)}></aula-timetable>
        ${manages ? html`<div class="do"><button type="button" @click=${() => this.#classForm(null)}>${icon('add')}${t('timetable.add')}</button></div>` : nothing}</section>
      <section><div class="top"><h2 id="lessons">${t('course.lessons')}</h2>
          ${manages ? html`<button type="button" @click=${() => this.#lessonForm(null)}>${icon('add')}${t('lesson.add')}</button>` : nothing}</div>
        ${this.lessons.length ? html`<ol class="lessons" aria-labelledby="lessons">${repeat(this.lessons, ({ id }) => id, one => this.#lesson(one, manages))}</ol>`
        : html`<p class="hint">${t('lesson.none')}</p>`}</section>
      ${manages ? html`<section><aula-course-people .course=${course.id} .code=${course.code ?? ''} @changed=${() => this.#load()}></aula-course-people></section>` : nothing}`;
  }

  /** @param {Lesson} one @param {boolean} manages */
  #lesson(one, manages) {
    const { id, place, title, description } = one, last = this.lessons.length;
    const move = (/** @type {number} */ to) => this.#act(() => ask('lesson_edit', { lesson: id, place: to }));
    return html`<li><span class="place" aria-hidden="true">${place}</span><div class="lesson"><strong>${title}</strong>
        ${description ? html`<span>${description}</span>` : nothing}</div>
      ${manages ? html`<div class="do">
        <button class="round bare" type="button" ?disabled=${place === 1} aria-label=${t('lesson.up', { name: title })} @click=${() => move(place - 1)}>${icon('up')}</button>
        <button class="round bare" type="button" ?disabled=${place === last} aria-label=${t('lesson.down', { name: title })} @click=${() => move(place + 1)}>${icon('down')}</button>
        <button class="round bare" type="button" aria-label=${t('people.edit.named', { name: title })} @click=${() => this.#lessonForm(one)}>${icon('edit')}</button>
        <button class="round bare" type="button" aria-label=${t('course.remove.named', { name: title })} @click=${() => this.#lessonRemove(one)}>${icon('trash')}</button></div>` : nothing}</li>`;
  }

  /** @param {string} title @param {string} go @param {Field[]} fields @param {(values: any) => Promise<unknown>} run */
  #form(title, go, fields, run) {
    void this.#sheet.show({ title, go, fields, explain: error => explain(error, 'course'), run: async values => {
      await run(values);
      await this.#load();
      await this.#timetable?.load();
    } });
  }

  /** @param {Course} course */
  #edit({ id, title, description, archived }) {
    this.#form(t('course.edit'), t('people.save'), [{ name: 'title', label: t('course.title'), value: title, required: true, max: TITLE },
      { name: 'description', label: t('course.description'), type: 'area', value: description, max: TEXT },
      { name: 'archived', label: t('course.archive'), type: 'check', value: archived, hint: t('course.archive.hint') }],
    values => ask('edit', { course: id, ...values }));
  }

  /** @param {Course} course */
  async #leave({ id, title }) {
    if (!await this.#confirm.ask({ title: t('course.leave.this', { name: title }), text: t('course.leave.this.text'), go: t('course.leave') })) return;
    try {
      await ask('leave', { course: id });
      location.assign('/');
    } catch (error) {
      this.error = explain(error, 'course');
    }
  }

  /** @param {Lesson | null} one */
  #lessonForm(one) {
    const course = this.number;
    this.#form(one ? one.title : t('lesson.add'), t(one ? 'people.save' : 'people.add.go'), [{ name: 'title', label: t('course.title'), value: one?.title ?? '', required: true, max: TITLE },
      { name: 'description', label: t('lesson.description'), type: 'area', value: one?.description ?? '', max: TEXT }],
    values => one ? ask('lesson_edit', { lesson: one.id, ...values }) : ask('lesson_add', { course, ...values }));
  }

  /** @param {Lesson} one */
  async #lessonRemove({ id, title }) {
    if (await this.#confirm.ask({ title: t('course.remove.named', { name: title }), text: t('lesson.remove.text'), go: t('course.remove') }))
      await this.#act(() => ask('lesson_remove', { lesson: id }));
  }

  /** @param {Class | null} one */
  #classForm(one) {
    const course = this.number, next_s = Math.ceil(Date.now() / 1000 / HOUR_S) * HOUR_S;
    this.#form(t(one ? 'timetable.edit' : 'timetable.add'), t(one ? 'people.save' : 'people.add.go'), [
      { name: 'lesson', label: t('timetable.lesson'), type: 'choice', value: one?.lesson ?? 0, choices: [{ value: '0', label: t('timetable.lesson.none') },
        ...this.lessons.map(({ id, place, title }) => ({ value: String(id), label: `${place}. ${title}` }))] },
      { name: 'title', label: t('timetable.name'), value: one?.title ?? '', max: TITLE, hint: t('timetable.name.hint') },
      { name: 'starts', label: t('timetable.starts'), type: 'datetime-local', value: localOf(one?.starts_s ?? next_s), required: true },
      { name: 'minutes', label: t('timetable.minutes'), type: 'number', value: one ? Math.round((one.ends_s - one.starts_s) / 60) : 45, required: true, min: 1, max: 1440 },
      ...(one ? [] : [/** @type {Field} */ ({ name: 'weeks', label: t('timetable.weeks'), type: 'number', value: 1, required: true, min: 1, max: WEEKS })]),
      { name: 'manual', label: t('timetable.by.hand'), type: 'check', value: one?.manual ?? false, hint: t('timetable.by.hand.hint') }],
    async ({ lesson, title, starts, minutes, weeks, manual }) => {
      const what = { lesson: Number(lesson), title, minutes: Number(minutes), manual };
      if (one) await ask('class_edit', { class: one.id, starts_s: secondsOf(starts), ...what });
      else for (let week = 0; week < Number(weeks); week++) await ask('class_add', { course, starts_s: secondsOf(starts, week), ...what });
    });
  }

  /** @param {Class} one */
  async #classRemove(one) {
    if (!await this.#confirm.ask({ title: t('course.remove.named', { name: nameOf(one) || whenOf(one) }), text: t('timetable.remove.text'), go: t('course.remove') })) return;
    await this.#act(() => ask('class_remove', { class: one.id }));
    await this.#timetable?.load();
  }
}
customElements.define('aula-course', AulaCourse);
