#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Guests that write anything to any register: the process lives.
. tests/stress/lib.sh

truncate -s 1M "$tmp/disk"
truncate -s 32M "$tmp/flash"

# harm HARTS MACHINE MODE OPTION...: a run of a guest with so many harts
harm() {
    harts=$1 machine=$2 mode=$3
    shift 3
    title="seed $seed, $harts harts, $machine, $mode${*:+, $*}"
    build mmio -Wl,-Ttext=0x80234c00,--section-start=.entry=0x80000000 -DSEED="$seed" -DHARTS="$harts" -DROUNDS="${ROUNDS:-5000}"
    # shellcheck disable=SC2046
    timeout -k 20 "$limit" "$MYNAH" -M "riscv64-virt,$machine" -m 64M -smp "$harts" -cpu max -display none -monitor none \
        -serial "file:$tmp/serial" -bios "$tmp/mmio.bin" -drive "if=pflash,unit=1,file=$tmp/flash,format=raw" \
        -drive "file=$tmp/disk,format=raw,if=none,id=d" -device virtio-blk-device,drive=d,packed=on \
        -netdev user,id=n,restrict=on -device virtio-net-device,netdev=n -device virtio-rng-device \
        -device virtio-serial-device -chardev null,id=c -device virtconsole,chardev=c $(mode "$mode") "$@" \
        </dev/null >"$tmp/out" 2>&1
    status=$?
    if [ $status = 42 ]; then # DONE
        ok "$title"
    else
        not_ok "$title"
        echo "# exit status $status (0: ended by a signal; 124: not done in time, but it ended when asked to)"
        tail -n 30 "$tmp/out" | sed 's/\r$//; s/^/# /'
        tail -c 200 "$tmp/serial" | tr -cd '[:print:]\n' | sed 's/^/# guest: /'
    fi
}

for seed in ${SEEDS:-1}; do
    harm 1 aia=none jit
    harm 1 aia=none icount -global virtio-mmio.force-legacy=false
    harm 4 aia=aplic jit -global virtio-mmio.force-legacy=false
    harm 8 aia=aplic-imsic,aclint=on jit -global virtio-mmio.force-legacy=false
    harm 2 aia=none,aclint=on interp
    harm 3 aia=aplic-imsic single -global virtio-mmio.force-legacy=false
done
done_testing
