/* SPDX-License-Identifier: Apache-2.0 */
/** A client of nothing but sockets, so that what the listener says is seen byte by byte. It waits
 * ten seconds at most for anything. */
#ifndef TEST_WEB_CLIENT_H
#define TEST_WEB_CLIENT_H

#include <glib.h>
#include <stdbool.h>

int client_connect(int port);
/** Sends all. False when the other side has closed. */
bool client_write(int sock, const void *bytes, size_t length);

typedef struct {
	int status;
	char *head; /* with its status line */
	GByteArray *body;
} client_answer;

/** One request on a connection of its own; `headers` are lines with their ends. */
client_answer client_request(int port, const char *method, const char *path, const char *headers);
/** Reads one answer; `has_body` false for HEAD. Status 0: closed without one. */
client_answer client_read_answer(int sock, bool has_body);
/** The value of a header, NULL if it did not come. Free it. */
char *client_header(const client_answer *answer, const char *name);
void client_answer_free(client_answer *answer);

/** A WebSocket that is open, or -1 with `ret_answer` (may be NULL). `extra`: more header lines. */
int client_websocket(
	int port, const char *subprotocols, const char *extra, client_answer *ret_answer);
enum { OP_MORE = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
bool client_frame(int sock, int opcode, bool final, const void *bytes, size_t length);
bool client_say(int sock, const char *text);
/** Reads a frame; its opcode, -1 at the end of the connection. The bytes get a zero after them. */
int client_hear(int sock, GByteArray *into);
/** Reads until the close frame: its status, 0 if there is none. */
int client_hear_close(int sock);

#endif
