/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose convert: stored results in other formats. */

#include "cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "block/file.h"
#include "fail.h"
#include "output/guard.h"
#include "run/options.h"
#include "run/replay.h"
#include "run/report.h"

static const lp_cli_command command = {
    "convert", "FILE.lpb...",
    "Writes results stored by `lightpose run -o FILE.lpb` in any format of `run` that needs no pictures. The files "
    "are\n"
    "those that `run` would have written, byte for byte. People can be tracked and chosen anew.",
    "    lightpose convert clip.lpb -o clip.csv                one row per person\n"
    "    lightpose convert clip.lpb --track -o clip.jsonl      the same frames, with persistent IDs\n"
    "    lightpose convert day/*.lpb -o out --json openpose    one file per frame\n"};

static const lp_cli_option own_options[] = {{"max-people", 0, "N", "keep the N best people of a frame (0: all)",
                                             LP_CLI_AT(INT, lp_run_options, model.settings.max_people), .max = 1e6},
                                            {0}};

/* The streams of all files, and what their outputs are. */
typedef struct conversion {
    const lp_run_options *options;
    lp_sources sources;
    lp_output_stream *streams; /* one for each source, but for its strings */
    int stream_capacity;
    char *about; /* which run made the first; NULL where they differ, or nobody says */
    int about_differs;
    lp_output_guard *guard;
    lp_output_options output;
    lightpose_tracker_settings track;
    lp_targets *targets;
    int failed, to_stdout;
} conversion;

static void tell(void *opaque, const char *text) {
    ((conversion *)opaque)->failed = 1;
    lp_cli_error("%s", text);
}

/* ---- What there is ----------------------------------------------------------------------------------------------- */

static void note_about(conversion *c, const char *about) {
    if (c->sources.count == 1 && about)
        c->about = strdup(about);
    else if (!c->about || !about || strcmp(c->about, about) != 0)
        c->about_differs = 1;
}

static lightpose_status add_stream(conversion *c, const lp_block_file *file, lightpose_error *error) {
    const lp_output_stream *const stream = lp_block_file_stream(file);
    char *const name = strdup(stream->name);
    const lp_source_kind kind = stream->kind == LP_STREAM_IMAGES ? LP_SOURCE_PICTURES : LP_SOURCE_VIDEO;
    lp_source *const source = name ? lp_sources_append(&c->sources, kind, stream->source, name) : NULL;

    if (source && c->sources.count > c->stream_capacity) {
        const int capacity = 2 * c->sources.count;
        lp_output_stream *const bigger = realloc(c->streams, (size_t)capacity * sizeof *bigger);
        c->streams = bigger ? bigger : c->streams;
        c->stream_capacity = bigger ? capacity : c->stream_capacity;
    }
    if (!source || c->sources.count > c->stream_capacity)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of streams");
    c->streams[c->sources.count - 1] = *stream;
    note_about(c, lp_block_file_about(file));
    return LIGHTPOSE_OK;
}

/* The pictures of a list are inputs by name. */
static lightpose_status add_pictures(conversion *c, lp_block_frames *frames, lightpose_error *error) {
    lp_source *const source = &c->sources.items[c->sources.count - 1];
    for (int i = 0; source->kind == LP_SOURCE_PICTURES && i < lp_block_frames_count(frames); i++) {
        lp_output_frame frame;
        LP_TRY(lp_block_frames_get(frames, i, &frame, error));
        if (!frame.name)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: picture %lld has no name", source->text,
                           (long long)frame.index);
        if (!lp_source_add_picture(source, frame.name))
            return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of pictures");
    }
    return LIGHTPOSE_OK;
}

static lightpose_status scan(conversion *c, const char *path, lightpose_error *error) {
    lp_block_file *file;
    lp_block_record record = LP_RECORD_STREAM;
    lightpose_status status = lp_block_file_open(&file, path, error);
    while (status == LIGHTPOSE_OK && record != LP_RECORD_END) {
        status = lp_block_file_next(file, &record, error);
        if (status == LIGHTPOSE_OK && record == LP_RECORD_STREAM)
            status = add_stream(c, file, error);
        else if (status == LIGHTPOSE_OK && record == LP_RECORD_BLOCK)
            status = add_pictures(c, lp_block_file_frames(file), error);
    }
    lp_block_file_close(&file);
    return status;
}

static lightpose_status scan_all(conversion *c, const lp_cli_operands *files, lightpose_error *error) {
    for (int i = 0; i < files->count; i++) {
        if (!strcmp(files->items[i], "-")) /* it is read twice */
            return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "standard input cannot be converted: name a file");
        LP_TRY(scan(c, files->items[i], error));
    }
    return lp_sources_name_apart(&c->sources)
               ? LIGHTPOSE_OK
               : lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the list of streams");
}

/* ---- Where it goes ----------------------------------------------------------------------------------------------- */

static lightpose_status plan(conversion *c, const lp_cli_operands *files, const lp_cli_operands *places,
                             const lp_cli_operands *formats, lightpose_error *error) {
    LP_TRY(lp_output_guard_create(&c->guard, c->options->no_clobber, error));
    for (int i = 0; i < files->count; i++)
        LP_TRY(lp_output_guard_input(c->guard, files->items[i], error));
    lp_run_options_set_output(c->options, c->guard, &c->output);
    lp_run_options_set_tracker(c->options, &c->track);
    c->output.about = c->about_differs ? NULL : c->about;
    const lp_targets_options targets = {.places = places,
                                        .formats = formats,
                                        .sources = &c->sources,
                                        .output = &c->output,
                                        .no_clobber = c->options->no_clobber,
                                        .in_order = 1,
                                        .tell = tell,
                                        .tell_opaque = c};
    LP_TRY(lp_targets_plan(&c->targets, &targets, error));
    if (lp_targets_have(c->targets, NULL))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "stored results have no pictures to draw on: use `lightpose run` on the video itself");
    return LIGHTPOSE_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static lightpose_status begin(conversion *c, lp_replay *replay, int number, lightpose_error *error) {
    const lp_source *const source = &c->sources.items[number];
    lp_output_stream stream = c->streams[number];
    stream.name = source->name;
    stream.source = source->text;
    stream.number = number;
    return lp_replay_begin(replay, &stream, error);
}

static void end(conversion *c, lp_replay *replay, int number, int interrupted) {
    char frames[32], people[32];
    if (lp_replay_end(replay, interrupted) > 0)
        c->failed = 1;
    if (!c->options->quiet && !c->to_stdout)
        printf("%s: %s, %s\n", c->sources.items[number].text,
               lp_report_count(lp_replay_frames(replay), "frame", "frames", frames),
               lp_report_count(lp_replay_people(replay), "person", "people", people));
}

/* Writes the streams of a file. *number: of the next stream. */
static lightpose_status write_file(conversion *c, lp_replay *replay, const char *path, int *number,
                                   lightpose_error *error) {
    lp_block_file *file;
    lp_block_record record = LP_RECORD_STREAM;
    int begun = 0;
    lightpose_status status = lp_block_file_open(&file, path, error);
    while (status == LIGHTPOSE_OK && record != LP_RECORD_END) {
        status = lp_block_file_next(file, &record, error);
        if (status == LIGHTPOSE_OK && record == LP_RECORD_BLOCK) {
            status = lp_replay_block(replay, lp_block_file_frames(file), error);
            continue;
        }
        if (begun)
            end(c, replay, *number - 1, status != LIGHTPOSE_OK);
        begun = status == LIGHTPOSE_OK && record == LP_RECORD_STREAM;
        if (begun)
            status = begin(c, replay, (*number)++, error);
    }
    lp_block_file_close(&file);
    return status;
}

static lightpose_status write_all(conversion *c, const lp_cli_operands *files, const int64_t *ids,
                                  lightpose_error *error) {
    const lp_run_options *const o = c->options;
    const lp_replay_options options = {.targets = c->targets,
                                       .track = o->track ? &c->track : NULL,
                                       .choice = {o->model.settings.max_people, (lp_choose_by)o->by,
                                                  o->ids.count ? ids : NULL, o->ids.count, o->min_size,
                                                  o->min_pose_score}};
    lp_replay *replay;
    int number = 0;
    lightpose_status status = lp_replay_create(&replay, &options, error);
    for (int i = 0; i < files->count && status == LIGHTPOSE_OK; i++)
        status = write_file(c, replay, files->items[i], &number, error);
    if (replay)
        lp_replay_destroy(&replay);
    lp_targets_finish(c->targets, status != LIGHTPOSE_OK);
    return status;
}

/* Returns an exit code. */
static int convert(const lp_run_options *o, const lp_cli_operands *files, const int64_t *ids) {
    const char *dash[] = {"-"}, *lines[] = {"jsonl"};
    const lp_cli_operands to_dash = {dash, 1}, as_lines = {lines, 1};
    const lp_cli_operands *const places = o->places.count ? &o->places : &to_dash;
    int has_ending = 1;
    for (int i = 0; i < places->count; i++)
        has_ending &= lp_output_by_path(places->items[i]) != NULL;
    const lp_cli_operands *const formats = o->formats.count || has_ending ? &o->formats : &as_lines;
    conversion c = {.options = o};
    lightpose_error error = {0};

    for (int i = 0; i < places->count; i++)
        c.to_stdout |= !strcmp(places->items[i], "-");
    lightpose_status status = scan_all(&c, files, &error);
    if (status == LIGHTPOSE_OK)
        status = plan(&c, files, places, formats, &error);
    int code = status == LIGHTPOSE_ERROR_ARGUMENT ? lp_cli_usage(command.name, "%s", error.text) : LP_CLI_GO;
    if (status == LIGHTPOSE_OK)
        code = lp_run_options_check_outputs(command.name, o, c.targets);
    if (code == LP_CLI_GO && status == LIGHTPOSE_OK)
        status = write_all(&c, files, ids, &error);
    if (code == LP_CLI_GO && status != LIGHTPOSE_OK)
        tell(&c, error.text);
    if (code == LP_CLI_GO)
        code = c.failed || lp_targets_failed(c.targets) ? LP_CLI_FAILED : LP_CLI_OK;
    lp_targets_free(&c.targets);
    lp_output_guard_destroy(&c.guard);
    lp_sources_free(&c.sources);
    free(c.streams);
    free(c.about);
    return code;
}

int cmd_convert(int argc, char **argv) {
    lp_run_options o;
    lp_run_options_init(&o);
    const lp_cli_group groups[] = {{"Output", lp_run_result_options, &o},
                                   {"People", lp_run_people_options, &o},
                                   {"Number of people", own_options, &o},
                                   {0}};
    lp_cli_operands files;
    int64_t *ids = NULL;
    int code = lp_cli_parse(&command, groups, argc, argv, &files);
    if (code == LP_CLI_GO && files.count == 0)
        code = lp_cli_usage(command.name, "no input");
    if (code == LP_CLI_GO)
        code = lp_run_options_ids(command.name, &o, &ids);
    if (code == LP_CLI_GO)
        code = convert(&o, &files, ids);
    free(ids);
    lp_cli_operands_free(&files);
    lp_run_options_free(&o);
    return code;
}
