#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Random code below M mode: no engine comes to harm, and all that count instructions agree on every trap and register.
. tests/stress/lib.sh

for seed in ${SEEDS:-1 2 3}; do
    build hostile -DSEED="$seed"
    wanted=
    for m in icount-interp icount icount-evict "tagged icount" "one icount" "baseline icount"; do
        # shellcheck disable=SC2046
        case $m in
        baseline*) run_guest hostile -cpu max -accel tcg,host-features=baseline $(mode icount) ;;
        *) run_guest hostile -cpu max $(for part in $m; do mode "$part"; done) ;;
        esac
        agrees "seed $seed, $m" "$(sed -n 's/^passed: //p' "$tmp/out")"
    done
done
build hostile -DSEED=1 -DHARTS=4
stress hostile "jit tagged interp evict single" -smp 4 -cpu max -netdev user,id=n -device virtio-net-device,netdev=n \
    -device virtio-rng-device -device virtio-serial-device
done_testing
