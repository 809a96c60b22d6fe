/* SPDX-License-Identifier: Apache-2.0 */
/* Requests whose meaning depends on whether a publisher or a subscriber sends them. */
#include "requests.h"

#include <string.h>

#include "notify.h"
#include "person.h"
#include "subscriber.h"

aula_code
run_join(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct media_args *join = args;
	const struct client *client = call->state;

	if (client->person != NULL || client->subscriber != NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_ALREADY_JOINED, NULL,
			"This handle is in a room already.");
	if (strcmp(join->role, "subscriber") == 0)
		return subscriber_join(classroom, call, join);
	return publisher_join(classroom, call, join);
}

aula_code
run_configure(void *self, aula_call *call, const void *args)
{
	const struct client *client = call->state;
	(void)self;

	if (client->person != NULL)
		return publisher_configure(client->person, call, args);
	if (client->subscriber != NULL)
		return subscriber_configure(client->subscriber, call, args);
	return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL, "Join a room first.");
}

aula_code
run_leave(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;
	const struct client *client = call->state;
	(void)args;

	if (client->person == NULL && client->subscriber == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL, "Join a room first.");
	struct room *room =
		client->person != NULL ? client->person->room : client->subscriber->room;
	json_object_set_new(call->reply, "videoroom", json_string("event"));
	json_object_set(call->reply, "room", room->name);
	if (client->person != NULL) {
		person_leave(client->person, "leaving");
		json_object_set_new(call->reply, "leaving", json_string("ok"));
	} else {
		subscriber_free(client->subscriber);
		json_object_set_new(call->reply, "left", json_string("ok"));
	}
	host->peers->close(host, call->from, "left the room");
	return AULA_OK;
}
