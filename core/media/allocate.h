/* SPDX-License-Identifier: Apache-2.0 */
/** How one subscriber's estimate is shared over the streams that it watches: by rank, lower first;
 * equals rise level by level. Down at once, up only with room to spare and after a while, so that a
 * picture does not flap between two layers. */
#ifndef AULA_MEDIA_ALLOCATE_H
#define AULA_MEDIA_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_SHARE_LEVELS = 16,
	AULA_SHARE_PAUSED = -1,
	AULA_SHARE_RANK_SOUND = 0,         /* always sent, whatever the estimate */
	AULA_SHARE_WAIT_US = 1000000,      /* from a change to the next rise */
	AULA_SHARE_WAIT_MOST_US = 4000000, /* for one that fell soon after each rise */
	AULA_SHARE_SOON_US = 5000000,
	/* The most important picture is not paused before: so long takes a dip's queue to go, and
	 * a probe to show that the dip is over. */
	AULA_SHARE_GRACE_US = 2500000,
};

/** One way to send a stream; what an encoding or layer costs with all that it is built on. */
typedef struct {
	int64_t bps;
	uint8_t encoding;
	int8_t spatial, temporal; /* -1: all */
} aula_share_level;

/** One stream of one subscriber. */
typedef struct {
	uint8_t rank;
	uint8_t level_count;                        /* 0: nothing comes from its publisher */
	aula_share_level levels[AULA_SHARE_LEVELS]; /* ascending in `bps` */
	int8_t most;    /* the highest level that the viewer has use for */
	uint8_t copies; /* each packet is sent so often */

	int8_t chosen; /* an index, or AULA_SHARE_PAUSED */
	bool risen;    /* the last change was up */
	int64_t changed_us, wait_us;
	int64_t short_us; /* since when there has been too little even for the least; 0: there is
			     not */
	int8_t level;     /* while it is being chosen */
	bool settled;
} aula_share;

/** Paused, until it is allocated something. Levels and rank are for the caller to fill in, and may
 * change at any time. */
void aula_share_init(aula_share *share, uint8_t rank);
/** Chooses the level of each. Returns what they cost together: more than `estimate_bps` while a
 * picture for which there is too little is not paused yet. */
int64_t aula_allocate(
	aula_share *const *shares, size_t count, int64_t estimate_bps, int64_t now_us);
/** What all would cost at the highest level that is of use. */
int64_t aula_allocate_wanted_bps(aula_share *const *shares, size_t count);

#endif
