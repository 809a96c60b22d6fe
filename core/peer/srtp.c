/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/srtp.h"

const aula_srtp_profile_facts *
aula_srtp_facts(aula_srtp_profile profile)
{
	static const aula_srtp_profile_facts facts[] = {
#define X(id, ...) [AULA_SRTP_##id] = { __VA_ARGS__ },
		AULA_SRTP_PROFILES(X)
#undef X
	};

	return &facts[profile];
}

aula_srtp_profile
aula_srtp_find(uint16_t code)
{
	aula_srtp_profile profile = 0;

	while (profile < AULA_SRTP_PROFILE_COUNT && aula_srtp_facts(profile)->code != code)
		profile++;
	return profile;
}
