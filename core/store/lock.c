/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { WAIT_MS = 5000, STEP_MS = 50 };

int
aula_lock_take(const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "lock", NULL);

	g_mkdir_with_parents(folder, 0700);
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0) {
		g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s",
			path, g_strerror(errno));
		return -1;
	}
	for (int waited_ms = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; waited_ms += STEP_MS) {
		if (waited_ms >= WAIT_MS) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
				"%s: a server is running on this folder", folder);
			close(lock);
			return -1;
		}
		g_usleep(STEP_MS * 1000);
	}
	return lock;
}

void
aula_lock_drop(int lock)
{
	if (lock >= 0)
		close(lock);
}
