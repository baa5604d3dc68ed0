/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/file.h"

#include "output/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How the file gets its name. */
typedef enum way {
    DIRECT,  /* standard output, a pipe, a device: there is none to get */
    UNNAMED, /* O_TMPFILE: linked into its directory at commit */
    HIDDEN   /* where the file system has no such files: a hidden name, renamed at commit */
} way;

struct lp_output_file {
    FILE *stream;
    char *path;   /* as the caller wrote it, for messages */
    char *target; /* where the file goes: links followed */
    char *hidden; /* HIDDEN: its name until then */
    way way;
    int no_clobber;
    int failure; /* the errno of the first write that failed */
};

static void release(lp_output_file **file) {
    free((*file)->path);
    free((*file)->target);
    free((*file)->hidden);
    free(*file);
    *file = NULL;
}

/* "DIR/.lightpose-PID-N", N counting what is there already. It does not hold the file's own name, which may be as long
 * as a name can be. */
static char *hidden_name(const char *target, unsigned attempt) {
    char *const copy = strdup(target), *name = NULL;
    if (copy && asprintf(&name, "%s/.lightpose-%ld-%u", dirname(copy), (long)getpid(), attempt) < 0)
        name = NULL;
    free(copy);
    return name;
}

/* The place of an open file among the names of /proc, from where an unnamed one can be linked. */
static void proc_name(char *name, size_t size, int descriptor) {
    snprintf(name, size, "/proc/self/fd/%d", descriptor);
}

static int open_unnamed(const char *target) {
    char proc[40];
    char *const copy = strdup(target);
    if (!copy)
        return -1;
    const int descriptor = open(dirname(copy), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    free(copy);
    if (descriptor < 0)
        return -1;
    proc_name(proc, sizeof proc, descriptor);
    if (access(proc, F_OK) == 0)
        return descriptor;
    close(descriptor); /* no /proc: it could never be named */
    return -1;
}

/* Opens the file aside; returns its descriptor, or -1 with errno. */
static int open_aside(lp_output_file *file) {
    int descriptor = open_unnamed(file->target);
    file->way = UNNAMED;
    if (descriptor >= 0)
        return descriptor;
    file->way = HIDDEN;
    unsigned attempt = 0;
    do {
        free(file->hidden);
        file->hidden = hidden_name(file->target, attempt++);
        descriptor = file->hidden ? open(file->hidden, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666) : -1;
    } while (descriptor < 0 && file->hidden && errno == EEXIST);
    return descriptor;
}

/* Decides what the path is, and opens for it. Returns the descriptor; -1 with errno or with `error` filled. */
static int open_path(lp_output_file *file, const char *path, lp_output_guard *guard, lightpose_error *error) {
    struct stat existing;

    if (!strcmp(path, "-")) {
        file->way = DIRECT;
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    const int exists = stat(file->path, &existing) == 0;
    if (!exists && errno != ENOENT)
        return -1;
    if (exists ? S_ISDIR(existing.st_mode) : file->path[strlen(file->path) - 1] == '/') {
        errno = EISDIR;
        return -1;
    }
    if (exists && !S_ISREG(existing.st_mode)) {
        file->way = DIRECT;
        return open(file->path, O_WRONLY | O_CLOEXEC);
    }
    if (exists) {
        if (lp_output_guard_check(guard, file->path, &existing, error) != LIGHTPOSE_OK)
            return -1;
        if (eaccess(file->path, W_OK) != 0) /* renaming over it would not ask */
            return -1;
    }
    file->target = exists ? realpath(file->path, NULL) : strdup(file->path);
    const int descriptor = file->target ? open_aside(file) : -1;
    if (descriptor >= 0 && exists)
        (void)!fchmod(descriptor, existing.st_mode & 07777); /* as good as it gets: another's file has our owner */
    return descriptor;
}

lightpose_status lp_output_file_open(lp_output_file **out, const char *path, lp_output_guard *guard,
                                     lightpose_error *error) {
    lightpose_error detail = {0};

    *out = NULL;
    if (!*path)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the output's name is empty");
    lp_output_file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(strcmp(path, "-") ? path : "standard output"))) {
        free(file);
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", path);
    }
    file->no_clobber = lp_output_guard_no_clobber(guard);
    errno = 0;
    const int descriptor = open_path(file, path, guard, &detail);
    if (descriptor >= 0)
        file->stream = fdopen(descriptor, file->way == DIRECT ? "w" : "w+");
    if (!file->stream) {
        const int number = errno;
        if (descriptor >= 0)
            close(descriptor);
        if (file->hidden && descriptor >= 0)
            unlink(file->hidden);
        if (detail.status == LIGHTPOSE_OK)
            (void)lp_output_fail_errno(&detail, file->path, number);
        release(&file);
        return lp_tool_fail(error, detail.status, "%s", detail.text);
    }
    *out = file;
    return LIGHTPOSE_OK;
}

FILE *lp_output_file_stream(lp_output_file *file) {
    return file->stream;
}

const char *lp_output_file_path(const lp_output_file *file) {
    return file->path;
}

static lightpose_status failed(lp_output_file *file, lightpose_error *error) {
    if (!file->failure)
        file->failure = errno ? errno : EIO;
    return lp_output_fail_errno(error, file->path, file->failure);
}

lightpose_status lp_output_file_write(lp_output_file *file, const void *data, size_t size, lightpose_error *error) {
    errno = 0;
    if (fwrite(data, 1, size, file->stream) != size)
        return failed(file, error);
    return LIGHTPOSE_OK;
}

lightpose_status lp_output_file_flush(lp_output_file *file, lightpose_error *error) {
    errno = 0;
    if (fflush(file->stream) != 0)
        return failed(file, error);
    return LIGHTPOSE_OK;
}

/* rename() that does not replace. File systems without the flag get a link, which does not replace either. */
static int rename_new(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return link(from, to) == 0 ? unlink(from) : -1;
}

/* Gives the unnamed file its name; one that stands there is replaced through a hidden name. Returns 0, or errno. */
static int name_unnamed(const lp_output_file *file, int descriptor) {
    char proc[40];

    proc_name(proc, sizeof proc, descriptor);
    if (linkat(AT_FDCWD, proc, AT_FDCWD, file->target, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != EEXIST || file->no_clobber)
        return errno;
    for (unsigned attempt = 0;; attempt++) {
        char *const hidden = hidden_name(file->target, attempt);
        if (!hidden)
            return ENOMEM;
        int number = linkat(AT_FDCWD, proc, AT_FDCWD, hidden, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
        if (number == 0 && rename(hidden, file->target) != 0) {
            number = errno;
            unlink(hidden);
        }
        free(hidden);
        if (number != EEXIST)
            return number;
    }
}

static int name_hidden(const lp_output_file *file) {
    const int done = file->no_clobber ? rename_new(file->hidden, file->target) : rename(file->hidden, file->target);
    const int number = done == 0 ? 0 : errno;
    if (number != 0)
        unlink(file->hidden);
    return number;
}

lightpose_status lp_output_file_commit(lp_output_file **out, lightpose_error *error) {
    lp_output_file *const file = *out;

    errno = 0;
    if ((ferror(file->stream) | fflush(file->stream)) != 0 && !file->failure)
        file->failure = errno ? errno : EIO;
    /* Some file systems report a failed write at close alone, but an unnamed file ends with its last descriptor. */
    const int keep = file->way == UNNAMED ? fcntl(fileno(file->stream), F_DUPFD_CLOEXEC, 3) : -1;
    if (file->way == UNNAMED && keep < 0 && !file->failure)
        file->failure = errno;
    if (fclose(file->stream) != 0 && !file->failure)
        file->failure = errno;
    if (!file->failure && file->way == UNNAMED)
        file->failure = name_unnamed(file, keep);
    else if (!file->failure && file->way == HIDDEN)
        file->failure = name_hidden(file);
    else if (file->way == HIDDEN)
        unlink(file->hidden);
    if (keep >= 0)
        close(keep);

    lightpose_status status = LIGHTPOSE_OK;
    if (file->failure == EEXIST && file->no_clobber)
        status = lp_output_fail_exists(error, file->path);
    else if (file->failure)
        status = lp_output_fail_errno(error, file->path, file->failure);
    release(out);
    return status;
}

void lp_output_file_abort(lp_output_file **file) {
    if (!*file)
        return;
    fclose((*file)->stream);
    if ((*file)->way == HIDDEN)
        unlink((*file)->hidden);
    release(file);
}
