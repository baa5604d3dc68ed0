# SPDX-License-Identifier: Apache-2.0
# What the command's tests share: a scratch folder to stand in, and tests that print TAP. Set `lightpose` first.

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
number=0

# check NAME STATUS PATTERN ARGUMENTS...: `lightpose ARGUMENTS` exits with STATUS, and what it prints (standard output,
# then standard error) has a line that matches PATTERN.
check() {
    number=$((number + 1))
    name=$1 wanted=$2 pattern=$3
    shift 3
    "$lightpose" "$@" >stdout 2>stderr </dev/null
    status=$?
    if [ $status -eq "$wanted" ] && { [ -z "$pattern" ] || cat stdout stderr | grep -q -e "$pattern"; }; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "# exit $status, wanted $wanted and \"$pattern\""
        cat stdout stderr | sed 's/^/# /'
    fi
}

# is NAME COMMAND...: the command succeeds.
is() {
    number=$((number + 1))
    name=$1
    shift
    if "$@" >is.log 2>&1; then echo "ok $number - $name"; else
        echo "not ok $number - $name"
        sed 's/^/# /' is.log
    fi
}

# skip NAME REASON
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# nothing DIR: there is no file in it, if it exists at all.
nothing() { [ -z "$(find "$1" -type f 2>/dev/null)" ]; }

# results DIR: the files in it, without their side files.
results() { find "$1" -type f ! -name '*.meta'; }

# count N FILE: it has N lines.
count() { [ "$(wc -l <"$2")" -eq "$1" ]; }
