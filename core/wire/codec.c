/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/codec.h"

#include <string.h>
#include <strings.h>

typedef struct {
	const char *name, *encoding;
	aula_kind kind;
	uint32_t clock_hz;
	uint8_t channels;
} codec_row;

static const codec_row codecs[AULA_CODEC_COUNT_] = {
	[AULA_CODEC_NONE] = { .name = "", .encoding = "" },
#define X(id, lower, text, media, hz, number) \
	[AULA_CODEC_##id] = { \
		.name = lower, .encoding = text, .kind = media, .clock_hz = hz, .channels = number \
	},
	AULA_CODECS(X)
#undef X
};

static const codec_row *
row(aula_codec codec)
{
	return &codecs[(unsigned)codec < AULA_CODEC_COUNT_ ? codec : AULA_CODEC_NONE];
}

aula_codec
aula_codec_find(const char *name, size_t length)
{
	for (int codec = AULA_CODEC_NONE + 1; codec < AULA_CODEC_COUNT_; codec++) {
		const char *encoding = codecs[codec].encoding;

		if (strlen(encoding) == length && !strncasecmp(encoding, name, length))
			return codec;
	}
	return AULA_CODEC_NONE;
}

const char *
aula_codec_name(aula_codec codec)
{
	return row(codec)->name;
}

const char *
aula_codec_encoding(aula_codec codec)
{
	return row(codec)->encoding;
}

aula_kind
aula_codec_kind(aula_codec codec)
{
	return row(codec)->kind;
}

uint32_t
aula_codec_clock_hz(aula_codec codec)
{
	return row(codec)->clock_hz;
}

uint8_t
aula_codec_channels(aula_codec codec)
{
	return row(codec)->channels;
}

static const char *const uris[AULA_EXTENSION_COUNT] = {
#define X(id, uri) [AULA_EXTENSION_##id] = uri,
	AULA_EXTENSIONS(X)
#undef X
};

aula_extension
aula_extension_find(const char *uri, size_t length)
{
	for (int extension = 0; extension < AULA_EXTENSION_COUNT; extension++)
		if (strlen(uris[extension]) == length && !memcmp(uris[extension], uri, length))
			return extension;
	return AULA_EXTENSION_COUNT;
}

const char *
aula_extension_uri(aula_extension extension)
{
	return (unsigned)extension < AULA_EXTENSION_COUNT ? uris[extension] : "";
}
