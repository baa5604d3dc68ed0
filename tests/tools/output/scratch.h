/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What tests of written files share: a folder of their own, and a locale with a decimal comma. */

#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "check.h"

/* A new folder, and what is in it. Paths are valid for the next 15 calls. */
const char *scratch_folder(void);
const char *scratch_path(const char *folder, const char *name);
void scratch_remove(const char *folder);
int scratch_entries(const char *folder); /* hidden ones too */

void scratch_write(const char *path, const char *text);
char *scratch_read(const char *path, size_t *size); /* ended by a zero; freed by the caller. NULL: no such file */
void scratch_expect(const char *path, const char *text);

/* Makes and sets a locale whose decimal sign is a comma; skips the test, aloud, where that cannot be done. */
void scratch_comma_locale(void);
void scratch_plain_locale(void);

#endif
