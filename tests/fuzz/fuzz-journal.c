/* SPDX-License-Identifier: Apache-2.0 */
/* A journal of events that another process, a power cut or somebody's editor has left: a byte that
 * says how many of those that follow are the file `position` (24 of them make a whole one), those,
 * and the first segment; what stands behind the magic of another segment is the second one. What
 * is read is what was counted, and the journal is of use afterwards, also to a process that comes
 * then. */
#include "fuzz.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "host/journal.h"

enum { BOUND = 1 << 20, TEXTS_MOST = 64, MAGIC_BYTES = 8 };

static const char *const names[] = { "position", "0000000000000001.events",
	"0000000000000002.events" };
static const char mark[] = "AULAEVT1", last[] = "{\"last\":1}";

/* Of this process, in memory where there is such a place. */
static char *
path_of(const char *name)
{
	const char *shm =
		g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();

	return g_strdup_printf("%s/fuzz-journal-%d%s%s", shm, (int)getpid(),
		name != NULL ? "/" : "", name != NULL ? name : "");
}

static void
write_file(const char *name, const uint8_t *data, size_t length)
{
	g_autofree char *path = path_of(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	HOLDS(fd >= 0 && write(fd, data, length) == (ssize_t)length);
	close(fd);
}

static void
empty_folder(void)
{
	g_autofree char *folder = path_of(NULL);
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = path_of(name);
		HOLDS(unlink(path) == 0);
	}
	if (dir != NULL)
		g_dir_close(dir);
}

static aula_journal *
open_journal(void)
{
	g_autofree char *folder = path_of(NULL);
	aula_journal *journal = aula_journal_open(folder, BOUND, NULL);

	HOLDS(journal != NULL);
	return journal;
}

/* Reads all there is, by turns a few at once and one, with little room and much. */
static size_t
read_all_of(aula_journal *journal, bool *ret_last)
{
	aula_event_text texts[TEXTS_MOST];
	size_t count, total = 0;
	static volatile unsigned sum;

	*ret_last = false;
	while (aula_journal_waiting(journal) > 0) {
		count = aula_journal_read(
			journal, total % 3 == 1 ? 1 : TEXTS_MOST, total % 2 ? 16 : BOUND, texts);
		for (size_t i = 0; i < count; i++) {
			HOLDS(texts[i].length > 0);
			/* So that every byte of it is looked at. */
			for (size_t at = 0; at < texts[i].length; at++)
				sum += (unsigned char)texts[i].text[at];
			*ret_last = texts[i].length == strlen(last) &&
				    memcmp(texts[i].text, last, strlen(last)) == 0;
		}
		aula_journal_done(journal, count);
		total += count;
	}
	return total;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	size_t position = length > 0 ? data[0] : 0;
	bool is_last;

	aula_log_open(AULA_LOG_ERROR);
	if (length < 1 + position || length > BOUND / 2)
		return 0;
	g_autofree char *folder = path_of(NULL);
	HOLDS(g_mkdir_with_parents(folder, 0700) == 0);
	empty_folder();
	write_file(names[0], data + 1, position);
	data += 1 + position;
	length -= 1 + position;
	const uint8_t *second =
		length > MAGIC_BYTES
			? memmem(data + MAGIC_BYTES, length - MAGIC_BYTES, mark, MAGIC_BYTES)
			: NULL;
	size_t first_length = second != NULL ? (size_t)(second - data) : length;
	write_file(names[1], data, first_length);
	if (second != NULL)
		write_file(names[2], second, length - first_length);
	aula_journal *journal = open_journal();
	size_t waiting = aula_journal_waiting(journal);
	HOLDS(aula_journal_bytes(journal) <= (int64_t)length);
	HOLDS(read_all_of(journal, &is_last) <= waiting);
	HOLDS(aula_journal_append(journal, last, strlen(last)) == AULA_OK);
	HOLDS(aula_journal_sync(journal));
	aula_journal_close(journal);
	journal = open_journal();
	HOLDS(read_all_of(journal, &is_last) == 1 && is_last);
	aula_journal_close(journal);
	empty_folder();
	HOLDS(rmdir(folder) == 0);
	return 0;
}
