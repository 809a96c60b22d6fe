/* SPDX-License-Identifier: Apache-2.0 */
/** A link by which somebody sets a password: the page for it, and the secret behind the mark that
 * browsers send to nobody. [control] */
#ifndef PEOPLE_LINK_H
#define PEOPLE_LINK_H

#include "people.h"

/** "https://aula.school.example/login/#link=…"; NULL: nobody listens yet, or no memory. Caller
 * frees. */
char *link_url(const aula_host *host, const char *secret);

#endif
