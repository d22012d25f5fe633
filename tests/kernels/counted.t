#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Snapshots under -icount: a run that is saved in the middle, and those that go on from there in processes of their own,
# end as the run that nobody touched, to the byte and the instruction.
. tests/kernels/lib.sh
limit=90
mkdir "$tmp/snaps"

# run_to_end OUT OPTION...: console in OUT, and behind it the hash; what it is told before it is waited for is in $first
run_to_end() {
    out=$1
    shift
    : >"$out.monitor"
    {
        eval "$first"
        tries=0
        until grep -q '(shutdown)' "$out.monitor" || [ $tries = $((600 * ${TIME_FACTOR:-1})) ]; do
            tries=$((tries + 1))
            sleep 0.1
            echo 'info status'
        done
        echo 'info hash'
        echo q
    } | timeout -k 5 "$limit" "$MYNAH" -M riscv64-virt -m 64M -display none -serial "file:$out.console" -monitor stdio \
        -bios none -kernel "$tmp/counted.elf" -icount shift=1,sleep=off -rtc base=2026-01-01 -no-shutdown \
        -snapshot-dir "$tmp/snaps" -S "$@" >>"$out.monitor" 2>&1
    sed -n 's/^.*\(hash [0-9a-f]*, .*instructions\).*/\1/p' "$out.monitor" >"$out.hash"
}
same() { # same TITLE OUT: as the first
    if [ -s "$tmp/a.hash" ] && cmp -s "$tmp/a.hash" "$2.hash" && tail -c "$(wc -c <"$2.console")" "$tmp/a.console" | cmp -s - "$2.console"; then
        ok "$1"
    else
        not_ok "$1"
        cat "$tmp/a.hash" "$2.hash" "$tmp/a.console" "$2.console" | awk '{ print "# " $0 }'
    fi
}

middle=0 # runs from snapshots that were of the middle
for harts in 1 3; do
    kernel 64 counted -DHARTS=$harts
    rm -f "$tmp"/*.console "$tmp"/*.hash "$tmp"/snaps/*
    first='echo cont'
    run_to_end "$tmp/a" -smp $harts
    first='echo cont; for i in 1 2 3; do echo savevm $i; sleep 0.02; done'
    run_to_end "$tmp/b" -smp $harts
    same "$harts harts: saved three times" "$tmp/b"
    check_mode() { # check_mode TAG TITLE OPTION...
        tag=$1 title=$2
        shift 2
        first='echo cont'
        rm -f "$tmp/c.console"
        run_to_end "$tmp/c" -smp $harts -loadvm "$tag" "$@"
        same "$harts harts: from snapshot $tag, $title" "$tmp/c"
        [ -s "$tmp/c.console" ] && middle=$((middle + 1))
    }
    check_mode 1 "translated"
    check_mode 2 "interpreted" -accel interp
    check_mode 3 "tagged soft page tables" -accel tcg,mmu=tagged
    check_mode 1 "blocks of one instruction" -accel tcg,one-insn-per-tb=on
done
title="some snapshots are of the middle: $middle of 8"
if [ $middle -ge 1 ]; then ok "$title"; else not_ok "$title"; fi
done_testing
