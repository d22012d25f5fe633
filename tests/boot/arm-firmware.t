#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# U-Boot from Debian's package on arm-virt: banner, prompt, commands; Debian's armhf kernel to a shell, and its installer.
. "$(dirname "$0")/lib.sh"
uboot=$guests/uboot/usr/lib/u-boot/qemu_arm/u-boot.bin
kernel=$guests/installer-armhf/usr/lib/debian-installer/images/13/armhf/text/debian-installer/armhf/vmlinuz
initramfs=$guests/initramfs-armhf.cpio.gz
installer=${kernel%vmlinuz}initrd.gz
need "$uboot" "$kernel" "$initramfs" "$installer"

firmware() { # firmware TITLE OPTIONS...
    local title=$1
    shift
    start "U-Boot$title" 100 "$MYNAH" -M arm-virt -m 256M -nographic "$@" -bios "$uboot"
    expect "U-Boot 20" && expect "DRAM:  256 MiB" && expect "Hit any key" && send "" && expect "=> " && send "bdinfo" &&
        expect "Build       = 32-bit" && expect "=> " && send "reset" && expect "U-Boot 20" && expect "Hit any key" &&
        send "" && expect "=> " && send "poweroff" && finish 0
}

firmware ""
firmware " (interpreter)" -accel tcg,interp=on
firmware " on cortex-a7" -cpu cortex-a7

linux() { # linux TITLE OPTIONS...
    local title=$1
    shift
    start "Linux$title" 200 "$MYNAH" -M arm-virt -m 512M -nographic "$@" -kernel "$kernel" -initrd "$initramfs" \
        -append "console=ttyAMA0"
    expect "Linux version 6." && expect "BOOTED Linux" && send "grep -o 'neon vfpv3 tls vf'\"\"'pv4' /proc/cpuinfo" &&
        expect "neon vfpv3 tls vfpv4" && send "echo GUEST-\"\"OK; poweroff -f" && expect "GUEST-OK" && finish 0
}

linux ""
linux ", two CPUs" -smp 2
linux ", GICv3" -M arm-virt,gic-version=3 -smp 2

# The installer, from its package. A program of it that dies of a signal is named.
start "installer" 300 "$MYNAH" -M arm-virt -m 1G -nographic -kernel "$kernel" -initrd "$installer" \
    -append "print-fatal-signals=1" &&
    expect "Freeing unused kernel" && expect "Select a language" && stop
done_testing
