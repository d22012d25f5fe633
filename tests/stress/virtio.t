#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Virtio devices under drivers that do anything in any order, from several harts at once.
. tests/stress/lib.sh

truncate -s 64K "$tmp/disk"

# all TITLE OPTION...: with every device
all() {
    title=$1
    shift
    run_guest virtio -drive "file=$tmp/disk,if=none,id=d,format=raw,snapshot=on,discard=unmap" \
        -device virtio-blk-device,drive=d,packed=on,num-queues=4 \
        -drive "file=$tmp/disk,if=none,id=e,format=raw,readonly=on" -device virtio-blk-device,drive=e \
        -netdev user,id=n,restrict=on -device virtio-net-device,netdev=n,packed=on \
        -device virtio-rng-device,packed=on -device virtio-rng-device,max-bytes=1024,period=10 \
        -device virtio-serial-device,packed=on,max_ports=2 -chardev null,id=c -device virtconsole,chardev=c "$@"
    if [ $status = 0 ] && grep -q '^passed' "$tmp/out"; then
        ok "$title: $(sed -n 's/^passed: //p' "$tmp/out")"
    else
        not_ok "$title"
        echo "# exit status $status (124: too long)"
        tail -n 20 "$tmp/out" | sed 's/\r$//; s/^/# /'
    fi
}

for seed in ${SEEDS:-1 2}; do
    for harts in ${HARTS:-1 4}; do
        build virtio -DHARTS=$harts -DSEED="$seed" ${ROUNDS:+-DROUNDS=$ROUNDS}
        all "seed $seed, $harts harts, legacy" -smp $harts
        all "seed $seed, $harts harts" -smp $harts -global virtio-mmio.force-legacy=false
    done
done
all "single" -smp "$harts" -global virtio-mmio.force-legacy=false -accel tcg,thread=single
done_testing
