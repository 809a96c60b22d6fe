/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that does in each hook what it had better not: it calls back into the core, about the
 * very handle and room that are on their way out. */
#include <stdlib.h>
#include <string.h>

#include <aula/module.h>

static const aula_key wild = { .text = "wild" };

struct unruly {
	const aula_host *host;
};

static void
try_all(struct unruly *unruly, aula_handle handle)
{
	const aula_host *host = unruly->host;
	aula_sender sender = { 0 };
	aula_room room = host->rooms->find(host, &wild);
	aula_member member;
	json_t *jsep = NULL, *data = json_pack("{s:s}", "unruly", "event");

	if (AULA_NONE(room))
		host->rooms->open(host, &wild, NULL, &room);
	host->rooms->join(host, room, handle, NULL, &member);
	host->peers->add(host, handle, AULA_VIDEO, (aula_track){ 0 }, "vp8", &sender);
	if (host->peers->offer(host, handle, false, &jsep) == AULA_OK)
		host->handles->push(host, handle, data, jsep);
	host->peers->close(host, handle, "unruly");
	host->handles->detach(host, handle);
	json_decref(data);
}

static aula_code
attach(void *self, aula_handle handle, void **ret_state)
{
	struct unruly *unruly = self;
	aula_identity who = { .size = sizeof who };

	unruly->host->handles->identity(unruly->host, handle, &who, sizeof who);
	*ret_state = NULL;
	if (who.opaque_id == NULL)
		return AULA_OK;
	try_all(unruly, handle);
	return strcmp(who.opaque_id, "refuse") == 0 ? AULA_FULL : AULA_OK;
}

static void
detach(void *self, aula_handle handle, void *state)
{
	(void)state;
	try_all(self, handle);
}

static void
disconnected(void *self, aula_handle handle, void *state, const char *reason)
{
	(void)state, (void)reason;
	try_all(self, handle);
}

static void
member_left(void *self, aula_room room, aula_member member, aula_handle handle, const char *reason)
{
	struct unruly *unruly = self;
	const aula_host *host = unruly->host;

	(void)reason;
	host->rooms->remove(host, member, "again");
	host->rooms->close(host, room, "over");
	try_all(unruly, handle);
}

static void
room_closed(void *self, aula_room room, const char *reason)
{
	struct unruly *unruly = self;

	(void)reason;
	unruly->host->rooms->close(unruly->host, room, "once more");
	unruly->host->rooms->open(unruly->host, &wild, NULL, &room);
}

static aula_code
run_enter(void *self, aula_call *call, const void *args)
{
	struct unruly *unruly = self;
	const aula_host *host = unruly->host;
	aula_room room = host->rooms->find(host, &wild);
	aula_sender sender;
	aula_member member;

	(void)args;
	if (AULA_NONE(room))
		host->rooms->open(host, &wild, NULL, &room);
	aula_code code = host->rooms->join(host, room, call->from, NULL, &member);
	if (code == AULA_OK)
		code = host->peers->add(
			host, call->from, AULA_VIDEO, (aula_track){ 0 }, "vp8", &sender);
	return code == AULA_OK ? host->peers->offer(host, call->from, false, &call->jsep) : code;
}

static aula_code
run_close(void *self, aula_call *call, const void *args)
{
	struct unruly *unruly = self;
	const aula_host *host = unruly->host;

	(void)args, (void)call;
	host->rooms->close(host, host->rooms->find(host, &wild), "asked");
	return AULA_OK;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct unruly *unruly = malloc(sizeof *unruly);

	(void)config;
	unruly->host = host;
	*ret_self = unruly;
	return AULA_OK;
}

static const char *const packages[] = { "example.plugin.unruly", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "unruly",
	.attach = attach,
	.detach = detach,
	.disconnected = disconnected,
	.member_left = member_left,
	.room_closed = room_closed,
};

static const aula_request requests[] = {
	{ "close", 0, 0, NULL, 0, 0, run_close, "Closes the room." },
	{ "enter", 0, 0, NULL, 0, 0, run_enter, "Enters the room, and is offered a video." },
};

AULA_MODULE(.name = "unruly", .summary = "Does in hooks what it had better not.",
	.author = "A test", .version = "1", .requests = requests, .request_count = 2,
	.start = start, .stop = free, .plugin = &plugin);
