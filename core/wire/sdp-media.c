/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp-media.h"

#include <string.h>

enum { PAYLOAD_TYPE_MOST = 127, CLOCK_MOST_HZ = 1000000, CHANNELS_MOST = 255 };

/* The format that an attribute's value starts with; NULL: not on this m-line. */
static aula_sdp_format *
take_format(aula_sdp_media *media, aula_text *value)
{
	uint64_t payload_type;

	if (!aula_text_number(aula_text_word(value), PAYLOAD_TYPE_MOST, &payload_type))
		return NULL;
	for (size_t i = 0; i < media->format_count; i++)
		if (media->formats[i].payload_type == payload_type)
			return &media->formats[i];
	return NULL;
}

static void
find_codec(const aula_sdp_media *media, aula_sdp_format *format)
{
	aula_codec codec = aula_codec_find(format->encoding, strlen(format->encoding));

	if ((int)aula_codec_kind(codec) == (int)media->type &&
		aula_codec_clock_hz(codec) == format->clock_hz)
		format->codec = codec;
}

/* RFC 8866 section 6.6: number encoding/clock[/channels] */
const char *
aula_sdp_read_rtpmap(aula_sdp_media *media, aula_text value)
{
	aula_sdp_format *format = take_format(media, &value);
	uint64_t clock_hz, channels = 0;

	if (!format)
		return NULL;
	aula_text map = aula_text_word(&value);
	aula_text encoding = aula_text_cut(&map, '/'), clock = aula_text_cut(&map, '/');
	if (!aula_text_is_token(encoding) || !aula_text_number(clock, CLOCK_MOST_HZ, &clock_hz) ||
		clock_hz == 0 ||
		(map.length > 0 && !aula_text_number(map, CHANNELS_MOST, &channels)))
		return "The a=rtpmap is not a number, an encoding, / and a clock rate.";
	memset(format->encoding, 0, sizeof(format->encoding));
	format->codec = AULA_CODEC_NONE;
	if (!aula_text_copy(encoding, format->encoding, sizeof(format->encoding)))
		return NULL; /* none that we know is so long */
	format->clock_hz = (uint32_t)clock_hz;
	format->channels = (uint8_t)channels;
	find_codec(media, format);
	return NULL;
}

const char *
aula_sdp_read_fmtp(aula_sdp_media *media, aula_text value)
{
	aula_sdp_format *format = take_format(media, &value);

	if (!format)
		return NULL;
	while (value.length > 0 && value.at[0] == ' ')
		aula_text_skip(&value, " ");
	/* Too much is cut between two parameters, so that each one kept is whole. */
	while (value.length >= sizeof(format->fmtp)) {
		do
			value.length--;
		while (value.length > 0 && value.at[value.length] != ';');
	}
	memset(format->fmtp, 0, sizeof(format->fmtp));
	aula_text_copy(value, format->fmtp, sizeof(format->fmtp));
	return NULL;
}

static uint32_t
feedback_named(aula_text value)
{
	aula_text kind = aula_text_word(&value), parameter = aula_text_word(&value);

	if (aula_text_is(kind, "nack"))
		return parameter.length == 0            ? AULA_FB_NACK
		       : aula_text_is(parameter, "pli") ? AULA_FB_PLI
							: 0;
	if (aula_text_is(kind, "ccm"))
		return aula_text_is(parameter, "fir") ? AULA_FB_FIR : 0;
	if (aula_text_is(kind, "goog-remb"))
		return AULA_FB_REMB;
	return aula_text_is(kind, "transport-cc") ? AULA_FB_TRANSPORT_CC : 0;
}

const char *
aula_sdp_read_rtcp_fb(aula_sdp_media *media, aula_text value)
{
	if (aula_text_skip(&value, "* ")) {
		for (size_t i = 0; i < media->format_count; i++)
			media->formats[i].feedback |= feedback_named(value);
		return NULL;
	}
	aula_sdp_format *format = take_format(media, &value);
	if (format)
		format->feedback |= feedback_named(value);
	return NULL;
}

/* RFC 8285 section 5: id[/direction] URI. Identifiers from 256 on are only placeholders. */
const char *
aula_sdp_read_extmap(aula_sdp_media *media, aula_text value)
{
	aula_extension_map *map = &media->extensions;
	aula_text direction = aula_text_word(&value), uri = aula_text_word(&value);
	aula_text id = aula_text_cut(&direction, '/');
	aula_extension extension = aula_extension_find(uri.at, uri.length);
	uint64_t number;

	if (extension == AULA_EXTENSION_COUNT || map->id[extension] ||
		aula_text_is(direction, "inactive") || !aula_text_number(id, UINT8_MAX, &number) ||
		number == 0 || memchr(map->id, (int)number, sizeof(map->id)))
		return NULL;
	map->id[extension] = (uint8_t)number;
	return NULL;
}

static void
note_msid(aula_sdp_media *media, aula_text value)
{
	aula_text stream = aula_text_word(&value), track = aula_text_word(&value);

	if (media->msid_stream[0] || stream.length == 0 ||
		track.length >= sizeof(media->msid_track))
		return;
	if (aula_text_copy(stream, media->msid_stream, sizeof(media->msid_stream)))
		aula_text_copy(track, media->msid_track, sizeof(media->msid_track));
}

const char *
aula_sdp_read_msid(aula_sdp_media *media, aula_text value)
{
	note_msid(media, value);
	return NULL;
}

/* RFC 5576 section 4.1. */
const char *
aula_sdp_read_ssrc(aula_sdp_media *media, aula_text value)
{
	uint64_t ssrc;

	if (!aula_text_number(aula_text_word(&value), UINT32_MAX, &ssrc) || ssrc == 0)
		return NULL;
	if (media->ssrc == 0)
		media->ssrc = (uint32_t)ssrc;
	aula_text attribute = aula_text_cut(&value, ':');
	if (attribute.length > 0 && attribute.at[0] == ' ')
		aula_text_skip(&attribute, " ");
	if (aula_text_is(attribute, "cname") && !media->cname[0])
		aula_text_copy(aula_text_word(&value), media->cname, sizeof(media->cname));
	if (aula_text_is(attribute, "msid") && ssrc == media->ssrc)
		note_msid(media, value);
	return NULL;
}

/* What older clients write for several encodings of one picture, the lowest first. */
static void
note_group(aula_sdp_media *media, aula_text value)
{
	uint64_t ssrc;

	media->group_count = 0;
	while (media->group_count < AULA_SDP_RIDS_MOST &&
		aula_text_number(aula_text_word(&value), UINT32_MAX, &ssrc) && ssrc != 0)
		media->group[media->group_count++] = (uint32_t)ssrc;
}

/* RFC 4588 section 8.3. */
static void
note_repair(aula_sdp_media *media, aula_text value)
{
	uint64_t ssrc, rtx_ssrc;

	if (!aula_text_number(aula_text_word(&value), UINT32_MAX, &ssrc) ||
		!aula_text_number(aula_text_word(&value), UINT32_MAX, &rtx_ssrc) || ssrc == 0 ||
		rtx_ssrc == 0 || ssrc == rtx_ssrc)
		return;
	if (media->repair_count < AULA_SDP_RIDS_MOST) {
		media->repairs[media->repair_count].ssrc = (uint32_t)ssrc;
		media->repairs[media->repair_count++].rtx_ssrc = (uint32_t)rtx_ssrc;
	}
	if (media->rtx_ssrc != 0)
		return;
	media->ssrc = (uint32_t)ssrc;
	media->rtx_ssrc = (uint32_t)rtx_ssrc;
}

/* RFC 5576 section 4.2. */
const char *
aula_sdp_read_ssrc_group(aula_sdp_media *media, aula_text value)
{
	aula_text semantics = aula_text_word(&value);

	if (aula_text_is(semantics, "SIM"))
		note_group(media, value);
	else if (aula_text_is(semantics, "FID"))
		note_repair(media, value);
	return NULL;
}

/* RFC 8853 section 5.1: streams are parted by ";", alternatives of one by ",". */
static void
note_rids(aula_sdp_media *media, aula_text list)
{
	media->rid_count = 0;
	while (list.length > 0 && media->rid_count < AULA_SDP_RIDS_MOST) {
		aula_text choices = aula_text_cut(&list, ';');
		aula_text rid = aula_text_cut(&choices, ',');
		bool paused = aula_text_skip(&rid, "~");

		if (!aula_text_is_token(rid) ||
			!aula_text_copy(
				rid, media->rids[media->rid_count].rid, sizeof(media->rids[0].rid)))
			continue;
		media->rids[media->rid_count++].paused = paused;
	}
}

const char *
aula_sdp_read_simulcast(aula_sdp_media *media, aula_text value)
{
	while (value.length > 0) {
		aula_text direction = aula_text_word(&value), list = aula_text_word(&value);
		bool sent = aula_text_is(direction, "send");

		if (!sent && (!aula_text_is(direction, "recv") || media->rids_sent))
			continue;
		note_rids(media, list);
		media->rids_sent = sent && media->rid_count > 0;
	}
	return NULL;
}

const char *
aula_sdp_read_sctp_port(aula_sdp_media *media, aula_text value)
{
	uint64_t port;

	if (aula_text_number(aula_text_word(&value), UINT16_MAX, &port))
		media->sctp_port = (uint16_t)port;
	return NULL;
}

static void
read_formats(aula_sdp_media *media, aula_text rest)
{
	for (aula_text word = aula_text_word(&rest); word.length > 0;
		word = aula_text_word(&rest)) {
		uint64_t number;
		aula_text again = word;

		if (media->format_count == AULA_SDP_FORMATS_MOST ||
			!aula_text_number(word, PAYLOAD_TYPE_MOST, &number) ||
			take_format(media, &again))
			continue;
		media->formats[media->format_count++].payload_type = (uint8_t)number;
	}
}

const char *
aula_sdp_read_media(aula_sdp_media *media, aula_text value)
{
	aula_text type = aula_text_word(&value), ports = aula_text_word(&value);
	aula_text protocol = aula_text_word(&value), formats = value;
	uint64_t port;

	if (!aula_text_number(aula_text_cut(&ports, '/'), UINT16_MAX, &port) ||
		protocol.length == 0 || aula_text_word(&value).length == 0)
		return "The m-line is not a kind, a port, a protocol and formats.";
	if (!aula_text_copy(protocol, media->protocol, sizeof(media->protocol)))
		return "The protocol of the m-line is longer than any that is known.";
	if (aula_text_is(type, "audio"))
		media->type = AULA_SDP_AUDIO;
	else if (aula_text_is(type, "video"))
		media->type = AULA_SDP_VIDEO;
	else if (aula_text_is(type, "application"))
		media->type = AULA_SDP_APPLICATION;
	else
		media->type = AULA_SDP_OTHER;
	if (media->type == AULA_SDP_OTHER &&
		(!aula_text_is_token(type) ||
			!aula_text_copy(type, media->other, sizeof(media->other))))
		return "The kind of the m-line is no word of at most 15 characters.";
	media->rejected = port == 0;
	if (media->type == AULA_SDP_APPLICATION) /* in the older form the format is the port */
		return aula_sdp_read_sctp_port(media, formats);
	read_formats(media, formats);
	return NULL;
}

/* RFC 3551 section 6, those that we forward. */
static void
fill_static(const aula_sdp_media *media, aula_sdp_format *format)
{
	static const struct {
		uint8_t payload_type;
		aula_codec codec;
	} known[] = { { 0, AULA_CODEC_PCMU }, { 8, AULA_CODEC_PCMA }, { 9, AULA_CODEC_G722 } };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		aula_codec codec = known[i].codec;

		if (known[i].payload_type != format->payload_type || media->type != AULA_SDP_AUDIO)
			continue;
		strcpy(format->encoding, aula_codec_encoding(codec));
		format->clock_hz = aula_codec_clock_hz(codec);
		format->codec = codec;
	}
}

/* The payload type that a=fmtp of rtx names (RFC 4588 section 8.6); 255: none. */
static uint8_t
associated(const char *fmtp)
{
	aula_text rest = aula_text_of(fmtp);
	uint64_t number;

	while (rest.length > 0) {
		aula_text parameter = aula_text_cut(&rest, ';');
		aula_text word = aula_text_word(&parameter);

		if (aula_text_skip(&word, "apt=") &&
			aula_text_number(word, PAYLOAD_TYPE_MOST, &number))
			return (uint8_t)number;
	}
	return 255;
}

void
aula_sdp_finish_formats(aula_sdp_media *media)
{
	/* Without a group the first is all that matters. */
	if (media->group_count == 0) {
		memset(media->repairs, 0, sizeof(media->repairs));
		media->repair_count = 0;
	}
	for (size_t i = 0; i < media->format_count; i++) {
		aula_sdp_format *format = &media->formats[i];

		if (!format->encoding[0] && format->clock_hz == 0 && !media->rejected)
			fill_static(media, format);
		if (!aula_text_like(aula_text_of(format->encoding), "rtx"))
			continue;
		format->rtx_for = associated(format->fmtp);
		for (size_t k = 0; k < media->format_count; k++)
			if (k != i && media->formats[k].payload_type == format->rtx_for &&
				media->formats[k].rtx == 255)
				media->formats[k].rtx = format->payload_type;
	}
}
