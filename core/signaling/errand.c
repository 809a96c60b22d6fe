/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/errand.h"

#include "signaling/dispatch.h"
#include "signaling/metrics.h"
#include "signaling/notice.h"

struct errand {
	unsigned module;           /* that brought it */
	aula_errand_done answered; /* NULL: it was, or nobody waits */
	void *data;
};

GHashTable *
aula_errands_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

static void
answer_once(struct errand *errand, const aula_errand_answer *answer)
{
	aula_errand_done answered = errand->answered;

	errand->answered = NULL;
	if (answered != NULL)
		answered(errand->data, answer);
}

/* -- its end -- */

struct end {
	aula_switchboard *board;
	uint64_t session;
};

static void
end_now(void *data)
{
	struct end *end = data;
	aula_session *session = aula_sessions_find(end->board->sessions, end->session);

	if (session != NULL)
		aula_notice_end_session(end->board, session, "answered");
	g_free(end);
}

/* After this turn, in which the plugin may still use its handle. */
static void
end_soon(aula_switchboard *board, uint64_t session)
{
	struct end *end = g_new(struct end, 1);

	*end = (struct end){ .board = board, .session = session };
	aula_loop_call(board->control, end_now, end);
}

void
aula_errand_answered(
	aula_switchboard *board, uint64_t session, const aula_call *call, aula_code code)
{
	struct errand *errand = g_hash_table_lookup(board->errands, &session);

	if (errand == NULL)
		return;
	answer_once(errand, &(aula_errand_answer){ .size = sizeof(aula_errand_answer),
				    .code = code,
				    .reply = call->reply,
				    .field = call->field,
				    .error = call->error,
				    .retry_after_ms = call->retry_after_ms });
	end_soon(board, session);
}

void
aula_errand_over(aula_switchboard *board, uint64_t session)
{
	struct errand *errand = g_hash_table_lookup(board->errands, &session);

	if (errand == NULL)
		return;
	answer_once(errand, &(aula_errand_answer){ .size = sizeof(aula_errand_answer),
				    .code = AULA_UNAVAILABLE,
				    .error = "The answer took too long." });
	g_hash_table_remove(board->errands, &session);
}

void
aula_errands_forget(aula_switchboard *board, unsigned module)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, board->errands);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct errand *errand = value;
		if (errand->module == module)
			errand->answered = NULL;
	}
}

/* -- its beginning -- */

static bool
find_row(const aula_switchboard *board, const aula_errand *wanted, unsigned *ret_module)
{
	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_loaded *loaded = aula_modules_get(board->modules, i);
		if (aula_loaded_module(loaded)->plugin == NULL ||
			!g_str_equal(aula_loaded_name(loaded), wanted->module))
			continue;
		const aula_request *row = aula_loaded_request(loaded, wanted->request);
		*ret_module = (unsigned)i;
		return aula_modules_runs(board->modules, i) && row != NULL &&
		       (row->flags & AULA_HTTP) != 0;
	}
	return false;
}

static void
fill_bearer(const aula_switchboard *board, const aula_errand *wanted, aula_bearer *ret_bearer)
{
	const aula_identity *who = wanted->who;
	const char *role = who->role != NULL ? who->role : "guest";
	const aula_capability_set *holds = aula_identities_role(board->identities, role);

	*ret_bearer = (aula_bearer){ .subject = g_strdup(who->subject != NULL ? who->subject : ""),
		.name = g_strdup(who->name != NULL ? who->name : ""),
		.role = g_strdup(role),
		.room = g_strdup(who->room),
		.expires_s = who->expires_s,
		.address = g_strdup(wanted->address != NULL ? wanted->address : "") };
	/* A role that the administrator took away may nothing. */
	if (holds != NULL)
		ret_bearer->holds = *holds;
}

bool
aula_errand_admit(aula_switchboard *board, const char *address, const aula_identity *who,
	aula_refusal *refusal)
{
	int64_t now_us = aula_loop_now_us(board->control);
	aula_limits_tab tab = { 0 };

	if (who == NULL)
		return aula_limits_take_address(board->limits, &tab, address, now_us, refusal);
	/* Only these are looked at. */
	const aula_bearer bearer = { .subject = (char *)(uintptr_t)who->subject,
		.expires_s = who->expires_s };
	return aula_limits_take_bearer(board->limits, &tab, &bearer, address, now_us, refusal);
}

static bool
is_within_limits(aula_switchboard *board, const aula_bearer *bearer, bool admitted,
	aula_limits_tab *tab, aula_refusal *refusal)
{
	int64_t now_us = aula_loop_now_us(board->control);

	if (admitted)
		aula_limits_owe_address(board->limits, tab, bearer->address);
	return (admitted || aula_limits_take_address(
				    board->limits, tab, bearer->address, now_us, refusal)) &&
	       aula_limits_take_bearer(
		       board->limits, tab, bearer, bearer->address, now_us, refusal);
}

static void
refuse(struct errand *errand, aula_code code, const char *field, const aula_refusal *refusal)
{
	answer_once(errand,
		&(aula_errand_answer){ .size = sizeof(aula_errand_answer),
			.code = code,
			.field = field,
			.error = refusal != NULL ? refusal->reason : NULL,
			.limited = refusal != NULL ? &refusal->limited : NULL,
			.retry_after_ms = refusal != NULL ? refusal->limited.retry_after_ms : 0 });
	g_free(errand);
}

static aula_code
attach(aula_switchboard *board, aula_session *session, unsigned module,
	aula_attachment **ret_attachment)
{
	const aula_module *about = aula_loaded_module(aula_modules_get(board->modules, module));

	*ret_attachment = aula_attachment_new(session, module, about->plugin->packages[0], NULL);
	return *ret_attachment != NULL ? aula_notice_welcome(board, *ret_attachment) : AULA_FULL;
}

/* Takes both. */
static void
run(aula_switchboard *board, struct errand *errand, const aula_errand *wanted, unsigned target,
	aula_bearer *bearer)
{
	aula_attachment *attachment;
	aula_session *session;
	aula_code code = aula_session_new(board->sessions, 0, (aula_client){ 0 }, false, bearer,
		aula_loop_now_us(board->control), &session);

	if (code != AULA_OK) {
		aula_limits_hit(board->limits, AULA_LIMIT_SESSIONS, bearer->address, bearer,
			wanted->request);
		aula_bearer_clear(bearer);
		refuse(errand, code, NULL, NULL);
		return;
	}
	code = attach(board, session, target, &attachment);
	if (code != AULA_OK) {
		aula_session_free(session);
		refuse(errand, code, NULL, NULL);
		return;
	}
	uint64_t number = aula_session_number(session);
	g_hash_table_insert(board->errands, g_memdup2(&number, sizeof number), errand);
	aula_dispatch_request(board, attachment, wanted->request, wanted->body,
		&(aula_answer_place){ .session = number, .errand = true });
}

void
aula_errand_serve(aula_switchboard *board, unsigned module, const aula_errand *wanted,
	aula_errand_done answered, void *data)
{
	struct errand *errand = g_new0(struct errand, 1);
	aula_bearer bearer;
	aula_refusal refusal = { 0 };
	aula_limits_tab tab = { 0 };
	unsigned target;

	*errand = (struct errand){ .module = module, .answered = answered, .data = data };
	if (!find_row(board, wanted, &target)) {
		refuse(errand, AULA_UNKNOWN, "request", NULL);
		return;
	}
	fill_bearer(board, wanted, &bearer);
	bool admitted = AULA_HAS(wanted, admitted);
	if (!is_within_limits(board, &bearer, admitted, &tab, &refusal)) {
		aula_bearer_clear(&bearer);
		refuse(errand, AULA_TOO_FAST, NULL, &refusal);
		return;
	}
	int64_t began_us = aula_worked_us();
	run(board, errand, wanted, target, &bearer);
	aula_limits_debit(
		board->limits, &tab, aula_worked_us() - began_us, aula_loop_now_us(board->control));
}

void
aula_errand_serve_as(aula_switchboard *board, const aula_errand *wanted, aula_bearer *bearer,
	aula_errand_done answered, void *data)
{
	struct errand *errand = g_new0(struct errand, 1);
	unsigned target;

	*errand = (struct errand){
		.module = AULA_ERRAND_OPERATOR, .answered = answered, .data = data
	};
	if (find_row(board, wanted, &target)) {
		run(board, errand, wanted, target, bearer);
		return;
	}
	aula_bearer_clear(bearer);
	refuse(errand, AULA_UNKNOWN, "request", NULL);
}
