/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/courier.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "bus/parcel.h"
#include "bus/reader.h"
#include "bus/writers.h"

enum {
	SUBSCRIPTIONS_MOST = 256,
	NAME_MOST = 512,
	FLUSH_US = 1000 * 1000,
	FLUSH_LOOK_US = 5 * 1000,
};

static const char area[] = "bus";

/* Who reads what. [control] */
typedef struct {
	unsigned id, owner;
	bool serves;
	char *stream;
	aula_bus_reader read; /* NULL: the module is gone */
	void *data;
} subscription;

struct aula_courier {
	aula_loop *control, *loop; /* loop NULL: all is in this process */
	aula_place *place;
	char *password, *prefix, *origin;
	aula_cord_options cord;
	aula_ledger *ledger;
	int ended; /* atomic */
	/* [control] */
	GPtrArray *subscriptions;
	bool stopped;
	/* on the loop */
	aula_writers *writers;
	aula_cord *asker; /* NULL: nothing was asked yet */
	bool over;
	GHashTable *readings; /* id of the subscription -> reading */
	aula_alarm flush;
	int64_t flush_by_us;
};

static aula_courier *
courier_ref(aula_courier *courier)
{
	return g_atomic_rc_box_acquire(courier);
}

static void
courier_clear(void *data)
{
	aula_courier *courier = data;

	aula_place_free(courier->place);
	if (courier->password != NULL)
		explicit_bzero(courier->password, strlen(courier->password));
	g_free(courier->password);
	g_free(courier->prefix);
	g_free(courier->origin);
	g_ptr_array_free(courier->subscriptions, TRUE);
	aula_writers_free(courier->writers);
	aula_ledger_free(courier->ledger);
	g_hash_table_destroy(courier->readings);
}

static void
courier_unref(aula_courier *courier)
{
	g_atomic_rc_box_release_full(courier, courier_clear);
}

/* -- on control: to whom -- */

static void
subscription_free(void *data)
{
	subscription *one = data;

	g_free(one->stream);
	g_free(one);
}

static bool
give(const aula_courier *courier, const aula_parcel *parcel)
{
	bool given = false, served = false;

	for (guint i = 0; i < courier->subscriptions->len && !courier->stopped; i++) {
		const subscription *one = g_ptr_array_index(courier->subscriptions, i);
		bool meant = parcel->subscription != 0 ? one->id == parcel->subscription
						       : strcmp(one->stream, parcel->stream) == 0;
		if (!meant || one->read == NULL || (one->serves && served))
			continue;
		aula_bus_entry entry = { .size = sizeof entry,
			.id = parcel->id != NULL ? parcel->id : "",
			.own = parcel->own,
			.fields = parcel->fields,
			.count = parcel->count };
		one->read(one->data, &entry);
		served |= one->serves;
		given = true;
	}
	return given;
}

/* [control] In one process. */
static void
deliver_here(aula_mail *mail)
{
	g_autoptr(aula_parcel) parcel = (aula_parcel *)(void *)mail;
	aula_courier *courier = parcel->data;

	parcel->own = true;
	give(courier, parcel);
	courier_unref(courier);
}

/* -- between the threads: what a reader has read -- */

/* A reader, and for whom it reads. */
typedef struct {
	aula_courier *courier;
	unsigned subscription;
	aula_reader *reader;
} reading;

/* What carries a parcel of a reader, whose own it stays. */
typedef struct {
	aula_mail mail;
	aula_courier *courier;
	aula_parcel *parcel;
	unsigned subscription;
} errand;

static void
bring_back(aula_mail *mail)
{
	errand *one = (errand *)(void *)mail;
	const reading *whose =
		g_hash_table_lookup(one->courier->readings, GUINT_TO_POINTER(one->subscription));

	if (whose != NULL)
		aula_reader_done(whose->reader, one->parcel);
	else
		aula_parcel_free(one->parcel);
	courier_unref(one->courier);
	g_free(one);
}

static void
deliver_read(aula_mail *mail)
{
	errand *one = (errand *)(void *)mail;
	aula_courier *courier = one->courier;

	one->parcel->subscription = one->subscription;
	one->parcel->done = give(courier, one->parcel);
	if (courier->stopped) {
		aula_parcel_free(one->parcel);
		courier_unref(courier);
		g_free(one);
		return;
	}
	one->mail.deliver = bring_back;
	aula_loop_post(courier->loop, &one->mail);
}

static void
on_reader_entry(void *data, aula_parcel *parcel)
{
	const reading *who = data;
	errand *one = g_new0(errand, 1);

	aula_ledger_received(who->courier->ledger, parcel->bytes);
	one->mail.deliver = deliver_read;
	one->courier = courier_ref(who->courier);
	one->parcel = parcel;
	one->subscription = who->subscription;
	aula_loop_post(who->courier->control, &one->mail);
}

/* -- on the loop: to Redis -- */

static void
on_written(aula_parcel *parcel)
{
	aula_courier *courier = parcel->data;

	aula_parcel_free(parcel);
	courier_unref(courier);
}

static void
write_entry(aula_mail *mail)
{
	aula_parcel *parcel = (aula_parcel *)(void *)mail;

	aula_writers_append(((aula_courier *)parcel->data)->writers, parcel);
}

static void
write_message(aula_mail *mail)
{
	aula_parcel *parcel = (aula_parcel *)(void *)mail;

	aula_writers_publish(((aula_courier *)parcel->data)->writers, parcel);
}

/* -- from any thread -- */

static aula_code
post(aula_courier *courier, aula_parcel *parcel, void (*deliver)(aula_mail *mail),
	aula_receipt *receipt)
{
	if (!aula_ledger_take(courier->ledger, parcel->bytes)) {
		aula_parcel_free(parcel);
		return AULA_FULL;
	}
	parcel->receipt = receipt != NULL ? aula_receipt_expect(receipt) : NULL;
	parcel->at_us = aula_now_us();
	parcel->data = courier_ref(courier);
	parcel->mail.deliver = deliver;
	aula_loop_post(courier->loop, &parcel->mail);
	return AULA_OK;
}

static bool
is_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= NAME_MOST && strpbrk(text, "{}") == NULL;
}

aula_code
aula_courier_append(aula_courier *courier, const char *stream, int64_t most,
	const aula_bus_field *fields, size_t count, aula_receipt *receipt)
{
	if (!is_name(stream) || most < 1 || count > AULA_BUS_FIELDS_MOST)
		return AULA_INVALID;
	aula_parcel *parcel = aula_parcel_new(stream, count);
	parcel->most = most;
	for (size_t i = 0; i < count; i++)
		aula_parcel_add(parcel, fields[i].name, fields[i].text, fields[i].length);
	if (courier->loop != NULL)
		return post(courier, parcel, write_entry, receipt);
	parcel->data = courier_ref(courier);
	parcel->mail.deliver = deliver_here;
	aula_loop_post(courier->control, &parcel->mail);
	return AULA_OK;
}

aula_code
aula_courier_publish(aula_courier *courier, const char *channel, const char *text, size_t length,
	aula_receipt *receipt)
{
	if (!is_name(channel))
		return AULA_INVALID;
	if (courier->loop == NULL)
		return AULA_OK;
	aula_parcel *parcel = aula_parcel_new(channel, 1);
	aula_parcel_add(parcel, "", text, length);
	return post(courier, parcel, write_message, receipt);
}

static void
write_command(aula_mail *mail)
{
	aula_parcel *parcel = (aula_parcel *)(void *)mail;

	aula_writers_command(((aula_courier *)parcel->data)->writers, parcel);
}

aula_code
aula_courier_command(
	aula_courier *courier, const char *key, const aula_bus_text *words, size_t count)
{
	g_assert(courier->loop != NULL && count <= AULA_BUS_FIELDS_MOST);
	aula_parcel *parcel = aula_parcel_new(key, count);

	for (size_t i = 0; i < count; i++)
		aula_parcel_add(parcel, "", words[i].text, words[i].length);
	return post(courier, parcel, write_command, NULL);
}

aula_code
aula_courier_trim(aula_courier *courier, const char *stream, int64_t age_s)
{
	if (!is_name(stream) || age_s < 1)
		return AULA_INVALID;
	if (courier->loop == NULL)
		return AULA_OK;
	g_autofree char *key = g_strconcat(courier->prefix, ":", stream, NULL);
	g_autofree char *oldest =
		g_strdup_printf("%" PRId64, g_get_real_time() / 1000 - age_s * 1000);
	g_autofree char *seconds = g_strdup_printf("%" PRId64, age_s);
	const aula_bus_text trim[] = { { "XTRIM", 5 }, { key, strlen(key) }, { "MINID", 5 },
		{ oldest, strlen(oldest) } };
	const aula_bus_text expire[] = { { "EXPIRE", 6 }, { key, strlen(key) },
		{ seconds, strlen(seconds) } };
	aula_code code = aula_courier_command(courier, key, trim, G_N_ELEMENTS(trim));
	return code == AULA_OK ? aula_courier_command(courier, key, expire, G_N_ELEMENTS(expire))
			       : code;
}

static void
send_question(aula_mail *mail)
{
	aula_question *question = (aula_question *)(void *)mail;
	aula_courier *courier = question->owner;

	aula_cord_options options = courier->cord;

	options.repeats = options.impatient = true;
	if (courier->asker == NULL && !courier->over)
		courier->asker = aula_cord_new(courier->loop, &options);
	aula_question_send(question, courier->asker);
	courier_unref(courier);
}

aula_code
aula_courier_ask(aula_courier *courier, const aula_bus_text *words, size_t count,
	aula_question_answered answered, void *data)
{
	if (courier->loop == NULL || !aula_courier_up(courier))
		return AULA_UNAVAILABLE;
	aula_question *question = aula_question_new(words, count);
	question->owner = courier_ref(courier);
	question->control = courier->control;
	question->answered = answered;
	question->data = data;
	question->mail.deliver = send_question;
	aula_loop_post(courier->loop, &question->mail);
	return AULA_OK;
}

bool
aula_courier_shared(const aula_courier *courier)
{
	return courier->loop != NULL;
}

bool
aula_courier_up(aula_courier *courier)
{
	return aula_ledger_is_up(courier->ledger);
}

size_t
aula_courier_waiting(aula_courier *courier)
{
	return aula_ledger_waiting(courier->ledger);
}

void
aula_courier_expose(aula_courier *courier, aula_exposition *page)
{
	aula_ledger_expose(courier->ledger, page);
}

/* -- who reads -- */

/* A reader to be made on the loop. */
typedef struct {
	aula_mail mail;
	aula_courier *courier;
	unsigned subscription;
	char *key;
	bool serves;
	aula_bus_queue queue;
} order;

static void
make_reader(aula_mail *mail)
{
	order *one = (order *)(void *)mail;
	aula_courier *courier = one->courier;
	reading *who = g_new0(reading, 1);

	who->courier = courier;
	who->subscription = one->subscription;
	who->reader =
		aula_reader_new(courier->loop, &(aula_reader_options){ .cord = &courier->cord,
						       .key = one->key,
						       .origin = courier->origin,
						       .queue = one->serves ? &one->queue : NULL,
						       .on_reader_entry = on_reader_entry,
						       .data = who });
	g_hash_table_insert(courier->readings, GUINT_TO_POINTER(one->subscription), who);
	g_free(one->key);
	g_free((char *)one->queue.group);
	g_free((char *)one->queue.once);
	courier_unref(courier);
	g_free(one);
}

static aula_code
subscribe(aula_courier *courier, unsigned owner, const char *stream, const aula_bus_queue *queue,
	aula_bus_reader read, void *data)
{
	if (!is_name(stream))
		return AULA_INVALID;
	if (courier->subscriptions->len >= SUBSCRIPTIONS_MOST)
		return AULA_FULL;
	subscription *one = g_new0(subscription, 1);
	*one = (subscription){ .id = courier->subscriptions->len + 1,
		.owner = owner,
		.serves = queue != NULL,
		.stream = g_strdup(stream),
		.read = read,
		.data = data };
	g_ptr_array_add(courier->subscriptions, one);
	if (courier->loop == NULL)
		return AULA_OK;
	order *made = g_new0(order, 1);
	*made = (order){ .mail.deliver = make_reader,
		.courier = courier_ref(courier),
		.subscription = one->id,
		.key = g_strconcat(courier->prefix, ":", stream, NULL),
		.serves = queue != NULL };
	if (queue != NULL) {
		made->queue = *queue;
		made->queue.group = g_strdup(queue->group);
		made->queue.once = g_strdup(queue->once);
	}
	aula_loop_post(courier->loop, &made->mail);
	return AULA_OK;
}

aula_code
aula_courier_follow(
	aula_courier *courier, unsigned owner, const char *stream, aula_bus_reader read, void *data)
{
	return subscribe(courier, owner, stream, NULL, read, data);
}

aula_code
aula_courier_serve(aula_courier *courier, unsigned owner, const aula_bus_queue *queue,
	aula_bus_reader read, void *data)
{
	if (queue->group == NULL || *queue->group == '\0' || queue->most < 1 ||
		queue->claim_ms < 1 || (queue->once != NULL && queue->once_s < 1))
		return AULA_INVALID;
	return subscribe(courier, owner, queue->stream, queue, read, data);
}

void
aula_courier_forget(aula_courier *courier, unsigned owner)
{
	for (guint i = 0; i < courier->subscriptions->len; i++) {
		subscription *one = g_ptr_array_index(courier->subscriptions, i);
		if (one->owner == owner)
			one->read = NULL;
	}
}

/* -- life -- */

static void
look_whether_sent(aula_alarm *alarm)
{
	aula_courier *courier =
		(aula_courier *)(void *)((char *)alarm - offsetof(aula_courier, flush));
	size_t left = aula_writers_unsent(courier->writers);

	if (left > 0 && aula_now_us() < courier->flush_by_us) {
		aula_alarm_set(courier->loop, alarm, aula_now_us() + FLUSH_LOOK_US);
		return;
	}
	if (left > 0)
		aula_log(AULA_LOG_ERROR, area, "what was to go to Redis is lost entries=%zu", left);
	g_hash_table_remove_all(courier->readings);
	aula_writers_end(courier->writers);
	courier->over = true;
	g_clear_pointer(&courier->asker, aula_cord_free);
	g_atomic_int_set(&courier->ended, 1);
}

static void
begin_end(void *data)
{
	aula_courier *courier = data;

	courier->flush_by_us = aula_now_us() + FLUSH_US;
	look_whether_sent(&courier->flush);
}

static void
free_reader(void *data)
{
	reading *one = data;

	aula_reader_free(one->reader);
	g_free(one);
}

aula_courier *
aula_courier_new(const aula_courier_options *options, aula_loop *control, GError **error)
{
	g_autoptr(aula_place) place = NULL;
	aula_loop *loop = NULL;

	if (options->url != NULL) {
		place = aula_place_parse(options->url, error);
		loop = place != NULL ? aula_loop_new("bus", error) : NULL;
		if (loop == NULL)
			return NULL;
	}
	aula_courier *courier = g_atomic_rc_box_new0(aula_courier);
	courier->control = control;
	courier->loop = loop;
	courier->place = g_steal_pointer(&place);
	courier->password = g_strdup(options->password);
	courier->prefix = g_strdup(options->prefix);
	g_autofree char *uuid = g_uuid_string_random();
	courier->origin = g_strdup_printf("%s-%.8s", g_get_host_name(), uuid);
	courier->ledger = aula_ledger_new(loop != NULL, options->queue_most, options->queue_bytes);
	courier->cord = (aula_cord_options){ .place = courier->place,
		.password = courier->password,
		.connect_ms = options->connect_ms,
		.reply_ms = options->reply_ms };
	courier->subscriptions = g_ptr_array_new_with_free_func(subscription_free);
	courier->readings = g_hash_table_new_full(NULL, NULL, NULL, free_reader);
	courier->flush.ring = look_whether_sent;
	if (loop != NULL) {
		courier->writers =
			aula_writers_new(loop, &(aula_writers_options){ .cord = &courier->cord,
						       .prefix = courier->prefix,
						       .origin = courier->origin,
						       .ledger = courier->ledger,
						       .on_written = on_written });
		aula_loop_start(loop);
	}
	return courier;
}

void
aula_courier_free(aula_courier *courier)
{
	if (courier == NULL)
		return;
	courier->stopped = true;
	if (courier->loop != NULL) {
		aula_loop_call(courier->loop, begin_end, courier);
		while (!g_atomic_int_get(&courier->ended))
			g_usleep(1000);
		/* What is left of its mail finds no reader and no writer. */
		aula_loop_free(g_steal_pointer(&courier->loop));
	}
	courier_unref(courier);
}
