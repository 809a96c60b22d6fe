/* SPDX-License-Identifier: Apache-2.0 */
/** Whether somebody speaks, from the audio levels that their packets carry (RFC 6464). A cough does
 * not count, nor does a pause between two sentences, nor the steady noise of a fan: who is loud for
 * a while against his own background has begun, who is silent for longer has stopped. */
#ifndef AULA_MEDIA_SPEAKER_H
#define AULA_MEDIA_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	AULA_SPEAKER_LOUD_DBOV = -46,       /* below this nobody speaks */
	AULA_SPEAKER_QUIET_DBOV = -56,      /* above this nobody has stopped */
	AULA_SPEAKER_MARGIN_DB = 9,         /* louder than his own background */
	AULA_SPEAKER_FLOOR_MOST_DBOV = -40, /* what is louder is no background */
	AULA_SPEAKER_BEGIN_US = 240000,     /* of voice, until he has begun */
	AULA_SPEAKER_END_US = 1200000,      /* of silence, until he has stopped */
};

typedef struct {
	bool started, speaking;
	double level_dbov; /* smoothed over a syllable */
	double floor_dbov; /* his background: falls fast, rises slowly */
	int64_t at_us;     /* the last packet, or the last tick in a silence */
	int64_t loud_us;   /* voice that was heard, while he does not speak */
	int64_t quiet_us;  /* silence that was heard, while he does */
	int64_t begun_us;  /* when he began to speak last */
} aula_speaker;

void aula_speaker_init(aula_speaker *speaker);
/** A packet came; `level_dbov` -127..0. True: `speaking` has changed. */
bool aula_speaker_note(aula_speaker *speaker, int level_dbov, int64_t now_us);
/** Time passes, perhaps without packets: with DTX, muted or gone. True: `speaking` has changed. */
bool aula_speaker_tick(aula_speaker *speaker, int64_t now_us);
/** What comes is another's: he does not speak. True: `speaking` has changed. */
bool aula_speaker_reset(aula_speaker *speaker);

#endif
