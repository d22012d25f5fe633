/* SPDX-License-Identifier: BSD-2-Clause */
/* Compare and swap of 16 aligned bytes of host memory. */
#ifndef MYNAH_ATOMIC16_H
#define MYNAH_ATOMIC16_H

#include <stdbool.h>

/*
 * *expected becomes what was there. True if swapped. Not inlined: clang would then compile it for a caller that may not
 * use the instruction.
 */
#ifdef __x86_64__
__attribute__((target("cx16"), noinline, unused))
#else
__attribute__((unused))
#endif
static bool atomic_cas16(void *p, unsigned __int128 *expected, unsigned __int128 desired)
{
    unsigned __int128 want = *expected;
    *expected = __sync_val_compare_and_swap((unsigned __int128 *)p, want, desired);
    return *expected == want;
}

#endif
