/* SPDX-License-Identifier: Apache-2.0 */
/** The first account: as long as nobody has a password, whoever runs the server gets a link to set
 * that of "admin". [control] */
#ifndef PEOPLE_FIRST_H
#define PEOPLE_FIRST_H

#include "people.h"

struct first;

/** Begins to look. `free` ends it. NULL: no memory. */
struct first *first_new(struct people *people);
void first_free(struct first *first);

#endif
