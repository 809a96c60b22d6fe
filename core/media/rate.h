/* SPDX-License-Identifier: Apache-2.0 */
/** How many bits a second of one stream come: over half a second, smoothed over two of them. */
#ifndef AULA_MEDIA_RATE_H
#define AULA_MEDIA_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_RATE_SPAN_US = 500000,
	AULA_RATE_FLOWS_US = 1000000, /* a stream of which nothing came for so long has stopped */
};

typedef struct {
	int64_t came_us; /* the last packet; 0: none */
	int64_t since_us, bytes;
	int64_t bps; /* 0: not known yet; what it was, of one that has stopped */
} aula_rate;

/** A packet came; `now_us` > 0. */
void aula_rate_note(aula_rate *rate, size_t bytes, int64_t now_us);
bool aula_rate_flows(const aula_rate *rate, int64_t now_us);

#endif
