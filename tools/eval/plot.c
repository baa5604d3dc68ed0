/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* Time runs along x on a logarithmic scale, so that "twice as fast" is the same step everywhere; AP in percent up y.
 * Colour says precision, a full or a dashed line says decoder. The fastest line of each decoder names the heights. */

#include "eval/plot.h"

#include "cli.h"
#include "output/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 880, HEIGHT = 540, LEFT = 72, RIGHT = 848, TOP = 124, BOTTOM = 476, KEY_RIGHT = 786 };

typedef struct axis {
    double low, high; /* of the data: log10(ms), or percent */
    double from, to;  /* in the picture */
} axis;

typedef struct plot {
    FILE *to;
    const lp_outcome **points; /* by line, then by height */
    size_t count;
    int decoders;
    axis x, y;
} plot;

static double place(const axis *a, double value) {
    return a->from + (value - a->low) / (a->high - a->low) * (a->to - a->from);
}

static double x_of(const plot *p, double ms) {
    return place(&p->x, log10(ms));
}

static double y_of(const plot *p, double ap) {
    return place(&p->y, 100 * ap);
}

static const char *class_of(const lp_outcome *point) {
    switch ((lightpose_precision)point->timing.precision) {
    case LIGHTPOSE_PRECISION_INT8:
        return "int8";
    case LIGHTPOSE_PRECISION_BF16:
        return "bf16";
    default:
        return "f32";
    }
}

/* The published decoder steps back behind ours where both are shown. */
static int is_dashed(const plot *p, const lp_outcome *point) {
    return p->decoders > 1 && point->timing.decoder == LIGHTPOSE_DECODER_REFERENCE;
}

/* Text content, with the characters that mean something in XML escaped. */
static void put_text(FILE *to, const char *text) {
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", to);
        else if (*text == '&')
            fputs("&amp;", to);
        else
            fputc(*text, to);
    }
}

/* Decimal points whatever the locale: tenths of a unit, as integers. */
static void put_number(FILE *to, double value) {
    const long tenths = lround(value * 10);
    fprintf(to, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
    if (labs(tenths) % 10)
        fprintf(to, ".%ld", labs(tenths) % 10);
}

static void put_at(FILE *to, const char *name, double value) {
    fprintf(to, " %s=\"", name);
    put_number(to, value);
    fputc('"', to);
}

static void put_label(const plot *p, const char *class, double x, double y, const char *anchor, const char *text) {
    fprintf(p->to, "<text class=\"%s\" text-anchor=\"%s\"", class, anchor);
    put_at(p->to, "x", x);
    put_at(p->to, "y", y);
    fputc('>', p->to);
    put_text(p->to, text);
    fputs("</text>\n", p->to);
}

static void put_line(const plot *p, const char *class, double x1, double y1, double x2, double y2) {
    fprintf(p->to, "<line class=\"%s\"", class);
    put_at(p->to, "x1", x1);
    put_at(p->to, "y1", y1);
    put_at(p->to, "x2", x2);
    put_at(p->to, "y2", y2);
    fputs("/>\n", p->to);
}

static void put_style(FILE *to) {
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n"
            "<style>\n"
            "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:13px;"
            "fill:#57606a}\n"
            ".title{font-size:19px;font-weight:600;fill:#1f2328}.key{fill:#1f2328}\n"
            ".height{font-size:11.5px}\n"
            ".paper{fill:#fff}.grid{stroke:#d8dee4;stroke-width:1}.base{stroke:#8c959f;stroke-width:1}\n"
            ".line{fill:none;stroke-width:2.5;stroke-linejoin:round}.dashed{stroke-dasharray:7 5;stroke-width:2}\n"
            ".int8{stroke:#0a7d68}.bf16{stroke:#3b6fd4}.f32{stroke:#c4611b}\n"
            "circle{stroke-width:2}circle.int8{fill:#0a7d68}circle.bf16{fill:#3b6fd4}circle.f32{fill:#c4611b}\n"
            "circle.hollow{fill:#fff}\n"
            "@media(prefers-color-scheme:dark){text{fill:#9198a1}.title,.key{fill:#f0f6fc}.paper{fill:#0d1117}"
            ".grid{stroke:#262c36}.base{stroke:#656c76}.int8{stroke:#3fc8ad}.bf16{stroke:#7aa5ff}.f32{stroke:#f0965a}"
            "circle.int8{fill:#3fc8ad}circle.bf16{fill:#7aa5ff}circle.f32{fill:#f0965a}circle.hollow{fill:#0d1117}}\n"
            "</style>\n"
            "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
}

/* ---- Axes -------------------------------------------------------------------------------------------------------- */

static void fit_axes(plot *p) {
    double fastest = INFINITY, slowest = 0, worst = 1, best = 0;
    for (size_t i = 0; i < p->count; i++) {
        const lp_outcome *const point = p->points[i];
        fastest = fmin(fastest, point->timing.image_ms);
        slowest = fmax(slowest, point->timing.image_ms);
        worst = fmin(worst, point->figures[LP_AP]);
        best = fmax(best, point->figures[LP_AP]);
    }
    p->x = (axis){log10(fastest / 1.25), log10(slowest * 1.25), LEFT, RIGHT};
    p->y = (axis){10 * floor(10 * worst - 0.05), 10 * ceil(10 * best + 0.2), BOTTOM, TOP};
    if (p->y.low < 0)
        p->y.low = 0;
}

/* Ticks at 1, 2 and 5 of each decade: milliseconds below, the images a second that they mean above. */
static void put_time_axis(const plot *p) {
    static const int steps[] = {1, 2, 5};
    for (int decade = -3; decade <= 5; decade++) {
        for (int s = 0; s < 3; s++) {
            const double ms = steps[s] * pow(10, decade), x = x_of(p, ms);
            char text[32];
            if (x < LEFT || x > RIGHT)
                continue;
            put_line(p, "grid", x, TOP, x, BOTTOM);
            snprintf(text, sizeof text, "%g", ms);
            put_label(p, "tick", x, BOTTOM + 20, "middle", text);
            snprintf(text, sizeof text, "%.4g/s", 1000 / ms);
            put_label(p, "height", x, TOP - 8, "middle", text);
        }
    }
    put_line(p, "base", LEFT, BOTTOM, RIGHT, BOTTOM);
    put_label(p, "tick", (LEFT + RIGHT) / 2.0, BOTTOM + 44, "middle", "milliseconds an image");
}

static void put_accuracy_axis(const plot *p) {
    const int step = p->y.high - p->y.low > 40 ? 10 : 5;
    for (int percent = (int)p->y.low; percent <= (int)p->y.high; percent += step) {
        char text[32];
        const double y = place(&p->y, percent);
        put_line(p, "grid", LEFT, y, RIGHT, y);
        snprintf(text, sizeof text, "%d", percent);
        put_label(p, "tick", LEFT - 10, y + 4.5, "end", text);
    }
    put_label(p, "tick", LEFT - 40, TOP - 28, "start", "AP, %");
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static int same_line(const lp_outcome *a, const lp_outcome *b) {
    return a->timing.precision == b->timing.precision && a->timing.decoder == b->timing.decoder;
}

/* By decoder (ours first), precision (fastest first), height. */
static int by_line(const void *left, const void *right) {
    const lp_timing *const a = &(*(const lp_outcome *const *)left)->timing;
    const lp_timing *const b = &(*(const lp_outcome *const *)right)->timing;
    if (a->decoder != b->decoder)
        return a->decoder > b->decoder ? -1 : 1;
    if (a->precision != b->precision)
        return a->precision > b->precision ? -1 : 1;
    return (a->height > b->height) - (a->height < b->height);
}

static void put_points(const plot *p, size_t first, size_t end, int name_heights) {
    for (size_t i = first; i < end; i++) {
        const lp_outcome *const point = p->points[i];
        const double x = x_of(p, point->timing.image_ms), y = y_of(p, point->figures[LP_AP]);
        char text[32];
        fprintf(p->to, "<circle class=\"%s%s\" r=\"4\"", class_of(point), is_dashed(p, point) ? " hollow" : "");
        put_at(p->to, "cx", x);
        put_at(p->to, "cy", y);
        fprintf(p->to, "><title>%s, %s, height %d: AP %.2f %%, %.2f ms</title></circle>\n", class_of(point),
                lightpose_decoder_get_name((lightpose_decoder)point->timing.decoder), point->timing.height,
                100 * point->figures[LP_AP], point->timing.image_ms);
        snprintf(text, sizeof text, "%d", point->timing.height);
        if (name_heights)
            put_label(p, "height", is_dashed(p, point) ? x + 7 : x - 7, is_dashed(p, point) ? y + 15 : y - 8,
                      is_dashed(p, point) ? "start" : "end", text);
    }
}

static void put_lines(const plot *p) {
    for (size_t first = 0, end; first < p->count; first = end) {
        const lp_outcome *const line = p->points[first];
        const int new_decoder = first == 0 || p->points[first - 1]->timing.decoder != line->timing.decoder;
        fprintf(p->to, "<polyline class=\"line %s%s\" points=\"", class_of(line), is_dashed(p, line) ? " dashed" : "");
        for (end = first; end < p->count && same_line(p->points[end], line); end++) {
            put_number(p->to, x_of(p, p->points[end]->timing.image_ms));
            fputc(',', p->to);
            put_number(p->to, y_of(p, p->points[end]->figures[LP_AP]));
            fputc(' ', p->to);
        }
        fputs("\"/>\n", p->to);
        put_points(p, first, end, new_decoder);
    }
}

static void put_sample(const plot *p, const lp_outcome *line, double x, double y) {
    char class[64];
    snprintf(class, sizeof class, "line %s%s", class_of(line), is_dashed(p, line) ? " dashed" : "");
    put_line(p, class, x, y, x + 22, y);
}

/* A row for each decoder, from the bottom, in it a sample of each of its lines, from the right. */
static void put_key(const plot *p) {
    double x = KEY_RIGHT, y = BOTTOM - 12;
    for (size_t i = p->count; i-- > 0;) {
        const lp_outcome *const line = p->points[i];
        if (i > 0 && same_line(p->points[i - 1], line))
            continue;
        put_sample(p, line, x, y - 4);
        put_label(p, "key", x + 28, y, "start", class_of(line));
        x -= 84;
        if (i == 0 || p->points[i - 1]->timing.decoder != line->timing.decoder) {
            char text[64];
            snprintf(text, sizeof text, "decoder %s",
                     lightpose_decoder_get_name((lightpose_decoder)line->timing.decoder));
            put_label(p, "key", x + 70, y, "end", text);
            x = KEY_RIGHT;
            y -= 22;
        }
    }
    put_label(p, "height", RIGHT - 6, y, "end", "at the points: height of the network input");
}

static void put_plot(plot *p, const char *caption) {
    p->decoders = 1;
    for (size_t i = 1; i < p->count; i++)
        p->decoders += p->points[i]->timing.decoder != p->points[i - 1]->timing.decoder;
    fit_axes(p);
    put_style(p->to);
    put_label(p, "title", LEFT - 40, 40, "start", "Accuracy against time");
    put_label(p, "tick", LEFT - 40, 64, "start", caption);
    put_accuracy_axis(p);
    put_time_axis(p);
    put_lines(p);
    put_key(p);
    fputs("</svg>\n", p->to);
}

lightpose_status lp_plot_write(const char *path, const lp_outcome *outcomes, size_t count, const char *caption,
                               lightpose_error *error) {
    plot p = {.points = calloc(count + 1, sizeof *p.points)};
    lp_output_file *file = NULL;
    lightpose_status status = LIGHTPOSE_OK;

    if (!p.points)
        return lp_tool_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: not enough memory for %zu points", path, count);
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].timing.images && outcomes[i].figures[LP_AP] >= 0)
            p.points[p.count++] = &outcomes[i];
    if (!p.count)
        status = lp_tool_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: nothing that was timed to plot", path);
    if (status == LIGHTPOSE_OK)
        status = lp_output_file_open(&file, path, NULL, error);
    if (status == LIGHTPOSE_OK) {
        p.to = lp_output_file_stream(file);
        qsort(p.points, p.count, sizeof *p.points, by_line);
        put_plot(&p, caption);
        status = lp_output_file_commit(&file, error);
    }
    free(p.points);
    return status;
}
