/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/stun.h"

#include <glib.h>
#include <stun/stunagent.h>
#include <string.h>

struct aula_stun {
	StunAgent agent;
};

static const uint16_t known[] = {
	STUN_ATTRIBUTE_USERNAME,
	STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
	STUN_ATTRIBUTE_ERROR_CODE,
	STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
	STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
	STUN_ATTRIBUTE_PRIORITY,
	STUN_ATTRIBUTE_USE_CANDIDATE,
	0,
};

aula_stun *
aula_stun_new(void)
{
	aula_stun *stun = g_new0(aula_stun, 1);

	stun_agent_init(&stun->agent, known, STUN_COMPATIBILITY_RFC5389,
		STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT |
			STUN_AGENT_USAGE_NO_INDICATION_AUTH);
	return stun;
}

void
aula_stun_free(aula_stun *stun)
{
	g_free(stun);
}

static bool
is_whole(const uint8_t *data, size_t length)
{
	return length <= 2048 &&
	       stun_message_validate_buffer_length(data, length, true) == (int)length;
}

bool
aula_stun_name(const uint8_t *data, size_t length, const char **ret_name, size_t *ret_name_length)
{
	StunMessage message = { .buffer = (uint8_t *)data, .buffer_len = length };
	uint16_t name_length;

	if (!is_whole(data, length) || stun_message_get_class(&message) != STUN_REQUEST ||
		stun_message_get_method(&message) != STUN_BINDING)
		return false;
	const char *name = stun_message_find(&message, STUN_ATTRIBUTE_USERNAME, &name_length);
	const char *colon = name != NULL ? memchr(name, ':', name_length) : NULL;
	if (colon == NULL)
		return false;
	*ret_name = name;
	*ret_name_length = (size_t)(colon - name);
	return true;
}

static bool
give_password(StunAgent *agent, StunMessage *message, uint8_t *username, uint16_t username_length,
	uint8_t **ret_password, size_t *ret_length, void *data)
{
	const char *pwd = data;

	(void)agent, (void)message, (void)username, (void)username_length;
	if (pwd == NULL)
		return false;
	*ret_password = (uint8_t *)pwd;
	*ret_length = strlen(pwd);
	return true;
}

static aula_stun_verdict
refuse(aula_stun *stun, const StunMessage *request, StunError code, aula_stun_reply *ret_reply)
{
	StunMessage error;

	if (stun_agent_init_error(&stun->agent, &error, ret_reply->bytes, sizeof(ret_reply->bytes),
		    request, code))
		ret_reply->length = stun_agent_finish_message(
			&stun->agent, &error, request->key, request->key_len);
	return AULA_STUN_REFUSED;
}

static aula_stun_verdict
accept_check(aula_stun *stun, const StunMessage *request, const aula_address *from,
	aula_stun_reply *ret_reply)
{
	struct sockaddr_storage mapped = { 0 };
	StunMessage response;

	memcpy(&mapped, from, aula_address_length(from));
	if (!stun_agent_init_response(
		    &stun->agent, &response, ret_reply->bytes, sizeof(ret_reply->bytes), request) ||
		stun_message_append_xor_addr(&response, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &mapped,
			aula_address_length(from)) != STUN_MESSAGE_RETURN_SUCCESS)
		return AULA_STUN_BROKEN;
	ret_reply->nominates = stun_message_find_flag(request, STUN_ATTRIBUTE_USE_CANDIDATE) ==
			       STUN_MESSAGE_RETURN_SUCCESS;
	ret_reply->length =
		stun_agent_finish_message(&stun->agent, &response, request->key, request->key_len);
	return AULA_STUN_VALID;
}

aula_stun_verdict
aula_stun_check(aula_stun *stun, const uint8_t *data, size_t length, const aula_address *from,
	const char *pwd, aula_stun_reply *ret_reply)
{
	StunMessage request;

	ret_reply->length = 0;
	ret_reply->nominates = false;
	if (!is_whole(data, length))
		return AULA_STUN_BROKEN;
	StunValidationStatus status = stun_agent_validate(
		&stun->agent, &request, data, length, give_password, (void *)pwd);
	if (status == STUN_VALIDATION_NOT_STUN || status == STUN_VALIDATION_INCOMPLETE_STUN)
		return AULA_STUN_BROKEN;
	if (stun_message_get_class(&request) != STUN_REQUEST)
		return AULA_STUN_OTHER;
	switch (status) {
	case STUN_VALIDATION_SUCCESS:
		break;
	case STUN_VALIDATION_UNAUTHORIZED:
		return refuse(stun, &request, STUN_ERROR_UNAUTHORIZED, ret_reply);
	case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
		ret_reply->length = stun_agent_build_unknown_attributes_error(&stun->agent,
			&(StunMessage){ 0 }, ret_reply->bytes, sizeof(ret_reply->bytes), &request);
		return AULA_STUN_REFUSED;
	default:
		return refuse(stun, &request, STUN_ERROR_BAD_REQUEST, ret_reply);
	}
	if (stun_message_get_method(&request) != STUN_BINDING)
		return refuse(stun, &request, STUN_ERROR_BAD_REQUEST, ret_reply);
	/* A lite agent is always controlled, so it cannot yield (RFC 8445 section 7.3.1.1). */
	if (stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLED))
		return refuse(stun, &request, STUN_ERROR_ROLE_CONFLICT, ret_reply);
	return accept_check(stun, &request, from, ret_reply);
}
