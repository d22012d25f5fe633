/* SPDX-License-Identifier: BSD-2-Clause */
/* Solving linear equations by elimination in single precision. */
#define real float
#include "linpack.c"
