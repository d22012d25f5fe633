/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart as gdb sees it: target description and registers, numbered as gdb's RISC-V port has them:
 * x0-x31, pc, f0-f31, then the CSRs by their numbers, then the privilege.
 */
#include "riscv.h"

enum { GDB_PC = 32, GDB_F0 = 33, GDB_CSR0 = 65, GDB_PRIV = GDB_CSR0 + 4096 };

static void reg_xml(GString *s, const char *name, unsigned bits, const char *type, int num, const char *group)
{
    g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%d\"", name, bits, type, num);
    if (group)
        g_string_append_printf(s, " group=\"%s\"", group);
    g_string_append(s, "/>\n");
}

static void cpu_feature(GString *s, const struct riscv_cpu *r)
{
    unsigned n = r->config.has[RVF_e] ? 16 : 32;
    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.cpu\">\n");
    for (unsigned i = 0; i < n; i++)
        reg_xml(s, riscv_regs[RVREG_X(i)].name, r->config.xlen,
                i == 1 ? "code_ptr" : i >= 2 && i <= 4 ? "data_ptr" : "int", i, NULL);
    reg_xml(s, "pc", r->config.xlen, "code_ptr", GDB_PC, NULL);
    g_string_append(s, "</feature>\n");
}

static void fpu_feature(GString *s, const struct riscv_cpu *r)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.fpu\">\n");
    if (r->config.has[RVF_d])
        g_string_append(s, "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/>"
                           "<field name=\"double\" type=\"ieee_double\"/></union>\n");
    for (unsigned i = 0; i < 32; i++)
        reg_xml(s, riscv_regs[RVREG_F(i)].name, r->config.has[RVF_d] ? 64 : 32,
                r->config.has[RVF_d] ? "riscv_double" : "ieee_single", GDB_F0 + i, "float");
    g_string_append(s, "</feature>\n");
}

static void csr_feature(GString *s, struct riscv_cpu *r)
{
    uint64_t value;
    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.csr\">\n");
    for (unsigned csr = 0; csr < 4096; csr++)
        if (riscv_csr_debug_read(r, csr, &value))
            reg_xml(s, riscv_csr_name(csr), r->config.xlen, "int", GDB_CSR0 + csr, csr <= 3 ? "float" : NULL);
    g_string_append(s, "</feature>\n");
}

static char *target_xml(struct riscv_cpu *r)
{
    GString *s = g_string_new("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n");
    g_string_append_printf(s, "<architecture>riscv:rv%u</architecture>\n", r->config.xlen);
    cpu_feature(s, r);
    if (r->config.has[RVF_f])
        fpu_feature(s, r);
    csr_feature(s, r);
    g_string_append(s, "<feature name=\"org.gnu.gdb.riscv.virtual\">\n");
    reg_xml(s, "priv", r->config.xlen, "int", GDB_PRIV, NULL);
    g_string_append(s, "</feature>\n</target>\n");
    return g_string_free(s, FALSE);
}

const char *riscv_gdb_target_xml(struct cpu *cpu, const char *annex)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (strcmp(annex, "target.xml") != 0)
        return NULL;
    if (!r->target_xml)
        r->target_xml = target_xml(r);
    return r->target_xml;
}

static unsigned f_bytes(const struct riscv_cpu *r)
{
    return !r->config.has[RVF_f] ? 0 : r->config.has[RVF_d] ? 8 : 4;
}

/* Bytes of a register in gdb's packets; 0: the hart has no such register. */
static unsigned reg_bytes(struct riscv_cpu *r, int reg)
{
    uint64_t ignored;
    unsigned x = r->config.xlen / 8;
    if (reg < 0 || reg > GDB_PRIV)
        return 0;
    if (reg < GDB_PC)
        return reg < 16 || !r->config.has[RVF_e] ? x : 0;
    if (reg == GDB_PC || reg == GDB_PRIV)
        return x;
    if (reg < GDB_CSR0)
        return f_bytes(r);
    return riscv_csr_debug_read(r, reg - GDB_CSR0, &ignored) ? x : 0;
}

static uint64_t reg_read(struct riscv_cpu *r, int reg)
{
    uint64_t value = 0;
    if (reg < GDB_PC)
        return r->x[reg];
    if (reg == GDB_PC)
        return r->cpu.pc;
    if (reg < GDB_CSR0)
        return r->f[reg - GDB_F0];
    if (reg == GDB_PRIV)
        return r->priv;
    riscv_csr_debug_read(r, reg - GDB_CSR0, &value);
    return value;
}

static void set_priv(struct riscv_cpu *r, uint64_t priv)
{
    bool ok = priv == PRV_M || (priv == PRV_S && r->config.has[RVF_s]) || (priv == PRV_U && r->config.has[RVF_u]);
    if (!ok)
        return;
    r->priv = priv;
    riscv_update_state(r);
}

static void reg_write(struct riscv_cpu *r, int reg, uint64_t value)
{
    if (reg == 0)
        return;
    if (reg < GDB_PC)
        r->x[reg] = value;
    else if (reg == GDB_PC)
        r->cpu.pc = value;
    else if (reg < GDB_CSR0) /* a single alone is NaN-boxed */
        r->f[reg - GDB_F0] = r->config.has[RVF_d] ? value : value | UINT64_C(0xffffffff00000000);
    else if (reg == GDB_PRIV)
        set_priv(r, value);
    else
        riscv_csr_debug_write(r, reg - GDB_CSR0, value);
}

unsigned riscv_gdb_read(struct cpu *cpu, int reg, uint8_t *buf)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    unsigned n = reg_bytes(r, reg);
    uint64_t value = n ? reg_read(r, reg) : 0;
    for (unsigned i = 0; i < n; i++)
        buf[i] = value >> (8 * i);
    return n;
}

unsigned riscv_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    unsigned n = reg_bytes(r, reg);
    uint64_t value = 0;
    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)buf[i] << (8 * i);
    if (n)
        reg_write(r, reg, value);
    return n;
}

unsigned riscv_gdb_nregs(struct cpu *cpu)
{
    return GDB_PC + 1;
}
