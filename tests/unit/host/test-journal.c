/* SPDX-License-Identifier: Apache-2.0 */
#include "host/journal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BOUND = 1 << 20, TEXTS_MOST = 1000 };

/* A disk that may fail to sync: instead of the one of libc. */
static bool disk_fails;
static unsigned synced;

int
fdatasync(int fd)
{
	synced++;
	if (!disk_fails)
		return (int)syscall(SYS_fdatasync, fd);
	errno = EIO;
	return -1;
}

static char *
make_folder(void)
{
	return g_dir_make_tmp("journal-XXXXXX", NULL);
}

static void
remove_folder(char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_assert_cmpint(g_unlink(path), ==, 0);
	}
	g_dir_close(dir);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	g_free(folder);
}

static aula_journal *
open_at(const char *folder, int64_t bound)
{
	g_autoptr(GError) error = NULL;
	aula_journal *journal = aula_journal_open(folder, bound, &error);

	g_assert_no_error(error);
	return journal;
}

static aula_code
put(aula_journal *journal, int number)
{
	g_autofree char *text = g_strdup_printf("{\"n\":%d}", number);

	return aula_journal_append(journal, text, strlen(text));
}

/* Reads `count` at once and expects them to be numbered from `first` on. */
static void
expect(aula_journal *journal, int first, size_t count)
{
	aula_event_text texts[TEXTS_MOST];

	g_assert_cmpuint(aula_journal_read(journal, count, BOUND, texts), ==, count);
	for (size_t i = 0; i < count; i++) {
		g_autofree char *text = g_strdup_printf("{\"n\":%d}", first + (int)i);
		g_assert_cmpmem(text, strlen(text), texts[i].text, texts[i].length);
	}
}

static void
test_order(void)
{
	char *folder = make_folder();
	aula_journal *journal = open_at(folder, BOUND);
	aula_event_text none[1];

	g_assert_cmpuint(aula_journal_read(journal, 1, BOUND, none), ==, 0);
	for (int i = 0; i < 10; i++)
		g_assert_cmpint(put(journal, i), ==, AULA_OK);
	expect(journal, 0, 4);
	/* Not done with: they come again. */
	expect(journal, 0, 6);
	aula_journal_done(journal, 5);
	g_assert_cmpuint(aula_journal_waiting(journal), ==, 5);
	expect(journal, 5, 5);
	aula_journal_done(journal, 5);
	g_assert_cmpuint(aula_journal_read(journal, 1, BOUND, none), ==, 0);
	g_assert_cmpuint(aula_journal_waiting(journal), ==, 0);
	aula_journal_close(journal);
	remove_folder(folder);
}

/* A second process, without the first having said good-bye. */
static void
test_comes_back(void)
{
	char *folder = make_folder();
	aula_journal *before = open_at(folder, BOUND);

	for (int i = 0; i < 10; i++)
		put(before, i);
	expect(before, 0, 3);
	aula_journal_done(before, 3);
	aula_journal *after = open_at(folder, BOUND);
	g_assert_cmpuint(aula_journal_waiting(after), ==, 7);
	for (int i = 10; i < 15; i++)
		g_assert_cmpint(put(after, i), ==, AULA_OK);
	/* One segment at a time. */
	expect(after, 3, 7);
	aula_journal_done(after, 7);
	expect(after, 10, 5);
	aula_journal_done(after, 5);
	g_assert_cmpuint(aula_journal_waiting(after), ==, 0);
	aula_journal_close(after);
	aula_journal *last = open_at(folder, BOUND);
	g_assert_cmpuint(aula_journal_waiting(last), ==, 0);
	aula_journal_close(last);
	aula_journal_close(before);
	remove_folder(folder);
}

/* Cut or changed at every byte: what stands before is there, nothing is made up, and it goes on. */
static void
test_torn(void)
{
	char *folder = make_folder();
	g_autofree char *path = g_build_filename(folder, "0000000000000001.events", NULL);
	g_autofree char *whole = NULL;
	aula_event_text texts[TEXTS_MOST];
	gsize length;

	aula_journal *journal = open_at(folder, BOUND);
	for (int i = 0; i < 3; i++)
		put(journal, i);
	aula_journal_close(journal);
	g_assert_true(g_file_get_contents(path, &whole, &length, NULL));
	for (gsize at = 0; at < 2 * length; at++) {
		gsize record = (at % length - MIN(at % length, 8)) / 15;
		g_autofree char *bad = g_memdup2(whole, length);
		bad[at % length] ^= 0x41;
		remove_folder(folder);
		folder = g_strndup(path, strlen(path) - strlen("/0000000000000001.events"));
		g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
		g_assert_true(
			g_file_set_contents(path, bad, (gssize)(at < length ? at : length), NULL));
		journal = open_at(folder, BOUND);
		size_t count = aula_journal_read(journal, 3, BOUND, texts);
		g_assert_cmpuint(count, ==, at % length < 8 ? 0 : record);
		if (count > 0)
			expect(journal, 0, count);
		aula_journal_done(journal, count);
		g_assert_cmpint(put(journal, 7), ==, AULA_OK);
		expect(journal, 7, 1);
		aula_journal_close(journal);
	}
	remove_folder(folder);
}

static void
test_bound(void)
{
	char *folder = make_folder();
	const int64_t bound = 65536;
	aula_journal *journal = open_at(folder, bound);
	int first = 0, next = 0;

	for (int round = 0; round < 5; round++) {
		while (put(journal, next) == AULA_OK)
			next++;
		g_assert_cmpint(put(journal, next), ==, AULA_FULL);
		g_assert_cmpint(aula_journal_bytes(journal), <=, bound);
		g_assert_cmpint(aula_journal_bytes(journal), >, bound * 3 / 4);
		/* Some room comes back before all is read. */
		while (next - first > 1000) {
			aula_event_text texts[100];
			int count = (int)aula_journal_read(journal, 100, BOUND, texts);
			g_assert_cmpint(count, >, 0);
			expect(journal, first, (size_t)count);
			aula_journal_done(journal, (size_t)count);
			first += count;
		}
		g_assert_cmpint(put(journal, next), ==, AULA_OK);
		next++;
	}
	aula_journal_close(journal);
	remove_folder(folder);
}

static void
test_disk_full(void)
{
	char *folder = make_folder();
	aula_journal *journal = open_at(folder, BOUND);
	struct rlimit usual, little;
	int next = 0;

	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &usual), ==, 0);
	little = usual;
	little.rlim_cur = 1000;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &little), ==, 0);
	while (put(journal, next) == AULA_OK)
		next++;
	g_assert_cmpint(put(journal, next), ==, AULA_UNAVAILABLE);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &usual), ==, 0);
	g_assert_cmpint(put(journal, next), ==, AULA_OK);
	expect(journal, 0, (size_t)next + 1);
	aula_journal_close(journal);
	remove_folder(folder);
}

/* What the disk did not take is told and tried again, with the segments that came before, until it
 * did; then there is nothing to do. */
static void
test_sync_fails(void)
{
	char *folder = make_folder();
	aula_journal *journal = open_at(folder, BOUND);
	int next = 0;

	synced = 0;
	g_assert_true(aula_journal_sync(journal));
	g_assert_cmpuint(synced, ==, 0);
	disk_fails = true;
	/* Into the second segment. */
	for (; aula_journal_bytes(journal) < BOUND / 8; next++)
		put(journal, next);
	errno = 0;
	g_assert_false(aula_journal_sync(journal));
	g_assert_cmpint(errno, ==, EIO);
	put(journal, next++);
	synced = 0;
	g_assert_false(aula_journal_sync(journal));
	g_assert_cmpuint(synced, ==, 2);
	put(journal, next++);
	disk_fails = false;
	g_assert_true(aula_journal_sync(journal));
	synced = 0;
	g_assert_true(aula_journal_sync(journal));
	g_assert_cmpuint(synced, ==, 0);
	for (int first = 0; first < next;) {
		aula_event_text texts[TEXTS_MOST];
		int count = (int)aula_journal_read(journal, TEXTS_MOST, BOUND, texts);
		expect(journal, first, (size_t)count);
		aula_journal_done(journal, (size_t)count);
		first += count;
	}
	disk_fails = true;
	put(journal, next);
	g_assert_false(aula_journal_sync(journal));
	disk_fails = false;
	aula_journal_close(journal);
	journal = open_at(folder, BOUND);
	expect(journal, next, 1);
	aula_journal_close(journal);
	remove_folder(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/journal/order", test_order);
	g_test_add_func("/host/journal/comes-back", test_comes_back);
	g_test_add_func("/host/journal/torn", test_torn);
	g_test_add_func("/host/journal/bound", test_bound);
	g_test_add_func("/host/journal/disk-full", test_disk_full);
	g_test_add_func("/host/journal/sync-fails", test_sync_fails);
	return g_test_run();
}
