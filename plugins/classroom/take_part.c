/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose meaning depends on whether a publisher or a subscriber sends them. */
#include "requests.h"

#include <string.h>

#include "batch.h"
#include "notify.h"
#include "person.h"
#include "subscriber.h"
#include "viewer.h"

static aula_code
check_qualities(aula_call *call, const struct media_args *args)
{
	aula_code code = quality_check(call, &args->quality, "max_delay");

	return code == AULA_OK ? batch_check(call, &args->streams) : code;
}

aula_code
run_join(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct media_args *join = args;
	const struct client *client = call->state;

	if (client_room(client) != NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_ALREADY_JOINED, NULL,
			"This handle is in a room already.");
	aula_code code = check_qualities(call, join);
	if (code != AULA_OK)
		return code;
	if (strcmp(join->role, "subscriber") == 0)
		return subscriber_join(classroom, call, join);
	if (strcmp(join->role, "viewer") == 0)
		return viewer_join(classroom, call, join);
	return publisher_join(classroom, call, join);
}

aula_code
run_configure(void *self, aula_call *call, const void *args)
{
	const struct client *client = call->state;
	(void)self;

	aula_code code = check_qualities(call, args);
	if (code != AULA_OK)
		return code;
	if (client->person != NULL)
		return publisher_configure(client->person, call, args);
	if (client->subscriber != NULL)
		return subscriber_configure(client->subscriber, call, args);
	if (client->viewer != NULL)
		return viewer_configure(client->viewer, call, args);
	return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL, "Join a room first.");
}

aula_code
run_leave(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;
	const struct client *client = call->state;
	(void)args;

	struct room *room = client_room(client);
	if (room == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL, "Join a room first.");
	json_object_set_new(call->reply, "videoroom", json_string("event"));
	json_object_set(call->reply, "room", room->name);
	if (client->person != NULL) {
		person_leave(client->person, "leaving");
		json_object_set_new(call->reply, "leaving", json_string("ok"));
	} else if (client->viewer != NULL) {
		viewer_leave(client->viewer);
		json_object_set_new(call->reply, "left", json_string("ok"));
	} else {
		subscriber_free(client->subscriber);
		json_object_set_new(call->reply, "left", json_string("ok"));
	}
	host->peers->close(host, call->from, "left the room");
	return AULA_OK;
}
