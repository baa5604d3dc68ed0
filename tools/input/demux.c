/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "input/demux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "input/address.h"
#include "input/devices.h"

static int interrupted(void *opaque) {
    const lp_demux *const demux = opaque;
    return lp_input_is_stopped(&demux->wait);
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static int set_raw_options(AVDictionary **settings, const lp_input_options *options) {
    char size[32];
    snprintf(size, sizeof size, "%dx%d", options->raw_width, options->raw_height);
    av_dict_set(settings, "video_size", size, 0);
    av_dict_set(settings, "pixel_format", options->raw_format, 0);
    return av_dict_set(settings, "framerate", options->rate ? options->rate : "25", 0);
}

static int set_camera_options(AVDictionary **settings, const lp_input_options *options) {
    if (options->size)
        av_dict_set(settings, "video_size", options->size, 0);
    if (options->rate)
        av_dict_set(settings, "framerate", options->rate, 0);
    return av_dict_set(settings, "ts", "abs", 0); /* wall-clock times, whatever the driver's own clock */
}

/* RTSP over TCP: over UDP a lost packet is a damaged picture. */
static int set_address_options(AVDictionary **settings) {
    av_dict_set(settings, "rtsp_transport", "tcp", 0);
    av_dict_set(settings, "rtsp_flags", "prefer_tcp", 0);
    return av_dict_set(settings, "timeout", LP_ADDRESS_PATIENCE, 0);
}

/* Sets the demuxer, if the source determines it, and its settings. */
static int prepare(const lp_source *source, const lp_input_options *options, const lp_bytes *bytes,
                   const AVInputFormat **kind, AVDictionary **settings) {
    *kind = NULL;
    if (source->kind == LP_SOURCE_CAMERA) {
        *kind = lp_devices_camera();
        return *kind ? set_camera_options(settings, options) : AVERROR_DEMUXER_NOT_FOUND;
    }
    if (source->address)
        return set_address_options(settings);
    if (options->raw_format) {
        *kind = av_find_input_format("rawvideo");
        return *kind ? set_raw_options(settings, options) : AVERROR_DEMUXER_NOT_FOUND;
    }
    /* Without a file name, FFmpeg would read the first JPEG only. */
    if (bytes && lp_bytes_begins_with_jpeg(bytes))
        *kind = av_find_input_format("mjpeg");
    return 0;
}

/* Frames of a live source or pipe must not be delayed by a second of probing: FFmpeg reads frames to find the rate and,
 * if a format has no list of its streams, to find more streams. */
static void probe_little(AVFormatContext *format) {
    enum { PROBE_US = 500000 };
    format->fps_probe_size = 0;
    format->max_analyze_duration = PROBE_US;
}

/* A path is a path, whatever it looks like: "12:30.mp4" has no protocol. */
static char *url_of(const lp_source *source) {
    char *url = NULL;
    if (source->kind == LP_SOURCE_STDIN || source->address || source->kind == LP_SOURCE_CAMERA)
        return strdup(source->url);
    return asprintf(&url, "file:%s", source->url) < 0 ? NULL : url;
}

static int open_format(lp_demux *demux, const lp_source *source, const lp_input_options *options, lp_bytes *bytes) {
    const AVInputFormat *kind;
    AVDictionary *settings = NULL;
    char *const url = url_of(source);
    int code = url ? prepare(source, options, bytes, &kind, &settings) : AVERROR(ENOMEM);
    if (code >= 0) {
        demux->format = avformat_alloc_context();
        code = demux->format ? 0 : AVERROR(ENOMEM);
    }
    if (code >= 0) {
        demux->format->interrupt_callback = (AVIOInterruptCB){interrupted, demux};
        demux->format->pb = bytes ? lp_bytes_io(bytes) : NULL;
        if (source->once || demux->live)
            probe_little(demux->format);
        code =
            bytes && !demux->format->pb ? AVERROR(ENOMEM) : avformat_open_input(&demux->format, url, kind, &settings);
    }
    av_dict_free(&settings);
    free(url);
    return code;
}

const char lp_demux_index_behind[] =
    "an MP4 file with its index at the end cannot be read from a pipe; name the file itself, or write it with "
    "ffmpeg -movflags +faststart, or as Matroska";

int lp_demux_cannot_go_back(const lp_demux *demux) {
    const AVFormatContext *const format = demux->format;
    return strstr(format->iformat->name, "mp4") && !(format->pb && format->pb->seekable & AVIO_SEEKABLE_NORMAL);
}

/* The index of FFmpeg's stream "v:N". */
static int find_video(const AVFormatContext *format, int number) {
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && number-- == 0)
            return (int)i;
    return AVERROR_STREAM_NOT_FOUND;
}

static lightpose_status tell_videos(const lp_demux *demux, int wanted, lightpose_error *error) {
    char text[256] = "";
    size_t used = 0;
    int count = 0;
    for (int at; (at = find_video(demux->format, count)) >= 0; count++) {
        const AVCodecParameters *const codec = demux->format->streams[at]->codecpar;
        if (used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%d (%s, %dx%d)", count ? ", " : "", count,
                                     avcodec_get_name(codec->codec_id), codec->width, codec->height);
    }
    return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: there is no video %d in it; it has %s", demux->text, wanted,
                   text);
}

static lightpose_status choose_stream(lp_demux *demux, int wanted, lightpose_error *error) {
    char text[64];
    const int code = avformat_find_stream_info(demux->format, NULL);
    if (code < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: %s", demux->text, lp_tool_av_text(code, text, sizeof text));
    const int best = av_find_best_stream(demux->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    const int index = best < 0 || wanted < 0 ? best : find_video(demux->format, wanted);
    if (index < 0 && best >= 0)
        return tell_videos(demux, wanted, error);
    if (index < 0 && demux->format->nb_streams == 0 && lp_demux_cannot_go_back(demux))
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: %s", demux->text, lp_demux_index_behind);
    if (index < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: there is no video in it (%s)", demux->text,
                       demux->format->iformat->long_name ? demux->format->iformat->long_name
                                                         : demux->format->iformat->name);
    for (unsigned i = 0; i < demux->format->nb_streams; i++)
        if ((int)i != index)
            demux->format->streams[i]->discard = AVDISCARD_ALL;
    demux->stream = demux->format->streams[index];
    return LIGHTPOSE_OK;
}

/* Says why the source could not be opened. */
static lightpose_status tell_unopened(const lp_source *source, int code, int is_mp4, lightpose_error *error) {
    char text[64];
    if (source->kind == LP_SOURCE_CAMERA && code == AVERROR_DEMUXER_NOT_FOUND)
        return lp_fail(error, LIGHTPOSE_ERROR_UNSUPPORTED, "%s: cameras need FFmpeg's %s, which cannot be loaded",
                       source->text, lp_devices_library);
    if (code == AVERROR_INVALIDDATA && is_mp4)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE,
                       "%s: an MP4 file without its index, which is written last: the recording was not finished, "
                       "or the file is cut short",
                       source->text);
    const int absent = code == AVERROR(ENOENT) || code == AVERROR(EACCES) || code == AVERROR(EIO) ||
                       code == AVERROR(ECONNREFUSED) || code == AVERROR(ETIMEDOUT);
    return lp_fail(error, absent ? LIGHTPOSE_ERROR_FILE : LIGHTPOSE_ERROR_IMAGE, "%s: %s", source->text,
                   code == AVERROR_INVALIDDATA ? "neither a picture nor a video that FFmpeg knows"
                   : code == AVERROR_EOF       ? "there is nothing in it"
                                               : lp_tool_av_text(code, text, sizeof text));
}

/* Whether a file begins as MP4 and QuickTime do. */
static int begins_as_mp4(const char *path) {
    uint8_t head[8] = {0};
    FILE *const file = fopen(path, "rbe");
    const int ok = file && fread(head, 1, sizeof head, file) == sizeof head;
    if (file)
        fclose(file);
    return ok && (!memcmp(head + 4, "ftyp", 4) || !memcmp(head + 4, "mdat", 4) || !memcmp(head + 4, "wide", 4));
}

lightpose_status lp_demux_open(lp_demux *demux, const lp_source *source, const lp_input_options *options,
                               lp_bytes *bytes, lightpose_error *error) {
    struct stat about;
    *demux = (lp_demux){
        .text = source->text, .wait = options->wait, .live = lp_source_is_live(source), .once = source->once};
    const int is_file =
        source->kind == LP_SOURCE_VIDEO && !source->address && stat(source->url, &about) == 0 && S_ISREG(about.st_mode);
    if (is_file)
        demux->path = source->url;
    if (is_file && about.st_size == 0)
        return lp_fail(error, LIGHTPOSE_ERROR_IMAGE, "%s: the file is empty", source->text);
    const int code = open_format(demux, source, options, bytes);
    if (code < 0)
        return tell_unopened(source, code, demux->path && begins_as_mp4(demux->path), error);
    const lightpose_status status = choose_stream(demux, options->video, error);
    if (status != LIGHTPOSE_OK)
        lp_demux_close(demux);
    return status;
}

void lp_demux_close(lp_demux *demux) {
    avformat_close_input(&demux->format);
    demux->stream = NULL;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

int lp_demux_read(lp_demux *demux, AVPacket *packet) {
    /* Some demuxers resynchronize after damage, but return an error for each attempt. */
    enum { PATIENCE = 64 };
    for (int damaged = 0;;) {
        if (interrupted(demux))
            return AVERROR_EXIT;
        const int code = av_read_frame(demux->format, packet);
        if (code == AVERROR_INVALIDDATA && ++damaged < PATIENCE)
            continue;
        if (code < 0) {
            /* Some demuxers report a read error as the end. */
            const AVIOContext *const io = demux->format->pb;
            return interrupted(demux) ? AVERROR_EXIT : code == AVERROR_EOF && io && io->error < 0 ? io->error : code;
        }
        if (packet->stream_index == demux->stream->index)
            return 0;
        av_packet_unref(packet);
    }
}

static uint64_t number(const uint8_t *data, int size, int big) {
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value |= (uint64_t)data[i] << 8 * (big ? size - 1 - i : i);
    return value;
}

/* An EBML size (RFC 8794 section 4) of one byte more than the first byte has leading zeros; all ones: unknown, here 0.
 * Returns its number of bytes. */
static int ebml_size(const uint8_t *data, uint64_t *size) {
    int length = 1;
    while (length < 8 && !(data[0] >> (8 - length) & 1))
        length++;
    const uint64_t mask = ((uint64_t)1 << 7 * length) - 1;
    *size = number(data, length, 1) & mask;
    if (*size == mask)
        *size = 0;
    return length;
}

/* The size of the file according to its header; 0: not stated. */
static uint64_t told_size(const uint8_t *head) {
    if (!memcmp(head, "RIFF", 4))
        return number(head + 4, 4, 0) + 8;
    uint64_t size;
    if (number(head, 4, 1) != 0x1a45dfa3)
        return 0;
    const int id = ebml_size(head + 4, &size);
    const uint8_t *const segment = head + 4 + id + (size < 64 ? size : 0);
    if (number(segment, 4, 1) != 0x18538067)
        return 0;
    const int length = ebml_size(segment + 4, &size);
    return size ? (uint64_t)(segment + 4 + length - head) + size : 0;
}

int lp_demux_is_cut(const lp_demux *demux) {
    uint8_t head[128] = {0};
    struct stat about;
    FILE *const file = demux->path ? fopen(demux->path, "rbe") : NULL;
    if (!file)
        return 0;
    const int cut = fstat(fileno(file), &about) == 0 && fread(head, 1, sizeof head, file) == sizeof head &&
                    told_size(head) > (uint64_t)about.st_size;
    fclose(file);
    return cut;
}

int lp_demux_has_times(const lp_demux *demux) {
    const AVInputFormat *const kind = demux->format->iformat;
    /* AVI counts packets; FFmpeg guesses the times of reordered frames. Streams without a container have no times. */
    return !demux->live && !(kind->flags & AVFMT_NOTIMESTAMPS) && strcmp(kind->name, "avi");
}

int lp_demux_can_be_entered(const lp_demux *demux) {
    const AVInputFormat *const kind = demux->format->iformat;
    const AVCodecParameters *const codec = demux->stream->codecpar;
    const int seekable = demux->format->pb && demux->format->pb->seekable & AVIO_SEEKABLE_NORMAL;
    const int keeps_pictures = strstr(kind->name, "mp4") || strstr(kind->name, "matroska");
    return seekable && demux->path &&
           (keeps_pictures || codec->field_order == AV_FIELD_PROGRESSIVE || codec->field_order == AV_FIELD_UNKNOWN);
}

int lp_demux_has_decoding_times(const lp_demux *demux) {
    return !strstr(demux->format->iformat->name, "matroska");
}

int lp_demux_has_clock(const lp_demux *demux) {
    const AVInputFormat *const kind = demux->format->iformat;
    return !demux->live ||
           !(kind->flags & AVFMT_NOTIMESTAMPS || strstr(kind->name, "mpjpeg") || strstr(kind->name, "pipe"));
}

int64_t lp_demux_missing(const lp_demux *demux) {
    struct stat about;
    if (!demux->path || stat(demux->path, &about) < 0 || !strstr(demux->format->iformat->name, "mp4"))
        return 0;
    int64_t missing = 0;
    for (int i = 0; i < avformat_index_get_entries_count(demux->stream); i++) {
        const AVIndexEntry *const entry = avformat_index_get_entry(demux->stream, i);
        missing += entry->size > 0 && entry->pos + entry->size > about.st_size;
    }
    return missing;
}

/* NULL if the stream has none. FFmpeg 6.1 moved it. */
static const int32_t *display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVCodecParameters *const codec = stream->codecpar;
    const AVPacketSideData *const found =
        av_packet_side_data_get(codec->coded_side_data, codec->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return found && found->size >= 9 * sizeof(int32_t) ? (const int32_t *)found->data : NULL;
#else
    size_t size = 0;
    const uint8_t *const found = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return found && size >= 9 * sizeof(int32_t) ? (const int32_t *)found : NULL;
#endif
}

lp_input_orient lp_demux_orient(const lp_demux *demux) {
    const int32_t *const matrix = display_matrix(demux->stream);
    if (!matrix)
        return (lp_input_orient){0};
    /* x' = a x + c y, y' = b x + d y, in the order a b u c d v x y w of 16.16 numbers; only quarter turns and
     * mirrors are distinguished. */
    const int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    lp_input_orient orient = {0};
    if (llabs(b) + llabs(c) > llabs(a) + llabs(d)) {
        /* Columns and rows are exchanged: x' = c y, y' = b x. */
        orient.transpose = 1;
        orient.mirror_x = c < 0;
        orient.mirror_y = b < 0;
    } else {
        orient.mirror_x = a < 0;
        orient.mirror_y = d < 0;
    }
    return orient;
}
