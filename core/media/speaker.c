/* SPDX-License-Identifier: Apache-2.0 */
#include "media/speaker.h"

enum {
	SILENCE_DBOV = -127,
	ATTACK_US = 40000,   /* a syllable begins fast */
	RELEASE_US = 150000, /* and ends slowly */
	FLOOR_FALL_US = 300000,
	FLOOR_RISE_US = 8000000,
	STEP_MOST_US = 100000, /* a packet speaks for no more than this */
	PACKET_US = 60000, /* the longest that people send; without one for longer it is silence */
};

void
aula_speaker_init(aula_speaker *speaker)
{
	*speaker = (aula_speaker){
		.level_dbov = SILENCE_DBOV,
		.floor_dbov = AULA_SPEAKER_FLOOR_MOST_DBOV,
	};
}

/* Moves `value` towards `aim`, by 63 % in `slow_us`. */
static double
approach(double value, double aim, int64_t step_us, int64_t slow_us)
{
	return value + (aim - value) * (double)step_us / (double)(slow_us + step_us);
}

static double
threshold(const aula_speaker *speaker, double least_dbov, double margin_db)
{
	double above_floor = speaker->floor_dbov + margin_db;

	return above_floor > least_dbov ? above_floor : least_dbov;
}

static bool
judge(aula_speaker *speaker, int64_t step_us, int64_t now_us)
{
	if (speaker->speaking) {
		bool quiet = speaker->level_dbov < threshold(speaker, AULA_SPEAKER_QUIET_DBOV,
							   AULA_SPEAKER_MARGIN_DB / 3.0);
		speaker->quiet_us = quiet ? speaker->quiet_us + step_us : 0;
		if (speaker->quiet_us < AULA_SPEAKER_END_US)
			return false;
		speaker->speaking = false;
		speaker->loud_us = 0;
		return true;
	}
	bool loud = speaker->level_dbov >=
		    threshold(speaker, AULA_SPEAKER_LOUD_DBOV, AULA_SPEAKER_MARGIN_DB);
	/* What lies between two words takes away half of what they brought. */
	speaker->loud_us += loud ? step_us : -step_us / 2;
	if (speaker->loud_us < 0)
		speaker->loud_us = 0;
	if (speaker->loud_us < AULA_SPEAKER_BEGIN_US)
		return false;
	speaker->speaking = true;
	speaker->begun_us = now_us;
	speaker->quiet_us = 0;
	return true;
}

static bool
advance(aula_speaker *speaker, int level_dbov, int64_t step_us, int64_t now_us)
{
	bool rises = level_dbov > speaker->level_dbov;

	speaker->level_dbov =
		approach(speaker->level_dbov, level_dbov, step_us, rises ? ATTACK_US : RELEASE_US);
	rises = speaker->level_dbov > speaker->floor_dbov;
	speaker->floor_dbov = approach(speaker->floor_dbov, speaker->level_dbov, step_us,
		rises ? FLOOR_RISE_US : FLOOR_FALL_US);
	if (speaker->floor_dbov > AULA_SPEAKER_FLOOR_MOST_DBOV)
		speaker->floor_dbov = AULA_SPEAKER_FLOOR_MOST_DBOV;
	speaker->at_us = now_us;
	return judge(speaker, step_us, now_us);
}

bool
aula_speaker_note(aula_speaker *speaker, int level_dbov, int64_t now_us)
{
	int64_t step_us = now_us - speaker->at_us;

	if (!speaker->started) {
		speaker->started = true;
		speaker->at_us = now_us;
		return false;
	}
	/* Packets that come together after a gap speak for one step, and the rest was silence. */
	if (step_us < 0)
		step_us = 0;
	return advance(
		speaker, level_dbov, step_us < STEP_MOST_US ? step_us : STEP_MOST_US, now_us);
}

bool
aula_speaker_tick(aula_speaker *speaker, int64_t now_us)
{
	int64_t step_us = now_us - speaker->at_us;

	if (!speaker->started || step_us <= PACKET_US)
		return false;
	return advance(speaker, SILENCE_DBOV, step_us, now_us);
}

bool
aula_speaker_reset(aula_speaker *speaker)
{
	bool spoke = speaker->speaking;

	aula_speaker_init(speaker);
	return spoke;
}
