#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernel writes to disk images of all formats: what it wrote is in them, as qemu-img and e2fsck see it. A
# backing file
# stays as it is; savevm into a qcow2 image and loadvm; a full disk stops the machine, and cont goes on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest "${ARCH:-riscv64}"
need_programs xz cpio mke2fs e2fsck socat qemu-img qemu-nbd prlimit
img=${MYNAH%/*}/mynah-img
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; [ -z "${server:-}" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

ramfs_modules "" $virtio_modules
# Files with known sums, copied, some removed again, all of it synced.
cat >"$work/ramfs/write" <<'END'
#!/bin/sh
mount -t ext4 /dev/vda /mnt || exit 1
for i in 1 2 3 4 5 6; do
    dd if=/dev/urandom of=/mnt/$i bs=64k count=$((i * 5)) 2>/dev/null
    sync
done
rm /mnt/2 /mnt/4
(cd /mnt; md5sum 1 3 5 6 >sums)
umount /mnt
echo WRIT""TEN
END
chmod +x "$work/ramfs/write"
ramfs_pack
truncate -s 64M "$work/base.raw"
mke2fs -q -t ext4 "$work/base.raw"

check() { if eval "$2"; then ok "$1"; else not_ok "$1"; fi; }

# what FILE FORMAT: the disk is a whole file system with these files
whole() {
    qemu-img convert -f "$2" -O raw "$1" "$work/out.raw" && e2fsck -fn "$work/out.raw" >/dev/null 2>&1 &&
        "$img" compare -q -f "$2" -F raw "$1" "$work/out.raw" && debugfs -R "dump /sums $work/sums" "$work/out.raw" 2>/dev/null &&
        for i in 1 3 5 6; do debugfs -R "dump /$i $work/$i" "$work/out.raw" 2>/dev/null; done &&
        (cd "$work" && [ -s sums ] && md5sum -c --quiet sums)
}
hmp() { printf '%s\n' "$1" | tell hmp >"$work/answer"; }
guest() { # guest TITLE DRIVE OPTION...: up to its shell
    local title=$1 drive=$2
    shift 2
    rm -f "$work/hmp"
    start "$title" 400 "$@" "${board[@]}" -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
        -drive "$drive,if=none,id=d" -device virtio-blk-device,drive=d -monitor "unix:$work/hmp,server=on,wait=off" &&
        expect "BOOTED Linux" && send /load && expect LOADED
}
writes() { guest "$@" && send /write && expect WRITTEN && send "poweroff -f" && finish 0; }

# -- Formats --
"$img" convert -q -f raw -O qcow2 "$work/base.raw" "$work/base.qcow2"
before=$(md5sum <"$work/base.qcow2")
"$img" create -q -f qcow2 -b base.qcow2 -F qcow2 -o cluster_size=4k "$work/top.qcow2"
writes "qcow2 on qcow2" "file=$work/top.qcow2,discard=unmap"
check "has what was written" 'whole "$work/top.qcow2" qcow2'
check "qemu-img finds nothing wrong" 'qemu-img check -q "$work/top.qcow2"'
check "the backing file is as it was" '[ "$before" = "$(md5sum <"$work/base.qcow2")" ]'
for f in vdi vhdx vmdk vpc; do
    "$img" convert -q -f raw -O $f "$work/base.raw" "$work/disk.$f"
    writes "$f" "file=$work/disk.$f,format=$f"
    check "has what was written" 'whole "$work/disk.$f" $f'
done
cp "$work/base.qcow2" "$work/nbd.qcow2"
qemu-nbd -t -k "$work/nbd" -f qcow2 "$work/nbd.qcow2" &
server=$!
wait_for listens "$work/nbd"
writes "NBD" "file=nbd:unix:$work/nbd,format=raw"
kill $server && wait $server
server=
check "has what was written" 'whole "$work/nbd.qcow2" qcow2'

# -- Snapshots --
"$img" convert -q -f raw -O qcow2 "$work/base.raw" "$work/snap.qcow2"
if guest "savevm" "file=$work/snap.qcow2"; then
    send 'echo be""fore >/tmp-file; cat /tmp-file' && expect before
    hmp "savevm one"
    send /write && expect WRITTEN
    hmp "loadvm one"
    send 'cat /tmp-file; mount -t ext4 /dev/vda /mnt; ls /mnt; echo LIST""ED' && expect before && expect LISTED
    check "the disk is as it was" '[[ $guest_seen != *sums* ]]'
    send 'umount /mnt; /write' && expect WRITTEN && send "poweroff -f" && finish 0
    check "has what was written after loadvm" 'whole "$work/snap.qcow2" qcow2'
    check "qemu-img lists the snapshot" 'qemu-img snapshot -l "$work/snap.qcow2" | grep -q " one "'
    check "and finds nothing wrong" 'qemu-img check -q "$work/snap.qcow2"'
fi

# -- A full disk: files may not be larger than 3 MiB, and then may --
"$img" create -q -f qcow2 -b base.qcow2 -F qcow2 "$work/full.qcow2"
trap '' XFSZ # the programs below see the error instead
if guest "full disk" "file=$work/full.qcow2"; then
    program=$(awk -v parent="$guest_pid" '{ split(FILENAME, at, "/"); sub(/^.*\) /, ""); if ($2 == parent) print at[3] }' \
        /proc/[0-9]*/stat 2>/dev/null | tail -n 1)
    prlimit --pid "$program" --fsize=3145728:unlimited
    send /write
    expect "the machine is stopped"
    hmp "info status"
    check "it is so" 'grep -q "paused (io-error)" "$work/answer"'
    prlimit --pid "$program" --fsize=unlimited:unlimited
    hmp cont
    expect WRITTEN && send "poweroff -f" && finish 0
    check "has what was written" 'whole "$work/full.qcow2" qcow2'
    check "qemu-img finds nothing wrong" 'qemu-img check -q "$work/full.qcow2"'
fi
done_testing
