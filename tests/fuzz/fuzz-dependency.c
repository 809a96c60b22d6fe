/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of one stream, each after a byte with its length: later ones rely on the structure
 * that an earlier one brought. */
#include "fuzz.h"

#include "wire/dependency.h"

static void
check_frame(const aula_dependency_template *frame, unsigned target_count)
{
	HOLDS(frame->spatial < AULA_DEPENDENCY_SPATIAL_MOST);
	HOLDS(frame->temporal < AULA_DEPENDENCY_TEMPORAL_MOST);
	HOLDS(frame->reference_count <= AULA_DEPENDENCY_REFERENCES_MOST);
	HOLDS(target_count == AULA_DEPENDENCY_TARGETS_MOST ||
		frame->roles >> (2 * target_count) == 0);
	for (unsigned i = 0; i < frame->reference_count; i++)
		HOLDS(frame->references[i] > 0 && frame->references[i] <= 4096);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_dependency_structure structure = { 0 };
	aula_dependency read;

	while (length > 0) {
		size_t one = data[0] < length - 1 ? data[0] : length - 1;

		if (aula_dependency_read(data + 1, one, &structure, &read)) {
			HOLDS(structure.template_count > 0 && structure.target_count > 0);
			HOLDS(structure.template_count <= AULA_DEPENDENCY_TEMPLATES_MOST);
			HOLDS(structure.target_count <= AULA_DEPENDENCY_TARGETS_MOST);
			check_frame(&read.frame, structure.target_count);
			for (unsigned i = 0; i < structure.template_count; i++)
				check_frame(&structure.templates[i], structure.target_count);
		}
		data += 1 + one;
		length -= 1 + one;
	}
	return 0;
}
