//: rv64 -cpu max noqemu
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device may compute in floating point: by the host's own rounding, and without a trace in the guest's flags. The rig's
 * register at 0x100018 reads as the host's 1/3; what is written to it is divided by 3 too, and forgotten.
 */
#include "macros.h"
#define THIRD 0x3fd5555555555555
    START
    li s2, FINISHER
    .irp rm, 0, 1, 2, 3, 4
    fsrmi \rm
    fsflags zero
    ld a0, 0x18(s2)
    CHECK_EQ(a0, THIRD)
    frflags a0
    CHECK_EQ(a0, 0)
    li a1, 5
    sd a1, 0x18(s2)
    frflags a0
    CHECK_EQ(a0, 0)
    frrm a0
    CHECK_EQ(a0, \rm)
    .endr
    /* what the guest computes is still rounded as it says, before and after */
    li a0, 1
    fcvt.d.l ft0, a0
    li a0, 3
    fcvt.d.l ft1, a0
    fsrmi 3
    fsflags zero
    ld a0, 0x18(s2)
    fdiv.d ft2, ft0, ft1
    sd a0, 0x18(s2)
    ld a1, 0x18(s2)
    fdiv.d ft3, ft0, ft1
    CHECK_EQ(a0, THIRD)
    CHECK_EQ(a1, THIRD)
    fmv.x.d a0, ft2
    CHECK_EQ(a0, THIRD + 1)
    fmv.x.d a0, ft3
    CHECK_EQ(a0, THIRD + 1)
    frflags a0
    CHECK_EQ(a0, 1)
    PASS
