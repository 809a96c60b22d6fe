/* SPDX-License-Identifier: Apache-2.0 */
#include "host/nearest.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

enum { NAME_MOST = 64 };

/* How many letters to put in, take out, change or swap with their neighbour (optimal string
 * alignment). */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MOST + 1], n = strlen(a), m = strlen(b);

	if (n > NAME_MOST || m > NAME_MOST)
		return SIZE_MAX;
	size_t *two = rows[0], *one = rows[1], *now = rows[2];
	for (size_t j = 0; j <= m; j++)
		one[j] = j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = one[j - 1] + (a[i - 1] != b[j - 1]);
			best = MIN(best, MIN(one[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, two[j - 2] + 1);
			now[j] = best;
		}
		size_t *spare = two;
		two = one;
		one = now;
		now = spare;
	}
	return one[m];
}

const char *
aula_nearest(const char *const *names, const char *typed)
{
	size_t best = MAX(1, strlen(typed) / 3) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; names[i] != NULL; i++) {
		size_t apart = distance(names[i], typed);
		if (apart < best) {
			best = apart;
			nearest = names[i];
		}
	}
	return nearest;
}
