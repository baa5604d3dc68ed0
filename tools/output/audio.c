/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/audio.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#define LEAP_BACK  0.5  /* seconds; smaller steps back are packets out of order */
#define LEAP_AHEAD 10.0 /* seconds, in formats whose clock may leap; the picture's clock continues as well */
#define LATE       1.0  /* such a leap is accepted only if the sound is this many seconds behind the picture */

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* Copies the parameters, without the codec tag of the source's container. An unknown channel layout, as in AVI, becomes
 * the default one: FFmpeg 7 cannot finish an MP4 file with PCM of an unknown layout. */
static int describe(AVStream *to, const AVCodecParameters *from) {
    const int code = avcodec_parameters_copy(to->codecpar, from);
    AVChannelLayout *const layout = &to->codecpar->ch_layout;
    to->codecpar->codec_tag = 0;
    if (code >= 0 && layout->order == AV_CHANNEL_ORDER_UNSPEC && layout->nb_channels > 0)
        av_channel_layout_default(layout, layout->nb_channels);
    return code;
}

/* Bytes of one sample of PCM; 0 for other codecs. */
static int sample_bytes(const AVCodecParameters *of) {
    const int bits = av_get_exact_bits_per_sample(of->codec_id); /* at most 4 for ADPCM */
    return bits >= 8 ? (bits + 7) / 8 * of->ch_layout.nb_channels : 0;
}

static int write_silence(AVFormatContext *muxer, int bytes) {
    AVPacket *packet = av_packet_alloc();
    int code = packet ? av_new_packet(packet, bytes) : -1;
    if (code >= 0) {
        memset(packet->data, 0, (size_t)bytes);
        packet->pts = packet->dts = 0;
        packet->duration = 1;
        code = av_write_frame(muxer, packet);
    }
    av_packet_free(&packet);
    return code;
}

/* Whether a container accepts this sound. Writes the header of a trial file and, for PCM, all of it: some containers
 * list codecs that they then refuse. */
static int is_taken(const AVOutputFormat *format, const AVStream *from) {
    AVFormatContext *trial = NULL;
    uint8_t *bytes = NULL;
    int code = avformat_query_codec(format, from->codecpar->codec_id, FF_COMPLIANCE_NORMAL) == 1 ? 0 : -1;
    if (code >= 0)
        code = avformat_alloc_output_context2(&trial, format, NULL, NULL);
    AVStream *const to = code >= 0 ? avformat_new_stream(trial, NULL) : NULL;
    code = to ? describe(to, from->codecpar) : -1;
    if (to)
        to->time_base = from->time_base;
    if (code >= 0)
        code = avio_open_dyn_buf(&trial->pb);
    if (code >= 0) {
        code = avformat_write_header(trial, NULL);
        const int size = code >= 0 ? sample_bytes(to->codecpar) : 0;
        if (size > 0)
            code = write_silence(trial, size);
        if (size > 0 && code >= 0)
            code = av_write_trailer(trial);
        avio_close_dyn_buf(trial->pb, &bytes);
        av_free(bytes);
    }
    avformat_free_context(trial);
    return code >= 0;
}

static int add_stream(lp_audio *audio, AVFormatContext *muxer, char note[160]) {
    const int index = av_find_best_stream(audio->source, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (index < 0)
        return 0;
    for (unsigned i = 0; i < audio->source->nb_streams; i++)
        if ((int)i != index)
            audio->source->streams[i]->discard = AVDISCARD_ALL;
    audio->from = audio->source->streams[index];
    const AVCodecParameters *parameters = audio->from->codecpar;
    AVCodecParameters *made = NULL;
    if (!is_taken(muxer->oformat, audio->from)) {
        const char *const name = avcodec_get_name(parameters->codec_id);
        const int global = !!(muxer->oformat->flags & AVFMT_GLOBALHEADER);
        audio->recoder = lp_recoder_open(audio->from, global, &made);
        if (!audio->recoder) {
            snprintf(note, 160, "the sound is left out: %s does not hold %s, and it cannot be made AAC here",
                     muxer->oformat->name, name);
            return 0;
        }
        snprintf(note, 160, "the sound is made AAC: %s does not hold %s", muxer->oformat->name, name);
        parameters = made;
    }
    audio->to = avformat_new_stream(muxer, NULL);
    const int failed = !audio->to || describe(audio->to, parameters) < 0;
    if (!failed)
        audio->to->time_base = made ? (AVRational){1, made->sample_rate} : audio->from->time_base;
    avcodec_parameters_free(&made);
    return !failed;
}

lp_audio *lp_audio_open(const char *path, AVFormatContext *muxer, char note[160]) {
    lp_audio *audio = calloc(1, sizeof *audio);
    *note = '\0';
    if (audio) {
        audio->end = NAN;
        audio->written = INT64_MIN;
    }
    if (audio && (!(audio->packet = av_packet_alloc()) || avformat_open_input(&audio->source, path, NULL, NULL) < 0 ||
                  avformat_find_stream_info(audio->source, NULL) < 0 || !add_stream(audio, muxer, note)))
        lp_audio_close(&audio);
    return audio;
}

void lp_audio_close(lp_audio **audio) {
    if (!*audio)
        return;
    lp_recoder_close(&(*audio)->recoder);
    av_packet_free(&(*audio)->packet);
    avformat_close_input(&(*audio)->source);
    free(*audio);
    *audio = NULL;
}

/* ---- Packets ----------------------------------------------------------------------------------------------------- */

static double seconds(const lp_audio *audio, int64_t ticks) {
    return (double)ticks * av_q2d(audio->from->time_base);
}

static int read_packet(lp_audio *audio) {
    while (!audio->has_packet) {
        if (av_read_frame(audio->source, audio->packet) < 0)
            return 0;
        if (audio->packet->stream_index == audio->from->index && audio->packet->pts != AV_NOPTS_VALUE)
            audio->has_packet = 1;
        else
            av_packet_unref(audio->packet);
    }
    return 1;
}

/* The time of the waiting packet. If the source's clock leaps, the sound continues without a gap, like the picture. */
static double packet_time(lp_audio *audio, double until) {
    const double time = seconds(audio, audio->packet->pts) + audio->shift;
    const int may_leap = audio->source->iformat->flags & AVFMT_TS_DISCONT;
    if (isnan(audio->end))
        return time;
    if (time < audio->end - LEAP_BACK || (may_leap && time > until + LEAP_AHEAD && until > audio->end + LATE)) {
        audio->shift += audio->end - time;
        return audio->end;
    }
    return time;
}

static int copy_packet(lp_audio *audio, AVFormatContext *muxer, double time) {
    AVPacket *const packet = audio->packet;
    const AVRational to = audio->to->time_base;
    int64_t stamp = llround(time / av_q2d(to));
    if (audio->written != INT64_MIN && stamp <= audio->written)
        stamp = audio->written + 1;
    audio->written = stamp;
    packet->pts = packet->dts = stamp;
    packet->duration = av_rescale_q(packet->duration, audio->from->time_base, to);
    packet->stream_index = audio->to->index;
    packet->pos = -1;
    return av_write_frame(muxer, packet);
}

int lp_audio_write(lp_audio *audio, AVFormatContext *muxer, double start, double until) {
    while (read_packet(audio)) {
        const double time = packet_time(audio, until);
        if (time >= until)
            return 0;
        audio->has_packet = 0;
        audio->end = time + seconds(audio, audio->packet->duration);
        int code = 0;
        if (time >= start)
            code = audio->recoder ? lp_recoder_take(audio->recoder, audio->packet, time - start, muxer, audio->to)
                                  : copy_packet(audio, muxer, time - start);
        av_packet_unref(audio->packet);
        if (code < 0)
            return code;
    }
    return 0;
}

int lp_audio_finish(lp_audio *audio, AVFormatContext *muxer) {
    return audio->recoder ? lp_recoder_finish(audio->recoder, muxer, audio->to) : 0;
}
