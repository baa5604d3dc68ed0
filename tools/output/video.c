/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The annotated video: H.264 if FFmpeg has libx264, else MPEG-4, at the times of the source's frames, with its sound. A
 * frame that cannot be decoded shows the one before it, so that the two videos have the same frames. The first picture
 * determines the size; later ones of another size are scaled to it.
 *
 * Frames are coded in the order in which they are shown. Otherwise a pause would lie between the decoding time and the
 * presentation time of a frame, and readers of MP4 refuse a difference of more than 2^28 ticks in its table (ctts). */

#include "output/audio.h"
#include "output/canvas.h"
#include "output/writers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

enum { TICKS = 90000, IO_BYTES = 1 << 16, HD_LINES = 720 };

/* Readers of MP4 take a frame's duration for a signed number of 32 bits: longer pauses repeat the picture. */
#define LONGEST_SECONDS (3 * 3600)

typedef struct video {
    const lp_output_options *options;
    const lp_output_stream *stream;
    lp_output_file *file;
    AVFormatContext *muxer;
    AVCodecContext *encoder;
    AVStream *to;
    AVFrame *frame;          /* the picture as it is encoded, kept for frames that have none */
    AVPacket *packet, *held; /* held: waits for the next one, which determines its duration */
    int is_held;
    lp_audio *audio;
    lp_canvas canvas;
    double start;        /* the first frame's time in the source */
    int64_t last_pts;    /* in ticks */
    int64_t last_length; /* duration of a frame, in ticks; 0: not known yet */
    int64_t count;
} video;

static lightpose_status fail(const video *v, int code, const char *what, lightpose_error *error) {
    char text[64];
    const int io = code == AVERROR(EIO) || code == AVERROR(ENOSPC) || code == AVERROR(EFBIG);
    if (av_strerror(code, text, sizeof text) < 0)
        snprintf(text, sizeof text, "error %d", code);
    return lp_fail(error, io ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_ERROR_ENGINE, "\"%s\": %s: %s",
                   lp_output_file_path(v->file), what, text);
}

/* ---- The file as FFmpeg's output --------------------------------------------------------------------------------- */

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t given;
#else
typedef uint8_t given;
#endif

static int write_bytes(void *opaque, given *data, int size) {
    FILE *const to = opaque;
    return fwrite(data, 1, (size_t)size, to) == (size_t)size ? size : AVERROR(errno ? errno : EIO);
}

/* Live, or in segments: the end is not known in advance. */
static int grows(const video *v) {
    return v->options->growing || v->stream->kind == LP_STREAM_CAMERA;
}

static int64_t seek_to(void *opaque, int64_t offset, int whence) {
    FILE *const to = opaque;
    if (whence & AVSEEK_SIZE)
        return AVERROR(ENOSYS);
    return fseeko(to, offset, whence & ~AVSEEK_FORCE) < 0 ? AVERROR(errno) : ftello(to);
}

static lightpose_status open_muxer(video *v, lightpose_error *error) {
    const char *const path = lp_output_file_path(v->file);
    FILE *const to = lp_output_file_stream(v->file);
    const int seekable = fseeko(to, 0, SEEK_CUR) == 0;
    /* MP4 needs a seekable file. */
    const AVOutputFormat *const format = seekable ? av_guess_format(NULL, path, NULL) : NULL;
    const int code = avformat_alloc_output_context2(&v->muxer, format,
                                                    format     ? NULL
                                                    : seekable ? "mp4"
                                                               : "matroska",
                                                    NULL);
    if (code < 0)
        return fail(v, code, "no container", error);
    uint8_t *const buffer = av_malloc(IO_BYTES);
    v->muxer->pb =
        buffer ? avio_alloc_context(buffer, IO_BYTES, 1, to, NULL, write_bytes, seekable ? seek_to : NULL) : NULL;
    if (!v->muxer->pb) {
        av_free(buffer);
        return fail(v, AVERROR(ENOMEM), "no buffer", error);
    }
    v->muxer->flags |= AVFMT_FLAG_CUSTOM_IO;
    return LIGHTPOSE_OK;
}

/* ---- Encoding ---------------------------------------------------------------------------------------------------- */

/* `quality` 1 to 100, 0 for the default, on the encoder's own scale. */
static void set_quality(video *v, const AVCodec *codec) {
    const int quality = v->options->quality ? v->options->quality : 80;
    if (codec->id == AV_CODEC_ID_H264) {
        av_opt_set(v->encoder->priv_data, "preset", "veryfast", 0);
        av_opt_set_double(v->encoder->priv_data, "crf", 45 - 0.3 * quality, 0);
        if (grows(v)) /* the encoder must not delay frames */
            av_opt_set(v->encoder->priv_data, "tune", "zerolatency", 0);
    } else {
        v->encoder->flags |= AV_CODEC_FLAG_QSCALE;
        v->encoder->global_quality = FF_QP2LAMBDA * (2 + (100 - quality) * 29 / 99);
    }
}

static lightpose_status open_encoder(video *v, const lp_output_frame *frame, lightpose_error *error) {
    const int width = frame->width, height = frame->height;
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (!codec)
        codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    v->encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!v->encoder)
        return fail(v, AVERROR_ENCODER_NOT_FOUND, "no encoder for H.264 or MPEG-4", error);
    AVCodecContext *const c = v->encoder;
    c->width = width + (width & 1); /* 4:2:0 needs even sides */
    c->height = height + (height & 1);
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->color_range = AVCOL_RANGE_MPEG;
    c->colorspace = height < HD_LINES ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_BT709;
    c->color_primaries = height < HD_LINES ? AVCOL_PRI_SMPTE170M : AVCOL_PRI_BT709;
    c->color_trc = height < HD_LINES ? AVCOL_TRC_SMPTE170M : AVCOL_TRC_BT709;
    /* MPEG-4 counts at most 65535 ticks a second. */
    c->time_base = (AVRational){1, codec->id == AV_CODEC_ID_H264 ? TICKS : TICKS / 2};
    if (v->stream->rate_num > 0 && v->stream->rate_den > 0)
        c->framerate = (AVRational){v->stream->rate_num, v->stream->rate_den};
    if (v->muxer->oformat->flags & AVFMT_GLOBALHEADER)
        c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    c->max_b_frames = 0;
    if (frame->pixel_aspect > 0)
        c->sample_aspect_ratio = av_d2q(frame->pixel_aspect, 1000);
    set_quality(v, codec);
    const int code = avcodec_open2(c, codec, NULL);
    return code < 0 ? fail(v, code, "the encoder", error) : LIGHTPOSE_OK;
}

/* Reports a note about the video, unless it is empty. */
static void tell(const video *v, const char *what) {
    char text[512];
    snprintf(text, sizeof text, "%s: %s", lp_output_file_path(v->file), what);
    if (v->options->note && *what)
        v->options->note(v->options->note_opaque, text);
}

static void add_sound(video *v) {
    char note[160] = "without the sound of its source, if it has any: the source can be read only once";
    if (v->stream->reopen)
        v->audio = lp_audio_open(v->stream->reopen, v->muxer, note);
    tell(v, note);
}

static lightpose_status open_streams(video *v, lightpose_error *error) {
    v->to = avformat_new_stream(v->muxer, NULL);
    v->frame = av_frame_alloc();
    v->packet = av_packet_alloc();
    v->held = av_packet_alloc();
    if (!v->encoder || !v->to || !v->frame || !v->packet || !v->held ||
        avcodec_parameters_from_context(v->to->codecpar, v->encoder) < 0)
        return fail(v, AVERROR(ENOMEM), "no memory", error);
    v->to->time_base = v->encoder->time_base;
    v->to->avg_frame_rate = v->encoder->framerate;
    v->to->sample_aspect_ratio = v->encoder->sample_aspect_ratio;
    v->frame->width = v->encoder->width;
    v->frame->height = v->encoder->height;
    v->frame->format = v->encoder->pix_fmt;
    v->frame->colorspace = v->encoder->colorspace;
    v->frame->color_range = v->encoder->color_range;
    if (v->options->audio && v->stream->kind == LP_STREAM_VIDEO)
        add_sound(v);
    /* Fragmented MP4, which plays even if its end is missing. Other formats ignore the option. */
    AVDictionary *settings = NULL;
    if (grows(v))
        av_dict_set(&settings, "movflags", "frag_custom+empty_moov+default_base_moof", 0);
    const int code = avformat_write_header(v->muxer, &settings);
    av_dict_free(&settings);
    return code < 0 ? fail(v, code, "the header of the file", error) : LIGHTPOSE_OK;
}

/* Writes the held packet, after the sound that precedes it. */
static int write_held(video *v) {
    int code = 0;
    v->is_held = 0;
    if (v->audio)
        code = lp_audio_write(v->audio, v->muxer, v->start,
                              v->start + (double)v->held->pts * av_q2d(v->encoder->time_base));
    if (code >= 0) {
        av_packet_rescale_ts(v->held, v->encoder->time_base, v->to->time_base);
        v->held->stream_index = v->to->index;
        code = av_write_frame(v->muxer, v->held);
    }
    av_packet_unref(v->held);
    return code;
}

/* The duration of the last frame: that of the one before it, unless that was a pause; else by the frame rate. */
static int64_t own_length(const video *v) {
    const int64_t ticks = v->encoder->time_base.den;
    if (v->last_length > 0 && v->last_length <= ticks)
        return v->last_length;
    return llround((double)ticks / (v->stream->fps > 0 ? v->stream->fps : 25));
}

/* Takes the packets that the encoder has ready; with `all`, they are the last ones. */
static lightpose_status write_packets(video *v, int all, lightpose_error *error) {
    for (;;) {
        int code = avcodec_receive_packet(v->encoder, v->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            break;
        if (code >= 0 && v->is_held) {
            v->held->duration = v->packet->pts - v->held->pts;
            code = write_held(v);
        }
        if (code < 0) {
            av_packet_unref(v->packet);
            return fail(v, code, "writing", error);
        }
        av_packet_move_ref(v->held, v->packet);
        v->is_held = 1;
    }
    if (!all || !v->is_held)
        return LIGHTPOSE_OK;
    v->held->duration = own_length(v);
    const int code = write_held(v);
    return code < 0 ? fail(v, code, "writing", error) : LIGHTPOSE_OK;
}

/* Times must ascend. A frame without a time follows the last one at the nominal rate. */
static int64_t next_pts(video *v, const lp_output_frame *frame) {
    const int64_t ticks = v->encoder->time_base.den;
    const double fps = v->stream->fps > 0 ? v->stream->fps : 25;
    if (v->count == 0)
        v->start = isfinite(frame->time) ? frame->time : 0;
    int64_t pts = isfinite(frame->time) ? llround((frame->time - v->start) * (double)ticks)
                  : v->count            ? v->last_pts + llround((double)ticks / fps)
                                        : 0;
    if (v->count && pts <= v->last_pts)
        pts = v->last_pts + 1;
    v->last_length = v->count ? pts - v->last_pts : 0;
    v->last_pts = pts;
    v->count++;
    return pts;
}

static lightpose_status send(video *v, int64_t pts, lightpose_error *error) {
    v->frame->pts = pts;
    v->frame->pict_type = AV_PICTURE_TYPE_NONE;
    v->frame->quality = v->encoder->global_quality;
    const int code = avcodec_send_frame(v->encoder, v->frame);
    return code < 0 ? fail(v, code, "encoding", error) : write_packets(v, 0, error);
}

static lightpose_status encode(video *v, const lp_output_frame *frame, lightpose_error *error) {
    const int64_t longest = (int64_t)LONGEST_SECONDS * v->encoder->time_base.den;
    const int64_t before = v->last_pts, count = v->count, pts = next_pts(v, frame);
    lightpose_status status = LIGHTPOSE_OK;
    for (int64_t at = before + longest; count && at < pts && status == LIGHTPOSE_OK; at += longest)
        status = send(v, at, error);
    if (frame->picture && status == LIGHTPOSE_OK) {
        status = lp_canvas_draw(&v->canvas, frame->picture, frame->result, &v->options->draw, error);
        if (status == LIGHTPOSE_OK && av_frame_make_writable(v->frame) < 0)
            status = fail(v, AVERROR(ENOMEM), "no memory", error);
        if (status == LIGHTPOSE_OK)
            status = lp_canvas_to_frame(&v->canvas, v->frame, error);
    }
    return status == LIGHTPOSE_OK ? send(v, pts, error) : status;
}

/* ---- The writer -------------------------------------------------------------------------------------------------- */

static lightpose_status video_open(void **state, const char *path, const lp_output_options *options,
                                   lightpose_error *error) {
    video *const v = calloc(1, sizeof *v);
    *state = v;
    if (!v)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory to write \"%s\"", path);
    v->options = options;
    const lightpose_status status = lp_output_file_open_partial(&v->file, path, 0, options->guard, error);
    if (status != LIGHTPOSE_OK) {
        free(v);
        *state = NULL;
    }
    return status;
}

static lightpose_status video_begin(void *state, const lp_output_stream *stream, lightpose_error *error) {
    (void)error;
    ((video *)state)->stream = stream;
    return LIGHTPOSE_OK;
}

static lightpose_status video_frame(void *state, const lp_output_frame *frame, lightpose_error *error) {
    video *const v = state;
    lightpose_status status = LIGHTPOSE_OK;
    if (!v->muxer) {
        if (!frame->picture) /* nothing to show yet */
            return LIGHTPOSE_OK;
        status = open_muxer(v, error);
        if (status == LIGHTPOSE_OK)
            status = open_encoder(v, frame, error);
        if (status == LIGHTPOSE_OK)
            status = open_streams(v, error);
        if (status == LIGHTPOSE_OK && av_frame_get_buffer(v->frame, 0) < 0)
            status = fail(v, AVERROR(ENOMEM), "no memory", error);
    }
    return status == LIGHTPOSE_OK ? encode(v, frame, error) : status;
}

/* Ends the current fragment and writes all bytes. */
static lightpose_status video_flush(void *state, lightpose_error *error) {
    video *const v = state;
    if (!v->muxer || !v->to || !grows(v))
        return LIGHTPOSE_OK;
    const int code = av_write_frame(v->muxer, NULL);
    if (code < 0)
        return fail(v, code, "writing", error);
    avio_flush(v->muxer->pb);
    if (v->muxer->pb->error < 0)
        return fail(v, v->muxer->pb->error, "writing", error);
    return lp_output_file_flush(v->file, error);
}

static void free_all(video *v) {
    lp_audio_close(&v->audio);
    avcodec_free_context(&v->encoder);
    av_frame_free(&v->frame);
    av_packet_free(&v->packet);
    av_packet_free(&v->held);
    if (v->muxer && v->muxer->pb) {
        av_freep(&v->muxer->pb->buffer);
        avio_context_free(&v->muxer->pb);
    }
    avformat_free_context(v->muxer);
    v->muxer = NULL;
    lp_canvas_free(&v->canvas);
}

static void video_abort(void **state) {
    video *const v = *state;
    free_all(v);
    lp_output_file_abort(&v->file);
    free(v);
    *state = NULL;
}

static lightpose_status video_close(void **state, lightpose_error *error) {
    video *const v = *state;
    lightpose_status status = LIGHTPOSE_OK;
    if (v->muxer) {
        int code = avcodec_send_frame(v->encoder, NULL);
        status = code < 0 ? fail(v, code, "encoding", error) : write_packets(v, 1, error);
        if (status == LIGHTPOSE_OK && v->audio)
            code = lp_audio_write(v->audio, v->muxer, v->start,
                                  v->start + (double)(v->last_pts + own_length(v)) * av_q2d(v->encoder->time_base));
        if (status == LIGHTPOSE_OK && v->audio && code >= 0)
            code = lp_audio_finish(v->audio, v->muxer);
        if (status == LIGHTPOSE_OK && code >= 0)
            code = av_write_trailer(v->muxer);
        if (status == LIGHTPOSE_OK && code < 0)
            status = fail(v, code, "the end of the file", error);
    } else {
        status =
            lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "\"%s\": there is no picture to write", lp_output_file_path(v->file));
    }
    if (status != LIGHTPOSE_OK) {
        video_abort(state);
        return status;
    }
    free_all(v);
    status = v->options->interrupted ? lp_output_file_leave(&v->file, error) : lp_output_file_commit(&v->file, error);
    free(v);
    *state = NULL;
    return status;
}

const lp_output_writer lp_writer_video = {
    .name = "video",
    .summary = "annotated video, H.264 in MP4",
    .suffix = ".mp4",
    .endings = (const char *const[]){".mkv", ".mov", ".m4v", NULL},
    .needs_picture = 1,
    .open = video_open,
    .begin = video_begin,
    .frame = video_frame,
    .close = video_close,
    .abort = video_abort,
    .flush = video_flush,
};
