#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Drivers of virtio disks: those of courses and tutorials, and those that leave out what the standard demands.
. tests/kernels/lib.sh

# Sector n begins with n in 32 bits.
disk() {
    perl -e 'print pack("V", $_), "\0" x 508 for 0 .. 2047' >"$tmp/disk"
}

# with_disk TITLE NAME legacy|modern [OPTION...]
with_disk() {
    title=$1 guest=$2 force=off
    [ "$3" = legacy ] && force=on
    title="$title, $bits bits, $3"
    shift 3
    disk
    boot "$title" "$guest" -global virtio-mmio.force-legacy=$force \
        -drive "file=$tmp/disk,if=none,id=d,format=raw,file.locking=off" -device virtio-blk-device,drive=d "$@"
}

for b in 64 32; do
    kernel $b blk-odd
    for interface in legacy modern; do
        with_disk "odd drivers" blk-odd $interface
    done
done
done_testing
