/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Files that appear whole or not at all, and what they must not replace. */

#ifndef LP_TOOLS_OUTPUT_FILE_H
#define LP_TOOLS_OUTPUT_FILE_H

#include "fail.h"

#include <stdio.h>

/* ---- What must not be replaced ----------------------------------------------------------------------------------- */

/* One per run, shared by its outputs. Knows the inputs (by device and inode, so by any path) and the names that this
 * run has written, so that a/x.jpg and b/x.jpg do not overwrite each other's results. */
typedef struct lp_output_guard lp_output_guard;

LIGHTPOSE_NODISCARD lightpose_status lp_output_guard_create(lp_output_guard **guard, int no_clobber,
                                                            lightpose_error *error);
void lp_output_guard_destroy(lp_output_guard **guard);

/* A file that is read. A path that does not exist (an address, a camera) protects nothing. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_guard_input(lp_output_guard *guard, const char *path,
                                                           lightpose_error *error);

/* Takes a name for one writer; ARGUMENT where it is taken. NULL guard: always OK. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_guard_claim(lp_output_guard *guard, const char *name,
                                                           lightpose_error *error);

/* ---- One file ---------------------------------------------------------------------------------------------------- */

/* Written aside in the directory of its path, without a name where the file system can (so that even a killed
 * process leaves nothing), else under a hidden one; takes its name at commit. "-" is standard output; a path that
 * exists and is no regular file (/dev/null, a pipe) is written directly. A symbolic link is followed. A replaced file's
 * permissions are kept. */
typedef struct lp_output_file lp_output_file;

/* FILE with path and reason; ARGUMENT where it would replace an input, or anything under no_clobber. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_open(lp_output_file **file, const char *path,
                                                         lp_output_guard *guard, lightpose_error *error);

/* FILE with path and reason as soon as the system says so; a full disk may show only at commit. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_write(lp_output_file *file, const void *data, size_t size,
                                                          lightpose_error *error);

/* Hands on what is buffered, for live inputs. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_flush(lp_output_file *file, lightpose_error *error);

/* For stdio, and for a library's own callbacks (seekable for regular files). Owned by the file. Write errors may be
 * ignored: commit finds them. */
FILE *lp_output_file_stream(lp_output_file *file);
const char *lp_output_file_path(const lp_output_file *file);

/* *file is NULL afterwards in either case. A write that failed at any time fails here, and nothing is replaced. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_commit(lp_output_file **file, lightpose_error *error);
void lp_output_file_abort(lp_output_file **file); /* NULL is fine */

/* Makes a directory and its parents; one that exists is fine. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_make_folder(const char *path, lightpose_error *error);

#endif
