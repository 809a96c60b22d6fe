/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/limits.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <string.h>

enum {
	NAMES_MOST = 65536,
	/* Of work that goes for one request; a common one takes a tenth of the first. An address,
	 * which may be a whole school, can have half of the control thread, the others a tenth. */
	WORK_US = 500,
	ADDRESS_WORK_US = 250,
	ADDRESS_KEY_BYTES = 64,
	PATIENCE = 2000,              /* refusals of an address in a row that are answered */
	REFUSALS = AULA_LIMIT_COUNT_, /* a kind of names */
};

struct aula_limits {
	const aula_settings *settings;
	aula_hits *hits;
	aula_quotas *quotas;
};

aula_limits *
aula_limits_new(const aula_settings *settings, aula_hits *hits)
{
	aula_limits *limits = g_new0(aula_limits, 1);

	limits->settings = settings;
	limits->hits = hits;
	limits->quotas = aula_quotas_new(NAMES_MOST);
	return limits;
}

void
aula_limits_free(aula_limits *limits)
{
	if (limits == NULL)
		return;
	aula_quotas_free(limits->quotas);
	g_free(limits);
}

aula_hits *
aula_limits_hits(aula_limits *limits)
{
	return limits->hits;
}

aula_quota
aula_limits_quota(const aula_settings_limits *settings, aula_limit limit)
{
	switch (limit) {
	case AULA_LIMIT_ADDRESS_RATE:
		return (aula_quota){ (double)settings->address_rate,
			(double)settings->address_burst };
	case AULA_LIMIT_TOKEN_RATE:
		return (aula_quota){ (double)settings->token_rate, (double)settings->token_burst };
	case AULA_LIMIT_SESSION_RATE:
		return (aula_quota){ (double)settings->session_rate,
			(double)settings->session_burst };
	case AULA_LIMIT_CLIENT_RATE:
		return (aula_quota){ (double)settings->client_rate,
			(double)settings->client_burst };
	default:
		return (aula_quota){ 0 };
	}
}

bool
aula_limits_refuse(aula_limit limit, const aula_quota *quota, const aula_quota_left *left,
	aula_refusal *refusal)
{
	int64_t retry_ms = left->retry_us / 1000 + 1;

	aula_refuse(refusal, AULA_ERROR_TOO_FAST, NULL,
		"Too many requests (%s: %.0f a second, %.0f in a row); try again in %" PRId64 " ms",
		aula_limit_name(limit), quota->rate_per_s, quota->burst, retry_ms);
	refusal->limited = (aula_limited){ .size = sizeof refusal->limited,
		.limit = aula_limit_name(limit),
		.most = (int64_t)quota->burst,
		.window_s = (int64_t)ceil(quota->burst / MAX(quota->rate_per_s, 1)),
		.remaining = left->remaining,
		.retry_after_ms = retry_ms };
	return false;
}

static void
owe(aula_limits_tab *tab, aula_limit limit, uint64_t key)
{
	if (tab->count < G_N_ELEMENTS(tab->taken)) {
		tab->taken[tab->count].limit = limit;
		tab->taken[tab->count++].key = key;
	}
}

static bool
take(aula_limits *limits, aula_limits_tab *tab, aula_limit limit, uint64_t key, int64_t now_us,
	aula_refusal *refusal)
{
	aula_quota quota = aula_limits_quota(&limits->settings->limits, limit);
	aula_quota_left left;

	if (quota.rate_per_s <= 0)
		return true;
	if (!aula_quota_take(&quota, aula_quotas_at(limits->quotas, key, now_us), now_us, &left))
		return aula_limits_refuse(limit, &quota, &left, refusal);
	owe(tab, limit, key);
	return true;
}

/* False: it is not counted. What is no IP address is its own name. */
static bool
address_key(const char *address, unsigned char key[ADDRESS_KEY_BYTES], size_t *ret_length)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET6, address, &v6) == 1) {
		if (!IN6_IS_ADDR_V4MAPPED(&v6)) {
			memcpy(key, v6.s6_addr, 8);
			*ret_length = 8;
			return !IN6_IS_ADDR_LOOPBACK(&v6);
		}
		memcpy(&v4, v6.s6_addr + 12, sizeof v4);
	} else if (inet_pton(AF_INET, address, &v4) != 1) {
		*ret_length = strnlen(address, ADDRESS_KEY_BYTES);
		memcpy(key, address, *ret_length);
		return *ret_length > 0;
	}
	memcpy(key, &v4, sizeof v4);
	*ret_length = sizeof v4;
	return ntohl(v4.s_addr) >> 24 != 127;
}

bool
aula_limits_take_address(aula_limits *limits, aula_limits_tab *tab, const char *address,
	int64_t now_us, aula_refusal *refusal)
{
	unsigned char name[ADDRESS_KEY_BYTES];
	size_t length;

	if (limits == NULL || !address_key(address, name, &length))
		return true;
	uint64_t key = aula_quotas_key(limits->quotas, AULA_LIMIT_ADDRESS_RATE, name, length);
	if (take(limits, tab, AULA_LIMIT_ADDRESS_RATE, key, now_us, refusal))
		return true;
	aula_limits_hit(limits, AULA_LIMIT_ADDRESS_RATE, address, NULL, NULL);
	return false;
}

void
aula_limits_owe_address(aula_limits *limits, aula_limits_tab *tab, const char *address)
{
	unsigned char name[ADDRESS_KEY_BYTES];
	size_t length;

	if (limits != NULL && limits->settings->limits.address_rate > 0 &&
		address_key(address, name, &length))
		owe(tab, AULA_LIMIT_ADDRESS_RATE,
			aula_quotas_key(limits->quotas, AULA_LIMIT_ADDRESS_RATE, name, length));
}

bool
aula_limits_has_patience(aula_limits *limits, const char *address, int64_t now_us)
{
	unsigned char name[ADDRESS_KEY_BYTES];
	size_t length;

	if (limits == NULL || !address_key(address, name, &length))
		return true;
	aula_quota patience = { (double)limits->settings->limits.address_rate, PATIENCE };
	uint64_t key = aula_quotas_key(limits->quotas, REFUSALS, name, length);
	return aula_quota_take(
		&patience, aula_quotas_at(limits->quotas, key, now_us), now_us, NULL);
}

bool
aula_limits_take_bearer(aula_limits *limits, aula_limits_tab *tab, const aula_bearer *bearer,
	const char *address, int64_t now_us, aula_refusal *refusal)
{
	if (limits == NULL || bearer->expires_s == 0)
		return true;
	uint64_t key = aula_quotas_key(
		limits->quotas, AULA_LIMIT_TOKEN_RATE, bearer->subject, strlen(bearer->subject));
	if (take(limits, tab, AULA_LIMIT_TOKEN_RATE, key, now_us, refusal))
		return true;
	aula_limits_hit(limits, AULA_LIMIT_TOKEN_RATE, address, bearer, NULL);
	return false;
}

bool
aula_limits_take_session(aula_limits *limits, aula_limits_tab *tab, const aula_session *session,
	const char *address, int64_t now_us, aula_refusal *refusal)
{
	if (limits == NULL)
		return true;
	uint64_t number = aula_session_number(session);
	uint64_t key =
		aula_quotas_key(limits->quotas, AULA_LIMIT_SESSION_RATE, &number, sizeof number);
	const aula_bearer *bearer = aula_session_bearer(session);
	if (take(limits, tab, AULA_LIMIT_SESSION_RATE, key, now_us, refusal))
		return aula_limits_take_bearer(limits, tab, bearer, address, now_us, refusal);
	aula_limits_hit(limits, AULA_LIMIT_SESSION_RATE, address, bearer, NULL);
	return false;
}

void
aula_limits_debit(
	aula_limits *limits, const aula_limits_tab *tab, int64_t worked_us, int64_t now_us)
{
	for (unsigned i = 0; i < tab->count; i++) {
		bool address = tab->taken[i].limit == AULA_LIMIT_ADDRESS_RATE;
		int64_t count = worked_us / (address ? ADDRESS_WORK_US : WORK_US);
		if (count == 0)
			continue;
		aula_quota quota =
			aula_limits_quota(&limits->settings->limits, tab->taken[i].limit);
		aula_quota_debit(&quota, aula_quotas_at(limits->quotas, tab->taken[i].key, now_us),
			(double)count, now_us);
	}
}

void
aula_limits_hit(aula_limits *limits, aula_limit limit, const char *address,
	const aula_bearer *bearer, const char *what)
{
	if (limits != NULL)
		aula_hits_tell(limits->hits, limit,
			&(aula_hit){ .address = address,
				.subject = bearer != NULL ? bearer->subject : NULL,
				.what = what });
}

size_t
aula_limits_tracked(const aula_limits *limits, int64_t now_us)
{
	return aula_quotas_count(limits->quotas, now_us);
}
