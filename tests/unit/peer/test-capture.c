/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/capture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "runtime/loop.h"

enum { PACKET_BYTES = 100, RECORD_BYTES = 16 + 28 + PACKET_BYTES, DEADLINE_US = 5 * 1000 * 1000 };

typedef struct {
	char *folder;
	aula_worker *worker;
	uint8_t packet[PACKET_BYTES];
} world;

static void
set_up(world *w, gconstpointer unused)
{
	(void)unused;
	w->folder = g_dir_make_tmp("aula-capture-XXXXXX", NULL);
	w->worker = aula_worker_new("capture", 1000, 1 << 20);
	for (size_t i = 0; i < sizeof w->packet; i++)
		w->packet[i] = (uint8_t)i;
}

static void
tear_down(world *w, gconstpointer unused)
{
	GDir *dir = g_dir_open(w->folder, 0, NULL);
	const char *name;

	(void)unused;
	if (w->worker != NULL)
		g_assert_true(aula_worker_free(w->worker, aula_now_us() + DEADLINE_US));
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(w->folder, name, NULL);
		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(w->folder);
	g_free(w->folder);
}

static aula_capture *
start(world *w, bool text, int64_t bytes_most, size_t truncate)
{
	g_autoptr(GError) error = NULL;
	aula_capture *capture = aula_capture_new(w->worker,
		&(aula_capture_options){ .folder = w->folder,
			.name = "it",
			.text = text,
			.bytes_most = bytes_most,
			.truncate = truncate },
		&error);

	g_assert_no_error(error);
	return capture;
}

/* Until the worker has done all that waits. */
static void
finish(world *w)
{
	g_assert_true(aula_worker_free(w->worker, aula_now_us() + DEADLINE_US));
	w->worker = NULL;
}

static void
test_names(void)
{
	static const char *const good[] = { "a", "ada-1.pcap", "A_b.2", NULL };
	static const char *const bad[] = { "", ".", "..", ".hidden", "-x", "a/b", "../x", "a b",
		"a\n", "\xc3\xa4", NULL };
	g_autofree char *longest = g_strnfill(128, 'a'), *longer = g_strnfill(129, 'a');

	for (int i = 0; good[i] != NULL; i++)
		g_assert_true(aula_capture_name_is_good(good[i]));
	for (int i = 0; bad[i] != NULL; i++)
		g_assert_false(aula_capture_name_is_good(bad[i]));
	g_assert_true(aula_capture_name_is_good(longest));
	g_assert_false(aula_capture_name_is_good(longer));
}

static void
test_pcap(world *w, gconstpointer unused)
{
	aula_capture *capture = start(w, false, 1 << 20, 0);
	g_autofree char *path = g_strdup(aula_capture_path(capture)), *file = NULL;
	gsize length;
	uint16_t sum = 0;

	(void)unused;
	aula_capture_packet(capture, true, w->packet, 40, w->packet + 40, 60);
	aula_capture_packet(capture, false, w->packet, PACKET_BYTES, NULL, 0);
	finish(w);
	aula_capture_state state = aula_capture_state_of(capture);
	g_assert_cmpuint(state.packets, ==, 2);
	g_assert_cmpuint(state.bytes, ==, 24 + 2 * RECORD_BYTES);
	g_assert_false(state.over);
	aula_capture_unref(capture);
	g_assert_true(g_file_get_contents(path, &file, &length, NULL));
	g_assert_cmpuint(length, ==, 24 + 2 * RECORD_BYTES);
	const uint8_t *ip = (const uint8_t *)file + 24 + 16;
	g_assert_cmphex(ip[0], ==, 0x45);
	g_assert_cmpuint(ip[2] << 8 | ip[3], ==, 28 + PACKET_BYTES);
	g_assert_cmpuint(ip[13], ==, 1); /* 10.1.1.1: the peer sent it */
	g_assert_cmpuint(ip[RECORD_BYTES + 13], ==, 2);
	for (uint32_t i = 0, all = 0; i < 20; i += 2) {
		all += (uint32_t)(ip[i] << 8 | ip[i + 1]);
		sum = (uint16_t)((all & 0xffff) + (all >> 16));
	}
	g_assert_cmphex(sum, ==, 0xffff);
	g_assert_cmpmem(ip + 28, PACKET_BYTES, w->packet, PACKET_BYTES);
}

static void
test_text(world *w, gconstpointer unused)
{
	aula_capture *capture = start(w, true, 1 << 20, 4);
	g_autofree char *path = g_strdup(aula_capture_path(capture)), *file = NULL;

	(void)unused;
	aula_capture_packet(capture, true, w->packet, PACKET_BYTES, NULL, 0);
	finish(w);
	aula_capture_unref(capture);
	g_assert_true(g_file_get_contents(path, &file, NULL, NULL));
	g_assert_true(g_regex_match_simple(
		"^I \\d\\d:\\d\\d:\\d\\d\\.\\d{6} 000000 00 01 02 03\n$", file, 0, 0));
}

static void
test_bound(world *w, gconstpointer unused)
{
	aula_capture *capture = start(w, false, 24 + 3 * RECORD_BYTES + 1, 0);

	(void)unused;
	for (int i = 0; i < 5; i++)
		aula_capture_packet(capture, true, w->packet, PACKET_BYTES, NULL, 0);
	finish(w);
	aula_capture_state state = aula_capture_state_of(capture);
	g_assert_cmpuint(state.packets, ==, 3);
	g_assert_true(state.over);
	g_assert_cmpstr(state.why, ==, "the bound is reached");
	aula_capture_unref(capture);
}

/* As on a full disk: the kernel takes no more. */
static void
test_no_room(world *w, gconstpointer unused)
{
	aula_capture *capture = start(w, false, 1 << 20, 0);
	struct rlimit before, small;

	(void)unused;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 24 + 2 * RECORD_BYTES, before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 5; i++)
		aula_capture_packet(capture, true, w->packet, PACKET_BYTES, NULL, 0);
	finish(w);
	setrlimit(RLIMIT_FSIZE, &before);
	aula_capture_state state = aula_capture_state_of(capture);
	g_assert_cmpuint(state.packets, ==, 2);
	g_assert_true(state.over);
	g_assert_cmpstr(state.why, ==, "the file cannot be written");
	aula_capture_unref(capture);
}

static void
stuck(aula_work *work)
{
	GMutex *gate = *(GMutex **)(void *)(work + 1);

	g_mutex_lock(gate);
	g_mutex_unlock(gate);
	g_free(work);
}

/* A disk that does not answer: the loop goes on, what does not fit is counted. */
static void
test_slow_disk(world *w, gconstpointer unused)
{
	aula_capture *capture = start(w, false, 1 << 30, 0);
	GMutex gate;
	struct {
		aula_work work;
		GMutex *gate;
	} *block = g_malloc0(sizeof *block);

	(void)unused;
	g_mutex_init(&gate);
	g_mutex_lock(&gate);
	block->work = (aula_work){ .bytes = 1, .run = stuck, .discard = stuck };
	block->gate = &gate;
	g_assert_true(aula_worker_post(w->worker, &block->work));
	for (int i = 0; i < 3000; i++)
		aula_capture_packet(capture, true, w->packet, PACKET_BYTES, NULL, 0);
	g_assert_cmpuint(aula_capture_state_of(capture).dropped, >=, 2000);
	g_mutex_unlock(&gate);
	finish(w);
	aula_capture_state state = aula_capture_state_of(capture);
	g_assert_cmpuint(state.packets + state.dropped, ==, 3000);
	aula_capture_unref(capture);
	g_mutex_clear(&gate);
}

static void
test_existing(world *w, gconstpointer unused)
{
	aula_capture *capture = start(w, false, 1 << 20, 0);
	g_autoptr(GError) error = NULL;

	(void)unused;
	g_assert_null(aula_capture_new(w->worker,
		&(aula_capture_options){ .folder = w->folder, .name = "it", .bytes_most = 1 << 20 },
		&error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
	aula_capture_unref(capture);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/capture/names", test_names);
	g_test_add("/capture/pcap", world, NULL, set_up, test_pcap, tear_down);
	g_test_add("/capture/text", world, NULL, set_up, test_text, tear_down);
	g_test_add("/capture/bound", world, NULL, set_up, test_bound, tear_down);
	g_test_add("/capture/no-room", world, NULL, set_up, test_no_room, tear_down);
	g_test_add("/capture/slow-disk", world, NULL, set_up, test_slow_disk, tear_down);
	g_test_add("/capture/existing", world, NULL, set_up, test_existing, tear_down);
	return g_test_run();
}
