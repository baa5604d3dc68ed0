/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "against.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/status.h"
#include "compare.h"

enum { MOST_ROUNDS = 8, SETTLE_US = 50000 };

/* Options that are not passed to a round. */
static const struct {
    const char *name;
    char letter;
    int takes_value;
} left_out[] = {{"against", 0, 1},  {"threshold", 0, 1}, {"json", 0, 1},    {"seconds", 's', 1}, {"runs", 'r', 1},
                {"layers", 'l', 0}, {"verbose", 'v', 0}, {"startup", 0, 0}, {"no-startup", 0, 0}};

enum { LEFT_OUT = sizeof left_out / sizeof *left_out };

/* The number of words that such an option takes at the start of `words`: 1 or 2, or 0 for any other word. */
static int words_left_out(char *const *words) {
    const char *const word = words[0];

    for (int i = 0; i < LEFT_OUT; i++) {
        const size_t length = strlen(left_out[i].name);
        const int is_long = strncmp(word, "--", 2) == 0 && strncmp(word + 2, left_out[i].name, length) == 0 &&
                            (word[2 + length] == '\0' || word[2 + length] == '=');
        const int is_short = left_out[i].letter && word[0] == '-' && word[1] == left_out[i].letter;
        if (is_long)
            return left_out[i].takes_value && !word[2 + length] && words[1] ? 2 : 1;
        if (is_short && (left_out[i].takes_value || !word[2]))
            return left_out[i].takes_value && !word[2] && words[1] ? 2 : 1;
    }
    return 0;
}

char **against_arguments(char *const *arguments, const char *const *added) {
    size_t room = 1, used = 0;

    for (size_t i = 0; arguments[i]; i++)
        room++;
    for (size_t i = 0; added[i]; i++)
        room++;
    char **const list = malloc(room * sizeof *list);
    if (!list)
        return NULL;
    list[used++] = arguments[0];
    for (size_t i = 0; added[i]; i++)
        list[used++] = (char *)(uintptr_t)added[i]; /* execvp does not modify them */
    int options = 1;
    for (size_t i = 1; arguments[i]; i++) {
        options = options && strcmp(arguments[i], "--") != 0;
        const int skipped = options ? words_left_out(&arguments[i]) : 0;
        if (skipped)
            i += (size_t)skipped - 1;
        else
            list[used++] = arguments[i];
    }
    list[used] = NULL;
    return list;
}

/* ---- One program ------------------------------------------------------------------------------------------------- */

/* Starts the program and returns a stream of its output, or NULL if no process could be started. */
static FILE *start(const char *program, char *const *arguments, pid_t *pid) {
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execvp(program, arguments);
        _exit(127);
    }
    close(ends[1]);
    FILE *const from = *pid > 0 ? fdopen(ends[0], "r") : NULL;
    if (!from)
        close(ends[0]);
    return from;
}

static int finish(FILE *from, pid_t pid) {
    int status = -1;

    fclose(from);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether the program supports an option: older builds lack some. */
static int knows(const char *program, const char *option) {
    char list[] = "--list-options", *arguments[] = {list, list, NULL}, line[256];
    pid_t pid;
    int found = 0;
    FILE *const from = start(program, arguments, &pid);

    while (from && fgets(line, sizeof line, from))
        found |= strncmp(line, option, strlen(option)) == 0;
    if (from)
        (void)finish(from, pid);
    return found;
}

static json_t *one_report(const char *program, char *const *arguments, lightpose_error *error) {
    pid_t pid;
    json_error_t bad;
    FILE *const from = start(program, arguments, &pid);

    if (!from) {
        (void)lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "%s: no process could be started", program);
        return NULL;
    }
    json_t *report = json_loadf(from, 0, &bad);
    const int status = finish(from, pid);
    const char *const wrong = report ? compare_check(report) : bad.text;
    if (status == 127)
        (void)lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: cannot be run", program);
    else if (status != 0)
        (void)lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: failed with exit status %d", program, status);
    else if (wrong)
        (void)lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: its output is not a JSON report: %s", program, wrong);
    if (error->status == LIGHTPOSE_OK)
        return report;
    json_decref(report);
    return NULL;
}

/* ---- Both in turn ------------------------------------------------------------------------------------------------ */

typedef struct side {
    const char *program;
    char **arguments;
    json_t *report;
} side;

static lightpose_status one_round(side sides[2], int first, json_t *comparisons, lightpose_error *error) {
    for (int i = 0; i < 2; i++) {
        side *const s = &sides[(first + i) % 2];
        usleep(SETTLE_US);
        s->report = one_report(s->program, s->arguments, error);
        if (!s->report)
            break;
    }
    if (error->status == LIGHTPOSE_OK)
        json_array_append_new(comparisons, compare_reports(sides[0].report, sides[1].report));
    for (int i = 0; i < 2; i++) {
        json_decref(sides[i].report);
        sides[i].report = NULL;
    }
    return error->status;
}

lightpose_status against_run(json_t **comparison, const char *program, char *const *arguments, double seconds, int runs,
                             lightpose_error *error) {
    const int rounds = runs < MOST_ROUNDS ? runs : MOST_ROUNDS;
    char seconds_text[32], runs_text[32];
    const char *added[] = {"--json", "-", "--seconds", seconds_text, "--runs", runs_text, NULL, NULL};
    side sides[2] = {{program, NULL, NULL}, {"/proc/self/exe", NULL, NULL}};
    json_t *const comparisons = json_array();

    *comparison = NULL;
    snprintf(seconds_text, sizeof seconds_text, "%.4f", seconds / rounds);
    snprintf(runs_text, sizeof runs_text, "%d", (runs + rounds - 1) / rounds);
    for (int i = 0; i < 2; i++) {
        added[6] = knows(sides[i].program, "--startup") ? "--no-startup" : NULL;
        sides[i].arguments = against_arguments(arguments, added);
        if (!sides[i].arguments)
            (void)lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for the arguments");
    }
    for (int round = 0; round < rounds && error->status == LIGHTPOSE_OK; round++) {
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "round %d of %d\n", round + 1, rounds);
        (void)!one_round(sides, round, comparisons, error);
    }
    if (error->status == LIGHTPOSE_OK)
        *comparison = compare_rounds(comparisons);
    for (int i = 0; i < 2; i++)
        free(sides[i].arguments);
    json_decref(comparisons);
    return error->status;
}
