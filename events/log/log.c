/* SPDX-License-Identifier: Apache-2.0 */
/** Writes each event as one line of JSON to a file. When the file reaches its bound it becomes
 * FILE.1, FILE.1 becomes FILE.2, and so on. A file that somebody moved away is made anew, so that
 * other tools may rotate it too. What cannot be written (disk full) is counted and told once until
 * it works again: as a line of the log, and as an event in the file. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "aula/event.h"
#include "aula/module.h"

enum { PATH_MOST = 4000 };

struct config {
	const char *path;
	int64_t file_bytes, files;
	aula_list types; /* of const char * */
	bool sync;
};

static const char *const type_words[] = { AULA_EVENT_WORDS, NULL };

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, path, "path", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.fallback_text = "events.jsonl", .summary = "File to write to."),
	AULA_INT(struct config, file_bytes, "file_bytes", 4096, 1099511627776, .fallback = 16777216,
		.summary = "Bytes after which a new file is begun."),
	AULA_INT(struct config, files, "files", 1, 1000, .fallback = 5,
		.summary = "Files to keep, the one being written included."),
	AULA_TEXTS(struct config, types, "types", 16, .choices = type_words,
		.summary = "Types of events to write; none: all."),
	AULA_BOOL(struct config, sync, "sync",
		.summary = "Whether each event is on the disk before the next is taken."),
};
// clang-format on

/* Made on [control]; after `start` only the thread of events touches what is below `config`. */
struct log {
	const aula_host *host;
	const struct config *config;
	int fd;        /* -1: it could not be opened */
	int64_t bytes; /* in the file */
	uint64_t lost; /* since it last worked */
};

/* -- the file -- */

static bool
file_open(struct log *log)
{
	struct stat file;

	log->fd = open(
		log->config->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (log->fd < 0)
		return false;
	if (fstat(log->fd, &file) == 0 && S_ISREG(file.st_mode)) {
		log->bytes = file.st_size;
		return true;
	}
	close(log->fd);
	log->fd = -1;
	errno = EINVAL;
	return false;
}

static void
file_close(struct log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

/* FILE.n-1 to FILE.n, ..., FILE to FILE.1; what falls off the end is gone. */
static void
rotate(struct log *log)
{
	char from[PATH_MOST + 32], to[PATH_MOST + 32];

	file_close(log);
	if (log->config->files == 1)
		unlink(log->config->path);
	for (int64_t i = log->config->files - 1; i > 0; i--) {
		snprintf(to, sizeof to, "%s.%" PRId64, log->config->path, i);
		snprintf(from, sizeof from, "%s.%" PRId64, log->config->path, i - 1);
		/* A step that is not there yet is no mistake. */
		(void)!rename(i == 1 ? log->config->path : from, to);
	}
}

static bool
moved_away(const struct log *log)
{
	struct stat there, ours;

	return stat(log->config->path, &there) != 0 || fstat(log->fd, &ours) != 0 ||
	       there.st_ino != ours.st_ino || there.st_dev != ours.st_dev;
}

/* A whole line or nothing: half a line would spoil the next one as well. */
static bool
write_line(struct log *log, const char *text, size_t length)
{
	struct iovec parts[] = { { (void *)text, length }, { "\n", 1 } };
	ssize_t whole = (ssize_t)length + 1, done = writev(log->fd, parts, 2);

	if (done == whole) {
		log->bytes += whole;
		return !log->config->sync || fdatasync(log->fd) == 0;
	}
	int problem = done < 0 ? errno : ENOSPC;
	if (done > 0)
		(void)!ftruncate(log->fd, log->bytes);
	errno = problem;
	return false;
}

static bool
ready(struct log *log, size_t length)
{
	if (log->fd >= 0 && moved_away(log))
		file_close(log);
	if (log->fd >= 0 && log->bytes > 0 &&
		log->bytes + (int64_t)length + 1 > log->config->file_bytes)
		rotate(log);
	return log->fd >= 0 || file_open(log);
}

/* -- events -- */

static bool
tell_lost(struct log *log)
{
	char line[128];
	int length = snprintf(line, sizeof line,
		"{\"type\":%d,\"name\":\"lost\",\"event\":{\"count\":%" PRIu64 "}}",
		AULA_EVENT_CORE, log->lost);

	if (!write_line(log, line, (size_t)length))
		return false;
	log->host->log(
		log->host, AULA_LOG_WARNING, "events are written again lost=%" PRIu64, log->lost);
	log->lost = 0;
	return true;
}

static void
take_event(void *self, const char *text, size_t length)
{
	struct log *log = self;

	if (ready(log, length) && (log->lost == 0 || tell_lost(log)) &&
		write_line(log, text, length))
		return;
	if (log->lost++ == 0)
		log->host->log(log->host, AULA_LOG_ERROR, "events cannot be written path=%s: %s",
			log->config->path, strerror(errno));
}

static uint32_t
mask(void *self)
{
	const struct log *log = self;

	return aula_event_mask(log->config->types, UINT32_MAX);
}

/* -- life -- */

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct log *log = malloc(sizeof *log);

	if (log == NULL)
		return AULA_INTERNAL;
	*log = (struct log){ .host = host, .config = config, .fd = -1 };
	if (!file_open(log)) {
		host->log(host, AULA_LOG_ERROR, "the file of events does not open path=%s: %s",
			log->config->path, strerror(errno));
		free(log);
		return AULA_UNAVAILABLE;
	}
	*ret_self = log;
	return AULA_OK;
}

static void
stop(void *self)
{
	struct log *log = self;

	if (log->lost > 0)
		log->host->log(log->host, AULA_LOG_ERROR, "events were not written lost=%" PRIu64,
			log->lost);
	file_close(log);
	free(log);
}

static const aula_event_ops events = {
	.size = sizeof events,
	.event = take_event,
	.mask = mask,
};

// clang-format off
AULA_MODULE(
	.name = "log",
	.summary = "Writes each event as one line of JSON to a file.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.events = &events);
// clang-format on
