#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Changes of the memory map are seen by every hart before the instruction that makes them completes.
. tests/stress/lib.sh
build remap -DCHANGES=100
stress remap "jit tagged interp" -smp 4
build remap -DCHANGES=10
stress remap "single icount" -smp 4
done_testing
