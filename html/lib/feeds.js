// SPDX-License-Identifier: Apache-2.0
/** Those who send something in a room, and what: a book kept from the server's notifications. */

/** @typedef {import('./subscriber.js').Id} Id */
/** @typedef {import('./publisher.js').Source} Source */
/**
 * @typedef {object} Stream
 * @property {string} mid at its publisher
 * @property {'audio' | 'video' | 'data'} type
 * @property {Source} source
 * @property {boolean} moderated muted by a moderator
 * @property {boolean} muted by its owner
 * @property {boolean} talking
 * @property {boolean} paused held back by the server, as our line cannot carry it now
 * @property {MediaStreamTrack | null} track once it is received
 *
 * @typedef {object} Feed
 * @property {Id} id
 * @property {string} display
 * @property {string} role
 * @property {Stream[]} streams
 */

/** @param {any} value @returns {any} metadata as an object, however it was sent */
function metadataOf(value) {
  return value && typeof value === 'object' ? value : {};
}

/** @param {string} type @param {string | undefined} description @returns {Source} */
function sourceOf(type, description) {
  if (description === 'screen' || description === 'screen-audio') return description;
  return type === 'audio' ? 'microphone' : 'camera';
}

export class Feeds {
  /** @type {Map<Id, Feed>} */
  byId = new Map();

  /** Takes in one publisher as the server describes it. @param {any} publisher @returns {Feed} */
  put(publisher) {
    const { id, display, role, streams = [] } = publisher;
    const known = this.byId.get(id);
    const metadata = metadataOf(publisher.metadata);
    /** @type {Feed} */
    const feed = known ?? { id, display: '', role: '', streams: [] };
    feed.display = display ?? feed.display;
    feed.role = role ?? feed.role;
    feed.streams = streams.filter((/** @type {any} */ stream) => !stream.disabled)
      .map((/** @type {any} */ stream) => this.#stream(feed, stream));
    this.#mutes(feed, metadata);
    this.byId.set(id, feed);
    return feed;
  }

  /** A change of name or of what is muted. @param {Id} id @param {any} data */
  change(id, { display, metadata }) {
    const feed = this.byId.get(id);
    if (!feed) return;
    feed.display = display ?? feed.display;
    if (metadata) this.#mutes(feed, metadataOf(metadata));
  }

  /** @param {Id} id @param {string} mid @param {Partial<Stream>} change */
  mark(id, mid, change) {
    const stream = this.byId.get(id)?.streams.find(one => one.mid === String(mid));
    if (stream) Object.assign(stream, change);
    return stream;
  }

  /** @param {Id} id */
  remove(id) {
    return this.byId.delete(id);
  }

  /** @param {Feed} feed @param {any} stream @returns {Stream} */
  #stream(feed, { mid, type, description, moderated }) {
    const known = feed.streams.find(one => one.mid === String(mid));
    return { mid: String(mid), type, source: sourceOf(type, description), muted: known?.muted ?? false,
      moderated: moderated ?? known?.moderated ?? false, talking: known?.talking ?? false, paused: known?.paused ?? false,
      track: known?.track ?? null };
  }

  /** @param {Feed} feed @param {any} metadata */
  #mutes(feed, { sources }) {
    if (!sources) return;
    for (const stream of feed.streams) stream.muted = sources[stream.source] === 'muted';
  }
}
