/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system control space, from 0xe000e000 on: registers of the system, SysTick, the NVIC, the MPU, FP. Manual: DDI
 * 0403, B3.2 to B3.5; DDI 0419, B3. Words, but for priorities and fault status, which can be accessed in parts.
 *
 * A change of what code may do (CPACR, CCR, the MPU) is seen behind the next jump that is not direct, or an ISB.
 */
#include "m.h"

#include <inttypes.h>
#include <string.h>

#include "cpus.h"
#include "life.h"
#include "log.h"

enum {
    ICTR = 0x004, ACTLR = 0x008, SYSTICK = 0x010, SYSTICK_END = 0x020,
    ISER = 0x100, ICER = 0x180, ISPR = 0x200, ICPR = 0x280, IABR = 0x300, IPR = 0x400, IPR_END = 0x5f0,
    CPUID = 0xd00, ICSR = 0xd04, VTOR = 0xd08, AIRCR = 0xd0c, SCR = 0xd10, CCR = 0xd14, SHPR = 0xd18, SHCSR = 0xd24,
    CFSR = 0xd28, HFSR = 0xd2c, DFSR = 0xd30, MMFAR = 0xd34, BFAR = 0xd38, AFSR = 0xd3c, ID = 0xd40, ID_END = 0xd80,
    CPACR = 0xd88, MPU = 0xd90, MPU_END = 0xdbc, DHCSR = 0xdf0, DCRSR = 0xdf4, DCRDR = 0xdf8, DEMCR = 0xdfc,
    STIR = 0xf00, FPCCR = 0xf34, FPCAR = 0xf38, FPDSCR = 0xf3c, MVFR = 0xf40, MVFR_END = 0xf4c,
};

#define ICSR_NMIPENDSET (1u << 31)
#define ICSR_PENDSVSET (1u << 28)
#define ICSR_PENDSVCLR (1u << 27)
#define ICSR_PENDSTSET (1u << 26)
#define ICSR_PENDSTCLR (1u << 25)
#define ICSR_ISRPENDING (1u << 22)
#define ICSR_RETTOBASE (1u << 11)
#define AIRCR_VECTKEY 0xfa05u
#define AIRCR_VECTKEYSTAT 0x05fau
#define AIRCR_SYSRESETREQ 4u
#define AIRCR_VECTCLRACTIVE 2u

#define guest_error(m, fmt, ...) log_to(LOG_GUEST_ERRORS, "nvic: " fmt "\n", ##__VA_ARGS__)

/* -- Handlers' bits in SHCSR -- */

static const struct {
    uint8_t exception;
    int8_t active, pending, enabled; /* -1: has none */
} handlers[] = {
    { EXC_MEMMANAGE, 0, 13, 16 }, { EXC_BUSFAULT, 1, 14, 17 }, { EXC_USAGEFAULT, 3, 12, 18 }, { EXC_SVCALL, 7, 15, -1 },
    { EXC_DEBUGMON, 8, -1, -1 }, { EXC_PENDSV, 10, -1, -1 }, { EXC_SYSTICK, 11, -1, -1 },
};

static void set_bit(uint32_t *map, unsigned n, bool on)
{
    map[n / 32] = with_bits(map[n / 32], n % 32, 1, on);
}

static uint32_t read_shcsr(const struct armm_cpu *m)
{
    uint32_t v = 0;
    if (!armm_is_v7(m))
        return armm_is_pending(m, EXC_SVCALL) << 15;
    for (unsigned i = 0; i < ARRAY_SIZE(handlers); i++) {
        unsigned n = handlers[i].exception;
        v |= (uint32_t)armm_bit(m->active, n) << handlers[i].active;
        v |= handlers[i].pending >= 0 ? (uint32_t)armm_is_pending(m, n) << handlers[i].pending : 0;
        v |= handlers[i].enabled >= 0 ? (uint32_t)armm_bit(m->enabled, n) << handlers[i].enabled : 0;
    }
    return v;
}

static void put_pending(struct armm_cpu *m, unsigned n, bool on)
{
    if (on)
        armm_set_pending(m, n);
    else
        armm_clear_pending(m, n);
}

static void write_shcsr(struct armm_cpu *m, uint32_t value)
{
    if (!armm_is_v7(m)) {
        put_pending(m, EXC_SVCALL, value >> 15 & 1);
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(handlers); i++) {
        unsigned n = handlers[i].exception;
        set_bit(m->active, n, value >> handlers[i].active & 1);
        if (handlers[i].pending >= 0)
            put_pending(m, n, value >> handlers[i].pending & 1);
        if (handlers[i].enabled >= 0)
            set_bit(m->enabled, n, value >> handlers[i].enabled & 1);
    }
}

/* -- ICSR, AIRCR -- */

static uint32_t read_icsr(const struct armm_cpu *m)
{
    int group;
    unsigned active = 0, next = armm_next(m, &group);
    uint32_t v = m->exception | next << 12;
    for (unsigned w = 0; w < ARMM_WORDS; w++) {
        active += __builtin_popcount(m->active[w]);
        if (__atomic_load_n(&m->pending[w], __ATOMIC_SEQ_CST) & (w ? UINT32_MAX : ~0xffffu))
            v |= ICSR_ISRPENDING;
    }
    v |= active == 1 && m->exception && armm_is_v7(m) ? ICSR_RETTOBASE : 0;
    v |= armm_is_pending(m, EXC_SYSTICK) ? ICSR_PENDSTSET : 0;
    v |= armm_is_pending(m, EXC_PENDSV) ? ICSR_PENDSVSET : 0;
    return v | (armm_is_pending(m, EXC_NMI) ? ICSR_NMIPENDSET : 0);
}

static void write_icsr(struct armm_cpu *m, uint32_t value)
{
    if (value & ICSR_NMIPENDSET)
        armm_set_pending(m, EXC_NMI);
    if (value & (ICSR_PENDSVSET | ICSR_PENDSVCLR))
        put_pending(m, EXC_PENDSV, value & ICSR_PENDSVSET);
    if (value & (ICSR_PENDSTSET | ICSR_PENDSTCLR))
        put_pending(m, EXC_SYSTICK, value & ICSR_PENDSTSET);
}

static void write_aircr(struct armm_cpu *m, uint32_t value)
{
    if (value >> 16 != AIRCR_VECTKEYSTAT) {
        guest_error(m, "AIRCR written without its key: 0x%08x", value);
        return;
    }
    if (value & AIRCR_SYSRESETREQ)
        request_reset(SHUTDOWN_GUEST_RESET);
    if (value & AIRCR_VECTCLRACTIVE)
        guest_error(m, "AIRCR.VECTCLRACTIVE is for debuggers");
    if (armm_is_v7(m))
        m->prigroup = bits(value, 8, 3);
}

/* -- Interrupts -- */

/* Which word of exceptions' bits 32 interrupts are: they begin at bit 16. */
static uint32_t irq_word(const struct armm_cpu *m, const uint32_t *map, unsigned word)
{
    uint32_t low = __atomic_load_n(&map[word], __ATOMIC_SEQ_CST) >> 16;
    uint32_t high = word + 1 < ARMM_WORDS ? __atomic_load_n(&map[word + 1], __ATOMIC_SEQ_CST) << 16 : 0;
    return low | high;
}

static void each_irq(struct armm_cpu *m, unsigned word, uint32_t value, void (*fn)(struct armm_cpu *m, unsigned n))
{
    for (; value; value &= value - 1) {
        unsigned irq = 32 * word + __builtin_ctz(value);
        if (irq < m->nirqs)
            fn(m, EXC_IRQ + irq);
    }
}

static void enable(struct armm_cpu *m, unsigned n)
{
    set_bit(m->enabled, n, true);
}

static void disable(struct armm_cpu *m, unsigned n)
{
    set_bit(m->enabled, n, false);
}

/* A line that is high stays pending. */
static void unpend(struct armm_cpu *m, unsigned n)
{
    armm_clear_pending(m, n);
    if (!armm_bit(m->active, n) && (__atomic_load_n(&m->level[n / 32], __ATOMIC_SEQ_CST) >> (n % 32) & 1))
        armm_set_pending(m, n);
}

static bool read_irqs(struct armm_cpu *m, unsigned offset, uint32_t *v)
{
    unsigned word = offset >> 2 & 15;
    switch (offset & ~0x3fu) {
    case ISER: case ICER: *v = irq_word(m, m->enabled, word); return true;
    case ISPR: case ICPR: *v = irq_word(m, m->pending, word); return true;
    case IABR: *v = irq_word(m, m->active, word); return true;
    default: return false;
    }
}

static bool write_irqs(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    unsigned word = offset >> 2 & 15;
    switch (offset & ~0x3fu) {
    case ISER: each_irq(m, word, value, enable); return true;
    case ICER: each_irq(m, word, value, disable); return true;
    case ISPR: each_irq(m, word, value, armm_set_pending); return true;
    case ICPR: each_irq(m, word, value, unpend); return true;
    case IABR: return true;
    default: return false;
    }
}

/* -- Registers of bytes: priorities, from exception 4 (SHPR) and 16 (IPR) on -- */

static bool is_priority(const struct armm_cpu *m, unsigned offset, unsigned *n)
{
    if (offset >= IPR && offset < IPR_END)
        *n = EXC_IRQ + offset - IPR;
    else if (offset >= SHPR && offset < SHPR + 12)
        *n = 4 + offset - SHPR;
    else
        return false;
    return true;
}

static bool has_priority(const struct armm_cpu *m, unsigned n)
{
    static const uint32_t v6 = 1u << EXC_SVCALL | 1u << EXC_PENDSV | 1u << EXC_SYSTICK;
    static const uint32_t v7 = v6 | 1u << EXC_MEMMANAGE | 1u << EXC_BUSFAULT | 1u << EXC_USAGEFAULT |
                               1u << EXC_DEBUGMON;
    return n < EXC_IRQ ? (armm_is_v7(m) ? v7 : v6) >> n & 1 : n - EXC_IRQ < m->nirqs;
}

static uint32_t read_priorities(const struct armm_cpu *m, unsigned n, unsigned size)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (uint32_t)m->prio[n + i] << (8 * i);
    return v;
}

static void write_priorities(struct armm_cpu *m, unsigned n, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        if (has_priority(m, n + i))
            m->prio[n + i] = value >> (8 * i) & (0xff00u >> m->prio_bits) & 0xff;
    armm_check(m);
}

/* -- FP, debug -- */

static bool read_v7(struct armm_cpu *m, unsigned offset, uint32_t *v)
{
    switch (offset) {
    case ICTR: *v = (m->nirqs + 31) / 32 - 1; break;
    case CFSR: *v = m->cfsr; break;
    case HFSR: *v = m->hfsr; break;
    case DFSR: *v = m->dfsr; break;
    case MMFAR: *v = m->mmfar; break;
    case BFAR: *v = m->bfar; break;
    case CPACR: *v = m->cpacr; break;
    case DEMCR: *v = m->demcr; break;
    case FPCCR: *v = m->fpccr; break;
    case FPCAR: *v = m->fpcar; break;
    case FPDSCR: *v = m->fpdscr; break;
    case AFSR: case DCRDR: case DCRSR: *v = 0; break;
    default: return false;
    }
    return true;
}

static bool write_v7(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    bool fp = armm_has(m, ARMF_fp);
    switch (offset) {
    case CFSR: m->cfsr &= ~value; break;
    case HFSR: m->hfsr &= ~value; break;
    case DFSR: m->dfsr &= ~value; break;
    case MMFAR: m->mmfar = value; break;
    case BFAR: m->bfar = value; break;
    case CPACR: m->cpacr = fp ? value & 0xf00000 : 0; break;
    case DEMCR:
        m->demcr = value & (DEMCR_TRCENA | DEMCR_MON_EN | 0x7f1);
        set_bit(m->enabled, EXC_DEBUGMON, value & DEMCR_MON_EN);
        put_pending(m, EXC_DEBUGMON, value & DEMCR_MON_PEND);
        break;
    case FPCCR:
        m->fpccr = fp ? value & (FPCCR_ASPEN | FPCCR_LSPEN | FPCCR_MONRDY | FPCCR_BFRDY | FPCCR_MMRDY | FPCCR_HFRDY |
                                 FPCCR_THREAD | FPCCR_USER | FPCCR_LSPACT) : 0;
        break;
    case FPCAR: m->fpcar = fp ? value & ~7u : 0; break;
    case FPDSCR: m->fpdscr = fp ? value & 0x07c00000 : 0; break;
    case STIR: each_irq(m, (value & 0x1ff) / 32, 1u << (value & 31), armm_set_pending); break;
    case ICTR: case AFSR: case DCRDR: case DCRSR: break;
    default: return false;
    }
    return true;
}

/* -- All of it, by words -- */

static uint32_t read_word(struct armm_cpu *m, unsigned offset)
{
    uint32_t v = 0;
    if (offset >= SYSTICK && offset < SYSTICK_END)
        return armm_systick_read(m, offset - SYSTICK);
    if (offset >= MPU && offset < MPU_END)
        return armm_mpu_read(m, offset - MPU);
    if (offset >= ID && offset < ID_END)
        return m->model->id[(offset - ID) / 4];
    if (offset >= MVFR && offset < MVFR_END)
        return m->model->mvfr[(offset - MVFR) / 4];
    if (read_irqs(m, offset, &v))
        return v;
    switch (offset) {
    case ACTLR: return m->actlr;
    case CPUID: return m->model->cpuid;
    case ICSR: return read_icsr(m);
    case VTOR: return m->vtor;
    case AIRCR: return AIRCR_VECTKEY << 16 | m->prigroup << 8;
    case SCR: return m->scr;
    case CCR: return m->ccr;
    case SHCSR: return read_shcsr(m);
    case DHCSR: return m->dhcsr;
    }
    if (armm_is_v7(m) && read_v7(m, offset, &v))
        return v;
    guest_error(m, "no register to read at 0xe000e%03x", offset);
    return 0;
}

static void write_word(struct armm_cpu *m, unsigned offset, uint32_t value)
{
    if (offset >= SYSTICK && offset < SYSTICK_END) {
        armm_systick_write(m, offset - SYSTICK, value);
        return;
    }
    if (offset >= MPU && offset < MPU_END) {
        armm_mpu_write(m, offset - MPU, value);
        return;
    }
    if (write_irqs(m, offset, value))
        return;
    switch (offset) {
    case ACTLR: m->actlr = armm_is_v7(m) ? value & 7 : 0; return;
    case ICSR: write_icsr(m, value); return;
    case VTOR: m->vtor = m->model->vtor ? value & ~0x7fu : 0; return;
    case AIRCR: write_aircr(m, value); return;
    case SCR: m->scr = value & 0x16; return;
    case CCR:
        if (armm_is_v7(m))
            m->ccr = value & (CCR_NONBASETHRDENA | CCR_USERSETMPEND | CCR_UNALIGN_TRP | CCR_DIV_0_TRP | CCR_BFHFNMIGN |
                              CCR_STKALIGN);
        return;
    case SHCSR: write_shcsr(m, value); return;
    case DHCSR: return;
    }
    if (!armm_is_v7(m) || !write_v7(m, offset, value))
        guest_error(m, "no register to write at 0xe000e%03x: 0x%x", offset, value);
}

static uint64_t scs_read(void *opaque, uint64_t offset, unsigned size)
{
    struct armm_cpu *m = opaque;
    unsigned n;
    if (is_priority(m, offset, &n))
        return read_priorities(m, n, size);
    if (size == 4)
        return read_word(m, offset);
    if (armm_is_v7(m) && (offset & ~3u) == CFSR)
        return bits(m->cfsr, 8 * (offset & 3), 8 * size);
    guest_error(m, "a register at 0xe000e%03x read by %u bytes", (unsigned)offset, size);
    return bits(read_word(m, offset & ~3u), 8 * (offset & 3), 8 * size);
}

static void scs_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct armm_cpu *m = opaque;
    unsigned n;
    if (is_priority(m, offset, &n)) {
        write_priorities(m, n, value, size);
        return;
    }
    if (size != 4 && armm_is_v7(m) && (offset & ~3u) == CFSR) {
        write_word(m, CFSR, value << (8 * (offset & 3)));
        return;
    }
    if (size != 4 && offset != STIR) {
        guest_error(m, "a register at 0xe000e%03x written by %u bytes", (unsigned)offset, size);
        return;
    }
    write_word(m, offset, value);
    armm_update_state(m);
    armm_check(m);
}

const struct io_ops armm_scs_ops = { .read = scs_read, .write = scs_write, .min_size = 1, .max_size = 4 };
