// SPDX-License-Identifier: Apache-2.0
/** The bar of buttons for what one sends. */

import { css, html, nothing } from 'lit';

import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import { remembered } from './aula-device-picker.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/local.js').LocalSource} LocalSource */

/** Says `problem` (a sentence), `devices` and `leave`. */
export class AulaControls extends AulaElement {
  static properties = { room: { attribute: false }, teacher: { type: Boolean }, busy: { state: true } };

  static styles = [shared, css`
    .bar { display: flex; align-items: center; justify-content: center; gap: var(--gap-2); }
    .bar button {
      flex-direction: column; gap: 0.125rem; padding: var(--gap-1) var(--gap-3); min-inline-size: 4.75rem;
      border-radius: var(--round); font-size: var(--size-small); min-block-size: 3.25rem; background: transparent;
    }
    .bar button:hover { background: var(--surface-2); }
    .bar button.on { background: var(--accent-soft); color: var(--accent-ink); }
    .bar button.off { background: var(--danger-soft); color: var(--danger-ink); }
    .bar button.leave { color: var(--danger-ink); }
    .bar button.leave:hover { background: var(--danger-soft); }
    .line { inline-size: 1px; align-self: stretch; margin: var(--gap-2) var(--gap-1); background: var(--line); }
    .moderated { display: flex; justify-content: center; padding-block-end: var(--gap-2); }
    .moderated .chip { padding: var(--gap-1) var(--gap-3); }
    @media (max-width: 40rem) {
      .bar { justify-content: space-between; gap: 0; }
      .bar button { min-inline-size: var(--target); padding-inline: var(--gap-1); flex: 1 1 0; font-size: 0.6875rem; }
      .line { display: none; }
    }
    @media (max-width: 23rem) { .bar button { padding-inline: 0; font-size: 0.625rem; letter-spacing: -0.01em; } }
  `];

  constructor() {
    super();
    /** @type {Room | null} */
    this.room = null;
    this.teacher = false;
    /** What is being asked for at present, so that a second click does nothing. @type {Set<string>} */
    this.busy = new Set();
  }

  /** @override */
  willUpdate() {
    this.follow(this.room, this.room?.local);
  }

  /** @override */
  render() {
    const local = this.room?.local;
    const microphone = local?.get('microphone'), camera = local?.get('camera'), screen = local?.get('screen');
    const screens = !!navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices;
    return html`
      ${this.#moderated(microphone, camera)}
      <div class="bar">
        ${this.#button('microphone', microphone)} ${this.#button('camera', camera)}
        ${screens ? html`
          <button type="button" class=${screen ? 'on' : ''} ?disabled=${this.busy.has('screen')}
            aria-label=${t(screen ? 'controls.screen.stop' : 'controls.screen.share')}
            title=${t(screen ? 'controls.screen.stop' : 'controls.screen.share')} @click=${this.#screen}>
            ${icon(screen ? 'screen-off' : 'screen')}<span aria-hidden="true">${t('controls.short.screen')}</span></button>` : nothing}
        <button type="button" @click=${() => this.say('devices')}>
          ${icon('devices')}<span>${t('controls.short.devices')}</span></button>
        <span class="line"></span>
        <button type="button" class="leave" aria-label=${t('controls.leave')} @click=${() => this.say('leave')}>
          ${icon('leave')}<span aria-hidden="true">${t('controls.short.leave')}</span></button>
      </div>`;
  }

  /** @param {'microphone' | 'camera'} source @param {LocalSource | undefined} state */
  #button(source, state) {
    const on = !!state && !state.muted && !state.moderated;
    const text = !state || (source === 'camera' && state.muted) ? t(`controls.${source}.share`)
      : source === 'microphone' && state.muted ? t('controls.microphone.unmute') : t(`controls.${source}.mute`);
    return html`<button type="button" class=${on ? 'on' : state ? 'off' : ''}
      ?disabled=${this.busy.has(source)} aria-label=${text} title=${text} @click=${() => this.#toggle(source)}>
      ${icon(on ? source : `${source}-off`)}<span aria-hidden="true">${t(`controls.short.${source}`)}</span></button>`;
  }

  /** @param {LocalSource | undefined} microphone @param {LocalSource | undefined} camera */
  #moderated(microphone, camera) {
    if (!microphone?.moderated && !camera?.moderated) return nothing;
    return html`<div class="moderated"><span class="chip danger">${icon('microphone-off')}${
      t(microphone?.moderated ? 'controls.moderated' : 'controls.moderated.camera')}</span></div>`;
  }

  /** @param {'microphone' | 'camera'} source */
  #toggle(source) {
    return this.#try(source, 'share', async local => {
      const state = local.get(source);
      if (state) await local.mute(source, !state.muted);
      else await local.share({ [source]: remembered(source) || true });
    });
  }

  #screen() {
    return this.#try('screen', 'screen', async local => {
      if (local.has('screen')) await local.stop('screen', 'screen-audio');
      else await local.shareScreen();
    });
  }

  /**
   * @param {string} what
   * @param {string} variant of the sentence for an error
   * @param {(local: import('../lib/local.js').Local) => Promise<void>} task
   */
  async #try(what, variant, task) {
    if (!this.room || this.busy.has(what)) return;
    this.busy = new Set([...this.busy, what]);
    try {
      await task(this.room.local);
    } catch (error) {
      const word = /** @type {{word?: string}} */ (error).word;
      this.say('problem', explain(error, word === 'denied' ? variant : 'share'));
    } finally {
      this.busy = new Set([...this.busy].filter(one => one !== what));
    }
  }
}
customElements.define('aula-controls', AulaControls);
