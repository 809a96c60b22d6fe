// SPDX-License-Identifier: Apache-2.0
/** Which microphone, camera and loudspeaker to use; remembered on this computer. */

import { css, html, nothing } from 'lit';

import { listDevices, onDevicesChanged } from '../lib/aula.js';
import { t } from '../lib/strings.js';
import { AulaElement, shared } from './base.js';

/** @typedef {import('../lib/devices.js').Devices} Devices */
/** @typedef {keyof Devices} Kind */

/** @param {Kind} kind @returns {string} the device last chosen; empty: the system's */
export function remembered(kind) {
  try {
    return localStorage.getItem(`aula.${kind}`) ?? '';
  } catch {
    return '';
  }
}

/** @param {Kind} kind @param {string} id */
function remember(kind, id) {
  try {
    localStorage.setItem(`aula.${kind}`, id);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

/** Says `device` ({kind, id}) when another is chosen. */
export class AulaDevicePicker extends AulaElement {
  static properties = { devices: { state: true } };

  static styles = [shared, css`
    :host { display: contents; }
    .actions { margin-block-start: var(--gap-2); }
  `];

  constructor() {
    super();
    /** @type {Devices} */
    this.devices = { microphone: [], camera: [], speaker: [] };
    this.stop = () => {};
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.stop = onDevicesChanged(() => void this.#list());
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  async open() {
    await this.#list();
    this.#dialog.showModal();
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.renderRoot.querySelector('dialog'));
  }

  async #list() {
    this.devices = await listDevices().catch(() => this.devices);
  }

  /** @override */
  render() {
    const { microphone, camera, speaker } = this.devices;
    const unnamed = [...microphone, ...camera].some(({ label }) => !label)
      || microphone.length + camera.length === 0;
    return html`<dialog aria-labelledby="title">
      <form class="stack" method="dialog">
        <h2 id="title">${t('devices.title')}</h2>
        ${this.#choice('microphone')} ${this.#choice('camera')}
        ${speaker.length && 'setSinkId' in HTMLMediaElement.prototype ? this.#choice('speaker') : nothing}
        ${unnamed ? html`<p class="hint">${t('devices.hint')}</p>` : nothing}
        <div class="actions"><button class="main">${t('devices.close')}</button></div>
      </form></dialog>`;
  }

  /** @param {Kind} kind */
  #choice(kind) {
    const list = this.devices[kind].filter(({ id }) => id !== 'default');
    const chosen = remembered(kind);
    return html`<div class="field">
      <label for=${kind}>${t(`devices.${kind}`)}</label>
      <select id=${kind} @change=${(/** @type {Event} */ event) => this.#choose(kind, event)}>
        <option value="" ?selected=${!list.some(({ id }) => id === chosen)}>${
  t(list.length ? 'devices.default' : 'devices.none')}</option>
        ${list.map(({ id, label }, index) => html`<option value=${id} ?selected=${id === chosen}>${
    label || t('devices.unnamed', { kind: t(`devices.${kind}`), n: index + 1 })}</option>`)}
      </select></div>`;
  }

  /** @param {Kind} kind @param {Event} event */
  #choose(kind, event) {
    const id = /** @type {HTMLSelectElement} */ (event.target).value;
    remember(kind, id);
    this.say('device', { kind, id });
  }
}
customElements.define('aula-device-picker', AulaDevicePicker);
