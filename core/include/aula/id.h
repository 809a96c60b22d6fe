/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_ID_H
#define AULA_ID_H

#include <stdint.h>

/** Names of things that the core owns: slot and generation in one number. A name
 * crosses threads and outlives its thing; a call on a dead name is answered, never a
 * crash. Zero names nothing. They are local to one process and never go on the wire. */
#define AULA_IDS(X) X(handle) X(room) X(member) X(track) X(sender) X(tap) X(timer) X(client) X(feed) X(ticket)

#define X(noun) \
	typedef struct { \
		uint64_t id; \
	} aula_##noun;
AULA_IDS(X)
#undef X

#define AULA_NONE(a) ((a).id == 0)
#define AULA_SAME(a, b) ((a).id == (b).id)

#endif
