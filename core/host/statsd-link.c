/* SPDX-License-Identifier: Apache-2.0 */
#include "host/statsd-link.h"

#include <errno.h>
#include <glib.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/statsd.h"
#include "runtime/worker.h"

enum {
	/* What passes Ethernet whole with the headers of IPv6; what the agent reads at once. */
	UDP_MOST = 1432,
	UNIX_MOST = 8192,
	PAGES_MOST = 2,
	PAGES_BYTES = 16 * 1024 * 1024,
	SEND_S = 1, /* a queue in the file system may be full for a moment */
	END_US = 1000 * 1000,
};

static const char area[] = "statsd";

struct aula_statsd_link {
	char *url;
	int64_t interval_us, told_us; /* [control] */
	aula_worker *worker;          /* the thread that has what follows */
	char *path;                   /* NULL: host and port */
	char *host, *port;
	aula_statsd *statsd;
	int fd; /* -1: none now */
	bool away;
	atomic_uint_fast64_t failures;
};

/* A page on its way to the thread. */
typedef struct {
	aula_work work;
	aula_statsd_link *link;
	char *text;
} told_page;

/* -- the place -- */

const char *
aula_statsd_link_fault(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

	if (uri == NULL || g_uri_get_userinfo(uri) != NULL || g_uri_get_query(uri) != NULL ||
		g_uri_get_fragment(uri) != NULL)
		return "expected udp://HOST:PORT or unix:///PATH";
	const char *host = g_uri_get_host(uri) != NULL ? g_uri_get_host(uri) : "";
	const char *path = g_uri_get_path(uri);
	if (strcmp(g_uri_get_scheme(uri), "udp") == 0) {
		if (*host == '\0' || g_uri_get_port(uri) <= 0 || *path != '\0')
			return "expected udp://HOST:PORT";
		return NULL;
	}
	if (strcmp(g_uri_get_scheme(uri), "unix") != 0)
		return "expected udp://HOST:PORT or unix:///PATH";
	if (*host != '\0' || *path != '/')
		return "expected unix:///PATH";
	if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return "the path is too long for a socket";
	return NULL;
}

/* -- [worker] -- */

static int
open_unix(const aula_statsd_link *link)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_strlcpy(to.sun_path, link->path, sizeof to.sun_path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	int problem = errno;
	if (fd >= 0)
		close(fd);
	errno = problem;
	return -1;
}

static int
open_udp(const aula_statsd_link *link)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	int fd = -1;

	if (getaddrinfo(link->host, link->port, &hints, &found) != 0) {
		errno = EHOSTUNREACH;
		return -1;
	}
	for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
		fd = socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0)
			continue;
		int problem = errno;
		close(fd);
		fd = -1;
		errno = problem;
	}
	freeaddrinfo(found);
	return fd;
}

static bool
send_datagram(void *data, const char *datagram, size_t length)
{
	const aula_statsd_link *link = data;

	return send(link->fd, datagram, length, MSG_NOSIGNAL) == (ssize_t)length;
}

/* After a failure the socket is made anew, so that a name is looked up again. */
static bool
tell(aula_statsd_link *link, const char *page)
{
	struct timeval wait = { .tv_sec = SEND_S };

	if (link->fd < 0) {
		link->fd = link->path != NULL ? open_unix(link) : open_udp(link);
		if (link->fd < 0)
			return false;
		setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	}
	if (aula_statsd_tell(link->statsd, page, send_datagram, link))
		return true;
	int problem = errno;
	close(link->fd);
	link->fd = -1;
	errno = problem;
	return false;
}

static void
discard(aula_work *work)
{
	told_page *page = (told_page *)(void *)work;

	g_free(page->text);
	g_free(page);
}

static void
run(aula_work *work)
{
	told_page *page = (told_page *)(void *)work;
	aula_statsd_link *link = page->link;
	bool away = !tell(link, page->text);

	if (away) {
		atomic_fetch_add_explicit(&link->failures, 1, memory_order_relaxed);
		if (!link->away)
			aula_log(AULA_LOG_WARNING, area, "the agent takes no metrics url=%s: %s",
				link->url, g_strerror(errno));
	} else if (link->away) {
		aula_log(AULA_LOG_INFO, area, "the agent takes metrics again url=%s", link->url);
	}
	link->away = away;
	discard(work);
}

/* -- [control] -- */

aula_statsd_link *
aula_statsd_link_new(const char *url, const char *const *tags, int64_t interval_us)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
	aula_statsd_link *link = g_new0(aula_statsd_link, 1);

	link->url = g_strdup(url);
	link->interval_us = interval_us;
	if (strcmp(g_uri_get_scheme(uri), "unix") == 0) {
		link->path = g_strdup(g_uri_get_path(uri));
	} else {
		link->host = g_strdup(g_uri_get_host(uri));
		link->port = g_strdup_printf("%d", g_uri_get_port(uri));
	}
	link->statsd = aula_statsd_new(tags, link->path != NULL ? UNIX_MOST : UDP_MOST);
	link->fd = -1;
	link->worker = aula_worker_new(area, PAGES_MOST, PAGES_BYTES);
	return link;
}

static void
post(aula_statsd_link *link, const aula_exposition *page)
{
	told_page *told = g_new0(told_page, 1);

	told->link = link;
	told->text = g_strdup(aula_exposition_text(page, false));
	told->work = (aula_work){ .bytes = strlen(told->text), .run = run, .discard = discard };
	if (aula_worker_post(link->worker, &told->work))
		return;
	atomic_fetch_add_explicit(&link->failures, 1, memory_order_relaxed);
	discard(&told->work);
}

void
aula_statsd_link_tick(aula_statsd_link *link, const aula_exposition *page, int64_t now_us)
{
	if (link->told_us != 0 && now_us - link->told_us < link->interval_us)
		return;
	link->told_us = now_us;
	post(link, page);
}

void
aula_statsd_link_expose(const aula_statsd_link *link, aula_exposition *page)
{
	aula_exposition_one(page, AULA_COUNTER, "aula_statsd_failures",
		"Times that the StatsD agent did not take the metrics.",
		(double)atomic_load_explicit(&link->failures, memory_order_relaxed));
}

void
aula_statsd_link_free(aula_statsd_link *link, const aula_exposition *page)
{
	if (link == NULL)
		return;
	if (page != NULL)
		post(link, page);
	/* What hangs in the look-up of a name goes on using it. */
	if (!aula_worker_free(link->worker, g_get_monotonic_time() + END_US))
		return;
	if (link->fd >= 0)
		close(link->fd);
	aula_statsd_free(link->statsd);
	g_free(link->url);
	g_free(link->path);
	g_free(link->host);
	g_free(link->port);
	g_free(link);
}
