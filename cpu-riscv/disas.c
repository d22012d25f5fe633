/* SPDX-License-Identifier: BSD-2-Clause */
/* Disassembly by the decode table: what the hart executes, extensions included, in the assembler's notation. */
#include <inttypes.h>
#include <string.h>

#include "decode.h"

static const char *const x_names[32] = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
    "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};
static const char *const f_names[32] = {
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4", "fa5",
    "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};
static const char *const rm_names[8] = { "rne", "rtz", "rdn", "rup", "rmm", "rm5", "rm6", "dyn" };

static bool has_operand(const struct riscv_insn *i, enum riscv_arg arg)
{
    for (unsigned k = 0; k < i->noperands; k++) {
        if (i->operands[k].arg == arg)
            return true;
    }
    return false;
}

/* fence's sets: i, o, r, w. */
static void print_set(GString *out, unsigned set)
{
    for (unsigned k = 0; k < 4; k++) {
        if (set & (8u >> k))
            g_string_append_c(out, "iorw"[k]);
    }
    if (!set)
        g_string_append_c(out, '0');
}

static void print_imm(GString *out, const struct riscv_insn *i, const struct riscv_args *a, gva pc, bool rv32)
{
    bool is_csr = !strncmp(i->name, "csrr", 4);
    bool jumps = !strcmp(i->name, "jal") || !strcmp(i->name, "c.j") || !strcmp(i->name, "c.jal") ||
                 ((i->name[0] == 'b' || !strncmp(i->name, "c.b", 3)) && strstr(i->assembly, "rs1, ") &&
                  !has_operand(i, RVA_rd));

    if (is_csr && riscv_csr_name(a->imm & 0xfff))
        g_string_append(out, riscv_csr_name(a->imm & 0xfff));
    else if (is_csr)
        g_string_append_printf(out, "0x%x", a->imm & 0xfff);
    else if (jumps)
        g_string_append_printf(out, "0x%" PRIx64, rv32 ? (uint32_t)(pc + a->imm) : pc + a->imm);
    else if (!strcmp(i->name, "lui") || !strcmp(i->name, "auipc") || !strcmp(i->name, "c.lui"))
        g_string_append_printf(out, "0x%x", (uint32_t)a->imm >> 12);
    else
        g_string_append_printf(out, "%d", a->imm);
}

/* Zcmp's: {ra, s0-s3} */
static void print_register_list(GString *out, unsigned list)
{
    unsigned n = riscv_list_saved(list);
    g_string_append(out, n == 0 ? "{ra}" : n == 1 ? "{ra, s0}" : "");
    if (n > 1)
        g_string_append_printf(out, "{ra, s0-s%u}", n - 1);
}

static void print_operand(GString *out, const struct riscv_insn *i, const char *name, const struct riscv_args *a, gva pc,
                          bool rv32)
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
        g_string_append_printf(out, "%u", a->uimm);
    else if (!strcmp(name, "index"))
        g_string_append_printf(out, "%u", a->imm + a->uimm);
    else if (!strcmp(name, "reglist"))
        print_register_list(out, a->uimm);
    else if (!strcmp(name, "adjust"))
        g_string_append_printf(out, "%u", riscv_list_bytes(a->uimm, rv32) + a->imm);
    else if (!strcmp(name, "rm"))
        g_string_append(out, rm_names[a->rm & 7]);
    else if (!strcmp(name, "pred"))
        print_set(out, a->pred);
    else if (!strcmp(name, "succ"))
        print_set(out, a->succ);
    else
        g_string_append(out, name); /* literally so: rtz */
}

unsigned riscv_disas(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    bool rv32 = r->config.xlen == 32 || (cpu->key & RVKEY_XL32);
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
        g_string_append_printf(out, size == 4 ? ".word 0x%08x" : ".half 0x%04x", insn);
        return size;
    }
    g_string_append(out, i->name);
    if (has_operand(i, RVA_aq))
        g_string_append(out, a.aq && a.rl ? ".aqrl" : a.aq ? ".aq" : a.rl ? ".rl" : "");
    if (*i->assembly)
        g_string_append_c(out, ' ');
    for (const char *p = i->assembly; *p;) {
        size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (n) {
            g_autofree char *name = g_strndup(p, n);
            print_operand(out, i, name, &a, pc, rv32);
            p += n;
        } else {
            g_string_append_c(out, *p++);
        }
    }
    return size;
}
