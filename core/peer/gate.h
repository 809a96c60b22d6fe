/* SPDX-License-Identifier: Apache-2.0 */
/** The way from the media loops to the control thread. Mail holds on to the gate, not to the
 * engine, which may be gone when the mail arrives. */
#ifndef AULA_PEER_GATE_H
#define AULA_PEER_GATE_H

#include <jansson.h>

#include "aula/media.h"
#include "runtime/loop.h"
#include "wire/sdp.h"

typedef struct aula_gate aula_gate;

/** [control] None is called once the gate is shut. */
typedef struct {
	void (*on_gate_connected)(void *data, uint64_t peer, const char *path, int64_t reached_us);
	void (*on_gate_closed)(void *data, uint64_t peer, const char *reason);
	void (*on_gate_candidate)(void *data, uint64_t peer, const aula_candidate *candidate);
	void (*on_gate_receiving)(void *data, uint64_t track, bool receiving);
	void (*on_gate_speaking)(void *data, uint64_t track, bool speaking, int level_dbov);
	void (*on_gate_wanted)(void *data, uint64_t track, uint32_t encodings);
	void (*on_gate_shown)(void *data, uint64_t sender, const aula_shown *shown);
} aula_gate_listener;

/** [control] */
aula_gate *aula_gate_new(aula_loop *control, const aula_gate_listener *listener, void *data);
/** [control] Lets go of it. */
void aula_gate_shut(aula_gate *gate);

/* [any] */
void aula_gate_connected(aula_gate *gate, uint64_t peer, const char *path, int64_t reached_us);
void aula_gate_closed(aula_gate *gate, uint64_t peer, const char *reason);
/** NULL: the last has been told. */
void aula_gate_candidate(aula_gate *gate, uint64_t peer, const aula_candidate *candidate);
void aula_gate_receiving(aula_gate *gate, uint64_t track, bool receiving);
void aula_gate_speaking(aula_gate *gate, uint64_t track, bool speaking, int level_dbov);
void aula_gate_wanted(aula_gate *gate, uint64_t track, uint32_t encodings);
void aula_gate_shown(aula_gate *gate, uint64_t sender, const aula_shown *shown);
/** [any] Calls `done` on the control thread, shut or not. Takes `stats`, which may be NULL. */
void aula_gate_stats(
	aula_gate *gate, json_t *stats, void (*done)(void *data, json_t *stats), void *data);

#endif
