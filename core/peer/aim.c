/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/aim.h"

#include <string.h>

#include "peer/mirror.h"
#include "peer/outlet.h"

enum {
	SOUND_BPS = 50000, /* as long as it is not measured; also with silence suppressed */
	SOUND_HEADERS_BPS = 50 * 8 * AULA_OUTLET_HEADER_BYTES,
	HEADERS_PERCENT = 107,
	PATIENCE_US = 1000000,
	APART_PERCENT = 110, /* a level that costs hardly more than the one below is none */
};

static void
add(aula_share *share, int64_t bps, unsigned encoding, int8_t spatial, int8_t temporal)
{
	int64_t below = share->level_count > 0 ? share->levels[share->level_count - 1].bps : 0;

	bps = bps * HEADERS_PERCENT / 100;
	if (share->level_count == AULA_SHARE_LEVELS || bps * 100 < below * APART_PERCENT ||
		bps == 0)
		return;
	share->levels[share->level_count++] =
		(aula_share_level){ bps, (uint8_t)encoding, spatial, temporal };
}

/* Of what the encoding costs by now, the part of these layers. */
static int64_t
part_bps(const aula_mirror *source, unsigned encoding, int8_t spatial, int8_t temporal)
{
	const aula_meter *meter = aula_mirror_meter(source, encoding);
	int64_t all_bps = aula_meter_bps(meter, AULA_METER_SPATIAL, AULA_METER_TEMPORAL);
	int64_t part_bps = aula_meter_bps(meter, spatial, temporal);
	int64_t bps = aula_mirror_bps(source, encoding);

	return all_bps > 0 ? (int64_t)((double)bps * (double)part_bps / (double)all_bps) : bps;
}

static int8_t
least(int8_t one, int8_t limit)
{
	return limit >= 0 && limit < one ? limit : one;
}

/* The lowest picture at each rate, the higher ones at the full rate: a small picture that moves
 * says more than a large one that stutters. */
static void
add_encoding(aula_share *share, const aula_mirror *source, unsigned encoding, const aula_aim *aim)
{
	const aula_meter *meter = aula_mirror_meter(source, encoding);
	int8_t spatial = least(aula_meter_spatial(meter), aim->spatial);
	int8_t temporal = least(aula_meter_temporal(meter), aim->temporal);
	int8_t all_spatial = spatial < aula_meter_spatial(meter) ? spatial : -1;
	int8_t all_temporal = temporal < aula_meter_temporal(meter) ? temporal : -1;

	int64_t patience_us = aim->fallback_us > 0 ? aim->fallback_us : PATIENCE_US;

	if (aula_mirror_bps(source, encoding) == 0 ||
		(encoding > 0 && aula_mirror_silent_us(source, encoding) > patience_us))
		return;
	bool lowest = share->level_count == 0;
	for (int8_t t = 0; t < temporal && lowest; t++)
		add(share, part_bps(source, encoding, 0, t), encoding,
			spatial > 0 ? 0 : all_spatial, t);
	for (int8_t s = 0; s < spatial; s++)
		add(share, part_bps(source, encoding, s, temporal), encoding, s, all_temporal);
	add(share, part_bps(source, encoding, spatial, temporal), encoding, all_spatial,
		all_temporal);
}

void
aula_aim_levels(aula_share *share, const aula_mirror *source, const aula_aim *aim)
{
	const aula_track_options *options = aula_mirror_options(source);

	share->level_count = 0;
	if (!aula_mirror_flows(source))
		return;
	if (options->kind == AULA_AUDIO) {
		int64_t bps = aula_mirror_bps(source, 0);
		add(share, MAX(bps, SOUND_BPS) + SOUND_HEADERS_BPS, 0, -1, -1);
		return;
	}
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		if (aim->encoding < 0 || (int)i <= aim->encoding || share->level_count == 0)
			add_encoding(share, source, i, aim);
}

unsigned
aula_aim_blindly(const aula_mirror *source, const aula_aim *aim)
{
	unsigned top = aula_mirror_bps(source, 1) > 0; /* the middle one */

	return aim->encoding >= 0 && top > (unsigned)aim->encoding ? (unsigned)aim->encoding : top;
}

bool
aula_aim_shown(aula_shown *told, const aula_layers *layers, bool starved)
{
	aula_shown shown = { .encoding = -1, .spatial = -1, .temporal = -1, .starved = starved };

	if (layers->flowing) {
		shown.encoding = (int8_t)layers->present.encoding;
		shown.spatial = layers->present.spatial;
		shown.temporal = layers->present.temporal;
	}
	/* Between two of them nothing is to be told. */
	if (!layers->flowing && !starved && !told->starved)
		return false;
	if (memcmp(&shown, told, sizeof(shown)) == 0)
		return false;
	*told = shown;
	return true;
}

json_t *
aula_aim_stats(const aula_layers *layers, const aula_share *share)
{
	return json_pack("{s:i s:i s:i s:i s:i s:i s:I s:i}", "encoding", layers->present.encoding,
		"spatial", layers->present.spatial, "temporal", layers->present.temporal,
		"target_encoding", layers->target.encoding, "target_spatial",
		layers->target.spatial, "target_temporal", layers->target.temporal, "switches",
		(json_int_t)layers->switches, "rank", share->rank);
}
