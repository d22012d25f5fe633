/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device writes code: fw_cfg's DMA copies its signature, "QEMU", which is also "c.li a0, 20; c.li a0, -13". Other
 * harts run and write in the same page meanwhile.
 */
#include "rig.h"

#ifndef HARTS
#define HARTS 1
#endif
#define FW_CFG_DMA ((volatile uint32_t *)0x10100010)
#define LI_A0(v) (0x513u | (uint32_t)(v) << 20)
#define RET 0x8067u

static uint8_t area[3 * 4096] __attribute__((aligned(4096)));
static uint32_t bar;
static bool over;

void trap(struct frame *f)
{
    unexpected(f);
}

static uint64_t call(const uint8_t *p)
{
    register uint64_t a0 __asm__("a0") = 0;

    __asm__ volatile("jalr %1" : "+r"(a0) : "r"(p) : "ra", "memory");
    return a0;
}

static uint32_t big(uint32_t v)
{
    return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

static void dma(uint8_t *to, uint32_t len)
{
    static volatile uint32_t descriptor[4] __attribute__((aligned(16)));

    descriptor[0] = big(0 << 16 | 8 | 2); /* select item 0 and read it */
    descriptor[1] = big(len);
    descriptor[2] = big((uint64_t)to >> 32);
    descriptor[3] = big((uint64_t)to);
    fence();
    FW_CFG_DMA[0] = big((uint64_t)descriptor >> 32);
    FW_CFG_DMA[1] = big((uint64_t)descriptor);
    while (descriptor[0])
        expect(!(descriptor[0] & big(1)), "DMA error", descriptor[0]);
    fence();
}

static void put32(uint8_t *p, uint32_t v)
{
    *(volatile uint16_t *)p = v;
    *(volatile uint16_t *)(p + 2) = v >> 16;
}

int main(uint64_t hart)
{
    static const uint16_t places[] = { 0, 100, 2048, 4094, 4092, 8190 };

    if (hart == 0) {
        for (unsigned n = 0; n < 300; n++) {
            uint8_t *p = area + places[n % 6];
            put32(p, LI_A0(n));
            put32(p + 4, RET);
            fence_i();
            expect(call(p) == n, "before DMA", n);
            dma(p, 4);
            fence_i();
            expect(call(p) == -13ull, "after DMA", n);
        }
        store(&over, true);
    } else {
        put32(area + 1024 + 64 * hart, LI_A0(hart));
        put32(area + 1028 + 64 * hart, RET);
        fence_i();
        for (uint64_t n = 0; !load(&over); n++) {
            expect(call(area + 1024 + 64 * hart) == hart, "beside", hart);
            *(volatile uint64_t *)(area + 3072 + 8 * hart) = n;
            expect(*(volatile uint64_t *)(area + 3072 + 8 * hart) == n, "data beside", n);
        }
    }
    meet(&bar, HARTS);
    if (hart == 0)
        passed("copies", 300);
    return 0;
}
