/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/session.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "run/follower.h"
#include "run/notify.h"
#include "run/work.h"

/* At most this many failed frames of a source are reported one by one. */
enum { TOLD_FAILURES = 5 };

/* A source may hang for this many times the watchdog's time: a name lookup may take long to fail. */
enum { SOURCE_PATIENCE = 3 };

/* Time between checkpoints of the outputs, from which --resume continues after a kill. */
#define CHECKPOINT_NS INT64_C(500000000)

typedef struct active_source {
    lp_target_stream *out;
    lp_follower follower;
    lp_input_about about;
    int64_t begun, frames, people, failed, last_index;
    int dropped; /* a frame that was read has no result */
    lp_entry entry;
    char reason[512];
} active_source;

typedef struct session {
    const lp_session_options *options;
    active_source *sources;
    lp_chooser chooser;
    char *memory; /* buffer for a tracker's saved state */
    size_t memory_capacity;
    int64_t last_checkpoint;
    char engine[96]; /* what the network ran on, for the summary */
    lp_engine *engine_run;
    lp_notify notify;
    int64_t timed, in_time, steps_down, steps_up; /* with a latency target: frames, and changes of level */
    int level;
    int failed;
    int interrupted; /* some source has not ended */
} session;

static const lp_source *source_of(const session *s, const lp_job *job) {
    return &s->options->engine->sources->items[job->source];
}

static int is_stopped(const session *s) {
    return atomic_load(s->options->stop);
}

/* What is left to do of a source after an earlier run. */
static const lp_prospect *prospect_of(const session *s, int source) {
    static const lp_prospect all = {0};
    return s->options->prospects ? &s->options->prospects[source] : &all;
}

static void tell_entry(session *s, const lp_entry *entry) {
    lightpose_error error = {0};
    if (lp_ledger_add(s->options->ledger, entry, &error) != LIGHTPOSE_OK) {
        s->failed = 1;
        lp_report_error(s->options->report, "%s", error.text);
    }
}

/* ---- Begin ------------------------------------------------------------------------------------------------------- */

static lightpose_status begin(session *s, const lp_job *job, lightpose_error *error) {
    active_source *const a = &s->sources[job->source];
    const lp_source *const source = source_of(s, job);
    const lp_prospect *const prospect = prospect_of(s, job->source);
    a->about = job->about;
    a->begun = lp_work_now();
    if (s->options->gauges)
        lp_gauge_set(&s->options->gauges->sources[job->source].phase, LP_PHASE_RUNNING);
    if (s->options->track) {
        const lightpose_status status =
            lp_follower_open(&a->follower, s->options->track, prospect->tracker, prospect->tracker_size, error);
        if (status != LIGHTPOSE_OK)
            return status;
    }
    if (prospect->next > 0) {
        a->last_index = prospect->next - 1;
        lp_report_note(s->options->report, "%s: continues at frame %" PRId64, source->text, prospect->next);
    }
    const lp_output_stream stream = {
        .kind = source->kind == LP_SOURCE_PICTURES || job->about.still ? LP_STREAM_IMAGES
                : job->about.live                                      ? LP_STREAM_CAMERA
                                                                       : LP_STREAM_VIDEO,
        .name = source->name,
        .source = source->text,
        .folder = source->folder,
        .reopen = source->reopen,
        .width = job->about.width,
        .height = job->about.height,
        .fps = job->about.fps,
        .rate_num = job->about.rate_num,
        .rate_den = job->about.rate_den,
        .number = job->source,
    };
    if (s->options->server)
        lp_server_begin(s->options->server, job->source, &stream);
    return s->options->targets ? lp_targets_begin(&a->out, s->options->targets, &stream, error) : LIGHTPOSE_OK;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Tracks and chooses people. */
static lightpose_status refine(session *s, active_source *a, lp_job *job, lightpose_error *error) {
    lightpose_status status = lp_chooser_move(&s->chooser, job->result, job->roi.x, job->roi.y, error);
    if (status == LIGHTPOSE_OK && a->follower.tracker)
        status = lp_follower_update(&a->follower, &s->chooser,
                                    lp_follower_time(job->frame.index, job->frame.time, a->about.fps), job->image.width,
                                    job->image.height, job->result, error);
    if (status == LIGHTPOSE_OK)
        status = lp_chooser_choose(&s->chooser, job->result, &s->options->choice, job->image.width, job->image.height,
                                   error);
    return status;
}

static void write_frame(session *s, active_source *a, int source, const lp_output_frame *frame) {
    if (a->out)
        lp_targets_frame(a->out, frame);
    if (s->options->server)
        lp_server_frame(s->options->server, source, frame);
}

/* Reports frames of a live source that were replaced before a worker took them as missing. */
static void tell_missing(session *s, active_source *a, const lp_job *job) {
    if (s->options->gauges)
        lp_gauge_add(&s->options->gauges->sources[job->source].dropped, job->stale_count);
    for (int i = 0; i < job->stale_count; i++) {
        const lp_stale *const stale = &job->stale[i];
        const lp_output_frame frame = {.index = stale->index,
                                       .time = stale->time,
                                       .utc = isfinite(stale->utc) ? stale->utc : 0,
                                       .state = LP_FRAME_MISSING,
                                       .reason = "dropped: a newer frame had come"};
        write_frame(s, a, job->source, &frame);
    }
}

static void write_job(session *s, active_source *a, const lp_job *job) {
    lp_output_frame frame;
    lp_work_get_output(job, source_of(s, job), &frame);
    write_frame(s, a, job->source, &frame);
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

/* Counts frames for the latency summary and sets the governor's gauges. */
static void count_governed(session *s, const lp_job *job) {
    lp_gauges *const g = s->options->gauges;
    const lp_engine_options *const e = s->options->engine;
    if (job->levels && !job->prepared && job->error.status == LIGHTPOSE_OK) {
        s->timed++;
        s->in_time += job->latency <= e->latency;
        s->steps_down += job->level > s->level;
        s->steps_up += job->level < s->level;
        s->level = job->level;
    }
    if (!g)
        return;
    lp_gauge_set(&g->governor.target_mfps, (int64_t)(e->input.fps * 1000));
    if (e->input.fps > 0)
        lp_gauge_set(&g->sources[job->source].spared, job->frame.index - job->number);
    if (!job->levels)
        return;
    lp_gauge_set(&g->governor.target_latency_ns, (int64_t)(e->latency * 1e9));
    lp_gauge_set(&g->governor.level, job->level);
    lp_gauge_set(&g->governor.levels, job->levels);
    lp_gauge_set(&g->governor.steps_down, s->steps_down);
    lp_gauge_set(&g->governor.steps_up, s->steps_up);
    lp_gauge_set(&g->governor.height, job->settings.height);
    lp_gauge_set(&g->governor.second_look, job->settings.second_look);
    lp_gauge_set(&g->governor.stages, job->settings.stages);
}

static lightpose_status take_frame(session *s, lp_job *job, lightpose_error *error) {
    active_source *const a = &s->sources[job->source];
    const lp_source *const source = source_of(s, job);
    const int64_t start = lp_work_now();
    int people = 0;
    lightpose_status status = LIGHTPOSE_OK;
    if (job->frame.index < prospect_of(s, job->source)->next) /* the outputs and the tracker already have it */
        return LIGHTPOSE_OK;
    tell_missing(s, a, job);
    if (job->error.status == LIGHTPOSE_OK) {
        status = refine(s, a, job, error);
        people = lightpose_result_get_count(job->result);
    }
    if (status == LIGHTPOSE_OK)
        write_job(s, a, job);
    if (a->out && !lp_targets_stream_live(a->out))
        lp_engine_skip(s->engine_run, job->source);
    if (status == LIGHTPOSE_OK && s->options->window && job->error.status == LIGHTPOSE_OK)
        status = lp_window_show(s->options->window, &job->image, job->result, &s->options->draw, error);
    if (status != LIGHTPOSE_OK)
        return status;
    a->last_index = job->frame.index;
    a->frames++;
    a->people += people;
    const int64_t output_ns = lp_work_now() - start;
    lp_report_frame(s->options->report, job, people, output_ns);
    count_governed(s, job);
    if (s->options->gauges)
        lp_gauges_frame(s->options->gauges, job, people, output_ns);
    if (job->error.status != LIGHTPOSE_OK) {
        tell_failed(s, a, job);
    } else {
        snprintf(s->engine, sizeof s->engine, "%s, %dx%d, %d x %d thread%s",
                 lightpose_precision_get_name(job->stats.precision), job->stats.net_width, job->stats.net_height,
                 s->options->engine->workers, job->stats.threads, job->stats.threads == 1 ? "" : "s");
        if (job->frame.path && *job->picture.note)
            lp_report_note(s->options->report, "%s: %s", job->frame.path, job->picture.note);
        /* The first frame's time is left out: most of it is preparation. */
        char counted[32];
        lp_report_count(people, "person", "people", counted);
        if (job->frame.path && s->options->report->frames == 1)
            lp_report_line(s->options->report, "%s: %s", job->frame.path, counted);
        else if (job->frame.path)
            lp_report_line(s->options->report, "%s: %s, %.1f ms", job->frame.path, counted,
                           (double)job->total_ns * 1e-6);
    }
    lp_report_progress(s->options->report, source->name, a->frames, a->about.frames, a->people, a->about.live);
    return LIGHTPOSE_OK;
}

/* ---- End --------------------------------------------------------------------------------------------------------- */

/* Writes the outcome of a source to --report. */
static void close_entry(session *s, active_source *a, const lp_source *source, const lp_job *job, int interrupted,
                        int failed_outputs) {
    const lp_prospect *const prospect = prospect_of(s, job->source);
    lp_entry *const e = &a->entry;
    e->input = source->text;
    e->frames = prospect->frames + a->frames;
    e->people = prospect->people + a->people;
    e->undecodable = a->failed;
    e->seconds = a->begun ? (double)(lp_work_now() - a->begun) * 1e-9 : 0;
    e->state = LP_ENTRY_DONE;
    if (interrupted) {
        e->state = LP_ENTRY_PARTIAL;
        e->reason = "the run was stopped";
    }
    if (job->error.status != LIGHTPOSE_OK) {
        e->state = LP_ENTRY_FAILED;
        snprintf(a->reason, sizeof a->reason, "%s", job->error.text);
        e->reason = a->reason;
    } else if (failed_outputs) {
        e->state = LP_ENTRY_FAILED;
        e->reason = "an output could not be written";
    } else if (a->failed && !interrupted) {
        e->reason = "some frames could not be decoded";
    }
    tell_entry(s, e);
}

static void end(session *s, const lp_job *job) {
    active_source *const a = &s->sources[job->source];
    const lp_source *const source = source_of(s, job);
    lp_report *const report = s->options->report;
    if (s->options->gauges)
        lp_gauge_set(&s->options->gauges->sources[job->source].phase, LP_PHASE_ENDED);
    /* A live source cannot be read again, so its results are complete however it ended. A file that cannot be read to
     * its end is complete too: a second try reads no more. An address may yield more next time. */
    const int lost = job->error.status != LIGHTPOSE_OK && strstr(source->text, "://");
    const int interrupted = !a->about.live && (job->stopped || a->dropped || lost);
    int failed_outputs = 0;
    if (job->error.status != LIGHTPOSE_OK) {
        s->failed = 1;
        lp_report_error(report, "%s", job->error.text);
    }
    if (a->failed > TOLD_FAILURES && source->kind != LP_SOURCE_PICTURES)
        lp_report_error(report, "%s: %" PRId64 " frames could not be decoded", source->text, a->failed);
    if (job->reconnects)
        lp_report_note(report, "%s: lost and found again %d time%s", source->text, job->reconnects,
                       job->reconnects == 1 ? "" : "s");
    char frames[32], people[32];
    const double seconds = (double)(lp_work_now() - a->begun) * 1e-9;
    if (source->kind != LP_SOURCE_PICTURES && a->frames)
        lp_report_line(
            report, "%s: %s, %s, %.1f fps", source->text, lp_report_count(a->frames, "frame", "frames", frames),
            lp_report_count(a->people, "person", "people", people), seconds > 0 ? (double)a->frames / seconds : 0);
    if (is_stopped(s) && a->begun && a->last_index >= 0 && !a->about.live)
        lp_report_note(report, "%s: stopped after frame %" PRId64, source->text, a->last_index);
    if (a->out) {
        const size_t size = lp_follower_save(&a->follower, &s->memory, &s->memory_capacity);
        failed_outputs = lp_targets_end(&a->out, interrupted, size ? s->memory : NULL, size);
    }
    s->interrupted |= interrupted;
    close_entry(s, a, source, job, interrupted, failed_outputs);
    lp_follower_close(&a->follower);
}

static lightpose_status take_job(session *s, lp_job *job, lightpose_error *error) {
    switch (job->kind) {
    case LP_JOB_BEGIN:
        return begin(s, job, error);
    case LP_JOB_FRAME:
        return take_frame(s, job, error);
    case LP_JOB_DROPPED:
        s->sources[job->source].dropped = 1;
        break;
    case LP_JOB_END:
        end(s, job);
        break;
    }
    return LIGHTPOSE_OK;
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */

static void checkpoint(session *s) {
    const int64_t now = lp_work_now();
    if (now - s->last_checkpoint < CHECKPOINT_NS)
        return;
    s->last_checkpoint = now;
    for (int i = 0; i < s->options->engine->sources->count; i++) {
        active_source *const a = &s->sources[i];
        if (!a->out)
            continue;
        const size_t size = lp_follower_save(&a->follower, &s->memory, &s->memory_capacity);
        lp_targets_checkpoint(a->out, size ? s->memory : NULL, size);
    }
}

/* Notifies systemd that the run is healthy: frames leave the network, or it waits for sources. The watchdog bites if a
 * frame stays in the network, if a source hangs for SOURCE_PATIENCE times its time, or if an output never returns,
 * since then this function is not called. */
static void tell_alive(session *s) {
    const int64_t now = lp_work_now();
    char text[256];
    int64_t frames = 0, people = 0;
    if (s->notify.socket < 0)
        return;
    const int64_t patience = s->notify.watchdog_ns;
    if (patience && lp_engine_busy_ns(s->engine_run, now) < patience &&
        lp_engine_silent_ns(s->engine_run, now) < SOURCE_PATIENCE * patience)
        lp_notify_alive(&s->notify, now);
    if (!lp_notify_wants_status(&s->notify, now))
        return;
    for (int i = 0; i < s->options->engine->sources->count; i++) {
        frames += s->sources[i].frames;
        people += s->sources[i].people;
    }
    snprintf(text, sizeof text, "%s: %" PRId64 " frames, %" PRId64 " people seen",
             s->options->engine->sources->items[0].name, frames, people);
    lp_notify_status(&s->notify, text);
}

/* Whether the run can end early: no output is left and nobody watches. */
static int is_idle(const session *s) {
    const lp_session_options *const o = s->options;
    return !o->window && !o->server && (o->targets ? !lp_targets_live(o->targets) : o->report->closed);
}

static lightpose_status run_engine(session *s, lightpose_error *error) {
    const lp_session_options *const o = s->options;
    lightpose_status status = lp_engine_start(&s->engine_run, o->engine, error);
    lp_job *job;
    if (status == LIGHTPOSE_OK) /* ready even if a live source is still absent */
        lp_notify_ready(&s->notify);
    for (int got = 0; status == LIGHTPOSE_OK && got >= 0 && !is_idle(s);) {
        got = lp_engine_next(s->engine_run, &job, o->window ? 20 : 200);
        if (o->window && lp_window_is_closed(o->window))
            atomic_store(o->stop, 1);
        if (got > 0) {
            status = take_job(s, job, error);
            lp_engine_done(s->engine_run, job);
        }
        checkpoint(s);
        tell_alive(s);
    }
    lp_notify_stopping(&s->notify);
    lp_engine_close(&s->engine_run);
    return status;
}

/* Leaves outputs partial that are still open, after a failure of the run or when nobody reads them. Then writes the
 * report's lines of sources that were not begun or had nothing left to do. */
static void end_sources(session *s) {
    for (int i = 0; i < s->options->engine->sources->count; i++) {
        active_source *const a = &s->sources[i];
        if (a->out) {
            const size_t size = lp_follower_save(&a->follower, &s->memory, &s->memory_capacity);
            (void)lp_targets_end(&a->out, !a->about.live, size ? s->memory : NULL, size);
            s->interrupted |= !a->about.live;
        }
        lp_follower_close(&a->follower);
        if (a->entry.input)
            continue;
        const lp_prospect *const prospect = prospect_of(s, i);
        const lp_entry entry = {.input = s->options->engine->sources->items[i].text,
                                .state = prospect->whole ? LP_ENTRY_DONE
                                         : a->begun      ? LP_ENTRY_PARTIAL
                                                         : LP_ENTRY_PENDING,
                                .frames = prospect->frames + a->frames,
                                .people = prospect->people + a->people,
                                .reason = prospect->whole ? "its results were there already" : NULL};
        tell_entry(s, &entry);
        s->interrupted |= !prospect->whole;
    }
}

int lp_session_run(const lp_session_options *options) {
    const int count = options->engine->sources->count;
    session s = {.options = options, .sources = calloc((size_t)count + 1, sizeof *s.sources), .engine = "no frame"};
    lightpose_error error = {0};
    lightpose_status status = LIGHTPOSE_OK;
    if (!s.sources)
        return lp_report_error(options->report, "no memory for %d inputs", count), LP_CLI_FAILED;
    for (int i = 0; i < count; i++)
        s.sources[i].last_index = -1;
    lp_notify_open(&s.notify);
    status = run_engine(&s, &error);
    if (status != LIGHTPOSE_OK) {
        s.failed = 1;
        lp_report_error(options->report, "%s", error.text);
    }
    end_sources(&s);
    if (options->targets)
        lp_targets_finish(options->targets, s.interrupted);
    s.failed |= options->targets && lp_targets_failed(options->targets);
    const int closed = options->targets ? lp_targets_closed(options->targets) && !lp_targets_live(options->targets)
                                        : options->report->closed && !options->window;
    if (s.timed)
        lp_report_note(options->report,
                       "latency: %.1f %% of %" PRId64 " frames within %g ms; %" PRId64 " steps down, %" PRId64
                       " up, at level %d at the end",
                       100.0 * (double)s.in_time / (double)s.timed, s.timed, options->engine->latency * 1e3,
                       s.steps_down, s.steps_up, s.level);
    lp_notify_close(&s.notify);
    lp_chooser_free(&s.chooser);
    free(s.memory);
    free(s.sources);
    if (closed)
        return LP_CLI_CLOSED;
    lp_report_end(options->report, s.engine);
    return s.failed ? LP_CLI_FAILED : LP_CLI_OK;
}
