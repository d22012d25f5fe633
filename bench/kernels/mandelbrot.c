/* SPDX-License-Identifier: BSD-2-Clause */
/* The Mandelbrot set, in double precision unless mandelbrotf.c says another. */
#include "bench.h"

#ifndef real
#define real double
#endif

uint64_t bench(void)
{
    uint64_t sum = 0;
    for (int py = 0; py < FP_TIMES(900); py++)
        for (int px = 0; px < 900; px++) {
            real cx = px * (real)(3.0 / 900) - 2, cy = py * (real)(2.0 / 900) - 1, x = 0, y = 0;
            int n = 0;
            for (; n < 300; n++) {
                real x2 = x * x, y2 = y * y;
                if (x2 + y2 > 4)
                    break;
                y = 2 * x * y + cy;
                x = x2 - y2 + cx;
            }
            sum += n;
        }
    return sum;
}
