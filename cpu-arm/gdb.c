/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CPU as gdb sees it: target description and registers, numbered as gdb's ports have them (AArch64's, and ARM's of a CPU
 * without AArch64), and system registers behind those.
 */
#include <string.h>

#include "aarch32.h"
#include "pauth.h"
#include "sysreg.h"

/* -- What follows from the kind of CPU -- */

enum { A64_SP = 31, A64_PC = 32, A64_CPSR = 33, A64_V0 = 34, A64_FPSR = 66, A64_FPCR = 67, A64_CORE = 68,
       A64_PAUTH = 68 /* 4: masks of the code's bits in data, code; in the upper half */, A64_COUNT = 72 };
enum { A32_PC = 15, A32_CPSR = 25, A32_CORE = 26, A32_D0 = 26, A32_FPSCR = 58, A32_COUNT = 59 };

static bool is_a32(const struct arm_cpu *a)
{
    return a->config.a32_only;
}

/* D registers; 0: there is no VFP. */
static unsigned d_registers(const struct arm_cpu *a)
{
    return !arm_has(a, ARMF_fp) ? 0 : arm_has(a, ARMF_asimd) ? 32 : 16;
}

/* System registers that can be read without effects, being members of the CPU: the n-th of its kind, or NULL. */
static const struct arm_sysreg *system_row(const struct arm_cpu *a, unsigned n)
{
    const struct arm_sysreg *rows = is_a32(a) ? arm_cp_regs : arm_sysregs;
    unsigned count = is_a32(a) ? arm_cp_count : arm_sysreg_count;
    if (n >= count)
        return NULL;
    const struct arm_sysreg *r = &rows[n];
    bool there = r->name && r->offset >= 0 && (r->feature == ARMF_COUNT || arm_has(a, r->feature));
    for (unsigned i = 0; there && i < n; i++) /* one of several forms of the same register */
        there = rows[i].offset < 0 || g_strcmp0(rows[i].name, r->name) != 0;
    return there ? r : NULL;
}

static unsigned system_bytes(const struct arm_cpu *a, const struct arm_sysreg *r)
{
    return is_a32(a) && r->enc >> 14 != CP15_64 && r->enc >> 14 != CP14_64 ? 4 : 8;
}

static unsigned system_base(const struct arm_cpu *a)
{
    return is_a32(a) ? A32_COUNT : A64_COUNT;
}

/* -- The target description -- */

static void a64_core(GString *s)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.aarch64.core\">\n");
    for (unsigned i = 0; i < 31; i++)
        g_string_append_printf(s, "<reg name=\"x%u\" bitsize=\"64\" regnum=\"%u\"/>\n", i, i);
    g_string_append(s, "<reg name=\"sp\" bitsize=\"64\" type=\"data_ptr\"/>\n"
                       "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/>\n"
                       "<reg name=\"cpsr\" bitsize=\"32\"/>\n</feature>\n");
}

static void a64_fpu(GString *s)
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
                               A64_V0 + i);
    g_string_append(s, "<reg name=\"fpsr\" bitsize=\"32\"/>\n<reg name=\"fpcr\" bitsize=\"32\"/>\n</feature>\n");
}

/* gdb takes the codes out of return addresses by these. */
static void a64_pauth(GString *s)
{
    static const char *const names[] = { "pauth_dmask", "pauth_cmask", "pauth_dmask_high", "pauth_cmask_high" };
    g_string_append(s, "<feature name=\"org.gnu.gdb.aarch64.pauth\">\n");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"64\" regnum=\"%u\" save-restore=\"no\"/>\n", names[i],
                               A64_PAUTH + i);
    g_string_append(s, "</feature>\n");
}

static void a32_core(GString *s)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.arm.core\">\n");
    for (unsigned i = 0; i < 13; i++)
        g_string_append_printf(s, "<reg name=\"r%u\" bitsize=\"32\" regnum=\"%u\"/>\n", i, i);
    g_string_append_printf(s, "<reg name=\"sp\" bitsize=\"32\" type=\"data_ptr\"/>\n<reg name=\"lr\" bitsize=\"32\"/>\n"
                           "<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\"/>\n"
                           "<reg name=\"cpsr\" bitsize=\"32\" regnum=\"%u\"/>\n</feature>\n", A32_CPSR);
}

static void a32_vfp(GString *s, const struct arm_cpu *a)
{
    unsigned n = d_registers(a);
    if (!n)
        return;
    g_string_append(s, "<feature name=\"org.gnu.gdb.arm.vfp\">\n");
    for (unsigned i = 0; i < n; i++)
        g_string_append_printf(s, "<reg name=\"d%u\" bitsize=\"64\" type=\"ieee_double\" regnum=\"%u\"/>\n", i, A32_D0 + i);
    g_string_append_printf(s, "<reg name=\"fpscr\" bitsize=\"32\" type=\"int\" group=\"float\" regnum=\"%u\"/>\n"
                           "</feature>\n", A32_FPSCR);
    if (arm_has(a, ARMF_asimd)) /* gdb makes q0 to q15 of it */
        g_string_append(s, "<feature name=\"org.gnu.gdb.arm.neon\"></feature>\n");
}

static void system_feature(GString *s, const struct arm_cpu *a)
{
    unsigned count = is_a32(a) ? arm_cp_count : arm_sysreg_count;
    g_string_append(s, "<feature name=\"org.qemu.gdb.arm.sys.regs\">\n");
    for (unsigned i = 0; i < count; i++) {
        const struct arm_sysreg *r = system_row(a, i);
        if (r)
            g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" save-restore=\"no\" "
                                   "group=\"cp_regs\"/>\n", r->name, system_bytes(a, r) * 8, system_base(a) + i);
    }
    g_string_append(s, "</feature>\n");
}

const char *arm_gdb_target_xml(struct cpu *cpu, const char *annex)
{
    struct arm_cpu *a = arm_cpu(cpu);
    if (strcmp(annex, "target.xml") != 0)
        return NULL;
    if (!a->target_xml) {
        GString *s = g_string_new("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n");
        g_string_append_printf(s, "<architecture>%s</architecture>\n", is_a32(a) ? "arm" : "aarch64");
        if (is_a32(a)) {
            a32_core(s);
            a32_vfp(s, a);
        } else {
            a64_core(s);
            a64_fpu(s);
            if (arm_has(a, ARMF_pauth))
                a64_pauth(s);
        }
        system_feature(s, a);
        g_string_append(s, "</target>\n");
        a->target_xml = g_string_free(s, FALSE);
    }
    return a->target_xml;
}

/* -- Registers -- */

static unsigned reg_bytes(const struct arm_cpu *a, int reg)
{
    if (reg < 0)
        return 0;
    if (reg >= (int)system_base(a)) {
        const struct arm_sysreg *r = system_row(a, reg - system_base(a));
        return r ? system_bytes(a, r) : 0;
    }
    if (!is_a32(a) && reg >= A64_PAUTH)
        return arm_has(a, ARMF_pauth) ? 8 : 0;
    if (!is_a32(a))
        return reg >= A64_V0 && reg < A64_FPSR ? 16 : reg == A64_CPSR || reg >= A64_FPSR ? 4 : 8;
    if (reg <= A32_PC || reg == A32_CPSR)
        return 4;
    if (reg >= A32_D0 && reg < A32_D0 + (int)d_registers(a))
        return 8;
    return reg == A32_FPSCR && d_registers(a) ? 4 : 0;
}

static uint64_t a64_read(struct arm_cpu *a, int reg)
{
    switch (reg) {
    case A64_SP: return a->sp;
    case A64_PC: return a->cpu.pc;
    case A64_CPSR: return arm_pstate_read(a);
    case A64_FPSR: return arm_fpsr_read(a);
    case A64_FPCR: return a->fpcr;
    case A64_PAUTH:
    case A64_PAUTH + 1:
    case A64_PAUTH + 2:
    case A64_PAUTH + 3: return arm_pauth_mask(a, !((reg - A64_PAUTH) & 1), (reg - A64_PAUTH) & 2);
    default: return a->x[reg];
    }
}

static uint64_t a32_read(struct arm_cpu *a, int reg)
{
    switch (reg) {
    case A32_PC: return a->cpu.pc;
    case A32_CPSR: return arm_cpsr_read(a);
    case A32_FPSCR: return arm_fpscr_read(a);
    default: return reg < A32_D0 ? a->x[arm_a32_slot[reg]] : a->v[(reg - A32_D0) / 2].q[(reg - A32_D0) % 2];
    }
}

/* Of PSTATE only flags and masks: another level would need what an exception or its return does. */
static void a64_write(struct arm_cpu *a, int reg, uint64_t value)
{
    switch (reg) {
    case A64_SP: a->sp = value; break;
    case A64_PC: a->cpu.pc = value; break;
    case A64_CPSR:
        arm_set_nzcv(a, value);
        a->pstate = (a->pstate & ~PSTATE_DAIF) | (value & PSTATE_DAIF);
        break;
    case A64_FPSR: arm_fpsr_write(a, value); break;
    case A64_FPCR: arm_fpcr_write(a, value); break;
    default: a->x[reg] = value;
    }
}

/* The same of CPSR, with what says how the code is to be read. */
static void a32_write(struct arm_cpu *a, int reg, uint64_t value)
{
    static const uint32_t writable = PSTATE_NZCV | A32_Q | A32_GE | A32_T | A32_IT_LOW | A32_IT_HIGH | PSTATE_A | PSTATE_I |
                                     PSTATE_F;
    switch (reg) {
    case A32_PC: a->cpu.pc = value; break;
    case A32_CPSR:
        arm_cpsr_write(a, (arm_cpsr_read(a) & ~writable) | (value & writable));
        arm_update_key(a);
        break;
    case A32_FPSCR: arm_fpscr_write(a, value); break;
    default:
        if (reg < A32_D0)
            a->x[arm_a32_slot[reg]] = (uint32_t)value;
        else
            a->v[(reg - A32_D0) / 2].q[(reg - A32_D0) % 2] = value;
    }
}

unsigned arm_gdb_read(struct cpu *cpu, int reg, uint8_t *buf)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned n = reg_bytes(a, reg);
    if (n == 16) {
        memcpy(buf, a->v[reg - A64_V0].q, 16);
    } else if (n && reg >= (int)system_base(a)) {
        memcpy(buf, (const char *)a + system_row(a, reg - system_base(a))->offset, n);
    } else if (n) {
        uint64_t value = is_a32(a) ? a32_read(a, reg) : a64_read(a, reg);
        memcpy(buf, &value, n);
    }
    return n;
}

/* System registers and masks are to be looked at only, as in QEMU. */
unsigned arm_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned n = reg_bytes(a, reg);
    if (n == 16) {
        memcpy(a->v[reg - A64_V0].q, buf, 16);
    } else if (n && reg < (int)(is_a32(a) ? A32_COUNT : A64_CORE)) {
        uint64_t value = 0;
        memcpy(&value, buf, n);
        if (is_a32(a))
            a32_write(a, reg, value);
        else
            a64_write(a, reg, value);
    }
    return n;
}

unsigned arm_gdb_nregs(struct cpu *cpu)
{
    return is_a32(arm_cpu(cpu)) ? A32_CORE : A64_CORE;
}
