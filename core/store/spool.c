/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file: magic, id; then records: length of what follows the check, check, sequence, bytes. */
static const char magic[8] = "AULASPL1";

enum {
	HEADER_BYTES = sizeof magic + AULA_SPOOL_ID_BYTES,
	RECORD_HEAD_BYTES = 8,
	RECORD_BYTES_MOST = 64 << 20,
};

typedef struct {
	off_t offset;
	size_t records; /* before it */
} place;

struct aula_spool {
	char *path;
	char id[AULA_SPOOL_ID_BYTES + 1];
	int fd;
	int64_t bytes_most;
	place read, marked, synced, end;
};

/* CRC-32 of ISO 3309, for what a death in the middle of a write leaves. */
static uint32_t
crc(const uint8_t *bytes, size_t length)
{
	static uint32_t table[256];
	static gsize once = 0;
	uint32_t sum = ~0u;

	if (g_once_init_enter(&once)) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t entry = i;
			for (int bit = 0; bit < 8; bit++)
				entry = entry >> 1 ^ (0xedb88320u & -(entry & 1));
			table[i] = entry;
		}
		g_once_init_leave(&once, 1);
	}
	for (size_t i = 0; i < length; i++)
		sum = table[(sum ^ bytes[i]) & 0xff] ^ sum >> 8;
	return ~sum;
}

/* -- bytes of the file -- */

static bool
write_all(int fd, const uint8_t *bytes, size_t length, off_t offset)
{
	while (length > 0) {
		ssize_t written = pwrite(fd, bytes, length, offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		offset += written;
		length -= (size_t)written;
	}
	return true;
}

static bool
read_all(int fd, uint8_t *bytes, size_t length, off_t offset)
{
	while (length > 0) {
		ssize_t got = pread(fd, bytes, length, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		offset += got;
		length -= (size_t)got;
	}
	return true;
}

/* A new file is there after a power cut only if its folder says so. */
static bool
sync_folder(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* The record at `offset` as sequence and bytes; NULL: none, or torn. */
static uint8_t *
read_record(const aula_spool *spool, off_t offset, size_t *ret_length)
{
	uint32_t head[2];

	if (!read_all(spool->fd, (uint8_t *)head, sizeof head, offset))
		return NULL;
	size_t length = GUINT32_FROM_LE(head[0]);
	if (length < sizeof(int64_t) || length > RECORD_BYTES_MOST)
		return NULL;
	uint8_t *bytes = g_malloc(length);
	if (read_all(spool->fd, bytes, length, offset + RECORD_HEAD_BYTES) &&
		crc(bytes, length) == GUINT32_FROM_LE(head[1])) {
		*ret_length = length;
		return bytes;
	}
	g_free(bytes);
	return NULL;
}

/* -- life -- */

static aula_spool *
fail(aula_spool *spool, GError **error, const char *what)
{
	int problem = errno;

	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s: %s",
		spool->path, what, problem != 0 ? g_strerror(problem) : "it is something else");
	aula_spool_free(spool);
	return NULL;
}

static aula_spool *
spool_new(const char *path, int64_t bytes_most, int flags)
{
	aula_spool *spool = g_new0(aula_spool, 1);

	spool->path = g_strdup(path);
	spool->bytes_most = bytes_most;
	spool->fd = open(path, flags | O_CLOEXEC, 0600);
	spool->end.offset = HEADER_BYTES;
	return spool;
}

aula_spool *
aula_spool_create(const char *path, int64_t bytes_most, GError **error)
{
	aula_spool *spool = spool_new(path, bytes_most, O_RDWR | O_CREAT | O_EXCL);
	uint8_t random[AULA_SPOOL_ID_BYTES / 2];

	if (spool->fd < 0 || getrandom(random, sizeof random, 0) != sizeof random)
		return fail(spool, error, "cannot be made");
	for (size_t i = 0; i < sizeof random; i++)
		g_snprintf(spool->id + 2 * i, 3, "%02x", random[i]);
	if (!write_all(spool->fd, (const uint8_t *)magic, sizeof magic, 0) ||
		!write_all(
			spool->fd, (const uint8_t *)spool->id, AULA_SPOOL_ID_BYTES, sizeof magic) ||
		fsync(spool->fd) != 0 || !sync_folder(path))
		return fail(spool, error, "cannot be written");
	spool->read = spool->marked = spool->synced = spool->end;
	return spool;
}

aula_spool *
aula_spool_open(const char *path, int64_t bytes_most, GError **error)
{
	aula_spool *spool = spool_new(path, bytes_most, O_RDWR);
	char head[sizeof magic];
	uint8_t *bytes;
	size_t length;

	if (spool->fd < 0)
		return fail(spool, error, "cannot be opened");
	errno = 0;
	if (!read_all(spool->fd, (uint8_t *)head, sizeof head, 0) ||
		memcmp(head, magic, sizeof head) != 0 ||
		!read_all(spool->fd, (uint8_t *)spool->id, AULA_SPOOL_ID_BYTES, sizeof head))
		return fail(spool, error, "is no spool");
	spool->read = spool->marked = spool->end;
	while ((bytes = read_record(spool, spool->end.offset, &length)) != NULL) {
		spool->end.offset += (off_t)(RECORD_HEAD_BYTES + length);
		spool->end.records++;
		g_free(bytes);
	}
	if (ftruncate(spool->fd, spool->end.offset) != 0)
		return fail(spool, error, "cannot be cut");
	spool->synced = spool->end;
	return spool;
}

size_t
aula_spool_count(const char *path)
{
	aula_spool spool = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	off_t offset = HEADER_BYTES;
	size_t count = 0, length;
	uint8_t *bytes;

	while (spool.fd >= 0 && (bytes = read_record(&spool, offset, &length)) != NULL) {
		offset += (off_t)(RECORD_HEAD_BYTES + length);
		count++;
		g_free(bytes);
	}
	if (spool.fd >= 0)
		close(spool.fd);
	return count;
}

void
aula_spool_free(aula_spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->fd >= 0)
		close(spool->fd);
	g_free(spool->path);
	g_free(spool);
}

void
aula_spool_unlink(aula_spool *spool)
{
	unlink(spool->path);
}

const char *
aula_spool_id(const aula_spool *spool)
{
	return spool->id;
}

size_t
aula_spool_waiting(const aula_spool *spool)
{
	return spool->end.records - spool->read.records;
}

/* -- writing -- */

aula_code
aula_spool_append(aula_spool *spool, int64_t sequence, const aula_transaction *transaction)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	uint32_t head[2] = { 0 };
	int64_t little = GINT64_TO_LE(sequence);

	g_byte_array_append(bytes, (const guint8 *)head, sizeof head);
	g_byte_array_append(bytes, (const guint8 *)&little, sizeof little);
	aula_transaction_write(transaction, bytes);
	size_t length = bytes->len - sizeof head;
	if (length > RECORD_BYTES_MOST || spool->end.offset + bytes->len > spool->bytes_most)
		return AULA_FULL;
	head[0] = GUINT32_TO_LE((uint32_t)length);
	head[1] = GUINT32_TO_LE(crc(bytes->data + sizeof head, length));
	memcpy(bytes->data, head, sizeof head);
	if (!write_all(spool->fd, bytes->data, bytes->len, spool->end.offset)) {
		if (ftruncate(spool->fd, spool->end.offset) != 0)
			return AULA_UNAVAILABLE; /* torn, and cut off when it is opened again */
		return AULA_UNAVAILABLE;
	}
	spool->end.offset += bytes->len;
	spool->end.records++;
	return AULA_OK;
}

aula_code
aula_spool_sync(aula_spool *spool)
{
	if (spool->end.offset == spool->synced.offset)
		return AULA_OK;
	if (fdatasync(spool->fd) == 0) {
		spool->synced = spool->end;
		return AULA_OK;
	}
	spool->end = spool->synced;
	/* If that fails too, the next record is written over what is behind the end. */
	if (ftruncate(spool->fd, spool->end.offset) != 0)
		return AULA_UNAVAILABLE;
	return AULA_UNAVAILABLE;
}

/* -- reading -- */

bool
aula_spool_next(aula_spool *spool, aula_spool_record *ret_record)
{
	size_t length;

	if (spool->read.records >= spool->synced.records)
		return false;
	g_autofree uint8_t *bytes = read_record(spool, spool->read.offset, &length);
	if (bytes == NULL)
		return false;
	int64_t sequence;
	memcpy(&sequence, bytes, sizeof sequence);
	*ret_record = (aula_spool_record){ .sequence = GINT64_FROM_LE(sequence),
		.transaction =
			aula_transaction_read(bytes + sizeof sequence, length - sizeof sequence) };
	spool->read.offset += (off_t)(RECORD_HEAD_BYTES + length);
	spool->read.records++;
	return true;
}

void
aula_spool_mark(aula_spool *spool)
{
	spool->marked = spool->read;
	if (spool->read.records < spool->end.records || spool->end.records == 0)
		return;
	if (ftruncate(spool->fd, HEADER_BYTES) == 0)
		spool->read = spool->marked = spool->synced = spool->end =
			(place){ .offset = HEADER_BYTES };
}

void
aula_spool_rewind(aula_spool *spool)
{
	spool->read = spool->marked;
}
