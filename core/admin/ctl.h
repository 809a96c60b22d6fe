/* SPDX-License-Identifier: Apache-2.0 */
/** `aula ctl`: the Admin API on a command line. A program of its own in the same file: it starts no
 * server and shares nothing with one but the tables of verbs. */
#ifndef AULA_ADMIN_CTL_H
#define AULA_ADMIN_CTL_H

/** argv[0] is "ctl". Returns the exit status: 0 done, 1 refused or not reached, 2 misspelt. */
int aula_ctl_main(int argc, char **argv);

#endif
