/* SPDX-License-Identifier: Apache-2.0 */
/** The folder of pages. Small files are kept in memory, compressed at most once; each request asks
 * the disk whether the file is still the same, so an edit is served next time. Large files are
 * handed out as descriptors. [any] */
#ifndef AULA_WEB_FILES_H
#define AULA_WEB_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "web/negotiate.h"

typedef struct aula_web_files aula_web_files;
typedef struct aula_web_file aula_web_file;

/** One representation of a file. */
typedef struct {
	const void *bytes; /**< NULL: read it from aula_web_file_descriptor() */
	int64_t size;
	aula_web_encoding encoding;
	char etag[48]; /**< strong, with its quotes; differs by encoding (RFC 9110 section 8.8.3) */
} aula_web_variant;

/** Looks at `root`. NULL when it is no folder. */
aula_web_files *aula_web_files_new(const char *root, GError **error);
void aula_web_files_free(aula_web_files *files);

/** The file of a decoded path that begins with "/"; a folder means its index.html. A new reference,
 * or NULL with `*ret_status`: 301 (a folder without the slash at the end) or 404 (nothing, or
 * nothing that may be seen: names that begin with a dot, links that lead out of the root). */
aula_web_file *aula_web_files_find(aula_web_files *files, const char *path, int *ret_status);

void aula_web_file_unref(aula_web_file *file);
/** Its media type, with charset where it has one. Static. */
const char *aula_web_file_type(const aula_web_file *file);
/** When it changed last, as an HTTP date. */
const char *aula_web_file_modified(const aula_web_file *file);
/** Of an HTML page: see aula_web_policy_hashes. NULL: it is no page. */
const char *aula_web_file_hashes(const aula_web_file *file);
/** True when it is also there in other encodings. */
bool aula_web_file_compressible(const aula_web_file *file);
/** The representation in `wanted` or, where that is not to be had, as it is. Valid while the
 * reference is held. */
void aula_web_file_variant(
	aula_web_file *file, aula_web_encoding wanted, aula_web_variant *ret_variant);
/** Of a file without bytes: its descriptor, open for reading while the reference is held. */
int aula_web_file_descriptor(const aula_web_file *file);

#endif
