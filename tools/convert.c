/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* lightpose convert: stored results in other formats. */

#include "cli.h"

#include <string.h>

#include "block/file.h"
#include "fail.h"
#include "run/stored.h"

static const lp_cli_command command = {
    "convert", "FILE.lpb...",
    "Writes results stored by `lightpose run -o FILE.lpb` in any format of `run` that needs no pictures. The files "
    "are\n"
    "those that `run` would have written, byte for byte. People can be tracked and chosen anew.",
    "    lightpose convert clip.lpb -o clip.csv                one row per person\n"
    "    lightpose convert clip.lpb --track -o clip.jsonl      the same frames, with persistent IDs\n"
    "    lightpose convert day/*.lpb -o out --json openpose    one file per frame\n"};

/* ---- Scanning ---------------------------------------------------------------------------------------------------- */

static lightpose_status add_pictures(lp_stored *stored, lp_block_frames *frames, const char *path,
                                     lightpose_error *error) {
    for (int i = 0; i < lp_block_frames_count(frames); i++) {
        lp_output_frame frame;
        LP_TRY(lp_block_frames_get(frames, i, &frame, error));
        if (!frame.name)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "\"%s\": picture %lld has no name", path,
                           (long long)frame.index);
        LP_TRY(lp_stored_add_picture(stored, frame.name, error));
    }
    return LIGHTPOSE_OK;
}

/* Lists the streams of a file. */
static lightpose_status scan(lp_stored *stored, const char *path, lightpose_error *error) {
    lp_block_file *file;
    lp_block_record record = LP_RECORD_STREAM;
    if (!strcmp(path, "-")) /* it is read twice */
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "standard input cannot be converted: name a file");
    lightpose_status status = lp_block_file_open(&file, path, error);
    while (status == LIGHTPOSE_OK && record != LP_RECORD_END) {
        status = lp_block_file_next(file, &record, error);
        if (status == LIGHTPOSE_OK && record == LP_RECORD_STREAM)
            status = lp_stored_add(stored, lp_block_file_stream(file), lp_block_file_about(file), error);
        else if (status == LIGHTPOSE_OK && record == LP_RECORD_BLOCK &&
                 lp_block_file_stream(file)->kind == LP_STREAM_IMAGES)
            status = add_pictures(stored, lp_block_file_frames(file), path, error);
    }
    lp_block_file_close(&file);
    return status;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static lightpose_status write_block(lp_stored *stored, lp_block_frames *frames, lightpose_error *error) {
    for (int i = 0; i < lp_block_frames_count(frames); i++) {
        lp_output_frame frame;
        LP_TRY(lp_block_frames_get(frames, i, &frame, error));
        LP_TRY(lp_stored_frame(stored, &frame, error));
    }
    return LIGHTPOSE_OK;
}

/* Writes the streams of a file. *number: the number of the next stream. */
static lightpose_status write_file(lp_stored *stored, const char *path, int *number, lightpose_error *error) {
    lp_block_file *file;
    lp_block_record record = LP_RECORD_STREAM;
    int begun = 0;
    lightpose_status status = lp_block_file_open(&file, path, error);
    while (status == LIGHTPOSE_OK && record != LP_RECORD_END) {
        status = lp_block_file_next(file, &record, error);
        if (status == LIGHTPOSE_OK && record == LP_RECORD_BLOCK)
            status = write_block(stored, lp_block_file_frames(file), error);
        if (begun && (status != LIGHTPOSE_OK || record != LP_RECORD_BLOCK)) {
            lp_stored_end(stored, status != LIGHTPOSE_OK);
            begun = 0;
        }
        if (status == LIGHTPOSE_OK && record == LP_RECORD_STREAM) {
            status = lp_stored_begin(stored, (*number)++, error);
            begun = 1;
        }
    }
    lp_block_file_close(&file);
    return status;
}

/* Returns an exit code. */
static int convert(lp_stored *stored, const lp_cli_operands *files) {
    lightpose_error error = {0};
    lightpose_status status = LIGHTPOSE_OK;
    int number = 0;

    for (int i = 0; i < files->count && status == LIGHTPOSE_OK; i++)
        status = scan(stored, files->items[i], &error);
    if (status == LIGHTPOSE_ERROR_ARGUMENT)
        return lp_cli_usage(command.name, "%s", error.text);
    if (status == LIGHTPOSE_OK) {
        const int code = lp_stored_open(stored, files);
        if (code != LP_CLI_GO)
            return code;
        for (int i = 0; i < files->count && status == LIGHTPOSE_OK; i++)
            status = write_file(stored, files->items[i], &number, &error);
    }
    if (status != LIGHTPOSE_OK)
        lp_cli_error("%s", error.text);
    return number ? lp_stored_close(stored, status != LIGHTPOSE_OK) : LP_CLI_FAILED;
}

int cmd_convert(int argc, char **argv) {
    lp_run_options o;
    lp_run_options_init(&o);
    const lp_cli_group groups[] = {{"Output", lp_run_result_options, &o},
                                   {"People", lp_run_people_options, &o},
                                   {"Number of people", lp_run_number_options, &o},
                                   {0}};
    lp_cli_operands files;
    int code = lp_cli_parse(&command, groups, argc, argv, &files);
    if (code == LP_CLI_GO && files.count == 0)
        code = lp_cli_usage(command.name, "no input");
    if (code == LP_CLI_GO) {
        lp_stored *stored = lp_stored_create(command.name, &o);
        if (!stored)
            lp_cli_error("no memory to convert");
        code = stored ? convert(stored, &files) : LP_CLI_FAILED;
        lp_stored_destroy(&stored);
    }
    lp_cli_operands_free(&files);
    lp_run_options_free(&o);
    return code;
}
