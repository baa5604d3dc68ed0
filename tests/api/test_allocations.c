/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Memory that a frame asks for once all is warm: none, but for what oneDNN and OpenCV need while one of their calls
 * lasts. The C library's functions are replaced by ones that count. */

#include "check.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdatomic.h>

#include "synthetic.h"

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);

/* By the libraries too, in the place of the C library's. */
#define SEEN __attribute__((visibility("default")))

enum { DEPTH = 16 };

static struct {
    atomic_int on;
    atomic_int ours;            /* asked for by this library, GNU's OpenMP or the C library */
    atomic_int theirs, largest; /* by oneDNN, OpenCV or LLVM's OpenMP: how many, and the bytes of the largest */
    atomic_int open;            /* not given back yet */
} counted;

static void *first_callers[DEPTH]; /* of the first of ours */
static int first_depth;
static _Thread_local int inside; /* backtrace may allocate */

/* Whether a library asks whose inner allocations are not ours to avoid. LLVM's OpenMP allocates for a parallel region;
 * it also calls our functions in its threads, so it must be the one that calls malloc. */
static int is_theirs(void *const *callers, int depth) {
    enum { NEAR = 3 }; /* count, malloc and who called it */
    Dl_info info;

    for (int i = 0; i < depth; i++)
        if (dladdr(callers[i], &info) && (strstr(info.dli_fname, "libdnnl") || strstr(info.dli_fname, "libopencv") ||
                                          (i < NEAR && strstr(info.dli_fname, "libomp"))))
            return 1;
    return 0;
}

static void count(size_t size) {
    void *callers[DEPTH];

    if (!atomic_load(&counted.on) || inside)
        return;
    inside = 1;
    const int depth = backtrace(callers, DEPTH);
    atomic_fetch_add(&counted.open, 1);
    if (is_theirs(callers, depth)) {
        atomic_fetch_add(&counted.theirs, 1);
        if ((int)size > atomic_load(&counted.largest))
            atomic_store(&counted.largest, (int)size);
    } else if (atomic_fetch_add(&counted.ours, 1) == 0) {
        memcpy(first_callers, callers, sizeof callers);
        first_depth = depth;
    }
    inside = 0;
}

SEEN void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

SEEN void *calloc(size_t number, size_t size) {
    count(number * size);
    return __libc_calloc(number, size);
}

SEEN void *realloc(void *pointer, size_t size) {
    count(size);
    return __libc_realloc(pointer, size);
}

SEEN void *memalign(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

SEEN void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

SEEN int posix_memalign(void **pointer, size_t alignment, size_t size) {
    count(size);
    *pointer = __libc_memalign(alignment, size);
    return *pointer ? 0 : ENOMEM;
}

SEEN void free(void *pointer) {
    if (pointer && atomic_load(&counted.on) && !inside)
        atomic_fetch_sub(&counted.open, 1);
    __libc_free(pointer);
}

static void start_counting(void) {
    void *callers[DEPTH];

    (void)backtrace(callers, DEPTH); /* loads what it needs */
    atomic_store(&counted.ours, 0);
    atomic_store(&counted.theirs, 0);
    atomic_store(&counted.largest, 0);
    atomic_store(&counted.open, 0);
    atomic_store(&counted.on, 1);
}

static void stop_counting(void) {
    atomic_store(&counted.on, 0);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

enum { WIDTH = 160, HEIGHT = 96, BYTES = WIDTH * HEIGHT * 4, FRAMES = 2, WARM_ROUNDS = 4 };

static uint8_t noise[FRAMES][BYTES], canvas_pixels[HEIGHT][WIDTH][3];
static lightpose_model *model;
static int draws; /* not in a build without OpenCV */
static int below_avx2;

static int set_up(void **state) {
    size_t size;
    lightpose_error error = {0};
    unsigned random = 1;
    lightpose_system system;

    (void)state;
    lightpose_system_get(&system);
    draws = strcmp(system.drawing, "none") != 0;
    below_avx2 = strcmp(system.cpu, "baseline") == 0;
    for (int f = 0; f < FRAMES; f++)
        for (int i = 0; i < BYTES; i++)
            noise[f][i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    void *const bytes = synthetic_weights(LP_VARIANT_OMZ, LP_DTYPE_F32, 1, 7, &size);
    const lightpose_status status =
        bytes ? lightpose_model_create_from_memory(&model, bytes, size, &error) : LIGHTPOSE_OK;
    free(bytes);
    if (!model)
        print_error("%d %s\n", (int)status, error.text);
    return model ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    lightpose_model_destroy(&model);
    return 0;
}

/* Frame `index`: noise in any format; every third one upright. */
static lightpose_image frame_of(lightpose_format format, int index) {
    const int width = index % 3 == 2 ? HEIGHT : WIDTH, height = index % 3 == 2 ? WIDTH : HEIGHT;
    const uint8_t *const data = noise[index % FRAMES];
    const ptrdiff_t area = (ptrdiff_t)width * height;
    lightpose_image image = {.planes = {data}, .width = width, .height = height, .format = format};

    switch (format) {
    case LIGHTPOSE_BGR24:
    case LIGHTPOSE_RGB24:
        image.strides[0] = 3 * width;
        break;
    case LIGHTPOSE_BGRA:
    case LIGHTPOSE_RGBA:
        image.strides[0] = 4 * width;
        break;
    case LIGHTPOSE_GRAY8:
        image.strides[0] = width;
        break;
    case LIGHTPOSE_NV12:
        image.planes[1] = data + area;
        image.strides[0] = image.strides[1] = width;
        break;
    case LIGHTPOSE_I420:
        image.planes[1] = data + area;
        image.planes[2] = data + area + area / 4;
        image.strides[0] = width;
        image.strides[1] = image.strides[2] = width / 2;
        break;
    }
    return image;
}

/* Made-up weights give weak maps: noise is let through, so that there are people. */
static lightpose_settings settings_of(lightpose_precision precision, int threads) {
    lightpose_settings settings;

    lightpose_settings_init(&settings);
    settings.height = 64;
    settings.threads = threads;
    settings.precision = precision;
    settings.peak_threshold = 0.001f;
    settings.limb_threshold = 0;
    settings.limb_ratio = 0;
    settings.min_score = 0;
    settings.min_keypoints = 1;
    return settings;
}

typedef struct stream {
    lightpose_context *context;
    lightpose_result *result;
    lightpose_tracker *tracker;
    double time;
    int people;
} stream;

/* All that a program does with a frame. */
static void one_frame(stream *s, lightpose_format format, int index) {
    const lightpose_image image = frame_of(format, index);
    const lightpose_canvas canvas = {
        &canvas_pixels[0][0][0], sizeof canvas_pixels[0], WIDTH, HEIGHT, LIGHTPOSE_BGR24, {0}};
    lightpose_draw_settings draw;
    lightpose_maps maps;

    lightpose_draw_settings_init(&draw);
    draw.boxes = draw.scores = draw.completed = 1;
    assert_ok(lightpose_context_infer(s->context, &image, s->result, error));
    s->people += lightpose_result_get_count(s->result);
    assert_ok(lightpose_tracker_update(s->tracker, s->time += 0.1, s->result, error));
    if (draws)
        assert_ok(lightpose_canvas_draw(&canvas, s->result, &draw, error));
    assert_ok(lightpose_context_get_maps(s->context, &maps, error));
    assert_ok(lightpose_context_decode(s->context, &maps, s->result, error));
}

/* Six frames, in which each size, picture and turn comes up. */
static void round_of_frames(stream *s, lightpose_format format) {
    for (int i = 0; i < 3 * FRAMES; i++)
        one_frame(s, format, i);
}

static void allocates_nothing(const lightpose_settings *settings, lightpose_format format, const char *what) {
    lightpose_tracker_settings tracking;
    stream s = {0};

    lightpose_tracker_settings_init(&tracking);
    tracking.smooth = 1;
    assert_ok(lightpose_context_create(&s.context, model, settings, error));
    assert_ok(lightpose_result_create(&s.result, error));
    assert_ok(lightpose_tracker_create(&s.tracker, &tracking, error));
    for (int i = 0; i < WARM_ROUNDS; i++) /* and beyond the time that the tracker remembers people for */
        round_of_frames(&s, format);
    assert_true(s.people > 24); /* or nothing would be proved of the decoder */
    start_counting();
    round_of_frames(&s, format);
    stop_counting();
    if (atomic_load(&counted.ours)) {
        backtrace_symbols_fd(first_callers, first_depth, 2);
        fail_msg("%s: %d allocations in 6 frames; the first from the functions above", what,
                 atomic_load(&counted.ours));
    }
    /* oneDNN lists its arguments, OpenCV the edges of a polygon: small, and gone when they return. Below AVX2 oneDNN
     * computes a layer or two by its matrix product, which packs the operands first. */
    assert_in_range(atomic_load(&counted.largest), 0, below_avx2 ? 1 << 18 : 1 << 14);
    assert_int_equal(atomic_load(&counted.open), 0);
    lightpose_tracker_destroy(&s.tracker);
    lightpose_result_destroy(&s.result);
    lightpose_context_destroy(&s.context);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void allocations_are_told_apart(void **state) {
    const lightpose_settings settings = settings_of(LIGHTPOSE_PRECISION_INT8, 1);
    lightpose_context *context = NULL;

    (void)state;
    start_counting();
    void *const volatile small = malloc(1), *const volatile aligned = aligned_alloc(64, 64);
    stop_counting();
    assert_int_equal(atomic_load(&counted.ours), 2);
    assert_int_equal(atomic_load(&counted.theirs), 0);
    assert_int_equal(atomic_load(&counted.open), 2);
    free(small);
    free(aligned);
    start_counting();
    assert_ok(lightpose_context_create(&context, model, &settings, error));
    assert_ok(lightpose_context_prepare(context, WIDTH, HEIGHT, error));
    stop_counting();
    assert_true(atomic_load(&counted.ours) > 0);
    assert_true(atomic_load(&counted.theirs) > 0);
    lightpose_context_destroy(&context);
}

static void no_format_allocates(void **state) {
    (void)state;
    for (int format = LIGHTPOSE_BGR24; format <= LIGHTPOSE_I420; format++) {
        const lightpose_settings settings = settings_of(LIGHTPOSE_PRECISION_INT8, 2);
        allocates_nothing(&settings, (lightpose_format)format, "a format");
    }
}

static void no_precision_allocates(void **state) {
    (void)state;
    for (int precision = LIGHTPOSE_PRECISION_F32; precision <= LIGHTPOSE_PRECISION_INT8; precision++)
        for (int threads = 1; threads <= 3; threads++) {
            const lightpose_settings settings = settings_of((lightpose_precision)precision, threads);
            lightpose_context *probe = NULL;
            lightpose_error error = {0};
            const lightpose_status status = lightpose_context_create(&probe, model, &settings, &error);
            lightpose_context_destroy(&probe);
            if (status == LIGHTPOSE_ERROR_UNSUPPORTED)
                print_message("# %s\n", error.text);
            else
                allocates_nothing(&settings, LIGHTPOSE_BGR24, lightpose_status_get_name(status));
        }
}

static void averaging_does_not_allocate(void **state) {
    lightpose_settings settings = settings_of(LIGHTPOSE_PRECISION_INT8, 2);

    (void)state;
    settings.flip = 1;
    allocates_nothing(&settings, LIGHTPOSE_NV12, "mirrored");
    settings.extra_heights[0] = 96;
    settings.extra_heights[1] = 48;
    allocates_nothing(&settings, LIGHTPOSE_I420, "mirrored, three heights");
}

static void no_decoder_allocates(void **state) {
    lightpose_settings settings = settings_of(LIGHTPOSE_PRECISION_INT8, 2);

    (void)state;
    for (int decoder = LIGHTPOSE_DECODER_REFERENCE; decoder <= LIGHTPOSE_DECODER_REFINED; decoder++) {
        settings.decoder = (lightpose_decoder)decoder;
        for (settings.upsample = 2; settings.upsample <= 8; settings.upsample *= 4)
            allocates_nothing(&settings, LIGHTPOSE_BGR24, "a decoder");
        settings.upsample = 4;
        settings.threads = decoder; /* 1 or 2 */
        settings.max_people = 3;
        allocates_nothing(&settings, LIGHTPOSE_BGR24, "three people");
        settings.max_people = 0;
        settings.threads = 2;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_told_apart), cmocka_unit_test(no_format_allocates),
        cmocka_unit_test(no_precision_allocates),     cmocka_unit_test(averaging_does_not_allocate),
        cmocka_unit_test(no_decoder_allocates),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
