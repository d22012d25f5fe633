#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Snapshots under -icount: a run that is saved in the middle, and those that go on from there in processes of their own,
# end as the run that nobody touched, to the byte and the instruction.
. tests/kernels/lib.sh
limit=90
mkdir "$tmp/snaps"

# grown OUT BYTES: wait until the console in OUT has so many, or the guest has powered off. One that was ended hears no question
grown() {
    while [ "$(wc -c <"$1.console")" -lt "$2" ] && ! grep -q '(shutdown)' "$1.monitor" && echo 'info status'; do sleep 0.05; done
}

# run_to_end OUT SAVES OPTION...: console in OUT, and behind it the hash. The guest is held until it is told to go on, and is
# still there when it has powered off: however fast the host is, it can be saved, as 1 and so on when the console has as many
# bytes as SAVES say, the first one before its first instruction
run_to_end() {
    out=$1 saves=$2
    shift 2
    : >"$out.monitor" >"$out.console"
    {
        n=0
        for at in $saves; do
            grown "$out" "$at"
            n=$((n + 1))
            echo "savevm $n"
            [ $n != 1 ] || echo cont
        done
        [ $n != 0 ] || echo cont
        grown "$out" 1000000
        echo 'info hash'
        echo q
    } 2>/dev/null | timeout -k 5 "$limit" "$MYNAH" -M riscv64-virt -m 64M -display none -serial "file:$out.console" \
        -monitor stdio -bios none -kernel "$tmp/counted.elf" -icount shift=1,sleep=off -rtc base=2026-01-01 -no-shutdown \
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

for harts in 1 3; do
    kernel 64 counted -DHARTS=$harts
    rm -f "$tmp"/*.console "$tmp"/*.hash "$tmp"/snaps/*
    run_to_end "$tmp/a" "" -smp $harts
    whole=$(wc -c <"$tmp/a.console")
    run_to_end "$tmp/b" "0 $((whole / 3)) $((whole * 2 / 3))" -smp $harts
    same "$harts harts: saved three times" "$tmp/b"
    check_mode() { # check_mode TAG TITLE OPTION...
        tag=$1 title=$2
        shift 2
        run_to_end "$tmp/c" "" -smp $harts -loadvm "$tag" "$@"
        echo "# snapshot $tag: $(wc -c <"$tmp/c.console") of $whole characters come after it"
        same "$harts harts: from snapshot $tag, $title" "$tmp/c"
    }
    check_mode 1 "translated"
    check_mode 2 "interpreted" -accel interp
    check_mode 3 "tagged soft page tables" -accel tcg,mmu=tagged
    check_mode 2 "blocks of one instruction" -accel tcg,one-insn-per-tb=on
done
done_testing
