/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

// clang-format off
#define LOGIN(T, ...) AULA_TEXT(T, login, "login", LOGIN_MOST, .min = 1, .flags = AULA_REQUIRED, __VA_ARGS__)

static const aula_field add_fields[] = {
	LOGIN(struct person_args, .summary = "What the person logs in by: a-z, 0-9 and . _ @ + -; capitals become small."),
	AULA_TEXT(struct person_args, name, "name", NAME_MOST, .min = 1, .flags = AULA_REQUIRED,
		.summary = "What people call them."),
	AULA_TEXT(struct person_args, role, "role", ROLE_MOST, .min = 1, .flags = AULA_REQUIRED,
		.summary = "A role of the configuration, which may do no more than who asks."),
	AULA_TEXT(struct person_args, department, "department", GROUP_MOST,
		.summary = "Where they belong; without people.everywhere only the asker's own, which need not be said."),
};
static const aula_field edit_fields[] = {
	LOGIN(struct person_args, .summary = "Whose account."),
	AULA_TEXT(struct person_args, name, "name", NAME_MOST, .min = 1, .summary = "Another name."),
	AULA_TEXT(struct person_args, role, "role", ROLE_MOST, .min = 1, .summary = "Another role; it logs them out."),
	AULA_TEXT(struct person_args, department, "department", GROUP_MOST, .summary = "Another department."),
	AULA_SWITCH(struct person_args, active, "active", .summary = "Whether they may log in; either way it logs them out."),
};
static const aula_field erase_fields[] = {
	AULA_TEXT(struct erase_args, login, "login", LOGIN_MOST, .min = 1, .flags = AULA_REQUIRED, .summary = "Whom."),
	AULA_TEXT(struct erase_args, confirm, "confirm", LOGIN_MOST, .min = 1, .flags = AULA_REQUIRED,
		.summary = "The same once more, for it cannot be undone."),
};
static const aula_field export_fields[] = {
	AULA_TEXT(struct export_args, login, "login", LOGIN_MOST, .min = 1,
		.summary = "Of whom; absent: of who asks. Of others it needs people.manage."),
	AULA_TEXT(struct export_args, after, "after", 12, .summary = "Go on here: `next` of the page before."),
};
static const aula_field import_fields[] = {
	AULA_TEXT(struct import_args, csv, "csv", 1000000, .min = 1, .flags = AULA_REQUIRED,
		.summary = "The list as CSV, at most 1000 lines; the first names the columns: login, name, role and perhaps department."),
	AULA_BOOL(struct import_args, apply, "apply", .summary = "Adds them; else it is only said what would be done."),
};
static const aula_field link_fields[] = {
	LOGIN(struct person_args, .summary = "Who is to set a new password."),
};
static const aula_field list_fields[] = {
	AULA_TEXT(struct list_args, after, "after", LOGIN_MOST, .summary = "Those after this login: `next` of the page before."),
	AULA_TEXT(struct list_args, department, "department", GROUP_MOST, .summary = "Only of this department."),
	AULA_TEXT(struct list_args, search, "search", NAME_MOST, .summary = "Only those in whose login or name this is found; capitals or not."),
	AULA_INT(struct list_args, limit, "limit", 1, PAGE_MOST, .fallback = 100, .summary = "How many at most, by login."),
};
static const aula_field login_fields[] = {
	AULA_TEXT(struct login_args, login, "login", LOGIN_MOST, .min = 1, .flags = AULA_REQUIRED, .summary = "Who."),
	AULA_TEXT(struct login_args, password, "password", PASSWORD_MOST, .min = 1, .flags = AULA_REQUIRED | AULA_SECRET,
		.summary = "Their password."),
};
static const aula_field oidc_fields[] = {
	AULA_TEXT(struct oidc_args, code, "code", 4000, .min = 1, .flags = AULA_REQUIRED | AULA_SECRET,
		.summary = "What the school's own log-in sent the browser back with."),
	AULA_TEXT(struct oidc_args, state, "state", 200, .min = 1, .flags = AULA_REQUIRED, .summary = "The same."),
	AULA_TEXT(struct oidc_args, iss, "iss", 2000, .min = 1, .summary = "The same, where it says who it is (RFC 9207)."),
};
static const aula_field password_fields[] = {
	AULA_TEXT(struct password_args, link, "link", 128, .min = 1, .flags = AULA_REQUIRED | AULA_SECRET,
		.summary = "What `add` or `link` answered; it serves once."),
	AULA_TEXT(struct password_args, password, "password", PASSWORD_MOST, .min = 1, .flags = AULA_REQUIRED | AULA_SECRET,
		.summary = "The new password; it logs out wherever the person was logged in."),
};
static const aula_field token_fields[] = {
	AULA_TEXT(struct token_args, room, "room", ROOM_MOST, .min = 1, .summary = "The only room that the token is for; absent: any."),
};

const aula_request people_requests[PEOPLE_REQUESTS] = {
	{ "add", MAY_MANAGE, AULA_HTTP, AULA_TABLE(add_fields), sizeof(struct person_args), run_add,
		"Makes an account, and a link by which its owner sets a password." },
	{ "edit", MAY_MANAGE, AULA_HTTP, AULA_TABLE(edit_fields), sizeof(struct person_args), run_edit,
		"Changes an account; what is absent stays." },
	{ "entrance", 0, AULA_HTTP, NULL, 0, 0, run_entrance,
		"Says how one logs in here, and who asks, if that is somebody." },
	{ "erase", MAY_MANAGE, AULA_HTTP, AULA_TABLE(erase_fields), sizeof(struct erase_args), run_erase,
		"Erases an account and all that is kept of its owner; numbers of classes and courses stay, under a name that says nothing." },
	{ "export", 0, AULA_HTTP, AULA_TABLE(export_fields), sizeof(struct export_args), run_export,
		"Tells all that is kept of a person, a page of one table at a time; the last has no `next`." },
	{ "import", MAY_MANAGE, AULA_HTTP, AULA_TABLE(import_fields), sizeof(struct import_args), run_import,
		"Adds the people of a list; says of every line that it could not take why not." },
	{ "link", MAY_MANAGE, AULA_HTTP, AULA_TABLE(link_fields), sizeof(struct person_args), run_link,
		"Makes a link to set a new password; earlier ones serve no more." },
	{ "list", MAY_READ, AULA_HTTP, AULA_TABLE(list_fields), sizeof(struct list_args), run_list,
		"Tells of accounts, in pages." },
	{ "login", 0, AULA_HTTP, AULA_TABLE(login_fields), sizeof(struct login_args), run_login,
		"Logs in by a password. Over HTTP only: a cookie keeps the session." },
	{ "logout", 0, AULA_HTTP, NULL, 0, 0, run_logout, "Ends the session of the cookie. Over HTTP only." },
	{ "logout_everywhere", 0, AULA_HTTP, NULL, 0, 0, run_logout_everywhere,
		"Ends every session of who asks. Over HTTP only." },
	{ "me", 0, AULA_HTTP, NULL, 0, 0, run_me, "Says who asks." },
	{ "oidc_begin", 0, AULA_HTTP, NULL, 0, 0, run_oidc_begin,
		"Says where the school's own log-in is (OpenID Connect), which sends the browser back to /login/. Over HTTP only." },
	{ "oidc_finish", 0, AULA_HTTP, AULA_TABLE(oidc_fields), sizeof(struct oidc_args), run_oidc_finish,
		"Logs in with what the school's own log-in sent along. Over HTTP only: a cookie keeps the session." },
	{ "roles", MAY_MANAGE, AULA_HTTP, NULL, 0, 0, run_roles, "The roles that who asks may give." },
	{ "set_password", 0, AULA_HTTP, AULA_TABLE(password_fields), sizeof(struct password_args), run_set_password,
		"Sets a password by a link; says whose." },
	{ "token", 0, AULA_HTTP, AULA_TABLE(token_fields), sizeof(struct token_args), run_token,
		"Makes a token for a class of who is logged in. Over HTTP only." },
};
// clang-format on
