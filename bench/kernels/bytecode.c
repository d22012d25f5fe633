/* SPDX-License-Identifier: BSD-2-Clause */
/* A bytecode interpreter with computed gotos: indirect jumps that are hard to predict. */
#include "bench.h"

enum { PUSH, ADD, SUB, DUP, SWAP, DROP, JNZ, XOR, SHL, HALT };

static const int32_t program[] = {
    PUSH, 0, PUSH, 8000000,           /* acc n */
    /* 4 */ DUP, PUSH, 3, XOR, PUSH, 1, SHL, /* acc n t */
    DROP, SWAP, PUSH, 7, ADD, PUSH, 2, SUB, SWAP, PUSH, 1, SUB, DUP, JNZ, 4, DROP, HALT,
};

uint64_t bench(void)
{
    static const void *const code[] = { &&push, &&add, &&sub, &&dup, &&swap, &&drop, &&jnz, &&xor, &&shl, &&halt };
    static int64_t stack[64];
    int64_t *sp = stack;
    const int32_t *pc = program;
#define NEXT goto *code[*pc++]
    NEXT;
push: *sp++ = *pc++; NEXT;
add: sp--; sp[-1] += *sp; NEXT;
sub: sp--; sp[-1] -= *sp; NEXT;
dup: *sp = sp[-1]; sp++; NEXT;
swap: { int64_t t = sp[-1]; sp[-1] = sp[-2]; sp[-2] = t; } NEXT;
drop: sp--; NEXT;
jnz: if (*--sp) pc = program + *pc; else pc++; NEXT;
xor: sp--; sp[-1] ^= *sp; NEXT;
shl: sp--; sp[-1] <<= *sp; NEXT;
halt: return sp[-1];
}
