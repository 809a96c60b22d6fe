/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/cord.h"

#include <hiredis/async.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	REDIRECT_US = 1000,
	RETRY_FIRST_US = 50 * 1000,
	RETRY_MOST_US = 2 * 1000 * 1000,
	LOOK_US = 250 * 1000,
	KEEP_US = 10 * 1000 * 1000,
	KEEP_MOST = 8192,
};

typedef struct {
	char *text; /* as on the wire */
	size_t length;
	bool keep, sent;
	aula_cord_done done;
	void *data;
	int64_t at_us; /* sent; or answered, of one that is kept */
} command;

/* What a connection is for. */
typedef enum { IDLE, ASKING_SENTINEL, CONNECTING, UP } state;

struct aula_cord {
	aula_loop *loop;
	aula_cord_options options;
	state state;
	redisAsyncContext *context; /* NULL: none */
	GQueue *waiting, *kept;     /* of command, in order */
	size_t next_address;
	aula_place_address target; /* where sentinel or cluster sent us; host NULL: nowhere */
	bool asking;               /* the target wants ASKING before each command */
	bool told_up, told_down;
	int64_t retry_us, since_us;
	aula_alarm retry, look;
};

/* What lies between hiredis and the loop, for one connection. */
typedef struct {
	aula_loop *loop;
	redisAsyncContext *context;
	aula_watch *watch;
	uint32_t events;
	bool inside, dead; /* freed inside `ready` */
} hook;

static void drop(aula_cord *cord, const char *why);
static void send_all(aula_cord *cord);

/* -- hiredis on the loop -- */

static void
hook_ready(void *data, uint32_t events)
{
	hook *one = data;

	one->inside = true;
	if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		redisAsyncHandleRead(one->context);
	if (!one->dead && (events & EPOLLOUT) != 0)
		redisAsyncHandleWrite(one->context);
	one->inside = false;
	if (one->dead)
		g_free(one);
}

static void
hook_set(hook *one, uint32_t events)
{
	if (one->events == events)
		return;
	one->events = events;
	aula_watch_change(one->watch, events);
}

static void
hook_add_read(void *data)
{
	hook_set(data, ((hook *)data)->events | EPOLLIN);
}
static void
hook_del_read(void *data)
{
	hook_set(data, ((hook *)data)->events & ~(uint32_t)EPOLLIN);
}
static void
hook_add_write(void *data)
{
	hook_set(data, ((hook *)data)->events | EPOLLOUT);
}
static void
hook_del_write(void *data)
{
	hook_set(data, ((hook *)data)->events & ~(uint32_t)EPOLLOUT);
}

static void
hook_free(void *data)
{
	hook *one = data;

	aula_watch_free(one->watch);
	one->dead = true;
	if (!one->inside)
		g_free(one);
}

static void
hook_new(aula_loop *loop, redisAsyncContext *context)
{
	hook *one = g_new0(hook, 1);

	one->loop = loop;
	one->context = context;
	one->watch = aula_watch_new(loop, context->c.fd, 0, hook_ready, one);
	context->ev.data = one;
	context->ev.addRead = hook_add_read;
	context->ev.delRead = hook_del_read;
	context->ev.addWrite = hook_add_write;
	context->ev.delWrite = hook_del_write;
	context->ev.cleanup = hook_free;
}

/* -- commands -- */

static void
command_free(void *data)
{
	command *one = data;

	/* hiredis made it, by malloc. */
	free(one->text);
	g_free(one);
}

static void
prune_kept(aula_cord *cord)
{
	int64_t old_us = aula_loop_now_us(cord->loop) - KEEP_US;

	for (;;) {
		command *oldest = g_queue_peek_head(cord->kept);
		if (oldest == NULL ||
			(oldest->at_us > old_us && g_queue_get_length(cord->kept) <= KEEP_MOST))
			return;
		command_free(g_queue_pop_head(cord->kept));
	}
}

/* An error that another connection may not meet: of a server that is no master, or not yet. */
static bool
is_passing(aula_cord *cord, const char *text)
{
	static const char *const words[] = { "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN",
		"TRYAGAIN", "UNBLOCKED", "NOREPLICAS" };
	bool moved = g_str_has_prefix(text, "MOVED "), ask = g_str_has_prefix(text, "ASK ");

	if (moved || ask) {
		const char *address = strrchr(text, ' ') + 1;
		aula_place_address target;
		if (aula_place_address_parse(address, 6379, &target)) {
			g_free(cord->target.host);
			cord->target = target;
			cord->asking = ask;
			cord->retry_us = REDIRECT_US;
		}
		return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_has_prefix(text, words[i]))
			return true;
	return false;
}

static void
on_reply(redisAsyncContext *context, void *raw, void *data)
{
	aula_cord *cord = context->data;
	const redisReply *reply = raw;
	command *one = data;

	/* Without a reply the connection is going, and `one` may be gone. */
	if (reply == NULL || cord == NULL || cord->context != context)
		return;
	if (reply->type == REDIS_REPLY_ERROR && is_passing(cord, reply->str)) {
		drop(cord, reply->str);
		return;
	}
	g_assert(g_queue_peek_head(cord->waiting) == one);
	g_queue_pop_head(cord->waiting);
	cord->retry_us = 0;
	aula_cord_done done = one->done;
	void *done_data = one->data;
	if (one->keep && reply->type != REDIS_REPLY_ERROR) {
		one->done = NULL;
		one->at_us = aula_loop_now_us(cord->loop);
		g_queue_push_tail(cord->kept, one);
		prune_kept(cord);
	} else {
		command_free(one);
	}
	if (done != NULL)
		done(done_data, reply);
}

static void
send_one(aula_cord *cord, command *one)
{
	one->sent = true;
	one->at_us = aula_now_us();
	if (cord->asking)
		redisAsyncCommand(cord->context, NULL, NULL, "ASKING");
	redisAsyncFormattedCommand(cord->context, on_reply, one, one->text, one->length);
}

static void
send_all(aula_cord *cord)
{
	for (GList *at = cord->waiting->head; at != NULL; at = at->next)
		send_one(cord, at->data);
}

void
aula_cord_send(aula_cord *cord, bool keep, int count, const char *const *words,
	const size_t *lengths, aula_cord_done done, void *data)
{
	AULA_ASSERT_ON(cord->loop);
	command *one = g_new0(command, 1);
	long long length = redisFormatCommandArgv(&one->text, count, (const char **)words, lengths);

	g_assert(length > 0);
	one->length = (size_t)length;
	one->keep = keep && cord->options.repeats;
	one->done = done;
	one->data = data;
	g_queue_push_tail(cord->waiting, one);
	if (cord->state == UP)
		send_one(cord, one);
}

size_t
aula_cord_waiting(const aula_cord *cord)
{
	return g_queue_get_length(cord->waiting);
}

/* -- the connection -- */

static void
tell(aula_cord *cord, bool up, const char *why)
{
	bool *told = up ? &cord->told_up : &cord->told_down;

	if (*told)
		return;
	cord->told_up = up;
	cord->told_down = !up;
	if (cord->options.on_cord_state != NULL)
		cord->options.on_cord_state(cord->options.data, up, why);
}

static void
give_up(aula_cord *cord)
{
	GQueue lost = *cord->waiting;
	command *one;

	g_queue_init(cord->waiting);
	while ((one = g_queue_pop_head(&lost)) != NULL) {
		if (one->done != NULL)
			one->done(one->data, NULL);
		command_free(one);
	}
}

static void
recover_commands(aula_cord *cord)
{
	if (cord->options.repeats) {
		prune_kept(cord);
		/* In their order, before what was not answered. */
		while (!g_queue_is_empty(cord->kept)) {
			command *one = g_queue_pop_tail(cord->kept);
			g_queue_push_head(cord->waiting, one);
		}
		return;
	}
	give_up(cord);
}

static void
retry_later(aula_cord *cord)
{
	int64_t wait_us = cord->retry_us;

	cord->retry_us = CLAMP(wait_us * 2, RETRY_FIRST_US, RETRY_MOST_US);
	aula_alarm_set(cord->loop, &cord->retry, aula_now_us() + wait_us);
}

/* The connection is of no more use, or has gone by itself. */
static void
drop(aula_cord *cord, const char *why)
{
	redisAsyncContext *context = g_steal_pointer(&cord->context);
	bool was_up = cord->state == UP;
	g_autofree char *kept_why = g_strdup(why);

	cord->state = IDLE;
	if (context != NULL)
		redisAsyncFree(context);
	retry_later(cord);
	tell(cord, false, kept_why);
	if (was_up)
		recover_commands(cord);
	else if (cord->options.impatient)
		give_up(cord);
}

/* It frees itself after either of these. */
static void
on_connect(const redisAsyncContext *context, int status)
{
	aula_cord *cord = context->data;

	if (cord == NULL || cord->context != context || status == REDIS_OK)
		return;
	cord->context = NULL;
	drop(cord, context->errstr != NULL && *context->errstr != '\0' ? context->errstr
								       : "no connection");
}

static void
on_disconnect(const redisAsyncContext *context, int status)
{
	aula_cord *cord = context->data;

	(void)status;
	if (cord == NULL || cord->context != context)
		return;
	cord->context = NULL;
	drop(cord, context->errstr != NULL && *context->errstr != '\0' ? context->errstr
								       : "the connection ended");
}

static bool
open_to(aula_cord *cord, const aula_place_address *address)
{
	redisAsyncContext *context = redisAsyncConnect(address->host, address->port);

	if (context == NULL || context->err != 0) {
		g_autofree char *why =
			g_strdup(context != NULL ? context->errstr : "out of memory");
		if (context != NULL)
			redisAsyncFree(context);
		drop(cord, why);
		return false;
	}
	context->data = cord;
	cord->context = context;
	cord->since_us = aula_now_us();
	hook_new(cord->loop, context);
	redisAsyncSetConnectCallback(context, on_connect);
	redisAsyncSetDisconnectCallback(context, on_disconnect);
	return true;
}

/* ROLE: the last of the handshake. Only a master is of use. */
static void
on_role(redisAsyncContext *context, void *raw, void *data)
{
	aula_cord *cord = context->data;
	const redisReply *reply = raw;

	(void)data;
	if (reply == NULL || cord == NULL || cord->context != context)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		drop(cord, reply->str);
		return;
	}
	bool master = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
		      g_strcmp0(reply->element[0]->str, "master") == 0;
	if (!master && cord->options.place->kind != AULA_PLACE_CLUSTER) {
		drop(cord, "the server is a replica");
		return;
	}
	cord->state = UP;
	tell(cord, true, NULL);
	send_all(cord);
}

static void
connect_server(aula_cord *cord, const aula_place_address *address)
{
	const aula_place *place = cord->options.place;
	const char *password =
		cord->options.password != NULL ? cord->options.password : place->password;

	cord->state = CONNECTING;
	if (!open_to(cord, address))
		return;
	if (password != NULL && place->user != NULL)
		redisAsyncCommand(cord->context, NULL, NULL, "AUTH %s %s", place->user, password);
	else if (password != NULL)
		redisAsyncCommand(cord->context, NULL, NULL, "AUTH %s", password);
	if (place->database != 0)
		redisAsyncCommand(cord->context, NULL, NULL, "SELECT %d", place->database);
	redisAsyncCommand(cord->context, on_role, NULL, "ROLE");
}

static void
on_master(redisAsyncContext *context, void *raw, void *data)
{
	aula_cord *cord = context->data;
	const redisReply *reply = raw;

	(void)data;
	if (reply == NULL || cord == NULL || cord->context != context)
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
		reply->element[0]->str == NULL || reply->element[1]->str == NULL) {
		drop(cord, "the sentinel does not know the master");
		return;
	}
	aula_place_address master = { .host = g_strdup(reply->element[0]->str),
		.port = atoi(reply->element[1]->str) };
	cord->context = NULL;
	redisAsyncFree(context);
	connect_server(cord, &master);
	g_free(master.host);
}

static void
on_retry(aula_alarm *alarm)
{
	aula_cord *cord = (aula_cord *)(void *)((char *)alarm - offsetof(aula_cord, retry));
	const aula_place *place = cord->options.place;

	if (cord->target.host != NULL) {
		/* Once: if it is gone, one of those that are known says where to go. */
		aula_place_address target = cord->target;
		cord->target.host = NULL;
		connect_server(cord, &target);
		g_free(target.host);
		return;
	}
	cord->asking = false;
	const aula_place_address *address = &place->addresses[cord->next_address++ % place->count];
	if (place->kind != AULA_PLACE_SENTINEL) {
		connect_server(cord, address);
		return;
	}
	cord->state = ASKING_SENTINEL;
	if (open_to(cord, address))
		redisAsyncCommand(cord->context, on_master, NULL,
			"SENTINEL get-master-addr-by-name %s", place->master);
}

/* A server that says nothing is as good as gone. */
static void
on_look(aula_alarm *alarm)
{
	aula_cord *cord = (aula_cord *)(void *)((char *)alarm - offsetof(aula_cord, look));
	int64_t now_us = aula_now_us();
	const command *oldest = g_queue_peek_head(cord->waiting);

	aula_alarm_set(cord->loop, &cord->look, now_us + LOOK_US);
	if ((cord->state == CONNECTING || cord->state == ASKING_SENTINEL) &&
		now_us - cord->since_us > cord->options.connect_ms * 1000)
		drop(cord, "the server does not answer in time");
	else if (cord->state == UP && oldest != NULL &&
		 now_us - oldest->at_us > cord->options.reply_ms * 1000)
		drop(cord, "a command is not answered in time");
}

/* -- life -- */

aula_cord *
aula_cord_new(aula_loop *loop, const aula_cord_options *options)
{
	aula_cord *cord = g_new0(aula_cord, 1);

	cord->loop = loop;
	cord->options = *options;
	cord->waiting = g_queue_new();
	cord->kept = g_queue_new();
	cord->retry.ring = on_retry;
	cord->look.ring = on_look;
	aula_alarm_set(loop, &cord->retry, aula_now_us());
	aula_alarm_set(loop, &cord->look, aula_now_us() + LOOK_US);
	return cord;
}

void
aula_cord_free(aula_cord *cord)
{
	if (cord == NULL)
		return;
	aula_alarm_clear(cord->loop, &cord->retry);
	aula_alarm_clear(cord->loop, &cord->look);
	redisAsyncContext *context = g_steal_pointer(&cord->context);
	if (context != NULL) {
		context->data = NULL;
		redisAsyncFree(context);
	}
	g_queue_free_full(cord->kept, command_free);
	give_up(cord);
	g_queue_free(cord->waiting);
	g_free(cord->target.host);
	g_free(cord);
}
