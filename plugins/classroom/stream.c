/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "person.h"
#include "subscriber.h"

const char *
stream_kind_word(aula_kind kind)
{
	return kind == AULA_AUDIO ? "audio" : "video";
}

struct stream *
stream_new(struct person *owner, const aula_stream *line)
{
	struct stream *stream = calloc(1, sizeof *stream);

	if (stream == NULL)
		return NULL;
	stream->owner = owner;
	stream->kind = line->kind;
	stream->moderated = (owner->muted_kinds & (1u << line->kind)) != 0;
	memcpy(stream->mid, line->mid, sizeof stream->mid);
	LIST_INIT(&stream->subscriptions);
	stream_update(stream, line);
	return stream;
}

void
stream_free(struct stream *stream)
{
	stream_stop(stream);
	free(stream->description);
	free(stream);
}

void
stream_apply_mute(const struct stream *stream)
{
	const aula_host *host = stream->owner->client->classroom->host;

	if (stream_is_active(stream))
		host->media->mute(host, stream->track, stream->moderated || stream->withheld);
}

void
stream_update(struct stream *stream, const aula_stream *line)
{
	struct subscription *one, *next;
	bool changed = !AULA_SAME(stream->track, line->track);

	stream->listed = true;
	stream->index = line->index;
	memcpy(stream->codec, line->codec, sizeof stream->codec);
	memcpy(stream->fmtp, line->fmtp, sizeof stream->fmtp);
	stream->simulcast = line->simulcast;
	stream->svc = line->svc;
	stream->track = line->track;
	if (!changed)
		return;
	stream->since_us = stream->owner->client->classroom->host->timers->now_us();
	stream_apply_mute(stream);
	for (one = LIST_FIRST(&stream->subscriptions); one != NULL; one = next) {
		next = LIST_NEXT(one, siblings);
		bool offer = false;
		if (subscriber_switch(one->subscriber, one, stream, &offer) != AULA_OK)
			subscriber_orphan(one);
		else if (offer)
			subscriber_make_due(one->subscriber);
	}
}

void
stream_stop(struct stream *stream)
{
	stream->track = (aula_track){ 0 };
	stream->withheld = false;
	for (struct subscription *one; (one = LIST_FIRST(&stream->subscriptions)) != NULL;)
		subscriber_orphan(one);
}

static bool
fmtp_has(const char *fmtp, const char *parameter)
{
	const char *at = strstr(fmtp, parameter);
	size_t length = strlen(parameter);

	return at != NULL && (at == fmtp || strchr("; ", at[-1]) != NULL) &&
	       (at[length] == '\0' || strchr("; ", at[length]) != NULL);
}

/* The value of `name`, such as "profile-level-id=", as a JSON text; NULL when it is not there. */
static json_t *
fmtp_value(const char *fmtp, const char *name)
{
	const char *at = strstr(fmtp, name);

	if (at == NULL || (at != fmtp && strchr("; ", at[-1]) == NULL))
		return NULL;
	at += strlen(name);
	return json_stringn(at, strcspn(at, "; "));
}

json_t *
stream_summary(const struct stream *stream)
{
	json_t *item = json_pack("{s:s, s:I, s:s}", "type", stream_kind_word(stream->kind),
		"mindex", (json_int_t)stream->index, "mid", stream->mid);

	if (stream->description != NULL)
		json_object_set_new(item, "description", json_string(stream->description));
	if (stream->moderated)
		json_object_set_new(item, "moderated", json_true());
	if (!stream_is_active(stream)) {
		json_object_set_new(item, "disabled", json_true());
		return item;
	}
	json_object_set_new(item, "codec", json_string(stream->codec));
	if (stream->simulcast)
		json_object_set_new(item, "simulcast", json_true());
	if (stream->svc)
		json_object_set_new(item, "svc", json_true());
	if (strcmp(stream->codec, "opus") == 0) {
		if (fmtp_has(stream->fmtp, "stereo=1"))
			json_object_set_new(item, "stereo", json_true());
		if (fmtp_has(stream->fmtp, "useinbandfec=1"))
			json_object_set_new(item, "fec", json_true());
		if (fmtp_has(stream->fmtp, "usedtx=1"))
			json_object_set_new(item, "dtx", json_true());
	} else if (strcmp(stream->codec, "h264") == 0) {
		json_t *profile = fmtp_value(stream->fmtp, "profile-level-id=");
		if (profile != NULL)
			json_object_set_new(item, "h264_profile", profile);
	} else if (strcmp(stream->codec, "vp9") == 0) {
		json_t *profile = fmtp_value(stream->fmtp, "profile-id=");
		if (profile != NULL)
			json_object_set_new(item, "vp9_profile", profile);
	}
	return item;
}
