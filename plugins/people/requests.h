/* SPDX-License-Identifier: Apache-2.0 */
/** The arguments of the requests, and what runs them. */
#ifndef PEOPLE_REQUESTS_H
#define PEOPLE_REQUESTS_H

#include <stdbool.h>

#include "people.h"

struct login_args {
	const char *login, *password;
};
struct password_args {
	const char *link, *password;
};
struct oidc_args {
	const char *code, *state, *iss;
};
struct token_args {
	const char *room;
};
struct person_args { /* add, edit */
	const char *login, *name, *role, *department;
	aula_tristate active;
};
struct import_args {
	const char *csv;
	bool apply;
};
struct export_args {
	const char *login, *after;
};
struct erase_args {
	const char *login, *confirm;
};
struct list_args {
	const char *after, *department, *search;
	int64_t limit;
};

/* account.c: what people do with their own account. */
aula_code run_login(void *self, aula_call *call, const void *args);
aula_code run_logout(void *self, aula_call *call, const void *args);
aula_code run_logout_everywhere(void *self, aula_call *call, const void *args);
aula_code run_entrance(void *self, aula_call *call, const void *args);
aula_code run_me(void *self, aula_call *call, const void *args);
aula_code run_set_password(void *self, aula_call *call, const void *args);
aula_code run_token(void *self, aula_call *call, const void *args);
/* single.c: the school's own log-in. */
aula_code run_oidc_begin(void *self, aula_call *call, const void *args);
aula_code run_oidc_finish(void *self, aula_call *call, const void *args);
/* manage.c, import.c: what is done with the accounts of others. */
aula_code run_add(void *self, aula_call *call, const void *args);
aula_code run_edit(void *self, aula_call *call, const void *args);
aula_code run_import(void *self, aula_call *call, const void *args);
aula_code run_link(void *self, aula_call *call, const void *args);
aula_code run_list(void *self, aula_call *call, const void *args);
aula_code run_roles(void *self, aula_call *call, const void *args);

/* privacy.c: all that is kept of somebody. */
aula_code run_erase(void *self, aula_call *call, const void *args);
aula_code run_export(void *self, aula_call *call, const void *args);

/** What a login may be: 1 to 64 of a-z 0-9 . _ @ + -; capitals become small. False: it is none. */
bool login_normal(const char *text, char ret_login[LOGIN_MOST + 1]);

/** Rows sorted by name. */
enum { PEOPLE_REQUESTS = 17 };
extern const aula_request people_requests[PEOPLE_REQUESTS];

#endif
