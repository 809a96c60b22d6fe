/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dependency.h"

enum { SHORTEST = 3, TEMPLATE_IDS = 64 };

/* Bits, the highest of a byte first; reading beyond the end only marks it as failed. */
typedef struct {
	const uint8_t *data;
	size_t bits, at;
	bool failed;
} bits;

static uint32_t
take(bits *from, unsigned count)
{
	uint32_t value = 0;

	if (count > from->bits - from->at) {
		from->failed = true;
		from->at = from->bits;
		return 0;
	}
	for (; count > 0; count--, from->at++)
		value = value << 1 | (from->data[from->at / 8] >> (7 - from->at % 8) & 1);
	return value;
}

/* A number below `limit`, in as few bits as that needs (AV1 specification section 4.10.7). */
static uint32_t
take_below(bits *from, uint32_t limit)
{
	unsigned width = 0;

	while (limit >> width != 0)
		width++;
	uint32_t shorter = (1u << width) - limit, value = take(from, width - 1);
	return value < shorter ? value : (value << 1) - shorter + take(from, 1);
}

static bool
take_layers(bits *from, aula_dependency_structure *structure)
{
	enum { SAME, NEXT_TEMPORAL, NEXT_SPATIAL, NO_MORE };
	uint8_t spatial = 0, temporal = 0;

	for (;;) {
		if (structure->template_count == AULA_DEPENDENCY_TEMPLATES_MOST ||
			spatial == AULA_DEPENDENCY_SPATIAL_MOST ||
			temporal == AULA_DEPENDENCY_TEMPORAL_MOST)
			return false;
		aula_dependency_template *one = &structure->templates[structure->template_count++];
		one->spatial = spatial;
		one->temporal = temporal;
		switch (take(from, 2)) {
		case SAME:
			break;
		case NEXT_TEMPORAL:
			temporal++;
			break;
		case NEXT_SPATIAL:
			temporal = 0;
			spatial++;
			break;
		default:
			return !from->failed;
		}
		if (from->failed)
			return false;
	}
}

static void
take_roles(bits *from, uint8_t target_count, aula_dependency_template *frame)
{
	frame->roles = 0;
	for (unsigned target = 0; target < target_count; target++)
		frame->roles |= (uint64_t)take(from, 2) << (2 * target);
}

static bool
add_reference(aula_dependency_template *frame, uint32_t back)
{
	if (frame->reference_count == AULA_DEPENDENCY_REFERENCES_MOST)
		return false;
	frame->references[frame->reference_count++] = (uint16_t)back;
	return true;
}

static bool
take_template_references(bits *from, aula_dependency_template *frame)
{
	while (take(from, 1))
		if (!add_reference(frame, take(from, 4) + 1))
			return false;
	return !from->failed;
}

static bool
take_frame_references(bits *from, aula_dependency_template *frame)
{
	frame->reference_count = 0;
	for (unsigned size = take(from, 2); size > 0; size = take(from, 2))
		if (!add_reference(frame, take(from, 4 * size) + 1))
			return false;
	return !from->failed;
}

/* Chains say what was lost on the way to a receiver; a forwarder only has to step over them. */
static void
skip_chains(bits *from, aula_dependency_structure *structure)
{
	structure->chain_count = (uint8_t)take_below(from, structure->target_count + 1u);
	if (structure->chain_count == 0)
		return;
	for (unsigned i = 0; i < structure->target_count; i++)
		take_below(from, structure->chain_count);
	for (unsigned i = 0; i < structure->template_count; i++)
		for (unsigned chain = 0; chain < structure->chain_count; chain++)
			take(from, 4);
}

static void
find_target_layers(aula_dependency_structure *structure)
{
	for (unsigned target = 0; target < structure->target_count; target++)
		for (unsigned i = 0; i < structure->template_count; i++) {
			const aula_dependency_template *one = &structure->templates[i];
			uint8_t *spatial = &structure->target_spatial[target];
			uint8_t *temporal = &structure->target_temporal[target];

			if (aula_dependency_role_in(one, target) == AULA_DEPENDENCY_ABSENT)
				continue;
			*spatial = one->spatial > *spatial ? one->spatial : *spatial;
			*temporal = one->temporal > *temporal ? one->temporal : *temporal;
		}
}

static bool
take_structure(bits *from, aula_dependency_structure *structure)
{
	*structure = (aula_dependency_structure){ 0 };
	structure->id_offset = (uint8_t)take(from, 6);
	structure->target_count = (uint8_t)(take(from, 5) + 1);
	if (!take_layers(from, structure))
		return false;
	for (unsigned i = 0; i < structure->template_count; i++)
		take_roles(from, structure->target_count, &structure->templates[i]);
	for (unsigned i = 0; i < structure->template_count; i++)
		if (!take_template_references(from, &structure->templates[i]))
			return false;
	skip_chains(from, structure);
	find_target_layers(structure);
	if (take(from, 1)) { /* resolutions: width and height of each spatial layer */
		unsigned top = structure->templates[structure->template_count - 1].spatial;

		for (unsigned spatial = 0; spatial <= top; spatial++)
			take(from, 32);
	}
	return !from->failed;
}

/* Appendix A.8.2: what the packet says beside its three fixed bytes. */
static bool
take_extended(bits *from, uint8_t template_id, const aula_dependency_structure **structure,
	aula_dependency_structure *brought, aula_dependency *ret_dependency)
{
	bool longer = from->bits > SHORTEST * 8;
	unsigned flags = longer ? take(from, 5) : 0;

	ret_dependency->structured = flags & 16;
	ret_dependency->activates = flags & (16 | 8);
	if (flags & 16) {
		if (!take_structure(from, brought))
			return false;
		*structure = brought;
	}
	unsigned targets = (*structure)->target_count;
	if (flags & 16)
		ret_dependency->active = (uint32_t)((1ull << targets) - 1);
	if (flags & 8)
		ret_dependency->active = take(from, targets);
	unsigned index = (template_id + TEMPLATE_IDS - (*structure)->id_offset) % TEMPLATE_IDS;
	if (index >= (*structure)->template_count)
		return false;
	ret_dependency->frame = (*structure)->templates[index];
	if (flags & 4)
		take_roles(from, (*structure)->target_count, &ret_dependency->frame);
	if (flags & 2 && !take_frame_references(from, &ret_dependency->frame))
		return false;
	if (flags & 1)
		for (unsigned chain = 0; chain < (*structure)->chain_count; chain++)
			take(from, 8);
	return !from->failed;
}

bool
aula_dependency_read(const uint8_t *data, size_t length, aula_dependency_structure *structure,
	aula_dependency *ret_dependency)
{
	bits from = { .data = data, .bits = length * 8 };
	const aula_dependency_structure *used = structure;
	aula_dependency_structure brought;
	aula_dependency read = { 0 };

	if (length < SHORTEST)
		return false;
	read.start = take(&from, 1);
	read.end = take(&from, 1);
	uint8_t template_id = (uint8_t)take(&from, 6);
	read.frame_number = (uint16_t)take(&from, 16);
	if (!take_extended(&from, template_id, &used, &brought, &read))
		return false;
	if (used == &brought)
		*structure = brought;
	*ret_dependency = read;
	return true;
}
