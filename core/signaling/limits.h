/* SPDX-License-Identifier: Apache-2.0 */
/** How many requests come: of an address, in a session, with a token, by whatever transport; one
 * place for all. What was refused is counted in aula_hits. All [control]. */
#ifndef AULA_SIGNALING_LIMITS_H
#define AULA_SIGNALING_LIMITS_H

#include "base/quota.h"
#include "host/hits.h"
#include "signaling/error.h"
#include "signaling/session.h"

typedef struct aula_limits aula_limits;

/** Borrows both; the settings are looked at each time, so a reload holds at once. */
aula_limits *aula_limits_new(const aula_settings *settings, aula_hits *hits);
/** NULL is fine. */
void aula_limits_free(aula_limits *limits);
aula_hits *aula_limits_hits(aula_limits *limits);

/** What a request was taken from, so that its work can be, too. Zero-initialised is nothing. */
typedef struct {
	unsigned count;
	struct {
		aula_limit limit;
		uint64_t key;
	} taken[3];
} aula_limits_tab;

/* One request more. False: `refusal` says which limit it is and when to try again. `limits` NULL:
 * there is none. */

/** Of an address as text; of this machine none is counted. IPv6: of the /64, which is what one
 * household gets. */
bool aula_limits_take_address(aula_limits *limits, aula_limits_tab *tab, const char *address,
	int64_t now_us, aula_refusal *refusal);
/** It was taken before: what it costs is the address' nevertheless. */
void aula_limits_owe_address(aula_limits *limits, aula_limits_tab *tab, const char *address);
/** After a refusal of an address: whether it is worth an answer. False: its refusals are so many
 * that whoever asks from there is better closed. */
bool aula_limits_has_patience(aula_limits *limits, const char *address, int64_t now_us);
/** In a session, and of its bearer if that has shown a token. */
bool aula_limits_take_session(aula_limits *limits, aula_limits_tab *tab,
	const aula_session *session, const char *address, int64_t now_us, aula_refusal *refusal);
/** Of who has shown a token; of a guest none is counted. */
bool aula_limits_take_bearer(aula_limits *limits, aula_limits_tab *tab, const aula_bearer *bearer,
	const char *address, int64_t now_us, aula_refusal *refusal);
/** What the request cost: one that takes long counts as many. */
void aula_limits_debit(
	aula_limits *limits, const aula_limits_tab *tab, int64_t worked_us, int64_t now_us);

/** The quota of one of the four rates, as set. */
aula_quota aula_limits_quota(const aula_settings_limits *settings, aula_limit limit);
/** Fills a refusal of that limit; returns false. */
bool aula_limits_refuse(aula_limit limit, const aula_quota *quota, const aula_quota_left *left,
	aula_refusal *refusal);
/** Another limit was hit, by a client and who has its session (NULL: nobody yet). */
void aula_limits_hit(aula_limits *limits, aula_limit limit, const char *address,
	const aula_bearer *bearer, const char *what);
/** How many addresses, sessions and tokens are not at rest. */
size_t aula_limits_tracked(const aula_limits *limits, int64_t now_us);

#endif
