/* SPDX-License-Identifier: Apache-2.0 */
/** The types of events by name, for event handlers that are told in their configuration which to
 * take. */
#ifndef AULA_EVENT_H
#define AULA_EVENT_H

#include <stdint.h>
#include <string.h>

#include "aula/schema.h"

/** Word i names the bit 1 << i of what an event is about (AULA_EVENT_SESSION and so on): the
 * choices of a setting, before its NULL. */
#define AULA_EVENT_WORDS \
	"session", "handle", "external", "jsep", "webrtc", "media", "plugin", "transport", "core"

/** [any] The mask of aula_event_ops for a list of these words; an empty one: `otherwise`. */
static inline uint32_t
aula_event_mask(aula_list types, uint32_t otherwise)
{
	static const char *const words[] = { AULA_EVENT_WORDS };
	const char *const *wanted = (const char *const *)types.items;
	uint32_t mask = 0;

	for (size_t i = 0; i < types.count; i++) {
		for (size_t bit = 0; bit < sizeof words / sizeof *words; bit++)
			mask |= strcmp(wanted[i], words[bit]) == 0 ? (uint32_t)1 << bit : 0;
	}
	return types.count == 0 ? otherwise : mask;
}

#endif
