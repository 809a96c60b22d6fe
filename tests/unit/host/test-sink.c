/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sink.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>

enum { BOUND = 1 << 20 };

/* A sink that can be away, and that refuses every text with "bad" in it. */
struct place {
	pthread_mutex_t lock;
	bool away;
	GString *got;
	unsigned asked, most;
};

static aula_code
take(void *self, const aula_event_text *events, size_t count)
{
	struct place *place = self;
	aula_code code = AULA_OK;

	pthread_mutex_lock(&place->lock);
	place->asked++;
	place->most = MAX(place->most, (unsigned)count);
	if (place->away)
		code = AULA_UNAVAILABLE;
	for (size_t i = 0; i < count && code == AULA_OK; i++)
		if (g_strstr_len(events[i].text, (gssize)events[i].length, "bad") != NULL)
			code = AULA_INVALID;
	for (size_t i = 0; i < count && code == AULA_OK; i++) {
		g_string_append_len(place->got, events[i].text, (gssize)events[i].length);
		g_string_append_c(place->got, ' ');
	}
	pthread_mutex_unlock(&place->lock);
	return code;
}

static const aula_event_ops ops = { .size = sizeof ops, .deliver = take };

static void
place_init(struct place *place, bool away)
{
	*place = (struct place){ .away = away, .got = g_string_new(NULL) };
	pthread_mutex_init(&place->lock, NULL);
}

static void
come_back(struct place *place)
{
	pthread_mutex_lock(&place->lock);
	place->away = false;
	pthread_mutex_unlock(&place->lock);
}

static aula_sink *
begin(const char *folder, struct place *place)
{
	g_autoptr(GError) error = NULL;
	aula_sink *sink = aula_sink_new("place", folder, BOUND, &ops, place, &error);

	g_assert_no_error(error);
	return sink;
}

static void
put(aula_sink *sink, const char *text)
{
	g_assert_true(aula_sink_take(sink, text, strlen(text)));
}

static void
wait_for(aula_sink *sink, size_t waiting, uint64_t failures)
{
	int64_t until_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	aula_sink_counts counts;

	for (;;) {
		aula_sink_count(sink, &counts);
		if (counts.waiting == waiting && counts.failures >= failures)
			return;
		g_assert_cmpint(g_get_monotonic_time(), <, until_us);
		g_usleep(1000);
	}
}

static void
end(aula_sink *sink)
{
	g_assert_true(aula_sink_free(sink, g_get_monotonic_time() + 60 * G_USEC_PER_SEC));
}

static void
finish(char *folder, struct place *place)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(folder);
	g_free(folder);
	g_string_free(place->got, TRUE);
	pthread_mutex_destroy(&place->lock);
}

static void
test_delivers(void)
{
	char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
	struct place place;
	aula_sink_counts counts;

	place_init(&place, false);
	aula_sink *sink = begin(folder, &place);
	put(sink, "a");
	put(sink, "b");
	wait_for(sink, 0, 0);
	put(sink, "c");
	wait_for(sink, 0, 0);
	aula_sink_count(sink, &counts);
	g_assert_cmpuint(counts.delivered, ==, 3);
	g_assert_cmpint(counts.breaker, ==, AULA_BREAKER_CLOSED);
	end(sink);
	g_assert_cmpstr(place.got->str, ==, "a b c ");
	finish(folder, &place);
}

/* One event tries whether it is back; then the others come at once, in order. */
static void
test_breaker(void)
{
	char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
	struct place place;
	aula_sink_counts counts;

	place_init(&place, true);
	aula_sink *sink = begin(folder, &place);
	put(sink, "a");
	wait_for(sink, 1, 2);
	for (char text[] = "b"; *text <= 'z'; ++*text)
		put(sink, text);
	aula_sink_count(sink, &counts);
	g_assert_cmpint(counts.breaker, !=, AULA_BREAKER_CLOSED);
	g_assert_cmpuint(counts.waiting, ==, 26);
	g_assert_cmpuint(place.most, ==, 1);
	come_back(&place);
	wait_for(sink, 0, 0);
	end(sink);
	g_assert_cmpstr(place.got->str, ==, "a b c d e f g h i j k l m n o p q r s t u v w x y z ");
	g_assert_cmpuint(place.asked, <, 26);
	finish(folder, &place);
}

/* The stop does not wait for one that is away, and the next process begins where this one was. */
static void
test_outlives(void)
{
	char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
	struct place place;

	place_init(&place, true);
	aula_sink *sink = begin(folder, &place);
	put(sink, "a");
	put(sink, "b");
	wait_for(sink, 2, 1);
	end(sink);
	come_back(&place);
	sink = begin(folder, &place);
	put(sink, "c");
	wait_for(sink, 0, 0);
	end(sink);
	g_assert_cmpstr(place.got->str, ==, "a b c ");
	finish(folder, &place);
}

static void
test_refused(void)
{
	char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "refused.jsonl", NULL);
	g_autofree char *aside = NULL;
	struct place place;
	aula_sink_counts counts;

	place_init(&place, true);
	aula_sink *sink = begin(folder, &place);
	put(sink, "a");
	wait_for(sink, 1, 1);
	put(sink, "b");
	put(sink, "bad");
	put(sink, "c");
	come_back(&place);
	wait_for(sink, 0, 0);
	aula_sink_count(sink, &counts);
	g_assert_cmpuint(counts.refused, ==, 1);
	g_assert_cmpuint(counts.delivered, ==, 3);
	end(sink);
	g_assert_cmpstr(place.got->str, ==, "a b c ");
	g_assert_true(g_file_get_contents(path, &aside, NULL, NULL));
	g_assert_cmpstr(aside, ==, "bad\n");
	finish(folder, &place);
}

/* What was refused comes again when asked for, behind the others, and is not aside any more. */
static void
test_replay(void)
{
	char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "refused.jsonl", NULL);
	struct place place;

	place_init(&place, false);
	aula_sink *sink = begin(folder, &place);
	g_assert_cmpint(aula_sink_replay(sink), ==, 0);
	put(sink, "bad 1");
	put(sink, "bad 2");
	put(sink, "a");
	wait_for(sink, 0, 0);
	g_assert_cmpint(aula_sink_replay(sink), ==, 2);
	wait_for(sink, 0, 0);
	/* Refused again. */
	g_autofree char *aside = NULL;
	g_assert_true(g_file_get_contents(path, &aside, NULL, NULL));
	g_assert_cmpstr(aside, ==, "bad 1\nbad 2\n");
	/* One that a process before did not get through. */
	g_autofree char *moved = g_strconcat(path, ".replay", NULL);
	g_assert_true(g_file_set_contents(moved, "b\nc\n", -1, NULL));
	g_assert_cmpint(aula_sink_replay(sink), ==, 2);
	wait_for(sink, 0, 0);
	end(sink);
	g_assert_cmpstr(place.got->str, ==, "a b c ");
	g_assert_false(g_file_test(moved, G_FILE_TEST_EXISTS));
	finish(folder, &place);
}

/* What finds no room stays aside. */
static void
test_replay_without_room(void)
{
	char *folder = g_dir_make_tmp("sink-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "refused.jsonl", NULL);
	g_autofree char *aside = NULL;
	struct place place;

	place_init(&place, true);
	aula_sink *sink = begin(folder, &place);
	g_autofree char *large = g_strnfill(BOUND / 4, 'x');
	g_autofree char *lines =
		g_strdup_printf("%s\n%s\n%s\n%s\nlast\n", large, large, large, large);
	g_assert_true(g_file_set_contents(path, lines, -1, NULL));
	int64_t count = aula_sink_replay(sink);
	g_assert_cmpint(count, >, 0);
	g_assert_cmpint(count, <, 4);
	g_assert_true(g_file_get_contents(path, &aside, NULL, NULL));
	g_assert_cmpstr(aside, ==, lines + (size_t)count * (BOUND / 4 + 1));
	end(sink);
	finish(folder, &place);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
	g_test_add_func("/host/sink/delivers", test_delivers);
	g_test_add_func("/host/sink/breaker", test_breaker);
	g_test_add_func("/host/sink/outlives", test_outlives);
	g_test_add_func("/host/sink/refused", test_refused);
	g_test_add_func("/host/sink/replay", test_replay);
	g_test_add_func("/host/sink/replay-without-room", test_replay_without_room);
	return g_test_run();
}
