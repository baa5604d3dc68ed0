/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Files whose final name means that they are whole, and what they must not replace. */

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

/* Gives a name back that was claimed. */
void lp_output_guard_release(lp_output_guard *guard, const char *name);

/* ---- One file ---------------------------------------------------------------------------------------------------- */

/* A file under its final name is whole. Until it is committed
 *
 * - a file that is written at once has no name where the file system can do that, else a hidden one, so that even a
 * killed process leaves nothing;
 * - a partial file is PATH.partial, can be read as it grows, and stays there when the run is interrupted, killed or
 * fails. Another process that writes the same one is refused. It is on the disk when it gets its name.
 *
 * "-" is standard output; a path that exists and is no regular file (/dev/null, a pipe) is written directly. A symbolic
 * link is followed. A replaced file's permissions are kept. */
typedef struct lp_output_file lp_output_file;

/* A file that is written at once. FILE with path and reason; ARGUMENT where it would replace an input, or anything
 * under no_clobber. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_open(lp_output_file **file, const char *path,
                                                         lp_output_guard *guard, lightpose_error *error);

/* A partial file. `keep` 0: what an earlier run left is dropped; else it goes on behind its first `keep` bytes. Errors
 * also: FILE where another process writes it, or it has fewer bytes. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_open_partial(lp_output_file **file, const char *path, int64_t keep,
                                                                 lp_output_guard *guard, lightpose_error *error);

/* FILE with path and reason as soon as the system says so; a full disk may show only at commit. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_write(lp_output_file *file, const void *data, size_t size,
                                                          lightpose_error *error);

/* Hands on what is buffered. All that was written so far is worth keeping. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_flush(lp_output_file *file, lightpose_error *error);

/* Bytes up to the last flush. */
int64_t lp_output_file_size(const lp_output_file *file);

/* For stdio, and for a library's own callbacks (seekable for regular files). Owned by the file. Write errors may be
 * ignored: commit finds them. */
FILE *lp_output_file_stream(lp_output_file *file);
const char *lp_output_file_path(const lp_output_file *file);
int lp_output_file_is_direct(const lp_output_file *file);

/* *file is NULL afterwards in either case. A write that failed at any time fails here, and nothing is replaced. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_commit(lp_output_file **file, lightpose_error *error);

/* Ends a partial file that stays one: the run was interrupted. *file is NULL afterwards. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_leave(lp_output_file **file, lightpose_error *error);

/* Gives up: a partial file stays as it was at the last flush, and is removed where it is empty; any other is removed.
 * NULL is fine. */
void lp_output_file_abort(lp_output_file **file);

/* Removes a partial file too. */
void lp_output_file_discard(lp_output_file **file);

/* Where a file of this path really goes, links followed: freed by the caller; NULL for lack of memory, and with *direct
 * 1 for standard output, pipes and devices. */
char *lp_output_file_target(const char *path, int *direct);

/* "TARGET.partial" for the suffix ".partial"; shortened where a name would be too long. Freed by the caller. */
char *lp_output_file_beside(const char *target, const char *suffix);

/* Makes a directory and its parents; one that exists is fine. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_make_folder(const char *path, lightpose_error *error);

#endif
