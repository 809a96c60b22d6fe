// SPDX-License-Identifier: Apache-2.0
/** EventTarget with a shorter way to send, and a queue that runs one task at a time. */

export class Emitter extends EventTarget {
  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /**
   * Listens, and returns what stops listening.
   * @param {string} type
   * @param {(detail: any) => void} listener
   * @returns {() => void}
   */
  on(type, listener) {
    const call = (/** @type {Event} */ event) => listener(/** @type {CustomEvent} */ (event).detail);
    this.addEventListener(type, call);
    return () => this.removeEventListener(type, call);
  }
}

/** Runs asynchronous tasks one after the other; one that fails does not stop the next. */
export class Queue {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  run(task) {
    const next = this.#last.then(task, task);
    this.#last = next.catch(() => {});
    return next;
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal] ends the wait early; the promise still resolves
 * @returns {Promise<void>}
 */
export function wait(ms, signal) {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}

/**
 * Time to wait before a further attempt: doubling, bounded, and spread so that a class that lost
 * its server does not come back in one instant.
 * @param {number} attempt 0 for the first
 * @param {{first?: number, most?: number, random?: () => number}} [options] milliseconds
 */
export function backoff(attempt, { first = 400, most = 10_000, random = Math.random } = {}) {
  const full = Math.min(most, first * 2 ** Math.min(attempt, 16));
  return full / 2 + random() * full / 2;
}
