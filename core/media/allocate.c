/* SPDX-License-Identifier: Apache-2.0 */
#include "media/allocate.h"

static const double SPARE = 0.12; /* of a level's cost, to rise to it */

void
aula_share_init(aula_share *share, uint8_t rank)
{
	*share = (aula_share){
		.rank = rank,
		.most = AULA_SHARE_LEVELS - 1,
		.copies = 1,
		.chosen = AULA_SHARE_PAUSED,
		.wait_us = 0,
	};
}

static int
top(const aula_share *share)
{
	int last = (int)share->level_count - 1;

	return share->most < last ? share->most : last;
}

static int64_t
cost_bps(const aula_share *share, int level)
{
	return level == AULA_SHARE_PAUSED ? 0 : share->copies * share->levels[level].bps;
}

/* What must be left for a stream that is at `level` so far to get the next. */
static int64_t
price_bps(const aula_share *share, int level, int64_t now_us)
{
	int64_t next_bps = cost_bps(share, level + 1), more_bps = next_bps - cost_bps(share, level);

	if (share->rank == AULA_SHARE_RANK_SOUND)
		return INT64_MIN;
	if (level + 1 <= share->chosen)
		return more_bps;
	if (now_us - share->changed_us < share->wait_us)
		return INT64_MAX;
	return more_bps + (int64_t)(SPARE * (double)next_bps);
}

static void
choose(aula_share *share, int level, int64_t now_us)
{
	bool rises = level > share->chosen;

	if (level == share->chosen)
		return;
	/* Fell soon after a rise: the next rise waits longer. */
	if (!rises && share->risen && now_us - share->changed_us < AULA_SHARE_SOON_US)
		share->wait_us = share->wait_us * 2 < AULA_SHARE_WAIT_MOST_US
					 ? share->wait_us * 2
					 : AULA_SHARE_WAIT_MOST_US;
	else if (rises && now_us - share->changed_us > 2 * AULA_SHARE_WAIT_MOST_US)
		share->wait_us = AULA_SHARE_WAIT_US;
	if (share->wait_us == 0)
		share->wait_us = AULA_SHARE_WAIT_US;
	share->chosen = (int8_t)level;
	share->risen = rises;
	share->changed_us = now_us;
}

/* The stream of the lowest rank and, among equals, level that can still rise; NULL: none. */
static aula_share *
next_to_rise(aula_share *const *shares, size_t count)
{
	aula_share *found = NULL;

	for (size_t i = 0; i < count; i++) {
		aula_share *share = shares[i];

		if (!share->settled &&
			(found == NULL || share->rank < found->rank ||
				(share->rank == found->rank && share->level < found->level)))
			found = share;
	}
	return found;
}

/* A short dip freezes nothing: the most important of the pictures that went on so far goes on a
 * while, as the least that there is of it. The others are paused at once, to make room for it. */
static aula_share *
find_grace(aula_share *const *shares, size_t count)
{
	aula_share *found = NULL;

	for (size_t i = 0; i < count; i++) {
		aula_share *share = shares[i];
		if (top(share) >= 0 && share->chosen != AULA_SHARE_PAUSED &&
			share->rank != AULA_SHARE_RANK_SOUND &&
			(found == NULL || share->rank < found->rank))
			found = share;
	}
	return found != NULL && found->level == AULA_SHARE_PAUSED ? found : NULL;
}

static int64_t
give_grace(aula_share *const *shares, size_t count, int64_t now_us)
{
	aula_share *found = find_grace(shares, count);

	for (size_t i = 0; i < count; i++)
		if (shares[i] != found)
			shares[i]->short_us = 0;
	if (found == NULL)
		return 0;
	if (found->short_us == 0)
		found->short_us = now_us;
	if (now_us - found->short_us >= AULA_SHARE_GRACE_US)
		return 0;
	found->level = 0;
	return cost_bps(found, 0);
}

int64_t
aula_allocate(aula_share *const *shares, size_t count, int64_t estimate_bps, int64_t now_us)
{
	int64_t spent_bps = 0;
	aula_share *share;

	for (size_t i = 0; i < count; i++) {
		shares[i]->level = AULA_SHARE_PAUSED;
		shares[i]->settled = top(shares[i]) < 0;
	}
	while ((share = next_to_rise(shares, count)) != NULL) {
		if (price_bps(share, share->level, now_us) > estimate_bps - spent_bps) {
			share->settled = true;
			continue;
		}
		spent_bps += cost_bps(share, share->level + 1) - cost_bps(share, share->level);
		share->settled = ++share->level == top(share);
	}
	spent_bps += give_grace(shares, count, now_us);
	for (size_t i = 0; i < count; i++)
		choose(shares[i], shares[i]->level, now_us);
	return spent_bps;
}

int64_t
aula_allocate_wanted_bps(aula_share *const *shares, size_t count)
{
	int64_t wanted_bps = 0;

	for (size_t i = 0; i < count; i++)
		wanted_bps += cost_bps(shares[i], top(shares[i]));
	/* To rise takes more than the cost. */
	return wanted_bps + (int64_t)(2 * SPARE * (double)wanted_bps);
}
