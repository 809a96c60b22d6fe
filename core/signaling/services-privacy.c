/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept about people, in the tables of all modules. */
#include "signaling/services-module.h"

#include "runtime/loop.h"
#include "signaling/notice.h"
#include "store/audit.h"

static bool
table(const aula_host *host, size_t index, const char **ret_module, aula_personal *ret_table)
{
	const aula_modules *modules = aula_module_of(host)->board->modules;

	if (index < AULA_AUDIT_PERSONAL) {
		*ret_module = "aula";
		*ret_table = aula_audit_personal[index];
		return true;
	}
	index -= AULA_AUDIT_PERSONAL;
	for (size_t i = 0; i < aula_modules_count(modules); i++) {
		const aula_loaded *loaded = aula_modules_get(modules, i);
		const aula_module *module = aula_loaded_module(loaded);
		if (!aula_modules_runs(modules, i))
			continue;
		if (index < module->personal_count) {
			*ret_module = aula_loaded_name(loaded);
			*ret_table = module->personal[index];
			return true;
		}
		index -= module->personal_count;
	}
	return false;
}

/* -- whose sessions end -- */

struct farewell {
	aula_switchboard *board;
	char *subject;
	GArray *sessions; /* of uint64_t */
};

static void
add_theirs(void *data, const aula_session *session)
{
	struct farewell *farewell = data;
	uint64_t number = aula_session_number(session);

	if (g_strcmp0(aula_session_bearer(session)->subject, farewell->subject) == 0)
		g_array_append_val(farewell->sessions, number);
}

static void
end_theirs(void *data)
{
	struct farewell *farewell = data;

	aula_sessions_each(farewell->board->sessions, add_theirs, farewell);
	for (guint i = 0; i < farewell->sessions->len; i++) {
		aula_session *session = aula_sessions_find(
			farewell->board->sessions, g_array_index(farewell->sessions, uint64_t, i));
		if (session != NULL)
			aula_notice_end_session(farewell->board, session, "erased");
	}
	g_array_free(farewell->sessions, TRUE);
	g_free(farewell->subject);
	g_free(farewell);
}

static void
erased(const aula_host *host, const char *subject)
{
	aula_switchboard *board = aula_module_of(host)->board;
	const aula_modules *modules = board->modules;
	struct farewell *farewell = g_new(struct farewell, 1);

	*farewell = (struct farewell){ .board = board,
		.subject = g_strdup(subject),
		.sessions = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
	/* After this turn, in which the caller may be asked by a session of its own. */
	aula_loop_call(board->control, end_theirs, farewell);

	for (size_t i = 0; i < aula_modules_count(modules); i++) {
		const aula_module *module = aula_loaded_module(aula_modules_get(modules, i));
		if (aula_modules_runs(modules, i) && module->erased != NULL)
			module->erased(aula_modules_self(modules, i), subject);
	}
}

const aula_privacy aula_service_privacy = {
	.size = sizeof aula_service_privacy,
	.table = table,
	.erased = erased,
};
