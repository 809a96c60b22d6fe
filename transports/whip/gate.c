/* SPDX-License-Identifier: Apache-2.0 */
#include "gate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 8192, NAME_BYTES = 64 };

struct place {
	double credit;
	int64_t at_us; /* 0: full */
};

struct gate {
	double per_minute;
	uint64_t salt; /* so that nobody can choose whose place they share */
	struct place places[PLACES];
};

struct gate *
gate_new(int64_t per_minute)
{
	struct gate *gate = calloc(1, sizeof *gate);

	if (gate == NULL)
		return NULL;
	gate->per_minute = (double)per_minute;
	gate->salt = (uint64_t)(uintptr_t)gate;
	return gate;
}

void
gate_bound(struct gate *gate, int64_t per_minute)
{
	gate->per_minute = (double)per_minute;
}

void
gate_free(struct gate *gate)
{
	free(gate);
}

static uint64_t
hash(const struct gate *gate, const char *name)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325) ^ gate->salt; /* FNV-1a */

	for (; *name != '\0'; name++)
		value = (value ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return value ^ value >> 29;
}

bool
gate_pass(struct gate *gate, const char *name, int64_t now_us, int64_t *ret_wait_s)
{
	struct place *place = &gate->places[hash(gate, name) % PLACES];
	double per_us = gate->per_minute / 60e6;

	if (place->at_us == 0)
		place->credit = gate->per_minute;
	else
		place->credit += (double)(now_us - place->at_us) * per_us;
	if (place->credit > gate->per_minute)
		place->credit = gate->per_minute;
	place->at_us = now_us;
	if (place->credit >= 1) {
		place->credit -= 1;
		return true;
	}
	*ret_wait_s = 1 + (int64_t)((1 - place->credit) / per_us / 1e6);
	return false;
}

bool
gate_name(const char *address, char *ret_name)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, address, &v4) == 1) {
		inet_ntop(AF_INET, &v4, ret_name, NAME_BYTES);
		return ntohl(v4.s_addr) >> 24 != 127;
	}
	if (inet_pton(AF_INET6, address, &v6) == 1) {
		if (IN6_IS_ADDR_LOOPBACK(&v6))
			return false;
		memset(v6.s6_addr + 8, 0, 8);
		inet_ntop(AF_INET6, &v6, ret_name, NAME_BYTES);
		return true;
	}
	strncpy(ret_name, address, NAME_BYTES - 1);
	ret_name[NAME_BYTES - 1] = '\0';
	return true;
}
