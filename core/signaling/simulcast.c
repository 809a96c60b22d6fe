/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/simulcast.h"

#include <stdlib.h>
#include <string.h>

/* Names that clients give encodings, the lowest first. */
static const char *const names[][AULA_SDP_RIDS_MOST] = {
	{ "q", "h", "f" },
	{ "l", "m", "h" },
	{ "lo", "mid", "hi" },
	{ "low", "mid", "high" },
	{ "low", "medium", "high" },
};

/* What an encoding sorts by. */
typedef struct {
	aula_encoding_options encoding;
	long rank;
} ranked;

static int
place_in(const char *const *list, const char *rid)
{
	for (int i = 0; i < AULA_SDP_RIDS_MOST && list[i] != NULL; i++)
		if (strcmp(list[i], rid) == 0)
			return i;
	return -1;
}

static bool
rank_by(const char *const *list, ranked *all, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		all[i].rank = place_in(list, all[i].encoding.rid);
		if (all[i].rank < 0)
			return false;
	}
	return true;
}

/* "0", "1", "2" or "r0", "r1", "r2". */
static bool
rank_by_number(ranked *all, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const char *digits = all[i].encoding.rid;
		digits += strcspn(digits, "0123456789");
		if (*digits == '\0' || strlen(digits) != strspn(digits, "0123456789"))
			return false;
		all[i].rank = strtol(digits, NULL, 10);
	}
	return true;
}

static void
rank(aula_rid_order order, ranked *all, unsigned count)
{
	if (order == AULA_RID_ORDER_BY_NAME) {
		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			if (rank_by(names[i], all, count))
				return;
		if (rank_by_number(all, count))
			return;
	}
	for (unsigned i = 0; i < count; i++)
		all[i].rank = order == AULA_RID_ORDER_HML ? -(long)i : (long)i;
}

/* Few, and stable. */
static void
sort(ranked *all, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		for (unsigned k = i; k > 0 && all[k - 1].rank > all[k].rank; k--) {
			ranked swapped = all[k];
			all[k] = all[k - 1];
			all[k - 1] = swapped;
		}
}

static unsigned
read_rids(const aula_sdp_media *offer, aula_rid_order order, ranked *all)
{
	unsigned count = (unsigned)offer->rid_count;

	/* Without these nothing in a packet would tell one encoding from the other. */
	if (!offer->rids_sent || offer->extensions.id[AULA_EXTENSION_MID] == 0 ||
		offer->extensions.id[AULA_EXTENSION_RID] == 0)
		return 0;
	for (unsigned i = 0; i < count; i++)
		g_strlcpy(all[i].encoding.rid, offer->rids[i].rid, sizeof(all[i].encoding.rid));
	rank(order, all, count);
	sort(all, count);
	return count;
}

static uint32_t
repair_of(const aula_sdp_media *offer, uint32_t ssrc)
{
	for (size_t i = 0; i < offer->repair_count; i++)
		if (offer->repairs[i].ssrc == ssrc)
			return offer->repairs[i].rtx_ssrc;
	return 0;
}

static unsigned
read_group(const aula_sdp_media *offer, ranked *all)
{
	for (size_t i = 0; i < offer->group_count; i++) {
		all[i].encoding.ssrc = offer->group[i];
		all[i].encoding.rtx_ssrc = repair_of(offer, offer->group[i]);
	}
	return (unsigned)offer->group_count;
}

unsigned
aula_simulcast_read(const aula_sdp_media *offer, aula_rid_order order,
	aula_encoding_options ret_encodings[AULA_ENCODINGS_MOST])
{
	ranked all[AULA_SDP_RIDS_MOST];
	unsigned count = 0;

	memset(all, 0, sizeof(all));
	memset(ret_encodings, 0, AULA_ENCODINGS_MOST * sizeof(*ret_encodings));
	if (offer->type == AULA_SDP_VIDEO) {
		count = read_rids(offer, order, all);
		if (count < 2)
			count = read_group(offer, all);
	}
	if (count < 2) {
		/* With rids the SSRCs are not told; one encoding then has one of its own. */
		bool told = !(offer->rids_sent && offer->rid_count > 1);
		ret_encodings[0].ssrc = told ? offer->ssrc : 0;
		ret_encodings[0].rtx_ssrc = told ? offer->rtx_ssrc : 0;
		return 1;
	}
	unsigned left_out = count > AULA_ENCODINGS_MOST ? count - AULA_ENCODINGS_MOST : 0;
	for (unsigned i = left_out; i < count; i++)
		ret_encodings[i - left_out] = all[i].encoding;
	return count - left_out;
}

void
aula_simulcast_write(const aula_encoding_options *encodings, unsigned count, aula_sdp_media *answer)
{
	if (count < 2 || *encodings[0].rid == '\0')
		return;
	answer->rids_sent = false;
	answer->rid_count = count;
	for (unsigned i = 0; i < count; i++)
		g_strlcpy(answer->rids[i].rid, encodings[i].rid, sizeof(answer->rids[i].rid));
}
