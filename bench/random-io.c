/* SPDX-License-Identifier: BSD-2-Clause */
/* random-io FILE COUNT r|w: pieces of 4 KiB at random places of a disk, past the page cache. Without a C library. */
enum { OPENAT = 56, LSEEK = 62, PREAD64 = 67, PWRITE64 = 68, EXIT = 93 };
#define DIRECT_READ_WRITE 040002L
#define PIECE 4096L

static long call(long n, long a, long b, long c, long d)
{
    register long r7 __asm__("a7") = n, r0 __asm__("a0") = a, r1 __asm__("a1") = b, r2 __asm__("a2") = c,
                  r3 __asm__("a3") = d;

    __asm__ volatile("ecall" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3) : "memory");
    return r0;
}

static char piece[PIECE] __attribute__((aligned(4096)));

static __attribute__((noreturn)) void leave(int status)
{
    for (;;)
        call(EXIT, status, 0, 0, 0);
}

/* sp: argc, then argv */
__attribute__((noreturn)) void run(long *sp)
{
    char **argv = (char **)(sp + 1);
    long count = 0, fd, pieces;
    unsigned long at = 1;

    if (sp[0] != 4)
        leave(2);
    for (const char *p = argv[2]; *p; p++)
        count = count * 10 + (*p - '0');
    fd = call(OPENAT, -100, (long)argv[1], DIRECT_READ_WRITE, 0);
    pieces = call(LSEEK, fd, 0, 2, 0) / PIECE;
    if (fd < 0 || pieces <= 0)
        leave(3);
    while (count-- > 0) {
        at = at * 6364136223846793005ul + 1442695040888963407ul;
        long place = (long)((at >> 20) % pieces) * PIECE;
        if (call(argv[3][0] == 'w' ? PWRITE64 : PREAD64, fd, (long)piece, PIECE, place) != PIECE)
            leave(4);
    }
    leave(0);
}

__asm__(".globl _start\n_start:\n mv a0, sp\n j run\n");
