/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in by the school's own log-in: the code flow of OpenID Connect Core 1.0, with PKCE (RFC
 * 7636). Nothing is kept here between the two requests: a cookie of the browser holds one secret,
 * and what goes through the issuer (state, nonce, the verifier of PKCE) is derived from it. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "guard.h"
#include "issuer.h"
#include "requests.h"
#include "secret.h"
#include "session.h"

enum { FLOW_S = 600 };

static const char not_ours[] =
	"This log-in was not begun in this browser, or too long ago; begin again.";
static const char away[] = "The school's log-in does not answer at present.";

/* Of the secret in the cookie; `what`: state, nonce, verifier. */
static char *
derive(const char *secret, const char *what)
{
	g_autofree char *text = g_strdup_printf("%s %s", what, secret);

	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* RFC 7636 section 4.2. */
static char *
challenge_of(const char *verifier)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	uint8_t bytes[32];
	gsize length = sizeof bytes;

	g_checksum_update(sum, (const guchar *)verifier, -1);
	g_checksum_get_digest(sum, bytes, &length);
	char *text = g_base64_encode(bytes, length);
	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

static char *
way_back(const struct people *people)
{
	const char *base = people->host->http->url(people->host);

	return base != NULL ? g_strconcat(base, "/login/", NULL) : NULL;
}

static void
append(GString *to, const char *name, const char *value)
{
	g_autofree char *escaped = g_uri_escape_string(value, NULL, false);

	if (to->len > 0 && strchr("?&", to->str[to->len - 1]) == NULL)
		g_string_append_c(to, '&');
	g_string_append_printf(to, "%s=%s", name, escaped);
}

/* That it is away is nobody's guess. */
static void
answer_away(struct ask *ask)
{
	if (*ask->guarded != '\0')
		guard_forgive(ask->people->guard, ask->guarded, ask->job->address);
	ask_answer(ask, AULA_UNAVAILABLE, NULL, away);
}

/* -- there -- */

static void
on_known_to_begin(struct ask *ask, bool good)
{
	const struct people *people = ask->people;
	g_autofree char *back = way_back(people);

	if (!good || back == NULL || !secret_make(ask->secret)) {
		answer_away(ask);
		return;
	}
	g_autofree char *state = derive(ask->secret, "state"),
			*nonce = derive(ask->secret, "nonce"),
			*verifier = derive(ask->secret, "verifier"),
			*challenge = challenge_of(verifier);
	g_autoptr(GString) url =
		g_string_new(issuer_place(people->issuer, "authorization_endpoint"));
	g_string_append_c(url, strchr(url->str, '?') == NULL ? '?' : '&');
	append(url, "response_type", "code");
	append(url, "client_id", people->config->oidc_client);
	append(url, "redirect_uri", back);
	append(url, "scope", people->config->oidc_scope);
	append(url, "state", state);
	append(url, "nonce", nonce);
	append(url, "code_challenge", challenge);
	append(url, "code_challenge_method", "S256");
	job_set_flow(ask->job, ask->secret, FLOW_S);
	ask_answer(ask, AULA_OK, json_pack("{s:s}", "url", url->str), NULL);
}

/* The cookie belongs to the address that the page was opened by, and the issuer sends back to the
 * one that is configured. */
static bool
is_at_home(const struct ask *ask)
{
	const char *origin = ask->job->origin,
		   *base = ask->people->host->http->url(ask->people->host);

	return origin == NULL || base == NULL || g_ascii_strcasecmp(origin, base) == 0;
}

aula_code
run_oidc_begin(void *self, aula_call *call, const void *args)
{
	struct people *people = self;
	aula_code code;
	(void)args;

	if (people->issuer == NULL) {
		call->error = "The school has no log-in of its own here.";
		return AULA_UNSUPPORTED;
	}
	struct ask *ask = ask_begin(people, call, NULL, 0, OVER_HTTP, &code);
	if (ask == NULL)
		return code;
	if (is_at_home(ask)) {
		issuer_know(people->issuer, ask, on_known_to_begin);
	} else {
		g_autofree char *said = g_strdup_printf("The school's log-in leads back to %s: "
							"open the page there.",
			people->host->http->url(people->host));
		ask_answer(ask, AULA_WRONG_STATE, NULL, said);
	}
	return AULA_OK;
}

/* -- back again: the account -- */

static void
refuse_person(struct ask *ask, const char *error)
{
	ask_note(ask, "people.refused", ask->claimed->login, error);
	ask_answer(ask, AULA_FORBIDDEN, NULL, error);
}

static void
adopt(struct ask *ask, const aula_store_result *result, size_t row, bool known)
{
	const struct people *people = ask->people;
	const struct claimed *new = ask->claimed;
	const char *role = aula_result_text(result, row, 3);
	bool moved = new->has_role &&strcmp(role, new->role) != 0;

	ask->login = strdup(aula_result_text(result, row, 1));
	ask->name = strdup(*new->name != '\0' ? new->name : aula_result_text(result, row, 2));
	ask->role = strdup(new->has_role ? new->role : role);
	if (ask->login == NULL || ask->name == NULL || ask->role == NULL) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	aula_sql_value login = aula_sql_text(ask->login);
	aula_statement all[] = {
		AULA_SQL("UPDATE people_users SET name = $2, role = $3, department ="
			 " COALESCE(CAST($4 AS TEXT), department) WHERE login = $1 AND role = $5"
			 " AND active",
			login, aula_sql_text(ask->name), aula_sql_text(ask->role),
			aula_sql_text(new->has_department ? new->department : NULL),
			aula_sql_text(role)),
		AULA_SQL("DELETE FROM people_sessions WHERE login = $1 AND $2", login,
			aula_sql_bool(moved)),
		AULA_SQL("INSERT INTO people_single (issuer, subject, login) VALUES ($1, $2, $3)",
			aula_sql_text(people->config->oidc_issuer), aula_sql_text(new->subject),
			login),
	};
	all[0].least = 1;
	ask->act = moved ? "people.edit" : NULL;
	session_open(ask, ask->guarded, "by the school's own log-in", all, known ? 2 : 3);
}

static void
make_account(struct ask *ask)
{
	const struct people *people = ask->people;
	const struct claimed *new = ask->claimed;

	ask->login = strdup(new->login);
	ask->name = strdup(new->name);
	ask->role = strdup(new->role);
	if (ask->login == NULL || ask->name == NULL || ask->role == NULL) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	aula_sql_value login = aula_sql_text(new->login);
	const aula_statement all[] = {
		AULA_SQL("INSERT INTO people_users (login, name, role, department, active,"
			 " created_us) VALUES ($1, $2, $3, $4, $5, $6)",
			login, aula_sql_text(new->name), aula_sql_text(new->role),
			aula_sql_text(new->department), aula_sql_bool(true),
			aula_sql_int(wall_us())),
		AULA_SQL("INSERT INTO people_single (issuer, subject, login) VALUES ($1, $2, $3)",
			aula_sql_text(people->config->oidc_issuer), aula_sql_text(new->subject),
			login),
	};
	ask->act = "people.add";
	session_open(ask, ask->guarded, "by the school's own log-in", all, 2);
}

/* Rows: 0, the account that this person has; 1, one of their login, which is not theirs yet. */
static void
on_account(struct ask *ask, const aula_store_result *result)
{
	const struct config *config = ask->people->config;
	const struct claimed *new = ask->claimed;
	bool there = result->row_count > 0;
	bool known = there && aula_result_int(result, 0, 0) == 0;

	if (result->code != AULA_OK)
		ask_answer(ask, result->code, NULL, NULL);
	else if (there && !aula_result_bool(result, 0, 4))
		refuse_person(ask, "This account is shut.");
	else if (new->has_role &&*new->role == '\0')
		refuse_person(ask, "The school's log-in gives you no role here.");
	else if (known)
		adopt(ask, result, 0, true);
	else if (there && config->oidc_adopt && aula_result_bool(result, 0, 5))
		adopt(ask, result, 0, false);
	else if (there)
		ask_answer(ask, AULA_EXISTS, NULL,
			"There is an account of this login that is not joined to the school's "
			"log-in.");
	else if (!config->oidc_make)
		refuse_person(ask, "There is no account for you here yet.");
	else if (*new->login == '\0' || *new->role == '\0')
		refuse_person(ask, "The school's log-in says too little to make an account.");
	else
		make_account(ask);
}

static void
find_account(struct ask *ask)
{
	const struct config *config = ask->people->config;

	ask->claimed = calloc(1, sizeof *ask->claimed);
	if (ask->claimed == NULL) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	claims_read(config, ask->claims, ask->claimed);
	if (*ask->claimed->subject == '\0') {
		ask_answer(ask, AULA_UNAUTHORIZED, NULL, "The school's log-in does not say who.");
		return;
	}
	/* Free to be taken over: nobody has set its password, and no other person has it. */
	aula_statement find = AULA_SQL(
		"SELECT 0 AS kind, u.login, u.name, u.role, u.active, FALSE AS free"
		" FROM people_single s JOIN people_users u ON u.login = s.login"
		" WHERE s.issuer = $1 AND s.subject = $2"
		" UNION ALL SELECT 1, u.login, u.name, u.role, u.active, u.hash IS NULL AND NOT"
		" EXISTS (SELECT 1 FROM people_single s WHERE s.login = u.login)"
		" FROM people_users u WHERE u.login = $3 ORDER BY kind",
		aula_sql_text(config->oidc_issuer), aula_sql_text(ask->claimed->subject),
		aula_sql_text(ask->claimed->login));
	ask->run = on_account;
	ask_read(ask, &find);
}

/* -- back again: who it is -- */

static void
on_more_said(struct ask *ask, const struct courier_news *news)
{
	json_t *more =
		news->problem == NULL ? json_loads(news->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *subject = json_string_value(json_object_get(more, "sub"));

	/* OpenID Connect Core 1.0, section 5.3.2: of another subject it counts for nothing. */
	if (subject != NULL &&
		g_strcmp0(subject, json_string_value(json_object_get(ask->claims, "sub"))) == 0)
		json_object_update_missing(ask->claims, more);
	else
		ask->people->host->log(ask->people->host, AULA_LOG_WARNING,
			"the school's own log-in says no more of somebody said=\"%s\"",
			news->problem != NULL ? news->problem : "of another subject");
	json_decref(more);
	find_account(ask);
}

static void
ask_for_more(struct ask *ask, const char *token)
{
	const struct people *people = ask->people;
	const char *place = issuer_place(people->issuer, "userinfo_endpoint");

	if (place != NULL && token != NULL && claims_lack(people->config, ask->claims))
		ask_send(ask,
			&(struct courier_load){ .url = place,
				.ca_file = people->config->oidc_ca_file,
				.timeout_ms = people->config->oidc_timeout_ms,
				.bearer = token },
			on_more_said);
	else
		find_account(ask);
}

/* What the verifier of tokens leaves to us: OpenID Connect Core 1.0, section 3.1.3.7. NULL: all is
 * well. */
static const char *
find_objection(const struct ask *ask)
{
	const char *party = json_string_value(json_object_get(ask->claims, "azp"));
	const char *nonce = json_string_value(json_object_get(ask->claims, "nonce"));
	g_autofree char *wanted = derive(ask->secret, "nonce");

	if (nonce == NULL || strcmp(nonce, wanted) != 0)
		return "The school's log-in answered to another browser; begin again.";
	if (party != NULL && strcmp(party, ask->people->config->oidc_client) != 0)
		return "The school's log-in answered to another service.";
	return NULL;
}

static void take_tokens(struct ask *ask, bool renewed);

static void
on_renewed(struct ask *ask, bool good)
{
	if (good)
		take_tokens(ask, true);
	else
		answer_away(ask);
}

static void
take_tokens(struct ask *ask, bool renewed)
{
	const struct people *people = ask->people;
	const char *id_token = json_string_value(json_object_get(ask->tokens, "id_token"));
	const char *why = "The school's log-in sent no proof of who you are.";

	if (id_token != NULL &&
		people->host->tokens->verify(people->host, issuer_keys(people->issuer),
			people->config->oidc_issuer, people->config->oidc_client, id_token,
			&ask->claims, &why) == AULA_OK)
		why = find_objection(ask);
	else if (id_token != NULL && !renewed && issuer_renew(people->issuer, ask, on_renewed))
		return; /* it may have been signed with a new key */
	if (why == NULL) {
		ask_for_more(ask, json_string_value(json_object_get(ask->tokens, "access_token")));
		return;
	}
	people->host->log(people->host, AULA_LOG_WARNING,
		"a log-in by the school's own log-in is not believed: %s", why);
	ask_answer(ask, AULA_UNAUTHORIZED, NULL, why);
}

static void
on_tokens(struct ask *ask, const struct courier_news *news)
{
	const aula_host *host = ask->people->host;

	ask->tokens = json_loads(news->body, JSON_REJECT_DUPLICATES, NULL);
	if (news->problem == NULL && json_is_object(ask->tokens)) {
		take_tokens(ask, false);
		return;
	}
	const char *word = json_string_value(json_object_get(ask->tokens, "error"));
	host->log(host, AULA_LOG_WARNING,
		"the school's own log-in gives no token for a code: %s error=\"%.100s\"",
		news->problem != NULL ? news->problem : "it is not JSON", word != NULL ? word : "");
	/* RFC 6749 section 5.2: the code was used, or is too old. All else is a setting. */
	if (g_strcmp0(word, "invalid_grant") == 0)
		ask_answer(ask, AULA_UNAUTHORIZED, NULL, not_ours);
	else
		answer_away(ask);
}

static void
on_known_to_finish(struct ask *ask, bool good)
{
	const struct people *people = ask->people;
	const struct config *config = people->config;
	const struct oidc_args *args = ask->args;
	const char *secret = issuer_secret(people->issuer);
	g_autofree char *back = way_back(people), *verifier = derive(ask->secret, "verifier");

	if (!good || back == NULL) {
		answer_away(ask);
		return;
	}
	bool in_form = secret == NULL || issuer_wants_secret_in_form(people->issuer);
	g_autoptr(GString) form = g_string_new(NULL);
	append(form, "grant_type", "authorization_code");
	append(form, "code", args->code);
	append(form, "redirect_uri", back);
	append(form, "code_verifier", verifier);
	if (in_form)
		append(form, "client_id", config->oidc_client);
	if (in_form && secret != NULL)
		append(form, "client_secret", secret);
	/* RFC 6749 section 2.3.1: escaped before they are encoded. */
	g_autofree char *user = in_form ? NULL
					: g_uri_escape_string(config->oidc_client, NULL, false),
			*password = in_form ? NULL : g_uri_escape_string(secret, NULL, false);
	ask_send(ask,
		&(struct courier_load){ .url = issuer_place(people->issuer, "token_endpoint"),
			.ca_file = config->oidc_ca_file,
			.timeout_ms = config->oidc_timeout_ms,
			.form = form->str,
			.user = user,
			.password = password },
		on_tokens);
}

aula_code
run_oidc_finish(void *self, aula_call *call, const void *args)
{
	struct people *people = self;
	const struct oidc_args *oidc = args;
	int64_t wait_s = 0;
	aula_code code;

	if (people->issuer == NULL) {
		call->error = "The school has no log-in of its own here.";
		return AULA_UNSUPPORTED;
	}
	struct ask *ask = ask_begin(people, call, args, sizeof *oidc, OVER_HTTP, &code);
	if (ask == NULL)
		return code;
	bool ours = job_flow(ask->job, ask->secret);
	g_autofree char *state = derive(ask->secret, "state");
	/* Once, whatever comes of it. */
	job_set_flow(ask->job, NULL, 0);
	/* RFC 9207: what another issuer answered is not for this one. */
	if (!ours || strcmp(state, oidc->state) != 0 ||
		(oidc->iss != NULL && strcmp(oidc->iss, people->config->oidc_issuer) != 0)) {
		ask_answer(ask, AULA_UNAUTHORIZED, NULL, not_ours);
		return AULA_OK;
	}
	snprintf(ask->guarded, sizeof ask->guarded, ":oidc:%.40s", ask->job->address);
	if (guard_try(people->guard, ask->guarded, ask->job->address,
		    people->host->timers->now_us(), &wait_s)) {
		issuer_know(people->issuer, ask, on_known_to_finish);
	} else {
		ask->job->retry_after_s = wait_s;
		ask_answer(ask, AULA_TOO_FAST, NULL, "Too many log-ins failed; try again later.");
	}
	return AULA_OK;
}
