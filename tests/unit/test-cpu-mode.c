/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of CPUs' modes. */
#include "cpu.h"

#define MODES 3000

static const struct cpu_arch archs[2];

/* Differs from all others with another n, in any word. */
static struct cpu_mode mode(unsigned n)
{
    struct cpu_mode m = { .word = { 0 } };

    m.word[n % CPU_MODE_WORDS] = (n + 1) * UINT64_C(0x0100000000000193);
    return m;
}

static uint32_t number(struct cpu *cpu, unsigned n)
{
    struct cpu_mode m = mode(n);

    cpu_set_mode(cpu, m.word[0], m.word[1]);
    g_assert_cmpmem(&cpu->mode, sizeof(m), &m, sizeof(m));
    return cpu->key & KEY_MODE_MASK;
}

static void test_numbers(void)
{
    g_autofree struct cpu *a = g_new0(struct cpu, 1), *b = g_new0(struct cpu, 1);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    uint32_t first[MODES];

    a->arch = b->arch = &archs[0];
    a->key = KEY_STEP | KEY_BREAK;
    for (unsigned n = 0; n < MODES; n++) {
        first[n] = number(a, n);
        g_assert_cmpuint(first[n], !=, 0);
        g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(first[n])));
    }
    g_assert_cmphex(a->key & ~KEY_MODE_MASK, ==, KEY_STEP | KEY_BREAK);
    for (unsigned n = MODES; n-- > 0;) { /* the same again, and for another CPU of the kind */
        g_assert_cmpuint(number(a, n), ==, first[n]);
        g_assert_cmpuint(number(b, n), ==, first[n]);
    }
}

/* Other features or another architecture: other numbers. */
static void test_kinds(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (unsigned arch = 0; arch < 2; arch++) {
        for (unsigned set = 0; set < 3; set++) {
            g_autofree struct cpu *cpu = g_new0(struct cpu, 1);
            cpu->arch = &archs[arch];
            cpu->feature_set = set;
            for (unsigned n = 0; n < 40; n++)
                g_assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(number(cpu, n))));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-mode/numbers", test_numbers);
    g_test_add_func("/cpu-mode/kinds", test_kinds);
    return g_test_run();
}
