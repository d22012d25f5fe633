/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a hart, with gdb's numbers. The heavier a register's weight, the sooner a back end
 * keeps it in a host register. Names: the calling convention's.
 */
#include "riscv.h"

#define X(n, name_, weight_)                                                                                           \
    [RVREG_X(n)] = {.name = name_, .type = IR_I64, .offset = offsetof(struct riscv_cpu, x[n]), .gdb = n,               \
                    .weight = weight_}
#define F(n, name_, weight_)                                                                                           \
    [RVREG_F(n)] = {.name = name_, .type = IR_F64, .offset = offsetof(struct riscv_cpu, f[n]), .gdb = 33 + n,          \
                    .weight = weight_}

const struct guest_reg riscv_regs[RVREG_COUNT] = {
    X(0, "zero", 0), X(1, "ra", 92), X(2, "sp", 100), X(3, "gp", 10), X(4, "tp", 60), X(5, "t0", 50),
    X(6, "t1", 70), X(7, "t2", 40), X(8, "s0", 94), X(9, "s1", 93), X(10, "a0", 99), X(11, "a1", 98),
    X(12, "a2", 97), X(13, "a3", 96), X(14, "a4", 95), X(15, "a5", 95), X(16, "a6", 91), X(17, "a7", 80),
    X(18, "s2", 85), X(19, "s3", 82), X(20, "s4", 78), X(21, "s5", 76), X(22, "s6", 74), X(23, "s7", 72),
    X(24, "s8", 66), X(25, "s9", 64), X(26, "s10", 62), X(27, "s11", 58), X(28, "t3", 68), X(29, "t4", 56),
    X(30, "t5", 54), X(31, "t6", 52),
    F(0, "ft0", 88), F(1, "ft1", 87), F(2, "ft2", 86), F(3, "ft3", 85), F(4, "ft4", 84), F(5, "ft5", 83),
    F(6, "ft6", 82), F(7, "ft7", 81), F(8, "fs0", 80), F(9, "fs1", 79), F(10, "fa0", 100), F(11, "fa1", 99),
    F(12, "fa2", 98), F(13, "fa3", 97), F(14, "fa4", 96), F(15, "fa5", 95), F(16, "fa6", 90), F(17, "fa7", 89),
    F(18, "fs2", 70), F(19, "fs3", 69), F(20, "fs4", 68), F(21, "fs5", 67), F(22, "fs6", 66), F(23, "fs7", 65),
    F(24, "fs8", 64), F(25, "fs9", 63), F(26, "fs10", 62), F(27, "fs11", 61), F(28, "ft8", 78), F(29, "ft9", 77),
    F(30, "ft10", 76), F(31, "ft11", 75),
};
