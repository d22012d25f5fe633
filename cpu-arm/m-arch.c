/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * M-profile as the engine, the boards and the debuggers know it: the architecture's record; what follows from the
 * state.
 */
#include "m.h"

#include <inttypes.h>
#include <string.h>

#include "cpu-exec.h"
#include "cpus.h"
#include "log.h"
#include "trans-a32.h"

/* -- Registers -- */

#define R(n, name_, weight_)                                                                                           \
    [ARMREG_X(n)] = { .name = name_, .type = IR_I64, .offset = offsetof(struct arm_cpu, x[n]),                         \
                      .gdb = n <= 14 ? n : -1, .weight = weight_ }
#define V(n, weight_)                                                                                                  \
    [ARMREG_V(n)] = { .name = "q" #n, .type = IR_V128, .offset = offsetof(struct arm_cpu, v[n]), .gdb = -1,            \
                      .weight = weight_ }
#define FLAGS(reg, member)                                                                                             \
    [ARMREG_FLAGS_##reg] = { .name = "flags_" #member, .type = IR_I32, .offset = offsetof(struct arm_cpu, flags.member), \
                             .gdb = -1, .weight = 1, .low = true }

/* The numbers are A-profile's, which translations share. What there is not has no weight. */
static const struct guest_reg regs[ARMREG_COUNT] = {
    R(0, "r0", 100), R(1, "r1", 99), R(2, "r2", 98), R(3, "r3", 97), R(4, "r4", 95), R(5, "r5", 93), R(6, "r6", 91),
    R(7, "r7", 90), R(8, "r8", 86), R(9, "r9", 84), R(10, "r10", 82), R(11, "r11", 80), R(12, "r12", 88),
    R(13, "sp", 96), R(14, "lr", 94), R(15, "x15", 1), R(16, "x16", 1), R(17, "x17", 1), R(18, "x18", 1),
    R(19, "x19", 1), R(20, "x20", 1), R(21, "x21", 1), R(22, "x22", 1), R(23, "x23", 1), R(24, "x24", 1),
    R(25, "x25", 1), R(26, "x26", 1), R(27, "x27", 1), R(28, "x28", 1), R(29, "x29", 1), R(30, "x30", 1),
    [ARMREG_SP] = { .name = "x31", .type = IR_I64, .offset = offsetof(struct arm_cpu, sp), .gdb = -1, .weight = 1 },
    [ARMREG_NZCV] = { .name = "nzcv", .type = IR_I32, .offset = offsetof(struct arm_cpu, nzcv), .gdb = -1,
                      .weight = 92 },
    V(0, 100), V(1, 99), V(2, 98), V(3, 97), V(4, 96), V(5, 95), V(6, 94), V(7, 93), V(8, 1), V(9, 1), V(10, 1),
    V(11, 1), V(12, 1), V(13, 1), V(14, 1), V(15, 1), V(16, 1), V(17, 1), V(18, 1), V(19, 1), V(20, 1), V(21, 1),
    V(22, 1), V(23, 1), V(24, 1), V(25, 1), V(26, 1), V(27, 1), V(28, 1), V(29, 1), V(30, 1), V(31, 1),
    FLAGS(A, a), FLAGS(B, b), FLAGS(IN, in), FLAGS(NZ, nz), FLAGS(C, c), FLAGS(KIND, kind),
};

/* -- Stack pointers, xPSR -- */

/* The limit is looked at where it can matter; so the key has a bit for that. */
static void select_limit(struct armm_cpu *m)
{
    m->limit = armm_ignores_limit(m, m->secure) ? 0 : m->sp_limit[m->spsel];
}

void armm_select_sp(struct armm_cpu *m)
{
    unsigned want = ARMM_SP(m->secure, !m->exception && (m->control[m->secure] & CONTROL_SPSEL));
    if (want != m->spsel) {
        m->sp_bank[m->spsel] = m->arm.x[13];
        m->spsel = want;
        m->arm.x[13] = m->sp_bank[want];
    }
}

uint32_t armm_sp(const struct armm_cpu *m, unsigned which)
{
    return which == m->spsel ? m->arm.x[13] : m->sp_bank[which];
}

void armm_set_sp(struct armm_cpu *m, unsigned which, uint32_t value)
{
    value &= ~3u;
    if (which == m->spsel)
        m->arm.x[13] = value;
    else
        m->sp_bank[which] = value;
}

void armm_set_secure(struct armm_cpu *m, bool secure)
{
    m->secure = secure;
    armm_select_sp(m);
}

uint32_t armm_control(const struct armm_cpu *m, bool secure)
{
    return m->control[secure] | (m->fpca ? CONTROL_FPCA : 0) | (secure && m->sfpa ? CONTROL_SFPA : 0);
}

uint32_t armm_xpsr(const struct armm_cpu *m)
{
    const struct arm_cpu *a = &m->arm;
    return arm_nzcv(a) | (a->cpsr_q ? XPSR_Q : 0) | (uint32_t)a->cpsr_ge << 16 | (a->thumb ? XPSR_T : 0) |
           (uint32_t)(a->itstate & 3) << 25 | (uint32_t)(a->itstate >> 2) << 10 | m->exception;
}

void armm_set_xpsr(struct armm_cpu *m, uint32_t xpsr)
{
    struct arm_cpu *a = &m->arm;
    arm_set_nzcv(a, xpsr);
    a->cpsr_q = armm_is_v7(m) && (xpsr & XPSR_Q) ? 1 : 0;
    a->cpsr_ge = armm_has(m, ARMF_dsp) ? bits(xpsr, 16, 4) : 0;
    a->thumb = xpsr & XPSR_T ? 1 : 0;
    a->itstate = armm_is_v7(m) ? bits(xpsr, 25, 2) | bits(xpsr, 10, 6) << 2 : 0;
}

/* -- The mode and the regimes -- */

static uint32_t fp_mode(const struct arm_cpu *a)
{
    static const uint8_t rounding[4] = { IR_RNE, IR_RUP, IR_RDN, IR_RTZ };
    uint32_t f = a->fpcr;
    return rounding[bits(f, 22, 2)] << ARMKEY_FPRM_SHIFT | (f & 1u << 24 ? ARMKEY_FZ : 0) |
           (f & 1u << 25 ? ARMKEY_DN : 0) | (f & 1u << 26 ? ARMKEY_AHP : 0);
}

void armm_update_key(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    bool s = m->secure, align = !armm_is_v7(m) || (m->ccr[s] & CCR_UNALIGN_TRP);
    a->el = armm_privileged(m);
    select_limit(m);
    uint32_t mode = a->el | ARMKEY_A32 | (align ? ARMKEY_ALIGN : 0) | (a->el ? ARMKEY_UNPRIV : 0) | fp_mode(a);
    bool nsacr = s || !armm_has_security(m) || (m->nsacr & NSACR_CP10);
    mode |= armm_fp_enabled(m, s, a->el) && nsacr ? 0 : 1u << ARMKEY_FP_SHIFT;
    uint32_t a32 = (a->thumb ? ARMKEY_T32 : 0) | (m->exception ? ARMKEY_HANDLER : 0) |
                   (m->ccr[s] & CCR_DIV_0_TRP ? ARMKEY_DIV0 : 0) | (s ? ARMKEY_SECURE : 0) |
                   (m->limit ? ARMKEY_SP_LIMIT : 0) | (armm_has_breakpoints(m) ? ARMKEY_BREAKPOINTS : 0) |
                   (armm_has_security(m) ? ARMKEY_SECURITY : 0) |
                   (armm_fp_needs_context(m) ? ARMKEY_FP_CONTEXT : 0) | a->itstate << ARMKEY_IT_SHIFT;
    cpu_set_mode(&a->cpu, mode, a32);
}

static void update_key(struct arm_cpu *a)
{
    armm_update_key(armm_of(a));
}

static bool same_key(const struct mmu_key *a, const struct mmu_key *b)
{
    return a->root == b->root && a->mode == b->mode;
}

static void update_regimes(struct armm_cpu *m)
{
    struct arm_cpu *a = &m->arm;
    bool s = m->secure, off = armm_mpu_off(m, s);
    struct mmu_key now = armm_key(s, !armm_privileged(m), off), user = armm_key(s, true, off);
    if (!same_key(&now, &a->data_key) || !same_key(&now, &a->fetch_key)) {
        a->data_key = a->fetch_key = now;
        mmu_switch(&a->cpu, &a->data_key, &a->fetch_key);
    }
    if (!same_key(&user, &a->unpriv_key)) {
        a->unpriv_key = user;
        mmu_switch_context(&a->cpu, ARM_CTX_UNPRIV, &user);
    }
}

void armm_update_state(struct armm_cpu *m)
{
    armm_update_key(m);
    update_regimes(m);
}

/* -- Life -- */

static bool init(struct cpu *cpu, struct opts *model, GError **err)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (!armm_model_apply(m, model, err))
        return false;
    cpu->features = &m->arm.config;
    cpu->feature_set = m->arm.config.number;
    cpu->fp.cls = IR_FP_ARM;
    cpu->va_mask = UINT32_MAX;
    m->arm.excl_addr = ~UINT64_C(0);
    m->arm.update_key = update_key;
    g_mutex_init(&m->arm.timer_lock);
    if (armm_has_security(m) && cpu->as)
        address_space_add_secure(cpu->as);
    armm_systick_init(m);
    armm_ppb_init(m);
    return true;
}

static uint32_t vector(struct armm_cpu *m, unsigned n)
{
    uint32_t v = 0;
    uint32_t at = m->vtor[m->secure] + 4 * n, first = 0, last = UINT32_MAX;
    bool ns = armm_attribute(m, at, false, &first, &last).ns;
    if (!dma_read(m->arm.cpu.as, at | (ns ? 0 : BUS_SECURE), &v, sizeof(v)))
        return 0;
    return GUINT32_FROM_LE(v);
}

static void reset(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    struct arm_cpu *a = &m->arm;
    state_reset(&armm_state, m);
    arm_set_nzcv(a, 0);
    armm_systick_reset(m);
    m->secure = armm_has_security(m);
    m->spsel = ARMM_SP(m->secure, 0);
    for (unsigned i = 0; i < 2; i++) {
        m->vtor[i] = i == armm_top(m) ? a->config.rvbar : 0;
        m->ccr[i] = CCR_STKALIGN | (armm_is_v7(m) ? 0 : CCR_UNALIGN_TRP) | (armm_is_v8(m) ? CCR_NONBASETHRDENA : 0);
        m->fpccr[i] = armm_has(m, ARMF_fp) ? FPCCR_ASPEN : 0;
    }
    if (armm_has(m, ARMF_fp))
        m->fpccr[armm_top(m)] |= FPCCR_LSPEN | (armm_has_security(m) ? FPCCR_S : 0);
    a->pstate = PSTATE_NRW | 0x1f;
    armm_nvic_reset(m);
    armm_update_watchpoints(m);
    mmu_flush(cpu, NULL, NULL);
    arm_fpsr_write(a, 0);
    arm_fpcr_write(a, 0);
    a->x[13] = vector(m, 0) & ~3u;
    a->x[14] = UINT32_MAX;
    uint32_t entry = m->entry ? m->entry : vector(m, 1);
    a->thumb = entry & 1;
    cpu->pc = entry & ~1u;
    cpu->powered_off = m->held;
    armm_update_state(m);
}

/* It is reset by its own thread, before it runs. */
static void release(struct cpu *cpu, gpa vectors)
{
    struct armm_cpu *m = armm_cpu(cpu);
    if (!m->held)
        return;
    __atomic_store_n(&m->released_at, (uint32_t)vectors | 1, __ATOMIC_SEQ_CST);
    armm_ask(m);
    cpu_power_on(cpu);
}

void armm_begin(struct armm_cpu *m, uint32_t vectors)
{
    reset(&m->arm.cpu);
    m->arm.cpu.powered_off = false;
    m->vtor[armm_top(m)] = vectors;
    m->arm.x[13] = vector(m, 0) & ~3u;
    uint32_t entry = vector(m, 1);
    m->arm.thumb = entry & 1;
    m->arm.cpu.pc = entry & ~1u;
    armm_update_state(m);
}

static void fini(struct cpu *cpu)
{
    struct armm_cpu *m = armm_cpu(cpu);
    armm_ppb_fini(m);
    armm_systick_fini(m);
    g_mutex_clear(&m->arm.timer_lock);
    g_free(m->arm.target_xml);
}

/* -- Debugging -- */

static void set_pc(struct cpu *cpu, gva pc)
{
    cpu->pc = pc & ~(gva)1;
}

static void print_state(struct cpu *cpu, GString *out)
{
    struct armm_cpu *m = armm_cpu(cpu);
    struct arm_cpu *a = &m->arm;
    uint32_t xpsr = armm_xpsr(m);
    for (unsigned i = 0; i < 16; i++)
        g_string_append_printf(out, "R%02u=%08x%c", i, i == 15 ? (uint32_t)cpu->pc : (uint32_t)a->x[i],
                               i % 4 == 3 ? '\n' : ' ');
    g_string_append_printf(out, "XPSR=%08x %c%c%c%c %c %s %u%s\n", xpsr, xpsr >> 31 & 1 ? 'N' : '-',
                           xpsr >> 30 & 1 ? 'Z' : '-', xpsr >> 29 & 1 ? 'C' : '-', xpsr >> 28 & 1 ? 'V' : '-',
                           a->thumb ? 'T' : 'A', m->exception ? "handler of exception" : "thread, CONTROL",
                           m->exception ? m->exception : armm_control(m, m->secure), m->lockup ? " (locked up)" : "");
    if (armm_has_security(m))
        g_string_append_printf(out, "%s, SFSR=%08x SFAR=%08x\n", m->secure ? "secure" : "non-secure", m->sfsr, m->sfar);
    for (int i = armm_top(m); i >= 0; i--) {
        g_string_append_printf(out, "MSP=%08x PSP=%08x PRIMASK=%u FAULTMASK=%u BASEPRI=%02x CONTROL=%u",
                               armm_sp(m, ARMM_SP(i, 0)), armm_sp(m, ARMM_SP(i, 1)), m->primask[i], m->faultmask[i],
                               m->basepri[i], armm_control(m, i));
        if (armm_is_v8(m))
            g_string_append_printf(out, " MSPLIM=%08x PSPLIM=%08x", m->sp_limit[ARMM_SP(i, 0)],
                                   m->sp_limit[ARMM_SP(i, 1)]);
        g_string_append_printf(out, "\nCFSR=%08x HFSR=%08x MMFAR=%08x BFAR=%08x VTOR=%08x\n", m->cfsr[i], m->hfsr,
                               m->mmfar[i], m->bfar, m->vtor[i]);
    }
    if (!armm_has(m, ARMF_fp))
        return;
    for (unsigned i = 0; i < 32; i++)
        g_string_append_printf(out, "S%02u=%08x%c", i, (uint32_t)(a->v[i / 4].q[i / 2 % 2] >> (i % 2 * 32)),
                               i % 4 == 3 ? '\n' : ' ');
    g_string_append_printf(out, "FPSCR=%08x\n", armm_fpscr(m));
}

static bool reg_by_name(struct cpu *cpu, const char *name, uint64_t *value)
{
    struct armm_cpu *m = armm_cpu(cpu);
    bool s = m->secure;
    const struct {
        const char *name;
        uint32_t value;
    } others[] = {
        { "pc", cpu->pc }, { "r15", cpu->pc }, { "r13", m->arm.x[13] }, { "r14", m->arm.x[14] },
        { "xpsr", armm_xpsr(m) }, { "msp", armm_sp(m, ARMM_SP(s, 0)) }, { "psp", armm_sp(m, ARMM_SP(s, 1)) },
        { "primask", m->primask[s] }, { "basepri", m->basepri[s] },
        { "faultmask", m->faultmask[s] }, { "control", armm_control(m, s) },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
        if (!strcmp(name, others[i].name)) {
            *value = others[i].value;
            return true;
        }
    }
    for (unsigned i = 0; i < 15; i++) {
        if (!strcmp(name, regs[i].name)) {
            *value = m->arm.x[i];
            return true;
        }
    }
    return false;
}

/* -- Wiring -- */

void armm_set_vector_table(struct armm_cpu *m, gpa table)
{
    m->arm.config.rvbar = table;
}

static void set_reset_pc(struct cpu *cpu, gpa pc)
{
    armm_cpu(cpu)->entry = pc | 1;
}

static void nmi(struct cpu *cpu)
{
    armm_set_pending(armm_cpu(cpu), EXC_NMI);
}

/* -- Helpers of all that translates for it in one list, for the IR text form -- */

#define MAX_HELPERS 512
static const struct ir_helper *helpers[MAX_HELPERS + 1];

static void __attribute__((constructor)) join_helpers(void)
{
    const struct ir_helper *const *const lists[] = { armm_helpers, arm_sys_helpers, arm_a32_helpers,
                                                     arm_trans_helpers };
    unsigned n = 0;
    for (unsigned l = 0; l < ARRAY_SIZE(lists); l++)
        for (unsigned i = 0; lists[l][i] && n < MAX_HELPERS; i++)
            helpers[n++] = lists[l][i];
}

const struct cpu_arch armm_arch = {
    .name = "arm-m",
    .gdb_arch = "arm",
    .cpu_size = sizeof(struct armm_cpu),
    .regs = regs,
    .nregs = ARMREG_COUNT,
    .ncontexts = 1,
    .state = &armm_state,
    .helpers = helpers,
    .models = armm_models,
    .describe_model = armm_describe_model,
    .init = init,
    .reset = reset,
    .fini = fini,
    .translate = arm_translate,
    .walk = armm_walk,
    .raise_fault = armm_raise_fault,
    .watch_hit = armm_watch_hit,
    .take_interrupt = armm_take_interrupt,
    .has_work = armm_has_work,
    .gdb_target_xml = armm_gdb_target_xml,
    .gdb_read = armm_gdb_read,
    .gdb_write = armm_gdb_write,
    .gdb_nregs = armm_gdb_nregs,
    .watch_before = true,
    .set_pc = set_pc,
    .print_state = print_state,
    .reg_by_name = reg_by_name,
    .disas = arm_disas,
    .nmi = nmi,
    .dt_compatible = armm_dt_compatible,
    .dt_parts = armm_dt_parts,
    .dt_model = armm_dt_model,
    .dt_read = armm_dt_read,
    .irq_in = armm_irq_in,
    .set_reset_pc = set_reset_pc,
    .release = release,
};
