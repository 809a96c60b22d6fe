/* SPDX-License-Identifier: Apache-2.0 */
#include "store/backlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const char prefix[] = "spool-", suffix[] = ".waiting", aside[] = ".aside";
static const char refused_name[] = "refused";

struct aula_backlog {
	char *folder;
	int64_t bytes_most;
	GPtrArray *spools; /* oldest first, the own one last */
	aula_spool *refused;
};

static void
spool_free(void *data)
{
	aula_spool_free(data);
}

/* -- the folder -- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_spools(const char *folder, GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const char *name;

	if (dir == NULL)
		return NULL;
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	while ((name = g_dir_read_name(dir)) != NULL)
		if (g_str_has_prefix(name, prefix) && g_str_has_suffix(name, suffix))
			g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	return names;
}

static void
open_older(aula_backlog *backlog, const char *name)
{
	g_autofree char *path = g_build_filename(backlog->folder, name, NULL);
	g_autoptr(GError) error = NULL;
	aula_spool *spool = aula_spool_open(path, backlog->bytes_most, &error);

	if (spool == NULL) {
		aula_log(AULA_LOG_ERROR, "store", "what waits there cannot be read: %s",
			error->message);
		return;
	}
	g_ptr_array_add(backlog->spools, spool);
}

aula_backlog *
aula_backlog_new(const char *folder, int64_t bytes_most, GError **error)
{
	if (g_mkdir_with_parents(folder, 0700) != 0) {
		g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s",
			folder, g_strerror(errno));
		return NULL;
	}
	g_autoptr(GPtrArray) names = list_spools(folder, error);
	if (names == NULL)
		return NULL;
	aula_backlog *backlog = g_new0(aula_backlog, 1);
	backlog->folder = g_strdup(folder);
	backlog->bytes_most = bytes_most;
	backlog->spools = g_ptr_array_new_with_free_func(spool_free);
	guint64 number = 0;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		number = MAX(number, g_ascii_strtoull(name + sizeof prefix - 1, NULL, 10));
		open_older(backlog, name);
	}
	g_autofree char *path = g_strdup_printf(
		"%s/%s%012" G_GUINT64_FORMAT "%s", folder, prefix, number + 1, suffix);
	aula_spool *own = aula_spool_create(path, bytes_most, error);
	if (own == NULL) {
		aula_backlog_free(backlog, false);
		return NULL;
	}
	g_ptr_array_add(backlog->spools, own);
	return backlog;
}

void
aula_backlog_free(aula_backlog *backlog, bool clean)
{
	if (backlog == NULL)
		return;
	if (clean && aula_spool_waiting(aula_backlog_own(backlog)) == 0)
		aula_spool_unlink(aula_backlog_own(backlog));
	g_ptr_array_unref(backlog->spools);
	aula_spool_free(backlog->refused);
	g_free(backlog->folder);
	g_free(backlog);
}

aula_spool *
aula_backlog_own(const aula_backlog *backlog)
{
	return backlog->spools->pdata[backlog->spools->len - 1];
}

aula_spool *
aula_backlog_oldest(const aula_backlog *backlog)
{
	return backlog->spools->pdata[0];
}

void
aula_backlog_drop_oldest(aula_backlog *backlog)
{
	g_assert(backlog->spools->len > 1);
	aula_spool_unlink(backlog->spools->pdata[0]);
	g_ptr_array_remove_index(backlog->spools, 0);
}

size_t
aula_backlog_waiting(const aula_backlog *backlog)
{
	size_t count = 0;

	for (guint i = 0; i < backlog->spools->len; i++)
		count += aula_spool_waiting(backlog->spools->pdata[i]);
	return count;
}

/* -- what was refused, what is put aside -- */

aula_code
aula_backlog_keep_refused(
	aula_backlog *backlog, int64_t sequence, const aula_transaction *transaction)
{
	g_autofree char *path = g_build_filename(backlog->folder, refused_name, NULL);

	if (backlog->refused == NULL)
		backlog->refused = access(path, F_OK) == 0
					   ? aula_spool_open(path, backlog->bytes_most, NULL)
					   : aula_spool_create(path, backlog->bytes_most, NULL);
	if (backlog->refused == NULL)
		return AULA_UNAVAILABLE;
	aula_code code = aula_spool_append(backlog->refused, sequence, transaction);
	return code == AULA_OK ? aula_spool_sync(backlog->refused) : code;
}

size_t
aula_backlog_count_waiting(const char *folder)
{
	g_autoptr(GPtrArray) names = list_spools(folder, NULL);
	size_t count = 0;

	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
		count += aula_spool_count(path);
	}
	return count;
}

bool
aula_backlog_put_aside(const char *folder, GError **error)
{
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		return true;
	g_autoptr(GPtrArray) names = list_spools(folder, error);
	if (names == NULL)
		return false;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *from = g_build_filename(folder, names->pdata[i], NULL);
		g_autofree char *to = g_strconcat(from, aside, NULL);
		if (rename(from, to) == 0)
			continue;
		g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s",
			from, g_strerror(errno));
		return false;
	}
	return true;
}
