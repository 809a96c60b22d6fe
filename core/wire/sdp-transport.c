/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp-transport.h"

#include <string.h>

enum { UFRAG_LEAST = 4, PWD_LEAST = 22 };

const char *
aula_sdp_read_ufrag(aula_sdp_transport *transport, aula_text value)
{
	if (value.length < UFRAG_LEAST || !aula_text_is_ice(value) ||
		!aula_text_copy(value, transport->ufrag, sizeof(transport->ufrag)))
		return "The a=ice-ufrag is not 4 to 256 letters, digits, + or /.";
	return NULL;
}

const char *
aula_sdp_read_pwd(aula_sdp_transport *transport, aula_text value)
{
	if (value.length < PWD_LEAST || !aula_text_is_ice(value) ||
		!aula_text_copy(value, transport->pwd, sizeof(transport->pwd)))
		return "The a=ice-pwd is not 22 to 256 letters, digits, + or /.";
	return NULL;
}

/* -1: not a hexadecimal digit. */
static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
read_bytes(aula_text value, uint8_t *out, size_t length)
{
	if (value.length != length * 3 - 1)
		return false;
	for (size_t i = 0; i < length; i++) {
		const char *digits = value.at + i * 3;
		int high = nibble(digits[0]), low = nibble(digits[1]);

		if (high < 0 || low < 0 || (i + 1 < length && digits[2] != ':'))
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

const char *
aula_sdp_read_fingerprint(aula_sdp_transport *transport, aula_text value)
{
	static const struct {
		const char *name;
		size_t bytes;
	} hashes[] = {
		{ "sha-1", 20 },
		{ "sha-224", 28 },
		{ "sha-256", 32 },
		{ "sha-384", 48 },
		{ "sha-512", 64 },
	};
	aula_text name = aula_text_word(&value), digits = aula_text_word(&value);
	uint8_t bytes[AULA_FINGERPRINT_BYTES_MOST];

	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++) {
		if (!aula_text_like(name, hashes[i].name))
			continue;
		if (!read_bytes(digits, bytes, hashes[i].bytes))
			return "The a=fingerprint has not the digits that its hash needs.";
		if (hashes[i].bytes <= transport->fingerprint_length)
			return NULL;
		memset(transport->fingerprint_hash, 0, sizeof(transport->fingerprint_hash));
		memcpy(transport->fingerprint_hash, hashes[i].name, strlen(hashes[i].name));
		memcpy(transport->fingerprint, bytes, hashes[i].bytes);
		transport->fingerprint_length = hashes[i].bytes;
	}
	return NULL;
}

const char *
aula_sdp_read_setup(aula_sdp_transport *transport, aula_text value)
{
	if (aula_text_is(value, "actpass"))
		transport->setup = AULA_SETUP_ACTPASS;
	else if (aula_text_is(value, "active"))
		transport->setup = AULA_SETUP_ACTIVE;
	else if (aula_text_is(value, "passive"))
		transport->setup = AULA_SETUP_PASSIVE;
	else if (!aula_text_is(value, "holdconn"))
		return "The a=setup is not actpass, active, passive or holdconn.";
	return NULL;
}

void
aula_sdp_inherit_transport(aula_sdp_transport *transport, const aula_sdp_transport *session)
{
	if (!transport->ufrag[0] && !transport->pwd[0]) {
		memcpy(transport->ufrag, session->ufrag, sizeof(transport->ufrag));
		memcpy(transport->pwd, session->pwd, sizeof(transport->pwd));
	}
	if (transport->fingerprint_length == 0) {
		memcpy(transport->fingerprint_hash, session->fingerprint_hash,
			sizeof(transport->fingerprint_hash));
		memcpy(transport->fingerprint, session->fingerprint, session->fingerprint_length);
		transport->fingerprint_length = session->fingerprint_length;
	}
	if (transport->setup == AULA_SETUP_NONE)
		transport->setup = session->setup;
}
