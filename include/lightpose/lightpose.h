/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* liblightpose: every person in an image, and the 18 keypoints of each, in real time on a CPU.
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
 * Rules that hold everywhere, said once:
 *
 * - Errors. A function that can fail returns a lightpose_status and takes a `lightpose_error *`, which may be NULL.
 *   It is filled on failure and untouched on success; the first failure wins, so one error object, zeroed once, can
 *   serve a chain of calls. The library never prints, aborts or exits. After a failure every output is empty: the
 *   handle is NULL, the result holds no pose.
 * - Ownership. Who creates a handle closes it. Every close, destroy and release takes the address of the handle, sets
 *   it to NULL, and accepts a NULL handle. Settings, images, maps and paths need to live only during the call.
 * - Threads. A model may be used by any number of threads at once. A context, result or tracker is used by one thread
 *   at a time and may move between threads.
 *   Results do not depend on the number of threads. A context of several threads opens one OpenMP region per frame; no
 *   environment variable is needed. Contexts of one thread, one for each CPU, give the most frames a second.
 * - Fork. In a child that a process forks after one of its contexts has used several threads, contexts work on the
 *   calling thread alone: OpenMP's threads do not survive a fork.
 * - Coordinates. Continuous image coordinates in pixels: the image's top-left corner is (0, 0), the centre of its first
 *   pixel (0.5, 0.5). They may lie slightly outside the image. The decoder `reference` reports the published
 *   formula instead, which lacks the half pixel.
 * - Growth. Structures end in reserved fields; leave them zero (lightpose_settings_init and `= {0}` do).
 */

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

/* The values are pinned: they never change meaning. */
typedef enum lightpose_status {
    LIGHTPOSE_OK = 0,
    LIGHTPOSE_ERROR_ARGUMENT = 1,    /* a NULL pointer, or a setting outside its range */
    LIGHTPOSE_ERROR_MEMORY = 2,      /* an allocation failed */
    LIGHTPOSE_ERROR_FILE = 3,        /* a file is missing or cannot be read */
    LIGHTPOSE_ERROR_WEIGHTS = 4,     /* the weights file is damaged, or not one of ours */
    LIGHTPOSE_ERROR_IMAGE = 5,       /* an image view with a size, stride or format that cannot be */
    LIGHTPOSE_ERROR_LIMIT = 6,       /* larger than a limit in the settings */
    LIGHTPOSE_ERROR_UNSUPPORTED = 7, /* this CPU or these weights lack what was asked for */
    LIGHTPOSE_ERROR_NOT_FINITE = 8,  /* NaN or infinity in the caller's maps */
    LIGHTPOSE_ERROR_STATE = 9,       /* a call out of order: maps before a frame, inference without a model */
    LIGHTPOSE_ERROR_ENGINE = 10      /* oneDNN or OpenCV reported a failure */
} lightpose_status;

/* "ok", "argument", "memory", …: a short name, never NULL, "unknown" for any other value. */
LIGHTPOSE_API const char *lightpose_status_get_name(lightpose_status status);

/* What went wrong, in a sentence that names the thing, its value and the limit. Zero it before the first use. */
typedef struct lightpose_error {
    lightpose_status status;
    char text[508];
} lightpose_error;

/* What the library runs on, for reports. */
typedef struct lightpose_system {
    const char *cpu;             /* what this CPU offers that matters here, less what ONEDNN_MAX_CPU_ISA forbids */
    const char *engine;          /* "oneDNN 2.6.3" */
    const char *drawing;         /* "OpenCV 4.6.0" */
    const char *default_weights; /* the file that lightpose_model_create takes for NULL, whether it exists or not */
    int threads;                 /* what settings.threads 0 comes to: the smaller of the next two */
    int cpus;                    /* that this process may use, by its affinity mask */
    int quota;                   /* CPUs that its cgroup allows, rounded up; 0: no limit */
    int reserved[8];
} lightpose_system;

/* The strings live as long as the program. */
LIGHTPOSE_API void lightpose_system_get(lightpose_system *system);

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

typedef enum lightpose_precision {
    LIGHTPOSE_PRECISION_AUTO = 0, /* int8 where the weights carry ranges, else bf16 where native to the CPU, else f32 */
    LIGHTPOSE_PRECISION_F32 = 1,  /* the reference */
    LIGHTPOSE_PRECISION_BF16 = 2, /* needs a CPU with AVX-512 BF16 or AMX */
    LIGHTPOSE_PRECISION_INT8 = 3  /* needs weights with activation ranges */
} lightpose_precision;

typedef enum lightpose_decoder {
    LIGHTPOSE_DECODER_DEFAULT = 0,
    LIGHTPOSE_DECODER_REFERENCE = 1, /* equal to the published PyTorch code, peak for peak and person for person */
    LIGHTPOSE_DECODER_REFINED = 2    /* the default: more accurate on the same maps */
} lightpose_decoder;

typedef struct lightpose_settings {
    /* Network. The image is scaled to `height`, its width follows from its aspect ratio; both are padded to multiples
     * of 8, and the width to at least the height. More height finds smaller people and takes more time. */
    int height;                    /* 1 to max_net_height; default 256 */
    int threads;                   /* 0 (default): the CPUs this process may use, held to its cgroup quota */
    lightpose_precision precision; /* default auto */
    int stages;                    /* 2 (default): initial and refinement stage; 1: the initial stage alone */

    /* Accuracy for time: the maps of several runs of the network are averaged before they are decoded. */
    int flip;             /* 1: also the mirrored image, twice the time; default 0 */
    int extra_heights[3]; /* further network heights beside `height`; 0 (default): none */

    /* Decoder. Lengths are in cells of the upsampled map (at upsample 4 a cell is 2 network pixels). */
    lightpose_decoder decoder;
    int upsample;         /* 1, 2, 4 (default) or 8 */
    float peak_threshold; /* 0.1: heatmap values below it are no peaks */
    float peak_radius;    /* 6: a peak removes later peaks closer than this */
    int limb_samples;     /* 10: points at which the part affinity field is read along a limb; 2 to 32 */
    float limb_threshold; /* a point supports the limb when the field along it is above this; -1 (default): refined
                             0.1, reference 0.05 */
    float limb_ratio;     /* 0.8: more than this share of the points must support the limb */
    int min_keypoints;    /* persons of fewer keypoints are dropped; 0 (default): refined 2, reference 3 */
    float min_score;      /* persons of a smaller score are dropped; -1 (default): refined 0.1, reference 0.2. refined:
                             mean keypoint score x mean limb score x sqrt(keypoints); reference: sum of keypoint and
                             limb scores / keypoints */
    int complete;         /* 1 (default): refined guesses missing keypoints (LIGHTPOSE_COMPLETED); 0: it does not */
    int max_people;       /* 0 (default): all; else the best n by rank */

    /* Limits. Larger inputs are refused with LIGHTPOSE_ERROR_LIMIT before anything is allocated. */
    int max_image_side;       /* 32768 */
    int64_t max_image_pixels; /* 2^28 */
    int max_net_height;       /* 2048 */
    int max_net_width;        /* 4096 */

    int reserved[16];
} lightpose_settings;

/* Fills `settings` with the defaults named above. */
LIGHTPOSE_API void lightpose_settings_init(lightpose_settings *settings);

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

/* How YUV formats encode colour. Ignored for the others. The range also tells where samples of chroma lie, between
 * which colour is interpolated: halfway between two rows, and in limited range on the left one of two columns, as in
 * MPEG-2 and H.264; in full range halfway between the columns, too, as in JPEG. */
typedef enum lightpose_matrix { LIGHTPOSE_BT601 = 0, LIGHTPOSE_BT709 = 1 } lightpose_matrix;
typedef enum lightpose_range { LIGHTPOSE_RANGE_LIMITED = 0, LIGHTPOSE_RANGE_FULL = 1 } lightpose_range;

/* A view of the caller's pixels; nothing is copied or kept. A stride is the distance in bytes from a row to the next;
 * its magnitude is at least the bytes of a row, and it may be negative for pictures stored bottom row first (the plane
 * pointer then points at the top row). Unused planes are ignored. A region of interest is a view that starts inside. */
typedef struct lightpose_image {
    const uint8_t *planes[3];
    ptrdiff_t strides[3];
    int width, height;
    lightpose_format format;
    lightpose_matrix matrix;
    lightpose_range range;
    int reserved[3];
} lightpose_image;

/* ---- Model ------------------------------------------------------------------------------------------------------- */

/* Weights, immutable and shared. Thread-safety: safe. */
typedef struct lightpose_model lightpose_model;

/* Loads a weights file (safetensors, weights/README.md). `path` NULL means $LIGHTPOSE_WEIGHTS where set, else the
 * published weights where they are installed, else the project's own, which are less accurate but always installed
 * (lightpose_system_get tells which). The file is mapped, and must not be changed while the model lives.
 * Errors: ARGUMENT, MEMORY, FILE, WEIGHTS (names the tensor). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_model_create(lightpose_model **model, const char *path,
                                                                          lightpose_error *error);

/* The same from `size` bytes in memory, which are copied. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_model_create_from_memory(lightpose_model **model,
                                                                                      const void *data, size_t size,
                                                                                      lightpose_error *error);

/* A further owner of the model; returns its argument. Each owner releases once; contexts retain what they use. */
LIGHTPOSE_API lightpose_model *lightpose_model_retain(lightpose_model *model);
LIGHTPOSE_API void lightpose_model_destroy(lightpose_model **model);

typedef struct lightpose_model_info {
    const char
        *variant;       /* "human-pose-estimation-0001" or "lightweight-openpose-pytorch"; lives as long as the model */
    const char *source; /* where the weights came from, as the file says; "" where it says nothing */
    const char *licence;  /* likewise */
    const char *accuracy; /* likewise: "AP 11 at height 256, 15 at 368" */
    const char *dtype;    /* element type of the stored convolution weights: "F32", "F16", "BF16" or "I8" */
    int has_int8_ranges;  /* 1 where int8 is possible */
    int64_t parameters;   /* numbers in all tensors */
    int reserved[8];
} lightpose_model_info;

LIGHTPOSE_API void lightpose_model_get_info(const lightpose_model *model, lightpose_model_info *info);

/* ---- Results ----------------------------------------------------------------------------------------------------- */

#define LIGHTPOSE_KEYPOINTS 18 /* the network's keypoints, in its order: nose, neck, right arm, left arm, … */
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
    LIGHTPOSE_COMPLETED = 2 /* a guess, with a low score, where no peak joined the person */
} lightpose_keypoint_state;

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
    float rank;         /* what orders poses, and what COCO results carry; comparable across images */
    lightpose_box box;  /* around the detected keypoints */
    int keypoint_count; /* detected keypoints */
    int64_t id;         /* -1, or what a tracker gave it */
    int reserved[8];
} lightpose_pose;

/* The poses of one image, in order of rank. Reusing one result for every frame allocates nothing after warm-up.
 * Thread-safety: one thread at a time. */
typedef struct lightpose_result lightpose_result;

LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_result_create(lightpose_result **result,
                                                                           lightpose_error *error);
LIGHTPOSE_API void lightpose_result_destroy(lightpose_result **result);

/* Zero people is a success with count 0. A NULL result counts 0. */
LIGHTPOSE_API int lightpose_result_get_count(const lightpose_result *result);

/* Valid until the result is next written or destroyed; NULL for an index out of range. */
LIGHTPOSE_API const lightpose_pose *lightpose_result_get_pose(const lightpose_result *result, int index);

/* Replaces the contents by `count` poses, which may lie in the result itself: to select people, to move them, to draw
 * poses of one's own. Errors: ARGUMENT, MEMORY; the result is empty then. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_result_assign(lightpose_result *result,
                                                                           const lightpose_pose *poses, int count,
                                                                           lightpose_error *error);

/* ---- Inference --------------------------------------------------------------------------------------------------- */

/* One worker: its plan of the network per input size, buffers and timers. Thread-safety: one thread at a time; it may
 * move between threads. Two ways to use the cores: one context with n threads has the least latency; n contexts
 * with one thread each, sharing a model, have the most frames per second. */
typedef struct lightpose_context lightpose_context;

/* `settings` NULL means the defaults. `model` NULL opens a context that can only decode (lightpose_context_decode).
 * Errors: ARGUMENT (names the setting), MEMORY, UNSUPPORTED (precision), ENGINE. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_create(lightpose_context **context,
                                                                            lightpose_model *model,
                                                                            const lightpose_settings *settings,
                                                                            lightpose_error *error);
LIGHTPOSE_API void lightpose_context_destroy(lightpose_context **context);

/* Builds all that images of this size need, so that the first frame is as fast as the rest. Never required.
 * Errors: IMAGE, LIMIT, MEMORY, STATE (no model), ENGINE. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_prepare(lightpose_context *context, int width,
                                                                             int height, lightpose_error *error);

/* The whole path: finds the people of `image` and replaces the contents of `result`.
 * Errors: ARGUMENT, IMAGE, LIMIT, MEMORY, STATE (no model), ENGINE. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_infer(lightpose_context *context,
                                                                           const lightpose_image *image,
                                                                           lightpose_result *result,
                                                                           lightpose_error *error);

/* Heatmaps and part affinity fields: planar float32, channel after channel, each `height` rows of `width`.
 * A cell is 8 x 8 network pixels. The transform takes network pixels to the image: image = (network - pad) / scale. */
typedef struct lightpose_maps {
    int width, height;     /* cells; 1 to 4096 each */
    const float *heatmaps; /* LIGHTPOSE_HEATMAPS maps: 18 keypoints, background */
    const float *pafs;     /* LIGHTPOSE_PAFS maps, in the network's channel order */
    float scale;           /* 0 means 1 */
    float pad_x, pad_y;    /* network pixels left of and above the image */
    int reserved[5];
} lightpose_maps;

/* The raw maps of the last frame, read-only, valid until the next call on the context. STATE before the first frame. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_get_maps(lightpose_context *context,
                                                                              lightpose_maps *maps,
                                                                              lightpose_error *error);

/* The decoder alone, on the caller's own maps. Errors: ARGUMENT, NOT_FINITE (names map and cell), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_context_decode(lightpose_context *context,
                                                                            const lightpose_maps *maps,
                                                                            lightpose_result *result,
                                                                            lightpose_error *error);

/* What the context does, and what its last frame took. */
typedef struct lightpose_stats {
    int64_t frames;                /* frames inferred or decoded since the context was opened */
    int64_t preprocess_ns;         /* of the last frame */
    int64_t network_ns;            /* "" */
    int64_t average_ns;            /* averaging the maps of several runs; 0 with one */
    int64_t peaks_ns;              /* upsampling and peaks */
    int64_t group_ns;              /* limbs and grouping */
    int64_t total_ns;              /* the whole call */
    int net_width, net_height;     /* network input of the last frame, padding included */
    int threads;                   /* what `threads` came to */
    lightpose_precision precision; /* what `auto` came to */
    lightpose_decoder decoder;     /* what `default` came to */
    int reserved[8];
} lightpose_stats;

LIGHTPOSE_API void lightpose_context_get_stats(const lightpose_context *context, lightpose_stats *stats);

/* ---- Ranges for int8 --------------------------------------------------------------------------------------------- */

/* int8 stores every inner value of the network in a byte, so the weights file must say how large they get: its
 * activation_ranges (weights/README.md). For weights that carry none, a calibrator runs the network in f32 over images
 * like those to come, a few dozen or more, and tells what it saw. People need not be in them. `lightpose quantize` does
 * this, and writes the weights file. */

/* What is kept of the values that were seen; those beyond are held to the ends of their range. */
typedef enum lightpose_calibration {
    LIGHTPOSE_CALIBRATION_DEFAULT = 0,    /* the one that measures best: see weights/README.md */
    LIGHTPOSE_CALIBRATION_MINMAX = 1,     /* all */
    LIGHTPOSE_CALIBRATION_PERCENTILE = 2, /* a share of them */
    LIGHTPOSE_CALIBRATION_MSE = 3         /* as many as give the least squared error, 16-fold where cut off */
} lightpose_calibration;

/* Thread-safety: one thread at a time. */
typedef struct lightpose_calibrator lightpose_calibrator;

/* `settings` NULL means the defaults. Heights, flip, threads, colours and limits count; the precision is f32 always.
 * Errors: ARGUMENT (names the setting), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_calibrator_create(lightpose_calibrator **calibrator,
                                                                               lightpose_model *model,
                                                                               const lightpose_settings *settings,
                                                                               lightpose_error *error);
LIGHTPOSE_API void lightpose_calibrator_destroy(lightpose_calibrator **calibrator);

/* Runs the network on `image` and counts its inner values.
 * Errors: ARGUMENT, IMAGE, LIMIT, MEMORY, ENGINE, WEIGHTS (values that are not finite; names the tensor). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_calibrator_add(lightpose_calibrator *calibrator,
                                                                            const lightpose_image *image,
                                                                            lightpose_error *error);

/* The ranges of what was added so far, as the text of the file's activation_ranges; it belongs to the calibrator and
 * lives until the next call on it. `share`, above 50 to 100, is of PERCENTILE, in percent; 0 means its default.
 * Errors: ARGUMENT, MEMORY, STATE (no image was added). */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_calibrator_get_ranges(lightpose_calibrator *calibrator,
                                                                                   lightpose_calibration method,
                                                                                   double share, const char **text,
                                                                                   lightpose_error *error);

/* ---- Tracking ---------------------------------------------------------------------------------------------------- */

/* Who is who from frame to frame, and keypoints that do not tremble: a tracker gives every pose of a stream the id of
 * its person and smooths the person's keypoints. It sees poses alone, no pixels. One tracker per stream:
 *
 *     lightpose_context_infer(context, &image, result, &error);
 *     lightpose_tracker_update(tracker, time_of_the_frame, result, &error);
 *
 * The default assignment remembers people. It predicts where each one's keypoints have moved to, compares them
 * with the frame's by object keypoint similarity (COCO's, weighted by score and widened by the time since the person
 * was last seen), and gives out ids so that the sum of similarities is the largest possible. A person is
 * remembered for `keep_seconds` unseen: through missed frames, behind others, across their paths. A stranger gets
 * an id when seen in `confirm_frames` frames in a row, so that ghosts get none; until then, and for a second pose
 * on a person who has one already, the id is -1. In a tracker's first frame all get one at once.
 *
 * `reference` is the published demo's: poses in descending order of their score sum each take the pose of the previous
 * frame with the most similar keypoints, at least 3, else a new id. A person missed for one frame gets a new id.
 *
 * Detected keypoints alone tell who is who and are smoothed; completed ones, guesses, stay as they are.
 *
 * Ids count from 0 and are never given again. At most 256 poses of a frame, the first of the result, get one.
 *
 * Same times and poses in, same ids and positions out, on any machine and with any number of threads. */

typedef enum lightpose_assignment {
    LIGHTPOSE_ASSIGNMENT_DEFAULT = 0,
    LIGHTPOSE_ASSIGNMENT_REFERENCE = 1
} lightpose_assignment;

/* The order of poses in a tracked result. */
typedef enum lightpose_order {
    LIGHTPOSE_ORDER_RANK = 0, /* as they came; with expect_people the order in which people first appeared */
    LIGHTPOSE_ORDER_X = 1     /* left to right, by the middle of their keypoints */
} lightpose_order;

typedef struct lightpose_tracker_settings {
    lightpose_assignment assignment;
    float keep_seconds; /* 1.5: how long a person is remembered unseen; 0 to 3600. Those of the last frame always are */
    float min_similarity; /* 0.1: a pose less similar is someone else; 0 to 1 */
    int confirm_frames;   /* 2: frames in a row before a stranger gets an id; 1 to 100 */
    lightpose_order order;

    /* 0 (default), or a known number of people, 1 to 64, on seats of their own: a conversation, a panel. The result
     * then holds exactly so many poses after every update, pose i with id i. A seat whose person is not seen holds a
     * pose without keypoints: all MISSING, score, rank and box 0. Poses beyond those of the seats are taken for ghosts
     * and removed. With order `x` seats are numbered from left to right; this settles, for the rest of the stream, once
     * all are seen together in `confirm_frames` frames in a row, and until then the people seen hold the first seats.
     * People keep their seat when they cross; one who was lost takes the free seat whose usual place is nearer
     * than every other seat's. Needs the default assignment. */
    int expect_people;

    /* One-Euro filter, per keypoint, x and y, with the true time between frames. A position that stands still is
     * low-passed at `smooth_min_cutoff`; the cutoff rises by `smooth_beta` Hz per pixel a second, so a steady motion
     * lags by at most 1 / (2 pi smooth_beta) pixels (3.2), however fast it is. A missing keypoint is never fed to it
     * nor made up; one that was missing for more than a quarter of a second starts afresh. The box follows. */
    int smooth;                     /* 1: on */
    float smooth_min_cutoff;        /* 1 Hz; above 0, to 1000 */
    float smooth_beta;              /* 0.05 Hz per pixel a second; 0 to 1000 */
    float smooth_derivative_cutoff; /* 1 Hz, of the speed that moves the cutoff; above 0, to 1000 */

    int reserved[16];
} lightpose_tracker_settings;

/* Fills `settings` with the defaults named above. */
LIGHTPOSE_API void lightpose_tracker_settings_init(lightpose_tracker_settings *settings);

/* The people of one stream. Thread-safety: one thread at a time; it may move between threads. */
typedef struct lightpose_tracker lightpose_tracker;

/* `settings` NULL means the defaults. Errors: ARGUMENT (names the setting), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_tracker_create(lightpose_tracker **tracker,
                                                                            const lightpose_tracker_settings *settings,
                                                                            lightpose_error *error);
LIGHTPOSE_API void lightpose_tracker_destroy(lightpose_tracker **tracker);

/* Takes the next frame's poses, each frame once and in order, frames without people too, and changes them in place:
 * ids, smoothed keypoints, boxes, and order and number where the settings say so.
 *
 * `time_seconds` is the frame's time of presentation or capture, from any origin; frames may be unevenly spaced. A
 * time that repeats, or goes back by less than a second, as damaged streams have it, counts as one step of the last
 * step's length (1/30 s at first). One that goes back by more is a stream begun again: everyone is forgotten,
 * seats stay, ids count on. At a cut to another scene open a new tracker.
 *
 * Allocates only where a frame needs more than any before it. On failure the result is empty and the tracker as it was.
 * Errors: ARGUMENT (a NULL, or a time that is not finite), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_tracker_update(lightpose_tracker *tracker,
                                                                            double time_seconds,
                                                                            lightpose_result *result,
                                                                            lightpose_error *error);

/* The tracker's memory as bytes, for going on later, in another process too. Writes them to `bytes` where `capacity`
 * has room for all, else nothing; returns how many they are in any case (0 for a NULL tracker). About 2 KB, and 2 KB
 * for each person remembered. */
LIGHTPOSE_API size_t lightpose_tracker_save(const lightpose_tracker *tracker, void *bytes, size_t capacity);

/* Opens a tracker that goes on as the one that was saved would have, with its settings. The bytes are read by the same
 * build of the library only. Errors: ARGUMENT (a NULL; bytes that no tracker saved, damaged ones, those of another
 * build), MEMORY. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_tracker_restore(lightpose_tracker **tracker,
                                                                             const void *bytes, size_t size,
                                                                             lightpose_error *error);

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
    int scores;    /* 1: its score, and its id where it has one; default 0 */
    int completed; /* 1: completed keypoints too, fainter; default 0 */
    float opacity; /* 0 to 1, of limbs and boxes; default 0.8 */
    int reserved[8];
} lightpose_draw_settings;

LIGHTPOSE_API void lightpose_draw_settings_init(lightpose_draw_settings *settings);

/* Draws limbs in one colour per limb, keypoints and, where asked for, boxes and scores, sized for the picture and the
 * person. What lies outside the picture is left out; an alpha channel stays as it is. `settings` NULL means the
 * defaults. Errors: ARGUMENT, IMAGE, MEMORY, ENGINE; after the last two, part may be drawn. */
LIGHTPOSE_API LIGHTPOSE_NODISCARD lightpose_status lightpose_canvas_draw(const lightpose_canvas *canvas,
                                                                         const lightpose_result *result,
                                                                         const lightpose_draw_settings *settings,
                                                                         lightpose_error *error);

#ifdef __cplusplus
}
#endif

#endif
