/* SPDX-License-Identifier: Apache-2.0 */
#include "host/events.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "host/queue-file.h"
#include "host/sink.h"
#include "runtime/worker.h"

/* Counted: a thread that hangs and comes back still looks at it. */
struct handler {
	_Atomic unsigned refs;
	char *name;
	aula_event_ops ops;
	void *self;
	uint32_t mask;
	aula_worker *worker;
	uint64_t taken, dropped;
	uint64_t untold;        /* dropped, and the handler does not know yet */
	aula_sink *sink;        /* NULL: its `event` is called */
	aula_queue_file *queue; /* what waits for the sink's disk; NULL: none */
	/* The thread's to add, control's to take: what found no room on disk, and how many of those
	 * have to be told (one that tells of others counts as they do). */
	_Atomic uint64_t spilled, untold_spilled;
};

struct aula_fanout {
	size_t queue_most, queue_bytes;
	GPtrArray *handlers;
	uint32_t wanted;
	uint64_t seq;
	int64_t epoch_us;
	uint32_t kept_types;
	char *folder; /* of sinks */
	int64_t spool_bytes;
	GQueue kept; /* of struct text, the oldest first */
	size_t kept_most;
};

/* Shared by all handlers that get it. */
struct text {
	_Atomic unsigned refs;
	size_t length;
	char *bytes; /* jansson's */
};

/* One event on its way to one handler. */
struct delivery {
	aula_work work;
	struct handler *handler;
	struct text *text;
	uint64_t tells; /* of so many that were dropped */
};

static void
text_unref(struct text *text)
{
	if (atomic_fetch_sub(&text->refs, 1) > 1)
		return;
	free(text->bytes);
	g_free(text);
}

static void
handler_unref(struct handler *handler)
{
	if (atomic_fetch_sub(&handler->refs, 1) > 1)
		return;
	aula_queue_file_close(handler->queue);
	g_free(handler->name);
	g_free(handler);
}

static void
delivery_free(aula_work *work)
{
	struct delivery *delivery = (struct delivery *)work;

	text_unref(delivery->text);
	handler_unref(delivery->handler);
	g_free(delivery);
}

static void
deliver(aula_work *work)
{
	struct delivery *delivery = (struct delivery *)work;
	struct handler *handler = delivery->handler;
	const struct text *text = delivery->text;

	if (handler->sink == NULL) {
		handler->ops.event(handler->self, text->bytes, text->length);
	} else if (!aula_sink_take(handler->sink, text->bytes, text->length)) {
		atomic_fetch_add(&handler->spilled, delivery->tells == 0);
		atomic_fetch_add(&handler->untold_spilled, MAX(delivery->tells, 1));
	}
	if (handler->queue != NULL)
		aula_queue_file_done(handler->queue, text->length);
	delivery_free(work);
}

static bool
post(struct handler *handler, struct text *text, uint64_t tells)
{
	if (handler->queue != NULL &&
		!aula_queue_file_put(handler->queue, text->bytes, text->length))
		return false;
	struct delivery *delivery = g_new(struct delivery, 1);
	*delivery = (struct delivery){
		.work = { .bytes = text->length, .run = deliver, .discard = delivery_free },
		.handler = handler,
		.text = text,
		.tells = tells,
	};
	atomic_fetch_add(&handler->refs, 1);
	atomic_fetch_add(&text->refs, 1);
	if (!aula_worker_post(handler->worker, &delivery->work)) {
		delivery_free(&delivery->work);
		if (handler->queue != NULL)
			aula_queue_file_take_back(handler->queue, text->length);
		return false;
	}
	handler->taken++;
	return true;
}

static struct text *
to_text(aula_fanout *fanout, const aula_event *event)
{
	json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:s}", "seq", (json_int_t)++fanout->seq,
		"epoch", (json_int_t)fanout->epoch_us, "time", (json_int_t)g_get_real_time(),
		"type", (json_int_t)event->type, "name", event->name);

	if (event->session_id != 0)
		json_object_set_new(
			json, "session_id", json_integer((json_int_t)event->session_id));
	if (event->handle_id != 0)
		json_object_set_new(json, "handle_id", json_integer((json_int_t)event->handle_id));
	if (event->room_number > 0)
		json_object_set_new(json, "room", json_integer(event->room_number));
	else if (event->room != NULL)
		json_object_set_new(json, "room", json_string(event->room));
	if (event->user != NULL && *event->user != '\0')
		json_object_set_new(json, "user", json_string(event->user));
	if (event->event != NULL)
		json_object_set(json, "event", event->event);
	else
		json_object_set_new(json, "event", json_object());
	struct text *text = g_new(struct text, 1);
	char *bytes = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	g_assert(bytes != NULL);
	*text = (struct text){ 1, strlen(bytes), bytes };
	return text;
}

/* Tells the handler what it missed, before it gets what comes next. */
static void
tell_dropped(aula_fanout *fanout, struct handler *handler)
{
	json_t *data = json_pack("{s:I}", "count", (json_int_t)handler->untold);
	aula_event event = { .type = AULA_EVENT_CORE, .name = "dropped", .event = data };
	struct text *text = to_text(fanout, &event);

	json_decref(data);
	bool taken = post(handler, text, handler->untold);
	text_unref(text);
	if (!taken)
		return;
	aula_log(AULA_LOG_WARNING, "events", "queue has room again handler=%s dropped=%" PRIu64,
		handler->name, handler->untold);
	handler->untold = 0;
}

static void
take_spilled(struct handler *handler)
{
	handler->dropped += atomic_exchange(&handler->spilled, 0);
	handler->untold += atomic_exchange(&handler->untold_spilled, 0);
}

static bool
has_room(const struct handler *handler)
{
	return handler->sink == NULL || !aula_sink_full(handler->sink);
}

aula_fanout *
aula_fanout_new(size_t queue_most, size_t queue_bytes)
{
	aula_fanout *fanout = g_new0(aula_fanout, 1);

	fanout->queue_most = queue_most;
	fanout->queue_bytes = queue_bytes;
	fanout->handlers = g_ptr_array_new();
	fanout->epoch_us = g_get_real_time();
	return fanout;
}

void
aula_fanout_spool(aula_fanout *fanout, const char *folder, int64_t bytes_most)
{
	g_free(fanout->folder);
	fanout->folder = g_strdup(folder);
	fanout->spool_bytes = bytes_most;
}

/* What a killed server had not put on disk yet. */
static void
keep_left(void *data, const char *text, size_t length)
{
	struct handler *handler = data;

	if (aula_sink_take(handler->sink, text, length))
		return;
	handler->spilled++;
	handler->untold_spilled++;
}

/* Without one a kill takes what waits in memory; that is no reason not to serve. */
static aula_queue_file *
open_queue(const aula_fanout *fanout, struct handler *handler)
{
	g_autofree char *path = g_strconcat(fanout->folder, "/", handler->name, ".queue", NULL);
	g_autoptr(GError) error = NULL;
	aula_queue_file *queue = aula_queue_file_open(
		path, fanout->queue_most, fanout->queue_bytes, keep_left, handler, &error);

	if (queue == NULL)
		aula_log(AULA_LOG_WARNING, "events",
			"events that wait in memory would not outlive a kill handler=%s: %s",
			handler->name, error->message);
	return queue;
}

bool
aula_fanout_add(aula_fanout *fanout, const char *name, const aula_event_ops *ops, void *self,
	GError **error)
{
	aula_sink *sink = NULL;

	if (ops->mask != NULL && ops->mask(self) == 0)
		return true;
	if (AULA_HAS(ops, deliver)) {
		g_assert(fanout->folder != NULL);
		g_autofree char *folder = g_build_filename(fanout->folder, name, NULL);
		sink = aula_sink_new(name, folder, fanout->spool_bytes, ops, self, error);
		if (sink == NULL)
			return false;
	}
	struct handler *handler = g_new0(struct handler, 1);
	handler->refs = 1;
	handler->name = g_strdup(name);
	handler->ops = *ops;
	handler->self = self;
	handler->sink = sink;
	handler->mask = ops->mask != NULL ? ops->mask(self) : UINT32_MAX;
	if (sink != NULL)
		handler->queue = open_queue(fanout, handler);
	handler->worker = aula_worker_new(name, fanout->queue_most, fanout->queue_bytes);
	fanout->wanted |= handler->mask;
	g_ptr_array_add(fanout->handlers, handler);
	return true;
}

void
aula_fanout_keep(aula_fanout *fanout, uint32_t types, size_t count)
{
	fanout->kept_types = types;
	fanout->kept_most = count;
	fanout->wanted |= types;
}

static void
keep(aula_fanout *fanout, struct text *text)
{
	atomic_fetch_add(&text->refs, 1);
	g_queue_push_tail(&fanout->kept, text);
	if (fanout->kept.length > fanout->kept_most)
		text_unref(g_queue_pop_head(&fanout->kept));
}

json_t *
aula_fanout_recent(const aula_fanout *fanout, size_t most)
{
	json_t *all = json_array();
	const GList *link = fanout->kept.head;

	for (size_t skip = fanout->kept.length > most ? fanout->kept.length - most : 0; skip > 0;
		skip--)
		link = link->next;
	for (; link != NULL; link = link->next) {
		const struct text *text = link->data;
		json_array_append_new(all, json_loadb(text->bytes, text->length, 0, NULL));
	}
	return all;
}

bool
aula_fanout_wants(const aula_fanout *fanout, uint32_t type)
{
	return (fanout->wanted & type) != 0;
}

static void
catch_up(aula_fanout *fanout, struct handler *handler)
{
	if (handler->worker == NULL)
		return;
	take_spilled(handler);
	if (handler->untold > 0 && has_room(handler))
		tell_dropped(fanout, handler);
}

static void
emit_to(struct handler *handler, struct text *text)
{
	if (handler->untold == 0 && has_room(handler) && post(handler, text, 0))
		return;
	handler->dropped++;
	if (handler->untold++ == 0)
		aula_log(AULA_LOG_WARNING, "events", "queue is full, events are dropped handler=%s",
			handler->name);
}

void
aula_fanout_emit(aula_fanout *fanout, const aula_event *event)
{
	if (!aula_fanout_wants(fanout, event->type)) {
		fanout->seq++;
		return;
	}
	/* Before this event has its number: numbers grow. */
	for (size_t i = 0; i < fanout->handlers->len; i++)
		catch_up(fanout, fanout->handlers->pdata[i]);
	struct text *text = to_text(fanout, event);
	for (size_t i = 0; i < fanout->handlers->len; i++) {
		struct handler *handler = fanout->handlers->pdata[i];
		if ((handler->mask & event->type) != 0 && handler->worker != NULL)
			emit_to(handler, text);
	}
	if ((fanout->kept_types & event->type) != 0)
		keep(fanout, text);
	text_unref(text);
}

static void
replay_free(aula_work *work)
{
	struct delivery *delivery = (struct delivery *)work;

	handler_unref(delivery->handler);
	g_free(delivery);
}

static void
replay(aula_work *work)
{
	struct delivery *delivery = (struct delivery *)work;

	aula_sink_replay(delivery->handler->sink);
	replay_free(work);
}

aula_code
aula_fanout_replay(aula_fanout *fanout, const char *name)
{
	for (size_t i = 0; i < fanout->handlers->len; i++) {
		struct handler *handler = fanout->handlers->pdata[i];
		if (strcmp(handler->name, name) != 0 || handler->sink == NULL ||
			handler->worker == NULL)
			continue;
		struct delivery *delivery = g_new0(struct delivery, 1);
		delivery->work = (aula_work){ .run = replay, .discard = replay_free };
		delivery->handler = handler;
		atomic_fetch_add(&handler->refs, 1);
		if (aula_worker_post(handler->worker, &delivery->work))
			return AULA_OK;
		replay_free(&delivery->work);
		return AULA_FULL;
	}
	return AULA_NOT_FOUND;
}

static void
count_sink(json_t *counted, aula_sink *sink)
{
	static const char *const words[] = { "closed", "half-open", "open" };
	aula_sink_counts counts;

	aula_sink_count(sink, &counts);
	json_object_set_new(counted, "delivered", json_integer((json_int_t)counts.delivered));
	json_object_set_new(counted, "refused", json_integer((json_int_t)counts.refused));
	json_object_set_new(counted, "failures", json_integer((json_int_t)counts.failures));
	json_object_set_new(
		counted, "sync_failures", json_integer((json_int_t)counts.sync_failures));
	json_object_set_new(counted, "spooled", json_integer((json_int_t)counts.waiting));
	json_object_set_new(counted, "spool_bytes", json_integer(counts.bytes));
	json_object_set_new(counted, "breaker", json_string(words[counts.breaker]));
}

json_t *
aula_fanout_counted(const aula_fanout *fanout)
{
	json_t *all = json_object();

	for (size_t i = 0; i < fanout->handlers->len; i++) {
		const struct handler *handler = fanout->handlers->pdata[i];
		size_t waiting = handler->worker != NULL ? aula_worker_waiting(handler->worker) : 0;
		uint64_t spilled = atomic_load(&handler->spilled);
		json_t *one = json_pack("{s:I, s:I, s:I}", "delivered",
			(json_int_t)(handler->taken - waiting), "waiting", (json_int_t)waiting,
			"dropped", (json_int_t)(handler->dropped + spilled));
		if (handler->sink != NULL)
			count_sink(one, handler->sink);
		json_object_set_new(all, handler->name, one);
	}
	return all;
}

void
aula_fanout_stop(aula_fanout *fanout, int64_t deadline_ms,
	void (*hangs)(void *data, const char *name), void *data)
{
	int64_t until_us = g_get_monotonic_time() + deadline_ms * 1000;

	fanout->wanted = 0;
	for (size_t i = 0; i < fanout->handlers->len; i++) {
		struct handler *handler = fanout->handlers->pdata[i];
		if (handler->worker == NULL)
			continue;
		take_spilled(handler);
		if (handler->untold > 0)
			tell_dropped(fanout, handler);
		aula_worker_end(handler->worker);
	}
	for (size_t i = 0; i < fanout->handlers->len; i++) {
		struct handler *handler = fanout->handlers->pdata[i];
		size_t waiting = handler->worker != NULL ? aula_worker_waiting(handler->worker) : 0;
		if (aula_worker_free(handler->worker, until_us)) {
			handler->worker = NULL;
			if (aula_sink_free(handler->sink, until_us)) {
				handler->sink = NULL;
				continue;
			}
		}
		aula_log(AULA_LOG_ERROR, "events",
			"handler hangs and is left behind handler=%s "
			"waiting=%zu",
			handler->name, waiting);
		hangs(data, handler->name);
		g_ptr_array_remove_index(fanout->handlers, (unsigned)i--);
		handler_unref(handler);
	}
}

void
aula_fanout_free(aula_fanout *fanout)
{
	if (fanout == NULL)
		return;
	for (size_t i = 0; i < fanout->handlers->len; i++) {
		struct handler *handler = fanout->handlers->pdata[i];
		g_assert(handler->worker == NULL);
		handler_unref(handler);
	}
	g_ptr_array_free(fanout->handlers, TRUE);
	g_free(fanout->folder);
	while (!g_queue_is_empty(&fanout->kept))
		text_unref(g_queue_pop_head(&fanout->kept));
	g_free(fanout);
}
