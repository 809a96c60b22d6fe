// SPDX-License-Identifier: Apache-2.0
/** One's own account, and those of others, over HTTP: a cookie that no script reads says who asks. */

import { post } from './api.js';
import { AulaError } from './errors.js';

/**
 * @typedef {'student' | 'teacher' | 'courses' | 'people' | 'admin'} Page
 *
 * @typedef {object} Who
 * @property {string} login
 * @property {string} name
 * @property {string} role
 * @property {Page[]} pages those that the role can do something on
 *
 * @typedef {object} Entrance
 * @property {boolean} password whether one may log in by a password
 * @property {number} least the shortest password that may be set, in bytes
 * @property {boolean} [forgot] whether the server sends links to who has forgotten theirs
 * @property {{name: string}} [single] the school's own log-in
 * @property {Who} [who] whoever is logged in
 */

/**
 * A request of the plugin people.
 * @param {string} request
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<any>}
 */
export const ask = (request, body) => post('people', request, body);

/** How one gets in, and who is in; null: this server has no accounts. @returns {Promise<Entrance | null>} */
export async function entrance() {
  try {
    return await ask('entrance');
  } catch (error) {
    if (error instanceof AulaError && error.code === 404) return null;
    throw error;
  }
}

/**
 * Goes to a page with a token for it.
 * @param {Page} page
 * @param {number | string} [room]
 */
export async function go(page, room) {
  if (page === 'people' || page === 'courses') {
    location.assign(page === 'people' ? '/people/' : '/course/');
    return;
  }
  const { token } = await ask('token', room === undefined ? {} : { room: String(room) });
  location.assign(`/${page}/#${new URLSearchParams({ token })}`);
}

/**
 * All that the server keeps of somebody, table by table.
 * @param {string} [login] whose; absent: one's own
 */
export async function everything(login) {
  const tables = [];
  for (let after = ''; ;) {
    const { next, ...page } = await ask('export', { ...(login && { login }), ...(after && { after }) });
    if (page.rows.length > 0) tables.push(page);
    if (!next) return { at: new Date().toISOString(), login: page.login, tables };
    after = next;
  }
}

/** Gives a file to whoever sits here. @param {string} name @param {unknown} data */
export function save(name, data) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Where to go on after logging in: a page of this server, perhaps a class on it, or the start page. @param {string} search */
export function wanted(search) {
  const to = new URLSearchParams(search).get('to') ?? '/';
  return /^\/(?:(?:people|admin)\/|course\/(?:#\d+)?|(?:student|teacher)\/(?:#room=[^#&]+)?)?$/.test(to) ? to : '/';
}
