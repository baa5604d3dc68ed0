/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* `lightpose run` and `lightpose serve`: find people in pictures, videos and cameras. */

#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_values.h"
#include "fail.h"
#include "output/guard.h"
#include "run/options.h"
#include "run/provenance.h"
#include "run/repeat.h"
#include "run/session.h"
#include "run/signals.h"
#include "serve/listen.h"
#include "serve/server.h"
#include "which_weights.h"

static const lp_cli_command run_command = {
    "run", "INPUT...",
    "Finds the people in each INPUT and their keypoints. INPUT is a picture, a folder, a pattern in quotes, a video,\n"
    "a camera (camera, camera:1, /dev/video0), an address (rtsp://..., http://...), a pipe, or - for frames on "
    "standard input.\n"
    "Without --output it prints one line per input, or the format that --json names. An output folder receives the\n"
    "annotated picture and OpenPose JSON of each picture, and the annotated video and JSON Lines of each video.\n"
    "The options --json and --draw choose other outputs.",
    "    lightpose run street.jpg                          people and time\n"
    "    lightpose run *.jpg -o out                        annotated pictures and OpenPose JSON in out/\n"
    "    lightpose run clip.mp4 -o clip.jsonl --track      one JSON line per frame, with IDs\n"
    "    lightpose run clip.mp4 -o out --json openpose     one file per frame, exactly as OpenPose writes it\n"
    "    lightpose run camera -o -                         JSON Lines on standard output, live\n"
    "    lightpose run long.mkv --first 9000 --last 9999 -o part.jsonl\n"
    "    ffmpeg -i any -f yuv4mpegpipe - | lightpose run - -o any.csv\n"};

static const lp_cli_command serve_command = {
    "serve", "SOURCE...",
    "Finds the people in each SOURCE, like `lightpose run --track --reconnect forever`, and serves the live picture,\n"
    "the poses and figures of the run over HTTP, on " LP_SERVE_ADDRESS " unless --serve says otherwise. SOURCE is any\n"
    "input of run, usually a camera.\n"
    "Pages: / for browsers, /live.mjpg, /snapshot.jpg, /poses, /metrics, /status, /healthz.",
    "    lightpose serve camera                                 the page is http://" LP_SERVE_ADDRESS "/\n"
    "    lightpose serve rtsp://door/1 rtsp://yard/1 -o poses.jsonl\n"
    "    lightpose serve camera --serve 0.0.0.0:8710 --token-file token    for others, who need the token\n"
    "    curl -sN http://" LP_SERVE_ADDRESS "/poses                   JSON Lines as they come\n"};

/* Collects the inputs that operands, clips and lists name. Reports those that fail and continues with the rest. */
static int gather(const lp_run_options *o, const lp_cli_operands *inputs, lp_sources *sources) {
    int code = LP_CLI_OK;
    sources->recursive = o->recursive;
    sources->live = o->live < 0 ? 0 : o->live ? 1 : -1;
    sources->stop = &lp_stop_requested;
    const struct {
        const lp_cli_operands *given;
        lightpose_status (*add)(lp_sources *sources, const char *text, lightpose_error *error);
    } kinds[] = {{inputs, lp_sources_add}, {&o->clips, lp_sources_add_clip}, {&o->lists, lp_sources_add_list}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int i = 0; i < kinds[k].given->count; i++) {
            lightpose_error error = {0};
            if (kinds[k].add(sources, kinds[k].given->items[i], &error) == LIGHTPOSE_OK)
                continue;
            lp_cli_error("%s", error.text);
            code = LP_CLI_FAILED;
        }
    if (!lp_sources_name_apart(sources)) {
        lp_cli_error("no memory for the list of inputs");
        code = LP_CLI_FAILED;
    }
    return code;
}

/* Reports the entries of folders that are not inputs. */
static void tell_passed(const lp_run_options *o, const lp_sources *sources) {
    char passed[512];
    lp_sources_tell_passed(sources, passed, sizeof passed);
    if (*passed && !o->quiet)
        lp_cli_error("skipped in folders: %s", passed);
}

/* Reports inputs whose results get another name because an earlier input has the same one. */
static void tell_names(const lp_run_options *o, const lp_sources *sources, const lp_targets *targets) {
    const int count = (lp_targets_use_names(targets, 0) ? sources->renamed : 0) +
                      (lp_targets_use_names(targets, 1) ? sources->renamed_pictures : 0);
    if (count && !o->quiet)
        lp_cli_error("%d input%s the name of an earlier one: results are called NAME_2, NAME_3, ... in that order",
                     count, count == 1 ? " has" : "s have");
}

/* No output may replace an input, the weights, a list or the token file. */
static lightpose_status protect(const lp_run_options *o, const lp_sources *sources, lp_output_guard **guard,
                                lightpose_error *error) {
    lightpose_status status = lp_output_guard_create(guard, o->no_clobber, error);
    const char *const others[] = {lp_which_weights(o->model.weights), o->token_file};
    for (size_t i = 0; i < sizeof others / sizeof *others && status == LIGHTPOSE_OK; i++)
        if (others[i])
            status = lp_output_guard_input(*guard, others[i], error);
    for (int i = 0; i < o->lists.count && status == LIGHTPOSE_OK; i++)
        status = lp_output_guard_input(*guard, o->lists.items[i], error);
    for (int i = 0; i < sources->count && status == LIGHTPOSE_OK; i++) {
        const lp_source *const source = &sources->items[i];
        if (source->kind == LP_SOURCE_VIDEO)
            status = lp_output_guard_input(*guard, source->text, error);
        for (int j = 0; j < source->count && status == LIGHTPOSE_OK; j++)
            status = lp_output_guard_input(*guard, source->pictures[j], error);
    }
    return status;
}

/* Resources of a run; free_parts frees them. */
typedef struct run_parts {
    lp_output_guard *guard;
    lp_output_options output;
    lightpose_tracker_settings track;
    lp_targets *targets;
    lp_provenance provenance;
    lp_prospect *prospects;
    lp_source_start *starts;
    lp_ledger *ledger;
    lp_window *window;
    lp_gauges *gauges;
    lp_server *server;
    lp_report report;
    int to_stdout;
} run_parts;

static void tell_failed_output(void *opaque, const char *text) {
    lp_report_error(opaque, "%s", text);
}

static void tell_note(void *opaque, const char *text) {
    lp_report_note(opaque, "%s", text);
}

static lightpose_status open_report(const lp_run_options *o, run_parts *r, lightpose_error *error) {
    struct stat existing;
    if (!o->report)
        return LIGHTPOSE_OK;
    if (stat(o->report, &existing) == 0 && lp_output_guard_is_input(r->guard, &existing))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "option --report: %s is an input of this run", o->report);
    if (strcmp(o->report, "-") != 0)
        LP_TRY(lp_output_guard_claim(r->guard, o->report, error));
    return lp_ledger_open(&r->ledger, o->report, error);
}

/* Finds out how much of each source earlier runs have done. */
static lightpose_status look(const lp_run_options *o, run_parts *r, lp_engine_options *engine, lightpose_error *error) {
    const int count = engine->sources->count;
    lightpose_status status = LIGHTPOSE_OK;
    int whole = 0;
    r->prospects = calloc((size_t)count + 1, sizeof *r->prospects);
    r->starts = calloc((size_t)count + 1, sizeof *r->starts);
    if (!r->prospects || !r->starts)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for %d inputs", count);
    for (int i = 0; i < count && status == LIGHTPOSE_OK; i++) {
        lp_prospect *const p = &r->prospects[i];
        if (o->resume && lp_source_is_live(&engine->sources->items[i]))
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                           "option --resume: %s is live; the frames that it sent in the meantime are lost",
                           engine->sources->items[i].text);
        status = lp_targets_look(r->targets, i, lp_provenance_differs, &r->provenance, p, error);
        /* The last existing frame is read again, so that an input without further frames is not an error. */
        r->starts[i] = (lp_source_start){.skip = p->whole, .first = p->next > 0 ? p->next - 1 : -1, .have = p->have};
        whole += p->whole;
        if (p->have_count && !p->whole && status == LIGHTPOSE_OK)
            lp_report_note(&r->report, "%s: results of %d of %d pictures already exist and are skipped",
                           engine->sources->items[i].text, p->have_count, engine->sources->items[i].count);
    }
    engine->starts = r->starts;
    if (whole && status == LIGHTPOSE_OK)
        lp_report_note(&r->report, "%d of %d input%s: results already exist and are skipped", whole, count,
                       count == 1 ? "" : "s");
    if (r->provenance.root)
        lp_targets_survey(r->targets, lp_provenance_see, &r->provenance);
    if (*r->provenance.mixed && status == LIGHTPOSE_OK)
        lp_report_error(&r->report,
                        "warning: results beside those of this run were made with another instruction set (%s): last "
                        "digits may differ between the two",
                        r->provenance.mixed);
    return status;
}

static lightpose_status open_server(const lp_run_options *o, const lp_engine_options *engine, run_parts *r,
                                    lightpose_error *error) {
    if (!o->serve)
        return LIGHTPOSE_OK;
    lightpose_status status = lp_gauges_create(&r->gauges, engine->sources, error);
    if (status != LIGHTPOSE_OK)
        return status;
    const lp_server_options options = {.address = o->serve,
                                       .token_file = o->token_file,
                                       .viewers = o->viewers,
                                       .healthy_seconds = o->healthy,
                                       .gauges = r->gauges,
                                       .output = r->output};
    status = lp_server_open(&r->server, &options, error);
    if (status == LIGHTPOSE_OK)
        lp_report_note(&r->report, "serving on %s%s", lp_server_url(r->server),
                       o->token_file ? "?token=..., with the token of --token-file" : "");
    return status;
}

static lightpose_status prepare(const lp_run_options *o, const lp_cli_operands *places, const lp_cli_group *groups,
                                run_parts *r, lp_engine_options *engine, lightpose_error *error) {
    lightpose_status status = lightpose_model_create(&engine->model, o->model.weights, error);
    if (status == LIGHTPOSE_OK && !o->quiet)
        lp_tell_weights(engine->model, o->model.weights);
    if (status == LIGHTPOSE_OK && o->show)
        status = lp_window_open(&r->window, engine->sources->items[0].name, error);
    if (status == LIGHTPOSE_OK)
        status = open_report(o, r, error);
    if (status == LIGHTPOSE_OK)
        status = open_server(o, engine, r, error);
    if (status != LIGHTPOSE_OK || !r->targets)
        return status;
    if (places->count > r->to_stdout) {
        status = lp_provenance_make(&r->provenance, engine->model, o->model.weights, &engine->settings,
                                    lp_cli_values(groups), error);
        r->output.about = r->provenance.about;
    }
    return status == LIGHTPOSE_OK ? look(o, r, engine, error) : status;
}

static int run_session(const lp_run_options *o, const run_parts *r, const lp_engine_options *engine,
                       const int64_t *ids) {
    const lp_session_options session = {
        .engine = engine,
        .targets = r->targets,
        .prospects = r->prospects,
        .ledger = r->ledger,
        .track = o->track ? &r->track : NULL,
        .choice = {o->model.settings.max_people, (lp_choose_by)o->by, o->ids.count ? ids : NULL, o->ids.count,
                   o->min_size, o->min_pose_score},
        .report = (lp_report *)(uintptr_t)&r->report,
        .window = r->window,
        .draw = r->output.draw,
        .gauges = r->gauges,
        .server = r->server,
        .stop = &lp_stop_requested,
    };
    const int code = lp_session_run(&session);
    if (r->window && !atomic_load(&lp_stop_requested) &&
        engine->sources->items[engine->sources->count - 1].kind == LP_SOURCE_PICTURES)
        lp_window_wait(r->window);
    return code;
}

/* Returns LP_CLI_OK, or LP_CLI_FAILED after a message if the report could not be completed. */
static int free_parts(run_parts *r, int count) {
    lightpose_error error = {0};
    lp_window_close(&r->window);
    lp_server_close(&r->server);
    lp_gauges_destroy(&r->gauges);
    lp_targets_free(&r->targets);
    for (int i = 0; r->prospects && i < count; i++)
        lp_prospect_free(&r->prospects[i]);
    free(r->prospects);
    free(r->starts);
    lp_provenance_free(&r->provenance);
    const lightpose_status status = lp_ledger_close(&r->ledger, &error);
    lp_output_guard_destroy(&r->guard);
    return status == LIGHTPOSE_OK ? LP_CLI_OK : (lp_cli_error("%s", error.text), LP_CLI_FAILED);
}

/* Plans the outputs. Returns LP_CLI_GO, or an exit code after a message. */
static int plan(const char *command, const lp_run_options *o, const lp_cli_operands *places, const lp_sources *sources,
                run_parts *r) {
    lightpose_error error = {0};
    lightpose_status status = protect(o, sources, &r->guard, &error);
    if (status != LIGHTPOSE_OK) {
        lp_cli_error("%s", error.text);
        return LP_CLI_FAILED;
    }
    lp_run_options_set_output(o, r->guard, &r->output);
    lp_run_options_set_tracker(o, &r->track);
    r->output.note = tell_note;
    r->output.note_opaque = &r->report;
    for (int i = 0; i < places->count; i++)
        r->to_stdout += !strcmp(places->items[i], "-");
    lp_report_start(&r->report, o->quiet, r->to_stdout || (o->report && !strcmp(o->report, "-")) ? NULL : stdout);
    lp_segment_options segments;
    const int read = lp_run_options_segments(command, o, &segments);
    if (read != LP_CLI_GO)
        return read;
    if (o->segment)
        lp_signals_cut_on_hangup();
    if (lp_source_is_live(&sources->items[0]))
        lp_repeat_start();
    const lp_targets_options options = {.places = places,
                                        .formats = &o->formats,
                                        .draw = o->draw,
                                        .sources = sources,
                                        .output = &r->output,
                                        .resume = o->resume,
                                        .no_clobber = o->no_clobber,
                                        .in_order = o->track,
                                        .segments = segments,
                                        .tell = tell_failed_output,
                                        .tell_opaque = &r->report};
    if (places->count)
        status = lp_targets_plan(&r->targets, &options, &error);
    if (status == LIGHTPOSE_ERROR_ARGUMENT)
        return lp_cli_usage(command, "%s", error.text);
    if (status == LIGHTPOSE_OK)
        return lp_run_options_check_outputs(command, o, r->targets);
    lp_cli_error("%s", error.text);
    return LP_CLI_FAILED;
}

static int run(const char *command, const lp_run_options *o, const lp_cli_group *groups, lp_engine_options *engine,
               const lp_sources *sources, const int64_t *ids) {
    lightpose_error error = {0};
    run_parts r = {0};
    /* A format without a place goes to standard output. */
    const char *dash[] = {"-"};
    const lp_cli_operands to_dash = {dash, 1};
    const lp_cli_operands *const places = o->formats.count && !o->places.count ? &to_dash : &o->places;
    int code = plan(command, o, places, sources, &r);
    if (code == LP_CLI_GO) {
        if (r.targets)
            tell_names(o, sources, r.targets);
        engine->want_geometry |= r.targets && lp_targets_have(r.targets, "lpb");
        if (prepare(o, places, groups, &r, engine, &error) == LIGHTPOSE_OK)
            code = run_session(o, &r, engine, ids);
        else
            code = (lp_cli_error("%s", error.text), LP_CLI_FAILED);
        if (lp_signals_caught() && r.targets && places->count > r.to_stdout && !lp_source_is_live(&sources->items[0]))
            lp_report_note(&r.report, "stopped: incomplete results are named NAME.partial; --resume continues them");
    }
    const int ended = free_parts(&r, sources->count);
    lightpose_model_destroy(&engine->model);
    return code == LP_CLI_OK ? ended : code;
}

/* Processes the inputs. Returns an exit code. */
static int run_inputs(const char *command, const lp_run_options *o, const lp_cli_group *groups,
                      const lp_cli_operands *inputs, lp_engine_options *engine, lp_sources *sources,
                      const int64_t *ids) {
    const int gathered = gather(o, inputs, sources);
    lp_run_options_set_engine(o, sources, engine);
    int code = lp_run_options_check_inputs(command, o, sources);
    if (code == LP_CLI_GO) {
        tell_passed(o, sources);
        if (!sources->count && gathered == LP_CLI_OK)
            lp_cli_error("%s: the list names no input; write one per line", o->lists.items[0]);
        code = sources->count ? run(command, o, groups, engine, sources, ids) : LP_CLI_FAILED;
    }
    /* A signal leaves work on a file undone, but is the normal end of a camera. */
    code = code == LP_CLI_OK ? gathered : code;
    return lp_signals_caught() && code == LP_CLI_OK && !lp_source_is_live(&sources->items[0])
               ? 128 + lp_signals_caught()
               : code;
}

static int main_of(const lp_cli_command *command, int argc, char **argv, const lp_run_options *defaults) {
    lp_run_options o = *defaults;
    lp_cli_group groups[LP_RUN_GROUPS];
    lp_cli_operands inputs;
    lp_sources sources = {0};
    lp_engine_options engine = {0};
    int64_t *ids = NULL;
    lp_run_options_groups(&o, groups);
    int code = lp_cli_parse(command, groups, argc, argv, &inputs);
    if (code == LP_CLI_GO)
        code = lp_run_options_check(command->name, &o, &inputs);
    if (code == LP_CLI_GO)
        code = lp_run_options_read(command->name, &o, &engine);
    if (code == LP_CLI_GO)
        code = lp_run_options_ids(command->name, &o, &ids);
    if (code == LP_CLI_GO) {
        lp_signals_catch();
        code = run_inputs(command->name, &o, groups, &inputs, &engine, &sources, ids);
    }
    free(ids);
    lp_sources_free(&sources);
    lp_cli_operands_free(&inputs);
    lp_run_options_free(&o);
    return code;
}

int cmd_run(int argc, char **argv) {
    lp_run_options defaults;
    lp_run_options_init(&defaults);
    return main_of(&run_command, argc, argv, &defaults);
}

int cmd_serve(int argc, char **argv) {
    lp_run_options defaults;
    lp_run_options_init(&defaults);
    defaults.serve = LP_SERVE_ADDRESS;
    defaults.track = 1;
    defaults.reconnect = "forever"; /* an unattended box must recover alone; /healthz reports a lost camera */
    return main_of(&serve_command, argc, argv, &defaults);
}
