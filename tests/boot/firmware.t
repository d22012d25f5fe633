#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# OpenSBI and U-Boot from Debian's packages on riscv64-virt: banner, prompt, a command.
. "$(dirname "$0")/lib.sh"
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic
uboot=$guests/uboot/usr/lib/u-boot
need "$sbi/fw_jump.bin" "$uboot/qemu-riscv64/u-boot.bin"

firmware() { # firmware TITLE OPTIONS...
    local title=$1
    shift
    start "OpenSBI$title" 60 "$MYNAH" -M riscv64-virt -m 128M -nographic "$@" -bios "$sbi/fw_jump.bin"
    expect "OpenSBI v1.6" && expect "Platform Name               : riscv-virtio,qemu" && expect "Boot HART MEDELEG" && stop

    start "U-Boot in M-mode$title" 100 "$MYNAH" -M riscv64-virt -m 256M -nographic "$@" -bios "$uboot/qemu-riscv64/u-boot.bin"
    expect "U-Boot 20" && expect "Hit any key" && send "" && expect "=> " && send "version" && expect "U-Boot 20" &&
        expect "=> " && send "poweroff" && finish 0

    start "U-Boot in S-mode$title" 100 "$MYNAH" -M riscv64-virt -m 256M -nographic "$@" -bios "$sbi/fw_dynamic.bin" \
        -kernel "$uboot/qemu-riscv64_smode/u-boot.bin"
    expect "OpenSBI v1.6" && expect "U-Boot 20" && expect "Hit any key" && send "" && expect "=> " && send "sbi" &&
        expect "SBI 2.0" && expect "OpenSBI" && expect "=> " && send "reset" && expect "Hit any key" && stop
}

firmware ""
firmware " (interpreter)" -accel tcg,interp=on
done_testing
