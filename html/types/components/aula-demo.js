// SPDX-License-Identifier: Apache-2.0
/** Says loudly that this server lets anybody do anything. */

import { css, html } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

export class AulaDemo extends AulaElement {
  static properties = { compact: { type: Boolean } };

  static styles = [shared, css`
    p {
      display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 0 var(--gap-2);
      padding: var(--gap-1) var(--gap-4); background: var(--gold); color: #2b1d00; font-size: var(--size-small); text-align: center;
    }
    strong { display: inline-flex; align-items: center; gap: var(--gap-1); text-transform: uppercase; letter-spacing: 0.06em; }
    .icon { inline-size: 1.125rem; block-size: 1.125rem; }
    @media (max-width: 40rem) { :host([compact]) .more { display: none; } }
  `];

  constructor() {
    super();
    /** True where space is scarce: a phone shows the words "Demo mode" alone. */
    this.compact = false;
  }

  /** @override */
  render() {
    return html`<section aria-label=${t('demo.banner')}><p><strong>${icon('warn')}${t('demo.banner')}</strong>
      <span class="more">${t('demo.text')}</span></p></section>`;
  }
}
customElements.define('aula-demo', AulaDemo);
