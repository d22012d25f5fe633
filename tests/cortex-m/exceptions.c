/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions of Armv6-M and Armv7-M, as their manuals have them: entry, return, stack pointers, priorities, faults,
 * the MPU, FP's context. The same program runs on QEMU.
 */
#include "host.h"

#define V7 (__ARM_ARCH_7M__ || __ARM_ARCH_7EM__)

enum { SYST_CSR = 0xe000e010, SYST_RVR = 0xe000e014, SYST_CVR = 0xe000e018, ISER = 0xe000e100, ICER = 0xe000e180,
       ISPR = 0xe000e200, ICPR = 0xe000e280, IABR = 0xe000e300, IPR = 0xe000e400, ICSR = 0xe000ed04, VTOR = 0xe000ed08,
       AIRCR = 0xe000ed0c, CCR = 0xe000ed14, SHPR2 = 0xe000ed1c, SHPR3 = 0xe000ed20, SHCSR = 0xe000ed24,
       CFSR = 0xe000ed28, HFSR = 0xe000ed2c, MMFAR = 0xe000ed34, BFAR = 0xe000ed38, CPACR = 0xe000ed88,
       MPU_TYPE = 0xe000ed90, MPU_CTRL = 0xe000ed94, MPU_RNR = 0xe000ed98, MPU_RBAR = 0xe000ed9c, MPU_RASR = 0xe000eda0,
       STIR = 0xe000ef00, FPCCR = 0xe000ef34, FPCAR = 0xe000ef38 };
#define PENDSVSET (1u << 28)
#define PENDSVCLR (1u << 27)
#define PENDSTCLR (1u << 25)

#define MRS(name) ({ uint32_t v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define MSR(name, v) __asm__ volatile("msr " #name ", %0" ::"r"(v) : "memory")
#define BARRIER() __asm__ volatile("dsb\n isb" ::: "memory")

/* What handlers note. */
static volatile uint32_t entered, ipsr, exc_return, handler_sp_is_psp, order, nested;
static volatile uint32_t cfsr, hfsr, mmfar, bfar, fault_pc, fault_xpsr, fault_lr, skip;
static uint32_t psp_stack[128] __attribute__((aligned(8)));
extern uint32_t bss_start[], bss_end[];

/* Handlers get the frame and EXC_RETURN. */
#define HANDLER(name, function)                                                                                        \
    __attribute__((naked)) static void name(void)                                                                      \
    {                                                                                                                  \
        __asm__ volatile("mov r1, lr\n movs r2, #4\n tst r1, r2\n beq 1f\n mrs r0, psp\n b 2f\n 1: mrs r0, msp\n 2:\n" \
                         "push {r1, lr}\n bl " #function "\n pop {r1, pc}\n");                                         \
    }

__attribute__((used)) static void on_svc(uint32_t *frame, uint32_t lr)
{
    uint16_t insn = *(uint16_t *)(frame[6] - 2);
    entered++;
    ipsr = MRS(ipsr);
    exc_return = lr;
    switch (insn & 0xff) {
    case 1:
        frame[0] = frame[0] + frame[1];
        break;
    case 2: /* PendSV comes behind this */
        REG(ICSR) = PENDSVSET;
        BARRIER();
        order = order * 10 + 1;
        break;
    case 3: /* privileged again */
        MSR(control, 0);
        __asm__ volatile("isb");
        break;
    case 4:
        frame[0] = (uint32_t)frame & 7;
        frame[1] = frame[7] >> 9 & 1;
        break;
    }
}

static volatile uint32_t pendsv_order;

__attribute__((used)) static void on_pendsv(uint32_t *frame, uint32_t lr)
{
    order = order * 10 + 2;
    pendsv_order++;
}

static volatile uint32_t ticks;

__attribute__((used)) static void on_systick(uint32_t *frame, uint32_t lr)
{
    ticks++;
}

__attribute__((used)) static void on_irq(uint32_t *frame, uint32_t lr)
{
    uint32_t n = MRS(ipsr) - 16;
    order = order * 10 + n + 3;
    if (n == 0 && nested) { /* 1 is of higher priority, 2 of the same */
        REG(ISPR) = 6;
        BARRIER();
        order = order * 10 + 9;
    }
}

/* Every fault: noted, and the instruction is stepped over. */
__attribute__((used)) static void on_fault(uint32_t *frame, uint32_t lr)
{
    entered++;
    ipsr = MRS(ipsr);
    fault_pc = frame[6];
    fault_lr = frame[5];
    fault_xpsr = frame[7];
#if V7
    cfsr = REG(CFSR);
    hfsr = REG(HFSR);
    mmfar = REG(MMFAR);
    bfar = REG(BFAR);
    REG(CFSR) = cfsr;
    REG(HFSR) = hfsr;
#endif
    if (skip == 1) /* back to where it was called from, as T32 */
        frame[6] = fault_lr & ~1u;
    else if (skip)
        frame[6] += skip;
    if (skip == 1)
        frame[7] |= 1u << 24;
    if (frame[7] & 0x0600fc00 && skip > 1) { /* the IT block goes on behind the instruction */
        uint32_t it = (frame[7] >> 25 & 3) | (frame[7] >> 8 & 0xfc);
        it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
        frame[7] = (frame[7] & ~0x0600fc00u) | (it & 3) << 25 | (it >> 2) << 10;
    }
}

HANDLER(svc_entry, on_svc)
HANDLER(pendsv_entry, on_pendsv)
HANDLER(systick_entry, on_systick)
HANDLER(irq_entry, on_irq)
HANDLER(fault_entry, on_fault)

void reset(void);
__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 8])(void) = {
    (void (*)(void))0x20003000, reset, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry,
    fault_entry, fault_entry, fault_entry, svc_entry, fault_entry, fault_entry, pendsv_entry, systick_entry,
    irq_entry, irq_entry, irq_entry, irq_entry, irq_entry, irq_entry, irq_entry, irq_entry,
};

static uint32_t svc_add(uint32_t a, uint32_t b)
{
    register uint32_t r0 __asm__("r0") = a;
    register uint32_t r1 __asm__("r1") = b;
    __asm__ volatile("svc 1" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

#define SVC(n) __asm__ volatile("svc " #n ::: "r0", "r1", "memory")

static void clear(void)
{
    entered = ipsr = cfsr = hfsr = mmfar = bfar = fault_pc = order = 0;
    exc_return = 0;
}

static void test_calls(void)
{
    clear();
    expect(svc_add(40, 2), 42);
    expect(entered, 1);
    expect(ipsr, 11);
    expect(exc_return, 0xfffffff9);
    expect(MRS(ipsr), 0);
    clear();
    SVC(2);
    expect(order, 12);
    clear();
    REG(ICSR) = PENDSVSET;
    BARRIER();
    expect(order, 2);
    __asm__ volatile("cpsid i");
    REG(ICSR) = PENDSVSET;
    BARRIER();
    expect(order, 2);
    expect(REG(ICSR) >> 28 & 1, 1);
    REG(ICSR) = PENDSVCLR;
    __asm__ volatile("cpsie i");
    BARRIER();
    expect(order, 2);
}

static void test_stacks(void)
{
    register uint32_t aligned __asm__("r0"), flag __asm__("r1");
    clear();
    MSR(psp, &psp_stack[128]);
    expect(MRS(psp), &psp_stack[128]);
    MSR(control, 2);
    __asm__ volatile("isb");
    svc_add(1, 1);
    uint32_t control = MRS(control);
    MSR(control, 0);
    __asm__ volatile("isb");
    expect(exc_return, 0xfffffffd);
    expect(control, 2);
    /* A stack pointer that is no multiple of 8 is made one, and that is noted. */
    __asm__ volatile("sub sp, #4\n svc 4\n add sp, #4" : "=r"(aligned), "=r"(flag)::"memory");
    uint32_t a1 = aligned, f1 = flag;
    __asm__ volatile("sub sp, #8\n svc 4\n add sp, #8" : "=r"(aligned), "=r"(flag)::"memory");
    uint32_t a2 = aligned, f2 = flag;
    expect(a1, 0);
    expect(a2, 0);
    expect(f1 ^ f2, 1);
    MSR(psp, 0x20001003);
    expect(MRS(psp), 0x20001000);
}

static void test_systick(void)
{
    ticks = 0;
    REG(SYST_RVR) = 49999; /* 2 ms or 3: the slowest engine must get on between them */
    REG(SYST_CVR) = 0;
    REG(SYST_CSR) = 7;
    while (ticks < 3)
        ;
    REG(SYST_CSR) = 4;
    expect(ticks >= 3, 1);
    expect(REG(SYST_CVR) <= 49999, 1);
    REG(SYST_CVR) = 5;
    expect(REG(SYST_CVR), 0);
    REG(SYST_RVR) = 0xffff;
    REG(SYST_CVR) = 0;
    REG(SYST_CSR) = 5; /* no interrupt */
    while (!(REG(SYST_CSR) & 1u << 16))
        ;
    REG(SYST_CSR) = 0;
    REG(SYST_CSR); /* it may have come to zero once more before it stood; a read clears that */
    expect(REG(SYST_CSR) >> 16, 0);
    expect(REG(SYST_RVR), 0xffff);
    REG(ICSR) = PENDSTCLR;
}

static void test_interrupts(void)
{
    clear();
    REG(ISPR) = 1; /* not enabled */
    BARRIER();
    expect(order, 0);
    expect(REG(ISPR), 1);
    REG(ISER) = 7;
    BARRIER();
    expect(order, 3);
    expect(REG(ICER), 7);
    expect(REG(ISPR), 0);
    REG(IPR) = 0x00804080; /* 0 and 2: 0x80; 1: 0x40 */
    expect(REG(IPR), 0x00804080);
    clear();
    nested = 1;
    REG(ISPR) = 1;
    BARRIER();
    nested = 0;
    expect(order, 3495); /* 0, within it 1, back in it, behind it 2 */
    clear();
    __asm__ volatile("cpsid i");
    REG(ISPR) = 7;
    __asm__ volatile("wfi"); /* does not wait */
    expect(order, 0);
    REG(ICPR) = 2;
    __asm__ volatile("cpsie i");
    BARRIER();
    expect(order, 35);
    REG(ICER) = 7;
    expect(REG(ISER), 0);
}

static uint32_t has_exception(uint32_t pc)
{
    return (fault_pc & ~1u) == (pc & ~1u);
}

/* The address of an instruction that faults and has that length; arg is its %1. */
#define FAULTING(asm_, length, arg)                                                                                    \
    ({                                                                                                                 \
        uint32_t at_;                                                                                                  \
        clear();                                                                                                       \
        skip = length;                                                                                                 \
        __asm__ volatile("adr %0, 1f\n b 1f\n .balign 4\n 1: " asm_ : "=&l"(at_) : "l"(arg)                           \
                         : "r0", "r1", "memory", "cc");                                                                \
        at_;                                                                                                           \
    })

#if V7
static void test_special_registers(void)
{
    MSR(basepri, 0x60);
    MSR(basepri_max, 0x80);
    expect(MRS(basepri), 0x60);
    MSR(basepri_max, 0x40);
    expect(MRS(basepri), 0x40);
    MSR(basepri_max, 0);
    expect(MRS(basepri), 0x40);
    clear();
    REG(ISER) = 3;
    REG(IPR) = 0x2060; /* 0: 0x60, masked; 1: 0x20 */
    REG(ISPR) = 3;
    BARRIER();
    expect(order, 4);
    MSR(basepri, 0);
    BARRIER();
    expect(order, 43);
    MSR(faultmask, 1);
    expect(MRS(faultmask), 1);
    REG(ISPR) = 1;
    BARRIER();
    expect(order, 43);
    MSR(faultmask, 0);
    BARRIER();
    expect(order, 433);
    /* Groups: with PRIGROUP 7 nothing interrupts anything. */
    REG(AIRCR) = 0x05fa0700;
    expect(REG(AIRCR), 0xfa050700);
    clear();
    REG(IPR) = 0x804080;
    REG(ISER) = 7;
    nested = 1;
    REG(ISPR) = 1;
    BARRIER();
    nested = 0;
    expect(order, 3945);
    REG(AIRCR) = 0x05fa0000;
    REG(ICER) = 7;
    __asm__ volatile("msr apsr_nzcvq, %0" ::"r"(0xf8000000));
    expect(MRS(apsr) & 0xf8000000, 0xf8000000);
    REG(STIR) = 3;
    expect(REG(ISPR), 8);
    REG(ICPR) = 8;
}

static const uint32_t even_function[2] = { 0x47704770, 0x47704770 };

static void test_faults(void)
{
    uint32_t at;
    REG(SHCSR) = 7u << 16;
    at = FAULTING("udf #1", 2, 0);
    expect(ipsr, 6);
    expect(cfsr, 1u << 16);
    expect(has_exception(at), 1);
    REG(CCR) |= 0x10;
    BARRIER();
    at = FAULTING("udiv r0, r0, %1", 4, 0);
    expect(cfsr, 1u << 25);
    expect(has_exception(at), 1);
    REG(CCR) &= ~0x10u;
    at = FAULTING("ldrd r0, r1, [%1]", 4, 0x20000002);
    expect(ipsr, 6);
    expect(cfsr, 1u << 24);
    clear();
    expect(REG(0x20000001) == 0 || 1, 1); /* misaligned, and allowed */
    expect(entered, 0);
    REG(CCR) |= 8;
    BARRIER();
    at = FAULTING("ldr r0, [%1]", 2, 0x20000001);
    expect(cfsr, 1u << 24);
    REG(CCR) &= ~8u;
    BARRIER();
    /* Nothing is there. */
    at = FAULTING("ldr r0, [%1]", 2, 0x30000000);
    expect(ipsr, 5);
    expect(cfsr, 0x8200);
    expect(bfar, 0x30000000);
    expect(has_exception(at), 1);
    /* Not T32. */
    clear();
    skip = 1;
    __asm__ volatile("blx %0" ::"r"((uint32_t)even_function & ~1u) : "lr", "memory");
    expect(ipsr, 6);
    expect(cfsr, 1u << 17);
    expect(fault_pc, even_function);
    /* Without its handler it is a HardFault. */
    REG(SHCSR) = 0;
    at = FAULTING("udf #1", 2, 0);
    expect(ipsr, 3);
    expect(cfsr, 1u << 16);
    expect(hfsr, 1u << 30);
    REG(SHCSR) = 7u << 16;
    /* In an IT block: the second instruction faults, the third is executed, the fourth is not. */
    register uint32_t r __asm__("r2") = 0;
    clear();
    skip = 2;
    __asm__ volatile("cmp %0, #0\n ittte eq\n addeq %0, #1\n udfeq #2\n addeq %0, #2\n addne %0, #4"
                     : "+r"(r)::"memory", "cc");
    expect(r, 3);
    expect(entered, 1);
    /* NOCP, of a coprocessor that no core has. */
    at = FAULTING("mcr p3, 0, r0, c0, c0, 0", 4, 0);
    expect(cfsr, 1u << 19);
}

static void test_unprivileged(void)
{
    clear();
    MSR(control, 1);
    __asm__ volatile("isb");
    MSR(primask, 1);
    uint32_t primask = MRS(primask), control = MRS(control);
    MSR(control, 0); /* without effect */
    uint32_t still = MRS(control);
    skip = 2;
    __asm__ volatile("ldr r0, [%0]" ::"r"(CFSR) : "r0", "memory");
    uint32_t seen = ipsr, what = cfsr, where = bfar;
    SVC(3);
    expect(primask, 0);
    expect(control, 1);
    expect(still, 1);
    expect(seen, 5);
    expect(what, 0x8200);
    expect(where, CFSR);
    expect(MRS(control), 0);
    expect(MRS(primask), 0);
}

static uint32_t guarded[64] __attribute__((aligned(256)));

static void region(uint32_t n, uint32_t base, uint32_t rasr)
{
    REG(MPU_RBAR) = base | 0x10 | n;
    REG(MPU_RASR) = rasr;
}

static void test_mpu(void)
{
    uint32_t at;
    expect(REG(MPU_TYPE), 0x800);
    region(0, (uint32_t)guarded, 6u << 24 | 7 << 1 | 1);              /* 256 bytes, read-only */
    region(1, (uint32_t)guarded, 3u << 24 | 0xfe << 8 | 7 << 1 | 1); /* its first eighth can be written */
    expect(REG(MPU_RNR), 1);
    REG(MPU_CTRL) = 5;
    BARRIER();
    clear();
    guarded[0] = 1;
    expect(guarded[0], 1);
    expect(guarded[9], 0);
    expect(entered, 0);
    at = FAULTING("str %1, [%1, #32]", 2, guarded);
    expect(ipsr, 4);
    expect(cfsr, 0x82);
    expect(mmfar, &guarded[8]);
    expect(has_exception(at), 1);
    /* Not executed: peripherals' space, and what a region says of. */
    clear();
    skip = 1;
    __asm__ volatile("blx %0" ::"r"(0x40000001) : "lr", "memory");
    expect(ipsr, 4);
    expect(cfsr, 1);
    region(2, (uint32_t)guarded, 1u << 28 | 3u << 24 | 7 << 1 | 1);
    BARRIER();
    guarded[0] = 0x47704770;
    clear();
    __asm__ volatile("blx %0" ::"r"((uint32_t)guarded | 1) : "lr", "memory");
    expect(cfsr, 1);
    region(2, (uint32_t)guarded, 3u << 24 | 7 << 1 | 1);
    BARRIER();
    clear();
    __asm__ volatile("blx %0" ::"r"((uint32_t)guarded | 1) : "lr", "memory");
    expect(entered, 0);
    REG(MPU_CTRL) = 0;
    BARRIER();
    guarded[20] = 7;
    expect(entered, 0);
}

static void test_exclusive(void)
{
    static uint32_t word;
    uint32_t v, failed;
    __asm__ volatile("ldrex %0, [%2]\n strex %1, %3, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&word), "r"(5) : "memory");
    expect(failed, 0);
    expect(word, 5);
    __asm__ volatile("ldrex %0, [%2]\n svc 0\n strex %1, %3, [%2]" : "=&r"(v), "=&r"(failed) : "r"(&word), "r"(6)
                     : "memory");
    expect(failed, 1);
    expect(word, 5);
}

static void test_vtor(void)
{
    static void (*table[32])(void) __attribute__((aligned(128)));
    for (unsigned i = 0; i < 24; i++)
        table[i] = ((void (*const volatile *)(void))0)[i];
    table[11] = pendsv_entry;
    REG(VTOR) = (uint32_t)table;
    BARRIER();
    clear();
    SVC(0);
    expect(order, 2);
    REG(VTOR) = 0;
    BARRIER();
    clear();
    SVC(0);
    expect(order, 0);
    expect(entered, 1);
}
#else
static void test_hard_fault(void)
{
    uint32_t at;
    at = FAULTING("udf #1", 2, 0);
    expect(ipsr, 3);
    expect(has_exception(at), 1);
    at = FAULTING("ldr r0, [%1]", 2, 0x20000001);
    expect(ipsr, 3);
    expect(has_exception(at), 1);
}
#endif

#if __ARM_FP
static volatile uint32_t lazy, fpca_in_handler, frame_s0;

__attribute__((used)) static void on_fp(uint32_t *frame, uint32_t lr)
{
    exc_return = lr;
    lazy = REG(FPCCR) & 1;
    fpca_in_handler = MRS(control) >> 2 & 1;
    expect(REG(FPCAR), &frame[8]);
    frame[8] = 0;
    /* The first of them makes the frame whole. */
    __asm__ volatile("vmov.f32 s0, #2.0\n vmov.f32 s15, #4.0" ::: "s0", "s15", "memory");
    frame_s0 = frame[8];
    expect(REG(FPCCR) & 1, 0);
}

HANDLER(fp_entry, on_fp)

static void test_no_fp(void)
{
    uint32_t at = FAULTING("vmov.f32 s0, #1.0", 4, 0);
    expect(cfsr, 1u << 19);
    expect(has_exception(at), 1);
    REG(CPACR) = 0xf << 20;
    BARRIER();
}

__attribute__((noinline)) static void test_fp(void)
{
    static void (*table[32])(void) __attribute__((aligned(128)));
    uint32_t s0, s15, s16, fpscr;
    for (unsigned i = 0; i < 24; i++)
        table[i] = ((void (*const volatile *)(void))0)[i];
    table[11] = fp_entry;
    REG(VTOR) = (uint32_t)table;
    BARRIER();
    MSR(control, 0);
    __asm__ volatile("vmsr fpscr, %4\n vmov.f32 s0, #1.0\n vmov.f32 s15, #3.0\n vmov.f32 s16, #5.0\n svc 0\n"
                     "vmov %0, s0\n vmov %1, s15\n vmov %2, s16\n vmrs %3, fpscr"
                     : "=r"(s0), "=r"(s15), "=r"(s16), "=r"(fpscr) : "r"(0x90000000) : "s0", "s15", "s16", "memory");
    uint32_t fpca = MRS(control) >> 2 & 1;
    expect(exc_return, 0xffffffe9);
    expect(lazy, 1);
    expect(fpca_in_handler, 0);
    expect(frame_s0, 0x3f800000);
    expect(s0, 0x3f800000);
    expect(s15, 0x40400000);
    expect(s16, 0x40a00000);
    expect(fpscr, 0x90000000);
    expect(fpca, 1);
    REG(VTOR) = 0;
    BARRIER();
    volatile float x = 7.0f, y = 2.0f;
    expect((uint32_t)(x / y * 100), 350);
}
#endif

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_calls();
    test_stacks();
    test_systick();
    test_interrupts();
#if V7
    test_special_registers();
    test_faults();
    test_unprivileged();
    test_mpu();
    test_exclusive();
    test_vtor();
#else
    test_hard_fault();
#endif
#if __ARM_FP
    test_no_fp();
    test_fp();
#endif
    end_checks();
}
