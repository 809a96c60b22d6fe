// SPDX-License-Identifier: Apache-2.0
/** Courses, their timetable, and the way into a class, over HTTP. */

import { post } from './api.js';
import { language } from './strings.js';

/**
 * @typedef {object} Course
 * @property {number} id
 * @property {string} title
 * @property {string} description
 * @property {string} department
 * @property {boolean} archived
 * @property {boolean} manages whether who asks may change it
 * @property {'teacher' | 'student'} [part]
 * @property {string} [code] by which students join
 *
 * @typedef {{id: number, place: number, title: string, description: string}} Lesson
 *
 * @typedef {object} Class one of the timetable
 * @property {number} id
 * @property {number} course
 * @property {string} title
 * @property {string} [course_title]
 * @property {number} [lesson]
 * @property {string} [lesson_title]
 * @property {number} starts_s
 * @property {number} ends_s
 * @property {boolean} manual whether it opens by a teacher's hand only
 * @property {'waiting' | 'open' | 'over'} state
 * @property {number} [opens_s]
 * @property {boolean} [teaches]
 *
 * @typedef {object} Entered
 * @property {boolean} open
 * @property {boolean} manages
 * @property {string} [token]
 * @property {Class} [class] while it is not open
 * @property {number} [now_s] the server's clock
 */

/**
 * A request of the plugin courses.
 * @param {string} request
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<any>}
 */
export const ask = (request, body) => post('courses', request, body);

/** Goes into the class if it is open. @param {number} id @param {boolean} [open] opens it first @returns {Promise<Entered>} */
export async function enter(id, open = false) {
  /** @type {Entered} */
  const entered = await ask('enter', { class: id, open });
  if (entered.open && entered.token)
    location.assign(`/${entered.manages ? 'teacher' : 'student'}/#${new URLSearchParams({ token: entered.token })}`);
  return entered;
}

/** Where a course is shown. @param {number} id */
export const pathOf = id => `/course/#${id}`;

/** What to call a class. @param {Class} one */
export const nameOf = one => one.title || one.lesson_title || one.course_title || '';

const day = new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric', month: 'short' });
const hour = new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' });

/** @param {number} seconds */
export const dayOf = seconds => day.format(seconds * 1000);
/** @param {number} seconds */
export const hourOf = seconds => hour.format(seconds * 1000);

/** "Mon, 5 Jan · 10:00 – 10:45" @param {Class} one */
export const whenOf = one => `${dayOf(one.starts_s)} · ${hour.formatRange(one.starts_s * 1000, one.ends_s * 1000)}`;

/** As an input of type datetime-local has it. @param {number} seconds */
export function localOf(seconds) {
  const date = new Date(seconds * 1000), two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** That, so many weeks later at the same hour of the clock. @param {string} local @param {number} weeks */
export function secondsOf(local, weeks = 0) {
  const date = new Date(local);
  date.setDate(date.getDate() + 7 * weeks);
  return Math.floor(date.getTime() / 1000);
}
