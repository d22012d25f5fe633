#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Instruction counting: exact, and the same in every run and every engine.
. tests/stress/lib.sh

same() { # same TITLE GUEST OPTION...: two runs of the JIT, one each of other engines, print the same
    title=$1 guest=$2
    shift 2
    : >"$tmp/first"
    for m in jit jit tagged interp one; do
        # shellcheck disable=SC2046
        run_guest "$guest" $(mode $m) "$@"
        if ! grep -q '^passed' "$tmp/out"; then
            not_ok "$title, $m"
            tail -n 20 "$tmp/out" | sed 's/\r$//; s/^/# /'
            return
        fi
        [ -s "$tmp/first" ] || cp "$tmp/out" "$tmp/first"
        if ! cmp -s "$tmp/first" "$tmp/out"; then
            not_ok "$title: $m differs"
            diff "$tmp/first" "$tmp/out" | awk '{ print "# " $0 }' | head -20
            return
        fi
    done
    ok "$title: $(tail -n 1 "$tmp/first")"
}

build icount
for shift in 0 1 2 3 4 5 6 7; do
    same "shift=$shift" icount -icount shift=$shift,sleep=off
done
same "shift=3, sleep=on" icount -icount shift=3
same "shift=0, align=on" icount -icount shift=0,align=on
stress icount "jit interp" -icount auto
stress icount "jit" -icount auto,align=on
stress icount "jit" -icount auto,sleep=off
build icount -DHARTS=4
same "four harts, shift=2" icount -icount shift=2,sleep=off -smp 4
same "four harts, shift=5" icount -icount shift=5,sleep=off -smp 4
done_testing
