/* SPDX-License-Identifier: Apache-2.0 */
#include "host/queue-file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXTS = 100, BYTES = 1000 };

static char *folder, *path;

static void
note(void *data, const char *text, size_t length)
{
	GString *all = data;

	g_assert_cmpuint(strlen(text), ==, length);
	g_string_append_printf(all, "%s ", text);
}

/* Opens it and says what was left. */
static aula_queue_file *
begin(size_t bytes, const char *wanted)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	aula_queue_file *file = aula_queue_file_open(path, TEXTS, bytes, note, all, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(all->str, ==, wanted);
	return file;
}

static void
put(aula_queue_file *file, const char *text)
{
	g_assert_true(aula_queue_file_put(file, text, strlen(text)));
}

static void
done(aula_queue_file *file, const char *text)
{
	aula_queue_file_done(file, strlen(text));
}

/* Runs `work` in a process that is killed at its end. */
static void
die(void (*work)(aula_queue_file *file), const char *left)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		work(begin(BYTES, left));
		raise(SIGKILL);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
put_some(aula_queue_file *file)
{
	put(file, "one");
	put(file, "two");
	put(file, "three");
	done(file, "one");
	put(file, "mistaken");
	aula_queue_file_take_back(file, strlen("mistaken"));
	put(file, "four");
}

static void
put_none(aula_queue_file *file)
{
	put_some(file);
	done(file, "two");
	done(file, "three");
	done(file, "four");
}

static void
go_round(aula_queue_file *file)
{
	g_autofree char *long_text = g_strnfill(300, 'x');

	put(file, "first");
	for (int i = 0; i < 500; i++) {
		put(file, long_text);
		done(file, i == 0 ? "first" : long_text);
	}
	put(file, "last");
	done(file, long_text);
}

static void
put_more(aula_queue_file *file)
{
	put(file, "more");
}

static void
test_killed(void)
{
	die(put_some, "");
	/* Whoever comes after and is killed too has kept them. */
	die(put_none, "two three four ");
	die(go_round, "");
	die(put_more, "last ");
	/* An orderly end leaves what nobody took, also for a file of another size. */
	aula_queue_file *file = begin(BYTES * 2, "more ");
	put(file, "again");
	aula_queue_file_close(file);
	aula_queue_file_close(begin(BYTES, "again "));
	aula_queue_file_close(begin(BYTES, ""));
	aula_queue_file_close(NULL);
}

/* Texts and the heads of as many as may wait fit, and no more. */
static void
test_bounds(void)
{
	aula_queue_file *file = begin(BYTES, "");
	g_autofree char *text = g_strnfill(BYTES / TEXTS, 'x');
	g_autofree char *huge = g_strnfill(BYTES + TEXTS * 8, 'x');

	g_assert_false(aula_queue_file_put(file, huge, strlen(huge)));
	for (int i = 0; i < TEXTS; i++)
		put(file, text);
	g_assert_false(aula_queue_file_put(file, "y", 1));
	done(file, text);
	put(file, "y");
	for (int i = 1; i < TEXTS; i++)
		done(file, text);
	done(file, "y");
	aula_queue_file_close(file);
}

static void
scribble(off_t at, const void *bytes, size_t length)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(pwrite(fd, bytes, length, at), ==, (ssize_t)length);
	close(fd);
}

/* After the machine was started anew, and whatever else lies in the file. */
static void
test_foreign(void)
{
	static const struct {
		off_t at;
		const char *bytes;
		size_t length;
		const char *left;
	} cases[] = {
		{ 0, "B", 1, "" },                                 /* magic */
		{ 8, "\1\0\0\0\0\0\0\1", 8, "" },                  /* size */
		{ 16, "x", 1, "" },                                /* boot */
		{ 56, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "" }, /* head */
		{ 56, "\0", 1, "" },                               /* head: nothing */
		{ 64, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "" }, /* tail */
		{ 4096, "\xff\xff\xff\xff", 4, "" },               /* length */
		{ 4096 + 4, "\0\0\0\0", 4, "" },                   /* sum */
		{ 4096 + 8 + 3 + 8, "T", 1, "one " },              /* the second's text */
		{ 4096 + 8 + 3, "\4", 1, "one " },                 /* its length */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_queue_file *file = begin(BYTES, "");
		put(file, "one");
		put(file, "two");
		aula_queue_file_close(file);
		scribble(cases[i].at, cases[i].bytes, cases[i].length);
		g_test_message("case %zu", i);
		aula_queue_file_close(begin(BYTES, cases[i].left));
	}
	/* A file cut short. */
	aula_queue_file *file = begin(BYTES, "");
	put(file, "one");
	aula_queue_file_close(file);
	g_assert_cmpint(truncate(path, 100), ==, 0);
	aula_queue_file_close(begin(BYTES, ""));
}

static void
test_no_disk(void)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(aula_queue_file_open("/proc/none", 1, 1, note, all, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_clear_error(&error);
	/* More than any disk has; no file of that size stays. */
	g_assert_null(aula_queue_file_open(path, 1, (size_t)1 << 60, note, all, &error));
	g_assert_nonnull(error);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("aula-queue-XXXXXX", NULL);
	path = g_build_filename(folder, "queue", NULL);
	g_test_add_func("/host/queue-file/killed", test_killed);
	g_test_add_func("/host/queue-file/bounds", test_bounds);
	g_test_add_func("/host/queue-file/foreign", test_foreign);
	g_test_add_func("/host/queue-file/no-disk", test_no_disk);
	int result = g_test_run();
	g_unlink(path);
	g_rmdir(folder);
	g_free(path);
	g_free(folder);
	return result;
}
