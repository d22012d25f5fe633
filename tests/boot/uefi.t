#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's UEFI firmware (EDK II) for each architecture: it finds a virtio disk on PCI by its own driver, and its shell runs what
# is there; Debian's kernel boots by the ACPI tables that it hands on.
. "$(dirname "$0")/lib.sh"
riscv=$guests/uefi-riscv64/usr/share/qemu-efi-riscv64 arm64=$guests/uefi-arm64/usr/share/AAVMF arm=$guests/uefi-arm/usr/share/AAVMF
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
need "$sbi" "$riscv/RISCV_VIRT_CODE.fd" "$arm64/AAVMF_CODE.no-secboot.fd" "$arm/AAVMF32_CODE.fd"
need_programs mformat mcopy
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
truncate -s 40M "$work/disk.img"
mformat -i "$work/disk.img" -F ::
printf 'echo ON-A-DISK\r\n' >"$work/startup.nsh"
mcopy -i "$work/disk.img" "$work/startup.nsh" ::

shell() { # shell TITLE CODE VARIABLES OPTIONS...: startup.nsh runs, ver answers, the machine goes off
    local title=$1 code=$2 vars=$3
    shift 3
    start "$title" 200 "$MYNAH" -m 512M -nographic "$@" -drive "if=pflash,format=raw,readonly=on,file=$code" \
        -drive "if=pflash,format=raw,snapshot=on,file=$vars" -drive "file=$work/disk.img,format=raw,if=none,id=d,readonly=on" \
        -device virtio-blk-pci,drive=d -net none &&
        expect "ON-A-DISK" && expect "Shell>" && send $'ver\r' && expect "UEFI v2" && send $'reset -s\r' && finish 0
}
shell "riscv64" "$riscv/RISCV_VIRT_CODE.fd" "$riscv/RISCV_VIRT_VARS.fd" -M riscv64-virt -bios "$sbi"
shell "arm64" "$arm64/AAVMF_CODE.no-secboot.fd" "$arm64/AAVMF_VARS.fd" -M arm64-virt
shell "arm" "$arm/AAVMF32_CODE.fd" "$arm/AAVMF32_VARS.fd" -M arm-virt

kernel() { # kernel ARCH CODE VARIABLES CONTROLLER OPTIONS...: CONTROLLER is what the kernel says of the MADT's
    local arch=$1 code=$2 vars=$3 controller=$4
    shift 4
    linux_guest "$arch"
    start "$arch, a kernel by ACPI" 300 "$MYNAH" -m 512M -nographic "$@" -drive "if=pflash,format=raw,readonly=on,file=$code" \
        -drive "if=pflash,format=raw,snapshot=on,file=$vars" -kernel "$kernel" -initrd "$initramfs" -append "console=$console" \
        -net none &&
        expect "ACPI: DSDT 0x" && expect "$controller" && expect "ACPI: PCI Root Bridge [PCI0]" &&
        expect "BOOTED Linux" && expect "on 2 CPUs" && send "poweroff -f" && finish 0
}
kernel riscv64 "$riscv/RISCV_VIRT_CODE.fd" "$riscv/RISCV_VIRT_VARS.fd" "riscv-aplic RSCV0002:00: 96 interrupts" \
    -M riscv64-virt,aia=aplic-imsic -bios "$sbi" -smp 2
kernel arm64 "$arm64/AAVMF_CODE.no-secboot.fd" "$arm64/AAVMF_VARS.fd" "ACPI: Using GIC for interrupt routing" \
    -M arm64-virt,gic-version=3 -smp 2
done_testing
