/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"

enum {
	ADDRESS_MOST = 2048,
	SECRET_MOST = 512,
	PROBLEM_BYTES = 256,
};
static const int64_t fresh_us = INT64_C(3600) * 1000000, newest_us = INT64_C(30) * 1000000;

struct issuer {
	struct people *people;
	char secret[SECRET_MOST];
	json_t *about; /* NULL: not known */
	char *keys;
	int64_t renewed_us;     /* when it was asked out of turn */
	int64_t known_us;       /* of `about` and `keys`, on the clock of timers */
	struct errand *errand;  /* what is being asked; NULL: nothing */
	struct ask_queue waits; /* for it to be known */
	bool troubled;          /* which has been logged */
};

/* What is said over plain HTTP anybody on the way could have said, but on this machine. */
static bool
is_safe(const char *url)
{
	static const char *const here[] = { "http://localhost", "http://127.0.0.1",
		"http://[::1]" };

	if (strncmp(url, "https://", 8) == 0)
		return true;
	for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
		size_t length = strlen(here[i]);
		if (strncmp(url, here[i], length) == 0 && strchr(":/", url[length]) != NULL)
			return true;
	}
	return false;
}

const char *
issuer_place(const struct issuer *issuer, const char *name)
{
	const char *url = json_string_value(json_object_get(issuer->about, name));

	return url != NULL && strlen(url) < ADDRESS_MOST && is_safe(url) ? url : NULL;
}

const char *
issuer_keys(const struct issuer *issuer)
{
	return issuer->keys;
}

const char *
issuer_secret(const struct issuer *issuer)
{
	return *issuer->secret != '\0' ? issuer->secret : NULL;
}

/* RFC 8414 section 2: absent is client_secret_basic. */
bool
issuer_wants_secret_in_form(const struct issuer *issuer)
{
	json_t *ways = json_object_get(issuer->about, "token_endpoint_auth_methods_supported"),
	       *one;
	size_t index;
	bool basic = !json_is_array(ways), form = false;

	json_array_foreach(ways, index, one)
	{
		const char *way = json_string_value(one);
		basic = basic || (way != NULL && strcmp(way, "client_secret_basic") == 0);
		form = form || (way != NULL && strcmp(way, "client_secret_post") == 0);
	}
	return form && !basic;
}

/* -- asking it -- */

static void
tell(struct issuer *issuer, const char *problem)
{
	const aula_host *host = issuer->people->host;
	struct ask *ask;
	struct ask_queue waits = TAILQ_HEAD_INITIALIZER(waits);

	if (problem != NULL)
		host->log(host, AULA_LOG_WARNING,
			"the school's own log-in is away: %s issuer=\"%s\"", problem,
			issuer->people->config->oidc_issuer);
	else if (issuer->troubled)
		host->log(host, AULA_LOG_INFO, "the school's own log-in is back issuer=\"%s\"",
			issuer->people->config->oidc_issuer);
	issuer->troubled = problem != NULL;
	TAILQ_CONCAT(&waits, &issuer->waits, waits);
	while ((ask = TAILQ_FIRST(&waits)) != NULL) {
		TAILQ_REMOVE(&waits, ask, waits);
		ask->known(ask, problem == NULL);
	}
}

static void
begin(struct issuer *issuer, const char *url, courier_done done)
{
	const struct config *config = issuer->people->config;
	aula_code code = courier_send(issuer->people->courier,
		&(struct courier_load){ .url = url,
			.ca_file = config->oidc_ca_file,
			.timeout_ms = config->oidc_timeout_ms },
		done, issuer, &issuer->errand);

	if (code != AULA_OK) {
		issuer->errand = NULL;
		tell(issuer, "it cannot be asked at present");
	}
}

static void
on_keys(void *data, const struct courier_news *news)
{
	struct issuer *issuer = data;

	issuer->errand = NULL;
	char *keys = news->problem == NULL ? strdup(news->body) : NULL;
	if (keys == NULL) {
		tell(issuer, news->problem != NULL ? news->problem : "there is no memory");
		return;
	}
	free(issuer->keys);
	issuer->keys = keys;
	issuer->known_us = issuer->people->host->timers->now_us();
	tell(issuer, NULL);
}

static void
on_about(void *data, const struct courier_news *news)
{
	struct issuer *issuer = data;
	json_t *about =
		news->problem == NULL ? json_loads(news->body, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const char *named = json_string_value(json_object_get(about, "issuer"));

	issuer->errand = NULL;
	if (news->problem != NULL) {
		tell(issuer, news->problem);
	} else if (named == NULL || strcmp(named, issuer->people->config->oidc_issuer) != 0) {
		tell(issuer, "what answers there is not this issuer");
	} else {
		json_decref(issuer->about);
		issuer->about = json_incref(about);
		const char *keys = issuer_place(issuer, "jwks_uri");
		if (keys != NULL && issuer_place(issuer, "authorization_endpoint") != NULL &&
			issuer_place(issuer, "token_endpoint") != NULL)
			begin(issuer, keys, on_keys);
		else
			tell(issuer, "it does not say where to log in, or not over https");
	}
	json_decref(about);
}

static void
ask_issuer(struct issuer *issuer)
{
	static const char well_known[] = "/.well-known/openid-configuration";
	char url[ADDRESS_MOST];
	const char *base = issuer->people->config->oidc_issuer;
	size_t length = strlen(base);

	if (issuer->errand != NULL)
		return;
	while (length > 0 && base[length - 1] == '/')
		length--;
	snprintf(url, sizeof url, "%.*s%s", (int)length, base, well_known);
	begin(issuer, url, on_about);
}

static void
wait_for(struct issuer *issuer, struct ask *ask, void (*known)(struct ask *ask, bool good))
{
	ask->known = known;
	TAILQ_INSERT_TAIL(&issuer->waits, ask, waits);
	ask_issuer(issuer);
}

static int64_t
age_us(const struct issuer *issuer)
{
	return issuer->people->host->timers->now_us() - issuer->known_us;
}

void
issuer_know(struct issuer *issuer, struct ask *ask, void (*known)(struct ask *ask, bool good))
{
	if (issuer->keys != NULL && age_us(issuer) < fresh_us)
		known(ask, true);
	else
		wait_for(issuer, ask, known);
}

bool
issuer_renew(struct issuer *issuer, struct ask *ask, void (*known)(struct ask *ask, bool good))
{
	int64_t now_us = issuer->people->host->timers->now_us();

	if (now_us - issuer->renewed_us < newest_us)
		return false;
	issuer->renewed_us = now_us;
	wait_for(issuer, ask, known);
	return true;
}

/* -- life -- */

static bool
read_secret(struct issuer *issuer)
{
	const char *path = issuer->people->config->oidc_secret_file;
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	bool good = file != NULL && fgets(issuer->secret, sizeof issuer->secret, file) != NULL;

	if (file != NULL)
		fclose(file);
	issuer->secret[strcspn(issuer->secret, "\r\n")] = '\0';
	return path == NULL || (good && *issuer->secret != '\0');
}

/* NULL: nothing is wrong with the settings. */
static const char *
find_fault(struct issuer *issuer)
{
	const struct people *people = issuer->people;
	const aula_host *host = people->host;
	const struct claimed_role *rows = people->config->oidc_roles.items;
	uint64_t holds;

	if (!is_safe(people->config->oidc_issuer))
		return "oidc_issuer must begin with https://, but for one on this machine";
	if (people->config->oidc_client == NULL)
		return "oidc_client is needed with oidc_issuer";
	if (!read_secret(issuer))
		return "oidc_secret_file cannot be read";
	if (people->config->oidc_role != NULL &&
		host->tokens->role(host, people->config->oidc_role, &holds) != AULA_OK)
		return "oidc_role is no role of the configuration";
	for (size_t i = 0; i < people->config->oidc_roles.count; i++)
		if (host->tokens->role(host, rows[i].role, &holds) != AULA_OK)
			return "a role in oidc_roles is none of the configuration";
	return NULL;
}

struct issuer *
issuer_new(struct people *people)
{
	struct issuer *issuer = calloc(1, sizeof *issuer);

	if (issuer == NULL)
		return NULL;
	issuer->people = people;
	issuer->renewed_us = -newest_us;
	TAILQ_INIT(&issuer->waits);
	const char *fault = find_fault(issuer);
	if (fault == NULL)
		return issuer;
	people->host->log(people->host, AULA_LOG_ERROR, "the school's own log-in: %s", fault);
	issuer_free(issuer);
	return NULL;
}

void
issuer_free(struct issuer *issuer)
{
	if (issuer == NULL)
		return;
	explicit_bzero(issuer->secret, sizeof issuer->secret);
	json_decref(issuer->about);
	free(issuer->keys);
	free(issuer);
}
