/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An M-profile CPU as gdb sees it: the features org.gnu.gdb.arm.m-profile, m-system and vfp of its manual, "ARM
 * Features".
 */
#include "m.h"

#include <string.h>

#include "cpu-exec.h"

enum {
    GDB_SP = 13, GDB_LR, GDB_PC, GDB_XPSR = 25, GDB_D0 = 26, GDB_FPSCR = 42,
    GDB_MSP = 43, GDB_PSP, GDB_PRIMASK, GDB_BASEPRI, GDB_FAULTMASK, GDB_CONTROL, GDB_COUNT,
};

static void core_feature(GString *s)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.arm.m-profile\">\n");
    for (unsigned i = 0; i <= 12; i++)
        g_string_append_printf(s, "<reg name=\"r%u\" bitsize=\"32\" regnum=\"%u\"/>\n", i, i);
    g_string_append_printf(s, "<reg name=\"sp\" bitsize=\"32\" type=\"data_ptr\" regnum=\"%d\"/>\n"
                              "<reg name=\"lr\" bitsize=\"32\" regnum=\"%d\"/>\n"
                              "<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\" regnum=\"%d\"/>\n"
                              "<reg name=\"xpsr\" bitsize=\"32\" regnum=\"%d\"/>\n</feature>\n",
                           GDB_SP, GDB_LR, GDB_PC, GDB_XPSR);
}

static void fp_feature(GString *s)
{
    g_string_append(s, "<feature name=\"org.gnu.gdb.arm.vfp\">\n");
    for (unsigned i = 0; i < 16; i++)
        g_string_append_printf(s, "<reg name=\"d%u\" bitsize=\"64\" type=\"ieee_double\" regnum=\"%u\"/>\n", i,
                               GDB_D0 + i);
    g_string_append_printf(s, "<reg name=\"fpscr\" bitsize=\"32\" type=\"int\" group=\"float\" regnum=\"%d\"/>\n"
                              "</feature>\n", GDB_FPSCR);
}

static void system_feature(GString *s, bool v7)
{
    static const char *const names[] = { "msp", "psp", "primask", "basepri", "faultmask", "control" };
    g_string_append(s, "<feature name=\"org.gnu.gdb.arm.m-system\">\n");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        unsigned n = GDB_MSP + i;
        if (v7 || (n != GDB_BASEPRI && n != GDB_FAULTMASK))
            g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"32\" regnum=\"%u\"%s/>\n", names[i], n,
                                   n <= GDB_PSP ? " type=\"data_ptr\"" : "");
    }
    g_string_append(s, "</feature>\n");
}

const char *armm_gdb_target_xml(struct cpu *cpu, const char *annex)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (strcmp(annex, "target.xml") != 0)
        return NULL;
    if (!m->arm.target_xml) {
        GString *s = g_string_new("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"
                                  "<architecture>arm</architecture>\n");
        core_feature(s);
        if (armm_has(m, ARMF_fp))
            fp_feature(s);
        system_feature(s, armm_is_v7(m));
        g_string_append(s, "</target>\n");
        m->arm.target_xml = g_string_free(s, FALSE);
    }
    return m->arm.target_xml;
}

/* 0: there is no such register. */
static unsigned reg_bytes(const struct armm_cpu *m, int reg)
{
    if (reg < 0 || reg >= GDB_COUNT || (reg > GDB_PC && reg < GDB_XPSR))
        return 0;
    if (reg >= GDB_D0 && reg <= GDB_FPSCR)
        return !armm_has(m, ARMF_fp) ? 0 : reg == GDB_FPSCR ? 4 : 8;
    return armm_is_v7(m) || (reg != GDB_BASEPRI && reg != GDB_FAULTMASK) ? 4 : 0;
}

static uint64_t reg_read(struct armm_cpu *m, int reg)
{
    if (reg >= GDB_D0 && reg < GDB_FPSCR)
        return m->arm.v[(reg - GDB_D0) / 2].q[(reg - GDB_D0) % 2];
    switch (reg) {
    case GDB_PC: return m->arm.cpu.pc;
    case GDB_XPSR: return armm_xpsr(m);
    case GDB_FPSCR: return armm_fpscr(m);
    case GDB_MSP: case GDB_PSP: return armm_sp(m, reg - GDB_MSP);
    case GDB_PRIMASK: return m->primask;
    case GDB_BASEPRI: return m->basepri;
    case GDB_FAULTMASK: return m->faultmask;
    case GDB_CONTROL: return m->control;
    default: return m->arm.x[reg];
    }
}

/* The mode (IPSR) stays: another one would need what an exception or its return does. */
static void reg_write(struct armm_cpu *m, int reg, uint64_t value)
{
    if (reg >= GDB_D0 && reg < GDB_FPSCR) {
        m->arm.v[(reg - GDB_D0) / 2].q[(reg - GDB_D0) % 2] = value;
        return;
    }
    switch (reg) {
    case GDB_SP: m->arm.x[13] = value & ~3u; break;
    case GDB_PC: m->arm.cpu.pc = value & ~UINT64_C(1); break;
    case GDB_XPSR: armm_set_xpsr(m, value); break;
    case GDB_FPSCR: armm_set_fpscr(m, value); break;
    case GDB_MSP: case GDB_PSP: armm_set_sp(m, reg - GDB_MSP, value); break;
    case GDB_PRIMASK: m->primask = value & 1; break;
    case GDB_BASEPRI: m->basepri = value & (0xff00u >> m->prio_bits); break;
    case GDB_FAULTMASK: m->faultmask = value & 1; break;
    case GDB_CONTROL:
        m->control = value & ((m->model->user ? CONTROL_NPRIV : 0) | CONTROL_SPSEL |
                              (armm_has(m, ARMF_fp) ? CONTROL_FPCA : 0));
        armm_select_sp(m);
        break;
    default: m->arm.x[reg] = value;
    }
    armm_update_state(m);
    armm_check(m);
}

unsigned armm_gdb_read(struct cpu *cpu, int reg, uint8_t *buf)
{
    struct armm_cpu *m = armm_cpu(cpu);
    unsigned n = reg_bytes(m, reg);
    if (n) {
        uint64_t value = GUINT64_TO_LE(reg_read(m, reg));
        memcpy(buf, &value, n);
    }
    return n;
}

unsigned armm_gdb_write(struct cpu *cpu, int reg, const uint8_t *buf)
{
    struct armm_cpu *m = armm_cpu(cpu);
    unsigned n = reg_bytes(m, reg);
    if (n) {
        uint64_t value = 0;
        memcpy(&value, buf, n);
        reg_write(m, reg, GUINT64_FROM_LE(value));
    }
    return n;
}

unsigned armm_gdb_nregs(struct cpu *cpu)
{
    return GDB_COUNT;
}
