/* SPDX-License-Identifier: Apache-2.0 */
/** What only who knows a secret can read again: AES-256-GCM (NIST SP 800-38D) with a key that
 * serves once. [any] */
#ifndef PEOPLE_SEAL_H
#define PEOPLE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

enum { SEAL_KEY_BYTES = 32, SEAL_MORE_BYTES = 28 /* what it is longer by */ };

/** The key that belongs to a secret and a purpose. False: no memory. */
bool seal_key(const char *secret, const char *purpose, unsigned char ret_key[SEAL_KEY_BYTES]);
/** `length` bytes into `length` + SEAL_MORE_BYTES of `ret_sealed`. False: no memory or random
 * numbers. */
bool seal_close(const unsigned char key[SEAL_KEY_BYTES], const void *plain, size_t length,
	unsigned char *ret_sealed);
/** The other way: `length` bytes into `length` - SEAL_MORE_BYTES. False: it is not what was closed.
 */
bool seal_open(const unsigned char key[SEAL_KEY_BYTES], const void *sealed, size_t length,
	unsigned char *ret_plain);

#endif
