/* SPDX-License-Identifier: Apache-2.0 */
/** What every fuzz target has. */
#ifndef AULA_FUZZ_H
#define AULA_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** One input. Returns 0; aborts when what must hold does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/** What must hold for every input, in every build. */
#define HOLDS(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

#endif
