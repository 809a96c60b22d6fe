/* SPDX-License-Identifier: Apache-2.0 */
/** Accounts: who people are, by a password, and what they may do, by their role. */
#include <stdlib.h>
#include <time.h>

#include "ask.h"
#include "claims.h"
#include "first.h"
#include "guard.h"
#include "issuer.h"
#include "once.h"
#include "requests.h"
#include "serve.h"

enum { SWEEP_MS = 3600 * 1000, NUMBER_UNAVAILABLE = 426, NUMBER_OTHER = 499, ERRANDS_MOST = 1000 };

static const aula_capability capabilities[] = {
	{ "people.read", "See the accounts of one's own department." },
	{ "people.manage", "Make and change the accounts of one's own department." },
	{ "people.everywhere", "See and manage accounts of every department." },
};

// clang-format off
static const aula_field claimed_fields[] = {
	AULA_TEXT(struct claimed_role, value, "value", 255, .min = 1, .flags = AULA_REQUIRED, .summary = "What the claim says."),
	AULA_TEXT(struct claimed_role, role, "role", ROLE_MOST, .min = 1, .flags = AULA_REQUIRED, .summary = "The role that it means."),
};

static const aula_field config_fields[] = {
	AULA_TEXT(struct config, path, "path", 100, .min = 2, .fallback_text = "/api",
		.summary = "Where requests are taken over HTTP: POST to this, and then /MODULE/REQUEST, for each request of each module that is for HTTP."),
	AULA_TEXT(struct config, first_link_file, "first_link_file", 4095, .min = 1, .flags = AULA_PATH,
		.fallback_text = "first-link",
		.summary = "As long as nobody has a password, each start makes a link for the first account, \"admin\", and writes it here."),
	AULA_INT(struct config, session_days, "session_days", 1, 400, .fallback = 14,
		.summary = "How long one stays logged in, in days."),
	AULA_INT(struct config, link_hours, "link_hours", 1, 24 * 365, .fallback = 72,
		.summary = "How long a link serves to set a password, in hours."),
	AULA_INT(struct config, token_minutes, "token_minutes", 1, 24 * 60, .fallback = 240,
		.summary = "How long a token for a class is good, in minutes."),
	AULA_INT(struct config, password_least, "password_bytes", 1, PASSWORD_MOST, .fallback = 10,
		.summary = "The shortest password that may be set, in bytes."),
	AULA_INT(struct config, guesses_most, "guesses", 1, 1000, .fallback = 5,
		.summary = "So many wrong passwords in a row lock a login for the address they came from, ten times as many for every address."),
	AULA_INT(struct config, lock_s, "lock", 1, 900, .fallback = 30,
		.summary = "How long it is locked, in seconds; each further wrong password doubles it, up to 15 minutes."),
	AULA_INT(struct config, hash_threads, "hash_threads", 1, 16, .fallback = 2,
		.summary = "How many passwords are hashed at a time, each on a thread."),
	AULA_INT(struct config, hash_kib, "hash_memory", 8, 4 * 1024 * 1024, .fallback = 19 * 1024,
		.summary = "Memory that hashing one password takes (argon2id), in KiB."),
	AULA_INT(struct config, hash_passes, "hash_passes", 1, 100, .fallback = 2,
		.summary = "How often it goes over that memory."),
	AULA_INT(struct config, hash_queue, "hash_queue", 1, 100000, .fallback = 200,
		.summary = "How many passwords may wait to be hashed; more are answered 503."),
	AULA_INT(struct config, max_body_bytes, "max_body_bytes", 4096, 1000000, .fallback = 256 * 1024,
		.summary = "The longest body of a request over HTTP, in bytes; a longer one is answered 413."),
	AULA_INT(struct config, max_waiting, "max_waiting", 1, 100000, .fallback = 1000,
		.summary = "How many requests over HTTP may wait for an answer; more are answered 503."),
	AULA_TEXT(struct config, oidc_issuer, "oidc_issuer", 500, .min = 8,
		.summary = "The issuer of the school's own log-in (OpenID Connect), as it names itself: https://id.school.example. It sends back to /login/ below web.url. Absent: there is none."),
	AULA_TEXT(struct config, oidc_name, "oidc_name", 60, .min = 1, .fallback_text = "your school's account",
		.summary = "What the page calls it: its button says \"Log in with\" and this."),
	AULA_TEXT(struct config, oidc_client, "oidc_client", 255, .min = 1,
		.summary = "What the issuer knows this server by (client_id); needed with oidc_issuer."),
	AULA_TEXT(struct config, oidc_secret_file, "oidc_secret_file", 4095, .min = 1, .flags = AULA_PATH,
		.summary = "File whose first line is the secret that the issuer has given it; absent: none, for a public client."),
	AULA_TEXT(struct config, oidc_ca_file, "oidc_ca_file", 4095, .min = 1, .flags = AULA_PATH,
		.summary = "File of certificates (PEM) to trust for it instead of those of the system."),
	AULA_INT(struct config, oidc_timeout_ms, "oidc_timeout_ms", 100, 10000, .fallback = 5000,
		.summary = "Milliseconds that the issuer has for each answer."),
	AULA_TEXT(struct config, oidc_scope, "oidc_scope", 500, .min = 6, .fallback_text = "openid profile email",
		.summary = "What is asked of it."),
	AULA_TEXT(struct config, oidc_login_claim, "oidc_login_claim", 100, .min = 1, .fallback_text = "preferred_username",
		.summary = "The claim that names the login of a new account. Claims inside others are named with dots: realm_access.roles."),
	AULA_TEXT(struct config, oidc_role_claim, "oidc_role_claim", 100, .min = 1,
		.summary = "The claim, a text or a list, that says the role, at each log-in; absent: a new account gets oidc_role, and roles are given here."),
	AULA_ROWS(struct config, oidc_roles, "oidc_roles", 50, claimed_fields, struct claimed_role,
		.summary = "Which role its values mean; the first row that fits counts."),
	AULA_TEXT(struct config, oidc_role, "oidc_role", ROLE_MOST, .min = 1,
		.summary = "The role of those for whom no row fits; absent: they are not let in."),
	AULA_TEXT(struct config, oidc_department_claim, "oidc_department_claim", 100, .min = 1,
		.summary = "The claim that says the department, at each log-in; of a list the first."),
	AULA_BOOL(struct config, oidc_make, "oidc_make",
		.summary = "Makes an account for whoever logs in there for the first time; else only those who have one are let in."),
	AULA_BOOL(struct config, oidc_adopt, "oidc_adopt",
		.summary = "Joins an account of the same login whose password nobody has set yet. Only where the issuer lets nobody choose their own login."),
};

static const aula_migration steps[] = {
	{ "people",
		"CREATE TABLE people_users (login TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,"
		" department TEXT NOT NULL, active BOOLEAN NOT NULL, hash TEXT, created_us BIGINT NOT NULL);"
		"CREATE INDEX people_users_department ON people_users (department, login);"
		"CREATE TABLE people_sessions (id TEXT PRIMARY KEY, login TEXT NOT NULL REFERENCES people_users (login)"
		" ON DELETE CASCADE, created_us BIGINT NOT NULL, expires_us BIGINT NOT NULL, address TEXT NOT NULL);"
		"CREATE INDEX people_sessions_login ON people_sessions (login);"
		"CREATE TABLE people_links (id TEXT PRIMARY KEY, login TEXT NOT NULL REFERENCES people_users (login)"
		" ON DELETE CASCADE, expires_us BIGINT NOT NULL);"
		"CREATE INDEX people_links_login ON people_links (login)" },
	{ "answers",
		"CREATE TABLE people_answers (id TEXT PRIMARY KEY, login TEXT NOT NULL, asked_us BIGINT NOT NULL,"
		" fingerprint TEXT NOT NULL, done BOOLEAN NOT NULL, bytes BIGINT NOT NULL, answer BYTEA);"
		"CREATE INDEX people_answers_login ON people_answers (login, bytes);"
		"CREATE INDEX people_answers_asked ON people_answers (asked_us)" },
	{ "single",
		"CREATE TABLE people_single (issuer TEXT NOT NULL, subject TEXT NOT NULL, login TEXT NOT NULL"
		" REFERENCES people_users (login) ON DELETE CASCADE, PRIMARY KEY (issuer, subject), UNIQUE (login, issuer))" },
};

static const aula_personal personal[] = {
	{ .table = "people_users", .person = "login", .told = "login, name, role, department, active, created_us",
		.untold = "hash", .summary = "Their account, until it is erased." },
	{ .table = "people_sessions", .person = "login", .told = "created_us, expires_us, address", .untold = "id",
		.summary = "Where they are logged in, for as long as `session_days` says." },
	{ .table = "people_links", .person = "login", .told = "expires_us", .untold = "id",
		.summary = "Links to set a password, for as long as `link_hours` says." },
	{ .table = "people_answers", .person = "login", .told = "asked_us, done, bytes", .untold = "id, fingerprint, answer",
		.summary = "What scripts of theirs asked with a key, for a day." },
	{ .table = "people_single", .person = "login", .told = "issuer, subject",
		.summary = "Who they are for the school's own log-in, until the account is erased." },
};
// clang-format on

int64_t
wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
sweep(void *data)
{
	const struct people *people = data;
	const aula_host *host = people->host;
	aula_statement forget[] = {
		AULA_SQL("DELETE FROM people_sessions WHERE expires_us < $1",
			aula_sql_int(wall_us())),
		AULA_SQL("DELETE FROM people_links WHERE expires_us < $1", aula_sql_int(wall_us())),
		AULA_SQL("DELETE FROM people_answers WHERE asked_us < $1",
			aula_sql_int(wall_us() - ONCE_HOURS * INT64_C(3600000000))),
	};

	host->store->write(host, 0, forget, sizeof forget / sizeof *forget, NULL, NULL);
}

/* -- start and stop -- */

static void
stop(void *self)
{
	struct people *people = self;

	hasher_free(people->hasher);
	courier_free(people->courier);
	for (struct ask *one; (one = LIST_FIRST(&people->asks)) != NULL;) {
		one->hashing = NULL;
		one->errand = NULL;
		if (one->job != NULL) {
			people->host->http->drop(one->job->exchange);
			job_unref(one->job);
		}
		ask_free(one);
	}
	issuer_free(people->issuer);
	guard_free(people->guard);
	first_free(people->first);
	free(people);
}

/* What is asked of other servers, where any are configured. */
static aula_code
start_errands(struct people *people)
{
	if (people->config->oidc_issuer == NULL)
		return AULA_OK;
	people->courier = courier_new(people->host, ERRANDS_MOST);
	people->issuer = people->courier != NULL ? issuer_new(people) : NULL;
	return people->issuer != NULL ? AULA_OK : AULA_INVALID;
}

static aula_code
start_parts(struct people *people)
{
	const aula_host *host = people->host;
	aula_code code = host->store->migrate(host, steps, sizeof steps / sizeof *steps);

	if (code != AULA_OK) {
		host->log(host, AULA_LOG_ERROR, "there are no accounts without a database");
		return code;
	}
	people->guard = guard_new(people->config->guesses_most, people->config->lock_s);
	people->hasher = hasher_new(host, people->config);
	if (people->guard == NULL || people->hasher == NULL) {
		host->log(host, AULA_LOG_ERROR, "no memory, thread or random numbers");
		return AULA_INTERNAL;
	}
	code = start_errands(people);
	return code == AULA_OK ? serve_start(people) : code;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	if (!AULA_HAS(host, requests) || !AULA_HAS(host->requests, admit) ||
		!AULA_HAS(host->tokens, verify) || !AULA_HAS(host->http, url) ||
		!AULA_HAS(host, privacy) || !AULA_HAS(host->audit, note_of)) {
		host->log(host, AULA_LOG_ERROR, "this server is too old for accounts");
		return AULA_UNSUPPORTED;
	}
	struct people *people = calloc(1, sizeof *people);
	if (people == NULL)
		return AULA_INTERNAL;
	people->host = host;
	people->config = config;
	LIST_INIT(&people->asks);
	aula_code code = start_parts(people);
	if (code != AULA_OK) {
		stop(people);
		return code;
	}
	people->first = first_new(people);
	sweep(people);
	people->sweep = host->timers->start(host, SWEEP_MS, SWEEP_MS, sweep, people);
	*ret_self = people;
	return AULA_OK;
}

static const char *const packages[] = { "aula.plugin.people", NULL };
static const aula_error_number errors[] = { { AULA_UNAVAILABLE, NUMBER_UNAVAILABLE } };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "people",
	.errors = errors,
	.error_count = sizeof errors / sizeof *errors,
	.error_fallback = NUMBER_OTHER,
};

// clang-format off
AULA_MODULE(
	.name = "people",
	.summary = "Accounts: log in by a password, over HTTP, and manage those who may.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = people_requests,
	.request_count = PEOPLE_REQUESTS,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.personal = personal,
	.personal_count = sizeof personal / sizeof *personal);
// clang-format on
