/* SPDX-License-Identifier: Apache-2.0 */
#include "host/events.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>

#include "host/queue-file.h"

/* A handler that keeps what it is told and can be held. */
struct sink {
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool held;
	GPtrArray *texts;
	uint32_t mask;
	int inside;
};

static void
sink_init(struct sink *sink, uint32_t mask, bool held)
{
	*sink = (struct sink){ .mask = mask,
		.held = held,
		.texts = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref) };
}

static void
sink_event(void *self, const char *text, size_t length)
{
	struct sink *sink = self;

	pthread_mutex_lock(&sink->lock);
	sink->inside++;
	pthread_cond_broadcast(&sink->change);
	while (sink->held)
		pthread_cond_wait(&sink->change, &sink->lock);
	g_ptr_array_add(sink->texts, json_loadb(text, length, 0, NULL));
	pthread_cond_broadcast(&sink->change);
	pthread_mutex_unlock(&sink->lock);
}

static uint32_t
sink_mask(void *self)
{
	return ((struct sink *)self)->mask;
}

static void
sink_let_go(struct sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	sink->held = false;
	pthread_cond_broadcast(&sink->change);
	pthread_mutex_unlock(&sink->lock);
}

static void
sink_wait(struct sink *sink, unsigned events)
{
	pthread_mutex_lock(&sink->lock);
	while (sink->texts->len < events)
		pthread_cond_wait(&sink->change, &sink->lock);
	pthread_mutex_unlock(&sink->lock);
}

static void
sink_wait_inside(struct sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	while (sink->inside == 0)
		pthread_cond_wait(&sink->change, &sink->lock);
	pthread_mutex_unlock(&sink->lock);
}

static const aula_event_ops masked = {
	.size = sizeof masked, .event = sink_event, .mask = sink_mask
};
static const aula_event_ops all = { .size = sizeof all, .event = sink_event };

static void
nobody_hangs(void *data, const char *name)
{
	(void)data;
	g_error("%s hangs", name);
}

static void
count_hangs(void *data, const char *name)
{
	g_assert_cmpstr(name, ==, "slow");
	(*(int *)data)++;
}

static int64_t
number(const struct sink *sink, unsigned index, const char *key)
{
	return json_integer_value(json_object_get(sink->texts->pdata[index], key));
}

static void
test_shape(void)
{
	aula_fanout *fanout = aula_fanout_new(10, 10000);
	json_t *data = json_pack("{s:i}", "times", 3);
	aula_event event = { .type = AULA_EVENT_PLUGIN,
		.name = "joined",
		.session_id = 7,
		.handle_id = 8,
		.room = "1234",
		.room_number = 1234,
		.user = "ada",
		.event = data };
	struct sink sink;

	sink_init(&sink, 0, false);
	g_assert_true(aula_fanout_add(fanout, "sink", &all, &sink, NULL));
	aula_fanout_emit(fanout, &event);
	aula_fanout_emit(fanout, &(aula_event){ .type = AULA_EVENT_CORE, .name = "started" });
	aula_fanout_stop(fanout, 60000, nobody_hangs, NULL);

	json_t *first = sink.texts->pdata[0], *second = sink.texts->pdata[1];
	int64_t time_us = number(&sink, 0, "time"), epoch_us = number(&sink, 0, "epoch");
	json_t *wanted = json_pack("{s:I, s:I, s:I, s:i, s:s, s:i, s:i, s:i, s:s, s:O}", "seq",
		(json_int_t)1, "epoch", (json_int_t)epoch_us, "time", (json_int_t)time_us, "type",
		64, "name", "joined", "session_id", 7, "handle_id", 8, "room", 1234, "user", "ada",
		"event", data);
	g_assert_true(json_equal(first, wanted));
	g_assert_cmpint(time_us, >=, epoch_us);
	g_assert_cmpint(ABS(g_get_real_time() - time_us), <, G_GINT64_CONSTANT(600) * 1000000);
	g_assert_cmpuint(json_object_size(second), ==, 6);
	g_assert_cmpint(number(&sink, 1, "seq"), ==, 2);
	json_decref(wanted);
	json_decref(data);
	g_ptr_array_unref(sink.texts);
	aula_fanout_free(fanout);
}

static void
test_masks(void)
{
	aula_fanout *fanout = aula_fanout_new(10, 10000);
	struct sink media, core;

	sink_init(&media, AULA_EVENT_MEDIA | AULA_EVENT_WEBRTC, false);
	sink_init(&core, AULA_EVENT_CORE, false);
	g_assert_false(aula_fanout_wants(fanout, AULA_EVENT_CORE));
	g_assert_true(aula_fanout_add(fanout, "media", &masked, &media, NULL));
	g_assert_true(aula_fanout_add(fanout, "core", &masked, &core, NULL));
	g_assert_true(aula_fanout_wants(fanout, AULA_EVENT_CORE));
	g_assert_false(aula_fanout_wants(fanout, AULA_EVENT_PLUGIN));
	for (uint32_t type = 1; type <= AULA_EVENT_CORE; type <<= 1)
		aula_fanout_emit(fanout, &(aula_event){ .type = type, .name = "x" });
	aula_fanout_stop(fanout, 60000, nobody_hangs, NULL);
	g_assert_cmpuint(media.texts->len, ==, 2);
	g_assert_cmpint(number(&media, 0, "seq"), ==, 5);
	g_assert_cmpint(number(&media, 1, "seq"), ==, 6);
	g_assert_cmpuint(core.texts->len, ==, 1);
	g_assert_cmpint(number(&core, 0, "seq"), ==, 9);
	g_ptr_array_unref(media.texts);
	g_ptr_array_unref(core.texts);
	aula_fanout_free(fanout);
}

/* A slow handler loses what does not fit, and is told; a quick one next to it loses nothing. */
static void
test_drops_are_told(void)
{
	aula_fanout *fanout = aula_fanout_new(10, 100000);
	struct sink slow, quick;

	sink_init(&slow, 0, true);
	sink_init(&quick, 0, false);
	g_assert_true(aula_fanout_add(fanout, "slow", &all, &slow, NULL));
	g_assert_true(aula_fanout_add(fanout, "quick", &all, &quick, NULL));
	for (unsigned i = 1; i <= 15; i++) {
		aula_fanout_emit(fanout, &(aula_event){ .type = AULA_EVENT_CORE, .name = "x" });
		sink_wait(&quick, i);
	}
	json_t *counted = aula_fanout_counted(fanout);
	json_t *of_slow = json_object_get(counted, "slow");
	g_assert_cmpint(json_integer_value(json_object_get(of_slow, "dropped")), ==, 5);
	g_assert_cmpint(json_integer_value(json_object_get(of_slow, "waiting")), ==, 10);
	g_assert_cmpint(json_integer_value(json_object_get(of_slow, "delivered")), ==, 0);
	json_decref(counted);

	sink_let_go(&slow);
	sink_wait(&slow, 10);
	aula_fanout_emit(fanout, &(aula_event){ .type = AULA_EVENT_CORE, .name = "after" });
	sink_wait(&slow, 12);
	json_t *told = slow.texts->pdata[10], *after = slow.texts->pdata[11];
	g_assert_cmpstr(json_string_value(json_object_get(told, "name")), ==, "dropped");
	g_assert_cmpint(
		json_integer_value(json_object_get(json_object_get(told, "event"), "count")), ==,
		5);
	g_assert_cmpstr(json_string_value(json_object_get(after, "name")), ==, "after");
	aula_fanout_stop(fanout, 60000, nobody_hangs, NULL);
	g_assert_cmpuint(quick.texts->len, ==, 16);
	g_ptr_array_unref(slow.texts);
	g_ptr_array_unref(quick.texts);
	aula_fanout_free(fanout);
}

/* A handler that never returns is left behind at the deadline; the others are served. */
static void
test_hangs(void)
{
	aula_fanout *fanout = aula_fanout_new(10, 100000);
	struct sink slow, quick;
	int hang = 0;

	sink_init(&slow, 0, true);
	sink_init(&quick, 0, false);
	g_assert_true(aula_fanout_add(fanout, "slow", &all, &slow, NULL));
	g_assert_true(aula_fanout_add(fanout, "quick", &all, &quick, NULL));
	for (int i = 0; i < 3; i++)
		aula_fanout_emit(fanout, &(aula_event){ .type = AULA_EVENT_CORE, .name = "x" });
	sink_wait_inside(&slow);
	sink_wait(&quick, 3);
	aula_fanout_stop(fanout, 0, count_hangs, &hang);
	g_assert_cmpint(hang, ==, 1);
	g_assert_cmpuint(quick.texts->len, ==, 3);
	aula_fanout_free(fanout);
	sink_let_go(&slow);
	sink_wait(&slow, 1);
	g_ptr_array_unref(quick.texts);
	g_ptr_array_unref(slow.texts);
}

static aula_code
sink_deliver(void *self, const aula_event_text *events, size_t count)
{
	struct sink *sink = self;

	pthread_mutex_lock(&sink->lock);
	for (size_t i = 0; i < count; i++)
		g_ptr_array_add(sink->texts, json_loadb(events[i].text, events[i].length, 0, NULL));
	pthread_cond_broadcast(&sink->change);
	pthread_mutex_unlock(&sink->lock);
	return AULA_OK;
}

static void
nothing_left(void *data, const char *text, size_t length)
{
	(void)data;
	g_error("left: %.*s", (int)length, text);
}

static void
remove_all(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *inside = g_build_filename(path, name, NULL);
		remove_all(inside);
	}
	g_remove(path);
}

/* What a killed server had in memory for a sink comes before what happens now; an orderly end
 * leaves nothing. */
static void
test_killed(void)
{
	static const aula_event_ops kept = { .size = sizeof kept, .deliver = sink_deliver };
	g_autofree char *folder = g_dir_make_tmp("aula-events-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "sink.queue", NULL);
	aula_queue_file *before = aula_queue_file_open(path, 20, 20000, nothing_left, NULL, NULL);
	struct sink sink;

	for (int i = 0; i < 3; i++) {
		g_autofree char *text = g_strdup_printf("{\"seq\": %d, \"epoch\": 1}", i);
		g_assert_true(aula_queue_file_put(before, text, strlen(text)));
	}
	aula_queue_file_close(before);
	sink_init(&sink, 0, false);
	aula_fanout *fanout = aula_fanout_new(10, 100000);
	aula_fanout_spool(fanout, folder, 1 << 20);
	g_assert_true(aula_fanout_add(fanout, "sink", &kept, &sink, NULL));
	for (int i = 0; i < 3; i++)
		aula_fanout_emit(fanout, &(aula_event){ .type = AULA_EVENT_CORE, .name = "x" });
	aula_fanout_stop(fanout, 60000, nobody_hangs, NULL);
	aula_fanout_free(fanout);
	g_assert_cmpuint(sink.texts->len, ==, 6);
	for (int i = 0; i < 6; i++) {
		g_assert_cmpint(number(&sink, (unsigned)i, "seq"), ==, i < 3 ? i : i - 2);
		g_assert_true((number(&sink, (unsigned)i, "epoch") == 1) == (i < 3));
	}
	aula_queue_file_close(aula_queue_file_open(path, 20, 20000, nothing_left, NULL, NULL));
	g_ptr_array_unref(sink.texts);
	remove_all(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/events/shape", test_shape);
	g_test_add_func("/host/events/masks", test_masks);
	g_test_add_func("/host/events/drops-are-told", test_drops_are_told);
	g_test_add_func("/host/events/hangs", test_hangs);
	g_test_add_func("/host/events/killed", test_killed);
	return g_test_run();
}
