/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls by which a file is written, and calls of an interrupt handler that comes in between: each is carried out once. On
 * Cortex-M; ends with status 33.
 */
#define REG(address) (*(volatile unsigned *)(address))
enum { SYST_CSR = 0xe000e010, SYST_RVR = 0xe000e014, SYST_CVR = 0xe000e018, ICSR = 0xe000ed04, VTOR = 0xe000ed08 };
#define PENDSTCLR (1u << 25)
#define LINES 60

static volatile unsigned ticks;
static unsigned vectors[16] __attribute__((aligned(128)));

static unsigned long call(unsigned long op, const volatile void *block)
{
    register unsigned long r0 __asm__("r0") = op;
    register const volatile void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void refused(void)
{
    for (;;)
        ;
}

static void on_systick(void)
{
    const volatile char mark = '@';

    REG(SYST_CSR) = 0;
    REG(ICSR) = PENDSTCLR; /* a slow host may have let it expire again meanwhile */
    call(3, &mark); /* SYS_WRITEC */
    ticks++;
}

void begin(void)
{
    static char text[] = "line 00\n";
    const volatile unsigned long file[3] = { (unsigned long)"lines.txt", 4, 9 };
    volatile unsigned long block[3] = { 0x20026, 33 };

    vectors[15] = (unsigned)on_systick;
    REG(VTOR) = (unsigned)vectors;
    ticks = 0;
    unsigned long handle = call(1, file); /* SYS_OPEN */
    const volatile unsigned long write[3] = { handle, (unsigned long)text, sizeof(text) - 1 };
    for (unsigned i = 0; i < LINES; i++) {
        text[5] = '0' + i / 10;
        text[6] = '0' + i % 10;
        REG(SYST_RVR) = 100 + 50 * i; /* before the call or while it is carried out */
        REG(SYST_CVR) = 0;
        REG(SYST_CSR) = 7;
        call(5, write); /* SYS_WRITE */
        while (ticks <= i)
            ;
    }
    const volatile unsigned long close[1] = { handle };
    call(2, close);   /* SYS_CLOSE */
    call(0x20, block); /* SYS_EXIT_EXTENDED */
    refused();
}
