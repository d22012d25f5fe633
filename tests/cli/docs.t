#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# docs/run-my-elf.md and docs/microcontrollers.md as they stand: their files are written, their commands run, and print what
# the page says.
. tests/cli/lib.sh
have riscv64-unknown-elf-gcc || done_testing
have gdb-multiarch || done_testing
have aarch64-linux-gnu-gcc || done_testing
have arm-none-eabi-gcc || done_testing
docs=$PWD/docs
program=$(cd "$(dirname "$MYNAH")" && pwd)/$(basename "$MYNAH")
mkdir "$tmp/bin"
ln -s "$program" "$tmp/bin/mynah"
ln -s "$program" "$tmp/bin/mynah-system-arm"
ln -s "$program" "$tmp/bin/mynah-system-aarch64"
ln -s "$program" "$tmp/bin/mynah-system-riscv64"
ln -s "$program" "$tmp/bin/mynah-system-riscv32"
PATH=$tmp/bin:$PATH
unset MAKEFLAGS MFLAGS MAKELEVEL # a page's make is not part of the one that runs the tests

# A line that is a name in backquotes and a colon is followed by that file. In other blocks "$ " begins a command (to
# the line that ends its here-document), and what follows it is what it prints: "..." stands for any lines, or for any
# text in one.
read_page() {
awk '
    /^`[^`]*`:$/ { file = $0; gsub(/[`:]/, "", file); next }
    /^[^ ]/ { if (file == "" || started) { file = ""; started = 0 } open = 0; next }
    file != "" { if (!/^$/) started = 1; if (started) { sub(/^    /, ""); print >file }; next }
    /^    \$ / {
        command = sprintf("../%03d", ++n)
        here = /<<END$/
        sub(/^    \$ /, "")
        print >command
        printf "" >(command ".want")
        open = 1
        next
    }
    open && /^    / { sub(/^    /, ""); print >(here ? command : command ".want"); if (/^END$/) here = 0; next }
    { open = 0 }
' "$1"
}

# matches WANT GOT: line by line, where "..." stands for any number of them
matches() {
    awk 'NR == FNR { want[++n] = $0; next }
        { got[++m] = $0 }
        function same(w, g,    at, head) {
            if (!(at = index(w, "..."))) return w == g
            head = substr(w, 1, at - 1); w = substr(w, at + 3)
            return substr(g, 1, at - 1) == head && substr(g, length(g) - length(w) + 1) == w
        }
        function match_from(i, j) { # want from line i matches got from line j
            if (i > n) return j > m
            if (want[i] == "...") { for (; j <= m + 1; j++) if (match_from(i + 1, j)) return 1; return 0 }
            return j <= m && same(want[i], got[j]) && match_from(i + 1, j + 1)
        }
        END { exit !match_from(1, 1) }' "$1" "$2"
}

page() { # page NAME FILE...: which has these files
    echo "# $1"
    mkdir -p "$tmp/$1/run" && cd "$tmp/$1/run" || exit 1
    read_page "$docs/$1.md"
    shift
    for file; do
        check "the page has $file" [ -s "$file" ]
    done
    last=0
    for want in ../*.want; do
        command=${want%.want}
        printf '(exit %s)\n' "$last" | cat - "$command" >script
        timeout 60 sh ./script </dev/null >got 2>&1
        last=$?
        if matches "$want" got; then
            ok "$(head -n 1 "$command")"
        else
            not_ok "$(head -n 1 "$command")"
            sed 's/^/# wanted: /' "$want"
            sed 's/^/# got: /' got
        fi
    done
}

page run-my-elf hello.c start.S virt.ld
check "commands were found" [ -s ../009 ]
page microcontrollers hello.c test.c board.dts board.rules
check "commands were found" [ -s ../008 ]
done_testing
