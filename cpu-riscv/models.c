/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The -cpu models and their features: names, defaults, what depends on what, and the ISA string.
 * Manual: volume I, "ISA Extension Naming Conventions", and each extension's chapter.
 */
#include "opts.h"
#include "riscv.h"

/* In the order of the ISA string, which is QEMU's; features without a place in it are at the end. */
static const struct feature {
    const char *name;
    enum riscv_feature id;
    /* In the ISA string; of models whose privileged architecture is 1.12 or later, since it has a letter as well. */
    enum { NOT_IN_ISA, IN_ISA, IN_ISA_12 } in_isa;
    const char *desc;
} features[] = {
    {"i", RVF_i, IN_ISA, "base integer instructions"},
    {"e", RVF_e, IN_ISA, "base integer instructions, 16 registers"},
    {"m", RVF_m, IN_ISA, "multiplication and division"},
    {"a", RVF_a, IN_ISA, "atomic instructions"},
    {"f", RVF_f, IN_ISA, "single-precision floating point"},
    {"d", RVF_d, IN_ISA, "double-precision floating point"},
    {"c", RVF_c, IN_ISA, "compressed instructions"},
    {"b", RVF_b, IN_ISA, "bit manipulation: zba, zbb, zbs"},
    {"zic64b", RVF_zic64b, IN_ISA, "cache blocks of 64 bytes"},
    {"zicbom", RVF_zicbom, IN_ISA, "cache-block management"},
    {"zicbop", RVF_zicbop, IN_ISA, "cache-block prefetch"},
    {"zicboz", RVF_zicboz, IN_ISA, "cache-block zero"},
    {"ziccamoa", RVF_ziccamoa, IN_ISA, "main memory has all atomic operations"},
    {"ziccif", RVF_ziccif, IN_ISA, "main memory has atomic instruction fetch"},
    {"zicclsm", RVF_zicclsm, IN_ISA, "main memory has misaligned loads and stores"},
    {"ziccrse", RVF_ziccrse, IN_ISA, "main memory has load-reserved sequences that end"},
    {"zicfilp", RVF_zicfilp, IN_ISA, "landing pads"},
    {"zicfiss", RVF_zicfiss, IN_ISA, "shadow stacks"},
    {"zicond", RVF_zicond, IN_ISA, "conditional zero"},
    {"zicntr", RVF_zicntr, IN_ISA, "cycle, time, instret"},
    {"zicsr", RVF_zicsr, IN_ISA, "CSR instructions"},
    {"zifencei", RVF_zifencei, IN_ISA, "fence.i"},
    {"zihintntl", RVF_zihintntl, IN_ISA, "non-temporal hints"},
    {"zihintpause", RVF_zihintpause, IN_ISA, "pause"},
    {"zihpm", RVF_zihpm, IN_ISA, "hardware performance counters"},
    {"zimop", RVF_zimop, IN_ISA, "may-be operations"},
    {"zmmul", RVF_zmmul, IN_ISA_12, "multiplication alone"},
    {"za64rs", RVF_za64rs, IN_ISA, "reservations of at most 64 bytes"},
    {"zaamo", RVF_zaamo, IN_ISA_12, "atomic memory operations alone"},
    {"zabha", RVF_zabha, IN_ISA, "atomic operations on bytes and halfwords"},
    {"zacas", RVF_zacas, IN_ISA, "compare and swap"},
    {"zama16b", RVF_zama16b, IN_ISA, "misaligned atomic operations within 16 bytes"},
    {"zalrsc", RVF_zalrsc, IN_ISA_12, "load-reserved, store-conditional alone"},
    {"zawrs", RVF_zawrs, IN_ISA, "wait on reservation"},
    {"zfa", RVF_zfa, IN_ISA, "additional floating point"},
    {"zfh", RVF_zfh, IN_ISA, "half-precision floating point"},
    {"zfhmin", RVF_zfhmin, IN_ISA, "half precision: loads, stores, conversions"},
    {"zca", RVF_zca, IN_ISA_12, "compressed: integer"},
    {"zcb", RVF_zcb, IN_ISA, "compressed: additional"},
    {"zcf", RVF_zcf, IN_ISA_12, "compressed: single loads and stores (RV32)"},
    {"zcd", RVF_zcd, IN_ISA_12, "compressed: double loads and stores"},
    {"zce", RVF_zce, IN_ISA, "zcb, zcmp, zcmt, with F on RV32 zcf"},
    {"zcmop", RVF_zcmop, IN_ISA, "compressed may-be operations"},
    {"zcmp", RVF_zcmp, IN_ISA, "compressed: push, pop, moves; excludes zcd"},
    {"zcmt", RVF_zcmt, IN_ISA, "compressed: jumps through a table; excludes zcd"},
    {"zba", RVF_zba, IN_ISA, "address generation"},
    {"zbb", RVF_zbb, IN_ISA, "basic bit manipulation"},
    {"zbc", RVF_zbc, IN_ISA, "carry-less multiplication"},
    {"zbkb", RVF_zbkb, IN_ISA, "bit manipulation for cryptography"},
    {"zbkc", RVF_zbkc, IN_ISA, "carry-less multiplication for cryptography"},
    {"zbkx", RVF_zbkx, IN_ISA, "permutations for cryptography"},
    {"zbs", RVF_zbs, IN_ISA, "single bits"},
    {"zk", RVF_zk, IN_ISA, "zkn, zkr and zkt"},
    {"zkn", RVF_zkn, IN_ISA, "NIST's algorithms: zbkb, zbkc, zbkx, zknd, zkne, zknh"},
    {"zknd", RVF_zknd, IN_ISA, "AES decryption"},
    {"zkne", RVF_zkne, IN_ISA, "AES encryption"},
    {"zknh", RVF_zknh, IN_ISA, "SHA-256 and SHA-512"},
    {"zkr", RVF_zkr, IN_ISA, "entropy source"},
    {"zks", RVF_zks, IN_ISA, "ShangMi algorithms: zbkb, zbkc, zbkx, zksed, zksh"},
    {"zksed", RVF_zksed, IN_ISA, "SM4"},
    {"zksh", RVF_zksh, IN_ISA, "SM3"},
    {"zkt", RVF_zkt, IN_ISA, "timing that does not depend on data"},
    {"smaia", RVF_smaia, IN_ISA, "advanced interrupts, machine level"},
    {"smepmp", RVF_smepmp, IN_ISA, "PMP for machine mode"},
    {"smstateen", RVF_smstateen, IN_ISA, "state enables"},
    {"ssaia", RVF_ssaia, IN_ISA, "advanced interrupts, supervisor level"},
    {"ssccptr", RVF_ssccptr, IN_ISA, "main memory has page-table reads"},
    {"sscofpmf", RVF_sscofpmf, IN_ISA, "counter overflow"},
    {"sscounterenw", RVF_sscounterenw, IN_ISA, "scounteren can be written where a counter exists"},
    {"ssstateen", RVF_ssstateen, IN_ISA, "state enables, supervisor level"},
    {"sstc", RVF_sstc, IN_ISA, "supervisor timer"},
    {"sstvala", RVF_sstvala, IN_ISA, "stval has what the manual lets it have"},
    {"sstvecd", RVF_sstvecd, IN_ISA, "stvec has mode direct with any address"},
    {"ssu64xl", RVF_ssu64xl, IN_ISA, "user mode with 64 bits"},
    {"svade", RVF_svade, IN_ISA, "page faults where A or D must be set"},
    {"svadu", RVF_svadu, IN_ISA, "hardware sets A and D"},
    {"svinval", RVF_svinval, IN_ISA, "fine-grained TLB invalidation"},
    {"svnapot", RVF_svnapot, IN_ISA, "64 KiB translations"},
    {"svpbmt", RVF_svpbmt, IN_ISA, "page-based memory types"},
    {"svvptc", RVF_svvptc, IN_ISA, "new page-table entries are seen without a fence"},
    {"s", RVF_s, NOT_IN_ISA, "supervisor mode"},
    {"u", RVF_u, NOT_IN_ISA, "user mode"},
    {"sv32", RVF_sv32, NOT_IN_ISA, "32-bit paging (RV32)"},
    {"sv39", RVF_sv39, NOT_IN_ISA, "39-bit paging (RV64)"},
    {"sv48", RVF_sv48, NOT_IN_ISA, "48-bit paging (RV64)"},
    {"sv57", RVF_sv57, NOT_IN_ISA, "57-bit paging (RV64)"},
    {"mmu", RVF_mmu, NOT_IN_ISA, "address translation"},
    {"pmp", RVF_pmp, NOT_IN_ISA, "physical memory protection"},
};
_Static_assert(ARRAY_SIZE(features) == RVF_COUNT, "a feature has no row or two");

/* -- Sets of features -- */

#define SET(name, ...) static const enum riscv_feature name[] = {__VA_ARGS__, RVF_COUNT}
SET(g_set, RVF_i, RVF_m, RVF_a, RVF_f, RVF_d, RVF_zicsr, RVF_zifencei);
SET(bare, RVF_i);
SET(bare_e, RVF_e);
/* The profiles, what the base set of 2022 mandates; rva22s64 has rva22u64 too. */
SET(rva22u64, RVF_i, RVF_m, RVF_a, RVF_f, RVF_d, RVF_c, RVF_b, RVF_u, RVF_zic64b, RVF_zicbom, RVF_zicbop, RVF_zicboz,
    RVF_ziccamoa, RVF_ziccif, RVF_zicclsm, RVF_ziccrse, RVF_zicntr, RVF_zicsr, RVF_zihintpause, RVF_zihpm, RVF_za64rs,
    RVF_zfhmin, RVF_zkt);
SET(rva22s64, RVF_s, RVF_mmu, RVF_sv39, RVF_zifencei, RVF_ssccptr, RVF_sscounterenw, RVF_sstvala, RVF_sstvecd,
    RVF_ssu64xl, RVF_svade, RVF_svinval, RVF_svpbmt);
/* What a usual hart has. */
SET(usual, RVF_i, RVF_m, RVF_a, RVF_f, RVF_d, RVF_c, RVF_s, RVF_u, RVF_zic64b, RVF_zicbom, RVF_zicbop, RVF_zicboz,
    RVF_ziccamoa, RVF_ziccif, RVF_zicclsm, RVF_ziccrse, RVF_zicsr, RVF_zicntr, RVF_zihpm, RVF_zihintpause,
    RVF_zihintntl, RVF_zifencei, RVF_za64rs, RVF_zawrs, RVF_zfa, RVF_zba, RVF_zbb, RVF_zbc, RVF_zbs, RVF_ssccptr,
    RVF_sscounterenw, RVF_sstc, RVF_sstvala, RVF_sstvecd, RVF_ssu64xl, RVF_svadu, RVF_svvptc, RVF_mmu, RVF_pmp,
    RVF_sv32, RVF_sv39, RVF_sv48, RVF_sv57);
/* The vendors' cores. */
#define SIFIVE_E RVF_i, RVF_m, RVF_a, RVF_c, RVF_u, RVF_zicntr, RVF_zicsr, RVF_zifencei, RVF_zihpm, RVF_pmp
#define SIFIVE_U SIFIVE_E, RVF_f, RVF_d, RVF_s, RVF_mmu
SET(sifive_e, SIFIVE_E);
SET(sifive_e34, SIFIVE_E, RVF_f);
SET(sifive_u34, SIFIVE_U, RVF_sv32);
SET(sifive_u54, SIFIVE_U, RVF_sv39); /* and SHAKTI's C class */
SET(ibex, RVF_i, RVF_m, RVF_c, RVF_u, RVF_zic64b, RVF_ziccif, RVF_zicclsm, RVF_zicntr, RVF_zicsr, RVF_zifencei,
    RVF_zihpm, RVF_zba, RVF_zbb, RVF_zbc, RVF_zbs, RVF_smepmp, RVF_pmp);
SET(nanhu, RVF_i, RVF_m, RVF_a, RVF_f, RVF_d, RVF_c, RVF_b, RVF_s, RVF_u, RVF_zic64b, RVF_ziccamoa, RVF_ziccif,
    RVF_zicclsm, RVF_ziccrse, RVF_zicntr, RVF_zicsr, RVF_zifencei, RVF_zihpm, RVF_za64rs, RVF_zbc, RVF_zbkb, RVF_zbkc,
    RVF_zbkx, RVF_zknd, RVF_zkne, RVF_zknh, RVF_zksed, RVF_zksh, RVF_ssccptr, RVF_sscounterenw, RVF_sstvala,
    RVF_sstvecd, RVF_ssu64xl, RVF_svinval, RVF_mmu, RVF_pmp, RVF_sv39);

/* Names that stand for several features. */
static const struct group {
    const char *name;
    const enum riscv_feature *sets[2];
} groups[] = {
    {"g", {g_set}},
    {"rva22u64", {rva22u64}},
    {"rva22s64", {rva22u64, rva22s64}},
};

/* Extensions of other emulators' command lines that this hart lacks: off is fine. */
static const char *const not_here[] = {
    "h", "v", "zdinx", "zfbfmin", "zfinx", "zhinx",
    "zhinxmin", "zjpm",
    "ztso", "zvbb", "zvbc", "zve32f", "zve32x", "zve64d", "zve64f", "zve64x", "zvfbfmin", "zvfbfwma", "zvfh",
    "zvfhmin", "zvkb", "zvkg", "zvkn", "zvknc", "zvkned", "zvkng", "zvknha", "zvknhb", "zvks", "zvksc", "zvksed",
    "zvksg", "zvksh", "zvkt", "smcdeleg", "smcntrpmf", "smcsrind", "smctr", "smdbltrp", "smmpm", "smnpm",
    "smrnmi", "ssccfg", "sscsrind", "ssctr", "ssdbltrp", "ssnpm", "sspm", "supm", NULL};

/* -- Models -- */

struct model {
    unsigned xlen;                      /* 0: the machine's */
    unsigned priv_minor;                /* as riscv_config's */
    const enum riscv_feature *sets[2];  /* none: every feature */
    bool fixed;                         /* a vendor's: has nothing more than it has */
};

#define MODEL(name_, desc_, ...) {.name = name_, .desc = desc_, .data = &(const struct model){__VA_ARGS__}}
const struct cpu_model riscv_models[] = {
    MODEL("lowrisc-ibex", "lowRISC Ibex, 32 bits", 32, 12, {ibex}, true),
    MODEL("max", "every feature, 32 or 64 bits as the machine", 0, 13, {NULL}, false),
    MODEL("max32", "every feature, 32 bits", 32, 13, {NULL}, false),
    MODEL("rv32", "32 bits, usual features", 32, 13, {usual}, false),
    MODEL("rv32e", "32 bits, E and nothing else", 32, 13, {bare_e}, false),
    MODEL("rv32i", "32 bits, I and nothing else", 32, 13, {bare}, false),
    MODEL("rv64", "64 bits, usual features", 64, 13, {usual}, false),
    MODEL("rv64e", "64 bits, E and nothing else", 64, 13, {bare_e}, false),
    MODEL("rv64i", "64 bits, I and nothing else", 64, 13, {bare}, false),
    MODEL("rva22s64", "the profile RVA22S64", 64, 12, {rva22u64, rva22s64}, false),
    MODEL("rva22u64", "the profile RVA22U64: no supervisor mode", 64, 12, {rva22u64}, false),
    MODEL("shakti-c", "SHAKTI C class, 64 bits", 64, 10, {sifive_u54}, true),
    MODEL("sifive-e31", "SiFive E31, 32 bits", 32, 10, {sifive_e}, true),
    MODEL("sifive-e34", "SiFive E34, 32 bits", 32, 10, {sifive_e34}, true),
    MODEL("sifive-e51", "SiFive E51, 64 bits", 64, 10, {sifive_e}, true),
    MODEL("sifive-u34", "SiFive U34, 32 bits", 32, 10, {sifive_u34}, true),
    MODEL("sifive-u54", "SiFive U54, 64 bits", 64, 10, {sifive_u54}, true),
    MODEL("xiangshan-nanhu", "XiangShan NanHu, 64 bits", 64, 12, {nanhu}, true),
    {0},
};

/* Features of the other XLEN: off by themselves, an error when asked for. */
static bool wrong_xlen(enum riscv_feature f, unsigned xlen)
{
    if (f == RVF_zcf || f == RVF_sv32)
        return xlen == 64;
    return xlen == 32 && (f == RVF_sv39 || f == RVF_sv48 || f == RVF_sv57 || f == RVF_ssu64xl);
}

static void model_defaults(const struct model *m, struct riscv_config *c)
{
    for (unsigned i = 0; i < ARRAY_SIZE(m->sets) && m->sets[i]; i++)
        for (const enum riscv_feature *f = m->sets[i]; *f != RVF_COUNT; f++)
            c->has[*f] = true;
    if (!m->sets[0]) {
        for (unsigned i = 0; i < RVF_COUNT; i++)
            c->has[i] = true;
        c->has[RVF_e] = false; /* excludes I */
        c->has[RVF_zce] = c->has[RVF_zcmp] = c->has[RVF_zcmt] = false; /* exclude Zcd */
        c->has[RVF_svade] = false; /* with Svadu as well, software would have to turn the latter on */
    }
    for (unsigned i = 0; i < RVF_COUNT; i++)
        if (wrong_xlen(i, c->xlen))
            c->has[i] = false;
}

/* -- Reading the options -- */

struct reading {
    struct riscv_config *c;
    struct opts *o;
    const char *model;
    bool fixed;
    bool asked_on[RVF_COUNT], asked_off[RVF_COUNT];
    GError **err;
};

static void ask(struct reading *rd, enum riscv_feature f, bool on)
{
    rd->c->has[f] = on;
    rd->asked_on[f] = on;
    rd->asked_off[f] = !on;
}

/* False with an error: the model is one that nothing can be added to. */
static bool may_ask(struct reading *rd, const char *key, enum riscv_feature f, bool on)
{
    if (on && rd->fixed && !rd->c->has[f]) {
        fail(rd->err, "-cpu %s: %s=on: this model does not have it", rd->model, key);
        return false;
    }
    ask(rd, f, on);
    return true;
}

/* One feature, group, or a name that is not ours. False with an error, or, without one: no such name. */
static bool read_feature(struct reading *rd, const char *key, bool on)
{
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        if (strcmp(key, features[i].name) == 0)
            return may_ask(rd, key, features[i].id, on);
    for (unsigned i = 0; i < ARRAY_SIZE(groups); i++) {
        if (strcmp(key, groups[i].name) != 0)
            continue;
        for (unsigned j = 0; j < ARRAY_SIZE(groups[i].sets) && groups[i].sets[j]; j++)
            for (const enum riscv_feature *f = groups[i].sets[j]; *f != RVF_COUNT; f++)
                if (!may_ask(rd, key, *f, on))
                    return false;
        return true;
    }
    for (unsigned i = 0; not_here[i]; i++) {
        if (strcmp(key, not_here[i]) == 0) {
            if (on)
                fail(rd->err, "-cpu %s: %s=on: this extension is not available", rd->model, key);
            return !on;
        }
    }
    return false;
}

static const char *const value_keys[] = {"cbom_blocksize", "cbop_blocksize", "cboz_blocksize", "mvendorid", "marchid",
                                         "mimpid", "num-pmp-regions", "resetvec"};

static const char *nearest_feature(const char *key)
{
    const char *all[ARRAY_SIZE(features) + ARRAY_SIZE(groups) + ARRAY_SIZE(value_keys) + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        all[n++] = features[i].name;
    for (unsigned i = 0; i < ARRAY_SIZE(groups); i++)
        all[n++] = groups[i].name;
    for (unsigned i = 0; i < ARRAY_SIZE(value_keys); i++)
        all[n++] = value_keys[i];
    all[n] = NULL;
    return nearest_name(key, all);
}

/* QEMU's other properties that are no switches. */
static const char *const later_values[] = {
    "priv_spec", "vext_spec", "vlen", "elen", "pmu-num", "pmu-mask", "short-isa-string", "rnmi-interrupt-vector",
    "rnmi-exception-vector", NULL,
};

static bool read_option(const char *key, const char *value, void *opaque)
{
    struct reading *rd = opaque;
    for (unsigned i = 0; i < ARRAY_SIZE(value_keys); i++)
        if (strcmp(key, value_keys[i]) == 0)
            return true; /* read by read_values() */
    if (strcmp(key, "model") == 0)
        return true;
    opts_take(rd->o, key);
    bool on;
    if (!parse_bool(value, &on)) {
        if (g_strv_contains(later_values, key)) {
            fail(rd->err, "-cpu %s: %s: QEMU has this property, mynah does not yet", rd->model, key);
            return false;
        }
        const char *near = nearest_feature(key);
        if (near && strcmp(near, key) == 0) {
            fail(rd->err, "-cpu %s: %s=%s: expected on or off", rd->model, key, value);
            return false;
        }
        on = false;
        if (read_feature(rd, key, false)) {
            fail(rd->err, "-cpu %s: %s=%s: expected on or off", rd->model, key, value);
            return false;
        }
    } else if (read_feature(rd, key, on) || (rd->err && *rd->err)) {
        return !(rd->err && *rd->err);
    }
    const char *near = nearest_feature(key);
    fail(rd->err, "-cpu %s: no feature '%s'%s%s%s", rd->model, key, near ? "; did you mean '" : "", near ? near : "",
         near ? "'?" : "");
    return false;
}

static bool read_block_sizes(struct reading *rd)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t v = 0;
        if (!opts_take_uint(rd->o, value_keys[i], 8, 4096, &v, rd->err))
            return false;
        if (v & (v - 1)) {
            fail(rd->err, "-cpu %s: %s=%" G_GUINT64_FORMAT ": expected a power of two", rd->model, value_keys[i], v);
            return false;
        }
        if (v && size && v != size) {
            fail(rd->err, "-cpu %s: %s=%" G_GUINT64_FORMAT ": the cache block sizes must be equal", rd->model,
                 value_keys[i], v);
            return false;
        }
        size = v ? v : size;
    }
    if (size)
        rd->c->cbo_block = size;
    if (rd->c->cbo_block == 64 || !rd->c->has[RVF_zic64b])
        return true;
    if (rd->asked_on[RVF_zic64b])
        fail(rd->err, "-cpu %s: zic64b needs cache blocks of 64 bytes", rd->model);
    rd->c->has[RVF_zic64b] = false;
    return !rd->asked_on[RVF_zic64b];
}

static bool read_values(struct reading *rd)
{
    struct riscv_config *c = rd->c;
    uint64_t vendor = c->mvendorid, pmp = c->pmp_count, reset = c->reset_vector;
    if (!read_block_sizes(rd) || !opts_take_uint(rd->o, "mvendorid", 0, UINT32_MAX, &vendor, rd->err) ||
        !opts_take_uint(rd->o, "marchid", 0, UINT64_MAX, &c->marchid, rd->err) ||
        !opts_take_uint(rd->o, "mimpid", 0, UINT64_MAX, &c->mimpid, rd->err) ||
        !opts_take_uint(rd->o, "resetvec", 0, UINT64_MAX, &reset, rd->err) ||
        !opts_take_uint(rd->o, "num-pmp-regions", 0, 64, &pmp, rd->err))
        return false;
    if (pmp != 0 && pmp != 16 && pmp != 64) {
        fail(rd->err, "-cpu %s: num-pmp-regions=%" G_GUINT64_FORMAT ": expected 0, 16 or 64", rd->model, pmp);
        return false;
    }
    c->mvendorid = vendor;
    c->pmp_count = pmp;
    c->reset_vector = reset;
    return true;
}

/* -- Dependencies -- */

struct rule {
    enum riscv_feature feature, other;
};

/* Having the first includes the second. */
static const struct rule implies[] = {
    {RVF_m, RVF_zmmul}, {RVF_a, RVF_zaamo}, {RVF_a, RVF_zalrsc}, {RVF_c, RVF_zca}, {RVF_zfh, RVF_zfhmin},
};

/* The first, larger ones first, is a name for the second and others: only a default, it goes with any of them. */
static const struct rule bundles[] = {
    {RVF_zk, RVF_zkn},    {RVF_zk, RVF_zkr},    {RVF_zk, RVF_zkt},    {RVF_zkn, RVF_zbkb},  {RVF_zkn, RVF_zbkc},
    {RVF_zkn, RVF_zbkx},  {RVF_zkn, RVF_zknd},  {RVF_zkn, RVF_zkne},  {RVF_zkn, RVF_zknh},  {RVF_zks, RVF_zbkb},
    {RVF_zks, RVF_zbkc},  {RVF_zks, RVF_zbkx},  {RVF_zks, RVF_zksed}, {RVF_zks, RVF_zksh},
    {RVF_zce, RVF_zcb},   {RVF_zce, RVF_zcmp},  {RVF_zce, RVF_zcmt},  {RVF_b, RVF_zba},     {RVF_b, RVF_zbb},
    {RVF_b, RVF_zbs},
};

/* The first makes no sense without the second. */
static const struct rule needs[] = {
    {RVF_f, RVF_zicsr},      {RVF_d, RVF_f},          {RVF_zfhmin, RVF_f},     {RVF_zfa, RVF_f},
    {RVF_zfh, RVF_f}, /* with zfhmin's: what implies a feature needs what that needs, or they chase each other */
    {RVF_zcb, RVF_zca},      {RVF_zcmop, RVF_zca},    {RVF_zcmp, RVF_zca},     {RVF_zcmt, RVF_zca},
    {RVF_zcmt, RVF_zicsr},   {RVF_zcd, RVF_zca},      {RVF_zcd, RVF_d},        {RVF_zcf, RVF_zca},
    {RVF_zcf, RVF_f},        {RVF_zacas, RVF_zaamo},  {RVF_zabha, RVF_zaamo},  {RVF_zama16b, RVF_zaamo},
    {RVF_zawrs, RVF_zalrsc}, {RVF_zicntr, RVF_zicsr}, {RVF_zihpm, RVF_zicsr},  {RVF_zkr, RVF_zicsr},
    {RVF_zicfilp, RVF_zicsr}, {RVF_zicfiss, RVF_zicsr}, {RVF_zicfiss, RVF_zimop}, {RVF_zicfiss, RVF_zaamo},
    {RVF_u, RVF_zicsr},      {RVF_s, RVF_u},          {RVF_sv32, RVF_s},       {RVF_sv39, RVF_s},
    {RVF_sv48, RVF_sv39},    {RVF_sv57, RVF_sv48},    {RVF_sv32, RVF_mmu},     {RVF_sv39, RVF_mmu},
    {RVF_sstc, RVF_s},       {RVF_svade, RVF_s},      {RVF_svadu, RVF_s},      {RVF_svinval, RVF_s},
    {RVF_svnapot, RVF_s},    {RVF_svpbmt, RVF_s},     {RVF_svvptc, RVF_s},     {RVF_sscofpmf, RVF_s},
    {RVF_sscofpmf, RVF_zihpm}, {RVF_smepmp, RVF_pmp}, {RVF_smstateen, RVF_zicsr}, {RVF_smaia, RVF_zicsr},
    {RVF_ssaia, RVF_s},      {RVF_ziccamoa, RVF_zaamo}, {RVF_ziccrse, RVF_zalrsc}, {RVF_za64rs, RVF_zalrsc},
    {RVF_ssccptr, RVF_s},    {RVF_sscounterenw, RVF_s}, {RVF_sstvala, RVF_s},  {RVF_sstvecd, RVF_s},
    {RVF_ssu64xl, RVF_s},    {RVF_ssstateen, RVF_s},  {RVF_ssstateen, RVF_smstateen},
};

static const char *feature_name(enum riscv_feature f)
{
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        if (features[i].id == f)
            return features[i].name;
    return "?";
}

static bool contradiction(struct reading *rd, enum riscv_feature f, enum riscv_feature other)
{
    fail(rd->err, "-cpu %s: %s needs %s, which is off", rd->model, feature_name(f), feature_name(other));
    return false;
}

/* Turn on f because of what is on; an explicit off contradicts. */
static bool include(struct reading *rd, enum riscv_feature because, enum riscv_feature f, bool *changed)
{
    if (rd->c->has[f])
        return true;
    if (rd->asked_off[f] || wrong_xlen(f, rd->c->xlen))
        return contradiction(rd, because, f);
    rd->c->has[f] = *changed = true;
    rd->asked_on[f] = rd->asked_on[because];
    return true;
}

/* C brings the compressed loads and stores of F and D, Zce those of F; Smstateen with S-mode brings Ssstateen. */
static bool include_conditional(struct reading *rd, bool *changed)
{
    const bool *has = rd->c->has;
    if (has[RVF_c] && has[RVF_d] && !include(rd, RVF_c, RVF_zcd, changed))
        return false;
    if (has[RVF_smstateen] && has[RVF_s] && !include(rd, RVF_smstateen, RVF_ssstateen, changed))
        return false;
    if (has[RVF_zce] && has[RVF_f] && rd->c->xlen == 32 && !include(rd, RVF_zce, RVF_zcf, changed))
        return false;
    return !(has[RVF_c] && has[RVF_f] && rd->c->xlen == 32) || include(rd, RVF_c, RVF_zcf, changed);
}

static bool include_members(struct reading *rd, bool *changed)
{
    bool *has = rd->c->has;
    for (unsigned i = 0; i < ARRAY_SIZE(bundles); i++) {
        enum riscv_feature f = bundles[i].feature, member = bundles[i].other;
        if (!has[f] || has[member])
            continue;
        if (!rd->asked_on[f]) {
            has[f] = false;
            *changed = true;
        } else if (!include(rd, f, member, changed)) {
            return false;
        }
    }
    return true;
}

/* What was asked for brings what it needs; what is only a default goes when something it needs is off. */
static bool resolve_pass(struct reading *rd, bool *changed)
{
    bool *has = rd->c->has;
    for (unsigned i = 0; i < ARRAY_SIZE(needs); i++) {
        enum riscv_feature f = needs[i].feature, other = needs[i].other;
        if (!has[f] || has[other])
            continue;
        if (rd->asked_on[f]) {
            if (!include(rd, f, other, changed))
                return false;
        } else {
            has[f] = false;
            *changed = true;
        }
    }
    for (unsigned i = 0; i < ARRAY_SIZE(implies); i++)
        if (has[implies[i].feature] && !include(rd, implies[i].feature, implies[i].other, changed))
            return false;
    return include_members(rd, changed) && include_conditional(rd, changed);
}

static bool resolve(struct reading *rd)
{
    bool changed = true;
    for (unsigned i = 0; i < ARRAY_SIZE(implies); i++) {
        bool ignored;
        if (rd->c->has[implies[i].feature] &&
            !include(rd, implies[i].feature, implies[i].other, &ignored))
            return false;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bundles); i++) /* from then on, a member that is off was turned off */
        if (rd->c->has[bundles[i].feature] && !rd->asked_off[bundles[i].other])
            rd->c->has[bundles[i].other] = true;
    while (changed) {
        changed = false;
        if (!resolve_pass(rd, &changed))
            return false;
    }
    return true;
}

/* Asking for one paging mode means: up to this. */
static void limit_paging(struct reading *rd)
{
    if (rd->asked_on[RVF_sv57])
        return;
    if (rd->asked_on[RVF_sv39] || rd->asked_on[RVF_sv48])
        rd->c->has[RVF_sv57] = false;
    if (rd->asked_on[RVF_sv39] && !rd->asked_on[RVF_sv48])
        rd->c->has[RVF_sv48] = false;
}

static bool check(struct reading *rd)
{
    struct riscv_config *c = rd->c;
    if (rd->asked_on[RVF_e] && !rd->asked_on[RVF_i])
        c->has[RVF_i] = false;
    for (unsigned i = 0; i < RVF_COUNT; i++) {
        if (c->has[i] && wrong_xlen(i, c->xlen)) {
            fail(rd->err, "-cpu %s: %s=on: not available with %u bits", rd->model, feature_name(i), c->xlen);
            return false;
        }
    }
    if (c->has[RVF_i] == c->has[RVF_e]) {
        fail(rd->err, "-cpu %s: exactly one of i and e must be on", rd->model);
        return false;
    }
    if (c->has[RVF_e] && (c->has[RVF_f] || c->has[RVF_s])) {
        fail(rd->err, "-cpu %s: e excludes f, d and s", rd->model);
        return false;
    }
    if (c->has[RVF_zcd] && (c->has[RVF_zcmp] || c->has[RVF_zcmt])) {
        fail(rd->err, "-cpu %s: %s excludes zcd, which c and d bring", rd->model, c->has[RVF_zcmp] ? "zcmp" : "zcmt");
        return false;
    }
    return true;
}

/* Equal feature sets get equal numbers: translations depend on them. */
static bool number_set(struct reading *rd)
{
    static struct riscv_config seen[256];
    static unsigned count;
    struct riscv_config *c = rd->c;
    unsigned i = 0;
    while (i < count && (seen[i].xlen != c->xlen || seen[i].cbo_block != c->cbo_block ||
                         memcmp(seen[i].has, c->has, sizeof(c->has)) != 0))
        i++;
    if (i == ARRAY_SIZE(seen)) {
        fail(rd->err, "-cpu %s: more than %zu different feature sets", rd->model, ARRAY_SIZE(seen));
        return false;
    }
    if (i == count)
        seen[count++] = *c;
    c->number = i;
    return true;
}

/* QEMU's other models. */
static const struct {
    const char *name, *needs;
} later[] = {
    {"rva23u64", "V"}, {"rva23s64", "V and H"}, {"thead-c906", "its vendor's extensions"},
    {"veyron-v1", "H and its vendor's extensions"}, {"tt-ascalon", "V and H"}, {"x-rv128", "128-bit registers"},
    {"host", "a host with the guest's instructions"},
};

static const struct cpu_model *find_model(const char *name, GError **err)
{
    const char *names[ARRAY_SIZE(riscv_models)];
    unsigned n = 0;
    for (const struct cpu_model *m = riscv_models; m->name; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
        names[n++] = m->name;
    }
    names[n] = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(later); i++)
        if (!strcmp(name, later[i].name)) {
            fail(err, "-cpu %s: QEMU has this model, mynah does not yet: it needs %s (-cpu help lists those it has)",
                 name, later[i].needs);
            return NULL;
        }
    const char *near = nearest_name(name, names);
    fail(err, "-cpu %s: no such RISC-V model%s%s%s", name, near ? "; did you mean '" : " (-cpu help lists them)",
         near ? near : "", near ? "'?" : "");
    return NULL;
}

/* system32: the machine has only room for 32-bit harts. */
bool riscv_model_apply(struct riscv_config *c, struct opts *model, bool system32, GError **err)
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
    const struct model *m = found->data;
    if (system32 && m->xlen == 64) {
        fail(err, "-cpu %s: this machine needs a 32-bit model", name);
        return false;
    }

    *c = (struct riscv_config){.xlen = m->xlen, .priv_minor = m->priv_minor, .pmp_count = 16, .cbo_block = 64,
                               .reset_vector = 0x1000};
    if (!c->xlen)
        c->xlen = system32 ? 32 : 64;
    model_defaults(m, c);

    struct reading rd = {.c = c, .o = model, .model = name, .fixed = m->fixed, .err = &local};
    opts_foreach(model, read_option, &rd);
    bool ok = !local && read_values(&rd);
    if (ok) {
        limit_paging(&rd);
        ok = resolve(&rd) && check(&rd) && number_set(&rd);
    }
    if (!c->has[RVF_pmp])
        c->pmp_count = 0;
    if (!ok)
        g_propagate_error(err, local);
    return ok;
}

/* -- For -cpu MODEL,help -- */

static void feature_line(GString *out, const char *name, const char *type, const char *meaning, const char *dflt)
{
    g_autofree char *left = g_strdup_printf("%s=<%s>", name, type);

    g_string_append_printf(out, "  %-22s - %s (default: %s)\n", left, meaning, dflt);
}

bool riscv_describe_model(struct opts *model, const char *system, GString *out, GError **err)
{
    static const char *const meanings[] = { "cache block", "cache block", "cache block", "vendor", "architecture",
                                            "implementation", "PMP entries", "reset vector" };
    _Static_assert(ARRAY_SIZE(meanings) == ARRAY_SIZE(value_keys), "a value without its meaning");
    const char *name = opts_peek(model, "model");
    struct riscv_config c;

    if (!riscv_model_apply(&c, model, !g_strcmp0(system, "riscv32"), err))
        return false;
    const uint64_t values[] = { c.cbo_block, c.cbo_block, c.cbo_block,  c.mvendorid,
                                c.marchid,   c.mimpid,    c.pmp_count, c.reset_vector };
    g_string_append_printf(out, "%s options:\n", name);
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        feature_line(out, features[i].name, "bool", features[i].desc, c.has[features[i].id] ? "on" : "off");
    for (unsigned i = 0; i < ARRAY_SIZE(groups); i++) {
        bool all = true;
        for (unsigned j = 0; j < ARRAY_SIZE(groups[i].sets) && groups[i].sets[j]; j++)
            for (const enum riscv_feature *f = groups[i].sets[j]; *f != RVF_COUNT; f++)
                all &= c.has[*f];
        feature_line(out, groups[i].name, "bool", "several of these", all ? "on" : "off");
    }
    for (unsigned i = 0; i < ARRAY_SIZE(value_keys); i++) {
        g_autofree char *dflt = g_strdup_printf("%" G_GUINT64_FORMAT, values[i]);
        feature_line(out, value_keys[i], "num", meanings[i], dflt);
    }
    return true;
}

/* -- Device-tree properties -- */

static bool in_isa(const struct riscv_config *c, const struct feature *f)
{
    return c->has[f->id] && (f->in_isa == IN_ISA || (f->in_isa == IN_ISA_12 && c->priv_minor >= 12));
}

char *riscv_isa_string(const struct riscv_config *c)
{
    GString *s = g_string_new(NULL);
    g_string_printf(s, "rv%u", c->xlen);
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        if (!in_isa(c, &features[i]))
            continue;
        if (features[i].name[1])
            g_string_append_c(s, '_');
        g_string_append(s, features[i].name);
    }
    return g_string_free(s, FALSE);
}

char **riscv_isa_extensions(const struct riscv_config *c)
{
    GPtrArray *a = g_ptr_array_new();
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        if (in_isa(c, &features[i]))
            g_ptr_array_add(a, g_strdup(features[i].name));
    g_ptr_array_add(a, NULL);
    return (char **)g_ptr_array_free(a, FALSE);
}

const char *riscv_mmu_type(const struct riscv_config *c)
{
    return c->has[RVF_sv57]   ? "riscv,sv57"
           : c->has[RVF_sv48] ? "riscv,sv48"
           : c->has[RVF_sv39] ? "riscv,sv39"
           : c->has[RVF_sv32] ? "riscv,sv32"
                              : "riscv,none";
}

/* -- What follows from the features -- */

uint64_t riscv_sstatus_mask(const struct riscv_config *c)
{
    bool paging = c->has[RVF_sv32] || c->has[RVF_sv39] || c->has[RVF_sv48] || c->has[RVF_sv57];
    if (!c->has[RVF_s])
        return 0;
    return MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | (paging ? MSTATUS_SUM : 0) | MSTATUS_MXR |
           (c->has[RVF_f] ? MSTATUS_FS : 0) | (c->has[RVF_zicfilp] ? MSTATUS_SPELP : 0);
}
