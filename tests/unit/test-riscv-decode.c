/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V's decoder against its table, against binutils where they are installed; the translation of every
 * instruction, with random operands in every kind of state, against the IR's verifier.
 */
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "cpu-riscv/decode.h"
#include "riscv-stubs.h"

static GRand *rng;

/* -- The decoder's trees against the table, read row by row -- */

static bool gate_open(const struct riscv_insn *in, const struct riscv_config *c)
{
    for (unsigned alt = 0; alt < 2 && in->gate[alt][0] != RVF_COUNT; alt++) {
        bool all = true;
        for (unsigned f = 0; f < 2 && in->gate[alt][f] != RVF_COUNT; f++)
            all = all && c->has[in->gate[alt][f]];
        if (all)
            return true;
    }
    return false;
}

static bool row_matches(const struct riscv_insn *in, const struct riscv_config *c, uint32_t insn)
{
    bool long_insn = (insn & 3) == 3;
    if (in->length != (long_insn ? 4 : 2) || (insn & in->mask) != in->match ||
        !(in->xlens & (c->xlen == 32 ? RVX_32 : RVX_64)) || !gate_open(in, c))
        return false;
    for (unsigned i = 0; i < in->nforbids; i++) {
        if ((insn & in->forbids[i].mask) == in->forbids[i].value)
            return false;
    }
    return true;
}

/* The matching row with the most fixed bits; then it may not name registers that E has not. */
static const struct riscv_insn *decode_by_table(const struct riscv_config *c, uint32_t insn)
{
    const struct riscv_insn *best = NULL;
    for (unsigned i = 0; i < riscv_insn_count; i++) {
        const struct riscv_insn *in = &riscv_insns[i];
        if (row_matches(in, c, insn) &&
            (!best || __builtin_popcount(in->mask) > __builtin_popcount(best->mask)))
            best = in;
    }
    return best && c->has[RVF_e] && (insn & best->high_registers) ? NULL : best;
}

static void check_decode(const struct riscv_config *c, uint32_t insn)
{
    struct riscv_args a;
    const struct riscv_insn *got = riscv_decode(c, c->xlen == 32, insn, &a), *want = decode_by_table(c, insn);
    if (got != want)
        g_error("0x%08x on RV%u: decoded as %s, expected %s", insn, c->xlen, got ? got->name : "illegal",
                want ? want->name : "illegal");
}

static void random_config(struct riscv_config *c)
{
    test_config_all(c, g_rand_boolean(rng) ? 32 : 64);
    unsigned off = g_rand_int_range(rng, 0, 12);
    for (unsigned i = 0; i < off; i++)
        c->has[g_rand_int_range(rng, 0, RVF_COUNT)] = false;
    c->has[RVF_e] = g_rand_int_range(rng, 0, 4) == 0;
}

/* An encoding near a row: its fixed bits, at times with one flipped. */
static uint32_t random_encoding(void)
{
    const struct riscv_insn *in = &riscv_insns[g_rand_int_range(rng, 0, riscv_insn_count)];
    uint32_t insn = (g_rand_int(rng) & ~in->mask) | in->match;
    if (g_rand_int_range(rng, 0, 4) == 0)
        insn ^= UINT32_C(1) << g_rand_int_range(rng, 0, 32);
    return (insn & 3) == 3 ? insn : (uint16_t)insn;
}

static void test_trees(void)
{
    struct riscv_config c;
    for (unsigned i = 0; i < 20; i++) {
        random_config(&c);
        for (unsigned n = 0; n < 2000; n++)
            check_decode(&c, random_encoding());
    }
    for (unsigned xlen = 32; xlen <= 64; xlen += 32) {
        test_config_all(&c, xlen);
        for (uint32_t insn = 0; insn < 0x10000; insn += 1 + g_rand_int_range(rng, 0, 3)) {
            if ((insn & 3) != 3)
                check_decode(&c, insn);
        }
    }
}

/* -- Extensions -- */

static uint32_t encoding_of(const struct riscv_insn *in)
{
    for (;;) {
        uint32_t insn = (g_rand_int(rng) & ~in->mask & ~in->high_registers) | in->match;
        bool good = true;
        for (unsigned i = 0; i < in->nforbids; i++)
            good = good && (insn & in->forbids[i].mask) != in->forbids[i].value;
        if (good)
            return in->length == 2 ? (uint16_t)insn : insn;
    }
}

/* Each alternative of a gate is enough alone, and with any feature of it missing the instruction is gone. */
static void test_gates(void)
{
    for (unsigned i = 0; i < riscv_insn_count; i++) {
        const struct riscv_insn *in = &riscv_insns[i];
        for (unsigned alt = 0; alt < 2 && in->gate[alt][0] != RVF_COUNT; alt++) {
            struct riscv_config c = {.xlen = in->xlens & RVX_64 ? 64 : 32};
            struct riscv_args a;
            uint32_t insn = encoding_of(in);
            for (unsigned f = 0; f < 2 && in->gate[alt][f] != RVF_COUNT; f++)
                c.has[in->gate[alt][f]] = true;
            g_assert_true(riscv_decode(&c, c.xlen == 32, insn, &a) == in);
            if (in->xlens != (RVX_32 | RVX_64)) {
                c.xlen ^= 32 ^ 64;
                g_assert_true(riscv_decode(&c, c.xlen == 32, insn, &a) != in);
                c.xlen ^= 32 ^ 64;
            }
            for (unsigned f = 0; f < 2 && in->gate[alt][f] != RVF_COUNT; f++) {
                c.has[in->gate[alt][f]] = false;
                g_assert_true(riscv_decode(&c, c.xlen == 32, insn, &a) != in);
                c.has[in->gate[alt][f]] = true;
            }
        }
    }
}

static void test_embedded(void)
{
    struct riscv_config c;
    test_config_all(&c, 32);
    c.has[RVF_e] = true;
    c.has[RVF_i] = false;
    g_assert_true(riscv_insn_valid(&c, 0x00f707b3));  /* add x15, x14, x15 */
    g_assert_false(riscv_insn_valid(&c, 0x00f70833)); /* add x16, x14, x15 */
    g_assert_false(riscv_insn_valid(&c, 0x00f807b3)); /* add x15, x16, x15 */
    g_assert_false(riscv_insn_valid(&c, 0x010707b3)); /* add x15, x14, x16 */
    g_assert_true(riscv_insn_valid(&c, 0x01077853));  /* fadd.s f16, f14, f16 */
    g_assert_true(riscv_insn_valid(&c, 0x340ff073));  /* csrrci x0, mscratch, 31 */
    g_assert_false(riscv_insn_valid(&c, 0x82c2));     /* c.mv x5, x16 */
}

static void test_reserved(void)
{
    struct riscv_config c;
    test_config_all(&c, 64);
    g_assert_false(riscv_insn_valid(&c, 0x0000));     /* the defined illegal instruction */
    g_assert_false(riscv_insn_valid(&c, 0xffffffff));
    g_assert_false(riscv_insn_valid(&c, 0x4002));     /* c.lwsp x0 */
    g_assert_true(riscv_insn_valid(&c, 0x6081));      /* c.lui x1, 0 is c.mop.1 ... */
    c.has[RVF_zcmop] = false;
    g_assert_false(riscv_insn_valid(&c, 0x6081));
    g_assert_false(riscv_insn_valid(&c, 0x6881));     /* ... and c.lui x17, 0 is nothing */
    g_assert_true(riscv_insn_valid(&c, 0x6885));
    g_assert_false(riscv_insn_valid(&c, 0x6101));     /* c.addi16sp 0 */
    g_assert_false(riscv_insn_valid(&c, 0x2001));     /* c.addiw x0 */
    g_assert_false(riscv_insn_valid(&c, 0x8002));     /* c.jr x0 */
    g_assert_true(riscv_insn_valid(&c, 0x0001));      /* c.nop */
    g_assert_true(riscv_insn_valid(&c, 0x020575d3));  /* fadd.d with the dynamic mode; 5 and 6 are reserved */
    g_assert_false(riscv_insn_valid(&c, 0x020555d3));
    g_assert_false(riscv_insn_valid(&c, 0x020565d3));
    g_assert_false(riscv_insn_valid(&c, 0x2ac5c5af)); /* amocas.q with odd registers */
    g_assert_true(riscv_insn_valid(&c, 0x2ac5c52f));
}

/* -- Binutils: the same names for the same encodings, and the same holes -- */

/* What the assembler must be told; extensions that binutils 2.40 does not know are left out. */
#define BINUTILS_ARCH                                                                                                  \
    "gc_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_zfh_zicbom_zicboz_zicbop_zawrs_svinval_zihintpause"

static const unsigned binutils_unknown[] = {RVF_zicond, RVF_zacas, RVF_zfa, RVF_zimop, RVF_zcmop, RVF_zcb, RVF_zihintntl,
                                            RVF_zabha, RVF_zcmp, RVF_zcmt, RVF_zicfilp, RVF_zicfiss};

static bool run_tool(const char *dir, char **argv, char **out)
{
    int status;
    g_autoptr(GError) err = NULL;
    return g_spawn_sync(dir, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, out, NULL, &status,
                        &err) && g_spawn_check_wait_status(status, NULL);
}

/* The disassembly, a line an encoding. NULL: no tools. */
static char *disassemble(unsigned xlen, const GArray *insns, bool aliases)
{
    g_autofree char *dir = g_dir_make_tmp("mynah-riscv-decode-XXXXXX", NULL);
    g_autofree char *source = g_build_filename(dir, "a.s", NULL), *object = g_build_filename(dir, "a.o", NULL);
    g_autofree char *arch = g_strdup_printf("-march=rv%u" BINUTILS_ARCH, xlen);
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < insns->len; i++) {
        uint32_t insn = g_array_index(insns, uint32_t, i);
        g_string_append_printf(text, ".insn %d, 0x%x\n", (insn & 3) == 3 ? 4 : 2, insn);
    }
    g_assert_true(g_file_set_contents(source, text->str, -1, NULL));
    char *as[] = {"riscv64-unknown-elf-as", arch, xlen == 32 ? "-mabi=ilp32d" : "-mabi=lp64d", "a.s", "-o", "a.o", NULL};
    char *objdump[] = {"riscv64-unknown-elf-objdump", "-d", "-z", "a.o", aliases ? NULL : "-M", "no-aliases", NULL};
    char *out = NULL;
    if (!run_tool(dir, as, NULL) || !run_tool(dir, objdump, &out))
        out = NULL;
    g_remove(source);
    g_remove(object);
    g_rmdir(dir);
    return out;
}

/* Binutils add what aq and rl say, and name hints of compressed shifts and nops otherwise. */
static bool same_name(const char *ours, const char *theirs)
{
    static const char *const suffixes[] = {"", ".aq", ".rl", ".aqrl", "64"};
    for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        size_t n = strlen(ours);
        if (g_str_has_prefix(theirs, ours) && !strcmp(theirs + n, suffixes[i]))
            return true;
    }
    return !strcmp(ours, "c.nop") && !strcmp(theirs, "c.addi");
}

/*
 * Encodings that the manual lets exist and binutils show as data: bits to be ignored, rounding modes of exact
 * conversions.
 */
static bool binutils_strict(const char *name)
{
    static const char *const names[] = {"fence", "fence.i", "fcvt.d.w", "fcvt.d.wu", "fcvt.d.s", "fcvt.s.h", "fcvt.d.h", NULL};
    return g_strv_contains(names, name);
}

/* What binutils still know, or take with reserved operands. */
static bool binutils_lax(const char *name)
{
    static const char *const names[] = {"uret", "hret", "dret", "sfence.vm", "c.addi16sp", "aes64ks1i", NULL};
    return g_strv_contains(names, name);
}

/* The row is RV64's of an instruction with a shift amount. */
static bool operand_is_shift(const struct riscv_insn *in)
{
    for (unsigned i = 0; i < in->noperands; i++) {
        if (in->operands[i].arg == RVA_imm && in->operands[i].width == 6 && !in->operands[i].is_signed)
            return in->xlens == RVX_64;
    }
    return false;
}

/* What binutils write otherwise, and why that is not taken over. */
static bool text_differs(const char *name)
{
    static const char *const names[] = {
        "c.nop", "c.addi", "c.slli", "c.srli", "c.srai", /* hints: "nop 5" and "c.slli64" */
        "fence.tso", NULL,
    };
    return g_strv_contains(names, name);
}

/* Whether the text is theirs without n bytes at one place. */
static bool same_without(const char *ours, const char *theirs, const char *at, size_t n)
{
    return !strncmp(ours, theirs, at - ours) && !strcmp(at + n, theirs + (at - ours));
}

/* The same text, but that binutils write no "0x" before the target of a jump, and "add" for addi. */
static bool same_text(const char *ours, const char *theirs)
{
    const char *target = strstr(ours, "0x");

    if (!strcmp(ours, theirs) || (target && same_without(ours, theirs, target, 2)))
        return true;
    for (const char *p = ours; *p && *p != ' '; p++)
        if (*p == 'i' && same_without(ours, theirs, p, 1))
            return true;
    return false;
}

/* Their text with the CSR's number in the place of its name, since this program has no names of CSRs; g_free() it. */
static char *without_csr_name(const char *theirs, uint32_t insn)
{
    size_t n = strcspn(theirs, " ");
    g_autofree char *mnemonic = g_strndup(theirs, n);
    g_auto(GStrv) operands = g_strsplit(theirs[n] ? theirs + n + 1 : "", ",", -1);
    unsigned count = g_strv_length(operands), csr = count == 3 || !strcmp(mnemonic, "csrr");

    if (strncmp(mnemonic, "csr", 3) || count < 2)
        return g_strdup(theirs);
    g_free(operands[csr]);
    operands[csr] = g_strdup_printf("0x%x", insn >> 20);
    g_autofree char *joined = g_strjoinv(",", operands);
    return g_strjoin(" ", mnemonic, joined, NULL);
}

/* Instructions and operands as binutils write them with aliases. */
static unsigned compare_text(const struct riscv_config *c, const GArray *insns, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree struct riscv_cpu *r = g_new0(struct riscv_cpu, 1);
    unsigned n = 0, bad = 0;

    r->config = *c;
    for (unsigned i = 0; lines[i]; i++) {
        g_auto(GStrv) column = g_strsplit(lines[i], "\t", 4);
        struct riscv_args a;
        if (g_strv_length(column) < 3 || !g_str_has_suffix(column[0], ":"))
            continue;
        uint32_t insn = g_array_index(insns, uint32_t, n++);
        const struct riscv_insn *in = riscv_decode(c, c->xlen == 32, insn, &a);
        g_autofree char *theirs = g_strjoin(" ", column[2], column[3], NULL);
        g_autoptr(GString) ours = g_string_new(NULL);
        theirs[strcspn(theirs, "#<")] = 0;
        g_strchomp(theirs);
        if (!in || theirs[0] == '.' || text_differs(in->name) || binutils_strict(in->name))
            continue;
        riscv_disas(&r->cpu, strtoul(column[0], NULL, 16), (const uint8_t *)&insn, 4, ours);
        g_autofree char *numbered = without_csr_name(theirs, insn);
        if (same_text(ours->str, numbered))
            continue;
        g_test_message("RV%u 0x%08x: %s, binutils say %s", c->xlen, insn, ours->str, theirs);
        bad++;
    }
    g_assert_cmpuint(n, ==, insns->len);
    return bad;
}

static unsigned compare_names(const struct riscv_config *c, const GArray *insns, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    unsigned n = 0, bad = 0;
    for (unsigned i = 0; lines[i]; i++) {
        g_auto(GStrv) column = g_strsplit(lines[i], "\t", 4);
        if (g_strv_length(column) < 3 || !g_str_has_suffix(column[0], ":"))
            continue;
        struct riscv_args a;
        uint32_t insn = g_array_index(insns, uint32_t, n++);
        g_assert_cmphex(strtoul(column[1], NULL, 16), ==, insn);
        const struct riscv_insn *in = riscv_decode(c, c->xlen == 32, insn, &a);
        g_autofree char *theirs = g_strstrip(g_strdup(column[2]));
        bool known = theirs[0] != '.' && !g_str_has_prefix(theirs, "unimp") && !g_str_has_prefix(theirs, "c.unimp");
        if (!in && known) { /* binutils take RV64's shift amounts on RV32 */
            struct riscv_config c64 = *c;
            const struct riscv_insn *in64 = riscv_decode(&c64, false, insn, &a);
            in = in64 && operand_is_shift(in64) ? in64 : NULL;
        }
        if (in && known && same_name(in->name, theirs))
            continue;
        if (known ? !in && binutils_lax(theirs) : !in || binutils_strict(in->name) || insn == 0xc0001073) /* unimp */
            continue;
        g_test_message("RV%u 0x%08x: %s, binutils say %s %s", c->xlen, insn, in ? in->name : "illegal", theirs, column[3]);
        bad++;
    }
    g_assert_cmpuint(n, ==, insns->len);
    return bad;
}

/* Every row, with the operands that aliases ask for. */
static void add_rows(GArray *insns)
{
    for (unsigned i = 0; i < riscv_insn_count; i++) {
        const struct riscv_insn *in = &riscv_insns[i];
        for (unsigned k = 0; k < 24 && in->length == 4; k++) {
            static const struct {
                uint32_t clear, set;
            } forms[] = {
                { 0, 0 },              { 0xf80, 0 },               { 0xf80, 0x80 },           { 0xf8000, 0 },
                { 0xf8000, 0x8000 },   { 0x1f00000, 0 },           { 0xfff00000, 0 },         { 0xfff00000, 0x100000 },
                { 0, 0xfff00000 },     { 0xf00f8000, 0x0ff00000 }, { 0xf8f80, 0 },            { 0x1fff80, 0x8000 },
                { 0xfff00f80, 0 },     { 0xfff00f80, 0x80 },       { 0xfffff000, 0 },         { 0x1ff8000, 0 },
                { 0x3ffff80, 0 },      { 0xfff00000, 0xc0000000 }, { 0xfff00000, 0xc0100000 },{ 0xffff8000, 0xc8200000 },
                { 0xfff00f80, 0x200000 }, { 0xfff00000, 0x300000 }, { 0xffff8f80, 0xc0000000 }, { 0x1f00000, 0x7000 },
            };
            uint32_t insn = (g_rand_int(rng) & ~forms[k].clear) | forms[k].set;
            if (k & 1) /* rs1 and rs2 the same */
                insn = (insn & ~UINT32_C(0x1f00000)) | (insn >> 15 & 31) << 20;
            insn = (insn & ~in->mask) | in->match;
            g_array_append_val(insns, insn);
        }
    }
}

static void test_binutils(void)
{
    for (unsigned xlen = 32; xlen <= 64; xlen += 32) {
        struct riscv_config c;
        g_autoptr(GArray) insns = g_array_new(false, false, sizeof(uint32_t));
        test_config_all(&c, xlen);
        for (unsigned i = 0; i < G_N_ELEMENTS(binutils_unknown); i++)
            c.has[binutils_unknown[i]] = false;
        for (uint32_t insn = 0; insn < 0x10000; insn += 1 + g_rand_int_range(rng, 0, 8)) {
            if ((insn & 3) != 3)
                g_array_append_val(insns, insn);
        }
        for (unsigned i = 0; i < 10000; i++) {
            uint32_t insn = random_encoding();
            if ((insn & 0x1f) != 0x1f) /* longer instructions */
                g_array_append_val(insns, insn);
        }
        add_rows(insns);
        g_autofree char *text = disassemble(xlen, insns, false), *aliased = disassemble(xlen, insns, true);
        if (!text || !aliased) {
            g_assert_null(g_getenv("CI"));
            g_test_skip("no riscv64-unknown-elf-as: install Debian package binutils-riscv64-unknown-elf");
            return;
        }
        g_assert_cmpuint(compare_names(&c, insns, text) + compare_text(&c, insns, aliased), ==, 0);
    }
}

/* -- Translation -- */

static struct ir_unit unit;

/* Check the unit's promises: what cpu.h and ir.h ask of cpu_arch.translate. */
static void check_unit(const struct ir_unit *u)
{
    g_autoptr(GError) err = NULL;
    unsigned jumps = 0;
    if (!ir_verify(u, &err)) {
        g_autoptr(GString) s = g_string_new(NULL);
        ir_print(u, s);
        g_error("pc 0x%" PRIx64 " mode 0x%" PRIx64 " insn 0x%02x%02x%02x%02x: %s\n%s", u->pc, u->mode.word[0], test_code[3], test_code[2],
                test_code[1], test_code[0], err->message, s->str);
    }
    for (unsigned i = 0; i < u->nops; i++)
        jumps += u->ops[i].op == IR_EXIT_JUMP;
    g_assert_cmpuint(jumps, <=, 4);
    g_assert_cmpuint(u->ninsns, >=, 1);
    g_assert_cmpuint(u->ninsns, <=, u->max_insns);
}

static void translate(struct riscv_cpu *r, uint32_t mode, gva pc, unsigned max)
{
    struct ir_unit *u = &unit;
    ir_begin(u, &test_arch);
    u->pc = pc;
    u->mode.word[0] = mode;
    u->max_insns = max;
    u->stop_before = ~UINT64_C(0);
    riscv_translate(&r->config, u);
    check_unit(u);
}

static const uint32_t states[] = {
    PRV_M | RVFS_DIRTY << RVKEY_FS_SHIFT,
    PRV_S | RVFS_CLEAN << RVKEY_FS_SHIFT,
    PRV_U | RVFS_OFF << RVKEY_FS_SHIFT,
    PRV_U | RVFS_DIRTY << RVKEY_FS_SHIFT | RVFRM_RMM << RVKEY_FRM_SHIFT,
    PRV_S | RVFS_DIRTY << RVKEY_FS_SHIFT | RVFRM_INVALID << RVKEY_FRM_SHIFT,
    PRV_M | RVFS_DIRTY << RVKEY_FS_SHIFT | RVKEY_NOC,
};

/* Every instruction alone, then runs of random ones. */
static void test_translate(void)
{
    struct riscv_cpu *r = g_new0(struct riscv_cpu, 1);
    uint8_t code[256];
    test_code = code;
    test_code_size = sizeof(code);
    test_code_pc = 0x80001000;
    for (unsigned xlen = 32; xlen <= 64; xlen += 32) {
        test_config_all(&r->config, xlen);
        for (unsigned i = 0; i < riscv_insn_count * ARRAY_SIZE(states); i++) {
            const struct riscv_insn *in = &riscv_insns[i / ARRAY_SIZE(states)];
            if (!(in->xlens & (xlen == 32 ? RVX_32 : RVX_64)))
                continue;
            uint32_t key = states[i % ARRAY_SIZE(states)] | (xlen == 32 ? RVKEY_XL32 : 0);
            for (unsigned n = 0; n < 4; n++) {
                uint32_t insn = encoding_of(in);
                memcpy(code, &insn, 4);
                translate(r, key, test_code_pc, 1);
            }
            for (unsigned at = 0; at + 4 <= sizeof(code);) {
                uint32_t insn = random_encoding();
                memcpy(code + at, &insn, 4);
                at += (insn & 3) == 3 ? 4 : 2;
            }
            translate(r, key, test_code_pc, 40);
        }
    }
    g_free(r);
}

/* -- What units look like -- */

/* Translate words as code at test_code_pc; a 16-bit one takes half a word. */
static void translate_words(struct riscv_cpu *r, uint32_t key, unsigned max, const uint32_t *words, unsigned n)
{
    static uint8_t code[64];
    unsigned at = 0;
    memset(code, 0, sizeof(code)); /* illegal instructions */
    for (unsigned i = 0; i < n; i++) {
        memcpy(code + at, &words[i], 4);
        at += (words[i] & 3) == 3 ? 4 : 2;
    }
    test_code = code;
    test_code_size = sizeof(code);
    translate(r, key, test_code_pc, max);
}

static unsigned count(enum ir_opcode op)
{
    unsigned n = 0;
    for (unsigned i = 0; i < unit.nops; i++)
        n += unit.ops[i].op == op;
    return n;
}

static bool calls(const struct ir_helper *h)
{
    for (unsigned i = 0; i < unit.nops; i++) {
        if (unit.ops[i].op == IR_CALL && unit.ops[i].imm == (intptr_t)h)
            return true;
    }
    return false;
}

/* The unit is one instruction that raises; its cause and tval are the constants passed. */
static void expect_raise(unsigned cause, uint64_t tval)
{
    g_assert_cmpuint(unit.ninsns, ==, 1);
    for (unsigned i = 0; i < unit.nops; i++) {
        const struct ir_op *o = &unit.ops[i];
        if (o->op == IR_CALL && o->imm == (intptr_t)&riscv_helper_raise) {
            g_assert_cmpuint(unit.ops[o->arg[0]].imm, ==, cause);
            g_assert_cmpuint(unit.ops[o->arg[1]].imm, ==, tval);
            return;
        }
    }
    g_assert_not_reached();
}

#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, G_N_ELEMENTS(((const uint32_t[]){__VA_ARGS__}))
#define DIRTY (RVFS_DIRTY << RVKEY_FS_SHIFT)

static void test_units(void)
{
    g_autofree struct riscv_cpu *r = g_new0(struct riscv_cpu, 1);
    const uint32_t addi = 0x00150513, beq_forward = 0x00050463, beq_back = 0xfe050ee3, fadd = 0x00a57553;
    test_config_all(&r->config, 64);
    test_code_pc = 0x80001000;

    translate_words(r, PRV_M, 3, WORDS(addi, addi, addi, addi));
    g_assert_cmpuint(unit.ninsns, ==, 3);
    g_assert_cmpuint(unit.guest_size, ==, 12);

    /* Behind a branch forward the unit goes on, twice at most; a branch back ends it. */
    translate_words(r, PRV_M, 64, WORDS(beq_forward, addi, beq_forward, addi, beq_forward, addi));
    g_assert_cmpuint(unit.ninsns, ==, 5);
    g_assert_cmpuint(count(IR_EXIT_JUMP), ==, 4);
    translate_words(r, PRV_M, 64, WORDS(addi, beq_back, addi));
    g_assert_cmpuint(unit.ninsns, ==, 2);

    /* Illegal: the 16-bit encoding, and FP with FS off or a reserved dynamic rounding mode. */
    translate_words(r, PRV_M, 64, WORDS(0));
    expect_raise(EXC_ILLEGAL, 0);
    translate_words(r, PRV_M, 64, WORDS(fadd));
    expect_raise(EXC_ILLEGAL, fadd);
    translate_words(r, PRV_M | DIRTY | RVFRM_INVALID << RVKEY_FRM_SHIFT, 64, WORDS(fadd));
    expect_raise(EXC_ILLEGAL, fadd);
    translate_words(r, PRV_M, 64, WORDS(0x00100073));
    expect_raise(EXC_BREAKPOINT, test_code_pc);

    /* FS clean: it becomes dirty, then the key is another one. Stores and fmv.x.d change nothing. */
    translate_words(r, PRV_M | RVFS_CLEAN << RVKEY_FS_SHIFT, 64, WORDS(fadd, addi));
    g_assert_true(calls(&riscv_helper_fs_dirty));
    g_assert_cmpuint(unit.ninsns, ==, 1);
    g_assert_cmpuint(count(IR_EXIT_STATE), ==, 1);
    translate_words(r, PRV_M | DIRTY, 2, WORDS(fadd, fadd));
    g_assert_false(calls(&riscv_helper_fs_dirty));
    g_assert_cmpuint(unit.ninsns, ==, 2);
    translate_words(r, PRV_M | RVFS_CLEAN << RVKEY_FS_SHIFT, 2, WORDS(0x00a53027, 0xe2050553));
    g_assert_false(calls(&riscv_helper_fs_dirty));

    /* csrrw a0, sscratch, a0 is two accesses to the state, where the privilege allows it. */
    translate_words(r, PRV_S, 1, WORDS(0x14051573));
    g_assert_cmpuint(count(IR_CALL), ==, 0);
    translate_words(r, PRV_U, 1, WORDS(0x14051573));
    g_assert_true(calls(&riscv_helper_csr));
    /* A CSR that the key depends on ends the unit when it is written, not when it is read. */
    translate_words(r, PRV_S, 2, WORDS(0x10051573, addi));
    g_assert_cmpuint(unit.ninsns, ==, 1);
    translate_words(r, PRV_S, 2, WORDS(0x10002573, addi));
    g_assert_cmpuint(unit.ninsns, ==, 2);

    /* IALIGN 32: a jump to the middle of a word raises there. */
    translate_words(r, PRV_M | RVKEY_NOC, 4, WORDS(0x0060006f));
    expect_raise(EXC_INSN_MISALIGNED, test_code_pc + 6);
    translate_words(r, PRV_M, 4, WORDS(0x0060006f));
    g_assert_cmpuint(count(IR_CALL), ==, 0);

    /* x0 is no register of the IR. */
    translate_words(r, PRV_M, 4, WORDS(0x00a50033, 0x00000533, 0x00053003, 0x0a05202f));
    for (unsigned i = 0; i < unit.nops; i++)
        g_assert_true((unit.ops[i].op != IR_GET && unit.ops[i].op != IR_PUT) || unit.ops[i].imm != 0);
    g_assert_cmpuint(count(IR_LD), ==, 1);
}

/* An instruction on two pages is only ever a unit's first; the next page begins another unit. */
static void test_page_end(void)
{
    g_autofree struct riscv_cpu *r = g_new0(struct riscv_cpu, 1);
    const uint32_t addi = 0x00150513, c_nop = 0x0001;
    test_config_all(&r->config, 64);
    test_code_pc = 0x80001ff8;
    translate_words(r, PRV_M, 64, WORDS(addi, c_nop, addi, addi));
    g_assert_cmpuint(unit.ninsns, ==, 2);
    g_assert_cmpuint(unit.guest_size, ==, 6);
    translate_words(r, PRV_M, 64, WORDS(addi, addi, addi, addi));
    g_assert_cmpuint(unit.ninsns, ==, 2);
    test_code_pc = 0x80001ffe;
    translate_words(r, PRV_M, 64, WORDS(addi, addi, addi));
    g_assert_cmpuint(unit.ninsns, ==, 1);
    g_assert_cmpuint(unit.guest_size, ==, 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    rng = g_rand_new_with_seed(g_getenv("SEED") ? atoi(g_getenv("SEED")) : 1);
    test_arch_init();
    g_test_add_func("/riscv/decode/trees", test_trees);
    g_test_add_func("/riscv/decode/gates", test_gates);
    g_test_add_func("/riscv/decode/embedded", test_embedded);
    g_test_add_func("/riscv/decode/reserved", test_reserved);
    g_test_add_func("/riscv/decode/binutils", test_binutils);
    g_test_add_func("/riscv/translate/verify", test_translate);
    g_test_add_func("/riscv/translate/units", test_units);
    g_test_add_func("/riscv/translate/page-end", test_page_end);
    return g_test_run();
}
