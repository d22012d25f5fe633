/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disassembly by the decode table: what the hart executes, extensions included, as binutils write it: compressed
 * instructions as what they abbreviate, and with the assembler's aliases.
 */
#include <inttypes.h>
#include <string.h>

#include "decode.h"
#include "symbols.h"

static const char *const x_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};
static const char *const f_names[32] = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};
static const char *const rm_names[8] = { "rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown", "dyn" };

static bool has_operand(const struct riscv_insn *i, enum riscv_arg arg)
{
    for (unsigned k = 0; k < i->noperands; k++) {
        if (i->operands[k].arg == arg)
            return true;
    }
    return false;
}

/* -- Aliases -- */

enum {
    RD_0 = 1, RD_RA = 2, RS1_0 = 4, RS1_RA = 8, RS2_0 = 16, SAME = 32, /* rs1 is rs2 */
    IMM_0 = 64, IMM_1 = 128, IMM_ONES = 256, IMM_BYTE = 512,
    SHORT = 1024, /* compressed */
    FULL = 2048,  /* fence's sets have all */
    XLEN_32 = 4096,
};

struct alias {
    const char *of;
    unsigned when; /* all of these hold ... */
    int csr;       /* ... and, if it is not 0, this is the CSR */
    const char *name, *assembly;
};

/* The first that fits counts. */
static const struct alias aliases[] = {
    { "addi", RD_0 | RS1_0 | IMM_0, 0, "nop", "" },
    { "addi", RS1_0, 0, "li", "rd, imm" },
    { "addi", IMM_0, 0, "mv", "rd, rs1" },
    { "add", RS1_0 | SHORT, 0, "mv", "rd, rs2" },
    { "addiw", IMM_0, 0, "sext.w", "rd, rs1" },
    { "add.uw", RS2_0, 0, "zext.w", "rd, rs1" },
    { "andi", IMM_BYTE, 0, "zext.b", "rd, rs1" },
    { "xori", IMM_ONES, 0, "not", "rd, rs1" },
    { "sub", RS1_0, 0, "neg", "rd, rs2" },
    { "subw", RS1_0, 0, "negw", "rd, rs2" },
    { "sltiu", IMM_1, 0, "seqz", "rd, rs1" },
    { "sltu", RS1_0, 0, "snez", "rd, rs2" },
    { "slt", RS2_0, 0, "sltz", "rd, rs1" },
    { "slt", RS1_0, 0, "sgtz", "rd, rs2" },
    { "jal", RD_0, 0, "j", "imm" },
    { "jal", RD_RA, 0, "jal", "imm" },
    { "jalr", RD_0 | RS1_RA | IMM_0, 0, "ret", "" },
    { "jalr", RD_0 | IMM_0, 0, "jr", "rs1" },
    { "jalr", RD_0, 0, "jr", "imm(rs1)" },
    { "jalr", RD_RA | IMM_0, 0, "jalr", "rs1" },
    { "jalr", RD_RA, 0, "jalr", "imm(rs1)" },
    { "jalr", IMM_0, 0, "jalr", "rd, rs1" },
    { "beq", RS2_0, 0, "beqz", "rs1, imm" },
    { "bne", RS2_0, 0, "bnez", "rs1, imm" },
    { "bge", RS1_0, 0, "blez", "rs2, imm" },
    { "bge", RS2_0, 0, "bgez", "rs1, imm" },
    { "blt", RS2_0, 0, "bltz", "rs1, imm" },
    { "blt", RS1_0, 0, "bgtz", "rs2, imm" },
    { "fence", FULL, 0, "fence", "" },
    { "sfence.vma", RS1_0 | RS2_0, 0, "sfence.vma", "" },
    { "sfence.vma", RS2_0, 0, "sfence.vma", "rs1" },
    { "csrrw", RD_0 | RS1_0, 0xc00, "unimp", "" },
    { "csrrs", RS1_0, 0xc00, "rdcycle", "rd" },
    { "csrrs", RS1_0, 0xc01, "rdtime", "rd" },
    { "csrrs", RS1_0, 0xc02, "rdinstret", "rd" },
    { "csrrs", RS1_0 | XLEN_32, 0xc80, "rdcycleh", "rd" },
    { "csrrs", RS1_0 | XLEN_32, 0xc81, "rdtimeh", "rd" },
    { "csrrs", RS1_0 | XLEN_32, 0xc82, "rdinstreth", "rd" },
    { "csrrs", RS1_0, 1, "frflags", "rd" },
    { "csrrs", RS1_0, 2, "frrm", "rd" },
    { "csrrs", RS1_0, 3, "frcsr", "rd" },
    { "csrrw", RD_0, 1, "fsflags", "rs1" },
    { "csrrw", 0, 1, "fsflags", "rd, rs1" },
    { "csrrw", RD_0, 2, "fsrm", "rs1" },
    { "csrrw", 0, 2, "fsrm", "rd, rs1" },
    { "csrrw", RD_0, 3, "fscsr", "rs1" },
    { "csrrw", 0, 3, "fscsr", "rd, rs1" },
    { "csrrwi", RD_0, 1, "fsflagsi", "uimm" },
    { "csrrwi", 0, 1, "fsflagsi", "rd, uimm" },
    { "csrrwi", 0, 2, "fsrmi", "rd, uimm" },
    { "csrrs", RS1_0, 0, "csrr", "rd, imm" },
    { "csrrw", RD_0, 0, "csrw", "imm, rs1" },
    { "csrrs", RD_0, 0, "csrs", "imm, rs1" },
    { "csrrc", RD_0, 0, "csrc", "imm, rs1" },
    { "csrrwi", RD_0, 0, "csrwi", "imm, uimm" },
    { "csrrsi", RD_0, 0, "csrsi", "imm, uimm" },
    { "csrrci", RD_0, 0, "csrci", "imm, uimm" },
    { "fsgnj.h", SAME, 0, "fmv.h", "fd, fs1" },
    { "fsgnj.s", SAME, 0, "fmv.s", "fd, fs1" },
    { "fsgnj.d", SAME, 0, "fmv.d", "fd, fs1" },
    { "fsgnjn.h", SAME, 0, "fneg.h", "fd, fs1" },
    { "fsgnjn.s", SAME, 0, "fneg.s", "fd, fs1" },
    { "fsgnjn.d", SAME, 0, "fneg.d", "fd, fs1" },
    { "fsgnjx.h", SAME, 0, "fabs.h", "fd, fs1" },
    { "fsgnjx.s", SAME, 0, "fabs.s", "fd, fs1" },
    { "fsgnjx.d", SAME, 0, "fabs.d", "fd, fs1" },
    { "c.nop", 0, 0, "nop", "" },
};

static bool alias_fits(const struct alias *l, const struct riscv_insn *i, const struct riscv_args *a, bool compressed,
                       bool rv32)
{
    return (!(l->when & RD_0) || a->rd == 0) && (!(l->when & RD_RA) || a->rd == 1) &&
           (!(l->when & RS1_0) || a->rs1 == 0) && (!(l->when & RS1_RA) || a->rs1 == 1) &&
           (!(l->when & RS2_0) || a->rs2 == 0) && (!(l->when & SAME) || a->rs1 == a->rs2) &&
           (!(l->when & IMM_0) || a->imm == 0) && (!(l->when & IMM_1) || a->imm == 1) &&
           (!(l->when & IMM_ONES) || a->imm == -1) && (!(l->when & IMM_BYTE) || a->imm == 255) &&
           (!(l->when & SHORT) || compressed) && (!(l->when & XLEN_32) || rv32) &&
           (!(l->when & FULL) || (a->fm == 0 && a->pred == 15 && a->succ == 15)) &&
           (!l->csr || (a->imm & 0xfff) == l->csr) && !strcmp(l->of, i->name);
}

/* The row of what a compressed instruction abbreviates; the instruction itself if there is none, or if it is a hint. */
static const struct riscv_insn *in_full(const struct riscv_insn *i, const struct riscv_args *a)
{
    if (i->length == 4 || !strcmp(i->name, "c.nop") || !strcmp(i->name, "c.mop"))
        return i;
    for (unsigned k = 0; k < i->noperands; k++)
        if (i->operands[k].arg == RVA_rd && !i->operands[k].is_const && a->rd == 0)
            return i;
    for (unsigned k = 0; k < riscv_insn_count; k++)
        if (riscv_insns[k].length == 4 && riscv_insns[k].trans == i->trans)
            return &riscv_insns[k];
    return i;
}

/* -- Operands -- */

/* fence's sets: i, o, r, w. */
static void print_set(GString *out, unsigned set)
{
    for (unsigned k = 0; k < 4; k++) {
        if (set & (8u >> k))
            g_string_append_c(out, "iorw"[k]);
    }
    if (!set)
        g_string_append(out, "unknown");
}

static bool is_csr(const struct riscv_insn *i)
{
    return !strncmp(i->name, "csrr", 4);
}

/* The immediate is a distance from the PC. */
static bool jumps(const struct riscv_insn *i)
{
    return !strcmp(i->name, "jal") || (i->name[0] == 'b' && !has_operand(i, RVA_rd));
}

static bool imm_is_signed(const struct riscv_insn *i)
{
    for (unsigned k = 0; k < i->noperands; k++)
        if (i->operands[k].arg == RVA_imm)
            return i->operands[k].is_signed;
    return true;
}

static void print_imm(GString *out, const struct riscv_insn *i, const struct riscv_args *a, gva pc, bool rv32)
{
    if (is_csr(i) && riscv_csr_name(a->imm & 0xfff))
        g_string_append(out, riscv_csr_name(a->imm & 0xfff));
    else if (is_csr(i))
        g_string_append_printf(out, "0x%x", a->imm & 0xfff);
    else if (jumps(i)) {
        gva target = rv32 ? (uint32_t)(pc + a->imm) : pc + a->imm;
        g_string_append_printf(out, "0x%" PRIx64, target);
        symbol_append(out, " ", target, true);
    } else if (!strcmp(i->name, "lui") || !strcmp(i->name, "auipc") || !strcmp(i->name, "c.lui"))
        g_string_append_printf(out, "0x%x", (uint32_t)a->imm >> 12);
    else
        g_string_append_printf(out, imm_is_signed(i) ? "%d" : "0x%x", a->imm);
}

/* Zcmp's: {ra, s0-s3} */
static void print_register_list(GString *out, unsigned list)
{
    unsigned n = riscv_list_saved(list);
    g_string_append(out, n == 0 ? "{ra}" : n == 1 ? "{ra, s0}" : "");
    if (n > 1)
        g_string_append_printf(out, "{ra, s0-s%u}", n - 1);
}

/* The rounding mode with the comma before it, but for the usual one: the dynamic one, or any of an exact conversion. */
static void print_mode(GString *out, const struct riscv_insn *i, unsigned rm)
{
    static const char *const exact[] = { "fcvt.d.w", "fcvt.d.wu", "fcvt.d.s", "fcvt.s.h", "fcvt.d.h", NULL };

    if (rm != 7 && (rm != 0 || !g_strv_contains(exact, i->name)))
        g_string_append_printf(out, ",%s", rm_names[rm & 7]);
}

static void print_operand(GString *out, const struct riscv_insn *i, const char *name, const struct riscv_args *a,
                          gva pc, bool rv32)
{
    if (!strcmp(name, "rd"))
        g_string_append(out, x_names[a->rd & 31]);
    else if (!strcmp(name, "rs1"))
        g_string_append(out, x_names[a->rs1 & 31]);
    else if (!strcmp(name, "rs2"))
        g_string_append(out, x_names[a->rs2 & 31]);
    else if (!strcmp(name, "fd"))
        g_string_append(out, f_names[a->rd & 31]);
    else if (!strcmp(name, "fs1"))
        g_string_append(out, f_names[a->rs1 & 31]);
    else if (!strcmp(name, "fs2"))
        g_string_append(out, f_names[a->rs2 & 31]);
    else if (!strcmp(name, "fs3"))
        g_string_append(out, f_names[a->rs3 & 31]);
    else if (!strcmp(name, "imm"))
        print_imm(out, i, a, pc, rv32);
    else if (!strcmp(name, "uimm"))
        g_string_append_printf(out, is_csr(i) || !strncmp(i->name, "fli", 3) ? "%u" : "0x%x", a->uimm);
    else if (!strcmp(name, "index"))
        g_string_append_printf(out, "%u", a->imm + a->uimm);
    else if (!strcmp(name, "reglist"))
        print_register_list(out, a->uimm);
    else if (!strcmp(name, "adjust"))
        g_string_append_printf(out, "%u", riscv_list_bytes(a->uimm, rv32) + a->imm);
    else if (!strcmp(name, "pred"))
        print_set(out, a->pred);
    else if (!strcmp(name, "succ"))
        print_set(out, a->succ);
    else
        g_string_append(out, name); /* literally so: rtz */
}

/* An assembly form with its operands, without its spaces. */
static void print_operands(GString *out, const char *form, const struct riscv_insn *i, const struct riscv_args *a,
                           gva pc, bool rv32)
{
    while (*form) {
        size_t n = strspn(form, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (n) {
            g_autofree char *name = g_strndup(form, n);
            print_operand(out, i, name, a, pc, rv32);
            form += n;
        } else if (!strcmp(form, ", rm")) {
            print_mode(out, i, a->rm);
            form += 4;
        } else if (*form++ != ' ') {
            g_string_append_c(out, form[-1]);
        }
    }
}

unsigned riscv_disas(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    bool rv32 = r->config.xlen == 32 || (cpu->mode.word[0] & RVKEY_XL32);
    struct riscv_args a = { 0 };
    uint32_t insn = 0;

    if (len < 2)
        return 0;
    unsigned size = (code[0] & 3) == 3 ? 4 : 2;
    if (len < size)
        size = 2;
    memcpy(&insn, code, size);
    const struct riscv_insn *i = riscv_decode(&r->config, rv32, insn, &a);
    if (!i) {
        if (insn)
            g_string_append_printf(out, size == 4 ? ".word 0x%08x" : ".half 0x%04x", insn);
        else
            g_string_append(out, "unimp");
        return size;
    }
    i = in_full(i, &a);
    const char *name = i->name, *form = i->assembly;
    for (unsigned k = 0; k < ARRAY_SIZE(aliases); k++)
        if (alias_fits(&aliases[k], i, &a, size == 2, rv32)) {
            name = aliases[k].name;
            form = aliases[k].assembly;
            break;
        }
    g_string_append(out, name);
    if (has_operand(i, RVA_aq))
        g_string_append(out, a.aq && a.rl ? ".aqrl" : a.aq ? ".aq" : a.rl ? ".rl" : "");
    if (*form)
        g_string_append_c(out, ' ');
    print_operands(out, form, i, &a, pc, rv32);
    return size;
}
