// SPDX-License-Identifier: Apache-2.0
/** A line over the latest minutes, with its newest value in figures: what a screen reader says is the figures. */

import { css, html, svg } from 'lit';

import { AulaElement, shared } from './base.js';

const WIDTH = 240;
const HEIGHT = 56;

/**
 * The path of values over the width; null where there is nothing to draw.
 * @param {number[]} values
 * @param {number} most
 */
export function pathOf(values, most) {
  if (values.length < 2 || !(most > 0)) return null;
  const step = WIDTH / (values.length - 1);
  return values.map((value, i) =>
    `${i ? 'L' : 'M'}${(i * step).toFixed(1)} ${(HEIGHT - 2 - Math.min(value / most, 1) * (HEIGHT - 4)).toFixed(1)}`).join('');
}

export class AulaChart extends AulaElement {
  static properties = { label: {}, figure: {}, values: { attribute: false } };

  static styles = [shared, css`
    :host { display: grid; gap: var(--gap-1); padding: var(--gap-3); border-radius: var(--round); background: var(--surface-2); min-inline-size: 0; }
    p { display: flex; justify-content: space-between; gap: var(--gap-2); align-items: baseline; }
    strong { font-size: var(--size-large); font-variant-numeric: tabular-nums; }
    svg { inline-size: 100%; block-size: 3.5rem; }
    path { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    path.under { fill: var(--accent-soft); stroke: none; }
  `];

  constructor() {
    super();
    this.label = '';
    this.figure = '';
    /** @type {number[]} */
    this.values = [];
  }

  /** @override */
  render() {
    const line = pathOf(this.values, Math.max(...this.values, 1e-9) * 1.15);
    return html`<p><span>${this.label}</span><strong>${this.figure}</strong></p>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">${line
    ? svg`<path class="under" d="${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z"></path><path d=${line}></path>` : ''}</svg>`;
  }
}
customElements.define('aula-chart', AulaChart);
