/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks run wherever their guest code is mapped: random RISC-V units compiled for one address and for another, whole
 * pages away, must be the same code, byte for byte.
 */
#include <string.h>

#include "tests/riscv-random.h"
#include "riscv-stubs.h"
#include "tcg/gen/backend.h"
#include "tcg/mmu/layout.h"
#include "vcpu.h"

#define ROOM (64 * KiB) /* for a block */
#define CODE_BYTES 512

/* -- What the back end needs of the engine -- */

bool flat_tables, cpus_parallel;
static struct tb_jump exits[TB_JUMPS];
struct tb_jump *tb_jumps = exits;
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

void softmmu_load_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *v)
{
    g_assert_not_reached();
}

void softmmu_store_vector(struct cpu *cpu, gva va, uint32_t memop, const struct ir_vec *v)
{
    g_assert_not_reached();
}

void softmmu_cas_vector(struct cpu *cpu, gva va, uint32_t memop, struct ir_vec *expected, const struct ir_vec *desired)
{
    g_assert_not_reached();
}

/* -- Units -- */

static struct riscv_cpu hart;
static struct ir_unit unit;
static size_t stub_bytes;
static uint8_t code[CODE_BYTES];

static uint8_t *place(void)
{
    return buffer + ((stub_bytes + 63) & ~(size_t)63);
}

/* Translate the code at pc and compile it, always to the same place. Bytes used. */
static size_t make(struct tb *tb, gva pc, uint32_t key)
{
    test_code = code;
    test_code_pc = pc;
    test_code_size = sizeof(code);
    ir_begin(&unit, &test_arch);
    unit.va_mask = key & RVKEY_XL32 ? UINT32_MAX : UINT64_MAX;
    unit.pc = pc;
    unit.key = key & ~KEY_MODE_MASK;
    unit.mode.word[0] = key & KEY_MODE_MASK;
    unit.max_insns = key & KEY_STEP ? 1 : 64;
    unit.stop_before = UINT64_MAX;
    riscv_translate(&hart.config, &unit);
    g_autoptr(GError) err = NULL;
    if (!ir_verify(&unit, &err))
        g_error("%s", err->message);
    ir_optimise(&unit);
    memset(tb, 0, sizeof(*tb));
    memset(exits, 0, sizeof(exits));
    tb->key = key;
    return host_backend->compile(&unit, tb, (struct code_buf){place(), place(), ROOM});
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

/* An address with that page offset, often one where addresses wrap around. */
static gva random_pc(GRand *rng, unsigned offset, bool rv32)
{
    static const uint64_t masks[] = {0xfffff, 0x3fffffffff, 0xffffffffffffff, UINT64_MAX};
    uint64_t r = (uint64_t)g_rand_int(rng) << 32 | g_rand_int(rng);

    r &= masks[g_rand_int_range(rng, 0, G_N_ELEMENTS(masks))];
    if (g_rand_boolean(rng))
        r = -r;
    return ((rv32 ? (uint32_t)r : r) & PAGE_MASK) | offset;
}

static uint32_t random_key(GRand *rng)
{
    static const uint32_t extra[] = {0, 0, 0, KEY_ICOUNT, KEY_NOCHAIN, KEY_STEP};

    return g_rand_int_range(rng, 0, 2) * 3 | (uint32_t)g_rand_int_range(rng, 0, 4) << RVKEY_FS_SHIFT |
           (g_rand_int_range(rng, 0, 8) ? 0 : RVKEY_NOC) | extra[g_rand_int_range(rng, 0, G_N_ELEMENTS(extra))];
}

/* -- Tests -- */

static void test_random(gconstpointer mode)
{
    g_autoptr(GRand) rng = g_rand_new_with_seed(g_test_rand_int());
    bool rv32 = GPOINTER_TO_UINT(mode) & 4;
    unsigned n = g_test_slow() ? 200000 : 5000;
    struct tb tb, other;
    struct tb_jump first[TB_JUMPS];
    uint8_t *bytes = g_malloc(ROOM);

    flat_tables = GPOINTER_TO_UINT(mode) & 1;
    cpus_parallel = GPOINTER_TO_UINT(mode) & 2;
    test_config_all(&hart.config, rv32 ? 32 : 64);
    for (unsigned i = 0; i < n; i++) {
        unsigned offset = g_rand_int_range(rng, 0, (PAGE_SIZE - CODE_BYTES) / 4) * 4;
        uint32_t key = random_key(rng) | (rv32 ? RVKEY_XL32 : 0);

        random_code(rng);
        memset(place(), 0xcc, 4096);
        size_t used = make(&tb, random_pc(rng, offset, rv32), key);
        g_assert_cmpuint(used, >, 0);
        other = tb;
        memcpy(bytes, place(), used);
        memcpy(first, exits, sizeof(first));
        memset(place(), 0x33, 4096);
        g_assert_cmpuint(make(&tb, random_pc(rng, offset, rv32), key), ==, used);
        g_assert_cmpmem(&other, sizeof(other), &tb, sizeof(tb));
        g_assert_cmpmem(first, sizeof(first), exits, sizeof(exits));
        /* Up to the side table's end, which is padded with what was there. */
        g_assert_cmpmem(bytes, used - 15, place(), used - 15);
    }
    g_free(bytes);
}

int main(int argc, char **argv)
{
    const char *why = "";

    g_test_init(&argc, &argv, NULL);
    test_arch_init();
    for (unsigned i = 0; i < RVREG_COUNT; i++)
        test_regs[i].weight = 1 + i % 32;
    buffer = g_aligned_alloc0(2 * ROOM, 1, 4096);
    stub_bytes = host_backend->init(&test_arch, test_arch.regs, (struct code_buf){buffer, buffer, ROOM}, &why);
    g_assert_cmpuint(stub_bytes, >, 0);
    g_assert_cmpuint(stub_bytes, <, ROOM);
    g_test_add_data_func("/riscv/place/rv64/tagged", GUINT_TO_POINTER(0), test_random);
    g_test_add_data_func("/riscv/place/rv64/flat-smp", GUINT_TO_POINTER(3), test_random);
    g_test_add_data_func("/riscv/place/rv32/flat", GUINT_TO_POINTER(5), test_random);
    return g_test_run();
}
