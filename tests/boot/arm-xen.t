#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hyp mode on arm-virt: Xen from Debian's package with Debian's 32-bit kernel as its first guest (stage 2, traps of its
# accesses, virtual interrupts), and the kernel alone, which is to say that it started there. U-Boot in it.
. "$(dirname "$0")/lib.sh"
xen=$guests/xen-armhf/boot/xen-4.17-armhf
initramfs=$guests/initramfs-armhf.cpio.gz
uboot=$guests/uboot/usr/lib/u-boot/qemu_arm/u-boot.bin
kernel=$(echo "$guests/linux-armhf"/boot/vmlinu*)
need "$xen" "$kernel" "$initramfs" "$uboot"
board=("$MYNAH" -M arm-virt,virtualization=on -nographic)

for cpu in cortex-a15 cortex-a7; do
    start "Xen, $cpu" 200 "${board[@]}" -cpu $cpu -m 2G -kernel "$xen" \
        -append "dtuart=/pl011@9000000 console=dtuart dom0_mem=256M noreboot" \
        -device "guest-loader,addr=0x50000000,kernel=$kernel,bootargs=console=hvc0" \
        -device "guest-loader,addr=0x58000000,initrd=$initramfs"
    expect "Xen version 4.17" && expect "Freed" && expect "BOOTED Linux" && expect "on 1 CPUs" && send "echo GUEST-\"\"OK" &&
        expect "GUEST-OK" && stop
done

start "Linux, 2 CPUs" 120 "${board[@]}" -cpu cortex-a15 -smp 2 -m 1G -kernel "$kernel" -initrd "$initramfs" \
    -append console=ttyAMA0
expect "All CPU(s) started in HYP mode" && expect "BOOTED Linux" && expect "on 2 CPUs" && send "poweroff -f" && finish 0

start "U-Boot" 60 "${board[@]}" -cpu cortex-a15 -m 256M -bios "$uboot"
expect "Hit any key" && send "" && expect "=> " && send "poweroff" && finish 0
done_testing
