// SPDX-License-Identifier: Apache-2.0
/** Microphones, cameras and screens of this computer. */

import { AulaError } from './errors.js';

/** @typedef {import('./publisher.js').Source} Source */
/** @typedef {{id: string, label: string}} Device */
/** @typedef {{microphone: Device[], camera: Device[], speaker: Device[]}} Devices */

/** @type {Record<string, string>} */
const WORDS = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'no-device',
  OverconstrainedError: 'no-device', NotReadableError: 'busy', AbortError: 'busy' };

/**
 * What is plugged in. Labels are empty until the browser has been allowed to capture.
 * @returns {Promise<Devices>}
 */
export async function listDevices() {
  const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
  const pick = (/** @type {MediaDeviceKind} */ kind) => all
    .filter(device => device.kind === kind && device.deviceId)
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { microphone: pick('audioinput'), camera: pick('videoinput'), speaker: pick('audiooutput') };
}

/**
 * Calls back when something is plugged in or out.
 * @param {() => void} listener
 * @returns {() => void} stops
 */
export function onDevicesChanged(listener) {
  navigator.mediaDevices?.addEventListener('devicechange', listener);
  return () => navigator.mediaDevices?.removeEventListener('devicechange', listener);
}

/**
 * Asks for a microphone, a camera, or both with one question to the person.
 * @param {{microphone?: boolean | string, camera?: boolean | string, height?: number}} wanted
 *   a text is a device id (any other is taken when that one is not there), true means any; the height
 *   of the picture is an aim
 * @returns {Promise<{microphone?: MediaStreamTrack, camera?: MediaStreamTrack}>}
 * @throws {AulaError} `denied`, `no-device`, `busy`, `unsupported`
 */
export async function capture({ microphone, camera, height = 720 }) {
  const constraints = (/** @type {'exact' | 'ideal'} */ how) => ({
    audio: microphone ? { ...chosen(microphone, how), echoCancellation: true, noiseSuppression: true,
      autoGainControl: true } : false,
    video: camera ? { ...chosen(camera, how), height: { ideal: height }, width: { ideal: height * 16 / 9 },
      frameRate: { ideal: 30, max: 30 } } : false,
  });
  // A browser may pass over a device that is not demanded, in favour of one that was allowed before.
  const stream = await ask(devices => devices.getUserMedia(constraints('exact')).catch(error => {
    if (error.name !== 'OverconstrainedError') throw error;
    return devices.getUserMedia(constraints('ideal'));
  }));
  const [audio] = stream.getAudioTracks(), [video] = stream.getVideoTracks();
  if (video) video.contentHint = 'motion';
  return { ...(audio && { microphone: audio }), ...(video && { camera: video }) };
}

/**
 * Asks for a screen or window, with its sound where the browser can.
 * @param {{audio?: boolean}} [options]
 * @returns {Promise<{screen: MediaStreamTrack, 'screen-audio'?: MediaStreamTrack}>}
 */
export async function captureScreen({ audio = true } = {}) {
  const stream = await ask(devices => {
    if (!devices.getDisplayMedia) throw new AulaError('No screen sharing here', { word: 'unsupported' });
    return devices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio });
  });
  const [sound] = stream.getAudioTracks(), [screen] = stream.getVideoTracks();
  if (!screen) throw new AulaError('No screen was given', { word: 'no-device' });
  screen.contentHint = 'detail';
  return { screen, ...(sound && { 'screen-audio': sound }) };
}

/** @param {boolean | string} device @param {'exact' | 'ideal'} how */
const chosen = (device, how) => typeof device === 'string' && device ? { deviceId: { [how]: device } } : {};

/**
 * @param {(devices: MediaDevices) => Promise<MediaStream>} question
 * @returns {Promise<MediaStream>}
 */
async function ask(question) {
  if (!navigator.mediaDevices)
    throw new AulaError('The page must be served by HTTPS or localhost', { word: 'insecure' });
  try {
    return await question(navigator.mediaDevices);
  } catch (error) {
    if (error instanceof AulaError) throw error;
    const { name, message } = /** @type {DOMException} */ (error);
    throw new AulaError(message || name, { word: WORDS[name] ?? 'unsupported', cause: error });
  }
}
