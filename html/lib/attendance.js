// SPDX-License-Identifier: Apache-2.0
/** Who was in a class, and how much they took part: for those who teach it. */

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./subscriber.js').Id} Id */
/**
 * @typedef {object} Attendee
 * @property {string} person the subject of their token; empty for a guest
 * @property {string} display
 * @property {string} role
 * @property {number} joined_us when they came first, in microseconds since 1970
 * @property {number} left_us when they were last there
 * @property {boolean} there whether they are now
 * @property {number} stays how often they came
 * @property {number} present_s
 * @property {number} spoke_s
 * @property {number} idle_s
 * @property {number} hands
 * @property {number} answers
 * @property {number} messages
 */
/** @typedef {{from?: Date, to?: Date}} Period of those who joined then */

/** @param {Period} period */
const bounds = ({ from, to }) => ({ ...(from && { from_us: from.getTime() * 1000 }), ...(to && { to_us: to.getTime() * 1000 }) });

export class Attendance {
  /** @type {import('./handle.js').Handle | null} */
  #handle = null;

  /**
   * @param {Session} session
   * @param {{room: Id, plugin?: string}} options
   */
  constructor(session, options) {
    this.session = session;
    this.options = { plugin: 'aula.plugin.attendance', ...options };
  }

  /** Fails where the server has no attendance. */
  async join() {
    if (!this.#handle || this.#handle.gone)
      this.#handle = await this.session.attach(/** @type {string} */ (this.options.plugin));
    return this;
  }

  /**
   * A page, who came first first.
   * @param {Period & {offset?: number, limit?: number}} [which]
   * @returns {Promise<{people: Attendee[], more: boolean}>}
   */
  async list({ offset = 0, limit, ...period } = {}) {
    return this.#ask({ request: 'list', offset, ...(limit && { limit }), ...bounds(period) });
  }

  /**
   * All of it, as the text of a file.
   * @param {'csv' | 'json'} format
   * @param {Period} [period]
   * @returns {Promise<string>}
   */
  async file(format, period = {}) {
    const data = await this.#ask({ request: 'export', format, ...bounds(period) });
    return format === 'csv' ? data.csv : JSON.stringify(data.people, null, 2);
  }

  async leave() {
    await this.#handle?.detach();
    this.#handle = null;
  }

  /** @param {Record<string, unknown>} body */
  async #ask(body) {
    await this.join();
    return (await /** @type {import('./handle.js').Handle} */ (this.#handle).request({ room: this.options.room, ...body })).data;
  }
}
