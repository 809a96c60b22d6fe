// SPDX-License-Identifier: Apache-2.0
/** The SDK of Aula: one import for all of it. README.md beside this file shows how it is used. */

import { Session } from './session.js';

/**
 * Connects to a server.
 * @param {string | URL} url of the server's pages or its WebSocket; http: becomes ws:
 * @param {import('./session.js').SessionOptions} [options]
 * @returns {Promise<Session>}
 */
export function connect(url, options) {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  address.hash = address.search = '';
  return new Session(address.href, options).open();
}

export { Session } from './session.js';
export { Handle } from './handle.js';
export { Room } from './room.js';
export { Chat } from './chat.js';
export { Attendance } from './attendance.js';
export { Polls } from './polls.js';
export { Local } from './local.js';
export { Publisher } from './publisher.js';
export { Stage } from './stage.js';
export { Subscriber } from './subscriber.js';
export { AulaError } from './errors.js';
export { capture, captureScreen, listDevices, onDevicesChanged } from './devices.js';
