/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/negotiate.h"

#include <stdio.h>
#include <string.h>

static bool
is_rtp(aula_sdp_type type)
{
	return type == AULA_SDP_AUDIO || type == AULA_SDP_VIDEO;
}

/* -- what a client says -- */

static bool
is_bundled(const aula_sdp *sdp, const char *mid)
{
	for (size_t i = 0; i < sdp->bundle_count; i++)
		if (strcmp(sdp->bundle[i], mid) == 0)
			return true;
	return false;
}

static const char *
check_media(const aula_sdp *sdp, const aula_sdp_media *media, bool alone)
{
	if (!alone && !is_bundled(sdp, media->mid))
		return "All media must share one transport: an m-line is not in a=group:BUNDLE.";
	if (!media->rtcp_mux)
		return "RTP and RTCP must share one port: an m-line lacks a=rtcp-mux.";
	if (strstr(media->protocol, "TLS/RTP/SAVP") == NULL)
		return "Media must be encrypted by DTLS-SRTP: an m-line is not UDP/TLS/RTP/SAVPF.";
	if (*media->transport.ufrag == '\0' || *media->transport.pwd == '\0')
		return "An m-line has no a=ice-ufrag and a=ice-pwd.";
	if (media->transport.fingerprint_length == 0)
		return "An m-line has no a=fingerprint.";
	return NULL;
}

bool
aula_negotiate_check(const aula_sdp *sdp, const char **ret_why)
{
	size_t media = 0;

	for (size_t i = 0; i < sdp->media_count; i++)
		media += is_rtp(sdp->media[i].type) && !sdp->media[i].rejected;
	for (size_t i = 0; i < sdp->media_count; i++) {
		const aula_sdp_media *one = &sdp->media[i];
		if (!is_rtp(one->type) || one->rejected)
			continue;
		const char *why = check_media(sdp, one, media == 1);
		if (why != NULL) {
			*ret_why = why;
			return false;
		}
	}
	return true;
}

const aula_sdp_media *
aula_negotiate_carrier(const aula_sdp *sdp, const aula_line *lines)
{
	for (size_t i = 0; i < sdp->media_count; i++)
		if (is_rtp(sdp->media[i].type) && !sdp->media[i].rejected && !lines[i].rejected)
			return &sdp->media[i];
	return NULL;
}

static bool
is_simulcast(const aula_sdp_media *media)
{
	aula_encoding_options encodings[AULA_ENCODINGS_MOST];

	return aula_simulcast_read(media, AULA_RID_ORDER_BY_NAME, encodings) > 1;
}

const aula_sdp_transport *
aula_negotiate_transport(const aula_sdp *sdp, const aula_line *lines)
{
	const aula_sdp_media *carrier = aula_negotiate_carrier(sdp, lines);

	return carrier != NULL ? &carrier->transport : NULL;
}

size_t
aula_negotiate_settled(const aula_line *lines, size_t count)
{
	size_t settled = 0;

	while (settled < count && lines[settled].settled)
		settled++;
	return settled;
}

size_t
aula_negotiate_first(const aula_line *lines, size_t count)
{
	size_t index = 0;

	while (index < count && lines[index].rejected)
		index++;
	return index;
}

bool
aula_negotiate_is_other(const aula_sdp *offer, const aula_sdp_transport *remote)
{
	for (size_t i = 0; i < offer->media_count; i++) {
		const aula_sdp_transport *theirs = &offer->media[i].transport;
		if (theirs->fingerprint_length == 0)
			continue;
		return theirs->fingerprint_length != remote->fingerprint_length ||
		       memcmp(theirs->fingerprint, remote->fingerprint,
			       theirs->fingerprint_length) != 0;
	}
	return false;
}

void
aula_negotiate_preview(const aula_sdp *offer, const aula_offered *about, GArray *streams)
{
	for (size_t i = 0; i < offer->media_count; i++) {
		const aula_sdp_media *media = &offer->media[i];
		if (!is_rtp(media->type))
			continue;
		aula_stream stream = { .index = (uint32_t)i,
			.kind = media->type == AULA_SDP_AUDIO ? AULA_AUDIO : AULA_VIDEO,
			.active = !media->rejected,
			.client_sends = (media->direction & AULA_SENDONLY) != 0,
			.client_receives = (media->direction & AULA_RECVONLY) != 0,
			.simulcast = is_simulcast(media),
			.svc = about->svc >> i & 1 };
		g_strlcpy(stream.mid, media->mid, sizeof stream.mid);
		g_array_append_val(streams, stream);
	}
}

static void
refuse(aula_line *line)
{
	line->rejected = true;
	line->sends = line->receives = false;
	line->terms.codec = AULA_CODEC_NONE;
}

/* What does not depend on whether it is accepted. */
static void
take_over(const aula_sdp_media *media, aula_rid_order order, aula_line *line)
{
	line->type = media->type;
	line->sctp_port = media->sctp_port;
	g_strlcpy(line->protocol, media->protocol, sizeof line->protocol);
	g_strlcpy(line->other, media->other, sizeof line->other);
	g_strlcpy(line->mid, media->mid, sizeof line->mid);
	line->settled = true;
	line->client_sends = (media->direction & AULA_SENDONLY) != 0;
	line->client_receives = (media->direction & AULA_RECVONLY) != 0;
	line->encoding_count = aula_simulcast_read(media, order, line->encodings);
}

bool
aula_negotiate_offered(const aula_sdp *offer, const aula_answer *how, const aula_offered *about,
	aula_line *lines, size_t *count)
{
	size_t accepted = 0;

	for (size_t i = 0; i < offer->media_count && i < AULA_LINES_MOST; i++) {
		const aula_sdp_media *media = &offer->media[i];
		aula_line *line = &lines[i];
		if (i >= *count)
			*line = (aula_line){ 0 };
		else if (line->rejected && !media->rejected)
			*line = (aula_line){ 0 }; /* recycled (RFC 8829 section 5.2.2) */
		take_over(media, about->order, line);
		line->obeys = about->obeys && *line->encodings[0].rid != '\0';
		line->svc = about->svc >> i & 1;
		const char *preference =
			media->type == AULA_SDP_AUDIO ? how->audio_codecs : how->video_codecs;
		if (!is_rtp(media->type) || media->rejected ||
			!aula_terms_choose(media, preference, &line->terms, &line->terms)) {
			refuse(line);
			continue;
		}
		for (size_t k = 0; k < i; k++)
			if (!lines[k].rejected)
				aula_terms_part(&line->terms, &lines[k].terms);
		if (*line->encodings[0].rid == '\0')
			line->terms.extensions.id[AULA_EXTENSION_RID] =
				line->terms.extensions.id[AULA_EXTENSION_REPAIRED_RID] = 0;
		line->receives = line->client_sends && how->receive;
		line->sends = line->client_receives && (how->send || line->sends);
		accepted++;
	}
	*count = MIN(offer->media_count, (size_t)AULA_LINES_MOST);
	return accepted > 0;
}

bool
aula_negotiate_answered(
	const aula_sdp *answer, aula_line *lines, size_t count, const char **ret_why)
{
	if (answer->media_count != count) {
		*ret_why = "The answer has another number of m-lines than the offer.";
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (answer->media[i].type != lines[i].type) {
			*ret_why = "An m-line of the answer is of another kind than in the offer.";
			return false;
		}
	}
	for (size_t i = 0; i < count; i++) {
		const aula_sdp_media *media = &answer->media[i];
		aula_line *line = &lines[i];
		char mid[sizeof line->mid];
		if (line->rejected)
			continue;
		memcpy(mid, line->mid, sizeof mid);
		take_over(media, AULA_RID_ORDER_BY_NAME, line);
		memcpy(line->mid, mid, sizeof mid);
		if (media->rejected || !aula_terms_confirm(media, &line->terms, &line->terms))
			refuse(line);
	}
	return true;
}

/* -- what the server says -- */

static aula_line *
idle_line(aula_line *lines, size_t count, aula_codec codec)
{
	for (size_t i = 0; i < count; i++)
		if (!lines[i].rejected && !lines[i].sends && !lines[i].receives &&
			!lines[i].client_sends &&
			lines[i].type == (aula_sdp_type)aula_codec_kind(codec))
			return &lines[i];
	return NULL;
}

static void
name_line(const aula_line *lines, size_t count, aula_line *line)
{
	bool taken = true;

	for (size_t number = count; taken; number++) {
		snprintf(line->mid, sizeof line->mid, "%zu", number);
		taken = false;
		for (size_t i = 0; i < count && !taken; i++)
			taken = strcmp(lines[i].mid, line->mid) == 0;
	}
}

aula_line *
aula_negotiate_add(aula_line *lines, size_t *count, aula_codec codec, const char *fmtp, bool reuse)
{
	aula_line *line = reuse ? idle_line(lines, *count, codec) : NULL;
	aula_terms others[AULA_LINES_MOST], terms;
	size_t other_count = 0;

	for (size_t i = 0; i < *count; i++)
		if (&lines[i] != line && !lines[i].rejected)
			others[other_count++] = lines[i].terms;
	if ((line == NULL && *count == AULA_LINES_MOST) ||
		!aula_terms_propose(codec, fmtp, others, other_count, &terms))
		return NULL;
	if (line == NULL) {
		line = &lines[*count];
		*line = (aula_line){ .type = (aula_sdp_type)aula_codec_kind(codec),
			.protocol = "UDP/TLS/RTP/SAVPF" };
		name_line(lines, *count, line);
		++*count;
	}
	line->terms = terms;
	line->sends = true;
	line->client_receives = false; /* until it is answered */
	line->ssrc = line->rtx_ssrc = 0;
	return line;
}

static void
describe_source(const aula_line *line, aula_sdp_media *media)
{
	media->ssrc = line->ssrc;
	media->rtx_ssrc = line->terms.rtx != AULA_NO_PAYLOAD_TYPE ? line->rtx_ssrc : 0;
	g_strlcpy(media->cname, line->stream, sizeof media->cname);
	g_strlcpy(media->msid_stream, line->stream, sizeof media->msid_stream);
	g_strlcpy(media->msid_track, line->track, sizeof media->msid_track);
}

static void
describe_line(
	const aula_line *line, bool answer, const aula_negotiate_ours *ours, aula_sdp_media *media)
{
	media->type = line->type;
	media->sctp_port = line->sctp_port;
	g_strlcpy(media->protocol, line->protocol, sizeof media->protocol);
	g_strlcpy(media->other, line->other, sizeof media->other);
	g_strlcpy(media->mid, line->mid, sizeof media->mid);
	media->rejected = line->rejected;
	media->direction = AULA_INACTIVE;
	/* Also on a refused line, where nobody needs it but aiortc. */
	media->transport = ours->transport;
	if (line->rejected)
		return;
	if (line->sends && (!answer || line->client_receives))
		media->direction |= AULA_SENDONLY;
	if (line->receives && (!answer || line->client_sends))
		media->direction |= AULA_RECVONLY;
	media->rtcp_mux = media->rtcp_rsize = true;
	aula_terms_write(&line->terms, media);
	if (line->sends)
		describe_source(line, media);
	if (line->receives && line->client_sends)
		aula_simulcast_write(line->encodings, line->encoding_count, media);
	if (line->type == AULA_SDP_VIDEO && line->receives)
		media->bandwidth_as_kbps = ours->bandwidth_as_kbps;
}

aula_sdp *
aula_negotiate_describe(
	const aula_line *lines, size_t count, bool answer, const aula_negotiate_ours *ours)
{
	aula_sdp *sdp = aula_sdp_new(count);
	bool first = true;

	sdp->session_id = ours->session_id;
	sdp->session_version = ours->version;
	sdp->ice_lite = !ours->full;
	sdp->trickle = sdp->extmap_allow_mixed = true;
	for (size_t i = 0; i < count; i++) {
		aula_sdp_media *media = &sdp->media[i];
		describe_line(&lines[i], answer, ours, media);
		if (media->rejected)
			continue;
		if (*media->mid != '\0')
			g_strlcpy(
				sdp->bundle[sdp->bundle_count++], media->mid, sizeof *sdp->bundle);
		if (!first)
			continue;
		first = false;
		media->end_of_candidates =
			ours->full ? !ours->gathering : ours->candidate_count > 0;
		if (ours->candidate_count == 0)
			continue;
		media->candidate_count =
			MIN(ours->candidate_count, (size_t)AULA_SDP_CANDIDATES_MOST);
		memcpy(media->candidates, ours->candidates,
			media->candidate_count * sizeof *media->candidates);
	}
	return sdp;
}
