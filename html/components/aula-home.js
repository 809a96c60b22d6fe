// SPDX-License-Identifier: Apache-2.0
/** The start page. */

import { css, html, nothing, svg } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, icon, logo, shared } from './base.js';
import { loadConfig } from './entry.js';
import './aula-demo.js';

const WAYS = /** @type {const} */ ([['student', 'book'], ['teacher', 'camera'], ['admin', 'gauge']]);

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
  static properties = { config: { state: true }, failed: { state: true } };

  static styles = [shared, css`
    :host { display: grid; grid-template-rows: auto 1fr auto; min-block-size: 100dvh; }
    main { display: grid; align-content: center; gap: var(--gap-6); inline-size: min(66rem, 100%); margin-inline: auto;
      padding: clamp(1.5rem, 6vw, 4rem) clamp(1rem, 4vw, 2rem); }
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
    footer { padding: var(--gap-4); text-align: center; color: var(--ink-soft); font-size: var(--size-small); }
    .invited { padding: var(--gap-4) var(--gap-5); border-radius: var(--round); background: var(--surface-2); max-inline-size: 46ch; }
  `];

  constructor() {
    super();
    /** @type {import('./entry.js').Config | null} */
    this.config = null;
    this.failed = false;
    loadConfig().then(config => { this.config = config; }, () => { this.failed = true; });
  }

  /** @override */
  render() {
    const { config } = this;
    return html`
      ${config?.demo ? html`<aula-demo></aula-demo>` : html`<span></span>`}
      <main>
        <div class="hero">
          <div>
            <p class="brand">${logo}${t('app.name')}</p>
            <h1>${t('app.tagline')}</h1>
            <p class="lead">${t('home.lead')}</p>
          </div>
          ${ART}
        </div>
        <div class="stack">
          <h2>${t('home.choose')}</h2>
          <ul>${WAYS.map(([name, sign]) => html`<li><a class="way ${name}" href="/${name}/">
            <span class="sign">${icon(sign)}</span><strong>${t(`home.${name}`)}</strong>
            <span>${t(`home.${name}.text`)}</span></a></li>`)}</ul>
          ${config && !config.demo ? html`<p class="invited">${t('home.invited')}</p>` : nothing}
          <div role="alert">${this.failed ? html`<p class="wrong">${t('home.unreachable')}</p>` : nothing}</div>
        </div>
      </main>
      <footer>${config?.version ? t('home.version', { version: config.version }) : nothing}</footer>`;
  }
}
customElements.define('aula-home', AulaHome);
