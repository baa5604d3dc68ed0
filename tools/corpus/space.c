/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/space.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli_amount.h"
#include "corpus/child.h"
#include "corpus/session.h"
#include "fail.h"
#include "hash.h"
#include "run/signals.h"

enum { NAME = 160, STALE = 86400, TOLD = 5 };

/* The prefix of partial copies; names of copies begin with a digit. */
static const char part[] = ".part-";

static int go_on(void *opaque) {
    (void)opaque;
    return !atomic_load(&lp_stop_requested);
}

const char *lp_space_find(const char *given) {
    const char *const variable = getenv("LIGHTPOSE_WORK_SPACE");
    return given ? given : variable && *variable ? variable : NULL;
}

int lp_space_read_options(const char *command, const char *limit, const char *from, lp_space_options *options) {
    double bytes;
    if (!lp_cli_read_bytes(limit, &bytes) || bytes > 9e18)
        return lp_cli_usage(command, "option --limit: \"%s\" is not a size as in 500G, 1.5T or 2000000", limit);
    if (from && (*from == '-' || *from == ':' || !strchr(from, ':')))
        return lp_cli_usage(command,
                            "option --from: \"%s\" is not a host as in archive.example.org: or me@host:/folder", from);
    options->limit = (int64_t)bytes;
    options->from = from;
    return LP_CLI_GO;
}

/* "12-film-0123456789abcdef.mp4". The extension is kept, since FFmpeg may go by it. */
static void get_name(const lp_corpus_video *v, char name[NAME]) {
    const char *const slash = strrchr(v->path, '/'), *const dot = strrchr(slash ? slash : v->path, '.');
    char plain[81], ending[12] = "";
    lp_corpus_plain(v->name, plain, sizeof plain);
    if (dot && strlen(dot) < sizeof ending)
        lp_corpus_plain(dot, ending, sizeof ending);
    snprintf(name, NAME, "%" PRId64 "-%s-%.16s%s", v->id, plain, v->sha256, ending);
}

/* ---- Folders ----------------------------------------------------------------------------------------------------- */

lightpose_status lp_space_open(lp_space *space, const char *work_space, const lp_corpus *corpus,
                               lightpose_error *error) {
    char tag[LP_CORPUS_TAG], *const whole = realpath(work_space, NULL);
    struct stat about;
    *space = (lp_space){.folder = -1};
    if (!whole || stat(whole, &about) != 0 || !S_ISDIR(about.st_mode)) {
        const char *const why = whole ? "not a folder" : strerror(errno);
        lp_fail(error, LIGHTPOSE_ERROR_FILE, "work space %s: %s; make the folder first", work_space, why);
        free(whole);
        return LIGHTPOSE_ERROR_FILE;
    }
    lp_corpus_get_tag(corpus, tag);
    const int size = snprintf(space->path, sizeof space->path, "%s/%s", whole, tag);
    free(whole);
    if (size >= (int)sizeof space->path)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "work space %s: its path is too long", work_space);
    if (mkdir(space->path, 0777) != 0 && errno != EEXIST)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be made: %s", space->path, strerror(errno));
    space->folder = open(space->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (space->folder < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be opened as a folder: %s", space->path,
                       strerror(errno));
    return LIGHTPOSE_OK;
}

void lp_space_close(lp_space *space) {
    if (space->folder >= 0)
        close(space->folder);
    space->folder = -1;
}

lightpose_status lp_space_copy(const char *folder, const lp_corpus_video *video, char path[PATH_MAX], int *there,
                               lightpose_error *error) {
    char name[NAME];
    struct stat about;
    get_name(video, name);
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the path of a copy would be too long", folder);
    *there = lstat(path, &about) == 0 && S_ISREG(about.st_mode);
    return LIGHTPOSE_OK;
}

lightpose_status lp_space_list(const char *folder, lp_text *ids, lightpose_error *error) {
    DIR *const dir = opendir(folder);
    struct dirent *entry;
    struct stat about;
    lp_text_clear(ids);
    lp_text_add(ids, "0");
    while (dir && (entry = readdir(dir))) {
        const size_t digits = strspn(entry->d_name, "0123456789");
        if (!digits || digits > 18 || entry->d_name[digits] != '-' ||
            fstatat(dirfd(dir), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
            continue;
        lp_text_add(ids, ",");
        lp_text_bytes(ids, entry->d_name, digits);
    }
    if (dir)
        closedir(dir);
    lp_text_bytes(ids, "", 1);
    return lp_text_check(ids, error);
}

/* Calls `each` for every regular file. */
static lightpose_status for_each(const lp_space *space,
                                 void (*each)(void *opaque, const char *name, const struct stat *about), void *opaque,
                                 lightpose_error *error) {
    const int again = openat(space->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *entry;
    struct stat about;
    if (!dir) {
        if (again >= 0)
            close(again);
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be read: %s", space->path, strerror(errno));
    }
    while ((entry = readdir(dir)))
        if (fstatat(space->folder, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode))
            each(opaque, entry->d_name, &about);
    closedir(dir);
    return LIGHTPOSE_OK;
}

static void add_size(void *opaque, const char *name, const struct stat *about) {
    (void)name;
    *(int64_t *)opaque += about->st_size;
}

__attribute__((format(printf, 2, 3))) static void tell(const lp_space_options *options, const char *format, ...) {
    char text[PATH_MAX + 512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (options->tell)
        options->tell(options->opaque, text);
}

/* ---- Staging ----------------------------------------------------------------------------------------------------- */

/* The copy in progress. */
typedef struct staging {
    const lp_space *space;
    const lp_space_options *options;
    const lp_corpus_video *video;
    char name[NAME], part_name[NAME + 96];
} staging;

static lightpose_status cannot(const staging *s, const char *what, lightpose_error *error) {
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%.300s: %s: %s", s->video->path, what, strerror(errno));
}

/* Copies one file to another. *fatal if writing fails, which is the work space's fault. */
static lightpose_status copy_bytes(const staging *s, int from, int to, int *fatal, lightpose_error *error) {
    enum { PIECE = 1 << 20 };
    char *const bytes = malloc(PIECE);
    ssize_t got = -1;
    lightpose_status status = bytes ? LIGHTPOSE_OK : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a copy");
    while (status == LIGHTPOSE_OK && (got = read(from, bytes, PIECE)) != 0) {
        if (got < 0 && errno != EINTR)
            status = cannot(s, "cannot be read", error);
        for (ssize_t done = 0; status == LIGHTPOSE_OK && done < got;) {
            const ssize_t put = write(to, bytes + done, (size_t)(got - done));
            if (put < 0 && errno != EINTR) {
                *fatal = 1;
                status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be written to: %s", s->space->path,
                                 strerror(errno));
            }
            done += put > 0 ? put : 0;
        }
        if (status == LIGHTPOSE_OK && !go_on(NULL))
            status = lp_fail(error, LIGHTPOSE_ERROR_STATE, "interrupted");
    }
    free(bytes);
    return status;
}

static lightpose_status copy_here(const staging *s, int *fatal, lightpose_error *error) {
    const int from = open(s->video->path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return cannot(s, "cannot be opened", error);
    const int to = openat(s->space->folder, s->part_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (to < 0) {
        *fatal = 1;
        close(from);
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be written to: %s", s->space->path, strerror(errno));
    }
    lightpose_status status = copy_bytes(s, from, to, fatal, error);
    close(from);
    if (close(to) != 0 && status == LIGHTPOSE_OK)
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be written to: %s", s->space->path, strerror(errno));
    return status;
}

/* rsync uses ssh with the user's settings. -s: no shell interprets the path on the remote host. --inplace: an rsync
 * that is killed leaves only a file of our name. */
static lightpose_status copy_from_afar(const staging *s, const char *to, lightpose_error *error) {
    char from[2 * PATH_MAX];
    lp_text out = {0}, err = {0};
    int code;
    snprintf(from, sizeof from, "%s%s", s->options->from, s->video->path);
    const char *const argv[] = {"rsync", "-s", "--inplace", "--quiet", "--", from, to, NULL};
    const lp_child child = {.argv = argv, .go_on = go_on};
    lightpose_status status = lp_child_run(&child, &code, &out, &err, error);
    if (status == LIGHTPOSE_OK && code != 0)
        status = lp_fail(error, LIGHTPOSE_ERROR_FILE, "%.300s: rsync failed: %.300s", from,
                         err.size ? err.data : "it gave no reason");
    lp_text_free(&out);
    lp_text_free(&err);
    return status;
}

/* Verifies the checksum of the copy and gives it the original's time and its final name. With the same time, workers
 * need not compute the checksum again (corpus/file.c). */
static lightpose_status finish(const staging *s, const char *path, lightpose_error *error) {
    char sha256[LP_HASH_TEXT];
    const int64_t ns = s->video->mtime_ns % 1000000000, fraction = ns < 0 ? ns + 1000000000 : ns;
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_NOW},
        {.tv_sec = (time_t)((s->video->mtime_ns - fraction) / 1000000000), .tv_nsec = (long)fraction}};
    LP_TRY(lp_hash_file(path, sha256, go_on, NULL, error));
    if (strcmp(sha256, s->video->sha256) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%.300s has changed since it was added: its checksum differs",
                       s->video->path);
    const int file = openat(s->space->folder, s->part_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 || fsync(file) != 0 || futimens(file, times) != 0 ||
        renameat(s->space->folder, s->part_name, s->space->folder, s->name) != 0) {
        lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be written to: %s", s->space->path, strerror(errno));
        if (file >= 0)
            close(file);
        return LIGHTPOSE_ERROR_FILE;
    }
    close(file);
    return LIGHTPOSE_OK;
}

/* Copies one video. *fatal: trying the next one is useless. */
static lightpose_status stage_one(staging *s, int *fatal, lightpose_error *error) {
    char host[65] = "", path[PATH_MAX];
    lightpose_status status;
    gethostname(host, sizeof host - 1);
    lp_corpus_plain(host, host, sizeof host);
    snprintf(s->part_name, sizeof s->part_name, "%s%s-%d-%.80s", part, host, (int)getpid(), s->name);
    if (snprintf(path, sizeof path, "%s/%s", s->space->path, s->part_name) >= (int)sizeof path)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: the path of a copy would be too long", s->space->path);
    (void)unlinkat(s->space->folder, s->part_name, 0); /* left by a killed process with the same process id */
    status = s->options->from ? copy_from_afar(s, path, error) : copy_here(s, fatal, error);
    if (status == LIGHTPOSE_OK)
        status = finish(s, path, error);
    if (status != LIGHTPOSE_OK)
        (void)unlinkat(s->space->folder, s->part_name, 0);
    *fatal |= status == LIGHTPOSE_ERROR_STATE || status == LIGHTPOSE_ERROR_MEMORY;
    return status;
}

/* Lists the videos with queued ranges, in the order in which those will be claimed; freed with free(). */
static lightpose_status list_queued(lp_corpus *corpus, int64_t **ids, int64_t *count, lightpose_error *error) {
    lp_db_rows *rows;
    int64_t capacity = 0;
    int got;
    *ids = NULL;
    *count = 0;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT video, MIN(id) FROM lp_range WHERE state = 'queued' GROUP BY video ORDER BY 2",
                        LP_DB_NO_VALUES, error));
    while ((got = lp_db_next(rows, error)) > 0) {
        if (*count == capacity) {
            capacity = 2 * capacity + 64;
            int64_t *const more = realloc(*ids, (size_t)capacity * sizeof *more);
            if (!more) {
                lp_db_rows_close(&rows);
                return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a list of videos");
            }
            *ids = more;
        }
        (*ids)[(*count)++] = lp_db_get_integer(rows, 0);
    }
    lp_db_rows_close(&rows);
    return got < 0 ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_OK;
}

/* Stages a video unless its copy exists. Sets outcome->full if it does not fit. */
static lightpose_status stage_row(lp_space *space, const lp_corpus_video *video, const lp_space_options *o,
                                  lp_space_outcome *outcome, lightpose_error *error) {
    staging s = {.space = space, .options = o, .video = video};
    char path[PATH_MAX];
    struct stat about;
    int64_t used = 0;
    int there, fatal = 0;
    lightpose_error why = {0};
    get_name(video, s.name);
    LP_TRY(lp_space_copy(space->path, video, path, &there, error));
    if (there && stat(path, &about) == 0 && about.st_size == video->size)
        return LIGHTPOSE_OK;
    if (!there && lstat(path, &about) == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s is in the way: it is not a regular file", path);
    LP_TRY(for_each(space, add_size, &used, error));
    outcome->full = video->size > o->limit - used;
    if (outcome->full) {
        if (video->size > o->limit)
            tell(o, "%.300s has %.1f GB, more than the work space may hold", video->path, (double)video->size * 1e-9);
        return LIGHTPOSE_OK;
    }
    if (stage_one(&s, &fatal, &why) == LIGHTPOSE_OK) {
        outcome->copies++;
        outcome->bytes += video->size;
        return LIGHTPOSE_OK;
    }
    if (fatal)
        return lp_fail(error, why.status, "%s", why.text);
    if (++outcome->failed <= TOLD)
        tell(o, "%s", why.text);
    return LIGHTPOSE_OK;
}

static lightpose_status stage_video(lp_space *space, lp_corpus *corpus, int64_t id, const lp_space_options *o,
                                    lp_space_outcome *outcome, lightpose_error *error) {
    lp_corpus_video video = {0};
    lp_db_rows *rows;
    LP_TRY(lp_db_select(corpus->db, &rows, "SELECT " LP_CORPUS_VIDEO_COLUMNS " FROM lp_video v WHERE v.id = $1",
                        LP_DB_VALUES(lp_db_integer(id)), error));
    lightpose_status status = LIGHTPOSE_OK;
    const int got = lp_db_next(rows, error);
    char *texts[LP_CORPUS_VIDEO_TEXTS] = {0};
    if (got > 0) {
        lp_corpus_read_video(rows, 0, &video);
        status = lp_corpus_keep_video(&video, texts, error);
    }
    lp_db_rows_close(&rows); /* before the copy, which takes long: it must hold nothing in the database */
    if (got < 0)
        status = LIGHTPOSE_ERROR_FILE;
    if (got > 0 && status == LIGHTPOSE_OK)
        status = stage_row(space, &video, o, outcome, error);
    for (int i = 0; i < LP_CORPUS_VIDEO_TEXTS; i++)
        free(texts[i]);
    return status;
}

lightpose_status lp_space_stage(lp_space *space, lp_corpus *corpus, const lp_space_options *options, int most,
                                lp_space_outcome *outcome, lightpose_error *error) {
    int64_t *ids, count;
    *outcome = (lp_space_outcome){0};
    lightpose_status status = list_queued(corpus, &ids, &count, error);
    for (int64_t i = 0; status == LIGHTPOSE_OK && i < count && !outcome->full && (!most || outcome->copies < most); i++)
        status = go_on(NULL) ? stage_video(space, corpus, ids[i], options, outcome, error)
                             : lp_fail(error, LIGHTPOSE_ERROR_STATE, "interrupted");
    if (outcome->failed > TOLD)
        tell(options, "%" PRId64 " videos could not be copied", outcome->failed);
    free(ids);
    return status;
}

/* ---- Purging ----------------------------------------------------------------------------------------------------- */

typedef struct purging {
    const lp_space *space;
    const lp_space_options *options;
    lp_space_outcome *outcome;
} purging;

static void remove_file(const purging *p, const char *name, int64_t size) {
    if (!p->options->try_only && unlinkat(p->space->folder, name, 0) != 0) {
        if (errno != ENOENT) {
            tell(p->options, "%s/%s cannot be removed: %s", p->space->path, name, strerror(errno));
            p->outcome->failed++;
        }
        return;
    }
    p->outcome->copies++;
    p->outcome->bytes += size;
}

static void purge_copy(const purging *p, const lp_corpus_video *video) {
    char name[NAME];
    struct stat copy, original;
    get_name(video, name);
    if (fstatat(p->space->folder, name, &copy, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(copy.st_mode))
        return;
    if (stat(video->path, &original) == 0 && original.st_dev == copy.st_dev && original.st_ino == copy.st_ino) {
        tell(p->options, "%s/%s is the original %.300s itself: left alone", p->space->path, name, video->path);
        return;
    }
    remove_file(p, name, copy.st_size);
}

/* A copy that was not written to for a day is abandoned. */
static void purge_part(void *opaque, const char *name, const struct stat *about) {
    if (!strncmp(name, part, sizeof part - 1) && time(NULL) - about->st_mtime > STALE)
        remove_file(opaque, name, about->st_size);
}

lightpose_status lp_space_purge(lp_space *space, lp_corpus *corpus, const lp_space_options *options,
                                lp_space_outcome *outcome, lightpose_error *error) {
    purging p = {space, options, outcome};
    lp_db_rows *rows;
    int got;
    *outcome = (lp_space_outcome){0};
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT " LP_CORPUS_VIDEO_COLUMNS " FROM lp_video v WHERE NOT EXISTS "
                        "(SELECT 1 FROM lp_range r WHERE r.video = v.id AND r.state <> 'done')",
                        LP_DB_NO_VALUES, error));
    while ((got = lp_db_next(rows, error)) > 0) {
        lp_corpus_video video = {0};
        lp_corpus_read_video(rows, 0, &video);
        purge_copy(&p, &video);
    }
    lp_db_rows_close(&rows);
    if (got < 0)
        return LIGHTPOSE_ERROR_FILE;
    return for_each(space, purge_part, &p, error);
}
