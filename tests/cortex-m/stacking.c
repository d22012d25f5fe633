/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every case of stacking and unstacking of Armv7-M (DDI 0403, B1.5.6 to B1.5.14): what a frame has and where it is, on
 * either stack, aligned or not, with and without FP's context, lazily or not; tail chains; what goes wrong while it is
 * written, read, or made whole; each bad return; sleep on exit. The same program runs on QEMU,
 * with PLAIN, which leaves out what that does not model.
 */
#include "host.h"

enum { SYST_CSR = 0xe000e010, SYST_RVR = 0xe000e014, SYST_CVR = 0xe000e018, ISER = 0xe000e100, ICER = 0xe000e180,
       ISPR = 0xe000e200, IPR = 0xe000e400, ICSR = 0xe000ed04, VTOR = 0xe000ed08, SCR = 0xe000ed10, CCR = 0xe000ed14,
       SHPR1 = 0xe000ed18, SHPR2 = 0xe000ed1c, SHPR3 = 0xe000ed20, SHCSR = 0xe000ed24, CFSR = 0xe000ed28,
       HFSR = 0xe000ed2c, MMFAR = 0xe000ed34, BFAR = 0xe000ed38, CPACR = 0xe000ed88, MPU_CTRL = 0xe000ed94,
       MPU_RBAR = 0xe000ed9c, MPU_RASR = 0xe000eda0, FPCCR = 0xe000ef34, FPCAR = 0xe000ef38,
       NOWHERE = 0x30000000 };
#if __ARM_FP & 8 /* a Cortex-M7, on AN500 */
#define EDGE 0x61000000u
#else
#define EDGE 0x00800000u /* the end of a memory with code */
#endif
enum { HARDFAULT = 3, MEMMANAGE = 4, BUSFAULT = 5, USAGEFAULT = 6, SVCALL = 11, PENDSV = 14, SYSTICK = 15, IRQ0 = 16,
       NVECTORS = 48 };
#define PENDSVSET (1u << 28)
#define ASPEN (1u << 31)
#define LSPEN (1u << 30)
#define LSPACT 1u

#define MRS(name) ({ uint32_t v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define MSR(name, v) __asm__ volatile("msr " #name ", %0" ::"r"(v) : "memory")
#define BARRIER() __asm__ volatile("dsb\n isb" ::: "memory")

/* What a handler found, and what it does: its function may change the EXC_RETURN that it leaves by. */
struct entry {
    uint32_t count, exc_return, sp, frame_at, frame[26], order;
};
static volatile struct entry entries[NVECTORS];
static volatile uint32_t cfsr, hfsr, bfar, mmfar, order;
static uint32_t (*volatile acts[NVECTORS])(uint32_t exc_return, uint32_t *frame);
static uint32_t guarded[32] __attribute__((aligned(128))); /* no access is allowed, while the MPU is on */
extern uint32_t bss_start[], bss_end[];

__attribute__((used)) static uint32_t handle(uint32_t exc_return, uint32_t sp)
{
    uint32_t n = MRS(ipsr);
    volatile struct entry *e = &entries[n];
    uint32_t at = exc_return & 4 ? MRS(psp) : sp;
    e->count++;
    e->exc_return = exc_return;
    e->sp = sp;
    e->frame_at = at;
    e->order = ++order;
    if (at >> 24 != NOWHERE >> 24 && at - (uint32_t)guarded >= sizeof(guarded))
        for (unsigned i = 0; i < (exc_return & 16 ? 8 : 26); i++)
            e->frame[i] = ((volatile uint32_t *)at)[i];
    if (n < SVCALL) {
        cfsr = REG(CFSR);
        hfsr = REG(HFSR);
        mmfar = REG(MMFAR);
        bfar = REG(BFAR);
        REG(CFSR) = cfsr;
        REG(HFSR) = hfsr;
    }
    return acts[n] ? acts[n](exc_return, (uint32_t *)at) : exc_return;
}

__attribute__((naked)) static void handler(void)
{
    __asm__ volatile("mov r0, lr\n mov r1, sp\n push {r3, lr}\n bl handle\n pop {r3, lr}\n bx r0\n");
}

void reset(void);
__attribute__((section(".vectors"), used)) static void (*const vectors[NVECTORS])(void) = {
    (void (*)(void))0x20003000, reset, [2 ... NVECTORS - 1] = handler,
};

static void clear(void)
{
    for (uint32_t *p = (uint32_t *)entries; p < (uint32_t *)(entries + NVECTORS); p++)
        *(volatile uint32_t *)p = 0;
    for (unsigned i = 0; i < NVECTORS; i++)
        acts[i] = 0;
    cfsr = hfsr = bfar = mmfar = order = 0;
}

static uint32_t psp_stack[128] __attribute__((aligned(8)));

/* Executes BODY on the process stack, which has AT for its pointer. */
#define ON_PSP(at, body)                                                                                               \
    __asm__ volatile("msr psp, %0\n mrs r4, control\n orr r4, #2\n msr control, r4\n isb\n" body                       \
                     "\n mrs r4, control\n bic r4, #2\n msr control, r4\n isb"                                         \
                     ::"r"(at) : "r0", "r1", "r2", "r3", "r4", "r5", "r12", "lr", "memory", "cc")
#define KNOWN "mov r0, #0x10101010\n mov r1, #0x21212121\n mov r2, #0x32323232\n mov r3, #0x43434343\n" \
              "mov r12, #0xc1c1c1c1\n mov lr, #0xe1e1e1e1\n"

static const uint32_t known[6] = { 0x10101010, 0x21212121, 0x32323232, 0x43434343, 0xc1c1c1c1, 0xe1e1e1e1 };

static unsigned frame_is_known(const volatile struct entry *e)
{
    unsigned right = 0;
    for (unsigned i = 0; i < 6; i++)
        right += e->frame[i] == known[i];
    return right;
}

/* -- The basic frame -- */

static void test_frames(void)
{
    const volatile struct entry *e = &entries[SVCALL];
    uint32_t msp, after, pc;
    clear(); /* the main stack, a multiple of 8 */
    __asm__ volatile("adr r4, 1f\n mov r5, sp\n" KNOWN "svc 0\n 1: mov %1, sp\n mov %0, r5\n mov %2, r4"
                     : "=r"(msp), "=r"(after), "=r"(pc)::"r0", "r1", "r2", "r3", "r4", "r5", "r12", "lr", "memory", "cc");
    expect(frame_is_known(e), 6);
    expect(e->frame[6], pc);
    expect(e->frame[7] & 0x010003ff, 0x01000000);
    expect(e->frame_at, ((msp - 32) & ~7u));
    expect(e->frame[7] >> 9 & 1, msp >> 2 & 1);
    expect(after, msp);
    clear(); /* not one */
    __asm__ volatile("sub sp, #4\n mov r5, sp\n" KNOWN "svc 0\n mov %1, sp\n mov %0, r5\n add sp, #4"
                     : "=r"(msp), "=r"(after)::"r0", "r1", "r2", "r3", "r4", "r5", "r12", "lr", "memory", "cc");
    expect(frame_is_known(e), 6);
    expect(e->frame_at, ((msp - 32) & ~7u));
    expect(e->frame[7] >> 9 & 1, msp >> 2 & 1);
    expect(after, msp);
    /* The process stack, both ways. */
    for (unsigned odd = 0; odd < 2; odd++) {
        clear();
        ON_PSP(&psp_stack[128 - odd], KNOWN "svc 0\n");
        expect(frame_is_known(e), 6);
        expect(e->exc_return, 0xfffffffd);
        expect(e->frame_at, &psp_stack[120 - 2 * odd]);
        expect(e->frame[7] >> 9 & 1, odd);
        expect(MRS(psp), &psp_stack[128 - odd]);
    }
    /* The flags come back, and what the handler made of the frame. */
    uint32_t flags;
    clear();
    __asm__ volatile("msr apsr_nzcvq, %1\n svc 0\n mrs %0, apsr" : "=r"(flags) : "r"(0xa8000000) : "memory", "cc");
    expect(flags & 0xf8000000, 0xa8000000);
    expect(e->frame[7] & 0xf8000000, 0xa8000000);
}

static uint32_t pend_pendsv(uint32_t exc_return, uint32_t *frame)
{
    REG(ICSR) = PENDSVSET;
    return exc_return;
}

static uint32_t pend_irq0(uint32_t exc_return, uint32_t *frame)
{
    REG(ISPR) = 1;
    BARRIER();
    return exc_return;
}

static void test_chains(void)
{
    volatile struct entry *svc = &entries[SVCALL], *pendsv = &entries[PENDSV], *irq = &entries[IRQ0];
    clear(); /* behind one another: the frame stays where it is */
    acts[SVCALL] = pend_pendsv;
    ON_PSP(&psp_stack[128], KNOWN "svc 0\n dsb\n isb\n");
    expect(pendsv->order, 2);
    expect(pendsv->exc_return, 0xfffffffd);
    expect(pendsv->frame_at, svc->frame_at);
    expect(frame_is_known(pendsv), 6);
    clear(); /* one within the other: a frame of its own, on the main stack */
    REG(SHPR2) = 0x80u << 24;
    REG(IPR) = 0x40;
    REG(ISER) = 1;
    acts[SVCALL] = pend_irq0;
    ON_PSP(&psp_stack[128], "svc 0\n");
    expect(irq->exc_return, 0xfffffff1);
    expect(irq->frame_at < svc->sp, 1);
    expect(irq->frame[7] & 0x1ff, SVCALL);
    clear(); /* of two that are pending the one of higher priority first, whichever came first */
    REG(SHPR3) = 0x20u << 16;
    __asm__ volatile("cpsid i");
    REG(ISPR) = 1;
    REG(ICSR) = PENDSVSET;
    __asm__ volatile("cpsie i\n isb");
    expect(pendsv->order, 1);
    expect(irq->order, 2);
    expect(irq->frame_at, pendsv->frame_at);
    REG(SHPR3) = REG(SHPR2) = REG(IPR) = 0;
    REG(ICER) = 1;
    clear(); /* masked: it can't wait, and is a HardFault */
    MSR(basepri, 0x10);
    REG(SHPR2) = 0x20u << 24;
    __asm__ volatile("svc 0" ::: "memory");
    MSR(basepri, 0);
    REG(SHPR2) = 0;
    expect(entries[HARDFAULT].count, 1);
    expect(svc->count, 0);
    expect(hfsr, 1u << 30);
}

/* -- What goes wrong while a frame is written or read -- */

static uint32_t psp_back(uint32_t exc_return, uint32_t *frame)
{
    MSR(psp, &psp_stack[64]);
    for (unsigned i = 0; i < 8; i++)
        psp_stack[64 + i] = entries[SVCALL].frame[i];
    return exc_return;
}

/* To the address that R5 has, on the process stack. */
static uint32_t to_r5;
static uint32_t new_frame(uint32_t exc_return, uint32_t *frame)
{
    for (unsigned i = 0; i < 8; i++)
        psp_stack[64 + i] = 0;
    psp_stack[70] = to_r5 & ~1u;
    psp_stack[71] = 0x01000000;
    MSR(psp, &psp_stack[64]);
    return 0xfffffffd;
}

static uint32_t psp_nowhere(uint32_t exc_return, uint32_t *frame)
{
    MSR(psp, NOWHERE);
    return exc_return;
}

static uint32_t psp_guarded(uint32_t exc_return, uint32_t *frame)
{
    MSR(psp, guarded);
    return exc_return;
}

static void guard(void)
{
    REG(MPU_RBAR) = (uint32_t)guarded | 0x10;
    REG(MPU_RASR) = 6 << 1 | 1; /* 128 bytes, no access */
    REG(MPU_CTRL) = 5;
    BARRIER();
}

#define ON_BAD_PSP(at, body)                                                                                           \
    __asm__ volatile("adr r5, 8f\n str r5, [%1]\n msr psp, %0\n mrs r4, control\n orr r4, #2\n msr control, r4\n isb\n" \
                     body "\n .balign 4\n 8: mrs r4, control\n bic r4, #2\n msr control, r4\n isb"                     \
                     ::"r"(at), "r"(&to_r5) : "r0", "r1", "r2", "r3", "r4", "r5", "r12", "lr", "memory", "cc")

__attribute__((unused)) static uint32_t vtor_again(uint32_t exc_return, uint32_t *frame)
{
    entries[1].frame[0] = REG(ISPR) >> 16 & 1;
    REG(ICER) = 1u << 16;
    REG(VTOR) = 0;
    BARRIER();
    return exc_return;
}

static void test_errors(void)
{
    const volatile struct entry *bus = &entries[BUSFAULT], *mem = &entries[MEMMANAGE], *svc = &entries[SVCALL];
    REG(SHCSR) = 7u << 16;
    clear(); /* there is no memory: BusFault's priority is the same, its number lower, so that it comes first */
    acts[SVCALL] = acts[BUSFAULT] = new_frame;
    ON_BAD_PSP(NOWHERE + 64, "svc 0\n");
    expect(bus->count, 1);
    expect(cfsr, 1u << 12); /* STKERR, without an address */
    expect(bus->exc_return, 0xfffffffd);
    expect(bus->frame_at, NOWHERE + 32);
    expect(bus->order, 1);
    expect(svc->count, 1);
    expect(svc->order, 2); /* it is still pending */
    clear(); /* the MPU refuses */
    guard();
    acts[SVCALL] = acts[MEMMANAGE] = new_frame;
    ON_BAD_PSP((uint32_t)guarded + 64, "svc 0\n");
    expect(mem->count, 1);
    expect(cfsr, 1u << 4); /* MSTKERR */
    expect(mem->order, 1);
    REG(MPU_CTRL) = 0;
    BARRIER();
    /* Reads of the frame: the return becomes an entry of the fault. */
    clear();
    acts[SVCALL] = psp_nowhere;
    acts[BUSFAULT] = psp_back;
    ON_PSP(&psp_stack[128], KNOWN "svc 0\n");
    expect(bus->count, 1);
    expect(cfsr, 1u << 11); /* UNSTKERR */
    expect(bus->exc_return, 0xfffffffd);
    expect(bus->frame_at, NOWHERE);
    clear();
    guard();
    acts[SVCALL] = psp_guarded;
    acts[MEMMANAGE] = psp_back;
    ON_PSP(&psp_stack[128], KNOWN "svc 0\n");
    expect(mem->count, 1);
    expect(cfsr, 1u << 3); /* MUNSTKERR */
    REG(MPU_CTRL) = 0;
    BARRIER();
    REG(SHCSR) = 0;
    clear(); /* their handlers are not enabled: a HardFault, which says the cause as well */
    acts[SVCALL] = psp_nowhere;
    acts[HARDFAULT] = psp_back;
    ON_PSP(&psp_stack[128], KNOWN "svc 0\n");
    expect(entries[HARDFAULT].count, 1);
    expect(cfsr, 1u << 11);
    expect(hfsr, 1u << 30);
#if !defined(PLAIN) || __ARM_FP & 8 /* QEMU has other memory there */
    clear(); /* the vector of an interrupt is not there to be read */
    volatile uint32_t *table = (volatile uint32_t *)(EDGE - 128);
    for (unsigned i = 0; i < 32; i++)
        table[i] = (uint32_t)vectors[i];
    REG(VTOR) = EDGE - 128;
    acts[HARDFAULT] = vtor_again;
    REG(ISER) = 1u << 16;
    REG(ISPR) = 1u << 16;
    BARRIER();
    expect(entries[HARDFAULT].count, 1);
    expect(hfsr, 0x40000002); /* VECTTBL, FORCED */
    expect(entries[1].frame[0], 1); /* it has not been taken */
    REG(0xe000e280) = 1u << 16;
#endif
#ifndef PLAIN
    clear(); /* a load from nowhere with BFHFNMIGN and FAULTMASK goes on, and is noted */
    REG(CCR) |= 0x100;
    MSR(faultmask, 1);
    (void)REG(NOWHERE);
    BARRIER();
    MSR(faultmask, 0);
    REG(CCR) &= ~0x100u;
    expect(entries[HARDFAULT].count, 0);
    expect(REG(CFSR) >> 8 & 2, 2);
    REG(CFSR) = REG(CFSR);
#endif
}

/* -- Bad returns -- */

static uint32_t leave_by;
static uint32_t leave(uint32_t exc_return, uint32_t *frame)
{
    return leave_by;
}

/* The UsageFault of a return that failed: back to where the first handler came from. */
static uint32_t right_again(uint32_t exc_return, uint32_t *frame)
{
    return 0xfffffff9;
}

static uint32_t wrong_ipsr(uint32_t exc_return, uint32_t *frame)
{
    frame[7] |= SVCALL;
    return exc_return;
}

static uint32_t ipsr_again(uint32_t exc_return, uint32_t *frame)
{
    frame[7] &= ~0x1ffu;
    return exc_return;
}

/* From IRQ0's handler to thread mode, and from there back. */
static uint32_t change_mode(uint32_t exc_return, uint32_t *frame)
{
    frame[7] ^= IRQ0;
    return frame[7] & IRQ0 ? 0xfffffff1 : 0xfffffff9;
}

static uint32_t visit_thread(uint32_t exc_return, uint32_t *frame)
{
    uint32_t first, second;
    __asm__ volatile("svc 0\n mrs %0, ipsr\n svc 0\n mrs %1, ipsr" : "=r"(first), "=r"(second) : : "memory");
    entries[0].frame[0] = first;
    entries[0].frame[1] = second;
    return exc_return;
}

static void test_returns(void)
{
    static const uint32_t wrong[] = { 0xfffffff1, 0xfffffff5, 0xfffffff0, 0xfffffff8, 0xfffffffb };
    const volatile struct entry *usage = &entries[USAGEFAULT];
    REG(SHCSR) = 7u << 16;
    for (unsigned i = 0; i < sizeof(wrong) / 4; i++) {
        clear();
        leave_by = wrong[i];
        acts[SVCALL] = leave;
        acts[USAGEFAULT] = right_again;
        __asm__ volatile("svc 0" ::: "memory");
        expect(usage->count, 1);
        expect(cfsr, 1u << 18); /* INVPC */
        expect(usage->exc_return, wrong[i] | 0xfffffff0);
    }
    clear(); /* to thread mode with a handler's number */
    acts[SVCALL] = wrong_ipsr;
    acts[USAGEFAULT] = ipsr_again;
    __asm__ volatile("svc 0" ::: "memory");
    expect(usage->count, 1);
    expect(cfsr, 1u << 18);
    /* To thread mode while another is active: only with NONBASETHRDENA. */
    REG(SHPR2) = 0x40u << 24;
    REG(SHPR1) = 0;
    REG(IPR) = 0x80;
    REG(ISER) = 1;
    clear();
    REG(CCR) |= 1;
    acts[IRQ0] = visit_thread;
    acts[SVCALL] = change_mode;
    REG(ISPR) = 1;
    BARRIER();
    expect(usage->count, 0);
    expect(entries[0].frame[0], 0);
    expect(entries[0].frame[1], IRQ0);
    REG(CCR) &= ~1u;
    REG(SHPR2) = REG(IPR) = 0;
    REG(ICER) = 1;
}

#ifndef PLAIN
static uint32_t three_times(uint32_t exc_return, uint32_t *frame)
{
    if (entries[SYSTICK].count == 3)
        REG(SCR) = 0;
    return exc_return;
}

static void test_sleep_on_exit(void)
{
    clear();
    acts[SYSTICK] = three_times;
    REG(SCR) = 2;
    REG(SYST_RVR) = 19999;
    REG(SYST_CVR) = 0;
    REG(SYST_CSR) = 7;
    while (!entries[SYSTICK].count)
        ;
    expect(entries[SYSTICK].count >= 3, 1); /* no instruction of thread mode before */
    REG(SYST_CSR) = 0;
}
#endif

/* -- FP's context -- */

#if __ARM_FP

#define FP_KNOWN "vmov s0, r0\n vmov s1, r1\n vmov s14, r2\n vmov s15, r3\n vmov s16, lr\n vmsr fpscr, r5\n"
#define FP_REGS "s0", "s1", "s14", "s15", "s16"

static uint32_t after[6];

/* An SVC with known registers; what they are afterwards. at: 0, on the main stack. */
__attribute__((noinline)) static void fp_call(uint32_t at)
{
    MSR(control, 0);
    BARRIER();
    __asm__ volatile("mov r4, %1\n mov r5, #0x90000000\n cbz r4, 1f\n msr psp, r4\n movs r4, #2\n msr control, r4\n isb\n"
                     "1: " KNOWN FP_KNOWN "svc 0\n"
                     "mrs r4, control\n bic r4, #2\n msr control, r4\n isb\n"
                     "vmov r0, s0\n vmov r1, s1\n vmov r2, s14\n vmov r3, s15\n stm %0!, {r0-r3}\n vmov r0, s16\n"
                     "vmrs r1, fpscr\n stm %0!, {r0-r1}\n sub %0, #24\n"
                     : : "r"(after), "r"(at) : "r0", "r1", "r2", "r3", "r4", "r5", "r12", "lr", "memory", "cc", FP_REGS);
    expect(after[0], known[0]);
    expect(after[1], known[1]);
    expect(after[2], known[2]);
    expect(after[3], known[3]);
    expect(after[4], known[5]);
    expect(after[5], 0x90000000);
}

static uint32_t use_fp(uint32_t exc_return, uint32_t *frame)
{
    entries[1].frame[0] = REG(FPCCR);
    entries[1].frame[1] = REG(FPCAR);
    entries[1].frame[2] = MRS(control);
    __asm__ volatile("vmov s0, %0\n vmov s1, %0\n vmov s14, %0\n vmov s15, %0\n vmsr fpscr, %0" ::"r"(0)
                     : "s0", "s1", "s14", "s15");
    entries[1].frame[3] = REG(FPCCR);
    entries[1].frame[4] = MRS(control);
    return exc_return;
}

static uint32_t nested_fp(uint32_t exc_return, uint32_t *frame)
{
    if (MRS(ipsr) == SVCALL) {
        REG(ISPR) = 1; /* which uses FP: it saves this one's frame */
        BARRIER();
        entries[2].frame[0] = REG(FPCCR);
        return exc_return;
    }
    return use_fp(exc_return, frame);
}

static uint32_t fp_then_nested(uint32_t exc_return, uint32_t *frame)
{
    uint32_t mine;
    __asm__ volatile("vmov s0, %0" ::"r"(0x77) : "s0");
    REG(ISPR) = 1;
    BARRIER();
    __asm__ volatile("vmov %0, s0" : "=r"(mine));
    entries[2].frame[0] = mine;
    return exc_return;
}

static uint32_t bad_fpcar(uint32_t exc_return, uint32_t *frame)
{
    uint32_t right = REG(FPCAR);
    REG(FPCAR) = NOWHERE;
    __asm__ volatile("vmov s2, s3" ::: "s2"); /* faults; BusFault's handler mends it */
    entries[2].frame[0] = right;
    return exc_return;
}

static uint32_t mend_fpcar(uint32_t exc_return, uint32_t *frame)
{
    REG(FPCAR) = entries[SVCALL].frame_at + 32;
    return exc_return;
}

static uint32_t pc_of_nop(uint32_t exc_return, uint32_t *frame)
{
    frame[6] += 4;
    return exc_return;
}

static void test_fp_frames(void)
{
    const volatile struct entry *e = &entries[SVCALL], *irq = &entries[IRQ0];
    REG(CPACR) = 0xf << 20;
    BARRIER();
    expect(REG(FPCCR) & (ASPEN | LSPEN), ASPEN | LSPEN);
    for (unsigned lazy = 0; lazy < 2; lazy++)
        for (unsigned odd = 0; odd < 2; odd++) {
            REG(FPCCR) = ASPEN | (lazy ? LSPEN : 0);
            clear(); /* a handler that does not use it */
            fp_call((uint32_t)&psp_stack[128 - odd]);
            expect(e->exc_return, 0xffffffed);
            expect(e->frame_at, &psp_stack[128 - 26 - 2 * odd]);
            expect(e->frame[7] >> 9 & 1, odd);
            expect(frame_is_known(e), 6);
            expect(MRS(psp), &psp_stack[128 - odd]);
            if (!lazy) {
                expect(e->frame[8], known[0]);
                expect(e->frame[9], known[1]);
                expect(e->frame[22], known[2]);
                expect(e->frame[23], known[3]);
                expect(e->frame[24], 0x90000000);
            }
            expect(REG(FPCCR) & LSPACT, 0);
            expect(MRS(control) >> 2 & 1, 1);
            clear(); /* one that does */
            acts[SVCALL] = use_fp;
            fp_call((uint32_t)&psp_stack[128 - odd]);
            expect(entries[1].frame[0] & LSPACT, lazy);
            if (lazy)
                expect(entries[1].frame[1], e->frame_at + 32);
            expect(entries[1].frame[2] >> 2 & 1, 0);
            expect(entries[1].frame[3] & LSPACT, 0);
            expect(entries[1].frame[4] >> 2 & 1, 1);
            expect(psp_stack[128 - 26 - 2 * odd + 8], known[0]);
            expect(psp_stack[128 - 26 - 2 * odd + 23], known[3]);
        }
    clear(); /* on the main stack */
    acts[SVCALL] = use_fp;
    fp_call(0);
    expect(e->exc_return, 0xffffffe9);
    /* The handler is interrupted before it has used FP; the other one, which does, saves the first frame. */
    REG(SHPR2) = 0x80u << 24;
    REG(IPR) = 0x40;
    REG(ISER) = 1;
    clear();
    acts[SVCALL] = acts[IRQ0] = nested_fp;
    fp_call((uint32_t)&psp_stack[128]);
    expect(irq->exc_return, 0xfffffff1); /* a basic frame */
    expect(entries[1].frame[0] & LSPACT, 1);
    expect(entries[1].frame[1], e->frame_at + 32);
    expect(entries[2].frame[0] & LSPACT, 0);
    expect(psp_stack[128 - 26 + 8], known[0]);
    clear(); /* ... after it has: two frames with FP's registers */
    acts[SVCALL] = fp_then_nested;
    acts[IRQ0] = use_fp;
    fp_call((uint32_t)&psp_stack[128]);
    expect(irq->exc_return, 0xffffffe1);
    expect(entries[1].frame[1], irq->frame_at + 32);
    expect(entries[2].frame[0], 0x77);
    REG(ICER) = 1;
    REG(SHPR2) = REG(IPR) = 0;
    clear(); /* without ASPEN FP leaves no trace: its registers are the handler's to keep */
    REG(FPCCR) = 0;
    fp_call((uint32_t)&psp_stack[128]);
    expect(e->exc_return, 0xfffffffd);
    expect(MRS(control) >> 2 & 1, 0);
    REG(FPCCR) = ASPEN | LSPEN;
    /* The frame is not there any more when it is to be made whole. */
    REG(SHCSR) = 7u << 16;
    REG(SHPR1) = 0;
    REG(SHPR2) = 0x80u << 24;
    clear();
    acts[SVCALL] = bad_fpcar;
    acts[BUSFAULT] = mend_fpcar;
    fp_call((uint32_t)&psp_stack[128]);
    expect(entries[BUSFAULT].count, 1);
    expect(cfsr & 0xff00, 1u << 13); /* LSPERR */
    REG(SHPR2) = 0;
    clear(); /* a handler that changes the context in the frame */
    REG(CPACR) = 0;
    BARRIER();
    acts[USAGEFAULT] = pc_of_nop;
    MSR(control, 0);
    BARRIER();
    __asm__ volatile(".balign 4\n vmov.f32 s0, #1.0" ::: "s0", "memory");
    expect(cfsr, 1u << 19);
    expect(entries[USAGEFAULT].exc_return, 0xfffffff9);
    REG(CPACR) = 0xf << 20;
    BARRIER();
}
#endif

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_frames();
    test_chains();
    test_errors();
    test_returns();
#ifndef PLAIN
    test_sleep_on_exit();
#endif
#if __ARM_FP
    test_fp_frames();
#endif
    end_checks();
}
