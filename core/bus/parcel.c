/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/parcel.h"

#include <string.h>

aula_parcel *
aula_parcel_new(const char *stream, size_t room)
{
	aula_parcel *parcel = g_new0(aula_parcel, 1);

	parcel->stream = g_strdup(stream);
	parcel->bytes = sizeof *parcel + strlen(stream);
	parcel->room = room;
	parcel->fields = g_new0(aula_bus_field, room);
	return parcel;
}

void
aula_parcel_add(aula_parcel *parcel, const char *name, const char *text, size_t length)
{
	g_assert(parcel->count < parcel->room);
	char *copy = g_malloc(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	parcel->fields[parcel->count++] =
		(aula_bus_field){ .name = g_strdup(name), .text = copy, .length = length };
	parcel->bytes += length + strlen(name) + 64;
}

void
aula_parcel_free(aula_parcel *parcel)
{
	if (parcel == NULL)
		return;
	for (size_t i = 0; i < parcel->count; i++) {
		g_free((char *)parcel->fields[i].name);
		g_free((char *)parcel->fields[i].text);
	}
	if (parcel->receipt != NULL)
		aula_receipt_sign(parcel->receipt, parcel->written);
	g_free(parcel->fields);
	g_free(parcel->stream);
	g_free(parcel->id);
	g_free(parcel);
}
