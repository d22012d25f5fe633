/* SPDX-License-Identifier: BSD-2-Clause */
/* The Mandelbrot set in single precision. */
#define real float
#include "mandelbrot.c"
