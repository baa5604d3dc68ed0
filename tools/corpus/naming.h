/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Which film a video shows and with which camera, from where it lies: "{film}/{camera}.mp4".
 *
 * A pattern is compared with the end of a path, with as many folders as it has. "{film}" and "{camera}" stand for one
 * or more characters, "*" for any, and none of them for a slash. Where a name can be divided in several ways, what
 * comes first in the pattern is as long as it can be. */

#ifndef LP_TOOLS_CORPUS_NAMING_H
#define LP_TOOLS_CORPUS_NAMING_H

#include <lightpose/lightpose.h>

enum { LP_NAMING_TEXT = 256 }; /* bytes of a film's or camera's name, with the final zero */

typedef struct lp_naming {
    char film[LP_NAMING_TEXT], camera[LP_NAMING_TEXT]; /* "" where the pattern does not have it */
} lp_naming;

/* Errors: ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_naming_check(const char *pattern, lightpose_error *error);

/* A pattern that was checked. Errors: ARGUMENT where it does not fit. */
LIGHTPOSE_NODISCARD lightpose_status lp_naming_match(lp_naming *naming, const char *pattern, const char *path,
                                                     lightpose_error *error);

/* Whether a text can be the name of a camera: it becomes part of the names of files. Errors: ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_naming_check_camera(const char *camera, lightpose_error *error);

#endif
