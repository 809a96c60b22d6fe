/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/worker.h"

#include <glib.h>
#include <pthread.h>
#include <time.h>

/* After the deadline a piece of work may still be about to return. */
enum { GRACE_US = 200 * 1000 };

struct aula_worker {
	pthread_t thread;
	size_t most, bytes_most;
	pthread_mutex_t lock;  /* for all below */
	pthread_cond_t change; /* something waits, or the worker ends, or its thread has ended */
	aula_work *first, **last;
	size_t count, bytes;
	bool ending, ended;
	bool orphaned; /* its owner has given up on a thread that hung: the thread frees it */
};

static void
destroy(aula_worker *worker)
{
	pthread_mutex_destroy(&worker->lock);
	pthread_cond_destroy(&worker->change);
	g_free(worker);
}

/* NULL: the end, after which the worker is the owner's alone, or nobody's. */
static aula_work *
next(aula_worker *worker, const aula_work *before, size_t before_bytes)
{
	bool orphaned = false;

	pthread_mutex_lock(&worker->lock);
	if (before != NULL) {
		worker->count--;
		worker->bytes -= before_bytes;
	}
	while (worker->first == NULL && !worker->ending)
		pthread_cond_wait(&worker->change, &worker->lock);
	aula_work *work = worker->first;
	if (work != NULL) {
		worker->first = work->next;
		if (worker->first == NULL)
			worker->last = &worker->first;
	} else {
		worker->ended = true;
		orphaned = worker->orphaned;
		pthread_cond_broadcast(&worker->change);
	}
	pthread_mutex_unlock(&worker->lock);
	if (orphaned)
		destroy(worker);
	return work;
}

static void *
work_on(void *data)
{
	aula_worker *worker = data;
	const aula_work *before = NULL;
	size_t bytes = 0;
	aula_work *work;

	while ((work = next(worker, before, bytes)) != NULL) {
		before = work;
		bytes = work->bytes;
		work->run(work);
	}
	return NULL;
}

aula_worker *
aula_worker_new(const char *name, size_t most, size_t bytes_most)
{
	aula_worker *worker = g_new0(aula_worker, 1);
	pthread_condattr_t monotonic;
	char short_name[16];

	worker->most = most;
	worker->bytes_most = bytes_most;
	worker->last = &worker->first;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->change, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int problem = pthread_create(&worker->thread, NULL, work_on, worker);
	if (problem != 0)
		g_error("no thread for %s: %s", name, g_strerror(problem));
	/* The kernel takes 15 bytes. */
	g_strlcpy(short_name, name, sizeof short_name);
	pthread_setname_np(worker->thread, short_name);
	return worker;
}

bool
aula_worker_post(aula_worker *worker, aula_work *work)
{
	pthread_mutex_lock(&worker->lock);
	bool taken = !worker->ending && worker->count < worker->most &&
		     work->bytes <= worker->bytes_most - MIN(worker->bytes, worker->bytes_most);
	if (taken) {
		work->next = NULL;
		*worker->last = work;
		worker->last = &work->next;
		worker->count++;
		worker->bytes += work->bytes;
		pthread_cond_signal(&worker->change);
	}
	pthread_mutex_unlock(&worker->lock);
	return taken;
}

size_t
aula_worker_waiting(aula_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	size_t count = worker->count;
	pthread_mutex_unlock(&worker->lock);
	return count;
}

void
aula_worker_end(aula_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->ending = true;
	pthread_cond_broadcast(&worker->change);
	pthread_mutex_unlock(&worker->lock);
}

static aula_work *
take_all(aula_worker *worker)
{
	aula_work *all = worker->first;

	worker->first = NULL;
	worker->last = &worker->first;
	return all;
}

static bool
wait_until(aula_worker *worker, int64_t until_us)
{
	struct timespec until = { until_us / 1000000, until_us % 1000000 * 1000 };

	while (!worker->ended) {
		if (pthread_cond_timedwait(&worker->change, &worker->lock, &until) != 0)
			break;
	}
	return worker->ended;
}

bool
aula_worker_free(aula_worker *worker, int64_t deadline_us)
{
	aula_work *left = NULL;

	if (worker == NULL)
		return true;
	aula_worker_end(worker);
	pthread_mutex_lock(&worker->lock);
	bool ended = wait_until(worker, deadline_us);
	if (!ended) {
		left = take_all(worker);
		ended = wait_until(worker, g_get_monotonic_time() + GRACE_US);
	}
	pthread_t thread = worker->thread;
	worker->orphaned = !ended;
	pthread_mutex_unlock(&worker->lock);
	while (left != NULL) {
		aula_work *work = left;
		left = work->next;
		work->discard(work);
	}
	if (!ended) {
		pthread_detach(thread);
		return false;
	}
	pthread_join(thread, NULL);
	destroy(worker);
	return true;
}
