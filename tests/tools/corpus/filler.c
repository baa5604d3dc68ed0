/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Stores a long video in a new corpus without computing it: the frames of a block file again and again.
 *
 *     filler DATABASE FILE.lpb FRAMES
 *
 * Prints "stored FRAMES SECONDS BYTES": the time to pack and store them, and the size of their blocks. */

#include <stdio.h>
#include <stdlib.h>

#include "block/file.h"
#include "fail.h"
#include "measure.h"

enum { BLOCK_FRAMES = 256, RANGE_FRAMES = 100000 };

/* Where the next frame comes from: the file, which is opened again at its end. */
typedef struct supply {
    const char *path;
    lp_block_file *file;
    int at, count; /* in the file's block */
    int found;     /* frames since the file was opened */
} supply;

static lightpose_status next_block(supply *s, lightpose_error *error) {
    lp_block_record record = LP_RECORD_END;
    do {
        if (!s->file) {
            s->found = 0;
            LP_TRY(lp_block_file_open(&s->file, s->path, error));
        }
        LP_TRY(lp_block_file_next(s->file, &record, error));
        if (record == LP_RECORD_END) {
            if (!s->found)
                return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s has no frames", s->path);
            lp_block_file_close(&s->file);
        }
    } while (record != LP_RECORD_BLOCK);
    s->at = 0;
    s->count = lp_block_frames_count(lp_block_file_frames(s->file));
    s->found += s->count;
    return LIGHTPOSE_OK;
}

static lightpose_status next_frame(supply *s, int64_t index, double fps, lp_output_frame *frame,
                                   lightpose_error *error) {
    if (s->at == s->count)
        LP_TRY(next_block(s, error));
    LP_TRY(lp_block_frames_get(lp_block_file_frames(s->file), s->at++, frame, error));
    frame->index = index;
    frame->time = (double)index / fps;
    return LIGHTPOSE_OK;
}

typedef struct filling {
    lp_corpus *corpus;
    supply supply;
    lp_block *block;
    lp_text packed;
    double fps, seconds;
    size_t bytes;
} filling;

static lightpose_status fill_range(filling *f, lp_queue_claim *claim, lightpose_error *error) {
    while (claim->next < claim->last) {
        int held = 0;
        for (int64_t i = claim->next; i < claim->last && lp_block_count(f->block) < BLOCK_FRAMES; i++) {
            lp_output_frame frame;
            LP_TRY(next_frame(&f->supply, i, f->fps, &frame, error));
            LP_TRY(lp_block_add(f->block, &frame, error));
        }
        const int frames = lp_block_count(f->block), people = lp_block_people(f->block);
        const double start = now();
        lp_text_clear(&f->packed);
        LP_TRY(lp_block_pack(f->block, &f->packed, error));
        const lp_queue_block block = {f->packed.data, f->packed.size, frames, people};
        LP_TRY(lp_queue_store(f->corpus, &worker, claim, &block, &held, error));
        f->seconds += now() - start;
        f->bytes += f->packed.size;
        if (!held)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the range at frame %lld was lost", (long long)claim->next);
    }
    return LIGHTPOSE_OK;
}

static lightpose_status fill(filling *f, int64_t frames, lightpose_error *error) {
    const lp_corpus_video video = {.path = "/films/long.mp4",
                                   .source = "/films/long.mp4",
                                   .name = "long.mp4",
                                   .sha256 = "-",
                                   .width = 1280,
                                   .height = 720,
                                   .frames = frames,
                                   .fps = f->fps,
                                   .rate_num = (int)f->fps,
                                   .rate_den = 1};
    int64_t id;
    LP_TRY(lp_corpus_add(f->corpus, &video, &id, error));
    LP_TRY(lp_block_create(&f->block, error));
    for (;;) {
        lp_queue_claim claim;
        LP_TRY(lp_queue_claim_next(f->corpus, &worker, &claim, error));
        if (!claim.id)
            return LIGHTPOSE_OK;
        const lightpose_status status = fill_range(f, &claim, error);
        lp_queue_claim_free(&claim);
        if (status != LIGHTPOSE_OK)
            return status;
    }
}

int main(int argc, char **argv) {
    static const lp_corpus made = {.name = "filled",
                                   .settings = "--height 256",
                                   .weights = "-",
                                   .weights_sha256 = "-",
                                   .precision = "f32",
                                   .version = "-",
                                   .range_frames = RANGE_FRAMES,
                                   .max_attempts = 5};
    const lp_db_options options = {.create = 1, .patience = 60};
    const long long frames = argc == 4 ? atoll(argv[3]) : 0;
    lp_corpus corpus = {0};
    filling f = {.corpus = &corpus, .supply.path = argc == 4 ? argv[2] : "", .fps = 25};
    lightpose_error error = {.text = "usage: filler DATABASE FILE.lpb FRAMES"};
    lp_db *db = NULL;
    const int good = frames > 0 && lp_db_open(&db, argv[1], &options, &error) == LIGHTPOSE_OK &&
                     lp_corpus_create(db, &made, &error) == LIGHTPOSE_OK &&
                     lp_corpus_open(&corpus, db, &error) == LIGHTPOSE_OK && fill(&f, frames, &error) == LIGHTPOSE_OK;
    if (good)
        printf("stored %lld %.3f %zu\n", frames, f.seconds, f.bytes);
    else
        fprintf(stderr, "filler: %s\n", error.text);
    lp_block_destroy(&f.block);
    lp_block_file_close(&f.supply.file);
    lp_text_free(&f.packed);
    lp_corpus_free(&corpus);
    lp_db_close(&db);
    return !good;
}
