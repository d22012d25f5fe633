#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Address translation that changes under running code.
. tests/stress/lib.sh
build paging
stress paging "jit tagged interp evict one icount" -cpu max
build global
stress global "jit tagged interp evict one icount"

# What the soft page tables take of the host's memory is bounded: all in all, with the guest's 64 MiB, less than 1 GiB.
build sparse -DWAIT
for m in jit tagged; do
    : >"$tmp/out" # what is waited for may be in it
    # shellcheck disable=SC2046
    "$MYNAH" -M riscv64-virt -m 64M -nographic -bios "$tmp/sparse.bin" $(mode $m) </dev/null >"$tmp/out" 2>&1 &
    ended() { grep -q -e '^passed' -e FAILED "$tmp/out" || ! kill -0 $! 2>/dev/null; } # it says why below
    wait_for ended
    kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$!/status" 2>&1)
    kill $!
    wait $! 2>/dev/null
    if grep -q '^passed' "$tmp/out" && [ "$kb" -lt 1048576 ]; then
        ok "sparse, $m: $(sed -n 's/^passed: //p' "$tmp/out"), $((kb / 1024)) MiB"
    else
        not_ok "sparse, $m: $kb KiB"
        tail -n 20 "$tmp/out" | awk '{ print "# " $0 }'
    fi
done

# Where the host has no address space for more tables, a guest with many address spaces goes on with those there are.
build sparse -DSPACES=20 -DTOUCHED=1000
ulimit -v $((40 * 1024 * 1024))
if "$MYNAH" -version >/dev/null 2>&1; then # not so with AddressSanitizer
    stress sparse "jit" -smp 1
fi
done_testing
