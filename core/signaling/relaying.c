/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/relaying.h"

#include "signaling/notice.h"

/* Whoever was away for longer asks for what it missed. What people say is nobody's to find later.
 */
enum { STREAM_MOST = 50000, STREAM_S = 600, TRIM_US = 60 * 1000 * 1000 };

static const char stream[] = "rooms";

static aula_room
room_named(const aula_switchboard *board, const char *name)
{
	return aula_room_find(board->rooms, &(aula_key){ .text = name });
}

/* -- upward: from the relay -- */

static aula_code
on_relay_send(void *data, const aula_bus_field *fields, size_t count)
{
	const aula_switchboard *board = data;

	return aula_courier_append(board->courier, stream, STREAM_MOST, fields, count, NULL);
}

static bool
on_relay_room(void *data, const char *room)
{
	return !AULA_NONE(room_named(data, room));
}

static void
on_relay_said(
	void *data, const char *node, const char *room, const char *module, const json_t *said)
{
	aula_switchboard *board = data;
	void *self;

	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_plugin_ops *plugin = aula_notice_plugin(board, (unsigned)i, &self);
		if (plugin == NULL || plugin->heard == NULL ||
			strcmp(module, aula_loaded_name(aula_modules_get(board->modules, i))) != 0)
			continue;
		plugin->heard(self, room_named(board, room), node, said);
	}
}

static void
on_relay_wanted(void *data, const char *room)
{
	aula_switchboard *board = data;
	void *self;

	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_plugin_ops *plugin = aula_notice_plugin(board, (unsigned)i, &self);
		aula_room id = room_named(board, room);
		if (plugin != NULL && plugin->wanted != NULL && !AULA_NONE(id))
			plugin->wanted(self, id);
	}
}

static void
on_relay_gone(void *data, const char *node)
{
	aula_switchboard *board = data;
	void *self;

	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_plugin_ops *plugin = aula_notice_plugin(board, (unsigned)i, &self);
		if (plugin != NULL && plugin->server_gone != NULL)
			plugin->server_gone(self, node);
	}
}

/* -- downward -- */

static void
on_entry(void *data, const aula_bus_entry *entry)
{
	const aula_switchboard *board = data;

	aula_relay_take(board->relay, entry);
}

void
aula_relaying_make(aula_switchboard *board)
{
	if (board->courier == NULL || !aula_courier_shared(board->courier))
		return;
	g_autofree char *uuid = g_uuid_string_random();
	g_autofree char *node = g_strdup_printf("%s-%.8s", g_get_host_name(), uuid);
	board->relay = aula_relay_new(
		&(aula_relay_options){ .node = node,
			.expiry_us = board->settings->bus.presence_s * G_USEC_PER_SEC,
			.send = on_relay_send,
			.has_room = on_relay_room,
			.on_relay_said = on_relay_said,
			.on_relay_wanted = on_relay_wanted,
			.on_relay_gone = on_relay_gone,
			.data = board },
		aula_now_us());
}

void
aula_relaying_start(aula_switchboard *board)
{
	if (board->relay == NULL)
		return;
	/* The core's own: no module has this number. */
	aula_courier_follow(board->courier, AULA_MODULES_MOST, stream, on_entry, board);
	aula_relay_start(board->relay);
}

void
aula_relaying_tick(aula_switchboard *board, int64_t now_us)
{
	if (board->relay == NULL)
		return;
	bool up = aula_courier_up(board->courier);
	aula_relay_tick(board->relay, now_us, up);
	if (up && now_us >= board->trim_us) {
		board->trim_us = now_us + TRIM_US;
		aula_courier_trim(board->courier, stream, STREAM_S);
	}
}

void
aula_relaying_open(aula_switchboard *board, aula_room room)
{
	const char *name = aula_room_name(board->rooms, room, NULL);

	if (board->relay != NULL && name != NULL)
		aula_relay_open(board->relay, name);
}

void
aula_relaying_close(aula_switchboard *board, aula_room room)
{
	const char *name = aula_room_name(board->rooms, room, NULL);

	if (board->relay != NULL && name != NULL)
		aula_relay_close(board->relay, name);
}

void
aula_relaying_stop(aula_switchboard *board)
{
	if (board->relay != NULL)
		aula_relay_stop(board->relay);
}

void
aula_relaying_expose(const aula_switchboard *board, aula_exposition *page)
{
	/* Alone there is nothing to count; the series are there nevertheless, for those who watch.
	 */
	aula_relay_counts counts = { 0 };

	if (board->relay != NULL)
		aula_relay_count(board->relay, &counts);
	const struct {
		aula_metric_kind kind;
		const char *name, *help;
		uint64_t value;
	} rows[] = {
		{ AULA_GAUGE, "aula_relay_servers", "Other servers that share rooms with this one.",
			counts.nodes },
		{ AULA_COUNTER, "aula_relay_said", "What modules said to themselves on others.",
			counts.said },
		{ AULA_COUNTER, "aula_relay_refused",
			"Of that, what found the bus full: others ask for it later.",
			counts.refused },
		{ AULA_COUNTER, "aula_relay_heard", "What others said, in its order.",
			counts.heard },
		{ AULA_COUNTER, "aula_relay_again", "What others said and had come before.",
			counts.again },
		{ AULA_COUNTER, "aula_relay_asked", "How often something was missing.",
			counts.asked },
		{ AULA_COUNTER, "aula_relay_missed", "What others said and could not be had again.",
			counts.missed },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		aula_exposition_one(
			page, rows[i].kind, rows[i].name, rows[i].help, (double)rows[i].value);
}
