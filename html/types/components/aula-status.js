// SPDX-License-Identifier: Apache-2.0
/** How the connection is: to be seen at a glance, and said aloud when it changes. */

import { css, html, nothing } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';

/** @typedef {import('../lib/room.js').Room} Room */

export class AulaStatus extends AulaElement {
  static properties = { room: { attribute: false } };

  static styles = [shared, css`
    .pill {
      display: inline-flex; align-items: center; gap: var(--gap-2); padding: var(--gap-1) var(--gap-3);
      border-radius: 999px; background: var(--surface-2); font-size: var(--size-small); font-weight: 600;
      white-space: nowrap;
    }
    .dot { inline-size: 0.625rem; block-size: 0.625rem; border-radius: 50%; background: currentColor; flex: none; }
    .connected .dot { color: #3d9a6f; }
    .poor { background: var(--warn-soft); color: var(--warn-ink); }
    .connecting, .reconnecting { background: var(--warn-soft); color: var(--warn-ink); }
    .lost, .ended { background: var(--danger-soft); color: var(--danger-ink); }
    .connecting .dot, .reconnecting .dot { animation: pulse 1.2s ease-in-out infinite; }
    @keyframes pulse { 50% { opacity: 0.25; } }
    @media (prefers-reduced-motion: reduce) { .dot { animation: none !important; } }
    @media (max-width: 30rem) { .connected .text { display: none; } .connected { padding: var(--gap-2); } }
  `];

  constructor() {
    super();
    /** @type {Room | null} */
    this.room = null;
  }

  /** @override */
  willUpdate() {
    this.follow(this.room);
  }

  /** @override */
  render() {
    const state = this.room?.state ?? 'connecting';
    const more = state === 'poor' || state === 'reconnecting' ? t(`state.${state}.text`) : '';
    return html`<div class="pill ${state}" title=${more || t(`state.${state}`)}>
        <span class="dot"></span><span class="text" aria-hidden="true">${t(`state.${state}`)}</span>
      </div>
      <p class="hidden" role="status">${t(`state.${state}`)}${more ? html` ${more}` : nothing}</p>`;
  }
}
customElements.define('aula-status', AulaStatus);
