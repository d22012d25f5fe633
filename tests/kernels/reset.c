/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What harts and devices hold at their first instruction, also where the manuals leave it open: QEMU's values. Every
 * hart checks its own, the last of them makes a mess of what can be written and resets the machine, and all of it is
 * checked again, with -DTWICE=1 (QEMU keeps much of the mess). Its own entry (-Wl,-e,reset_entry), where no register
 * has been touched. -DHARTS=, -DAPLIC=, -DIMSIC= and -DACLINT= say which machine it is.
 */
#include "kernel.h"

#define MTIMECMP(n) (CLINT + 0x4000 + 4 * (n)) /* halves */
#define MTIME (CLINT + 0xbff8)
#define RTC 0x101000
#define APLIC_M 0xc000000
#define APLIC_S 0xd000000
#define IMSIC_M 0x24000000
#define FLASH 0x20000000
#define FW_CFG 0x10100000
#define TREE 0x83e00000 /* in 64 MiB */

/* Outlives a reset, but not the power: behind what the loader writes. */
#define ROUND MMIO32(0x80400000)
#define ROUND_MARK 0x5eed0000u

word first[8][32]; /* x registers of each hart; x5 to x7 come from CSRs */

/* The registers as they are; t0, t1 and t2 go through CSRs first, which are cleared again. */
__asm__(
    ".section .text.first, \"ax\"\n"
    ".globl reset_entry\n"
    "reset_entry:\n"
    "csrw mscratch, t0\n csrw mepc, t1\n csrr t0, mhartid\n la t1, first\n"
#if __riscv_xlen == 64
    "slli t0, t0, 8\n add t0, t0, t1\n"
    ".irp n, 1,2,3,4,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "sd x\\n, 8*\\n(t0)\n.endr\n"
    "csrr t1, mscratch\n sd t1, 8*5(t0)\n csrr t1, mepc\n sd t1, 8*6(t0)\n"
#else
    "slli t0, t0, 7\n add t0, t0, t1\n"
    ".irp n, 1,2,3,4,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "sw x\\n, 4*\\n(t0)\n.endr\n"
    "csrr t1, mscratch\n sw t1, 4*5(t0)\n csrr t1, mepc\n sw t1, 4*6(t0)\n"
#endif
    "csrw mscratch, zero\n csrw mepc, zero\n j _start\n"
    ".text\n");

/* -- Harts -- */

static void check_registers(word n)
{
    for (unsigned i = 1; i < 32; i++) {
        word want = i == 5 ? 0x80000000 : i == 10 ? n : i == 11 ? TREE : i == 12 ? 0x1028 : 0;
        if (first[n][i] != want)
            panic("hart %u: x%u is %x, expected %x", n, (word)i, first[n][i], want);
    }
}

#define GET(csr) ({ word v_; __asm__ volatile("csrr %0, " csr : "=r"(v_)); v_; })
#define SET(csr, v) __asm__ volatile("csrw " csr ", %0" : : "r"((word)(v)) : "memory")
#define IS(csr, want)                                                                                                  \
    ({                                                                                                                 \
        word v_ = GET(csr);                                                                                            \
        if (v_ != (word)(want))                                                                                        \
            panic("hart %u: " csr " is %x, expected %x", hart(), v_, (word)(want));                                    \
    })
#define EACH_ZERO(IS)                                                                                                  \
    IS("medeleg", 0), IS("mie", 0), IS("mcounteren", 0), IS("mscratch", 0), IS("mcause", 0), IS("mtval", 0),           \
        IS("stvec", 0), IS("sscratch", 0), IS("sepc", 0), IS("scause", 0), IS("stval", 0), IS("satp", 0),              \
        IS("scounteren", 0), IS("senvcfg", 0), IS("mcountinhibit", 0), IS("pmpcfg0", 0), IS("pmpcfg2", 0),             \
        IS("pmpaddr0", 0), IS("pmpaddr1", 0), IS("pmpaddr15", 0), IS("stimecmp", 0)

static void check_csrs(void)
{
    EACH_ZERO(IS);
    check((GET("mideleg") & 0x222) == 0); /* a hypervisor's bits are fixed */
    IS("mip", 0x80);                      /* MTIME has reached mtimecmp */
    word status = GET("mstatus");
    check((status & 0x1888) == 0); /* MPP, MPIE, MIE */
    check((status & 0x7e0122) == 0);
    check((status >> 13 & 3) == 0);
#if __riscv_xlen == 32
    IS("menvcfg", 0);
    IS("menvcfgh", 1u << 29); /* ADUE: there is no firmware that would have to set it */
    IS("stimecmph", 0);
    IS("mstatush", 0);
    IS("pmpcfg1", 0);
    IS("pmpcfg3", 0);
#else
    IS("menvcfg", (word)1 << 61);
#endif
    /* Sstc on: there is no interrupt before stimecmp has been written, though it is 0. */
#if __riscv_xlen == 32
#define HIGH_ENV "menvcfgh"
#else
#define HIGH_ENV "menvcfg"
#endif
    SET(HIGH_ENV, (word)1 << (__riscv_xlen - 1));
    check((GET("mip") & 0x20) == 0);
    SET(HIGH_ENV, (word)1 << (__riscv_xlen - 3));
}

static void check_fp(void)
{
    word v;

    csr_set(status, 1u << 13);
    IS("fcsr", 0);
#if __riscv_xlen == 64
#define FMV "fmv.x.d"
#else
#define FMV "fmv.x.w"
#endif
#define F(n) __asm__ volatile(FMV " %0, f" #n : "=r"(v)); check(v == 0)
    F(0); F(1); F(2); F(7); F(8); F(9); F(10); F(15); F(16); F(20); F(27); F(28); F(31);
    csr_clear(status, 3u << 13);
}

/* What the next reset has to undo. */
static void soil_hart(void)
{
    SET("medeleg", -1);
    SET("mideleg", -1);
    SET("mcounteren", -1);
    SET("scounteren", -1);
    SET("senvcfg", -1);
    SET("menvcfg", -1);
#if __riscv_xlen == 32
    SET("menvcfgh", -1);
    SET("stimecmph", -1);
#endif
    SET("stimecmp", -1);
    SET("mcountinhibit", -1);
    SET("mcause", -1);
    SET("mtval", -1);
    SET("stvec", -1);
    SET("sscratch", -1);
    SET("sepc", -1);
    SET("scause", -1);
    SET("stval", -1);
    SET("pmpaddr0", -1);
    SET("pmpaddr1", -1);
    SET("pmpaddr15", -1);
    SET("pmpcfg0", 0x0f0f);
    SET("mip", -1);
    SET("mstatus", -1);
    SET("fcsr", -1);
    __asm__ volatile("fcvt.d.w f1, %0\n fcvt.d.w f31, %0\n li s11, -1\n li t6, -1\n li gp, -1"
                     : : "r"(-1) : "s11", "t6");
}

/* -- Devices -- */

static void check_words(word base, unsigned n, uint32_t want)
{
    for (unsigned i = 0; i < n; i++)
        if (MMIO32(base + 4 * i) != want)
            panic("%x is %x, expected %x", base + 4 * i, (word)MMIO32(base + 4 * i), (word)want);
}

static void check_uart(void)
{
    static const uint8_t want[8] = { 0, 0, 1, 0, 8, 0x60, 0xb0, 0 };

    for (unsigned i = 0; i < 8; i++)
        if (MMIO8(UART + i) != want[i])
            panic("register %u of the UART is %x, expected %x", (word)i, (word)MMIO8(UART + i), (word)want[i]);
    MMIO8(UART + 3) = 0x80;
    uint8_t low = MMIO8(UART), high = MMIO8(UART + 1);
    MMIO8(UART + 3) = 0;
    check(low == 12 && high == 0);
}

static void check_clint(void)
{
    check_words(CLINT, HARTS, 0);
    check_words(MTIMECMP(0), 2 * HARTS, 0);
    check(MMIO32(MTIME + 4) == 0); /* MTIME begins at 0 */
}

static void check_plic(void)
{
    check_words(PLIC, 96, 0);
    check_words(PLIC + 0x1000, 3, 0);
    for (unsigned c = 0; c < 2 * HARTS; c++) {
        check_words(PLIC + 0x2000 + 0x80 * c, 3, 0);
        check_words(PLIC + 0x200000 + 0x1000 * c, 2, 0);
    }
}

static void check_aplic(word base)
{
    check(MMIO32(base) == 0x80000000);
    check_words(base + 4, 95, 0);
    check_words(base + 0x1c00, 3, 0);
    check_words(base + 0x1d00, 3, 0);
    check_words(base + 0x1e00, 3, 0);
    check_words(base + 0x4000, 3, 0);
    check_words(base + 0x4018, 2, 0);
}

static void check_rtc(void)
{
    check_words(RTC + 8, 3, 0);
    check(MMIO32(RTC + 0x18) == 0);
    check(MMIO32(RTC + 4) == 0 || MMIO32(RTC + 4) > 0x10000000); /* latched, or what it was */
}

static void check_devices(void)
{
    check_uart();
    if (!ACLINT)
        check_clint();
    check_rtc();
    if (APLIC) {
        check_aplic(APLIC_M);
        check_aplic(APLIC_S);
    } else if (IMSIC) {
        check_words(IMSIC_M, 4, 0);
    } else {
        check_plic();
    }
    check(MMIO32(FLASH) == 0 || MMIO32(FLASH) == 0xffffffff);
    check(MMIO8(FW_CFG) == 'Q'); /* the signature is selected */
}

static void soil_devices(void)
{
    for (unsigned n = 0; n < HARTS; n++) {
        MMIO32(MTIMECMP(2 * n)) = MMIO32(MTIMECMP(2 * n + 1)) = 0x1234;
        MMIO32(CLINT + 4 * n) = n != hart();
    }
    MMIO32(RTC + 12) = 1;
    MMIO32(RTC + 8) = 2;
    MMIO32(RTC + 16) = 1;
    for (unsigned n = 1; APLIC && n < 96; n++)
        MMIO32(APLIC_M + 4 * n) = n & 1 ? 0x400 : 6;
    if (APLIC)
        MMIO32(APLIC_M) = MMIO32(APLIC_S) = 0x100;
    for (unsigned n = 1; !APLIC && !IMSIC && n < 96; n++) {
        MMIO32(PLIC + 4 * n) = 7;
        MMIO32(PLIC + 0x2000 + n / 32 * 4) = -1;
    }
    MMIO8(UART + 1) = 15; /* its line is high from now on, through the reset */
    MMIO8(UART + 7) = 0x55;
    MMIO8(UART + 4) = 0x1b;
    MMIO8(UART + 2) = 0xc1;
    MMIO8(UART + 3) = 0x83;
    MMIO8(UART) = 1;
    MMIO8(UART + 1) = 1;
    MMIO8(UART + 3) = 0x1f;
}

/* -- All of it -- */

void kmain(word n)
{
    static uint32_t devices, turn, soiled;

    if (n == 0) {
        check_devices(); /* before a word is printed */
        ROUND = ROUND == ROUND_MARK ? ROUND_MARK + 1 : ROUND_MARK;
        __atomic_store_n(&devices, 1, __ATOMIC_SEQ_CST);
    }
    while (!__atomic_load_n(&devices, __ATOMIC_SEQ_CST))
        ;
    check_registers(n);
    check_csrs();
    check_fp();
    meet(&turn, HARTS);
    if (TWICE && ROUND == ROUND_MARK) {
        if (n == 0)
            soil_devices();
        meet(&turn, HARTS);
        soil_hart();
        if (__atomic_add_fetch(&soiled, 1, __ATOMIC_SEQ_CST) == HARTS)
            MMIO32(TEST_DEVICE) = 0x7777;
        for (;;)
            ;
    }
    if (n == 0)
        passed("%u harts", (word)HARTS);
}
