// SPDX-License-Identifier: Apache-2.0
/** The door: a name or a token, a look in the mirror, and in. */

import { css, html, nothing } from 'lit';

import { capture } from '../lib/aula.js';
import { explain, t } from '../lib/strings.js';
import { AulaElement, icon, initials, logo, shared } from './base.js';
import { remembered } from './aula-device-picker.js';

/** @typedef {{name: string, token: string, tracks: {microphone?: MediaStreamTrack, camera?: MediaStreamTrack}}} Entry */

/** Says `enter` (Entry). The tracks belong to whoever takes them. */
export class AulaJoinForm extends AulaElement {
  static properties = { teacher: { type: Boolean }, demo: { type: Boolean }, known: {}, login: {}, busy: { type: Boolean },
    error: {}, wrong: { state: true }, tracks: { state: true }, trouble: { state: true }, asking: { state: true } };

  static styles = [shared, css`
    :host { display: grid; place-items: center; min-block-size: 100%; padding: var(--gap-4); }
    .card {
      display: grid; gap: var(--gap-5); inline-size: min(52rem, 100%); padding: clamp(1.25rem, 4vw, 2.5rem);
      border: 1px solid var(--line); border-radius: var(--round-large); background: var(--surface); box-shadow: var(--shadow);
    }
    .card.plain { inline-size: min(28rem, 100%); }
    @media (min-width: 46rem) { .card:not(.plain) { grid-template-columns: 1fr 1fr; align-items: center; } }
    header { display: grid; gap: var(--gap-3); margin-block-end: var(--gap-1); }
    h1 { font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.15; letter-spacing: -0.02em; }
    .mirror {
      position: relative; display: grid; place-items: center; aspect-ratio: 4 / 3; overflow: hidden;
      border-radius: var(--round); background: var(--stage); color: var(--on-stage);
    }
    video { inline-size: 100%; block-size: 100%; object-fit: cover; transform: scaleX(-1); }
    .initials {
      display: grid; place-items: center; inline-size: 6rem; aspect-ratio: 1; border-radius: 50%;
      background: hsl(var(--hue, 150) 28% 34%); color: #fff; font-size: 2.25rem; font-weight: 600;
    }
    .mirror p { position: absolute; inset-block-end: var(--gap-3); color: var(--on-stage-soft); font-size: var(--size-small); }
    .level {
      position: absolute; inset-inline: var(--gap-3); inset-block-end: var(--gap-3); block-size: 0.375rem;
      border-radius: 999px; background: var(--stage-chip); overflow: hidden;
    }
    .level i {
      display: block; block-size: 100%; inline-size: 100%; background: var(--gold);
      transform: scaleX(var(--level, 0)); transform-origin: left; transition: transform 80ms linear;
    }
    :dir(rtl) .level i { transform-origin: right; }
    fieldset { display: flex; flex-wrap: wrap; gap: var(--gap-2); margin: 0; padding: 0; border: 0; }
    legend { padding: 0; margin-block-end: var(--gap-1); font-weight: 600; }
    .toggle { flex: 1 1 8rem; border-radius: var(--round-small); border-color: var(--line-strong); background: var(--surface); }
    .toggle[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent-ink); border-color: currentColor; }
    button.main { min-block-size: 3.25rem; font-size: var(--size-large); }
  `];

  constructor() {
    super();
    this.teacher = false;
    this.demo = false;
    /** The name in the token, when there is a token already. */
    this.known = '';
    /** Where to log in, or to find one's classes; empty: there are no accounts. */
    this.login = '';
    this.busy = false;
    this.error = '';
    /** Which field is wrong. @type {'' | 'name' | 'token'} */
    this.wrong = '';
    /** @type {Entry['tracks']} */
    this.tracks = {};
    this.trouble = '';
    this.asking = '';
    this.name = '';
    this.stopMeter = () => {};
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopMeter();
    for (const track of Object.values(this.tracks)) track.stop();
  }

  /** @override */
  render() {
    return html`<form class="card ${this.teacher ? '' : 'plain'}" novalidate @submit=${this.#submit}>
      ${this.teacher ? this.#mirror() : nothing}
      <div class="stack">
        <header>${logo}<h1>${t(this.teacher ? 'join.title.teacher' : 'join.title.student')}</h1></header>
        ${this.known ? html`<p>${t('join.as', { name: this.known })}</p>` : this.#who()}
        ${this.known || this.demo || !this.login ? nothing : html`<p><a href=${this.login}>${t(this.login === '/' ? 'join.classes' : 'join.login')}</a></p>`}
        ${this.teacher ? this.#choices() : html`<p class="hint">${t('join.quiet')}</p>`}
        <div role="alert">${this.error ? html`<p class="wrong">${this.error}</p>` : nothing}</div>
        <button class="main" ?disabled=${this.busy}>${this.busy ? t('join.busy')
    : t(this.teacher ? 'join.go.teacher' : 'join.go.student')}</button>
      </div></form>`;
  }

  #who() {
    return this.demo
      ? this.#field('name', html`<input id="name" name="name" autocomplete="name" maxlength="60" required
          .value=${this.name} @input=${this.#named} aria-invalid=${this.wrong === 'name'} aria-describedby="name-hint name-wrong">`)
      : this.#field('token', html`<textarea id="token" name="token" rows="4" autocomplete="off" spellcheck="false"
          required aria-invalid=${this.wrong === 'token'} aria-describedby="token-hint token-wrong"></textarea>`);
  }

  /** @param {'name' | 'token'} name @param {unknown} input */
  #field(name, input) {
    return html`<div class="field"><label for=${name}>${t(`join.${name}`)}</label>${input}
      <p class="hint" id="${name}-hint">${t(`join.${name}.hint`)}</p>
      <p class="wrong" id="${name}-wrong" role="alert">${this.wrong === name ? t(`join.${name}.missing`) : nothing}</p></div>`;
  }

  #mirror() {
    const { camera, microphone } = this.tracks;
    const name = this.known || this.name;
    return html`<div class="mirror">
      ${camera ? html`<video autoplay playsinline .muted=${true} .srcObject=${this.stream}
        aria-label=${t('join.preview')}></video>`
    : html`<span class="initials" aria-hidden="true">${initials(name).text}</span>
        ${microphone ? nothing : html`<p>${t('join.preview.off')}</p>`}`}
      ${microphone ? html`<div class="level" aria-hidden="true"><i></i></div>` : nothing}</div>`;
  }

  #choices() {
    const toggle = (/** @type {'microphone' | 'camera'} */ source) => html`
      <button type="button" class="toggle" aria-pressed=${!!this.tracks[source]} ?disabled=${this.asking !== ''}
        @click=${() => this.#toggle(source)}>${icon(this.tracks[source] ? source : `${source}-off`)}${t(`join.${source}`)}</button>`;
    return html`<fieldset><legend>${t('join.choose')}</legend>${toggle('microphone')} ${toggle('camera')}</fieldset>
      <div role="alert">${this.trouble ? html`<p class="wrong">${this.trouble}</p>` : nothing}</div>`;
  }

  /** @override */
  updated() {
    this.style.setProperty('--hue', String(initials(this.known || this.name).hue));
  }

  /** @type {MediaStream | null} */
  stream = null;

  /** @param {'microphone' | 'camera'} source */
  async #toggle(source) {
    const present = this.tracks[source];
    this.trouble = '';
    this.asking = source;
    try {
      if (present) present.stop();
      const found = present ? undefined : (await capture({ [source]: remembered(source) || true }))[source];
      this.tracks = { ...this.tracks, [source]: found };
    } catch (error) {
      this.trouble = explain(error);
    }
    this.asking = '';
    if (source === 'camera') this.stream = this.tracks.camera ? new MediaStream([this.tracks.camera]) : null;
    else this.#meter();
  }

  #meter() {
    this.stopMeter();
    const { microphone } = this.tracks;
    if (!microphone) return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([microphone])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const level = Math.max(0, Math.min(1, 1 + Math.log10(power + 1e-9) / 6));
      this.style.setProperty('--level', level.toFixed(2));
    }, 80);
    this.stopMeter = () => {
      clearInterval(timer);
      void context.close();
      this.stopMeter = () => {};
    };
  }

  /** @param {InputEvent} event */
  #named(event) {
    this.name = /** @type {HTMLInputElement} */ (event.target).value;
    if (this.wrong === 'name') this.wrong = '';
    this.requestUpdate();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this.busy) return;
    const field = /** @type {HTMLInputElement | null} */ (this.renderRoot.querySelector('#name, #token'));
    const value = field?.value.trim() ?? '';
    if (field && !value) {
      this.wrong = field.id === 'name' ? 'name' : 'token';
      field.focus();
      return;
    }
    this.wrong = '';
    this.say('enter', /** @type {Entry} */ ({ name: field?.id === 'name' ? value : '',
      token: field?.id === 'token' ? value : '', tracks: this.#handOver() }));
  }

  /** Gives copies away, so that the mirror works again if entering fails. */
  #handOver() {
    /** @type {Entry['tracks']} */
    const copies = {};
    if (this.tracks.microphone) copies.microphone = this.tracks.microphone.clone();
    if (this.tracks.camera) copies.camera = this.tracks.camera.clone();
    return copies;
  }
}
customElements.define('aula-join-form', AulaJoinForm);
