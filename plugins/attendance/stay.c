/* SPDX-License-Identifier: Apache-2.0 */
#include "stay.h"

#include <string.h>

struct stay *
stay_new(int64_t id, const char *room, const aula_member_info *who, int64_t now_us)
{
	struct stay *stay = g_new0(struct stay, 1);

	stay->id = id;
	stay->room = g_strdup(room);
	stay->person = g_strdup(who->subject != NULL ? who->subject : "");
	stay->display = g_strdup(who->display != NULL ? who->display : "");
	stay->role = g_strdup(who->role != NULL ? who->role : "");
	stay->reason = "";
	stay->joined_us = stay->active_us = now_us;
	return stay;
}

void
stay_free(struct stay *stay)
{
	if (stay == NULL)
		return;
	g_free(stay->room);
	g_free(stay->person);
	g_free(stay->display);
	g_free(stay->role);
	g_free(stay);
}

/* The wall clock may be set back. */
static void
be_active(struct stay *stay, int64_t idle_after_us, int64_t now_us)
{
	if (stay->speaking_us == 0 && now_us - stay->active_us > idle_after_us)
		stay->idle_us += now_us - stay->active_us - idle_after_us;
	stay->active_us = MAX(stay->active_us, now_us);
}

bool
stay_did(struct stay *stay, const char *what, int64_t idle_after_us, int64_t now_us)
{
	bool speaks = strcmp(what, "speaks") == 0, silent = strcmp(what, "silent") == 0;
	int64_t *counter = strcmp(what, "hand") == 0      ? &stay->hands
			   : strcmp(what, "answer") == 0  ? &stay->answers
			   : strcmp(what, "message") == 0 ? &stay->messages
							  : NULL;

	if (!speaks && !silent && counter == NULL)
		return false;
	be_active(stay, idle_after_us, now_us);
	if (counter != NULL)
		++*counter;
	if (silent) {
		stay->spoke_us = stay_spoke_us(stay, now_us);
		stay->speaking_us = 0;
	} else if (speaks && stay->speaking_us == 0) {
		stay->speaking_us = now_us;
	}
	return true;
}

void
stay_end(struct stay *stay, const char *reason, int64_t idle_after_us, int64_t now_us)
{
	if (stay->speaking_us != 0)
		stay_did(stay, "silent", idle_after_us, now_us);
	stay->left_us = MAX(now_us, stay->joined_us);
	stay->reason = reason;
}

int64_t
stay_spoke_us(const struct stay *stay, int64_t now_us)
{
	return stay->spoke_us + (stay->speaking_us != 0 ? MAX(0, now_us - stay->speaking_us) : 0);
}
