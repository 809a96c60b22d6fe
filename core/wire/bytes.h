/* SPDX-License-Identifier: Apache-2.0 */
/** Numbers in network byte order, at any alignment. All [any]. */
#ifndef AULA_WIRE_BYTES_H
#define AULA_WIRE_BYTES_H

#include <stdint.h>

static inline uint16_t
aula_get16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t
aula_get24(const uint8_t *data)
{
	return (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
}

static inline uint32_t
aula_get32(const uint8_t *data)
{
	return (uint32_t)data[0] << 24 | aula_get24(data + 1);
}

static inline void
aula_put16(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

static inline void
aula_put24(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 16);
	aula_put16(out + 1, (uint16_t)value);
}

static inline void
aula_put32(uint8_t *out, uint32_t value)
{
	out[0] = (uint8_t)(value >> 24);
	aula_put24(out + 1, value);
}

#endif
