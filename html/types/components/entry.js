// SPDX-License-Identifier: Apache-2.0
/** How a page finds out who its visitor is: a token in the address, one kept from before a reload,
 * or in demo mode one that the server hands out. */

import { AulaError, connect } from '../lib/aula.js';

/**
 * @typedef {object} Config what the server tells its pages
 * @property {boolean} demo
 * @property {string} [version]
 * @property {number | string} [room]
 */

/** @returns {Promise<Config>} */
export async function loadConfig() {
  const answer = await fetch('/config.json', { cache: 'no-store' });
  if (!answer.ok) throw new AulaError('No configuration', { word: 'unavailable' });
  return answer.json();
}

/**
 * A token of the demo class.
 * @param {string} role
 * @param {string} name
 * @returns {Promise<{token: string, room: number | string}>}
 */
export async function demoToken(role, name) {
  const answer = await fetch(`/demo/token?${new URLSearchParams({ role, name })}`, { cache: 'no-store' })
    .catch(cause => { throw new AulaError('No answer', { word: 'unavailable', cause }); });
  if (!answer.ok) throw new AulaError('No token', { word: answer.status === 403 ? 'forbidden' : 'unavailable' });
  return answer.json();
}

/**
 * What a token says, unchecked: only the server decides whether it is true.
 * @param {string} token
 * @returns {{name?: string, role?: string, room?: number | string, exp?: number}}
 */
export function claimsOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')),
      character => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}

/**
 * @typedef {object} Ticket
 * @property {string} token
 * @property {number | string} [room]
 * @property {boolean} inside true while in a class, so that a reload goes back in
 * @property {('microphone' | 'camera')[]} [sharing]
 */

/** What survives a reload of this tab, and nothing longer. */
export class Keeper {
  /** @param {string} page */
  constructor(page) {
    this.key = `aula.ticket.${page}`;
  }

  /** @returns {Ticket | null} taken from the address if it is there, which is then cleaned */
  take() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const token = fragment.get('token');
    if (!token) return this.#read();
    const room = fragment.get('room') ?? claimsOf(token).room;
    // A token in the address would end up in bookmarks and screenshots.
    history.replaceState(null, '', location.pathname + location.search);
    const ticket = { token, inside: false, ...(room && { room: roomOf(room) }) };
    this.keep(ticket);
    return ticket;
  }

  /** @param {Ticket} ticket */
  keep(ticket) {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(ticket));
    } catch {
      // Without storage a reload asks again.
    }
  }

  drop() {
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // Nothing was kept then.
    }
  }

  /** @returns {Ticket | null} */
  #read() {
    try {
      const ticket = JSON.parse(sessionStorage.getItem(this.key) ?? 'null');
      const { exp } = ticket ? claimsOf(ticket.token) : {};
      return ticket && !(exp && exp * 1000 < Date.now()) ? ticket : null;
    } catch {
      return null;
    }
  }
}

/** @param {number | string} room a number where it is one, as the server tells rooms apart by it */
export const roomOf = room => /^[1-9]\d{0,15}$/.test(String(room)) ? Number(room) : room;

/** Opens a session with the server that served this page. @param {string} token */
export const open = token => connect(new URL('/', location.href), { token });
