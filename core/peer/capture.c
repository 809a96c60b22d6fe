/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	NAME_MOST = 128,
	FILE_HEADER_BYTES = 24,
	RECORD_HEADER_BYTES = 16,
	IP_BYTES = 20,
	UDP_BYTES = 8,
	PORT = 5004,
	SNAP_BYTES = 65535,
	LINK_RAW = 101, /* LINKTYPE_RAW: the packet begins with its IP header */
	TEXT_COLUMNS_BYTES = 3,
	TEXT_LINE_BYTES = 40,
};

struct aula_capture {
	atomic_uint refs;
	aula_worker *worker;
	char *path;
	bool text;
	int64_t bytes_most;
	size_t truncate;
	int descriptor; /* [worker], once made */
	atomic_bool over;
	const char *_Atomic why;
	_Atomic uint64_t packets, bytes, dropped;
};

/* One packet on its way to the worker. */
typedef struct {
	aula_work work;
	aula_capture *capture;
	int64_t time_us; /* since 1970 */
	bool in;
	size_t length, kept;
	uint8_t bytes[];
} entry;

bool
aula_capture_name_is_good(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= NAME_MOST && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       length;
}

/* -- bytes -- */

static uint8_t *
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

/* The words of the file itself are in the order of this machine, as its first one tells. */
static uint8_t *
put_word(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

static void
write_file_header(uint8_t *at)
{
	const uint16_t version[] = { 2, 4 };

	at = put_word(at, 0xa1b2c3d4);
	memcpy(at, version, sizeof version);
	at = put_word(at + sizeof version, 0);
	at = put_word(at, 0);
	at = put_word(at, SNAP_BYTES);
	put_word(at, LINK_RAW);
}

/* IPv4 (RFC 791) and UDP (RFC 768) without a checksum, around `length` bytes. */
static void
write_headers(uint8_t *at, bool in, size_t length)
{
	static const uint8_t peer[] = { 10, 1, 1, 1 }, server[] = { 10, 2, 2, 2 };
	uint8_t *ip = at;
	uint32_t sum = 0;

	memset(at, 0, IP_BYTES + UDP_BYTES);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned)(IP_BYTES + UDP_BYTES + length));
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, in ? peer : server, 4);
	memcpy(ip + 16, in ? server : peer, 4);
	for (int i = 0; i < IP_BYTES; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
	at = put16(ip + IP_BYTES, PORT);
	at = put16(at, PORT);
	put16(at, (unsigned)(UDP_BYTES + length));
}

/* -- on the worker -- */

static void
close_file(aula_capture *capture)
{
	if (capture->descriptor >= 0)
		close(capture->descriptor);
	capture->descriptor = -1;
}

static bool
write_out(aula_capture *capture, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	if (atomic_load(&capture->bytes) + length > (uint64_t)capture->bytes_most) {
		aula_capture_stop(capture, "the bound is reached");
		return false;
	}
	while (length > 0) {
		ssize_t done = write(capture->descriptor, at, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			aula_capture_stop(capture, errno == ENOSPC ? "the disk is full"
								   : "the file cannot be written");
			return false;
		}
		at += done;
		length -= (size_t)done;
		atomic_fetch_add(&capture->bytes, (uint64_t)done);
	}
	return true;
}

static bool
write_record(aula_capture *capture, const entry *one)
{
	uint8_t out[RECORD_HEADER_BYTES + IP_BYTES + UDP_BYTES + 2048];
	size_t kept = MIN(one->kept, (size_t)2048);
	uint8_t *at = put_word(out, (uint32_t)(one->time_us / G_USEC_PER_SEC));

	at = put_word(at, (uint32_t)(one->time_us % G_USEC_PER_SEC));
	at = put_word(at, (uint32_t)(IP_BYTES + UDP_BYTES + kept));
	at = put_word(at, (uint32_t)(IP_BYTES + UDP_BYTES + one->length));
	write_headers(at, one->in, one->length);
	memcpy(at + IP_BYTES + UDP_BYTES, one->bytes, kept);
	return write_out(capture, out, (size_t)(at - out) + IP_BYTES + UDP_BYTES + kept);
}

/* text2pcap -D -t "%H:%M:%S.%f" -4 10.1.1.1,10.2.2.2 -u 5004,5004 */
static bool
write_text(aula_capture *capture, const entry *one)
{
	time_t seconds = (time_t)(one->time_us / G_USEC_PER_SEC);
	struct tm date;
	g_autoptr(GString) line =
		g_string_sized_new(one->kept * TEXT_COLUMNS_BYTES + TEXT_LINE_BYTES);

	localtime_r(&seconds, &date);
	g_string_printf(line, "%c %02d:%02d:%02d.%06d 000000", one->in ? 'I' : 'O', date.tm_hour,
		date.tm_min, date.tm_sec, (int)(one->time_us % G_USEC_PER_SEC));
	for (size_t i = 0; i < one->kept; i++)
		g_string_append_printf(line, " %02x", one->bytes[i]);
	g_string_append_c(line, '\n');
	return write_out(capture, line->str, line->len);
}

static void
discard(aula_work *work)
{
	entry *one = (entry *)work;

	aula_capture_unref(one->capture);
	g_free(one);
}

static void
run(aula_work *work)
{
	entry *one = (entry *)work;
	aula_capture *capture = one->capture;

	if (!atomic_load(&capture->over) &&
		(capture->text ? write_text(capture, one) : write_record(capture, one)))
		atomic_fetch_add(&capture->packets, 1);
	if (atomic_load(&capture->over))
		close_file(capture);
	discard(work);
}

/* -- from elsewhere -- */

void
aula_capture_packet(aula_capture *capture, bool in, const uint8_t *head, size_t head_length,
	const uint8_t *rest, size_t rest_length)
{
	size_t length = head_length + rest_length;
	size_t kept = capture->truncate > 0 ? MIN(length, capture->truncate) : length;

	if (atomic_load_explicit(&capture->over, memory_order_relaxed))
		return;
	entry *one = g_malloc(sizeof *one + length);
	*one = (entry){ .work = { .bytes = sizeof *one + length, .run = run, .discard = discard },
		.capture = aula_capture_ref(capture),
		.time_us = g_get_real_time(),
		.in = in,
		.length = length,
		.kept = kept };
	memcpy(one->bytes, head, head_length);
	if (rest_length > 0)
		memcpy(one->bytes + head_length, rest, rest_length);
	if (!aula_worker_post(capture->worker, &one->work)) {
		atomic_fetch_add(&capture->dropped, 1);
		discard(&one->work);
	}
}

aula_capture *
aula_capture_new(aula_worker *worker, const aula_capture_options *options, GError **error)
{
	g_autofree char *path = g_build_filename(options->folder, options->name, NULL);
	uint8_t header[FILE_HEADER_BYTES];

	g_assert(aula_capture_name_is_good(options->name));
	g_mkdir_with_parents(options->folder, 0700);
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	write_file_header(header);
	if (descriptor < 0 ||
		(!options->text && write(descriptor, header, sizeof header) != sizeof header)) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			"%s cannot be written: %s", path, g_strerror(errno));
		if (descriptor >= 0)
			close(descriptor);
		return NULL;
	}
	aula_capture *capture = g_new0(aula_capture, 1);
	atomic_init(&capture->refs, 1);
	atomic_init(&capture->why, "");
	capture->worker = worker;
	capture->path = g_steal_pointer(&path);
	capture->text = options->text;
	capture->bytes_most = options->bytes_most;
	capture->truncate = options->truncate;
	capture->descriptor = descriptor;
	atomic_init(&capture->bytes, options->text ? 0 : sizeof header);
	return capture;
}

aula_capture *
aula_capture_ref(aula_capture *capture)
{
	atomic_fetch_add(&capture->refs, 1);
	return capture;
}

void
aula_capture_unref(aula_capture *capture)
{
	if (capture == NULL || atomic_fetch_sub(&capture->refs, 1) > 1)
		return;
	close_file(capture);
	g_free(capture->path);
	g_free(capture);
}

void
aula_capture_stop(aula_capture *capture, const char *why)
{
	if (!atomic_exchange(&capture->over, true))
		atomic_store(&capture->why, why);
}

aula_capture_state
aula_capture_state_of(aula_capture *capture)
{
	return (aula_capture_state){ .packets = atomic_load(&capture->packets),
		.bytes = atomic_load(&capture->bytes),
		.dropped = atomic_load(&capture->dropped),
		.over = atomic_load(&capture->over),
		.why = atomic_load(&capture->why) };
}

const char *
aula_capture_path(const aula_capture *capture)
{
	return capture->path;
}
