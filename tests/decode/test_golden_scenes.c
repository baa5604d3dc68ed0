/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Both decoders on the scenes of golden/scenes.txt, whose persons are written there. After a change that is meant,
 * LIGHTPOSE_WRITE_GOLDEN=FILE writes the file anew. */

#include "check.h"

#include <stdio.h>

#include "decoding.h"
#include "near.h"

static const char *const decoders[] = {
    [LIGHTPOSE_DECODER_REFERENCE] = "reference", [LIGHTPOSE_DECODER_REFINED] = "refined"};

typedef struct wanted_person {
    char decoder[16];
    float score, rank;
    int keypoints;
    struct {
        int number, state;
        float x, y, score;
    } keypoint[LIGHTPOSE_KEYPOINTS];
} wanted_person;

enum { MOST = 16 };

static wanted_person wanted[MOST];
static int wanted_count, scenes, persons;
static char scene[64];
static FILE *rewritten;

static float cell(float upsampled) {
    return (float)lp_cell_place(upsampled, settings.upsample);
}

static void write_people(const char *name, const lp_people *people) {
    for (int p = 0; p < people->count; p++) {
        const lp_person *const person = &people->persons[p];
        fprintf(rewritten, "person %s %.4f %.4f\n", name, (double)person->score, (double)person->rank);
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            if (person->state[k])
                fprintf(rewritten, "keypoint %d %.3f %.3f %.4f %d\n", k, (double)cell(person->x[k]),
                        (double)cell(person->y[k]), (double)person->keypoint_score[k], person->state[k]);
    }
}

static void compare(const char *name, const lp_people *people) {
    int p = 0;

    for (int w = 0; w < wanted_count; w++) {
        if (strcmp(wanted[w].decoder, name) != 0)
            continue;
        if (p >= people->count)
            fail_msg("%s, %s: %d persons, fewer than wanted", scene, name, people->count);
        const lp_person *const person = &people->persons[p++];
        int found = 0;
        assert_near(person->score, wanted[w].score, 1e-3);
        assert_near(person->rank, wanted[w].rank, 1e-3 * (1 + wanted[w].rank));
        for (int k = 0; k < LIGHTPOSE_KEYPOINTS; k++)
            found += person->state[k] != LIGHTPOSE_MISSING;
        if (found != wanted[w].keypoints)
            fail_msg("%s, %s, person %d: %d keypoints, not %d", scene, name, p - 1, found, wanted[w].keypoints);
        for (int i = 0; i < found; i++) {
            const int k = wanted[w].keypoint[i].number;
            assert_int_equal(person->state[k], wanted[w].keypoint[i].state);
            assert_near(cell(person->x[k]), wanted[w].keypoint[i].x, 2e-3);
            assert_near(cell(person->y[k]), wanted[w].keypoint[i].y, 2e-3);
            assert_near(person->keypoint_score[k], wanted[w].keypoint[i].score, 1e-3);
        }
        persons++;
    }
    if (p != people->count)
        fail_msg("%s, %s: %d persons, more than the %d wanted", scene, name, people->count, p);
}

static void end_scene(void) {
    if (!*scene)
        return;
    for (int which = LIGHTPOSE_DECODER_REFERENCE; which <= LIGHTPOSE_DECODER_REFINED; which++) {
        settings.decoder = (lightpose_decoder)which;
        const lp_people people = decode();
        if (rewritten)
            write_people(decoders[which], &people);
        else
            compare(decoders[which], &people);
    }
    if (rewritten)
        fputc('\n', rewritten);
    decoding_end(NULL);
    *scene = '\0';
    wanted_count = 0;
    scenes++;
}

static void read_person(const char *line) {
    wanted_person *const person = &wanted[wanted_count++];

    assert_in_range(wanted_count, 1, MOST);
    person->keypoints = 0;
    assert_int_equal(sscanf(line, "person %15s %f %f", person->decoder, &person->score, &person->rank), 3);
}

static void read_keypoint(const char *line) {
    wanted_person *const person = &wanted[wanted_count - 1];
    const int i = person->keypoints++;

    assert_in_range(person->keypoints, 1, LIGHTPOSE_KEYPOINTS);
    assert_int_equal(sscanf(line, "keypoint %d %f %f %f %d", &person->keypoint[i].number, &person->keypoint[i].x,
                            &person->keypoint[i].y, &person->keypoint[i].score, &person->keypoint[i].state),
                     5);
    assert_in_range(person->keypoint[i].number, 0, LIGHTPOSE_KEYPOINTS - 1);
}

static void read_line(const char *line) {
    int width, height, number;
    double x0, y0, x1, y1, strength;

    if (sscanf(line, "scene %63s %d %d", scene, &width, &height) == 3)
        decoding_begin(width, height, LIGHTPOSE_DECODER_REFINED);
    else if (sscanf(line, "bump %d %lf %lf %lf", &number, &x0, &y0, &strength) == 4)
        made_bump(&maps, number, x0, y0, strength);
    else if (sscanf(line, "limb %d %lf %lf %lf %lf %lf", &number, &x0, &y0, &x1, &y1, &strength) == 6)
        made_limb(&maps, number, x0, y0, x1, y1, strength);
    else if (strncmp(line, "person", 6) == 0)
        read_person(line);
    else if (strncmp(line, "keypoint", 8) == 0)
        read_keypoint(line);
    else if (*line != '#' && *line != '\n')
        fail_msg("golden/scenes.txt: \"%s\"", line);
}

static void the_scenes_hold_the_persons_written_there(void **state) {
    char path[4096], line[256];
    const char *const to = getenv("LIGHTPOSE_WRITE_GOLDEN");

    (void)state;
    snprintf(path, sizeof path, "%s/tests/decode/golden/scenes.txt", getenv("LIGHTPOSE_SOURCE"));
    FILE *const file = fopen(path, "r");
    assert_non_null(file);
    rewritten = to ? fopen(to, "w") : NULL;
    while (fgets(line, sizeof line, file)) {
        if (*line == '\n')
            end_scene();
        if (rewritten && *line != '\n' && strncmp(line, "person", 6) != 0 && strncmp(line, "keypoint", 8) != 0)
            fputs(line, rewritten);
        read_line(line);
    }
    end_scene();
    fclose(file);
    if (rewritten)
        fclose(rewritten);
    else
        assert_true(scenes >= 7 && persons >= 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scenes_hold_the_persons_written_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
