/* SPDX-License-Identifier: Apache-2.0 */
/** The AV1 dependency descriptor (RTP Payload Format For AV1 1.0, appendix A): which layer a packet
 * is of, what its frame refers to, and which decode targets need it. Read without looking into the
 * payload, so it also serves other codecs. All [any]. */
#ifndef AULA_WIRE_DEPENDENCY_H
#define AULA_WIRE_DEPENDENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_DEPENDENCY_TEMPLATES_MOST = 64,
	AULA_DEPENDENCY_TARGETS_MOST = 32,
	AULA_DEPENDENCY_REFERENCES_MOST = 8, /* of one frame; AV1 has as many */
	AULA_DEPENDENCY_SPATIAL_MOST = 4,
	AULA_DEPENDENCY_TEMPORAL_MOST = 8,
};

/** What a frame means to a decode target (appendix A.6). */
typedef enum {
	AULA_DEPENDENCY_ABSENT,      /* does not need it */
	AULA_DEPENDENCY_DISCARDABLE, /* shows it, refers to it never */
	AULA_DEPENDENCY_SWITCH,      /* whoever can decode it can go on with this target */
	AULA_DEPENDENCY_REQUIRED,
} aula_dependency_role;

/** What a frame has, or all frames of one template. */
typedef struct {
	uint8_t spatial, temporal;
	uint8_t reference_count;
	uint16_t references[AULA_DEPENDENCY_REFERENCES_MOST]; /* how many frames back */
	uint64_t roles; /* two bits for each decode target, the first in the lowest */
} aula_dependency_template;

/** What keyframes bring and the descriptors after them rely on. */
typedef struct {
	uint8_t id_offset, template_count, target_count, chain_count;
	uint8_t target_spatial[AULA_DEPENDENCY_TARGETS_MOST]; /* the highest layer of each target */
	uint8_t target_temporal[AULA_DEPENDENCY_TARGETS_MOST];
	aula_dependency_template templates[AULA_DEPENDENCY_TEMPLATES_MOST];
} aula_dependency_structure;

/** The descriptor of one packet. */
typedef struct {
	bool start, end; /* of the frame */
	bool structured; /* it brought a structure */
	uint16_t frame_number;
	uint32_t active; /* decode targets that are sent from here on, if `activates` */
	bool activates;
	aula_dependency_template frame;
} aula_dependency;

/** Where a descriptor has its frame number, for rewriting. */
enum { AULA_DEPENDENCY_NUMBER_AT = 1 };

static inline aula_dependency_role
aula_dependency_role_in(const aula_dependency_template *frame, unsigned target)
{
	return frame->roles >> (2 * target) & 3;
}

/** Reads the descriptor in `data`. `structure` is that of the stream so far (template_count 0:
 * none); it is replaced if the descriptor brings one. False, and both are untouched: malformed,
 * beyond the bounds above, or it names a template that is not known. */
bool aula_dependency_read(const uint8_t *data, size_t length, aula_dependency_structure *structure,
	aula_dependency *ret_dependency);

#endif
