#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Drivers of virtio disks: those of courses and tutorials, and those that leave out what the standard demands.
. tests/kernels/lib.sh

# Sector n begins with n in 32 bits; what a guest writes is gone after its run.
perl -e 'print pack("V", $_), "\0" x 508 for 0 .. 2047' >"$tmp/disk"

# with_disk TITLE NAME [OPTION...]: over both interfaces
with_disk() {
    what=$1 name=$2
    shift 2
    for interface in legacy modern; do
        force=on
        [ $interface = modern ] && force=off
        boot "$what, $bits bits, $interface" "$name" -global virtio-mmio.force-legacy=$force \
            -drive "file=$tmp/disk,if=none,id=d,format=raw,snapshot=on" -device virtio-blk-device,drive=d "$@"
    done
}

for b in 64 32; do
    kernel $b blk-odd
    with_disk "odd drivers" blk-odd
    for harts in 1 3; do
        kernel $b blk-polling -DHARTS=$harts -DSMODE
        with_disk "polling, $harts harts" blk-polling -smp $harts
        kernel $b blk-interrupts -DHARTS=$harts -DSMODE
        with_disk "interrupts, $harts harts" blk-interrupts -smp $harts
    done
    kernel $b blk-interrupts
    with_disk "interrupts, M mode" blk-interrupts
done
done_testing
