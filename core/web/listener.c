/* SPDX-License-Identifier: Apache-2.0 */
#include "web/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int
bound(const struct addrinfo *address, bool shared)
{
	int on = 1, off = 0;
	int sock = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (sock < 0)
		return -1;
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (shared)
		setsockopt(sock, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	if (address->ai_family == AF_INET6)
		setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(sock, address->ai_addr, address->ai_addrlen) == 0)
		return sock;
	int kept = errno;
	close(sock);
	errno = kept;
	return -1;
}

static void
set_port(struct sockaddr *address, int port)
{
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

static int
port_of(int sock)
{
	struct sockaddr_in6 name;
	socklen_t length = sizeof name;

	/* The port stands in the same place in both families. */
	if (getsockname(sock, (struct sockaddr *)(void *)&name, &length) != 0)
		return 0;
	return ntohs(name.sin6_port);
}

/* Errno says why when false. */
static bool
listen_all(const struct addrinfo *address, unsigned count, int *sockets, int *ret_port)
{
	/* A shared port would let a second server of the same user in beside the first, without a
	 * word; one bind without sharing finds out. */
	int probe = bound(address, false);
	if (probe < 0)
		return false;
	close(probe);
	for (unsigned i = 0; i < count; i++) {
		sockets[i] = bound(address, true);
		if (sockets[i] >= 0 && listen(sockets[i], BACKLOG) == 0) {
			*ret_port = port_of(sockets[i]);
			set_port(address->ai_addr, *ret_port);
			continue;
		}
		int kept = errno;
		for (unsigned j = 0; j <= i; j++)
			if (sockets[j] >= 0)
				close(sockets[j]);
		errno = kept;
		return false;
	}
	return true;
}

bool
aula_web_listen(
	const char *host, int port, unsigned count, int *ret_sockets, int *ret_port, GError **error)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };
	struct addrinfo *address = NULL;

	int code = getaddrinfo(host, NULL, &hints, &address);
	if (code != 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			"\"%s\" is no address to listen on: %s", host, gai_strerror(code));
		return false;
	}
	set_port(address->ai_addr, port);
	bool done = listen_all(address, count, ret_sockets, ret_port);
	if (!done)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
			"Cannot listen on %s port %d: %s", host, port, g_strerror(errno));
	freeaddrinfo(address);
	return done;
}
