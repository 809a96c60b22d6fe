/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_WEB_LISTENER_H
#define AULA_WEB_LISTENER_H

#include <glib.h>
#include <stdbool.h>

/** Makes `count` sockets that listen on one port, among which the kernel spreads the connections
 * (SO_REUSEPORT). `port` 0: any. False, and none is open, with a sentence that names host and port.
 * [control] */
bool aula_web_listen(const char *host, int port, unsigned count, int *ret_sockets, int *ret_port,
	GError **error);

#endif
