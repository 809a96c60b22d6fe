// SPDX-License-Identifier: Apache-2.0
/** What all components share: redrawing when a model changes, buttons, fields and icons. */

import { LitElement, css, svg } from 'lit';

/** @typedef {import('../lib/emitter.js').Emitter} Emitter */

export class AulaElement extends LitElement {
  /** @type {Map<Emitter, () => void>} */
  #followed = new Map();

  /**
   * Redraws whenever one of these says `change`. To be called from `willUpdate` with all of them.
   * @param {(Emitter | null | undefined)[]} models
   */
  follow(...models) {
    const wanted = new Set(models.filter(model => !!model));
    for (const [model, stop] of this.#followed)
      if (!wanted.delete(model)) {
        stop();
        this.#followed.delete(model);
      }
    for (const model of wanted)
      this.#followed.set(/** @type {Emitter} */ (model),
        /** @type {Emitter} */ (model).on('change', () => this.requestUpdate()));
  }

  /** @override */
  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  /** @override */
  disconnectedCallback() {
    super.disconnectedCallback();
    this.follow();
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/** Each is drawn in a square of 24, in the colour of the text. */
const PATHS = {
  microphone: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5 11a7 7 0 0 0 14 0M12 18v3"/>`,
  'microphone-off': svg`<path d="M15 9V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5 11a7 7 0 0 0 11 5.7M19 11a7 7 0 0 1-.5 2.6M12 18v3M3 3l18 18"/>`,
  camera: svg`<rect x="2.5" y="6" width="13" height="12" rx="2.5"/><path d="m15.5 10.5 6-3v9l-6-3"/>`,
  'camera-off': svg`<path d="M10 6h3a2.5 2.5 0 0 1 2.5 2.5v2l6-3v9l-3-1.5M15.5 15.5a2.5 2.5 0 0 1-2.5 2.5H5A2.5 2.5 0 0 1 2.5 15.5v-7A2.5 2.5 0 0 1 5 6M3 3l18 18"/>`,
  screen: svg`<rect x="2.5" y="4" width="19" height="13" rx="2.5"/><path d="M8 21h8M12 13.5V8M9.5 10 12 7.500 14.5 10"/>`,
  'screen-off': svg`<rect x="2.5" y="4" width="19" height="13" rx="2.5"/><path d="M8 21h8M9.5 8l5 5M14.5 8l-5 5"/>`,
  devices: svg`<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>`,
  hand: svg`<path d="M7.5 12V6a1.500 1.500 0 0 1 3 0v5M10.500 10.500V4.500a1.500 1.500 0 0 1 3 0v6M13.500 10.500V6a1.500 1.500 0 0 1 3 0v8.500a6.500 6.500 0 0 1-6.500 6.500c-2.500 0-4-1.200-5.200-3.200L3 14.200a1.500 1.500 0 0 1 2.500-1.600L7.500 15z"/>`,
  up: svg`<path d="M3 20h18M12 15V5M7.500 9.500 12 5l4.500 4.500"/>`,
  down: svg`<path d="M3 20h18M12 4v10.500M7.500 10 12 14.500 16.500 10"/>`,
  leave: svg`<path d="M14 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10 12h11M17.500 8.5 21 12l-3.5 3.5"/>`,
  send: svg`<path d="M4 12 20 4l-5 16-3.5-6.5zM20 4l-8.5 9.5"/>`,
  trash: svg`<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5"/>`,
  remove: svg`<circle cx="10" cy="8" r="4"/><path d="M3 20a7 7 0 0 1 11-5.7M16 16l5 5M21 16l-5 5"/>`,
  message: svg`<path d="M4 5h16v11H10l-5 4v-4H4z"/>`,
  people: svg`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20a6.5 6.5 0 0 1 13 0M16 5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5"/>`,
  previous: svg`<path d="m14.5 5-7 7 7 7"/>`,
  next: svg`<path d="m9.5 5 7 7-7 7"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  sound: svg`<path d="M4 9.5v5h4l5 4.5V5L8 9.5zM16.5 9a4.5 4.5 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11"/>`,
  enlarge: svg`<path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7"/>`,
  shrink: svg`<path d="M20 10h-6V4M14 10l7-7M4 14h6v6M10 14l-7 7"/>`,
  paused: svg`<path d="M4 20v-4M9 20v-7M3 3l18 18M14 20v-6M19 20V5M14 9.5V9"/>`,
  fullscreen: svg`<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>`,
  refresh: svg`<path d="M20 11a8 8 0 1 0-2.3 6M20 5v6h-6"/>`,
  poll: svg`<path d="M4 20h16M7 20v-7M12 20V5M17 20v-10"/>`,
  book: svg`<path d="M12 6c-2.5-1.700-5.5-2-9-2v14c3.5 0 6.5.3 9 2 2.5-1.700 5.5-2 9-2V4c-3.5 0-6.5.3-9 2zm0 0v14"/>`,
  gauge: svg`<path d="M4.5 18a9 9 0 1 1 15 0M12 14l4-5"/><circle cx="12" cy="14" r="1.5"/>`,
  eye: svg`<path d="M2.5 12C4.500 8 8 6 12 6s7.500 2 9.500 6c-2 4-5.500 6-9.500 6s-7.500-2-9.500-6z"/><circle cx="12" cy="12" r="3"/>`,
  'eye-off': svg`<path d="M10 6.200A9 9 0 0 1 12 6c4 0 7.500 2 9.500 6a13 13 0 0 1-2.500 3.500M6 7.500A12 12 0 0 0 2.500 12c2 4 5.500 6 9.500 6 1.600 0 3-.3 4.300-.9M3 3l18 18M10 10a3 3 0 0 0 4 4"/>`,
  add: svg`<path d="M12 5v14M5 12h14"/>`,
  edit: svg`<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4"/>`,
  link: svg`<path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1.500 1.500M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1.500-1.500"/>`,
  table: svg`<path d="M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14"/>`,
  warn: svg`<path d="M12 4 2.5 20h19zM12 10v4.5M12 17.200v.3"/>`,
};

/** @typedef {keyof typeof PATHS} Icon */

/** @param {Icon} name a picture beside a text, so it says nothing to a screen reader */
export const icon = name => svg`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none"
  stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"
  aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;

/** The sign of the house. */
export const logo = svg`<svg viewBox="0 0 64 64" width="32" height="32" aria-hidden="true" focusable="false"><rect
  width="64" height="64" rx="15" fill="#1d5c4d"/><path d="M11 51V34a21 21 0 0 1 42 0v17" fill="none" stroke="#f6efe2"
  stroke-width="6" stroke-linecap="round"/><path d="M23 51V36a9 9 0 0 1 18 0v15" fill="none" stroke="#e9b44c"
  stroke-width="6" stroke-linecap="round"/></svg>`;

export const shared = css`
  *, *::before, *::after { box-sizing: border-box; }
  :host { display: block; }
  :host([hidden]), [hidden] { display: none !important; }
  h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
  .icon { inline-size: 1.375rem; block-size: 1.375rem; flex: none; }
  :dir(rtl) .flips { transform: scaleX(-1); }

  button, .button {
    display: inline-flex; align-items: center; justify-content: center; gap: var(--gap-2);
    min-block-size: var(--target); min-inline-size: var(--target);
    padding: var(--gap-1) var(--gap-4); border: 1px solid transparent; border-radius: 999px;
    background: var(--surface-2); color: var(--ink);
    font: inherit; font-weight: 600; line-height: 1.2; text-decoration: none; cursor: pointer;
    transition: background-color var(--quick), color var(--quick), border-color var(--quick);
  }
  button:hover, .button:hover { background: var(--surface-3); }
  button.main, .button.main { background: var(--accent); color: var(--on-accent); }
  button.main:hover, .button.main:hover { background: var(--accent-hover); }
  button.danger { background: var(--danger); color: var(--on-danger); }
  button.danger:hover { background: var(--danger-hover); }
  button.bare { background: transparent; }
  button.bare:hover { background: var(--surface-2); }
  button.bare.danger { color: var(--danger-ink); }
  button.round { padding: 0; inline-size: var(--target); }
  button:disabled, button[aria-disabled="true"] { cursor: not-allowed; opacity: 0.6; }

  .field { display: grid; gap: var(--gap-1); }
  label, .label { font-weight: 600; }
  .hint { color: var(--ink-soft); font-size: var(--size-small); }
  .wrong { color: var(--danger-ink); font-size: var(--size-small); font-weight: 600; }
  input:not([type="checkbox"]), select, textarea {
    inline-size: 100%; min-block-size: var(--target); padding: var(--gap-2) var(--gap-3);
    border: 1px solid var(--line-strong); border-radius: var(--round-small);
    background: var(--surface); color: var(--ink); font: inherit;
  }
  textarea { resize: none; }
  ::placeholder { color: var(--ink-soft); opacity: 1; }
  .hidden {
    position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }
  .chip {
    display: inline-flex; align-items: center; gap: var(--gap-1); padding: 0.0625rem 0.5rem; border-radius: 999px;
    background: var(--accent-soft); color: var(--accent-ink); font-size: var(--size-small); font-weight: 600;
  }
  .chip.warn { background: var(--warn-soft); color: var(--warn-ink); }
  .chip.danger { background: var(--danger-soft); color: var(--danger-ink); }

  dialog {
    inline-size: min(28rem, calc(100vw - 2rem)); padding: var(--gap-5); border: 1px solid var(--line);
    border-radius: var(--round-large); background: var(--surface); color: var(--ink); box-shadow: var(--shadow);
  }
  dialog::backdrop { background: rgb(8 14 12 / 55%); }
  dialog h2 { font-size: var(--size-large); line-height: 1.3; }
  .actions { display: flex; flex-wrap: wrap; gap: var(--gap-2); justify-content: flex-end; }
  .stack { display: grid; gap: var(--gap-4); }
`;

/**
 * Two letters and a hue for those without a picture.
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  const text = letters.map(word => [...word][0] ?? '').join('').toLocaleUpperCase();
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return { text: text || '?', hue: sum };
}
