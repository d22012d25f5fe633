/* SPDX-License-Identifier: BSD-2-Clause */
/* What a CPU says of itself: ID registers, caches, reset values, one a line. No TAP: ids.t compares it with QEMU's. */
#include "board.h"

static volatile bool undefined;

static ulong skip(void)
{
    undefined = true;
    return 4;
}

static void line(const char *name, ulong v)
{
    print(name);
    print(" ");
    if (undefined)
        print("undefined");
    else
        print_hex(v);
    print("\n");
    undefined = false;
}

#ifdef A32
#define SHOW(op1, crn, crm, op2)                                                                                       \
    line(#op1 " " #crn " " #crm " " #op2, CP_READ("p15, " #op1 ", %0, c" #crn ", c" #crm ", " #op2))
#define SELECT(n) CP_WRITE("p15, 2, %0, c0, c0, 0", n)
#else
#define SHOW(op1, crn, crm, op2) line(#op1 " " #crn " " #crm " " #op2, READ(S3_##op1##_C##crn##_C##crm##_##op2))
#define SELECT(n) WRITE(csselr_el1, n)
#endif
#define ROW(crm)                                                                                                       \
    SHOW(0, 0, crm, 0); SHOW(0, 0, crm, 1); SHOW(0, 0, crm, 2); SHOW(0, 0, crm, 3); SHOW(0, 0, crm, 4);                \
    SHOW(0, 0, crm, 5); SHOW(0, 0, crm, 6); SHOW(0, 0, crm, 7)

void test(void)
{
    on_exception = skip;
    ROW(0); ROW(1); ROW(2); ROW(3); ROW(4); ROW(5); ROW(6); ROW(7);
    SHOW(1, 0, 0, 1); /* CLIDR */
    SHOW(1, 0, 0, 7); /* AIDR */
    for (int i = 0; i < 4; i++) {
        SELECT(i);
        SHOW(1, 0, 0, 0); /* CCSIDR */
    }
    SHOW(0, 1, 0, 0); /* SCTLR */
    SHOW(0, 1, 0, 1); /* ACTLR */
#ifdef A32
    SHOW(0, 2, 0, 2);  /* TTBCR */
    SHOW(0, 9, 12, 0); /* PMCR */
    SHOW(0, 14, 0, 0); /* CNTFRQ */
    SHOW(4, 15, 0, 0); /* CBAR */
    ulong v;
    __asm__ volatile(".fpu neon\n vmsr fpexc, %1\n vmrs %0, fpsid" : "=r"(v) : "r"(1u << 30));
    line("FPSID", v);
    __asm__ volatile("vmrs %0, mvfr0" : "=r"(v));
    line("MVFR0", v);
    __asm__ volatile("vmrs %0, mvfr1" : "=r"(v));
    line("MVFR1", v);
    line("DBGDIDR", CP_READ("p14, 0, %0, c0, c0, 0"));
#else
    SHOW(3, 0, 0, 1);  /* CTR_EL0 */
    SHOW(3, 0, 0, 7);  /* DCZID_EL0 */
    SHOW(3, 9, 12, 0); /* PMCR_EL0 */
    SHOW(3, 14, 0, 0); /* CNTFRQ_EL0 */
    SHOW(1, 15, 3, 0); /* CBAR_EL1 */
#endif
}
