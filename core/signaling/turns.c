/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/turns.h"

/* Of those who wait, how many mails a turn of the loop serves: with common requests less than a
 * millisecond's work, for which somebody who comes now waits at most. */
enum { SERVED_A_TURN = 32 };

/* Who sent something in this turn of the loop, or waits. */
typedef struct {
	gint64 name;
	unsigned served; /* as they came, in this turn */
	aula_mail *first, *last;
	GList link; /* in `idle`, or in `ring` if something waits */
} sender;

struct aula_turns {
	aula_loop *control;
	unsigned at_once;
	GHashTable *by_name;
	GQueue idle, ring;
	aula_flush flush;
};

static void
forget_idle(aula_turns *turns)
{
	GList *link;

	while ((link = g_queue_pop_head_link(&turns->idle)) != NULL)
		g_hash_table_remove(turns->by_name, &((sender *)link->data)->name);
}

static void
serve_next(aula_turns *turns)
{
	sender *one = g_queue_pop_head_link(&turns->ring)->data;
	aula_mail *mail = one->first;

	one->first = mail->next;
	if (one->first != NULL)
		g_queue_push_tail_link(&turns->ring, &one->link);
	else
		g_hash_table_remove(turns->by_name, &one->name);
	mail->deliver(mail);
}

static void
serve_some(aula_flush *flush)
{
	aula_turns *turns = (aula_turns *)(void *)((char *)flush - offsetof(aula_turns, flush));

	forget_idle(turns);
	for (size_t left = SERVED_A_TURN; left > 0 && turns->ring.length > 0; left--)
		serve_next(turns);
	if (turns->ring.length > 0)
		aula_loop_flush_later(turns->control, flush);
}

aula_turns *
aula_turns_new(aula_loop *control, unsigned at_once)
{
	aula_turns *turns = g_new0(aula_turns, 1);

	turns->control = control;
	turns->at_once = at_once;
	turns->by_name = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	turns->flush.flush = serve_some;
	return turns;
}

void
aula_turns_settle(aula_turns *turns)
{
	if (turns->flush.queued)
		aula_loop_flush_cancel(turns->control, &turns->flush);
	turns->at_once = 0;
	while (turns->ring.length > 0)
		serve_next(turns);
	forget_idle(turns);
}

void
aula_turns_free(aula_turns *turns)
{
	if (turns == NULL)
		return;
	aula_turns_settle(turns);
	g_hash_table_destroy(turns->by_name);
	g_free(turns);
}

static sender *
sender_of(aula_turns *turns, gint64 name)
{
	sender *one = g_hash_table_lookup(turns->by_name, &name);

	if (one != NULL)
		return one;
	one = g_new0(sender, 1);
	one->name = name;
	one->link.data = one;
	g_hash_table_insert(turns->by_name, &one->name, one);
	g_queue_push_tail_link(&turns->idle, &one->link);
	aula_loop_flush_later(turns->control, &turns->flush);
	return one;
}

void
aula_turns_take(aula_turns *turns, gint64 name, aula_mail *mail)
{
	if (turns->at_once == 0) {
		mail->deliver(mail);
		return;
	}
	sender *one = sender_of(turns, name);
	mail->next = NULL;
	if (one->first != NULL) {
		one->last = one->last->next = mail;
	} else if (one->served < turns->at_once) {
		one->served++;
		mail->deliver(mail);
	} else {
		one->first = one->last = mail;
		g_queue_unlink(&turns->idle, &one->link);
		g_queue_push_tail_link(&turns->ring, &one->link);
	}
}
