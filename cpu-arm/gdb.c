/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU as gdb sees it: target description and registers, numbered as gdb's AArch64 port has them. */
#include <string.h>

#include "arm.h"

enum { GDB_SP = 31, GDB_PC = 32, GDB_CPSR = 33, GDB_V0 = 34, GDB_FPSR = 66, GDB_FPCR = 67, GDB_COUNT = 68 };

static void core_feature(GString *s)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.aarch64.core\">\n");
    for (unsigned i = 0; i < 31; i++)
        g_string_append_printf(s, "<reg name=\"x%u\" bitsize=\"64\" regnum=\"%u\"/>\n", i, i);
    g_string_append(s, "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>\n"
                       "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>\n"
                       "<reg name=\"cpsr\" bitsize=\"32\"/>\n</feature>\n");
}

static void fpu_feature(GString *s)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.aarch64.fpu\">\n"
                       "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>\n"
                       "<vector id=\"v2u\" type=\"uint64\" count=\"2\"/>\n"
                       "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\n"
                       "<vector id=\"v4u\" type=\"uint32\" count=\"4\"/>\n"
                       "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/>\n"
                       "<vector id=\"v16u\" type=\"uint8\" count=\"16\"/>\n"
                       "<union id=\"aarch64v\"><field name=\"d\" type=\"v2d\"/><field name=\"f\" type=\"v4f\"/>"
                       "<field name=\"q\" type=\"uint128\"/><field name=\"u\" type=\"v2u\"/>"
                       "<field name=\"s\" type=\"v4u\"/><field name=\"h\" type=\"v8u\"/>"
                       "<field name=\"b\" type=\"v16u\"/></union>\n");
    for (unsigned i = 0; i < 32; i++)
        g_string_append_printf(s, "<reg name=\"v%u\" bitsize=\"128\" type=\"aarch64v\" regnum=\"%u\"/>\n", i,
                               GDB_V0 + i);
    g_string_append(s, "<reg name=\"fpsr\" bitsize=\"32\"/>\n<reg name=\"fpcr\" bitsize=\"32\"/>\n</feature>\n");
}

const char *arm_gdb_target_xml(struct cpu *cpu, const char *annex)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (strcmp(annex, "target.xml") != 0)
        return NULL;
    if (!a->target_xml) {
        GString *s = g_string_new("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"
                                  "<architecture>aarch64</architecture>\n");
        core_feature(s);
        fpu_feature(s);
        g_string_append(s, "</target>\n");
        a->target_xml = g_string_free(s, FALSE);
    }
    return a->target_xml;
}

static unsigned reg_bytes(int reg)
{
    if (reg < 0 || reg >= GDB_COUNT)
        return 0;
    if (reg >= GDB_V0 && reg < GDB_FPSR)
        return 16;
    return reg == GDB_CPSR || reg >= GDB_FPSR ? 4 : 8;
}

static uint64_t reg_read(struct arm_cpu *a, int reg)
{
    switch (reg) {
    case GDB_SP: return a->sp;
    case GDB_PC: return a->cpu.pc;
    case GDB_CPSR: return arm_pstate_read(a);
    case GDB_FPSR: return arm_fpsr_read(a);
    case GDB_FPCR: return a->fpcr;
    default: return a->x[reg];
    }
}

/* Of PSTATE only flags and masks: another level would need what an exception or its return does. */
static void reg_write(struct arm_cpu *a, int reg, uint64_t value)
{
    switch (reg) {
    case GDB_SP: a->sp = value; break;
    case GDB_PC: a->cpu.pc = value; break;
    case GDB_CPSR:
        a->nzcv = value & PSTATE_NZCV;
        a->pstate = (a->pstate & ~PSTATE_DAIF) | (value & PSTATE_DAIF);
        break;
    case GDB_FPSR: arm_fpsr_write(a, value); break;
    case GDB_FPCR: arm_fpcr_write(a, value); break;
    default: a->x[reg] = value;
    }
}

unsigned arm_gdb_read(struct cpu *cpu, int reg, uint8_t *buf)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned n = reg_bytes(reg);
    if (n == 16) {
        memcpy(buf, a->v[reg - GDB_V0].q, 16);
    } else if (n) {
        uint64_t value = reg_read(a, reg);
        memcpy(buf, &value, n);
    }
    return n;
}

unsigned arm_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned n = reg_bytes(reg);
    if (n == 16) {
        memcpy(a->v[reg - GDB_V0].q, buf, 16);
    } else if (n) {
        uint64_t value = 0;
        memcpy(&value, buf, n);
        reg_write(a, reg, value);
    }
    return n;
}

unsigned arm_gdb_nregs(struct cpu *cpu)
{
    return GDB_COUNT;
}
