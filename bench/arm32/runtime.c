/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels' runtime for arm-virt: page tables by short descriptors, console, end of the run. */
#include "bench.h"

#define RAM 0x40000000u
#define MAPPED 96u /* MiB */
#define PL011 ((volatile uint32_t *)0x9000000)

#define TABLE 1u
#define PAGE (2u | 3u << 4 | 1u << 2 | 1u << 3 | 1u << 6) /* all access, Normal, write-back */
#define DEVICE_SECTION (2u | 3u << 10 | 1u << 2 | 1u << 4)

static uint32_t root[4096] __attribute__((aligned(16384)));
static uint32_t tables[MAPPED][256] __attribute__((aligned(1024)));

/* Identity: RAM by 4 KiB pages, the UART by a section. The address for TTBR0. */
uint32_t make_page_tables(void)
{
    root[(uintptr_t)PL011 >> 20] = ((uintptr_t)PL011 & 0xfff00000) | DEVICE_SECTION;
    for (uint32_t i = 0; i < MAPPED; i++) {
        root[(RAM >> 20) + i] = (uintptr_t)tables[i] | TABLE;
        for (uint32_t k = 0; k < 256; k++)
            tables[i][k] = (RAM + (i << 20) + (k << 12)) | PAGE;
    }
    return (uintptr_t)root;
}

void print(const char *s)
{
    while (*s)
        *PL011 = (uint8_t)*s++;
}

/* PSCI SYSTEM_OFF */
void finish(void)
{
    register uint32_t r0 __asm__("r0") = 0x84000008;
    for (;;)
        __asm__ volatile(".arch_extension virt\n hvc #0" : "+r"(r0)::"memory");
}

/* What libgcc's division by zero calls. */
int raise(int signal)
{
    (void)signal;
    finish();
    return 0;
}
