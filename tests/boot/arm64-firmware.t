#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# U-Boot from Debian's package on arm64-virt: banner, prompt, commands.
. "$(dirname "$0")/lib.sh"
uboot=$guests/uboot/usr/lib/u-boot/qemu_arm64/u-boot.bin
need "$uboot"

firmware() { # firmware TITLE OPTIONS...
    local title=$1
    shift
    start "U-Boot$title" 100 "$MYNAH" -M arm64-virt -cpu cortex-a57 -m 256M -nographic "$@" -bios "$uboot"
    expect "U-Boot 20" && expect "DRAM:  256 MiB" && expect "Hit any key" && send "" && expect "=> " && send "bdinfo" &&
        expect "DRAM bank" && expect "=> " && send "reset" && expect "U-Boot 20" && expect "Hit any key" && send "" &&
        expect "=> " && send "poweroff" && finish 0
}

firmware ""
firmware " (interpreter)" -accel tcg,interp=on
firmware " at EL2" -M arm64-virt,virtualization=on
firmware ", two CPUs" -smp 2
done_testing
