/* SPDX-License-Identifier: BSD-2-Clause */
/* VFPv2 of Armv5 and v6: its identification, short vectors with their banks, strides and scalars. */
#include "board.h"

__asm__(".fpu vfpv2");

static unsigned s[32] __attribute__((aligned(8)));
static u64 *const d = (u64 *)s;

static unsigned small(unsigned n) /* as a single, n from 0 to 255 */
{
    unsigned e = 0;
    if (!n)
        return 0;
    while (n >> (e + 1))
        e++;
    return (127 + e) << 23 | (n << (23 - e) & 0x7fffff);
}

static u64 small_double(unsigned n)
{
    unsigned e = 0;
    if (!n)
        return 0;
    while (n >> (e + 1))
        e++;
    return (u64)(1023 + e) << 52 | ((u64)n << (52 - e) & 0xfffffffffffffull);
}

static void load(void) { __asm__ volatile("vldmia %0, {d0-d15}" ::"r"(s) : "memory"); }
static void store(void) { __asm__ volatile("vstmia %0, {d0-d15}" ::"r"(s) : "memory"); }

static void set_vector(unsigned len, unsigned stride) /* in elements */
{
    __asm__ volatile("vmsr fpscr, %0" ::"r"((len - 1) << 16 | (stride == 2 ? 3u << 20 : 0)));
}

static void numbers(void)
{
    for (unsigned i = 0; i < 32; i++)
        s[i] = small(i + 1);
    load();
}

static void double_numbers(void)
{
    for (unsigned i = 0; i < 16; i++)
        d[i] = small_double(i + 1);
    load();
}

/* The elements that differ from n + 1, as bits. */
static unsigned changed(void)
{
    unsigned m = 0;
    store();
    for (unsigned i = 0; i < 32; i++)
        if (s[i] != small(i + 1))
            m |= 1u << i;
    return m;
}

static void test_single(void)
{
    numbers();
    set_vector(4, 1);
    __asm__ volatile("vadd.f32 s8, s16, s24");
    set_vector(1, 1);
    check("4 elements", changed(), 0xf00);
    check("... the first", s[8], small(17 + 25));
    check("... the last", s[11], small(20 + 28));

    numbers();
    set_vector(3, 2);
    __asm__ volatile("vmul.f32 s14, s20, s2");
    set_vector(1, 1);
    check("stride 2, around the bank, times a scalar", changed(), 1u << 14 | 1u << 8 | 1u << 10);
    check("... the first", s[14], small(21 * 3));
    check("... the second", s[8], small(23 * 3));
    check("... the last", s[10], small(17 * 3));

    numbers();
    set_vector(8, 1);
    __asm__ volatile("vadd.f32 s3, s16, s24");
    set_vector(1, 1);
    check("a scalar destination", changed(), 1u << 3);
    check("... the sum", s[3], small(17 + 25));

    numbers();
    set_vector(4, 1);
    __asm__ volatile("vneg.f32 s8, s17\n vmov.f32 s24, s4\n vcvt.s32.f32 s30, s16");
    set_vector(1, 1);
    check("one operand; a scalar one; conversions are none", changed(), 0x4f000f00);
    check("... negated", s[11], small(21) | 1u << 31);
    check("... copied", s[27], small(5));
    check("... converted", s[30], 17);

    numbers();
    set_vector(2, 1);
    __asm__ volatile("vmla.f32 s8, s16, s24");
    set_vector(1, 1);
    store();
    check("multiply and add", s[9], 0x43ef0000); /* 10 + 18 * 26 */
}

static void test_double(void)
{
    double_numbers();
    set_vector(3, 1);
    __asm__ volatile("vadd.f64 d6, d9, d12");
    set_vector(1, 1);
    store();
    check("doublewords, around the bank", d[6] == small_double(10 + 13) && d[7] == small_double(11 + 14) &&
          d[4] == small_double(12 + 15) && d[5] == small_double(6), true);
    double_numbers();
    set_vector(2, 2);
    __asm__ volatile("vsub.f64 d5, d10, d1");
    set_vector(1, 1);
    store();
    check("... stride 2, a scalar", d[5] == small_double(11 - 2) && d[7] == small_double(9 - 2) && d[6] == small_double(7), true);
}

void test(void)
{
    ulong v;
    __asm__ volatile("vmsr fpexc, %0" ::"r"(1u << 30));
    __asm__ volatile("vmrs %0, fpsid" : "=r"(v));
    check("FPSID", v, FPSID);
    set_vector(5, 2);
    __asm__ volatile("vmrs %0, fpscr" : "=r"(v));
    check("FPSCR keeps LEN and STRIDE", v, 4u << 16 | 3u << 20);
    set_vector(1, 1);
    test_single();
    test_double();
}
