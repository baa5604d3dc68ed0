/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose corpus verify`: computes random stored frames again. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "corpus/compare.h"
#include "corpus/file.h"
#include "corpus/frames.h"
#include "corpus/provenance.h"
#include "corpus/session.h"
#include "corpus/source.h"
#include "fail.h"
#include "run/choose.h"
#include "run/signals.h"
#include "run/work.h"

typedef struct verify_options {
    lp_corpus_options corpus;
    const char *weights;
    int64_t sample, seed, list;
    int threads, quiet;
} verify_options;

static const lp_cli_option own[] = {
    {"sample", 'n', "N", "number of frames, chosen at random among those that are stored (100)",
     LP_CLI_AT(INT64, verify_options, sample), .min = 1, .max = 1000000},
    {"seed", 0, "N", "choose the same frames again: the number that an earlier call printed",
     LP_CLI_AT(INT64, verify_options, seed), .max = 9e15},
    {"list", 'l', "N", "print at most N lines of what differs (100)", LP_CLI_AT(INT64, verify_options, list),
     .max = 1e12},
    {"weights", 'w', "FILE",
     "weights file; it has to be the one of `init` (default: $LIGHTPOSE_WEIGHTS, else the installed one)",
     LP_CLI_AT(TEXT, verify_options, weights)},
    {"threads", 't', "N", "number of threads (0: all CPUs that this process may use)",
     LP_CLI_AT(INT, verify_options, threads), .max = 1024},
    {"quiet", 'q', NULL, "print only what differs", LP_CLI_AT(FLAG, verify_options, quiet)},
    {0}};

static const lp_cli_command command = {
    "corpus verify", "[VIDEO...]",
    "Computes random stored frames again on this machine, of the given videos or of all, and compares. A frame that "
    "was\n"
    "made by the same version on the same instruction set has to be identical to the last bit. For others there is a\n"
    "tolerance: with f32, keypoints at most 1/8 pixel apart but for 0.5 %; with int8 and bf16, 2 pixels of the\n"
    "network's input but for 15 %. Exit status: 0 if all frames pass, else 1.",
    "    lightpose corpus verify\n"
    "    lightpose corpus verify --sample 1000 film.mp4\n"};

/* ---- Which frames ------------------------------------------------------------------------------------------------ */

/* Stored frames of a range. */
typedef struct span {
    int64_t video, first, count;
} span;

typedef struct spans {
    span *items;
    size_t count, room;
    int64_t frames;
} spans;

static lightpose_status add_span(spans *s, span item, lightpose_error *error) {
    if (s->count == s->room) {
        const size_t room = s->room ? 2 * s->room : 256;
        span *const bigger = reallocarray(s->items, room, sizeof *bigger);
        if (!bigger)
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a list of ranges");
        s->items = bigger;
        s->room = room;
    }
    s->items[s->count++] = item;
    s->frames += item.count;
    return LIGHTPOSE_OK;
}

/* Lists the spans of a video; 0: of all videos. */
static lightpose_status list_spans(lp_corpus *corpus, int64_t video, spans *s, lightpose_error *error) {
    lp_db_rows *rows;
    int got;
    lightpose_status status = LIGHTPOSE_OK;
    LP_TRY(lp_db_select(corpus->db, &rows,
                        "SELECT video, first, next - first FROM lp_range WHERE next > first AND ($1 = 0 OR video = $1) "
                        "ORDER BY video, first",
                        LP_DB_VALUES(lp_db_integer(video)), error));
    while (status == LIGHTPOSE_OK && (got = lp_db_next(rows, error)) != 0)
        status =
            got < 0
                ? LIGHTPOSE_ERROR_FILE
                : add_span(s,
                           (span){lp_db_get_integer(rows, 0), lp_db_get_integer(rows, 1), lp_db_get_integer(rows, 2)},
                           error);
    lp_db_rows_close(&rows);
    return status;
}

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int ascending(const void *x, const void *y) {
    const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* Chooses `count` different numbers below `below`, in ascending order. NULL if out of memory. */
static int64_t *choose(int64_t below, int64_t count, uint64_t seed) {
    int64_t *const chosen = calloc((size_t)count + 1, sizeof *chosen);
    int64_t there = 0;
    while (chosen && there < count) {
        int64_t kept = 0;
        for (int64_t i = there; i < count; i++)
            chosen[i] = (int64_t)(draw(&seed) % (uint64_t)below);
        qsort(chosen, (size_t)count, sizeof *chosen, ascending);
        for (int64_t i = 0; i < count; i++)
            if (i == 0 || chosen[i] != chosen[i - 1])
                chosen[kept++] = chosen[i];
        there = kept;
    }
    return chosen;
}

/* ---- One frame --------------------------------------------------------------------------------------------------- */

typedef struct verify_state {
    const verify_options *options;
    lp_corpus corpus;
    lp_corpus_settings settings;
    lightpose_model *model;
    lp_corpus_maker here;
    lp_corpus_tolerance tolerance;
    lp_corpus_comparison sum;                 /* over frames to which the tolerance applies */
    const char *video;                        /* name of the current video */
    int64_t frame;                            /* the current frame */
    int64_t equal, within, different, unread; /* numbers of frames */
    int exact;                                /* the current frame has to be identical */
    int told;                                 /* differences reported of the current frame */
    int64_t lines;
} verify_state;

static void tell(void *opaque, const char *text) {
    verify_state *const s = opaque;
    s->told++;
    if (s->lines++ == s->options->list)
        printf("more is not listed: --list\n");
    if (s->lines > s->options->list)
        return;
    printf("%s, frame %" PRId64 ": %s%s\n", s->video, s->frame, text, s->exact ? "" : " (other instruction set)");
}

/* Compares a frame as computed here with the stored one. */
static lightpose_status check_frame(verify_state *s, const lp_corpus_video *video, const lp_output_frame *again,
                                    lightpose_error *error) {
    lp_corpus_frames *frames = NULL;
    lp_output_frame stored;
    lp_corpus_maker maker = {0};
    int found, states = 0;
    s->told = 0;
    LP_TRY(lp_corpus_maker_find(&s->corpus, video->id, s->frame, &maker, &found, error));
    s->exact = !found || lp_corpus_maker_equal(&maker, &s->here);
    lightpose_status status = lp_corpus_frames_open(&frames, &s->corpus, video->id, s->frame, s->frame + 1, error);
    if (status == LIGHTPOSE_OK && lp_corpus_frames_next(frames, &stored, error) < 0)
        status = error->status;
    if (status == LIGHTPOSE_OK)
        status = lp_corpus_compare(&stored, again, s->exact ? NULL : &s->tolerance, &s->sum, &states, tell, s, error);
    lp_corpus_frames_close(&frames);
    if (status != LIGHTPOSE_OK)
        return status;
    s->different += s->exact ? s->told > 0 : states;
    s->equal += s->exact && !s->told;
    s->within += !s->exact;
    return status;
}

static lightpose_status take_job(verify_state *s, const lp_corpus_video *video, const lp_source *source, lp_job *job,
                                 lp_chooser *chooser, lightpose_error *error) {
    lp_output_frame frame;
    lightpose_error detail = {0};
    if (job->error.status == LIGHTPOSE_OK)
        LP_TRY(lp_chooser_move(chooser, job->result, job->roi.x, job->roi.y, error));
    lp_work_get_output(job, source, &frame);
    s->frame = job->frame.index;
    const lightpose_status status = check_frame(s, video, &frame, &detail);
    if (status == LIGHTPOSE_ERROR_MEMORY)
        return lp_fail(error, status, "%s", detail.text);
    if (status != LIGHTPOSE_OK) {
        lp_cli_error("%s, frame %" PRId64 ": %s", video->name, s->frame, detail.text);
        s->unread++;
    }
    return LIGHTPOSE_OK;
}

/* Verifies frames `first` to `last` - 1. *next is the first that could not be read. */
static lightpose_status verify_frames(verify_state *s, const lp_corpus_video *video, int64_t first, int64_t last,
                                      int64_t *next, lightpose_error *error) {
    lp_corpus_source source = {0};
    lp_engine *engine = NULL;
    lp_chooser chooser = {0};
    lightpose_error ended = {0};
    lp_job *job;
    lightpose_status status =
        lp_corpus_source_open(&source, command.name, &s->settings, s->model, video->path, first, last, error);
    if (last - first < source.options.workers)
        source.options.workers = (int)(last - first); /* not more, since each makes a context first */
    if (status == LIGHTPOSE_OK)
        status = lp_engine_start(&engine, &source.options, error);
    for (int got = 0; status == LIGHTPOSE_OK && got >= 0;) {
        got = lp_engine_next(engine, &job, 200);
        if (got <= 0)
            continue;
        if (job->kind == LP_JOB_END)
            ended = job->error;
        if (job->kind == LP_JOB_FRAME && job->frame.index >= *next) { /* skips the frame before the first */
            status = take_job(s, video, &source.sources.items[0], job, &chooser, error);
            *next = job->frame.index + 1;
        }
        lp_engine_done(engine, job);
    }
    lp_engine_close(&engine);
    lp_chooser_free(&chooser);
    lp_corpus_source_close(&source);
    if (status != LIGHTPOSE_OK || *next == last || atomic_load(&lp_stop_requested))
        return status;
    return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be read up to frame %" PRId64 "%s%s", video->path, *next,
                   *ended.text ? ": " : "", ended.text);
}

/* Verifies frames of one video, in ascending order. */
static lightpose_status verify_video(verify_state *s, int64_t id, const int64_t *frames, int64_t count,
                                     lightpose_error *error) {
    lp_corpus_video video;
    char *memory[LP_CORPUS_VIDEO_TEXTS] = {0};
    lp_corpus_file file;
    lp_queue_reason reason;
    lightpose_error detail = {0};
    LP_TRY(lp_corpus_get_video(&s->corpus, id, &video, memory, error));
    s->video = video.name;
    lightpose_status status = LIGHTPOSE_OK;
    if (lp_corpus_file_check(&file, &video, NULL, NULL, &reason, &detail) != LIGHTPOSE_OK) {
        lp_cli_error("%s: %" PRId64 " frames cannot be checked: %s", video.name, count, detail.text);
        s->unread += count;
        count = 0;
    }
    for (int64_t i = 0, end; i < count && status != LIGHTPOSE_ERROR_MEMORY && !atomic_load(&lp_stop_requested);
         i = end) {
        int64_t next = frames[i];
        for (end = i + 1; end < count && frames[end] == frames[end - 1] + 1;)
            end++;
        const int64_t last = frames[end - 1] + 1;
        detail = (lightpose_error){0};
        status = verify_frames(s, &video, frames[i], last, &next, &detail);
        if (status == LIGHTPOSE_OK)
            continue;
        lp_cli_error("%s, frame %" PRId64 ": %s", video.name, next, detail.text);
        s->unread += last - next;
    }
    for (int i = 0; i < LP_CORPUS_VIDEO_TEXTS; i++)
        free(memory[i]);
    return status == LIGHTPOSE_ERROR_MEMORY ? lp_fail(error, status, "%s", detail.text) : LIGHTPOSE_OK;
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

typedef struct listing {
    const verify_state *state;
    int count, sets;
    char first[64];
} listing;

static void list_maker(void *opaque, const lp_corpus_maker *m, int64_t frames) {
    listing *const l = opaque;
    if (l->count++ == 0)
        snprintf(l->first, sizeof l->first, "%s", m->cpu);
    l->sets |= strcmp(l->first, m->cpu) != 0;
    if (!l->state->options->quiet)
        printf("%" PRId64 " frames: lightpose %s, %s, %s%s\n", frames, m->version, m->cpu, m->engine,
               lp_corpus_maker_equal(m, &l->state->here) ? ", as here" : "");
}

static lightpose_status verify_spans(verify_state *s, const spans *all, uint64_t seed, lightpose_error *error) {
    const int64_t count = s->options->sample < all->frames ? s->options->sample : all->frames;
    int64_t *const chosen = choose(all->frames, count, seed);
    if (!chosen)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a sample of %" PRId64 " frames", count);
    lightpose_status status = LIGHTPOSE_OK;
    int64_t at = 0, before = 0; /* position in the sample; number of frames in earlier spans */
    for (size_t i = 0; i < all->count && at < count && status == LIGHTPOSE_OK && !atomic_load(&lp_stop_requested);) {
        const int64_t from = at, video = all->items[i].video;
        for (; i < all->count && all->items[i].video == video; before += all->items[i++].count)
            for (; at < count && chosen[at] < before + all->items[i].count; at++)
                chosen[at] += all->items[i].first - before; /* its number in the video */
        if (at > from)
            status = verify_video(s, video, chosen + from, at - from, error);
    }
    free(chosen);
    return status;
}

static int print_verdict(const verify_state *s) {
    const lp_corpus_comparison *const c = &s->sum;
    const double share = c->keypoints && s->within ? (double)c->beyond / (double)c->keypoints : 0;
    const int good = lp_corpus_within(&s->tolerance, c);
    if (s->within)
        printf("%" PRId64 " frames of other instruction sets or versions: %" PRId64 " of %" PRId64
               " keypoints (%.2f %%) differ by more than the tolerance, and %.1f %% may: %s\n",
               s->within, c->beyond, c->keypoints, 100 * share, 100 * s->tolerance.share, good ? "good" : "TOO MANY");
    if (!s->options->quiet || s->different || s->unread)
        printf("%" PRId64 " frames equal, %" PRId64 " different, %" PRId64 " could not be checked\n", s->equal,
               s->different, s->unread);
    return good && !s->different && !s->unread ? LP_CLI_OK : LP_CLI_FAILED;
}

static int verify(verify_state *s, const lp_cli_operands *videos) {
    const verify_options *const o = s->options;
    uint64_t seed = (uint64_t)o->seed;
    lightpose_error error = {0};
    listing l = {.state = s};
    spans all = {0};
    if (!o->seed && getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        seed = seed % 1000000000 + 1;
    lightpose_status status = lp_corpus_maker_list(&s->corpus, 0, list_maker, &l, &error);
    if (l.sets)
        printf("the corpus was made with several instruction sets: last digits differ between them\n");
    for (int i = 0; status == LIGHTPOSE_OK && (i < videos->count || i == 0); i++) {
        int64_t id = 0;
        if (i < videos->count)
            status = lp_corpus_find_video(&s->corpus, videos->items[i], &id, &error);
        if (status == LIGHTPOSE_OK)
            status = list_spans(&s->corpus, id, &all, &error);
    }
    if (status == LIGHTPOSE_OK && !all.frames)
        status = lp_fail(&error, LIGHTPOSE_ERROR_STATE, "there are no stored frames to verify");
    if (status == LIGHTPOSE_OK && !o->quiet)
        printf("%" PRId64 " of %" PRId64 " stored frames, --seed %" PRIu64 "\n",
               o->sample < all.frames ? o->sample : all.frames, all.frames, seed);
    if (status == LIGHTPOSE_OK)
        status = verify_spans(s, &all, seed, &error);
    free(all.items);
    if (status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    if (lp_signals_caught())
        return 128 + lp_signals_caught();
    return status == LIGHTPOSE_OK ? print_verdict(s) : LP_CLI_FAILED;
}

int lp_corpus_verify(int argc, char **argv) {
    verify_options o = {.sample = 100, .list = 100};
    verify_state s = {.options = &o};
    lp_cli_operands videos;
    lightpose_error error = {0};
    lp_db *db;
    char sha256[LP_HASH_TEXT];
    const char *precision;
    lp_corpus_options_init(&o.corpus);
    const lp_cli_group groups[] = {{"Verification", own, &o}, LP_CORPUS_GROUP(&o.corpus), {0}};
    int code = lp_cli_parse(&command, groups, argc, argv, &videos);
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = lp_corpus_begin(&s.corpus, &db, &o.corpus);
    }
    if (code == LP_CLI_GO) {
        lp_corpus_settings_init(&s.settings);
        lp_corpus_maker_here(&s.here);
        s.tolerance = lp_corpus_tolerance_of(s.corpus.precision);
        lightpose_status status = lp_corpus_settings_read(&s.settings, s.corpus.settings, &error);
        s.settings.run.model.settings.threads = o.threads;
        if (status == LIGHTPOSE_OK)
            status = lp_corpus_load_model(&s.corpus, &s.settings, o.weights, &s.model, sha256, &precision, &error);
        code = status == LIGHTPOSE_OK ? verify(&s, &videos) : (lp_cli_error("%s", error.text), LP_CLI_FAILED);
        lightpose_model_destroy(&s.model);
        lp_corpus_settings_free(&s.settings);
        lp_corpus_free(&s.corpus);
        lp_db_close(&db);
    }
    lp_cli_operands_free(&videos);
    return code;
}
