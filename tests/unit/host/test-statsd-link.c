/* SPDX-License-Identifier: Apache-2.0 */
#include "host/statsd-link.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static void
test_places(void)
{
	static const char *const good[] = { "udp://127.0.0.1:8125", "udp://[::1]:8125",
		"udp://agent.example:1", "unix:///var/run/datadog/dsd.socket" };
	static const char *const bad[] = { "", "8125", "127.0.0.1:8125", "udp://127.0.0.1",
		"udp://:8125", "udp://a:0", "udp://a:70000", "udp://a:1/", "udp://a:1?b",
		"udp://me@a:1", "unix://a/b", "unix:b", "tcp://a:1" };
	g_autofree char *name = g_strnfill(120, 'a');
	g_autofree char *path = g_strconcat("unix:///", name, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_cmpstr(aula_statsd_link_fault(good[i]), ==, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_nonnull(aula_statsd_link_fault(bad[i]));
	g_assert_nonnull(aula_statsd_link_fault(path));
}

static int
listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_strlcpy(at.sun_path, path, sizeof at.sun_path);
	g_assert_cmpint(bind(fd, (const struct sockaddr *)&at, sizeof at), ==, 0);
	return fd;
}

static void
expect(int fd, const char *wanted)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	char text[9000];

	g_assert_cmpint(poll(&one, 1, PATIENCE_MS), ==, 1);
	ssize_t length = recv(fd, text, sizeof text - 1, 0);
	g_assert_cmpint(length, >, 0);
	text[length] = '\0';
	g_assert_cmpstr(text, ==, wanted);
}

static aula_exposition *
page_of(double value)
{
	aula_exposition *page = aula_exposition_new();

	aula_exposition_one(page, AULA_COUNTER, "aula_x", "X.", value);
	return page;
}

/* An agent that comes late, goes and is back: what was counted meanwhile is told then. */
static void
test_away(void)
{
	g_autofree char *folder = g_dir_make_tmp("aula-statsd-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "socket", NULL);
	g_autofree char *url = g_strconcat("unix://", path, NULL);
	static const char *const tags[] = { "a:b", NULL };
	aula_statsd_link *link = aula_statsd_link_new(url, tags, 1000);
	aula_exposition *pages[] = { page_of(1), page_of(3), page_of(7) };
	g_autofree char *failed = NULL;

	aula_statsd_link_tick(link, pages[0], 1);
	do {
		g_usleep(1000);
		aula_exposition *page = aula_exposition_new();
		aula_statsd_link_expose(link, page);
		g_free(failed);
		failed = g_strdup(aula_exposition_text(page, false));
		aula_exposition_free(page);
	} while (strstr(failed, "aula_statsd_failures_total 1\n") == NULL);
	int fd = listen_at(path);
	aula_statsd_link_tick(link, pages[1], 1000); /* too early */
	aula_statsd_link_tick(link, pages[1], 1001);
	expect(fd, "aula.up:1|g|#a:b");
	expect(fd, "aula.x:3|c|#a:b");
	aula_statsd_link_free(link, pages[2]);
	expect(fd, "aula.up:1|g|#a:b");
	expect(fd, "aula.x:4|c|#a:b");
	aula_statsd_link_free(NULL, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++)
		aula_exposition_free(pages[i]);
	close(fd);
	g_unlink(path);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/statsd-link/places", test_places);
	g_test_add_func("/host/statsd-link/away", test_away);
	return g_test_run();
}
