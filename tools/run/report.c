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
#include "run/work.h"

/* Between two progress messages, on a terminal and elsewhere. */
#define TERMINAL_NS INT64_C(200000000)
#define PLAIN_NS    INT64_C(30000000000)

void lp_report_start(lp_report *report, int quiet, FILE *lines) {
    *report = (lp_report){.quiet = quiet, .terminal = !quiet && isatty(STDERR_FILENO), .lines = quiet ? NULL : lines};
    report->start = report->last_progress = lp_work_now();
}

void lp_report_frame(lp_report *report, const lp_job *job, int people, int64_t write_ns) {
    report->frames++;
    report->people += people;
    report->failed += job->error.status != LIGHTPOSE_OK;
    report->read_ns += job->read_ns;
    report->preprocess_ns += job->stats.preprocess_ns;
    report->network_ns += job->stats.network_ns + job->stats.average_ns;
    report->decode_ns += job->stats.peaks_ns + job->stats.group_ns;
    report->write_ns += write_ns;
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

/* Twenty places of a bar. */
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
    char line[512], left[32], bar[64];
    const int known = total > 0 && !live && done <= total;
    if (known)
        snprintf(line, sizeof line, "%s %s %" PRId64 "/%" PRId64 " frames, %" PRId64 " people, %.1f fps, %s left", name,
                 report->terminal ? bar_text(done, total, bar) : "", done, total, people, fps,
                 clock_text(fps > 0 ? (double)(total - done) / fps : 0, left));
    else
        snprintf(line, sizeof line, "%s: %" PRId64 " frames, %" PRId64 " people, %.1f fps, %s", name, done, people, fps,
                 clock_text(elapsed, left));
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
    wipe(report);
    lp_cli_error("%s", text);
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

void lp_report_end(lp_report *report, const char *engine) {
    wipe(report);
    if (report->quiet || report->frames < 2)
        return;
    const double elapsed = (double)(lp_work_now() - report->start) * 1e-9, each = 1e-6 / (double)report->frames;
    fprintf(stderr, "%" PRId64 " frames, %" PRId64 " people", report->frames, report->people);
    if (report->failed)
        fprintf(stderr, ", %" PRId64 " frames failed", report->failed);
    fprintf(stderr, ", %.1f fps in %.1f s (%s)\n", elapsed > 0 ? (double)report->frames / elapsed : 0, elapsed, engine);
    fprintf(stderr, "a frame: reading %.2f ms, preparing %.2f, network %.2f, decoding %.2f, output %.2f\n",
            (double)report->read_ns * each, (double)report->preprocess_ns * each, (double)report->network_ns * each,
            (double)report->decode_ns * each, (double)report->write_ns * each);
}
