// SPDX-License-Identifier: Apache-2.0
/** Plays what is heard in a class, and asks for a click where the browser wants one first. */

import { css, html, nothing } from 'lit';

import { t } from '../lib/strings.js';
import { AulaElement, icon, shared } from './base.js';

/** @typedef {import('../lib/room.js').Room} Room */

export class AulaSound extends AulaElement {
  static properties = { room: { attribute: false }, speaker: {}, blocked: { state: true } };

  static styles = [shared, css`
    .ask {
      display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: var(--gap-2) var(--gap-4);
      padding: var(--gap-2) var(--gap-4); border-radius: var(--round);
      background: var(--warn-soft); color: var(--warn-ink); font-weight: 600;
    }
  `];

  constructor() {
    super();
    /** @type {Room | null} */
    this.room = null;
    /** Id of the loudspeaker; empty: the system's. */
    this.speaker = '';
    this.blocked = false;
    /** @type {Map<MediaStreamTrack, HTMLAudioElement>} */
    this.players = new Map();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    for (const track of [...this.players.keys()]) this.#drop(track);
  }

  /** @override @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    this.follow(this.room);
    const tracks = new Set([...this.room?.feeds.byId.values() ?? []].flatMap(feed => feed.streams)
      .filter(({ type, track }) => type === 'audio' && track).map(({ track }) => track));
    for (const track of [...this.players.keys()]) if (!tracks.delete(track)) this.#drop(track);
    for (const track of tracks) if (track) this.#play(track);
    if (changed.has('speaker')) for (const player of this.players.values()) void this.#direct(player);
  }

  /** @override */
  render() {
    if (!this.blocked) return nothing;
    return html`<div class="ask" role="status"><span>${t('stage.sound.text')}</span>
      <button class="main" type="button" @click=${this.#start}>${icon('sound')}${t('stage.sound')}</button></div>`;
  }

  /** @param {MediaStreamTrack} track */
  #play(track) {
    const player = new Audio();
    player.srcObject = new MediaStream([track]);
    this.players.set(track, player);
    void this.#direct(player);
    player.play().catch(error => {
      if (error.name === 'NotAllowedError') this.blocked = true;
    });
  }

  /** @param {HTMLAudioElement} player */
  async #direct(player) {
    if (this.speaker || player.sinkId) await player.setSinkId?.(this.speaker).catch(() => {});
  }

  /** @param {MediaStreamTrack} track */
  #drop(track) {
    const player = this.players.get(track);
    this.players.delete(track);
    if (!player) return;
    player.pause();
    player.srcObject = null;
  }

  async #start() {
    const all = await Promise.allSettled([...this.players.values()].map(player => player.play()));
    this.blocked = all.some(({ status }) => status === 'rejected');
  }
}
customElements.define('aula-sound', AulaSound);
