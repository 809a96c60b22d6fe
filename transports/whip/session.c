/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	KEEPALIVE_US = 20 * 1000000, /* the core forgets a session after a minute */
	RETRY_S = 5,
};

/* -- what is said -- */

/* Takes `message`. */
static void
say(struct session *session, const char *verb, const char *transaction, json_t *message)
{
	const aula_host *host = session->whip->host;

	json_object_set_new(message, "janus", json_string(verb));
	json_object_set_new(message, "transaction", json_string(transaction));
	if (session->number != 0)
		json_object_set_new(
			message, "session_id", json_integer((json_int_t)session->number));
	if (session->handle != 0)
		json_object_set_new(
			message, "handle_id", json_integer((json_int_t)session->handle));
	char *text = json_dumps(message, JSON_COMPACT);
	if (text != NULL)
		host->gateway->received(host, session->client, text, strlen(text));
	free(text);
	json_decref(message);
	session->said_us = host->timers->now_us();
}

static json_t *
offer_of(const char *sdp)
{
	return json_pack("{s:s, s:s}", "type", "offer", "sdp", sdp);
}

static void
say_join(struct session *session)
{
	bool publish = session->kind == PUBLISH, stage = session->slots != NULL;
	json_t *body = json_pack("{s:s, s:s, s:O, s:O*}", "request",
		publish ? "joinandconfigure" : "join", "ptype",
		publish ? "publisher"
		: stage ? "viewer"
			: "subscriber",
		"room", session->room, "slots", session->slots);

	if (session->display != NULL && *session->display != '\0')
		json_object_set_new(body, "display", json_string(session->display));
	if (session->feed != NULL)
		json_object_set_new(body, "streams", json_pack("[{s:O}]", "feed", session->feed));
	say(session, "message", "join",
		json_pack("{s:o, s:o}", "body", body, "jsep", offer_of(session->offer)));
	session->state = JOINING;
}

/* -- begin and end -- */

static bool
draw(char *ret_hex, size_t digits)
{
	unsigned char bytes[ID_BYTES / 2];

	if (getrandom(bytes, digits / 2, 0) != (ssize_t)(digits / 2))
		return false;
	for (size_t i = 0; i < digits / 2; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

/* A strong entity tag, one for each set of ICE credentials. */
static bool
draw_etag(struct session *session)
{
	char hex[ETAG_BYTES - 1];

	if (!draw(hex, sizeof hex - 1))
		return false;
	snprintf(session->etag, sizeof session->etag, "\"%s\"", hex);
	return true;
}

/* "stage", and which of its slots. NULL: it is not asked for. */
static json_t *
slots_of(const char *query)
{
	char *text = text_query(query, "stage");
	json_t *slots = text != NULL ? text_words(text) : NULL;

	free(text);
	return slots;
}

static struct session *
session_new(struct job *job, const char *token, const aula_identity *who)
{
	struct session *session = calloc(1, sizeof *session);
	struct whip *whip = job->whip;

	if (session == NULL || !draw(session->id, ID_BYTES) || !draw_etag(session)) {
		free(session);
		return NULL;
	}
	session->whip = whip;
	session->kind = job->endpoint->kind;
	session->waiting = job;
	session->offer = strndup(job->body, job->length);
	session->display = text_query(job->query, "display");
	if (session->kind == PLAY)
		session->slots = slots_of(job->query);
	session->until_us = whip->host->timers->now_us() + whip->config->connect_s * 1000000;
	snprintf(session->address, sizeof session->address, "%s", job->address);
	ice_value(job->body, "ice-ufrag", session->ufrag, sizeof session->ufrag);
	if (token != NULL) {
		session->token = strdup(token);
		session->subject = strdup(who->subject);
	}
	return session;
}

void
session_begin(
	struct job *job, const char *token, const aula_identity *who, json_t *room, json_t *feed)
{
	struct whip *whip = job->whip;
	const aula_host *host = whip->host;
	struct session *session = session_new(job, token, who);

	if (session == NULL) {
		json_decref(room);
		json_decref(feed);
		job_put_off(job, 503, RETRY_S, "The server has no memory for it now.");
		return;
	}
	session->room = room;
	session->feed = feed;
	job->session = session;
	LIST_INSERT_HEAD(&whip->sessions, session, others);
	whip->session_count++;
	session->client = host->gateway->opened(host, session, job->address, true);
	json_t *message = json_object();
	if (token != NULL)
		json_object_set_new(message, "token", json_string(token));
	say(session, "create", "create", message);
}

void
session_end(struct session *session, int status, const char *why)
{
	struct whip *whip = session->whip;
	const aula_host *host = whip->host;

	if (session->over)
		return;
	session->over = true;
	LIST_REMOVE(session, others);
	whip->session_count--;
	if (session->waiting != NULL) {
		session->waiting->session = NULL;
		if (status == 503 || status == 409)
			job_put_off(session->waiting, status, RETRY_S, why);
		else
			job_refuse(session->waiting, status, why);
		session->waiting = NULL;
	}
	if (session->state == UP)
		host->log(host, AULA_LOG_INFO,
			"a session over HTTP ended kind=%s address=%s why=\"%s\"",
			session->kind == PUBLISH ? "whip" : "whep", session->address, why);
	host->gateway->closed(host, session->client, true);
}

void
session_free(struct session *session)
{
	json_decref(session->room);
	json_decref(session->feed);
	json_decref(session->slots);
	json_decref(session->ice_servers);
	free(session->token);
	free(session->subject);
	free(session->display);
	free(session->offer);
	free(session->renewed);
	free(session);
}

struct session *
session_find(const struct whip *whip, enum kind kind, const char *id)
{
	struct session *session;

	LIST_FOREACH(session, &whip->sessions, others)
	{
		if (session->kind == kind && strcmp(session->id, id) == 0)
			return session;
	}
	return NULL;
}

void
session_renew(struct session *session, const char *token)
{
	char *copy = strdup(token);

	if (copy == NULL)
		return;
	free(session->token);
	session->token = copy;
	say(session, "keepalive", "keepalive", json_pack("{s:s}", "token", token));
}

/* -- ICE -- */

void
session_trickle(struct session *session, const struct ice_fragment *fragment)
{
	if (json_array_size(fragment->candidates) > 0)
		say(session, "trickle", "trickle",
			json_pack("{s:O}", "candidates", fragment->candidates));
	if (fragment->ended)
		say(session, "trickle", "trickle",
			json_pack("{s:{s:b}}", "candidate", "completed", 1));
}

void
session_restart(struct session *session, struct job *job, const struct ice_fragment *fragment)
{
	session->renewed = ice_renewed(session->offer, fragment->ufrag, fragment->pwd);
	if (session->renewed == NULL) {
		job_put_off(job, 503, RETRY_S, "The server has no memory for it now.");
		return;
	}
	session->waiting = job;
	job->session = session;
	say(session, "message", "restart",
		json_pack("{s:{s:s}, s:o}", "body", "request", "configure", "jsep",
			offer_of(session->renewed)));
	session_trickle(session, fragment);
}

/* -- what is told -- */

/* The status that says what the class said. */
static int
status_of(const struct session *session, const char *word, const char *sentence)
{
	static const struct {
		const char *word;
		int status;
	} known[] = {
		{ "not-found", 404 },
		{ "exists", 409 },
		{ "wrong-state", 409 },
		{ "full", 503 },
		{ "unavailable", 503 },
		{ "too-fast", 429 },
		{ "too-large", 413 },
		{ "missing", 400 },
		{ "invalid", 400 },
	};

	if (strcmp(word, "forbidden") == 0 || strcmp(word, "unauthorized") == 0)
		return session->token != NULL ? 403 : 401;
	/* Text that is no description, and one that asks for what is not done here. */
	if (strcmp(word, "unsupported") == 0)
		return strncmp(sentence, "Invalid SDP (line", 17) == 0 ? 400 : 406;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].word, word) == 0)
			return known[i].status;
	return 500;
}

static const char *
text_of(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : otherwise;
}

/* Of the servers that the core names to a session with a token, one line for each address
 * (RFC 9725 section 4.6). */
static void
add_ice_servers(const struct session *session, struct job *job)
{
	size_t i, k;
	json_t *server, *url;

	json_array_foreach(session->ice_servers, i, server)
	{
		const char *user = text_of(server, "username", NULL);
		json_array_foreach(json_object_get(server, "urls"), k, url)
		{
			if (user == NULL)
				job_add(job, "Link", "<%s>; rel=\"ice-server\"",
					json_string_value(url));
			else
				job_add(job, "Link",
					"<%s>; rel=\"ice-server\"; username=\"%s\"; "
					"credential=\"%s\"; credential-type=\"password\"",
					json_string_value(url), user,
					text_of(server, "credential", ""));
		}
	}
}

static void
joined(struct session *session, const char *answer)
{
	struct job *job = session->waiting;
	const struct whip *whip = session->whip;
	const aula_host *host = whip->host;

	/* RFC 9725 section 4.4.3: all of it, or none. */
	if (session->kind == PUBLISH && ice_refuses(answer)) {
		session_end(
			session, 406, "An m-line of the offer has no codec that is taken here.");
		return;
	}
	session->state = UP;
	session->waiting = NULL;
	job->session = NULL;
	job_add(job, "Location", "%s/sessions/%s", whip->endpoints[session->kind].path,
		session->id);
	job_add(job, "ETag", "%s", session->etag);
	job_add(job, "Accept-Patch", "application/trickle-ice-sdpfrag");
	add_ice_servers(session, job);
	host->log(host, AULA_LOG_INFO, "a session over HTTP began kind=%s address=%s",
		session->kind == PUBLISH ? "whip" : "whep", session->address);
	job_answer(job, 201, "application/sdp", answer);
}

static void
restarted(struct session *session, const char *answer)
{
	struct job *job = session->waiting;
	char *fragment = ice_fragment_write(answer);

	session->waiting = NULL;
	job->session = NULL;
	free(session->offer);
	session->offer = session->renewed;
	session->renewed = NULL;
	ice_value(session->offer, "ice-ufrag", session->ufrag, sizeof session->ufrag);
	draw_etag(session);
	job_add(job, "ETag", "%s", session->etag);
	job_answer(job, 200, "application/trickle-ice-sdpfrag", fragment);
	free(fragment);
}

/* A restart that is refused leaves the session as it is (RFC 9725 section 4.3.3). */
static void
restart_refused(struct session *session, int status, const char *sentence)
{
	struct job *job = session->waiting;

	session->waiting = NULL;
	job->session = NULL;
	free(session->renewed);
	session->renewed = NULL;
	job_refuse(job, status, sentence);
}

static void
refused(struct session *session, const char *word, const char *sentence)
{
	int status = status_of(session, word, sentence);

	if (session->waiting == NULL)
		return;
	if (status == 401)
		job_add(session->waiting, "WWW-Authenticate", "Bearer");
	if (session->state == UP)
		restart_refused(session, status, sentence);
	else
		session_end(session, status, sentence);
}

/* The reply to `join` or `restart`. */
static void
answered(struct session *session, const json_t *message)
{
	const json_t *data = json_object_get(json_object_get(message, "plugindata"), "data");
	const char *sdp = text_of(json_object_get(message, "jsep"), "sdp", NULL);

	if (json_object_get(data, "error_code") != NULL)
		refused(session, text_of(data, "word", "internal"), text_of(data, "error", ""));
	else if (session->waiting == NULL)
		return;
	else if (sdp == NULL)
		refused(session, "internal", "The class gave no answer.");
	else if (session->state == JOINING)
		joined(session, sdp);
	else
		restarted(session, sdp);
}

static void
succeeded(struct session *session, const json_t *message)
{
	json_t *data = json_object_get(message, "data");
	uint64_t id = (uint64_t)json_integer_value(json_object_get(data, "id"));

	if (session->state == CREATING) {
		session->number = id;
		session->ice_servers = json_incref(json_object_get(data, "ice_servers"));
		session->state = ATTACHING;
		say(session, "attach", "attach",
			json_pack("{s:s, s:s}", "plugin", session->whip->config->plugin,
				"opaque_id", session->kind == PUBLISH ? "whip" : "whep"));
	} else if (session->state == ATTACHING) {
		session->handle = id;
		say_join(session);
	}
}

/* Whether an event of the class says that it has put the session out. That of others is told by
 * name, which may well be "ok", but without a reason. */
static bool
is_out(const json_t *message)
{
	const json_t *data = json_object_get(json_object_get(message, "plugindata"), "data");

	return ((strcmp(text_of(data, "leaving", ""), "ok") == 0 ||
			strcmp(text_of(data, "left", ""), "ok") == 0) &&
		       json_object_get(data, "reason") != NULL) ||
	       strcmp(text_of(data, "videoroom", ""), "destroyed") == 0;
}

/* What the others of the class do is told too, and is most of all there is to hear. */
static bool
is_for_us(const struct session *session, const char *text, size_t length)
{
	static const char *const words[] = { "\"transaction\"", "\"leaving\"", "\"left\"",
		"\"destroyed\"" };
	static const char event[] = "{\"janus\":\"event\"";

	if (session->state != UP || length < sizeof event ||
		memcmp(text, event, sizeof event - 1) != 0)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memmem(text, length, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

aula_code
session_told(struct session *session, const char *text, size_t length)
{
	if (session->over)
		return AULA_GONE;
	if (!is_for_us(session, text, length))
		return AULA_OK;
	json_t *message = json_loadb(text, length, 0, NULL);
	const char *verb = text_of(message, "janus", "");
	const char *transaction = text_of(message, "transaction", "");
	const json_t *error = json_object_get(message, "error");

	if (strcmp(verb, "success") == 0)
		succeeded(session, message);
	else if (strcmp(verb, "error") == 0 && strcmp(transaction, "trickle") != 0 &&
		 strcmp(transaction, "keepalive") != 0)
		refused(session, text_of(error, "word", "internal"), text_of(error, "reason", ""));
	else if (strcmp(verb, "webrtcup") == 0)
		session->connected = true;
	else if (strcmp(verb, "hangup") == 0)
		session_end(session, 503, text_of(message, "reason", "hung up"));
	else if (strcmp(verb, "timeout") == 0)
		session_end(session, 503, text_of(message, "reason", "the server ended it"));
	else if (strcmp(verb, "detached") == 0)
		session_end(session, 503, "the server ended it");
	else if (strcmp(verb, "event") == 0 && *transaction != '\0')
		answered(session, message);
	else if (strcmp(verb, "event") == 0 && is_out(message))
		session_end(session, 403, "put out of the class");
	json_decref(message);
	return AULA_OK;
}

/* -- time -- */

void
session_tick(struct session *session, int64_t now_us)
{
	if (!session->connected && now_us > session->until_us)
		session_end(session, 503, "not connected in time");
	else if (session->number != 0 && now_us - session->said_us > KEEPALIVE_US)
		say(session, "keepalive", "keepalive", json_object());
}
