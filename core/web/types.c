/* SPDX-License-Identifier: Apache-2.0 */
#include "web/types.h"

#include <glib.h>
#include <string.h>

// clang-format off
static const aula_web_type types[] = {
	{ ".html",        "text/html; charset=utf-8",         true },
	{ ".js",          "text/javascript; charset=utf-8",   true },
	{ ".mjs",         "text/javascript; charset=utf-8",   true },
	{ ".css",         "text/css; charset=utf-8",          true },
	{ ".json",        "application/json",                 true },
	{ ".map",         "application/json",                 true },
	{ ".webmanifest", "application/manifest+json",        true },
	{ ".svg",         "image/svg+xml",                    true },
	{ ".xml",         "application/xml",                  true },
	{ ".txt",         "text/plain; charset=utf-8",        true },
	{ ".md",          "text/plain; charset=utf-8",        true },
	{ ".vtt",         "text/vtt; charset=utf-8",          true },
	{ ".csv",         "text/csv; charset=utf-8",          true },
	{ ".wasm",        "application/wasm",                 true },
	{ ".pdf",         "application/pdf",                  false },
	{ ".png",         "image/png",                        false },
	{ ".jpg",         "image/jpeg",                       false },
	{ ".jpeg",        "image/jpeg",                       false },
	{ ".gif",         "image/gif",                        false },
	{ ".webp",        "image/webp",                       false },
	{ ".avif",        "image/avif",                       false },
	{ ".ico",         "image/x-icon",                     true },
	{ ".woff2",       "font/woff2",                       false },
	{ ".woff",        "font/woff",                        false },
	{ ".ttf",         "font/ttf",                         true },
	{ ".mp4",         "video/mp4",                        false },
	{ ".webm",        "video/webm",                       false },
	{ ".mp3",         "audio/mpeg",                       false },
	{ ".m4a",         "audio/mp4",                        false },
	{ ".ogg",         "audio/ogg",                        false },
	{ ".opus",        "audio/ogg",                        false },
	{ ".wav",         "audio/wav",                        false },
};
// clang-format on

const aula_web_type *
aula_web_type_of(const char *name)
{
	static const aula_web_type unknown = { "", "application/octet-stream", false };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < G_N_ELEMENTS(types); i++)
		if (g_ascii_strcasecmp(dot, types[i].suffix) == 0)
			return &types[i];
	return &unknown;
}
