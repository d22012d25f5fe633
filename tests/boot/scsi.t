#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# virtio-scsi with disks and a CD under Debian 13's arm64 kernel: reading, writing, discarding, a disk that comes and goes, CDs
# that are changed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio socat
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
ramfs_modules "" drivers/scsi/scsi_common drivers/scsi/scsi_mod drivers/scsi/virtio_scsi drivers/scsi/sd_mod drivers/cdrom/cdrom \
    drivers/scsi/sr_mod
ramfs_pack
head -c 8000000 /dev/urandom >"$work/a.img"
head -c 4096000 /dev/urandom >"$work/b.img"
head -c 2048000 /dev/urandom >"$work/cd.iso"
a=$(md5sum <"$work/a.img" | cut -d' ' -f1) b=$(md5sum <"$work/b.img" | cut -d' ' -f1) cd=$(md5sum <"$work/cd.iso" | cut -d' ' -f1)
head -c 1024000 /dev/urandom >"$work/other.iso"
other=$(md5sum <"$work/other.iso" | cut -d' ' -f1)
hmp() { printf '%s\n' "$1" | tell hmp >"$work/answer"; }

start "disks and a CD" 240 "${board[@]}" -smp 2 -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
    -monitor "unix:$work/hmp,server=on,wait=off" -drive "file=$work/a.img,format=raw,if=none,id=a,discard=unmap" \
    -drive "file=$work/b.img,format=raw,if=none,id=b" -drive "file=$work/cd.iso,format=raw,if=none,id=c,readonly=on" \
    -device virtio-scsi-pci,id=scsi0,num_queues=2 -device scsi-hd,drive=a,serial=first \
    -device scsi-cd,drive=c,bus=scsi0.0,scsi-id=5,id=cd
expect "BOOTED Linux" && send /load && expect LOADED &&
    send 'while [ ! -e /dev/sda ] || [ ! -e /dev/sr0 ]; do sleep 0.2; done; md5sum </dev/sda' && expect "$a" &&
    send 'md5sum </dev/sr0' && expect "$cd" &&
    send 'dd if=/dev/sda of=/dev/sda bs=4096 seek=1 count=1 conv=notrunc,fsync 2>/dev/null; echo WRIT""TEN' && expect WRITTEN &&
    send 'cat /sys/block/sda/queue/discard_max_bytes; blkdiscard -o 1048576 -l 1048576 /dev/sda; echo DIS""CARDED' && expect DISCARDED || exit
# Another CD is seen when the drive is opened next. While it is open the guest holds the tray shut.
hmp "change c $work/other.iso raw"
send 'md5sum </dev/sr0' && expect "$other" &&
    send 'exec 5</dev/sr0; dd bs=2048 count=1 <&5 >/dev/null 2>&1; echo HE""LD' && expect HELD || exit
hmp "eject c"
if grep -q "is locked and force was not specified" "$work/answer"; then ok "a CD in use stays"; else not_ok "$(cat "$work/answer")"; fi
send 'exec 5<&-; echo LET-""GO' && expect LET-GO || exit
hmp "eject c"
send 'dd if=/dev/sr0 of=/dev/null count=1; echo NO-""MEDIUM' && expect "No medium found" && expect NO-MEDIUM || exit
hmp "change c $work/cd.iso raw"
send 'md5sum </dev/sr0' && expect "$cd" || exit
hmp "device_add scsi-hd,bus=scsi0.0,drive=b,id=second,scsi-id=9"
send 'while [ ! -e /dev/sdb ]; do sleep 0.2; done; md5sum </dev/sdb' && expect "$b" || exit
hmp "device_del second"
send 'while [ -e /dev/sdb ]; do sleep 0.2; done; echo GO""NE' && expect GONE && send "poweroff -f" && finish 0
check_bytes() { # check_bytes TITLE FILE SKIP FILE SKIP BYTES
    if cmp -s <(tail -c "+$(($3 + 1))" "$2" | head -c "$6") <(tail -c "+$(($5 + 1))" "$4" | head -c "$6"); then ok "$1"; else not_ok "$1"; fi
}
check_bytes "what was written" "$work/a.img" 0 "$work/a.img" 4096 4096
check_bytes "what was discarded" "$work/a.img" 1048576 /dev/zero 0 1048576
done_testing
