/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "formats.h"

#include <math.h>
#include <unistd.h>

const lp_output_stream formats_video = {
    .kind = LP_STREAM_VIDEO, .name = "clip", .source = "in/clip.mp4", .width = 640, .height = 360};
const lp_output_stream formats_images = {.kind = LP_STREAM_IMAGES, .name = "all", .source = "all"};

lp_output_frame formats_frame(const lightpose_result *people, int64_t index) {
    return (lp_output_frame){.index = index, .time = (double)index / 25, .width = 640, .height = 360, .result = people};
}

lp_output_frame formats_image(const lightpose_result *people, int64_t index, const char *name) {
    lp_output_frame frame = formats_frame(people, index);
    frame.time = NAN;
    frame.name = name;
    return frame;
}

char *formats_write(const char *writer, const lp_output_options *options, const lp_output_stream *stream,
                    const lp_output_frame *frames, int count) {
    const char *const folder = scratch_folder(), *const path = scratch_path(folder, "out");
    lp_output *output;

    assert_ok(lp_output_open(&output, lp_output_find(writer), path, NULL, options, error));
    assert_ok(lp_output_begin(output, stream, error));
    for (int i = 0; i < count; i++)
        assert_ok(lp_output_frame_write(output, &frames[i], error));
    assert_int_equal(access(path, F_OK), -1);
    assert_ok(lp_output_close(&output, error));
    char *const text = scratch_read(path, NULL);
    assert_non_null(text);
    assert_int_equal(scratch_entries(folder), 1);
    scratch_remove(folder);
    return text;
}

json_t *formats_parse(const char *text) {
    json_error_t where;
    json_t *const json = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (!json)
        fail_msg("no JSON: line %d: %s", where.line, where.text);
    return json;
}

const char *formats_keys(json_t *object) {
    static char list[400];
    const char *key;
    json_t *value;

    list[0] = '\0';
    json_object_foreach(object, key, value) {
        if (list[0])
            strcat(list, " ");
        strcat(list, key);
    }
    return list;
}

double formats_at(json_t *array, size_t index) {
    return json_number_value(json_array_get(array, index));
}
