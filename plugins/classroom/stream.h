/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_STREAM_H
#define CLASSROOM_STREAM_H

#include "classroom.h"

struct subscription;
LIST_HEAD(subscription_list, subscription);

/** What a person sends on one m-line. It outlives the m-line, so that a moderated stream is still
 * muted when it is published again. */
struct stream {
	struct person *owner;
	char mid[AULA_MID_MOST + 1];
	uint32_t index;
	aula_kind kind;
	char codec[AULA_CODEC_MOST + 1], fmtp[AULA_FMTP_MOST + 1];
	bool simulcast, svc; /* several encodings; layers in one, as its client says */
	char *description;
	aula_track track; /* none: nothing is sent at present */
	bool listed;      /* an m-line of the present PeerConnection, even if it has ended */
	bool moderated;   /* muted by a moderator */
	bool withheld;    /* muted by its owner */
	int64_t since_us; /* when `track` began */
	struct subscription_list subscriptions;
};

/** A stream of `owner` as its m-line is now. NULL: no memory. */
struct stream *stream_new(struct person *owner, const aula_stream *line);
/** Ends its subscriptions. */
void stream_free(struct stream *stream);
/** Takes over what the m-line says; those who subscribe follow a new track. */
void stream_update(struct stream *stream, const aula_stream *line);
/** Nothing is sent any more: those who subscribe are looked after. */
void stream_stop(struct stream *stream);
/** Mutes or unmutes in the server, as its two switches say. */
void stream_apply_mute(const struct stream *stream);
static inline bool
stream_is_active(const struct stream *stream)
{
	return !AULA_NONE(stream->track);
}

/** An item of "streams" of a publication. New reference. */
json_t *stream_summary(const struct stream *stream);
/** "audio" or "video". Static. */
const char *stream_kind_word(aula_kind kind);

#endif
