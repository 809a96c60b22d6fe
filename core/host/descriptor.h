/* SPDX-License-Identifier: Apache-2.0 */
/** The one constant that a module exports, checked in full and copied into this core's shape: what
 * an older module lacks is zero, what a newer one has on top is left out. No code of the module
 * runs. All [control]. */
#ifndef AULA_HOST_DESCRIPTOR_H
#define AULA_HOST_DESCRIPTOR_H

#include <glib.h>

#include "aula/module.h"
#include "base/schema.h"

#define AULA_SYMBOL G_STRINGIFY(AULA_MODULE_SYMBOL)

/** Zero-initialised before `take`. Stays where it is: its parts point at each other. */
typedef struct {
	const char *path; /* for errors; borrowed */
	aula_module module;
	aula_plugin_ops plugin;
	aula_transport_ops transport;
	aula_event_ops events;
	aula_arena tables;
} aula_descriptor;

/** False with a sentence that begins with `path`. Finish it in both cases. */
bool aula_descriptor_take(
	aula_descriptor *descriptor, const aula_module *theirs, const char *path, GError **error);
void aula_descriptor_finish(aula_descriptor *descriptor);

/** The row of that name in tables of this core's shape; NULL when there is none. */
const aula_request *aula_descriptor_request(const aula_module *module, const char *name);

#endif
