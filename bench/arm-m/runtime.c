/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels' runtime for mps2-an386: its first UART, end of the run by semihosting. */
#include "bench.h"

#define UART ((volatile uint32_t *)0x40004000) /* CMSDK: DATA, STATE, CTRL, INTSTATUS, BAUDDIV */

void print(const char *s)
{
    UART[4] = 16;
    UART[2] = 1; /* TX enable */
    for (; *s; s++) {
        while (UART[1] & 1) /* TX full */
            ;
        UART[0] = (uint8_t)*s;
    }
}

/* SYS_EXIT, ADP_Stopped_ApplicationExit */
void finish(void)
{
    register uintptr_t r0 __asm__("r0") = 0x18, r1 __asm__("r1") = 0x20026;
    for (;;)
        __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
