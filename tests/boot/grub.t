#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# As an installed system starts: Debian's UEFI firmware finds GRUB on a disk's EFI system partition, GRUB reads its file, Debian's
# kernel and an initramfs from there, and the kernel sees the partition. For riscv64 if there is a GRUB (tools/fetch-guests
# grub-riscv64): the installer's has no command that starts a kernel.
. "$(dirname "$0")/lib.sh"
need_programs mformat mcopy mmd sfdisk
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT

disk() { # disk GRUB NAME FOLDER: with $kernel; NAME is what firmware looks for, FOLDER where GRUB does
    local part=$work/disk.img@@1M i path=::
    rm -f "$work/disk.img"
    truncate -s 66M "$work/disk.img"
    printf 'label: gpt\nstart=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00C93EC93B8B\n' | sfdisk -q "$work/disk.img"
    mformat -i "$part" -F -T 131072 :: && mmd -i "$part" ::EFI ::EFI/BOOT || return
    for i in ${3//// }; do
        path+=/$i
        [ "$i" = EFI ] || mmd -i "$part" "$path" || return
    done
    printf 'echo GRUB-HAS-READ-ITS-FILE\nlinux /linux console=%s quiet\ninitrd /initrd\nboot\n' "$console" >"$work/grub.cfg"
    mcopy -i "$part" "$1" "::EFI/BOOT/$2" && mcopy -i "$part" "$work/grub.cfg" "$path" &&
        mcopy -i "$part" "$kernel" ::linux && mcopy -i "$part" "$initramfs" ::initrd
}

boots() { # boots TITLE CODE VARIABLES OPTIONS...
    local title=$1 code=$2 vars=$3
    shift 3
    start "$title" 300 "${board[@]}" -m 512M -drive "if=pflash,format=raw,readonly=on,file=$code" \
        -drive "if=pflash,format=raw,snapshot=on,file=$vars" -drive "file=$work/disk.img,format=raw,if=none,id=d,snapshot=on" \
        -net none "$@" &&
        expect GRUB-HAS-READ-ITS-FILE && expect "BOOTED Linux" && send "ls /sys/firmware/efi" && expect systab &&
        send "poweroff -f" && finish 0
}

linux_guest arm64
uefi=$guests/uefi-arm64/usr/share/AAVMF installer=$guests/installer-arm64/usr/lib/debian-installer/images/13/arm64/text
need "$uefi/AAVMF_CODE.no-secboot.fd" "$installer/debian-installer/arm64/grubaa64.efi"
disk "$installer/debian-installer/arm64/grubaa64.efi" BOOTAA64.EFI debian-installer/arm64/grub &&
    boots "arm64, virtio-blk" "$uefi/AAVMF_CODE.no-secboot.fd" "$uefi/AAVMF_VARS.fd" -device virtio-blk-pci,drive=d &&
    boots "arm64, usb-storage" "$uefi/AAVMF_CODE.no-secboot.fd" "$uefi/AAVMF_VARS.fd" -device qemu-xhci \
        -device usb-storage,drive=d

uefi=$guests/uefi-riscv64/usr/share/qemu-efi-riscv64
grub=$guests/grub-riscv64/usr/lib/grub/riscv64-efi/monolithic/grubriscv64.efi
if [ -e "$grub" ]; then
    linux_guest riscv64
    need "$uefi/RISCV_VIRT_CODE.fd"
    disk "$grub" BOOTRISCV64.EFI EFI/debian &&
        boots "riscv64, nvme" "$uefi/RISCV_VIRT_CODE.fd" "$uefi/RISCV_VIRT_VARS.fd" -device nvme,drive=d,serial=n
else
    ok "riscv64 # SKIP there is no GRUB for it: tools/fetch-guests grub-riscv64"
fi
done_testing
