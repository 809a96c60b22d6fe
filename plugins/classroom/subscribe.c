/* SPDX-License-Identifier: Apache-2.0 */
/* What a subscriber asks for. */
#include "batch.h"
#include "person.h"
#include "viewer.h"

/* -- subscribe, unsubscribe, update -- */

static void
reply(aula_call *call, const char *word, const struct room *room)
{
	json_object_set_new(call->reply, "videoroom", json_string(word));
	json_object_set(call->reply, "room", room->name);
}

static aula_code
subscriber_of(aula_call *call, struct subscriber **ret_subscriber)
{
	const struct client *client = call->state;

	if (client->subscriber == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL,
			"Join a room as a subscriber first.");
	*ret_subscriber = client->subscriber;
	subscriber_settle(client->subscriber);
	return AULA_OK;
}

static aula_code
finish_update(struct batch *batch, aula_call *call, const char *event)
{
	struct subscriber *subscriber = batch->subscriber;
	struct room *room = subscriber->room;

	if (batch_failed(batch, call))
		return batch_refuse(batch, call);
	if (batch->changed == 0) {
		reply(call, "updated", room);
		return AULA_OK;
	}
	aula_code code = subscriber_offer(subscriber, &call->jsep);
	if (code == AULA_OK) {
		reply(call, "updated", room);
		json_object_set_new(call->reply, "streams", subscriber_streams(subscriber));
	} else if (code == AULA_WRONG_STATE) {
		reply(call, "updating", room);
	} else {
		return code;
	}
	emit(room->classroom, room->id, call->from, event, json_pack("{s:O}", "room", room->name));
	return AULA_OK;
}

aula_code
run_subscribe(void *self, aula_call *call, const void *args)
{
	const struct subscribe_args *subscribe = args;
	struct subscriber *subscriber;
	(void)self;

	aula_code code = subscriber_of(call, &subscriber);
	if (code == AULA_OK)
		code = batch_check(call, &subscribe->streams);
	if (code != AULA_OK)
		return code;
	struct batch batch = batch_begin(subscriber);
	batch_add(&batch, &subscribe->streams);
	return finish_update(&batch, call, "subscribed");
}

aula_code
run_unsubscribe(void *self, aula_call *call, const void *args)
{
	const struct subscribe_args *unsubscribe = args;
	struct subscriber *subscriber;
	(void)self;

	aula_code code = subscriber_of(call, &subscriber);
	if (code != AULA_OK)
		return code;
	struct batch batch = batch_begin(subscriber);
	batch_remove(&batch, &unsubscribe->streams);
	return finish_update(&batch, call, "unsubscribed");
}

aula_code
run_update(void *self, aula_call *call, const void *args)
{
	const struct subscribe_args *update = args;
	struct subscriber *subscriber;
	(void)self;

	aula_code code = subscriber_of(call, &subscriber);
	if (code == AULA_OK)
		code = batch_check(call, &update->subscribe);
	if (code != AULA_OK)
		return code;
	if (update->subscribe.count + update->unsubscribe.count == 0)
		return refuse(call, AULA_MISSING, ERROR_MISSING, "subscribe, unsubscribe", NULL);
	struct batch batch = batch_begin(subscriber);
	batch_remove(&batch, &update->unsubscribe); /* first: what they free is used again */
	batch_add(&batch, &update->subscribe);
	return finish_update(&batch, call, "updated");
}

/* -- joining -- */

static aula_code
check_join(struct room *room, aula_call *call, const struct media_args *args)
{
	const struct person *person;

	if ((call->holds & MAY_SUBSCRIBE) == 0)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, NULL,
			"You may not subscribe here.");
	aula_code code = room_check_entry(room, call, args->token, args->pin);
	if (code != AULA_OK || !room->require_private_id)
		return code;
	TAILQ_FOREACH(person, &room->people, others)
	{
		if ((int64_t)person->private_id == args->private_id)
			return AULA_OK;
	}
	return refuse(call, AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED, "private_id",
		"It is nobody's in the room.");
}

static void
add_joined(struct batch *batch, aula_call *call, const struct media_args *args)
{
	batch_add(batch, &args->streams);
	if (args->streams.count > 0 || !key_is_given(&args->feed))
		return;
	/* How clients asked for one feed before there were streams. */
	struct stream_args item = { .feed = args->feed,
		.send = AULA_UNSET,
		.keyframe = AULA_UNSET,
		.quality = args->quality };
	batch_add_one(batch, &item,
		(args->offer_audio != 0 ? 1u << AULA_AUDIO : 0) |
			(args->offer_video != 0 ? 1u << AULA_VIDEO : 0));
	json_object_set_new(call->reply, "warning", json_string("deprecated_api"));
	json_object_set_new(call->reply, "id", key_to_json(&args->feed));
}

static void
give_up(struct subscriber *subscriber)
{
	while (subscriber->count > 0)
		subscriber_remove(subscriber, subscriber->subscriptions[subscriber->count - 1]);
	subscriber_free(subscriber);
}

aula_code
subscriber_join(struct classroom *classroom, aula_call *call, const struct media_args *args)
{
	struct room *room;

	aula_code code = room_of_call(classroom, call, &args->room, &room);
	if (code == AULA_OK)
		code = check_join(room, call, args);
	if (code != AULA_OK)
		return code;
	if (call->offer != NULL)
		return watcher_join(room, call, args);
	struct subscriber *subscriber = subscriber_new(call->state, room);
	if (subscriber == NULL)
		return AULA_INTERNAL;
	subscriber->private_id = args->private_id;
	subscriber->auto_update = args->auto_update != 0;
	struct batch batch = batch_begin(subscriber);
	add_joined(&batch, call, args);
	if (batch_failed(&batch, call)) {
		give_up(subscriber);
		return batch_refuse(&batch, call);
	}
	if (subscriber->count == 0) {
		give_up(subscriber);
		return refuse(call, AULA_UNSUPPORTED, ERROR_INVALID_SDP, "streams",
			"Can't offer an SDP with no stream.");
	}
	code = subscriber_offer(subscriber, &call->jsep);
	if (code != AULA_OK) {
		give_up(subscriber);
		return code;
	}
	reply(call, "attached", room);
	json_object_set_new(call->reply, "streams", subscriber_streams(subscriber));
	emit(classroom, room->id, call->from, "subscribing",
		json_pack("{s:O}", "room", room->name));
	return AULA_OK;
}

/* -- start, pause, configure -- */

static void
set_paused(struct subscriber *subscriber, bool paused)
{
	if (subscriber->paused == paused)
		return;
	subscriber->paused = paused;
	for (size_t i = 0; i < subscriber->count; i++)
		subscription_apply(subscriber->subscriptions[i]);
}

/* A viewer starts and pauses as a subscriber does. False: it is none. */
static bool
pause_viewer(aula_call *call, bool paused)
{
	const struct client *client = call->state;

	if (client->viewer == NULL)
		return false;
	if (client->viewer->paused != paused)
		viewer_pause(client->viewer, paused);
	reply(call, "event", client->viewer->room);
	json_object_set_new(call->reply, paused ? "paused" : "started", json_string("ok"));
	return true;
}

aula_code
run_start(void *self, aula_call *call, const void *args)
{
	struct subscriber *subscriber;
	(void)self, (void)args;

	if (pause_viewer(call, false))
		return AULA_OK;

	aula_code code = subscriber_of(call, &subscriber);
	if (code != AULA_OK)
		return code;
	set_paused(subscriber, false);
	reply(call, "event", subscriber->room);
	json_object_set_new(call->reply, "started", json_string("ok"));
	return AULA_OK;
}

aula_code
run_pause(void *self, aula_call *call, const void *args)
{
	struct subscriber *subscriber;
	(void)self, (void)args;

	if (pause_viewer(call, true))
		return AULA_OK;
	aula_code code = subscriber_of(call, &subscriber);
	if (code != AULA_OK)
		return code;
	set_paused(subscriber, true);
	reply(call, "event", subscriber->room);
	json_object_set_new(call->reply, "paused", json_string("ok"));
	return AULA_OK;
}

static void
set_send(struct subscription *subscription, aula_tristate send)
{
	if (send == AULA_UNSET || subscription->send == (bool)send)
		return;
	subscription->send = send;
	subscription_apply(subscription);
}

static aula_code
set_streams(struct subscriber *subscriber, aula_call *call, const struct media_args *args)
{
	const struct stream_args *items = args->streams.items;

	for (size_t i = 0; i < args->streams.count; i++)
		if (items[i].mid == NULL || subscriber_by_mid(subscriber, items[i].mid) == NULL)
			return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "streams.mid",
				"There is no such mid.");
	for (size_t i = 0; i < subscriber->count; i++) {
		struct subscription *one = subscriber->subscriptions[i];
		set_send(one, one->kind == AULA_AUDIO ? args->audio : args->video);
		subscription_want(one, &args->quality);
	}
	for (size_t i = 0; i < args->streams.count; i++) {
		struct subscription *one = subscriber_by_mid(subscriber, items[i].mid);
		set_send(one, items[i].send);
		subscription_want(one, &items[i].quality);
	}
	return AULA_OK;
}

aula_code
subscriber_configure(struct subscriber *subscriber, aula_call *call, const struct media_args *args)
{
	subscriber_settle(subscriber);
	aula_code code = set_streams(subscriber, call, args);
	if (code == AULA_OK && call->offer != NULL)
		code = watcher_answer(subscriber, call);
	if (code != AULA_OK)
		return code;
	if (args->restart || args->update) {
		subscriber->restart |= args->restart;
		code = subscriber_offer(subscriber, &call->jsep);
		if (code != AULA_OK && code != AULA_WRONG_STATE)
			return code; /* while the last offer is open it follows as `updated` */
	}
	reply(call, "event", subscriber->room);
	json_object_set_new(call->reply, "configured", json_string("ok"));
	return AULA_OK;
}

/* -- switch -- */

static void
switch_one(struct batch *batch, const struct stream_args *item, struct subscription *subscription,
	struct stream *source)
{
	bool offer = false;

	subscription_want(subscription, &item->quality);
	if (subscription->source == source)
		return;
	if (subscriber_switch(batch->subscriber, subscription, source, &offer) != AULA_OK) {
		batch_blame(batch, item, ERROR_NO_SUCH_FEED, "The stream has just ended.");
		return;
	}
	batch->changed++;
	if (offer)
		subscriber_make_due(batch->subscriber);
}

static void
switch_item(struct batch *batch, const struct stream_args *item)
{
	batch->asked++;
	const struct person *person = batch_feed(batch, item);
	if (person == NULL)
		return;
	if (item->mid == NULL || item->sub_mid == NULL) {
		batch_blame(batch, item, ERROR_MISSING, "The item needs mid and sub_mid.");
		return;
	}
	struct stream *source = batch_stream(batch, item, person);
	if (source == NULL)
		return;
	struct subscription *subscription = subscriber_by_mid(batch->subscriber, item->sub_mid);
	if (subscription == NULL)
		batch_blame(batch, item, ERROR_NO_SUCH_FEED, "There is no such sub_mid.");
	else if (subscription->kind != source->kind)
		batch_blame(batch, item, ERROR_INVALID, "The two are of different kinds.");
	else
		switch_one(batch, item, subscription, source);
}

/* Older clients name a feed only: each m-line takes its first stream of the same kind. */
static void
switch_all(struct batch *batch, const aula_key *feed)
{
	struct stream_args item = { .feed = *feed, .quality = QUALITY_UNSAID };
	batch->asked++;
	const struct person *person = batch_feed(batch, &item);

	for (size_t i = 0; person != NULL && i < batch->subscriber->count; i++) {
		struct subscription *one = batch->subscriber->subscriptions[i];
		for (size_t j = 0; j < person->stream_count; j++) {
			if (!stream_is_active(person->streams[j]) ||
				person->streams[j]->kind != one->kind)
				continue;
			switch_one(batch, &item, one, person->streams[j]);
			break;
		}
	}
}

aula_code
run_switch(void *self, aula_call *call, const void *args)
{
	const struct subscribe_args *change = args;
	const struct stream_args *items = change->streams.items;
	struct subscriber *subscriber;
	(void)self;

	aula_code code = subscriber_of(call, &subscriber);
	if (code == AULA_OK)
		code = batch_check(call, &change->streams);
	if (code != AULA_OK)
		return code;
	if (change->streams.count == 0 && !key_is_given(&change->feed))
		return refuse(call, AULA_MISSING, ERROR_MISSING, "streams", NULL);
	struct batch batch = batch_begin(subscriber);
	for (size_t i = 0; i < change->streams.count; i++)
		switch_item(&batch, &items[i]);
	if (change->streams.count == 0)
		switch_all(&batch, &change->feed);
	if (batch_failed(&batch, call))
		return batch_refuse(&batch, call);
	struct room *room = subscriber->room;
	reply(call, "event", room);
	json_object_set_new(call->reply, "switched", json_string("ok"));
	json_object_set_new(call->reply, "changes", json_integer((json_int_t)batch.changed));
	json_object_set_new(call->reply, "streams", subscriber_streams(subscriber));
	emit(room->classroom, room->id, call->from, "switched",
		json_pack("{s:O, s:I}", "room", room->name, "changes", (json_int_t)batch.changed));
	return AULA_OK;
}
