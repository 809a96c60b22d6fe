/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that get thin and wide, that are far, shared, or gone for a while; see viewer.h. */
#include <glib.h>

#include "viewer.h"

// clang-format off
static const viewer_line lines[] = {
	{ "steady", 0, 30000, 0, false, 0, 30 * S, { { 0, 3000000, 2, 4 } }, 0, 0 },
	{ "steps", 0, 30000, 0, false, 0, 90 * S, {
		{ 0, 2000000, 2, 4 }, { 30 * S, 250000, 0, 4 }, { 60 * S, 1000000, 1, 5 } },
		2.5, 0.01 },
	{ "freed", 0, 30000, 0, false, 0, 60 * S, {
		{ 0, 300000, 0, 2 }, { 30 * S, 3000000, 2, 10 } }, 0.5, 0 },
	{ "steps, far away", 0, 300000, 0, false, 0, 90 * S, {
		{ 0, 2000000, 2, 8 }, { 30 * S, 250000, 0, 5 }, { 60 * S, 1000000, 1, 10 } },
		5, 0.015 },
	{ "loss of 5 %", 0.05, 30000, 0, false, 0, 40 * S, { { 0, 3000000, 2, 12 } }, 1, 0.06 },
	/* In both directions, requests to repeat too. */
	{ "loss of 20 %", 0.20, 30000, 0, false, 0, 60 * S, { { 0, 3000000, -1, 0 } }, 12, 0.22 },
	{ "jitter", 0, 50000, 30000, false, 0, 40 * S, { { 0, 3000000, 2, 20 } }, 0.5, 0 },
	{ "reordering", 0, 50000, 15000, true, 0, 40 * S, { { 0, 3000000, 2, 8 } }, 0.5, 0 },
	{ "another flow", 0, 30000, 0, false, 1200000, 40 * S, { { 0, 2000000, 1, 5 } }, 0.5, 0 },
	{ "gone for 5 s", 0, 30000, 0, false, 0, 60 * S, {
		{ 0, 3000000, 2, 4 }, { 20 * S, 0, -1, 0 }, { 25 * S, 3000000, 2, 3 } },
		6, 0.10 },
};
// clang-format on

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	viewer_add(lines, G_N_ELEMENTS(lines));
	return g_test_run();
}
