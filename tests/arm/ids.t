#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What each model says of itself is what QEMU's says, register by register. max is a CPU of nobody's: it has what is modelled.
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for p in aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc qemu-system-aarch64 qemu-system-arm; do
    command -v $p >/dev/null || { echo "1..0 # SKIP $p is missing"; exit 0; }
done
link=(-O1 -nostdlib -ffreestanding -static -Wall -Wextra -Wl,-Ttext=0x40100000,-e,_start,--build-id=none)
aarch64-linux-gnu-gcc "${link[@]}" -mgeneral-regs-only -Wl,-z,max-page-size=4096 -o "$tmp/aarch64" "$here/ids.c" "$here/board.c" &&
    arm-linux-gnueabihf-gcc "${link[@]}" -marm -march=armv7-a -mfloat-abi=soft -DA32 -o "$tmp/arm" "$here/ids.c" \
        "$here/board.c" || { echo "Bail out! ids cannot be built"; exit 1; }

tests=0
failed=0
compare() { # compare SYSTEM MODEL [OPTION]
    local program
    tests=$((tests + 1))
    for program in qemu-system-$1 "$BUILD/mynah-system-$1"; do
        timeout 60 "$program" -M "virt$3" -cpu "$2" -m 64M -display none -serial stdio -nic none -kernel "$tmp/$1" </dev/null \
            2>/dev/null | grep -v '^1\.\.' >"$tmp/${program##*/}"
    done
    if [ -s "$tmp/qemu-system-$1" ] && diff "$tmp/qemu-system-$1" "$tmp/mynah-system-$1" >"$tmp/diff"; then
        echo "ok $tests - $2$3"
    else
        failed=1
        echo "not ok $tests - $2$3 (op1 CRn CRm op2: < QEMU's, > ours)"
        awk '{ print "# " $0 }' "$tmp/diff"
    fi
}

for model in cortex-a35 cortex-a53 cortex-a55 cortex-a57 cortex-a72 cortex-a76 neoverse-n1; do
    compare aarch64 $model
done
compare aarch64 cortex-a57 ,gic-version=3
compare arm cortex-a15
compare arm cortex-a7
echo "1..$tests"
exit $failed
