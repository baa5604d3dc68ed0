/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Takes film and camera of a video from its path: "{film}/{camera}.mp4".
 *
 * A pattern is matched with the end of a path, with as many folders as it has. "{film}" and "{camera}" match one or
 * more characters, "*" any number, and none of them matches a slash. Matching is greedy: of several matches, what comes
 * first in the pattern is as long as possible. */

#ifndef LP_TOOLS_CORPUS_NAMING_H
#define LP_TOOLS_CORPUS_NAMING_H

#include <lightpose/lightpose.h>

enum { LP_NAMING_TEXT = 256 }; /* bytes of a film's or camera's name, with the final zero */

typedef struct lp_naming {
    char film[LP_NAMING_TEXT], camera[LP_NAMING_TEXT]; /* "" if it is not in the pattern */
} lp_naming;

/* Errors: ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_naming_check(const char *pattern, lightpose_error *error);

/* `pattern` was checked. Errors: ARGUMENT if the path does not match. */
LIGHTPOSE_NODISCARD lightpose_status lp_naming_match(lp_naming *naming, const char *pattern, const char *path,
                                                     lightpose_error *error);

/* Checks a camera's name, which becomes part of file names. Errors: ARGUMENT. */
LIGHTPOSE_NODISCARD lightpose_status lp_naming_check_camera(const char *camera, lightpose_error *error);

#endif
