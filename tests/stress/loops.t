#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Loops of several blocks: written while they are in use, in caches that are too small; left by faults and interrupts;
# ways of a loop that are taken late.
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
build loops-later
stress loops-later "jit tagged interp"
run_guest loops-later -d ir_opt -D "$tmp/log"
# A unit that begins with the loop, at its page's begin, and has what lies 256 bytes behind it.
later=$(awk '/^unit pc/ { loop = /000 key/ } loop && /insn 0x[0-9a-f]*100 / { n++; loop = 0 } END { print n + 0 }' "$tmp/log")
case $later in
0) not_ok "a loop is made again with a way that was not taken before" ;;
*) ok "a loop is made again with a way that was not taken before" ;;
esac
build loops-narrow
stress loops-narrow "jit tagged interp evict single"
build loops-state
stress loops-state "jit tagged interp evict single"
done_testing
