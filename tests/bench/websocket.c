/* SPDX-License-Identifier: Apache-2.0 */
#include "websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	OPEN_BYTES = 512,
	READ_BYTES = 65536,
	MESSAGE_MOST = 1 << 20,
	TEXT = 1,
	CLOSE = 8,
	PING = 9
};

typedef struct {
	uint8_t *bytes;
	size_t used, size;
} buffer;

struct websocket {
	int fd;
	bool open, closed;
	buffer in, out;
	websocket_listener listener;
	void *data;
};

/* A connection that is quiet keeps no buffer: there are ten thousand of them. */
static void
empty(buffer *self)
{
	free(self->bytes);
	*self = (buffer){ 0 };
}

static void
add(buffer *self, const void *bytes, size_t length)
{
	if (self->used + length + 1 > self->size) {
		self->size = self->used + length + 1;
		self->bytes = realloc(self->bytes, self->size);
	}
	memcpy(self->bytes + self->used, bytes, length);
	self->used += length;
}

static void
drop(buffer *self, size_t length)
{
	self->used -= length;
	if (self->used == 0)
		empty(self);
	else
		memmove(self->bytes, self->bytes + length, self->used);
}

static void
fail(websocket *self, const char *why)
{
	if (self->closed)
		return;
	self->closed = true;
	self->listener.closed(self->data, why);
}

static void
write_out(websocket *self)
{
	while (self->out.used > 0) {
		ssize_t sent = send(self->fd, self->out.bytes, self->out.used, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		drop(&self->out, (size_t)sent);
	}
}

/* The mask is 0: it is there for proxies on the way. */
static void
send_frame(websocket *self, int opcode, const void *payload, size_t length)
{
	uint8_t header[14] = { (uint8_t)(0x80 | opcode), 0x80 };
	size_t size = 2;

	if (length < 126) {
		header[1] |= (uint8_t)length;
	} else if (length < 65536) {
		header[1] |= 126;
		header[2] = (uint8_t)(length >> 8), header[3] = (uint8_t)length;
		size = 4;
	} else {
		header[1] |= 127;
		for (int i = 0; i < 8; i++)
			header[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
		size = 10;
	}
	memset(header + size, 0, 4);
	add(&self->out, header, size + 4);
	add(&self->out, payload, length);
	write_out(self);
}

void
websocket_send(websocket *self, const char *text, size_t length)
{
	send_frame(self, TEXT, text, length);
}

/* False: there is no whole answer yet. */
static bool
read_answer(websocket *self)
{
	static const char good[] = "HTTP/1.1 101";
	self->in.bytes[self->in.used] = '\0';
	const char *end = strstr((char *)self->in.bytes, "\r\n\r\n");

	if (end == NULL)
		return false;
	if (self->in.used < sizeof good || memcmp(self->in.bytes, good, sizeof good - 1) != 0) {
		fail(self, "no upgrade");
		return false;
	}
	drop(&self->in, (size_t)(end + 4 - (char *)self->in.bytes));
	self->open = true;
	self->listener.opened(self->data);
	return true;
}

/* Of the frame in front; 0: it is not all there. */
static size_t
frame_header(const buffer *in, size_t *ret_length)
{
	size_t size = 2;

	if (in->used < 2)
		return 0;
	*ret_length = in->bytes[1] & 127;
	if (*ret_length >= 126) {
		int bytes = *ret_length == 126 ? 2 : 8;
		if (in->used < size + (size_t)bytes)
			return 0;
		*ret_length = 0;
		for (int i = 0; i < bytes; i++)
			*ret_length = *ret_length << 8 | in->bytes[size++];
	}
	return in->used >= size + *ret_length ? size : 0;
}

static bool
read_frame(websocket *self)
{
	size_t length, size = frame_header(&self->in, &length);

	if (size == 0)
		return false;
	int opcode = self->in.bytes[0] & 15;
	char *text = malloc(length + 1);
	memcpy(text, self->in.bytes + size, length);
	text[length] = '\0';
	drop(&self->in, size + length);
	if (opcode == PING)
		send_frame(self, 10, text, length);
	else if (opcode == CLOSE)
		fail(self, "closed by the server");
	else if (opcode == TEXT)
		self->listener.text(self->data, text, length);
	free(text);
	return !self->closed;
}

void
websocket_ready(websocket *self)
{
	static uint8_t bytes[READ_BYTES];
	ssize_t got;

	write_out(self);
	while (!self->closed && (got = recv(self->fd, bytes, sizeof bytes, 0)) > 0) {
		add(&self->in, bytes, (size_t)got);
		if (!self->open && !read_answer(self))
			continue;
		while (!self->closed && self->in.used > 0 && read_frame(self))
			;
		if (self->in.used > MESSAGE_MOST)
			fail(self, "a message without end");
		if ((size_t)got < sizeof bytes)
			return;
	}
	if (!self->closed && (got == 0 || (errno != EAGAIN && errno != ENOTCONN)))
		fail(self, got == 0 ? "ended by the server" : strerror(errno));
}

websocket *
websocket_new(const char *host, uint16_t port, const char *protocol,
	const websocket_listener *listener, void *data)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int yes = 1;
	char request[OPEN_BYTES];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, host, &to.sin_addr);
	if (fd < 0 ||
		(connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	websocket *self = calloc(1, sizeof *self);
	*self = (websocket){ .fd = fd, .listener = *listener, .data = data };
	int length = snprintf(request, sizeof request,
		"GET / HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Protocol: %s\r\n\r\n",
		host, port, protocol);
	add(&self->out, request, (size_t)length);
	return self;
}

void
websocket_free(websocket *self)
{
	if (self == NULL)
		return;
	close(self->fd);
	empty(&self->in);
	empty(&self->out);
	free(self);
}

int
websocket_fd(const websocket *self)
{
	return self->fd;
}
