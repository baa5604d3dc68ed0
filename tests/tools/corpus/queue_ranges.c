/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* A corpus, its videos, and their ranges from queued to done. */

#include "queue_world.h"

/* ---- The corpus -------------------------------------------------------------------------------------------------- */

void corpora_are_told_apart(void **state) {
    world *const w = world_of(state);
    assert_fails(lp_corpus_open(&w->corpus, w->db, error), LIGHTPOSE_ERROR_FILE, "holds no corpus");
    assert_ok(lp_corpus_create(w->db, &plain_corpus, error));
    assert_fails(lp_corpus_create(w->db, &plain_corpus, error), LIGHTPOSE_ERROR_ARGUMENT, "holds a corpus already");
    assert_ok(lp_corpus_open(&w->corpus, w->db, error));
    assert_string_equal(w->corpus.settings, "--height 256");
    assert_int_equal(w->corpus.range_frames, RANGE_FRAMES);
    assert_int_equal(w->corpus.max_attempts, 3);
    execute(w->db, "UPDATE lp_corpus SET schema_version = 77");
    lp_corpus other;
    assert_fails(lp_corpus_open(&other, w->db, error), LIGHTPOSE_ERROR_FILE, "has layout 77");
    assert_fails(lp_corpus_create(w->db, &plain_corpus, error), LIGHTPOSE_ERROR_ARGUMENT, "holds a corpus already");
}

void videos_are_split_once(void **state) {
    world *const w = world_of(state);
    assert_int_equal(add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES), 1);
    assert_int_equal(add_video(w, "/b/clip.mp4", "2", 100), 2);
    assert_int_equal(add_video(w, "/c/clip.mp4", "3", 1), 3);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range"), 5);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE video = 1 AND first = 200 AND last = 250 AND "
                                    "next = 200 AND state = 'queued'"),
                     1);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(last - first) AS BIGINT) FROM lp_range"), VIDEO_FRAMES + 101);
    assert_int_equal(integer(w->db, "SELECT id FROM lp_video WHERE name = 'clip_3'"), 3);
    lp_corpus_video twin = {.path = "/a/clip.mp4", .source = "clip.mp4", .name = "x", .sha256 = "9", .frames = 5};
    int64_t id;
    assert_fails(lp_corpus_add(&w->corpus, &twin, &id, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "clip.mp4 is in the corpus already");
    twin.path = "/d/copy.mp4";
    twin.source = "copy.mp4";
    twin.sha256 = "2";
    assert_fails(lp_corpus_add(&w->corpus, &twin, &id, error), LIGHTPOSE_ERROR_ARGUMENT,
                 "copy.mp4 is in the corpus already, as /b/clip.mp4");
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_video"), 3);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range"), 5);
}

/* ---- Ranges ------------------------------------------------------------------------------------------------------ */

void ranges_are_done_in_order(void **state) {
    world *const w = world_of(state);
    add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES);
    for (int i = 0; i < 3; i++) {
        lp_queue_claim claim = claim_one(w);
        assert_int_equal(claim.id, i + 1);
        assert_int_equal(claim.next, i * RANGE_FRAMES);
        assert_int_equal(claim.last, i < 2 ? (i + 1) * RANGE_FRAMES : VIDEO_FRAMES);
        assert_string_equal(claim.video.path, "/a/clip.mp4");
        assert_true(claim.video.fps == 30000.0 / 1001);
        assert_int_equal(claim.video.mtime_ns, INT64_C(1732800000123456789));
        assert_true(store_frames(w, &claim, 30));
        assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'running'"), 1);
        assert_true(store_frames(w, &claim, (int)(claim.last - claim.next)));
        lp_queue_claim_free(&claim);
    }
    lp_queue_claim none = claim_one(w);
    lp_queue_outlook outlook;
    assert_int_equal(none.id, 0);
    assert_ok(lp_queue_look(&w->corpus, &outlook, error));
    assert_int_equal(outlook.open, 0);
    expect_whole(w);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(frames) AS BIGINT) FROM lp_block"), VIDEO_FRAMES);
    assert_int_equal(integer(w->db, "SELECT CAST(SUM(frames) AS BIGINT) FROM lp_progress"), VIDEO_FRAMES);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_range WHERE state = 'done' AND owner IS NULL AND "
                                    "finished IS NOT NULL"),
                     3);
    assert_int_equal(integer(w->db, "SELECT COUNT(*) FROM lp_attempt WHERE ended IS NOT NULL AND reason IS NULL"), 3);
}

void cancelled_ranges_take_nothing(void **state) {
    world *const w = world_of(state);
    int64_t count;
    add_video(w, "/a/clip.mp4", "1", VIDEO_FRAMES);
    lp_queue_claim claim = claim_one(w);
    assert_true(store_frames(w, &claim, 10));
    assert_ok(lp_queue_cancel(&w->corpus, &(lp_queue_filter){.range = 1}, &count, error));
    assert_int_equal(count, 1);
    assert_false(store_frames(w, &claim, 10));
    lp_queue_claim_free(&claim);
    claim = claim_one(w);
    assert_int_equal(claim.id, 2);
    lp_queue_claim_free(&claim);
    assert_ok(lp_queue_retry(&w->corpus, &(lp_queue_filter){0}, &count, error));
    claim = claim_one(w);
    assert_int_equal(claim.id, 1);
    assert_int_equal(claim.next, 10);
    lp_queue_claim_free(&claim);
}
