#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Atomics, locks and the memory model between four harts.
. tests/stress/lib.sh
build smp -DLITMUS_MS=150
stress smp "jit tagged interp evict" -smp 4
build smp -DLITMUS_MS=20
stress smp "single icount icount-interp" -smp 4
done_testing
