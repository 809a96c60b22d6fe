/* SPDX-License-Identifier: Apache-2.0 */
/* Gives every file of a corpus, and the beginnings of each, to a fuzz target. The corpus of
 * fuzz-NAME is corpus/NAME; other files or folders can be named as arguments. Speaks TAP. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PREFIXES = 64, PATH_BYTES = 4096 };

/* A copy of just the right size lets the address sanitizer see a read beyond the end. */
static void
give(const uint8_t *data, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	if (!copy)
		abort();
	memcpy(copy, data, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static uint8_t *
read_whole(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "rb");
	struct stat about;

	if (!file || fstat(fileno(file), &about) < 0)
		return NULL;
	uint8_t *data = malloc((size_t)about.st_size + 1);
	*ret_length = data ? fread(data, 1, (size_t)about.st_size, file) : 0;
	fclose(file);
	return data;
}

static bool
replay_file(const char *path)
{
	static int number;
	size_t length = 0;
	uint8_t *data = read_whole(path, &length);

	if (!data) {
		printf("not ok %d - %s: %s\n", ++number, path, strerror(errno));
		return false;
	}
	for (size_t i = 0; i < PREFIXES; i++)
		give(data, length * i / PREFIXES);
	give(data, length);
	free(data);
	const char *slash = strrchr(path, '/');
	printf("ok %d - %s\n", ++number, slash ? slash + 1 : path);
	fflush(stdout);
	return true;
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Returns how many files were read; -1: there is no such folder, or one of them failed. */
static int
replay(const char *path)
{
	struct dirent **entries;
	struct stat about;
	bool good = true;

	if (stat(path, &about) == 0 && !S_ISDIR(about.st_mode))
		return replay_file(path) ? 1 : -1;
	int count = scandir(path, &entries, is_input, alphasort);
	for (int i = 0; i < count; i++) {
		char file[PATH_BYTES];

		int length = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		good &= length > 0 && length < PATH_BYTES && replay_file(file);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return good ? count : -1;
}

/* "…/lt-fuzz-sdp" -> "$TOP_SRCDIR/tests/fuzz/corpus/sdp" */
static void
own_corpus(const char *program, char *out, size_t size)
{
	const char *top = getenv("TOP_SRCDIR"), *name = strstr(program, "fuzz-");

	for (const char *next = name; next; next = strstr(next + 1, "fuzz-"))
		name = next;
	snprintf(out, size, "%s/tests/fuzz/corpus/%s", top ? top : ".",
		name ? name + strlen("fuzz-") : "");
}

int
main(int argc, char **argv)
{
	int total = 0;
	char path[PATH_BYTES];

	for (int i = 1; i < argc || i == 1; i++) {
		if (argc > 1)
			snprintf(path, sizeof(path), "%s", argv[i]);
		else
			own_corpus(argv[0], path, sizeof(path));
		int count = replay(path);
		if (count <= 0) {
			printf("Bail out! no input could be read from %s\n", path);
			return 1;
		}
		total += count;
	}
	printf("1..%d\n", total);
	return 0;
}
