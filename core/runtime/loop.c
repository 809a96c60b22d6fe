/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "runtime/alarms.h"

enum {
	EVENTS_A_TURN = 64,
	MAIL_A_TURN = 512,
};

struct aula_watch {
	aula_loop *loop;
	int fd;
	bool dead;
	void (*ready)(void *data, uint32_t events);
	void *data;
	aula_watch *next; /* among the dead */
};

struct aula_loop {
	char *name;
	GThread *thread;
	int epoll_fd, event_fd;
	int64_t now_us;
	bool stopping;
	aula_mail *inbox, *inbox_last; /* collected, oldest first */
	aula_alarms alarms;
	aula_watch *dead; /* freed at the end of the turn: an event may still name them */
	uint64_t turn;
	aula_flush *flushes, **flushes_end;
	aula_mail stop_mail;

	_Atomic(aula_mail *) posted; /* [any] newest first */
	atomic_bool sleeping;        /* [any] a post must wake the loop */
	atomic_bool running;         /* [any] has a thread */
	atomic_bool stop_posted;     /* [any] */
};

static _Thread_local aula_loop *here;

/* Before it runs and after it ended a loop belongs to whoever holds it. */
static bool
is_mine(aula_loop *loop)
{
	return here == loop || !atomic_load_explicit(&loop->running, memory_order_acquire);
}

aula_loop *
aula_loop_new(const char *name, GError **error)
{
	aula_loop *loop = g_new0(aula_loop, 1);

	loop->name = g_strdup(name);
	loop->now_us = aula_now_us();
	loop->flushes_end = &loop->flushes;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* Edge triggered: each write wakes once, and nobody has to read. */
	struct epoll_event wake = { .events = EPOLLIN | EPOLLET, .data.ptr = NULL };
	if (loop->epoll_fd < 0 || loop->event_fd < 0 ||
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->event_fd, &wake) != 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
			"no event loop for \"%s\": %s", name, g_strerror(errno));
		aula_loop_free(loop);
		return NULL;
	}
	return loop;
}

aula_loop *
aula_loop_here(void)
{
	return here;
}

static int64_t
read_clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
aula_now_us(void)
{
	return read_clock_us(CLOCK_MONOTONIC);
}

int64_t
aula_worked_us(void)
{
	return read_clock_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t
aula_loop_now_us(const aula_loop *loop)
{
	return loop->now_us;
}

/* -- mail -- */

void
aula_loop_post(aula_loop *loop, aula_mail *mail)
{
	aula_mail *head = atomic_load_explicit(&loop->posted, memory_order_relaxed);

	do
		mail->next = head;
	while (!atomic_compare_exchange_weak_explicit(
		&loop->posted, &head, mail, memory_order_seq_cst, memory_order_relaxed));
	/* Either this sees that the loop sleeps, or the loop sees the mail before it does. */
	if (head != NULL || !atomic_load_explicit(&loop->sleeping, memory_order_seq_cst))
		return;
	const uint64_t one = 1;
	ssize_t written = write(loop->event_fd, &one, sizeof(one));
	(void)written; /* fails only when the counter is full, which wakes as well */
}

typedef struct {
	aula_mail mail;
	void (*call)(void *data);
	void *data;
} call_mail;

static void
deliver_call(aula_mail *mail)
{
	call_mail *letter = (call_mail *)mail;

	letter->call(letter->data);
	g_free(letter);
}

void
aula_loop_call(aula_loop *loop, void (*call)(void *data), void *data)
{
	call_mail *letter = g_new(call_mail, 1);

	*letter = (call_mail){ .mail.deliver = deliver_call, .call = call, .data = data };
	aula_loop_post(loop, &letter->mail);
}

static void
collect_mail(aula_loop *loop)
{
	aula_mail *newest = NULL, *oldest = NULL;

	if (atomic_load_explicit(&loop->posted, memory_order_relaxed) != NULL)
		newest = atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire);
	aula_mail *last = newest;
	while (newest != NULL) {
		aula_mail *mail = newest;
		newest = mail->next;
		mail->next = oldest;
		oldest = mail;
	}
	if (oldest == NULL)
		return;
	if (loop->inbox == NULL)
		loop->inbox = oldest;
	else
		loop->inbox_last->next = oldest;
	loop->inbox_last = last;
}

static void
deliver_mail(aula_loop *loop, size_t most)
{
	collect_mail(loop);
	while (loop->inbox != NULL && most-- > 0) {
		aula_mail *mail = loop->inbox;
		loop->inbox = mail->next;
		mail->deliver(mail);
	}
}

/* -- alarms -- */

void
aula_alarm_set(aula_loop *loop, aula_alarm *alarm, int64_t at_us)
{
	g_assert(is_mine(loop));
	/* Never in this turn, so that an alarm that sets itself cannot hold the loop. */
	aula_alarms_put(&loop->alarms, alarm, MAX(at_us, loop->now_us + 1));
}

void
aula_alarm_clear(aula_loop *loop, aula_alarm *alarm)
{
	g_assert(is_mine(loop));
	aula_alarms_drop(&loop->alarms, alarm);
}

static void
ring_alarms(aula_loop *loop)
{
	aula_alarm *first;

	while ((first = aula_alarms_first(&loop->alarms)) != NULL && first->at_us <= loop->now_us) {
		aula_alarms_drop(&loop->alarms, first);
		first->ring(first);
	}
}

/* -- descriptors -- */

aula_watch *
aula_watch_new(aula_loop *loop, int fd, uint32_t events, void (*ready)(void *data, uint32_t events),
	void *data)
{
	g_assert(is_mine(loop));
	aula_watch *watch = g_new(aula_watch, 1);

	*watch = (aula_watch){ .loop = loop, .fd = fd, .ready = ready, .data = data };
	struct epoll_event event = { .events = events, .data.ptr = watch };
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		g_error("cannot watch descriptor %d: %s", fd, g_strerror(errno));
	return watch;
}

void
aula_watch_change(aula_watch *watch, uint32_t events)
{
	g_assert(is_mine(watch->loop));
	struct epoll_event event = { .events = events, .data.ptr = watch };
	if (epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) != 0)
		g_error("cannot watch descriptor %d: %s", watch->fd, g_strerror(errno));
}

void
aula_watch_free(aula_watch *watch)
{
	if (watch == NULL)
		return;
	aula_loop *loop = watch->loop;
	g_assert(is_mine(loop) && !watch->dead);
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->dead = true;
	watch->next = loop->dead;
	loop->dead = watch;
}

static void
bury(aula_loop *loop)
{
	while (loop->dead != NULL) {
		aula_watch *watch = loop->dead;
		loop->dead = watch->next;
		g_free(watch);
	}
}

/* -- end of turn -- */

void
aula_loop_flush_later(aula_loop *loop, aula_flush *flush)
{
	g_assert(is_mine(loop));
	if (flush->queued)
		return;
	aula_flush **at = loop->flushes_end;
	if (!flush->last)
		for (at = &loop->flushes; *at != NULL && !(*at)->last;)
			at = &(*at)->next;
	flush->queued = true;
	flush->next = *at;
	*at = flush;
	if (flush->next == NULL)
		loop->flushes_end = &flush->next;
}

void
aula_loop_flush_cancel(aula_loop *loop, aula_flush *flush)
{
	g_assert(is_mine(loop));
	if (!flush->queued)
		return;
	aula_flush **at = &loop->flushes;
	while (*at != flush)
		at = &(*at)->next;
	*at = flush->next;
	if (*at == NULL)
		loop->flushes_end = at;
	flush->queued = false;
}

/* The first that has not run in this turn, or NULL. */
static aula_flush *
next_flush(const aula_loop *loop)
{
	aula_flush *flush = loop->flushes;

	while (flush != NULL && flush->turn == loop->turn)
		flush = flush->next;
	return flush;
}

/* What one flush queues leaves in the same turn, unless it had its turn already. */
static void
flush_all(aula_loop *loop)
{
	aula_flush *flush;

	while ((flush = next_flush(loop)) != NULL) {
		aula_loop_flush_cancel(loop, flush);
		flush->turn = loop->turn;
		flush->flush(flush);
	}
}

/* -- turns -- */

static int
timeout_ms(aula_loop *loop)
{
	aula_alarm *first = aula_alarms_first(&loop->alarms);

	if (loop->inbox != NULL || loop->flushes != NULL)
		return 0;
	if (first == NULL)
		return -1;
	int64_t left_us = first->at_us - aula_now_us();
	return (int)CLAMP((left_us + 999) / 1000, 0, 3600 * 1000);
}

static void
turn(aula_loop *loop)
{
	struct epoll_event events[EVENTS_A_TURN];
	int timeout = timeout_ms(loop);

	if (timeout != 0) {
		atomic_store_explicit(&loop->sleeping, true, memory_order_seq_cst);
		if (atomic_load_explicit(&loop->posted, memory_order_seq_cst) != NULL)
			timeout = 0;
	}
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN, timeout);
	atomic_store_explicit(&loop->sleeping, false, memory_order_relaxed);
	loop->now_us = aula_now_us();
	loop->turn++;
	/* Ahead of the sockets: what a datagram is about was posted before anybody could send it.
	 */
	deliver_mail(loop, MAIL_A_TURN);
	for (int i = 0; i < count; i++) {
		aula_watch *watch = events[i].data.ptr;
		if (watch != NULL && !watch->dead)
			watch->ready(watch->data, events[i].events);
	}
	ring_alarms(loop);
	flush_all(loop);
	bury(loop);
}

void
aula_loop_run(aula_loop *loop)
{
	g_assert(here == NULL);
	here = loop;
	atomic_store_explicit(&loop->running, true, memory_order_release);
	while (!loop->stopping)
		turn(loop);
	here = NULL;
	atomic_store_explicit(&loop->running, false, memory_order_release);
}

static void *
run_thread(void *data)
{
	aula_loop_run(data);
	return NULL;
}

void
aula_loop_start(aula_loop *loop)
{
	atomic_store_explicit(&loop->running, true, memory_order_release);
	loop->thread = g_thread_new(loop->name, run_thread, loop);
}

static void
deliver_stop(aula_mail *mail)
{
	aula_loop *loop = (aula_loop *)((char *)mail - offsetof(aula_loop, stop_mail));

	loop->stopping = true;
}

void
aula_loop_stop(aula_loop *loop)
{
	if (atomic_exchange_explicit(&loop->stop_posted, true, memory_order_relaxed))
		return;
	loop->stop_mail.deliver = deliver_stop;
	aula_loop_post(loop, &loop->stop_mail);
}

void
aula_loop_free(aula_loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->thread != NULL) {
		aula_loop_stop(loop);
		g_thread_join(loop->thread);
	}
	aula_loop *before = here;
	here = loop;
	do {
		loop->turn++;
		deliver_mail(loop, SIZE_MAX);
		flush_all(loop);
	} while (loop->inbox != NULL || atomic_load(&loop->posted) != NULL);
	here = before;
	while (loop->flushes != NULL)
		aula_loop_flush_cancel(loop, loop->flushes);
	bury(loop);
	aula_alarms_finish(&loop->alarms);
	if (loop->event_fd >= 0)
		close(loop->event_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	g_free(loop->name);
	g_free(loop);
}
