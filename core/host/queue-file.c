/* SPDX-License-Identifier: Apache-2.0 */
#include "host/queue-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"

enum {
	PAGE_BYTES = 4096, /* before the ring */
	RECORD_HEAD_BYTES = 8,
	BOOT_BYTES = 40,
};

static const char magic[8] = "AULAQUE1";

/* The start of the file. What lies from `tail` to `head` (both modulo `bytes`) waits: records of
 * length, CRC-32 of the text, text; a killed process leaves no half one, as `head` moves last. */
typedef struct {
	char magic[8];
	uint64_t bytes;        /* of the ring */
	char boot[BOOT_BYTES]; /* of the machine: since another one it is not to be trusted */
	_Atomic uint64_t head; /* the putter's */
	_Atomic uint64_t tail; /* the taker's; the putter's while nothing waits */
} header;

struct aula_queue_file {
	header *front;
	char *ring;
};

/* "" when the kernel does not say. */
static void
read_boot(char *ret_boot)
{
	g_autofree char *text = NULL;

	memset(ret_boot, 0, BOOT_BYTES);
	if (g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
		g_strlcpy(ret_boot, text, BOOT_BYTES);
}

static void
copy_in(aula_queue_file *file, uint64_t at, const void *from, size_t length)
{
	size_t start = at % file->front->bytes, first = MIN(length, file->front->bytes - start);

	memcpy(file->ring + start, from, first);
	memcpy(file->ring, (const char *)from + first, length - first);
}

static void
copy_out(const aula_queue_file *file, uint64_t at, void *to, size_t length)
{
	size_t start = at % file->front->bytes, first = MIN(length, file->front->bytes - start);

	memcpy(to, file->ring + start, first);
	memcpy((char *)to + first, file->ring, length - first);
}

bool
aula_queue_file_put(aula_queue_file *file, const char *text, size_t length)
{
	header *front = file->front;
	uint64_t head = atomic_load_explicit(&front->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&front->tail, memory_order_acquire);
	uint32_t start[2] = { (uint32_t)length,
		(uint32_t)crc32(0, (const void *)text, (unsigned)length) };

	/* From the beginning again, so that few pages are ever touched. Killed in between, it is
	 * empty: head is before tail. */
	if (head == tail && head != 0) {
		atomic_store(&front->head, 0);
		atomic_store(&front->tail, 0);
		head = tail = 0;
	}
	if (head - tail + RECORD_HEAD_BYTES + length > front->bytes)
		return false;
	copy_in(file, head, start, RECORD_HEAD_BYTES);
	copy_in(file, head + RECORD_HEAD_BYTES, text, length);
	atomic_store_explicit(
		&front->head, head + RECORD_HEAD_BYTES + length, memory_order_release);
	return true;
}

void
aula_queue_file_take_back(aula_queue_file *file, size_t length)
{
	atomic_fetch_sub(&file->front->head, RECORD_HEAD_BYTES + length);
}

void
aula_queue_file_done(aula_queue_file *file, size_t length)
{
	atomic_fetch_add_explicit(
		&file->front->tail, RECORD_HEAD_BYTES + length, memory_order_release);
}

/* -- opening -- */

static bool
fail(GError **error, const char *path, int problem)
{
	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s", path,
		g_strerror(problem));
	return false;
}

static bool
map(aula_queue_file *file, int fd, size_t bytes)
{
	void *at = mmap(NULL, PAGE_BYTES + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return false;
	file->front = at;
	file->ring = (char *)at + PAGE_BYTES;
	return true;
}

static void
unmap(aula_queue_file *file)
{
	munmap(file->front, PAGE_BYTES + file->front->bytes);
	file->front = NULL;
}

/* Up to the first record that is not whole, which only somebody else can have written. */
static void
tell_left(aula_queue_file *file, const char *path, aula_queue_file_left left, void *data)
{
	uint64_t tail = atomic_load(&file->front->tail), head = atomic_load(&file->front->head);
	size_t count = 0;

	if (head < tail || head - tail > file->front->bytes)
		return;
	while (head - tail >= RECORD_HEAD_BYTES) {
		uint32_t start[2];
		copy_out(file, tail, start, sizeof start);
		if (start[0] > head - tail - RECORD_HEAD_BYTES)
			break;
		g_autofree char *text = g_malloc(start[0] + 1);
		copy_out(file, tail + RECORD_HEAD_BYTES, text, start[0]);
		if (crc32(0, (const void *)text, start[0]) != start[1])
			break;
		text[start[0]] = '\0';
		left(data, text, start[0]);
		count++;
		tail += RECORD_HEAD_BYTES + start[0];
		atomic_store(&file->front->tail, tail);
	}
	if (count > 0)
		aula_log(AULA_LOG_WARNING, "events",
			"events that waited in memory when the server was killed are kept "
			"path=%s count=%zu",
			path, count);
}

/* What an earlier process left, in a ring of the size that it had. */
static void
look_back(int fd, const char *path, aula_queue_file_left left, void *data)
{
	aula_queue_file file = { 0 };
	char boot[BOOT_BYTES];
	struct stat about;
	header was;

	read_boot(boot);
	if (fstat(fd, &about) != 0 || pread(fd, &was, sizeof was, 0) != sizeof was ||
		memcmp(was.magic, magic, sizeof magic) != 0 || was.bytes == 0 ||
		was.bytes > (uint64_t)about.st_size ||
		was.bytes + PAGE_BYTES != (uint64_t)about.st_size || boot[0] == '\0' ||
		memcmp(was.boot, boot, sizeof boot) != 0 || !map(&file, fd, was.bytes))
		return;
	tell_left(&file, path, left, data);
	unmap(&file);
}

/* A place for each byte, so that no copy meets a full disk. */
static int
take_space(int fd, size_t bytes)
{
	struct stat about;
	int flags = 0;

	if (fstat(fd, &about) == 0 && about.st_size == (off_t)(PAGE_BYTES + bytes))
		return posix_fallocate(fd, 0, about.st_size);
	if (ftruncate(fd, 0) != 0)
		return errno;
	/* Some file systems write each block to a new place, for which there may be no room; they
	 * can be asked not to, the others say no. */
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		(void)!ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	return posix_fallocate(fd, 0, (off_t)(PAGE_BYTES + bytes));
}

aula_queue_file *
aula_queue_file_open(const char *path, size_t most, size_t bytes_most, aula_queue_file_left left,
	void *data, GError **error)
{
	size_t bytes = bytes_most + most * RECORD_HEAD_BYTES;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	g_autofree aula_queue_file *file = g_new0(aula_queue_file, 1);

	if (fd < 0) {
		fail(error, path, errno);
		return NULL;
	}
	look_back(fd, path, left, data);
	int problem = take_space(fd, bytes);
	if (problem == 0 && !map(file, fd, bytes))
		problem = errno;
	close(fd);
	if (problem != 0) {
		/* Nothing is lost: what was in it has been told. */
		unlink(path);
		fail(error, path, problem);
		return NULL;
	}
	header *front = file->front;
	atomic_store(&front->head, 0);
	atomic_store(&front->tail, 0);
	front->bytes = bytes;
	read_boot(front->boot);
	memcpy(front->magic, magic, sizeof magic);
	return g_steal_pointer(&file);
}

void
aula_queue_file_close(aula_queue_file *file)
{
	if (file == NULL)
		return;
	unmap(file);
	g_free(file);
}
