#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Address translation that changes under running code.
. tests/stress/lib.sh
build paging
stress paging "jit tagged interp evict one icount" -cpu max
done_testing
