/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/frames.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block/block.h"
#include "fail.h"

void lp_corpus_stream(const lp_corpus_video *v, lp_output_stream *stream) {
    *stream = (lp_output_stream){.kind = LP_STREAM_VIDEO,
                                 .name = v->name,
                                 .source = v->source,
                                 .width = v->width,
                                 .height = v->height,
                                 .fps = v->fps,
                                 .rate_num = v->rate_num,
                                 .rate_den = v->rate_den};
}

/* Blocks are fetched PAGE at a time, in a transaction each, so that it does not matter if the connection is lost in
 * between. */
enum { PAGE = 16 };

typedef struct page_block {
    int64_t first;
    void *bytes;
    size_t size;
} page_block;

struct lp_corpus_frames {
    lp_corpus *corpus;
    int64_t video, next, last; /* next: the frame to return next */
    page_block page[PAGE];
    int count, at; /* blocks of the page; how many were unpacked */
    lp_block_frames *block;
    int frame; /* the next frame of the block */
};

static void drop_page(lp_corpus_frames *f) {
    for (int i = 0; i < f->count; i++)
        free(f->page[i].bytes);
    f->count = f->at = 0;
}

/* Fetches the block with the next frame, and those after it. */
static lightpose_status fetch(lp_db *db, void *opaque, lightpose_error *error) {
    lp_corpus_frames *const f = opaque;
    lp_db_rows *rows;
    int got;
    drop_page(f);
    LP_TRY(lp_db_select(
        db, &rows,
        "SELECT first, data FROM lp_block WHERE video = $1 AND first >= (SELECT COALESCE(MAX(first), $2) "
        "FROM lp_block WHERE video = $1 AND first <= $2) AND first + frames > $2 AND first < $3 ORDER BY first LIMIT "
        "$4",
        LP_DB_VALUES(lp_db_integer(f->video), lp_db_integer(f->next), lp_db_integer(f->last), lp_db_integer(PAGE)),
        error));
    lightpose_status status = LIGHTPOSE_OK;
    while (status == LIGHTPOSE_OK && (got = lp_db_next(rows, error)) != 0) {
        page_block *const b = &f->page[f->count];
        if (got < 0) {
            status = LIGHTPOSE_ERROR_FILE;
            break;
        }
        const void *const bytes = lp_db_get_blob(rows, 1, &b->size);
        b->first = lp_db_get_integer(rows, 0);
        b->bytes = malloc(b->size + 1);
        if (!b->bytes)
            status = lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a block of %zu bytes", b->size);
        else if (bytes)
            memcpy(b->bytes, bytes, b->size);
        f->count += b->bytes != NULL;
    }
    lp_db_rows_close(&rows);
    return status;
}

static lightpose_status unpack(lp_corpus_frames *f, lightpose_error *error) {
    char name[96];
    lp_block_frames_destroy(&f->block);
    if (f->at == f->count)
        LP_TRY(lp_db_transact(f->corpus->db, fetch, f, error));
    if (f->count == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "video %" PRId64 ": frame %" PRId64 " is not stored", f->video,
                       f->next);
    const page_block *const b = &f->page[f->at++];
    snprintf(name, sizeof name, "video %" PRId64 ", block of frame %" PRId64, f->video, b->first);
    LP_TRY(lp_block_unpack(&f->block, b->bytes, b->size, name, error));
    f->frame = 0;
    return LIGHTPOSE_OK;
}

lightpose_status lp_corpus_frames_open(lp_corpus_frames **frames, lp_corpus *corpus, int64_t id, int64_t first,
                                       int64_t last, lightpose_error *error) {
    *frames = calloc(1, sizeof **frames);
    if (!*frames)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for frames");
    **frames = (lp_corpus_frames){.corpus = corpus, .video = id, .next = first, .last = last};
    return LIGHTPOSE_OK;
}

void lp_corpus_frames_close(lp_corpus_frames **frames) {
    if (!*frames)
        return;
    lp_block_frames_destroy(&(*frames)->block);
    drop_page(*frames);
    free(*frames);
    *frames = NULL;
}

static lightpose_status next_frame(lp_corpus_frames *f, lp_output_frame *frame, lightpose_error *error) {
    const int64_t wanted = f->next;
    do { /* skips frames of the first block before the first frame */
        if (!f->block || f->frame == lp_block_frames_count(f->block))
            LP_TRY(unpack(f, error));
        LP_TRY(lp_block_frames_get(f->block, f->frame++, frame, error));
    } while (frame->index < wanted && f->at == 1);
    if (frame->index != wanted)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "video %" PRId64 ": frame %" PRId64 " is %s", f->video, wanted,
                       frame->index > wanted ? "not stored" : "followed by one before it");
    f->next++;
    return LIGHTPOSE_OK;
}

int lp_corpus_frames_next(lp_corpus_frames *frames, lp_output_frame *frame, lightpose_error *error) {
    if (frames->next >= frames->last)
        return 0;
    return next_frame(frames, frame, error) == LIGHTPOSE_OK ? 1 : -1;
}
