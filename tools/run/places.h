/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* What --output, --json and --draw together ask for. */

#ifndef LP_TOOLS_RUN_PLACES_H
#define LP_TOOLS_RUN_PLACES_H

#include "cli.h"
#include "input/source.h"
#include "output/output.h"

typedef struct lp_place {
    const lp_output_writer *writer;
    const char *path; /* the file, "-", or the folder */
    int folder;       /* `path` is a folder, in which the stream's name decides */
    int pictures;     /* for streams of pictures */
    int videos;       /* for others */
} lp_place;

typedef struct lp_places {
    lp_place *items;
    int count;
} lp_places;

/* `paths` are the values of --output; `formats` names of writers; `draw`: also what is drawn. A path is, in this order,
 *
 *     "-"                                          standard output: the one format, or JSON Lines
 *     a folder that exists, or ends in a slash     a folder
 *     the ending of a format (.jsonl, .mp4, …)     a file of it, whatever the formats
 *     .json, .txt, .gz, or a file that exists      a file of the one format, which must be of one file
 *     the ending of some other kind of file        an error
 *     anything else                                a folder
 *
 * and a folder has all formats. Where none is given it has, of pictures, the annotated picture and OpenPose JSON, of
 * videos the annotated video and JSON Lines. What is asked for and written nowhere is an error, as is a file for more
 * inputs than its format holds. Errors: ARGUMENT, MEMORY; *places is empty then. */
LIGHTPOSE_NODISCARD lightpose_status lp_places_plan(lp_places *places, const lp_cli_operands *paths,
                                                    const lp_cli_operands *formats, int draw, const lp_sources *sources,
                                                    lightpose_error *error);

void lp_places_free(lp_places *places);

#endif
