/* SPDX-License-Identifier: Apache-2.0 */
/** The issuer of the school's own log-in (OpenID Connect Discovery 1.0): what it says of itself,
 * and its keys, asked when first needed and once an hour. [control] */
#ifndef PEOPLE_ISSUER_H
#define PEOPLE_ISSUER_H

#include "ask.h"

struct issuer;

/** NULL: the configuration is wrong, which has been logged, or there is no memory. */
struct issuer *issuer_new(struct people *people);
/** After the courier. NULL is fine. */
void issuer_free(struct issuer *issuer);

/** Calls `known` now or later: false, when the issuer does not answer as it should. */
void issuer_know(struct issuer *issuer, struct ask *ask, void (*known)(struct ask *ask, bool good));
/** The same, asked anew, for it may have new keys; twice a minute at most. False: that was done
 * just now, and nothing follows. */
bool issuer_renew(
	struct issuer *issuer, struct ask *ask, void (*known)(struct ask *ask, bool good));

/** While it is known: a member of its description, such as "token_endpoint"; NULL: none that could
 * be used. Its key set, as text. */
const char *issuer_place(const struct issuer *issuer, const char *name);
const char *issuer_keys(const struct issuer *issuer);
/** The client's secret; NULL: it has none. */
const char *issuer_secret(const struct issuer *issuer);
/** Whether the client shows its secret in the form, for want of another way. */
bool issuer_wants_secret_in_form(const struct issuer *issuer);

#endif
