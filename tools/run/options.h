/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The options of `lightpose run`, and their conversion to options of inputs, engine, tracker and outputs. */

#ifndef LP_RUN_OPTIONS_H
#define LP_RUN_OPTIONS_H

#include "cli.h"
#include "run/engine.h"
#include "run/targets.h"

typedef struct lp_run_options {
    lp_cli_model model;
    lp_cli_operands places, formats, lists, clips, ids;
    int draw, set, scale, completed, part_boxes, no_clobber, resume, meta, quality, picture_format;
    const char *report;
    const char *first, *last, *fps, *latency, *reconnect, *segment, *keep_disk;
    int64_t step;
    int video;
    int rotate, flip, live, recursive, keep_damaged;
    const char *roi, *raw, *rate, *size;
    int track, expect_people, order, smooth, assignment;
    float keep_seconds;
    int by;
    float min_size, min_pose_score;
    int boxes, scores;
    float opacity;
    int show, quiet;
    const char *serve, *token_file;
    int viewers, healthy;
} lp_run_options;

extern const char *const lp_run_picture_formats[]; /* values of --picture-format; the first is the source's own */

/* Defaults. */
void lp_run_options_init(lp_run_options *options);
void lp_run_options_free(lp_run_options *options);

/* Options of results and of people, whose base is an lp_run_options. Other commands have them too. */
extern const lp_cli_option lp_run_result_options[], lp_run_people_options[], lp_run_number_options[];

/* The option groups for lp_cli_parse; the last is empty. They point into `options`. */
enum { LP_RUN_GROUPS = 7 };
void lp_run_options_groups(lp_run_options *options, lp_cli_group groups[LP_RUN_GROUPS]);

/* The functions below that return `int` return LP_CLI_GO, or an exit code after a message. `command` is the command's
 * name. */

/* Refuses what is wrong whatever the inputs are. */
int lp_run_options_check(const char *command, const lp_run_options *options, const lp_cli_operands *inputs);

/* Refuse options without effect, which these inputs or outputs do not use. `targets`: NULL without outputs. */
int lp_run_options_check_inputs(const char *command, const lp_run_options *options, const lp_sources *sources);
int lp_run_options_check_outputs(const char *command, const lp_run_options *options, const lp_targets *targets);

/* Reads --first, --last, --roi, --raw, --rate and --size. */
int lp_run_options_read(const char *command, const lp_run_options *options, lp_engine_options *engine);

/* Reads --segment and --keep-disk. */
int lp_run_options_segments(const char *command, const lp_run_options *options, lp_segment_options *segments);

/* Reads the ids of --id, which the caller frees. */
int lp_run_options_ids(const char *command, const lp_run_options *options, int64_t **ids);

void lp_run_options_set_engine(const lp_run_options *options, const lp_sources *sources, lp_engine_options *engine);
void lp_run_options_set_output(const lp_run_options *options, lp_output_guard *guard, lp_output_options *output);
void lp_run_options_set_tracker(const lp_run_options *options, lightpose_tracker_settings *track);

#endif
