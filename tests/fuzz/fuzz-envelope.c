/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends: one or more requests. Each is read or refused with a reason, reading always
 * gets on, and every reply can be written. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "signaling/envelope.h"

static void
check_reply(const aula_envelope *envelope, bool good, const aula_refusal *refusal)
{
	json_t *reply = aula_envelope_reply("error", envelope->session, envelope->transaction, 0);

	if (!good) {
		HOLDS(refusal->error != AULA_ERROR_NONE);
		json_object_set_new(reply, "error", aula_refusal_json(refusal));
	}
	char *text = json_dumps(reply, JSON_COMPACT);
	HOLDS(text != NULL);
	free(text);
	json_decref(reply);
}

static void
check_body(const aula_envelope *envelope)
{
	aula_refusal refusal;
	json_t *body = NULL;
	const char *plugin = NULL;
	uint64_t id = 0;

	HOLDS(envelope->verb != NULL && envelope->transaction != NULL);
	HOLDS(aula_envelope_object(envelope->request, "body", true, &body, &refusal) ==
		(body != NULL));
	HOLDS(aula_envelope_text(envelope->request, "plugin", true, &plugin, &refusal) ==
		(plugin != NULL));
	aula_envelope_number(envelope->request, "id", &id, &refusal);
	HOLDS(id <= INT64_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	const char *text = (const char *)data;

	while (length > 0 && !aula_envelope_is_blank(text, length)) {
		aula_envelope envelope;
		aula_refusal refusal = { 0 };
		size_t used = 0;
		bool good = aula_envelope_open(text, length, &used, &envelope, &refusal);
		HOLDS(used > 0 && used <= length);
		if (good)
			check_body(&envelope);
		check_reply(&envelope, good, &refusal);
		aula_envelope_clear(&envelope);
		text += used;
		length -= used;
	}
	return 0;
}
