#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Loops of several blocks: written while they are in use, in caches that are too small.
. tests/stress/lib.sh
build loops
stress loops "jit tagged evict tagged-evict"
build loops -DHARTS=2
stress loops "jit single evict" -smp 2
done_testing
