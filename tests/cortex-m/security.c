/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two security states of Armv8-M, as its manual has them: attribution, calls and returns both ways, exceptions of
 * either state from either, with each stacking case; faults; stack limits; FP's context; priorities; the MPU. It
 * begins in the secure state at 0x10000000; what is non-secure is made so behind the SAU and the memory's protection
 * controller. The same program runs on QEMU's mps2-an505.
 */
#include "host.h"

enum { ICSR = 0xe000ed04, VTOR = 0xe000ed08, AIRCR = 0xe000ed0c, CCR = 0xe000ed14, SHPR3 = 0xe000ed20,
       SHCSR = 0xe000ed24,
       CFSR = 0xe000ed28, HFSR = 0xe000ed2c, MMFAR = 0xe000ed34, BFAR = 0xe000ed38, CPACR = 0xe000ed88,
       NSACR = 0xe000ed8c, MPU_CTRL = 0xe000ed94, MPU_RNR = 0xe000ed98, MPU_RBAR = 0xe000ed9c, MPU_RLAR = 0xe000eda0,
       SAU_CTRL = 0xe000edd0, SAU_TYPE = 0xe000edd4, SAU_RNR = 0xe000edd8, SAU_RBAR = 0xe000eddc, SAU_RLAR = 0xe000ede0,
       SFSR = 0xe000ede4, SFAR = 0xe000ede8, FPCCR = 0xe000ef34, FPCAR = 0xe000ef38, NS = 0x20000,
       ISER = 0xe000e100, ISPR = 0xe000e200, ICPR = 0xe000e280, ITNS = 0xe000e380, IPR = 0xe000e400,
       MPC = 0x58007000, MPC_CTRL = MPC, BLK_MAX = MPC + 0x10, BLK_CFG = MPC + 0x14, BLK_IDX = MPC + 0x18,
       BLK_LUT = MPC + 0x1c,
       MPC2 = 0x58008000, NSCCFG = 0x50080014, SECRESPCFG = 0x50080010, SECPPCINTSTAT = 0x50080020,
       SECPPCINTCLR = 0x50080024, APBNSPPCEXP1 = 0x50080084, UART_ID = 0x40200fe0, UART_ID_S = 0x50200fe0 };
#define PENDSVSET (1u << 28)

#define NS_CODE 0x00200000u /* the upper half of the code memory, all of it the non-secure state's */
#define NS_STACK 0x00310000u
#define NS_DATA 0x00300000u

#define MRS(name) ({ uint32_t v_; __asm__ volatile("mrs %0, " #name : "=r"(v_)); v_; })
#define MSR(name, v) __asm__ volatile("msr " #name ", %0" ::"r"(v) : "memory")
#define BARRIER() __asm__ volatile("dsb\n isb" ::: "memory")

/* -- What the non-secure state executes: copied there, so it must not depend on its address -- */

extern const uint32_t ns_begin[], ns_end[], ns_vectors[];
/* Offsets of its entries. */
extern const char ns_add[], ns_call_back[], ns_svc[], ns_read[], ns_fp[],
    ns_push[], ns_tt[];
__asm__(".section .ns, \"ax\"\n .balign 256\n"
        "ns_begin: ns_vectors:\n" /* 0x00200000 on */
        " .word 0x00310000\n"
        " .rept 15\n .word 0x00200000 + ns_handler - ns_begin + 1\n .endr\n"
        " .rept 16\n .word 0x00200000 + ns_handler - ns_begin + 1\n .endr\n"
        ".thumb_func\n"
        /* Handlers note in struct noted what they find, and step over an instruction that faulted. */
        "ns_handler: ldr r1, =0x00300000\n"
        " mrs r2, ipsr\n str r2, [r1]\n str lr, [r1, #4]\n str r4, [r1, #8]\n str r0, [r1, #12]\n"
        " ldr r2, [r1, #16]\n adds r2, #1\n str r2, [r1, #16]\n mrs r2, control\n str r2, [r1, #20]\n"
        " mov r2, sp\n str r2, [r1, #24]\n mrs r2, apsr\n str r2, [r1, #28]\n"
        " ldr r2, [r1, #32]\n cbz r2, 2f\n"
        /* of a fault: step over the instruction, of two halves */
        " ldr r3, [sp, #24]\n add r3, r2\n str r3, [sp, #24]\n"
        " ldr r2, =0xe000ed28\n ldr r3, [r2]\n str r3, [r1, #36]\n str r3, [r2]\n"
        "2: ldr r2, [r1, #40]\n orr lr, r2\n bx lr\n .pool\n"
        "ns_add: adds r0, r1\n bx lr\n"
        "ns_call_back: push {r4, lr}\n movs r4, r0\n movs r0, r1\n blx r4\n adds r0, #1\n pop {r4, pc}\n"
        "ns_svc: push {r4, lr}\n ldr r4, =0x77\n svc 0\n movs r0, r4\n pop {r4, pc}\n"
        "ns_read: ldr.w r0, [r0]\n bx lr\n"
        "ns_fp: vmov s0, r0\n vmov s1, r1\n vadd.f32 s0, s0, s1\n vmov r0, s0\n bx lr\n"
        "ns_push: mov r1, lr\n mov r2, sp\n mov sp, r0\n push.w {r0-r12}\n mov sp, r2\n bx r1\n"
        "ns_tt: tt r0, r0\n bx lr\n"
        " .balign 4\n .pool\n"
        "ns_end:\n .text\n");
#define NS_FN(name) (NS_CODE + (uint32_t)(name - (const char *)ns_begin))

struct noted {
    uint32_t ipsr, lr, r4, r0, count, control, sp, apsr, skip, cfsr, lr_bits;
};
#define NOTED ((volatile struct noted *)NS_DATA)

/* A call of the non-secure state by BLXNS, with R4 to R11 as they are. */
__attribute__((naked, noinline)) static uint32_t call_ns(uint32_t target, uint32_t a, uint32_t b)
{
    __asm__ volatile("push {r4-r11, lr}\n mov r12, r0\n mov r0, r1\n mov r1, r2\n"
                     "lsrs r12, r12, #1\n lsls r12, r12, #1\n blxns r12\n pop {r4-r11, pc}\n");
}

/* -- Veneers that the non-secure state may call, at the end of the code -- */

static volatile uint32_t secure_seen;
__attribute__((used)) static uint32_t secure_double(uint32_t v)
{
    secure_seen = MRS(ipsr) << 16 | v;
    return 2 * v;
}
__asm__(".section .veneers, \"ax\"\n .balign 32\n .global veneers\nveneers:\n"
        ".thumb_func\nveneer_double: sg\n push {r3, lr}\n bl secure_double\n pop {r3, lr}\n bxns lr\n"
        ".thumb_func\nveneer_none: nop\n nop\n bxns lr\n .balign 32\nveneers_end:\n .text\n");
extern const char veneers[], veneers_end[], veneer_double[], veneer_none[];

/* -- Secure handlers -- */

static volatile uint32_t entered, ipsr, exc_return, cfsr, sfsr, sfar, hfsr, skip, handler_r4, to_ns_pendsv;
static volatile uint32_t corrupt, frame_word, order;
static volatile uint32_t handler_sp;

__attribute__((used)) static void on_secure(uint32_t lr, uint32_t r4, uint32_t sp)
{
    uint32_t number = MRS(ipsr);
    entered++;
    order = order * 10 + number % 10;
    ipsr = number;
    exc_return = lr;
    handler_r4 = r4;
    handler_sp = sp;
    cfsr = REG(CFSR);
    sfsr = REG(SFSR);
    sfar = REG(SFAR);
    hfsr = REG(HFSR);
    REG(CFSR) = cfsr;
    REG(SFSR) = sfsr;
    REG(HFSR) = hfsr;
    if (to_ns_pendsv) { /* which comes when this one is over */
        REG(ICSR + NS) = PENDSVSET;
        to_ns_pendsv = 0;
    }
    uint32_t *frame = lr & 0x40 ? lr & 8 && lr & 4 ? (uint32_t *)MRS(psp) : (uint32_t *)sp
                                : (uint32_t *)MRS(msp_ns);
    if (corrupt && number == (corrupt == 1 ? 16 : 7)) { /* what says that R4 to R11 are there; then right again */
        frame[0] ^= 0x100;
        corrupt = corrupt == 1 ? 2 : 0;
    }
    frame_word = frame[6];
    if (skip == 1) { /* back to where it was called from, or to the secure state */
        frame[6] = frame[5] & ~1u;
    } else if (skip) {
        frame[6] += skip;
    }
}

__attribute__((naked)) static void handler(void)
{
    __asm__ volatile("mov r0, lr\n mov r1, r4\n mov r2, sp\n push {r3, lr}\n bl on_secure\n pop {r3, pc}\n");
}

void reset(void);
__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 8])(void) = {
    (void (*)(void))0x10180000, reset, handler, handler, handler, handler, handler, handler, handler, handler,
    handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler, handler,
    handler, handler,
};

static void clear(void)
{
    entered = ipsr = exc_return = cfsr = sfsr = sfar = hfsr = skip = handler_r4 = frame_word = order = 0;
    for (unsigned i = 0; i < sizeof(*NOTED) / 4; i++)
        REG(NS_DATA + 4 * i) = 0;
}

static void sau(unsigned n, uint32_t from, uint32_t last, uint32_t flags)
{
    REG(SAU_RNR) = n;
    REG(SAU_RBAR) = from;
    REG(SAU_RLAR) = (last & ~31u) | flags;
}

static void set_up(void)
{
    /* The upper half of the code memory is the others': the table's blocks have the size that it says. */
    uint32_t words = REG(BLK_MAX) + 1;
    REG(MPC_CTRL) &= ~0x100u;
    for (uint32_t i = words / 2; i < words; i++) {
        REG(BLK_IDX) = i;
        REG(BLK_LUT) = 0xffffffff;
    }
    sau(0, NS_CODE, 0x003fffff, 1);
    sau(1, (uint32_t)veneers, (uint32_t)veneers_end - 1, 3);
    REG(NSCCFG) = 1;
    REG(SAU_CTRL) = 1;
    BARRIER();
    volatile uint32_t *to = (volatile uint32_t *)NS_CODE;
    for (const uint32_t *p = ns_begin; p < ns_end; p++)
        *to++ = *p;
    REG(VTOR + NS) = NS_CODE;
    MSR(msp_ns, NS_STACK);
    REG(SHCSR) |= 7u << 16 | 1u << 19;
    REG(SHCSR + NS) |= 5u << 16;
    BARRIER();
}

static uint32_t tt(uint32_t address)
{
    __asm__ volatile("tt %0, %0" : "+r"(address));
    return address;
}

static uint32_t tta(uint32_t address)
{
    __asm__ volatile("tta %0, %0" : "+r"(address));
    return address;
}

static void test_attribution(void)
{
    expect(REG(SAU_TYPE), 8);
    expect(tt(NS_CODE) >> 16 & 0x7e, 0x3e & 0x3e); /* SRVALID, R, RW, NSR, NSRW; not S */
    expect(tt(NS_CODE) >> 8 & 0xff, 0);
    expect(tt((uint32_t)veneers) >> 16 & 0x7e, 0x4e); /* S */
    expect(tt((uint32_t)veneers) >> 8 & 0xff, 1);
    expect(tt(0x10000000) >> 16 & 0x7e, 0x4c);
    expect(tt(0x10000000) >> 23, 0x10 << 1 >> 4 << 0 | 1 | (0x10u >> 4 << 1)); /* IRVALID, IREGION 1 */
    expect(tta(NS_CODE) >> 18 & 3, 3);
    expect(call_ns(NS_FN(ns_tt), NS_CODE, 0), 0x000c0000);
}

/* What the SAU gives to the other state, the board's controllers may yet refuse. */
__attribute__((unused)) static void test_controllers(void)
{
    clear();
    sau(2, 0x40000000, 0x4fffffff, 1);
    sau(3, 0x28000000, 0x281fffff, 1);
    BARRIER();
    REG(0x38000000) = 0x11223344;
    expect(REG(0x38000000), 0x11223344);
    skip = 4;
    expect(call_ns(NS_FN(ns_read), 0x28000000, 0), 0);
    expect(entered, 0);
    expect(REG(MPC2 + 0x20), 1); /* INT_STAT */
    expect(REG(MPC2 + 0x2c) & 0xfffffff, 0x8000000 & 0xfffffff); /* INT_INFO1: where */
    REG(MPC2 + 0x24) = 1;
    REG(MPC2 + 0x00) &= ~0x100u;
    REG(MPC2 + 0x18) = 0;
    REG(MPC2 + 0x1c) = 1;
    BARRIER();
    expect(call_ns(NS_FN(ns_read), 0x28000000, 0), 0x11223344);
    expect(REG(0x38000000), 0); /* it is not the secure state's any more */
    REG(MPC2 + 0x24) = 1;
    expect(REG(UART_ID_S), 0x21); /* a UART that is secure, and then not */
    expect(call_ns(NS_FN(ns_read), UART_ID, 0), 0);
    expect(REG(SECPPCINTSTAT), 1 << 5);
    REG(SECPPCINTCLR) = 1 << 5;
    REG(APBNSPPCEXP1) = 1 << 5;
    BARRIER();
    expect(REG(UART_ID_S), 0);
    expect(call_ns(NS_FN(ns_read), UART_ID, 0), 0x21);
    expect(REG(UART_ID), 0x21); /* an access by secure code to what the SAU says is not */
    REG(SECRESPCFG) = 1; /* bus errors from now on */
    skip = 4;
    __asm__ volatile("ldr.w r0, [%0]" ::"r"(UART_ID_S) : "r0", "memory");
    expect(ipsr, 5);
    REG(SECRESPCFG) = 0;
    REG(APBNSPPCEXP1) = 0;
    REG(SECPPCINTCLR) = 1 << 5;
}

static void test_calls(void)
{
    clear();
    expect(call_ns(NS_FN(ns_add), 40, 2), 42);
    uint32_t sp = MRS(msp);
    expect(call_ns(NS_FN(ns_call_back), (uint32_t)veneer_double, 21), 43);
    expect(secure_seen, 21);
    expect(MRS(msp), sp);
    expect(entered, 0);
}

static void test_bad_calls(void)
{
    clear(); /* secure code that may be called begins with SG */
    skip = 1;
    call_ns(NS_FN(ns_call_back), (uint32_t)veneer_none, 0);
    expect(sfsr, 1); /* INVEP */
    expect(ipsr, 7);
    expect(exc_return & 0x7f, 0x39);
    clear(); /* ... and is in an NSC region */
    skip = 1;
    call_ns(NS_FN(ns_call_back), (uint32_t)test_calls, 0);
    expect(sfsr, 1);
    clear(); /* the secure state executes nothing of the other's */
    skip = 1;
    uint32_t target = NS_FN(ns_add) | 1;
    __asm__ volatile("blx %0" ::"r"(target) : "r0", "r1", "r2", "r3", "r12", "lr", "memory");
    expect(sfsr, 0x10); /* INVTRAN */
    clear(); /* reads of what is secure */
    skip = 4;
    call_ns(NS_FN(ns_read), 0x10000000, 0);
    expect(sfsr & 0xbf, 8); /* AUVIOL */
    if (sfsr & 0x40) /* QEMU has no address */
        expect(sfar, 0x10000000);
    expect(exc_return & 0x7f, 0x39);
    clear(); /* what the other state sees of the system's registers there */
    expect(call_ns(NS_FN(ns_read), SAU_TYPE, 0), 0);
    expect(call_ns(NS_FN(ns_read), VTOR, 0), NS_CODE);
    expect(call_ns(NS_FN(ns_read), VTOR + NS, 0), 0);
    expect(entered, 0);
}

static void test_non_secure_exceptions(void)
{
    clear(); /* from its own state */
    expect(call_ns(NS_FN(ns_svc), 0, 0), 0x77);
    expect(NOTED->ipsr, 11);
    expect(NOTED->lr, 0xffffffb8);
    expect(NOTED->r4, 0x77);
    expect(NOTED->count, 1);
    clear(); /* from the secure state: nothing of its registers is seen, and all of them come back */
    register uint32_t r4 __asm__("r4") = 0x1234, r11 __asm__("r11") = 0x5678;
    uint32_t sp = MRS(msp);
    __asm__ volatile("str %3, [%2]\n dsb\n isb" : "+r"(r4), "+r"(r11) : "r"(ICSR + NS), "r"(PENDSVSET) : "memory");
    uint32_t r4_after = r4, r11_after = r11;
    expect(r4_after, 0x1234);
    expect(r11_after, 0x5678);
    expect(NOTED->ipsr, 14);
    expect(NOTED->lr, 0xfffffff8);
    expect(NOTED->r4, 0);
    expect(NOTED->r0, 0);
    expect(NOTED->apsr, 0);
    expect(MRS(msp), sp);
}

static void test_secure_exceptions(void)
{
    clear(); /* from its own state */
    __asm__ volatile("svc 0" ::: "memory");
    expect(ipsr, 11);
    expect(exc_return, 0xfffffff9);
    clear(); /* from the other one: an interrupt */
    REG(ISER) = 1;
    REG(IPR) = 0x20;
    __asm__ volatile("cpsid i");
    REG(ISPR) = 1;
    BARRIER();
    __asm__ volatile("cpsie i\n isb");
    expect(ipsr, 16);
    expect(exc_return, 0xfffffff9);
    clear(); /* the same, of the other state's: it targets that one */
    REG(ITNS) = 1;
    REG(ISPR) = 1;
    BARRIER();
    expect(entered, 0);
    expect(NOTED->ipsr, 16);
    expect(NOTED->lr, 0xfffffff8);
    expect(call_ns(NS_FN(ns_read), ISER, 0), 1);
    REG(ITNS) = 0;
    expect(call_ns(NS_FN(ns_read), ISER, 0), 0);
    clear(); /* a secure handler, and behind it a non-secure one: R4 to R11 go to the stack in between */
    to_ns_pendsv = 1;
    register uint32_t r4 __asm__("r4") = 0x4321;
    __asm__ volatile("svc 0\n dsb\n isb" : "+r"(r4)::"r0", "r1", "r2", "r3", "memory");
    uint32_t r4_after = r4;
    expect(r4_after, 0x4321);
    expect(handler_r4, 0x4321);
    expect(entered, 1);
    expect(NOTED->ipsr, 14);
    expect(NOTED->r4, 0);
    expect(NOTED->lr, 0xfffffff8);
}

__attribute__((used, noinline)) static void both_interrupts(void)
{
    REG(ITNS) = 2;
    REG(ISER) = 3;
    REG(IPR) = 0x4060; /* 1, the non-secure state's, comes first */
    __asm__ volatile("cpsid i");
    REG(ISPR) = 3;
    BARRIER();
    __asm__ volatile("cpsie i\n isb");
    REG(ITNS) = 0;
    REG(IPR) = 0;
}

static void test_chaining(void)
{
    clear(); /* a non-secure handler, and behind it a secure one: R4 to R11 stay on the stack */
    register uint32_t r4 __asm__("r4") = 0x9876;
    __asm__ volatile("bl both_interrupts" : "+r"(r4)::"r0", "r1", "r2", "r3", "r12", "lr", "memory");
    uint32_t r4_after = r4;
    expect(r4_after, 0x9876);
    expect(NOTED->ipsr, 17);
    expect(NOTED->lr, 0xfffffff8);
    expect(ipsr, 16);
    expect(exc_return, 0xffffffd9);
    clear(); /* the same, but what is on the stack does not say that it is: nothing is unstacked */
    corrupt = 1;
    both_interrupts();
    expect(corrupt, 0);
    expect(order, 67);
    expect(sfsr, 2); /* INVIS */
    expect(exc_return, 0xffffffd9);
    clear(); /* a non-secure handler that pretends to return from a secure exception */
    NOTED->lr_bits = 1;
    expect(call_ns(NS_FN(ns_svc), 0, 0), 0x77);
    expect(NOTED->ipsr, 11);
    expect(ipsr, 7);
    expect(sfsr, 4); /* INVER */
    NOTED->lr_bits = 0;
}

static void test_stack_limits(void)
{
    static uint32_t stack[64] __attribute__((aligned(8)));
    clear();
    expect(MRS(msplim), 0);
    MSR(psplim, (uint32_t)&stack[8] + 4);
    expect(MRS(psplim), &stack[8]);
    MSR(psp, &stack[20]);
    skip = 4;
    __asm__ volatile("mrs r3, control\n orr r3, #2\n msr control, r3\n isb\n"
                     "push.w {r0-r11}\n" /* to the limit, */
                     "pop.w {r0-r11}\n push.w {r0-r12}\n" /* and beyond */
                     "mov r0, sp\n bic r3, #2\n msr control, r3\n isb\n" ::: "r0", "r3", "memory");
    expect(MRS(psp), &stack[20]);
    expect(entered, 1);
    expect(ipsr, 6);
    expect(cfsr, 0x100000); /* STKOF */
    expect(exc_return, 0xfffffffd);
    clear();
    skip = 2;
    __asm__ volatile("mrs r3, control\n orr r3, #2\n msr control, r3\n isb\n"
                     "sub sp, #48\n add sp, #48\n sub sp, #52\n"
                     "bic r3, #2\n msr control, r3\n isb\n" ::: "r3", "memory");
    expect(MRS(psp), &stack[20]);
    expect(cfsr, 0x100000);
    MSR(psplim, 0);
    clear(); /* the other state's, by MSR of its stack pointer */
    MSR(msplim_ns, NS_STACK - 0x100);
    skip = 4;
    __asm__ volatile("msr sp_ns, %0" ::"r"(NS_STACK - 0x104) : "memory");
    expect(cfsr, 0x100000);
    __asm__ volatile("msr sp_ns, %0" ::"r"(NS_STACK - 0x100) : "memory");
    expect(MRS(msp_ns), NS_STACK - 0x100);
    MSR(msp_ns, NS_STACK);
    clear(); /* ... and by a push of its own, which is its UsageFault */
    NOTED->skip = 4;
    call_ns(NS_FN(ns_push), NS_STACK - 0x100 + 0x28, 0);
    expect(NOTED->ipsr, 6);
    expect(NOTED->cfsr, 0x100000);
    MSR(msplim_ns, 0);
    MSR(msp_ns, NS_STACK);
}

static uint32_t fpca(void)
{
    return MRS(control) >> 2 & 3;
}

static void test_fp(void)
{
    REG(CPACR) = 0xf << 20;
    REG(CPACR + NS) = 0xf << 20;
    REG(NSACR) = 0;
    BARRIER();
    __asm__ volatile("mrs r3, control\n bic r3, #12\n msr control, r3\n isb" ::: "r3");
    expect(fpca(), 0);
    clear(); /* NSACR keeps it from the other state, and that is the secure one's fault to handle */
    skip = 4;
    expect(call_ns(NS_FN(ns_fp), 0x3f800000, 0x40000000), 0x3f800000);
    expect(entered, 4);
    expect(ipsr, 6);
    expect(cfsr, 0x80000); /* NOCP */
    REG(NSACR) = 0xc00;
    BARRIER();
    uint32_t sum = call_ns(NS_FN(ns_fp), 0x3f800000, 0x40000000);
    expect(sum, 0x40400000);
    expect(fpca(), 1); /* its context is there, but none of the secure state's */
    __asm__ volatile("vmov s16, %0" ::"r"(0x12345678));
    expect(fpca(), 3);
    clear(); /* an exception of either state, lazily: nothing is written */
    __asm__ volatile("svc 0" ::: "memory");
    expect(exc_return, 0xffffffe9);
    expect(fpca(), 3);
    REG(FPCCR) |= 1u << 26; /* TS: all registers are saved, and cleared */
    clear();
    REG(ICSR + NS) = PENDSVSET;
    BARRIER();
    expect(NOTED->lr, 0xffffffe8);
    uint32_t s16;
    __asm__ volatile("vmov %0, s16" : "=r"(s16));
    expect(s16, 0x12345678);
    REG(FPCCR) &= ~(1u << 26);
    __asm__ volatile("mrs r3, control\n bic r3, #12\n msr control, r3\n isb" ::: "r3");
}

static void test_returns(void)
{
    clear(); /* an EXC_RETURN outside of handlers is an address like another; one of the other state's that says ES */
    skip = 1;
    call_ns(NS_FN(ns_call_back), 0xfffffff9, 0);
    expect(entered + NOTED->count, 1);
}

static void test_priorities(void)
{
    clear(); /* PRIS: the other state's priorities are in the lower half */
    REG(AIRCR) = 0x05fa4000;
    expect(REG(AIRCR) & 0x6000, 0x4000);
    expect(call_ns(NS_FN(ns_read), AIRCR, 0) & 0x6000, 0);
    REG(SHPR3 + NS) = 0; /* PendSV of it: 0x80 */
    MSR(basepri, 0x80);
    REG(ICSR + NS) = PENDSVSET;
    BARRIER();
    expect(NOTED->count, 0);
    MSR(basepri, 0x90);
    __asm__ volatile("isb");
    expect(NOTED->count, 1);
    MSR(basepri, 0);
    MSR(primask_ns, 1); /* masks its own alone */
    REG(ICSR + NS) = PENDSVSET;
    BARRIER();
    expect(NOTED->count, 1);
    __asm__ volatile("svc 0" ::: "memory");
    expect(entered, 1);
    MSR(primask_ns, 0);
    __asm__ volatile("isb");
    expect(NOTED->count, 2);
    REG(AIRCR) = 0x05fa0000;
}

static void test_mpu(void)
{
    clear(); /* Armv8-M's regions, of the non-secure state's MPU: read-only there, none elsewhere but by default */
    REG(MPU_RNR + NS) = 0;
    REG(MPU_RBAR + NS) = 0x00320000 | 2 << 1; /* privileged, read-only */
    REG(MPU_RLAR + NS) = 0x0032001f | 1;
    REG(MPU_CTRL + NS) = 5;
    BARRIER();
    expect(tta(0x00320000) >> 16 & 0xf, 0x7); /* MRVALID, SRVALID, R */
    expect(tta(0x00320020) >> 16 & 0xf, 0xe);
    expect(tt(0x00320000) >> 16 & 0xf, 0xe);
    REG(MPU_RBAR + NS) = 0x00320000 | 2 << 1;
    REG(MPU_RNR + NS) = 1;
    REG(MPU_RBAR + NS) = 0x00320000 | 1 << 1; /* two regions: no access at all */
    REG(MPU_RLAR + NS) = 0x0032001f | 1;
    BARRIER();
    NOTED->skip = 4;
    call_ns(NS_FN(ns_read), 0x00320000, 0);
    expect(NOTED->ipsr, 4);
    expect(NOTED->cfsr & 0xff, 0x82);
    REG(MPU_CTRL + NS) = 0;
    BARRIER();
}

void reset(void)
{
    set_up();
    test_attribution();
#ifndef PLAIN /* on QEMU a refused access is a bus error, and nothing says so */
    test_controllers();
#endif
    test_calls();
    test_bad_calls();
    test_non_secure_exceptions();
    test_secure_exceptions();
    test_chaining();
    test_stack_limits();
    test_fp();
    test_priorities();
    test_mpu();
    test_returns();
    end_checks();
}
