/* SPDX-License-Identifier: Apache-2.0 */
/** The texts that wait in memory between a thread that puts and one that takes, written down where
 * a process that comes after finds them: a ring in a mapped file, whose pages are the kernel's and
 * so outlive a process that is killed. It is no promise against a power cut, after which it counts
 * as empty. Putting is a copy: no system call, no lock. */
#ifndef AULA_HOST_QUEUE_FILE_H
#define AULA_HOST_QUEUE_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct aula_queue_file aula_queue_file;

/** Gets what was left over; it has to be kept when this returns. */
typedef void (*aula_queue_file_left)(void *data, const char *text, size_t length);

/** Maps `path`, made if need be, with room for `most` texts of `bytes_most` bytes in all; the disk
 * space is taken at once. What a process before this one left is told first, the oldest first. NULL
 * with `error`: the disk. */
aula_queue_file *aula_queue_file_open(const char *path, size_t most, size_t bytes_most,
	aula_queue_file_left left, void *data, GError **error);
/** What is in it stays. NULL is fine. */
void aula_queue_file_close(aula_queue_file *file);

/** [putter] Behind the others. False: there is no room. */
bool aula_queue_file_put(aula_queue_file *file, const char *text, size_t length);
/** [putter] The latest, which was put just now and that nobody was told of, is not there. */
void aula_queue_file_take_back(aula_queue_file *file, size_t length);
/** [taker] The oldest, of this length, is done with. */
void aula_queue_file_done(aula_queue_file *file, size_t length);

#endif
