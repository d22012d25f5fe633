#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks of a page that several accesses share: exact faults, changes of the map between them, and pages that become code.
. tests/stress/lib.sh
build check -DPAGES=1000
stress check "jit tagged evict" -smp 2
build check -DPAGES=20
stress check "interp single icount icount-interp" -smp 2
done_testing
