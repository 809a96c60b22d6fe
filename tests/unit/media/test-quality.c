/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that get thin and wide, that are far, shared, or gone for a while; see viewer.h. */
#include <glib.h>

#include "viewer.h"

// clang-format off
static const viewer_line lines[] = {
	{ .name = "steady", .delay_us = 30000, .end_us = 30 * S, .phases = { { 0, 3000000, 2, 4 } } },
	{ .name = "steps", .delay_us = 30000, .end_us = 90 * S, .frozen_most_s = 1, .sound_lost_most = 0.01, .phases = {
		{ 0, 2000000, 2, 4 }, { 30 * S, 250000, 0, 2 }, { 60 * S, 1000000, 1, 5 } } },
	{ .name = "freed", .delay_us = 30000, .end_us = 60 * S, .frozen_most_s = 0.5, .phases = {
		{ 0, 300000, 0, 2 }, { 30 * S, 3000000, 2, 10 } } },
	{ .name = "steps, far away", .delay_us = 300000, .end_us = 90 * S, .frozen_most_s = 1.5, .sound_lost_most = 0.015, .phases = {
		{ 0, 2000000, 2, 8 }, { 30 * S, 250000, 0, 3.5 }, { 60 * S, 1000000, 1, 8 } } },
	{ .name = "loss of 5 %", .loss = 0.05, .delay_us = 30000, .end_us = 40 * S, .frozen_most_s = 0.5, .sound_lost_most = 0.06,
		.phases = { { 0, 3000000, 2, 8 } } },
	{ .name = "loss of 10 %", .loss = 0.10, .delay_us = 30000, .end_us = 40 * S, .frozen_most_s = 2, .sound_lost_most = 0.12,
		.phases = { { 0, 3000000, -1, 0 } } },
	/* As a phone on the move: a thin line that jitters and loses. Nearer than 150 ms: this viewer has no
	 * buffer, and each packet that comes again from there would stop the picture. */
	{ .name = "all at once", .loss = 0.03, .delay_us = 60000, .jitter_us = 30000, .end_us = 40 * S, .frozen_most_s = 4, .sound_lost_most = 0.05,
		.phases = { { 0, 1000000, 1, 15 } } },
	{ .name = "gone for 5 s, far away and thin", .delay_us = 150000, .end_us = 60 * S, .frozen_most_s = 6.5, .sound_lost_most = 0.09, .phases = {
		{ 0, 1000000, 1, 10 }, { 20 * S, 0, -1, 0 }, { 25 * S, 1000000, 1, 15 } } },
	/* In both directions, requests to repeat too. */
	{ .name = "loss of 20 %", .loss = 0.20, .delay_us = 30000, .end_us = 60 * S, .frozen_most_s = 4.5, .sound_lost_most = 0.22,
		.phases = { { 0, 3000000, 1, 20 } } },
	{ .name = "jitter", .delay_us = 50000, .jitter_us = 30000, .end_us = 40 * S, .frozen_most_s = 0.5, .phases = { { 0, 3000000, 2, 20 } } },
	{ .name = "reordering", .delay_us = 50000, .jitter_us = 15000, .reorders = true, .end_us = 40 * S, .frozen_most_s = 0.5,
		.phases = { { 0, 3000000, 2, 8 } } },
	{ .name = "another flow", .delay_us = 30000, .other_bps = 1200000, .end_us = 40 * S, .frozen_most_s = 0.5,
		.phases = { { 0, 2000000, 1, 5 } } },
	{ .name = "gone for 5 s", .delay_us = 30000, .end_us = 60 * S, .frozen_most_s = 6, .sound_lost_most = 0.10, .phases = {
		{ 0, 3000000, 2, 4 }, { 20 * S, 0, -1, 0 }, { 25 * S, 3000000, 2, 3 } } },
	/* A picture that cannot be made smaller. */
	{ .name = "one encoding, a dip", .single = true, .delay_us = 30000, .end_us = 40 * S, .frozen_most_s = 0.5, .phases = {
		{ 0, 3000000, 0, 4 }, { 20 * S, 800000, -1, 0 }, { 21 * S, 3000000, 0, 2 } } },
	{ .name = "one encoding, a deeper dip", .single = true, .delay_us = 30000, .end_us = 40 * S, .frozen_most_s = 1.5, .sound_lost_most = 0.002, .phases = {
		{ 0, 3000000, 0, 4 }, { 20 * S, 500000, -1, 0 }, { 20 * S + 600000, 3000000, 0, 2 } } },
	{ .name = "one encoding, thin", .single = true, .delay_us = 30000, .end_us = 60 * S, .frozen_most_s = 28, .sound_lost_most = 0.005, .phases = {
		{ 0, 3000000, 0, 4 }, { 20 * S, 300000, -1, 0 }, { 40 * S, 3000000, 0, 8 } } },
	/* A shaper lets a short probe pass at any rate. */
	{ .name = "a shaper with much saved up", .delay_us = 30000, .bucket_bytes = 15000, .end_us = 60 * S, .frozen_most_s = 1, .sound_lost_most = 0.01, .phases = {
		{ 0, 3000000, 2, 4 }, { 15 * S, 300000, 0, 4 }, { 40 * S, 3000000, 2, 10 } } },
	{ .name = "a shaper", .delay_us = 30000, .bucket_bytes = 6000, .end_us = 60 * S, .frozen_most_s = 1, .sound_lost_most = 0.01, .phases = {
		{ 0, 3000000, 2, 4 }, { 15 * S, 300000, 0, 4 }, { 40 * S, 3000000, 2, 10 } } },
};
// clang-format on

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	viewer_add(lines, G_N_ELEMENTS(lines));
	return g_test_run();
}
