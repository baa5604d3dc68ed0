/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "hash.h"

lightpose_status lp_corpus_file_look(lp_corpus_file *file, const char *path, lightpose_error *error) {
    struct stat about;
    if (stat(path, &about) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: not a file", path);
    *file = (lp_corpus_file){.size = about.st_size,
                             .mtime_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec,
                             .device = about.st_dev,
                             .inode = about.st_ino};
    return LIGHTPOSE_OK;
}

lightpose_status lp_corpus_file_check(lp_corpus_file *file, const lp_corpus_video *video, int (*tick)(void *opaque),
                                      void *opaque, lp_queue_reason *reason, lightpose_error *error) {
    char sha256[LP_HASH_TEXT];
    *reason = LP_QUEUE_MISSING;
    LP_TRY(lp_corpus_file_look(file, video->path, error));
    if (file->size == video->size && file->mtime_ns == video->mtime_ns)
        return LIGHTPOSE_OK;
    if (file->size == video->size) { /* touched, or copied */
        const lightpose_status status = lp_hash_file(video->path, sha256, tick, opaque, error);
        if (status == LIGHTPOSE_ERROR_STATE)
            *reason = LP_QUEUE_STOPPED;
        if (status != LIGHTPOSE_OK || !strcmp(sha256, video->sha256))
            return status;
    }
    *reason = LP_QUEUE_CHANGED;
    if (file->size != video->size)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE,
                       "%s has changed since it was added: it has %" PRId64 " bytes and had %" PRId64, video->path,
                       file->size, video->size);
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s has changed since it was added: its checksum differs", video->path);
}

lightpose_status lp_corpus_file_check_again(const lp_corpus_file *file, const char *path, lp_queue_reason *reason,
                                            lightpose_error *error) {
    lp_corpus_file now = {0};
    *reason = LP_QUEUE_MISSING;
    LP_TRY(lp_corpus_file_look(&now, path, error));
    *reason = LP_QUEUE_CHANGED;
    if (now.size != file->size || now.mtime_ns != file->mtime_ns || now.device != file->device ||
        now.inode != file->inode)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s was changed while it was read", path);
    return LIGHTPOSE_OK;
}
