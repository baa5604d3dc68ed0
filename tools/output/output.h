/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The outputs of a run: a table of small writers, one per format, behind a few calls.
 *
 *     open -> begin(stream) -> frame, frame, … -> begin(next stream) -> frame … -> close   (or abort at any point)
 *     resume ------------------> frame, …
 *
 * A run may have several outputs open at once. Frames come in source order, each frame of the range exactly once:
 * also the empty ones and those that could not be decoded.
 *
 * A file under its final name is whole. While it is written, and after a run that was interrupted, killed or failed, it
 * is NAME.partial (file.h), and NAME.partial.meta says which run wrote it and where another can go on (meta.h). Files
 * of formats that write one per frame appear whole as their frames are done. */

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
    const char *name;       /* what files are called after: base name without extension; the folder's for a folder */
    const char *source;     /* path or address as the user gave it */
    const char *folder;     /* of a recursive folder: where in it, which is where in -o DIR; else NULL */
    const char *reopen;     /* what FFmpeg opens once more, for the sound; NULL: the source can be read once only */
    int width, height;      /* of the pictures as they reach the network (rotated, cut out); 0 where not yet known */
    double fps;             /* nominal frames per second; 0 where unknown */
    int rate_num, rate_den; /* the same as a fraction where the container has one; 0, 0 where unknown */
    int number;             /* its place among the inputs of the run */
    const char *about;      /* which run its frames are of, where lp_output_options.about is not that */
    uint64_t lineage;       /* a hash of it and of all inputs before it: what a result is made of so far */
} lp_output_stream;

typedef enum lp_frame_state {
    LP_FRAME_OK = 0,
    LP_FRAME_UNDECODABLE = 1, /* damaged; `reason` says what the decoder found */
    LP_FRAME_MISSING = 2      /* the source has no such frame: dropped by a live input, or the file ends before it */
} lp_frame_state;

typedef struct lp_output_frame {
    int64_t index;     /* 0-based, in the source: counted by decoding; for images the position in the list */
    double time;       /* presentation time in seconds; NAN where unknown */
    const char *name;  /* LP_STREAM_IMAGES: the picture's path as given. Else NULL */
    const char *stem;  /* LP_STREAM_IMAGES: what its own files are called after; NULL: the base name of `name` */
    int width, height; /* of this picture; 0 where it could not be decoded */
    lp_frame_state state;
    const char *reason;             /* of a state other than LP_FRAME_OK, or of a damaged frame; may be NULL */
    int damaged;                    /* LP_FRAME_OK, but it may show damage; `reason` says why */
    double jump;                    /* seconds by which the source's clock leapt before this frame; 0: it did not */
    double utc;                     /* of a live source: when the frame arrived, seconds since 1970 UTC; 0: unknown */
    int reconnected;                /* the first frame since a live source was lost and found again */
    double pixel_aspect;            /* width of a pixel of this picture by its height; 0 or 1: square */
    const lightpose_result *result; /* NULL unless LP_FRAME_OK */

    /* The network's input for this frame, of lightpose_maps: network = image * net_scale + net_pad, across with
     * net_scale * pixel_aspect. Read by
     * keypoint scale 1 alone; net_scale 0 where unknown. */
    float net_scale, net_pad_x, net_pad_y;

    /* The picture, for writers with `needs_picture`; NULL for others and where state is not LP_FRAME_OK. */
    const lightpose_image *picture;
} lp_output_frame;

/* ---- How it is written ------------------------------------------------------------------------------------------- */

typedef enum lp_keypoint_set {
    LP_KEYPOINTS_DEFAULT = 0, /* body25 for openpose and dgs, whose readers count on 25; else coco18 */
    LP_KEYPOINTS_COCO18 = 1,  /* the network's own */
    LP_KEYPOINTS_BODY25 = 2   /* OpenPose's: with a middle of the hips, and feet that are always missing */
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
    int completed;  /* 1: also LIGHTPOSE_COMPLETED keypoints, which else count as missing. coco always has them */
    int part_boxes; /* 1: boxes of head and hands as well (jsonl) */
    lp_output_guard *guard; /* what must not be replaced; NULL: nothing is protected */

    /* For `draw` and `video`. */
    lightpose_draw_settings draw;
    const char *picture_format; /* "jpg", "png"; NULL: as the source, else png */
    int quality;                /* 0: the format's default */
    int audio;                  /* `video`: 1: with the sound of the source, where that is a file */

    /* Notes that are no failure: "the sound of clip.mov is left out". NULL: none are told. */
    void (*note)(void *opaque, const char *text);
    void *note_opaque;

    int growing; /* no run goes on with what is partial, and of a video what is there can be played */

    const char *about; /* which run this is, for NAME.meta: members of a JSON object; NULL: nothing is said */
    int no_meta;       /* 1: a whole result has no NAME.meta beside it */

    /* Set by output.c for its writers. */
    int64_t keep;    /* at open: the first bytes of the partial file that stay */
    int interrupted; /* at close: the file stays partial */
} lp_output_options;

void lp_output_options_default(lp_output_options *options);

/* ---- Writers ----------------------------------------------------------------------------------------------------- */

/* One format. Under -o DIR each stream has its own file, so that one that fails loses no other. A file that the user
 * names takes all streams where the format has `many_streams`. `state` is the writer's own. open, frame and close
 * report through `error`; after a failure of any of them the caller calls abort. begin may be NULL. close consumes the
 * state also when it fails, and then leaves nothing new under the output's name; abort ends what was begun, which stays
 * partial. With options->interrupted close ends the file as well as it can and leaves it partial.
 *
 * Where `resumes` is set, the writer can go on with a partial file: opened with options->keep, then given by `restore`
 * the stream and what `save` said after the last frame that counts. */
typedef struct lp_output_writer {
    const char *name;    /* "openpose", "jsonl", … */
    const char *summary; /* one line for --help */
    const char *suffix;  /* of the one file it writes: "NAME" + suffix; NULL: it writes a folder, or nothing */
    const char *folder;  /* of writers with many files: the folder's name under -o DIR; "" for DIR itself; else NULL */
    const char *const *endings; /* that its file may have instead of `suffix`, ended by NULL; NULL: none */
    /* The file of one picture of a list, where the writer has one for each: appended to `to` with a final 0. Else NULL.
     */
    void (*picture_path)(struct lp_text *to, const char *folder, const lp_output_options *options,
                         const lp_output_frame *picture);
    int many_streams;  /* 1: one output can hold several streams: all folders of pictures, cameras of a session; 2:
                          streams  of pictures alone */
    int needs_picture; /* 1: frames carry `picture` */

    lightpose_status (*open)(void **state, const char *path, const lp_output_options *options, lightpose_error *error);
    lightpose_status (*begin)(void *state, const lp_output_stream *stream, lightpose_error *error);
    lightpose_status (*frame)(void *state, const lp_output_frame *frame, lightpose_error *error);
    lightpose_status (*close)(void **state, lightpose_error *error);
    void (*abort)(void **state);

    int resumes;
    /* Hands on all text so far; *size: the bytes of the file. NULL: there is no such file. */
    lightpose_status (*sync)(void *state, int64_t *size, lightpose_error *error);
    /* Of writers without `sync`: what there is so far can be read, whatever becomes of the run. NULL: it can anyhow. */
    lightpose_status (*flush)(void *state, lightpose_error *error);
    void (*save)(const void *state, struct lp_text *to); /* NULL: there is nothing to remember */
    lightpose_status (*restore)(void *state, const lp_output_stream *stream, const char *saved, size_t size,
                                lightpose_error *error);
} lp_output_writer;

/* All writers in the order of --help; NULL after the last. */
extern const lp_output_writer *const lp_output_writers[];

/* By name; NULL for a name that is none. "openpose, jsonl, …" for messages about it. */
const lp_output_writer *lp_output_find(const char *name);
const char *lp_output_names(void);

/* By the ending of a path: ".jsonl", ".csv", ".dgs.json.gz", ".mkv", ….  NULL where none fits. */
const lp_output_writer *lp_output_by_path(const char *path);

/* The place of a writer's output under -o DIR: DIR/folder, or DIR/NAME + suffix. Freed with free(); NULL for writers of
 * nothing, and where memory is out. */
char *lp_output_place(const lp_output_writer *writer, const char *directory, const char *stream_name);

/* ---- Using one --------------------------------------------------------------------------------------------------- */

typedef struct lp_output lp_output;

/* `path` is the file ("-": standard output), or the folder, which is made. `base` is what NAME.meta is called after,
 * without
 * ".meta"; NULL: there is none. `options` are copied; what they point at must outlive the output. What an earlier run
 * left is dropped. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_open(lp_output **out, const lp_output_writer *writer, const char *path,
                                                    const char *base, const lp_output_options *options,
                                                    lightpose_error *error);

/* Goes on where `left`, of a partial result, says. `stream` is the one that it had come to. */
struct lp_meta;
LIGHTPOSE_NODISCARD lightpose_status lp_output_resume(lp_output **out, const lp_output_writer *writer, const char *path,
                                                      const char *base, const lp_output_options *options,
                                                      const struct lp_meta *left, const lp_output_stream *stream,
                                                      lightpose_error *error);

/* The frames that follow are of `stream`, which must outlive the output. ARGUMENT for a second stream where the format
 * holds one, and for a stream whose files would replace another's of this run. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_begin(lp_output *out, const lp_output_stream *stream,
                                                     lightpose_error *error);

/* The least index that the output still takes of its stream. */
int64_t lp_output_next(const lp_output *out);

/* Indices ascend within a stream. After a failure the output takes no more frames: abort it. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_frame_write(lp_output *out, const lp_output_frame *frame,
                                                           lightpose_error *error);

/* Writes down where the output is, and the tracker's memory, so that another run can go on from here. `ended`: the
 * stream has no more frames. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_checkpoint(lp_output *out, const void *tracker, size_t size, int ended,
                                                          lightpose_error *error);

/* Puts the file in its place. *out is NULL afterwards in either case; after a failure nothing was replaced. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_close(lp_output **out, lightpose_error *error);

/* Ends it as the partial result of a run that was interrupted; the last checkpoint holds. *out is NULL afterwards. */
LIGHTPOSE_NODISCARD lightpose_status lp_output_leave(lp_output **out, lightpose_error *error);

/* Gives up; what is partial stays. NULL is fine. */
void lp_output_abort(lp_output **out);

#endif
