/* SPDX-License-Identifier: Apache-2.0 */
/** "Did you mean ...?" */
#ifndef AULA_HOST_NEAREST_H
#define AULA_HOST_NEAREST_H

/** The nearest of `names` (NULL-terminated) to a mistyped one; NULL when none is near: more than a
 * third of it would have to change. */
const char *aula_nearest(const char *const *names, const char *typed);

#endif
