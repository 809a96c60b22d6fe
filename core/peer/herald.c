/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/herald.h"

#include "peer/gate.h"

static void
on_hub_connected(void *data, uint64_t peer, const char *path, int64_t reached_us)
{
	aula_gate_connected(data, peer, path, reached_us);
}

static void
on_hub_closed(void *data, uint64_t peer, const char *reason)
{
	aula_gate_closed(data, peer, reason);
}

static void
on_hub_candidate(void *data, uint64_t peer, const aula_candidate *candidate)
{
	aula_gate_candidate(data, peer, candidate);
}

static void
on_hub_receiving(void *data, uint64_t track, bool receiving)
{
	aula_gate_receiving(data, track, receiving);
}

static void
on_hub_speaking(void *data, uint64_t track, bool speaking, int level_dbov)
{
	aula_gate_speaking(data, track, speaking, level_dbov);
}

static void
on_hub_wanted(void *data, uint64_t track, uint32_t encodings)
{
	aula_gate_wanted(data, track, encodings);
}

static void
on_hub_shown(void *data, uint64_t sender, const aula_shown *shown)
{
	aula_gate_shown(data, sender, shown);
}

const aula_hub_listener aula_herald = {
	.on_hub_connected = on_hub_connected,
	.on_hub_closed = on_hub_closed,
	.on_hub_candidate = on_hub_candidate,
	.on_hub_receiving = on_hub_receiving,
	.on_hub_speaking = on_hub_speaking,
	.on_hub_wanted = on_hub_wanted,
	.on_hub_shown = on_hub_shown,
};
