/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a module, run for whoever reached it by a way of its own. */
#include "signaling/services-module.h"

#include "host/describe.h"
#include "runtime/loop.h"
#include "signaling/dispatch.h"
#include "signaling/errand.h"
#include "signaling/metrics.h"

enum { SENTENCE_BYTES = 240 };

/* What the last call may point to. */
struct aula_request_fault {
	aula_schema_fault fault;
	aula_refusal refusal;
	aula_errand_answer refused;
	char sentence[SENTENCE_BYTES];
};

static struct aula_request_fault *
fault_of(aula_module_host *asks)
{
	if (asks->fault == NULL)
		asks->fault = g_new0(struct aula_request_fault, 1);
	return asks->fault;
}

static aula_code
run(const aula_host *host, aula_call *call)
{
	aula_module_host *asks = (aula_module_host *)(uintptr_t)aula_module_of(host);
	struct aula_request_fault *fault = fault_of(asks);
	aula_switchboard *board = asks->board;
	struct aula_pending_call *before = board->pending;
	const aula_request *row = aula_loaded_request(asks->loaded, call->name);
	aula_arena arena = { 0 };

	board->pending = NULL;
	int64_t began_us = aula_worked_us();
	aula_code code =
		aula_dispatch_run(asks->loaded, aula_modules_self(board->modules, asks->index),
			call, &arena, &fault->fault, fault->sentence, sizeof fault->sentence);
	aula_metrics_request(board->metrics, asks->index, row, code, aula_worked_us() - began_us);
	board->pending = before;
	aula_arena_free(&arena);
	return code;
}

static void
serve(const aula_host *host, const aula_errand *errand,
	void (*answered)(void *data, const aula_errand_answer *answer), void *data)
{
	const aula_module_host *asks = aula_module_of(host);

	aula_errand_serve(asks->board, asks->index, errand, answered, data);
}

static json_t *
describe(const aula_host *host)
{
	const aula_modules *modules = aula_module_of(host)->board->modules;
	json_t *all = json_array();

	for (size_t i = 0; i < aula_modules_count(modules); i++)
		if (aula_modules_runs(modules, i))
			json_array_append_new(
				all, aula_describe_module(aula_modules_get(modules, i)));
	return all;
}

static const aula_errand_answer *
admit(const aula_host *host, const char *address, const aula_identity *who)
{
	aula_module_host *asks = (aula_module_host *)(uintptr_t)aula_module_of(host);
	struct aula_request_fault *fault = fault_of(asks);

	if (aula_errand_admit(asks->board, address, who, &fault->refusal))
		return NULL;
	fault->refused = (aula_errand_answer){ .size = sizeof fault->refused,
		.code = AULA_TOO_FAST,
		.error = fault->refusal.reason,
		.retry_after_ms = fault->refusal.limited.retry_after_ms,
		.limited = &fault->refusal.limited };
	return &fault->refused;
}

const aula_requests aula_service_requests = {
	.size = sizeof aula_service_requests,
	.run = run,
	.serve = serve,
	.describe = describe,
	.admit = admit,
};
