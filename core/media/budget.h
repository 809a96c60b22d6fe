/* SPDX-License-Identifier: Apache-2.0 */
/** So many bytes a second, saved up to a burst: bounds what a receiver can make us repeat. */
#ifndef AULA_MEDIA_BUDGET_H
#define AULA_MEDIA_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	int64_t rate_bps, burst_bytes;
	int64_t saved_bytes;
	int64_t at_us;
} aula_budget;

/** Starts full. */
void aula_budget_init(aula_budget *budget, int64_t rate_bps, int64_t burst_bytes, int64_t now_us);
/** True: spent. False: there is not enough, nothing is spent. */
bool aula_budget_spend(aula_budget *budget, size_t bytes, int64_t now_us);

#endif
