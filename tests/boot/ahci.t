#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# AHCI with a disk and a CD under Debian's kernels: by messages on arm64, by pins on riscv64.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
need_programs xz cpio
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
head -c 8192000 /dev/urandom >"$work/disk.img"
head -c 2048000 /dev/urandom >"$work/cd.iso"
sum=$(md5sum <"$work/disk.img" | cut -d' ' -f1) cd=$(md5sum <"$work/cd.iso" | cut -d' ' -f1)

check_bytes() { # check_bytes TITLE FILE SKIP FILE SKIP BYTES
    if cmp -s <(tail -c "+$(($3 + 1))" "$2" | head -c "$6") <(tail -c "+$(($5 + 1))" "$4" | head -c "$6"); then ok "$1"; else not_ok "$1"; fi
}

# disk ARCH INTERRUPTS OPTION...
disk() {
    local arch=$1 interrupts=$2
    shift 2
    linux_guest "$arch"
    rm -rf "$work/ramfs"
    ramfs_modules "" drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/ata/libata drivers/ata/libahci drivers/ata/ahci \
        drivers/scsi/sd_mod drivers/cdrom/cdrom drivers/scsi/sr_mod
    ramfs_pack
    cp "$work/disk.img" "$work/copy.img"
    start "$arch" 240 "${board[@]}" -smp 2 -m 256M -kernel "$kernel" -initrd "$work/initrd" \
        -append "console=$console quiet" -drive "file=$work/copy.img,format=raw,if=none,id=d,discard=unmap" \
        -drive "file=$work/cd.iso,format=raw,if=none,id=c,readonly=on" "$@" || return
    expect "BOOTED Linux" && send /load && expect LOADED &&
        send 'while [ ! -e /dev/sda ] || [ ! -e /dev/sr0 ]; do sleep 0.2; done; md5sum </dev/sda' && expect "$sum" &&
        send 'md5sum </dev/sr0' && expect "$cd" &&
        send 'cat /sys/block/sda/device/queue_depth' && expect 32 &&
        send 'dd if=/dev/sda of=/dev/sda bs=4096 seek=1 count=1 conv=notrunc,fsync 2>/dev/null; echo WRIT""TEN' && expect WRITTEN &&
        send 'dd if=/dev/sda of=/dev/null bs=256k 2>/dev/null; blkdiscard -o 1048576 -l 1048576 /dev/sda; echo DIS""CARDED' && expect DISCARDED &&
        send 'grep ahci /proc/interrupts' && expect "$interrupts" && send "poweroff -f" && finish 0
    check_bytes "$arch: written" "$work/disk.img" 0 "$work/copy.img" 4096 4096
    check_bytes "$arch: discarded" "$work/copy.img" 1048576 /dev/zero 0 1048576
}
disk arm64 MSI -device ahci,id=ahci0 -device ide-hd,drive=d,bus=ahci0.1,serial=first -device ide-cd,drive=c,bus=ahci0.4
disk riscv64 PLIC -device ich9-ahci -device ide-cd,drive=c -device ide-hd,drive=d
done_testing
