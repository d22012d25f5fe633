/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a CPU, with gdb's numbers. The heavier a register's weight, the sooner a back end keeps it in a host
 * register: a CPU without AArch64 has weights by what A32 and T32 use, and flags of 32 bits only.
 */
#include "arm.h"

#define X(n, weight_)                                                                                                  \
    [ARMREG_X(n)] = { .name = "x" #n, .type = IR_I64, .offset = offsetof(struct arm_cpu, x[n]), .gdb = n,              \
                      .weight = weight_ }
#define V(n, weight_)                                                                                                  \
    [ARMREG_V(n)] = { .name = "v" #n, .type = IR_V128, .offset = offsetof(struct arm_cpu, v[n]), .gdb = 34 + n,        \
                      .weight = weight_ }
#define FLAGS(reg, member, type_)                                                                                      \
    [ARMREG_FLAGS_##reg] = { .name = "flags_" #member, .type = type_, .offset = offsetof(struct arm_cpu, flags.member), \
                             .gdb = -1, .weight = 1, .low = true }
#define SP(weight_)                                                                                                    \
    [ARMREG_SP] = { .name = "sp", .type = IR_I64, .offset = offsetof(struct arm_cpu, sp), .gdb = 31, .weight = weight_ }
#define NZCV(weight_)                                                                                                  \
    [ARMREG_NZCV] = { .name = "nzcv", .type = IR_I32, .offset = offsetof(struct arm_cpu, nzcv), .gdb = -1,             \
                      .weight = weight_ }

const struct guest_reg arm_regs[ARMREG_COUNT] = {
    X(0, 100), X(1, 99), X(2, 98), X(3, 97), X(4, 92), X(5, 90), X(6, 84), X(7, 82), X(8, 88), X(9, 76), X(10, 74),
    X(11, 70), X(12, 66), X(13, 64), X(14, 60), X(15, 56), X(16, 54), X(17, 52), X(18, 10), X(19, 96), X(20, 95),
    X(21, 93), X(22, 86), X(23, 80), X(24, 72), X(25, 68), X(26, 62), X(27, 58), X(28, 50), X(29, 89), X(30, 91),
    SP(94), NZCV(48),
    V(0, 100), V(1, 99), V(2, 98), V(3, 97), V(4, 96), V(5, 95), V(6, 94), V(7, 93), V(8, 80), V(9, 79), V(10, 78),
    V(11, 77), V(12, 76), V(13, 75), V(14, 74), V(15, 73), V(16, 92), V(17, 91), V(18, 90), V(19, 89), V(20, 88),
    V(21, 87), V(22, 86), V(23, 85), V(24, 84), V(25, 83), V(26, 82), V(27, 81), V(28, 72), V(29, 71), V(30, 70),
    V(31, 69),
    FLAGS(A, a, IR_I64), FLAGS(B, b, IR_I64), FLAGS(IN, in, IR_I64), FLAGS(NZ, nz, IR_I64), FLAGS(C, c, IR_I64),
    FLAGS(KIND, kind, IR_I64),
};

const struct guest_reg arm_a32_regs[ARMREG_COUNT] = {
    X(0, 100), X(1, 99), X(2, 98), X(3, 97), X(4, 95), X(5, 93), X(6, 91), X(7, 90), X(8, 86), X(9, 84), X(10, 82),
    X(11, 80), X(12, 88), X(13, 96), X(14, 94), X(15, 1), X(16, 1), X(17, 1), X(18, 1), X(19, 1), X(20, 1), X(21, 1),
    X(22, 1), X(23, 1), X(24, 1), X(25, 1), X(26, 1), X(27, 1), X(28, 1), X(29, 1), X(30, 1), SP(1), NZCV(48),
    V(0, 100), V(1, 99), V(2, 98), V(3, 97), V(4, 96), V(5, 95), V(6, 94), V(7, 93), V(8, 92), V(9, 91), V(10, 90),
    V(11, 89), V(12, 88), V(13, 87), V(14, 86), V(15, 85), V(16, 1), V(17, 1), V(18, 1), V(19, 1), V(20, 1), V(21, 1),
    V(22, 1), V(23, 1), V(24, 1), V(25, 1), V(26, 1), V(27, 1), V(28, 1), V(29, 1), V(30, 1), V(31, 1),
    FLAGS(A, a, IR_I32), FLAGS(B, b, IR_I32), FLAGS(IN, in, IR_I32), FLAGS(NZ, nz, IR_I32), FLAGS(C, c, IR_I32),
    FLAGS(KIND, kind, IR_I32),
};
