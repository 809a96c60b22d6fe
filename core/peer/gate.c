/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/gate.h"

#include <stdatomic.h>

struct aula_gate {
	_Atomic unsigned refs;
	aula_loop *control;
	aula_gate_listener listener;
	void *data;
	bool shut; /* [control] */
};

typedef struct {
	aula_mail mail;
	aula_gate *gate; /* a reference */
	void (*tell)(aula_gate *gate, uint64_t id, const char *text, bool receiving);
	uint64_t id;
	bool receiving;
	char text[96]; /* path or reason */
} notice;

typedef struct {
	aula_mail mail;
	json_t *stats;
	void (*done)(void *data, json_t *stats);
	void *data;
} answer;

aula_gate *
aula_gate_new(aula_loop *control, const aula_gate_listener *listener, void *data)
{
	aula_gate *gate = g_new0(aula_gate, 1);

	atomic_init(&gate->refs, 1);
	gate->control = control;
	gate->listener = *listener;
	gate->data = data;
	return gate;
}

static void
unref(aula_gate *gate)
{
	if (atomic_fetch_sub_explicit(&gate->refs, 1, memory_order_acq_rel) == 1)
		g_free(gate);
}

void
aula_gate_shut(aula_gate *gate)
{
	gate->shut = true;
	unref(gate);
}

static void
deliver_notice(aula_mail *mail)
{
	notice *arrived = (notice *)mail;

	if (!arrived->gate->shut)
		arrived->tell(arrived->gate, arrived->id, arrived->text, arrived->receiving);
	unref(arrived->gate);
	g_free(arrived);
}

static void
post(aula_gate *gate, void (*tell)(aula_gate *gate, uint64_t id, const char *text, bool receiving),
	uint64_t id, const char *text, bool receiving)
{
	notice *posted = g_new0(notice, 1);

	atomic_fetch_add_explicit(&gate->refs, 1, memory_order_relaxed);
	posted->mail.deliver = deliver_notice;
	posted->gate = gate;
	posted->tell = tell;
	posted->id = id;
	posted->receiving = receiving;
	g_strlcpy(posted->text, text, sizeof(posted->text));
	aula_loop_post(gate->control, &posted->mail);
}

static void
tell_connected(aula_gate *gate, uint64_t id, const char *text, bool receiving)
{
	(void)receiving;
	gate->listener.on_gate_connected(gate->data, id, text);
}

static void
tell_closed(aula_gate *gate, uint64_t id, const char *text, bool receiving)
{
	(void)receiving;
	gate->listener.on_gate_closed(gate->data, id, text);
}

static void
tell_receiving(aula_gate *gate, uint64_t id, const char *text, bool receiving)
{
	(void)text;
	gate->listener.on_gate_receiving(gate->data, id, receiving);
}

void
aula_gate_connected(aula_gate *gate, uint64_t peer, const char *path)
{
	post(gate, tell_connected, peer, path, false);
}

void
aula_gate_closed(aula_gate *gate, uint64_t peer, const char *reason)
{
	post(gate, tell_closed, peer, reason, false);
}

void
aula_gate_receiving(aula_gate *gate, uint64_t track, bool receiving)
{
	post(gate, tell_receiving, track, "", receiving);
}

static void
deliver_answer(aula_mail *mail)
{
	answer *arrived = (answer *)mail;

	arrived->done(arrived->data, arrived->stats);
	json_decref(arrived->stats);
	g_free(arrived);
}

void
aula_gate_stats(aula_gate *gate, json_t *stats, void (*done)(void *data, json_t *stats), void *data)
{
	answer *posted = g_new0(answer, 1);

	posted->mail.deliver = deliver_answer;
	posted->stats = stats;
	posted->done = done;
	posted->data = data;
	aula_loop_post(gate->control, &posted->mail);
}
