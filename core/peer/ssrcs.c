/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/ssrcs.h"

#include <string.h>

enum { NO_PAYLOAD_TYPE = 255 };

void
aula_ssrcs_init(aula_ssrcs *ssrcs)
{
	*ssrcs = (aula_ssrcs){ .count = 0 };
}

bool
aula_ssrcs_add(aula_ssrcs *ssrcs, void *track, const aula_track_options *options)
{
	if (ssrcs->count == AULA_SSRCS_TRACKS_MOST)
		return false;
	aula_ssrcs_entry *entry = &ssrcs->entries[ssrcs->count++];
	*entry = (aula_ssrcs_entry){
		.track = track,
		.payload_type = options->payload_type,
		.rtx_payload_type = options->rtx_payload_type,
		.red_payload_type = options->red_payload_type,
		.ssrc = options->ssrc,
		.rtx_ssrc = options->rtx_ssrc,
		.announced = options->ssrc != 0,
	};
	g_strlcpy(entry->mid, options->mid, sizeof(entry->mid));
	for (size_t i = 0; i < AULA_EXTENSION_COUNT; i++)
		if (options->extensions.id[i] != 0)
			ssrcs->extensions.id[i] = options->extensions.id[i];
	return true;
}

void
aula_ssrcs_remove(aula_ssrcs *ssrcs, const void *track)
{
	for (size_t i = 0; i < ssrcs->count; i++)
		if (ssrcs->entries[i].track == track) {
			ssrcs->entries[i] = ssrcs->entries[--ssrcs->count];
			ssrcs->last = 0;
			return;
		}
}

static bool
carries(const aula_ssrcs_entry *entry, uint8_t payload_type)
{
	return payload_type == entry->payload_type || payload_type == entry->red_payload_type;
}

static bool
is_repair(const aula_ssrcs_entry *entry, uint8_t payload_type)
{
	return entry->rtx_payload_type != NO_PAYLOAD_TYPE &&
	       payload_type == entry->rtx_payload_type;
}

static aula_ssrcs_entry *
by_ssrc(aula_ssrcs *ssrcs, uint32_t ssrc)
{
	if (ssrc == 0)
		return NULL;
	for (size_t n = 0, i = ssrcs->last; n < ssrcs->count; n++, i++) {
		if (i >= ssrcs->count)
			i = 0;
		aula_ssrcs_entry *entry = &ssrcs->entries[i];
		if (entry->ssrc == ssrc || entry->rtx_ssrc == ssrc) {
			ssrcs->last = i;
			return entry;
		}
	}
	return NULL;
}

static aula_ssrcs_entry *
by_mid(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp)
{
	const aula_rtp_element *mid = &rtp->elements[AULA_EXTENSION_MID];

	for (size_t i = 0; i < ssrcs->count; i++) {
		aula_ssrcs_entry *entry = &ssrcs->entries[i];
		if (strlen(entry->mid) == mid->length &&
			memcmp(entry->mid, data + mid->offset, mid->length) == 0)
			return entry;
	}
	return NULL;
}

/* Only where it leaves no choice. */
static aula_ssrcs_entry *
by_payload_type(aula_ssrcs *ssrcs, uint8_t payload_type)
{
	aula_ssrcs_entry *found = NULL;

	for (size_t i = 0; i < ssrcs->count; i++) {
		aula_ssrcs_entry *entry = &ssrcs->entries[i];
		if (entry->announced ||
			(!carries(entry, payload_type) && !is_repair(entry, payload_type)))
			continue;
		if (found != NULL)
			return NULL;
		found = entry;
	}
	return found;
}

/* False: the track has another SSRC that is in use, as the other layers of simulcast do. */
static bool
learn(aula_ssrcs_entry *entry, const aula_rtp *rtp, int64_t now_us)
{
	bool repair = is_repair(entry, rtp->payload_type);

	if (!repair && !carries(entry, rtp->payload_type))
		return false;
	uint32_t *ssrc = repair ? &entry->rtx_ssrc : &entry->ssrc;
	bool in_use = *ssrc != 0 && entry->heard_us != 0 &&
		      now_us - entry->heard_us < AULA_SSRCS_REBIND_US;
	if (in_use)
		return false;
	*ssrc = rtp->ssrc;
	return true;
}

void *
aula_ssrcs_find(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp, int64_t now_us,
	bool *ret_repair)
{
	aula_ssrcs_entry *entry = by_ssrc(ssrcs, rtp->ssrc);

	if (entry == NULL && rtp->ssrc != 0) {
		entry = rtp->elements[AULA_EXTENSION_MID].length > 0
				? by_mid(ssrcs, data, rtp)
				: by_payload_type(ssrcs, rtp->payload_type);
		if (entry != NULL && !learn(entry, rtp, now_us))
			entry = NULL;
	}
	if (entry == NULL) {
		ssrcs->unknown++;
		return NULL;
	}
	*ret_repair = entry->rtx_ssrc == rtp->ssrc;
	if (!*ret_repair)
		entry->heard_us = now_us;
	return entry->track;
}

void *
aula_ssrcs_find_ssrc(aula_ssrcs *ssrcs, uint32_t ssrc, bool *ret_repair)
{
	aula_ssrcs_entry *entry = by_ssrc(ssrcs, ssrc);

	if (entry == NULL)
		return NULL;
	if (ret_repair != NULL)
		*ret_repair = entry->rtx_ssrc == ssrc;
	return entry->track;
}

uint32_t
aula_ssrcs_ssrc(const aula_ssrcs *ssrcs, const void *track, uint32_t *ret_rtx_ssrc)
{
	for (size_t i = 0; i < ssrcs->count; i++)
		if (ssrcs->entries[i].track == track) {
			if (ret_rtx_ssrc != NULL)
				*ret_rtx_ssrc = ssrcs->entries[i].rtx_ssrc;
			return ssrcs->entries[i].ssrc;
		}
	return 0;
}
