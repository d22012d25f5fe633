/* SPDX-License-Identifier: BSD-2-Clause */
/* From an A64 encoding to the function that translates it; the helpers of those functions. */
#include "pauth.h"
#include "trans-a64.h"

bool arm_decode_a64(struct translator *t)
{
    struct a64_args a;
    const struct a64_insn *insn = a64_decode(t->config->has, t->insn, &a);
    return insn ? insn->trans(t, &a) : arm_decode_system(t);
}

const struct ir_helper *const arm_trans_helpers[] = {
    &arm_helper_crc32, &arm_helper_crc32c, &arm_helper_simd2, &arm_helper_simd_qdmull,
    &arm_helper_simd_pmull, &arm_helper_sqrdmlah_h, &arm_helper_sqrdmlah_s, &arm_helper_sqrdmlsh_h,
    &arm_helper_sqrdmlsh_s, &arm_helper_sdot, &arm_helper_udot, &arm_helper_fp2, &arm_helper_fma, &arm_helper_fp_chain,
    &arm_helper_fp_convert, &arm_helper_fp_convert_odd, &arm_helper_fp_to_fixed, &arm_helper_fp_to_fixed_32,
    &arm_helper_fp_from_fixed, &arm_helper_fp_compare, &arm_helper_fp_javascript, &arm_helper_vfp2, &arm_helper_vfma_h,
    &arm_helper_vfma_standard_h, &arm_helper_vfma_standard_s, &arm_helper_vfp_reduce, &arm_helper_vh_to_s,
    &arm_helper_vs_to_h, &arm_helper_vestimate, &arm_helper_pac, &arm_helper_aut, &arm_helper_pacga, &arm_helper_xpac,
#define H(name) &arm_helper_##name,
    ARM_PRODUCT_HELPERS(H)
#undef H
#define H(name, nargs) &arm_helper_##name,
    ARM_CRYPTO_HELPERS(H)
#undef H
    NULL,
};
