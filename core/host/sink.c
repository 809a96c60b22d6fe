/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "host/journal.h"

#define REFUSED "refused.jsonl"

enum {
	BATCH_MOST = 4000,
	BATCH_BYTES_MOST = 4 << 20,
	SYNC_US = 1000 * 1000,
	FULL_US = 1000 * 1000, /* after an event that found no room */
	WAIT_LEAST_MS = 250,
	WAIT_MOST_MS = 30 * 1000,
	REFUSED_BYTES_MOST = 16 << 20,
	GRACE_US = 200 * 1000, /* after the deadline it may be about to return */
};

struct aula_sink {
	char *name, *folder;
	aula_event_ops ops;
	void *self;
	aula_journal *journal;
	pthread_t thread;
	/* the thread's */
	int64_t synced_us, wait_ms;
	bool unsynced; /* the disk failed, and that was told */
	size_t singly; /* so many events come one by one: something in them was refused */
	aula_event_text batch[BATCH_MOST];

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t change;
	bool ending, ended, orphaned;
	int64_t full_until_us; /* nothing is tried before */
	int64_t until_us;      /* once it is ending */
	int64_t retry_us;      /* when an open breaker lets one through */
	uint64_t delivered, refused, failures, sync_failures;
	aula_breaker breaker;
};

static void
destroy(aula_sink *sink)
{
	aula_journal_close(sink->journal);
	pthread_mutex_destroy(&sink->lock);
	pthread_cond_destroy(&sink->change);
	g_free(sink->name);
	g_free(sink->folder);
	g_free(sink);
}

/* With the lock. */
static void
wait_until(aula_sink *sink, int64_t until_us)
{
	struct timespec until = { until_us / 1000000, until_us % 1000000 * 1000 };

	pthread_cond_timedwait(&sink->change, &sink->lock, &until);
}

/* -- what comes of a delivery -- */

/* A line of JSON each; past the bound only counted and logged. */
static void
put_aside(aula_sink *sink, const aula_event_text *event)
{
	g_autofree char *path = g_build_filename(sink->folder, REFUSED, NULL);
	pthread_mutex_lock(&sink->lock);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct iovec line[] = { { (void *)event->text, event->length }, { "\n", 1 } };
	struct stat file;
	bool kept = fd >= 0 && fstat(fd, &file) == 0 &&
		    file.st_size + (off_t)event->length < REFUSED_BYTES_MOST &&
		    writev(fd, line, 2) == (ssize_t)event->length + 1;

	if (fd >= 0)
		close(fd);
	sink->refused++;
	pthread_mutex_unlock(&sink->lock);
	aula_log(AULA_LOG_ERROR, "events",
		"an event is refused and put aside sink=%s kept=%s path=%s", sink->name,
		kept ? "yes" : "no", path);
}

/* The lines of a file into the journal; those that find no room back to `path`. */
static int64_t
replay_from(aula_sink *sink, const char *moved, const char *path)
{
	g_autofree char *lines = NULL;
	int64_t count = 0;
	gsize length;

	if (!g_file_get_contents(moved, &lines, &length, NULL))
		return -1;
	char *line = lines, *end;
	for (; (end = memchr(line, '\n', length - (size_t)(line - lines))) != NULL;
		line = end + 1) {
		if (aula_journal_append(sink->journal, line, (size_t)(end - line)) != AULA_OK)
			break;
		count++;
	}
	/* Both names are of this sink's; what is written in between is behind. */
	pthread_mutex_lock(&sink->lock);
	g_autofree char *later = NULL;
	gsize later_length = 0;
	bool kept = true;
	if (end != NULL) {
		g_autoptr(GString) all = g_string_new_len(line, lines + length - line);
		if (g_file_get_contents(path, &later, &later_length, NULL))
			g_string_append_len(all, later, (gssize)later_length);
		kept = g_file_set_contents(path, all->str, (gssize)all->len, NULL);
	}
	if (kept)
		unlink(moved);
	pthread_cond_signal(&sink->change);
	pthread_mutex_unlock(&sink->lock);
	return count;
}

int64_t
aula_sink_replay(aula_sink *sink)
{
	g_autofree char *path = g_build_filename(sink->folder, REFUSED, NULL);
	g_autofree char *moved = g_strconcat(path, ".replay", NULL);

	/* One that a process before this did not get through comes first. */
	pthread_mutex_lock(&sink->lock);
	int problem = access(moved, F_OK) == 0 || rename(path, moved) == 0 ? 0 : errno;
	pthread_mutex_unlock(&sink->lock);
	if (problem != 0)
		return problem == ENOENT ? 0 : -1;
	int64_t count = replay_from(sink, moved, path);
	aula_log(AULA_LOG_INFO, "events", "refused events are tried again sink=%s count=%" PRId64,
		sink->name, count);
	return count;
}

static void
count_delivered(aula_sink *sink, size_t count)
{
	pthread_mutex_lock(&sink->lock);
	sink->delivered += count;
	pthread_mutex_unlock(&sink->lock);
}

static void
close_breaker(aula_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	uint64_t failures = sink->failures;
	sink->failures = 0;
	sink->breaker = AULA_BREAKER_CLOSED;
	pthread_mutex_unlock(&sink->lock);
	sink->wait_ms = 0;
	if (failures > 0)
		aula_log(AULA_LOG_INFO, "events",
			"the sink works again sink=%s failures=%" PRIu64 " waiting=%zu", sink->name,
			failures, aula_journal_waiting(sink->journal));
}

static void
open_breaker(aula_sink *sink)
{
	sink->wait_ms = CLAMP(sink->wait_ms * 2, WAIT_LEAST_MS, WAIT_MOST_MS);
	/* Several servers do not come back in step. */
	int64_t wait_us = sink->wait_ms * 1000 * g_random_int_range(80, 121) / 100;
	pthread_mutex_lock(&sink->lock);
	bool first = sink->failures++ == 0;
	sink->breaker = AULA_BREAKER_OPEN;
	sink->retry_us = g_get_monotonic_time() + wait_us;
	pthread_mutex_unlock(&sink->lock);
	if (first)
		aula_log(AULA_LOG_WARNING, "events",
			"the sink is away, events wait on disk sink=%s", sink->name);
}

static void
settle(aula_sink *sink, aula_code code, size_t count)
{
	if (code != AULA_OK && code != AULA_INVALID) {
		open_breaker(sink);
		return;
	}
	if (code == AULA_INVALID && count > 1) {
		sink->singly = count;
		return;
	}
	if (code == AULA_INVALID)
		put_aside(sink, &sink->batch[0]);
	else
		count_delivered(sink, count);
	/* Whoever sees that nothing waits finds it counted. */
	aula_journal_done(sink->journal, count);
	sink->singly -= MIN(sink->singly, count);
	close_breaker(sink);
}

static void
deliver(aula_sink *sink, bool half_open)
{
	size_t most = half_open || sink->singly > 0 ? 1 : BATCH_MOST;
	size_t count = aula_journal_read(sink->journal, most, BATCH_BYTES_MOST, sink->batch);

	if (count > 0)
		settle(sink, sink->ops.deliver(sink->self, sink->batch, count), count);
}

/* -- the thread -- */

static void
sync_journal(aula_sink *sink)
{
	bool good = aula_journal_sync(sink->journal);
	int problem = errno;

	sink->synced_us = g_get_monotonic_time();
	if (!good) {
		pthread_mutex_lock(&sink->lock);
		sink->sync_failures++;
		pthread_mutex_unlock(&sink->lock);
	}
	if (!good && !sink->unsynced)
		aula_log(AULA_LOG_ERROR, "events",
			"the disk does not keep events, which a power cut would take sink=%s "
			"folder=%s: %s",
			sink->name, sink->folder, g_strerror(problem));
	else if (good && sink->unsynced)
		aula_log(AULA_LOG_WARNING, "events", "the disk keeps events again sink=%s",
			sink->name);
	sink->unsynced = !good;
}

typedef enum { END, SYNC, TRY_ONE, DELIVER } turn;

/* With the lock. */
static turn
turn_now(aula_sink *sink, int64_t now_us)
{
	bool waiting = aula_journal_waiting(sink->journal) > 0;
	bool open = sink->breaker != AULA_BREAKER_CLOSED;

	if (sink->ending && (!waiting || open || now_us >= sink->until_us))
		return END;
	if (now_us >= sink->synced_us + SYNC_US || !waiting || (open && now_us < sink->retry_us))
		return SYNC;
	return open ? TRY_ONE : DELIVER;
}

static turn
await_turn(aula_sink *sink)
{
	turn next;

	pthread_mutex_lock(&sink->lock);
	for (;;) {
		int64_t now_us = g_get_monotonic_time(), until_us = sink->synced_us + SYNC_US;
		next = turn_now(sink, now_us);
		if (next != SYNC || now_us >= until_us)
			break;
		if (sink->breaker != AULA_BREAKER_CLOSED)
			until_us = MIN(until_us, MAX(sink->retry_us, now_us + 1000));
		wait_until(sink, until_us);
	}
	if (next == TRY_ONE)
		sink->breaker = AULA_BREAKER_HALF_OPEN;
	pthread_mutex_unlock(&sink->lock);
	return next;
}

static void *
run(void *data)
{
	aula_sink *sink = data;
	turn next;

	while ((next = await_turn(sink)) != END) {
		if (next != SYNC) {
			deliver(sink, next == TRY_ONE);
			continue;
		}
		sync_journal(sink);
	}
	pthread_mutex_lock(&sink->lock);
	sink->ended = true;
	bool orphaned = sink->orphaned;
	pthread_cond_broadcast(&sink->change);
	pthread_mutex_unlock(&sink->lock);
	if (orphaned)
		destroy(sink);
	return NULL;
}

/* -- life -- */

aula_sink *
aula_sink_new(const char *name, const char *folder, int64_t bytes_most, const aula_event_ops *ops,
	void *self, GError **error)
{
	aula_journal *journal = aula_journal_open(folder, bytes_most, error);
	pthread_condattr_t monotonic;
	char short_name[16];

	if (journal == NULL)
		return NULL;
	aula_sink *sink = g_new0(aula_sink, 1);
	sink->name = g_strdup(name);
	sink->folder = g_strdup(folder);
	sink->ops = *ops;
	sink->self = self;
	sink->journal = journal;
	pthread_mutex_init(&sink->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&sink->change, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int problem = pthread_create(&sink->thread, NULL, run, sink);
	if (problem != 0)
		g_error("no thread for %s: %s", name, g_strerror(problem));
	g_snprintf(short_name, sizeof short_name, "to-%s", name);
	pthread_setname_np(sink->thread, short_name);
	return sink;
}

bool
aula_sink_take(aula_sink *sink, const char *text, size_t length)
{
	aula_code code = aula_journal_append(sink->journal, text, length);
	int problem = errno;

	pthread_mutex_lock(&sink->lock);
	bool first = code != AULA_OK && sink->full_until_us == 0;
	sink->full_until_us = code != AULA_OK ? g_get_monotonic_time() + FULL_US : 0;
	pthread_cond_signal(&sink->change);
	pthread_mutex_unlock(&sink->lock);
	if (first)
		aula_log(AULA_LOG_ERROR, "events", "events are dropped sink=%s: %s", sink->name,
			code == AULA_FULL ? "as many wait on disk as may" : g_strerror(problem));
	return code == AULA_OK;
}

bool
aula_sink_full(aula_sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	bool full = g_get_monotonic_time() < sink->full_until_us;
	pthread_mutex_unlock(&sink->lock);
	return full;
}

void
aula_sink_count(aula_sink *sink, aula_sink_counts *ret_counts)
{
	pthread_mutex_lock(&sink->lock);
	*ret_counts = (aula_sink_counts){ .delivered = sink->delivered,
		.refused = sink->refused,
		.failures = sink->failures,
		.sync_failures = sink->sync_failures,
		.breaker = sink->breaker };
	pthread_mutex_unlock(&sink->lock);
	ret_counts->waiting = aula_journal_waiting(sink->journal);
	ret_counts->bytes = aula_journal_bytes(sink->journal);
}

bool
aula_sink_free(aula_sink *sink, int64_t deadline_us)
{
	if (sink == NULL)
		return true;
	pthread_mutex_lock(&sink->lock);
	sink->ending = true;
	sink->until_us = deadline_us;
	pthread_cond_broadcast(&sink->change);
	while (!sink->ended && g_get_monotonic_time() < deadline_us + GRACE_US)
		wait_until(sink, deadline_us + GRACE_US);
	bool ended = sink->ended;
	sink->orphaned = !ended;
	pthread_mutex_unlock(&sink->lock);
	if (!ended) {
		pthread_detach(sink->thread);
		return false;
	}
	pthread_join(sink->thread, NULL);
	destroy(sink);
	return true;
}
