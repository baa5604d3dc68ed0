/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

/* The command line: option tables, error messages and the subcommands.
 *
 * A subcommand describes its options in static tables, whose entries hold offsets into its own structure. It fills the
 * structure with the defaults and parses:
 *
 *     struct options { lp_cli_model model; int verbose; const char *output; };
 *     static const lp_cli_option own[] = {
 *         {"output", 'o', "DIR", "where the files go", LP_CLI_AT(TEXT, struct options, output)},
 *         {"verbose", 'v', NULL, "say more", LP_CLI_AT(FLAG, struct options, verbose)}, {0}};
 *     static const lp_cli_command command = {"name", "INPUT...", "what it does, in one line", "examples\n"};
 *
 *     struct options options = {0};
 *     lightpose_settings_init(&options.model.settings);
 *     const lp_cli_group groups[] = {{"Options", own, &options}, LP_CLI_MODEL_GROUP(&options.model), {0}};
 *     lp_cli_operands inputs;
 *     const int code = lp_cli_parse(&command, groups, argc, argv, &inputs);
 *     if (code != LP_CLI_GO)
 *         return code;
 */

#ifndef LP_TOOLS_CLI_H
#define LP_TOOLS_CLI_H

#include <stddef.h>
#include <stdint.h>

#include <lightpose/lightpose.h>

/* Exit codes, the same for every subcommand (`diff` gives 1 a meaning of its own: the files differ). */
enum {
    LP_CLI_OK = 0,
    LP_CLI_FAILED = 1,   /* some of the work could not be done */
    LP_CLI_USAGE = 2,    /* the command line is wrong: nothing was done */
    LP_CLI_CLOSED = 141, /* the reader of standard output is gone: the status of a program killed by SIGPIPE */
    LP_CLI_GO = -1       /* no exit code: continue */
};

typedef enum lp_cli_kind {
    LP_CLI_FLAG,   /* int, set to 1; --no-NAME sets it to 0 */
    LP_CLI_INT,    /* int within min and max */
    LP_CLI_INTS,   /* int[slots]; each use of the option sets the first one that is 0 */
    LP_CLI_INT64,  /* int64_t within min and max */
    LP_CLI_NUMBER, /* float within min and max; the decimal sign is a point in every locale */
    LP_CLI_TEXT,   /* const char *, not empty */
    LP_CLI_CHOICE, /* int, the index of the word in choices */
    LP_CLI_TEXTS   /* lp_cli_operands, one entry per use of the option, each one of choices if those are given; freed
                      with lp_cli_operands_free */
} lp_cli_kind;

typedef struct lp_cli_option {
    const char *name;     /* without the dashes; NULL ends a table */
    char letter;          /* a short form, or 0 */
    const char *argument; /* its name in the help; NULL for a flag */
    const char *help;
    lp_cli_kind kind;
    size_t offset; /* of the variable in the group's base */
    double min, max;
    const char *setting; /* the field of lightpose_settings whose limits apply if max is 0 */
    int slots;
    const char *const *choices; /* ended by NULL */
    int aside;                  /* 1: lp_cli_values leaves it out, because it does not change the results (threads,
                                   paths of outputs) or is recorded separately (weights) */
} lp_cli_option;

/* The kind and place of an option's variable; `.min = 1, .max = 18` or `.choices = words` may follow. */
#define LP_CLI_AT(what, type, field) .kind = LP_CLI_##what, .offset = offsetof(type, field)

typedef struct lp_cli_group {
    const char *title; /* NULL ends the list */
    const lp_cli_option *options;
    void *base;
} lp_cli_group;

typedef struct lp_cli_command {
    const char *name;     /* "run", or "lightpose-NAME" for a separate program */
    const char *operands; /* such as "INPUT..."; NULL: operands are an error */
    const char *about;    /* what it does: one line, then details */
    const char *examples; /* lines "    lightpose …  what it shows", or NULL */
} lp_cli_command;

/* Strings that live as long as argv. */
typedef struct lp_cli_operands {
    const char **items;
    int count;
} lp_cli_operands;

void lp_cli_operands_free(lp_cli_operands *operands);

/* Reads argv[1..argc-1]. Options and operands may be mixed; "--" ends the options; "-" is an operand. Accepts
 * `--name VALUE`, `--name=VALUE`, `-xVALUE`, `-x VALUE`. `--help` and `-h` print the help, and
 * `--list-options` what a shell completes.
 * Returns LP_CLI_GO with *operands filled, LP_CLI_OK after the help, LP_CLI_USAGE after a message on stderr. */
int lp_cli_parse(const lp_cli_command *command, const lp_cli_group *groups, int argc, char **argv,
                 lp_cli_operands *operands);

/* Splits "--height 368 --decoder reference" at spaces into *argv (freed by the caller with one free), argv[0] being
 * "lightpose", so that options in a string can be parsed too. Returns argc, or -1 for lack of memory. */
int lp_cli_split(const char *text, char ***argv);

/* Names and texts from outside may hold control characters, which a terminal would interpret. */
static inline int lp_cli_is_control(char c) {
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* "lightpose: …" and a newline on stderr, in one write, so that threads do not mix their lines. */
__attribute__((format(printf, 1, 2))) void lp_cli_error(const char *format, ...);

/* Reports a wrong command line as "lightpose NAME: …" and points to the help. Returns LP_CLI_USAGE. */
__attribute__((format(printf, 2, 3))) int lp_cli_usage(const char *name, const char *format, ...);

/* ---- Options of every subcommand with a model -------------------------------------------------------------------- */

typedef struct lp_cli_model {
    const char *weights; /* NULL: the default of lightpose_model_create */
    lightpose_settings settings;
} lp_cli_model;

/* --weights --height --precision --decoder --threads --upsample --stages … --max-people */
extern const lp_cli_option lp_cli_model_options[];

#define LP_CLI_MODEL_GROUP(model)                                                                                      \
    { "Network and decoder", lp_cli_model_options, (model) }

/* ---- The subcommands --------------------------------------------------------------------------------------------- */

/* argv[0] is "lightpose", argv[1] the first word after the subcommand's name. Each returns the exit code. */
int cmd_run(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_quantize(int argc, char **argv);
int cmd_corpus(int argc, char **argv);

#endif
