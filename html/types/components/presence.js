// SPDX-License-Identifier: Apache-2.0
/** What a browser has to be told while one is in a class. */

/**
 * Keeps the screen of a phone awake, for as long as the page is looked at.
 * @returns {() => void} lets it sleep again
 */
export function stayAwake() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let wanted = true;
  const take = async () => {
    if (!wanted || document.visibilityState !== 'visible') return;
    lock = await navigator.wakeLock?.request('screen').catch(() => null) ?? null;
    if (!wanted) void lock?.release();
  };
  document.addEventListener('visibilitychange', take);
  void take();
  return () => {
    wanted = false;
    document.removeEventListener('visibilitychange', take);
    void lock?.release();
  };
}

/**
 * Says goodbye when the page goes, so that nobody stays in the list who has left. A page that
 * the browser brings back from its memory starts afresh.
 * @param {() => void} goodbye
 * @returns {() => void} stops
 */
export function onGone(goodbye) {
  const shown = (/** @type {PageTransitionEvent} */ event) => event.persisted && location.reload();
  window.addEventListener('pagehide', goodbye);
  window.addEventListener('pageshow', shown);
  return () => {
    window.removeEventListener('pagehide', goodbye);
    window.removeEventListener('pageshow', shown);
  };
}
