/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/file.h"

#include "output/guard.h"
#include "output/patient.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* How the file gets its name. */
typedef enum way {
    DIRECT,  /* standard output, a pipe, a device: it has one */
    UNNAMED, /* O_TMPFILE: linked into its directory at commit */
    HIDDEN,  /* if the file system has no such files: a hidden name, renamed at commit */
    PARTIAL  /* the target's name and ".partial", renamed at commit */
} way;

struct lp_output_file {
    FILE *stream;
    int descriptor; /* the stream's */
    char *path;     /* as the caller wrote it, for messages */
    char *target;   /* where the file goes: links followed */
    char *aside;    /* HIDDEN, PARTIAL: its name until commit */
    way way;
    int no_clobber;
    int64_t keep;    /* PARTIAL: bytes to keep of an earlier run */
    int64_t flushed; /* bytes that remain after an abort */
    int failure;     /* the errno of the first write that failed */
};

static void release(lp_output_file **file) {
    free((*file)->path);
    free((*file)->target);
    free((*file)->aside);
    free(*file);
    *file = NULL;
}

/* "DIR/.lightpose-PID-N"; N counts up past existing names. The file's own name is not included, since it may have the
 * maximum length. */
static char *hidden_name(const char *target, unsigned attempt) {
    char *const copy = strdup(target), *name = NULL;
    if (copy && asprintf(&name, "%s/.lightpose-%ld-%u", dirname(copy), (long)getpid(), attempt) < 0)
        name = NULL;
    free(copy);
    return name;
}

/* The name of an open file in /proc, from which an unnamed one can be linked. */
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
        free(file->aside);
        file->aside = hidden_name(file->target, attempt++);
        descriptor = file->aside ? open(file->aside, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666) : -1;
    } while (descriptor < 0 && file->aside && errno == EEXIST);
    return descriptor;
}

/* ---- Partial files ----------------------------------------------------------------------------------------------- */

char *lp_output_file_beside(const char *target, const char *suffix) {
    enum { KEPT = 200 };
    const char *const slash = strrchr(target, '/');
    const char *const name = slash ? slash + 1 : target;
    char *path = NULL;

    /* Counts the longest suffix, so that all names beside a file are shortened alike. */
    if (strlen(name) + strlen(".partial.meta") <= NAME_MAX)
        return asprintf(&path, "%s%s", target, suffix) < 0 ? NULL : path;
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a of the complete name */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    const int size = asprintf(&path, "%.*s-%016" PRIx64 "%s", (int)(name - target) + KEPT, target, hash, suffix);
    return size < 0 ? NULL : path;
}

char *lp_output_file_target(const char *path, int *direct) {
    struct stat existing;
    const int exists = strcmp(path, "-") && stat(path, &existing) == 0;

    *direct = !strcmp(path, "-") || (exists && !S_ISREG(existing.st_mode));
    return *direct ? NULL : exists ? realpath(path, NULL) : strdup(path);
}

/* The lock ends with the process, so a killed one does not leave a locked file. */
static int lock_partial(int descriptor) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return errno == EWOULDBLOCK ? EBUSY : 0; /* some file systems have no locks */
}

/* Whether the name still belongs to the open file: the process that held the lock may have committed it. */
static int is_still_there(const lp_output_file *file, int descriptor) {
    struct stat open_file, named;
    return fstat(descriptor, &open_file) == 0 && stat(file->aside, &named) == 0 && open_file.st_ino == named.st_ino &&
           open_file.st_dev == named.st_dev;
}

/* Opens TARGET.partial and cuts it to `keep` bytes; returns its descriptor, or -1 with errno. */
static int open_beside(lp_output_file *file, const lp_output_guard *guard) {
    file->aside = lp_output_file_beside(file->target, ".partial");
    for (int attempt = 0; file->aside && attempt < 100; attempt++) {
        const int descriptor = open(file->aside, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0666);
        struct stat about;
        if (descriptor < 0)
            return -1;
        int number = lock_partial(descriptor);
        if (number == 0 && !is_still_there(file, descriptor)) {
            close(descriptor);
            continue;
        }
        if (number == 0 && fstat(descriptor, &about) != 0)
            number = errno;
        if (number == 0 && lp_output_guard_is_input(guard, &about))
            number = EEXIST;
        if (number == 0 && about.st_size < file->keep)
            number = ESPIPE;
        if (number == 0 && (ftruncate(descriptor, file->keep) != 0 || lseek(descriptor, file->keep, SEEK_SET) < 0))
            number = errno;
        if (number == 0)
            return descriptor;
        close(descriptor);
        errno = number;
        return -1;
    }
    errno = file->aside ? EBUSY : ENOMEM;
    return -1;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* Finds out what the path is, and opens the file. Returns the descriptor; -1 with errno or with `error` filled. */
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
        if (eaccess(file->path, W_OK) != 0) /* a rename would replace a read-only file */
            return -1;
    }
    file->target = exists ? realpath(file->path, NULL) : strdup(file->path);
    const int partial = file->way == PARTIAL;
    const int descriptor = !file->target ? -1 : partial ? open_beside(file, guard) : open_aside(file);
    if (descriptor >= 0 && exists)
        (void)!fchmod(descriptor, existing.st_mode & 07777); /* best effort; the owner becomes ours in any case */
    return descriptor;
}

static lightpose_status fail_open(const lp_output_file *file, int number, lightpose_error *error) {
    if (file->way == PARTIAL && number == EBUSY)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\" is being written by another run", file->path);
    if (file->way == PARTIAL && number == EEXIST)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "\"%s\" is an input of this run and is not replaced",
                       file->aside);
    if (file->way == PARTIAL && number == ESPIPE)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\" has fewer bytes than the %lld to continue from",
                       file->aside, (long long)file->keep);
    return lp_output_fail_errno(error, file->path, number);
}

static lightpose_status open_file(lp_output_file **out, const char *path, way wanted, int64_t keep,
                                  lp_output_guard *guard, lightpose_error *error) {
    lightpose_error detail = {0};

    *out = NULL;
    if (!*path)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the output's name is empty");
    lp_output_file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(strcmp(path, "-") ? path : "standard output"))) {
        free(file);
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", path);
    }
    file->no_clobber = lp_output_guard_no_clobber(guard);
    file->way = wanted;
    file->keep = file->flushed = keep;
    errno = 0;
    const int descriptor = open_path(file, path, guard, &detail);
    if (descriptor >= 0)
        file->stream = lp_patient_open(descriptor, file->way == DIRECT ? "w" : "r+");
    file->descriptor = descriptor;
    if (!file->stream) {
        const int number = errno;
        if (descriptor >= 0)
            close(descriptor);
        if (file->way == HIDDEN && descriptor >= 0)
            unlink(file->aside);
        if (detail.status == LIGHTPOSE_OK)
            (void)fail_open(file, number, &detail);
        release(&file);
        return lp_fail(error, detail.status, "%s", detail.text);
    }
    *out = file;
    return LIGHTPOSE_OK;
}

lightpose_status lp_output_file_open(lp_output_file **out, const char *path, lp_output_guard *guard,
                                     lightpose_error *error) {
    return open_file(out, path, UNNAMED, 0, guard, error);
}

lightpose_status lp_output_file_open_partial(lp_output_file **out, const char *path, int64_t keep,
                                             lp_output_guard *guard, lightpose_error *error) {
    return open_file(out, path, PARTIAL, keep, guard, error);
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

FILE *lp_output_file_stream(lp_output_file *file) {
    return file->stream;
}

const char *lp_output_file_path(const lp_output_file *file) {
    return file->path;
}

int lp_output_file_is_direct(const lp_output_file *file) {
    return file->way == DIRECT;
}

int64_t lp_output_file_size(const lp_output_file *file) {
    return file->flushed;
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
    if (file->failure || fflush(file->stream) != 0)
        return failed(file, error);
    struct stat now;
    if (file->way != DIRECT && fstat(file->descriptor, &now) == 0)
        file->flushed = now.st_size;
    return LIGHTPOSE_OK;
}

/* ---- Ending ------------------------------------------------------------------------------------------------------ */

/* rename() that does not replace. Without support for the flag it uses link(), which does not replace either. */
static int rename_new(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return link(from, to) == 0 ? unlink(from) : -1;
}

/* Gives the unnamed file its name; an existing file is replaced through a hidden name. Returns 0 or errno. */
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
    const int done = file->no_clobber ? rename_new(file->aside, file->target) : rename(file->aside, file->target);
    return done == 0 ? 0 : errno;
}

/* The result of an hour's work must survive a power failure once it has its name. Returns 0 or errno; some file systems
 * do not support this. */
static int wait_for_disk(int descriptor) {
    int result;
    do
        result = fdatasync(descriptor);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

/* Cuts a partial file that failed after the bytes of the last flush; removes an empty one. */
static void cut_partial(const lp_output_file *file, int descriptor) {
    if (file->flushed == 0)
        unlink(file->aside);
    else if (ftruncate(descriptor, file->flushed) != 0)
        (void)0; /* some bytes too many: a reader sees a cut line, and resuming drops them */
}

lightpose_status lp_output_file_commit(lp_output_file **out, lightpose_error *error) {
    lp_output_file *const file = *out;

    errno = 0;
    if ((ferror(file->stream) | fflush(file->stream)) != 0 && !file->failure)
        file->failure = errno ? errno : EIO;
    /* Some file systems report a failed write only at close, but an unnamed file is lost with its last descriptor. */
    const int keep = file->way != DIRECT ? fcntl(file->descriptor, F_DUPFD_CLOEXEC, 3) : -1;
    if (file->way != DIRECT && keep < 0) {
        file->failure = file->failure ? file->failure : errno;
        if (file->way == PARTIAL)
            cut_partial(file, file->descriptor);
    }
    if (fclose(file->stream) != 0 && !file->failure)
        file->failure = errno;
    if (!file->failure && file->way == PARTIAL)
        file->failure = wait_for_disk(keep);
    if (!file->failure && file->way == UNNAMED)
        file->failure = name_unnamed(file, keep);
    else if (!file->failure && file->way != DIRECT)
        file->failure = name_hidden(file);
    if (file->failure && file->way == HIDDEN)
        unlink(file->aside);
    if (file->failure && file->way == PARTIAL && keep >= 0)
        cut_partial(file, keep);
    if (keep >= 0)
        close(keep); /* releases the lock of a partial file */

    lightpose_status status = LIGHTPOSE_OK;
    if (file->failure == EEXIST && file->no_clobber)
        status = lp_output_fail_exists(error, file->path);
    else if (file->failure)
        status = lp_output_fail_errno(error, file->path, file->failure);
    release(out);
    return status;
}

lightpose_status lp_output_file_leave(lp_output_file **out, lightpose_error *error) {
    const lightpose_status status = lp_output_file_flush(*out, error);
    lp_output_file_abort(out);
    return status;
}

void lp_output_file_abort(lp_output_file **file) {
    if (!*file)
        return;
    /* Buffered bytes are written now, so that fclose cannot append them after the cut. */
    if ((*file)->way == PARTIAL) {
        (void)fflush((*file)->stream);
        cut_partial(*file, (*file)->descriptor);
    }
    fclose((*file)->stream); /* releases the lock */
    if ((*file)->way == HIDDEN)
        unlink((*file)->aside);
    release(file);
}

void lp_output_file_discard(lp_output_file **file) {
    if (*file && (*file)->way == PARTIAL)
        (*file)->flushed = 0;
    lp_output_file_abort(file);
}
