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

typedef struct notice notice;
struct notice {
	aula_mail mail;
	aula_gate *gate; /* a reference */
	void (*tell)(const notice *arrived);
	uint64_t id;
	bool on; /* receiving, speaking */
	int level_dbov;
	uint32_t encodings;
	int64_t reached_us; /* connected */
	char text[96];      /* path or reason */
	aula_shown shown;
};

typedef struct {
	aula_mail mail;
	aula_gate *gate; /* a reference */
	uint64_t peer;
	bool last;
	aula_candidate candidate;
} finding;

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
		arrived->tell(arrived);
	unref(arrived->gate);
	g_free(arrived);
}

/* To be filled and posted. */
static notice *
notice_new(aula_gate *gate, void (*tell)(const notice *arrived), uint64_t id)
{
	notice *made = g_new0(notice, 1);

	atomic_fetch_add_explicit(&gate->refs, 1, memory_order_relaxed);
	made->mail.deliver = deliver_notice;
	made->gate = gate;
	made->tell = tell;
	made->id = id;
	return made;
}

static void
post(notice *made)
{
	aula_loop_post(made->gate->control, &made->mail);
}

static void
tell_connected(const notice *arrived)
{
	const aula_gate *gate = arrived->gate;

	gate->listener.on_gate_connected(
		gate->data, arrived->id, arrived->text, arrived->reached_us);
}

static void
tell_closed(const notice *arrived)
{
	const aula_gate *gate = arrived->gate;

	gate->listener.on_gate_closed(gate->data, arrived->id, arrived->text);
}

static void
tell_receiving(const notice *arrived)
{
	const aula_gate *gate = arrived->gate;

	gate->listener.on_gate_receiving(gate->data, arrived->id, arrived->on);
}

static void
tell_speaking(const notice *arrived)
{
	const aula_gate *gate = arrived->gate;

	gate->listener.on_gate_speaking(gate->data, arrived->id, arrived->on, arrived->level_dbov);
}

static void
tell_wanted(const notice *arrived)
{
	const aula_gate *gate = arrived->gate;

	gate->listener.on_gate_wanted(gate->data, arrived->id, arrived->encodings);
}

static void
tell_shown(const notice *arrived)
{
	const aula_gate *gate = arrived->gate;

	gate->listener.on_gate_shown(gate->data, arrived->id, &arrived->shown);
}

void
aula_gate_connected(aula_gate *gate, uint64_t peer, const char *path, int64_t reached_us)
{
	notice *made = notice_new(gate, tell_connected, peer);

	g_strlcpy(made->text, path, sizeof(made->text));
	made->reached_us = reached_us;
	post(made);
}

void
aula_gate_closed(aula_gate *gate, uint64_t peer, const char *reason)
{
	notice *made = notice_new(gate, tell_closed, peer);

	g_strlcpy(made->text, reason, sizeof(made->text));
	post(made);
}

void
aula_gate_receiving(aula_gate *gate, uint64_t track, bool receiving)
{
	notice *made = notice_new(gate, tell_receiving, track);

	made->on = receiving;
	post(made);
}

void
aula_gate_shown(aula_gate *gate, uint64_t sender, const aula_shown *shown)
{
	notice *made = notice_new(gate, tell_shown, sender);

	made->shown = *shown;
	post(made);
}

void
aula_gate_speaking(aula_gate *gate, uint64_t track, bool speaking, int level_dbov)
{
	notice *made = notice_new(gate, tell_speaking, track);

	made->on = speaking;
	made->level_dbov = level_dbov;
	post(made);
}

void
aula_gate_wanted(aula_gate *gate, uint64_t track, uint32_t encodings)
{
	notice *made = notice_new(gate, tell_wanted, track);

	made->encodings = encodings;
	post(made);
}

static void
deliver_finding(aula_mail *mail)
{
	finding *arrived = (finding *)mail;
	aula_gate *gate = arrived->gate;

	if (!gate->shut)
		gate->listener.on_gate_candidate(
			gate->data, arrived->peer, arrived->last ? NULL : &arrived->candidate);
	unref(gate);
	g_free(arrived);
}

void
aula_gate_candidate(aula_gate *gate, uint64_t peer, const aula_candidate *candidate)
{
	finding *posted = g_new0(finding, 1);

	atomic_fetch_add_explicit(&gate->refs, 1, memory_order_relaxed);
	posted->mail.deliver = deliver_finding;
	posted->gate = gate;
	posted->peer = peer;
	posted->last = candidate == NULL;
	if (candidate != NULL)
		posted->candidate = *candidate;
	aula_loop_post(gate->control, &posted->mail);
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
