// SPDX-License-Identifier: Apache-2.0
/** One picture on the stage: a camera or a screen, with a name; initials while there is no picture. */

import { css, html, nothing } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, icon, initials, shared } from './base.js';

/**
 * @typedef {object} Picture
 * @property {string} key
 * @property {string} name
 * @property {'camera' | 'screen'} kind
 * @property {MediaStreamTrack | null} track
 * @property {boolean} own
 * @property {boolean} teacher
 * @property {boolean} muted no sound comes from this person
 * @property {boolean} moderated ... because a moderator decided so
 * @property {boolean} talking
 * @property {boolean} [paused] its picture stands still, as our line cannot carry it now
 * @property {boolean} [shown] our own: the class sees it
 */

/** @param {Picture} picture @param {boolean} [visible] what the picture is called */
export function caption({ kind, name, own, shown }, visible = true) {
  if (kind === 'screen') return own ? t('stage.screen.own') : t('stage.screen', { name });
  if (own) return t(shown ? 'stage.you.shown' : 'stage.you');
  return visible ? name : t('stage.camera', { name });
}

export class AulaVideoTile extends AulaElement {
  static properties = { picture: { attribute: false }, enlarged: { type: Boolean }, fixed: { type: Boolean } };

  static styles = [shared, css`
    :host { position: relative; min-inline-size: 0; min-block-size: 0; }
    figure {
      position: relative; block-size: 100%; inline-size: 100%; overflow: hidden; border-radius: var(--round);
      background: var(--tile); color: var(--on-stage); container-type: size;
    }
    video { display: block; inline-size: 100%; block-size: 100%; object-fit: cover; background: var(--tile); }
    .screen video { object-fit: contain; background: var(--stage); }
    .large video { object-fit: contain; }
    .mirrored video { transform: scaleX(-1); }
    .talking { box-shadow: 0 0 0 3px var(--gold); }
    .paused video { filter: brightness(0.55) saturate(0.6); transition: filter 600ms; }
    .held {
      position: absolute; inset-block-start: 50%; inset-inline: var(--gap-2); translate: 0 -50%; text-align: center;
      font-size: var(--size-small); font-weight: 600; text-shadow: 0 1px 3px #000; pointer-events: none;
    }
    .held .icon { display: block; margin: 0 auto var(--gap-1); inline-size: 1.5rem; block-size: 1.5rem; }
    @container (max-width: 12rem) { .held .words { position: absolute; clip-path: inset(50%); } }
    .initials {
      display: grid; place-items: center; position: absolute; inset: 0 0 10% 0;
    }
    .initials span {
      display: grid; place-items: center; inline-size: min(7.5rem, 46cqmin); aspect-ratio: 1; border-radius: 50%;
      background: hsl(var(--hue, 150) 28% 34%); color: #fff; font-weight: 600; letter-spacing: 0.02em;
      font-size: min(2.75rem, 18cqmin);
    }
    figcaption {
      position: absolute; inset-block-end: var(--gap-2); inset-inline-start: var(--gap-2);
      display: flex; align-items: center; gap: var(--gap-1); max-inline-size: calc(100% - 2 * var(--gap-2));
      padding: 0.125rem var(--gap-2); border-radius: 999px; background: var(--stage-chip); color: var(--on-stage);
      font-size: var(--size-small); font-weight: 600;
    }
    figcaption .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    figcaption .icon { inline-size: 1rem; block-size: 1rem; }
    figcaption .off { color: #ffb4ab; display: inline-flex; }
    @container (max-width: 12rem) { figcaption { font-size: 0.6875rem; inset-block-end: var(--gap-1); inset-inline-start: var(--gap-1); } }
    /* The whole picture is the button; its sign shows when there is something that points. */
    button.size {
      position: absolute; inset: 0; inline-size: 100%; align-items: flex-start; justify-content: flex-end;
      padding: var(--gap-1); border-radius: inherit; background: transparent; color: var(--on-stage);
    }
    button.size .icon {
      inline-size: 2.25rem; block-size: 2.25rem; padding: 0.5rem; border-radius: 50%; background: var(--stage-chip); opacity: 0;
      transition: opacity var(--quick);
    }
    button.size:hover .icon, button.size:focus-visible .icon { opacity: 1; }
    button.size:focus-visible { outline-color: var(--gold); outline-offset: -4px; }
  `];

  constructor() {
    super();
    /** @type {Picture | null} */
    this.picture = null;
    this.enlarged = false;
    /** True where there is nothing to enlarge or shrink. */
    this.fixed = false;
    /** @type {MediaStream | null} */
    this.stream = null;
  }

  /** @override */
  willUpdate() {
    const track = this.picture?.track ?? null;
    if ((this.stream?.getVideoTracks()[0] ?? null) !== track)
      this.stream = track ? new MediaStream([track]) : null;
  }

  /** @override */
  updated() {
    const { hue } = initials(this.picture?.name ?? '');
    this.style.setProperty('--hue', String(hue));
  }

  /** @override */
  render() {
    const { picture } = this;
    if (!picture) return nothing;
    const classes = [picture.kind, this.enlarged ? 'large' : '', picture.talking ? 'talking' : '',
      picture.paused ? 'paused' : '',
      picture.own && picture.kind === 'camera' ? 'mirrored' : ''].join(' ');
    const name = caption(picture), held = picture.paused && this.stream !== null;
    return html`
      <figure class=${classes} aria-label=${caption(picture, false)}>
        ${this.stream
    ? html`<video .srcObject=${this.stream} autoplay playsinline .muted=${true}
        aria-label=${caption(picture, false)}></video>`
    : html`<div class="initials" role="img" aria-label=${t('stage.camera.off', { name })}>
        <span aria-hidden="true">${initials(picture.name).text}</span></div>`}
        ${held ? html`<p class="held" role="status">${icon('paused')}<span class="words">${t('stage.paused')}</span></p>` : nothing}
        <figcaption>
          ${picture.muted && picture.kind === 'camera'
    ? html`<span class="off">${icon('microphone-off')}<span class="hidden">${
      t(picture.moderated ? 'tile.moderated' : 'tile.muted')}</span></span>` : nothing}
          <span class="name">${name}</span>
          ${picture.talking ? html`<span class="hidden">${t('tile.talking')}</span>` : nothing}
        </figcaption>
        ${this.fixed ? nothing : html`
          <button class="size" type="button" @click=${() => this.say('enlarge', picture.key)}
            title=${this.enlarged ? t('stage.shrink') : t('stage.enlarge', { name })}
            aria-label=${this.enlarged ? t('stage.shrink') : t('stage.enlarge', { name })}>
            ${icon(this.enlarged ? 'shrink' : 'enlarge')}
          </button>`}
      </figure>`;
  }
}
customElements.define('aula-video-tile', AulaVideoTile);
