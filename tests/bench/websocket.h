/* SPDX-License-Identifier: Apache-2.0 */
/** A small WebSocket client (RFC 6455) for many connections in one thread: text messages, nothing
 * blocks. */
#ifndef AULA_BENCH_WEBSOCKET_H
#define AULA_BENCH_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct websocket websocket;

/** None of these may free the websocket. */
typedef struct {
	void (*opened)(void *data);
	/** One message, ended by a zero; borrowed. */
	void (*text)(void *data, char *text, size_t length);
	void (*closed)(void *data, const char *why);
} websocket_listener;

/** NULL: there is no descriptor or no way. */
websocket *websocket_new(const char *host, uint16_t port, const char *protocol,
	const websocket_listener *listener, void *data);
/** Without a goodbye. */
void websocket_free(websocket *self);
int websocket_fd(const websocket *self);
/** Reads all that has come, and writes what is left to write: at each edge of its descriptor. */
void websocket_ready(websocket *self);
void websocket_send(websocket *self, const char *text, size_t length);

#endif
