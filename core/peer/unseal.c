/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/unseal.h"

#include <arpa/inet.h>
#include <srtp2/srtp.h>
#include <string.h>

enum { WINDOW_PACKETS = 1024 };

/* libsrtp makes a stream for each SSRC that it meets and keeps it for ever; this list bounds them.
 * Ordered by last use, as a change of position is rare: a peer has few sources. */
struct aula_unseal {
	srtp_t session;
	uint32_t sources[AULA_UNSEAL_SOURCES]; /* as in the packet; latest first */
	unsigned source_count;
};

static srtp_profile_t
theirs(aula_srtp_profile profile)
{
	return (srtp_profile_t)aula_srtp_facts(profile)->code;
}

aula_unseal *
aula_unseal_new(aula_srtp_profile profile, const aula_srtp_master *master)
{
	uint8_t key[AULA_SRTP_MASTER_MOST];
	srtp_policy_t policy = {
		.ssrc.type = ssrc_any_inbound,
		.key = key,
		.window_size = WINDOW_PACKETS,
	};
	srtp_t session;

	memcpy(key, master->bytes, sizeof(key));
	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, theirs(profile)) !=
			srtp_err_status_ok ||
		srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, theirs(profile)) !=
			srtp_err_status_ok ||
		srtp_create(&session, &policy) != srtp_err_status_ok)
		return NULL;
	aula_unseal *unseal = g_new0(aula_unseal, 1);
	unseal->session = session;
	return unseal;
}

void
aula_unseal_free(aula_unseal *unseal)
{
	if (unseal == NULL)
		return;
	srtp_dealloc(unseal->session);
	g_free(unseal);
}

/* Called for authentic packets only, so nobody else can push sources out. */
static void
remember(aula_unseal *unseal, uint32_t source)
{
	unsigned place = 0;

	if (unseal->source_count > 0 && unseal->sources[0] == source)
		return;
	while (place < unseal->source_count && unseal->sources[place] != source)
		place++;
	if (place == AULA_UNSEAL_SOURCES) {
		place--;
		srtp_remove_stream(unseal->session, ntohl(unseal->sources[place]));
	} else if (place == unseal->source_count) {
		unseal->source_count++;
	}
	memmove(unseal->sources + 1, unseal->sources, place * sizeof(*unseal->sources));
	unseal->sources[0] = source;
}

static aula_unseal_verdict
judge(aula_unseal *unseal, srtp_err_status_t status, const uint8_t *source, int length,
	size_t *ret_length)
{
	uint32_t ssrc;

	if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old)
		return AULA_UNSEAL_REPLAYED;
	if (status != srtp_err_status_ok)
		return AULA_UNSEAL_FORGED;
	memcpy(&ssrc, source, sizeof(ssrc));
	remember(unseal, ssrc);
	*ret_length = (size_t)length;
	return AULA_UNSEALED;
}

aula_unseal_verdict
aula_unseal_rtp(aula_unseal *unseal, uint8_t *packet, size_t *length)
{
	int bytes = (int)*length;
	srtp_err_status_t status = srtp_unprotect(unseal->session, packet, &bytes);

	return judge(unseal, status, packet + 8, bytes, length);
}

aula_unseal_verdict
aula_unseal_rtcp(aula_unseal *unseal, uint8_t *packet, size_t *length)
{
	int bytes = (int)*length;
	srtp_err_status_t status = srtp_unprotect_rtcp(unseal->session, packet, &bytes);

	return judge(unseal, status, packet + 4, bytes, length);
}
