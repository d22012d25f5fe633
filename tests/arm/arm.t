#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The bare-metal programs of this folder on the virt boards, in A64 and in A32, translated and interpreted: their lines of
# TAP are ours.
here=$(dirname "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tests=0
failed=0

for p in aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc; do
    command -v $p >/dev/null && continue
    [ -z "${CI:-}" ] || { echo "Bail out! $p is missing"; exit 1; }
    echo "1..0 # SKIP $p is missing"
    exit 0
done

build() { # build NAME STATE
    local link=(-O1 -nostdlib -ffreestanding -static -Wall -Wextra -Wl,-Ttext=0x40100000,-e,_start,--build-id=none)
    case $2 in
    a64) aarch64-linux-gnu-gcc "${link[@]}" -mgeneral-regs-only -Wl,-z,max-page-size=4096 -o "$tmp/$1" "$here/$1.c" "$here/board.c" ;;
    el2) aarch64-linux-gnu-gcc "${link[@]}" -DEL2 -mgeneral-regs-only -Wl,-z,max-page-size=4096 -o "$tmp/$1" "$here/$1.c" \
        "$here/board.c" ;;
    el3) aarch64-linux-gnu-gcc "${link[@]}" -DEL3 -mgeneral-regs-only -Wl,-z,max-page-size=4096 -o "$tmp/$1" "$here/$1.c" \
        "$here/board.c" ;;
    hyp) arm-linux-gnueabihf-gcc "${link[@]}" -marm -march=armv7-a -mfloat-abi=soft -DA32 -DHYP -o "$tmp/$1" "$here/$1.c" \
        "$here/board.c" ;;
    v5) arm-linux-gnueabihf-gcc "${link[@]}" -marm -march=armv4t -mfloat-abi=soft -DA32 -DV5 "$cflags" -o "$tmp/$1" \
        "$here/$1.c" "$here/board.c" ;;
    mon) arm-linux-gnueabihf-gcc "${link[@]}" -marm -march=armv7-a -mfloat-abi=soft -DA32 -DMON -o "$tmp/$1" "$here/$1.c" \
        "$here/board.c" ;;
    mon6) arm-linux-gnueabihf-gcc "${link[@]}" -marm -march=armv6k -mfloat-abi=soft -DA32 -DMON -DV6 -o "$tmp/$1" \
        "$here/$1.c" "$here/board.c" ;;
    a32) arm-linux-gnueabihf-gcc "${link[@]}" -marm -march=armv7-a -mfloat-abi=soft -DA32 -o "$tmp/$1" "$here/$1.c" "$here/board.c" ;;
    esac
}

run() { # run NAME STATE OPTION...: what it prints, numbered on
    local name=$1 state=$2 accel line board=arm64-virt
    shift 2
    case $state in a32 | hyp | mon | mon6 | v5) board=arm-virt ;; esac
    build "$name" "$state" || { echo "Bail out! $name cannot be built"; exit 1; }
    for accel in tcg interp; do
        timeout -k 5 60 "$MYNAH" -M $board "$@" -accel $accel -m 64M -display none -serial stdio -kernel "$tmp/$name" </dev/null \
            >"$tmp/out" 2>"$tmp/err"
        [ $? = 0 ] && grep -q '^1\.\.' "$tmp/out" && [ ! -s "$tmp/err" ] || echo "not ok x - comes to its end" >>"$tmp/out"
        while read -r line; do
            case $line in
            ok* | not*)
                tests=$((tests + 1))
                case $line in not*) failed=1 ;; esac
                echo "${line%%ok*}ok $tests - $name, $state, $accel: ${line#* - }" ;;
            \#*) echo "$line" ;;
            esac
        done <"$tmp/out"
    done
}

run debug a64
run debug a32
run pmu a64
run pmu a32
run pmu a64 -icount shift=0,sleep=off
run wait a64 -smp 2
run wait a32 -smp 2
run wait a64 -smp 2 -icount shift=0,sleep=off
run remap a64 -smp 2
run remap a32 -smp 2
run hyp hyp -M arm-virt,virtualization=on
run hyp-debug hyp -M arm-virt,virtualization=on
run hyp-debug hyp -M arm-virt,virtualization=on -cpu cortex-a7
run el2-debug el2 -M arm64-virt,virtualization=on -cpu max
run hyp-gic hyp -M arm-virt,virtualization=on,gic-version=3
for cpu in arm926:0x41011090 arm1136:0x410120b4 arm1176:0x410120b5; do
    cflags=-DFPSID=${cpu#*:}
    run vfp2 v5 -cpu "${cpu%:*}" -exit-on '^1\.\.=0'
done
run secure el3 -M arm64-virt,secure=on
run secure el3 -M arm64-virt,secure=on,gic-version=3
run secure32 el3 -M arm64-virt,secure=on
run secure32 el3 -M arm64-virt,secure=on -cpu max
run monitor mon -M arm-virt,secure=on
run monitor mon -M arm-virt,secure=on,gic-version=3
run monitor mon -M arm-virt,secure=on,virtualization=on
run monitor mon -M arm-virt,secure=on -cpu cortex-a7
run monitor mon -M arm-virt,secure=on -cpu cortex-a9
run monitor mon6 -M arm-virt,secure=on -cpu arm1176
echo "1..$tests"
exit $failed
