// SPDX-License-Identifier: Apache-2.0
/** One's own account, and those of others, over HTTP: a cookie that no script reads says who asks. */

import { AulaError } from './errors.js';

const PATH = '/api/people';
/** What a status means where the answer says nothing. @type {Record<number, string>} */
const WORDS = { 401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 409: 'wrong-state', 413: 'too-large', 429: 'too-fast', 503: 'unavailable' };

/**
 * @typedef {'student' | 'teacher' | 'people' | 'admin'} Page
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
 * A request of `docs/reference.md`, plugin people.
 * @param {string} request
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<any>}
 */
export async function ask(request, body = {}) {
  const answer = await fetch(`${PATH}/${request}`, { method: 'POST', cache: 'no-store', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body) }).catch(cause => { throw new AulaError('No answer', { word: 'unavailable', cause }); });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new AulaError(String(said.detail ?? answer.statusText), { code: answer.status, field: said.field,
    word: typeof said.title === 'string' && said.title !== 'refused' ? said.title : WORDS[answer.status] });
}

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
  if (page === 'people') {
    location.assign('/people/');
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
  return /^\/(?:(?:people|admin)\/|(?:student|teacher)\/(?:#room=[^#&]+)?)?$/.test(to) ? to : '/';
}
