/* SPDX-License-Identifier: Apache-2.0 */
/** What an encoding and each of its layers cost: bits of RTP payload a second, smoothed. */
#ifndef AULA_MEDIA_METER_H
#define AULA_MEDIA_METER_H

#include <stddef.h>
#include <stdint.h>

enum {
	AULA_METER_SPATIAL = 3,
	AULA_METER_TEMPORAL = 4, /* higher ones count as the highest */
	AULA_METER_US = 500000,  /* a rate is measured over this, and smoothed over two */
};

typedef struct {
	int64_t since_us, came_us; /* came: the last packet; 0: none */
	uint32_t bytes[AULA_METER_SPATIAL][AULA_METER_TEMPORAL];
	int64_t bps[AULA_METER_SPATIAL][AULA_METER_TEMPORAL]; /* each by itself */
} aula_meter;

/** A packet came. `spatial`, `temporal`: -1 is 0. */
void aula_meter_note(
	aula_meter *meter, int8_t spatial, int8_t temporal, size_t bytes, int64_t now_us);
/** Layers up to these, with all that they are built on. */
int64_t aula_meter_bps(const aula_meter *meter, int8_t spatial, int8_t temporal);
/** The highest that have anything. */
int8_t aula_meter_spatial(const aula_meter *meter);
int8_t aula_meter_temporal(const aula_meter *meter);

#endif
