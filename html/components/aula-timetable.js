// SPDX-License-Identifier: Apache-2.0
/** The classes to come, of a course or of all that one takes and teaches; each one click away. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { ask, dayOf, nameOf, pathOf, whenOf } from '../lib/courses.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import './aula-calendar.js';
import './aula-confirm.js';
import './aula-lobby.js';

/** @typedef {import('../lib/courses.js').Class} Class */

const REFRESH_MS = 15_000, SOON_S = 3600;

/** Says `edit` and `remove`, with the class, when it is `manages`. */
export class AulaTimetable extends AulaElement {
  static properties = { course: { type: Number }, limit: { type: Number }, manages: { type: Boolean }, heading: {}, classes: { state: true }, next: { state: true },
    error: { state: true } };

  static styles = [shared, css`
    :host { display: grid; gap: var(--gap-4); }
    .top { display: flex; flex-wrap: wrap; gap: var(--gap-2) var(--gap-3); align-items: center; }
    h2 { font-size: var(--size-large); margin-inline-end: auto; }
    ol { display: grid; gap: var(--gap-3); }
    li { display: grid; gap: var(--gap-3) var(--gap-4); align-items: center; padding: var(--gap-4) var(--gap-5); border: 1px solid var(--line);
      border-radius: var(--round-large); background: var(--surface); }
    li.open { border-color: var(--accent); box-shadow: var(--shadow); }
    @media (min-width: 44rem) { li { grid-template-columns: minmax(0, 1fr) auto; } }
    .of { display: grid; gap: var(--gap-1); min-inline-size: 0; }
    .of > * { overflow-wrap: anywhere; }
    h3 { font-size: var(--size-large); line-height: 1.3; }
    .chips { display: flex; flex-wrap: wrap; gap: var(--gap-1) var(--gap-3); align-items: center; }
    a { color: var(--accent-ink); }
    .do { display: flex; flex-wrap: wrap; gap: var(--gap-2); align-items: center; }
    .more { justify-self: start; }
  `];

  constructor() {
    super();
    /** 0: of all courses. */
    this.course = 0;
    this.limit = 20;
    this.manages = false;
    this.heading = '';
    /** Null until they are known. @type {Class[] | null} */
    this.classes = null;
    this.next = '';
    this.error = '';
    /** How many were asked for. */
    this.shown = 0;
    this.loads = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.seen = () => { if (document.visibilityState === 'visible') void this.load(); };
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.shown = this.limit;
    void this.load();
    this.timer = setInterval(this.seen, REFRESH_MS);
    document.addEventListener('visibilitychange', this.seen);
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.seen);
  }

  async load() {
    const load = ++this.loads;
    try {
      const { classes, next } = await ask('classes', { limit: this.shown, ...(this.course ? { course: this.course } : {}) });
      if (load !== this.loads) return;
      this.classes = classes;
      this.next = next ?? '';
      this.error = '';
    } catch (error) {
      if (load === this.loads) this.error = explain(error, 'course');
    }
  }

  get #lobby() {
    return /** @type {import('./aula-lobby.js').AulaLobby} */ (this.renderRoot.querySelector('aula-lobby'));
  }

  /** @override */
  render() {
    const { classes } = this;
    return html`<div class="top"><h2 id="timetable">${this.heading || t('timetable.title')}</h2>
        ${this.course ? nothing : html`<aula-calendar></aula-calendar>`}</div>
      ${classes?.length ? html`<ol aria-labelledby="timetable">${repeat(classes, ({ id }) => id, one => this.#class(one))}</ol>`
      : html`<p class="hint" role="status">${classes ? t('timetable.none') : this.error ? nothing : t('classes.wait')}</p>`}
      ${this.next && this.shown < 500 ? html`<button class="more" type="button" @click=${() => { this.shown = Math.min(500, this.shown + 50); void this.load(); }}>
        ${t('people.more')}</button>` : nothing}
      <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
      <aula-lobby @closed=${() => void this.load()}></aula-lobby><aula-confirm></aula-confirm>`;
  }

  /** @param {Class} one */
  #class(one) {
    const name = nameOf(one), { state } = one, soon = one.starts_s - Date.now() / 1000 < SOON_S;
    return html`<li class=${state}><div class="of"><h3>${name}</h3>
        ${!this.course && one.course_title !== name ? html`<p><a href=${pathOf(one.course)}>${one.course_title}</a></p>` : nothing}
        <p class="chips"><span>${whenOf(one)}</span>${state === 'open' ? html`<span class="chip">${t('timetable.state.open')}</span>`
          : state === 'over' ? html`<span class="chip warn">${t('timetable.state.over')}</span>`
          : one.manual ? html`<span class="hint">${t('timetable.manual')}</span>` : nothing}</p></div>
      <div class="do">${this.#ways(one, name, soon)}
        ${this.manages ? html`<button class="round bare" type="button" aria-label=${t('people.edit.named', { name: `${name}, ${dayOf(one.starts_s)}` })} title=${t('people.edit')}
            @click=${() => this.say('edit', one)}>${icon('edit')}</button>
          <button class="round bare" type="button" aria-label=${t('course.remove.named', { name: `${name}, ${dayOf(one.starts_s)}` })} title=${t('course.remove')}
            @click=${() => this.say('remove', one)}>${icon('trash')}</button>` : nothing}</div></li>`;
  }

  /** @param {Class} one @param {string} name @param {boolean} soon */
  #ways(one, name, soon) {
    const teaches = this.manages || one.teaches;
    if (one.state === 'open')
      return html`<button class="main" type="button" aria-label=${t('timetable.in.named', { name })} @click=${() => this.#lobby.go(one)}>
          ${icon(teaches ? 'camera' : 'book')}${t('timetable.in')}</button>
        ${teaches ? html`<button type="button" aria-label=${t('timetable.end.named', { name })} @click=${() => this.#end(one)}>${t('timetable.end')}</button>` : nothing}`;
    if (teaches)
      return html`<button class=${soon ? 'main' : ''} type="button" aria-label=${t('timetable.open.named', { name })} @click=${() => this.#lobby.go(one, true)}>
        ${icon('camera')}${t('timetable.open')}</button>`;
    return one.state === 'waiting' ? html`<button type="button" aria-label=${t('timetable.wait.named', { name })} @click=${() => this.#lobby.go(one)}>
      ${t('timetable.wait')}</button>` : nothing;
  }

  /** @param {Class} one */
  async #end(one) {
    const confirm = /** @type {import('./aula-confirm.js').AulaConfirm} */ (this.renderRoot.querySelector('aula-confirm'));
    if (!await confirm.ask({ title: t('timetable.end.title', { name: nameOf(one) }), text: t('timetable.end.text'), go: t('timetable.end') })) return;
    try {
      await ask('class_close', { class: one.id });
    } catch (error) {
      this.error = explain(error, 'course');
      return;
    }
    await this.load();
  }
}
customElements.define('aula-timetable', AulaTimetable);
