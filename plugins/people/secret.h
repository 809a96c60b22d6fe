/* SPDX-License-Identifier: Apache-2.0 */
/** The random texts that stand for somebody: of a session, in a cookie, and of a link. The database
 * has only what they hash to, so that who reads it is nobody. */
#ifndef PEOPLE_SECRET_H
#define PEOPLE_SECRET_H

#include <stdbool.h>

#include "people.h"

/** False: the machine gives no random numbers. */
bool secret_make(char ret_text[SECRET_BYTES + 1]);
/** SHA-256 as hexadecimal digits; false: it is no such text. */
bool secret_hash(const char *text, char ret_hash[SECRET_BYTES + 1]);

#endif
