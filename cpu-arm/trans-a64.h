/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the translations of A64's instructions share. A function a64_NAME() makes the IR of one row of a64.decode; it
 * returns false, with nothing built, if the instruction is undefined after all.
 */
#ifndef MYNAH_ARM_TRANS_A64_H
#define MYNAH_ARM_TRANS_A64_H

#include "cpu-arm/a64.h"
#include "trans.h"

/* a64_NAME() as one expression. */
#define A64(name, expr)                                                                                                \
    bool a64_##name(struct translator *t, const struct a64_args *a)                                                    \
    {                                                                                                                  \
        return expr;                                                                                                   \
    }

/* A constant of a general register's width. */
static inline ir_val const_r(struct translator *t, bool sf, int64_t v)
{
    return ir_const(t->u, x_type(sf), sf ? v : (int32_t)v);
}

/* -- trans-int.c -- */

/* An extended register operand, as opt says (UXTB to SXTX), shifted left. */
ir_val extended(struct translator *t, bool sf, unsigned rm, unsigned opt, unsigned shift);
/* The value of a logical immediate; false if it is reserved. */
bool logical_immediate(bool sf, unsigned n, unsigned immr, unsigned imms, uint64_t *value);

/* -- trans-mem.c -- */

/* A vector register's low 1 << size bytes from and to memory; loading clears the rest. disp is the access's. */
void load_v(struct translator *t, unsigned n, unsigned size, ir_val addr, int32_t disp);
void store_v(struct translator *t, unsigned n, unsigned size, ir_val addr, int32_t disp);

/* -- helpers-int.c -- */
extern const struct ir_helper arm_helper_crc32;  /* (crc, value, bytes): CRC of the value's low bytes */
extern const struct ir_helper arm_helper_crc32c; /* the same by Castagnoli's polynomial */

#endif
