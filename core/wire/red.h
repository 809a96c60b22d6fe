/* SPDX-License-Identifier: Apache-2.0 */
/** Redundant audio (RFC 2198): older frames in front of the present one. All [any]. */
#ifndef AULA_WIRE_RED_H
#define AULA_WIRE_RED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The primary block, which is what a receiver without RED would have got; points into `payload`.
 * False: malformed, or nothing is in it. */
bool aula_red_primary(const uint8_t *payload, size_t length, const uint8_t **ret_primary,
	size_t *ret_primary_length);

#endif
