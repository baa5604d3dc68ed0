/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus add`: counts the frames of videos and queues them. */

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "corpus/file.h"
#include "corpus/naming.h"
#include "corpus/session.h"
#include "corpus/settings.h"
#include "corpus/text.h"
#include "fail.h"
#include "hash.h"
#include "output/text.h"
#include "run/signals.h"

typedef struct add_options {
    lp_corpus_options corpus;
    lp_cli_operands lists;
    const char *camera, *names;
    int recursive, threads, quiet;
} add_options;

static const lp_cli_option own[] = {
    {"list", 0, "FILE", "read videos from FILE, one per line; may be repeated", LP_CLI_AT(TEXTS, add_options, lists)},
    {"camera", 0, "NAME", "the camera that took the videos", LP_CLI_AT(TEXT, add_options, camera)},
    {"names", 0, "PATTERN",
     "take film and camera from the end of each path: \"{film}/{camera}.mp4\", \"{camera}/{film}.*\", "
     "\"{film}_{camera}.mp4\"; \"*\" matches anything but a slash",
     LP_CLI_AT(TEXT, add_options, names)},
    {"recursive", 0, NULL, "also read subfolders", LP_CLI_AT(FLAG, add_options, recursive)},
    {"threads", 't', "N", "threads that decode (0: all CPUs that this process may use)",
     LP_CLI_AT(INT, add_options, threads), .max = 1024},
    {"quiet", 'q', NULL, "print errors only", LP_CLI_AT(FLAG, add_options, quiet)},
    {0}};

static const lp_cli_command command = {
    "corpus add", "VIDEO|FOLDER...",
    "Adds videos. Each is decoded once, so that its frames are counted exactly, and is split into ranges. A folder "
    "gives\n"
    "its videos; those that are in the corpus already are skipped, so that a folder that grows can be added again.",
    "    lightpose corpus add film.mp4\n"
    "    lightpose corpus add --recursive /archive\n"
    "    lightpose corpus add --list films.txt\n"
    "    lightpose corpus add --recursive --names \"{film}/{camera}.mp4\" /archive\n"};

typedef struct adding {
    const add_options *options;
    lp_corpus *corpus;
    const lp_input_options *input;
    int is_of_folder;
    int failed;
} adding;

static int go_on(void *opaque) {
    (void)opaque;
    return !atomic_load(&lp_stop_requested);
}

/* Decodes the complete video. If that fails before its end, *short_of says why. */
static lightpose_status count(const adding *a, const lp_source *source, lp_corpus_video *video, char short_of[512],
                              lightpose_error *error) {
    lp_input *input;
    lp_input_about about;
    lp_input_frame frame = {0};
    lightpose_error ended = {0};
    LP_TRY(lp_input_open(&input, source, a->input, error));
    lp_input_get_about(input, &about);
    int got;
    while ((got = lp_input_next(input, &frame, &ended)) > 0)
        video->frames = frame.index + 1;
    lp_input_frame_release(&frame);
    lp_input_close(&input);
    if (atomic_load(&lp_stop_requested))
        return lp_fail(error, LIGHTPOSE_ERROR_STATE, "%s: not added: interrupted", source->text);
    if (got < 0 && video->frames == 0)
        return lp_fail(error, ended.status, "%s", ended.text);
    snprintf(short_of, 512, "%s", got < 0 ? ended.text : "");
    video->width = about.width;
    video->height = about.height;
    video->fps = about.fps;
    video->rate_num = about.rate_num;
    video->rate_den = about.rate_den;
    video->time_base_num = about.time_base_num;
    video->time_base_den = about.time_base_den;
    return LIGHTPOSE_OK;
}

/* If there is a camera, results are named after film and camera. */
static lightpose_status name(const add_options *o, const char *path, lp_naming *naming, lp_text *whole,
                             lp_corpus_video *video, lightpose_error *error) {
    *naming = (lp_naming){0};
    if (o->names)
        LP_TRY(lp_naming_match(naming, o->names, path, error));
    video->film = *naming->film ? naming->film : video->name;
    video->camera = o->camera ? o->camera : naming->camera;
    LP_TRY(lp_naming_check_camera(video->camera, error));
    lp_text_add(whole, video->film);
    if (*video->camera) {
        lp_text_add(whole, "_");
        lp_text_add(whole, video->camera);
    }
    lp_text_bytes(whole, "", 1);
    LP_TRY(lp_text_check(whole, error));
    video->name = whole->data;
    return LIGHTPOSE_OK;
}

static lightpose_status add_file(adding *a, const lp_source *source, lp_corpus_video *video, lightpose_error *error) {
    const char *const path = video->path;
    lp_corpus_file before, after;
    char sha256[LP_HASH_TEXT], short_of[512] = "";
    LP_TRY(lp_corpus_file_look(&before, path, error));
    LP_TRY(lp_hash_file(path, sha256, go_on, NULL, error));
    LP_TRY(count(a, source, video, short_of, error));
    LP_TRY(lp_corpus_file_look(&after, path, error));
    if (memcmp(&before, &after, sizeof before) != 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s was changed while it was read: not added", source->text);
    video->size = before.size;
    video->mtime_ns = before.mtime_ns;
    video->sha256 = sha256;
    LP_TRY(lp_corpus_add(a->corpus, video, &video->id, error));
    if (*short_of)
        lp_cli_error("warning: %s; added as far as it can be read", short_of);
    if (!a->options->quiet) {
        const int64_t size = a->corpus->range_frames, ranges = (video->frames + size - 1) / size;
        lp_corpus_print(source->text);
        printf(": %" PRId64 " frame%s, %dx%d, %.6g frames a second, %" PRId64 " range%s\n", video->frames,
               video->frames == 1 ? "" : "s", video->width, video->height, video->fps, ranges, ranges == 1 ? "" : "s");
        fflush(stdout);
    }
    return LIGHTPOSE_OK;
}

/* Videos of a folder that are in the corpus already are skipped. */
static lightpose_status add_source(adding *a, const lp_source *source, lightpose_error *error) {
    char path[PATH_MAX];
    int64_t there;
    if (source->kind == LP_SOURCE_PICTURES && a->is_of_folder)
        return LIGHTPOSE_OK;
    if (source->kind != LP_SOURCE_VIDEO || source->address || source->once || source->live)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "%s: a corpus takes only video files, which can be read again from any frame", source->text);
    if (!realpath(source->text, path)) {
        lp_corpus_file none;
        return lp_corpus_file_look(&none, source->text, error);
    }
    LP_TRY(lp_corpus_find(a->corpus, path, &there, error));
    if (there && a->is_of_folder)
        return LIGHTPOSE_OK;
    if (there)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s is in the corpus already", source->text);
    lp_corpus_video video = {.path = path, .source = source->text, .name = source->name};
    lp_naming naming;
    lp_text whole = {0};
    lightpose_status status = name(a->options, path, &naming, &whole, &video, error);
    if (status == LIGHTPOSE_OK)
        status = add_file(a, source, &video, error);
    lp_text_free(&whole);
    return status;
}

static void add_sources(adding *a, const lp_sources *sources) {
    for (int i = 0; i < sources->count && !atomic_load(&lp_stop_requested); i++) {
        lightpose_error error = {0};
        if (add_source(a, &sources->items[i], &error) == LIGHTPOSE_OK)
            continue;
        lp_cli_error("%s", error.text);
        a->failed = 1;
    }
}

static void add_operand(adding *a, const char *text,
                        lightpose_status (*list)(lp_sources *sources, const char *text, lightpose_error *error)) {
    lp_sources sources = {.recursive = a->options->recursive, .live = -1, .stop = &lp_stop_requested};
    lightpose_error error = {0};
    struct stat about;
    a->is_of_folder = list == lp_sources_add && stat(text, &about) == 0 && S_ISDIR(about.st_mode);
    if (list(&sources, text, &error) != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
        a->failed = 1;
    }
    add_sources(a, &sources);
    lp_sources_free(&sources);
}

static int add_all(const add_options *o, const lp_cli_operands *operands, lp_corpus *corpus) {
    lp_corpus_settings settings;
    lp_sources none = {0};
    lp_engine_options engine = {0};
    lightpose_error error = {0};
    adding a = {.options = o, .corpus = corpus, .input = &engine.input};
    int code = LP_CLI_FAILED;
    lp_corpus_settings_init(&settings);
    if (lp_corpus_settings_read(&settings, corpus->settings, &error) != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
    } else {
        settings.run.model.settings.threads = o->threads;
        code = lp_corpus_settings_engine(command.name, &settings, &none, &engine);
    }
    if (code == LP_CLI_GO) {
        for (int i = 0; i < operands->count && !atomic_load(&lp_stop_requested); i++)
            add_operand(&a, operands->items[i], lp_sources_add);
        for (int i = 0; i < o->lists.count && !atomic_load(&lp_stop_requested); i++)
            add_operand(&a, o->lists.items[i], lp_sources_add_list);
        code = lp_signals_caught() ? 128 + lp_signals_caught() : a.failed ? LP_CLI_FAILED : LP_CLI_OK;
    }
    lp_corpus_settings_free(&settings);
    return code;
}

static int check_names(const add_options *o) {
    lightpose_error error = {0};
    if (o->camera && o->names && strstr(o->names, "{camera}"))
        return lp_cli_usage(command.name, "--camera and {camera} in --names: give one of them");
    if ((o->names && lp_naming_check(o->names, &error) != LIGHTPOSE_OK) ||
        (o->camera && lp_naming_check_camera(o->camera, &error) != LIGHTPOSE_OK))
        return lp_cli_usage(command.name, "%s", error.text);
    return LP_CLI_GO;
}

int lp_corpus_add_videos(int argc, char **argv) {
    add_options o = {0};
    lp_cli_operands operands;
    lp_corpus corpus;
    lp_db *db;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {{"Videos", own, &o}, LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&command, groups, argc, argv, &operands);
    if (code == LP_CLI_GO && !operands.count && !o.lists.count)
        code = lp_cli_usage(command.name, "no video");
    if (code == LP_CLI_GO)
        code = check_names(&o);
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = lp_corpus_begin(&corpus, &db, &o.corpus);
    }
    if (code == LP_CLI_GO) {
        code = add_all(&o, &operands, &corpus);
        lp_corpus_free(&corpus);
        lp_db_close(&db);
    }
    lp_cli_operands_free(&operands);
    lp_cli_operands_free(&o.lists);
    return code;
}
