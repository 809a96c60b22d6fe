/* SPDX-License-Identifier: Apache-2.0 */
/* A service manager is a datagram socket: what arrives there is what it would see. */
#include "host/supervisor.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
	int fd;
	char *folder, *path;
} manager;

static void
manager_start(manager *m)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = 5 };

	m->folder = g_dir_make_tmp("aula-supervisor-XXXXXX", NULL);
	m->path = g_build_filename(m->folder, "notify", NULL);
	g_strlcpy(address.sun_path, m->path, sizeof address.sun_path);
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(m->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	setsockopt(m->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	g_setenv("NOTIFY_SOCKET", m->path, TRUE);
}

static void
manager_stop(manager *m)
{
	close(m->fd);
	g_unlink(m->path);
	g_rmdir(m->folder);
	g_free(m->path);
	g_free(m->folder);
}

static void
assert_told(manager *m, const char *expected)
{
	char said[64] = "";
	ssize_t length = recv(m->fd, said, sizeof said - 1, 0);

	g_assert_cmpint(length, >, 0);
	g_assert_cmpstr(said, ==, expected);
}

static void
assert_silence(manager *m)
{
	char said[64];

	g_assert_cmpint(recv(m->fd, said, sizeof said, MSG_DONTWAIT), <, 0);
}

static void
say_ready(void *data)
{
	void **parts = data;

	aula_supervisor_ready(parts[0], parts[1]);
}

static void
test_ready(void)
{
	manager m;
	manager_start(&m);
	aula_supervisor *supervisor = aula_supervisor_new();
	g_assert_null(g_getenv("NOTIFY_SOCKET"));
	aula_loop *loop = aula_loop_new("test", NULL);
	void *parts[] = { supervisor, loop };

	aula_loop_start(loop);
	aula_loop_call(loop, say_ready, parts);
	assert_told(&m, "READY=1");
	aula_loop_free(loop);
	aula_supervisor_stopping(supervisor);
	assert_told(&m, "STOPPING=1");
	assert_silence(&m);
	aula_supervisor_free(supervisor);
	manager_stop(&m);
}

static void
test_watchdog(void)
{
	manager m;
	manager_start(&m);
	g_setenv("WATCHDOG_USEC", "20000", TRUE);
	g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
	g_setenv("WATCHDOG_PID", pid, TRUE);
	aula_supervisor *supervisor = aula_supervisor_new();
	aula_loop *loop = aula_loop_new("test", NULL);
	void *parts[] = { supervisor, loop };

	aula_loop_start(loop);
	aula_loop_call(loop, say_ready, parts);
	assert_told(&m, "READY=1");
	for (int i = 0; i < 5; i++)
		assert_told(&m, "WATCHDOG=1");
	aula_loop_free(loop);
	aula_supervisor_free(supervisor);
	manager_stop(&m);
}

/* The watchdog of another process, and of one that asks for nothing to be written to. */
static void
test_not_meant(void)
{
	manager m;
	manager_start(&m);
	g_setenv("WATCHDOG_USEC", "2000", TRUE);
	g_setenv("WATCHDOG_PID", "1", TRUE);
	aula_supervisor *supervisor = aula_supervisor_new();
	aula_loop *loop = aula_loop_new("test", NULL);
	void *parts[] = { supervisor, loop };

	aula_loop_start(loop);
	aula_loop_call(loop, say_ready, parts);
	assert_told(&m, "READY=1");
	g_usleep(20000);
	assert_silence(&m);
	aula_loop_free(loop);
	aula_supervisor_free(supervisor);
	manager_stop(&m);
}

static void
test_nobody(void)
{
	static const char *const addresses[] = { NULL, "", "@", "relative", "/nobody/there" };
	g_autofree char *long_name = g_strnfill(200, 'x');

	long_name[0] = '/';
	for (size_t i = 0; i <= G_N_ELEMENTS(addresses); i++) {
		const char *address = i < G_N_ELEMENTS(addresses) ? addresses[i] : long_name;
		if (address != NULL)
			g_setenv("NOTIFY_SOCKET", address, TRUE);
		aula_supervisor *supervisor = aula_supervisor_new();
		aula_supervisor_stopping(supervisor);
		aula_supervisor_free(supervisor);
	}
	aula_supervisor_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/supervisor/ready", test_ready);
	g_test_add_func("/host/supervisor/watchdog", test_watchdog);
	g_test_add_func("/host/supervisor/not-meant", test_not_meant);
	g_test_add_func("/host/supervisor/nobody", test_nobody);
	return g_test_run();
}
