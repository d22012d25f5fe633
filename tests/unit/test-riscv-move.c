/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks copied to another address: random RISC-V units are compiled at one address, copied to another,
 * and compiled there. The copy must be what the compiler makes, byte for byte.
 */
#include <string.h>

#include "tests/riscv-random.h"
#include "riscv-stubs.h"
#include "tcg/tcg.h"

#define ROOM (64 * KiB) /* for a block */
#define CODE_BYTES 512

/* -- What the back end needs of the engine -- */

struct tcg_config tcg_config;
bool flat_tables, tcg_smp;
static uint8_t *buffer; /* nothing is executed: written where it would run */

uint8_t *code_rw(const uint8_t *rx)
{
    return (uint8_t *)rx;
}

void cpu_sync_pc(struct cpu *cpu)
{
}

void cpu_loop_exit(struct cpu *cpu)
{
    g_assert_not_reached();
}

uint64_t softmmu_load(struct cpu *cpu, gva va, uint32_t memop)
{
    g_assert_not_reached();
}

void softmmu_store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop)
{
    g_assert_not_reached();
}

uint64_t softmmu_amo(struct cpu *cpu, gva va, uint64_t v, uint32_t op)
{
    g_assert_not_reached();
}

uint64_t softmmu_cas(struct cpu *cpu, gva va, uint64_t expected, uint64_t desired, uint32_t memop)
{
    g_assert_not_reached();
}

/* -- Units -- */

static struct riscv_cpu hart;
static struct ir_unit unit;
static size_t stub_bytes;
static uint8_t code[CODE_BYTES];

static uint8_t *place(unsigned n)
{
    return buffer + ((stub_bytes + 63) & ~(size_t)63) + n * ROOM;
}

static void begin_tb(struct tb *tb, gva pc, uint32_t key)
{
    memset(tb, 0, sizeof(*tb));
    tb->pc = pc;
    tb->key = key;
}

/* Translate the code at pc and compile it to place n. */
static size_t make(struct tb *tb, unsigned n, gva pc, uint32_t key)
{
    test_code = code;
    test_code_pc = pc;
    test_code_size = sizeof(code);
    ir_begin(&unit, &test_arch);
    unit.pc = pc;
    unit.key = key;
    unit.max_insns = key & KEY_STEP ? 1 : 64;
    unit.stop_before = UINT64_MAX;
    riscv_translate(&hart.cpu, &unit);
    ir_optimise(&unit);
    begin_tb(tb, pc, key);
    tb->guest_size = unit.guest_size;
    tb->ninsns = unit.ninsns;
    return host_backend->compile(&unit, tb, (struct code_buf){place(n), place(n), ROOM});
}

/* Copy to place n. */
static size_t copy(const struct tb *from, struct tb *tb, unsigned n, gva pc)
{
    begin_tb(tb, pc, from->key);
    tb->guest_size = from->guest_size;
    tb->ninsns = from->ninsns;
    return host_backend->copy(from, tb, (struct code_buf){place(n), place(n), ROOM});
}

static void put(GByteArray *to, uint32_t insn)
{
    guint32 le = GUINT32_TO_LE(insn);
    g_byte_array_append(to, (guint8 *)&le, 4);
}

/* What compilers make around addresses: calls near and far, tables, loads through the GOT, traps. */
static void put_address_code(GRand *rng, GByteArray *to)
{
    unsigned rd = g_rand_int_range(rng, 1, 32), imm = g_rand_int(rng) & 0xfff, rs = g_rand_int_range(rng, 1, 32);

    put(to, 0x17 | rd << 7 | (g_rand_int(rng) & 0x1ffff) << 12); /* auipc rd */
    switch (g_rand_int_range(rng, 0, 9)) {
    case 0:
        put(to, 0x13 | rd << 7 | rd << 15 | imm << 20); /* addi rd, rd */
        break;
    case 1:
        put(to, 0x3003 | rd << 7 | rd << 15 | imm << 20); /* ld rd, (rd) */
        break;
    case 2:
        put(to, 0x67 | 1 << 7 | rd << 15 | imm << 20); /* jalr ra, (rd) */
        break;
    case 3:
        put(to, 0x3023 | rd << 15 | rs << 20); /* sd rs, 0(rd) */
        put(to, 0x3023 | rd << 20 | rs << 15); /* sd rd, 0(rs) */
        break;
    case 4:
        put(to, 0x33 | rs << 7 | rd << 15 | rs << 20); /* add rs, rd, rs */
        break;
    case 5:
        put(to, 0x1b | rs << 7 | rd << 15); /* sext.w rs, rd */
        break;
    case 6:
        put(to, 0x40000033 | rs << 7 | rd << 15 | rs << 20); /* sub rs, rd, rs */
        break;
    case 7:
        put(to, 0x63 | rd << 15 | rs << 20 | (imm & 0xf) << 8 | (imm & 0x8 ? 0xfe000000 : 0)); /* beq rd, rs */
        break;
    default:
        put(to, 0xc0001073 | rd << 15); /* csrw cycle: illegal */
        break;
    }
}

static const uint32_t last_insns[] = {
    0x00100073, /* ebreak */
    0x00008067, /* ret */
    0xff1ff06f, /* j . - 16 */
    0x00c0006f, /* j . + 12 */
    0x7f0000ef, /* jal ra, . + 2032 */
    0x100000ef, /* jal ra, . + 256 */
    0x000080e7, /* jalr ra, (ra) */
    0x0000100f, /* fence.i */
    0x00000073, /* ecall */
    0x12000073, /* sfence.vma */
    0xfe0508e3, /* beqz a0, . - 16 */
    0x10500073, /* wfi */
    0x00d00073, /* wrs.nto */
};

static void random_code(GRand *rng)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    unsigned parts = g_rand_int_range(rng, 1, 6);

    for (unsigned i = 0; i < parts; i++) {
        if (g_rand_boolean(rng))
            put_address_code(rng, a);
        else
            riscv_random_program(rng, &hart.config, RISCV_RANDOM_ALL, g_rand_int_range(rng, 1, 10), a);
    }
    put(a, last_insns[g_rand_int_range(rng, 0, G_N_ELEMENTS(last_insns))]);
    for (unsigned i = 0; i < sizeof(code); i += 4) /* whatever may be reached behind */
        memcpy(code + i, &last_insns[1], 4);
    memcpy(code, a->data, MIN(a->len, sizeof(code)));
}

/* An address that can be moved from and to, with that page offset. */
static gva random_pc(GRand *rng, unsigned offset)
{
    static const uint64_t masks[] = {0x3fffffffff, 0x7fffffffffff, 0xffffffffffffff};
    uint64_t r = (uint64_t)g_rand_int(rng) << 32 | g_rand_int(rng);

    return (((r & masks[g_rand_int_range(rng, 0, 3)]) | UINT64_C(1) << 33) & PAGE_MASK) | offset;
}

static uint32_t random_key(GRand *rng)
{
    static const uint32_t extra[] = {0, 0, 0, KEY_ICOUNT, KEY_NOCHAIN, KEY_STEP};

    return g_rand_int_range(rng, 0, 2) * 3 | (uint32_t)g_rand_int_range(rng, 0, 4) << RVKEY_FS_SHIFT |
           (g_rand_int_range(rng, 0, 8) ? 0 : RVKEY_NOC) | extra[g_rand_int_range(rng, 0, G_N_ELEMENTS(extra))];
}

/* -- Tests -- */

static void assert_same(const struct tb *a, const struct tb *b, size_t a_used, size_t b_used, const uint8_t *a_bytes,
                        const uint8_t *b_bytes)
{
    g_assert_cmpuint(a_used, ==, b_used);
    g_assert_cmpuint(a->code_size, ==, b->code_size);
    g_assert_cmpuint(a->map_size, ==, b->map_size);
    g_assert_cmpuint(a->nfixups, ==, b->nfixups);
    g_assert_true(a->movable && b->movable);
    g_assert_true(a->code == b->code && a->map == b->map);
    g_assert_cmpmem(a_bytes, a->code_size + a->map_size + 2 * a->nfixups, b_bytes,
                    b->code_size + b->map_size + 2 * b->nfixups);
    for (unsigned i = 0; i < TB_JUMPS; i++) {
        g_assert_cmphex(a->jump[i].pc, ==, b->jump[i].pc);
        g_assert_cmpuint(a->jump[i].patch, ==, b->jump[i].patch);
        g_assert_cmpuint(a->jump[i].stub, ==, b->jump[i].stub);
        g_assert_true(!a->jump[i].to && !b->jump[i].to);
    }
}

static void test_random(gconstpointer mode)
{
    g_autoptr(GRand) rng = g_rand_new_with_seed(g_test_rand_int());
    unsigned n = g_test_slow() ? 200000 : 5000, movable = 0, moved = 0;
    struct tb *tb = g_aligned_alloc0(3, sizeof(struct tb), 64);
    uint8_t *copied = g_malloc(ROOM);

    flat_tables = GPOINTER_TO_UINT(mode) & 1;
    tcg_smp = GPOINTER_TO_UINT(mode) & 2;
    for (unsigned i = 0; i < n; i++) {
        unsigned offset = g_rand_int_range(rng, 0, (PAGE_SIZE - CODE_BYTES) / 4) * 4;
        uint32_t key = random_key(rng);
        gva pc = random_pc(rng, offset), second = random_pc(rng, offset);

        random_code(rng);
        g_assert_cmpuint(make(&tb[0], 0, pc, key), >, 0);
        if (!tb[0].movable)
            continue;
        movable++;
        /* Chains are not copied. */
        for (unsigned s = 0; s < TB_JUMPS; s++) {
            if (tb[0].jump[s].patch)
                host_backend->patch(&tb[0], s, buffer + i % 64);
        }
        const struct tb *from = &tb[0];
        if (g_rand_boolean(rng)) { /* a copy of a copy */
            g_assert_cmpuint(copy(from, &tb[2], 2, random_pc(rng, offset)), >, 0);
            from = &tb[2];
        }
        memset(place(1), 0xcc, 4096);
        size_t used = copy(from, &tb[1], 1, second);
        g_assert_cmpuint(used, >, 0);
        g_assert_cmpuint(used, <=, ROOM);
        memcpy(copied, place(1), used);
        struct tb result = tb[1];
        memset(place(1), 0x33, 4096);
        assert_same(&result, &tb[1], used, make(&tb[1], 1, second, key), copied, place(1));
        moved += result.nfixups > 0;
    }
    g_test_message("%u of %u movable", movable, n);
    g_assert_cmpuint(movable, >, n * 3 / 4);
    g_assert_cmpuint(moved, >, n / 2);
    g_free(copied);
    g_aligned_free(tb);
}

/* Addresses whose constants have shorter encodings, or from where they wrap around. */
static void test_addresses(void)
{
    static const gva bad[] = {0, 0x1000, 0x80000000, 0xfffff000, 0x8000000000000000, 0xffffffff80000000,
                              0xfffffffffffff000};
    static const uint32_t insns[] = {0x00000517, 0x00008067}; /* auipc a0, 0; ret */
    struct tb *tb = g_aligned_alloc0(2, sizeof(struct tb), 64);

    memcpy(code, insns, sizeof(insns));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_cmpuint(make(&tb[0], 0, bad[i], 0), >, 0);
        g_assert_false(tb[0].movable);
        g_assert_cmpuint(make(&tb[0], 0, 0x2aaaaaa000, 0), >, 0);
        g_assert_true(tb[0].movable);
        g_assert_cmpuint(copy(&tb[0], &tb[1], 1, bad[i]), ==, 0);
    }
    g_assert_cmpuint(copy(&tb[0], &tb[1], 1, 0x7ffffffffffff000), >, 0);

    /* The unit's address will do, but not one in it: auipc -0x80000. */
    ((uint32_t *)code)[0] = 0x80000517;
    g_assert_cmpuint(make(&tb[0], 0, 0x100001000, 0), >, 0);
    g_assert_false(tb[0].movable);
    g_assert_cmpuint(make(&tb[0], 0, 0x180000000, 0), >, 0);
    g_assert_true(tb[0].movable);
    g_assert_cmpuint(copy(&tb[0], &tb[1], 1, 0x17ffff000), ==, 0);
    g_aligned_free(tb);
}

/* No copy where there is no room, nor of code that depends on breakpoints. */
static void test_no_copy(void)
{
    struct tb *tb = g_aligned_alloc0(2, sizeof(struct tb), 64);
    size_t used;

    memcpy(code, &last_insns[4], 4);
    used = make(&tb[0], 0, 0x2aaaaaa000, 0);
    g_assert_true(tb[0].movable);
    begin_tb(&tb[1], 0x2aaaaab000, 0);
    g_assert_cmpuint(host_backend->copy(&tb[0], &tb[1], (struct code_buf){place(1), place(1), used}), ==, used);
    g_assert_cmpuint(host_backend->copy(&tb[0], &tb[1], (struct code_buf){place(1), place(1), used - 16}), ==, 0);
    make(&tb[0], 0, 0x2aaaaaa000, KEY_BREAK);
    g_assert_false(tb[0].movable);
    g_aligned_free(tb);
}

int main(int argc, char **argv)
{
    const char *why = "";

    g_test_init(&argc, &argv, NULL);
    test_arch_init();
    test_config_all(&hart.config, 64);
    for (unsigned i = 0; i < RVREG_COUNT; i++)
        test_regs[i].weight = 1 + i % 32;
    buffer = g_aligned_alloc0(4 * ROOM, 1, 4096);
    stub_bytes = host_backend->init(&test_arch, (struct code_buf){buffer, buffer, ROOM}, &why);
    g_assert_cmpuint(stub_bytes, >, 0);
    g_assert_cmpuint(stub_bytes, <, ROOM);
    g_test_add_data_func("/riscv/move/random/tagged", GUINT_TO_POINTER(0), test_random);
    g_test_add_data_func("/riscv/move/random/flat-smp", GUINT_TO_POINTER(3), test_random);
    g_test_add_func("/riscv/move/addresses", test_addresses);
    g_test_add_func("/riscv/move/no-copy", test_no_copy);
    return g_test_run();
}
