#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The Raspberry Pi boards without a guest: what they refuse, the tree, SD cards, the picture of the display.
. tests/cli/lib.sh

# monitor 'COMMAND;COMMAND...' OPTION...: they are typed at the monitor of a machine that is held; what it prints is in $tmp/out
monitor() {
    (echo "$1" | tr ';' '\n'; echo q) >"$tmp/typed"
    shift
    timeout 60 "$MYNAH" -serial null -display none -monitor stdio -S "$@" <"$tmp/typed" >"$tmp/screen" 2>"$tmp/err"
    sed 's/\r//g; s/.*\x1b\[K//; s/.*\x1b\[D//' "$tmp/screen" | grep -v '^(qemu)' >"$tmp/out"
}
says() { # says TITLE TEXT: it is within what was printed
    if grep -qF -- "$2" "$tmp/out"; then ok "$1"; else
        not_ok "$1"
        awk '{ print "# " $0 }' "$tmp/out" "$tmp/err"
    fi
}

# -- What a board has --
rejects "-smp: Invalid SMP CPUs 1. The min CPUs supported by machine 'raspi3b' is 4" -M raspi3b -smp 1
rejects "-smp 5: machine raspi2b has at most 4 CPUs" -M raspi2b -smp 5
rejects "-m: Invalid RAM size, should be 1 GiB" -M raspi3b -m 512
rejects "-m: Invalid RAM size, should be 512 MiB" -M raspi0 -m 1G
for board in raspi0 raspi1ap raspi2b raspi3ap raspi3b; do
    monitor 'info cpus;info mtree;info qtree' -M $board
    says "$board: mailbox" "bcm2835-mbox"
    rm -f "$tmp/dtb"
    "$MYNAH" -M $board,dumpdtb="$tmp/dtb"
    check "$board: its tree" grep -qa "raspberrypi,.*" "$tmp/dtb"
done
monitor 'info cpus' -M raspi2b -m 1G -smp 4
says "raspi2b: four cores" "CPU #3"

# -- SD cards --
truncate -s 3M "$tmp/odd.img"
truncate -s 4M "$tmp/card.img"
rejects "-drive id=sd0,if=sd: Invalid SD card size: drive sd0 has 3145728 bytes, expected a power of 2 from 64 KiB to 128 GiB" \
    -M raspi0 -drive if=sd,format=raw,file="$tmp/odd.img"
monitor 'info block;info qtree' -M raspi0 -sd "$tmp/card.img"
says "-sd" "card.img"
says "the card is on the pins' bus" "dev: sd-card"

# -- The display --
monitor "screendump $tmp/a.ppm;screendump $tmp/a.png -f png;screendump -f ppm \"$tmp/a b.ppm\" /soc/mailbox@7e00b880 0" -M raspi3b
check "a PPM, black" [ "$(head -c 15 "$tmp/a.ppm")" = "$(printf 'P6\n640 480\n255\n')" ]
check "of the right size" [ "$(wc -c <"$tmp/a.ppm")" = $((640 * 480 * 3 + 15)) ]
check "a PNG" [ "$(head -c 4 "$tmp/a.png" | tail -c 3)" = PNG ]
check "by the device's name" cmp "$tmp/a.ppm" "$tmp/a b.ppm"
monitor "screendump;screendump x -f gif;screendump $tmp/none/x;screendump x y;screendump x /soc/mailbox@7e00b880 1;screendump a b c d" -M raspi3b
says "no file" "Error: filename expected"
says "another format" "Error: Parameter 'format' does not accept value 'gif'"
says "no folder" "Error: failed to open file '$tmp/none/x': No such file or directory"
says "another device" "Error: Device 'y' not found"
says "another head" "Error: head '1' of '/soc/mailbox@7e00b880': a display has one, 0"
says "too much" "Error: unexpected 'd'"
monitor "screendump $tmp/x" -M riscv64-virt -bios none
says "a machine without a display" "Error: There is no console to take a screendump from"
qmp='{"execute":"qmp_capabilities"} {"execute":"screendump","arguments":{"filename":"'$tmp/q.png'","format":"png"}}
    {"execute":"screendump","arguments":{"filename":"x","format":"gif"}} {"execute":"screendump","arguments":{"filename":"x","device":"y"}}
    {"execute":"screendump","arguments":{"filename":"x","head":0}} {"execute":"quit"}'
echo "$qmp" | timeout 60 "$MYNAH" -M raspi3b -serial null -display none -monitor none -qmp stdio -S >"$tmp/out"
check "QMP: a PNG" cmp "$tmp/a.png" "$tmp/q.png"
says "QMP: another format" "Parameter 'format' does not accept value 'gif'"
says "QMP: another device" '"class": "DeviceNotFound", "desc": "Device '"'y'"' not found"'
says "QMP: a head of none" "'head' must be specified together with 'device'"
done_testing
