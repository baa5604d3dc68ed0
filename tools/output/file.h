/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Files that get their final name only when they are complete, and protection of files that must not be replaced. */

#ifndef LP_TOOLS_OUTPUT_FILE_H
#define LP_TOOLS_OUTPUT_FILE_H

#include "fail.h"

#include <stdio.h>

/* ---- What must not be replaced ----------------------------------------------------------------------------------- */

/* One per run, shared by its outputs. Knows the inputs (by device and inode, hence under any path) and the names that
 * this run has written, so that a/x.jpg and b/x.jpg do not overwrite each other's results. */
typedef struct lp_output_guard lp_output_guard;

LIGHTPOSE_NODISCARD lightpose_status lp_output_guard_create(lp_output_guard **guard, int no_clobber,
                                                            lightpose_error *error);
void lp_output_guard_destroy(lp_output_guard **guard);

/* Protects a file that the run reads. A path that does not exist (an address, a camera) is ignored. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_guard_input(lp_output_guard *guard, const char *path,
                                                           lightpose_error *error);

/* Claims a name for one writer. Errors: ARGUMENT (already claimed), MEMORY. NULL guard: always OK. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_guard_claim(lp_output_guard *guard, const char *name,
                                                           lightpose_error *error);

/* Releases a name that was claimed. */
void lp_output_guard_release(lp_output_guard *guard, const char *name);

/* ---- One file ---------------------------------------------------------------------------------------------------- */

/* A file under its final name is complete. Until it is committed:
 *
 * - A file that is written at once has no name if the file system supports that, so that even a killed process leaves
 *   nothing; else it has a hidden name.
 * - A partial file is PATH.partial. It can be read as it grows, and remains if the run is interrupted, killed or fails.
 *   Only one process can write it at a time. It is on the disk before it gets its final name.
 *
 * "-" is standard output; a path that exists and is not a regular file (/dev/null, a pipe) is written directly.
 * Symbolic links are followed. The permissions of a replaced file are kept. */
typedef struct lp_output_file lp_output_file;

/* Opens a file that is written at once. Errors: FILE (with path and reason), ARGUMENT (would replace an input, or any
 * file with no_clobber), MEMORY. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_open(lp_output_file **file, const char *path,
                                                         lp_output_guard *guard, lightpose_error *error);

/* Opens a partial file. `keep` 0: drops what an earlier run left; else continues after its first `keep` bytes. Also
 * fails with FILE if another process writes it, or if it has fewer bytes. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_open_partial(lp_output_file **file, const char *path, int64_t keep,
                                                                 lp_output_guard *guard, lightpose_error *error);

/* Errors: FILE, with path and reason, as soon as the system reports it; a full disk may show only at commit. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_write(lp_output_file *file, const void *data, size_t size,
                                                          lightpose_error *error);

/* Writes what is buffered. lp_output_file_abort keeps the bytes up to here. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_flush(lp_output_file *file, lightpose_error *error);

/* Bytes up to the last flush. */
int64_t lp_output_file_size(const lp_output_file *file);

/* For stdio, and for a library's own callbacks (seekable for regular files). Owned by the file. Write errors may be
 * ignored: commit finds them. */
FILE *lp_output_file_stream(lp_output_file *file);
const char *lp_output_file_path(const lp_output_file *file);
int lp_output_file_is_direct(const lp_output_file *file);

/* Gives the file its final name. If any write failed, this fails, and nothing is replaced. *file is NULL afterwards in
 * either case. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_commit(lp_output_file **file, lightpose_error *error);

/* Closes a partial file that remains one, because the run was interrupted. *file is NULL afterwards. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_file_leave(lp_output_file **file, lightpose_error *error);

/* Gives up: a partial file remains as of the last flush, or is removed if empty; others are removed. NULL is fine. */
void lp_output_file_abort(lp_output_file **file);

/* The same, but removes a partial file as well. */
void lp_output_file_discard(lp_output_file **file);

/* The path that a file is really written to, with links followed; freed by the caller. NULL for standard output, pipes
 * and devices, for which *direct is 1, and if out of memory. */
char *lp_output_file_target(const char *path, int *direct);

/* "TARGET.partial" for the suffix ".partial"; shortened if the name would be too long. Freed by the caller. */
char *lp_output_file_beside(const char *target, const char *suffix);

/* Makes a directory and its parents; one that exists is fine. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_make_folder(const char *path, lightpose_error *error);

#endif
