/* SPDX-License-Identifier: Apache-2.0 */
/** One thread, one epoll set, one mailbox, one heap of alarms. Everything that belongs to a
 * loop is touched by that loop's thread only; everybody else posts. There are no other locks. */
#ifndef AULA_RUNTIME_LOOP_H
#define AULA_RUNTIME_LOOP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct aula_loop aula_loop;

/** A new loop that does not run yet. NULL with `error` when the machine has no descriptor left. */
aula_loop *aula_loop_new(const char *name, GError **error);

/** Runs the loop on a thread of its own / on the calling thread until aula_loop_stop(). */
void aula_loop_start(aula_loop *loop);
void aula_loop_run(aula_loop *loop);

/** [any] Ends the loop after the mail posted before; a started thread is joined by `free`. */
void aula_loop_stop(aula_loop *loop);

/** Stops and joins if need be; delivers what mail is left, and forgets flushes that queue
 * themselves again. NULL is fine. */
void aula_loop_free(aula_loop *loop);

/** [any] The loop whose thread this is, or NULL. */
aula_loop *aula_loop_here(void);

/** First line of every function that belongs to `loop`. */
#define AULA_ASSERT_ON(loop) g_assert(aula_loop_here() == (loop))

/** [any] Monotonic clock. */
int64_t aula_now_us(void);

/** [any] What the calling thread has worked so far. */
int64_t aula_worked_us(void);

/** [loop] The time at which the present turn began: one clock reading a turn. */
int64_t aula_loop_now_us(const aula_loop *loop);

/* -- mail -- */

/** The head of a message: the first member of your own struct, which carries values and ids,
 * never pointers to what a loop owns. */
typedef struct aula_mail {
	struct aula_mail *next;
	void (*deliver)(struct aula_mail *mail); /**< [loop] takes the mail */
} aula_mail;

/** [any] Takes `mail`. Mails of one sender arrive in the order it posted them. A turn delivers a
 * bounded number, so that sockets and alarms never starve. */
void aula_loop_post(aula_loop *loop, aula_mail *mail);

/** [any] Runs `call(data)` on the loop. */
void aula_loop_call(aula_loop *loop, void (*call)(void *data), void *data);

/* -- alarms: many, cheap, sorted by deadline; at most one kernel timeout a loop -- */

typedef struct aula_alarm {
	void (*ring)(struct aula_alarm *alarm); /**< [loop] set once, before the first use */
	int64_t at_us;                          /**< private */
	uint32_t place;                         /**< private; 0: not set */
} aula_alarm;

/** [loop] Rings once at `at_us` (monotonic; in the past: next turn). Setting again moves it. */
void aula_alarm_set(aula_loop *loop, aula_alarm *alarm, int64_t at_us);
void aula_alarm_clear(aula_loop *loop, aula_alarm *alarm);
static inline bool
aula_alarm_is_set(const aula_alarm *alarm)
{
	return alarm->place != 0;
}

/* -- descriptors -- */

typedef struct aula_watch aula_watch;

/** [loop] Calls `ready` with EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP while `fd` is (level triggered).
 * `fd` stays the caller's. Freeing a watch inside any `ready` is fine. */
aula_watch *aula_watch_new(aula_loop *loop, int fd, uint32_t events,
	void (*ready)(void *data, uint32_t events), void *data);
void aula_watch_change(aula_watch *watch, uint32_t events);
void aula_watch_free(aula_watch *watch);

/* -- end of turn -- */

/** [loop] Calls `flush(data)` once at the end of each turn in which aula_loop_flush_later() was
 * called. */
typedef struct aula_flush {
	struct aula_flush *next;
	void (*flush)(struct aula_flush *flush);
	bool last;     /**< runs after those that are not: for what gathers what they leave */
	bool queued;   /**< private */
	uint64_t turn; /**< private */
} aula_flush;
void aula_loop_flush_later(aula_loop *loop, aula_flush *flush);
/** [loop] Forgets a flush that may be queued, before its memory goes. */
void aula_loop_flush_cancel(aula_loop *loop, aula_flush *flush);

#endif
