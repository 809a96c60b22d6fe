// SPDX-License-Identifier: Apache-2.0
/** The start page. */

import { css, html, nothing, svg } from 'lit';

import { entrance, go } from '../lib/account.js';
import { LANGUAGES, explain, language, speak, t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import { loadConfig } from './entry.js';
import './aula-classes.js';
import './aula-courses.js';
import './aula-demo.js';
import './aula-timetable.js';
import './aula-who.js';

const WAYS = /** @type {const} */ ([['student', 'book'], ['teacher', 'camera'], ['admin', 'gauge']]);

/** What there is besides classes, for those who have an account. */
const ACCOUNT_WAYS = /** @type {const} */ ([['people', 'people'], ['admin', 'gauge']]);

/** A class in pictures: a board, the one who teaches, and what is said. */
const ART = svg`<svg class="art" viewBox="0 0 480 340" aria-hidden="true" focusable="false">
  <path class="tint" d="M40 340V190a170 170 0 0 1 340 0v150z"/>
  <rect class="paper" x="70" y="70" width="300" height="196" rx="22"/>
  <rect class="soft" x="98" y="98" width="120" height="12" rx="6"/><rect class="soft" x="98" y="122" width="78" height="12" rx="6"/>
  <path class="line" d="M98 232c26-8 36-58 62-60s34 38 58 34 34-62 62-72"/>
  <circle class="gold" cx="280" cy="134" r="9"/>
  <rect class="stage" x="300" y="180" width="140" height="112" rx="20"/>
  <circle class="gold" cx="370" cy="222" r="19"/><path class="deep" d="M330 292c0-26 18-42 40-42s40 16 40 42z"/>
  <rect class="deep" x="22" y="250" width="130" height="46" rx="23"/><circle class="tint" cx="58" cy="273" r="6"/>
  <circle class="tint" cx="86" cy="273" r="6"/><circle class="tint" cx="114" cy="273" r="6"/>
</svg>`;

export class AulaHome extends AulaElement {
  static properties = { config: { state: true }, entrance: { state: true }, error: { state: true } };

  static styles = [shared, css`
    :host { display: grid; grid-template-rows: auto 1fr auto; min-block-size: 100dvh; }
    main { display: grid; align-content: center; gap: var(--gap-6); inline-size: min(66rem, 100%); margin-inline: auto;
      padding: clamp(1.5rem, 6vw, 4rem) clamp(1rem, 4vw, 2rem); }
    main.known { align-content: start; gap: var(--gap-5); padding-block: var(--gap-4); }
    .brand { display: flex; align-items: center; gap: var(--gap-3); font-size: 1.5rem; font-weight: 700; letter-spacing: -0.02em; }
    .brand svg { inline-size: 3rem; block-size: 3rem; }
    .hero { display: grid; gap: var(--gap-5); align-items: center; }
    .hero > div { display: grid; gap: var(--gap-5); }
    .art { display: none; inline-size: 100%; block-size: auto; }
    @media (min-width: 56rem) { .hero { grid-template-columns: minmax(0, 1.1fr) minmax(0, 1fr); } .art { display: block; } }
    .art .paper { fill: var(--surface); stroke: var(--line); }
    .art .stage { fill: var(--stage); }
    .art .soft { fill: var(--surface-3); }
    .art .tint { fill: var(--accent-soft); }
    .art .deep { fill: var(--accent); }
    .art .gold { fill: var(--gold); }
    .art .line { fill: none; stroke: var(--accent); stroke-width: 5; stroke-linecap: round; stroke-linejoin: round; }
    h1 { font-size: clamp(2.125rem, 7vw, 3.75rem); line-height: 1.05; letter-spacing: -0.03em; max-inline-size: 16ch; text-wrap: balance; }
    .lead { font-size: clamp(1.0625rem, 2.4vw, 1.25rem); color: var(--ink-soft); max-inline-size: 46ch; }
    h2 { font-size: var(--size-large); }
    ul { display: grid; gap: var(--gap-4); grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); }
    .way {
      display: grid; grid-template-columns: auto 1fr; gap: var(--gap-1) var(--gap-4); align-content: start; block-size: 100%;
      padding: var(--gap-5); border: 1px solid var(--line); border-radius: var(--round-large);
      background: var(--surface); color: inherit; text-decoration: none; box-shadow: var(--shadow);
      transition: border-color var(--quick), transform var(--quick);
    }
    .way:hover { border-color: var(--accent); transform: translateY(-2px); }
    @media (prefers-reduced-motion: reduce) { .way:hover { transform: none; } }
    .way .sign { grid-row: span 2; display: grid; place-items: center; inline-size: 3rem; block-size: 3rem; border-radius: var(--round);
      background: var(--accent-soft); color: var(--accent-ink); }
    .way.student .sign { background: var(--accent); color: var(--on-accent); }
    .way strong { font-size: var(--size-large); }
    .way span:last-child { color: var(--ink-soft); }
    footer select { inline-size: auto; min-block-size: var(--target); }
    footer { display: flex; flex-wrap: wrap; gap: var(--gap-3); align-items: center; justify-content: center; padding: var(--gap-4); text-align: center; color: var(--ink-soft); font-size: var(--size-small); }
    header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: var(--gap-3); }
    .hello { font-size: clamp(1.75rem, 5vw, 2.75rem); max-inline-size: none; overflow-wrap: anywhere; }
    button.way { inline-size: 100%; font-weight: inherit; text-align: start; justify-items: start; align-items: start; line-height: inherit; }
    .button.main { min-block-size: 3.25rem; padding-inline: var(--gap-5); font-size: var(--size-large); }
    .invited { padding: var(--gap-4) var(--gap-5); border-radius: var(--round); background: var(--surface-2); max-inline-size: 46ch; }
  `];

  constructor() {
    super();
    /** @type {import('./entry.js').Config | null} */
    this.config = null;
    /** Null until it is known, and where there are no accounts. @type {import('../lib/account.js').Entrance | null} */
    this.entrance = null;
    this.error = '';
    void this.#look();
  }

  async #look() {
    try {
      [this.config, this.entrance] = await Promise.all([loadConfig(), entrance()]);
    } catch {
      this.error = t('home.unreachable');
    }
  }

  /** @override */
  render() {
    const { config } = this;
    const who = this.entrance?.who;
    return html`
      ${config?.demo ? html`<aula-demo></aula-demo>` : html`<span></span>`}
      <main class=${who ? 'known' : ''}>${who ? this.#welcome(who) : this.#hero()}
        <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div></main>
      <footer>${config?.version ? t('home.version', { version: config.version }) : nothing}
        <label for="language" class="hidden">${t('home.language')}</label>
        <select id="language" @change=${(/** @type {Event} */ event) => speak(/** @type {any} */ (event.target).value)}>${Object.entries(LANGUAGES)
          .map(([code, name]) => html`<option value=${code} lang=${code} ?selected=${code === language}>${name}</option>`)}</select></footer>`;
  }

  /** For whoever is nobody yet. */
  #hero() {
    const { config } = this;
    const accounts = !!this.entrance;
    // Without a token or an account the doors lead nowhere but in a demo.
    const ways = !accounts || config?.demo ? WAYS : [];
    return html`<div class="hero">
        <div>
          <p class="brand">${logo}${t('app.name')}</p>
          <h1>${t('app.tagline')}</h1>
          <p class="lead">${t('home.lead')}</p>
          ${accounts ? html`<p><a class="button main" href="/login/">${icon('people')}${t('home.login')}</a></p>
            <p class="hint">${t('home.login.text')}</p>` : nothing}
        </div>
        ${ART}
      </div>
      ${ways.length ? html`<div class="stack"><h2>${t('home.choose')}</h2>
        <ul>${ways.map(([name, sign]) => html`<li><a class="way ${name}" href="/${name}/">${this.#way(name, sign)}</a></li>`)}</ul>
        </div>` : nothing}
      ${config && !config.demo && !accounts ? html`<p class="invited">${t('home.invited')}</p>` : nothing}`;
  }

  /** @param {import('../lib/account.js').Who} who */
  #welcome(who) {
    const more = ACCOUNT_WAYS.filter(([name]) => who.pages.includes(name));
    return html`<header><p class="brand">${logo}${t('app.name')}</p><aula-who .who=${who} @out=${() => this.#look()}></aula-who></header>
      <h1 class="hello">${t('home.hello', { name: who.name })}</h1>
      ${who.pages.includes('courses') ? html`<aula-timetable limit="6"></aula-timetable>
        <aula-courses @joined=${() => /** @type {import('./aula-timetable.js').AulaTimetable} */ (this.renderRoot.querySelector('aula-timetable')).load()}></aula-courses>` : nothing}
      <aula-classes .who=${who} ?others=${who.pages.includes('courses')}></aula-classes>
      ${more.length ? html`<div class="stack"><h2>${t('home.more')}</h2>
        <ul>${more.map(([name, sign]) => html`<li><button class="way ${name}" type="button" @click=${() => this.#go(name)}>
          ${this.#way(name, sign)}</button></li>`)}</ul></div>` : nothing}`;
  }

  /** @param {'student' | 'teacher' | 'people' | 'admin'} name @param {import('./base.js').Icon} sign */
  #way(name, sign) {
    return html`<span class="sign">${icon(sign)}</span><strong>${t(`home.${name}`)}</strong><span>${t(`home.${name}.text`)}</span>`;
  }

  /** @param {import('../lib/account.js').Page} page */
  async #go(page) {
    try {
      await go(page);
    } catch (error) {
      this.error = explain(error, 'account');
    }
  }
}
customElements.define('aula-home', AulaHome);
