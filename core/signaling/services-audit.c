/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log, as modules know it: they say what was done, the core knows by whom. */
#include "signaling/services-module.h"

static void
note(const aula_host *host, aula_handle actor, const aula_act *act)
{
	aula_switchboard *board = aula_module_of(host)->board;
	const aula_attachment *attachment = aula_attachment_find(board->sessions, actor);

	if (board->audit == NULL || attachment == NULL)
		return;
	const aula_session *session = aula_attachment_session(attachment);
	const aula_bearer *bearer = aula_session_bearer(session);
	aula_audit_log_add(board->audit,
		&(aula_audit_line){ .act = act->act,
			.actor = bearer->subject,
			.name = bearer->name,
			.role = bearer->role,
			.address = bearer->address != NULL ? bearer->address
							   : aula_clients_address(board->clients,
								     aula_session_client(session)),
			.room = act->room,
			.target = act->target,
			.detail = act->detail });
}

static void
note_of(const aula_host *host, const aula_identity *actor, const char *address, const aula_act *act)
{
	const aula_switchboard *board = aula_module_of(host)->board;

	if (board->audit == NULL)
		return;
	aula_audit_log_add(board->audit, &(aula_audit_line){ .act = act->act,
						 .actor = actor->subject,
						 .name = actor->name,
						 .role = actor->role,
						 .address = address,
						 .room = act->room,
						 .target = act->target,
						 .detail = act->detail });
}

const aula_audit aula_service_audit = {
	.size = sizeof aula_service_audit,
	.note = note,
	.note_of = note_of,
};
