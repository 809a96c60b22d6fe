// SPDX-License-Identifier: Apache-2.0
/** One server in figures, lines, lists: what the Admin API says of it. Asks nothing; is given it. */

import { css, html, nothing } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';
import './aula-chart.js';

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });
/** Points of a line: ten minutes of five seconds. */
export const POINTS = 120;

/** @param {number} bytes */
const mebibytes = bytes => `${NUMBER.format(bytes / 1048576)} MiB`;

/**
 * @typedef {object} Picture what was asked last
 * @property {any} node
 * @property {{cpu: number[], memory: number[], sessions: number[], peers: number[]}} lines
 * @property {any[]} limits
 * @property {any[]} hits what hit them, the latest last
 * @property {any[]} modules
 * @property {any[]} events
 * @property {string[]} log
 */

export class AulaNode extends AulaElement {
  static properties = { picture: { attribute: false } };

  static styles = [shared, css`
    :host { display: contents; }
    section { display: grid; gap: var(--gap-3); align-content: start; padding: var(--gap-5); border: 1px solid var(--line); border-radius: var(--round-large);
      background: var(--surface); min-inline-size: 0; }
    @media (max-width: 40rem) { section { padding: var(--gap-4); } }
    .wide { grid-column: 1 / -1; }
    h2 { font-size: var(--size-large); }
    .charts { display: grid; gap: var(--gap-3); grid-template-columns: repeat(auto-fit, minmax(min(8.5rem, 100%), 1fr)); }
    .facts { display: flex; flex-wrap: wrap; gap: var(--gap-1) var(--gap-4); color: var(--ink-soft); }
    .scrolls { overflow: auto; max-block-size: 20rem; }
    table { inline-size: 100%; border-collapse: collapse; text-align: start; }
    th, td { padding: var(--gap-2) var(--gap-3); border-block-end: 1px solid var(--line); text-align: start; vertical-align: top; overflow-wrap: anywhere; }
    th { color: var(--ink-soft); font-size: var(--size-small); font-weight: 600; }
    th[scope="col"] { white-space: nowrap; }
    th[scope="row"] { min-inline-size: 10.5rem; }
    td:not(.number) { min-inline-size: 7rem; }
    .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
    pre { margin: 0; font-size: var(--size-small); line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
    meter { inline-size: 6rem; }
    details { border-block-end: 1px solid var(--line); }
    summary { padding-block: var(--gap-3); cursor: pointer; }
    .bad { color: var(--danger-ink); }
  `];

  constructor() {
    super();
    /** @type {Picture | null} */
    this.picture = null;
  }

  /** @override */
  render() {
    if (!this.picture) return nothing;
    const { node, lines, limits, hits, modules, events, log } = this.picture;
    return html`${this.#nodeView(node, lines)} ${this.#limitsView(limits)} ${this.#hitsView(hits)} ${this.#modulesView(modules)}
      ${this.#eventsView(events)} ${this.#logView(log)}`;
  }

  /**
   * @param {any} node
   * @param {Picture['lines']} lines
   */
  #nodeView(node, lines) {
    const last = (/** @type {number[]} */ line) => line.at(-1) ?? 0;
    return html`<section class="wide" aria-labelledby="node"><h2 id="node">${t('admin.node', { name: node.name })}
        ${node.draining ? html`<span class="chip warn">${t('admin.draining')}</span>` : nothing}</h2>
      <div class="charts">
        <aula-chart label=${t('admin.sessions')} figure=${NUMBER.format(node.now.sessions)} .values=${lines.sessions}></aula-chart>
        <aula-chart label=${t('admin.peers')} figure=${NUMBER.format(node.now.peers)} .values=${lines.peers}></aula-chart>
        <aula-chart label=${t('admin.cpu')} figure=${`${NUMBER.format(last(lines.cpu))} %`} .values=${lines.cpu}></aula-chart>
        <aula-chart label=${t('admin.memory')} figure=${mebibytes(node.memory_bytes)} .values=${lines.memory}></aula-chart>
      </div>
      <p class="facts"><span>${node.host}</span><span>Aula ${node.version}</span><span>${t('admin.uptime', { minutes: Math.floor(node.uptime_s / 60) })}</span>
        <span>${t('admin.loops', { loops: node.loops.join(' + ') })}</span></p></section>`;
  }

  /** @param {any[]} limits */
  #limitsView(limits) {
    const most = (/** @type {any} */ one) => one.most === undefined ? '–' : one.burst === undefined ? NUMBER.format(one.most)
      : one.most === 0 ? t('admin.unbounded') : t('admin.rate', { rate: NUMBER.format(one.most), burst: NUMBER.format(one.burst) });
    return html`<section class="wide" aria-labelledby="limits"><h2 id="limits">${t('admin.limits')}</h2>
      <div class="scrolls" tabindex="0" role="group" aria-labelledby="limits"><table><thead><tr><th scope="col">${t('admin.name')}</th>
        <th scope="col">${t('admin.used')}</th><th scope="col">${t('admin.most')}</th><th scope="col">${t('admin.hits')}</th></tr></thead><tbody>
      ${limits.map(one => html`<tr><th scope="row" title=${one.summary}>${one.name.replaceAll('_', ' ')}<div class="hint">${one.setting}</div></th>
        <td class="number">${one.now === undefined ? '–' : html`${NUMBER.format(one.now)} <meter min="0" max=${one.most} high=${one.most * 0.8}
          value=${one.now} aria-label=${t('admin.used.of', { now: one.now, most: one.most })}></meter>`}</td>
        <td class="number">${most(one)}</td>
        <td class="number ${one.hits ? 'bad' : ''}">${NUMBER.format(one.hits)}
          ${one.last ? html`<div class="hint">${t('admin.hits.last', { time: WHEN.format(one.last) })}</div>` : nothing}</td></tr>`)}</tbody></table></div></section>`;
  }

  /** @param {any[]} hits */
  #hitsView(hits) {
    return html`<section class="wide" aria-labelledby="hits"><h2 id="hits">${t('admin.hits.lately')}</h2>
      ${hits.length === 0 ? html`<p class="hint">${t('admin.hits.none')}</p>` : html`
      <div class="scrolls" tabindex="0" role="group" aria-labelledby="hits"><table><thead><tr><th scope="col">${t('admin.time')}</th>
        <th scope="col">${t('admin.limits')}</th><th scope="col">${t('admin.who')}</th><th scope="col">${t('admin.hits')}</th></tr></thead><tbody>
      ${[...hits].reverse().map(one => html`<tr><td class="number">${TIME.format(one.last)}</td>
        <td>${one.limit.replaceAll('_', ' ')}${one.what ? html`<div class="hint">${one.what}</div>` : nothing}</td>
        <td>${[one.subject, one.address].filter(Boolean).join(' · ')}</td>
        <td class="number">${NUMBER.format(one.count)}</td></tr>`)}</tbody></table></div>`}</section>`;
  }

  /** @param {any[]} modules */
  #modulesView(modules) {
    const show = (/** @type {any} */ value) => typeof value === 'object' ? JSON.stringify(value) : String(value);
    return html`<section aria-labelledby="modules"><h2 id="modules">${t('admin.modules')}</h2><div>
      ${modules.map(one => html`<details><summary><strong>${one.name}</strong> <span class="hint">${one.kind}, ${one.version}</span>
        ${one.runs ? nothing : html`<span class="chip danger">${t('admin.stopped')}</span>`}</summary>
        <p class="hint">${one.summary}</p>
        <div class="scrolls" tabindex="0" role="group" aria-label=${t('admin.settings.of', { name: one.name })}><table><tbody>
        ${one.settings.map((/** @type {any} */ setting) => html`<tr><th scope="row" title=${setting.summary}>${setting.name}</th>
          <td>${show(setting.value)}</td></tr>`)}</tbody></table></div></details>`)}</div></section>`;
  }

  /** @param {any[]} events */
  #eventsView(events) {
    return html`<section aria-labelledby="events"><h2 id="events">${t('admin.events')}</h2>
      <div class="scrolls" tabindex="0" role="group" aria-labelledby="events"><table><thead><tr><th scope="col">${t('admin.time')}</th>
        <th scope="col">${t('admin.event')}</th><th scope="col">${t('admin.who')}</th></tr></thead><tbody>
      ${[...events].reverse().map(one => html`<tr><td class="number">${TIME.format(one.time / 1000)}</td>
        <td title=${JSON.stringify(one.event)}>${one.event?.plugin ? `${one.name} · ${one.event.plugin}` : one.name}</td>
        <td>${[one.user, one.room].filter(Boolean).join(' · ')}</td></tr>`)}</tbody></table></div></section>`;
  }

  /** @param {string[]} log */
  #logView(log) {
    return html`<section class="wide" aria-labelledby="log"><h2 id="log">${t('admin.log')}</h2>
      <div class="scrolls" tabindex="0" role="group" aria-labelledby="log"><pre>${[...log].reverse().map(line =>
    html`<span class=${/^\S+ (error|warning) /.test(line) ? 'bad' : ''}>${line}</span>\n`)}</pre></div></section>`;
  }
}
customElements.define('aula-node', AulaNode);
