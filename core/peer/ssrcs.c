/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/ssrcs.h"

#include <string.h>

enum { NO_PAYLOAD_TYPE = 255 };

/* Where a packet belongs. */
typedef struct {
	aula_ssrcs_entry *entry; /* NULL: nowhere */
	unsigned encoding;
} place;

void
aula_ssrcs_init(aula_ssrcs *ssrcs)
{
	*ssrcs = (aula_ssrcs){ .count = 0 };
}

void
aula_ssrcs_finish(aula_ssrcs *ssrcs)
{
	g_free(ssrcs->entries);
	aula_ssrcs_init(ssrcs);
}

bool
aula_ssrcs_add(aula_ssrcs *ssrcs, void *track, const aula_track_options *options)
{
	if (ssrcs->count == AULA_SSRCS_TRACKS_MOST)
		return false;
	ssrcs->entries = g_renew(aula_ssrcs_entry, ssrcs->entries, ssrcs->count + 1);
	aula_ssrcs_entry *entry = &ssrcs->entries[ssrcs->count++];
	*entry = (aula_ssrcs_entry){
		.track = track,
		.payload_type = options->payload_type,
		.rtx_payload_type = options->rtx_payload_type,
		.red_payload_type = options->red_payload_type,
		.announced = options->encodings[0].ssrc != 0,
		.encoding_count = CLAMP(options->encoding_count, 1, AULA_ENCODINGS_MOST),
	};
	g_strlcpy(entry->mid, options->mid, sizeof(entry->mid));
	for (unsigned i = 0; i < entry->encoding_count; i++) {
		const aula_encoding_options *told = &options->encodings[i];
		entry->encodings[i].ssrc = told->ssrc;
		entry->encodings[i].rtx_ssrc = told->rtx_ssrc;
		g_strlcpy(entry->encodings[i].rid, told->rid, sizeof(entry->encodings[i].rid));
	}
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

static place
by_ssrc(aula_ssrcs *ssrcs, uint32_t ssrc)
{
	if (ssrc == 0)
		return (place){ NULL, 0 };
	for (size_t n = 0, i = ssrcs->last; n < ssrcs->count; n++, i++) {
		if (i >= ssrcs->count)
			i = 0;
		aula_ssrcs_entry *entry = &ssrcs->entries[i];
		for (unsigned k = 0; k < entry->encoding_count; k++)
			if (entry->encodings[k].ssrc == ssrc ||
				entry->encodings[k].rtx_ssrc == ssrc) {
				ssrcs->last = i;
				return (place){ entry, k };
			}
	}
	return (place){ NULL, 0 };
}

static bool
says(const uint8_t *data, const aula_rtp_element *element, const char *name)
{
	return strlen(name) == element->length &&
	       memcmp(name, data + element->offset, element->length) == 0;
}

/* Of several encodings the RID tells which; in a retransmission stream the repaired one's does
 * (RFC 8852 section 3.2). */
static place
by_rid(aula_ssrcs_entry *entry, const uint8_t *data, const aula_rtp *rtp)
{
	const aula_rtp_element *rid =
		&rtp->elements[is_repair(entry, rtp->payload_type) ? AULA_EXTENSION_REPAIRED_RID
								   : AULA_EXTENSION_RID];

	if (entry->encoding_count == 1)
		return (place){ entry, 0 };
	for (unsigned i = 0; i < entry->encoding_count && rid->length > 0; i++)
		if (says(data, rid, entry->encodings[i].rid))
			return (place){ entry, i };
	return (place){ NULL, 0 };
}

static place
by_mid(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp)
{
	for (size_t i = 0; i < ssrcs->count; i++)
		if (says(data, &rtp->elements[AULA_EXTENSION_MID], ssrcs->entries[i].mid))
			return by_rid(&ssrcs->entries[i], data, rtp);
	return (place){ NULL, 0 };
}

/* Only where it leaves no choice. GStreamer gives the repairs of sound the number that its picture
 * has: that many packets are of the picture. */
static place
by_payload_type(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp)
{
	aula_ssrcs_entry *carrying = NULL, *repaired = NULL;
	unsigned carriers = 0, repairs = 0;

	for (size_t i = 0; i < ssrcs->count; i++) {
		aula_ssrcs_entry *entry = &ssrcs->entries[i];
		if (entry->announced)
			continue;
		if (carries(entry, rtp->payload_type)) {
			carrying = entry;
			carriers++;
		} else if (is_repair(entry, rtp->payload_type)) {
			repaired = entry;
			repairs++;
		}
	}
	if (carriers == 1)
		return by_rid(carrying, data, rtp);
	return carriers == 0 && repairs == 1 ? by_rid(repaired, data, rtp) : (place){ NULL, 0 };
}

/* False: the encoding has another SSRC that is in use. */
static bool
learn(place at, const aula_rtp *rtp, int64_t now_us)
{
	bool repair = is_repair(at.entry, rtp->payload_type);
	aula_ssrcs_encoding *encoding = &at.entry->encodings[at.encoding];

	if (!repair && !carries(at.entry, rtp->payload_type))
		return false;
	uint32_t *ssrc = repair ? &encoding->rtx_ssrc : &encoding->ssrc;
	bool in_use = *ssrc != 0 && encoding->heard_us != 0 &&
		      now_us - encoding->heard_us < AULA_SSRCS_REBIND_US;
	if (in_use)
		return false;
	*ssrc = rtp->ssrc;
	return true;
}

static void
tell(place at, uint32_t ssrc, aula_ssrcs_found *ret_found)
{
	const aula_ssrcs_encoding *encoding = &at.entry->encodings[at.encoding];

	*ret_found = (aula_ssrcs_found){
		.track = at.entry->track,
		.encoding = at.encoding,
		.repair = encoding->rtx_ssrc == ssrc,
		.ssrc = encoding->ssrc,
	};
}

bool
aula_ssrcs_find(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp, int64_t now_us,
	aula_ssrcs_found *ret_found)
{
	place at = by_ssrc(ssrcs, rtp->ssrc);

	if (at.entry == NULL && rtp->ssrc != 0) {
		at = rtp->elements[AULA_EXTENSION_MID].length > 0
			     ? by_mid(ssrcs, data, rtp)
			     : by_payload_type(ssrcs, data, rtp);
		if (at.entry != NULL && !learn(at, rtp, now_us))
			at.entry = NULL;
	}
	if (at.entry == NULL) {
		ssrcs->unknown++;
		return false;
	}
	tell(at, rtp->ssrc, ret_found);
	if (!ret_found->repair)
		at.entry->encodings[at.encoding].heard_us = now_us;
	return true;
}

bool
aula_ssrcs_find_ssrc(aula_ssrcs *ssrcs, uint32_t ssrc, aula_ssrcs_found *ret_found)
{
	place at = by_ssrc(ssrcs, ssrc);

	if (at.entry == NULL)
		return false;
	tell(at, ssrc, ret_found);
	return true;
}
