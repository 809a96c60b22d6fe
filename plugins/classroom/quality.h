/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_QUALITY_H
#define CLASSROOM_QUALITY_H

#include "classroom.h"

struct stream;

enum {
	QUALITY_LEVEL_MOST = 2,    /* of encodings and layers: low, middle, high */
	QUALITY_DELAY_MOST = 4095, /* units of 10 ms, as on the wire */
	QUALITY_DELAY_ABSENT = -2, /* -1 is a value: as the publisher has it */
	QUALITY_FALLBACK_MOST_US = 60000000,
	RANK_FIRST = 1, /* aula_aim.rank: a teacher, a screen */
	RANK_USUAL = 2,
};

/** What a request says about an m-line. Below 0: nothing. */
struct quality_args {
	int64_t encoding, spatial, temporal, temporal_layer, fallback_us;
	int64_t min_delay, max_delay; /* units of 10 ms; see above */
};

/** Says nothing. */
#define QUALITY_UNSAID \
	{ \
		-1, -1, -1, -1, -1, QUALITY_DELAY_ABSENT, QUALITY_DELAY_ABSENT \
	}

/** What a client wants on one m-line of video, and what it was told that it gets. */
struct quality {
	aula_aim aim;
	int8_t encoding, spatial, temporal; /* last told; -1: nothing */
	bool starved;                       /* likewise */
};

/** All there is, and no notice given. */
void quality_init(struct quality *quality);
/** Refuses what contradicts itself; `field` names the one to blame. */
aula_code quality_check(aula_call *call, const struct quality_args *args, const char *field);
/** Takes over what is said. False: nothing is. */
bool quality_want(struct quality *quality, const struct quality_args *args);
/** Tells the core what the sender is to show. */
void quality_apply(const struct quality *quality, const aula_host *host, aula_sender sender);
/** Tells the client of what has changed: {"substream":…}, {"temporal":…}, {"spatial_layer":…},
 * {"temporal_layer":…}, {"paused":…,"reason":"congestion"}, each in an event with the `mid`.
 * `source` NULL: not known. */
void quality_tell(struct quality *quality, struct room *room, aula_handle handle, const char *mid,
	const struct stream *source, const aula_shown *shown);

#endif
