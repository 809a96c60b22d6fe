/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/context.h"

#include <pthread.h>

enum { LAST_TURNS_MS = 20 }; /* how often the end asks whether it may */

struct aula_context {
	GMainContext *glib;
	GThread *thread;
	GSource *mailman; /* dispatched when there is mail */
	void (*turn_ends)(void *data);
	void *data;
	pthread_mutex_t lock; /* of `oldest` and `newest` */
	aula_mail *oldest, *newest;
	bool stopping; /* [context] */
	bool (*last)(void *data);
	void *last_data;
	int64_t deadline_us;
	aula_mail stop_mail;
};

static aula_mail *
take_mail(aula_context *context)
{
	pthread_mutex_lock(&context->lock);
	aula_mail *oldest = context->oldest;
	context->oldest = context->newest = NULL;
	pthread_mutex_unlock(&context->lock);
	return oldest;
}

static void
deliver(aula_context *context)
{
	aula_mail *mail = take_mail(context);

	while (mail != NULL) {
		aula_mail *next = mail->next;
		mail->deliver(mail);
		mail = next;
	}
}

/* Ready by its time alone, so that waking takes one call from any thread. */
static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	(void)callback;
	/* Before the mail is taken, so that what comes now rings again. */
	g_source_set_ready_time(source, -1);
	deliver(data);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs mailman_functions = { .dispatch = dispatch };

static gboolean
nothing(gpointer data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

static void
turn(aula_context *context)
{
	g_main_context_iteration(context->glib, TRUE);
	if (context->turn_ends != NULL)
		context->turn_ends(context->data);
}

static void *
run(void *data)
{
	aula_context *context = data;

	g_main_context_push_thread_default(context->glib);
	while (!context->stopping)
		turn(context);
	GSource *waker = g_timeout_source_new(LAST_TURNS_MS);
	g_source_set_callback(waker, nothing, NULL, NULL);
	g_source_attach(waker, context->glib);
	while (context->last != NULL && !context->last(context->last_data) &&
		aula_now_us() < context->deadline_us)
		turn(context);
	g_source_destroy(waker);
	g_source_unref(waker);
	g_main_context_pop_thread_default(context->glib);
	return NULL;
}

aula_context *
aula_context_new(const char *name, void (*turn_ends)(void *data), void *data)
{
	aula_context *context = g_new0(aula_context, 1);

	context->glib = g_main_context_new();
	context->turn_ends = turn_ends;
	context->data = data;
	pthread_mutex_init(&context->lock, NULL);
	context->mailman = g_source_new(&mailman_functions, sizeof(GSource));
	g_source_set_callback(context->mailman, nothing, context, NULL);
	g_source_attach(context->mailman, context->glib);
	context->thread = g_thread_new(name, run, context);
	return context;
}

static void
deliver_stop(aula_mail *mail)
{
	aula_context *context =
		(aula_context *)(void *)((char *)mail - offsetof(aula_context, stop_mail));

	context->stopping = true;
}

void
aula_context_free(aula_context *context, bool (*last)(void *data), void *data, int64_t deadline_us)
{
	if (context == NULL)
		return;
	context->last = last;
	context->last_data = data;
	context->deadline_us = deadline_us;
	context->stop_mail.deliver = deliver_stop;
	aula_context_post(context, &context->stop_mail);
	g_thread_join(context->thread);
	deliver(context);
	g_source_destroy(context->mailman);
	g_source_unref(context->mailman);
	g_main_context_unref(context->glib);
	pthread_mutex_destroy(&context->lock);
	g_free(context);
}

void
aula_context_post(aula_context *context, aula_mail *mail)
{
	mail->next = NULL;
	pthread_mutex_lock(&context->lock);
	bool first = context->newest == NULL;
	if (first)
		context->oldest = mail;
	else
		context->newest->next = mail;
	context->newest = mail;
	pthread_mutex_unlock(&context->lock);
	if (first)
		g_source_set_ready_time(context->mailman, 0);
}

GMainContext *
aula_context_glib(const aula_context *context)
{
	return context->glib;
}

bool
aula_context_is_here(const aula_context *context)
{
	return g_main_context_is_owner(context->glib);
}
