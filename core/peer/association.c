/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/association.h"

#include <string.h>

enum { EARLY_BYTES_MOST = 2048 };

/* DTLS that came before the description did. */
typedef struct early {
	struct early *next;
	size_t length;
	uint8_t bytes[];
} early;

struct aula_association {
	aula_association_state state;
	const char *why;
	aula_dtls *dtls;
	aula_seal *seal;
	aula_unseal *unseal;
	aula_setup setup;                       /* ours; NONE: not described */
	const aula_srtp_profile_facts *profile; /* NULL: not up yet */
	char hash[sizeof(((aula_sdp_transport *)0)->fingerprint_hash)];
	uint8_t fingerprint[AULA_FINGERPRINT_BYTES_MOST];
	size_t fingerprint_length;
	early *early, **early_end;
	unsigned early_count;
};

aula_association *
aula_association_new(aula_dtls_context *context,
	void (*send)(void *data, const uint8_t *datagram, size_t length), void *data)
{
	aula_dtls *dtls = aula_dtls_new(context, send, data);

	if (dtls == NULL)
		return NULL;
	aula_association *self = g_new0(aula_association, 1);
	self->dtls = dtls;
	self->why = "";
	self->early_end = &self->early;
	return self;
}

void
aula_association_free(aula_association *self)
{
	if (self == NULL)
		return;
	for (early *next; self->early != NULL; self->early = next) {
		next = self->early->next;
		g_free(self->early);
	}
	aula_dtls_close(self->dtls);
	aula_dtls_free(self->dtls);
	aula_seal_free(self->seal);
	aula_unseal_free(self->unseal);
	g_free(self);
}

static void
go_down(aula_association *self, const char *why)
{
	self->state = AULA_ASSOCIATION_DOWN;
	self->why = why;
}

/* The handshake is done: is it with whom we were told, and are there keys? Returns what is wrong,
 * or NULL. */
static const char *
take_keys(aula_association *self)
{
	aula_srtp_profile profile;
	aula_srtp_master ours, theirs;

	if (!aula_dtls_matches(self->dtls, self->hash, self->fingerprint, self->fingerprint_length))
		return "wrong fingerprint";
	if (!aula_dtls_keys(self->dtls, &profile, &ours, &theirs))
		return "no common SRTP profile";
	self->profile = aula_srtp_facts(profile);
	self->seal = aula_seal_new(profile, &ours);
	self->unseal = aula_unseal_new(profile, &theirs);
	explicit_bzero(&ours, sizeof(ours));
	explicit_bzero(&theirs, sizeof(theirs));
	/* What a client says last is answered: its handshake ends with that answer. */
	if (self->setup == AULA_SETUP_ACTIVE)
		aula_dtls_settle(self->dtls);
	return self->seal != NULL && self->unseal != NULL ? NULL : "no memory";
}

/* After each step of DTLS. */
static void
follow_dtls(aula_association *self)
{
	aula_dtls_state state = aula_dtls_state_of(self->dtls);

	if (self->state == AULA_ASSOCIATION_HANDSHAKE && state == AULA_DTLS_UP) {
		const char *wrong = take_keys(self);
		if (wrong != NULL)
			go_down(self, wrong);
		else
			self->state = AULA_ASSOCIATION_UP;
	}
	if (self->state != AULA_ASSOCIATION_DOWN && state == AULA_DTLS_ENDED)
		go_down(self, aula_dtls_why(self->dtls));
}

bool
aula_association_describe(
	aula_association *self, const aula_sdp_transport *remote, aula_setup setup)
{
	if (self->setup != AULA_SETUP_NONE)
		return setup == self->setup && strcmp(remote->fingerprint_hash, self->hash) == 0 &&
		       remote->fingerprint_length == self->fingerprint_length &&
		       memcmp(remote->fingerprint, self->fingerprint, self->fingerprint_length) ==
			       0;
	if (remote->fingerprint_length == 0 ||
		(setup != AULA_SETUP_ACTIVE && setup != AULA_SETUP_PASSIVE))
		return false;
	self->setup = setup;
	memcpy(self->hash, remote->fingerprint_hash, sizeof(self->hash));
	memcpy(self->fingerprint, remote->fingerprint, sizeof(self->fingerprint));
	self->fingerprint_length = remote->fingerprint_length;
	return true;
}

void
aula_association_start(aula_association *self, bool can_send)
{
	if (self->state != AULA_ASSOCIATION_WAITING || self->setup == AULA_SETUP_NONE ||
		(self->setup == AULA_SETUP_ACTIVE && !can_send))
		return;
	self->state = AULA_ASSOCIATION_HANDSHAKE;
	aula_dtls_start(self->dtls, self->setup == AULA_SETUP_ACTIVE);
	for (early *next; self->early != NULL; self->early = next) {
		next = self->early->next;
		aula_dtls_receive(self->dtls, self->early->bytes, self->early->length);
		g_free(self->early);
	}
	self->early_end = &self->early;
	self->early_count = 0;
	follow_dtls(self);
}

static bool
keep(aula_association *self, const uint8_t *datagram, size_t length)
{
	if (self->early_count == AULA_ASSOCIATION_EARLY_MOST || length > EARLY_BYTES_MOST)
		return false;
	early *entry = g_malloc(sizeof(*entry) + length);
	entry->next = NULL;
	entry->length = length;
	memcpy(entry->bytes, datagram, length);
	*self->early_end = entry;
	self->early_end = &entry->next;
	self->early_count++;
	return true;
}

bool
aula_association_receive(aula_association *self, const uint8_t *datagram, size_t length)
{
	if (self->state == AULA_ASSOCIATION_WAITING)
		return keep(self, datagram, length);
	aula_dtls_receive(self->dtls, datagram, length);
	follow_dtls(self);
	return true;
}

void
aula_association_settle(aula_association *self)
{
	aula_dtls_settle(self->dtls);
}

int64_t
aula_association_timeout_us(aula_association *self)
{
	return aula_dtls_timeout_us(self->dtls);
}

void
aula_association_tick(aula_association *self)
{
	aula_dtls_tick(self->dtls);
	follow_dtls(self);
}

aula_association_state
aula_association_state_of(const aula_association *self)
{
	return self->state;
}

const char *
aula_association_why(const aula_association *self)
{
	return self->why;
}

aula_seal *
aula_association_seal(const aula_association *self)
{
	return self->seal;
}

aula_unseal *
aula_association_unseal(const aula_association *self)
{
	return self->unseal;
}

json_t *
aula_association_stats(const aula_association *self)
{
	static const char *const states[] = { [AULA_ASSOCIATION_WAITING] = "waiting",
		[AULA_ASSOCIATION_HANDSHAKE] = "handshake",
		[AULA_ASSOCIATION_UP] = "connected",
		[AULA_ASSOCIATION_DOWN] = "down" };

	return json_pack("{s:s, s:s, s:i, s:s?}", "state", states[self->state], "role",
		self->setup == AULA_SETUP_ACTIVE    ? "client"
		: self->setup == AULA_SETUP_PASSIVE ? "server"
						    : "none",
		"srtp_profile", self->profile != NULL ? (int)self->profile->code : 0, "srtp_name",
		self->profile != NULL ? self->profile->name : NULL);
}
