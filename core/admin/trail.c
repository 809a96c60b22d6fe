/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/trail.h"

#include <inttypes.h>
#include <stdlib.h>

enum { DETAIL_MOST = 500 };

/* What was asked, without what every request has, and without the secret. */
static char *
detail_of(const json_t *request)
{
	static const char *const plain[] = { "janus", "transaction", "admin_secret", "session_id",
		"handle_id" };
	json_t *rest = json_copy((json_t *)(uintptr_t)request);

	for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
		json_object_del(rest, plain[i]);
	char *text =
		json_object_size(rest) > 0 ? json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	g_autofree char *cut = text != NULL ? g_strndup(text, DETAIL_MOST) : NULL;
	json_decref(rest);
	free(text);
	return cut != NULL ? g_utf8_make_valid(cut, -1) : NULL;
}

static char *
target_of(const aula_admin_call *call)
{
	if (call->session == NULL)
		return NULL;
	uint64_t session = aula_session_number(call->session);
	return call->attachment != NULL ? g_strdup_printf("%" PRIu64 "/%" PRIu64, session,
						  aula_attachment_number(call->attachment))
					: g_strdup_printf("%" PRIu64, session);
}

void
aula_trail_begin(aula_trail *trail, const aula_admin_call *call, const aula_admin_verb *verb,
	const aula_clients *clients)
{
	const aula_session *asks =
		call->asker.inside ? aula_sessions_find(call->board->sessions, call->asker.session)
				   : NULL;
	const aula_bearer *bearer = asks != NULL ? aula_session_bearer(asks) : NULL;

	*trail = (aula_trail){ 0 };
	if (!verb->acts || call->board->audit == NULL)
		return;
	*trail = (aula_trail){ .act = g_strconcat("admin.", verb->name, NULL),
		.address = g_strdup(aula_clients_address(clients, call->asker.client)),
		.target = target_of(call),
		.detail = detail_of(call->request) };
	if (bearer != NULL) {
		trail->actor = g_strdup(bearer->subject);
		trail->name = g_strdup(bearer->name);
		trail->role = g_strdup(bearer->role);
	}
}

void
aula_trail_end(aula_trail *trail, const aula_switchboard *board, bool done)
{
	if (done && trail->act != NULL)
		aula_audit_log_add(board->audit, &(aula_audit_line){ .act = trail->act,
							 .actor = trail->actor,
							 .name = trail->name,
							 .role = trail->role,
							 .address = trail->address,
							 .target = trail->target,
							 .detail = trail->detail });
	char *const texts[] = { trail->act, trail->actor, trail->name, trail->role, trail->address,
		trail->target, trail->detail };
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	*trail = (aula_trail){ 0 };
}
