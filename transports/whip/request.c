/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "text.h"

enum { RETRY_S = 5, DISPLAY_MOST = 128 };

static const char sdp_type[] = "application/sdp";
static const char fragment_type[] = "application/trickle-ice-sdpfrag";

static void
refuse_method(struct job *job, const char *allowed)
{
	job_add(job, "Allow", "%s", allowed);
	job_refuse(job, 405, "This method is not for here.");
}

/* False: the job has been answered. `*ret_token` NULL: it comes without one. */
static bool
authenticate(struct job *job, const char **ret_token, aula_identity *ret_who)
{
	const aula_host *host = job->whip->host;
	const char *why = "Authorization must be a Bearer token.";
	bool good = job->authorization == NULL;

	*ret_token = text_bearer(job->authorization);
	*ret_who = (aula_identity){ .size = sizeof *ret_who };
	if (*ret_token != NULL)
		good = host->tokens->check(
			       host, *ret_token, ret_who, sizeof *ret_who, NULL, &why) == AULA_OK;
	if (good)
		return true;
	job_add(job, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
	job_refuse(job, 401, why);
	return false;
}

/* -- bounds -- */

static bool
pass(struct job *job, const char *name)
{
	int64_t wait_s = 0;

	if (gate_pass(job->whip->gate, name, job->whip->host->timers->now_us(), &wait_s))
		return true;
	job_put_off(job, 429, wait_s, "Too many requests; see Retry-After.");
	return false;
}

/* False: the job has been answered. */
static bool
pass_address(struct job *job)
{
	char name[64];

	return !gate_name(job->address, name) || pass(job, name);
}

/* How many sessions there are of that token, and of that address. */
static void
count(const struct whip *whip, const char *token, const char *address, int64_t *ret_token,
	int64_t *ret_address)
{
	const struct session *session;
	char name[64], other[64];
	bool counted = gate_name(address, name);

	*ret_token = *ret_address = 0;
	LIST_FOREACH(session, &whip->sessions, others)
	{
		if (token != NULL && session->token != NULL && strcmp(session->token, token) == 0)
			++*ret_token;
		if (counted && gate_name(session->address, other) && strcmp(name, other) == 0)
			++*ret_address;
	}
}

static bool
has_room(struct job *job, const char *token)
{
	const struct config *config = job->whip->config;
	int64_t of_token, of_address;

	if ((int64_t)job->whip->session_count >= config->sessions_most) {
		job_put_off(job, 503, RETRY_S, "The server has as many sessions as it takes.");
		return false;
	}
	count(job->whip, token, job->address, &of_token, &of_address);
	if (of_token < config->token_sessions_most && of_address < config->address_sessions_most)
		return true;
	job_put_off(job, 429, RETRY_S, "You have as many sessions as one may.");
	return false;
}

/* -- POST: a new session -- */

static bool
is_text(const struct job *job)
{
	json_t *text = json_stringn(job->body, job->length); /* NULL: it is not UTF-8 */
	bool good = text != NULL && memchr(job->body, '\0', job->length) == NULL;

	json_decref(text);
	return good && job->length > 0;
}

static bool
check_post(struct job *job)
{
	if (!text_is_type(job->type, sdp_type)) {
		job_add(job, "Accept-Post", "%s", sdp_type);
		job_refuse(job, 415, "The body must be of type application/sdp.");
	} else if (!text_accepts(job->accept, sdp_type)) {
		job_refuse(job, 406, "The answer is of type application/sdp.");
	} else if (!is_text(job)) {
		job_refuse(job, 400, "The body must be an SDP offer.");
	} else {
		return true;
	}
	return false;
}

static void
post(struct job *job, const char *room_name, const char *feed_name)
{
	const char *token;
	aula_identity who;

	if (!check_post(job) || !authenticate(job, &token, &who) ||
		(token != NULL && !pass(job, token)) || !has_room(job, token))
		return;
	char *stage = feed_name != NULL ? text_query(job->query, "stage") : NULL;
	if (stage != NULL) {
		free(stage);
		job_refuse(job, 400, "The stage is of a room, not of one publisher.");
		return;
	}
	json_t *room = text_key(room_name);
	json_t *feed = feed_name != NULL ? text_key(feed_name) : NULL;
	if (room == NULL || (feed_name != NULL && feed == NULL)) {
		json_decref(room);
		json_decref(feed);
		job_refuse(job, 404, "There is no such room.");
		return;
	}
	session_begin(job, token, token != NULL ? &who : NULL, room, feed);
}

/* -- of a session -- */

/* A session answers to the token that it began with, and to a later one of the same person, which
 * then counts. False: the job has been answered. */
static bool
authorize(struct job *job, struct session *session)
{
	const char *token;
	aula_identity who;

	if (session->token == NULL)
		return true;
	if (!authenticate(job, &token, &who))
		return false;
	if (token == NULL) {
		job_add(job, "WWW-Authenticate", "Bearer");
		job_refuse(job, 401, "The session began with a token; it must come along.");
		return false;
	}
	if (strcmp(token, session->token) == 0)
		return true;
	if (*session->subject == '\0' || strcmp(who.subject, session->subject) != 0) {
		job_refuse(job, 403, "The session is somebody else's.");
		return false;
	}
	session_renew(session, token);
	return true;
}

static void
patch(struct job *job, struct session *session)
{
	text_match match = text_matches(job->if_match, session->etag);
	struct ice_fragment fragment;
	const char *why;

	if (!text_is_type(job->type, fragment_type)) {
		job_add(job, "Accept-Patch", "%s", fragment_type);
		job_refuse(job, 415, "The body must be of type application/trickle-ice-sdpfrag.");
	} else if (match == MATCH_NONE) {
		job_refuse(job, 428, "If-Match must name the entity tag of the session.");
	} else if (match == MATCH_OTHER) {
		job_refuse(job, 412, "The entity tag is of credentials that are no longer used.");
	} else if (!ice_fragment_read(job->body, job->length, &fragment, &why)) {
		job_refuse(job, 400, why);
	} else {
		bool restart =
			*fragment.ufrag != '\0' && strcmp(fragment.ufrag, session->ufrag) != 0;
		if (restart && session->waiting != NULL) {
			job_put_off(job, 409, 1, "Another restart is not done yet.");
		} else if (restart) {
			session_restart(session, job, &fragment);
		} else {
			session_trickle(session, &fragment);
			job_answer(job, 204, NULL, NULL);
		}
		ice_fragment_clear(&fragment);
	}
}

static void
serve_session(struct job *job, const char *id)
{
	struct session *session = session_find(job->whip, job->endpoint->kind, id);
	bool patches = strcmp(job->method, "PATCH") == 0;

	if (!patches && strcmp(job->method, "DELETE") != 0) {
		refuse_method(job, "PATCH, DELETE, OPTIONS");
	} else if (session == NULL || session->state != UP) {
		job_refuse(job, 404, "There is no such session.");
	} else if (authorize(job, session)) {
		if (patches) {
			patch(job, session);
			return;
		}
		session_end(session, 404, "its client ended it");
		job_answer(job, 200, NULL, NULL);
	}
}

/* -- all -- */

static void
serve_place(struct job *job, const char *room, const char *rest)
{
	bool of_feed = rest != NULL && job->endpoint->kind == PLAY;

	if (strcmp(room, "sessions") == 0 && text_is_id(rest))
		serve_session(job, rest);
	else if (rest != NULL && !of_feed)
		job_refuse(job, 404, "There is no such place.");
	else if (strcmp(job->method, "POST") != 0)
		refuse_method(job, "POST, OPTIONS");
	else
		post(job, room, rest);
}

void
request_serve(struct job *job)
{
	char *room = NULL, *rest = NULL;

	if (!pass_address(job))
		return;
	if (text_path(job->path, &room, &rest))
		serve_place(job, room, rest);
	else
		job_refuse(job, 404, "A room must be named.");
	free(room);
	free(rest);
}
