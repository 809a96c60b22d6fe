/* SPDX-License-Identifier: Apache-2.0 */
#include "room/hearing.h"

#include <glib.h>
#include <string.h>

enum {
	WAITING_MOST = 5000,
	WAITING_BYTES_MOST = 4 * 1024 * 1024,
	ASK_MOST = 1000, /* at once */
	ASK_AGAIN_US = 1000 * 1000,
	ASKS_MOST = 10,
};

struct aula_hearing {
	int64_t epoch;   /* 0: none yet */
	int64_t next;    /* the number to come; 0: whatever comes */
	int64_t last;    /* the highest known of */
	GQueue *waiting; /* of aula_heard, by number */
	size_t bytes;
	bool from_first;
	int asks; /* for the number that is to come */
	int64_t asked_us;
};

static size_t
size_of(const aula_heard *one)
{
	return sizeof *one + strlen(one->text) + strlen(one->module);
}

void
aula_heard_clear(aula_heard *heard)
{
	g_free(heard->module);
	g_free(heard->text);
}

static void
free_heard(void *data)
{
	aula_heard_clear(data);
	g_free(data);
}

aula_hearing *
aula_hearing_new(bool from_first)
{
	aula_hearing *hearing = g_new0(aula_hearing, 1);

	hearing->from_first = from_first;
	hearing->waiting = g_queue_new();
	return hearing;
}

void
aula_hearing_free(aula_hearing *hearing)
{
	if (hearing == NULL)
		return;
	g_queue_free_full(hearing->waiting, free_heard);
	g_free(hearing);
}

/* A room that its server closed and opened again begins with 1. False: this is of the past. */
static bool
enter_epoch(aula_hearing *hearing, int64_t epoch, int64_t first)
{
	if (epoch < hearing->epoch)
		return false;
	if (epoch == hearing->epoch)
		return true;
	bool again = hearing->epoch != 0 || hearing->from_first;
	g_queue_clear_full(hearing->waiting, free_heard);
	hearing->bytes = 0;
	hearing->epoch = epoch;
	hearing->next = again ? 1 : first;
	hearing->last = hearing->next - 1;
	hearing->asks = 0;
	hearing->asked_us = 0;
	return true;
}

bool
aula_hearing_add(
	aula_hearing *hearing, int64_t epoch, int64_t number, const char *module, const char *text)
{
	if (!enter_epoch(hearing, epoch, number) || number < hearing->next)
		return false;
	GList *after = hearing->waiting->tail;
	while (after != NULL && ((aula_heard *)after->data)->number > number)
		after = after->prev;
	if (after != NULL && ((aula_heard *)after->data)->number == number)
		return false;
	aula_heard *one = g_new(aula_heard, 1);
	*one = (aula_heard){ .number = number, .module = g_strdup(module), .text = g_strdup(text) };
	g_queue_insert_after(hearing->waiting, after, one);
	hearing->bytes += size_of(one);
	hearing->last = MAX(hearing->last, number);
	return true;
}

void
aula_hearing_told(aula_hearing *hearing, int64_t epoch, int64_t number)
{
	if (enter_epoch(hearing, epoch, number + 1))
		hearing->last = MAX(hearing->last, number);
}

bool
aula_hearing_next(aula_hearing *hearing, aula_heard *ret_heard)
{
	aula_heard *first = g_queue_peek_head(hearing->waiting);

	if (first == NULL || first->number != hearing->next)
		return false;
	g_queue_pop_head(hearing->waiting);
	hearing->bytes -= size_of(first);
	hearing->next++;
	hearing->asks = 0;
	hearing->asked_us = 0;
	*ret_heard = *first;
	g_free(first);
	return true;
}

static int64_t
missing_upto(const aula_hearing *hearing)
{
	const aula_heard *first = g_queue_peek_head(hearing->waiting);

	return first != NULL ? first->number - 1 : hearing->last;
}

bool
aula_hearing_gap(aula_hearing *hearing, int64_t now_us, aula_gap *ret_gap)
{
	int64_t upto = missing_upto(hearing);

	if (hearing->epoch == 0 || upto < hearing->next ||
		(hearing->asked_us != 0 && now_us < hearing->asked_us + ASK_AGAIN_US))
		return false;
	hearing->asked_us = now_us;
	hearing->asks++;
	*ret_gap = (aula_gap){ .epoch = hearing->epoch,
		.first = hearing->next,
		.last = MIN(upto, hearing->next + ASK_MOST - 1) };
	return true;
}

bool
aula_hearing_is_full(const aula_hearing *hearing)
{
	return hearing->waiting->length >= WAITING_MOST || hearing->bytes >= WAITING_BYTES_MOST;
}

bool
aula_hearing_is_hopeless(const aula_hearing *hearing, bool there)
{
	return hearing->epoch != 0 && missing_upto(hearing) >= hearing->next &&
	       (!there || hearing->asks > ASKS_MOST);
}

int64_t
aula_hearing_skip(aula_hearing *hearing, int64_t upto)
{
	int64_t most = missing_upto(hearing), next = hearing->next;

	if (hearing->epoch == 0 || next > most)
		return 0;
	hearing->next = (upto > 0 && upto < most ? upto : most) + 1;
	if (hearing->next <= next)
		hearing->next = next;
	hearing->asks = 0;
	hearing->asked_us = 0;
	return hearing->next - next;
}

int64_t
aula_hearing_epoch(const aula_hearing *hearing)
{
	return hearing->epoch;
}
