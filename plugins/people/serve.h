/* SPDX-License-Identifier: Apache-2.0 */
/** The requests of the table over HTTP: POST to PATH/REQUEST with a JSON object. [control] */
#ifndef PEOPLE_SERVE_H
#define PEOPLE_SERVE_H

#include "people.h"

/** Takes the path. Not OK: the log says why. */
aula_code serve_start(struct people *people);

#endif
