/* SPDX-License-Identifier: Apache-2.0 */
/** Whether a sanitizer makes this ten times slower: what only throws the dice once more is left out
 * then. */
#ifndef TESTS_UNIT_SANITIZED_H
#define TESTS_UNIT_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
