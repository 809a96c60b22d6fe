/* SPDX-License-Identifier: Apache-2.0 */
/** A port for a server that must be told its number. */
#ifndef TEST_PORT_H
#define TEST_PORT_H

#include <arpa/inet.h>
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

/** A port of loopback that nobody has now. It is below those that the kernel gives out (from 32768
 * on), so that no test beside this one is given it; and each process begins its search elsewhere.
 */
static inline int
test_port(void)
{
	static int tried;

	for (;;) {
		struct sockaddr_in address = { .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
			.sin_port = htons((uint16_t)(20000 + (getpid() * 13 + tried) % 12000)) };
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int bound = bind(fd, (struct sockaddr *)&address, sizeof address);

		close(fd);
		g_assert_cmpint(tried++, <, 12000);
		if (bound == 0)
			return ntohs(address.sin_port);
	}
}

#endif
