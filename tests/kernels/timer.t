#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The CLINT's timer, by either half of its registers.
. tests/kernels/lib.sh

for b in 64 32; do
    for harts in 1 3; do
        for order in 0 1 2 3 4; do
            [ $order = 4 ] && [ $b = 32 ] && continue
            kernel $b timer -DORDER=$order -DHARTS=$harts
            boot "$b bits, order $order" timer -smp $harts
        done
    done
done
done_testing
