/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "eval/report.h"

#include <lightpose/lightpose.h>

#include "cli.h"

static void print_figure(FILE *to, double value) {
    if (value < 0)
        fprintf(to, "%10s", "-");
    else
        fprintf(to, "%10.4f", value);
}

static void print_figures(FILE *to, const double *figures) {
    fputs("       0.50:0.95      0.50      0.75    medium     large\n", to);
    for (int row = 0; row < 2; row++) {
        fprintf(to, "  %s  ", row ? "AR" : "AP");
        for (int column = 0; column < LP_AR; column++)
            print_figure(to, figures[row * LP_AR + column]);
        fputc('\n', to);
    }
}

static void print_timing(FILE *to, const lp_timing *timing) {
    fprintf(to, "  %.2f ms an image (network %.2f, decoder %.2f), %.1f images/s: %s, decoder %s, %d thread%s\n",
            timing->image_ms, timing->network_ms, timing->decode_ms, 1000 / timing->image_ms,
            lightpose_precision_get_name((lightpose_precision)timing->precision),
            lightpose_decoder_get_name((lightpose_decoder)timing->decoder), timing->workers,
            timing->workers == 1 ? "" : "s");
}

static void print_negatives(FILE *to, const lp_negatives *negatives) {
    fprintf(to, "  without people: %d found in %d of %d images", negatives->persons, negatives->images_with,
            negatives->images);
    if (negatives->worst)
        fprintf(to, "; the highest rank %.4g in %s", negatives->best_rank, negatives->worst);
    fprintf(to, "\n  AP with these images among the others: %.4f\n", negatives->ap);
}

static double share(int part, int whole) {
    return whole ? (double)part / whole : 0;
}

static void print_keypoints(FILE *to, const lp_breakdown *breakdown) {
    fputs("\n  Keypoints of labelled people (found: the person at OKS 0.50, and this keypoint; right: similarity of at"
          " least 0.5)\n"
          "  keypoint         labelled     found  right  of found people: found  right  similarity\n",
          to);
    for (int k = 0; k < LP_COCO17_KEYPOINTS; k++) {
        const lp_keypoint_figures *const row = &breakdown->keypoints[k];
        fprintf(to, "  %-16s %8d    %6.3f %6.3f %24.3f %6.3f %11.3f\n", lp_coco17_name(k), row->labelled,
                share(row->found, row->labelled), share(row->right, row->labelled),
                share(row->found, row->person_found), share(row->right, row->person_found), row->similarity);
    }
}

static void print_groups(FILE *to, const char *title, const lp_group_figures *groups, int count) {
    fprintf(to, "\n  %-26s images  people        AP      AP50        AR\n", title);
    for (int i = 0; i < count; i++) {
        fprintf(to, "  %-26s %6d  %6d", groups[i].name, groups[i].images, groups[i].persons);
        print_figure(to, groups[i].ap);
        print_figure(to, groups[i].ap50);
        print_figure(to, groups[i].ar);
        fputc('\n', to);
    }
}

void lp_report_outcome(FILE *to, const lp_outcome *outcome, const lp_labels *labels, int details) {
    const lp_breakdown *const breakdown = &outcome->breakdown;
    fprintf(to, "%s\n  %zu images, %d labelled people of which %d are found at OKS 0.50, %zu detections\n",
            outcome->name, labels->image_count, breakdown->persons, breakdown->persons_found,
            outcome->detections.added);
    if (outcome->detections.added > outcome->detections.count)
        fprintf(to, "  (%zu of them beyond the %d best of their image, which do not count)\n",
                outcome->detections.added - outcome->detections.count, LP_COCO_MAX_DETECTIONS);
    if (outcome->timing.images)
        print_timing(to, &outcome->timing);
    print_figures(to, outcome->figures);
    if (outcome->negatives.images)
        print_negatives(to, &outcome->negatives);
    if (!details)
        return;
    print_keypoints(to, breakdown);
    print_groups(to, "Root of the person's area", breakdown->sizes, LP_SIZE_GROUPS);
    print_groups(to, "Labelled people in the image", breakdown->crowds, LP_CROWD_GROUPS);
}

void lp_report_comparison(FILE *to, const lp_comparison *comparison) {
    fprintf(to, "  difference      A         B     B - A     95 %% interval over %d draws of the images      p\n",
            comparison->samples);
    for (int f = 0; f < LP_FIGURES; f++) {
        const lp_difference *const row = &comparison->figures[f];
        fprintf(to, "  %-7s", lp_figure_names[f]);
        print_figure(to, row->a);
        print_figure(to, row->b);
        if (row->a < 0)
            fputc('\n', to);
        else
            fprintf(to, "%+10.4f     %+.4f to %+.4f %30.4f\n", row->b - row->a, row->low, row->high, row->p);
    }
    fprintf(to, "  people found at OKS 0.50: by both %d, by A alone %d, by B alone %d, by neither %d\n",
            comparison->both, comparison->only_a, comparison->only_b, comparison->neither);
}

void lp_report_table(FILE *to, const lp_outcome *outcomes, size_t count, const lp_comparison *comparisons) {
    fprintf(to, "      AP     APM     APL  ms/image  images/s%s  setting\n",
            comparisons ? "   AP - first   95 % interval    " : "");
    for (size_t i = 0; i < count; i++) {
        const lp_outcome *const row = &outcomes[i];
        fprintf(to, "%8.4f%8.4f%8.4f", row->figures[LP_AP], row->figures[LP_AP_MEDIUM], row->figures[LP_AP_LARGE]);
        if (row->timing.images)
            fprintf(to, "%10.2f%10.1f", row->timing.image_ms, 1000 / row->timing.image_ms);
        else
            fprintf(to, "%10s%10s", "-", "-");
        if (comparisons && i == 0)
            fprintf(to, "%33s", "");
        else if (comparisons) {
            const lp_difference *const ap = &comparisons[i - 1].figures[LP_AP];
            fprintf(to, "%+13.4f   %+.4f to %+.4f", ap->b - ap->a, ap->low, ap->high);
        }
        fprintf(to, "  %s\n", row->name);
    }
}
