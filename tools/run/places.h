/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Where to write, in which format: what --output, --json and --draw ask for together. */

#ifndef LP_TOOLS_RUN_PLACES_H
#define LP_TOOLS_RUN_PLACES_H

#include "cli.h"
#include "input/source.h"
#include "output/output.h"

typedef struct lp_place {
    const lp_output_writer *writer;
    const char *path; /* the file, "-", or the folder */
    int folder;       /* `path` is a folder, in which files are named after the streams */
    int pictures;     /* takes streams of pictures */
    int videos;       /* takes other streams */
} lp_place;

typedef struct lp_places {
    lp_place *items;
    int count;
} lp_places;

/* `paths` are the values of --output and `formats` names of writers; `draw` adds annotated pictures and videos. The
 * first line that matches a path decides:
 *
 *     "-"                                          standard output, in the only format given, or JSON Lines
 *     a folder that exists, or a name ending in /  a folder
 *     the ending of a format (.jsonl, .mp4, …)     a file of that format, whatever `formats` are
 *     .json, .txt, .gz, or a file that exists      a file of the only format given, one that writes a single file
 *     the ending of some other kind of file        an error
 *     anything else                                a folder
 *
 * A folder gets all formats. If none is given, it gets the annotated picture and OpenPose JSON of pictures, and the
 * annotated video and JSON Lines of videos. A format that is asked for and written nowhere is an error, and so is a
 * file for more inputs than its format can hold. Errors: ARGUMENT, MEMORY; *places is empty then. */
LIGHTPOSE_NODISCARD lightpose_status lp_places_plan(lp_places *places, const lp_cli_operands *paths,
                                                    const lp_cli_operands *formats, int draw, const lp_sources *sources,
                                                    lightpose_error *error);

void lp_places_free(lp_places *places);

#endif
