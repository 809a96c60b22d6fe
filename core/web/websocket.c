/* SPDX-License-Identifier: Apache-2.0 */
#include "web/websocket.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

/* Closing takes no longer, whatever the client does. */
#define CLOSE_PATIENCE_US (5 * G_USEC_PER_SEC)

/* What the kernel may hold for one client: the default grows to megabytes before the queue here
 * would notice that nobody reads. */
enum { KERNEL_BYTES = 64 << 10, FIRST_BUFFER_BYTES = 4096 };

/* Lists are in the order of `since_us`, as all that enters one waits equally long. */
enum list { QUIET, PINGED, CLOSING, LIST_COUNT };

enum state { OPEN, ENDING };

/* Never on the wire: RFC 6455 section 7.4.1. */
enum { NO_STATUS = 1005, CUT_OFF = 1006 };

struct mail {
	aula_web_outbox_item item; /* also links the queue of a socket */
	aula_websocket *socket;
	int status; /* 0: a message, else a close */
	bool drop;  /* a close that does not wait for what is queued */
	size_t length;
	unsigned char bytes[]; /* LWS_PRE of room, then the text */
};

struct aula_websocket {
	/* [any] */
	atomic_uint references; /* the connection's, the module's, one for each mail */
	atomic_uint state;
	atomic_llong queued_bytes;
	aula_web_outbox *outbox;
	int64_t max_queue_bytes;
	aula_hits *hits;
	char address[INET6_ADDRSTRLEN];
	/* [web] */
	aula_websocket_group *group;
	struct lws *wsi; /* NULL: gone */
	void *data;
	bool accepted;
	enum list list;
	int64_t since_us;
	GList link;
	char *buffer; /* of a message in pieces */
	size_t buffered, buffer_size;
	struct mail *first, *last;
	int64_t flying_bytes;  /* handed to the library, which still holds some of it */
	struct mail *farewell; /* a close under way */
	int status;            /* what the client closed with */
};

struct aula_websocket_group {
	const aula_websocket_endpoint *endpoint;
	aula_web_outbox *outbox;
	GQueue lists[LIST_COUNT];
	size_t farewells; /* close frames not sent yet */
};

static void
unref(aula_websocket *socket)
{
	if (atomic_fetch_sub(&socket->references, 1) > 1)
		return;
	aula_web_outbox_unref(socket->outbox);
	g_free(socket);
}

static void deliver(aula_web_outbox_item *item);

static struct mail *
mail_new(aula_websocket *socket, const char *text, size_t length)
{
	struct mail *mail = g_malloc(sizeof *mail + LWS_PRE + length);

	*mail = (struct mail){ .item.deliver = deliver, .socket = socket, .length = length };
	memcpy(mail->bytes + LWS_PRE, text, length);
	atomic_fetch_add(&socket->references, 1);
	return mail;
}

static void
mail_free(struct mail *mail)
{
	if (mail == NULL)
		return;
	unref(mail->socket);
	g_free(mail);
}

static int64_t
cost_of(size_t length)
{
	return (int64_t)(sizeof(struct mail) + LWS_PRE + length);
}

/* -- any thread -- */

static void
post_close(aula_websocket *socket, int status, const char *reason, bool drop)
{
	unsigned open = OPEN;

	if (!atomic_compare_exchange_strong(&socket->state, &open, ENDING))
		return;
	struct mail *mail = mail_new(socket, reason, MIN(strlen(reason), 123));
	mail->status = status;
	mail->drop = drop;
	if (!aula_web_outbox_push(socket->outbox, &mail->item))
		mail_free(mail);
}

aula_code
aula_websocket_send(aula_websocket *socket, const char *text, size_t length)
{
	int64_t cost = cost_of(length);

	if (atomic_load(&socket->state) != OPEN)
		return AULA_GONE;
	if (atomic_fetch_add(&socket->queued_bytes, cost) + cost > socket->max_queue_bytes) {
		atomic_fetch_sub(&socket->queued_bytes, cost);
		aula_hits_tell(socket->hits, AULA_LIMIT_WEB_QUEUE_BYTES,
			&(aula_hit){ .address = socket->address });
		post_close(socket, 1008, "You read too slowly: too much is waiting for you.", true);
		return AULA_FULL;
	}
	struct mail *mail = mail_new(socket, text, length);
	if (aula_web_outbox_push(socket->outbox, &mail->item))
		return AULA_OK;
	mail_free(mail);
	return AULA_GONE;
}

void
aula_websocket_close(aula_websocket *socket, int status, const char *reason)
{
	post_close(socket, status, reason != NULL ? reason : "", false);
}

void
aula_websocket_release(aula_websocket *socket)
{
	post_close(socket, 1000, "", false);
	unref(socket);
}

/* -- the service thread -- */

aula_websocket_group *
aula_websocket_group_new(const aula_websocket_endpoint *endpoint, aula_web_outbox *outbox)
{
	aula_websocket_group *group = g_new0(aula_websocket_group, 1);

	group->endpoint = endpoint;
	group->outbox = outbox;
	for (int i = 0; i < LIST_COUNT; i++)
		g_queue_init(&group->lists[i]);
	return group;
}

void
aula_websocket_group_free(aula_websocket_group *group)
{
	g_free(group);
}

const char *
aula_websocket_group_name(const aula_websocket_group *group)
{
	return group->endpoint->name;
}

size_t
aula_websocket_group_farewells(const aula_websocket_group *group)
{
	return group->farewells;
}

/* Puts the socket at the end of a list, as of now. */
static void
enter(aula_websocket *socket, enum list list)
{
	g_queue_unlink(&socket->group->lists[socket->list], &socket->link);
	socket->list = list;
	socket->since_us = g_get_monotonic_time();
	g_queue_push_tail_link(&socket->group->lists[list], &socket->link);
}

static void
cut_off(aula_websocket *socket)
{
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	/* It looks at its timers only after events of its own. */
	lws_cancel_service(lws_get_context(socket->wsi));
}

static void
drop_queue(aula_websocket *socket)
{
	while (socket->first != NULL) {
		struct mail *mail = socket->first;
		socket->first = (struct mail *)(void *)mail->item.next;
		atomic_fetch_sub(&socket->queued_bytes, cost_of(mail->length));
		mail_free(mail);
	}
}

static void
forget_farewell(aula_websocket *socket)
{
	if (socket->farewell == NULL)
		return;
	g_clear_pointer(&socket->farewell, mail_free);
	socket->group->farewells--;
}

/* Begins to close; takes the mail. A close frame can follow only a whole message, so it waits for
 * the one that is on its way. */
static void
begin_close(aula_websocket *socket, struct mail *mail)
{
	if (socket->list == CLOSING) {
		mail_free(mail);
		return;
	}
	if (mail->drop)
		drop_queue(socket);
	socket->farewell = mail;
	socket->group->farewells++;
	g_clear_pointer(&socket->buffer, g_free);
	enter(socket, CLOSING);
	lws_callback_on_writable(socket->wsi);
}

static void
close_now(aula_websocket *socket, int status, const char *reason, bool drop)
{
	atomic_store(&socket->state, ENDING);
	struct mail *mail = mail_new(socket, reason, strlen(reason));
	mail->status = status;
	mail->drop = drop;
	begin_close(socket, mail);
}

aula_websocket *
aula_websocket_open(aula_websocket_group *group, struct lws *wsi, const char *address)
{
	const aula_websocket_endpoint *endpoint = group->endpoint;
	aula_websocket *socket = g_new0(aula_websocket, 1);
	int bytes = KERNEL_BYTES;

	atomic_init(&socket->references, 2);
	atomic_init(&socket->state, OPEN);
	socket->outbox = aula_web_outbox_ref(group->outbox);
	socket->max_queue_bytes = endpoint->max_queue_bytes;
	socket->group = group;
	socket->wsi = wsi;
	socket->link.data = socket;
	socket->status = CUT_OFF;
	socket->since_us = g_get_monotonic_time();
	g_queue_push_tail_link(&group->lists[QUIET], &socket->link);
	setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	socket->hits = endpoint->hits;
	g_strlcpy(socket->address, address, sizeof socket->address);
	socket->accepted = endpoint->ops->opened(endpoint->self, socket, address, &socket->data);
	if (!socket->accepted) {
		close_now(socket, 1013, "Try again later.", true);
		unref(socket);
	}
	return socket;
}

static void
append(aula_websocket *socket, const char *bytes, size_t length)
{
	size_t needed = socket->buffered + length;

	if (needed > socket->buffer_size || socket->buffer == NULL) {
		size_t most = (size_t)socket->group->endpoint->max_message_bytes;
		socket->buffer_size =
			MIN(MAX(MAX(needed, 2 * socket->buffer_size), FIRST_BUFFER_BYTES),
				MAX(needed, most));
		socket->buffer = g_realloc(socket->buffer, socket->buffer_size);
	}
	memcpy(socket->buffer + socket->buffered, bytes, length);
	socket->buffered = needed;
}

static void
deliver_message(aula_websocket *socket, const char *text, size_t length)
{
	const aula_websocket_endpoint *endpoint = socket->group->endpoint;

	endpoint->ops->message(endpoint->self, socket, socket->data, text, length);
}

void
aula_websocket_receive(aula_websocket *socket, const char *bytes, size_t length)
{
	struct lws *wsi = socket->wsi;

	if (socket->list == CLOSING)
		return;
	enter(socket, QUIET);
	/* What the frame announces counts, so that a giant is stopped at its first bytes. */
	if ((int64_t)(socket->buffered + length + lws_remaining_packet_payload(wsi)) >
		socket->group->endpoint->max_message_bytes) {
		aula_hits_tell(socket->hits, AULA_LIMIT_WEB_MESSAGE_BYTES,
			&(aula_hit){ .address = socket->address });
		close_now(socket, 1009, "The message is too long.", true);
		return;
	}
	if (lws_frame_is_binary(wsi)) {
		close_now(socket, 1003, "Only text is understood here.", true);
		return;
	}
	bool last = lws_is_final_fragment(wsi);
	if (last && socket->buffered == 0) {
		deliver_message(socket, bytes != NULL ? bytes : "", length);
		return;
	}
	append(socket, bytes, length);
	if (!last)
		return;
	g_autofree char *text = g_steal_pointer(&socket->buffer);
	length = socket->buffered;
	socket->buffered = socket->buffer_size = 0;
	deliver_message(socket, text, length);
}

void
aula_websocket_pong(aula_websocket *socket)
{
	if (socket->list != CLOSING)
		enter(socket, QUIET);
}

void
aula_websocket_ending(aula_websocket *socket, const char *payload, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)payload;

	if (bytes != NULL && socket->list != CLOSING)
		socket->status = length >= 2 ? bytes[0] << 8 | bytes[1] : NO_STATUS;
	/* The library answers; nothing of ours may follow. */
	atomic_store(&socket->state, ENDING);
	drop_queue(socket);
	if (socket->list != CLOSING)
		enter(socket, CLOSING);
}

/* Sends while the socket takes whole messages. False: it is broken. */
static bool
flush(aula_websocket *socket)
{
	while (socket->first != NULL && !lws_partial_buffered(socket->wsi)) {
		struct mail *mail = socket->first;
		socket->first = (struct mail *)(void *)mail->item.next;
		int sent =
			lws_write(socket->wsi, mail->bytes + LWS_PRE, mail->length, LWS_WRITE_TEXT);
		if (sent >= 0 && lws_partial_buffered(socket->wsi))
			socket->flying_bytes = cost_of(mail->length);
		else
			atomic_fetch_sub(&socket->queued_bytes, cost_of(mail->length));
		mail_free(mail);
		if (sent < 0)
			return false;
	}
	return true;
}

int
aula_websocket_writable(aula_websocket *socket)
{
	atomic_fetch_sub(&socket->queued_bytes, socket->flying_bytes);
	socket->flying_bytes = 0;
	if (!flush(socket))
		return -1;
	struct mail *bye = socket->farewell;
	if (bye == NULL || socket->first != NULL || lws_partial_buffered(socket->wsi))
		return 0;
	lws_close_reason(
		socket->wsi, (enum lws_close_status)bye->status, bye->bytes + LWS_PRE, bye->length);
	forget_farewell(socket);
	/* Not by returning -1: a build of the library with debugging, such as Debian's, then closes
	 * twice where the loop is libuv's, and the second time kills the close frame. */
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	return 0;
}

static void
deliver_text(aula_websocket *socket, struct mail *mail)
{
	if (socket->first != NULL)
		socket->last->item.next = &mail->item;
	else
		socket->first = mail;
	socket->last = mail;
	mail->item.next = NULL;
	/* Sent at once where it can be: waiting for the event loop to say so would cost two system
	 * calls more per message. */
	if (socket->first == mail && socket->flying_bytes == 0 && !flush(socket))
		cut_off(socket);
}

static void
deliver(aula_web_outbox_item *item)
{
	struct mail *mail = (struct mail *)(void *)item;
	aula_websocket *socket = mail->socket;

	if (socket->wsi != NULL && mail->status != 0) {
		begin_close(socket, mail);
	} else if (socket->wsi != NULL && socket->list != CLOSING) {
		deliver_text(socket, mail);
	} else {
		if (mail->status == 0)
			atomic_fetch_sub(&socket->queued_bytes, cost_of(mail->length));
		mail_free(mail);
	}
}

void
aula_websocket_gone(aula_websocket *socket)
{
	const aula_websocket_endpoint *endpoint = socket->group->endpoint;

	atomic_store(&socket->state, ENDING);
	drop_queue(socket);
	forget_farewell(socket);
	g_clear_pointer(&socket->buffer, g_free);
	g_queue_unlink(&socket->group->lists[socket->list], &socket->link);
	socket->wsi = NULL;
	if (socket->accepted)
		endpoint->ops->closed(endpoint->self, socket, socket->data, socket->status);
	unref(socket);
}

static void
ping(aula_websocket *socket)
{
	unsigned char frame[LWS_PRE + 4] = { 0 };

	enter(socket, PINGED);
	memcpy(frame + LWS_PRE, "aula", 4);
	/* Who has not read the last message gets no ping, but must show life all the same. */
	if (!lws_partial_buffered(socket->wsi) &&
		lws_write(socket->wsi, frame + LWS_PRE, 4, LWS_WRITE_PING) < 0)
		cut_off(socket);
}

/* The first of a list when it has waited that long, else NULL. */
static aula_websocket *
due(aula_websocket_group *group, enum list list, int64_t patience_us)
{
	aula_websocket *socket = g_queue_peek_head(&group->lists[list]);

	if (socket == NULL || g_get_monotonic_time() - socket->since_us < patience_us)
		return NULL;
	return socket;
}

void
aula_websocket_group_tick(aula_websocket_group *group)
{
	const aula_websocket_endpoint *limits = group->endpoint;
	aula_websocket *socket;

	while ((socket = due(group, CLOSING, CLOSE_PATIENCE_US)) != NULL) {
		enter(socket, CLOSING);
		cut_off(socket);
	}
	while ((socket = due(group, PINGED, limits->ping_timeout_ms * 1000)) != NULL) {
		atomic_store(&socket->state, ENDING);
		enter(socket, CLOSING);
		cut_off(socket);
	}
	while ((socket = due(group, QUIET, limits->ping_interval_ms * 1000)) != NULL)
		ping(socket);
}

void
aula_websocket_group_close_all(aula_websocket_group *group, int status, const char *reason)
{
	for (enum list list = QUIET; list < CLOSING; list++)
		while (!g_queue_is_empty(&group->lists[list]))
			close_now(g_queue_peek_head(&group->lists[list]), status, reason, false);
}
