/* SPDX-License-Identifier: Apache-2.0 */
#include "host/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_BYTES_LEAST = 32, SECRET_BYTES_MOST = 4096, RANDOM_BYTES = 32 };

static void
refuse(GError **error, const char *path, int problem, const char *what)
{
	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s: %s", path,
		what, g_strerror(problem));
}

/* A secret that root lent to our group alone is as good as one of our own: so a cluster mounts it. */
static bool
is_lent(const struct stat *file)
{
	return (file->st_mode & 037) == 0 && file->st_uid == 0 && file->st_gid != 0 &&
	       file->st_gid == getegid();
}

static bool
check(const struct stat *file, const char *path, GError **error)
{
	if (!S_ISREG(file->st_mode))
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: is no file", path);
	else if ((file->st_mode & 077) != 0 && !is_lent(file))
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
			"%s: others may read this secret; expected mode 0600, found %04o", path,
			(unsigned)file->st_mode & 07777);
	else
		return true;
	return false;
}

static GBytes *
read_secret(const char *path, int least, GError **error)
{
	char secret[SECRET_BYTES_MOST + 1];
	struct stat file;
	GBytes *read_out = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &file) != 0) {
		refuse(error, path, errno, "the secret cannot be read");
	} else if (check(&file, path, error)) {
		ssize_t length = read(fd, secret, sizeof secret);
		while (length > 0 && (secret[length - 1] == '\n' || secret[length - 1] == '\r'))
			length--;
		if (length < least || length > SECRET_BYTES_MOST)
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
				"%s: expected a secret of %d to %d bytes", path, least,
				SECRET_BYTES_MOST);
		else
			read_out = g_bytes_new(secret, (size_t)length);
		explicit_bzero(secret, sizeof secret);
	}
	if (fd >= 0)
		close(fd);
	return read_out;
}

GBytes *
aula_secret_read(const char *path, GError **error)
{
	return read_secret(path, SECRET_BYTES_LEAST, error);
}

GBytes *
aula_secret_read_foreign(const char *path, GError **error)
{
	return read_secret(path, 1, error);
}

/* Whole or not at all: a server that dies in between must not leave half a secret. */
static bool
make(const char *path, GError **error)
{
	unsigned char random[RANDOM_BYTES];
	char text[2 * RANDOM_BYTES + 1];
	g_autofree char *folder = g_path_get_dirname(path),
			*draft = g_strconcat(path, ".new", NULL);

	if (g_mkdir_with_parents(folder, 0700) != 0 ||
		getrandom(random, sizeof random, 0) != sizeof random) {
		refuse(error, path, errno, "no secret can be made");
		return false;
	}
	for (size_t i = 0; i < sizeof random; i++)
		g_snprintf(text + 2 * i, 3, "%02x", random[i]);
	text[2 * RANDOM_BYTES] = '\n';
	unlink(draft);
	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, text, sizeof text) == sizeof text && fsync(fd) == 0;
	if (fd >= 0)
		good = close(fd) == 0 && good;
	good = good && rename(draft, path) == 0;
	if (!good)
		refuse(error, path, errno, "no secret can be made");
	explicit_bzero(text, sizeof text);
	return good;
}

GBytes *
aula_secret_ensure(const char *path, GError **error)
{
	if (access(path, F_OK) != 0 && errno == ENOENT && !make(path, error))
		return NULL;
	return aula_secret_read(path, error);
}
