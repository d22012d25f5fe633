#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Interrupts and waits.
. tests/stress/lib.sh
build interrupts
stress interrupts "jit tagged interp one icount icount-interp"
build interrupts -DHARTS=4 -DROUNDS=500
stress interrupts "jit interp single icount icount-interp" -smp 4
done_testing
