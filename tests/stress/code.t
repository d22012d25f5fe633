#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Code that is written while it runs, by the hart itself and by others.
. tests/stress/lib.sh
build code
stress code "jit tagged interp evict one icount icount-interp"
build code -DHARTS=4 -DVERSIONS=400
stress code "jit tagged interp evict single icount icount-interp" -smp 4
build beside -DLIMIT_MS=$((400 * ${TIME_FACTOR:-4}))
stress beside "jit tagged interp single" -smp 4
done_testing
