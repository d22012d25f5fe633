#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The rig of the small kernels: 32 and 64 bits, M and S mode, one hart and three.
. tests/kernels/lib.sh

for b in 64 32; do
    kernel $b hello
    boot "$b bits" hello
    kernel $b hello -DSMODE -DHARTS=3
    boot "$b bits, S mode" hello -smp 3
    kernel $b hello -Wl,-e,kernel_end
    boot "$b bits, an entry that is not the beginning" hello
done
done_testing
