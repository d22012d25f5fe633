/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An M-profile CPU as gdb sees it: the features org.gnu.gdb.arm.m-profile, m-system, secext and vfp of its manual, "ARM
 * Features".
 */
#include "m.h"

#include <string.h>

#include "cpu-exec.h"

enum {
    GDB_SP = 13, GDB_LR, GDB_PC, GDB_XPSR = 25, GDB_D0 = 26, GDB_FPSCR = 42,
    GDB_MSP = 43, GDB_PSP, GDB_PRIMASK, GDB_BASEPRI, GDB_FAULTMASK, GDB_CONTROL,
    /* The feature secext: each stack pointer, its limits and the masks of both states. */
    GDB_MSP_NS, GDB_PSP_NS, GDB_MSP_S, GDB_PSP_S, GDB_MSPLIM_S, GDB_PSPLIM_S, GDB_MSPLIM_NS, GDB_PSPLIM_NS,
    GDB_PRIMASK_S, GDB_BASEPRI_S, GDB_FAULTMASK_S, GDB_CONTROL_S, GDB_PRIMASK_NS, GDB_BASEPRI_NS, GDB_FAULTMASK_NS,
    GDB_CONTROL_NS, GDB_COUNT,
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

static void security_feature(GString *s, bool main)
{
    static const char *const names[] = {
        "msp_ns", "psp_ns", "msp_s", "psp_s", "msplim_s", "psplim_s", "msplim_ns", "psplim_ns", "primask_s",
        "basepri_s", "faultmask_s", "control_s", "primask_ns", "basepri_ns", "faultmask_ns", "control_ns",
    };
    g_string_append(s, "<feature name=\"org.gnu.gdb.arm.secext\">\n");
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (main || !strchr("bf", names[i][0]))
            g_string_append_printf(s, "<reg name=\"%s\" bitsize=\"32\" regnum=\"%u\"%s/>\n", names[i], GDB_MSP_NS + i,
                                   i < 8 ? " type=\"data_ptr\"" : "");
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
        if (armm_has_security(m))
            security_feature(s, armm_is_v7(m));
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
    if (reg >= GDB_MSP_NS && !armm_has_security(m))
        return 0;
    switch (reg) {
    case GDB_BASEPRI: case GDB_FAULTMASK: case GDB_BASEPRI_S: case GDB_BASEPRI_NS: case GDB_FAULTMASK_S:
    case GDB_FAULTMASK_NS:
        return armm_is_v7(m) ? 4 : 0;
    default:
        return 4;
    }
}

/* A register of the feature secext. NULL: it is a stack pointer or CONTROL, or none of them. */
static uint32_t *limit_of(struct armm_cpu *m, int reg)
{
    switch (reg) {
    case GDB_MSPLIM_S: case GDB_PSPLIM_S: return &m->sp_limit[ARMM_SP(1, reg - GDB_MSPLIM_S)];
    case GDB_MSPLIM_NS: case GDB_PSPLIM_NS: return &m->sp_limit[ARMM_SP(0, reg - GDB_MSPLIM_NS)];
    default: return NULL;
    }
}

static uint8_t *mask_of(struct armm_cpu *m, int reg)
{
    switch (reg) {
    case GDB_PRIMASK: return &m->primask[m->secure];
    case GDB_PRIMASK_S: case GDB_PRIMASK_NS: return &m->primask[reg == GDB_PRIMASK_S];
    case GDB_BASEPRI: return &m->basepri[m->secure];
    case GDB_BASEPRI_S: case GDB_BASEPRI_NS: return &m->basepri[reg == GDB_BASEPRI_S];
    case GDB_FAULTMASK: return &m->faultmask[m->secure];
    case GDB_FAULTMASK_S: case GDB_FAULTMASK_NS: return &m->faultmask[reg == GDB_FAULTMASK_S];
    default: return NULL;
    }
}

/* Which stack pointer, -1: it is none. */
static int sp_of(const struct armm_cpu *m, int reg)
{
    switch (reg) {
    case GDB_MSP: case GDB_PSP: return ARMM_SP(m->secure, reg - GDB_MSP);
    case GDB_MSP_NS: case GDB_PSP_NS: case GDB_MSP_S: case GDB_PSP_S: return reg - GDB_MSP_NS;
    default: return -1;
    }
}

/* Whose CONTROL, -1: it is none. */
static int control_of(const struct armm_cpu *m, int reg)
{
    return reg == GDB_CONTROL ? m->secure : reg == GDB_CONTROL_S ? 1 : reg == GDB_CONTROL_NS ? 0 : -1;
}

static uint64_t reg_read(struct armm_cpu *m, int reg)
{
    if (reg >= GDB_D0 && reg < GDB_FPSCR)
        return m->arm.v[(reg - GDB_D0) / 2].q[(reg - GDB_D0) % 2];
    if (limit_of(m, reg))
        return *limit_of(m, reg);
    if (mask_of(m, reg))
        return *mask_of(m, reg);
    if (sp_of(m, reg) >= 0)
        return armm_sp(m, sp_of(m, reg));
    if (control_of(m, reg) >= 0)
        return armm_control(m, control_of(m, reg));
    switch (reg) {
    case GDB_PC: return m->arm.cpu.pc;
    case GDB_XPSR: return armm_xpsr(m);
    case GDB_FPSCR: return armm_fpscr(m);
    default: return m->arm.x[reg];
    }
}

static void write_control(struct armm_cpu *m, bool secure, uint64_t value)
{
    m->control[secure] = value & ((m->model->user ? CONTROL_NPRIV : 0) | CONTROL_SPSEL);
    if (armm_has(m, ARMF_fp)) {
        m->fpca = value & CONTROL_FPCA ? 1 : 0;
        m->sfpa = secure ? value & CONTROL_SFPA ? 1 : 0 : m->sfpa;
    }
    armm_select_sp(m);
}

/* The mode (IPSR) stays: another one would need what an exception or its return does. */
static void reg_write(struct armm_cpu *m, int reg, uint64_t value)
{
    if (reg >= GDB_D0 && reg < GDB_FPSCR) {
        m->arm.v[(reg - GDB_D0) / 2].q[(reg - GDB_D0) % 2] = value;
        return;
    }
    if (limit_of(m, reg)) {
        *limit_of(m, reg) = value & ~7u;
    } else if (mask_of(m, reg)) {
        bool is_priority = reg == GDB_BASEPRI || reg == GDB_BASEPRI_S || reg == GDB_BASEPRI_NS;
        *mask_of(m, reg) = is_priority ? value & (0xff00u >> m->prio_bits) : value & 1;
    } else if (sp_of(m, reg) >= 0) {
        armm_set_sp(m, sp_of(m, reg), value);
    } else if (control_of(m, reg) >= 0) {
        write_control(m, control_of(m, reg), value);
    } else {
        switch (reg) {
        case GDB_SP: m->arm.x[13] = value & ~3u; break;
        case GDB_PC: m->arm.cpu.pc = value & ~UINT64_C(1); break;
        case GDB_XPSR: armm_set_xpsr(m, value); break;
        case GDB_FPSCR: armm_set_fpscr(m, value); break;
        default: m->arm.x[reg] = value;
        }
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
