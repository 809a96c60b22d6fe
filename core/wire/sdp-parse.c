/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp.h"

#include <string.h>

#include "wire/sdp-media.h"
#include "wire/sdp-transport.h"

enum { TIAS_MOST_BPS = 2000000000 };

/* A description being read. */
typedef struct {
	aula_sdp *sdp;
	aula_sdp_media *media;   /* the present m-line; &defaults before the first */
	size_t media_count;      /* those begun */
	aula_sdp_media defaults; /* what the session level says for all of them */
} parser;

static const char *
read_ufrag(aula_sdp_media *media, aula_text value)
{
	return aula_sdp_read_ufrag(&media->transport, value);
}

static const char *
read_pwd(aula_sdp_media *media, aula_text value)
{
	return aula_sdp_read_pwd(&media->transport, value);
}

static const char *
read_fingerprint(aula_sdp_media *media, aula_text value)
{
	return aula_sdp_read_fingerprint(&media->transport, value);
}

static const char *
read_setup(aula_sdp_media *media, aula_text value)
{
	return aula_sdp_read_setup(&media->transport, value);
}

static const char *
read_mid(aula_sdp_media *media, aula_text value)
{
	if (!aula_text_is_token(value) || !aula_text_copy(value, media->mid, sizeof(media->mid)))
		return "The a=mid is no token of at most 32 characters.";
	return NULL;
}

static const char *
read_candidate(aula_sdp_media *media, aula_text value)
{
	if (media->candidate_count < AULA_SDP_CANDIDATES_MOST &&
		aula_candidate_parse(
			value.at, value.length, &media->candidates[media->candidate_count]))
		media->candidate_count++;
	return NULL;
}

static const char *
read_group(aula_sdp *sdp, aula_text value)
{
	if (!aula_text_is(aula_text_word(&value), "BUNDLE") || sdp->bundle_count > 0)
		return NULL;
	for (aula_text mid = aula_text_word(&value); mid.length > 0; mid = aula_text_word(&value)) {
		if (sdp->bundle_count == AULA_SDP_MEDIA_MOST)
			return "The a=group:BUNDLE names more m-lines than there can be.";
		if (!aula_text_is_token(mid) ||
			!aula_text_copy(mid, sdp->bundle[sdp->bundle_count], AULA_MID_MOST + 1))
			return "The a=group:BUNDLE names what can be no a=mid.";
		sdp->bundle_count++;
	}
	return NULL;
}

static const char *
read_ice_options(aula_sdp *sdp, aula_text value)
{
	while (value.length > 0)
		if (aula_text_is(aula_text_word(&value), "trickle"))
			sdp->trickle = true;
	return NULL;
}

enum { SESSION = 1, MEDIA = 2, BOTH = SESSION | MEDIA };

/* One of the four says what an attribute does: read into the m-line or into the description, set a
 * flag of either, or set the direction. */
typedef struct {
	const char *name;
	int where;
	const char *(*media)(aula_sdp_media *media, aula_text value);
	const char *(*session)(aula_sdp *sdp, aula_text value);
	size_t media_flag, session_flag; /* offsets; 0: none */
	aula_direction direction;
} attribute;

// clang-format off
static const attribute attributes[] = {
	{ "candidate",    MEDIA, .media = read_candidate },
	{ "rtpmap",       MEDIA, .media = aula_sdp_read_rtpmap },
	{ "fmtp",         MEDIA, .media = aula_sdp_read_fmtp },
	{ "rtcp-fb",      MEDIA, .media = aula_sdp_read_rtcp_fb },
	{ "extmap",       BOTH,  .media = aula_sdp_read_extmap },
	{ "ssrc",         MEDIA, .media = aula_sdp_read_ssrc },
	{ "ssrc-group",   MEDIA, .media = aula_sdp_read_ssrc_group },
	{ "msid",         MEDIA, .media = aula_sdp_read_msid },
	{ "mid",          MEDIA, .media = read_mid },
	{ "simulcast",    MEDIA, .media = aula_sdp_read_simulcast },
	{ "sctp-port",    MEDIA, .media = aula_sdp_read_sctp_port },
	{ "sctpmap",      MEDIA, .media = aula_sdp_read_sctp_port },
	{ "ice-ufrag",    BOTH,  .media = read_ufrag },
	{ "ice-pwd",      BOTH,  .media = read_pwd },
	{ "fingerprint",  BOTH,  .media = read_fingerprint },
	{ "setup",        BOTH,  .media = read_setup },
	{ "group",        SESSION, .session = read_group },
	{ "ice-options",  BOTH,  .session = read_ice_options },
	{ "ice-lite",     SESSION, .session_flag = offsetof(aula_sdp, ice_lite) },
	{ "extmap-allow-mixed", BOTH, .session_flag = offsetof(aula_sdp, extmap_allow_mixed) },
	{ "rtcp-mux",     MEDIA, .media_flag = offsetof(aula_sdp_media, rtcp_mux) },
	{ "rtcp-rsize",   MEDIA, .media_flag = offsetof(aula_sdp_media, rtcp_rsize) },
	{ "end-of-candidates", BOTH, .media_flag = offsetof(aula_sdp_media, end_of_candidates) },
	{ "sendrecv",     BOTH,  .direction = AULA_SENDRECV },
	{ "sendonly",     BOTH,  .direction = AULA_SENDONLY },
	{ "recvonly",     BOTH,  .direction = AULA_RECVONLY },
	{ "inactive",     BOTH,  .direction = AULA_INACTIVE },
};
// clang-format on

static const char *
apply(parser *p, const attribute *row, aula_text value)
{
	if (row->media)
		return row->media(p->media, value);
	if (row->session)
		return row->session(p->sdp, value);
	if (row->media_flag)
		*(bool *)((char *)p->media + row->media_flag) = true;
	else if (row->session_flag)
		*(bool *)((char *)p->sdp + row->session_flag) = true;
	else
		p->media->direction = row->direction;
	return NULL;
}

static const char *
read_attribute(parser *p, aula_text line)
{
	aula_text name = aula_text_cut(&line, ':');
	int where = p->media == &p->defaults ? SESSION : MEDIA;

	/* RFC 8843 section 6: port 0, but offered all the same. */
	if (where == MEDIA && aula_text_is(name, "bundle-only"))
		p->media->rejected = false;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
		if (aula_text_is(name, attributes[i].name))
			return attributes[i].where & where ? apply(p, &attributes[i], line) : NULL;
	return NULL;
}

/* RFC 8866 section 5.2: name, session id, version; what is no number counts as 0. */
static void
read_origin(aula_sdp *sdp, aula_text value)
{
	aula_text_word(&value);
	aula_text_number(aula_text_word(&value), UINT64_MAX, &sdp->session_id);
	aula_text_number(aula_text_word(&value), UINT64_MAX, &sdp->session_version);
}

static void
read_name(aula_sdp *sdp, aula_text value)
{
	if (value.length >= sizeof(sdp->name))
		value.length = sizeof(sdp->name) - 1;
	memset(sdp->name, 0, sizeof(sdp->name));
	aula_text_copy(value, sdp->name, sizeof(sdp->name));
}

static void
read_bandwidth(aula_sdp_media *media, aula_text value)
{
	aula_text type = aula_text_cut(&value, ':');
	uint64_t number;

	if (!aula_text_number(value, TIAS_MOST_BPS, &number))
		return;
	if (aula_text_is(type, "AS"))
		media->bandwidth_as_kbps = (int32_t)number;
	else if (aula_text_is(type, "TIAS") && media->bandwidth_as_kbps == 0)
		media->bandwidth_as_kbps = (int32_t)(number / 1000);
}

static const char *
begin_media(parser *p, aula_text value)
{
	p->media = &p->sdp->media[p->media_count++];
	p->media->direction = p->defaults.direction;
	return aula_sdp_read_media(p->media, value);
}

static const char *
read_line(parser *p, aula_text line)
{
	if (line.length == 0)
		return NULL;
	if (line.length < 2 || line.at[1] != '=' || line.at[0] < 'a' || line.at[0] > 'z')
		return "The line is not a letter, = and a value.";
	if (aula_text_has_control(line))
		return "The line has a control character.";
	aula_text value = { .at = line.at + 2, .length = line.length - 2 };

	switch (line.at[0]) {
	case 'a':
		return read_attribute(p, value);
	case 'm':
		return begin_media(p, value);
	case 'b':
		read_bandwidth(p->media, value);
		return NULL;
	case 'o':
		read_origin(p->sdp, value);
		return NULL;
	case 's':
		read_name(p->sdp, value);
		return NULL;
	default:
		return NULL;
	}
}

static void
inherit(aula_sdp_media *media, const aula_sdp_media *defaults)
{
	aula_sdp_inherit_transport(&media->transport, &defaults->transport);
	media->end_of_candidates |= defaults->end_of_candidates;
	if (media->type != AULA_SDP_AUDIO && media->type != AULA_SDP_VIDEO)
		return;
	for (int i = 0; i < AULA_EXTENSION_COUNT; i++) {
		uint8_t id = defaults->extensions.id[i];

		if (media->extensions.id[i] == 0 && id != 0 &&
			!memchr(media->extensions.id, id, sizeof(media->extensions.id)))
			media->extensions.id[i] = id;
	}
}

static const char *
finish(parser *p)
{
	aula_sdp_media *end = p->sdp->media + p->sdp->media_count;

	for (aula_sdp_media *media = p->sdp->media; media < end; media++) {
		inherit(media, &p->defaults);
		aula_sdp_finish_formats(media);
		for (const aula_sdp_media *other = p->sdp->media; other < media; other++)
			if (media->mid[0] && !strcmp(other->mid, media->mid))
				return "Two m-lines have the same a=mid.";
	}
	return NULL;
}

static size_t
count_media(aula_text text)
{
	size_t count = 0;

	while (text.length > 0) {
		aula_text line = aula_text_line(&text);

		count += aula_text_skip(&line, "m=");
	}
	return count;
}

static const char *
read_all(parser *p, aula_text text, size_t *ret_line)
{
	const char *why = NULL;

	while (text.length > 0 && !why) {
		(*ret_line)++;
		why = read_line(p, aula_text_line(&text));
	}
	return why ? why : finish(p);
}

aula_sdp *
aula_sdp_parse(const char *text, size_t length, size_t *ret_line, const char **ret_why)
{
	aula_text rest = { .at = text, .length = length }, first = rest;
	size_t media_count = length > AULA_SDP_BYTES_MOST ? 0 : count_media(rest), line = 1;
	const char *why = NULL;
	parser p = { 0 };

	if (length > AULA_SDP_BYTES_MOST)
		why = "The description is longer than 128 KiB.";
	else if (media_count > AULA_SDP_MEDIA_MOST)
		why = "The description has more than 64 m-lines.";
	else if (!aula_text_is(aula_text_line(&first), "v=0"))
		why = "The description does not begin with v=0.";
	if (!why) {
		line = 0;
		p.sdp = aula_sdp_new(media_count);
		p.media = &p.defaults;
		p.defaults.direction = AULA_SENDRECV;
		why = read_all(&p, rest, &line);
	}
	if (!why)
		return p.sdp;
	aula_sdp_free(p.sdp);
	*ret_line = line;
	*ret_why = why;
	return NULL;
}
