/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HEAD_BYTES = 2,
	READ_BYTES = 32 * 1024,
	ACCEPTS_A_TURN = 32,
	BACKLOG = 128,
	FRAMES_A_WRITE = 64,
	NO_DESCRIPTOR_PAUSE_US = 1000 * 1000,
	PARTIAL_BYTES = HEAD_BYTES + AULA_TCP_FRAME_MOST,
};

struct aula_tcp_stream {
	aula_tcp *tcp;
	aula_tcp_stream *previous,
		*next; /* among strangers (oldest first), the known, or the dead */
	int fd;        /* -1: closed */
	aula_watch *watch;
	aula_address remote, local;
	void *owner;
	int64_t deadline_us; /* of a stranger */
	GByteArray *queue;   /* what the kernel did not take; NULL: nothing */
	size_t queue_sent;
	uint16_t partial_length;
	uint8_t partial[PARTIAL_BYTES]; /* the begun frame */
};

typedef struct {
	aula_tcp_stream *first, *last;
	size_t count;
} stream_list;

struct aula_tcp {
	aula_loop *loop;
	int fd;
	aula_watch *watch;
	int64_t patience_us;
	aula_port_counters *counters;
	const aula_tcp_listener *listener;
	void *data;
	stream_list strangers, known;
	aula_tcp_stream *dead; /* freed at the end of the turn: somebody may be inside */
	aula_flush bury;
	aula_alarm deadline; /* of the oldest stranger */
	aula_alarm resume;   /* accepting again, after there was no descriptor */
	uint8_t inbox[PARTIAL_BYTES + READ_BYTES];
};

/* -- lists -- */

static void
append(stream_list *list, aula_tcp_stream *stream)
{
	stream->previous = list->last;
	stream->next = NULL;
	if (list->last != NULL)
		list->last->next = stream;
	else
		list->first = stream;
	list->last = stream;
	list->count++;
}

static void
take_out(stream_list *list, aula_tcp_stream *stream)
{
	if (stream->previous != NULL)
		stream->previous->next = stream->next;
	else
		list->first = stream->next;
	if (stream->next != NULL)
		stream->next->previous = stream->previous;
	else
		list->last = stream->previous;
	list->count--;
}

static stream_list *
home(aula_tcp_stream *stream)
{
	return stream->deadline_us != 0 ? &stream->tcp->strangers : &stream->tcp->known;
}

/* -- closing -- */

void
aula_tcp_stream_close(aula_tcp_stream *stream)
{
	aula_tcp *tcp = stream->tcp;

	if (stream->fd < 0)
		return;
	aula_watch_free(stream->watch);
	close(stream->fd);
	stream->fd = -1;
	take_out(home(stream), stream);
	stream->next = tcp->dead;
	tcp->dead = stream;
	aula_loop_flush_later(tcp->loop, &tcp->bury);
}

static void
lose(aula_tcp_stream *stream)
{
	aula_tcp *tcp = stream->tcp;

	if (stream->fd < 0)
		return;
	aula_tcp_stream_close(stream);
	tcp->listener->on_stream_closed(tcp->data, stream);
}

static void
bury(aula_flush *flush)
{
	aula_tcp *tcp = (aula_tcp *)((char *)flush - offsetof(aula_tcp, bury));

	while (tcp->dead != NULL) {
		aula_tcp_stream *stream = tcp->dead;
		tcp->dead = stream->next;
		if (stream->queue != NULL)
			g_byte_array_unref(stream->queue);
		g_free(stream);
	}
}

static void
ring_deadline(aula_alarm *alarm)
{
	aula_tcp *tcp = (aula_tcp *)((char *)alarm - offsetof(aula_tcp, deadline));
	int64_t now_us = aula_loop_now_us(tcp->loop);

	while (tcp->strangers.first != NULL && tcp->strangers.first->deadline_us <= now_us)
		lose(tcp->strangers.first);
	if (tcp->strangers.first != NULL)
		aula_alarm_set(tcp->loop, alarm, tcp->strangers.first->deadline_us);
}

/* -- sending -- */

static void
enqueue(aula_tcp_stream *stream, const void *bytes, size_t length)
{
	if (stream->queue == NULL) {
		stream->queue = g_byte_array_new();
		stream->queue_sent = 0;
		aula_watch_change(stream->watch, EPOLLIN | EPOLLOUT);
	}
	g_byte_array_append(stream->queue, bytes, (guint)length);
}

/* Queues what is left of the frames after the first `sent` bytes. A begun frame must be finished;
 * others are dropped when the queue is full. */
static void
queue_rest(aula_tcp_stream *stream, const struct iovec *parts, size_t count, size_t sent)
{
	for (size_t i = 0; i < count; i += 2) {
		size_t length = parts[i].iov_len + parts[i + 1].iov_len;
		size_t waiting =
			stream->queue != NULL ? stream->queue->len - stream->queue_sent : 0;
		if (sent >= length) {
			sent -= length;
			continue;
		}
		if (sent == 0 && waiting + length > AULA_TCP_QUEUE_BYTES_MOST) {
			stream->tcp->counters->send_blocked++;
			continue;
		}
		for (size_t k = i; k < i + 2; k++) {
			size_t skip = MIN(sent, parts[k].iov_len);
			enqueue(stream, (const uint8_t *)parts[k].iov_base + skip,
				parts[k].iov_len - skip);
			sent -= skip;
		}
	}
}

static void
send_frames(aula_tcp_stream *stream, const struct iovec *datagrams, size_t count)
{
	uint8_t heads[FRAMES_A_WRITE][HEAD_BYTES];
	struct iovec parts[2 * FRAMES_A_WRITE];
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		heads[i][0] = (uint8_t)(datagrams[i].iov_len >> 8);
		heads[i][1] = (uint8_t)datagrams[i].iov_len;
		parts[2 * i] = (struct iovec){ heads[i], HEAD_BYTES };
		parts[2 * i + 1] = datagrams[i];
		bytes += HEAD_BYTES + datagrams[i].iov_len;
	}
	ssize_t sent = 0;
	if (stream->queue == NULL) {
		struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 * count };
		sent = sendmsg(stream->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
		stream->tcp->counters->sends++;
	}
	if (sent < 0)
		sent = 0; /* full; or broken, which reading will tell */
	stream->tcp->counters->datagrams_out += count;
	stream->tcp->counters->bytes_out += bytes;
	if ((size_t)sent < bytes)
		queue_rest(stream, parts, 2 * count, (size_t)sent);
}

void
aula_tcp_stream_send(aula_tcp_stream *stream, const struct iovec *datagrams, size_t count)
{
	while (count > 0 && stream->fd >= 0) {
		size_t some = MIN(count, FRAMES_A_WRITE);
		send_frames(stream, datagrams, some);
		datagrams += some;
		count -= some;
	}
}

static void
send_queue(aula_tcp_stream *stream)
{
	GByteArray *queue = stream->queue;

	if (queue == NULL)
		return;
	ssize_t sent = send(stream->fd, queue->data + stream->queue_sent,
		queue->len - stream->queue_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0)
		stream->queue_sent += (size_t)sent;
	if (stream->queue_sent == queue->len) {
		g_byte_array_unref(queue);
		stream->queue = NULL;
		aula_watch_change(stream->watch, EPOLLIN);
	} else if (stream->queue_sent > AULA_TCP_QUEUE_BYTES_MOST / 2) {
		g_byte_array_remove_range(queue, 0, (guint)stream->queue_sent);
		stream->queue_sent = 0;
	}
}

/* -- receiving -- */

/* Hands out whole frames; returns how many bytes they took, or -1 when the stream is at fault. */
static ssize_t
read_frames(aula_tcp_stream *stream, uint8_t *bytes, size_t length)
{
	aula_tcp *tcp = stream->tcp;
	size_t at = 0;

	while (stream->fd >= 0 && length - at >= HEAD_BYTES) {
		size_t frame = (size_t)bytes[at] << 8 | bytes[at + 1];
		if (frame > AULA_TCP_FRAME_MOST) {
			tcp->counters->oversized++;
			return -1;
		}
		if (length - at - HEAD_BYTES < frame)
			break;
		tcp->counters->datagrams_in++;
		tcp->listener->on_stream_frame(tcp->data, stream, bytes + at + HEAD_BYTES, frame);
		at += HEAD_BYTES + frame;
	}
	return (ssize_t)at;
}

static void
stream_ready(void *data, uint32_t events)
{
	aula_tcp_stream *stream = data;
	aula_tcp *tcp = stream->tcp;

	if (events & EPOLLOUT)
		send_queue(stream);
	memcpy(tcp->inbox, stream->partial, stream->partial_length);
	ssize_t got =
		recv(stream->fd, tcp->inbox + stream->partial_length, READ_BYTES, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lose(stream);
		return;
	}
	tcp->counters->receives++;
	tcp->counters->bytes_in += (uint64_t)got;
	size_t length = stream->partial_length + (size_t)got;
	ssize_t taken = read_frames(stream, tcp->inbox, length);
	if (taken < 0) {
		lose(stream);
		return;
	}
	if (stream->fd < 0)
		return;
	stream->partial_length = (uint16_t)(length - (size_t)taken);
	memcpy(stream->partial, tcp->inbox + taken, stream->partial_length);
}

/* -- accepting -- */

/* Room for one more stranger: of one site there are only so many, and of all the oldest goes. */
static bool
make_room(aula_tcp *tcp, const aula_address *remote)
{
	int same = 0;

	for (aula_tcp_stream *s = tcp->strangers.first; s != NULL; s = s->next)
		same += aula_address_same_site(&s->remote, remote);
	if (same >= AULA_TCP_STRANGERS_A_SITE)
		return false;
	if (tcp->strangers.count >= AULA_TCP_STRANGERS_MOST) {
		tcp->counters->streams_refused++;
		lose(tcp->strangers.first);
	}
	return true;
}

static void
welcome(aula_tcp *tcp, int fd, const aula_address *remote)
{
	const int yes = 1;

	if (!make_room(tcp, remote)) {
		tcp->counters->streams_refused++;
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	aula_tcp_stream *stream = g_new0(aula_tcp_stream, 1);
	stream->tcp = tcp;
	stream->fd = fd;
	stream->remote = *remote;
	socklen_t length = sizeof(stream->local);
	getsockname(fd, &stream->local.any, &length);
	stream->deadline_us = aula_loop_now_us(tcp->loop) + tcp->patience_us;
	stream->watch = aula_watch_new(tcp->loop, fd, EPOLLIN, stream_ready, stream);
	append(&tcp->strangers, stream);
	if (!aula_alarm_is_set(&tcp->deadline))
		aula_alarm_set(tcp->loop, &tcp->deadline, stream->deadline_us);
}

static void
ring_resume(aula_alarm *alarm)
{
	aula_tcp *tcp = (aula_tcp *)((char *)alarm - offsetof(aula_tcp, resume));

	aula_watch_change(tcp->watch, EPOLLIN);
}

static void
accept_ready(void *data, uint32_t events)
{
	aula_tcp *tcp = data;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		aula_address remote = { 0 };
		socklen_t length = sizeof(remote);
		int fd = accept4(tcp->fd, &remote.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(tcp, fd, &remote);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			/* It would be ready again at once, for ever. */
			aula_watch_change(tcp->watch, 0);
			aula_alarm_set(tcp->loop, &tcp->resume,
				aula_loop_now_us(tcp->loop) + NO_DESCRIPTOR_PAUSE_US);
		}
		return;
	}
}

static int
listen_on(aula_address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int yes = 1;
	socklen_t length = sizeof(*address);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, &address->any, aula_address_length(address)) == 0 &&
		listen(fd, BACKLOG) == 0 && getsockname(fd, &address->any, &length) == 0)
		return fd;
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

aula_tcp *
aula_tcp_new(aula_loop *loop, aula_address *address, int64_t patience_us,
	aula_port_counters *counters, const aula_tcp_listener *listener, void *data, GError **error)
{
	char text[AULA_ADDRESS_TEXT_BYTES];
	int fd = listen_on(address);

	if (fd < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			"TCP %s cannot be bound: %s", aula_address_text(address, text),
			g_strerror(errno));
		return NULL;
	}
	aula_tcp *tcp = g_new0(aula_tcp, 1);
	tcp->loop = loop;
	tcp->fd = fd;
	tcp->patience_us = patience_us;
	tcp->counters = counters;
	tcp->listener = listener;
	tcp->data = data;
	tcp->bury.flush = bury;
	tcp->deadline.ring = ring_deadline;
	tcp->resume.ring = ring_resume;
	tcp->watch = aula_watch_new(loop, fd, EPOLLIN, accept_ready, tcp);
	return tcp;
}

void
aula_tcp_free(aula_tcp *tcp)
{
	if (tcp == NULL)
		return;
	while (tcp->strangers.first != NULL)
		aula_tcp_stream_close(tcp->strangers.first);
	while (tcp->known.first != NULL)
		aula_tcp_stream_close(tcp->known.first);
	bury(&tcp->bury);
	aula_loop_flush_cancel(tcp->loop, &tcp->bury);
	aula_alarm_clear(tcp->loop, &tcp->deadline);
	aula_alarm_clear(tcp->loop, &tcp->resume);
	aula_watch_free(tcp->watch);
	close(tcp->fd);
	g_free(tcp);
}

size_t
aula_tcp_streams(const aula_tcp *tcp)
{
	return tcp->strangers.count + tcp->known.count;
}

size_t
aula_tcp_strangers(const aula_tcp *tcp)
{
	return tcp->strangers.count;
}

void
aula_tcp_stream_claim(aula_tcp_stream *stream, void *owner)
{
	stream->owner = owner;
	if (stream->deadline_us == 0 || stream->fd < 0)
		return;
	take_out(&stream->tcp->strangers, stream);
	stream->deadline_us = 0;
	append(&stream->tcp->known, stream);
}

void *
aula_tcp_stream_owner(const aula_tcp_stream *stream)
{
	return stream->owner;
}

const aula_address *
aula_tcp_stream_remote(const aula_tcp_stream *stream)
{
	return &stream->remote;
}

const aula_address *
aula_tcp_stream_local(const aula_tcp_stream *stream)
{
	return &stream->local;
}
