/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/srtp.h"

#include <srtp2/srtp.h>

#include "peer/unseal.h"

const aula_srtp_profile_facts *
aula_srtp_facts(aula_srtp_profile profile)
{
	static const aula_srtp_profile_facts facts[] = {
#define X(id, ...) [AULA_SRTP_##id] = { __VA_ARGS__ },
		AULA_SRTP_PROFILES(X)
#undef X
	};

	return &facts[profile];
}

aula_srtp_profile
aula_srtp_find(uint16_t code)
{
	aula_srtp_profile profile = 0;

	while (profile < AULA_SRTP_PROFILE_COUNT && aula_srtp_facts(profile)->code != code)
		profile++;
	return profile;
}

static void *
start(void *data)
{
	(void)data;
	if (srtp_init() != srtp_err_status_ok)
		return g_strdup("libsrtp does not start");
	/* libsrtp can be built without AES-GCM; we would find out with the first peer. */
	for (aula_srtp_profile profile = 0; profile < AULA_SRTP_PROFILE_COUNT; profile++) {
		aula_srtp_master master = { { 0 } };
		aula_unseal *probe = aula_unseal_new(profile, &master);
		if (probe == NULL)
			return g_strdup_printf("libsrtp lacks %s", aula_srtp_facts(profile)->name);
		aula_unseal_free(probe);
	}
	return NULL;
}

bool
aula_srtp_start(GError **error)
{
	static GOnce once = G_ONCE_INIT;
	const char *why = g_once(&once, start, NULL);

	if (why == NULL)
		return true;
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS, why);
	return false;
}
