/* SPDX-License-Identifier: Apache-2.0 */
/** What is read from a board: the code by which one joins a course; and a list of logins, as text.
 */
#ifndef COURSES_CODE_H
#define COURSES_CODE_H

#include <stdbool.h>
#include <stddef.h>

enum { CODE_BYTES = 10 };

/** 50 random bits as digits and small letters without those that look alike. False: the machine
 * gives no random numbers. */
bool code_make(char ret_code[CODE_BYTES + 1]);
/** As it was typed: capitals, spaces and hyphens do not count. False: it is no such code. */
bool code_read(const char *text, char ret_code[CODE_BYTES + 1]);

/** The next login of a list: what stands first on a line, before a comma, semicolon or tab, without
 * quotes and spaces around it, its capitals made small. A first line that says "login" is none.
 * `*at` moves on, `*line` counts (start with 0). False: the list is at its end. It may be longer
 * than a login is, and is cut to `most`. */
bool list_next(const char **at, size_t *line, char *ret_login, size_t most);

#endif
