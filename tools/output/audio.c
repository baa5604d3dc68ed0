/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "output/audio.h"

#include <math.h>
#include <stdlib.h>

#include <libavcodec/avcodec.h>

static int add_stream(lp_audio *audio, AVFormatContext *muxer) {
    const int index = av_find_best_stream(audio->source, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    if (index < 0)
        return 0;
    for (unsigned i = 0; i < audio->source->nb_streams; i++)
        if ((int)i != index)
            audio->source->streams[i]->discard = AVDISCARD_ALL;
    audio->from = audio->source->streams[index];
    if (avformat_query_codec(muxer->oformat, audio->from->codecpar->codec_id, FF_COMPLIANCE_NORMAL) != 1)
        return 0;
    audio->to = avformat_new_stream(muxer, NULL);
    if (!audio->to || avcodec_parameters_copy(audio->to->codecpar, audio->from->codecpar) < 0)
        return 0;
    audio->to->codecpar->codec_tag = 0; /* the containers' tags differ */
    audio->to->time_base = audio->from->time_base;
    return 1;
}

lp_audio *lp_audio_open(const char *path, AVFormatContext *muxer) {
    lp_audio *audio = calloc(1, sizeof *audio);
    if (audio && (!(audio->packet = av_packet_alloc()) || avformat_open_input(&audio->source, path, NULL, NULL) < 0 ||
                  avformat_find_stream_info(audio->source, NULL) < 0 || !add_stream(audio, muxer)))
        lp_audio_close(&audio);
    return audio;
}

void lp_audio_close(lp_audio **audio) {
    if (!*audio)
        return;
    av_packet_free(&(*audio)->packet);
    avformat_close_input(&(*audio)->source);
    free(*audio);
    *audio = NULL;
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

int lp_audio_write(lp_audio *audio, AVFormatContext *muxer, double start, double until) {
    while (read_packet(audio)) {
        AVPacket *const packet = audio->packet;
        const AVRational from = audio->from->time_base, to = audio->to->time_base;
        const double time = (double)packet->pts * av_q2d(from);
        if (time >= until)
            return 0;
        audio->has_packet = 0;
        if (time < start) {
            av_packet_unref(packet);
            continue;
        }
        const int64_t offset = llround(start / av_q2d(from));
        packet->pts -= offset;
        packet->dts = packet->dts == AV_NOPTS_VALUE ? packet->pts : packet->dts - offset;
        av_packet_rescale_ts(packet, from, to);
        packet->stream_index = audio->to->index;
        packet->pos = -1;
        const int code = av_write_frame(muxer, packet);
        av_packet_unref(packet);
        if (code < 0)
            return code;
    }
    return 0;
}
