/* SPDX-License-Identifier: BSD-2-Clause */
/* Which NaN an operation gives (IEEE 754, 6.2): canonical (RISC-V), or made of an operand (ARM, x86). Out of line. */
#include "core.h"

uint64_t fp_invalid(struct fp_format f, struct fp_env *e)
{
    fp_raise(e, FP_NV);
    return fp_default_nan(f, e);
}

/* ARM takes the first signalling NaN, else the first NaN (FPProcessNaNs); x86 the first NaN (SDM, table 4-7). */
static uint64_t pick(struct fp_format f, const uint64_t *v, unsigned n, struct fp_env *e)
{
    uint64_t first = 0, first_signalling = 0; /* no NaN is 0 */

    for (unsigned i = n; i-- > 0;) {
        if (fmt_is_nan(f, v[i]))
            first = v[i];
        if (fmt_is_snan(f, v[i]))
            first_signalling = v[i];
    }
    if (first_signalling)
        fp_raise(e, FP_NV);
    if (fp_no_payload(e))
        return fp_default_nan(f, e);
    if (e->cls == IR_FP_ARM && first_signalling)
        first = first_signalling;
    return first | fmt_quiet(f);
}

uint64_t fp_nan1(struct fp_format f, uint64_t a, struct fp_env *e)
{
    return pick(f, &a, 1, e);
}

uint64_t fp_nan2(struct fp_format f, uint64_t a, uint64_t b, struct fp_env *e)
{
    return pick(f, (uint64_t[]){ a, b }, 2, e);
}

uint64_t fp_nan3(struct fp_format f, uint64_t a, uint64_t b, uint64_t c, struct fp_env *e)
{
    return pick(f, (uint64_t[]){ a, b, c }, 3, e);
}
