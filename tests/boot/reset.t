#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Resets from outside of a guest with four CPUs while its disk works: system_reset of the monitor, six times.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
sbi=$guests/opensbi/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin
kernel=$(echo "$guests"/linux/boot/vmlinux-*)
modules=$(echo "$guests"/linux/usr/lib/modules/*/kernel)
need "$sbi" "$kernel" "$modules" "$guests/initramfs.cpio.gz"
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT

ramfs_modules "" drivers/block/virtio_blk drivers/virtio/virtio_mmio
cat >"$work/ramfs/work" <<'END'
#!/bin/sh
/load
for i in 0 1 2 3; do
    while :; do
        dd if=/dev/vda of=/dev/null bs=64k count=64 iflag=direct skip=$((i * 64)) 2>/dev/null
        dd if=/dev/zero of=/dev/vda bs=64k count=64 oflag=direct seek=$((i * 64)) 2>/dev/null
    done &
done
read before </sys/block/vda/stat
while read now </sys/block/vda/stat && [ "$now" = "$before" ]; do :; done
echo WORKING
END
chmod +x "$work/ramfs/work"
ramfs_pack
truncate -s 64M "$work/disk.img"

monitor() { echo "$1" | tell monitor >/dev/null; }

start "resets" 900 "$MYNAH" -M riscv64-virt -smp 4 -m 512M -nographic -bios "$sbi" -kernel "$kernel" \
    -initrd "$work/initrd" -append "console=ttyS0 quiet" -monitor "unix:$work/monitor,server=on,wait=off" \
    -global virtio-mmio.force-legacy=false -drive "file=$work/disk.img,format=raw,if=none,id=hd" \
    -device virtio-blk-device,drive=hd,num-queues=4
for i in 1 2 3 4 5 6 7; do
    expect "BOOTED Linux" && send /work && expect "WORKING" || break
    [ $i = 7 ] || monitor system_reset
done
if [ $failed = 0 ]; then
    send "poweroff -f"
    finish 0
fi
done_testing
