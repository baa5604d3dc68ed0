/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/session.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "run/work.h"

/* Of the frames of a source that fail, so many are told one by one. */
enum { TOLD_FAILURES = 5 };

/* Pictures, and raw frames without a rate, are taken for this many a second where a tracker wants a time. */
#define ASSUMED_FPS 25.0

typedef struct active_source {
    lp_target_stream *out;
    lightpose_tracker *tracker;
    lp_input_about about;
    int64_t begun, frames, people, failed, last_index;
    double first_time;
} active_source;

typedef struct session {
    const lp_session_options *options;
    active_source *sources;
    lp_chooser chooser;
    char engine[96]; /* what the network ran on, for the summary */
    int failed;
} session;

static const lp_source *source_of(const session *s, const lp_job *job) {
    return &s->options->engine->sources->items[job->source];
}

static int is_stopped(const session *s) {
    return atomic_load(s->options->stop);
}

/* ---- Begin ------------------------------------------------------------------------------------------------------- */

static lightpose_status begin(session *s, const lp_job *job, lightpose_error *error) {
    active_source *const a = &s->sources[job->source];
    const lp_source *const source = source_of(s, job);
    *a = (active_source){.about = job->about, .begun = lp_work_now(), .last_index = -1, .first_time = NAN};
    if (s->options->track) {
        const lightpose_status status = lightpose_tracker_open(&a->tracker, s->options->track, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    if (!*s->options->targets)
        return LIGHTPOSE_OK;
    const lp_output_stream stream = {
        .kind = source->kind == LP_SOURCE_PICTURES ? LP_STREAM_IMAGES
                : job->about.live                  ? LP_STREAM_CAMERA
                                                   : LP_STREAM_VIDEO,
        .name = source->name,
        .source = source->text,
        .width = job->about.width,
        .height = job->about.height,
        .fps = job->about.fps,
        .rate_num = job->about.rate_num,
        .rate_den = job->about.rate_den,
    };
    return lp_targets_begin(&a->out, *s->options->targets, &stream, error);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* The time of a frame for the tracker, which wants one in any case. */
static double tracker_time(const active_source *a, const lp_job *job) {
    return isfinite(job->frame.time) ? job->frame.time
                                     : (double)job->frame.index / (a->about.fps > 0 ? a->about.fps : ASSUMED_FPS);
}

/* Follows and chooses people. */
static lightpose_status refine(session *s, active_source *a, lp_job *job, lightpose_error *error) {
    lightpose_status status = lp_chooser_move(&s->chooser, job->result, job->roi.x, job->roi.y, error);
    if (status == LIGHTPOSE_OK && a->tracker)
        status = lightpose_tracker_update(a->tracker, tracker_time(a, job), job->result, error);
    if (status == LIGHTPOSE_OK)
        status = lp_chooser_choose(&s->chooser, job->result, &s->options->choice, job->image.width, job->image.height,
                                   error);
    return status;
}

/* Frames that a live source delivered and nobody could take in time are told as missing. */
static lightpose_status tell_missing(session *s, active_source *a, const lp_job *job, lightpose_error *error) {
    lightpose_status status = LIGHTPOSE_OK;
    (void)s;
    for (int64_t i = a->last_index + 1; a->about.live && i < job->frame.index && status == LIGHTPOSE_OK; i++) {
        const lp_output_frame frame = {
            .index = i, .time = NAN, .state = LP_FRAME_MISSING, .reason = "dropped: a newer frame had come"};
        if (a->out)
            status = lp_targets_frame(a->out, &frame, error);
    }
    return status;
}

static lightpose_status write_frame(active_source *a, const lp_source *source, const lp_job *job,
                                    lightpose_error *error) {
    const int ok = job->error.status == LIGHTPOSE_OK;
    const lp_output_frame frame = {
        .index = job->frame.index,
        .time = job->frame.time,
        .name = job->frame.path,
        .stem = job->frame.path ? source->stems[job->frame.index] : NULL,
        .width = job->image.width,
        .height = job->image.height,
        .state = ok ? LP_FRAME_OK : LP_FRAME_UNDECODABLE,
        .reason = !ok                  ? job->error.text
                  : job->frame.damaged ? job->frame.reason
                                       : NULL,
        .damaged = ok && job->frame.damaged,
        .jump = job->frame.jump,
        .utc = isfinite(job->frame.utc) ? job->frame.utc : 0,
        .reconnected = job->frame.reconnected,
        .pixel_aspect = job->pixel_aspect,
        .result = ok ? job->result : NULL,
        .net_scale = job->net_scale,
        .net_pad_x = job->net_pad_x,
        .net_pad_y = job->net_pad_y,
        .picture = ok ? &job->image : NULL,
    };
    return a->out ? lp_targets_frame(a->out, &frame, error) : LIGHTPOSE_OK;
}

static void tell_failed(session *s, active_source *a, const lp_job *job) {
    const lp_source *const source = source_of(s, job);
    s->failed = 1;
    a->failed++;
    if (job->frame.path) /* the message names the picture where it could not be read, not where inference failed */
        lp_report_error(s->options->report, "%s%s%s", strstr(job->error.text, job->frame.path) ? "" : job->frame.path,
                        strstr(job->error.text, job->frame.path) ? "" : ": ", job->error.text);
    else if (a->failed <= TOLD_FAILURES)
        lp_report_error(s->options->report, "%s: frame %" PRId64 ": %s", source->text, job->frame.index,
                        job->error.text);
}

static lightpose_status take_frame(session *s, lp_job *job, lightpose_error *error) {
    active_source *const a = &s->sources[job->source];
    const lp_source *const source = source_of(s, job);
    const int64_t start = lp_work_now();
    int people = 0;
    lightpose_status status = tell_missing(s, a, job, error);
    if (job->error.status == LIGHTPOSE_OK && status == LIGHTPOSE_OK) {
        status = refine(s, a, job, error);
        people = lightpose_result_count(job->result);
    }
    if (status == LIGHTPOSE_OK)
        status = write_frame(a, source, job, error);
    if (status == LIGHTPOSE_OK && s->options->window && job->error.status == LIGHTPOSE_OK)
        status = lp_window_show(s->options->window, &job->image, job->result, &s->options->draw, error);
    if (status != LIGHTPOSE_OK)
        return status;
    a->last_index = job->frame.index;
    a->frames++;
    a->people += people;
    lp_report_frame(s->options->report, job, people, lp_work_now() - start);
    if (job->error.status != LIGHTPOSE_OK) {
        tell_failed(s, a, job);
    } else {
        snprintf(s->engine, sizeof s->engine, "%s, %dx%d, %d x %d thread%s",
                 lp_cli_precision_name(job->stats.precision), job->stats.net_width, job->stats.net_height,
                 s->options->engine->workers, job->stats.threads, job->stats.threads == 1 ? "" : "s");
        if (job->frame.path)
            lp_report_line(s->options->report, "%s: %d %s, %.1f ms", job->frame.path, people,
                           people == 1 ? "person" : "people", (double)job->total_ns * 1e-6);
    }
    lp_report_progress(s->options->report, source->name, a->frames, a->about.frames, a->people, a->about.live);
    return LIGHTPOSE_OK;
}

/* ---- End --------------------------------------------------------------------------------------------------------- */

static lightpose_status end(session *s, const lp_job *job, lightpose_error *error) {
    active_source *const a = &s->sources[job->source];
    const lp_source *const source = source_of(s, job);
    lp_report *const report = s->options->report;
    lightpose_status status = LIGHTPOSE_OK;
    if (job->error.status != LIGHTPOSE_OK) {
        s->failed = 1;
        lp_report_error(report, "%s", job->error.text);
    }
    if (a->failed > TOLD_FAILURES && source->kind != LP_SOURCE_PICTURES)
        lp_report_error(report, "%s: %" PRId64 " frames could not be decoded", source->text, a->failed);
    if (job->reconnects)
        lp_report_note(report, "%s: lost and found again %d time%s", source->text, job->reconnects,
                       job->reconnects == 1 ? "" : "s");
    const double seconds = (double)(lp_work_now() - a->begun) * 1e-9;
    if (source->kind != LP_SOURCE_PICTURES && a->frames)
        lp_report_line(report, "%s: %" PRId64 " frames, %" PRId64 " people, %.1f fps", source->text, a->frames,
                       a->people, seconds > 0 ? (double)a->frames / seconds : 0);
    if (is_stopped(s) && a->begun && !a->about.live)
        lp_report_note(report, "%s: stopped after frame %" PRId64, source->text, a->last_index);
    if (a->out)
        status = lp_targets_end(&a->out, error);
    lightpose_tracker_close(&a->tracker);
    return status;
}

static lightpose_status take_job(session *s, lp_job *job, lightpose_error *error) {
    switch (job->kind) {
    case LP_JOB_BEGIN:
        return begin(s, job, error);
    case LP_JOB_FRAME:
        return take_frame(s, job, error);
    case LP_JOB_END:
        break;
    }
    return end(s, job, error);
}

int lp_session_run(const lp_session_options *options) {
    const int count = options->engine->sources->count, lines_only = !*options->targets && !options->window;
    session s = {.options = options, .sources = calloc((size_t)count + 1, sizeof *s.sources), .engine = "no frame"};
    lightpose_error error = {0};
    lp_engine *engine = NULL;
    lp_job *job;
    lightpose_status status = s.sources
                                  ? lp_engine_start(&engine, options->engine, &error)
                                  : lp_tool_fail(&error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d inputs", count);
    for (int got = 0; status == LIGHTPOSE_OK && got >= 0;) {
        got = lp_engine_next(engine, &job, options->window ? 20 : 200);
        if (options->window && lp_window_is_closed(options->window))
            atomic_store(options->stop, 1);
        if (got > 0) {
            status = take_job(&s, job, &error);
            lp_engine_done(engine, job);
        }
        if (lines_only && options->report->closed)
            break;
    }
    lp_engine_close(&engine);
    if (status == LIGHTPOSE_OK && *options->targets)
        status = lp_targets_finish(options->targets, &error);
    const int closed = status == LIGHTPOSE_OK ? lines_only && options->report->closed
                                              : options->to_stdout && lp_report_reader_is_gone();
    if (status != LIGHTPOSE_OK && !closed) {
        s.failed = 1;
        lp_report_error(options->report, "%s", error.text);
    }
    for (int i = 0; s.sources && i < count; i++) {
        lp_targets_drop(&s.sources[i].out);
        lightpose_tracker_close(&s.sources[i].tracker);
    }
    lp_targets_abort(options->targets);
    lp_chooser_free(&s.chooser);
    free(s.sources);
    if (closed)
        return LP_CLI_CLOSED;
    lp_report_end(options->report, s.engine);
    return s.failed ? LP_CLI_FAILED : LP_CLI_OK;
}
