/* SPDX-License-Identifier: Apache-2.0 */
/** A certificate with those of the authorities between, and its key, as an administrator wrote them
 * to PEM files. Immutable, so any number of threads may present it. [any] */
#ifndef AULA_PEER_CHAIN_H
#define AULA_PEER_CHAIN_H

#include <glib.h>
#include <stdbool.h>

struct ssl_ctx_st;
typedef struct aula_chain aula_chain;

/** Reads both files; the server's own certificate comes first. NULL with a sentence that names the
 * file: it cannot be read, is no PEM, its key is locked by a password, is too weak, or is another
 * certificate's. One that is out of date is good. */
aula_chain *aula_chain_read(const char *certificate_path, const char *key_path, GError **error);
aula_chain *aula_chain_ref(aula_chain *chain);
/** NULL is fine. */
void aula_chain_unref(aula_chain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_chain, aula_chain_unref)

/** Whether both present the same. NULL: nothing. */
bool aula_chain_equal(const aula_chain *one, const aula_chain *other);
/** Seconds until it is out of date; negative: it is. */
int64_t aula_chain_left_s(const aula_chain *chain);
/** "serial=… ends=…", for a line of the log. Borrowed. */
const char *aula_chain_summary(const aula_chain *chain);
/** [the thread that uses `context`] Handshakes that begin from now on present it; none resumes a
 * session that began with another. False: `context` is as it was. */
bool aula_chain_use(const aula_chain *chain, struct ssl_ctx_st *context);

#endif
