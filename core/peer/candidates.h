/* SPDX-License-Identifier: Apache-2.0 */
/** The addresses under which this machine is reached, as host candidates (RFC 8445 section 5.1,
 * RFC 6544). */
#ifndef AULA_PEER_CANDIDATES_H
#define AULA_PEER_CANDIDATES_H

#include <glib.h>

#include "wire/sdp.h"

enum { AULA_ADDRESSES_MOST = 16 };

/** The addresses to write into candidates, NULL-terminated: `announced` if there are any, else what
 * is bound; "0.0.0.0" and "::" stand for all addresses of that family that the machine has.
 * Loopback addresses only if asked for, if bound by name, or if there is nothing else; link-local
 * ones never. Free with g_strfreev(). */
char **aula_addresses_find(const char *const *bound, const char *const *announced, bool loopback);

/** Writes UDP candidates for the addresses, then passive TCP ones if `tcp`; the first address is
 * preferred. Returns how many there are. */
size_t aula_candidates_make(const char *const *addresses, uint16_t port, bool tcp,
	aula_candidate *ret_candidates, size_t most);

#endif
