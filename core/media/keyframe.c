/* SPDX-License-Identifier: Apache-2.0 */
#include "media/keyframe.h"

void
aula_keyframe_init(aula_keyframe *keyframe)
{
	*keyframe = (aula_keyframe){ .wanted = false };
}

void
aula_keyframe_want(aula_keyframe *keyframe)
{
	keyframe->wanted = true;
	keyframe->wants++;
}

void
aula_keyframe_arrived(aula_keyframe *keyframe)
{
	keyframe->wanted = false;
	keyframe->unanswered = 0;
	keyframe->came++;
}

void
aula_keyframe_cancel(aula_keyframe *keyframe)
{
	keyframe->wanted = false;
	keyframe->unanswered = 0;
}

static int64_t
interval_us(const aula_keyframe *keyframe)
{
	int64_t interval = AULA_KEYFRAME_INTERVAL_US;

	for (unsigned i = AULA_KEYFRAME_PATIENCE; i < keyframe->unanswered; i++) {
		interval *= 2;
		if (interval >= AULA_KEYFRAME_INTERVAL_MOST_US)
			return AULA_KEYFRAME_INTERVAL_MOST_US;
	}
	return interval;
}

bool
aula_keyframe_is_due(const aula_keyframe *keyframe, int64_t now_us)
{
	return keyframe->wanted &&
	       (!keyframe->asked_before || now_us - keyframe->asked_us >= interval_us(keyframe));
}

bool
aula_keyframe_take(aula_keyframe *keyframe, int64_t now_us)
{
	if (!aula_keyframe_is_due(keyframe, now_us))
		return false;
	keyframe->asked_before = true;
	keyframe->asked_us = now_us;
	keyframe->unanswered++;
	keyframe->asked++;
	return true;
}
