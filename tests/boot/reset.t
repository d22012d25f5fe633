#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A guest with four CPUs whose disk works all the time, for $ARCH (riscv64 if that is not set): it is saved, loaded and reset
# by the monitor at any moment, six times, and sees no error of its disk.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest "${ARCH:-riscv64}"
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT

ramfs_modules "" drivers/block/virtio_blk drivers/virtio/virtio_mmio
cat >"$work/ramfs/works" <<'END'
#!/bin/sh
read before </sys/block/vda/stat
while read now </sys/block/vda/stat && [ "$now" = "$before" ]; do :; done
echo WORKING
END
cat >"$work/ramfs/work" <<'END'
#!/bin/sh
/load
for i in 0 1 2 3; do
    while :; do
        dd if=/dev/vda of=/dev/null bs=64k count=64 iflag=direct skip=$((i * 64)) 2>/dev/null
        dd if=/dev/zero of=/dev/vda bs=64k count=64 oflag=direct seek=$((i * 64)) 2>/dev/null
    done &
done
/works
END
chmod +x "$work/ramfs/work" "$work/ramfs/works"
ramfs_pack
truncate -s 64M "$work/disk.img"
mkdir "$work/snaps"

monitor() { echo "$1" | tell monitor >"$work/answer"; }
says_nothing() { # says_nothing TITLE: what the monitor did went well
    if grep -qi "error" "$work/answer"; then
        not_ok "$1"
        sed 's/^/# /' "$work/answer"
    else
        ok "$1"
    fi
}

start "resets" 900 "${board[@]}" -smp 4 -m 512M -kernel "$kernel" -initrd "$work/initrd" \
    -append "console=$console quiet" -monitor "unix:$work/monitor,server=on,wait=off" -snapshot-dir "$work/snaps" \
    -global virtio-mmio.force-legacy=false -drive "file=$work/disk.img,format=raw,if=none,id=hd" \
    -device virtio-blk-device,drive=hd,num-queues=4
for i in 1 2 3 4 5 6 7; do
    expect "BOOTED Linux" && send /work && expect "WORKING" || break
    monitor "savevm s"
    says_nothing "savevm"
    send /works
    expect "WORKING" || break
    monitor "loadvm s"
    says_nothing "loadvm"
    # A kernel that powers off takes the disk from who uses it, and shows that as errors: they count before only.
    send '/works; echo $(dmesg | grep -c "I/O error\|BUG:\|Oops")-"ERR"ORS'
    expect "0-ERRORS" || break
    [ $i = 7 ] || monitor system_reset
done
if [ $failed = 0 ]; then
    send "poweroff -f"
    finish 0
fi
done_testing
