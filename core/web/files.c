/* SPDX-License-Identifier: Apache-2.0 */
#include "web/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "web/compress.h"
#include "web/policy.h"
#include "web/types.h"

/* A file up to here is kept whole; all of them together, with their compressed forms, up to there.
 */
enum { KEPT_FILE_BYTES = 1 << 20, KEPT_BYTES = 48 << 20, COMPRESS_FROM_BYTES = 256 };

struct aula_web_file {
	atomic_uint references;
	const aula_web_type *type;
	struct stat state;
	char modified[32];
	char tag[36];   /* the core of its ETag */
	char *hashes;   /* NULL: no HTML */
	int descriptor; /* -1: kept in memory */
	aula_web_files *home;
	/* Behind home->lock. A representation once made stays until the file is freed. */
	struct {
		void *bytes;
		size_t length;
		bool tried;
	} forms[AULA_WEB_ENCODING_COUNT_];
	char *path; /* its key while it is kept; NULL: it is not */
	GList link;
};

struct aula_web_files {
	char *root; /* without links, without the slash at the end */
	/* GLib's own locks are invisible to the thread sanitizer. */
	pthread_mutex_t lock;
	GHashTable *kept; /* path -> file; the queue owns the reference */
	GQueue order;     /* the latest used first */
	size_t bytes;
};

aula_web_files *
aula_web_files_new(const char *root, GError **error)
{
	struct stat state;
	g_autofree char *real = NULL;
	char *found = realpath(root, NULL);

	if (found == NULL || stat(found, &state) != 0 || !S_ISDIR(state.st_mode)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR,
			"The folder of pages \"%s\" cannot be used: %s", root,
			found == NULL ? g_strerror(errno) : "it is no folder");
		free(found);
		return NULL;
	}
	real = g_strdup(found);
	free(found);
	aula_web_files *files = g_new0(aula_web_files, 1);
	files->root = g_steal_pointer(&real);
	if (strcmp(files->root, "/") == 0)
		files->root[0] = '\0';
	pthread_mutex_init(&files->lock, NULL);
	files->kept = g_hash_table_new(g_str_hash, g_str_equal);
	g_queue_init(&files->order);
	return files;
}

/* Behind the lock. Forgets a kept file; requests that hold it go on. Returns what to unref. */
static aula_web_file *
forget(aula_web_files *files, aula_web_file *file)
{
	g_hash_table_remove(files->kept, file->path);
	g_queue_unlink(&files->order, &file->link);
	for (int i = 0; i < AULA_WEB_ENCODING_COUNT_; i++)
		files->bytes -= file->forms[i].length;
	g_clear_pointer(&file->path, g_free);
	return file;
}

void
aula_web_files_free(aula_web_files *files)
{
	if (files == NULL)
		return;
	while (!g_queue_is_empty(&files->order))
		aula_web_file_unref(forget(files, g_queue_peek_head(&files->order)));
	g_hash_table_unref(files->kept);
	pthread_mutex_destroy(&files->lock);
	g_free(files->root);
	g_free(files);
}

void
aula_web_file_unref(aula_web_file *file)
{
	if (file == NULL || atomic_fetch_sub(&file->references, 1) > 1)
		return;
	for (int i = 0; i < AULA_WEB_ENCODING_COUNT_; i++)
		g_free(file->forms[i].bytes);
	if (file->descriptor >= 0)
		close(file->descriptor);
	g_free(file->hashes);
	g_free(file);
}

/* No name on the way may begin with a dot (so no "..", no .git), be empty, or hold what is no
 * text. */
static bool
allowed(const char *path)
{
	if (*path != '/' || strlen(path) > 1024)
		return false;
	for (const char *at = path; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '\\' ||
			(*at == '/' && (at[1] == '.' || at[1] == '/')))
			return false;
	return true;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Opens what `full` leads to when that is a plain file inside the root. */
static int
open_inside(const aula_web_files *files, const char *full, struct stat *ret_state)
{
	char *real = realpath(full, NULL);
	size_t length = strlen(files->root);
	int descriptor = -1;

	if (real != NULL && strncmp(real, files->root, length) == 0 && allowed(real + length))
		descriptor = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	free(real);
	if (descriptor >= 0 &&
		(fstat(descriptor, ret_state) != 0 || !S_ISREG(ret_state->st_mode))) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

/* Reads all of a small file into its plain form. False when it is not small any more. */
static bool
read_whole(aula_web_file *file, int descriptor)
{
	char *bytes = g_malloc(KEPT_FILE_BYTES + 1);
	size_t length = 0;

	for (;;) {
		ssize_t got = read(descriptor, bytes + length, KEPT_FILE_BYTES + 1 - length);
		if (got < 0 && errno == EINTR)
			continue;
		length += got > 0 ? (size_t)got : 0;
		if (got < 0 || length > KEPT_FILE_BYTES) {
			g_free(bytes);
			return false;
		}
		if (got == 0)
			break;
	}
	file->forms[AULA_WEB_IDENTITY].bytes = g_realloc(bytes, MAX(length, 1));
	file->forms[AULA_WEB_IDENTITY].length = length;
	return true;
}

static aula_web_file *
load(aula_web_files *files, int descriptor, const struct stat *state, const char *full)
{
	aula_web_file *file = g_new0(aula_web_file, 1);
	struct tm when;

	atomic_init(&file->references, 1);
	file->home = files;
	file->link.data = file;
	file->state = *state;
	file->type = aula_web_type_of(full);
	file->descriptor = descriptor;
	strftime(file->modified, sizeof file->modified, "%a, %d %b %Y %H:%M:%S GMT",
		gmtime_r(&state->st_mtim.tv_sec, &when));
	if (state->st_size > KEPT_FILE_BYTES || !read_whole(file, descriptor)) {
		g_snprintf(file->tag, sizeof file->tag, "%" G_GINT64_MODIFIER "x-%lx-%lx",
			(gint64)state->st_size, (long)state->st_mtim.tv_sec,
			(long)state->st_mtim.tv_nsec);
		return file;
	}
	close(descriptor);
	file->descriptor = -1;
	const char *bytes = file->forms[AULA_WEB_IDENTITY].bytes;
	size_t length = file->forms[AULA_WEB_IDENTITY].length;
	g_autofree char *digest =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, length);
	g_strlcpy(file->tag, digest, 25);
	if (g_str_has_prefix(file->type->type, "text/html"))
		file->hashes = aula_web_policy_hashes(bytes, length);
	return file;
}

/* Keeps a file, in place of an older one of the same path, and drops what was not used for longest
 * until all fits. */
static void
keep(aula_web_files *files, aula_web_file *file, const char *full)
{
	g_autoptr(GPtrArray) dropped =
		g_ptr_array_new_with_free_func((GDestroyNotify)aula_web_file_unref);

	atomic_fetch_add(&file->references, 1);
	pthread_mutex_lock(&files->lock);
	aula_web_file *old = g_hash_table_lookup(files->kept, full);
	if (old != NULL)
		g_ptr_array_add(dropped, forget(files, old));
	file->path = g_strdup(full);
	g_hash_table_insert(files->kept, file->path, file);
	g_queue_push_head_link(&files->order, &file->link);
	files->bytes += file->forms[AULA_WEB_IDENTITY].length;
	while (files->bytes > KEPT_BYTES)
		g_ptr_array_add(dropped, forget(files, g_queue_peek_tail(&files->order)));
	pthread_mutex_unlock(&files->lock);
}

static aula_web_file *
look_up(aula_web_files *files, const char *full, const struct stat *state)
{
	pthread_mutex_lock(&files->lock);
	aula_web_file *file = g_hash_table_lookup(files->kept, full);
	if (file != NULL && same(&file->state, state)) {
		atomic_fetch_add(&file->references, 1);
		g_queue_unlink(&files->order, &file->link);
		g_queue_push_head_link(&files->order, &file->link);
	} else {
		file = NULL;
	}
	pthread_mutex_unlock(&files->lock);
	return file;
}

aula_web_file *
aula_web_files_find(aula_web_files *files, const char *path, int *ret_status)
{
	struct stat state;

	*ret_status = 404;
	if (!allowed(path))
		return NULL;
	bool folder = g_str_has_suffix(path, "/");
	g_autofree char *full = g_strconcat(files->root, path, folder ? "index.html" : NULL, NULL);
	if (stat(full, &state) != 0)
		return NULL;
	if (S_ISDIR(state.st_mode)) {
		*ret_status = folder ? 404 : 301;
		return NULL;
	}
	aula_web_file *file = look_up(files, full, &state);
	if (file != NULL)
		return file;
	int descriptor = open_inside(files, full, &state);
	if (descriptor < 0)
		return NULL;
	file = load(files, descriptor, &state, full);
	if (file->descriptor < 0)
		keep(files, file, full);
	return file;
}

const char *
aula_web_file_type(const aula_web_file *file)
{
	return file->type->type;
}

const char *
aula_web_file_modified(const aula_web_file *file)
{
	return file->modified;
}

const char *
aula_web_file_hashes(const aula_web_file *file)
{
	return file->hashes;
}

int
aula_web_file_descriptor(const aula_web_file *file)
{
	return file->descriptor;
}

bool
aula_web_file_compressible(const aula_web_file *file)
{
	return file->type->compress && file->descriptor < 0 &&
	       file->state.st_size >= COMPRESS_FROM_BYTES;
}

/* True when the file has that form; makes it the first time. */
static bool
make_form(aula_web_file *file, aula_web_encoding encoding)
{
	aula_web_files *files = file->home;

	pthread_mutex_lock(&files->lock);
	bool tried = file->forms[encoding].tried, there = file->forms[encoding].bytes != NULL;
	pthread_mutex_unlock(&files->lock);
	if (tried)
		return there;
	/* Two threads may do this at once, once per file: cheaper than one waiting. */
	size_t length = 0;
	void *bytes = aula_web_compress(file->forms[AULA_WEB_IDENTITY].bytes,
		file->forms[AULA_WEB_IDENTITY].length, encoding, &length);
	pthread_mutex_lock(&files->lock);
	if (!file->forms[encoding].tried) {
		file->forms[encoding].tried = true;
		file->forms[encoding].bytes = g_steal_pointer(&bytes);
		file->forms[encoding].length = length;
		if (file->path != NULL)
			files->bytes += length;
	}
	there = file->forms[encoding].bytes != NULL;
	pthread_mutex_unlock(&files->lock);
	g_free(bytes);
	return there;
}

void
aula_web_file_variant(aula_web_file *file, aula_web_encoding wanted, aula_web_variant *ret_variant)
{
	static const char *const suffixes[] = { "", "-gz", "-br" };

	if (wanted != AULA_WEB_IDENTITY &&
		(!aula_web_file_compressible(file) || !make_form(file, wanted)))
		wanted = AULA_WEB_IDENTITY;
	bool kept = file->descriptor < 0;
	*ret_variant = (aula_web_variant){
		.bytes = kept ? file->forms[wanted].bytes : NULL,
		.size = kept ? (int64_t)file->forms[wanted].length : (int64_t)file->state.st_size,
		.encoding = wanted,
	};
	g_snprintf(ret_variant->etag, sizeof ret_variant->etag, "\"%s%s\"", file->tag,
		suffixes[wanted]);
}
