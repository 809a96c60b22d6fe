/* SPDX-License-Identifier: Apache-2.0 */
/** Secrets in files that only their owner can read. */
#ifndef AULA_HOST_SECRET_H
#define AULA_HOST_SECRET_H

#include <glib.h>

/** Reads a secret of 32 to 4096 bytes, without the line end. Refused when others may read the file.
 * Caller unrefs. */
GBytes *aula_secret_read(const char *path, GError **error);

/** The same for one that was chosen elsewhere, of 1 to 4096 bytes. */
GBytes *aula_secret_read_foreign(const char *path, GError **error);

/** Reads it, or makes 32 random bytes as hexadecimal text in a new file of mode 0600. */
GBytes *aula_secret_ensure(const char *path, GError **error);

#endif
