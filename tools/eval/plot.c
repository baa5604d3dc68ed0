/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The x axis is time on a logarithmic scale, so that "twice as fast" is the same step everywhere; the y axis is AP in
 * percent. Colour shows the precision; solid, dashed or dotted lines show decoder and second look. The fastest line of
 * each has labels with the heights, as far as there is room.
 *
 * All styling is in attributes, which every viewer supports; the style sheet only adds colours for dark pages. */

#include "eval/plot.h"

#include "cli.h"
#include "output/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 880, HEIGHT = 540, LEFT = 72, RIGHT = 848, TOP = 124, BOTTOM = 476, KEY_RIGHT = 786 };
enum { MOST_BOXES = 512 };

/* An area in use, where no label may go. */
typedef struct box {
    double left, top, right, bottom;
} box;

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
    box taken[MOST_BOXES];
    int taken_count;
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

static const char *colour_of(const lp_outcome *point) {
    switch ((lightpose_precision)point->timing.precision) {
    case LIGHTPOSE_PRECISION_INT8:
        return "#0a7d68";
    case LIGHTPOSE_PRECISION_BF16:
        return "#3b6fd4";
    default:
        return "#c4611b";
    }
}

/* The published decoder is drawn dashed if both decoders are shown. */
static int is_dashed(const plot *p, const lp_outcome *point) {
    return p->decoders > 1 && point->timing.decoder == LIGHTPOSE_DECODER_REFERENCE;
}

static const char *stroke_of(const plot *p, const lp_outcome *point) {
    return point->timing.second_look ? "stroke-width=\"3\" stroke-linecap=\"round\" stroke-dasharray=\"1 6\""
           : is_dashed(p, point)     ? "stroke-width=\"2\" stroke-dasharray=\"7 5\""
                                     : "stroke-width=\"2.5\"";
}

/* Text content, escaped for XML. */
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

/* Prints tenths with integers, so that the decimal point does not depend on the locale. */
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

/* A kind of text: its CSS class, and attributes for size and colour. */
typedef struct lettering {
    const char *class, *look;
    double size;
} lettering;

static const lettering title = {"title", " font-weight=\"600\" fill=\"#1f2328\"", 19};
static const lettering key = {"key", " fill=\"#1f2328\"", 13};
static const lettering tick = {"tick", " fill=\"#57606a\"", 13};
static const lettering small = {"small", " fill=\"#57606a\"", 11.5};

static void put_label(const plot *p, const lettering *kind, double x, double y, const char *anchor, const char *text) {
    fprintf(p->to, "<text class=\"%s\"%s text-anchor=\"%s\"", kind->class, kind->look, anchor);
    put_at(p->to, "font-size", kind->size);
    put_at(p->to, "x", x);
    put_at(p->to, "y", y);
    fputc('>', p->to);
    put_text(p->to, text);
    fputs("</text>\n", p->to);
}

/* `look` holds further attributes. */
static void put_line(const plot *p, const char *look, double x1, double y1, double x2, double y2) {
    fprintf(p->to, "<line %s", look);
    put_at(p->to, "x1", x1);
    put_at(p->to, "y1", y1);
    put_at(p->to, "x2", x2);
    put_at(p->to, "y2", y2);
    fputs("/>\n", p->to);
}

static const char grid[] = "class=\"grid\" stroke=\"#d8dee4\" stroke-width=\"1\"";

static void put_head(FILE *to) {
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
            "font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif\">\n"
            "<style>@media(prefers-color-scheme:dark){text{fill:#9198a1}.title,.key{fill:#f0f6fc}.paper{fill:#0d1117}"
            ".grid{stroke:#262c36}.base{stroke:#656c76}.int8{stroke:#3fc8ad}.bf16{stroke:#7aa5ff}.f32{stroke:#f0965a}"
            "circle.int8{fill:#3fc8ad}circle.bf16{fill:#7aa5ff}circle.f32{fill:#f0965a}circle.hollow{fill:#0d1117}}"
            "</style>\n"
            "<rect class=\"paper\" fill=\"#fff\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
}

/* ---- Room for labels --------------------------------------------------------------------------------------------- */

static void take_room(plot *p, const box *b) {
    if (p->taken_count < MOST_BOXES)
        p->taken[p->taken_count++] = *b;
}

static int has_room(const plot *p, const box *b) {
    int free = b->left > LEFT && b->right < RIGHT && b->top > TOP && b->bottom < BOTTOM;

    for (int i = 0; free && i < p->taken_count; i++)
        free = b->right < p->taken[i].left || b->left > p->taken[i].right || b->bottom < p->taken[i].top ||
               b->top > p->taken[i].bottom;
    return free;
}

/* Marks a line as in use, as a row of small boxes. */
static void take_line(plot *p, double x1, double y1, double x2, double y2) {
    const int steps = 1 + (int)(hypot(x2 - x1, y2 - y1) / 12);

    for (int i = 0; i <= steps; i++) {
        const double x = x1 + (x2 - x1) * i / steps, y = y1 + (y2 - y1) * i / steps;
        const box around = {x - 3, y - 3, x + 3, y + 3};
        take_room(p, &around);
    }
}

/* Writes a label beside a point where there is room; without room it is left out. */
static void put_beside(plot *p, double x, double y, const char *text) {
    static const double sides[][2] = {{-1, -1}, {1, 1}, {0, -1}, {0, 1}, {-1, 1}, {1, -1}, {-1, 0}, {1, 0}};
    const double width = 7 * (double)strlen(text), height = 10;

    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const double across = x + sides[i][0] * (width / 2 + 7), down = y + sides[i][1] * (height / 2 + 8);
        const box room = {across - width / 2, down - height / 2, across + width / 2, down + height / 2};
        if (!has_room(p, &room))
            continue;
        put_label(p, &small, across, down + height / 2 - 1, "middle", text);
        take_room(p, &room);
        return;
    }
}

/* ---- Axes -------------------------------------------------------------------------------------------------------- */

static void fit_axes(plot *p) {
    double fastest = p->points[0]->timing.image_ms, slowest = fastest, worst = 1, best = 0;
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

/* Ticks at 1, 2 and 5 of each decade: milliseconds below, images per second above. */
static void put_time_axis(const plot *p) {
    static const int steps[] = {1, 2, 5};
    for (int decade = -3; decade <= 5; decade++) {
        for (int s = 0; s < 3; s++) {
            const double ms = steps[s] * pow(10, decade), x = x_of(p, ms);
            char text[32];
            if (x < LEFT || x > RIGHT)
                continue;
            put_line(p, grid, x, TOP, x, BOTTOM);
            snprintf(text, sizeof text, "%g", ms);
            put_label(p, &tick, x, BOTTOM + 20, "middle", text);
            snprintf(text, sizeof text, "%.4g/s", 1000 / ms);
            put_label(p, &small, x, TOP - 8, "middle", text);
        }
    }
    put_line(p, "class=\"base\" stroke=\"#8c959f\" stroke-width=\"1\"", LEFT, BOTTOM, RIGHT, BOTTOM);
    put_label(p, &tick, (LEFT + RIGHT) / 2.0, BOTTOM + 44, "middle", "milliseconds an image");
}

static void put_accuracy_axis(const plot *p) {
    const int step = p->y.high - p->y.low > 40 ? 10 : 5;
    for (int percent = (int)p->y.low; percent <= (int)p->y.high; percent += step) {
        char text[32];
        const double y = place(&p->y, percent);
        put_line(p, grid, LEFT, y, RIGHT, y);
        snprintf(text, sizeof text, "%d", percent);
        put_label(p, &tick, LEFT - 10, y + 4.5, "end", text);
    }
    put_label(p, &tick, LEFT - 40, TOP - 28, "start", "AP, %");
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static int same_line(const lp_outcome *a, const lp_outcome *b) {
    return a->timing.precision == b->timing.precision && a->timing.decoder == b->timing.decoder &&
           a->timing.second_look == b->timing.second_look;
}

static int same_way(const lp_outcome *a, const lp_outcome *b) {
    return a->timing.decoder == b->timing.decoder && a->timing.second_look == b->timing.second_look;
}

/* By decoder (ours first), second look, precision (fastest first), height. */
static int by_line(const void *left, const void *right) {
    const lp_timing *const a = &(*(const lp_outcome *const *)left)->timing;
    const lp_timing *const b = &(*(const lp_outcome *const *)right)->timing;
    if (a->decoder != b->decoder)
        return a->decoder > b->decoder ? -1 : 1;
    if (a->second_look != b->second_look)
        return a->second_look > b->second_look ? -1 : 1;
    if (a->precision != b->precision)
        return a->precision > b->precision ? -1 : 1;
    return (a->height > b->height) - (a->height < b->height);
}

static void put_points(const plot *p, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const lp_outcome *const point = p->points[i];
        const int hollow = is_dashed(p, point);
        fprintf(p->to, "<circle class=\"%s%s\" fill=\"%s\" stroke=\"%s\" stroke-width=\"2\" r=\"4\"", class_of(point),
                hollow ? " hollow" : "", hollow ? "#fff" : colour_of(point), colour_of(point));
        put_at(p->to, "cx", x_of(p, point->timing.image_ms));
        put_at(p->to, "cy", y_of(p, point->figures[LP_AP]));
        fprintf(p->to, "><title>%s, %s, height %d%s: AP %.2f %%, %.2f ms</title></circle>\n", class_of(point),
                lightpose_decoder_get_name((lightpose_decoder)point->timing.decoder), point->timing.height,
                point->timing.second_look ? ", second look" : "", 100 * point->figures[LP_AP], point->timing.image_ms);
    }
}

static void put_lines(plot *p) {
    for (size_t first = 0, end; first < p->count; first = end) {
        const lp_outcome *const line = p->points[first];
        fprintf(p->to, "<polyline class=\"%s\" fill=\"none\" stroke=\"%s\" stroke-linejoin=\"round\" %s points=\"",
                class_of(line), colour_of(line), stroke_of(p, line));
        for (end = first; end < p->count && same_line(p->points[end], line); end++) {
            const double x = x_of(p, p->points[end]->timing.image_ms), y = y_of(p, p->points[end]->figures[LP_AP]);
            put_number(p->to, x);
            fputc(',', p->to);
            put_number(p->to, y);
            fputc(' ', p->to);
            if (end > first)
                take_line(p, x_of(p, p->points[end - 1]->timing.image_ms), y_of(p, p->points[end - 1]->figures[LP_AP]),
                          x, y);
        }
        fputs("\"/>\n", p->to);
        put_points(p, first, end);
    }
}

/* The fastest line of each decoder, with and without a second look. */
static void put_heights(plot *p) {
    for (size_t i = 0, first = 0; i < p->count; i++) {
        char text[32];
        if (!same_way(p->points[i], p->points[first]))
            first = i;
        if (!same_line(p->points[i], p->points[first]))
            continue;
        snprintf(text, sizeof text, "%d", p->points[i]->timing.height);
        put_beside(p, x_of(p, p->points[i]->timing.image_ms), y_of(p, p->points[i]->figures[LP_AP]), text);
    }
}

static void put_sample(const plot *p, const lp_outcome *line, double x, double y) {
    char look[256];
    snprintf(look, sizeof look, "class=\"%s\" stroke=\"%s\" %s", class_of(line), colour_of(line), stroke_of(p, line));
    put_line(p, look, x, y, x + 22, y);
}

/* A row for each decoder, with and without a second look, from the bottom; in it a sample of each of its lines, from
 * the right. */
static void put_key(plot *p) {
    double x = KEY_RIGHT, y = BOTTOM - 12;
    for (size_t i = p->count; i-- > 0;) {
        const lp_outcome *const line = p->points[i];
        if (i > 0 && same_line(p->points[i - 1], line))
            continue;
        put_sample(p, line, x, y - 4);
        put_label(p, &key, x + 28, y, "start", class_of(line));
        x -= 84;
        if (i == 0 || !same_way(p->points[i - 1], line)) {
            char text[64];
            snprintf(text, sizeof text, "%s%s", lightpose_decoder_get_name((lightpose_decoder)line->timing.decoder),
                     line->timing.second_look ? ", second look" : "");
            put_label(p, &key, x + 70, y, "end", text);
            const box row = {x - 70, y - 14, RIGHT, y + 4};
            take_room(p, &row);
            x = KEY_RIGHT;
            y -= 22;
        }
    }
    put_label(p, &small, RIGHT - 6, y, "end", "at the points: height of the network input");
    const box row = {RIGHT - 250, y - 12, RIGHT, y + 4};
    take_room(p, &row);
}

static void put_plot(plot *p, const char *caption) {
    p->decoders = 1;
    for (size_t i = 1; i < p->count; i++)
        p->decoders += p->points[i]->timing.decoder != p->points[i - 1]->timing.decoder;
    fit_axes(p);
    put_head(p->to);
    put_label(p, &title, LEFT - 40, 40, "start", "Accuracy against time");
    put_label(p, &tick, LEFT - 40, 64, "start", caption);
    put_accuracy_axis(p);
    put_time_axis(p);
    put_lines(p);
    put_key(p);
    put_heights(p);
    fputs("</svg>\n", p->to);
}

lightpose_status lp_plot_write(const char *path, const lp_outcome *outcomes, size_t count, const char *caption,
                               lightpose_error *error) {
    plot p = {.points = calloc(count + 1, sizeof *p.points)};
    lp_output_file *file = NULL;
    lightpose_status status = LIGHTPOSE_OK;

    if (!p.points)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: not enough memory for %zu points", path, count);
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].timing.images && outcomes[i].figures[LP_AP] >= 0)
            p.points[p.count++] = &outcomes[i];
    if (!p.count)
        status = lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "%s: no timed results to plot", path);
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
