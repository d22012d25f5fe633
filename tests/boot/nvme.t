#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# NVMe with blocks of 512 and of 4096 bytes under Debian's kernels: by messages on arm64, by pins on riscv64, in a root port.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
head -c 8192000 /dev/urandom >"$work/disk.img"
sum=$(md5sum <"$work/disk.img" | cut -d' ' -f1)

# disk ARCH INTERRUPTS BLOCK OPTION...
disk() {
    local arch=$1 interrupts=$2 block=$3
    shift 3
    linux_guest "$arch"
    rm -rf "$work/ramfs"
    ramfs_modules "" "${modules_of[@]}"
    ramfs_pack
    cp "$work/disk.img" "$work/copy.img"
    start "$arch, blocks of $block" 240 "${board[@]}" -smp 2 -m 256M -kernel "$kernel" -initrd "$work/initrd" \
        -append "console=$console quiet" -drive "file=$work/copy.img,format=raw,if=none,id=d,discard=unmap" "$@" || return
    expect "BOOTED Linux" && send /load && expect LOADED &&
        send 'while [ ! -e /dev/nvme0n1 ]; do sleep 0.2; done; md5sum </dev/nvme0n1' && expect "$sum" &&
        send 'cat /sys/block/nvme0n1/queue/logical_block_size' && expect "$block" &&
        send 'dd if=/dev/nvme0n1 of=/dev/nvme0n1 bs=4096 seek=1 count=1 conv=notrunc,fsync 2>/dev/null; echo WRIT""TEN' && expect WRITTEN &&
        send 'dd if=/dev/nvme0n1 of=/dev/null bs=256k 2>/dev/null; blkdiscard -o 1048576 -l 1048576 /dev/nvme0n1; echo DIS""CARDED' && expect DISCARDED &&
        send 'grep nvme /proc/interrupts' && expect "$interrupts" && send "poweroff -f" && finish 0
    if cmp -s <(head -c 4096 "$work/disk.img") <(tail -c +4097 "$work/copy.img" | head -c 4096); then ok "written"; else not_ok "written"; fi
    if cmp -s <(tail -c +1048577 "$work/copy.img" | head -c 1048576) <(head -c 1048576 /dev/zero); then ok "discarded"; else not_ok "discarded"; fi
}
modules_of=(drivers/nvme/common/nvme-auth drivers/nvme/host/nvme-core drivers/nvme/host/nvme)
disk arm64 MSIX 512 -device nvme,drive=d,serial=first,max_ioqpairs=4
disk arm64 MSIX 4096 -device pcie-root-port,id=a,chassis=1 -device nvme,drive=d,serial=second,logical_block_size=4096,physical_block_size=4096,bus=a
disk riscv64 PLIC 512 -device nvme,drive=d,serial=third
done_testing
