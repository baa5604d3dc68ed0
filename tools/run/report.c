/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "run/report.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "run/repeat.h"
#include "run/work.h"

/* Least time between two progress messages, on a terminal and elsewhere. */
#define TERMINAL_NS INT64_C(200000000)
#define PLAIN_NS    INT64_C(30000000000)

void lp_report_start(lp_report *report, int quiet, FILE *lines) {
    *report = (lp_report){.quiet = quiet, .terminal = !quiet && isatty(STDERR_FILENO), .lines = quiet ? NULL : lines};
    report->start = report->last_progress = lp_work_now();
}

void lp_report_frame(lp_report *report, const lp_job *job, int people, int64_t write_ns) {
    report->people += people;
    report->failed += job->error.status != LIGHTPOSE_OK;
    for (int i = 0; i < people; i++) {
        const double share = lightpose_result_get_pose(job->result, i)->box.height / job->roi.height;
        report->height = share > report->height ? share : report->height;
    }
    if (job->stats.net_height)
        report->net_height = job->stats.net_height;
    if (report->frames++ == 0) {
        report->first = lp_work_now();
        return;
    }
    report->read_ns += job->read_ns;
    report->preprocess_ns += job->stats.preprocess_ns;
    report->network_ns += job->stats.network_ns + job->stats.average_ns;
    report->decode_ns += job->stats.peaks_ns + job->stats.group_ns;
    report->write_ns += write_ns;
}

const char *lp_report_count(int64_t number, const char *one, const char *many, char text[32]) {
    snprintf(text, 32, "%" PRId64 " %s", number, number == 1 ? one : many);
    return text;
}

static void wipe(lp_report *report) {
    if (report->on_screen) {
        fprintf(stderr, "\r%*s\r", report->on_screen, "");
        report->on_screen = 0;
    }
}

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* "1:02:03" or "2:03". */
static const char *clock_text(double seconds, char text[32]) {
    const int64_t whole = seconds < 0 ? 0 : (int64_t)seconds;
    if (whole >= 3600)
        snprintf(text, 32, "%" PRId64 ":%02d:%02d", whole / 3600, (int)(whole / 60 % 60), (int)(whole % 60));
    else
        snprintf(text, 32, "%d:%02d", (int)(whole / 60), (int)(whole % 60));
    return text;
}

/* A bar of 20 characters. */
static const char *bar_text(int64_t done, int64_t total, char text[64]) {
    const int full = total > 0 ? (int)(20 * (done < total ? done : total) / total) : 0;
    snprintf(text, 64, "[%.*s%.*s]", full, "####################", 20 - full, "....................");
    return text;
}

void lp_report_progress(lp_report *report, const char *name, int64_t done, int64_t total, int64_t people, int live) {
    const int64_t now = lp_work_now();
    if (report->quiet || now - report->last_progress < (report->terminal ? TERMINAL_NS : PLAIN_NS))
        return;
    report->last_progress = now;
    const double elapsed = (double)(now - report->start) * 1e-9;
    const double fps = elapsed > 0 ? (double)report->frames / elapsed : 0;
    char line[512], left[32], bar[64], frames[32], persons[32];
    lp_report_count(done, "frame", "frames", frames);
    lp_report_count(people, "person", "people", persons);
    const int known = total > 0 && !live && done <= total;
    if (known)
        snprintf(line, sizeof line, "%s %s %" PRId64 "/%" PRId64 " frames, %s, %.1f fps, %s left", name,
                 report->terminal ? bar_text(done, total, bar) : "", done, total, persons, fps,
                 clock_text(fps > 0 ? (double)(total - done) / fps : 0, left));
    else
        snprintf(line, sizeof line, "%s: %s, %s, %.1f fps, %s", name, frames, persons, fps, clock_text(elapsed, left));
    if (!report->terminal) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    wipe(report);
    const int room = terminal_width() - 1;
    report->on_screen = (int)strlen(line) < room ? (int)strlen(line) : room;
    fprintf(stderr, "%.*s", report->on_screen, line);
    fflush(stderr);
}

void lp_report_line(lp_report *report, const char *format, ...) {
    if (!report->lines)
        return;
    wipe(report);
    va_list args;
    va_start(args, format);
    vfprintf(report->lines, format, args);
    va_end(args);
    fputc('\n', report->lines);
    if (fflush(report->lines) != 0 && errno == EPIPE) {
        report->lines = NULL;
        report->closed = 1;
    }
}

int lp_report_reader_is_gone(void) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

static void say(lp_report *report, const char *format, va_list args) {
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    char more[LP_REPEAT_MORE];
    if (!lp_repeat_now(text, more))
        return;
    wipe(report);
    lp_cli_error("%s%s", text, more);
}

void lp_report_error(lp_report *report, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(report, format, args);
    va_end(args);
}

void lp_report_note(lp_report *report, const char *format, ...) {
    if (report->quiet)
        return;
    va_list args;
    va_start(args, format);
    say(report, format, args);
    va_end(args);
}

/* Suggests a greater network height if nobody was found or the tallest person is below 48 rows of the network's input.
 */
static void suggest_height(const lp_report *report) {
    enum { SMALL = 48, MORE = 368 };
    if (report->net_height == 0 || report->net_height >= MORE || report->failed == report->frames)
        return;
    if (report->people == 0)
        fprintf(stderr, "no people found: --height %d finds smaller people but takes longer\n", MORE);
    else if (report->height * report->net_height < SMALL)
        fprintf(stderr, "the people are small: --height %d finds more of them but takes longer\n", MORE);
}

void lp_report_end(lp_report *report, const char *engine) {
    wipe(report);
    if (report->quiet)
        return;
    suggest_height(report);
    if (report->frames < 2)
        return;
    char frames[32], people[32], failed[32];
    const int64_t later = report->frames - 1;
    const double elapsed = (double)(lp_work_now() - report->first) * 1e-9, each = 1e-6 / (double)later;
    fprintf(stderr, "%s, %s", lp_report_count(report->frames, "frame", "frames", frames),
            lp_report_count(report->people, "person", "people", people));
    if (report->failed)
        fprintf(stderr, ", %s failed", lp_report_count(report->failed, "frame", "frames", failed));
    fprintf(stderr, ", %.1f fps in %.1f s after the first frame (%s)\n", elapsed > 0 ? (double)later / elapsed : 0,
            elapsed, engine);
    fprintf(stderr, "per frame: reading %.2f ms, preprocessing %.2f, network %.2f, decoding %.2f, output %.2f\n",
            (double)report->read_ns * each, (double)report->preprocess_ns * each, (double)report->network_ns * each,
            (double)report->decode_ns * each, (double)report->write_ns * each);
}
