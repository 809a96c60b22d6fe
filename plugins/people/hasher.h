/* SPDX-License-Identifier: Apache-2.0 */
/** Passwords as argon2id (RFC 9106) on threads of its own, for a hash is meant to take long. */
#ifndef PEOPLE_HASHER_H
#define PEOPLE_HASHER_H

#include <stdbool.h>

#include "people.h"

struct hasher;
struct hashing;

/** [control] `hash`: the encoded hash that was made, NULL when a password was compared or on
 * failure; borrowed. `good`: it was made, or the password is the right one. */
typedef void (*hasher_done)(void *data, bool good, const char *hash);

/** NULL: no memory or no thread. */
struct hasher *hasher_new(const aula_host *host, const struct config *config);
/** Waits for the hashes that are being made; no `done` follows. NULL is fine. */
void hasher_free(struct hasher *hasher);
/** [control] Compares a password with a hash; `hash` NULL: makes one. Copies both. `*ret_hashing`
 * lives until `done` is called. FULL: too much waits. */
aula_code hasher_ask(struct hasher *hasher, const char *password, const char *hash,
	hasher_done done, void *data, struct hashing **ret_hashing);
/** [control] `done` is not to be called any more. */
void hashing_cancel(struct hashing *hashing);

#endif
