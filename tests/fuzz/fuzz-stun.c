/* SPDX-License-Identifier: Apache-2.0 */
/* One STUN message, for somebody whose password is known and for nobody. What is answered is a
 * whole response of ours, never longer than a request may be. */
#include "fuzz.h"

#include <string.h>

#include "peer/stun.h"

static void
check_reply(const uint8_t *data, aula_stun_verdict verdict, const aula_stun_reply *reply)
{
	HOLDS(reply->length <= sizeof(reply->bytes));
	HOLDS(!reply->nominates || verdict == AULA_STUN_VALID);
	if (verdict == AULA_STUN_BROKEN || verdict == AULA_STUN_OTHER)
		HOLDS(reply->length == 0);
	if (reply->length == 0)
		return;
	HOLDS(reply->length >= 20);
	HOLDS((size_t)(reply->bytes[2] << 8 | reply->bytes[3]) + 20 == reply->length);
	HOLDS(memcmp(reply->bytes + 4, data + 4, 16) == 0); /* cookie and transaction */
	HOLDS((reply->bytes[0] & 1) == 1);                  /* a response, so never answered */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static aula_stun *stun;
	aula_stun_reply reply;
	aula_address from;
	const char *name = NULL;
	size_t name_length = 0;

	if (stun == NULL)
		stun = aula_stun_new();
	HOLDS(aula_address_parse("2001:db8::1", 5000, &from));
	bool named = aula_stun_name(data, length, &name, &name_length);
	HOLDS(!named || ((const uint8_t *)name > data &&
				(const uint8_t *)name + name_length < data + length));
	aula_stun_verdict verdict =
		aula_stun_check(stun, data, length, &from, "the password of the server", &reply);
	HOLDS(verdict != AULA_STUN_VALID || named);
	check_reply(data, verdict, &reply);
	verdict = aula_stun_check(stun, data, length, &from, NULL, &reply);
	HOLDS(verdict != AULA_STUN_VALID);
	check_reply(data, verdict, &reply);
	return 0;
}
