/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/ice.h"

#include <string.h>

static bool
is_ufrag(const aula_ice_credentials *credentials, const char *ufrag, size_t length)
{
	return length > 0 && strlen(credentials->ufrag) == length &&
	       memcmp(credentials->ufrag, ufrag, length) == 0;
}

const char *
aula_ice_password(const aula_ice *ice, const char *ufrag, size_t length)
{
	if (is_ufrag(&ice->local, ufrag, length))
		return ice->local.pwd;
	return is_ufrag(&ice->former, ufrag, length) ? ice->former.pwd : NULL;
}

static void
lose(aula_ice *ice, aula_ice_pair *pair)
{
	aula_path path = pair->path;

	*pair = (aula_ice_pair){ 0 };
	ice->on_ice_pair_lost(ice->data, &path);
}

/* The pair of this path: known, on a free place, or on that of the one checked longest ago. */
static aula_ice_pair *
find(aula_ice *ice, const aula_path *path)
{
	aula_ice_pair *oldest = NULL;

	for (aula_ice_pair *pair = ice->pairs; pair < ice->pairs + AULA_ICE_PAIRS_MOST; pair++) {
		if (aula_path_is_set(&pair->path) && aula_path_equal(&pair->path, path))
			return pair;
		if (pair != ice->chosen &&
			(oldest == NULL || pair->checked_us < oldest->checked_us))
			oldest = pair;
	}
	if (aula_path_is_set(&oldest->path))
		lose(ice, oldest);
	oldest->path = *path;
	return oldest;
}

static void
void_former(aula_ice *ice)
{
	aula_ice_credentials former = ice->former;

	if (former.ufrag[0] == '\0')
		return;
	ice->former = (aula_ice_credentials){ "", "" };
	for (aula_ice_pair *pair = ice->pairs; pair < ice->pairs + AULA_ICE_PAIRS_MOST; pair++)
		if (aula_path_is_set(&pair->path) && pair->former)
			lose(ice, pair);
	ice->on_ice_former_void(ice->data, &former);
}

void
aula_ice_checked(aula_ice *ice, const aula_path *path, const char *ufrag, size_t length,
	bool nominates, int64_t now_us)
{
	aula_ice_pair *pair = find(ice, path);

	pair->former = !is_ufrag(&ice->local, ufrag, length);
	pair->checked_us = now_us;
	ice->checked_us = now_us;
	if (nominates) {
		ice->chosen = pair;
		ice->nominated = true;
		if (!pair->former)
			void_former(ice);
	} else if (ice->chosen == NULL || !ice->nominated ||
		   now_us - ice->chosen->checked_us > AULA_ICE_STALE_US) {
		ice->chosen = pair;
	}
}

void
aula_ice_restart(aula_ice *ice, const aula_ice_credentials *local)
{
	aula_ice_credentials skipped = ice->former;

	/* A second restart before a pair was nominated: those in use stay, those between go. */
	if (skipped.ufrag[0] != '\0')
		skipped = ice->local;
	else
		ice->former = ice->local;
	ice->local = *local;
	for (aula_ice_pair *pair = ice->pairs; pair < ice->pairs + AULA_ICE_PAIRS_MOST; pair++)
		pair->former = true;
	if (skipped.ufrag[0] != '\0')
		ice->on_ice_former_void(ice->data, &skipped);
}

void
aula_ice_forget(aula_ice *ice, const aula_tcp_stream *stream)
{
	aula_ice_pair *latest = NULL;

	for (aula_ice_pair *pair = ice->pairs; pair < ice->pairs + AULA_ICE_PAIRS_MOST; pair++) {
		if (pair->path.stream == stream) {
			if (ice->chosen == pair)
				ice->chosen = NULL;
			*pair = (aula_ice_pair){ 0 };
		} else if (aula_path_is_set(&pair->path) &&
			   (latest == NULL || pair->checked_us > latest->checked_us)) {
			latest = pair;
		}
	}
	if (ice->chosen == NULL) {
		ice->chosen = latest;
		ice->nominated = false;
	}
}

bool
aula_ice_has_remote(const aula_ice *ice, const aula_address *remote)
{
	for (const aula_ice_pair *pair = ice->pairs; pair < ice->pairs + AULA_ICE_PAIRS_MOST;
		pair++)
		if (pair->path.udp != NULL && aula_address_equal(&pair->path.remote, remote))
			return true;
	return false;
}
