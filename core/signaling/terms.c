/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/terms.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What we agree to, by kind. No orientation: without it the sender turns its pictures itself, so
 * they stand upright for every receiver, also for those (Firefox) that do not know of it. */
static const uint32_t feedback[] = {
	[AULA_AUDIO] = AULA_FB_TRANSPORT_CC,
	[AULA_VIDEO] =
		AULA_FB_NACK | AULA_FB_PLI | AULA_FB_FIR | AULA_FB_REMB | AULA_FB_TRANSPORT_CC,
};
static const struct {
	aula_extension extension;
	uint8_t id; /* in our own offers, unless the number is taken; 0: not in them */
	bool audio, video;
	aula_codec only; /* NONE: with any codec */
} extensions[] = {
	{ AULA_EXTENSION_MID, 4, true, true, AULA_CODEC_NONE },
	{ AULA_EXTENSION_AUDIO_LEVEL, 1, true, false, AULA_CODEC_NONE },
	{ AULA_EXTENSION_ABS_SEND_TIME, 2, true, true, AULA_CODEC_NONE },
	{ AULA_EXTENSION_TRANSPORT_CC, 3, true, true, AULA_CODEC_NONE },
	{ AULA_EXTENSION_PLAYOUT_DELAY, 5, false, true, AULA_CODEC_NONE },
	/* The encodings of a publisher. */
	{ AULA_EXTENSION_RID, 0, false, true, AULA_CODEC_NONE },
	{ AULA_EXTENSION_REPAIRED_RID, 0, false, true, AULA_CODEC_NONE },
	/* With others than AV1 the payload says as much, and receivers that are given both trust
	 * the descriptor, whose frame numbers do not survive a change of encoding. */
	{ AULA_EXTENSION_DEPENDENCY, 12, false, true, AULA_CODEC_AV1 },
};

enum { EXTENSION_ID_MOST = 14 /* of the one-byte form */ };

/* Payload types in our own offers, as browsers number them. */
static const struct {
	uint8_t payload_type, rtx;
	const char *fmtp; /* when the source does not say */
} defaults[AULA_CODEC_COUNT_] = {
	[AULA_CODEC_OPUS] = { 111, AULA_NO_PAYLOAD_TYPE, "minptime=10;useinbandfec=1" },
	[AULA_CODEC_G722] = { 9, AULA_NO_PAYLOAD_TYPE, "" },
	[AULA_CODEC_PCMU] = { 0, AULA_NO_PAYLOAD_TYPE, "" },
	[AULA_CODEC_PCMA] = { 8, AULA_NO_PAYLOAD_TYPE, "" },
	[AULA_CODEC_VP8] = { 96, 97, "" },
	[AULA_CODEC_VP9] = { 98, 99, "profile-id=0" },
	[AULA_CODEC_H264] = { 102, 103,
		"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
	[AULA_CODEC_AV1] = { 45, 46, "level-idx=5;profile=0;tier=0" },
};

/* -- format parameters -- */

/* The value of `name` in "a=1;b=2", up to the next semicolon; NULL when it is not there. */
static const char *
parameter(const char *fmtp, const char *name, size_t *ret_length)
{
	size_t name_length = strlen(name);

	for (const char *at = fmtp; *at != '\0';) {
		at += strspn(at, "; ");
		size_t length = strcspn(at, ";");
		if (length > name_length && at[name_length] == '=' &&
			strncasecmp(at, name, name_length) == 0) {
			*ret_length = length - name_length - 1;
			return at + name_length + 1;
		}
		at += length;
	}
	return NULL;
}

static bool
parameter_is(const char *fmtp, const char *name, const char *value, bool if_absent)
{
	size_t length;
	const char *found = parameter(fmtp, name, &length);

	if (found == NULL)
		return if_absent;
	return length >= strlen(value) && strncasecmp(found, value, strlen(value)) == 0;
}

/* How well a format serves a class of all sorts of browsers; 0: it is not for us. */
static int
worth(const aula_sdp_format *format)
{
	const char *fmtp = format->fmtp;

	switch (format->codec) {
	case AULA_CODEC_NONE:
		return 0;
	case AULA_CODEC_H264:
		/* Constrained baseline is what all of them decode; FU-A needs mode 1 (RFC 6184). */
		return 1 + 4 * parameter_is(fmtp, "packetization-mode", "1", false) +
		       2 * parameter_is(fmtp, "profile-level-id", "42e0", false) +
		       parameter_is(fmtp, "profile-level-id", "42", true);
	case AULA_CODEC_VP9:
		return 1 + parameter_is(fmtp, "profile-id", "0", true);
	case AULA_CODEC_AV1:
		return 1 + parameter_is(fmtp, "profile", "0", true);
	default:
		return 1;
	}
}

/* -- choosing -- */

static const aula_sdp_format *
best_of(const aula_sdp_media *media, aula_codec codec)
{
	const aula_sdp_format *best = NULL;

	for (size_t i = 0; i < media->format_count; i++) {
		const aula_sdp_format *format = &media->formats[i];
		if (format->codec == codec && (best == NULL || worth(format) > worth(best)) &&
			worth(format) > 0)
			best = format;
	}
	return best;
}

static const aula_sdp_format *
numbered(const aula_sdp_media *media, uint8_t payload_type, aula_codec codec)
{
	for (size_t i = 0; i < media->format_count; i++)
		if (media->formats[i].payload_type == payload_type &&
			media->formats[i].codec == codec)
			return &media->formats[i];
	return NULL;
}

static const aula_sdp_format *
preferred(const aula_sdp_media *media, const char *preference)
{
	const aula_sdp_format *format = NULL;

	if (preference == NULL) {
		for (size_t i = 0; i < media->format_count && format == NULL; i++)
			if (worth(&media->formats[i]) > 0)
				format = best_of(media, media->formats[i].codec);
		return format;
	}
	for (const char *at = preference; *at != '\0' && format == NULL;) {
		at += strspn(at, ", ");
		size_t length = strcspn(at, ", ");
		aula_codec codec = aula_codec_find(at, length);
		if (codec != AULA_CODEC_NONE)
			format = best_of(media, codec);
		at += length;
	}
	return format;
}

/* Redundancy of Opus (RFC 2198), which we pass on as it is. */
static uint8_t
red_for(const aula_sdp_media *media, const aula_sdp_format *format)
{
	char wanted[16];

	snprintf(wanted, sizeof wanted, "%u/%u", format->payload_type, format->payload_type);
	for (size_t i = 0; i < media->format_count && format->codec == AULA_CODEC_OPUS; i++) {
		const aula_sdp_format *red = &media->formats[i];
		if (strcasecmp(red->encoding, "red") == 0 &&
			strncmp(red->fmtp, wanted, strlen(wanted)) == 0)
			return red->payload_type;
	}
	return AULA_NO_PAYLOAD_TYPE;
}

static bool
is_for(size_t row, aula_kind kind, aula_codec codec)
{
	return (kind == AULA_AUDIO ? extensions[row].audio : extensions[row].video) &&
	       (extensions[row].only == AULA_CODEC_NONE || extensions[row].only == codec);
}

static aula_extension_map
common_extensions(const aula_sdp_media *media, aula_codec codec)
{
	aula_extension_map map = { { 0 } };

	for (size_t i = 0; i < G_N_ELEMENTS(extensions); i++)
		if (is_for(i, (aula_kind)media->type, codec))
			map.id[extensions[i].extension] =
				media->extensions.id[extensions[i].extension];
	return map;
}

/* Who numbers packets for all of the transport need not date them as well. */
static void
settle_congestion(aula_terms *terms)
{
	uint8_t *ids = terms->extensions.id;

	if (ids[AULA_EXTENSION_TRANSPORT_CC] == 0 || !(terms->feedback & AULA_FB_TRANSPORT_CC)) {
		ids[AULA_EXTENSION_TRANSPORT_CC] = 0;
		terms->feedback &= ~(uint32_t)AULA_FB_TRANSPORT_CC;
	} else {
		ids[AULA_EXTENSION_ABS_SEND_TIME] = 0;
	}
}

bool
aula_terms_choose(const aula_sdp_media *offer, const char *preference, const aula_terms *keep,
	aula_terms *ret_terms)
{
	const aula_sdp_format *format = NULL;

	if (keep != NULL && keep->codec != AULA_CODEC_NONE)
		format = numbered(offer, keep->payload_type, keep->codec);
	if (format == NULL)
		format = preferred(offer, preference);
	if (format == NULL || aula_codec_kind(format->codec) != (aula_kind)offer->type)
		return false;

	*ret_terms = (aula_terms){ .codec = format->codec,
		.payload_type = format->payload_type,
		.rtx = format->rtx,
		.red = red_for(offer, format),
		.feedback = format->feedback & feedback[offer->type],
		.extensions = common_extensions(offer, format->codec) };
	settle_congestion(ret_terms);
	/* What VP8 says there is about the client's own decoder only (RFC 7741 section 6.1). */
	if (format->codec != AULA_CODEC_VP8 && strlen(format->fmtp) <= AULA_FMTP_MOST)
		g_strlcpy(ret_terms->fmtp, format->fmtp, sizeof ret_terms->fmtp);
	return true;
}

void
aula_terms_part(aula_terms *terms, const aula_terms *other)
{
	for (int i = 0; i < AULA_EXTENSION_COUNT; i++)
		for (int k = 0; k < AULA_EXTENSION_COUNT; k++)
			if (i != k && terms->extensions.id[i] == other->extensions.id[k])
				terms->extensions.id[i] = 0;
	settle_congestion(terms);
}

bool
aula_terms_confirm(const aula_sdp_media *answer, const aula_terms *proposed, aula_terms *ret_terms)
{
	const aula_sdp_format *format = numbered(answer, proposed->payload_type, proposed->codec);

	if (format == NULL)
		format = best_of(answer, proposed->codec);
	if (format == NULL)
		return false;
	aula_terms terms = *proposed;
	terms.payload_type = format->payload_type;
	terms.rtx = proposed->rtx != AULA_NO_PAYLOAD_TYPE ? format->rtx : AULA_NO_PAYLOAD_TYPE;
	terms.red = proposed->red != AULA_NO_PAYLOAD_TYPE ? red_for(answer, format)
							  : AULA_NO_PAYLOAD_TYPE;
	terms.feedback &= format->feedback;
	for (int i = 0; i < AULA_EXTENSION_COUNT; i++)
		if (answer->extensions.id[i] != terms.extensions.id[i])
			terms.extensions.id[i] = 0;
	settle_congestion(&terms);
	*ret_terms = terms;
	return true;
}

/* -- offering -- */

static bool
is_taken(uint8_t number, const aula_terms *others, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (others[i].codec != AULA_CODEC_NONE &&
			(others[i].payload_type == number || others[i].rtx == number ||
				others[i].red == number))
			return true;
	return false;
}

static bool
take_payload_type(uint8_t wanted, uint8_t *except, const aula_terms *others, size_t count,
	uint8_t *ret_number)
{
	static const struct {
		uint8_t first, last;
	} ranges[] = { { 96, 127 }, { 35, 63 } }; /* RFC 3551, RFC 5761 section 4 */

	if (!is_taken(wanted, others, count) && (except == NULL || *except != wanted)) {
		*ret_number = wanted;
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
		for (uint8_t number = ranges[i].first; number <= ranges[i].last; number++) {
			if (is_taken(number, others, count) ||
				(except != NULL && *except == number))
				continue;
			*ret_number = number;
			return true;
		}
	}
	return false;
}

static uint8_t
extension_id(aula_extension extension, uint8_t wanted, const aula_terms *others, size_t count)
{
	uint32_t taken = 1; /* 0 is none */

	for (size_t i = 0; i < count; i++) {
		for (int k = 0; k < AULA_EXTENSION_COUNT; k++) {
			uint8_t id = others[i].extensions.id[k];
			if (k == (int)extension && id != 0)
				return id;
			if (id <= EXTENSION_ID_MOST)
				taken |= 1u << id;
		}
	}
	while (wanted <= EXTENSION_ID_MOST && (taken >> wanted & 1) != 0)
		wanted++;
	return wanted <= EXTENSION_ID_MOST ? wanted : 0;
}

bool
aula_terms_propose(aula_codec codec, const char *fmtp, const aula_terms *others, size_t count,
	aula_terms *ret_terms)
{
	aula_kind kind = aula_codec_kind(codec);
	aula_terms terms = { .codec = codec,
		.rtx = AULA_NO_PAYLOAD_TYPE,
		.red = AULA_NO_PAYLOAD_TYPE,
		.feedback = feedback[kind] };

	g_strlcpy(terms.fmtp, fmtp != NULL && *fmtp != '\0' ? fmtp : defaults[codec].fmtp,
		sizeof terms.fmtp);
	for (size_t i = 0; i < G_N_ELEMENTS(extensions); i++)
		if (extensions[i].id != 0 && is_for(i, kind, codec))
			terms.extensions.id[extensions[i].extension] = extension_id(
				extensions[i].extension, extensions[i].id, others, count);
	for (size_t i = 0; i < count; i++) {
		if (others[i].codec != codec || strcmp(others[i].fmtp, terms.fmtp) != 0)
			continue;
		terms.payload_type = others[i].payload_type;
		terms.rtx = others[i].rtx;
		*ret_terms = terms;
		return true;
	}
	if (!take_payload_type(
		    defaults[codec].payload_type, NULL, others, count, &terms.payload_type))
		return false;
	if (defaults[codec].rtx != AULA_NO_PAYLOAD_TYPE &&
		!take_payload_type(
			defaults[codec].rtx, &terms.payload_type, others, count, &terms.rtx))
		return false;
	*ret_terms = terms;
	return true;
}

/* -- writing -- */

static aula_sdp_format *
add_format(aula_sdp_media *media, uint8_t payload_type, const char *encoding, uint32_t clock_hz)
{
	aula_sdp_format *format = &media->formats[media->format_count++];

	*format = (aula_sdp_format){ .payload_type = payload_type,
		.clock_hz = clock_hz,
		.rtx_for = AULA_NO_PAYLOAD_TYPE,
		.rtx = AULA_NO_PAYLOAD_TYPE };
	g_strlcpy(format->encoding, encoding, sizeof format->encoding);
	return format;
}

void
aula_terms_write(const aula_terms *terms, aula_sdp_media *media)
{
	uint32_t clock_hz = aula_codec_clock_hz(terms->codec);
	aula_sdp_format *format =
		add_format(media, terms->payload_type, aula_codec_encoding(terms->codec), clock_hz);

	format->codec = terms->codec;
	format->channels = terms->codec == AULA_CODEC_OPUS ? 2 : 0;
	format->feedback = terms->feedback;
	format->rtx = terms->rtx;
	g_strlcpy(format->fmtp, terms->fmtp, sizeof format->fmtp);
	if (terms->red != AULA_NO_PAYLOAD_TYPE) {
		format = add_format(media, terms->red, "red", clock_hz);
		format->channels = 2;
		snprintf(format->fmtp, sizeof format->fmtp, "%u/%u", terms->payload_type,
			terms->payload_type);
	}
	if (terms->rtx != AULA_NO_PAYLOAD_TYPE)
		add_format(media, terms->rtx, "rtx", clock_hz)->rtx_for = terms->payload_type;
	media->extensions = terms->extensions;
}
