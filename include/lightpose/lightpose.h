/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* liblightpose finds every person in an image and the 18 keypoints of each, in real time, on a CPU.
 *
 * This header is the manual. The shortest useful program:
 *
 * example: begin
 *     #include <lightpose/lightpose.h>
 *     #include <stdio.h>
 *
 *     int find_people(const char *weights, const uint8_t *bgr, int width, int height)
 *     {
 *         lightpose_error error = {0};
 *         lightpose_model *model = NULL;
 *         lightpose_context *context = NULL;
 *         lightpose_result *result = NULL;
 *         const lightpose_image image = {
 *             .planes = {bgr}, .strides = {3 * width}, .width = width, .height = height, .format = LIGHTPOSE_BGR24};
 *
 *         if (lightpose_model_create(&model, weights, &error) == LIGHTPOSE_OK &&
 *             lightpose_context_create(&context, model, NULL, &error) == LIGHTPOSE_OK &&
 *             lightpose_result_create(&result, &error) == LIGHTPOSE_OK &&
 *             lightpose_context_infer(context, &image, result, &error) == LIGHTPOSE_OK) {
 *             for (int i = 0; i < lightpose_result_get_count(result); i++) {
 *                 const lightpose_pose *pose = lightpose_result_get_pose(result, i);
 *                 printf("person %d: score %.2f, nose at %.1f, %.1f\n", i, pose->score, pose->keypoints[0].x,
 *                        pose->keypoints[0].y);
 *             }
 *         }
 *         lightpose_result_destroy(&result);
 *         lightpose_context_destroy(&context);
 *         lightpose_model_destroy(&model);
 *         if (error.status != LIGHTPOSE_OK)
 *             fprintf(stderr, "%s\n", error.text);
 *         return error.status == LIGHTPOSE_OK ? 0 : 1;
 *     }
 * example: end
 *
 * Rules that apply to every function:
 *
 * - Names. Functions are lightpose_thing_verb or lightpose_thing_verb_noun. Every handle has `create` and `destroy`,
 *   every structure of settings has `init`, every getter is a `get`.
 * - Errors. A function that can fail returns a lightpose_status and takes a `lightpose_error *`, which may be NULL. The
 *   error is cleared on entry and filled on failure. The library never prints, aborts or exits. After a failure every
 *   output is empty: the handle is NULL, the result holds no pose. Each function lists its errors; ARGUMENT and MEMORY
 *   are listed like the others. ENGINE is possible wherever oneDNN or OpenCV runs.
 * - Ownership. The caller destroys every handle it creates. `destroy` takes the address of the handle, sets it to NULL,
 *   and accepts a NULL handle. Settings, images, maps and paths need to live only during the call.
 * - Threads. A model may be used by any number of threads at once. A context, result, tracker or calibrator is used by
 *   one thread at a time and may move between threads.
 *   Results do not depend on the number of threads. A context of several threads opens one OpenMP region per frame; no
 *   environment variable is needed. One context of one thread for each CPU processes the most frames per second.
 * - Fork. In a child that a process forks after one of its contexts has used several threads, contexts work on the
 *   calling thread alone: OpenMP's threads do not survive a fork.
 * - Coordinates. Continuous image coordinates in pixels: the image's top-left corner is (0, 0), the centre of its first
 *   pixel (0.5, 0.5). They may lie slightly outside the image. The decoder `reference` uses the published formula
 *   instead, which lacks the half pixel.
 * - Growth. Structures that the caller fills end in reserved fields, which must be zero. Fill settings with their
 *   `init` first: settings that are all zero are refused. Other structures (images, maps, canvases) may start from `=
 *   {0}`.
 * - No hooks. There is no logging hook: the error of a call is all that the library reports. There is no allocator
 *   hook: oneDNN and OpenMP allocate memory too and accept no allocator, so a hook would cover only a part of it. */

#ifndef LIGHTPOSE_LIGHTPOSE_H
#define LIGHTPOSE_LIGHTPOSE_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define LIGHTPOSE_API
#elif defined(__GNUC__)
#define LIGHTPOSE_API __attribute__((visibility("default")))
#else
#define LIGHTPOSE_API
#endif

#if defined(__GNUC__)
#define LIGHTPOSE_NODISCARD __attribute__((warn_unused_result))
#else
#define LIGHTPOSE_NODISCARD
#endif

/* ---- Version and errors ------------------------------------------------------------------------------------------ */

/* The library's version, "major.minor.patch", and as one number (see LIGHTPOSE_VERSION_NUMBER). */
LIGHTPOSE_API const char *lightpose_version(void);
LIGHTPOSE_API int lightpose_version_number(void);

/* The version of the interface, which the soname carries (see LIGHTPOSE_API_VERSION). */
LIGHTPOSE_API int lightpose_api_version(void);

/* The values are pinned: they never change meaning. */
typedef enum lightpose_status {
    LIGHTPOSE_OK = 0,
    LIGHTPOSE_ERROR_ARGUMENT = 1,    /* a NULL pointer, or a setting outside its range */
    LIGHTPOSE_ERROR_MEMORY = 2,      /* an allocation failed */
    LIGHTPOSE_ERROR_FILE = 3,        /* a file is missing or cannot be read */
    LIGHTPOSE_ERROR_WEIGHTS = 4,     /* the weights file is damaged or of another kind */
    LIGHTPOSE_ERROR_IMAGE = 5,       /* an image view with an invalid size, stride or format */
    LIGHTPOSE_ERROR_LIMIT = 6,       /* larger than a limit in the settings */
    LIGHTPOSE_ERROR_UNSUPPORTED = 7, /* this CPU or these weights lack the requested feature */
    LIGHTPOSE_ERROR_NOT_FINITE = 8,  /* NaN or infinity in the caller's maps */
    LIGHTPOSE_ERROR_STATE = 9,       /* a call out of order: maps before a frame, inference without a model */
    LIGHTPOSE_ERROR_ENGINE = 10      /* oneDNN or OpenCV reported a failure */
} lightpose_status;

/* "ok", "argument", "memory", …: a short name, never NULL, "unknown" for any other value. */
LIGHTPOSE_API const char *lightpose_status_get_name(lightpose_status status);

/* What went wrong, in a sentence that names the thing, its value and the limit. Every call clears it on entry. */
typedef struct lightpose_error {
    lightpose_status status;
    char text[508];
} lightpose_error;

/* What the library runs on, for reports. */
typedef struct lightpose_system {
    const char *cpu;             /* instruction sets in use: the CPU's, except those that ONEDNN_MAX_CPU_ISA excludes */
    const char *engine;          /* "oneDNN 2.6.3" */
    const char *drawing;         /* "OpenCV 4.6.0"; "none" if the library was built without drawing */
    const char *default_weights; /* the file that lightpose_model_create loads for NULL, whether it exists or not */
    int threads;                 /* the number of threads for settings.threads 0: the smaller of the next two */
    int cpus;                    /* CPUs in the affinity mask of this process */
    int quota;                   /* CPUs that its cgroup allows, rounded up; 0: no limit */
    int reserved[8];
} lightpose_system;

/* The strings live as long as the program. A NULL `system` is ignored. */
LIGHTPOSE_API void lightpose_system_get(lightpose_system *system);

/* sizeof a structure of this header by its name ("lightpose_settings"), as the library was compiled; 0 for an unknown
 * name. For programs that load the library with dlopen and declare the structures themselves. */
LIGHTPOSE_API size_t lightpose_type_get_size(const char *name);

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

typedef enum lightpose_precision {
    LIGHTPOSE_PRECISION_AUTO = 0, /* int8 if the weights have ranges, else bf16 if native to the CPU, else f32 */
    LIGHTPOSE_PRECISION_F32 = 1,  /* the reference */
    LIGHTPOSE_PRECISION_BF16 = 2, /* needs a CPU with AVX-512 BF16 or AMX */
    LIGHTPOSE_PRECISION_INT8 = 3  /* needs weights with activation ranges */
} lightpose_precision;

typedef enum lightpose_decoder {
    LIGHTPOSE_DECODER_DEFAULT = 0,
    LIGHTPOSE_DECODER_REFERENCE = 1, /* equal to the published PyTorch code, peak for peak and person for person */
    LIGHTPOSE_DECODER_REFINED = 2    /* the default: more accurate on the same maps */
} lightpose_decoder;

/* Names: "auto", "f32", "bf16", "int8"; "default", "reference", "refined". `get_name` is never NULL: "unknown" for any
 * other value. `parse` ignores case. Errors: ARGUMENT (lists the names). */
LIGHTPOSE_API const char *lightpose_precision_get_name(lightpose_precision precision);
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_precision_parse(lightpose_precision *precision,
                                                                             const char *name, lightpose_error *error);
LIGHTPOSE_API const char *lightpose_decoder_get_name(lightpose_decoder decoder);
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_decoder_parse(lightpose_decoder *decoder, const char *name,
                                                                           lightpose_error *error);

typedef struct lightpose_settings {
    /* Network. The image is scaled to `height`; its width follows from the aspect ratio. Both are padded to multiples
     * of 8, and the width to at least the height. A larger height finds smaller people but takes longer. */
    int height;                    /* 1 to max_net_height; default 256 */
    int threads;                   /* 0 (default): the CPUs this process may use, held to its cgroup quota */
    lightpose_precision precision; /* default auto */
    int stages;                    /* 2 (default): initial and refinement stage; 1: the initial stage alone */

    /* More accuracy for more time: the maps of several runs of the network are averaged before they are decoded. */
    int flip;             /* 1: also run on the mirrored image, which doubles the time; default 0 */
    int extra_heights[3]; /* further network heights; 0 (default): none */

    /* A second look at people who are small in the image. The parts of the image around them are enlarged to 256 rows
     * and run through the network again; the people of both looks are merged into one list. The value is the maximum
     * number of parts, each 160, 256 or 384 columns wide. The parts with the greatest rank times log(enlargement) come
     * first. 0 (default): none. */
    int second_look; /* 0 to 1000 */

    /* For crowds: n x n overlapping tiles of the image also run through the network, each at the network size of the
     * complete image. The second look then enlarges the people who are small in their tile. The time is that of n x n
     * additional frames. 0 (default) or 1: none. */
    int tiles; /* 0 to 16 */

    /* For video: one frame in n runs through the network completely. Of the others, only the part around the people of
     * the previous frame does, slightly enlarged if that costs little, and nothing if there was nobody. Frames must
     * come in order. A new person is found up to n - 1 frames late. After an error, after lightpose_context_restart or
     * when the frame size changes, the next frame is a complete one. 0 (default) or 1: every frame is complete. */
    int follow; /* 0 to 1000 */

    /* Decoder. Lengths are in cells of the upsampled map (at upsample 4 a cell is 2 network pixels). */
    lightpose_decoder decoder;
    int upsample;         /* 1, 2, 4 (default) or 8 */
    float peak_threshold; /* 0.1: the smallest heatmap value of a peak */
    float peak_radius;    /* 6: a peak suppresses weaker peaks closer than this */
    int limb_samples;     /* 10: points at which the part affinity field is read along a limb; 2 to 32 */
    float limb_threshold; /* a point supports the limb when the field along it is above this; -1 (default): refined
                             0.1, reference 0.05 */
    float limb_ratio;     /* 0.8: the share of points that must support the limb, exclusive */
    int min_keypoints;    /* persons with fewer keypoints are dropped; 0 (default): refined 2, reference 3 */
    float min_score; /* persons with a smaller score are dropped; -1 (default): refined 0.1, reference 0.2. refined:
                        mean keypoint score x mean limb score x sqrt(keypoints); reference: sum of keypoint and
                        limb scores / keypoints */
    int complete;    /* 1 (default): refined completes missing keypoints (LIGHTPOSE_COMPLETED); 0: off */
    int max_people;  /* 0 (default): all; else the best n by rank */

    /* Limits. Larger inputs are refused with LIGHTPOSE_ERROR_LIMIT before anything is allocated. */
    int max_image_side;       /* 32768 */
    int64_t max_image_pixels; /* 2^28 */
    int max_net_height;       /* 2048 */
    int max_net_width;        /* 4096 */

    int reserved[13];
} lightpose_settings;

/* Fills `settings` with the defaults listed above. A NULL `settings` is ignored. */
LIGHTPOSE_API void lightpose_settings_init(lightpose_settings *settings);

/* Describes one setting, for command lines, configuration files and bindings. */
typedef struct lightpose_setting {
    const char *name;          /* "height", "extra_heights[0]", "peak_threshold" …: the field of lightpose_settings */
    const char *group;         /* "network", "decoder" or "limits" */
    double initial, low, high; /* default and range, both ends included */
    int is_integer;            /* 1: whole numbers only */
    int reserved[5];
} lightpose_setting;

/* Settings 0 to count - 1, in the order of the structure. ARGUMENT for any other index or a NULL. */
LIGHTPOSE_API int lightpose_setting_get_count(void);
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_setting_get_info(int index, lightpose_setting *setting);

/* Sets the field `name` from text: a number with a decimal point in every locale, or the name of a precision or
 * decoder. Errors: ARGUMENT (an unknown name, or a value that is not a number or out of range; `settings` is
 * unchanged). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_settings_set(lightpose_settings *settings,
                                                                          const char *name, const char *value,
                                                                          lightpose_error *error);

/* The field `name` as a number. Errors: ARGUMENT (an unknown name). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_settings_get(const lightpose_settings *settings,
                                                                          const char *name, double *value,
                                                                          lightpose_error *error);

/* ---- Images ------------------------------------------------------------------------------------------------------ */

typedef enum lightpose_format {
    LIGHTPOSE_BGR24 = 1, /* one plane, bytes B G R */
    LIGHTPOSE_RGB24 = 2, /* one plane, bytes R G B */
    LIGHTPOSE_BGRA = 3,  /* one plane, bytes B G R A; alpha is ignored */
    LIGHTPOSE_RGBA = 4,  /* one plane, bytes R G B A; alpha is ignored */
    LIGHTPOSE_GRAY8 = 5, /* one plane */
    LIGHTPOSE_NV12 = 6,  /* planes Y and interleaved U V; chroma is (width + 1) / 2 by (height + 1) / 2 */
    LIGHTPOSE_I420 = 7   /* planes Y, U and V; chroma as for NV12 */
} lightpose_format;

/* Names: "bgr24", "rgb24", "bgra", "rgba", "gray8", "nv12", "i420". `get_name` and `parse` work as for
 * lightpose_precision. Errors: ARGUMENT (lists the names). */
LIGHTPOSE_API const char *lightpose_format_get_name(lightpose_format format);
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_format_parse(lightpose_format *format, const char *name,
                                                                          lightpose_error *error);

/* How YUV formats encode colour. Ignored for other formats. The range also sets the chroma siting: limited range as in
 * MPEG-2 and H.264 (halfway between two rows, on the left one of two columns), full range as in JPEG (halfway between
 * both rows and columns). */
typedef enum lightpose_matrix { LIGHTPOSE_BT601 = 0, LIGHTPOSE_BT709 = 1 } lightpose_matrix;
typedef enum lightpose_range { LIGHTPOSE_RANGE_LIMITED = 0, LIGHTPOSE_RANGE_FULL = 1 } lightpose_range;

/* A view of the caller's pixels; nothing is copied or kept. A stride is the distance in bytes from a row to the next;
 * its magnitude is at least the bytes of a row, and it may be negative for pictures stored bottom row first (the plane
 * pointer then points at the top row). Unused planes are ignored. */
typedef struct lightpose_image {
    const uint8_t *planes[3];
    ptrdiff_t strides[3];
    int width, height;
    lightpose_format format;
    lightpose_matrix matrix;
    lightpose_range range;
    float pixel_aspect; /* a pixel's width divided by its height, 1/16 to 16; 0 means 1, square. DV, DVD and AVCHD have
                           other ratios: with the right one the network sees people in their true shape. Coordinates
                           still count stored pixels */
    int reserved[2];
} lightpose_image;

/* Narrows the view to the region of interest of `width` x `height` pixels at (x, y), which must lie inside it; no pixel
 * is copied. For NV12 and I420 the region starts at even x and y, because a chroma sample covers 2 x 2 pixels: odd ones
 * are rounded down, and the region grows by that pixel. Returns the corner in *x and *y: add it to the poses'
 * coordinates. Errors: ARGUMENT (a NULL; a region outside the image), IMAGE (an unknown format). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_image_crop(lightpose_image *image, int *x, int *y,
                                                                        int width, int height, lightpose_error *error);

/* ---- Model ------------------------------------------------------------------------------------------------------- */

/* Weights, immutable and shared. Thread-safety: safe. */
typedef struct lightpose_model lightpose_model;

/* Loads a weights file (safetensors, weights/README.md). A NULL `path` means $LIGHTPOSE_WEIGHTS if it is set, otherwise
 * the published weights if they are installed, otherwise the project's own, which are less accurate but always
 * installed (lightpose_system_get reports which). The file is mapped and must not change while the model lives. Errors:
 * ARGUMENT, MEMORY, FILE, WEIGHTS (names the tensor, or both checksums of a damaged file). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_model_create(lightpose_model **model, const char *path,
                                                                          lightpose_error *error);

/* Loads weights from `size` bytes in memory, which are copied. Errors: ARGUMENT, MEMORY, WEIGHTS. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_model_create_from_memory(lightpose_model **model,
                                                                                      const void *data, size_t size,
                                                                                      lightpose_error *error);

/* Increments the reference count and returns `model`. `destroy` decrements it and frees the model with the last
 * reference. Contexts and calibrators hold a reference of their own, so a model may be destroyed before them. */
LIGHTPOSE_API lightpose_model *lightpose_model_retain(lightpose_model *model);
LIGHTPOSE_API void lightpose_model_destroy(lightpose_model **model);

typedef struct lightpose_model_info {
    const char
        *variant;       /* "human-pose-estimation-0001" or "lightweight-openpose-pytorch"; lives as long as the model */
    const char *source; /* where the weights came from, according to the file; "" if it has no entry */
    const char *licence;  /* likewise */
    const char *accuracy; /* likewise: "AP 11 at height 256, 15 at 368" */
    const char *checksum; /* "crc32:" and eight digits, checked on loading; "" if the file has none */
    const char *dtype;    /* element type of the stored convolution weights: "F32", "F16", "BF16" or "I8" */
    int has_int8_ranges;  /* 1 if int8 is possible */
    int64_t parameters;   /* number of values in all tensors */
    int reserved[6];
} lightpose_model_info;

LIGHTPOSE_API void lightpose_model_get_info(const lightpose_model *model, lightpose_model_info *info);

/* ---- Results ----------------------------------------------------------------------------------------------------- */

/* The keypoints, in the network's order. Left and right are the person's own. */
typedef enum lightpose_keypoint_index {
    LIGHTPOSE_NOSE = 0,
    LIGHTPOSE_NECK = 1,
    LIGHTPOSE_RIGHT_SHOULDER = 2,
    LIGHTPOSE_RIGHT_ELBOW = 3,
    LIGHTPOSE_RIGHT_WRIST = 4,
    LIGHTPOSE_LEFT_SHOULDER = 5,
    LIGHTPOSE_LEFT_ELBOW = 6,
    LIGHTPOSE_LEFT_WRIST = 7,
    LIGHTPOSE_RIGHT_HIP = 8,
    LIGHTPOSE_RIGHT_KNEE = 9,
    LIGHTPOSE_RIGHT_ANKLE = 10,
    LIGHTPOSE_LEFT_HIP = 11,
    LIGHTPOSE_LEFT_KNEE = 12,
    LIGHTPOSE_LEFT_ANKLE = 13,
    LIGHTPOSE_RIGHT_EYE = 14,
    LIGHTPOSE_LEFT_EYE = 15,
    LIGHTPOSE_RIGHT_EAR = 16,
    LIGHTPOSE_LEFT_EAR = 17
} lightpose_keypoint_index;

#define LIGHTPOSE_KEYPOINTS 18
#define LIGHTPOSE_HEATMAPS  19 /* one per keypoint, and the background */
#define LIGHTPOSE_LIMBS     19 /* connections between keypoints, each with a part affinity field of two maps */
#define LIGHTPOSE_PAFS      38

/* "nose", "neck", "right_shoulder", …; NULL for an index outside 0 to 17. */
LIGHTPOSE_API const char *lightpose_keypoint_get_name(int keypoint);

/* The two keypoints that limb 0 to 18 joins. Limbs 17 and 18 (shoulder to ear) only help and are not drawn.
 * ARGUMENT for any other limb. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_limb_get_keypoints(int limb, int *from, int *to);

typedef enum lightpose_keypoint_state {
    LIGHTPOSE_MISSING = 0,
    LIGHTPOSE_DETECTED = 1,
    LIGHTPOSE_COMPLETED = 2 /* no peak was found: estimated from the body prior, with a low score */
} lightpose_keypoint_state;

/* With the decoder `refined`, inference rounds positions to 1/16 of a pixel and the scores of keypoints to 1/256, so
 * that results can be stored in little space without loss (docs/blocks.md). */
#define LIGHTPOSE_POSITION_STEPS 16.0f
#define LIGHTPOSE_SCORE_STEPS    256.0f

typedef struct lightpose_keypoint {
    float x, y;  /* image pixels; 0 where missing */
    float score; /* 0 to about 1: the heatmap's value there */
    lightpose_keypoint_state state;
} lightpose_keypoint;

typedef struct lightpose_box {
    float x, y, width, height;
} lightpose_box;

typedef struct lightpose_pose {
    lightpose_keypoint keypoints[LIGHTPOSE_KEYPOINTS];
    float score;        /* 0 to 1: mean of the scores of its keypoints and limbs */
    float rank;         /* the sort key, and the score of COCO results; comparable across images */
    lightpose_box box;  /* around the detected keypoints */
    int keypoint_count; /* detected keypoints */
    int64_t id;         /* -1, or the id that a tracker assigned */
    int reserved[8];
} lightpose_pose;

/* The poses of one image, in order of rank. Reusing one result for every frame allocates nothing after warm-up.
 * Thread-safety: one thread at a time. */
typedef struct lightpose_result lightpose_result;

/* Errors: ARGUMENT, MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_result_create(lightpose_result **result,
                                                                           lightpose_error *error);
LIGHTPOSE_API void lightpose_result_destroy(lightpose_result **result);

/* Zero people is a success with count 0. A NULL result counts 0. */
LIGHTPOSE_API int lightpose_result_get_count(const lightpose_result *result);

/* Valid until the result is next written or destroyed; NULL for an index out of range. */
LIGHTPOSE_API const lightpose_pose *lightpose_result_get_pose(const lightpose_result *result, int index);

/* Replaces the contents with `count` poses, which may lie in the result itself: to select people, to move them, or to
 * draw the caller's own poses. Errors: ARGUMENT, MEMORY; the result is then empty. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_result_assign(lightpose_result *result,
                                                                           const lightpose_pose *poses, int count,
                                                                           lightpose_error *error);

/* ---- Inference --------------------------------------------------------------------------------------------------- */

/* One worker: its network plans, buffers and timers. Thread-safety: one thread at a time; it may move between threads.
 * Two ways to use the cores: one context with n threads has the lowest latency; n contexts with one thread each,
 * sharing a model, process the most frames per second. */
typedef struct lightpose_context lightpose_context;

/* NULL `settings` mean the defaults. A NULL `model` makes a context that can only decode (lightpose_context_decode).
 * Errors: ARGUMENT (names the setting), LIMIT (a height above max_net_height), MEMORY, UNSUPPORTED (precision), ENGINE.
 */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_create(lightpose_context **context,
                                                                            lightpose_model *model,
                                                                            const lightpose_settings *settings,
                                                                            lightpose_error *error);
LIGHTPOSE_API void lightpose_context_destroy(lightpose_context **context);

/* Prepares the context for images of this size, so that the first frame is as fast as the rest. Optional.
 * Errors: ARGUMENT, IMAGE, LIMIT, MEMORY, STATE (no model), ENGINE. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_prepare(lightpose_context *context, int width,
                                                                             int height, lightpose_error *error);

/* Finds the people in `image` and replaces the contents of `result`.
 * Errors: ARGUMENT, IMAGE, LIMIT, MEMORY, STATE (no model), ENGINE. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_infer(lightpose_context *context,
                                                                           const lightpose_image *image,
                                                                           lightpose_result *result,
                                                                           lightpose_error *error);

/* For a context that follows people (settings.follow): the next frame is the first of another video. */
LIGHTPOSE_API void lightpose_context_restart(lightpose_context *context);

/* Heatmaps and part affinity fields: planar float32, channel after channel, each `height` rows of `width`.
 * A cell is 8 x 8 network pixels. Network pixels map to the image by image = (network - pad) / scale. */
typedef struct lightpose_maps {
    int width, height;     /* cells; 1 to 4096 each */
    const float *heatmaps; /* LIGHTPOSE_HEATMAPS maps: 18 keypoints, background */
    const float *pafs;     /* LIGHTPOSE_PAFS maps, in the network's channel order */
    float scale;           /* 0 means 1 */
    float pad_x, pad_y;    /* network pixels left of and above the image */
    float pixel_aspect;    /* of the image; 0 means 1. Horizontally: image = (network - pad) / (scale * pixel_aspect) */
    int reserved[4];
} lightpose_maps;

/* The raw maps of the last frame, read-only, valid until the next call on the context.
 * Errors: ARGUMENT, MEMORY, STATE (before the first frame). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_get_maps(lightpose_context *context,
                                                                              lightpose_maps *maps,
                                                                              lightpose_error *error);

/* Runs the decoder alone, on the caller's own maps. Positions and scores are not rounded to steps.
 * Errors: ARGUMENT, LIMIT (more than 4096 cells a side), NOT_FINITE (names map and cell), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_decode(lightpose_context *context,
                                                                            const lightpose_maps *maps,
                                                                            lightpose_result *result,
                                                                            lightpose_error *error);

/* Counters, times of the last frame, and resolved settings. */
typedef struct lightpose_stats {
    int64_t frames;                /* frames inferred or decoded since the context was opened */
    int64_t preprocess_ns;         /* of the last frame */
    int64_t network_ns;            /* likewise */
    int64_t average_ns;            /* averaging the maps of several runs; 0 with one */
    int64_t peaks_ns;              /* upsampling and peaks */
    int64_t group_ns;              /* limbs and grouping */
    int64_t total_ns;              /* the whole call */
    int net_width, net_height;     /* network input of the last frame, padding included */
    int threads;                   /* the resolved number of threads */
    lightpose_precision precision; /* the resolved precision: never `auto` */
    lightpose_decoder decoder;     /* the resolved decoder: never `default` */
    int crops;                     /* parts of the last frame that were looked at again */
    int reserved[7];
} lightpose_stats;

LIGHTPOSE_API void lightpose_context_get_stats(const lightpose_context *context, lightpose_stats *stats);

/* ---- Ranges for int8 --------------------------------------------------------------------------------------------- */

/* int8 stores activations in bytes, so the weights file must carry their ranges: its activation_ranges
 * (weights/README.md). For weights without them, a calibrator runs the network in f32 over typical images, a few dozen
 * or more, and computes the ranges. The images need not show people. `lightpose quantize` does this and writes the
 * weights file. */

/* How the ranges follow from the values; values beyond a range are clamped to it. */
typedef enum lightpose_calibration {
    LIGHTPOSE_CALIBRATION_DEFAULT = 0,    /* the most accurate: see weights/README.md */
    LIGHTPOSE_CALIBRATION_MINMAX = 1,     /* all values */
    LIGHTPOSE_CALIBRATION_PERCENTILE = 2, /* a percentage of them */
    LIGHTPOSE_CALIBRATION_MSE = 3         /* the least squared error; errors of clamped values count 16 times */
} lightpose_calibration;

/* Thread-safety: one thread at a time. */
typedef struct lightpose_calibrator lightpose_calibrator;

/* NULL `settings` mean the defaults. Heights, flip, threads and limits are used; the precision is always f32.
 * Errors: ARGUMENT (names the setting), LIMIT, MEMORY, ENGINE. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_calibrator_create(lightpose_calibrator **calibrator,
                                                                               lightpose_model *model,
                                                                               const lightpose_settings *settings,
                                                                               lightpose_error *error);
LIGHTPOSE_API void lightpose_calibrator_destroy(lightpose_calibrator **calibrator);

/* Runs the network on `image` and adds its activations to the histograms.
 * Errors: ARGUMENT, IMAGE, LIMIT, MEMORY, ENGINE, WEIGHTS (values that are not finite; names the tensor). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_calibrator_add(lightpose_calibrator *calibrator,
                                                                            const lightpose_image *image,
                                                                            lightpose_error *error);

/* The ranges for the images added so far, as the text of the file's activation_ranges. The calibrator owns the text,
 * which is valid until the next call on it. `share` is PERCENTILE's percentage, above 50 and at most 100; 0 means its
 * default. Errors: ARGUMENT, MEMORY, STATE (no image was added). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_calibrator_get_ranges(lightpose_calibrator *calibrator,
                                                                                   lightpose_calibration method,
                                                                                   double share, const char **text,
                                                                                   lightpose_error *error);

/* ---- Tracking ---------------------------------------------------------------------------------------------------- */

/* Assigns persistent ids and smooths keypoints over time. A tracker sees poses only, no pixels. One tracker per stream:
 *
 *     lightpose_context_infer(context, &image, result, &error);
 *     lightpose_tracker_update(tracker, time_of_the_frame, result, &error);
 *
 * The default assignment predicts where each tracked person's keypoints are, compares them with the frame's poses by
 * object keypoint similarity (COCO's, weighted by score and widened by the time since the person was last seen), and
 * assigns ids so that the sum of similarities is the largest possible. A person who is not seen is remembered for
 * `keep_seconds`: through missed frames, occlusions and crossings. A new person gets an id after `confirm_frames`
 * consecutive frames, so that false detections get none. Until then, and for a second pose of a person who has one
 * already, the id is -1. In a tracker's first frame every pose gets an id at once.
 *
 * `reference` assigns ids as the published demo does. In descending order of score sum, each pose takes the id of the
 * pose in the previous frame with the most similar keypoints (at least 3), otherwise a new id. A person missed for one
 * frame gets a new id.
 *
 * Only detected keypoints are compared and smoothed; completed ones stay as they are.
 *
 * Ids count from 0 and are never reused. Only the first 256 poses of a result get one.
 *
 * The same times and poses give the same ids and positions on any machine and with any number of threads. */

typedef enum lightpose_assignment {
    LIGHTPOSE_ASSIGNMENT_DEFAULT = 0,
    LIGHTPOSE_ASSIGNMENT_REFERENCE = 1
} lightpose_assignment;

/* The order of poses in a tracked result. */
typedef enum lightpose_order {
    LIGHTPOSE_ORDER_RANK = 0, /* unchanged; with expect_people the order in which people first appeared */
    LIGHTPOSE_ORDER_X = 1     /* left to right, by the middle of their keypoints */
} lightpose_order;

typedef struct lightpose_tracker_settings {
    lightpose_assignment assignment;
    float keep_seconds;   /* 1.5: how long an unseen person is remembered; 0 to 3600; at least for one frame */
    float min_similarity; /* 0.1: a less similar pose is another person; 0 to 1 */
    int confirm_frames;   /* 2: consecutive frames before a new person gets an id; 1 to 100 */
    lightpose_order order;

    /* Fixed slots for a known number of people, 1 to 64, as in a conversation or a panel; 0 (default): off. The result
     * then holds exactly that many poses after every update, pose i with id i. The pose of an unseen person has no
     * keypoints: all MISSING, score, rank and box 0. Further poses count as false detections and are removed. With
     * order `x` the slots are numbered from left to right. This order becomes final once all are seen together in
     * `confirm_frames` consecutive frames; until then the people in sight hold the first slots. People keep their slot
     * when they cross. A person who was lost takes the free slot whose usual place is nearest, unless a taken slot's
     * place is nearer. Needs the default assignment. */
    int expect_people;

    /* One-Euro filter, for each keypoint's x and y, with the true time between frames. A position at rest is low-passed
     * at `smooth_min_cutoff`; the cutoff rises by `smooth_beta` Hz per pixel a second, so a steady motion lags by at
     * most 1 / (2 pi smooth_beta) pixels (3.2), however fast it is. A missing keypoint stays missing; if it returns
     * after more than a quarter of a second, its filter restarts. The box is that of the smoothed keypoints. */
    int smooth;                     /* 1: on */
    float smooth_min_cutoff;        /* 1 Hz; above 0, to 1000 */
    float smooth_beta;              /* 0.05 Hz per pixel a second; 0 to 1000 */
    float smooth_derivative_cutoff; /* 1 Hz, for the speed estimate; above 0, to 1000 */

    int reserved[16];
} lightpose_tracker_settings;

/* Fills `settings` with the defaults listed above. */
LIGHTPOSE_API void lightpose_tracker_settings_init(lightpose_tracker_settings *settings);

/* The people of one stream. Thread-safety: one thread at a time; it may move between threads. */
typedef struct lightpose_tracker lightpose_tracker;

/* NULL `settings` mean the defaults. Errors: ARGUMENT (names the setting), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_tracker_create(lightpose_tracker **tracker,
                                                                            const lightpose_tracker_settings *settings,
                                                                            lightpose_error *error);
LIGHTPOSE_API void lightpose_tracker_destroy(lightpose_tracker **tracker);

/* Forgets everyone, as for a cut to another scene. Ids keep counting; slots are free again. A NULL is ignored. */
LIGHTPOSE_API void lightpose_tracker_reset(lightpose_tracker *tracker);

/* Takes the next frame's poses and changes them in place: ids, smoothed keypoints, boxes and, depending on the
 * settings, their order and number. Call it once for every frame, in order, also for frames without people.
 *
 * `time_seconds` is the frame's time of presentation or capture, from any origin; frames may be unevenly spaced. A time
 * that repeats, or goes back by less than a second, as in damaged streams, counts as one step of the last step's length
 * (1/30 s at first). A time that goes back by more means a restarted stream: everyone is forgotten, slots stay, ids
 * keep counting. Reset the tracker at a cut to another scene.
 *
 * Allocates only for frames larger than any before. On failure the result is empty and the tracker unchanged.
 * Errors: ARGUMENT (a NULL, or a time that is not finite), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_tracker_update(lightpose_tracker *tracker,
                                                                            double time_seconds,
                                                                            lightpose_result *result,
                                                                            lightpose_error *error);

/* Saves the tracker's state as bytes, to continue later, also in another process. Writes them to `bytes` if `capacity`
 * holds all of them, otherwise nothing. Returns their number in any case (0 for a NULL tracker): about 2 KB, and 2 KB
 * for each remembered person. */
LIGHTPOSE_API size_t lightpose_tracker_save(const lightpose_tracker *tracker, void *bytes, size_t capacity);

/* Creates a tracker from saved bytes: it continues exactly where the saved one was, with its settings. Only the same
 * build of the library reads them. Errors: ARGUMENT (a NULL; bytes that are damaged, of another build or not of a
 * tracker), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_tracker_restore(lightpose_tracker **tracker,
                                                                             const void *bytes, size_t size,
                                                                             lightpose_error *error);

/* ---- Holding a latency ------------------------------------------------------------------------------------------- */

/* Chooses settings that keep the latency of frames within a target, whatever else the machine does. Level 0 has the
 * caller's settings, and each further level is cheaper: first no averaging and no tiles, then a shorter second look,
 * then no second look, then smaller heights in steps of about an eighth down to 112, and last only one stage.
 *
 *     for each level: create a context with its settings, and prepare it
 *     level = 0
 *     for each frame: infer with the context of `level`;
 *         level = lightpose_governor_update(governor, time, latency)
 *
 * If two of the last five frames are late, the governor steps down at once, by as many levels as their lateness
 * requires. After each 2 s without a step, it steps up by one level if all frames of that time except one would have
 * been in time there. A step up that proves wrong doubles this time, up to 64 s. The governor has no clock and no
 * threads: the same calls give the same levels. Thread-safety: one thread at a time. */
typedef struct lightpose_governor lightpose_governor;

/* `target_seconds` is 0.001 to 60. NULL `settings` mean the defaults. Errors: ARGUMENT (names the setting), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_governor_create(lightpose_governor **governor,
                                                                             const lightpose_settings *settings,
                                                                             double target_seconds,
                                                                             lightpose_error *error);
LIGHTPOSE_API void lightpose_governor_destroy(lightpose_governor **governor);

/* The number of levels, at least 1; 0 for NULL. */
LIGHTPOSE_API int lightpose_governor_get_count(const lightpose_governor *governor);

/* The settings of a level. Errors: ARGUMENT. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_governor_get_settings(const lightpose_governor *governor,
                                                                                   int level,
                                                                                   lightpose_settings *settings,
                                                                                   lightpose_error *error);

/* Reports a finished frame and returns the level for the next one. `time_seconds` is when it finished, by any clock
 * that is never set back; `latency_seconds` is the time since it arrived. Do not report frames that prepared a context.
 * A time that is not finite, a negative latency and a NULL change nothing. */
LIGHTPOSE_API int lightpose_governor_update(lightpose_governor *governor, double time_seconds, double latency_seconds);

/* ---- Drawing ----------------------------------------------------------------------------------------------------- */

/* The caller's pixels to draw on: BGR24, RGB24, BGRA or RGBA. */
typedef struct lightpose_canvas {
    uint8_t *pixels;
    ptrdiff_t stride;
    int width, height;
    lightpose_format format;
    int reserved[4];
} lightpose_canvas;

typedef struct lightpose_draw_settings {
    int boxes;     /* 1: a box around each person; default 0 */
    int scores;    /* 1: its score, and its id if it has one; default 0 */
    int completed; /* 1: completed keypoints too, fainter; default 0 */
    float opacity; /* 0 to 1, of limbs and boxes; default 0.8 */
    int reserved[8];
} lightpose_draw_settings;

LIGHTPOSE_API void lightpose_draw_settings_init(lightpose_draw_settings *settings);

/* Draws limbs, one colour per limb, keypoints and, on request, boxes and scores, sized for the picture and the person.
 * Drawing is clipped to the canvas; an alpha channel is unchanged. NULL `settings` mean the defaults. Errors: ARGUMENT,
 * IMAGE, MEMORY, UNSUPPORTED (the library was built without drawing), ENGINE; after MEMORY and ENGINE a part may be
 * drawn. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_canvas_draw(const lightpose_canvas *canvas,
                                                                         const lightpose_result *result,
                                                                         const lightpose_draw_settings *settings,
                                                                         lightpose_error *error);

#ifdef __cplusplus
}
#endif

#endif
