// SPDX-License-Identifier: Apache-2.0
/** The requests of `docs/reference.md` over HTTP: a cookie that no script reads says who asks. */

import { AulaError } from './errors.js';

/** What a status means where the answer says nothing. @type {Record<number, string>} */
const WORDS = { 401: 'unauthorized', 403: 'forbidden', 404: 'not-found', 409: 'wrong-state', 413: 'too-large', 429: 'too-fast', 503: 'unavailable' };

/**
 * @param {string} module
 * @param {string} request
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<any>}
 */
export async function post(module, request, body = {}) {
  const answer = await fetch(`/api/${module}/${request}`, { method: 'POST', cache: 'no-store', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body) }).catch(cause => { throw new AulaError('No answer', { word: 'unavailable', cause }); });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new AulaError(String(said.detail ?? answer.statusText), { code: answer.status, field: said.field,
    word: typeof said.title === 'string' && said.title !== 'refused' ? said.title : WORDS[answer.status] });
}
