#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Code caches that are too small.
. tests/stress/lib.sh
build evict -DFUNCTIONS=3000 -DROUNDS=3
stress evict "evict tagged-evict interp-evict single-evict icount-evict" -smp 4
run_guest evict $(mode evict) -smp 4 -d stats
evictions=$(sed -n 's/^evictions *//p' "$tmp/out")
if [ "${evictions:-0}" -gt 10 ]; then ok "$evictions evictions"; else not_ok "only ${evictions:-no} evictions"; fi
done_testing
