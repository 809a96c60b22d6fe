/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/context.h"

#include <stdatomic.h>

enum { SENDERS = 4, MAILS = 5000 };

typedef struct {
	aula_context *context;
	_Atomic int turns;
	int delivered[SENDERS]; /* [context] */
	int asked;
} world;

typedef struct {
	aula_mail mail;
	world *w;
	int sender, number;
} letter;

static void
deliver(aula_mail *mail)
{
	letter *arrived = (letter *)mail;

	g_assert_true(aula_context_is_here(arrived->w->context));
	g_assert_cmpint(arrived->w->delivered[arrived->sender]++, ==, arrived->number);
	g_free(arrived);
}

static void
turn_ends(void *data)
{
	atomic_fetch_add(&((world *)data)->turns, 1);
}

typedef struct {
	world *w;
	int sender;
} sender;

static void *
post_many(void *data)
{
	const sender *self = data;

	for (int i = 0; i < MAILS; i++) {
		letter *posted = g_new0(letter, 1);
		*posted = (letter){ { .deliver = deliver }, self->w, self->sender, i };
		aula_context_post(self->w->context, &posted->mail);
	}
	return NULL;
}

/* Mails of one sender arrive in order, all of them before the end. */
static void
test_order(void)
{
	world w = { 0 };
	sender senders[SENDERS];
	GThread *threads[SENDERS];

	w.context = aula_context_new("test", turn_ends, &w);
	g_assert_false(aula_context_is_here(w.context));
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = (sender){ &w, i };
		threads[i] = g_thread_new("sender", post_many, &senders[i]);
	}
	for (int i = 0; i < SENDERS; i++)
		g_thread_join(threads[i]);
	aula_context_free(w.context, NULL, NULL, 0);
	for (int i = 0; i < SENDERS; i++)
		g_assert_cmpint(w.delivered[i], ==, MAILS);
	g_assert_cmpint(atomic_load(&w.turns), >, 0);
}

static bool
at_the_third(void *data)
{
	world *w = data;

	return ++w->asked == 3;
}

static bool
never(void *data)
{
	(void)data;
	return false;
}

/* The end waits for what it is told to wait for, but not for ever. */
static void
test_end(void)
{
	world w = { 0 };

	w.context = aula_context_new("test", NULL, NULL);
	aula_context_free(w.context, at_the_third, &w, INT64_MAX);
	g_assert_cmpint(w.asked, ==, 3);
	w.context = aula_context_new("test", NULL, NULL);
	aula_context_free(w.context, never, &w, aula_now_us() + 50000);
	aula_context_free(NULL, NULL, NULL, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/runtime/context/order", test_order);
	g_test_add_func("/runtime/context/end", test_end);
	return g_test_run();
}
