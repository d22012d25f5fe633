/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The -cpu models: their ID registers, and the features that follow from these. Manuals: the cores' technical reference
 * manuals; DDI 0487, chapter D19, "AArch64 System Register Descriptions".
 */
#include <inttypes.h>
#include <string.h>

#include "models-a32.h"
#include "opts.h"

/* -- Features and where ID registers show them -- */

/* ID_AA64*: CRm and op2. */
#define PFR0 4, 0
#define PFR1 4, 1
#define DFR0 5, 0
#define ISAR0 6, 0
#define ISAR1 6, 1
#define ISAR5 2, 5 /* AArch32's */
#define ISAR6 2, 7
#define MVFR1 3, 1
#define MVFR2 3, 2
#define MMFR0 7, 0
#define MMFR1 7, 1
#define MMFR2 7, 2

/* A feature is there if its field, 4 bits, is at least that; if none is set, if it is not 15. */
static const struct feature {
    const char *name;
    enum arm_feature id;
    uint8_t crm, op2, shift;
    uint8_t least;
    const char *desc; /* NULL: not for -cpu */
} features[] = {
    { "aarch32", ARMF_aarch32, PFR0, 0, 2, NULL },
    { "vfp", ARMF_fp, PFR0, 16, 0, "floating point" },
    { "neon", ARMF_asimd, PFR0, 20, 0, "Advanced SIMD" },
    { "fp16", ARMF_fp16, PFR0, 16, 1, NULL },
    { "has_el2", ARMF_el2, PFR0, 8, 1, "EL2" },
    { "has_el3", ARMF_el3, PFR0, 12, 1, "EL3" },
    { "gicv3", ARMF_gicv3, PFR0, 24, 1, NULL },
    { "ras", ARMF_ras, PFR0, 28, 1, NULL },
    { "csv3", ARMF_csv3, PFR0, 60, 1, NULL },
    { "dit", ARMF_dit, PFR0, 48, 1, NULL },
    { "bti", ARMF_bti, PFR1, 0, 1, NULL },
    { "ssbs", ARMF_ssbs, PFR1, 4, 1, NULL },
    { "pmu", ARMF_pmuv3, DFR0, 8, 1, "performance monitors" },
    { "aes", ARMF_aes, ISAR0, 4, 1, NULL },
    { "pmull", ARMF_pmull, ISAR0, 4, 2, NULL },
    { "sha1", ARMF_sha1, ISAR0, 8, 1, NULL },
    { "sha256", ARMF_sha256, ISAR0, 12, 1, NULL },
    { "sha512", ARMF_sha512, ISAR0, 12, 2, NULL },
    { "crc32", ARMF_crc32, ISAR0, 16, 1, NULL },
    { "lse", ARMF_lse, ISAR0, 20, 2, NULL },
    { "rdm", ARMF_rdm, ISAR0, 28, 1, NULL },
    { "sha3", ARMF_sha3, ISAR0, 32, 1, NULL },
    { "sm3", ARMF_sm3, ISAR0, 36, 1, NULL },
    { "sm4", ARMF_sm4, ISAR0, 40, 1, NULL },
    { "dotprod", ARMF_dotprod, ISAR0, 44, 1, NULL },
    { "fhm", ARMF_fhm, ISAR0, 48, 1, NULL },
    { "flagm", ARMF_flagm, ISAR0, 52, 1, NULL },
    { "flagm2", ARMF_flagm2, ISAR0, 52, 2, NULL },
    { "rng", ARMF_rng, ISAR0, 60, 1, NULL },
    { "dpb", ARMF_dpb, ISAR1, 0, 1, NULL },
    { "dpb2", ARMF_dpb2, ISAR1, 0, 2, NULL },
    { "jscvt", ARMF_jscvt, ISAR1, 12, 1, NULL },
    { "fcma", ARMF_fcma, ISAR1, 16, 1, NULL },
    { "lrcpc", ARMF_lrcpc, ISAR1, 20, 1, NULL },
    { "lrcpc2", ARMF_lrcpc2, ISAR1, 20, 2, NULL },
    { "frintts", ARMF_frintts, ISAR1, 32, 1, NULL },
    { "sb", ARMF_sb, ISAR1, 36, 1, NULL },
    { "bf16", ARMF_bf16, ISAR1, 44, 1, NULL },
    { "i8mm", ARMF_i8mm, ISAR1, 52, 1, NULL },
    { "asid16", ARMF_asid16, MMFR0, 4, 2, NULL },
    { "tgran16", ARMF_tgran16, MMFR0, 20, 1, NULL },
    { "tgran64", ARMF_tgran64, MMFR0, 24, 0, NULL },
    { "tgran4", ARMF_tgran4, MMFR0, 28, 0, NULL },
    { "hafdbs_a", ARMF_hafdbs_a, MMFR1, 0, 1, NULL },
    { "hafdbs_d", ARMF_hafdbs_d, MMFR1, 0, 2, NULL },
    { "vmid16", ARMF_vmid16, MMFR1, 4, 2, NULL },
    { "vhe", ARMF_vhe, MMFR1, 8, 1, NULL },
    { "hpds", ARMF_hpds, MMFR1, 12, 1, NULL },
    { "lor", ARMF_lor, MMFR1, 16, 1, NULL },
    { "pan", ARMF_pan, MMFR1, 20, 1, NULL },
    { "pan2", ARMF_pan2, MMFR1, 20, 2, NULL },
    { "xnx", ARMF_xnx, MMFR1, 28, 1, NULL },
    { "cnp", ARMF_cnp, MMFR2, 0, 1, NULL },
    { "uao", ARMF_uao, MMFR2, 4, 1, NULL },
    { "lse2", ARMF_lse2, MMFR2, 32, 1, NULL },
    { "e0pd", ARMF_e0pd, MMFR2, 60, 1, NULL },
};

static bool shown(const struct arm_config *c, const struct feature *f)
{
    unsigned field = bits(c->id[f->crm][f->op2], f->shift, 4);
    return f->least ? field >= f->least && !(f->id == ARMF_fp16 && field == 15) : field != 15;
}

/* -- Without Advanced SIMD, without floating point: what else there is not -- */

static void clear_field(struct arm_config *c, unsigned crm, unsigned op2, unsigned shift)
{
    c->id[crm][op2] = with_bits(c->id[crm][op2], shift, 4, 0);
}

static void without_simd(struct arm_config *c)
{
    static const struct {
        uint8_t crm, op2, shift;
    } fields[] = {
        { ISAR0, 4 }, { ISAR0, 8 }, { ISAR0, 12 }, { ISAR0, 28 }, { ISAR0, 32 }, { ISAR0, 36 }, { ISAR0, 40 },
        { ISAR0, 44 }, { ISAR0, 48 }, { ISAR1, 12 }, { ISAR1, 16 }, { ISAR1, 32 }, { ISAR1, 44 }, { ISAR1, 52 },
        { ISAR5, 4 }, { ISAR5, 8 }, { ISAR5, 12 }, { ISAR5, 24 }, { ISAR5, 28 }, { ISAR6, 0 }, { ISAR6, 4 },
        { ISAR6, 8 }, { ISAR6, 20 }, { ISAR6, 24 }, { MVFR1, 8 }, { MVFR1, 12 }, { MVFR1, 16 }, { MVFR1, 20 }, { MVFR2, 0 },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
        clear_field(c, fields[i].crm, fields[i].op2, fields[i].shift);
    if (!c->has[ARMF_fp]) {
        c->id[3][0] = c->id[3][1] = c->id[3][2] = 0;
        c->has[ARMF_fmac] = c->has[ARMF_fphp] = c->has[ARMF_fpv5] = false;
    }
}

/* -- Pointer authentication: a field by algorithm, of addresses and of PACGA -- */

static const struct pauth_field {
    uint8_t op2, address, generic; /* of ID_AA64ISARn: the fields' lowest bits */
} pauth_fields[] = {
    [ARM_PAUTH_OWN] = { 1, 8, 28 }, [ARM_PAUTH_QARMA5] = { 1, 4, 24 }, [ARM_PAUTH_QARMA3] = { 2, 12, 8 },
};

static void read_pauth(struct arm_config *c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pauth_fields); i++) {
        unsigned level = bits(c->id[6][pauth_fields[i].op2], pauth_fields[i].address, 4);
        if (level) {
            c->pauth = i;
            c->pauth_level = level;
        }
    }
    c->has[ARMF_pauth] = c->pauth_level;
}

/* Show an algorithm instead of the present one; a level of 0: none. */
static void show_pauth(struct arm_config *c, unsigned algorithm, unsigned level)
{
    for (unsigned i = 0; i < ARRAY_SIZE(pauth_fields); i++) {
        const struct pauth_field *f = &pauth_fields[i];
        uint64_t *id = &c->id[6][f->op2];
        *id = with_bits(*id, f->address, 4, i == algorithm ? level : 0);
        *id = with_bits(*id, f->generic, 4, i == algorithm && level ? 1 : 0);
    }
}

/* Options of models that have it. False: it is none of these. */
static const struct pauth_option {
    const char *name, *desc;
    int algorithm; /* -1: all of it */
} pauth_options[] = {
    { "pauth", "pointer authentication", -1 },
    { "pauth-impdef", "pointer authentication by an algorithm of our own", ARM_PAUTH_OWN },
    { "pauth-qarma3", "pointer authentication by QARMA3", ARM_PAUTH_QARMA3 },
    { "pauth-qarma5", "pointer authentication by QARMA5", ARM_PAUTH_QARMA5 },
};

static void features_of_ids(struct arm_config *c)
{
    static const enum arm_feature a32[] = { ARMF_fmac, ARMF_fphp, ARMF_v5, ARMF_v6, ARMF_v6k, ARMF_v7, ARMF_mp,
                                            ARMF_v7ve, ARMF_v8, ARMF_sec, ARMF_fpv5, ARMF_idiv, ARMF_idiv_a32, ARMF_lpae };
    c->has[ARMF_a_profile] = true;
    if (c->a32_only && !c->has[ARMF_asimd])
        without_simd(c);
    if (c->a32_only) { /* ID_PFR1's security and virtualization */
        c->has[ARMF_sec] = bits(c->id[1][1], 4, 4);
        c->id[1][1] &= ~((c->has[ARMF_el3] ? 0 : UINT64_C(0xf0)) | (c->has[ARMF_el2] ? 0 : UINT64_C(0xf000)));
        c->has[ARMF_dsp] = c->has[ARMF_v7];
        c->has[ARMF_fpshvec] = c->has[ARMF_fp] && (bits(c->id[3][0], 24, 4) || !c->has[ARMF_v6]); /* MVFR0.FPShVec */
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        c->has[features[i].id] = shown(c, &features[i]);
    if (!c->has[ARMF_el3]) { /* AArch32's: security in ID_PFR1 and ID_DFR0 */
        clear_field(c, 1, 1, 4);
        clear_field(c, 1, 2, 4);
    }
    if (!c->has[ARMF_el2]) /* virtualization */
        clear_field(c, 1, 1, 12);
    read_pauth(c);
    c->has[ARMF_aarch64] = c->has[ARMF_gtimer] = true;
    for (unsigned i = 0; i < ARRAY_SIZE(a32); i++)
        c->has[a32[i]] = c->has[ARMF_aarch32];
    c->has[ARMF_dsp] = c->has[ARMF_aarch32];
    if (!c->has[ARMF_asimd]) {
        without_simd(c);
        for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
            c->has[features[i].id] = shown(c, &features[i]);
    }
}

/* -- Models -- */

/* ID registers by CRm and op2, the rest of arm_config. */
static const struct arm_config cortex_a57 = {
    .id = {
        [0] = { [0] = 0x411fd070, [6] = 0 },
        [1] = { 0x00000131, 0x00011011, 0x03000066, 0x00000000, 0x10101105, 0x40000000, 0x01260000, 0x02102211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121, 0, 0 },
        [3] = { 0x10110222, 0x12111111, 0x00000043 },
        [4] = { 0x00002222 },
        [5] = { 0x10305106 },
        [6] = { 0x00011120 },
        [7] = { 0x00001124 },
    },
    .pmcr = 0x41013000, .dbgdidr = 0x3516d000, .ctr = 0x8444c004, .dczid = 4, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x201fe012, 0x70ffe07a },
};

static const struct arm_config cortex_a53 = {
    .id = {
        [0] = { [0] = 0x410fd034, [6] = 0x100 },
        [1] = { 0x00000131, 0x00011011, 0x03000066, 0x00000000, 0x10101105, 0x40000000, 0x01260000, 0x02102211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121, 0, 0 },
        [3] = { 0x10110222, 0x12111111, 0x00000043 },
        [4] = { 0x00002222 },
        [5] = { 0x10305106 },
        [6] = { 0x00011120 },
        [7] = { 0x00001122 },
    },
    .pmcr = 0x41033000, .dbgdidr = 0x3516d000, .ctr = 0x84448004, .dczid = 4, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x203fe002, 0x707fe07a },
};

static const struct arm_config cortex_a72 = {
    .id = {
        [0] = { [0] = 0x410fd083, [6] = 0 },
        [1] = { 0x00000131, 0x00011011, 0x03000066, 0x00000000, 0x10201105, 0x40000000, 0x01260000, 0x02102211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121, 0, 0 },
        [3] = { 0x10110222, 0x12111111, 0x00000043 },
        [4] = { 0x00002222 },
        [5] = { 0x10305106 },
        [6] = { 0x00011120 },
        [7] = { 0x00001124 },
    },
    .pmcr = 0x41023000, .dbgdidr = 0x3516d000, .ctr = 0x8444c004, .dczid = 4, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x201fe012, 0x707fe07a },
};

static const struct arm_config cortex_a35 = {
    .id = {
        [0] = { [0] = 0x411fd040 },
        [1] = { 0x00000131, 0x00011011, 0x03000066, 0x00000000, 0x10201105, 0x40000000, 0x01260000, 0x02102211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121, 0, 0 },
        [3] = { 0x10110222, 0x12111111, 0x00000043 },
        [4] = { 0x00002222 },
        [5] = { 0x10305106 },
        [6] = { 0x00011120 },
        [7] = { 0x00101122 },
    },
    .pmcr = 0x410a3000, .dbgdidr = 0x3516d000, .ctr = 0x84448004, .dczid = 4, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x200fe01a, 0x703fe07a },
};

static const struct arm_config cortex_a55 = {
    .id = {
        [0] = { [0] = 0x412fd050 },
        [1] = { 0x10010131, 0x00011011, 0x04000088, 0x00000000, 0x10201105, 0x40000000, 0x01260000, 0x02122211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x01011121, 0x00021110, 0x00000010 },
        [3] = { 0x10110222, 0x13211111, 0x00000043, 0, 0x00000011 },
        [4] = { 0x10112222, 0x00000010 },
        [5] = { 0x10305408 },
        [6] = { 0x0000100010211120, 0x0000000000100001 },
        [7] = { 0x00101122, 0x10212122, 0x00001011 },
    },
    .pmcr = 0x410b3000, .dbgdidr = 0x3516d000, .ctr = 0x84448004, .sctlr = 0x30c50838, .dczid = 4, .clidr = 0x82000023,
    .ccsidr = { 0x700fe01a, 0x200fe01a, 0x703fe07a },
};

/* AArch32 at EL0 only. */
#define A76_IDS(midr_, pfr1_, mmfr0_)                                                                                  \
    [0] = { [0] = midr_ },                                                                                             \
    [1] = { 0x10010131, 0x00010000, 0x04000088, 0x00000000, 0x10201105, 0x40000000, 0x01260000, 0x02122211 },          \
    [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00010142, 0x01011121, 0x00021110, 0x00000010 },          \
    [3] = { 0x10110222, 0x13211111, 0x00000043, 0, 0x00000011 },                                                       \
    [4] = { 0x1100000010111112, pfr1_ },                                                                               \
    [5] = { 0x10305408 },                                                                                              \
    [6] = { 0x0000100010211120, 0x0000000000100001 },                                                                  \
    [7] = { mmfr0_, 0x10212122, 0x00001011 }

static const struct arm_config cortex_a76 = {
    .id = { A76_IDS(0x414fd0b1, 0x10, 0x00101122) },
    .pmcr = 0x410b3000, .dbgdidr = 0x3516d000, .ctr = 0x8444c004, .sctlr = 0x30c50838, .dczid = 4, .clidr = 0x82000023,
    .ccsidr = { 0x701fe01a, 0x201fe01a, 0x707fe03a },
};

static const struct arm_config neoverse_n1 = {
    .id = { A76_IDS(0x414fd0c1, 0x20, 0x00101125) },
    .pmcr = 0x410c3000, .dbgdidr = 0x3516d000, .ctr = 0x8444c004, .sctlr = 0x30c50838, .dczid = 4, .clidr = 0x82000023,
    .ccsidr = { 0x701fe01a, 0x201fe01a, 0x70ffe03a },
};

/* What is modelled of Armv8.5, in a CPU of nobody's. */
static const struct arm_config max = {
    .id = {
        [0] = { [0] = 0x000f0510, [6] = 0 },
        [1] = { 0x00000131, 0x00011011, 0x03000066, 0x00000000, 0x10101105, 0x40000000, 0x01260000, 0x02122211 },
        [2] = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x11011121, 0, 0x01101111 },
        [3] = { 0x10110222, 0x13211111, 0x00000043 },
        [4] = { 0x1101000000112222, 0x0000000000000021 },
        [5] = { 0x10305106 },
        [6] = { 0x1021111110212120, 0x0010101110211502 },
        [7] = { 0x0000000000101125, 0x0000000010201122, 0x1000000000000011 },
    },
    .pmcr = 0x41013000, .dbgdidr = 0x3516d000, .ctr = 0xb444c004, .dczid = 4, .clidr = 0x02000023,
    .ccsidr = { 0x700fe01a, 0x201fe012, 0x70ffe07a },
};

const struct cpu_model arm_models[] = {
    { "cortex-a35", "Arm Cortex-A35", &cortex_a35 },
    { "cortex-a53", "Arm Cortex-A53", &cortex_a53 },
    { "cortex-a55", "Arm Cortex-A55", &cortex_a55 },
    { "cortex-a57", "Arm Cortex-A57", &cortex_a57 },
    { "cortex-a72", "Arm Cortex-A72", &cortex_a72 },
    { "cortex-a76", "Arm Cortex-A76", &cortex_a76 },
    { "neoverse-n1", "Arm Neoverse-N1", &neoverse_n1 },
    { "cortex-a15", "Arm Cortex-A15, 32-bit", &arm_model_cortex_a15 },
    { "cortex-a7", "Arm Cortex-A7, 32-bit", &arm_model_cortex_a7 },
    { "cortex-a8", "Arm Cortex-A8, 32-bit", &arm_model_cortex_a8 },
    { "cortex-a9", "Arm Cortex-A9, 32-bit", &arm_model_cortex_a9 },
    { "arm926", "ARM926EJ-S, 32-bit", &arm_model_arm926 },
    { "arm1136", "ARM1136JF-S, 32-bit", &arm_model_arm1136 },
    { "arm1176", "ARM1176JZF-S, 32-bit", &arm_model_arm1176 },
    { "max", "all that is modelled", &max },
    { NULL, NULL, NULL },
};

/* Levels and others that a machine may lack: the field becomes what says so. */
static void set_feature(struct arm_config *c, const struct feature *f, bool on)
{
    uint64_t *id = &c->id[f->crm][f->op2];
    uint64_t field = bits(*id, f->shift, 4);
    *id = with_bits(*id, f->shift, 4, on ? MAX(f->least, field) : f->least ? f->least - 1u : 15u);
}

struct reading {
    struct arm_config *c;
    struct opts *o;
    const char *model;
    GError **err;
    unsigned pauth_level;      /* the model's */
    bool pauth_off;
    const char *pauth_named;   /* the option that chose an algorithm */
};

static bool read_pauth_option(struct reading *rd, const struct pauth_option *p, const char *value)
{
    bool on;
    opts_take(rd->o, p->name);
    if (!parse_bool(value, &on)) {
        fail(rd->err, "-cpu %s: %s=%s: expected on or off", rd->model, p->name, value);
        return false;
    }
    if (p->algorithm < 0) {
        rd->pauth_off = !on;
    } else if (on && rd->pauth_named) {
        fail(rd->err, "-cpu %s: %s=on and %s=on: expected one of them", rd->model, rd->pauth_named, p->name);
        return false;
    } else if (on) {
        rd->pauth_named = p->name;
        show_pauth(rd->c, p->algorithm, rd->pauth_level);
    }
    return true;
}

static bool finish_pauth(const struct reading *rd)
{
    if (!rd->pauth_off)
        return true;
    if (rd->pauth_named) {
        fail(rd->err, "-cpu %s: %s=on needs pauth=on", rd->model, rd->pauth_named);
        return false;
    }
    show_pauth(rd->c, 0, 0);
    return true;
}

static bool read_option(const char *key, const char *value, void *opaque)
{
    struct reading *rd = opaque;
    const char *names[ARRAY_SIZE(features) + ARRAY_SIZE(pauth_options) + 1];
    unsigned n = 0;
    if (!strcmp(key, "model") || (!strcmp(key, "aarch64") && !strcmp(rd->model, "max"))) /* see config_of() */
        return true;
    for (unsigned i = 0; rd->pauth_level && i < ARRAY_SIZE(pauth_options); i++) {
        names[n++] = pauth_options[i].name;
        if (!strcmp(pauth_options[i].name, key))
            return read_pauth_option(rd, &pauth_options[i], value);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        bool on;
        if (!features[i].desc)
            continue;
        names[n++] = features[i].name;
        if (strcmp(features[i].name, key))
            continue;
        opts_take(rd->o, key);
        if (!parse_bool(value, &on)) {
            fail(rd->err, "-cpu %s: %s=%s: expected on or off", rd->model, key, value);
            return false;
        }
        bool simd = features[i].id == ARMF_fp || features[i].id == ARMF_asimd;
        if (rd->c->a32_only && simd && !on) {
            rd->c->has[features[i].id] = false;
            return true;
        }
        bool may_be = (features[i].id == ARMF_el2 && rd->c->has[ARMF_v7ve]) ||
                      (features[i].id == ARMF_el3 && bits(rd->c->id[1][1], 4, 4)); /* ID_PFR1.Security */
        if (rd->c->a32_only && may_be) {
            rd->c->has[features[i].id] = on;
            return true;
        }
        if (rd->c->a32_only && on != rd->c->has[features[i].id]) {
            fail(rd->err, "-cpu %s: %s=%s: this CPU can't be so", rd->model, key, value);
            return false;
        }
        set_feature(rd->c, &features[i], on);
        return true;
    }
    names[n] = NULL;
    const char *near = nearest_name(key, names);
    fail(rd->err, "-cpu %s: no feature '%s'%s%s%s", rd->model, key, near ? "; did you mean '" : "", near ? near : "",
         near ? "'?" : "");
    return false;
}

/* Equal feature sets get equal numbers: translations depend on them. */
static bool number_set(struct arm_config *c, const char *model, GError **err)
{
    static struct arm_config seen[64];
    static unsigned count;
    unsigned i = 0;
    while (i < count && (memcmp(seen[i].has, c->has, sizeof(c->has)) || seen[i].dczid != c->dczid))
        i++;
    if (i == ARRAY_SIZE(seen)) {
        fail(err, "-cpu %s: more than %zu different feature sets", model, ARRAY_SIZE(seen));
        return false;
    }
    if (i == count)
        seen[count++] = *c;
    c->number = i;
    return true;
}

static const struct cpu_model *find_model(const char *name, GError **err)
{
    const char *names[ARRAY_SIZE(arm_models)];
    unsigned n = 0;
    for (const struct cpu_model *m = arm_models; m->name; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
        names[n++] = m->name;
    }
    names[n] = NULL;
    const char *near = nearest_name(name, names);
    fail(err, "-cpu %s: no such ARM model%s%s%s", name, near ? "; did you mean '" : " (-cpu help lists them)",
         near ? near : "", near ? "'?" : "");
    return NULL;
}

/* AArch64 has both Advanced SIMD and floating point, or neither; AArch32 may lack the first alone. */
static bool simd_consistent(struct arm_config *c, const char *model, GError **err)
{
    bool fp = c->a32_only ? c->has[ARMF_fp] : bits(c->id[4][0], 16, 4) != 15;
    bool simd = c->a32_only ? c->has[ARMF_asimd] : bits(c->id[4][0], 20, 4) != 15;
    if (c->a32_only && !fp)
        c->has[ARMF_asimd] = false;
    if (c->a32_only || fp == simd)
        return true;
    fail(err, "-cpu %s: an AArch64 CPU has both vfp and neon, or neither", model);
    return false;
}

/* What a model is: max without AArch64 is another. NULL with a message. */
static const struct arm_config *config_of(const struct cpu_model *m, struct opts *model, GError **err)
{
    bool aarch64 = true;
    if (m->data != &max)
        return m->data;
    if (!opts_take_bool(model, "aarch64", &aarch64, err)) {
        g_prefix_error(err, "-cpu %s: ", m->name);
        return NULL;
    }
    return aarch64 ? m->data : &arm_model_max_a32;
}

static bool apply(struct arm_config *c, struct opts *model, GError **err)
{
    GError *local = NULL;
    const char *name = opts_take(model, "model");
    if (!name) {
        fail(err, "-cpu: a model name is missing");
        return false;
    }
    const struct cpu_model *found = find_model(name, err);
    if (!found)
        return false;
    const struct arm_config *config = config_of(found, model, err);
    if (!config)
        return false;
    *c = *config;
    c->cntfrq = ARM_CNTFRQ;
    read_pauth(c);
    struct reading rd = { .c = c, .o = model, .model = name, .err = &local, .pauth_level = c->pauth_level };
    c->pauth_level = 0;
    opts_foreach(model, read_option, &rd);
    if (!local)
        finish_pauth(&rd);
    if (local) {
        g_propagate_error(err, local);
        return false;
    }
    if (!simd_consistent(c, name, err))
        return false;
    features_of_ids(c);
    return number_set(c, name, err);
}

bool arm_model_is_a32(const char *text)
{
    struct opts *o = opts_parse(text, "model", NULL);
    const char *name = o ? opts_peek(o, "model") : NULL;
    const struct cpu_model *m = name ? find_model(name, NULL) : NULL;
    const struct arm_config *c = m ? config_of(m, o, NULL) : NULL;

    if (o)
        opts_free(o);
    return c && c->a32_only;
}

bool arm_model_apply(struct arm_cpu *a, struct opts *model, GError **err)
{
    return apply(&a->config, model, err);
}

bool arm_describe_model(struct opts *model, const char *system, GString *out, GError **err)
{
    const char *name = opts_peek(model, "model");
    struct arm_config c;
    if (!g_strcmp0(name, "max") && !g_strcmp0(system, "arm"))
        opts_set(model, "aarch64", "off");
    if (!apply(&c, model, err))
        return false;
    g_string_append_printf(out, "%s options:\n", name);
    if (!g_strcmp0(name, "max"))
        g_string_append_printf(out, "  %-22s - AArch64; off: 32-bit (default: %s)\n", "aarch64=<bool>",
                               c.a32_only ? "off" : "on");
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        if (!features[i].desc)
            continue;
        g_autofree char *left = g_strdup_printf("%s=<bool>", features[i].name);
        g_string_append_printf(out, "  %-22s - %s (default: %s)\n", left, features[i].desc,
                               c.has[features[i].id] ? "on" : "off");
    }
    for (unsigned i = 0; c.pauth_level && i < ARRAY_SIZE(pauth_options); i++) {
        g_autofree char *left = g_strdup_printf("%s=<bool>", pauth_options[i].name);
        bool on = pauth_options[i].algorithm < 0 || pauth_options[i].algorithm == c.pauth;
        g_string_append_printf(out, "  %-22s - %s (default: %s)\n", left, pauth_options[i].desc, on ? "on" : "off");
    }
    return true;
}
