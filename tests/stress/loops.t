#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Loops of several blocks: written while they are in use, in caches that are too small; left by faults and interrupts.
. tests/stress/lib.sh
build loops
stress loops "jit tagged evict tagged-evict"
run_guest loops $(mode one) -d stats
insns=$(sed -n 's/^translations *//p' "$tmp/out")
case $insns in
"${insns%% *} of ${insns%% *} instructions") ok "blocks of one instruction are not made a loop" ;;
*) not_ok "blocks of one instruction: $insns" ;;
esac
build loops -DHARTS=2
stress loops "jit single evict" -smp 2
build loops-state
stress loops-state "jit tagged interp evict single"
done_testing
