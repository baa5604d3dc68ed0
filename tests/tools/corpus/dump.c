/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Writes the stored frames of a video of a corpus, for tests: what `lightpose run -o FILE` would write. Fails where a
 * frame is not there, or there twice.
 *
 *     dump DATABASE VIDEO FILE */

#include <stdio.h>
#include <stdlib.h>

#include "corpus/frames.h"

static int write_frames(lp_corpus *corpus, const lp_corpus_video *video, const char *path, lightpose_error *error) {
    lp_output_options options;
    lp_output_stream stream;
    lp_corpus_frames *frames = NULL;
    lp_output *out = NULL;
    lp_output_frame frame;
    int got = -1;
    lp_output_options_default(&options);
    options.no_meta = 1;
    lp_corpus_stream(video, &stream);
    if (lp_output_open(&out, lp_output_by_path(path), path, NULL, &options, error) != LIGHTPOSE_OK ||
        lp_output_begin(out, &stream, error) != LIGHTPOSE_OK ||
        lp_corpus_frames_open(&frames, corpus, video->id, 0, video->frames, error) != LIGHTPOSE_OK)
        return 0;
    while ((got = lp_corpus_frames_next(frames, &frame, error)) > 0)
        if (lp_output_frame_write(out, &frame, error) != LIGHTPOSE_OK) {
            got = -1;
            break;
        }
    lp_corpus_frames_close(&frames);
    if (got == 0)
        return lp_output_close(&out, error) == LIGHTPOSE_OK;
    lp_output_abort(&out);
    return 0;
}

static int find(lp_corpus *corpus, const char *name, lp_corpus_video *video, lightpose_error *error) {
    lp_db_rows *rows;
    if (lp_db_select(corpus->db, &rows, "SELECT " LP_CORPUS_VIDEO_COLUMNS " FROM lp_video v WHERE v.name = $1",
                     LP_DB_VALUES(lp_db_text(name)), error) != LIGHTPOSE_OK)
        return 0;
    const int found = lp_db_next(rows, error) > 0;
    if (found)
        lp_corpus_read_video(rows, 0, video);
    static char source[4096]; /* the row's texts go with it */
    snprintf(source, sizeof source, "%s", found ? video->source : "");
    *video = (lp_corpus_video){.id = video->id,
                               .name = name,
                               .source = source,
                               .width = video->width,
                               .height = video->height,
                               .frames = video->frames,
                               .fps = video->fps,
                               .rate_num = video->rate_num,
                               .rate_den = video->rate_den};
    lp_db_rows_close(&rows);
    return found;
}

int main(int argc, char **argv) {
    const lp_db_options options = {.patience = 30};
    lp_corpus corpus = {0};
    lp_corpus_video video = {0};
    lightpose_error error = {0};
    lp_db *db = NULL;
    const int good = argc == 4 && lp_db_open(&db, argv[1], &options, &error) == LIGHTPOSE_OK &&
                     lp_corpus_open(&corpus, db, &error) == LIGHTPOSE_OK && find(&corpus, argv[2], &video, &error) &&
                     write_frames(&corpus, &video, argv[3], &error);
    if (!good)
        fprintf(stderr, "dump: %s\n", error.text);
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return !good;
}
