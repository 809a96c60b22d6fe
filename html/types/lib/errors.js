// SPDX-License-Identifier: Apache-2.0
/** How a request can fail: one class, with the server's number and word. */

/** Words for the numbers of servers that send a number alone (Janus core, video and text room). */
/** @type {Record<number, string>} */
const WORDS = {
  403: 'unauthorized', 405: 'forbidden', 417: 'not-found', 418: 'exists', 419: 'unauthorized',
  423: 'invalid', 424: 'wrong-state', 425: 'wrong-state', 426: 'not-found', 427: 'exists',
  428: 'not-found', 429: 'missing', 430: 'invalid', 432: 'full', 433: 'unauthorized',
  434: 'wrong-state', 435: 'wrong-state', 436: 'exists', 437: 'unsupported', 438: 'not-found',
  453: 'unknown', 454: 'invalid', 455: 'invalid', 456: 'missing', 457: 'invalid', 458: 'gone',
  459: 'gone', 460: 'not-found', 464: 'unsupported', 465: 'unsupported', 466: 'wrong-state',
  467: 'invalid', 469: 'wrong-state', 471: 'wrong-state', 472: 'unavailable',
};

export class AulaError extends Error {
  /**
   * @param {string} message for a person who reads a log; pages show their own text by `word`
   * @param {{code?: number, word?: string, field?: string, cause?: unknown}} [detail]
   */
  constructor(message, { code = 0, word, field, cause } = {}) {
    super(message, { cause });
    this.name = 'AulaError';
    /** The number on the wire; 0 for an error that arose here. */
    this.code = code;
    /** A stable word: `forbidden`, `not-found`, `full`, `gone`, `timeout`, … */
    this.word = word ?? WORDS[code] ?? 'internal';
    /** The field of the request that was at fault, if one was. */
    this.field = field;
  }

  /**
   * @param {any} body `error` of the envelope, or `data` of a plugin
   * @returns {AulaError}
   */
  static from(body) {
    const word = typeof body?.word === 'string' ? body.word : undefined;
    return new AulaError(String(body?.reason ?? body?.error ?? 'Error'),
      { code: Number(body?.code ?? body?.error_code ?? 0), word, field: body?.field });
  }
}
