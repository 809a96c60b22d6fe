/* SPDX-License-Identifier: Apache-2.0 */
#include "party.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../port.h"

/* -- a Redis of the test's own -- */

static void
die_with_parent(void *data)
{
	(void)data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void
redis_start(redis *server)
{
	g_autofree char *port = g_strdup_printf("%d", server->port);
	char *words[] = { (char *)"redis-server", (char *)"--port", port, (char *)"--bind",
		(char *)"127.0.0.1", (char *)"--dir", server->folder, (char *)"--appendonly",
		(char *)"yes", (char *)"--appendfsync", (char *)"no", (char *)"--save", (char *)"",
		(char *)"--loglevel", (char *)"warning", NULL };
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
		die_with_parent, NULL, &server->pid, &error);
	g_assert_no_error(error);
}

void
redis_kill(redis *server)
{
	kill(server->pid, SIGKILL);
	g_assert_cmpint(waitpid(server->pid, NULL, 0), ==, server->pid);
}

void
redis_init(redis *server)
{
	g_autoptr(GError) error = NULL;

	server->folder = g_dir_make_tmp("aula-redis-XXXXXX", &error);
	g_assert_no_error(error);
	server->port = test_port();
	redis_start(server);
}

void
redis_finish(redis *server)
{
	redis_kill(server);
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", server->folder);
	g_assert_cmpint(system(command), ==, 0);
	g_free(server->folder);
}

/* -- those who share it -- */

void
take(void *data, const aula_bus_entry *entry)
{
	party *one = data;
	const aula_bus_field *field = aula_bus_entry_field(entry, "n");
	int n = atoi(field->text);

	pthread_mutex_lock(&one->lock);
	one->begun = true;
	if (n != 0 || one->counts_zero) {
		g_array_append_val(one->read, n);
		one->own += entry->own;
	}
	pthread_mutex_unlock(&one->lock);
}

void
party_init(party *one, const char *url)
{
	g_autoptr(GError) error = NULL;

	*one = (party){ .control = aula_loop_new("control", &error),
		.read = g_array_new(FALSE, FALSE, sizeof(int)) };
	pthread_mutex_init(&one->lock, NULL);
	one->courier = aula_courier_new(&(aula_courier_options){ .url = url,
						.prefix = "test",
						.queue_most = 1000,
						.queue_bytes = 1000000,
						.connect_ms = 2000,
						.reply_ms = 10000 },
		one->control, &error);
	g_assert_no_error(error);
	aula_loop_start(one->control);
}

bool
was(party *one, const bool *what)
{
	pthread_mutex_lock(&one->lock);
	bool is = *what;
	pthread_mutex_unlock(&one->lock);
	return is;
}

static void
on_control(void *data)
{
	party *one = data;

	one->call(one->courier, one);
	pthread_mutex_lock(&one->lock);
	one->called = true;
	pthread_mutex_unlock(&one->lock);
}

void
party_call(party *one, void (*call)(aula_courier *courier, void *data))
{
	one->called = false;
	one->call = call;
	aula_loop_call(one->control, on_control, one);
	while (!was(one, &one->called))
		g_usleep(500);
}

static void
end_it(aula_courier *courier, void *data)
{
	(void)data;
	aula_courier_free(courier);
}

void
party_finish(party *one)
{
	party_call(one, end_it);
	aula_loop_free(one->control);
	g_array_free(one->read, TRUE);
	pthread_mutex_destroy(&one->lock);
}

size_t
read_so_far(party *one)
{
	pthread_mutex_lock(&one->lock);
	size_t count = one->read->len;
	pthread_mutex_unlock(&one->lock);
	return count;
}

/* Waits until so many have been read, and what was appended has gone. */
void
party_until(party *one, size_t wanted)
{
	for (int64_t by_us = aula_now_us() + PATIENCE_US;
		read_so_far(one) < wanted || aula_courier_waiting(one->courier) > 0; g_usleep(2000))
		g_assert_cmpint(aula_now_us(), <, by_us);
}
