/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The outputs of a run: a table of writers, one per format, behind a few calls.
 *
 *     open -> begin(stream) -> frame, frame, … -> begin(next stream) -> frame … -> close   (or abort at any point)
 *     resume ------------------> frame, …
 *
 * A run may have several outputs open at once. Frames come in source order, each frame of the range exactly once,
 * including empty frames and those that could not be decoded.
 *
 * A file under its final name is complete. While it is written, and after a run that was interrupted, killed or failed,
 * it is NAME.partial (file.h), and NAME.partial.meta says which run wrote it and where another can continue (meta.h).
 * Formats with a file per frame write each file when its frame is done. */

#ifndef LP_TOOLS_OUTPUT_OUTPUT_H
#define LP_TOOLS_OUTPUT_OUTPUT_H

#include "output/file.h"

struct lp_text;

/* ---- What is written --------------------------------------------------------------------------------------------- */

typedef enum lp_stream_kind {
    LP_STREAM_IMAGES = 0, /* one picture, or all of a folder or list; every frame has a name */
    LP_STREAM_VIDEO = 1,
    LP_STREAM_CAMERA = 2 /* live: outputs are flushed after each frame */
} lp_stream_kind;

/* Where frames come from. All strings belong to the caller and live until the output is closed. */
typedef struct lp_output_stream {
    lp_stream_kind kind;
    const char *name;       /* for names of files: base name without extension; for a folder, its name */
    const char *source;     /* path or address as the user gave it */
    const char *folder;     /* its path inside a recursive folder, and inside -o DIR; else NULL */
    const char *reopen;     /* what FFmpeg opens again for the sound; NULL: the source can be read only once */
    int width, height;      /* of the pictures as they reach the network (rotated, cut out); 0: not yet known */
    double fps;             /* nominal frames per second; 0: unknown */
    int rate_num, rate_den; /* the same as a fraction, if the container has one; 0, 0: unknown */
    int number;             /* its position among the inputs of the run */
    const char *about;      /* the run that made its frames, if not that of lp_output_options.about; else NULL */
    uint64_t lineage;       /* a hash of this and all earlier inputs: the sources of the result so far */
} lp_output_stream;

typedef enum lp_frame_state {
    LP_FRAME_OK = 0,
    LP_FRAME_UNDECODABLE = 1, /* damaged; `reason` says what the decoder found */
    LP_FRAME_MISSING = 2      /* the source has no such frame: dropped by a live input, or the file ends before it */
} lp_frame_state;

typedef struct lp_output_frame {
    int64_t index;     /* from 0 in the source, including undecodable frames; for images the position in the list */
    double time;       /* presentation time in seconds; NAN: unknown */
    const char *name;  /* LP_STREAM_IMAGES: the picture's path as given. Else NULL */
    const char *stem;  /* LP_STREAM_IMAGES: the base name of its own files; NULL: that of `name` */
    int width, height; /* of this picture; 0 if it could not be decoded */
    lp_frame_state state;
    const char *reason;             /* of a state other than LP_FRAME_OK, or of a damaged frame; may be NULL */
    int damaged;                    /* LP_FRAME_OK, but it may show damage; `reason` says why */
    double jump;                    /* seconds by which the source's clock leapt before this frame, or 0 */
    double utc;                     /* of a live source: when the frame arrived, seconds since 1970 UTC; 0: unknown */
    int reconnected;                /* 1: the first frame since a live source was reconnected */
    double pixel_aspect;            /* width of a pixel of this picture divided by its height; 0 or 1: square */
    const lightpose_result *result; /* NULL unless LP_FRAME_OK */

    /* The geometry of the network's input, from lightpose_maps: network = image * net_scale + net_pad, horizontally
     * with net_scale * pixel_aspect. For keypoint scale 1 and lpb; net_scale 0: unknown. */
    float net_scale, net_pad_x, net_pad_y;

    /* The picture, for writers with `needs_picture`; NULL for others and if state is not LP_FRAME_OK. */
    const lightpose_image *picture;
} lp_output_frame;

/* ---- How it is written ------------------------------------------------------------------------------------------- */

typedef enum lp_keypoint_set {
    LP_KEYPOINTS_DEFAULT = 0, /* body25 for openpose and dgs, whose readers expect 25; else coco18 */
    LP_KEYPOINTS_COCO18 = 1,  /* the network's own */
    LP_KEYPOINTS_BODY25 = 2   /* OpenPose's: also the middle of the hips, and feet, which are always missing */
} lp_keypoint_set;

/* OpenPose's numbers. */
typedef enum lp_keypoint_scale {
    LP_SCALE_SOURCE = 0, /* pixels of the picture */
    LP_SCALE_NET = 1,    /* pixels of the network's input */
    LP_SCALE_OUTPUT = 2, /* pixels of the annotated picture, which has the size of the source */
    LP_SCALE_UNIT = 3,   /* 0 to 1 */
    LP_SCALE_SIGNED = 4  /* -1 to 1 */
} lp_keypoint_scale;

typedef struct lp_output_options {
    lp_keypoint_set set;     /* openpose, dgs, jsonl, csv */
    lp_keypoint_scale scale; /* openpose, dgs */
    int completed;  /* 1: include LIGHTPOSE_COMPLETED keypoints; 0: they count as missing. coco always has them */
    int part_boxes; /* 1: include boxes of head and hands (jsonl, csv) */
    lp_output_guard *guard; /* knows what must not be replaced; NULL: nothing is protected */

    /* For `draw` and `video`. */
    lightpose_draw_settings draw;
    const char *picture_format; /* "jpg", "png"; NULL: as the source, else png */
    int quality;                /* 0: the format's default */
    int audio;                  /* `video`: 1: with the sound of the source, if that is a file */

    /* Reports notes that are not failures: "the sound is left out: ...". May be NULL. */
    void (*note)(void *opaque, const char *text);
    void *note_opaque;

    int growing; /* 1: partial files are not resumed, and a partial video can be played */

    const char *about; /* describes the run, for NAME.meta: members of a JSON object; NULL: no description */
    int no_meta;       /* 1: write no NAME.meta beside a complete result */

    /* Set by output.c for its writers. */
    int64_t keep;    /* at open: how many bytes of the partial file to keep */
    int interrupted; /* at close: the file remains partial */
} lp_output_options;

void lp_output_options_default(lp_output_options *options);

/* ---- Writers ----------------------------------------------------------------------------------------------------- */

/* One format. Under -o DIR each stream has its own file, so that the failure of one does not affect others. A file that
 * the user names takes all streams if the format has `many_streams`.
 *
 * `state` is private to the writer. open, begin, frame and close report through `error`. open leaves no state if it
 * fails. begin may be NULL. close frees the state even if it fails, and then leaves nothing new under the output's
 * name. With options->interrupted, close ends the file as well as it can and leaves it partial. abort frees the state
 * and leaves what was begun as a partial file. After a failure of begin or frame, the caller calls abort, or close with
 * options->interrupted for writers with `sync`.
 *
 * If `resumes` is set, the writer can continue a partial file: it is opened with options->keep, and `restore` gives it
 * the stream and what `save` wrote after the last frame that counts. */
typedef struct lp_output_writer {
    const char *name;    /* "openpose", "jsonl", … */
    const char *summary; /* one line for --help */
    const char *suffix;  /* of the one file it writes: "NAME" + suffix; NULL: it writes a folder, or nothing */
    const char *folder;  /* for writers with many files: the folder's name under -o DIR; "" for DIR itself; else NULL */
    const char *const *endings; /* that its file may have instead of `suffix`, ended by NULL; NULL: none */
    /* For writers with a file per picture: appends its path to `to`, with a final 0. Else NULL. */
    void (*picture_path)(struct lp_text *to, const char *folder, const lp_output_options *options,
                         const lp_output_frame *picture);
    int many_streams;  /* 1: one output can hold several streams: all folders of pictures, cameras of a session; 2: only
                          streams of pictures */
    int needs_picture; /* 1: frames carry `picture` */

    lightpose_status (*open)(void **state, const char *path, const lp_output_options *options, lightpose_error *error);
    lightpose_status (*begin)(void *state, const lp_output_stream *stream, lightpose_error *error);
    lightpose_status (*frame)(void *state, const lp_output_frame *frame, lightpose_error *error);
    lightpose_status (*close)(void **state, lightpose_error *error);
    void (*abort)(void **state);

    int resumes;
    /* Writes all text so far; *size: the bytes of the file. NULL: there is no such file. */
    lightpose_status (*sync)(void *state, int64_t *size, lightpose_error *error);
    /* For writers without `sync`: makes everything so far readable, even if the run is killed. NULL: it always is. */
    lightpose_status (*flush)(void *state, lightpose_error *error);
    void (*save)(const void *state, struct lp_text *to); /* NULL: there is no state to save */
    lightpose_status (*restore)(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                lightpose_error *error);
} lp_output_writer;

/* All writers in the order of --help; NULL after the last. */
extern const lp_output_writer *const lp_output_writers[];

/* The writer of a name; NULL if there is none. All names, for messages: "openpose, jsonl, …". */
const lp_output_writer *lp_output_find(const char *name);
const char *lp_output_names(void);

/* The writer by the ending of a path: ".jsonl", ".csv", ".dgs.json.gz", ".mkv", …. NULL if none fits. */
const lp_output_writer *lp_output_by_path(const char *path);

/* The path of a writer's output under -o DIR: DIR/folder, or DIR/NAME + suffix. Freed with free(); NULL for writers
 * without files, and if out of memory. */
char *lp_output_place(const lp_output_writer *writer, const char *directory, const char *stream_name);

/* ---- Using one --------------------------------------------------------------------------------------------------- */

typedef struct lp_output lp_output;

/* `path` is the file ("-": standard output), or the folder, which is created. `base` is the path of the side file
 * without ".meta"; NULL: there is none. `options` are copied; what they point at must outlive the output. What an
 * earlier run left is dropped. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_open(lp_output **out, const lp_output_writer *writer, const char *path,
                                                    const char *base, const lp_output_options *options,
                                                    lightpose_error *error);

/* Continues a partial result from the position in `left`. `stream` is the stream of that position. */
struct lp_meta;
LIGHTPOSE_NODISCARD lightpose_status lp_output_resume(lp_output **out, const lp_output_writer *writer, const char *path,
                                                      const char *base, const lp_output_options *options,
                                                      const struct lp_meta *left, const lp_output_stream *stream,
                                                      lightpose_error *error);

/* The next frames are of `stream`, which must outlive the output. Errors also: ARGUMENT (a second stream in a format
 * for one, or a stream whose files would replace another's of this run). */
LIGHTPOSE_NODISCARD lightpose_status lp_output_begin(lp_output *out, const lp_output_stream *stream,
                                                     lightpose_error *error);

/* The lowest index that the output still takes from its stream. */
int64_t lp_output_next(const lp_output *out);

/* Indices ascend within a stream. After a failure the output takes no more frames: abort it. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_frame_write(lp_output *out, const lp_output_frame *frame,
                                                           lightpose_error *error);

/* Records the position of the output and the state of the tracker, so that another run can continue from here. `ended`:
 * the stream has no more frames. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_checkpoint(lp_output *out, const void *tracker, size_t size, int ended,
                                                          lightpose_error *error);

/* Gives the file its final name. *out is NULL afterwards in either case; a failure replaces nothing. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_close(lp_output **out, lightpose_error *error);

/* Ends the output as the partial result of an interrupted run; the last checkpoint remains valid. *out is NULL
 * afterwards. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_leave(lp_output **out, lightpose_error *error);

/* Gives up; partial files remain. *out may be NULL. */
void lp_output_abort(lp_output **out);

#endif
