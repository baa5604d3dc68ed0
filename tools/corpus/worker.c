/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/worker.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "block/block.h"
#include "cli.h"
#include "corpus/file.h"
#include "corpus/space.h"
#include "corpus/source.h"
#include "fail.h"
#include "run/choose.h"
#include "run/signals.h"
#include "run/work.h"

enum { PATH_SHOWN = 300 }; /* characters of a path in a message */

/* A range in work. */
typedef struct task {
    lp_worker *worker;
    lp_queue_claim *claim;
    lp_corpus_file file;
    const char *path;    /* the file being read: the video's, or `copy` */
    char copy[PATH_MAX]; /* path of the copy in the work space */
    lp_corpus_source source;
    lp_engine *engine;
    lp_chooser chooser;
    lp_block *block;
    lp_text packed;
    int64_t next;       /* the frame expected next */
    int64_t block_ms;   /* when the block got its first frame */
    int64_t renewed_ms; /* when the lease was last renewed */
    int stopped;        /* the source was stopped before its end */
    lp_worker_end end;  /* LP_WORKER_DONE unless something went wrong */
    lp_queue_reason reason;
    lightpose_error error; /* why it failed */
} task;

static int64_t now_ms(void) {
    return lp_work_now() / 1000000;
}

int lp_worker_is_out_of_time(const lp_worker *worker) {
    return worker->deadline_ms && now_ms() >= worker->deadline_ms;
}

static void fail_range(task *t, lp_queue_reason reason, const char *text) {
    if (t->end != LP_WORKER_DONE)
        return;
    t->end = LP_WORKER_FAILED;
    t->reason = reason;
    lp_fail(&t->error, LIGHTPOSE_ERROR_FILE, "%s", text);
}

/* Ends the task after a failure of the database: frames not stored yet are lost and will be computed again. */
static void break_off(task *t, const lightpose_error *error) {
    if (lp_db_last_failure(t->worker->corpus->db) == LP_DB_FULL) {
        fail_range(t, LP_QUEUE_DISK, error->text);
    } else {
        t->end = LP_WORKER_BROKEN;
        t->error = *error;
    }
}

/* ---- The lease --------------------------------------------------------------------------------------------------- */

static void renew(task *t) {
    lightpose_error error = {0};
    int held = 1;
    if (t->end != LP_WORKER_DONE || (double)(now_ms() - t->renewed_ms) < t->worker->who.lease * 250)
        return;
    t->renewed_ms = now_ms();
    if (lp_queue_renew(t->worker->corpus, &t->worker->who, t->claim, &held, &error) != LIGHTPOSE_OK)
        break_off(t, &error);
    else if (!held)
        t->end = LP_WORKER_LOST;
}

/* Renews the lease while a file is read for its checksum. */
static int renew_meanwhile(void *opaque) {
    task *const t = opaque;
    renew(t);
    return t->end == LP_WORKER_DONE && !atomic_load(&lp_stop_requested) && !lp_worker_is_out_of_time(t->worker);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Fails the range if the file has changed since it was checked. A purged or changed copy is not a failure: the range is
 * queued again, and read from the original. */
static int is_untouched(task *t) {
    lightpose_error error = {0};
    lp_queue_reason reason;
    if (lp_corpus_file_check_again(&t->file, t->path, &reason, &error) == LIGHTPOSE_OK)
        return 1;
    if (t->path == t->copy) {
        t->end = LP_WORKER_MOVED;
        t->reason = LP_QUEUE_STOPPED;
    } else {
        fail_range(t, reason, error.text);
    }
    return 0;
}

/* Stores the block, unless the file has changed since it was checked. */
static void store(task *t) {
    const int frames = t->block ? lp_block_count(t->block) : 0, people = frames ? lp_block_people(t->block) : 0;
    const int64_t start = lp_work_now();
    lightpose_error error = {0};
    int held = 1;
    if (!frames || t->end != LP_WORKER_DONE || !is_untouched(t))
        return;
    lp_text_clear(&t->packed);
    lightpose_status status = lp_block_pack(t->block, &t->packed, &error);
    if (status == LIGHTPOSE_OK)
        status = lp_text_check(&t->packed, &error);
    if (status != LIGHTPOSE_OK) {
        fail_range(t, LP_QUEUE_NETWORK, error.text);
        return;
    }
    const lp_queue_block block = {t->packed.data, t->packed.size, frames, people};
    if (lp_queue_store(t->worker->corpus, &t->worker->who, t->claim, &block, &held, &error) != LIGHTPOSE_OK) {
        break_off(t, &error);
    } else if (!held) {
        t->end = LP_WORKER_LOST;
    } else {
        t->renewed_ms = now_ms();
        t->worker->frames += frames;
    }
    t->worker->store_ns += lp_work_now() - start;
}

/* Whether a status is that of a damaged picture; other failures are the machine's. */
static int is_of_frame(lightpose_status status) {
    return status == LIGHTPOSE_OK || status == LIGHTPOSE_ERROR_IMAGE || status == LIGHTPOSE_ERROR_ARGUMENT ||
           status == LIGHTPOSE_ERROR_LIMIT;
}

/* Stores the frames before the failure, which are good. */
static void store_and_fail(task *t, lp_queue_reason reason, const char *text) {
    store(t);
    if (t->end == LP_WORKER_DONE && is_untouched(t)) /* otherwise another reason is set already */
        fail_range(t, reason, text);
}

static lightpose_status add_frame(task *t, lp_job *job, lightpose_error *error) {
    lp_output_frame frame;
    if (job->error.status == LIGHTPOSE_OK)
        LP_TRY(lp_chooser_move(&t->chooser, job->result, job->roi.x, job->roi.y, error));
    lp_work_get_output(job, &t->source.sources.items[0], &frame);
    return lp_block_add(t->block, &frame, error);
}

static void take_frame(task *t, lp_job *job) {
    const int64_t start = lp_work_now();
    lightpose_error error = {0};
    char text[256];
    if (job->frame.index < t->next) /* the frame before the first */
        return;
    if (job->frame.index != t->next) {
        snprintf(text, sizeof text, "got frame %" PRId64 " in place of %" PRId64, job->frame.index, t->next);
        store_and_fail(t, LP_QUEUE_DECODING, text);
        return;
    }
    if (!is_of_frame(job->error.status)) {
        snprintf(text, sizeof text, "frame %" PRId64 ": %.200s", t->next, job->error.text);
        store_and_fail(t, LP_QUEUE_NETWORK, text);
        return;
    }
    if (!lp_block_count(t->block))
        t->block_ms = now_ms();
    if (add_frame(t, job, &error) != LIGHTPOSE_OK) {
        store_and_fail(t, LP_QUEUE_NETWORK, error.text);
        return;
    }
    t->worker->store_ns += lp_work_now() - start;
    t->next++;
    if (lp_block_count(t->block) >= LP_WORKER_FRAMES || lp_block_people(t->block) >= LP_WORKER_PEOPLE ||
        t->next == t->claim->last)
        store(t);
}

static void take_job(task *t, lp_job *job) {
    switch (job->kind) {
    case LP_JOB_BEGIN:
        break;
    case LP_JOB_FRAME:
        take_frame(t, job);
        break;
    case LP_JOB_DROPPED:
        t->stopped = 1;
        break;
    case LP_JOB_END:
        t->stopped |= job->stopped;
        if (t->next < t->claim->last && job->error.status != LIGHTPOSE_OK && !t->stopped)
            store_and_fail(t, LP_QUEUE_DECODING, job->error.text);
        break;
    }
}

/* ---- The range --------------------------------------------------------------------------------------------------- */

/* Uses the copy in the work space if it exists and is the video. */
static void find_copy(task *t) {
    lightpose_error error = {0};
    lp_queue_reason reason;
    int there;
    t->path = t->claim->video.path;
    if (!t->worker->space)
        return;
    if (lp_space_copy(t->worker->space, &t->claim->video, t->copy, &there, &error) != LIGHTPOSE_OK || !there)
        return;
    lp_corpus_video copy = t->claim->video;
    copy.path = t->copy;
    if (lp_corpus_file_check(&t->file, &copy, renew_meanwhile, t, &reason, &error) == LIGHTPOSE_OK)
        t->path = t->copy;
    else if (reason == LP_QUEUE_STOPPED)
        t->stopped = 1;
    else
        lp_cli_error("%s; the original is read", error.text);
}

static void begin(task *t) {
    lightpose_error error = {0};
    lp_queue_reason reason;
    find_copy(t);
    if (t->stopped)
        return;
    if (t->path == t->claim->video.path &&
        lp_corpus_file_check(&t->file, &t->claim->video, renew_meanwhile, t, &reason, &error) != LIGHTPOSE_OK) {
        if (reason == LP_QUEUE_STOPPED)
            t->stopped = 1;
        else
            fail_range(t, reason, error.text);
    } else if (lp_corpus_source_open(&t->source, "corpus work", t->worker->settings, t->worker->model, t->path,
                                     t->claim->next, t->claim->last, &error) != LIGHTPOSE_OK) {
        if (is_untouched(t))
            fail_range(t, LP_QUEUE_DECODING, error.text);
    } else if (lp_block_create(&t->block, &error) != LIGHTPOSE_OK ||
               lp_engine_start(&t->engine, &t->source.options, &error) != LIGHTPOSE_OK) {
        fail_range(t, LP_QUEUE_NETWORK, error.text);
    }
}

static void work(task *t) {
    lp_job *job;
    for (int got = 0; t->engine && got >= 0 && t->end == LP_WORKER_DONE;) {
        got = lp_engine_next(t->engine, &job, 200);
        if (got > 0) {
            take_job(t, job);
            lp_engine_done(t->engine, job);
        }
        if (lp_block_count(t->block) && (double)(now_ms() - t->block_ms) >= t->worker->block_seconds * 1000)
            store(t);
        renew(t);
        if (lp_worker_is_out_of_time(t->worker))
            atomic_store(&lp_stop_requested, 1);
    }
    store(t);
}

/* Explains why the source ended before the last frame of the range. */
static void explain_missing(task *t) {
    char text[PATH_SHOWN + 128];
    if (t->end != LP_WORKER_DONE || t->claim->next == t->claim->last)
        return;
    if (t->stopped || atomic_load(&lp_stop_requested)) {
        t->end = LP_WORKER_STOPPED;
        t->reason = lp_worker_is_out_of_time(t->worker) ? LP_QUEUE_TIME : LP_QUEUE_STOPPED;
        return;
    }
    if (!is_untouched(t))
        return;
    snprintf(text, sizeof text, "%.*s ends before frame %" PRId64 "; it had %" PRId64 " frames when it was added",
             PATH_SHOWN, t->path, t->claim->next, t->claim->video.frames);
    fail_range(t, LP_QUEUE_DECODING, text);
}

/* Records how the attempt ended, unless storing its last frame has done so. */
static void give_back(task *t) {
    lightpose_error error = {0};
    if (t->end == LP_WORKER_DONE || t->end == LP_WORKER_BROKEN)
        return;
    const char *const detail = t->end == LP_WORKER_FAILED  ? t->error.text
                               : t->end == LP_WORKER_LOST  ? "the range was taken away"
                               : t->end == LP_WORKER_MOVED ? "the copy in the work space has gone or changed"
                                                           : NULL;
    if (lp_queue_end(t->worker->corpus, t->claim, t->end == LP_WORKER_LOST ? LP_QUEUE_STOPPED : t->reason, detail,
                     &error) == LIGHTPOSE_OK &&
        t->reason != LP_QUEUE_DISK)
        return;
    t->end = LP_WORKER_BROKEN; /* no reason to continue */
    if (t->error.status == LIGHTPOSE_OK)
        t->error = error;
}

lp_worker_end lp_worker_run(lp_worker *worker, lp_queue_claim *claim, lightpose_error *error) {
    task t = {.worker = worker, .claim = claim, .next = claim->next, .renewed_ms = now_ms()};
    begin(&t);
    work(&t);
    lp_engine_close(&t.engine);
    explain_missing(&t);
    give_back(&t);
    lp_block_destroy(&t.block);
    lp_text_free(&t.packed);
    lp_chooser_free(&t.chooser);
    lp_corpus_source_close(&t.source);
    if (t.error.status != LIGHTPOSE_OK)
        lp_fail(error, t.error.status, "%s", t.error.text);
    return t.end;
}
