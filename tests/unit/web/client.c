/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
client_connect(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 10 };
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(sock, >=, 0);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	g_assert_cmpint(connect(sock, (struct sockaddr *)(void *)&to, sizeof to), ==, 0);
	return sock;
}

bool
client_write(int sock, const void *bytes, size_t length)
{
	for (const char *at = bytes; length > 0;) {
		ssize_t done = send(sock, at, length, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
		at += done;
		length -= (size_t)done;
	}
	return true;
}

static bool
read_all(int sock, void *bytes, size_t length)
{
	for (char *at = bytes; length > 0;) {
		ssize_t got = recv(sock, at, length, 0);
		if (got < 0)
			g_assert_cmpint(errno, !=, EAGAIN);
		if (got <= 0)
			return false;
		at += got;
		length -= (size_t)got;
	}
	return true;
}

char *
client_header(const client_answer *answer, const char *name)
{
	g_autofree char *start = g_strdup_printf("\r\n%s: ", name);
	const char *found = answer->head != NULL ? strstr(answer->head, start) : NULL;

	if (found == NULL)
		return NULL;
	found += strlen(start);
	return g_strndup(found, strcspn(found, "\r"));
}

client_answer
client_read_answer(int sock, bool has_body)
{
	client_answer answer = { .body = g_byte_array_new() };
	GString *head = g_string_new(NULL);
	char byte;

	while (!g_str_has_suffix(head->str, "\r\n\r\n") && read_all(sock, &byte, 1))
		g_string_append_c(head, byte);
	answer.head = g_string_free(head, FALSE);
	if (g_str_has_prefix(answer.head, "HTTP/1.1 "))
		answer.status = atoi(answer.head + 9);
	g_autofree char *length = client_header(&answer, "Content-Length");
	if (length != NULL && has_body) {
		g_byte_array_set_size(answer.body, (guint)atoi(length));
		g_assert_true(read_all(sock, answer.body->data, answer.body->len));
	}
	return answer;
}

client_answer
client_request(int port, const char *method, const char *path, const char *headers)
{
	int sock = client_connect(port);
	g_autofree char *text = g_strdup_printf(
		"%s %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n", method, path, port, headers);

	g_assert_true(client_write(sock, text, strlen(text)));
	client_answer answer = client_read_answer(sock, strcmp(method, "HEAD") != 0);
	close(sock);
	return answer;
}

void
client_answer_free(client_answer *answer)
{
	g_free(answer->head);
	g_byte_array_unref(answer->body);
}

int
client_websocket(int port, const char *subprotocols, const char *extra, client_answer *ret_answer)
{
	int sock = client_connect(port);
	g_autofree char *text = g_strdup_printf(
		"GET /any HTTP/1.1\r\nHost: localhost:%d\r\nConnection: keep-alive, Upgrade\r\n"
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s%s\r\n",
		port, subprotocols != NULL ? "Sec-WebSocket-Protocol: " : "",
		subprotocols != NULL ? subprotocols : "", subprotocols != NULL ? "\r\n" : "",
		extra);

	g_assert_true(client_write(sock, text, strlen(text)));
	client_answer answer = client_read_answer(sock, true);
	bool open = answer.status == 101;
	if (open) {
		g_autofree char *accept = client_header(&answer, "Sec-WebSocket-Accept");
		g_assert_cmpstr(accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	}
	if (ret_answer != NULL)
		*ret_answer = answer;
	else
		client_answer_free(&answer);
	if (open)
		return sock;
	close(sock);
	return -1;
}

bool
client_frame(int sock, int opcode, bool final, const void *bytes, size_t length)
{
	g_autoptr(GByteArray) frame = g_byte_array_new();
	guint8 head[14] = { (guint8)(opcode | (final ? 0x80 : 0)) };
	static const guint8 mask[4] = { 1, 2, 3, 4 };
	guint size = 2;

	if (length < 126) {
		head[1] = (guint8)(0x80 | length);
	} else if (length < 65536) {
		head[1] = 0x80 | 126;
		head[size++] = (guint8)(length >> 8);
		head[size++] = (guint8)length;
	} else {
		head[1] = 0x80 | 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			head[size++] = (guint8)(length >> shift);
	}
	memcpy(head + size, mask, 4);
	g_byte_array_append(frame, head, size + 4);
	for (size_t i = 0; i < length; i++) {
		guint8 byte = ((const guint8 *)bytes)[i] ^ mask[i & 3];
		g_byte_array_append(frame, &byte, 1);
	}
	return client_write(sock, frame->data, frame->len);
}

bool
client_say(int sock, const char *text)
{
	return client_frame(sock, OP_TEXT, true, text, strlen(text));
}

int
client_hear(int sock, GByteArray *into)
{
	guint8 head[2], more[8];
	guint64 length;

	g_byte_array_set_size(into, 0);
	if (!read_all(sock, head, 2))
		return -1;
	g_assert_cmpint(head[1] & 0x80, ==, 0);
	length = head[1];
	if (head[1] >= 126) {
		size_t size = head[1] == 126 ? 2 : 8;
		if (!read_all(sock, more, size))
			return -1;
		length = 0;
		for (size_t i = 0; i < size; i++)
			length = length << 8 | more[i];
	}
	g_byte_array_set_size(into, (guint)length + 1);
	if (!read_all(sock, into->data, length))
		return -1;
	into->data[length] = 0;
	g_byte_array_set_size(into, (guint)length);
	return head[0] & 0xf;
}

int
client_hear_close(int sock)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	int opcode;

	while ((opcode = client_hear(sock, bytes)) >= 0)
		if (opcode == OP_CLOSE)
			return bytes->len >= 2 ? bytes->data[0] << 8 | bytes->data[1] : 1005;
	return 0;
}
