/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/alarms.h"
#include "runtime/loop.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { SENDERS = 4, EACH = 20000 };

typedef struct {
	aula_mail mail;
	aula_loop *on;
	int sender, number;
} hello;

typedef struct {
	aula_loop *to;
	int id;
} sender;

static int seen[SENDERS]; /* [loop] */

static void
deliver_hello(aula_mail *mail)
{
	hello *letter = (hello *)mail;

	AULA_ASSERT_ON(letter->on);
	g_assert_cmpint(seen[letter->sender], ==, letter->number);
	seen[letter->sender]++;
	g_free(letter);
}

static void *
send_all(void *data)
{
	sender *self = data;

	for (int i = 0; i < EACH; i++) {
		hello *letter = g_new(hello, 1);
		*letter = (hello){ .mail.deliver = deliver_hello,
			.on = self->to,
			.sender = self->id,
			.number = i };
		aula_loop_post(self->to, &letter->mail);
	}
	return NULL;
}

static void
test_order(void)
{
	aula_loop *loop = aula_loop_new("order", NULL);
	GThread *threads[SENDERS];
	sender senders[SENDERS];

	memset(seen, 0, sizeof(seen));
	aula_loop_start(loop);
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = (sender){ loop, i };
		threads[i] = g_thread_new("sender", send_all, &senders[i]);
	}
	for (int i = 0; i < SENDERS; i++)
		g_thread_join(threads[i]);
	aula_loop_free(loop);
	for (int i = 0; i < SENDERS; i++)
		g_assert_cmpint(seen[i], ==, EACH);
}

/* Two loops that throw one ball: each throw finds the other asleep, so no wake-up may get lost. */
typedef struct {
	aula_mail mail;
	aula_loop *loops[2];
	int throws;
} ball;

static void
deliver_ball(aula_mail *mail)
{
	ball *self = (ball *)mail;

	if (++self->throws == 5000)
		aula_loop_stop(self->loops[0]);
	else
		aula_loop_post(self->loops[self->throws % 2], mail);
}

static void
test_wake(void)
{
	ball one = { .mail.deliver = deliver_ball };

	one.loops[0] = aula_loop_new("here", NULL);
	one.loops[1] = aula_loop_new("there", NULL);
	aula_loop_start(one.loops[1]);
	aula_loop_post(one.loops[0], &one.mail);
	aula_loop_run(one.loops[0]);
	aula_loop_free(one.loops[1]);
	aula_loop_free(one.loops[0]);
	g_assert_cmpint(one.throws, ==, 5000);
}

static void
count(void *data)
{
	(*(int *)data)++;
}

static void
test_left_mail(void)
{
	aula_loop *loop = aula_loop_new("left", NULL);
	int calls = 0;

	aula_loop_call(loop, count, &calls);
	aula_loop_stop(loop);
	aula_loop_stop(loop);
	aula_loop_call(loop, count, &calls);
	aula_loop_run(loop);
	g_assert_cmpint(calls, ==, 2); /* one turn takes what is there */
	aula_loop_call(loop, count, &calls);
	aula_loop_free(loop);
	g_assert_cmpint(calls, ==, 3);
	aula_loop_free(NULL);
}

/* Mail that posts itself must not starve an alarm. */
typedef struct {
	aula_mail mail;
	aula_alarm alarm;
	aula_loop *loop;
	int rounds, rings;
} busy;

static void
deliver_busy(aula_mail *mail)
{
	busy *self = (busy *)mail;

	self->rounds++;
	if (self->rings < 3)
		aula_loop_post(self->loop, mail);
	else
		aula_loop_stop(self->loop);
}

static void
ring_busy(aula_alarm *alarm)
{
	busy *self = (busy *)((char *)alarm - offsetof(busy, alarm));

	self->rings++;
	aula_alarm_set(self->loop, alarm, 0); /* the past: next turn */
}

static void
test_starving(void)
{
	busy self = { .mail.deliver = deliver_busy, .alarm.ring = ring_busy };

	self.loop = aula_loop_new("busy", NULL);
	aula_alarm_set(self.loop, &self.alarm, aula_now_us() + 1000);
	aula_loop_post(self.loop, &self.mail);
	aula_loop_run(self.loop);
	g_assert_cmpint(self.rings, >=, 3);
	g_assert_true(aula_alarm_is_set(&self.alarm));
	aula_loop_free(self.loop);
}

/* The heap against a sorted walk, with alarms moved and dropped on the way. */
static void
test_alarms(void)
{
	enum { COUNT = 500 };
	static aula_alarm all[COUNT];
	aula_alarms alarms = { 0 };
	uint32_t state = 1;

	for (int i = 0; i < COUNT * 4; i++) {
		state = state * 1664525 + 1013904223;
		aula_alarm *alarm = &all[(state >> 8) % COUNT];
		if ((state >> 29) == 0)
			aula_alarms_drop(&alarms, alarm);
		else
			aula_alarms_put(&alarms, alarm, (state >> 10) % 1000);
		g_assert_cmpint(aula_alarm_is_set(alarm), ==, (state >> 29) != 0);
	}
	uint32_t left = alarms.count;
	int64_t last_us = 0;
	for (aula_alarm *first; (first = aula_alarms_first(&alarms)) != NULL; left--) {
		g_assert_cmpint(first->at_us, >=, last_us);
		last_us = first->at_us;
		aula_alarms_drop(&alarms, first);
		aula_alarms_drop(&alarms, first);
	}
	g_assert_cmpuint(left, ==, 0);
	aula_alarms_finish(&alarms);
}

/* What a datagram is about was posted before it was sent, so it must be known when it is read. */
typedef struct {
	aula_mail mail;
	aula_loop *loop;
	bool told, read;
} news;

static void
deliver_news(aula_mail *mail)
{
	((news *)mail)->told = true;
}

static void
read_about(void *data, uint32_t events)
{
	news *self = data;

	(void)events;
	g_assert_true(self->told);
	self->read = true;
	aula_loop_stop(self->loop);
}

static void
test_mail_first(void)
{
	news self = { .mail.deliver = deliver_news, .loop = aula_loop_new("first", NULL) };
	int ends[2];

	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], "x", 1), ==, 1);
	aula_watch *watch = aula_watch_new(self.loop, ends[0], EPOLLIN, read_about, &self);
	aula_loop_post(self.loop, &self.mail);
	aula_loop_run(self.loop);
	g_assert_true(self.read);
	aula_watch_free(watch);
	aula_loop_free(self.loop);
	close(ends[0]);
	close(ends[1]);
}

/* Two readable pipes: whichever is called first frees both watches. */
typedef struct {
	aula_loop *loop;
	aula_watch *watches[2];
	int calls;
} pair;

static void
free_both(void *data, uint32_t events)
{
	pair *self = data;

	g_assert_true(events & EPOLLIN);
	self->calls++;
	aula_watch_free(self->watches[0]);
	aula_watch_free(self->watches[1]);
	aula_loop_stop(self->loop);
}

static void
test_watch_free(void)
{
	pair self = { .loop = aula_loop_new("watch", NULL) };
	int pipes[2][2];

	for (int i = 0; i < 2; i++) {
		g_assert_cmpint(pipe(pipes[i]), ==, 0);
		g_assert_cmpint(write(pipes[i][1], "x", 1), ==, 1);
		self.watches[i] = aula_watch_new(self.loop, pipes[i][0], EPOLLIN, free_both, &self);
	}
	aula_loop_run(self.loop);
	g_assert_cmpint(self.calls, ==, 1);
	aula_loop_free(self.loop);
	for (int i = 0; i < 2; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

/* `second` is queued by `first` and leaves in the same turn; each runs once a turn. */
typedef struct {
	aula_flush first, second, third, fourth;
	aula_loop *loop;
	int firsts, seconds, fourths;
	uint64_t fourth_turn;
	int64_t turn_us;
} flushes;

static void
flush_second(aula_flush *flush)
{
	flushes *self = (flushes *)((char *)flush - offsetof(flushes, second));

	self->seconds++;
	g_assert_cmpint(self->turn_us, ==, aula_loop_now_us(self->loop));
}

static void
flush_first(aula_flush *flush)
{
	flushes *self = (flushes *)flush;

	self->firsts++;
	aula_loop_flush_later(self->loop, &self->second);
	aula_loop_flush_later(self->loop, &self->third);
	aula_loop_flush_later(self->loop, &self->fourth);
	aula_loop_flush_cancel(self->loop, &self->third);
}

static void
flush_never(aula_flush *flush)
{
	g_error("flushed %p after it was cancelled", (void *)flush);
}

/* Queues itself: goes on in the next turn, not in this. */
static void
flush_fourth(aula_flush *flush)
{
	flushes *self = (flushes *)((char *)flush - offsetof(flushes, fourth));

	if (self->fourths++ > 0)
		g_assert_cmpuint(flush->turn, ==, self->fourth_turn + 1);
	self->fourth_turn = flush->turn;
	if (self->fourths < 3)
		aula_loop_flush_later(self->loop, flush);
	else
		aula_loop_stop(self->loop);
}

static void
queue_flush(void *data)
{
	flushes *self = data;

	self->turn_us = aula_loop_now_us(self->loop);
	aula_loop_flush_later(self->loop, &self->first);
	aula_loop_flush_later(self->loop, &self->first);
}

static void
test_flush(void)
{
	flushes self = { .first.flush = flush_first,
		.second.flush = flush_second,
		.third.flush = flush_never,
		.fourth.flush = flush_fourth };

	self.loop = aula_loop_new("flush", NULL);
	aula_loop_call(self.loop, queue_flush, &self);
	aula_loop_run(self.loop);
	aula_loop_free(self.loop);
	g_assert_cmpint(self.firsts, ==, 1);
	g_assert_cmpint(self.seconds, ==, 1);
	g_assert_cmpint(self.fourths, ==, 3);
}

/* One that gathers what others leave runs after them, though it was queued first; both in each turn
 * in which they are queued, though one of them queues itself again. */
typedef struct {
	aula_flush gathers, leaves;
	aula_loop *loop;
	int left, gathered;
} gathering;

static void
flush_leaves(aula_flush *flush)
{
	gathering *self = (gathering *)((char *)flush - offsetof(gathering, leaves));

	if (++self->left < 3)
		aula_loop_flush_later(self->loop, flush);
	else
		aula_loop_stop(self->loop);
}

static void
flush_gathers(aula_flush *flush)
{
	gathering *self = (gathering *)flush;

	g_assert_cmpint(self->left, ==, ++self->gathered);
	if (self->gathered < 3)
		aula_loop_flush_later(self->loop, flush);
}

static void
queue_gathering(void *data)
{
	gathering *self = data;

	aula_loop_flush_later(self->loop, &self->gathers);
	aula_loop_flush_later(self->loop, &self->leaves);
}

static void
test_flush_last(void)
{
	gathering self = { .gathers = { .flush = flush_gathers, .last = true },
		.leaves.flush = flush_leaves };

	self.loop = aula_loop_new("gather", NULL);
	aula_loop_call(self.loop, queue_gathering, &self);
	aula_loop_run(self.loop);
	aula_loop_free(self.loop);
	g_assert_cmpint(self.gathered, ==, 3);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/runtime/loop/order", test_order);
	g_test_add_func("/runtime/loop/wake", test_wake);
	g_test_add_func("/runtime/loop/left-mail", test_left_mail);
	g_test_add_func("/runtime/loop/starving", test_starving);
	g_test_add_func("/runtime/loop/watch-free", test_watch_free);
	g_test_add_func("/runtime/loop/mail-first", test_mail_first);
	g_test_add_func("/runtime/loop/flush", test_flush);
	g_test_add_func("/runtime/loop/flush-last", test_flush_last);
	g_test_add_func("/runtime/alarms", test_alarms);
	return g_test_run();
}
