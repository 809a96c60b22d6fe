/* SPDX-License-Identifier: Apache-2.0 */
/** The pairs of one ICE-lite peer: which were checked, which is chosen, is there still consent
 * (RFC 8445, RFC 7675). Fed with checks that were found valid; owns no socket and reads no clock.
 *
 * A lite agent sends no checks of its own, so the other side's are the consent. */
#ifndef AULA_PEER_ICE_H
#define AULA_PEER_ICE_H

#include "peer/path.h"

typedef struct {
	char ufrag[33], pwd[33]; /* RFC 8445 section 5.3 */
} aula_ice_credentials;

enum {
	AULA_ICE_PAIRS_MOST = 8, /* a further one replaces that checked longest ago */
	/* A chosen pair without checks for so long gives way to one that has them: browsers check
	 * the pair they use every 2 to 6 seconds. */
	AULA_ICE_STALE_US = 15 * 1000 * 1000,
};

typedef struct {
	aula_path path; /* not set: free */
	int64_t checked_us;
	bool former; /* checked with the credentials before a restart */
} aula_ice_pair;

typedef struct {
	aula_ice_credentials local;
	aula_ice_credentials former; /* valid until a pair is nominated after a restart; else "" */
	aula_ice_pair pairs[AULA_ICE_PAIRS_MOST];
	aula_ice_pair *chosen; /* NULL: nothing may be sent */
	bool nominated;        /* `chosen` was; otherwise it is the latest that was checked */
	int64_t checked_us;    /* the last valid check of any pair; 0: none yet */
	/** A pair is not used any more. */
	void (*on_ice_pair_lost)(void *data, const aula_path *path);
	/** The credentials before the restart are void. */
	void (*on_ice_former_void)(void *data, const aula_ice_credentials *former);
	void *data;
} aula_ice;

/** Our password for a ufrag, present or former; NULL: not ours. */
const char *aula_ice_password(const aula_ice *ice, const char *ufrag, size_t length);
/** A valid check came by `path`, to our `ufrag`. */
void aula_ice_checked(aula_ice *ice, const aula_path *path, const char *ufrag, size_t length,
	bool nominates, int64_t now_us);
/** New credentials; the chosen pair carries on until one is nominated with them. */
void aula_ice_restart(aula_ice *ice, const aula_ice_credentials *local);
/** The stream closed: pairs over it are forgotten, without on_ice_pair_lost. */
void aula_ice_forget(aula_ice *ice, const aula_tcp_stream *stream);
/** Is there a pair from this remote address? */
bool aula_ice_has_remote(const aula_ice *ice, const aula_address *remote);

#endif
