/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback: what is read is written again and reads the same. */
#include "fuzz.h"

#include "wire/twcc.h"

enum { MOST = 2048 };

static aula_twcc_arrival arrivals[MOST];

static bool
read_first(const uint8_t *data, size_t length, aula_twcc_walk *ret_walk)
{
	aula_rtcp_reader reader = aula_rtcp_read(data, length);
	aula_rtcp packet;

	return aula_rtcp_next(&reader, &packet) && aula_twcc_read(&packet, ret_walk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static uint8_t out[1500];
	aula_rtcp_writer writer = aula_rtcp_write(out, sizeof(out));
	aula_twcc_walk walk, again;
	aula_twcc_arrival arrival;
	size_t count = 0;

	if (!read_first(data, length, &walk))
		return 0;
	uint16_t base = walk.base, statuses = walk.count;
	while (count < MOST && aula_twcc_next(&walk, &arrivals[count])) {
		HOLDS((uint16_t)(arrivals[count].sequence - base) < statuses);
		arrivals[count++].at_us += 1ll << 42; /* a clock of ours is never negative */
	}
	HOLDS(count < MOST || length > MOST);
	size_t told = aula_twcc_write(&writer, 1, 2, base, 3, arrivals, count);
	HOLDS(told <= count && (told > 0 || count == 0));
	if (told == 0)
		return 0;
	HOLDS(read_first(out, writer.length, &again));
	int64_t apart_us = 0;
	for (size_t i = 0; i < told; i++) {
		HOLDS(aula_twcc_next(&again, &arrival));
		HOLDS(arrival.sequence == arrivals[i].sequence);
		apart_us = i == 0 ? arrivals[i].at_us - arrival.at_us : apart_us;
		HOLDS(arrivals[i].at_us - arrival.at_us == apart_us);
	}
	HOLDS(!aula_twcc_next(&again, &arrival));
	return 0;
}
