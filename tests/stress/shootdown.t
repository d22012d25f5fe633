#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Page tables that another hart changes.
. tests/stress/lib.sh
build shootdown -DCHANGES=120
stress shootdown "jit tagged evict" -smp 4
build shootdown -DCHANGES=40
stress shootdown "interp single icount icount-interp" -smp 4
done_testing
