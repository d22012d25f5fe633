#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Xen from Debian's package at EL2 on arm64-virt, with Debian's kernel as its first guest: stage 2, virtual interrupts by
# the list registers of a GICv3 and a GICv2, PSCI for dom0, accesses that Xen does in its guest's stead.
. "$(dirname "$0")/lib.sh"
linux_guest arm64
xen=$guests/xen/boot/xen-4.20-arm64
need "$xen"

xen() { # xen TITLE SECONDS VERSION OPTIONS...: Xen to dom0's shell
    local title=$1 limit=$2 version=$3
    shift 3
    start "$title" "$limit" "${board[@]}" -M "arm64-virt,virtualization=on,gic-version=$version" -m 2G "$@" -kernel "$xen" \
        -append "dtuart=/pl011@9000000 console=dtuart dom0_mem=512M noreboot" \
        -device "guest-loader,addr=0x50000000,kernel=$kernel,bootargs=console=hvc0" \
        -device "guest-loader,addr=0x58000000,initrd=$initramfs"
    expect "Xen version 4.20" && expect "Freed" && expect "BOOTED Linux" && expect "on"
}

xen "GICv3" 120 3 && send "echo GUEST-\"\"OK" && expect "GUEST-OK" && stop
xen "GICv2" 120 2 && send "echo GUEST-\"\"OK" && expect "GUEST-OK" && stop
xen "4 CPUs" 240 3 -smp 4 && expect "4 CPUs" && send "poweroff -f" && expect "Hardware Dom0 halted" && stop
done_testing
