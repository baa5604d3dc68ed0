# SPDX-License-Identifier: Apache-2.0
# Completion of the lightpose command for bash. The options and their values come from the command (--list-options).

_lightpose() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} line option values
    local program=${COMP_WORDS[0]/#\~/$HOME}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$program" --list-options 2>/dev/null) --help --version" -- "$current")
        return
    fi
    # Lines are "--flag", "--option=" or "--option=value value"; for a command with subcommands, their names.
    local options=() commands=() inner=()
    mapfile -t commands < <("$program" "$command" --list-options 2>/dev/null)
    if [ ${#commands[@]} -gt 0 ] && [[ ${commands[0]} != -* ]]; then
        if [ "$COMP_CWORD" -eq 2 ]; then
            mapfile -t COMPREPLY < <(compgen -W "${commands[*]} --help" -- "$current")
            return
        fi
        inner=("${COMP_WORDS[2]}")
    fi
    while read -r line; do
        option=${line%%=*}
        options+=("$option")
        if [ "$option" = "$previous" ] && [ "$option" != "$line" ]; then
            values=${line#*=}
            if [ -n "$values" ]; then
                mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
            else
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            fi
            return
        fi
    done < <("$program" "$command" "${inner[@]}" --list-options 2>/dev/null)
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options[*]} --help" -- "$current")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -F _lightpose lightpose
