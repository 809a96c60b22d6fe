/* SPDX-License-Identifier: Apache-2.0 */
#include "host/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"

/* A segment: magic; then records: length, CRC-32 of the bytes, bytes. Little-endian. */
static const char magic[8] = "AULAEVT1";
static const char suffix[] = ".events";
/* Above it is none of ours, and there would be no number left for those that come. */
static const uint64_t number_most = UINT64_MAX >> 8;

enum {
	HEAD_BYTES = 8,
	SEGMENT_BYTES_MOST = 8 << 20,
	SEGMENTS_LEAST = 8, /* so that room comes back in steps of an eighth */
	TEXT_BYTES_MOST = 16 << 20,
};

typedef struct {
	uint64_t number;
	int64_t bytes;
} segment;

/* What may not lie on the disk yet: all records from here to there. One a segment at most. */
typedef struct {
	uint64_t number;
	int64_t from, to;
	bool failed; /* the disk has refused it before */
} stretch;

/* Which segment is read next, and from where: the file `position`. */
typedef struct {
	uint64_t number, offset;
	uint32_t check, zero;
} position;

struct aula_journal {
	char *folder;
	int64_t bytes_most, segment_bytes;
	int position_fd, folder_fd;
	/* the writer's */
	int write_fd; /* of the last segment; -1: there is none yet */
	uint64_t next_number;
	/* the reader's */
	int read_fd; /* of the first segment; -1: not open */
	int64_t offset;
	uint8_t *buffer;
	size_t buffer_bytes;
	GArray *ends; /* of int64_t: where each text that was read ends */

	pthread_mutex_t lock; /* for all below */
	GQueue segments;      /* of segment, the oldest first */
	GArray *unsynced;     /* of stretch */
	int64_t bytes;
	size_t waiting;
};

/* -- bytes -- */

static bool
read_all(int fd, void *bytes, size_t length, int64_t offset)
{
	for (uint8_t *at = bytes; length > 0;) {
		ssize_t got = pread(fd, at, length, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += got;
		length -= (size_t)got;
	}
	return true;
}

static uint32_t
sum(const void *bytes, size_t length)
{
	return (uint32_t)crc32(0, bytes, (unsigned)length);
}

static char *
path_of(const aula_journal *journal, uint64_t number)
{
	return g_strdup_printf("%s/%016" PRIx64 "%s", journal->folder, number, suffix);
}

/* Length of the record at `bytes`; 0: it is not whole. */
static size_t
record(const uint8_t *bytes, size_t length)
{
	uint32_t head[2];

	if (length < HEAD_BYTES)
		return 0;
	memcpy(head, bytes, sizeof head);
	size_t text = GUINT32_FROM_LE(head[0]);
	if (text == 0 || text > TEXT_BYTES_MOST || length - HEAD_BYTES < text ||
		sum(bytes + HEAD_BYTES, text) != GUINT32_FROM_LE(head[1]))
		return 0;
	return HEAD_BYTES + text;
}

/* -- opening -- */

static bool
fail(GError **error, const char *path)
{
	int problem = errno;

	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s", path,
		g_strerror(problem));
	return false;
}

static int
by_number(const void *a, const void *b, void *data)
{
	const segment *one = a, *other = b;

	(void)data;
	return one->number < other->number ? -1 : one->number > other->number;
}

static void
remove_segment(const aula_journal *journal, uint64_t number)
{
	g_autofree char *path = path_of(journal, number);

	unlink(path);
}

static bool
list_segments(aula_journal *journal, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(journal->folder, 0, error);
	const char *name;

	if (dir == NULL)
		return false;
	while ((name = g_dir_read_name(dir)) != NULL) {
		if (!g_str_has_suffix(name, suffix) ||
			g_ascii_strtoull(name, NULL, 16) > number_most)
			continue;
		segment *one = g_new0(segment, 1);
		one->number = g_ascii_strtoull(name, NULL, 16);
		g_queue_insert_sorted(&journal->segments, one, by_number, NULL);
		journal->next_number = MAX(journal->next_number, one->number + 1);
	}
	return true;
}

/* How far a segment is whole, and how many records there are from `from` on. */
static int64_t
measure(const aula_journal *journal, uint64_t number, int64_t from, size_t *ret_records)
{
	g_autofree char *path = path_of(journal, number);
	g_autofree char *bytes = NULL;
	gsize length;
	size_t one;

	*ret_records = 0;
	if (!g_file_get_contents(path, &bytes, &length, NULL) || length < sizeof magic ||
		memcmp(bytes, magic, sizeof magic) != 0)
		return 0;
	size_t at = sizeof magic;
	while ((one = record((const uint8_t *)bytes + at, length - at)) > 0) {
		*ret_records += (int64_t)at >= from;
		at += one;
	}
	if (at < length)
		aula_log(AULA_LOG_WARNING, "events",
			"the end of a segment is torn and left out path=%s bytes=%zu", path,
			(size_t)(length - at));
	return (int64_t)at;
}

static void
take_stock(aula_journal *journal)
{
	position from = { 0 };

	if (!read_all(journal->position_fd, &from, sizeof from, 0) ||
		from.check != sum(&from, offsetof(position, check)) || from.number > number_most)
		from = (position){ 0 };
	for (GList *link = journal->segments.head, *next; link != NULL; link = next) {
		segment *one = link->data;
		size_t records;
		int64_t start = one->number == from.number ? (int64_t)from.offset : 0;
		next = link->next;
		one->bytes = measure(journal, one->number, start, &records);
		if (one->number < from.number || records == 0) {
			remove_segment(journal, one->number);
			g_free(one);
			g_queue_delete_link(&journal->segments, link);
			continue;
		}
		if (link == journal->segments.head)
			journal->offset = MAX(start, (int64_t)sizeof magic);
		journal->bytes += one->bytes;
		journal->waiting += records;
	}
	/* A number is used once: the file `position` may name one that is gone. */
	journal->next_number = MAX(journal->next_number, from.number + 1);
}

aula_journal *
aula_journal_open(const char *folder, int64_t bytes_most, GError **error)
{
	aula_journal *journal = g_new0(aula_journal, 1);
	g_autofree char *path = g_build_filename(folder, "position", NULL);

	*journal = (aula_journal){ .folder = g_strdup(folder),
		.bytes_most = bytes_most,
		.segment_bytes = MIN(SEGMENT_BYTES_MOST, bytes_most / SEGMENTS_LEAST),
		.position_fd = -1,
		.folder_fd = -1,
		.write_fd = -1,
		.read_fd = -1,
		.offset = sizeof magic,
		.next_number = 1,
		.ends = g_array_new(FALSE, FALSE, sizeof(int64_t)),
		.unsynced = g_array_new(FALSE, FALSE, sizeof(stretch)) };
	pthread_mutex_init(&journal->lock, NULL);
	g_queue_init(&journal->segments);
	bool good = g_mkdir_with_parents(folder, 0700) == 0 || fail(error, folder);
	if (good) {
		journal->position_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		good = journal->position_fd >= 0 || fail(error, path);
	}
	if (good) {
		journal->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		good = journal->folder_fd >= 0 || fail(error, folder);
	}
	if (!good || !list_segments(journal, error)) {
		aula_journal_close(journal);
		return NULL;
	}
	take_stock(journal);
	return journal;
}

void
aula_journal_close(aula_journal *journal)
{
	if (journal == NULL)
		return;
	aula_journal_sync(journal);
	if (journal->folder_fd >= 0)
		close(journal->folder_fd);
	if (journal->write_fd >= 0)
		close(journal->write_fd);
	if (journal->read_fd >= 0)
		close(journal->read_fd);
	if (journal->position_fd >= 0)
		close(journal->position_fd);
	g_queue_clear_full(&journal->segments, g_free);
	g_array_free(journal->ends, TRUE);
	g_array_free(journal->unsynced, TRUE);
	pthread_mutex_destroy(&journal->lock);
	g_free(journal->buffer);
	g_free(journal->folder);
	g_free(journal);
}

/* -- syncing -- */

/* With the lock. Puts a stretch before or into what is known of its segment. */
static void
widen(aula_journal *journal, const stretch *more)
{
	for (guint i = 0; i < journal->unsynced->len; i++) {
		stretch *one = &g_array_index(journal->unsynced, stretch, i);
		if (one->number != more->number)
			continue;
		one->from = MIN(one->from, more->from);
		one->to = MAX(one->to, more->to);
		one->failed |= more->failed;
		return;
	}
	g_array_append_val(journal->unsynced, *more);
}

/* Writes the same bytes to the same place: after a sync that failed the kernel takes its copy for
 * written, and would say yes to the next one without having tried. */
static bool
write_again(int fd, const stretch *one)
{
	char bytes[16384];

	for (int64_t at = one->from; at < one->to;) {
		size_t some = (size_t)MIN(one->to - at, (int64_t)sizeof bytes);
		if (!read_all(fd, bytes, some, at) || pwrite(fd, bytes, some, at) != (ssize_t)some)
			return false;
		at += (int64_t)some;
	}
	return true;
}

/* Of a segment that is read and gone there is nothing to sync. */
static bool
sync_stretch(const aula_journal *journal, const stretch *one)
{
	g_autofree char *path = path_of(journal, one->number);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT;
	bool good = (!one->failed || write_again(fd, one)) && fdatasync(fd) == 0;
	int problem = errno;
	close(fd);
	errno = problem;
	/* A new file is only there when its name is. */
	return good && (one->from > (int64_t)sizeof magic || fsync(journal->folder_fd) == 0);
}

bool
aula_journal_sync(aula_journal *journal)
{
	int problem = 0;

	pthread_mutex_lock(&journal->lock);
	g_autoptr(GArray) all = journal->unsynced;
	journal->unsynced = g_array_new(FALSE, FALSE, sizeof(stretch));
	pthread_mutex_unlock(&journal->lock);
	for (guint i = 0; i < all->len; i++) {
		stretch *one = &g_array_index(all, stretch, i);
		if (sync_stretch(journal, one))
			continue;
		problem = errno;
		one->failed = true;
		pthread_mutex_lock(&journal->lock);
		widen(journal, one);
		pthread_mutex_unlock(&journal->lock);
	}
	errno = problem;
	return problem == 0;
}

/* -- writing -- */

/* The last segment is whole: another begins. */
static bool
begin_segment(aula_journal *journal)
{
	g_autofree char *path = path_of(journal, journal->next_number);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, magic, sizeof magic, 0) != sizeof magic) {
		if (fd >= 0) {
			unlink(path);
			close(fd);
		}
		return false;
	}
	segment *one = g_new(segment, 1);
	*one = (segment){ journal->next_number++, sizeof magic };
	pthread_mutex_lock(&journal->lock);
	if (journal->write_fd >= 0)
		close(journal->write_fd);
	journal->write_fd = fd;
	g_queue_push_tail(&journal->segments, one);
	journal->bytes += one->bytes;
	pthread_mutex_unlock(&journal->lock);
	return true;
}

/* Where the next record of `bytes` goes; below 0: it must go to a new segment. */
static int64_t
end_of(aula_journal *journal, int64_t bytes, bool *ret_full)
{
	pthread_mutex_lock(&journal->lock);
	const segment *last = g_queue_peek_tail(&journal->segments);
	int64_t end = journal->write_fd >= 0 ? last->bytes : -1;
	*ret_full = journal->bytes + bytes > journal->bytes_most;
	pthread_mutex_unlock(&journal->lock);
	return end > (int64_t)sizeof magic && end + bytes > journal->segment_bytes ? -1 : end;
}

aula_code
aula_journal_append(aula_journal *journal, const char *text, size_t length)
{
	uint32_t head[2] = { GUINT32_TO_LE((uint32_t)length), GUINT32_TO_LE(sum(text, length)) };
	struct iovec parts[] = { { head, sizeof head }, { (void *)text, length } };
	int64_t bytes = HEAD_BYTES + (int64_t)length;
	bool full;

	int64_t end = end_of(journal, bytes + (int64_t)sizeof magic, &full);
	if (full || length > TEXT_BYTES_MOST || length == 0)
		return AULA_FULL;
	if (end < 0 && !begin_segment(journal))
		return AULA_UNAVAILABLE;
	end = MAX(end, (int64_t)sizeof magic);
	/* What a failed try leaves is written over by the next, or torn off when it is opened. */
	if (pwritev(journal->write_fd, parts, 2, end) != bytes)
		return AULA_UNAVAILABLE;
	pthread_mutex_lock(&journal->lock);
	segment *last = g_queue_peek_tail(&journal->segments);
	last->bytes += bytes;
	journal->bytes += bytes;
	journal->waiting++;
	widen(journal, &(stretch){ .number = last->number, .from = end, .to = last->bytes });
	pthread_mutex_unlock(&journal->lock);
	return AULA_OK;
}

/* -- reading -- */

/* Removes the first segment if it is read and another follows. */
static bool
next_segment(aula_journal *journal)
{
	segment *first = NULL;

	pthread_mutex_lock(&journal->lock);
	if (journal->segments.length > 1 || journal->write_fd < 0)
		first = g_queue_pop_head(&journal->segments);
	if (first != NULL)
		journal->bytes -= first->bytes;
	pthread_mutex_unlock(&journal->lock);
	if (first == NULL)
		return false;
	if (journal->read_fd >= 0)
		close(journal->read_fd);
	journal->read_fd = -1;
	journal->offset = sizeof magic;
	remove_segment(journal, first->number);
	g_free(first);
	return true;
}

static bool
fill(aula_journal *journal, int64_t length)
{
	if ((size_t)length > journal->buffer_bytes) {
		journal->buffer = g_realloc(journal->buffer, (size_t)length);
		journal->buffer_bytes = (size_t)length;
	}
	if (journal->read_fd < 0) {
		pthread_mutex_lock(&journal->lock);
		uint64_t number = ((segment *)g_queue_peek_head(&journal->segments))->number;
		pthread_mutex_unlock(&journal->lock);
		g_autofree char *path = path_of(journal, number);
		journal->read_fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return journal->read_fd >= 0 &&
	       read_all(journal->read_fd, journal->buffer, (size_t)length, journal->offset);
}

/* Bytes of the first segment that are not read; 0: there is none. */
static int64_t
readable(aula_journal *journal)
{
	do {
		pthread_mutex_lock(&journal->lock);
		const segment *first = g_queue_peek_head(&journal->segments);
		int64_t left = first != NULL ? first->bytes - journal->offset : 0;
		/* Those that a bad disk took count no longer. */
		if (left <= 0 && journal->segments.length <= 1)
			journal->waiting = 0;
		pthread_mutex_unlock(&journal->lock);
		if (left > 0)
			return left;
	} while (next_segment(journal));
	return 0;
}

/* The disk does not give back what it took: the rest of this segment is lost. */
static void
give_up(aula_journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	segment *first = g_queue_peek_head(&journal->segments);
	journal->offset = first->bytes;
	pthread_mutex_unlock(&journal->lock);
	aula_log(AULA_LOG_ERROR, "events", "the rest of a segment cannot be read folder=%s",
		journal->folder);
}

size_t
aula_journal_read(aula_journal *journal, size_t most, size_t bytes_most, aula_event_text *ret_texts)
{
	int64_t left = readable(journal), length = MIN(left, (int64_t)bytes_most);
	size_t at = 0, one;
	uint32_t head;

	g_array_set_size(journal->ends, 0);
	if (left == 0)
		return 0;
	if (!fill(journal, length)) {
		give_up(journal);
		return 0;
	}
	memcpy(&head, journal->buffer, sizeof head);
	int64_t first = HEAD_BYTES + (int64_t)GUINT32_FROM_LE(head);
	if (first > length && first <= left) {
		length = first;
		if (!fill(journal, length)) {
			give_up(journal);
			return 0;
		}
	}
	while (journal->ends->len < most &&
		(one = record(journal->buffer + at, (size_t)length - at)) > 0) {
		ret_texts[journal->ends->len] =
			(aula_event_text){ (const char *)journal->buffer + at + HEAD_BYTES,
				one - HEAD_BYTES };
		at += one;
		int64_t end = journal->offset + (int64_t)at;
		g_array_append_val(journal->ends, end);
	}
	if (journal->ends->len == 0)
		give_up(journal);
	return journal->ends->len;
}

void
aula_journal_done(aula_journal *journal, size_t count)
{
	if (count == 0)
		return;
	g_assert(count <= journal->ends->len);
	journal->offset = g_array_index(journal->ends, int64_t, count - 1);
	pthread_mutex_lock(&journal->lock);
	position to = { .number = ((segment *)g_queue_peek_head(&journal->segments))->number,
		.offset = (uint64_t)journal->offset };
	journal->waiting -= MIN(count, journal->waiting);
	pthread_mutex_unlock(&journal->lock);
	to.check = sum(&to, offsetof(position, check));
	/* If that fails, a process that comes after reads them again. */
	(void)!pwrite(journal->position_fd, &to, sizeof to, 0);
	(void)readable(journal);
}

/* -- counts -- */

size_t
aula_journal_waiting(aula_journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	size_t waiting = journal->waiting;
	pthread_mutex_unlock(&journal->lock);
	return waiting;
}

int64_t
aula_journal_bytes(aula_journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	int64_t bytes = journal->bytes;
	pthread_mutex_unlock(&journal->lock);
	return bytes;
}
