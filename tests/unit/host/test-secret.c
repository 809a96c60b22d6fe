/* SPDX-License-Identifier: Apache-2.0 */
#include "host/secret.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

static char *folder;

static void
refused(const char *path, const char *why)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(aula_secret_read(path, &error));
	if (!g_str_has_prefix(error->message, path) || strstr(error->message, why) == NULL)
		g_error("\"%s\" lacks \"%s\"", error->message, why);
}

static void
test_made_once(void)
{
	g_autofree char *path = g_build_filename(folder, "new", "token.secret", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) first = aula_secret_ensure(path, &error);
	g_assert_no_error(error);
	g_autoptr(GBytes) second = aula_secret_ensure(path, &error);
	g_assert_no_error(error);
	struct stat file;

	g_assert_cmpuint(g_bytes_get_size(first), ==, 64);
	g_assert_true(g_bytes_equal(first, second));
	g_assert_cmpint(g_stat(path, &file), ==, 0);
	g_assert_cmpint(file.st_mode & 0777, ==, 0600);
	g_autofree char *other = g_build_filename(folder, "other.secret", NULL);
	g_autoptr(GBytes) third = aula_secret_ensure(other, &error);
	g_assert_no_error(error);
	g_assert_false(g_bytes_equal(first, third));
	g_unlink(path);
	g_unlink(other);
	g_autofree char *inner = g_build_filename(folder, "new", NULL);
	g_rmdir(inner);
}

static void
test_refused(void)
{
	static const char good[] = "0123456789abcdef0123456789abcdef\n";
	g_autofree char *path = g_build_filename(folder, "x.secret", NULL);
	g_autofree char *huge = g_strnfill(5000, 'x');

	refused(path, "No such file");
	refused(folder, "is no file");
	g_file_set_contents_full(path, good, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL);
	g_chmod(path, 0644);
	refused(path, "others may read");
	g_chmod(path, 0640);
	refused(path, "others may read");
	g_chmod(path, 0600);
	g_autoptr(GBytes) secret = aula_secret_read(path, NULL);
	g_assert_cmpuint(g_bytes_get_size(secret), ==, 32);
	g_file_set_contents_full(path, "short\n", -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
	refused(path, "32 to 4096 bytes");
	g_file_set_contents_full(path, huge, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
	refused(path, "32 to 4096 bytes");
	g_file_set_contents_full(path, "", -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
	refused(path, "32 to 4096 bytes");
	g_unlink(path);
}

/* A cluster mounts secrets as root's, readable by the group of who runs. */
static void
test_lent(void)
{
	static const char good[] = "0123456789abcdef0123456789abcdef\n";
	enum { GROUP = 990 };

	if (geteuid() != 0) {
		g_test_skip("only root can lend");
		return;
	}
	g_autofree char *path = g_build_filename(folder, "lent.secret", NULL);
	g_file_set_contents(path, good, -1, NULL);
	g_assert_cmpint(chown(path, 0, GROUP), ==, 0);
	g_chmod(path, 0440);
	refused(path, "others may read"); /* lent to others */
	gid_t before = getegid();
	g_assert_cmpint(setegid(GROUP), ==, 0);
	g_autoptr(GBytes) secret = aula_secret_read(path, NULL);
	g_assert_nonnull(secret);
	g_chmod(path, 0444);
	refused(path, "others may read");
	g_chmod(path, 0460);
	refused(path, "others may read"); /* others may write */
	g_assert_cmpint(setegid(before), ==, 0);
	g_unlink(path);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp(NULL, NULL);
	g_test_add_func("/host/secret/made-once", test_made_once);
	g_test_add_func("/host/secret/refused", test_refused);
	g_test_add_func("/host/secret/lent", test_lent);
	int status = g_test_run();
	g_rmdir(folder);
	g_free(folder);
	return status;
}
