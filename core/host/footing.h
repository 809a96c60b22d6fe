/* SPDX-License-Identifier: Apache-2.0 */
/** What a first start makes on the disk. [control] */
#ifndef AULA_HOST_FOOTING_H
#define AULA_HOST_FOOTING_H

#include "host/settings.h"

enum { AULA_FOOTING_CERTIFICATE_DAYS = 825 };

/** The state folder, if it is not there; false when it cannot be written to. */
bool aula_footing_folder(const aula_settings *settings, GError **error);
/** A self-signed certificate for HTTPS, if a port wants one and there is none. */
bool aula_footing_certificate(const aula_settings *settings, GError **error);

#endif
