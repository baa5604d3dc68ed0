/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The command's own looks at pictures and packets, before and beside the decoders: kind and size of a picture,
 * rewriting of one whose file is not as it should be, the end of a video that was cut, and the fields and entry points
 * of H.264 and HEVC. */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>

#include "input/demux.h"
#include "input/entry.h"
#include "input/fields.h"
#include "input/salvage.h"

static void sniff(const uint8_t *data, size_t size) {
    lp_input_sniffed found, begun;

    lp_input_sniff(&found, data, size);
    must((int)found.kind >= LP_PICTURE_NONE && found.kind < LP_PICTURE_KINDS);
    must(found.orientation >= 1 && found.orientation <= 8);
    must(found.width >= 0 && found.height >= 0);
    (void)lp_input_sniff_next(&found, data, size);
    must(*lp_input_picture_kind_name(found.kind));
    uint8_t *const head = malloc(size / 2 + 1);
    memcpy(head, data, size / 2);
    lp_input_sniff(&begun, head, size / 2);
    (void)lp_input_sniff_next(&begun, head, size / 2);
    free(head);

    uint8_t *const copy = malloc(size + 1);
    for (int kind = LP_PICTURE_NONE; kind < LP_PICTURE_KINDS; kind++) {
        memcpy(copy, data, size);
        must(lp_salvage((lp_input_picture_kind)kind, copy, size) <= size);
    }
    free(copy);
}

/* A packet: what is behind its bytes is zero, as FFmpeg has it. */
static AVPacket *make_packet(const uint8_t *data, size_t size) {
    AVPacket *const packet = av_packet_alloc();
    must(packet && av_new_packet(packet, (int)size) == 0);
    if (size)
        memcpy(packet->data, data, size);
    packet->flags = AV_PKT_FLAG_KEY;
    return packet;
}

static void look_at_packets(fuzz_input *input) {
    static const enum AVCodecID codecs[] = {AV_CODEC_ID_H264,  AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG2VIDEO,
                                            AV_CODEC_ID_MPEG4, AV_CODEC_ID_VP9,  AV_CODEC_ID_AV1};
    AVCodecParameters *codec = avcodec_parameters_alloc();
    lp_fields fields;

    must(codec != NULL);
    codec->codec_type = AVMEDIA_TYPE_VIDEO;
    codec->codec_id = codecs[fuzz_byte(input) % (sizeof codecs / sizeof *codecs)];
    size_t head = fuzz_byte(input);
    head = head < input->left ? head : input->left;
    codec->extradata = av_mallocz(head + AV_INPUT_BUFFER_PADDING_SIZE);
    codec->extradata_size = (int)head;
    if (head)
        memcpy(codec->extradata, input->at, head);
    input->at += head;
    input->left -= head;
    lp_fields_start(&fields, codec);
    while (input->left > 0) {
        size_t length = fuzz_byte(input);
        length = length < input->left ? length : input->left;
        AVPacket *packet = make_packet(input->at, length);
        input->at += length;
        input->left -= length;
        (void)lp_fields_is_second(&fields, codec, packet);
        (void)lp_entry_is_exact(codec, packet);
        av_packet_free(&packet);
    }
    avcodec_parameters_free(&codec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, size};
    const int what = fuzz_byte(&input);
    const lp_demux demux = {.path = what % 4 == 2 ? fuzz_file(0, input.at, input.left) : NULL};

    if (what % 4 == 0)
        look_at_packets(&input);
    else if (demux.path)
        (void)lp_demux_is_cut(&demux);
    else if (input.left)
        sniff(input.at, input.left);
    return 0;
}
