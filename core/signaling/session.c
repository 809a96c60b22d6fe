/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "signaling/backlog.h"
#include "signaling/expiry.h"
#include "signaling/poll.h"
#include "signaling/verifier.h"

enum {
	/* Numbers stay exact in a double, and cannot be guessed: they are what a claim shows. */
	NUMBER_BITS = 53,
	OPAQUE_BYTES_MOST = 256,
};

struct aula_session {
	aula_sessions *all;
	uint64_t number;
	aula_client client; /* the connection that owns it; none: it waits to be claimed, or... */
	bool lasting;       /* ...if false, lives by its time limit, and whoever knows it may ask */
	bool waits;         /* to be claimed */
	bool over;
	bool overflowed; /* it is in `overflowed` of all */
	aula_bearer bearer;
	aula_expiry expiry;            /* of its token */
	int64_t since_us;              /* its last sign of life, or when it was abandoned */
	GList link;                    /* in `living` or `waiting` of all */
	aula_session *next, *previous; /* of the same client */
	GPtrArray *handles;            /* of aula_attachment; NULL: none yet */
	aula_backlog backlog;          /* for the next client */
	aula_poll *poll;               /* who waits for it; NULL: nobody */
};

struct aula_attachment {
	aula_attachment_facts facts; /* texts are ours */
	void *state;
	bool ending;
};

struct aula_sessions {
	aula_session_limits limits;
	const aula_session_listener *listener;
	void *data;
	GHashTable *by_number;  /* &session->number -> session */
	GHashTable *by_client;  /* &session->client.id -> first session of it */
	GQueue living, waiting; /* by since_us, the oldest first */
	GQueue overflowed;      /* of sessions, until the next tick */
	size_t texts_bytes;     /* of all sessions */
	aula_polls *polls;
	aula_expiries *expiries;
	aula_id_table handles;
	GHashTable *numbers; /* &attachment->facts.number -> attachment */
};

aula_sessions *
aula_sessions_new(
	const aula_session_limits *limits, const aula_session_listener *listener, void *data)
{
	aula_sessions *sessions = g_new0(aula_sessions, 1);

	sessions->listener = listener;
	sessions->data = data;
	sessions->by_number = g_hash_table_new(g_int64_hash, g_int64_equal);
	sessions->by_client = g_hash_table_new(g_int64_hash, g_int64_equal);
	sessions->numbers = g_hash_table_new(g_int64_hash, g_int64_equal);
	sessions->polls = aula_polls_new();
	sessions->expiries = aula_expiries_new();
	aula_id_table_init(&sessions->handles, 0);
	aula_sessions_set_limits(sessions, limits);
	return sessions;
}

void
aula_sessions_free(aula_sessions *sessions)
{
	if (sessions == NULL)
		return;
	g_assert(g_hash_table_size(sessions->by_number) == 0);
	g_hash_table_destroy(sessions->by_number);
	g_hash_table_destroy(sessions->by_client);
	g_hash_table_destroy(sessions->numbers);
	aula_id_table_finish(&sessions->handles);
	aula_polls_free(sessions->polls);
	aula_expiries_free(sessions->expiries);
	g_free(sessions);
}

size_t
aula_sessions_count(const aula_sessions *sessions)
{
	return g_hash_table_size(sessions->by_number);
}

size_t
aula_sessions_handle_count(const aula_sessions *sessions)
{
	return aula_id_count(&sessions->handles);
}

aula_session *
aula_sessions_find(const aula_sessions *sessions, uint64_t number)
{
	return g_hash_table_lookup(sessions->by_number, &number);
}

aula_session *
aula_sessions_any(const aula_sessions *sessions)
{
	const GList *first =
		sessions->living.head != NULL ? sessions->living.head : sessions->waiting.head;

	return first != NULL ? first->data : NULL;
}

void
aula_sessions_each(const aula_sessions *sessions,
	void (*each)(void *data, const aula_session *session), void *data)
{
	GHashTableIter iter;
	void *session;
	g_hash_table_iter_init(&iter, sessions->by_number);
	while (g_hash_table_iter_next(&iter, NULL, &session))
		each(data, session);
}

void
aula_sessions_set_limits(aula_sessions *sessions, const aula_session_limits *limits)
{
	sessions->limits = *limits;
	sessions->handles.most =
		MIN(limits->sessions_most * limits->handles_most, (size_t)INT32_MAX);
}

int64_t
aula_session_seen_us(const aula_session *session)
{
	return session->since_us;
}

static uint64_t
draw_number(GHashTable *taken)
{
	uint64_t number;

	do {
		aula_random(&number, sizeof number);
		number >>= 64 - NUMBER_BITS;
	} while (number == 0 || g_hash_table_contains(taken, &number));
	return number;
}

/* -- whose it is -- */

static bool
has_room(const aula_sessions *sessions, aula_client client)
{
	const aula_session *session = g_hash_table_lookup(sessions->by_client, &client.id);
	size_t count = 0;

	for (; session != NULL; session = session->next)
		count++;
	return sessions->limits.client_most == 0 || count < sessions->limits.client_most;
}

static void
own(aula_session *session, aula_client client, bool lasting)
{
	GHashTable *by_client = session->all->by_client;

	session->lasting = lasting;
	if (!lasting)
		return;
	session->client = client;
	session->previous = NULL;
	session->next = g_hash_table_lookup(by_client, &client.id);
	if (session->next != NULL)
		session->next->previous = session;
	g_hash_table_replace(by_client, &session->client.id, session);
}

static void
disown(aula_session *session)
{
	GHashTable *by_client = session->all->by_client;

	if (AULA_NONE(session->client))
		return;
	if (session->next != NULL)
		session->next->previous = session->previous;
	if (session->previous != NULL)
		session->previous->next = session->next;
	else if (session->next != NULL)
		g_hash_table_replace(by_client, &session->next->client.id, session->next);
	else
		g_hash_table_remove(by_client, &session->client.id);
	session->next = session->previous = NULL;
	session->client = (aula_client){ 0 };
}

static void
move(aula_session *session, bool waits, int64_t now_us)
{
	aula_sessions *all = session->all;

	g_queue_unlink(session->waits ? &all->waiting : &all->living, &session->link);
	session->waits = waits;
	session->since_us = now_us;
	g_queue_push_tail_link(waits ? &all->waiting : &all->living, &session->link);
}

aula_code
aula_session_new(aula_sessions *sessions, uint64_t number, aula_client client, bool lasting,
	aula_bearer *bearer, int64_t now_us, aula_session **ret_session)
{
	aula_code code = AULA_OK;

	if (number != 0 && g_hash_table_contains(sessions->by_number, &number))
		code = AULA_EXISTS;
	else if (g_hash_table_size(sessions->by_number) >= sessions->limits.sessions_most ||
		 !has_room(sessions, client))
		code = AULA_FULL;
	if (code != AULA_OK) {
		aula_bearer_clear(bearer);
		return code;
	}
	aula_session *session = g_new0(aula_session, 1);
	session->all = sessions;
	session->number = number != 0 ? number : draw_number(sessions->by_number);
	session->bearer = *bearer;
	*bearer = (aula_bearer){ 0 };
	session->since_us = now_us;
	session->link.data = session;
	aula_session_renew(session, session->bearer.expires_s);
	g_hash_table_insert(sessions->by_number, &session->number, session);
	g_queue_push_tail_link(&sessions->living, &session->link);
	own(session, client, lasting);
	*ret_session = session;
	return AULA_OK;
}

/* -- who waits for it -- */

/* Says `text` to whoever waits, who then does no more. */
static aula_code
poll_answer(aula_session *session, const char *text, size_t length)
{
	const aula_session_listener *listener = session->all->listener;
	aula_client client = session->poll->client;

	g_clear_pointer(&session->poll, aula_poll_free);
	return listener->on_session_text(session->all->data, client, text, length);
}

static void
poll_keepalive(aula_session *session)
{
	static const char one[] = "{\"janus\":\"keepalive\"}",
			  many[] = "[{\"janus\":\"keepalive\"}]";

	if (session->poll->most > 1)
		poll_answer(session, many, strlen(many));
	else
		poll_answer(session, one, strlen(one));
}

/* Hands over what waits. It stays if the one who came for it has gone again. */
static void
poll_feed(aula_session *session)
{
	size_t count;

	if (session->poll == NULL || aula_backlog_count(&session->backlog) == 0)
		return;
	GString *texts = aula_backlog_join(&session->backlog, session->poll->most, &count);
	if (poll_answer(session, texts->str, texts->len) == AULA_OK)
		aula_backlog_drop(&session->backlog, count);
	g_string_free(texts, TRUE);
}

void
aula_session_free(aula_session *session)
{
	aula_sessions *all = session->all;

	g_assert(session->handles == NULL || session->handles->len == 0);
	g_queue_unlink(session->waits ? &all->waiting : &all->living, &session->link);
	if (session->overflowed)
		g_queue_remove(&all->overflowed, session);
	aula_session_renew(session, 0);
	disown(session);
	g_hash_table_remove(all->by_number, &session->number);
	aula_backlog_clear(&session->backlog);
	if (session->poll != NULL) {
		aula_client client = session->poll->client;
		g_clear_pointer(&session->poll, aula_poll_free);
		all->listener->on_session_deaf(all->data, client);
	}
	if (session->handles != NULL)
		g_ptr_array_free(session->handles, TRUE);
	aula_bearer_clear(&session->bearer);
	g_free(session);
}

void
aula_session_touch(aula_session *session, int64_t now_us)
{
	if (!session->waits)
		move(session, false, now_us);
}

static void
finish(aula_session *session, const char *reason)
{
	if (session->over)
		return;
	session->over = true;
	session->all->listener->on_session_over(session->all->data, session, reason);
}

void
aula_sessions_abandon(aula_sessions *sessions, aula_client client, bool final, int64_t now_us)
{
	aula_session *session;
	aula_poll *poll = aula_polls_find(sessions->polls, client);

	if (poll != NULL) {
		session = poll->session;
		g_clear_pointer(&session->poll, aula_poll_free);
	}
	while ((session = g_hash_table_lookup(sessions->by_client, &client.id)) != NULL) {
		disown(session);
		move(session, true, now_us);
		if (final || sessions->limits.reclaim_us == 0)
			finish(session, final ? "left" : "lost");
	}
}

bool
aula_session_fits(const aula_session *session, aula_client client)
{
	return AULA_SAME(session->client, client) || has_room(session->all, client);
}

void
aula_session_claim(aula_session *session, aula_client client, bool lasting, int64_t now_us)
{
	move(session, false, now_us);
	disown(session);
	own(session, client, lasting);
	if (!lasting)
		return;
	if (session->poll != NULL)
		poll_keepalive(session);
	while (aula_backlog_count(&session->backlog) > 0) {
		size_t count;
		GString *text = aula_backlog_join(&session->backlog, 1, &count);
		aula_session_send(session, text->str, text->len);
		g_string_free(text, TRUE);
		aula_backlog_drop(&session->backlog, 1);
	}
}

void
aula_session_listen(
	aula_session *session, aula_client client, size_t most, int64_t now_us, int64_t until_us)
{
	const aula_poll *other = aula_polls_find(session->all->polls, client);

	aula_session_touch(session, now_us);
	if (other != NULL)
		poll_keepalive(other->session);
	if (session->poll != NULL)
		poll_keepalive(session);
	session->poll = aula_poll_new(session->all->polls, client, session, most, until_us);
	poll_feed(session);
}

bool
aula_session_answers_to(const aula_session *session, aula_client client)
{
	return !session->lasting || AULA_SAME(session->client, client);
}

void
aula_sessions_tick(aula_sessions *sessions, int64_t now_us)
{
	aula_session *session;
	aula_poll *poll;

	while ((poll = aula_polls_due(sessions->polls, now_us)) != NULL) {
		aula_session_touch(poll->session, now_us);
		poll_keepalive(poll->session);
	}
	while ((session = g_queue_pop_head(&sessions->overflowed)) != NULL) {
		session->overflowed = false;
		finish(session, "overflow");
	}
	while ((session = g_queue_peek_head(&sessions->waiting)) != NULL &&
		now_us - session->since_us >= sessions->limits.reclaim_us)
		finish(session, "lost");
	while ((session = g_queue_peek_head(&sessions->living)) != NULL &&
		now_us - session->since_us >= sessions->limits.timeout_us) {
		if (session->poll != NULL)
			aula_session_touch(session, now_us);
		else
			finish(session, "timeout");
	}
}

void
aula_sessions_expire(aula_sessions *sessions, int64_t now_s)
{
	aula_session *session;

	while ((session = aula_expiries_due(sessions->expiries, now_s)) != NULL)
		finish(session, "expired");
}

void
aula_session_renew(aula_session *session, int64_t expires_s)
{
	session->bearer.expires_s = expires_s;
	aula_expiry_set(session->all->expiries, &session->expiry, session, expires_s);
}

/* -- out -- */

static void
keep(aula_session *session, const char *text, size_t length)
{
	size_t *all_bytes = &session->all->texts_bytes;

	if ((session->over && session->poll == NULL) || session->overflowed)
		return;
	if (aula_backlog_push(&session->backlog, text, length, all_bytes,
		    session->all->limits.waiting_bytes_most)) {
		poll_feed(session);
		return;
	}
	/* It could only be claimed with a gap; its client starts anew instead. */
	g_queue_push_tail(&session->all->overflowed, session);
	session->overflowed = true;
}

void
aula_session_send(aula_session *session, const char *text, size_t length)
{
	const aula_session_listener *listener = session->all->listener;

	/* Past its bound a client is closed, and told why, by its transport. */
	if (AULA_NONE(session->client))
		keep(session, text, length);
	else
		listener->on_session_text(session->all->data, session->client, text, length);
}

void
aula_session_send_json(aula_session *session, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text != NULL)
		aula_session_send(session, text, strlen(text));
	free(text);
	json_decref(json);
}

uint64_t
aula_session_number(const aula_session *session)
{
	return session->number;
}

aula_client
aula_session_client(const aula_session *session)
{
	return session->client;
}

const aula_bearer *
aula_session_bearer(const aula_session *session)
{
	return &session->bearer;
}

/* -- handles -- */

aula_attachment *
aula_session_nth(const aula_session *session, unsigned index)
{
	return session->handles != NULL && index < session->handles->len
		       ? g_ptr_array_index(session->handles, index)
		       : NULL;
}

aula_attachment *
aula_attachment_new(
	aula_session *session, unsigned module, const char *package, const char *opaque_id)
{
	aula_sessions *all = session->all;

	if (session->handles == NULL)
		session->handles = g_ptr_array_new();
	if (session->handles->len >= all->limits.handles_most)
		return NULL;
	aula_attachment *attachment = g_new0(aula_attachment, 1);
	attachment->facts.id.id = aula_id_add(&all->handles, attachment);
	if (AULA_NONE(attachment->facts.id)) {
		g_free(attachment);
		return NULL;
	}
	attachment->facts.session = session;
	attachment->facts.number = draw_number(all->numbers);
	attachment->facts.module = module;
	attachment->facts.package = g_strdup(package);
	attachment->facts.opaque_id =
		opaque_id != NULL ? g_utf8_make_valid(opaque_id, (gssize)MIN(strlen(opaque_id),
									 (size_t)OPAQUE_BYTES_MOST))
				  : NULL;
	g_hash_table_insert(all->numbers, &attachment->facts.number, attachment);
	g_ptr_array_add(session->handles, attachment);
	return attachment;
}

void
aula_attachment_free(aula_attachment *attachment)
{
	aula_sessions *all = attachment->facts.session->all;

	g_ptr_array_remove_fast(attachment->facts.session->handles, attachment);
	g_hash_table_remove(all->numbers, &attachment->facts.number);
	aula_id_remove(&all->handles, attachment->facts.id.id);
	g_free((char *)(uintptr_t)attachment->facts.package);
	g_free((char *)(uintptr_t)attachment->facts.opaque_id);
	g_free(attachment);
}

aula_attachment *
aula_attachment_find(const aula_sessions *sessions, aula_handle handle)
{
	return aula_id_get(&sessions->handles, handle.id);
}

aula_attachment *
aula_attachment_numbered(const aula_session *session, uint64_t number)
{
	aula_attachment *attachment = g_hash_table_lookup(session->all->numbers, &number);

	return attachment != NULL && attachment->facts.session == session ? attachment : NULL;
}

aula_attachment *
aula_attachment_next(const aula_sessions *sessions, size_t *cursor)
{
	return aula_id_next(&sessions->handles, cursor);
}

const aula_attachment_facts *
aula_attachment_facts_of(const aula_attachment *attachment)
{
	return &attachment->facts;
}

void *
aula_attachment_state(const aula_attachment *attachment)
{
	return attachment->state;
}

void
aula_attachment_set_state(aula_attachment *attachment, void *state)
{
	attachment->state = state;
}

void
aula_attachment_set_ending(aula_attachment *attachment)
{
	attachment->ending = true;
}

bool
aula_attachment_is_ending(const aula_attachment *attachment)
{
	return attachment->ending;
}
