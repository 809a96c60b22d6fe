// SPDX-License-Identifier: Apache-2.0
/** Who was there today, for the teacher: a table that goes on while the class does. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { explain, t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';

/** @typedef {import('../lib/attendance.js').Attendee} Attendee */

const REFRESH_MS = 15_000;
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** @param {number} seconds as minutes and seconds */
const lasted = seconds => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export class AulaAttendance extends AulaElement {
  static properties = { attendance: { attribute: false }, people: { state: true }, more: { state: true }, wrong: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    dialog { inline-size: min(56rem, calc(100vw - 2rem)); }
    .scroll { overflow: auto; max-block-size: 60dvh; }
    table { inline-size: 100%; border-collapse: collapse; font-size: var(--size-small); font-variant-numeric: tabular-nums; }
    th, td { padding: var(--gap-2); text-align: end; border-block-end: 1px solid var(--line); white-space: nowrap; }
    th:first-child { text-align: start; overflow-wrap: anywhere; white-space: normal; min-inline-size: 8rem; }
    tbody th { font-weight: 600; }
  `];

  constructor() {
    super();
    /** @type {import('../lib/attendance.js').Attendance | null} */
    this.attendance = null;
    /** @type {Attendee[]} */
    this.people = [];
    this.more = false;
    this.wrong = '';
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  async open() {
    /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog')).showModal();
    this.people = [];
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.#read(), REFRESH_MS);
    await this.#read();
  }

  #closed() {
    clearInterval(this.timer);
  }

  get #today() {
    return { from: new Date(new Date().setHours(0, 0, 0, 0)) };
  }

  /** As many pages as are seen, or one more. */
  async #read(another = false) {
    const wanted = this.people.length + (another || !this.people.length ? 1 : 0);
    /** @type {Attendee[]} */
    const people = [];
    this.wrong = '';
    try {
      let more = true;
      while (more && people.length < wanted) {
        const page = await this.attendance?.list({ ...this.#today, offset: people.length });
        people.push(...page?.people ?? []);
        more = page?.more ?? false;
      }
      this.people = people;
      this.more = more;
    } catch (error) {
      this.wrong = explain(error);
    }
  }

  /** @override */
  render() {
    return html`<dialog aria-labelledby="title" @close=${this.#closed}>
      <div class="stack">
        <h2 id="title">${t('attendance.title')}</h2>
        <p class="wrong" role="alert" ?hidden=${!this.wrong}>${this.wrong}</p>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="title">${this.people.length ? this.#table() : html`<p class="hint">${t('attendance.none')}</p>`}
          ${this.more ? html`<button type="button" @click=${() => this.#read(true)}>${t('attendance.more')}</button>` : nothing}</div>
        <div class="actions">
          <button type="button" @click=${() => this.#save('csv')}>${t('attendance.csv')}</button>
          <button type="button" @click=${() => this.#save('json')}>${t('attendance.json')}</button>
          <form method="dialog"><button class="main">${t('devices.close')}</button></form></div>
      </div></dialog>`;
  }

  #table() {
    const heads = /** @type {const} */ (['joined', 'left', 'present', 'spoke', 'idle', 'hands', 'answers', 'messages']);
    return html`<table><thead><tr><th scope="col">${t('attendance.name')}</th>
      ${heads.map(head => html`<th scope="col">${t(`attendance.${head}`)}</th>`)}</tr></thead>
      <tbody>${repeat(this.people, ({ person, joined_us }) => `${person} ${joined_us}`, one => html`<tr>
        <th scope="row" dir="auto">${one.display || one.person || t('attendance.guest')}</th>
        <td>${TIME.format(one.joined_us / 1000)}</td><td>${one.there ? t('attendance.there') : TIME.format(one.left_us / 1000)}</td>
        <td>${lasted(one.present_s)}</td><td>${lasted(one.spoke_s)}</td><td>${lasted(one.idle_s)}</td>
        <td>${one.hands}</td><td>${one.answers}</td><td>${one.messages}</td></tr>`)}</tbody></table>`;
  }

  /** @param {'csv' | 'json'} format */
  async #save(format) {
    this.wrong = '';
    try {
      const text = await this.attendance?.file(format, this.#today) ?? '';
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type: format === 'csv' ? 'text/csv' : 'application/json' }));
      link.download = `attendance-${new Date().toISOString().slice(0, 10)}.${format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      this.wrong = explain(error);
    }
  }
}
customElements.define('aula-attendance', AulaAttendance);
