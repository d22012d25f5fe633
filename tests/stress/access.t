#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Misaligned accesses, devices, ROM, flash, nothing, PMP.
. tests/stress/lib.sh
build access
stress access "jit tagged interp evict one icount"
done_testing
