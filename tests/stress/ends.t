#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The instruction that asks for a reset, a power-off or a panic is the last one.
. tests/stress/lib.sh

# Twice the same, whatever the engine: what other harts have done and what time it is
same() {
    title=$1
    shift
    rm -f "$tmp/first"
    for m in jit jit interp one tagged; do
        # shellcheck disable=SC2046
        run_guest ends $(mode $m) -icount shift=2,sleep=off "$@"
        grep -q '^passed' "$tmp/out" || echo failed >>"$tmp/out"
        [ -s "$tmp/first" ] || cp "$tmp/out" "$tmp/first"
        if ! cmp -s "$tmp/first" "$tmp/out" || grep -q failed "$tmp/out"; then
            not_ok "$title, $m"
            diff "$tmp/first" "$tmp/out" | sed 's/\r$//; s/^/# /' | head -20
            return
        fi
    done
    ok "$title: $(sed -n 's/\r$//; s/^time/time/p' "$tmp/first" | tail -n 1)"
}

build ends
stress ends "jit interp one tagged icount icount-interp"
stress ends "jit interp" -icount shift=20,sleep=off
build ends -DHARTS=4
stress ends "jit interp single icount" -smp 4
build ends -DCOUNTED
same "one hart is reset at the same time in every run"
build ends -DHARTS=4 -DCOUNTED
same "four harts are reset at the same time in every run" -smp 4
build ends -DPANIC
stress ends "jit interp icount" -action panic=none
done_testing
