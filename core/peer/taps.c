/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/taps.h"

void
aula_tap_close(const aula_tap_ops *ops, void *data, aula_track track)
{
	/* A module that was built before `closed` existed has a shorter table. */
	if (ops->size >= offsetof(aula_tap_ops, closed) + sizeof(ops->closed) &&
		ops->closed != NULL)
		ops->closed(data, track);
}

bool
aula_taps_add(aula_taps *taps, uint64_t id, const aula_tap_ops *ops, void *data)
{
	if (taps->count == AULA_TAPS_MOST)
		return false;
	taps->taps[taps->count].id = id;
	taps->taps[taps->count].ops = ops;
	taps->taps[taps->count].data = data;
	taps->count++;
	return true;
}

bool
aula_taps_remove(aula_taps *taps, uint64_t id, aula_track track)
{
	for (size_t i = 0; i < taps->count; i++) {
		if (taps->taps[i].id != id)
			continue;
		const aula_tap_ops *ops = taps->taps[i].ops;
		void *data = taps->taps[i].data;
		taps->taps[i] = taps->taps[--taps->count];
		aula_tap_close(ops, data, track);
		return true;
	}
	return false;
}

void
aula_taps_close_all(aula_taps *taps, aula_track track)
{
	while (taps->count > 0)
		aula_taps_remove(taps, taps->taps[0].id, track);
}

void
aula_taps_packet(const aula_taps *taps, aula_track track, aula_packet *packet)
{
	for (size_t i = 0; i < taps->count; i++)
		taps->taps[i].ops->packet(taps->taps[i].data, track, packet, &packet->view);
}
