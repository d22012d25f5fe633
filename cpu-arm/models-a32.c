/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The -cpu models without AArch64: their ID registers and features. Manuals: the cores' technical reference manuals.
 * EL2 and EL3 are a board's to ask for.
 */
#include "models-a32.h"

#define V5 [ARMF_aarch32] = true, [ARMF_v5] = true, [ARMF_swp] = true, [ARMF_fp] = true /* VFPv2 */
#define V6 V5, [ARMF_v6] = true
#define V7 V6, [ARMF_v6k] = true, [ARMF_v7] = true, [ARMF_asimd] = true, [ARMF_tgran4] = true
#define V7MP V7, [ARMF_mp] = true /* Multiprocessing Extensions */
#define V7VE V7MP, [ARMF_fmac] = true, [ARMF_fphp] = true, [ARMF_v7ve] = true, [ARMF_idiv] = true, [ARMF_idiv_a32] = true, [ARMF_lpae] = true, \
    [ARMF_gtimer] = true, [ARMF_pmuv3] = true

const struct arm_config arm_model_cortex_a15 = {
    .a32_only = true,
    .has = { V7VE },
    .id = {
        [0] = { [0] = 0x414fc0f0, [6] = 0x414fc0f0 },
        [1] = { 0x00001131, 0x00011011, 0x02000505, 0x00000000, 0x10201105, 0x20000000, 0x01240000, 0x02102211 },
        [2] = { 0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142, 0, 0, 0 },
        [3] = { 0x10110222, 0x11111111, 0 },
        [7] = { 0x2 }, /* 40 bits of physical address */
    },
    .fpsid = 0x410430f0, .pmcr = 0x410f3000, .dbgdidr = 0x3515f021, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe00a, 0x711fe07a },
};

const struct arm_config arm_model_cortex_a7 = {
    .a32_only = true,
    .has = { V7VE },
    .id = {
        [0] = { [0] = 0x410fc075, [6] = 0x410fc075 },
        [1] = { 0x00001131, 0x00011011, 0x02000505, 0x00000000, 0x10101105, 0x40000000, 0x01240000, 0x02102211 },
        [2] = { 0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142, 0, 0, 0 },
        [3] = { 0x10110222, 0x11111111, 0 },
        [7] = { 0x2 },
    },
    .fpsid = 0x41023075, .pmcr = 0x41072000, .dbgdidr = 0x3515f005, .ctr = 0x84448003, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe00a, 0x711fe07a },
};

const struct arm_config arm_model_cortex_a8 = {
    .a32_only = true,
    .has = { V7 },
    .id = {
        [0] = { [0] = 0x410fc080, [6] = 0 },
        [1] = { 0x00001031, 0x00000011, 0x00000400, 0x00000000, 0x31100003, 0x20000000, 0x01202000, 0x00000011 },
        [2] = { 0x00101111, 0x12112111, 0x21232031, 0x11112131, 0x00111142, 0, 0, 0 },
        [3] = { 0x11110222, 0x00011111, 0 },
    },
    .fpsid = 0x410330c0, .dbgdidr = 0x15141000, .ctr = 0x82048004, .clidr = 0x0a000023,
    .ccsidr = { 0xe007e01a, 0x2007e01a, 0xf0000000 },
};

const struct arm_config arm_model_cortex_a9 = {
    .a32_only = true,
    .has = { V7MP, [ARMF_fphp] = true },
    .id = {
        [0] = { [0] = 0x410fc090, [6] = 0 },
        [1] = { 0x00001031, 0x00000011, 0x00000000, 0x00000000, 0x00100103, 0x20000000, 0x01230000, 0x00002111 },
        [2] = { 0x00101111, 0x13112111, 0x21232041, 0x11112131, 0x00111142, 0, 0, 0 },
        [3] = { 0x11110222, 0x01111111, 0 },
    },
    .fpsid = 0x41033090, .dbgdidr = 0x35141000, .ctr = 0x80038003, .clidr = 0x09000003,
    .ccsidr = { 0xe00fe019, 0x200fe019 },
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
/* What is modelled of Armv8's AArch32, as max has it at EL0 and EL1. */
const struct arm_config arm_model_max_a32 = {
    .a32_only = true,
    .has = { V7VE, [ARMF_swp] = false, [ARMF_v8] = true, [ARMF_fpv5] = true, [ARMF_crc32] = true, [ARMF_aes] = true, [ARMF_pmull] = true,
             [ARMF_sha1] = true, [ARMF_sha256] = true, [ARMF_rdm] = true, [ARMF_fcma] = true, [ARMF_jscvt] = true,
             [ARMF_dotprod] = true, [ARMF_fhm] = true, [ARMF_sb] = true, [ARMF_i8mm] = true, [ARMF_bf16] = true,
             [ARMF_fp16] = true, [ARMF_pan] = true },
    .id = {
        [0] = { [0] = 0x000f0510, [6] = 0 },
        [1] = { 0x00000131, 0x00011011, 0x03000066, 0x00000000, 0x10101105, 0x40000000, 0x01260000, 0x02122211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x11011121, 0, 0x01101111 },
        [3] = { 0x10110222, 0x13211111, 0x00000043 },
        [7] = { 0x2 },
    },
    .fpsid = 0x41034070, .pmcr = 0x41013000, .dbgdidr = 0x3516d000, .ctr = 0xb444c004, .clidr = 0x02000023,
    .ccsidr = { 0x700fe01a, 0x201fe012, 0x70ffe07a },
};
#pragma GCC diagnostic pop

const struct arm_config arm_model_arm926 = {
    .a32_only = true,
    .has = { V5 },
    .id = { [0] = { [0] = 0x41069265 } },
    .fpsid = 0x41011090, .ctr = 0x01dd20d2,
};

const struct arm_config arm_model_arm1136 = {
    .a32_only = true,
    .has = { V6, [ARMF_v6k] = true },
    .id = {
        [0] = { [0] = 0x4117b363 },
        [1] = { 0x00000111, 0x00000001, 0x00000002, 0x00000003, 0x01130003, 0x10030302, 0x01222110, 0 },
        [2] = { 0x00140011, 0x12002111, 0x11231111, 0x01102131, 0x00000141, 0, 0, 0 },
        [3] = { 0x11111111, 0, 0 },
    },
    .fpsid = 0x410120b4, .ctr = 0x01dd20d2,
};

const struct arm_config arm_model_arm1176 = {
    .a32_only = true,
    .has = { V6, [ARMF_v6k] = true },
    .id = {
        [0] = { [0] = 0x410fb767 },
        [1] = { 0x00000111, 0x00000011, 0x00000033, 0x00000000, 0x01130003, 0x10030302, 0x01222100, 0 },
        [2] = { 0x00140011, 0x12002111, 0x11231121, 0x01102131, 0x00001141, 0, 0, 0 },
        [3] = { 0x11111111, 0, 0 },
    },
    .fpsid = 0x410120b5, .ctr = 0x01dd20d2,
};
