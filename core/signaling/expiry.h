/* SPDX-License-Identifier: Apache-2.0 */
/** Who is to go, and when: the sessions whose token ends, the earliest first. Time is an argument.
 * All [control]. */
#ifndef AULA_SIGNALING_EXPIRY_H
#define AULA_SIGNALING_EXPIRY_H

#include <glib.h>
#include <stdint.h>

typedef struct aula_expiries aula_expiries;

/** A place among them: a member of whatever ends. */
typedef struct {
	int64_t at_s;   /* Unix time; 0: never, and it has no place */
	uint64_t order; /* tells those of one second apart */
	void *owner;
} aula_expiry;

aula_expiries *aula_expiries_new(void);
void aula_expiries_free(aula_expiries *expiries);
/** Ends at `at_s` (0: never), whatever was said before. `owner` is what aula_expiries_due returns.
 */
void aula_expiry_set(aula_expiries *expiries, aula_expiry *expiry, void *owner, int64_t at_s);
/** Takes out one whose time has come, and returns its owner; NULL: there is none. */
void *aula_expiries_due(aula_expiries *expiries, int64_t now_s);

#endif
