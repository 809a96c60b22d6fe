// SPDX-License-Identifier: Apache-2.0
/** All pictures of a class: one large with the others beside it, or all alike. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import { t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';
import './aula-video-tile.js';

/** @typedef {import('../lib/room.js').Room} Room */
/** @typedef {import('../lib/feeds.js').Feed} Feed */
/** @typedef {import('./aula-video-tile.js').Picture} Picture */

/** @param {string} role */
export const leads = role => role === 'teacher' || role === 'admin';

/** @param {Feed} feed @returns {Picture[]} */
function picturesOf(feed) {
  const sound = feed.streams.find(({ source }) => source === 'microphone');
  const about = { name: feed.display || String(feed.id), own: false, teacher: leads(feed.role),
    muted: !sound || sound.muted || sound.moderated, moderated: sound?.moderated ?? false,
    talking: feed.streams.some(({ talking }) => talking) };
  const videos = feed.streams.filter(({ type }) => type === 'video');
  const pictures = videos.map(stream => /** @type {Picture} */ ({ ...about, key: `${feed.id}/${stream.mid}`,
    kind: stream.source === 'screen' ? 'screen' : 'camera',
    paused: stream.paused, track: stream.muted || stream.moderated ? null : stream.track }));
  if (sound && !pictures.some(({ kind }) => kind === 'camera'))
    pictures.push({ ...about, key: `${feed.id}/voice`, kind: 'camera', track: null });
  return pictures;
}

/**
 * What is on the class's stage; our own picture comes from our own camera.
 * @param {Room} room
 * @param {import('../lib/stage.js').Slot} slot
 * @returns {Picture[]}
 */
function pictureOf(room, { name: slot, id, display, role, talking, sound, picture }) {
  if (id === undefined || id === room.id || (slot === 'screen' && picture.feedMid === undefined)) return [];
  const streams = room.feeds.byId.get(id)?.streams ?? [];
  const voice = streams.find(({ mid }) => mid === sound.feedMid), seen = streams.find(({ mid }) => mid === picture.feedMid);
  return [{ key: `slot/${slot}`, name: display || String(id), kind: slot === 'screen' ? 'screen' : 'camera', own: false,
    teacher: slot === 'teacher' || leads(role), talking: talking && slot !== 'screen',
    muted: sound.feedMid === undefined || (voice?.muted ?? false) || (voice?.moderated ?? false), moderated: voice?.moderated ?? false,
    paused: picture.paused, track: picture.feedMid === undefined || seen?.muted || seen?.moderated ? null : picture.track }];
}

/** @param {Room} room @param {string} name @param {boolean} teacher @returns {Picture[]} */
function ownPictures({ local, stage, id }, name, teacher) {
  const sound = local.get('microphone'), camera = local.get('camera'), screen = local.get('screen');
  const about = { name, own: true, teacher, talking: false, shown: !!stage?.slots.some(({ id: who }) => who === id), muted: !sound || sound.muted || sound.moderated,
    moderated: sound?.moderated ?? false };
  /** @type {Picture[]} */
  const pictures = [];
  if (screen) pictures.push({ ...about, key: 'own/screen', kind: 'screen', track: screen.track });
  if (camera || sound) pictures.push({ ...about, key: 'own/camera', kind: 'camera', track: camera?.track ?? null });
  return pictures;
}

export class AulaStage extends AulaElement {
  static properties = { room: { attribute: false }, name: {}, teacher: { type: Boolean }, chosen: { state: true },
    whole: { state: true } };

  static styles = [shared, css`
    :host {
      position: relative; min-block-size: 0; background: var(--stage); color: var(--on-stage);
      border-radius: var(--round-large); overflow: hidden; container-type: size; container-name: stage;
    }
    .all { position: absolute; inset: 0; padding: var(--gap-2); display: grid; gap: var(--gap-2); }
    .focus { grid-template-rows: minmax(0, 1fr); }
    .focus.several { grid-template-rows: minmax(0, 1fr) minmax(4rem, 24%); }
    .others {
      display: flex; gap: var(--gap-2); min-inline-size: 0; overflow: auto hidden; scrollbar-width: thin;
      justify-content: safe center;
    }
    .others li { flex: 0 0 auto; block-size: 100%; aspect-ratio: 16 / 9; max-inline-size: 60%; }
    .others aula-video-tile, .large aula-video-tile, .alike aula-video-tile { block-size: 100%; }
    @container stage (min-width: 44rem) and (min-aspect-ratio: 4 / 3) {
      .focus.several { grid-template-rows: minmax(0, 1fr); grid-template-columns: minmax(0, 1fr) minmax(9rem, 21%); }
      .others { flex-direction: column; overflow: hidden auto; justify-content: flex-start; }
      .others li { inline-size: 100%; block-size: auto; max-inline-size: none; }
    }
    .alike { position: absolute; inset: 0; padding: var(--gap-2); display: grid; gap: var(--gap-2);
      grid-template-columns: repeat(var(--columns, 1), minmax(0, 1fr)); grid-auto-rows: minmax(0, 1fr); }
    .large { min-block-size: 0; min-inline-size: 0; }
    .waiting {
      position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: var(--gap-3);
      padding: var(--gap-5); text-align: center;
    }
    .waiting .art { inline-size: clamp(4rem, 22cqmin, 8rem); block-size: auto; opacity: 0.9; }
    .waiting h2 { font-size: clamp(1.05rem, 4.5cqmin, 1.5rem); font-weight: 600; }
    .waiting p { color: var(--on-stage-soft); max-inline-size: 34ch; }
    .whole {
      position: absolute; inset-block-start: var(--gap-3); inset-inline-start: var(--gap-3); z-index: 1;
      background: var(--stage-chip); color: var(--on-stage); opacity: 0;
    }
    :host(:hover) .whole, .whole:focus-visible { opacity: 1; }
    .whole:focus-visible { outline-color: var(--gold); }
    @media (hover: none) { .whole { opacity: 0.85; background: transparent; } }
  `];

  constructor() {
    super();
    /** @type {Room | null} */
    this.room = null;
    this.name = '';
    this.teacher = false;
    /** What this person wants large. */
    this.chosen = '';
    this.whole = false;
    /** True once a teacher was seen. */
    this.begun = false;
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.addEventListener('fullscreenchange', () => { this.whole = document.fullscreenElement !== null; });
  }

  /** @override */
  willUpdate() {
    this.follow(this.room);
    this.begun ||= [...this.room?.feeds.byId.values() ?? []].some(({ role }) => leads(role));
  }

  /** @returns {Picture[]} */
  get pictures() {
    const { room } = this;
    if (!room) return [];
    const theirs = room.stage ? room.stage.slots.flatMap(slot => pictureOf(room, slot))
      : [...room.feeds.byId.values()].flatMap(picturesOf);
    const own = ownPictures(room, this.name, this.teacher);
    const rank = (/** @type {Picture} */ one) => (one.kind === 'screen' ? 0 : one.teacher && !one.own ? 1 : one.own ? 2 : 3)
      + (this.teacher && one.kind !== 'screen' && one.own ? -1 : 0);
    return [...theirs, ...own].sort((a, b) => rank(a) - rank(b));
  }

  /** @param {Picture[]} pictures @returns {Picture | undefined} what is drawn large */
  large(pictures) {
    const chosen = pictures.find(({ key }) => key === this.chosen);
    if (chosen) return chosen;
    const screen = pictures.find(({ kind, own }) => kind === 'screen' && !own)
      ?? pictures.find(({ kind }) => kind === 'screen');
    if (screen || this.teacher) return screen;
    return pictures.find(one => one.teacher && !one.own);
  }

  /** @override */
  render() {
    const { pictures } = this;
    if (!pictures.length) return this.#waiting();
    const large = this.large(pictures) ?? (pictures.length === 1 ? pictures[0] : undefined);
    return html`${large ? this.#focused(large, pictures) : this.#alike(pictures)}
      ${document.fullscreenEnabled ? html`
        <button class="round whole" type="button" @click=${this.#toggleWhole}
          title=${t(this.whole ? 'stage.fullscreen.leave' : 'stage.fullscreen')}
          aria-label=${t(this.whole ? 'stage.fullscreen.leave' : 'stage.fullscreen')}>
          ${icon('fullscreen')}</button>` : nothing}`;
  }

  /** @param {Picture} large @param {Picture[]} pictures */
  #focused(large, pictures) {
    const others = pictures.filter(one => one !== large);
    return html`
      <div class="all focus ${others.length ? 'several' : ''}" @enlarge=${this.#enlarge}>
        <div class="large"><aula-video-tile .picture=${large} enlarged
          .fixed=${this.chosen !== large.key || others.length === 0}></aula-video-tile></div>
        ${others.length ? html`<ul class="others">${repeat(others, ({ key }) => key,
    one => html`<li><aula-video-tile .picture=${one}></aula-video-tile></li>`)}</ul>` : nothing}
      </div>`;
  }

  /** @param {Picture[]} pictures */
  #alike(pictures) {
    return html`<ul class="alike" @enlarge=${this.#enlarge}>${repeat(pictures, ({ key }) => key,
      one => html`<li><aula-video-tile .picture=${one}></aula-video-tile></li>`)}</ul>`;
  }

  #waiting() {
    return html`<div class="waiting">
      <svg class="art" viewBox="0 0 64 64" aria-hidden="true"><path d="M8 52V30a24 24 0 0 1 48 0v22"
        fill="none" stroke="#5f7a6f" stroke-width="5" stroke-linecap="round"/><path d="M20 52V33a12 12 0 0 1 24 0v19"
        fill="none" stroke="#e9b44c" stroke-width="5" stroke-linecap="round"/></svg>
      <h2>${t(this.teacher ? 'stage.empty' : this.begun ? 'stage.away' : 'stage.waiting')}</h2>
      <p>${t(this.teacher ? 'stage.empty.text' : this.begun ? 'stage.away.text' : 'stage.waiting.text')}</p></div>`;
  }

  /** @override */
  updated() {
    const count = this.pictures.length;
    const { clientWidth, clientHeight } = this;
    const columns = Math.min(count, Math.max(1, Math.round(Math.sqrt(count * clientWidth / Math.max(1, clientHeight) * 9 / 16))));
    this.style.setProperty('--columns', String(columns));
  }

  /** @param {CustomEvent<string>} event */
  #enlarge(event) {
    event.stopPropagation();
    this.chosen = this.chosen === event.detail ? '' : event.detail;
  }

  async #toggleWhole() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.requestFullscreen().catch(() => {});
  }
}
customElements.define('aula-stage', AulaStage);
