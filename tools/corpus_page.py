#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual page of `lightpose corpus` from the command's own help.

usage: corpus_page.py LIGHTPOSE >lightpose-corpus.1
"""
import os
import re
import subprocess
import sys


def ask(*arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LC_")} | {"LC_ALL": "C"}
    return subprocess.run([sys.argv[1], "corpus", *arguments], check=True, capture_output=True, text=True, env=environment).stdout


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def options(lines):
    """[name, argument, lines] of each option: "-j, --max-jobs", "N" and the lines of its description."""
    found = []
    for line in lines:
        head = re.match(r"  (?:(-\w), |    )(--[\w-]+)(?: ([^ ]+))?(?:  *(.*))?$", line)
        if head:
            letter, name, argument, text = head.groups()
            found.append([f"{letter + ', ' if letter else ''}{name}", argument, [text] if text else []])
        elif found and line.strip():
            found[-1][2].append(line.strip())
    return found


def section(command):
    blocks = ask(command, "--help").rstrip("\n").split("\n\n")
    usage, about = blocks[0].removeprefix("Usage: "), blocks[1]
    page = [f".SS {escape(usage)}", *map(escape, about.split("\n"))]
    for block in blocks[2:]:
        title, *lines = block.split("\n")
        if title == "Examples:":
            page += [".PP", ".nf", *(escape(line) for line in lines), ".fi"]
            continue
        page += [".PP", f".I {escape(title)}"]
        for name, argument, text in options(lines):
            page += [".TP", f".B {escape(name)}" + (f" \\fI{escape(argument)}\\fR" if argument else ""), escape(" ".join(text))]
    return page


def main():
    commands = ask("--list-options").split()
    page = ['.\\" SPDX-License-Identifier: Apache-2.0', '.\\" Copyright The liblightpose authors',
            '.TH LIGHTPOSE-CORPUS 1 "2026-11-28" "liblightpose" "User Commands"', ".SH NAME",
            "lightpose\\-corpus \\- find the people in every frame of many videos, with many workers", ".SH SYNOPSIS"]
    page += [f".B lightpose corpus {command}\n.RI [ options ]\n.br" for command in commands]
    page += [".SH DESCRIPTION",
             "Videos are split into ranges of frames, which workers on one machine or many claim from a database: SQLite, a file, or",
             "PostgreSQL for many machines. Each frame is stored there exactly once, even if workers are killed. docs/corpus.md in the",
             "sources is a guide, from three videos on a laptop to a cluster.", ".SH COMMANDS"]
    for command in commands:
        page += section(command)
    page += [".SH EXIT STATUS", "0: success; 1: something failed, with a message; 2: the command line is wrong, and nothing was done;",
             "128 plus the number of the signal that stopped the command.", ".SH ENVIRONMENT",
             ".TP\n.B LIGHTPOSE_DB\nThe database, unless \\fB\\-\\-db\\fR names one.",
             ".TP\n.B LIGHTPOSE_WORK_SPACE\nThe work space, unless \\fB\\-\\-work\\-space\\fR names one.",
             ".TP\n.B LIGHTPOSE_WEIGHTS\nThe weights, unless \\fB\\-\\-weights\\fR names them.",
             ".TP\n.B SLURM_JOB_END_TIME\nThe end of the job, in seconds since 1970; \\fBwork\\fR stops cleanly before it.",
             ".SH SEE ALSO", ".BR lightpose (1),\n.BR sbatch (1),\n.BR rsync (1)"]
    print("\n".join(page))


main()
