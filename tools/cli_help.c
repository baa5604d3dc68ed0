/* SPDX-License-Identifier: Apache-2.0
 * Copyright The liblightpose authors */

#include "cli_help.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 100 };

/* Prints words from `column` on, wrapped; continuation lines start at `indent`. */
static void wrap(const char *text, int column, int indent) {
    while (*text) {
        const int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_option(const lp_cli_option *option) {
    char left[64];
    const char shorter[] = {'-', option->letter, ',', ' ', 0};
    const int used = snprintf(left, sizeof left, "  %s--%s%s%s", option->letter ? shorter : "    ", option->name,
                              option->argument ? " " : "", option->argument ? option->argument : "");
    if (used < HELP_COLUMN)
        printf("%-*s", HELP_COLUMN, left);
    else
        printf("%s\n%*s", left, HELP_COLUMN, "");
    wrap(option->help, HELP_COLUMN, HELP_COLUMN);
}

const char *lp_cli_prefix(const char *name) {
    return strncmp(name, "lightpose-", 10) == 0 ? "" : "lightpose ";
}

void lp_cli_help(const lp_cli_command *command, const lp_cli_group *groups) {
    printf("Usage: %s%s [options]%s%s\n\n%s\n", lp_cli_prefix(command->name), command->name,
           command->operands ? " " : "", command->operands ? command->operands : "", command->about);
    for (; groups->title; groups++) {
        printf("\n%s:\n", groups->title);
        for (const lp_cli_option *o = groups->options; o->name; o++)
            print_option(o);
    }
    if (command->examples)
        printf("\nExamples:\n%s", command->examples);
}

void lp_cli_complete(const lp_cli_group *groups) {
    for (; groups->title; groups++)
        for (const lp_cli_option *o = groups->options; o->name; o++) {
            printf("--%s%s", o->name, o->kind == LP_CLI_FLAG ? "" : "=");
            for (int i = 0; o->choices && o->choices[i]; i++)
                printf("%s%s", i ? " " : "", o->choices[i]);
            putchar('\n');
        }
}
