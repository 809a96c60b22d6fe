/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <dlfcn.h>
#include <string.h>

#include "base/schema.h"
#include "room/room.h"
#include "scenery.h"

static void
end_turn(struct stage *stage)
{
	bool again;

	do {
		again = scenery_run_timers(stage);
		for (guint i = 0; i < stage->handles->len; i++) {
			actor *one = g_ptr_array_index(stage->handles, i);
			if (!one->gone && one->peer != NULL && one->peer->closing) {
				stage_break(stage, one->handle);
				again = true;
			}
		}
	} while (again);
}

/* -- the cast -- */

static void
on_member_left(void *data, unsigned module, aula_room room, aula_member member, aula_handle handle,
	const char *reason)
{
	struct stage *stage = data;
	const struct troupe *one = &stage->modules[module];

	if (one->module->plugin->member_left != NULL)
		one->module->plugin->member_left(one->self, room, member, handle, reason);
}

static void
on_room_closed(void *data, aula_room room, const char *reason)
{
	struct stage *stage = data;

	for (unsigned i = 0; i < stage->module_count; i++) {
		const struct troupe *one = &stage->modules[i];
		if (one->module->plugin->room_closed != NULL)
			one->module->plugin->room_closed(one->self, room, reason);
	}
}

static void
on_room_closing(void *data, aula_room room, const char *reason)
{
	struct stage *stage = data;

	for (unsigned i = 0; i < stage->module_count; i++) {
		const struct troupe *one = &stage->modules[i];
		if (one->module->plugin->room_closing != NULL)
			one->module->plugin->room_closing(one->self, room, reason);
	}
}

static void
on_room_broadcast(void *data, aula_handle handle, const char *text, size_t length)
{
	json_t *event = json_loadb(text, length, 0, NULL);

	g_assert_nonnull(event);
	g_queue_push_tail(&scenery_actor(data, handle)->events, event);
}

void
scenery_did(struct stage *stage, const aula_deed *deed)
{
	for (unsigned i = 0; i < stage->module_count; i++) {
		const struct troupe *one = &stage->modules[i];
		if (one->module->plugin->watched != NULL)
			one->module->plugin->watched(one->self, deed);
	}
}

static void
on_member_moved(void *data, aula_room room, aula_member member, const char *reason)
{
	scenery_did(data, &(aula_deed){ .size = sizeof(aula_deed),
				  .room = room,
				  .member = member,
				  .what = reason != NULL ? "left" : "joined",
				  .reason = reason });
}

static const aula_room_listener listener = { on_member_left, on_room_closed, on_room_broadcast,
	on_member_moved, on_room_closing };

struct stage *
stage_new(void)
{
	struct stage *new = g_new0(struct stage, 1);
	aula_room_limits limits = { .rooms_most = 64, .members_most = 20000 };

	new->handles = g_ptr_array_new();
	new->tracks = g_ptr_array_new_with_free_func(g_free);
	new->timers = g_ptr_array_new();
	new->now_us = 1000000;
	new->rooms = aula_room_list_new(&limits, &listener, new);
	return new;
}

const aula_module *
stage_module(const char *name)
{
	g_autofree char *file = g_strdup_printf("%s.so", name);
	g_autofree char *path =
		g_build_filename(g_getenv("TOP_BUILDDIR"), "plugins", ".libs", file, NULL);
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		g_error("%s", dlerror());
	const aula_module *module = dlsym(library, G_STRINGIFY(aula_module_v1));
	g_assert_nonnull(module);
	return module;
}

static aula_code
start(struct stage *stage, struct troupe *one, const char *settings)
{
	const aula_module *module = one->module;
	aula_schema schema = { module->config, module->config_count, module->field_size };
	aula_schema_fault fault;
	const char *why = NULL;
	g_autofree char *text = g_strdelimit(g_strdup(settings), "'", '"');

	g_assert_true(aula_schema_check(&schema, module->config_size, &why));
	one->settings = json_loads(text, 0, NULL);
	one->config = g_malloc0(module->config_size + 1);
	aula_code code = aula_schema_fill(&schema, one->settings, one->config, &one->arena, &fault);
	g_assert_cmpint(code, ==, AULA_OK);
	scenery_host_init(&one->host, stage, one);
	return module->start(&one->host.host, one->config, &one->self);
}

static void
stop(struct troupe *one)
{
	json_decref(one->settings);
	g_free(one->config);
	aula_arena_free(&one->arena);
}

unsigned
stage_load(struct stage *stage, const aula_module *module, const char *settings)
{
	g_assert_cmpuint(stage->module_count, <, G_N_ELEMENTS(stage->modules));
	struct troupe *one = &stage->modules[stage->module_count];
	one->module = module;
	one->number = stage->module_count++;
	g_assert_cmpint(start(stage, one, settings), ==, AULA_OK);
	for (size_t i = 0; i < module->request_count; i++) {
		const aula_request *row = &module->requests[i];
		aula_schema schema = { row->fields, row->field_count, module->field_size };
		const char *why = NULL;
		if (i > 0)
			g_assert_cmpint(strcmp(row[-1].name, row->name), <, 0);
		if (row->field_count > 0)
			g_assert_true(aula_schema_check(&schema, row->args_size, &why));
	}
	return one->number;
}

aula_code
stage_try_load(struct stage *stage, const aula_module *module, const char *settings)
{
	struct troupe one = { .module = module };
	aula_code code = start(stage, &one, settings);

	if (code == AULA_OK)
		module->stop(one.self);
	stop(&one);
	return code;
}

void
stage_free(struct stage *stage)
{
	for (guint i = 0; i < stage->handles->len; i++) {
		actor *one = g_ptr_array_index(stage->handles, i);
		if (!one->gone)
			stage_detach(stage, one->handle);
	}
	for (unsigned i = 0; i < stage->module_count; i++)
		stage->modules[i].module->stop(stage->modules[i].self);
	g_assert_cmpuint(stage_feeds(stage), ==, 0);
	g_assert_cmpuint(scenery_timer_count(stage), ==, 0);
	for (unsigned i = 0; i < stage->module_count; i++)
		stop(&stage->modules[i]);
	aula_room_list_free(stage->rooms);
	for (guint i = 0; i < stage->handles->len; i++)
		g_free(g_ptr_array_index(stage->handles, i));
	g_ptr_array_free(stage->handles, TRUE);
	g_ptr_array_free(stage->tracks, TRUE);
	g_ptr_array_free(stage->timers, TRUE);
	json_decref(stage->shown);
	g_free(stage);
}

const aula_host *
stage_host(struct stage *stage, unsigned module)
{
	return &stage->modules[module].host.host;
}

/* -- handles -- */

static uint64_t
mask_of(const aula_module *module, const char *holds)
{
	g_auto(GStrv) names = g_strsplit(holds, " ", -1);
	uint64_t mask = 0;

	for (size_t i = 0; i < module->capability_count; i++)
		if (g_strv_contains((const char *const *)names, module->capabilities[i].name))
			mask |= (uint64_t)1 << i;
	return mask;
}

aula_handle
stage_attach(struct stage *stage, unsigned module, unsigned session, const char *holds)
{
	struct troupe *in = &stage->modules[module];
	actor *one = g_new0(actor, 1);

	g_ptr_array_add(stage->handles, one);
	one->handle.id = stage->handles->len;
	one->in = in;
	one->session = session;
	one->holds = mask_of(in->module, holds);
	one->identity = (aula_identity){
		.size = sizeof(aula_identity), .subject = "", .name = "", .role = "guest"
	};
	g_queue_init(&one->events);
	aula_code code = in->module->plugin->attach(in->self, one->handle, &one->state);
	g_assert_cmpint(code, ==, AULA_OK);
	return one->handle;
}

void
stage_identify(struct stage *stage, aula_handle handle, const char *subject, const char *name,
	const char *role, const char *room)
{
	actor *one = scenery_actor(stage, handle);

	one->identity.subject = subject;
	one->identity.name = name;
	one->identity.role = role;
	one->identity.room = room;
}

void
stage_detach(struct stage *stage, aula_handle handle)
{
	actor *one = scenery_actor(stage, handle);

	if (one->peer != NULL && g_test_rand_bit())
		stage_break(stage, handle);
	one->ending = true;
	aula_room_lose(stage->rooms, handle, "detached");
	scenery_peer_free(stage, one);
	one->gone = true;
	one->in->module->plugin->detach(one->in->self, handle, one->state);
	one->state = NULL;
	stage_skip(stage, handle);
	end_turn(stage);
}

size_t
stage_skip(struct stage *stage, aula_handle handle)
{
	actor *one = g_ptr_array_index(stage->handles, handle.id - 1);
	size_t count = g_queue_get_length(&one->events);

	for (json_t *event; (event = g_queue_pop_head(&one->events)) != NULL;)
		json_decref(event);
	return count;
}

static json_t *
show(struct stage *stage, json_t *document)
{
	json_decref(stage->shown);
	return stage->shown = document;
}

json_t *
stage_event(struct stage *stage, aula_handle handle)
{
	return show(stage, g_queue_pop_head(&scenery_actor(stage, handle)->events));
}

/* -- requests, as the core runs them -- */

static int
number_of(const aula_plugin_ops *plugin, aula_code code)
{
	for (size_t i = 0; i < plugin->error_count; i++)
		if (plugin->errors[i].code == code)
			return plugin->errors[i].number;
	return plugin->error_fallback;
}

static json_t *
error_of(const actor *one, const aula_call *call, aula_code code)
{
	const aula_plugin_ops *plugin = one->in->module->plugin;
	json_t *error = json_pack("{s:s, s:i, s:s, s:s}", plugin->key, "event", "error_code",
		call->error_number != 0 ? call->error_number : number_of(plugin, code), "code",
		aula_code_word(code), "error",
		call->error != NULL ? call->error : aula_code_sentence(code));

	if (call->field != NULL)
		json_object_set_new(error, "field", json_string(call->field));
	if (call->retry_after_ms > 0)
		json_object_set_new(error, "retry_after_ms", json_integer(call->retry_after_ms));
	return error;
}

static const aula_request *
find_row(const actor *one, json_t *body)
{
	const aula_module *module = one->in->module;
	const char *name = json_string_value(json_object_get(body, "request"));

	if (name == NULL)
		name = module->plugin->fallback_request;
	for (size_t i = 0; name != NULL && i < module->request_count; i++)
		if (strcmp(module->requests[i].name, name) == 0)
			return &module->requests[i];
	return NULL;
}

static aula_code
run(const actor *one, aula_call *call)
{
	const aula_request *row = find_row(one, call->body);
	aula_arena arena = { 0 };
	aula_schema_fault fault = { 0 };

	if (row == NULL)
		return json_object_get(call->body, "request") != NULL ? AULA_UNKNOWN : AULA_MISSING;
	if ((one->holds & row->needs) != row->needs)
		return AULA_FORBIDDEN;
	aula_schema schema = { row->fields, row->field_count, sizeof(aula_field) };
	g_autofree void *args = g_malloc0(row->args_size + 1);
	aula_code code = aula_schema_fill(&schema, call->body, args, &arena, &fault);
	call->name = row->name;
	if (code != AULA_OK)
		call->field = g_intern_string(fault.path);
	if (code == AULA_OK)
		code = row->run(one->in->self, call, args);
	aula_arena_free(&arena);
	return code;
}

json_t *
stage_ask(struct stage *stage, aula_handle handle, const char *jsep, const char *format, ...)
{
	actor *one = scenery_actor(stage, handle);
	va_list values;
	aula_stream lines[16];
	aula_call call = { .size = sizeof call,
		.from = handle,
		.state = one->state,
		.holds = one->holds,
		.reply = json_object() };

	va_start(values, format);
	g_autofree char *text = g_strdelimit(g_strdup_vprintf(format, values), "'", '"');
	va_end(values);
	call.body = json_loads(text, 0, NULL);
	g_assert_nonnull(call.body);
	if (g_strcmp0(jsep, "answer") == 0) {
		g_assert_nonnull(one->peer);
		g_assert_true(one->peer->offering);
		one->peer->offering = false;
	} else if (jsep != NULL) {
		call.offer_count = scenery_parse_offer(jsep, lines, G_N_ELEMENTS(lines));
		call.offer = lines;
		call.offer_stride = sizeof *lines;
		one->offer = &call;
	}
	aula_code code = run(one, &call);
	one->offer = NULL;
	json_t *reply = code == AULA_OK ? json_incref(call.reply) : error_of(one, &call, code);
	if (call.jsep != NULL)
		json_object_set_new(reply, "jsep", call.jsep);
	json_decref(call.reply);
	json_decref(call.body);
	end_turn(stage);
	return show(stage, reply);
}

/* -- connections and time -- */

void
stage_connect(struct stage *stage, aula_handle handle)
{
	actor *one = scenery_actor(stage, handle);

	g_assert_nonnull(one->peer);
	one->peer->connected = true;
	if (one->in->module->plugin->connected != NULL)
		one->in->module->plugin->connected(one->in->self, handle, one->state);
	end_turn(stage);
}

void
stage_break(struct stage *stage, aula_handle handle)
{
	actor *one = scenery_actor(stage, handle);

	if (one->peer == NULL)
		return;
	scenery_peer_free(stage, one);
	one->in->module->plugin->disconnected(one->in->self, handle, one->state, "broken");
	end_turn(stage);
}

void
stage_advance(struct stage *stage, int64_t ms)
{
	for (int64_t end_us = stage->now_us + ms * 1000; stage->now_us < end_us;) {
		int64_t next_us = scenery_next_timer(stage);
		stage->now_us = next_us < end_us ? MAX(next_us, stage->now_us) : end_us;
		end_turn(stage);
	}
}

/* -- comparing -- */

static bool
contains(const json_t *document, const json_t *pattern)
{
	const char *key;
	json_t *value;

	if (json_is_object(pattern)) {
		json_object_foreach((json_t *)pattern, key, value)
		{
			json_t *other = json_object_get(document, key);
			if (json_is_null(value) ? other != NULL : !contains(other, value))
				return false;
		}
		return json_is_object(document);
	}
	if (!json_is_array(pattern))
		return json_equal(document, pattern);
	if (json_array_size(document) != json_array_size(pattern))
		return false;
	for (size_t i = 0; i < json_array_size(pattern); i++)
		if (!contains(json_array_get(document, i), json_array_get(pattern, i)))
			return false;
	return true;
}

bool
stage_matches(json_t *document, const char *pattern)
{
	g_autofree char *text = g_strdelimit(g_strdup(pattern), "'", '"');
	json_t *wanted = json_loads(text, 0, NULL);

	g_assert_nonnull(wanted);
	bool same = document != NULL && contains(document, wanted);
	if (!same) {
		char *got = document != NULL ? json_dumps(document, 0) : NULL;
		g_test_message("wanted %s", text);
		g_test_message("got    %s", got != NULL ? got : "nothing");
		free(got);
	}
	json_decref(wanted);
	return same;
}
