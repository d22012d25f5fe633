/* SPDX-License-Identifier: BSD-2-Clause */
/* Files, a command and the console, which gdb carries out. With newlib, in A32 or T32; ends with status 33. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#ifdef __thumb__
#define SVC "svc 0xab"
#else
#define SVC "svc 0x123456"
#endif

static long call(long op, const volatile void *block)
{
    register long r0 __asm__("r0") = op;
    register const volatile void *r1 __asm__("r1") = block;
    __asm__ volatile(SVC : "+r"(r0) : "r"(r1) : "memory", "lr");
    return r0;
}

static char big[40000];

static char pattern(unsigned i)
{
    return 'a' + i % 26;
}

int main(void)
{
    const volatile long names[4] = { (long)"one.txt", 7, (long)"two.txt", 7 }, command[2] = { (long)"exit 3", 6 };
    char line[20];

    for (unsigned i = 0; i < sizeof(big); i++)
        big[i] = pattern(i);
    FILE *f = fopen("one.txt", "w");
    if (!f || fprintf(f, "%d\n", 6 * 7) < 0 || fwrite(big, 1, sizeof(big), f) != sizeof(big) || fclose(f))
        return 1;
    if (call(0xf, names)) /* SYS_RENAME */
        return 2;
    f = fopen("two.txt", "r");
    if (!f || fseek(f, 0, SEEK_END) || ftell(f) != 3 + sizeof(big))
        return 3;
    rewind(f);
    printf("read %s", fgets(line, sizeof(line), f));
    for (unsigned i = 0; i < sizeof(big); i++)
        if (getc(f) != pattern(i))
            return 4;
    if (getc(f) != EOF)
        return 5;
    fclose(f);
    if (fopen("missing.txt", "r") || errno != ENOENT)
        return 6;
    f = fopen("gone.txt", "w");
    if (!f || fclose(f) || remove("gone.txt"))
        return 7;
    printf("the command's status %ld\n", call(0x12, command)); /* SYS_SYSTEM */
    printf("read %s", fgets(line, sizeof(line), stdin));
    printf("a terminal: %d\n", isatty(0));
    return 33;
}
