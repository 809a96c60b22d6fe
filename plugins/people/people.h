/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the module share. Everything is on the control thread, but for the copy of a
 * request (job.h) and the hashing of passwords (hasher.h). */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include <sys/queue.h>

#include "aula/module.h"

enum {
	LOGIN_MOST = 64,
	NAME_MOST = 128,
	ROLE_MOST = 64,
	GROUP_MOST = 128,
	PASSWORD_MOST = 256,
	SECRET_BYTES = 64, /* of a session or a link: 256 random bits as hexadecimal digits */
	PAGE_MOST = 500,
	ROOM_MOST = 255,
};

/* Bit i of a mask is row i of the table of capabilities. */
enum { MAY_READ = 1u << 0, MAY_MANAGE = 1u << 1, MAY_EVERYWHERE = 1u << 2 };

struct config {
	const char *path, *first_link_file, *oidc_issuer, *oidc_name, *oidc_client,
		*oidc_secret_file, *oidc_ca_file, *oidc_scope, *oidc_login_claim, *oidc_role_claim,
		*oidc_role, *oidc_department_claim;
	int64_t session_days, link_hours, token_minutes, password_least, guesses_most, lock_s,
		hash_threads, hash_kib, hash_passes, hash_queue, max_body_bytes, max_waiting,
		oidc_timeout_ms;
	bool oidc_make, oidc_adopt;
	aula_list oidc_roles; /* of struct claimed_role */
};

/** Who asks. Texts are "" where there is nothing. */
struct who {
	char login[LOGIN_MOST + 1], name[NAME_MOST + 1], role[ROLE_MOST + 1];
	char session[SECRET_BYTES + 1]; /* what its cookie hashes to */
	uint64_t holds;
	char room[ROOM_MOST + 1]; /* the only one that its token is for */
	int64_t expires_s;        /* Unix time; 0: a guest */
};

struct job;
struct first;
struct courier;
struct issuer;
LIST_HEAD(ask_list, ask);
TAILQ_HEAD(ask_queue, ask);

struct people {
	const aula_host *host;
	const struct config *config;
	struct hasher *hasher;
	struct guard *guard;
	struct job *serving; /* the request over HTTP whose row runs now; NULL: none */
	struct first *first;
	struct courier *courier; /* NULL: nothing is sent anywhere */
	struct issuer *issuer;   /* NULL: the school has no log-in of its own */
	struct ask_list asks;
	aula_timer sweep;
};

/** Microseconds since 1970. */
int64_t wall_us(void);

#endif
