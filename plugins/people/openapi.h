/* SPDX-License-Identifier: Apache-2.0 */
/** The requests over HTTP as an OpenAPI document (version 3.1.0), made of what the modules say of
 * their tables. [control] */
#ifndef PEOPLE_OPENAPI_H
#define PEOPLE_OPENAPI_H

#include <jansson.h>

/** `modules`: what requests->describe answers (borrowed); `path`: where the requests are ("/api").
 * New reference. */
json_t *openapi_make(const json_t *modules, const char *path);

#endif
