/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "corpus/submission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "corpus/fleet.h"
#include "fail.h"

/* ---- The script -------------------------------------------------------------------------------------------------- */

static const char script_text[] =
#include "job.sh.inc"
    ;

static lightpose_status write_script(const char *path, const char *mode, lightpose_error *error) {
    FILE *const file = fopen(path, mode);
    const int written = file && fputs(script_text, file) >= 0;
    if ((file && fclose(file) != 0) || !written)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be written: %s", path, strerror(errno));
    return LIGHTPOSE_OK;
}

int lp_submission_write_template(const char *path) {
    lightpose_error error = {0};
    if (write_script(path, "wx", &error) != LIGHTPOSE_OK || chmod(path, 0755) != 0) {
        lp_cli_error("%s", error.status != LIGHTPOSE_OK ? error.text : strerror(errno));
        return LP_CLI_FAILED;
    }
    printf("%s: change what differs on your cluster, then: lightpose corpus submit --template %s\n", path, path);
    return LP_CLI_OK;
}

/* Writes the built-in script to a file for sbatch, which keeps a copy. */
static lightpose_status make_script(lp_submission *s, const char *template, lightpose_error *error) {
    const char *const folder = getenv("TMPDIR");
    if (template) {
        if (access(template, R_OK) != 0)
            return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", template, strerror(errno));
        snprintf(s->script, sizeof s->script, "%s", template);
        return LIGHTPOSE_OK;
    }
    snprintf(s->script, sizeof s->script, "%s/lightpose-job-XXXXXX", folder && *folder ? folder : "/tmp");
    const int file = mkstemp(s->script);
    if (file < 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s cannot be made: %s", s->script, strerror(errno));
    s->owns_script = 1;
    close(file);
    return write_script(s->script, "w", error);
}

/* ---- Its arguments ----------------------------------------------------------------------------------------------- */

/* The absolute path of a file that may not exist yet. */
static lightpose_status make_absolute(const char *path, char whole[PATH_MAX], lightpose_error *error) {
    char folder[PATH_MAX] = "";
    if (*path != '/' && !getcwd(folder, sizeof folder))
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", path, strerror(errno));
    if (snprintf(whole, PATH_MAX, "%s%s%s", folder, *folder ? "/" : "", path) >= PATH_MAX)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%.100s...: the path is too long", path);
    return LIGHTPOSE_OK;
}

/* Refuses percent signs and backslashes: Slurm replaces the former in names of logs, and the latter turns that off. */
static lightpose_status make_logs(lp_submission *s, const lp_submission_options *o, lightpose_error *error) {
    LP_TRY(make_absolute(o->logs, s->logs, error));
    if (strpbrk(s->logs, "%\\"))
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT,
                       "--logs %s: Slurm reads \"%%\" and \"\\\" in the path of a log; use a folder without them",
                       s->logs);
    if (strlen(s->logs) > PATH_MAX - 64)
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "--logs %.100s...: the path is too long", s->logs);
    for (char *slash = s->logs + 1; !o->dry && slash; slash = strchr(slash + 1, '/')) {
        char *const next = strchr(slash, '/');
        if (!next)
            break;
        *next = 0;
        (void)mkdir(s->logs, 0777); /* it may exist; other errors show with the last folder */
        *next = '/';
        slash = next;
    }
    if (!o->dry && mkdir(s->logs, 0777) != 0 && errno != EEXIST)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "--logs %s cannot be made: %s", s->logs, strerror(errno));
    return LIGHTPOSE_OK;
}

static lightpose_status find_program(lp_submission *s, lightpose_error *error) {
    const ssize_t size = readlink("/proc/self/exe", s->program, sizeof s->program - 1);
    if (size <= 0)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "the path of this program cannot be found: %s", strerror(errno));
    s->program[size] = 0;
    return LIGHTPOSE_OK;
}

static lightpose_status make_job(lp_submission *s, const lp_submission_options *o, const lp_cli_operands *passed,
                                 lightpose_error *error) {
    s->job = calloc((size_t)passed->count + 10, sizeof *s->job);
    if (!s->job)
        return lp_fail(error, LIGHTPOSE_ERROR_MEMORY, "no memory for a command line");
    const char **next = s->job;
    *next++ = s->program;
    *next++ = "--idle-exit"; /* a waiting job would block a node */
    *next++ = LP_FLEET_IDLE_TEXT;
    if (o->weights) {
        *next++ = "--weights";
        *next++ = o->weights;
    }
    if (o->work_space) {
        *next++ = "--work-space";
        *next++ = o->work_space;
    }
    if (o->staged)
        *next++ = "--staged";
    for (int i = 0; i < passed->count; i++)
        *next++ = passed->items[i];
    return LIGHTPOSE_OK;
}

lightpose_status lp_submission_make(lp_submission *s, const lp_submission_options *options, const lp_corpus *corpus,
                                    const char *address, const lp_cli_operands *passed, lightpose_error *error) {
    lp_corpus_get_tag(corpus, s->name);
    LP_TRY(find_program(s, error));
    LP_TRY(make_logs(s, options, error));
    LP_TRY(make_job(s, options, passed, error));
    if (!lp_db_is_server(address)) {
        lp_cli_error("warning: %s is SQLite, which is for one machine: more than one node needs PostgreSQL", address);
        LP_TRY(make_absolute(address, s->address, error));
    } else if (snprintf(s->address, sizeof s->address, "%s", address) >= (int)sizeof s->address) {
        return lp_fail(error, LIGHTPOSE_ERROR_ARGUMENT, "the address of the database is too long");
    }
    return make_script(s, options->template, error);
}

void lp_submission_free(lp_submission *s) {
    if (s->owns_script)
        unlink(s->script);
    free(s->job);
    *s = (lp_submission){0};
}

lp_slurm_array lp_submission_array(const lp_submission *s, int count) {
    return (lp_slurm_array){s->name, s->logs, s->script, s->job, s->address, count};
}

/* ---- A dry run --------------------------------------------------------------------------------------------------- */

/* Prints a word, quoted for a shell. */
static void print_word(const char *word) {
    if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_")]) {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*word);
    putchar('\'');
}

lightpose_status lp_submission_print(const lp_submission *s, const char *database, int count, lightpose_error *error) {
    lp_slurm_array array = lp_submission_array(s, count);
    const char **argv = NULL;
    lp_text memory = {0};
    char bytes[4096];
    FILE *const script = fopen(s->script, "r");
    if (s->owns_script)
        array.script = "SCRIPT";
    if (!script)
        return lp_fail(error, LIGHTPOSE_ERROR_FILE, "%s: %s", s->script, strerror(errno));
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, script)) > 0;)
        fwrite(bytes, 1, got, stdout);
    fclose(script);
    const lightpose_status status = lp_slurm_command(&array, &argv, &memory, error);
    if (status == LIGHTPOSE_OK) {
        printf("\n# %d job%s would be submitted, with $LIGHTPOSE_DB set to %s:\n#", count, count == 1 ? "" : "s",
               database);
        for (int i = 0; argv[i]; i++) {
            putchar(' ');
            print_word(argv[i]);
        }
        putchar('\n');
    }
    free(argv);
    lp_text_free(&memory);
    return status;
}
