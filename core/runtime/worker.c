/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/worker.h"

#include <glib.h>

/* After the deadline a piece of work may still be about to return. */
enum { GRACE_US = 200 * 1000 };

struct aula_worker {
	GThread *thread;
	size_t most, bytes_most;
	GMutex lock;  /* for all below */
	GCond change; /* something waits, or the worker ends, or its thread has ended */
	aula_work *first, **last;
	size_t count, bytes;
	bool ending, ended;
	bool orphaned; /* its owner has given up on a thread that hung: the thread frees it */
};

static void
destroy(aula_worker *worker)
{
	g_mutex_clear(&worker->lock);
	g_cond_clear(&worker->change);
	g_free(worker);
}

/* NULL: the end, after which the worker is the owner's alone, or nobody's. */
static aula_work *
next(aula_worker *worker, const aula_work *before, size_t before_bytes)
{
	bool orphaned = false;

	g_mutex_lock(&worker->lock);
	if (before != NULL) {
		worker->count--;
		worker->bytes -= before_bytes;
	}
	while (worker->first == NULL && !worker->ending)
		g_cond_wait(&worker->change, &worker->lock);
	aula_work *work = worker->first;
	if (work != NULL) {
		worker->first = work->next;
		if (worker->first == NULL)
			worker->last = &worker->first;
	} else {
		worker->ended = true;
		orphaned = worker->orphaned;
		g_cond_broadcast(&worker->change);
	}
	g_mutex_unlock(&worker->lock);
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

	worker->most = most;
	worker->bytes_most = bytes_most;
	worker->last = &worker->first;
	g_mutex_init(&worker->lock);
	g_cond_init(&worker->change);
	worker->thread = g_thread_new(name, work_on, worker);
	return worker;
}

bool
aula_worker_post(aula_worker *worker, aula_work *work)
{
	g_mutex_lock(&worker->lock);
	bool taken = !worker->ending && worker->count < worker->most &&
		     work->bytes <= worker->bytes_most - MIN(worker->bytes, worker->bytes_most);
	if (taken) {
		work->next = NULL;
		*worker->last = work;
		worker->last = &work->next;
		worker->count++;
		worker->bytes += work->bytes;
		g_cond_signal(&worker->change);
	}
	g_mutex_unlock(&worker->lock);
	return taken;
}

size_t
aula_worker_waiting(aula_worker *worker)
{
	g_mutex_lock(&worker->lock);
	size_t count = worker->count;
	g_mutex_unlock(&worker->lock);
	return count;
}

void
aula_worker_end(aula_worker *worker)
{
	g_mutex_lock(&worker->lock);
	worker->ending = true;
	g_cond_broadcast(&worker->change);
	g_mutex_unlock(&worker->lock);
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
	while (!worker->ended) {
		if (!g_cond_wait_until(&worker->change, &worker->lock, until_us))
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
	g_mutex_lock(&worker->lock);
	bool ended = wait_until(worker, deadline_us);
	if (!ended) {
		left = take_all(worker);
		ended = wait_until(worker, g_get_monotonic_time() + GRACE_US);
	}
	GThread *thread = worker->thread;
	worker->orphaned = !ended;
	g_mutex_unlock(&worker->lock);
	while (left != NULL) {
		aula_work *work = left;
		left = work->next;
		work->discard(work);
	}
	if (!ended) {
		g_thread_unref(thread);
		return false;
	}
	g_thread_join(thread);
	destroy(worker);
	return true;
}
