/* SPDX-License-Identifier: Apache-2.0 */
/* Watching: a subscriber who brings the offer, as a player of WHEP does. Its m-lines are fixed;
 * what they carry is named by the request, or follows whoever teaches. Nothing is ever offered to
 * it. */
#include "watch.h"

#include <string.h>

#include "notify.h"
#include "person.h"
#include "requests.h"
#include "subscriber.h"

/** What somebody wants to see, in order. */
struct wish {
	struct stream *streams[STREAMS_MOST];
	size_t count;
};

static void
wish_for(struct wish *wish, const struct person *person, const char *mid)
{
	for (size_t i = 0; i < person->stream_count && wish->count < STREAMS_MOST; i++)
		if (stream_is_active(person->streams[i]) &&
			(mid == NULL || strcmp(person->streams[i]->mid, mid) == 0))
			wish->streams[wish->count++] = person->streams[i];
}

/* The longest published of those who may moderate; if none does, of all. */
static struct person *
who_teaches(const struct room *room)
{
	const aula_host *host = room->classroom->host;
	struct person *person;

	TAILQ_FOREACH(person, &room->live, live_others)
	{
		if ((host->handles->holds(host, person->client->handle) & MAY_MODERATE) != 0)
			return person;
	}
	return TAILQ_FIRST(&room->live);
}

static aula_code
add_feed(struct wish *wish, struct room *room, aula_call *call, const aula_key *feed,
	const char *mid)
{
	const struct person *person = key_is_given(feed) ? person_find(room, feed) : NULL;
	size_t before = wish->count;

	if (person != NULL && person->live)
		wish_for(wish, person, mid);
	if (wish->count > before)
		return AULA_OK;
	return refuse(
		call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "streams", "There is no such feed.");
}

static aula_code
read_wish(struct wish *wish, struct room *room, aula_call *call, const struct media_args *args)
{
	const struct stream_args *items = args->streams.items;
	aula_code code = AULA_OK;

	for (size_t i = 0; i < args->streams.count && code == AULA_OK; i++)
		code = add_feed(wish, room, call, &items[i].feed, items[i].mid);
	if (args->streams.count > 0)
		return code;
	if (key_is_given(&args->feed))
		return add_feed(wish, room, call, &args->feed, NULL);
	const struct person *person = who_teaches(room);
	if (person == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_NO_SUCH_FEED, NULL,
			"Nobody publishes at present.");
	wish_for(wish, person, NULL);
	return AULA_OK;
}

/* -- m-lines -- */

static void
silence(struct subscription *one)
{
	const aula_host *host = one->subscriber->client->classroom->host;

	if (one->source == NULL)
		return;
	host->media->feed(host, one->sender, (aula_track){ 0 });
	LIST_REMOVE(one, siblings);
	one->source = NULL;
}

/* Each m-line takes the next of its kind; an m-line too many falls silent. */
static size_t
grant(struct subscriber *subscriber, const struct wish *wish)
{
	size_t next[AULA_VIDEO + 1] = { 0 }, carried = 0;
	bool offer;

	for (size_t i = 0; i < subscriber->count; i++) {
		struct subscription *one = subscriber->subscriptions[i];
		size_t *at = &next[one->kind];
		while (*at < wish->count && wish->streams[*at]->kind != one->kind)
			++*at;
		if (*at == wish->count) {
			silence(one);
			continue;
		}
		struct stream *source = wish->streams[(*at)++];
		if (one->source == source ||
			subscriber_switch(subscriber, one, source, &offer) == AULA_OK)
			carried++;
	}
	return carried;
}

static const char *
codec_of(const struct wish *wish, aula_kind kind, const char *otherwise)
{
	for (size_t i = 0; i < wish->count; i++)
		if (wish->streams[i]->kind == kind)
			return wish->streams[i]->codec;
	return otherwise;
}

static bool
is_taken(const struct subscriber *subscriber, const aula_stream *line)
{
	for (size_t i = 0; i < subscriber->count; i++)
		if (AULA_SAME(subscriber->subscriptions[i]->sender, line->sender))
			return true;
	return false;
}

static aula_code
answer(struct subscriber *subscriber, aula_call *call, const struct wish *wish)
{
	const struct room *room = subscriber->room;
	const aula_host *host = room->classroom->host;
	aula_stream lines[STREAMS_MOST];

	aula_code code = host->peers->answer(host, call->from,
		&(aula_answer){ .size = sizeof(aula_answer),
			.send = true,
			.audio_codecs = codec_of(wish, AULA_AUDIO, room->audio_codecs),
			.video_codecs = codec_of(wish, AULA_VIDEO, room->video_codecs) },
		&call->jsep);
	if (code != AULA_OK)
		return code;
	size_t count = host->peers->streams(host, call->from, lines, sizeof *lines, STREAMS_MOST);
	for (size_t i = 0; i < count && i < STREAMS_MOST; i++)
		if (!AULA_NONE(lines[i].sender) && !is_taken(subscriber, &lines[i]))
			subscriber_take(subscriber, &lines[i]);
	return AULA_OK;
}

aula_code
watcher_answer(struct subscriber *subscriber, aula_call *call)
{
	struct wish wish = { .count = 0 };

	if (!subscriber->watches)
		return refuse(call, AULA_WRONG_STATE, ERROR_INVALID_SDP, "jsep",
			"It is the server that offers to this subscriber.");
	for (size_t i = 0; i < subscriber->count; i++)
		if (subscriber->subscriptions[i]->source != NULL)
			wish.streams[wish.count++] = subscriber->subscriptions[i]->source;
	aula_code code = answer(subscriber, call, &wish);
	return code == AULA_UNSUPPORTED ? refuse(call, code, ERROR_INVALID_SDP, "jsep", NULL)
					: code;
}

aula_code
watcher_join(struct room *room, aula_call *call, const struct media_args *args)
{
	const aula_host *host = room->classroom->host;
	struct wish wish = { .count = 0 };
	aula_member member;

	aula_code code = read_wish(&wish, room, call, args);
	if (code == AULA_OK)
		code = host->rooms->join(host, room->id, call->from,
			&(aula_join){ .size = sizeof(aula_join), .hidden = true }, &member);
	if (code != AULA_OK)
		return code;
	struct subscriber *subscriber = subscriber_new(call->state, room);
	if (subscriber == NULL) {
		host->rooms->leave(host, call->from);
		return AULA_INTERNAL;
	}
	subscriber->watches = true;
	subscriber->follows = args->streams.count == 0 && !key_is_given(&args->feed);
	code = answer(subscriber, call, &wish);
	if (code == AULA_OK && grant(subscriber, &wish) == 0)
		code = AULA_UNSUPPORTED;
	if (code != AULA_OK) {
		subscriber_free(subscriber);
		host->peers->close(host, call->from, "refused");
		return code == AULA_UNSUPPORTED
			       ? refuse(call, code, ERROR_INVALID_SDP, "jsep",
					 "The offer receives nothing of what there is.")
			       : code;
	}
	json_object_set_new(call->reply, "videoroom", json_string("attached"));
	json_object_set(call->reply, "room", room->name);
	json_object_set_new(call->reply, "streams", subscriber_streams(subscriber));
	emit(room->classroom, room->id, call->from, "subscribing",
		json_pack("{s:O}", "room", room->name));
	return AULA_OK;
}

void
watch_follow(struct room *room)
{
	struct wish wish = { .count = 0 };
	struct subscriber *subscriber;

	const struct person *person = who_teaches(room);
	if (person == NULL)
		return;
	wish_for(&wish, person, NULL);
	TAILQ_FOREACH(subscriber, &room->subscribers, others)
	{
		if (subscriber->follows)
			grant(subscriber, &wish);
	}
}

void
watcher_end(struct subscriber *subscriber, const char *reason)
{
	struct room *room = subscriber->room;
	const aula_host *host = room->classroom->host;
	aula_handle handle = subscriber->client->handle;

	subscriber_free(subscriber);
	json_t *event = notify_event(room);
	json_object_set_new(event, "left", json_string("ok"));
	json_object_set_new(event, "reason", json_string(reason));
	notify_one(room, handle, event);
	host->peers->close(host, handle, reason);
}
