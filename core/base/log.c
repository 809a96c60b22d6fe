/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <glib.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log-json.h"
#include "base/repeats.h"

enum { LINE_BYTES = 1024, STAMP_BYTES = 64, QUOTE_MOST = 80, KEPT_BYTES = 400, ABOUT_BYTES = 224 };

static _Atomic int level_most = AULA_LOG_INFO;
static _Atomic bool as_json;
static const aula_log_about nothing;
static _Thread_local const aula_log_about *present; /* NULL: nothing */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static aula_repeats repeats; /* under lock */
/* Under lock; a line that is longer is cut here only. */
static char kept[AULA_LOG_KEPT][KEPT_BYTES];
static size_t kept_count; /* ever */

static _Atomic uint64_t counts[AULA_LOG_DEBUG + 1];

static const char *const words[] = { "error", "warning", "info", "debug" };

void
aula_log_open(aula_log_level level)
{
	atomic_store(&level_most, (int)level);
}

void
aula_log_set_json(bool json)
{
	atomic_store(&as_json, json);
}

void
aula_log_set_about(const aula_log_about *about)
{
	present = about;
}

aula_log_level
aula_log_level_now(void)
{
	return (aula_log_level)atomic_load(&level_most);
}

bool
aula_log_wants(aula_log_level level)
{
	return (int)level <= atomic_load_explicit(&level_most, memory_order_relaxed);
}

static int64_t
clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* " session=7 handle=8 transaction=\"t\"", of what the line does not say itself. */
static void
add_about(char *out, size_t size, const char *line, const aula_log_about *about)
{
	char quoted[128];
	size_t at = 0;

	*out = '\0';
	if (about->session != 0 && strstr(line, " session=") == NULL)
		at += (size_t)snprintf(out, size, " session=%" PRIu64, about->session);
	if (about->handle != 0 && strstr(line, " handle=") == NULL)
		at += (size_t)snprintf(out + at, size - at, " handle=%" PRIu64, about->handle);
	if (about->transaction != NULL)
		snprintf(out + at, size - at, " transaction=%s",
			aula_log_quote(about->transaction, quoted, sizeof quoted));
}

/* One write a line, so that lines of several processes on one descriptor stay whole. What the
 * descriptor does not take is lost: there is nobody left to tell. */
static void
write_out(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t done = write(STDERR_FILENO, text, length);
		if (done <= 0)
			return;
		text += done;
		length -= (size_t)done;
	}
}

static void
write_line(int level, const char *line, const aula_log_about *about)
{
	char out[LINE_BYTES + STAMP_BYTES + ABOUT_BYTES], stamp[STAMP_BYTES], more[ABOUT_BYTES];
	int64_t now_us = clock_us(CLOCK_REALTIME);
	time_t now_s = (time_t)(now_us / 1000000);
	struct tm date;

	gmtime_r(&now_s, &date);
	size_t at = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &date);
	snprintf(stamp + at, sizeof stamp - at, ".%03dZ", (int)(now_us / 1000 % 1000));
	add_about(more, sizeof more, line, about);
	int length = snprintf(out, sizeof out, "%s %s %s%s\n", stamp, words[level], line, more);
	if (g_strlcpy(kept[kept_count++ % AULA_LOG_KEPT], out, KEPT_BYTES) >= KEPT_BYTES)
		memcpy(kept[(kept_count - 1) % AULA_LOG_KEPT] + KEPT_BYTES - 5, "...\n", 5);
	if (atomic_load_explicit(&as_json, memory_order_relaxed)) {
		g_autoptr(GString) json = g_string_sized_new(LINE_BYTES);
		aula_log_json(json, stamp, words[level], line, about);
		write_out(json->str, json->len);
	} else {
		write_out(out, MIN((size_t)length, sizeof out - 1));
	}
}

char *
aula_log_recent(size_t most)
{
	GString *text = g_string_new(NULL);

	pthread_mutex_lock(&lock);
	size_t count = MIN(MIN(most, kept_count), (size_t)AULA_LOG_KEPT);
	for (size_t i = kept_count - count; i < kept_count; i++)
		g_string_append(text, kept[i % AULA_LOG_KEPT]);
	pthread_mutex_unlock(&lock);
	return g_string_free(text, FALSE);
}

static void
tell_due(int64_t now_us)
{
	aula_repeats_place place;
	char line[LINE_BYTES];

	while (aula_repeats_due(&repeats, now_us, &place)) {
		snprintf(line, sizeof line, "%s (and %u more in 10 s)", place.sample, place.held);
		write_line(place.level, line, &nothing);
	}
}

void
aula_log_settle(bool all)
{
	pthread_mutex_lock(&lock);
	tell_due(all ? INT64_MAX : clock_us(CLOCK_MONOTONIC));
	pthread_mutex_unlock(&lock);
}

void
aula_log(aula_log_level level, const char *area, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	aula_log_va(level, area, format, arguments);
	va_end(arguments);
}

/* A line is a line whatever a module puts into its message. */
static void
flatten(char *line)
{
	for (; *line != '\0'; line++) {
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			*line = ' ';
	}
}

uint64_t
aula_log_count(aula_log_level level)
{
	return atomic_load_explicit(&counts[level], memory_order_relaxed);
}

void
aula_log_va(aula_log_level level, const char *area, const char *format, va_list arguments)
{
	char line[LINE_BYTES];

	if ((unsigned)level > AULA_LOG_DEBUG)
		level = AULA_LOG_ERROR;
	if (!aula_log_wants(level))
		return;
	atomic_fetch_add_explicit(&counts[level], 1, memory_order_relaxed);
	size_t at = (size_t)snprintf(line, sizeof line, "%.63s ", area);
	int length = vsnprintf(line + at, sizeof line - at, format, arguments);
	if (length >= (int)(sizeof line - at))
		memcpy(line + sizeof line - 4, "...", 4);
	flatten(line);

	int64_t now_us = clock_us(CLOCK_MONOTONIC);
	pthread_mutex_lock(&lock);
	tell_due(now_us);
	if (level == AULA_LOG_DEBUG ||
		aula_repeats_pass(&repeats, (int)level, area, format, line, now_us))
		write_line((int)level, line, present != NULL ? present : &nothing);
	pthread_mutex_unlock(&lock);
}

const char *
aula_log_quote(const char *text, char *out, size_t size)
{
	size_t at = 0, read = 0;

	g_assert(size >= 128);
	if (text == NULL)
		text = "";
	out[at++] = '"';
	/* An escape takes four bytes; the tail is `..."` and the end. */
	for (; text[read] != '\0' && read < QUOTE_MOST && at + 4 + 5 < size; read++) {
		unsigned char c = (unsigned char)text[read];
		if (c == '"' || c == '\\')
			at += (size_t)snprintf(out + at, size - at, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			at += (size_t)snprintf(out + at, size - at, "\\x%02x", c);
		else
			out[at++] = (char)c;
	}
	/* Never half a character of UTF-8. */
	if (text[read] != '\0') {
		while (at > 1 && ((unsigned char)text[read] & 0xc0) == 0x80) {
			read--;
			at--;
		}
		memcpy(out + at, "...", 3);
		at += 3;
	}
	out[at++] = '"';
	out[at] = '\0';
	return out;
}
