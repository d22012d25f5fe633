#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian 13's kernel for RISC-V with an initramfs: several CPU models and counts, power-off, reboot.
. "$(dirname "$0")/lib.sh"
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
kernel=$(echo "$guests"/linux/boot/vmlinux-*)
need "$sbi" "$kernel" "$guests/initramfs.cpio.gz"
min=rv64i,m=on,a=on,f=on,d=on,c=on,zicsr=on,zifencei=on,mmu=on,u=on,s=on,sv39=on,zicntr=on

linux() { # linux TITLE SECONDS OPTIONS...
    local title=$1 limit=$2
    shift 2
    start "$title" "$limit" "$MYNAH" -M riscv64-virt -m 512M -nographic -bios "$sbi" -kernel "$kernel" \
        -initrd "$guests/initramfs.cpio.gz" -append "console=ttyS0" "$@"
}

linux "rv64" 120 && expect "Linux version 6." && expect "BOOTED Linux" && expect "on 1 CPUs" && send "poweroff -f" && finish 0
linux "4 CPUs" 120 -smp 4 && expect "BOOTED Linux" && expect "on 4 CPUs" && send "poweroff -f" && finish 0
linux "4 CPUs on one thread" 180 -smp 4 -accel tcg,thread=single && expect "on 4 CPUs" && send "poweroff -f" && finish 0
linux "the smallest CPU" 120 -cpu $min && expect "BOOTED Linux" && send "poweroff -f" && finish 0
linux "-cpu max" 120 -cpu max && expect "BOOTED Linux" && send "poweroff -f" && finish 0
linux "IMSICs" 120 -M riscv64-virt,aia=aplic-imsic -smp 2 -cpu max &&
    expect "riscv-imsic: interrupt-controller@28000000" &&
    expect "riscv-aplic d000000.interrupt-controller: 96 interrupts forwarded to MSI" && expect "on 2 CPUs" &&
    send "cat /proc/interrupts" && expect "APLIC-MSI" && expect "ttyS0" && send "poweroff -f" && finish 0
linux "an APLIC" 120 -M riscv64-virt,aia=aplic -smp 2 && expect "96 interrupts directly connected to 2 CPUs" &&
    expect "on 2 CPUs" && send "cat /proc/interrupts" && expect "APLIC-DIRECT" && send "poweroff -f" && finish 0
linux "Smaia with a PLIC" 120 -cpu max -M riscv64-virt,aia=none && expect "mapped using AIA" && expect "riscv-plic" &&
    expect "BOOTED Linux" && send "poweroff -f" && finish 0
linux "reboot" 120 && expect "BOOTED Linux" && send "reboot -f" && expect "OpenSBI" && expect "BOOTED Linux" && send "poweroff -f" && finish 0
linux "-no-reboot" 120 -no-reboot && expect "BOOTED Linux" && send "reboot -f" && finish 0
linux "tagged TLB" 120 -accel tcg,mmu=tagged && expect "BOOTED Linux" && send "poweroff -f" && finish 0
linux "-icount" 300 -icount shift=0,sleep=off && expect "BOOTED Linux" && send "poweroff -f" && finish 0
linux "interpreter" 600 -accel tcg,interp=on && expect "BOOTED Linux" && send "poweroff -f" && finish 0
done_testing
