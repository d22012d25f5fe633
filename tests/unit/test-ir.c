/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR: what ops compute, folding, the verifier, the optimiser, the text form; on the toy architecture. */
#include <string.h>

#include "cpu-exec.h"
#include "tcg/ir/ir-internal.h"
#include "tcg/mmu/layout.h"
#include "tests/ir-random.h"
#include "tests/toy-arch.h"

static struct ir_unit unit;
static struct toy_cpu *cpu; /* zeroed before each test that uses it */

/* -- What the engine would provide -- */

void cpu_sync_pc(struct cpu *c)
{
}

void cpu_loop_exit(struct cpu *c)
{
    longjmp(c->loop_env, 1);
}

/* How a run ended: the terminator, or IR_NOP for an exception. */
static enum ir_opcode run(const struct ir_unit *u, struct toy_cpu *t)
{
    struct ir_code *code = ir_code_new(u);
    volatile enum ir_opcode how = IR_NOP;

    t->cpu.code_page = u->pc & PAGE_MASK;
    if (setjmp(t->cpu.loop_env) == 0) {
        how = ir_interpret(code, &t->cpu);
    }
    ir_code_free(code);
    return how;
}

static void assert_verified(const struct ir_unit *u)
{
    GError *err = NULL;

    if (!ir_verify(u, &err)) {
        GString *text = g_string_new(NULL);
        ir_print(u, text);
        g_error("%s\n%s", err->message, text->str);
    }
}

static const char *text_of(const struct ir_unit *u)
{
    static GString *text;

    if (!text) {
        text = g_string_new(NULL);
    }
    g_string_truncate(text, 0);
    ir_print(u, text);
    return text->str;
}

static void begin(void)
{
    memset(cpu, 0, sizeof(*cpu));
    cpu->cpu.arch = &toy_arch;
    cpu->cpu.regs = toy_arch.regs;
    unit.pc = 0x1000;
    unit.key = 0;
    ir_begin(&unit, &toy_arch);
    ir_insn(&unit, 0x1000, 4);
}

/* End the unit, check and run it. */
static enum ir_opcode finish(void)
{
    ir_exit_jump(&unit, 0x1004);
    assert_verified(&unit);
    return run(&unit, cpu);
}

static ir_val raw_op(struct ir_op o)
{
    return ir_append(&unit, o);
}

/* -- Integer ops: expected results, by the interpreter on registers and by folding -- */

#define MIN64 0x8000000000000000
#define MAX64 0x7fffffffffffffff
#define ONES UINT64_MAX
#define MIN32 0x80000000
#define ONES32 0xffffffff

static const struct {
    uint8_t op, type;
    uint64_t a, b, expected;
} int_cases[] = {
    {IR_ADD, IR_I64, ONES, 2, 1},
    {IR_ADD, IR_I32, ONES32, 2, 1},
    {IR_SUB, IR_I64, 0, 1, ONES},
    {IR_SUB, IR_I32, 0, 1, ONES32},
    {IR_MUL, IR_I64, 0x100000001, 0x100000001, 0x200000001},
    {IR_MUL, IR_I32, 0x10001, 0x10001, 0x20001},
    {IR_MULHS, IR_I64, MIN64, MIN64, 0x4000000000000000},
    {IR_MULHS, IR_I64, ONES, 1, ONES},
    {IR_MULHS, IR_I64, ONES, ONES, 0},
    {IR_MULHS, IR_I32, MIN32, MIN32, 0x40000000},
    {IR_MULHS, IR_I32, ONES32, 1, ONES32},
    {IR_MULHU, IR_I64, ONES, ONES, 0xfffffffffffffffe},
    {IR_MULHU, IR_I64, MIN64, 2, 1},
    {IR_MULHU, IR_I32, ONES32, ONES32, 0xfffffffe},
    {IR_MULHSU, IR_I64, ONES, ONES, ONES},
    {IR_MULHSU, IR_I64, MIN64, ONES, 0x8000000000000000},
    {IR_MULHSU, IR_I64, 1, ONES, 0},
    {IR_MULHSU, IR_I32, ONES32, ONES32, ONES32},
    {IR_MULHSU, IR_I32, MIN32, ONES32, 0x80000000},
    {IR_DIVS, IR_I64, -7, 2, -3},
    {IR_DIVS, IR_I64, 7, 0, ONES},
    {IR_DIVS, IR_I64, MIN64, ONES, MIN64},
    {IR_DIVS, IR_I32, -7u, 2, -3u},
    {IR_DIVS, IR_I32, 7, 0, ONES32},
    {IR_DIVS, IR_I32, MIN32, ONES32, MIN32},
    {IR_DIVU, IR_I64, -7, 2, 0x7ffffffffffffffc},
    {IR_DIVU, IR_I64, 7, 0, ONES},
    {IR_DIVU, IR_I32, -7u, 2, 0x7ffffffc},
    {IR_DIVU, IR_I32, 7, 0, ONES32},
    {IR_REMS, IR_I64, -7, 2, ONES},
    {IR_REMS, IR_I64, -7, 0, -7},
    {IR_REMS, IR_I64, MIN64, ONES, 0},
    {IR_REMS, IR_I32, -7u, 2, ONES32},
    {IR_REMS, IR_I32, -7u, 0, -7u},
    {IR_REMS, IR_I32, MIN32, ONES32, 0},
    {IR_REMU, IR_I64, 7, 4, 3},
    {IR_REMU, IR_I64, 7, 0, 7},
    {IR_REMU, IR_I32, ONES32, 10, 5},
    {IR_REMU, IR_I32, 7, 0, 7},
    {IR_AND, IR_I64, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {IR_OR, IR_I64, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {IR_XOR, IR_I32, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {IR_ANDN, IR_I64, ONES, 0xff, 0xffffffffffffff00},
    {IR_ANDN, IR_I32, ONES32, 0xff, 0xffffff00},
    {IR_SHL, IR_I64, 1, 63, MIN64},
    {IR_SHL, IR_I64, 3, 64, 3},
    {IR_SHL, IR_I64, 3, 65, 6},
    {IR_SHL, IR_I32, 3, 31, MIN32},
    {IR_SHL, IR_I32, 3, 32, 3},
    {IR_SHR, IR_I64, MIN64, 63, 1},
    {IR_SHR, IR_I64, MIN64, 64, MIN64},
    {IR_SHR, IR_I32, MIN32, 31, 1},
    {IR_SHR, IR_I32, MIN32, 33, 0x40000000},
    {IR_SAR, IR_I64, MIN64, 63, ONES},
    {IR_SAR, IR_I64, MIN64, 64, MIN64},
    {IR_SAR, IR_I32, MIN32, 31, ONES32},
    {IR_SAR, IR_I32, MIN32, 32, MIN32},
    {IR_ROTL, IR_I64, 0x8000000000000001, 1, 3},
    {IR_ROTL, IR_I64, 5, 0, 5},
    {IR_ROTL, IR_I64, 5, 64, 5},
    {IR_ROTL, IR_I32, 0x80000001, 1, 3},
    {IR_ROTL, IR_I32, 5, 32, 5},
    {IR_ROTR, IR_I64, 3, 1, 0x8000000000000001},
    {IR_ROTR, IR_I64, 5, 64, 5},
    {IR_ROTR, IR_I32, 3, 1, 0x80000001},
    {IR_ROTR, IR_I32, 5, 0, 5},
    {IR_MINS, IR_I64, ONES, 1, ONES},
    {IR_MINS, IR_I32, ONES32, 1, ONES32},
    {IR_MAXS, IR_I64, ONES, 1, 1},
    {IR_MAXS, IR_I32, ONES32, 1, 1},
    {IR_MINU, IR_I64, ONES, 1, 1},
    {IR_MINU, IR_I32, ONES32, 1, 1},
    {IR_MAXU, IR_I64, ONES, 1, ONES},
    {IR_MAXU, IR_I32, ONES32, 1, ONES32},
    {IR_NEG, IR_I64, MIN64, 0, MIN64},
    {IR_NEG, IR_I32, 1, 0, ONES32},
    {IR_NOT, IR_I64, 0, 0, ONES},
    {IR_NOT, IR_I32, 0, 0, ONES32},
    {IR_CLZ, IR_I64, 0, 0, 64},
    {IR_CLZ, IR_I64, 1, 0, 63},
    {IR_CLZ, IR_I32, 0, 0, 32},
    {IR_CLZ, IR_I32, MIN32, 0, 0},
    {IR_CTZ, IR_I64, 0, 0, 64},
    {IR_CTZ, IR_I64, MIN64, 0, 63},
    {IR_CTZ, IR_I32, 0, 0, 32},
    {IR_CTZ, IR_I32, 8, 0, 3},
    {IR_POPCNT, IR_I64, ONES, 0, 64},
    {IR_POPCNT, IR_I32, ONES32, 0, 32},
    {IR_BSWAP, IR_I64, 0x0102030405060708, 0, 0x0807060504030201},
    {IR_BSWAP, IR_I32, 0x01020304, 0, 0x04030201},
    {IR_BSWAP16, IR_I64, 0x0102030405060708, 0, 0x0201040306050807},
    {IR_BSWAP16, IR_I32, 0x01020304, 0, 0x02010403},
    {IR_BITREV, IR_I64, 0x0102030405060708, 0, 0x10e060a020c04080},
    {IR_BITREV, IR_I32, 0x01020304, 0, 0x20c04080},
    {IR_SEXT8, IR_I64, 0x180, 0, 0xffffffffffffff80},
    {IR_SEXT8, IR_I32, 0x180, 0, 0xffffff80},
    {IR_SEXT16, IR_I64, 0x18000, 0, 0xffffffffffff8000},
    {IR_SEXT16, IR_I32, 0x18000, 0, 0xffff8000},
    {IR_SEXT32, IR_I64, 0x180000000, 0, 0xffffffff80000000},
    {IR_ZEXT8, IR_I64, ONES, 0, 0xff},
    {IR_ZEXT8, IR_I32, ONES32, 0, 0xff},
    {IR_ZEXT16, IR_I64, ONES, 0, 0xffff},
    {IR_ZEXT16, IR_I32, ONES32, 0, 0xffff},
    {IR_ZEXT32, IR_I64, ONES, 0, 0xffffffff},
};

static void test_int_ops(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(int_cases); i++) {
        enum ir_opcode op = int_cases[i].op;
        enum ir_type t = int_cases[i].type;
        bool two = ir_op_nargs(op) == 2;

        begin();
        cpu->x[1] = int_cases[i].a | (t == IR_I32 ? UINT64_C(0xdeadbeef) << 32 : 0);
        cpu->x[2] = int_cases[i].b;
        ir_val a = ir_get(&unit, 1, t), b = ir_get(&unit, 2, t);
        ir_put(&unit, 3, two ? ir_op2(&unit, op, a, b) : ir_op1(&unit, op, a));
        a = ir_const(&unit, t, int_cases[i].a);
        b = ir_const(&unit, t, int_cases[i].b);
        ir_val folded = two ? ir_op2(&unit, op, a, b) : ir_op1(&unit, op, a);
        g_assert_cmpint(unit.ops[folded].op, ==, IR_CONST);
        ir_put(&unit, 4, folded);
        finish();
        if (cpu->x[3] != int_cases[i].expected || cpu->x[4] != int_cases[i].expected) {
            g_error("%s.%s 0x%" G_GINT64_MODIFIER "x 0x%" G_GINT64_MODIFIER "x: interpreted 0x%" G_GINT64_MODIFIER
                    "x folded 0x%" G_GINT64_MODIFIER "x",
                    ir_op_name(op), t == IR_I32 ? "i32" : "i64", int_cases[i].a, int_cases[i].b, cpu->x[3], cpu->x[4]);
        }
    }
}

/* Ops of three arguments and bit ranges (c: first | length << 8). */
static const struct {
    uint8_t op, type;
    uint64_t a, b, c, expected;
} int3_cases[] = {
    {IR_ADC, IR_I64, ONES, 0, 1, 0},
    {IR_ADC, IR_I64, 1, 2, 2, 3},
    {IR_ADC, IR_I32, ONES32, ONES32, ONES32, ONES32},
    {IR_SBB, IR_I64, 0, 0, 1, ONES},
    {IR_SBB, IR_I64, 5, 3, 0, 2},
    {IR_SBB, IR_I32, 0, ONES32, 1, 0},
    {IR_DIVU2, IR_I64, 1, 0, 2, MIN64},
    {IR_DIVU2, IR_I64, 2, 0, 2, ONES},
    {IR_DIVU2, IR_I64, 0, 7, 0, ONES},
    {IR_DIVU2, IR_I32, 1, 0, 3, 0x55555555},
    {IR_REMU2, IR_I64, 1, 5, 7, 0}, /* 2^64 = 2 mod 7 */
    {IR_REMU2, IR_I64, 9, 5, 7, 5},
    {IR_REMU2, IR_I32, 1, 0, 3, 1},
    {IR_DIVS2, IR_I64, ONES, -7, 2, -3},
    {IR_DIVS2, IR_I64, 0, MIN64, 1, MIN64},
    {IR_DIVS2, IR_I64, ONES, MIN64, 1, MIN64},
    {IR_DIVS2, IR_I64, MIN64, 0, ONES, MIN64},
    {IR_DIVS2, IR_I64, 0, 7, 0, MIN64},
    {IR_DIVS2, IR_I32, ONES32, -7u, 2, -3u},
    {IR_DIVS2, IR_I32, 1, 0, 1, MIN32},
    {IR_REMS2, IR_I64, ONES, -7, 2, ONES},
    {IR_REMS2, IR_I64, MIN64, 0, ONES, 0},
    {IR_REMS2, IR_I64, 0, 7, 0, 7},
    {IR_REMS2, IR_I32, ONES32, -7u, 2, ONES32},
    {IR_UBFX, IR_I64, 0x123456789abcdef0, 0, 4 | 16 << 8, 0xcdef},
    {IR_UBFX, IR_I64, ONES, 0, 63 | 1 << 8, 1},
    {IR_UBFX, IR_I64, ONES, 0, 64 << 8, ONES},
    {IR_UBFX, IR_I32, 0x89abcdef, 0, 8 | 24 << 8, 0x89abcd},
    {IR_SBFX, IR_I64, 0x123456789abcdef0, 0, 4 | 16 << 8, 0xffffffffffffcdef},
    {IR_SBFX, IR_I64, 2, 0, 1 | 1 << 8, ONES},
    {IR_SBFX, IR_I32, 0x89abcdef, 0, 31 | 1 << 8, ONES32},
    {IR_BFI, IR_I64, ONES, 0, 8 | 8 << 8, 0xffffffffffff00ff},
    {IR_BFI, IR_I64, 0, ONES, 60 | 4 << 8, 0xf000000000000000},
    {IR_BFI, IR_I64, 1, 2, 64 << 8, 2},
    {IR_BFI, IR_I32, 0x11111111, 0xab, 4 | 8 << 8, 0x11111ab1},
};

static void test_int_ops3(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(int3_cases); i++) {
        enum ir_opcode op = int3_cases[i].op;
        enum ir_type t = int3_cases[i].type;
        uint64_t range = int3_cases[i].c;

        begin();
        cpu->x[1] = int3_cases[i].a;
        cpu->x[2] = int3_cases[i].b;
        cpu->x[3] = int3_cases[i].c;
        for (unsigned folded = 0; folded < 2; folded++) {
            ir_val a = folded ? ir_const(&unit, t, cpu->x[1]) : ir_get(&unit, 1, t);
            ir_val b = folded ? ir_const(&unit, t, cpu->x[2]) : ir_get(&unit, 2, t);
            ir_val c = folded ? ir_const(&unit, t, cpu->x[3]) : ir_get(&unit, 3, t), v;
            if (op == IR_BFI) {
                v = ir_bits_set(&unit, a, b, range & 0xff, range >> 8);
            } else if (op == IR_UBFX || op == IR_SBFX) {
                v = ir_bits_get(&unit, op == IR_SBFX, a, range & 0xff, range >> 8);
            } else {
                v = ir_op3(&unit, op, a, b, c);
            }
            g_assert_true(!folded || unit.ops[v].op == IR_CONST);
            ir_put(&unit, 4 + folded, v);
        }
        finish();
        if (cpu->x[4] != int3_cases[i].expected || cpu->x[5] != int3_cases[i].expected) {
            g_error("%s case %u: interpreted 0x%" G_GINT64_MODIFIER "x folded 0x%" G_GINT64_MODIFIER "x",
                    ir_op_name(op), i, cpu->x[4], cpu->x[5]);
        }
    }
}

static void test_int_ops_all_listed(void)
{
    for (enum ir_opcode op = IR_ADD; op <= IR_ZEXT32; op++) {
        bool seen = false;
        for (unsigned i = 0; i < ARRAY_SIZE(int3_cases); i++) {
            seen |= int3_cases[i].op == op;
        }
        for (unsigned i = 0; i < ARRAY_SIZE(int_cases); i++) {
            seen |= int_cases[i].op == op;
        }
        g_assert_true(seen);
    }
}

/* -- Flags -- */

enum { CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, VF = 0x800 };

static const struct {
    uint8_t kind, size;
    uint64_t a, b, c;
    uint32_t x86, nzcv;
} flag_cases[] = {
    {IR_FLAG_ADD, 0, 0x7f, 1, 0, SF | VF | AF, 0x9},
    {IR_FLAG_ADD, 0, 0xff, 1, 0, CF | ZF | AF | PF, 0x6},
    {IR_FLAG_ADD, 3, MIN64, MIN64, 0, CF | ZF | VF | PF, 0x7},
    {IR_FLAG_ADC, 2, ONES32, 0, 1, CF | ZF | AF | PF, 0x6},
    {IR_FLAG_ADC, 1, 0x7fff, 0, 3, SF | VF | AF | PF, 0x9},
    {IR_FLAG_SUB, 2, 1, 2, 0, CF | SF | AF | PF, 0xa},
    {IR_FLAG_SUB, 2, 2, 2, 0, ZF | PF, 0x4},
    {IR_FLAG_SUB, 3, MIN64, 1, 0, VF | AF | PF, 0x1},
    {IR_FLAG_SBB, 0, 0, 0xff, 1, CF | ZF | PF | AF, 0x6},
    {IR_FLAG_SUBN, 2, 1, 2, 0, SF | AF | PF, 0x8},
    {IR_FLAG_SUBN, 2, 2, 2, 0, CF | ZF | PF, 0x6},
    {IR_FLAG_SBCN, 3, 5, 4, 0, CF | ZF | PF, 0x6},
    {IR_FLAG_SBCN, 3, 5, 5, 0, SF | AF | PF, 0x8},
    {IR_FLAG_INC, 0, 0xff, 1, 0, ZF | AF | PF, 0x4},
    {IR_FLAG_INC, 0, 0x0f, 1, 1, CF | AF, 0x2},
    {IR_FLAG_DEC, 1, 0x8000, 1, 1, CF | VF | AF | PF, 0x3},
    {IR_FLAG_LOGIC, 2, 0xffffffff00000000, 0, 0, ZF | PF, 0x4},
    {IR_FLAG_LOGIC, 3, 0xffffffff00000000, 1, 1, CF | SF | VF | PF, 0xb},
    {IR_FLAG_SHL, 0, 0x81, 1, 0, CF | VF, 0x3},
    {IR_FLAG_SHL, 2, 5, 0, 1, CF | VF | PF, 0x3},
    {IR_FLAG_SHL, 0, 1, 8, 0, CF | ZF | VF | PF, 0x7},
    {IR_FLAG_SHL, 0, 1, 9, 0, ZF | PF, 0x4},
    {IR_FLAG_SHR, 2, 0x80000001, 1, 0, CF | VF | PF, 0x3},
    {IR_FLAG_SAR, 0, 0x81, 1, 0, CF | SF | PF, 0xa},
    {IR_FLAG_SAR, 0, 0x80, 20, 0, CF | SF | PF, 0xa},
    {IR_FLAG_X86, 2, ONES32, 0, 0, CF | PF | AF | ZF | SF | VF, 0xf},
    {IR_FLAG_NZCV, 2, 0xa0000000, 0, 0, SF | CF, 0xa},
};

/* Every condition, by the ops on registers and folded, as branch too, follows from the flags. */
static void check_flags(unsigned n, enum ir_flag_cc cc)
{
    enum ir_type t = flag_cases[n].size == 3 ? IR_I64 : IR_I32;
    uint32_t f = flag_cases[n].x86;
    bool c = f & CF, z = f & ZF, s = f & SF, v = f & VF;
    bool even[] = {v, c, z, c || z, s, f & PF, s != v, z || s != v, f & AF, c && !z};
    uint64_t expected = even[cc / 2] != (cc & 1);

    begin();
    cpu->x[1] = flag_cases[n].a;
    cpu->x[2] = flag_cases[n].b;
    cpu->x[3] = flag_cases[n].c;
    for (unsigned folded = 0; folded < 2; folded++) {
        ir_val arg[3];
        for (unsigned i = 0; i < 3; i++) {
            arg[i] = folded ? ir_const(&unit, t, cpu->x[1 + i]) : ir_get(&unit, 1 + i, t);
        }
        ir_val flags = ir_flags(&unit, flag_cases[n].kind, flag_cases[n].size, arg[0], arg[1], arg[2]);
        ir_put(&unit, 4 + folded, ir_flag_setcc(&unit, cc, IR_I64, flags));
        ir_put(&unit, 6 + folded, ir_flag_select(&unit, cc, flags, ir_const(&unit, IR_I64, 1), ir_const(&unit, IR_I64, 0)));
        ir_put(&unit, 8 + folded, ir_flag_pack(&unit, IR_LAYOUT_X86, IR_I64, flags));
        ir_put(&unit, 10 + folded, ir_flag_pack(&unit, IR_LAYOUT_NZCV, IR_I32, flags));
        unsigned yes = ir_new_block(&unit, false), no = ir_new_block(&unit, false), join = ir_new_block(&unit, false);
        ir_brflag(&unit, cc, flags, yes, no);
        ir_place_block(&unit, yes);
        ir_put(&unit, 12 + folded, ir_const(&unit, IR_I64, 1));
        ir_br(&unit, join);
        ir_place_block(&unit, no);
        ir_put(&unit, 12 + folded, ir_const(&unit, IR_I64, 0));
        ir_br(&unit, join);
        ir_place_block(&unit, join);
    }
    finish();
    for (unsigned folded = 0; folded < 2; folded++) {
        g_assert_cmphex(cpu->x[8 + folded], ==, f);
        g_assert_cmphex(cpu->x[10 + folded], ==, flag_cases[n].nzcv << 28);
        for (unsigned x = 4; x <= 12; x += x == 6 ? 6 : 2) {
            if (cpu->x[x + folded] != expected) {
                g_error("flags %u, condition %u, register %u", n, cc, x + folded);
            }
        }
    }
}

static void test_flags(void)
{
    for (unsigned n = 0; n < ARRAY_SIZE(flag_cases); n++) {
        for (unsigned cc = 0; cc <= IR_FLAG_LS; cc++) {
            check_flags(n, cc);
        }
    }
}

/* A comparison's condition becomes one op with the branch. */
static void test_flags_fuse(void)
{
    begin();
    ir_val a = ir_get(&unit, 1, IR_I64), b = ir_get(&unit, 2, IR_I64), zero = ir_const(&unit, IR_I64, 0);
    ir_val f = ir_flags(&unit, IR_FLAG_SUBN, 3, a, b, zero);
    unsigned yes = ir_new_block(&unit, false);
    ir_put(&unit, 3, ir_flag_pack(&unit, IR_LAYOUT_NZCV, IR_I64, f));
    ir_put(&unit, 3, a);
    ir_brflag(&unit, IR_FLAG_HI, f, yes, ir_new_block(&unit, false));
    g_assert_cmpint(unit.ops[unit.nops - 1].op, ==, IR_BRCC);
    g_assert_cmpint(unit.ops[unit.nops - 1].sub, ==, IR_GTU);
    ir_place_block(&unit, yes);
    ir_exit_main(&unit);
    ir_place_block(&unit, yes + 1);
    ir_exit_main(&unit);
    ir_optimise(&unit);
    for (unsigned i = 0; i < unit.nops; i++) {
        g_assert_cmpint(unit.ops[i].op, !=, IR_FLAGDEF); /* nobody needs it */
        g_assert_cmpint(unit.ops[i].op, !=, IR_FLAGPACK);
    }
}

/* -- Vectors: what the back end's tests have no host instruction to compare with -- */

#define Q(high, low) {UINT64_C(0x##low), UINT64_C(0x##high)}

static const struct {
    uint8_t op, lane, imm;
    uint64_t a[2], b[2], expected[2];
} vector_cases[] = {
    {IR_VADD, IR_LANE_8, 0, Q(0102030405060708, ff00000000000000), Q(0101010101010101, 0200000000000001),
     Q(0203040506070809, 0100000000000001)},
    {IR_VMUL, IR_LANE_8, 0, Q(0000000000000000, 0000000000ff1011), Q(0000000000000000, 0000000000ff1011),
     Q(0000000000000000, 0000000000010021)},
    {IR_VMULHS, IR_LANE_32, 0, Q(ffffffff00000000, 8000000000010000), Q(0000000200000000, 8000000000010000),
     Q(ffffffff00000000, 4000000000000001)},
    {IR_VMULHU, IR_LANE_64, 0, Q(ffffffffffffffff, 8000000000000000), Q(ffffffffffffffff, 0000000000000004),
     Q(fffffffffffffffe, 0000000000000002)},
    {IR_VADDS, IR_LANE_32, 0, Q(7fffffff80000000, 0000000100000002), Q(00000001ffffffff, 0000000100000002),
     Q(7fffffff80000000, 0000000200000004)},
    {IR_VADDU, IR_LANE_64, 0, Q(ffffffffffffffff, 0000000000000001), Q(0000000000000001, 0000000000000001),
     Q(ffffffffffffffff, 0000000000000002)},
    {IR_VSUBS, IR_LANE_64, 0, Q(8000000000000000, 0000000000000001), Q(0000000000000001, 0000000000000002),
     Q(8000000000000000, ffffffffffffffff)},
    {IR_VSUBU, IR_LANE_32, 0, Q(0000000000000005, 0000000100000000), Q(0000000100000003, 0000000200000000),
     Q(0000000000000002, 0000000000000000)},
    {IR_VAVGU, IR_LANE_32, 0, Q(ffffffff00000000, 0000000100000002), Q(ffffffff00000001, 0000000200000002),
     Q(ffffffff00000001, 0000000200000002)},
    {IR_VABS, IR_LANE_64, 0, Q(8000000000000000, ffffffffffffffff), Q(0, 0), Q(8000000000000000, 0000000000000001)},
    {IR_VSHL, IR_LANE_8, 0, Q(0101010101010101, 0000000000000001), Q(0001070809ff0200, 0000000000000007),
     Q(0102800000000401, 0000000000000080)},
    {IR_VSHR, IR_LANE_16, 0, Q(8000800080008000, 0000000000000000), Q(0000000f0010ffff, 0000000000000000),
     Q(8000000100000000, 0000000000000000)},
    {IR_VSAR, IR_LANE_64, 0, Q(8000000000000000, 7000000000000000), Q(0000000000000040, 0000000000000004),
     Q(ffffffffffffffff, 0700000000000000)},
    {IR_VSARI, IR_LANE_8, 3, Q(8040200000000000, 0000000000000008), Q(0, 0), Q(f008040000000000, 0000000000000001)},
    {IR_VCMPGTU, IR_LANE_64, 0, Q(8000000000000000, 0000000000000001), Q(0000000000000001, 0000000000000001),
     Q(ffffffffffffffff, 0000000000000000)},
    {IR_VMULLS, IR_LANE_8, 0, Q(0000000000000000, 80ff000000007f02), Q(0000000000000000, 80ff000000007f03),
     Q(4000000100000000, 000000003f010006)},
    {IR_VMULLU, IR_LANE_8, 1, Q(ff00000000000002, 0000000000000000), Q(ff00000000000003, 0000000000000000),
     Q(fe01000000000000, 0000000000000006)},
    {IR_VWIDENS, IR_LANE_32, 1, Q(8000000000000001, 0000000000000000), Q(0, 0),
     Q(ffffffff80000000, 0000000000000001)},
    {IR_VNARROW, IR_LANE_16, 0, Q(0102030405060708, 1112131415161718), Q(2122232425262728, 3132333435363738),
     Q(2224262832343638, 0204060812141618)},
    {IR_VNARROWS, IR_LANE_64, 0, Q(0000000080000000, ffffffff7fffffff), Q(0000000000000001, ffffffffffffffff),
     Q(00000001ffffffff, 7fffffff80000000)},
    {IR_VNARROWSU, IR_LANE_64, 0, Q(0000000100000000, ffffffffffffffff), Q(0, 0), Q(0, ffffffff00000000)},
    {IR_VNARROWU, IR_LANE_16, 0, Q(00ff01008000ffff, 0001000200030004), Q(0, 0), Q(0, ffffffff01020304)},
    {IR_VZIPL, IR_LANE_8, 0, Q(0, 0807060504030201), Q(0, 1817161514131211), Q(1808170716061505, 1404130312021101)},
    {IR_VZIPH, IR_LANE_64, 0, Q(3333333333333333, 0), Q(4444444444444444, 0), Q(4444444444444444, 3333333333333333)},
    {IR_VUZPE, IR_LANE_8, 0, Q(0f0e0d0c0b0a0908, 0706050403020100), Q(1f1e1d1c1b1a1918, 1716151413121110),
     Q(1e1c1a1816141210, 0e0c0a0806040200)},
    {IR_VUZPO, IR_LANE_16, 0, Q(0077006600550044, 0033002200110000), Q(00ff00ee00dd00cc, 00bb00aa00990088),
     Q(00ff00dd00bb0099, 0077005500330011)},
    {IR_VEXT, 0, 3, Q(0f0e0d0c0b0a0908, 0706050403020100), Q(1f1e1d1c1b1a1918, 1716151413121110),
     Q(1211100f0e0d0c0b, 0a09080706050403)},
    {IR_VTBL, 0, 0, Q(0f0e0d0c0b0a0908, 0706050403020100), Q(ff10800f0e000102, 0f0f0f0f00000000),
     Q(0000000f0e000102, 0f0f0f0f00000000)},
    {IR_VAES, 0, 0, Q(0, 0), Q(0, 0), Q(6363636363636363, 6363636363636363)},
    {IR_VAES, 0, 0, Q(0706050403020100, 0f0e0d0c0b0a0908), Q(0, 0), Q(7bab01f276676b63, 2b6f7cfec577d730)},
    {IR_VAES, 0, 1, Q(6363636363636363, 6363636363636363), Q(0, 0), Q(0, 0)},
    {IR_VAES, 0, 2, Q(5c220af2455313db, c6c6c6c601010101), Q(0, 0), Q(9d58dc9fbca14d8e, c6c6c6c601010101)},
    {IR_VAES, 0, 3, Q(9d58dc9fbca14d8e, c6c6c6c601010101), Q(0, 0), Q(5c220af2455313db, c6c6c6c601010101)},
    {IR_VAES, 0, 4, Q(0, 0), Q(0, 0), Q(6363636363636363, 6363636363636363)},
    {IR_VAES, 0, 5, Q(6363636363636363, 6363636363636363), Q(0, 0), Q(0, 0)},
    {IR_VF2D, 0, 1, Q(bf80000040000000, 0), Q(0, 0), Q(bff0000000000000, 4000000000000000)},
    {IR_VD2F, 0, 0, Q(bff0000000000000, 4000000000000000), Q(0, 3ff0000000000000), Q(000000003f800000, bf80000040000000)},
    {IR_VH2F, 0, 0, Q(0, 3c00c0007c008001), Q(0, 0), Q(3f800000c0000000, 7f800000b3800000)},
    {IR_VF2H, 0, 0, Q(3f800000c0000000, 7f80000033000000), Q(0, 477fe000), Q(0000000000007bff, 3c00c0007c000000)},
    {IR_VFMIN, IR_LANE_F32, 0, Q(3f80000080000000, 7fc0000040000000), Q(4000000000000000, 3f80000040400000),
     Q(3f80000080000000, 3f80000040000000)},
    {IR_VF2S, IR_LANE_F64, 0, Q(c004000000000000, 7ff8000000000000), Q(0, 0), Q(fffffffffffffffe, 7fffffffffffffff)},
    {IR_VU2F, IR_LANE_F32, 0, Q(ffffffff00000001, 0000000000000003), Q(0, 0), Q(4f8000003f800000, 0000000040400000)},
};

static void test_vectors(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(vector_cases); i++) {
        enum ir_opcode op = vector_cases[i].op;
        begin();
        memcpy(cpu->v[1], vector_cases[i].a, 16);
        memcpy(cpu->v[2], vector_cases[i].b, 16);
        ir_val a = ir_get(&unit, TOY_REG_V + 1, IR_V128);
        ir_val b = ir_op_nargs(op) == 2 ? ir_get(&unit, TOY_REG_V + 2, IR_V128) : 0;
        ir_put(&unit, TOY_REG_V, op >= IR_VFADD ? ir_vector_fp(&unit, op, IR_V128, IR_FP_RISCV, IR_RNE, 0,
                                                               vector_cases[i].lane, vector_cases[i].imm, a, b, 0)
                                                : ir_vector(&unit, op, IR_V128, vector_cases[i].lane,
                                                            vector_cases[i].imm, a, b, 0));
        finish();
        if (memcmp(cpu->v[0], vector_cases[i].expected, 16)) {
            g_error("%s, case %u: 0x%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", ir_op_name(op), i,
                    cpu->v[0][1], cpu->v[0][0]);
        }
    }
}

/* Vectors and scalars: lanes, reductions, halves, memory, a helper. */
static void test_vector_parts(void)
{
    begin();
    memcpy(cpu->y[0], (uint64_t[]){1, 2, UINT64_C(0x8000000000000003), 4}, 32);
    cpu->x[2] = 0x80;
    ir_val y = ir_get(&unit, TOY_REG_Y, IR_V256), addr = ir_const(&unit, IR_I64, TOY_MEM_BASE + 8);
    ir_put(&unit, 3, ir_vector(&unit, IR_VGET, IR_I64, IR_LANE_64, 2, y, 0, 0));
    ir_put(&unit, 4, ir_vector(&unit, IR_VSUM, IR_I64, IR_LANE_64, 0, y, 0, 0));
    ir_put(&unit, 5, ir_convert(&unit, IR_ZX, IR_I64, ir_vector(&unit, IR_VMSK, IR_I32, IR_LANE_8, 0, y, 0, 0)));
    ir_store(&unit, IR_MEM_256 | IR_MEM_BE, addr, 8, y);
    ir_put(&unit, 6, ir_load(&unit, IR_I64, IR_MEM_64 | IR_MEM_BE, addr, 8));
    ir_val high = ir_vector(&unit, IR_VHI, IR_V128, 0, 0, y, 0, 0);
    high = ir_vector(&unit, IR_VSET, IR_V128, IR_LANE_8, 15, high, ir_get(&unit, 2, IR_I32), 0);
    ir_put(&unit, TOY_REG_V, ir_call(&unit, &toy_vector, IR_V128, high, ir_const(&unit, IR_I64, 10), 0, 0));
    ir_put(&unit, TOY_REG_Y + 1, high); /* the rest is cleared */
    ir_val seen = ir_cas_op(&unit, IR_MEM_128 | IR_MEM_ATOMIC, ir_const(&unit, IR_I64, TOY_MEM_BASE + 32),
                            ir_load(&unit, IR_V128, IR_MEM_128, addr, 24), high);
    ir_put(&unit, TOY_REG_V + 1, seen);
    memset(cpu->y[1], 0xff, 32);
    finish();
    g_assert_cmphex(cpu->x[3], ==, 0x8000000000000003);
    g_assert_cmphex(cpu->x[4], ==, 0x800000000000000a);
    g_assert_cmphex(cpu->x[5], ==, 1u << 23);
    g_assert_cmphex(cpu->x[6], ==, 4);
    g_assert_cmphex(cpu->v[0][0], ==, 0x800000000000000d);
    g_assert_cmphex(cpu->v[0][1], ==, 0x800000000000000e);
    g_assert_cmphex(cpu->y[1][1], ==, 0x8000000000000004);
    g_assert_cmphex(cpu->y[1][2] | cpu->y[1][3], ==, 0);
    g_assert_cmphex(cpu->v[1][0], ==, GUINT64_SWAP_LE_BE(UINT64_C(2)));
    g_assert_cmpmem(toy_memory + 32, 16, cpu->y[1], 16);
}

static void test_conversions(void)
{
    begin();
    cpu->x[1] = 0x1234567880000001;
    ir_val a = ir_get(&unit, 1, IR_I64), n = ir_convert(&unit, IR_TRUNC, IR_I32, a);
    ir_put(&unit, TOY_REG_W, n);
    ir_put(&unit, 2, ir_convert(&unit, IR_SX, IR_I64, ir_op1(&unit, IR_NOT, n)));
    ir_put(&unit, 3, ir_convert(&unit, IR_ZX, IR_I64, ir_op1(&unit, IR_NEG, n)));
    ir_put(&unit, 4, ir_convert(&unit, IR_SX, IR_I64, ir_op2(&unit, IR_OR, n, ir_const(&unit, IR_I32, 2))));
    finish();
    g_assert_cmphex(cpu->w[0], ==, 0x80000001);
    g_assert_cmphex(cpu->x[2], ==, 0x7ffffffe);
    g_assert_cmphex(cpu->x[3], ==, 0x7fffffff);
    g_assert_cmphex(cpu->x[4], ==, 0xffffffff80000003);
}

static void test_conditions(void)
{
    static const struct {
        uint64_t a, b;
        unsigned true64, true32; /* bit sets of enum ir_cc */
    } cases[] = {
#define CC(x) (1u << IR_##x)
        {5, 5, CC(EQ) | CC(GE) | CC(LE) | CC(GEU) | CC(LEU), CC(EQ) | CC(GE) | CC(LE) | CC(GEU) | CC(LEU)},
        {1, 2, CC(NE) | CC(LT) | CC(LE) | CC(LTU) | CC(LEU), CC(NE) | CC(LT) | CC(LE) | CC(LTU) | CC(LEU)},
        {ONES, 0, CC(NE) | CC(LT) | CC(LE) | CC(GTU) | CC(GEU), CC(NE) | CC(LT) | CC(LE) | CC(GTU) | CC(GEU)},
        {MIN64, 1, CC(NE) | CC(LT) | CC(LE) | CC(GTU) | CC(GEU), CC(NE) | CC(LT) | CC(LE) | CC(LTU) | CC(LEU)},
        {0, MIN32, CC(NE) | CC(LT) | CC(LE) | CC(LTU) | CC(LEU), CC(NE) | CC(GT) | CC(GE) | CC(LTU) | CC(LEU)},
        {UINT64_C(1) << 32, 0, CC(NE) | CC(GT) | CC(GE) | CC(GTU) | CC(GEU), CC(EQ) | CC(GE) | CC(LE) | CC(GEU) | CC(LEU)},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases) * (IR_GTU + 1) * 2; i++) {
        enum ir_cc cc = i / 2 % (IR_GTU + 1);
        enum ir_type t = i % 2 ? IR_I64 : IR_I32;
        uint64_t va = cases[i / 2 / (IR_GTU + 1)].a, vb = cases[i / 2 / (IR_GTU + 1)].b;
        unsigned expected = (t == IR_I64 ? cases[i / 2 / (IR_GTU + 1)].true64 : cases[i / 2 / (IR_GTU + 1)].true32) >> cc & 1;

        begin();
        cpu->x[1] = va;
        cpu->x[2] = vb;
        unsigned yes = ir_new_block(&unit, false), no = ir_new_block(&unit, true), join = ir_new_block(&unit, false);
        ir_val a = ir_get(&unit, 1, t), b = ir_get(&unit, 2, t);
        ir_put(&unit, 3, ir_setcc(&unit, cc, IR_I64, a, b));
        ir_put(&unit, 4, ir_setcc(&unit, cc, IR_I64, ir_const(&unit, t, va), b));
        ir_put(&unit, 5, ir_setcc(&unit, cc, IR_I64, a, ir_const(&unit, t, vb)));
        ir_put(&unit, 6, ir_setcc(&unit, cc, IR_I64, ir_const(&unit, t, va), ir_const(&unit, t, vb)));
        ir_put(&unit, 7, ir_select(&unit, cc, a, b, ir_const(&unit, IR_I64, 1), ir_const(&unit, IR_I64, 0)));
        ir_val set = ir_setcc(&unit, cc, IR_I32, a, b), zero = ir_const(&unit, IR_I32, 0);
        ir_put(&unit, 8, ir_setcc(&unit, IR_NE, IR_I64, set, zero));
        ir_put(&unit, 9, ir_op2(&unit, IR_XOR, ir_setcc(&unit, IR_EQ, IR_I64, set, zero), ir_const(&unit, IR_I64, 1)));
        ir_brcc(&unit, cc, a, b, yes, no);
        ir_place_block(&unit, yes);
        ir_put(&unit, 10, ir_const(&unit, IR_I64, 1));
        ir_br(&unit, join);
        ir_place_block(&unit, no);
        ir_put(&unit, 10, ir_const(&unit, IR_I64, 0));
        ir_br(&unit, join);
        ir_place_block(&unit, join);
        finish();
        for (unsigned x = 3; x <= 10; x++) {
            g_assert_cmpuint(cpu->x[x], ==, expected);
        }
    }
}

/*
 * Whatever the builders make of an op, with constants, registers and a value twice, computes what the op as it is does.
 */
static void test_folding(void)
{
    struct ir_random r = {.seed = 42};

    for (unsigned n = 0; n < 12000; n++) {
        enum ir_opcode op = IR_ADD + n % (IR_ZEXT32 - IR_ADD + 1);
        op = op >= IR_ADC && op <= IR_BFI ? IR_ADD : op; /* of three arguments: test_int_ops3() */
        enum ir_type t = op == IR_SEXT32 || op == IR_ZEXT32 || ir_random_below(&r, 2) ? IR_I64 : IR_I32;
        bool two = ir_op_nargs(op) == 2;
        uint64_t va = ir_random_value(&r, t), vb = ir_random_value(&r, t);
        unsigned how = ir_random_below(&r, 6);

        begin();
        cpu->x[1] = va;
        cpu->x[2] = vb;
        ir_val a = ir_get(&unit, 1, t), b = ir_get(&unit, 2, t);
        if (how == 4) {
            /* One more op within. */
            static const uint8_t inner[] = {IR_SEXT8, IR_SEXT16, IR_ZEXT8, IR_ZEXT16, IR_NEG, IR_NOT, IR_BSWAP, IR_CLZ};
            a = raw_op((struct ir_op){.op = inner[ir_random_below(&r, sizeof(inner))], .type = t, .arg = {a}});
        }
        if (how == 5) {
            /* A mask or a shift, then often an extension that may be known to change nothing. */
            static const uint8_t outer[] = {IR_SEXT8, IR_SEXT16, IR_ZEXT8, IR_ZEXT16};
            unsigned bits = t == IR_I32 ? 32 : 64, by = ir_random_below(&r, bits);
            bool mask = ir_random_below(&r, 2);
            cpu->x[1] = va |= ir_random_below(&r, 2) ? UINT64_MAX << by >> (64 - bits) : 0;
            ir_val c = ir_const(&unit, t, mask ? UINT64_MAX >> (63 - by) : by);
            a = raw_op((struct ir_op){.op = mask ? IR_AND : IR_SHR, .type = t, .arg = {a, c}});
            op = ir_random_below(&r, 3) ? outer[ir_random_below(&r, sizeof(outer))] : op;
            two = ir_op_nargs(op) == 2;
        }
        ir_val fa = how == 0 || how == 2 ? ir_const(&unit, t, va) : a;
        ir_val fb = how == 0 || how == 1 ? ir_const(&unit, t, vb) : how == 3 ? a : b;
        ir_put(&unit, 3, two ? ir_op2(&unit, op, fa, fb) : ir_op1(&unit, op, fa));
        ir_val ra = how == 2 ? a : fa, rb = how == 3 ? a : b;
        ir_put(&unit, 4, raw_op((struct ir_op){.op = op, .type = t, .arg = {ra, two ? rb : 0}}));
        finish();
        if (cpu->x[3] != cpu->x[4]) {
            g_error("a 0x%" G_GINT64_MODIFIER "x b 0x%" G_GINT64_MODIFIER "x: built 0x%" G_GINT64_MODIFIER
                    "x, op 0x%" G_GINT64_MODIFIER "x\n%s", va, vb, cpu->x[3], cpu->x[4], text_of(&unit));
        }
    }
}

static ir_val raw_shift(enum ir_opcode op, ir_val a, unsigned by)
{
    return raw_op((struct ir_op){.op = op, .type = unit.ops[a].type, .arg = {a, ir_const(&unit, unit.ops[a].type, by)}});
}

/*
 * Two shifts of a value, one after the other or joined, extended or not: as built they compute what the ops alone do.
 */
static void test_folding_shifts(void)
{
    static const uint8_t joins[] = {IR_OR, IR_XOR, IR_ADD, IR_AND}, extensions[] = {IR_SX, IR_ZX}, rights[] = {IR_SHR, IR_SAR};
    struct ir_random r = {.seed = 43};
    unsigned rotations = 0, extended = 0, apart = 0;

    for (unsigned n = 0; n < 8000; n++) {
        enum ir_type t = ir_random_below(&r, 2) ? IR_I64 : IR_I32;
        unsigned bits = t == IR_I64 ? 64 : 32, by = ir_random_below(&r, 4) ? bits / 8 * ir_random_below(&r, 8) : ir_random_below(&r, bits);
        unsigned other = ir_random_below(&r, 4) ? (bits - by) % bits : ir_random_below(&r, bits);
        enum ir_opcode right = rights[ir_random_below(&r, 2)], join = joins[ir_random_below(&r, sizeof(joins))];
        begin();
        cpu->x[1] = ir_random_value(&r, t);
        ir_val a = ir_get(&unit, 1, t), left = ir_op2(&unit, IR_SHL, a, ir_const(&unit, t, by)), v, w;
        if (ir_random_below(&r, 3) == 0) {
            v = ir_op2(&unit, right, left, ir_const(&unit, t, by));
            w = raw_shift(right, raw_shift(IR_SHL, a, by), by);
            extended += unit.ops[v].op != right && by;
        } else {
            bool extend = t == IR_I32 && ir_random_below(&r, 2), swap = ir_random_below(&r, 2);
            enum ir_opcode el = extensions[ir_random_below(&r, 2)], er = extensions[ir_random_below(&r, 2)];
            ir_val same = a;
            if (t == IR_I32 && ir_random_below(&r, 2)) { /* the low half of one register, taken twice */
                ir_val whole = ir_get(&unit, 1, IR_I64);
                a = raw_op((struct ir_op){.op = IR_TRUNC, .type = IR_I32, .arg = {whole}});
                same = raw_op((struct ir_op){.op = IR_TRUNC, .type = IR_I32, .arg = {whole}});
                left = ir_op2(&unit, IR_SHL, a, ir_const(&unit, t, by));
            }
            ir_val b = ir_op2(&unit, right, same, ir_const(&unit, t, other));
            ir_val rl = raw_shift(IR_SHL, a, by), rb = raw_shift(right, a, other);
            if (extend) {
                left = ir_convert(&unit, el, IR_I64, left);
                b = ir_convert(&unit, er, IR_I64, b);
                rl = raw_op((struct ir_op){.op = el, .type = IR_I64, .arg = {rl}});
                rb = raw_op((struct ir_op){.op = er, .type = IR_I64, .arg = {rb}});
            }
            v = swap ? ir_op2(&unit, join, b, left) : ir_op2(&unit, join, left, b);
            w = raw_op((struct ir_op){.op = join, .type = extend ? IR_I64 : t, .arg = {rl, rb}});
            bool rotation = unit.ops[extend ? unit.ops[v].arg[0] : v].op == IR_ROTL;
            rotations += rotation;
            apart += rotation && a != same;
        }
        ir_put(&unit, 3, v);
        ir_put(&unit, 4, w);
        finish();
        if (cpu->x[3] != cpu->x[4]) {
            g_error("0x%" G_GINT64_MODIFIER "x: built 0x%" G_GINT64_MODIFIER "x, ops 0x%" G_GINT64_MODIFIER "x\n%s",
                    cpu->x[1], cpu->x[3], cpu->x[4], text_of(&unit));
        }
    }
    g_assert_cmpuint(rotations, >, 500);
    g_assert_cmpuint(apart, >, 100);
    g_assert_cmpuint(extended, >, 500);
}

/* -- What the builders make -- */

static void test_forwarding(void)
{
    begin();
    ir_val a = ir_get(&unit, 1, IR_I64);
    g_assert_cmpint(ir_get(&unit, 1, IR_I64), ==, a);
    ir_val v = ir_op2(&unit, IR_ADD, a, ir_const(&unit, IR_I64, 5));
    ir_put(&unit, 2, v);
    g_assert_cmpint(ir_get(&unit, 2, IR_I64), ==, v);
    uint32_t n = unit.nops;
    ir_put(&unit, 2, v); /* it holds v already */
    ir_put(&unit, 1, a);
    g_assert_cmpint(unit.nops, ==, n);
    /* A narrow read of it; a narrow write, then a wide read. */
    ir_val narrow = ir_get(&unit, 2, IR_I32);
    g_assert_cmpint(unit.ops[narrow].op, ==, IR_TRUNC);
    ir_put(&unit, 2, narrow);
    g_assert_cmpint(unit.ops[unit.nops - 1].op, ==, IR_PUT);
    g_assert_cmpint(unit.ops[ir_get(&unit, 2, IR_I64)].op, ==, IR_ZEXT32);
    /* A narrow read tells nothing of the high half. */
    narrow = ir_get(&unit, 3, IR_I32);
    g_assert_cmpint(unit.ops[ir_get(&unit, 3, IR_I64)].op, ==, IR_GET);
    narrow = ir_get(&unit, 4, IR_I32);
    n = unit.nops;
    ir_put(&unit, 4, narrow);
    g_assert_cmpint(unit.nops, ==, n + 1);
    /* Only helpers that write make the builder forget. */
    ir_call(&unit, &toy_trap, IR_I64, a, 0, 0, 0);
    ir_call(&unit, &toy_reads, IR_I64, 0, 0, 0, 0);
    g_assert_cmpint(ir_get(&unit, 1, IR_I64), ==, a);
    ir_call(&unit, &toy_writes, IR_VOID, a, 0, 0, 0);
    g_assert_cmpint(ir_get(&unit, 1, IR_I64), !=, a);
    /* Constants are made once a block, and nothing is known in the next. */
    ir_val c = ir_const(&unit, IR_I64, 12345);
    g_assert_cmpint(ir_const(&unit, IR_I64, 12345), ==, c);
    g_assert_cmpint(ir_const(&unit, IR_I32, 12345), !=, c);
    a = ir_get(&unit, 1, IR_I64);
    unsigned next = ir_new_block(&unit, false);
    ir_br(&unit, next);
    ir_place_block(&unit, next);
    g_assert_cmpint(ir_const(&unit, IR_I64, 12345), !=, c);
    g_assert_cmpint(ir_get(&unit, 1, IR_I64), !=, a);
    /* Locals the same. */
    unsigned l = ir_new_local(&unit, IR_I64);
    c = ir_const(&unit, IR_I64, 7);
    ir_put_local(&unit, l, c);
    g_assert_cmpint(ir_get_local(&unit, l), ==, c);
    finish();
}

/* Addresses that move with the unit: folded only to such as move too, and never taken for others. */
static void test_moving(void)
{
    begin();
    ir_val k = ir_const(&unit, IR_I64, 0x5000), m = ir_pc(&unit, IR_I64, 0x5000), a = ir_get(&unit, 1, IR_I64);
    ir_val four = ir_const(&unit, IR_I64, 4), zero = ir_const(&unit, IR_I64, 0);

    g_assert_cmpint(m, !=, k);
    g_assert_cmpint(ir_const(&unit, IR_I64, 0x5000), ==, k);
    g_assert_cmpint(ir_pc(&unit, IR_I64, 0x5000), ==, m);
    g_assert_cmpint(ir_op2(&unit, IR_ADD, m, four), ==, ir_pc(&unit, IR_I64, 0x5004));
    g_assert_cmpint(ir_op2(&unit, IR_ADD, four, m), ==, ir_pc(&unit, IR_I64, 0x5004));
    g_assert_cmpint(ir_op2(&unit, IR_SUB, m, four), ==, ir_pc(&unit, IR_I64, 0x4ffc));
    g_assert_cmpint(ir_op2(&unit, IR_ADD, m, zero), ==, m);
    g_assert_cmpint(ir_op2(&unit, IR_AND, ir_pc(&unit, IR_I64, 0x5007), ir_const(&unit, IR_I64, -4)), ==,
                    ir_pc(&unit, IR_I64, 0x5004));
    g_assert_cmpint(ir_op2(&unit, IR_XOR, m, m), ==, zero);
    /* What is not the same distance from the unit everywhere is no constant. */
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_AND, m, ir_const(&unit, IR_I64, -8192))].op, ==, IR_AND);
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_AND, m, four)].op, ==, IR_AND);
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_OR, m, four)].op, ==, IR_OR);
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_SHL, m, four)].op, ==, IR_SHL);
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_MUL, m, m)].op, ==, IR_MUL);
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_SUB, four, m)].op, ==, IR_SUB);
    g_assert_cmpint(unit.ops[ir_op1(&unit, IR_NOT, m)].op, ==, IR_NOT);
    g_assert_cmpint(unit.ops[ir_op1(&unit, IR_SEXT32, m)].op, ==, IR_SEXT32);
    g_assert_cmpint(unit.ops[ir_convert(&unit, IR_TRUNC, IR_I32, m)].op, ==, IR_TRUNC);
    g_assert_cmpint(unit.ops[ir_setcc(&unit, IR_EQ, IR_I64, m, k)].op, ==, IR_SETCC);
    g_assert_cmpint(unit.ops[ir_setcc(&unit, IR_LTU, IR_I64, m, a)].op, ==, IR_SETCC);
    finish();
}

static void test_shapes(void)
{
    begin();
    ir_val a = ir_get(&unit, 1, IR_I64), b = ir_get(&unit, 2, IR_I64), zero = ir_const(&unit, IR_I64, 0);
    ir_val n = ir_convert(&unit, IR_TRUNC, IR_I32, a);

    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_AND, a, ir_const(&unit, IR_I64, 0xff))].op, ==, IR_ZEXT8);
    g_assert_cmpint(unit.ops[ir_op2(&unit, IR_MUL, ir_const(&unit, IR_I64, 8), a)].op, ==, IR_SHL);
    g_assert_cmpint(ir_op2(&unit, IR_XOR, a, zero), ==, a);
    g_assert_cmpint(unit.ops[ir_convert(&unit, IR_SX, IR_I64, n)].op, ==, IR_SEXT32);
    ir_val s = ir_op1(&unit, IR_SEXT32, a);
    g_assert_cmpint(ir_op1(&unit, IR_SEXT32, s), ==, s);
    ir_val l = ir_load(&unit, IR_I64, IR_MEM_32 | IR_MEM_SIGNED, a, 0);
    g_assert_cmpint(ir_op1(&unit, IR_SEXT32, l), ==, l);
    g_assert_cmpint(unit.ops[ir_setcc(&unit, IR_GTU, IR_I64, zero, a)].op, ==, IR_CONST);
    ir_val f = ir_get(&unit, TOY_REG_D, IR_F64), g = ir_convert(&unit, IR_FUNBOX, IR_F32, f);
    g_assert_cmpint(ir_convert(&unit, IR_FUNBOX, IR_F32, f), ==, g);
    g_assert_cmpint(ir_op2(&unit, IR_FSGN, g, g), ==, g);
    g_assert_cmpint(ir_convert(&unit, IR_FUNBOX, IR_F32, ir_convert(&unit, IR_FBOX, IR_F64, g)), ==, g);
    /* A branch takes the condition over. */
    unsigned next = ir_new_block(&unit, false), other = ir_new_block(&unit, false);
    ir_brcc(&unit, IR_EQ, ir_setcc(&unit, IR_LT, IR_I64, a, b), zero, next, other);
    const struct ir_op *br = &unit.ops[unit.nops - 1];
    g_assert_cmpint(br->sub, ==, IR_GE);
    g_assert_cmpint(br->arg[0], ==, a);
    g_assert_cmpint(br->arg[1], ==, b);
    ir_place_block(&unit, other);
    ir_brcc(&unit, IR_EQ, ir_const(&unit, IR_I64, 1), ir_const(&unit, IR_I64, 1), next, other);
    g_assert_cmpint(unit.ops[unit.nops - 1].op, ==, IR_BR);
    ir_place_block(&unit, next);
    finish();
}

static void test_room(void)
{
    begin();
    g_assert_true(ir_has_room(&unit));
    for (unsigned i = 0; i < IR_MAX_OPS - IR_INSN_OPS - 2; i++) {
        ir_put(&unit, 1, ir_const(&unit, IR_I64, i));
        if (unit.nops + IR_INSN_OPS > IR_MAX_OPS) {
            break;
        }
    }
    g_assert_false(ir_has_room(&unit));
    begin();
    for (unsigned i = 0; i + IR_INSN_BLOCKS < IR_MAX_BLOCKS; i++) {
        ir_new_block(&unit, false);
    }
    g_assert_false(ir_has_room(&unit));
}

/* Beyond what frontends make: more ops, blocks and locals than any fixed table had. */
static void test_large(void)
{
    enum { BLOCKS = 1000, PER_BLOCK = 100 };

    begin();
    for (unsigned b = 0; b < BLOCKS; b++) {
        unsigned next = ir_new_block(&unit, false), l = ir_new_local(&unit, IR_I64);
        for (unsigned i = 0; i < PER_BLOCK; i++) {
            ir_put(&unit, 1, ir_op2(&unit, IR_ADD, ir_get(&unit, 1, IR_I64), ir_get(&unit, 2, IR_I64)));
        }
        ir_put_local(&unit, l, ir_get(&unit, 1, IR_I64));
        ir_br(&unit, next);
        ir_place_block(&unit, next);
        ir_put(&unit, 1, ir_get_local(&unit, l));
    }
    cpu->x[2] = 3;
    finish();
    g_assert_cmpuint(cpu->x[1], ==, 3 * BLOCKS * PER_BLOCK);
    ir_optimise(&unit);
    assert_verified(&unit);
    run(&unit, cpu);
    g_assert_cmpuint(cpu->x[1], ==, 6 * BLOCKS * PER_BLOCK);
    ir_unit_free(&unit);
}

/* -- State, memory, calls, exits -- */

static void test_state(void)
{
    uint32_t at = offsetof(struct toy_cpu, state);

    begin();
    memcpy(cpu->state, "\x81\x82\x83\x84\x85\x86\x87\x88", 8);
    static const struct {
        enum ir_type t;
        unsigned m;
        uint64_t expected;
    } loads[] = {
        {IR_I64, IR_MEM_8, 0x81},         {IR_I64, IR_MEM_8 | IR_MEM_SIGNED, 0xffffffffffffff81},
        {IR_I64, IR_MEM_16, 0x8281},      {IR_I64, IR_MEM_16 | IR_MEM_SIGNED, 0xffffffffffff8281},
        {IR_I64, IR_MEM_32, 0x84838281},  {IR_I64, IR_MEM_32 | IR_MEM_SIGNED, 0xffffffff84838281},
        {IR_I64, IR_MEM_64, 0x8887868584838281}, {IR_I32, IR_MEM_8 | IR_MEM_SIGNED, 0xffffff81},
        {IR_I32, IR_MEM_32, 0x84838281},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(loads); i++) {
        ir_put(&unit, i, ir_load_state(&unit, loads[i].t, loads[i].m, at));
    }
    for (unsigned size = 0; size < 4; size++) {
        ir_store_state(&unit, size, at + 8 + 8 * size, ir_const(&unit, IR_I64, 0x1122334455667788));
    }
    finish();
    for (unsigned i = 0; i < ARRAY_SIZE(loads); i++) {
        g_assert_cmphex(cpu->x[i], ==, loads[i].expected);
    }
    g_assert_cmpmem(cpu->state + 8, 32,
                    "\x88\0\0\0\0\0\0\0\x88\x77\0\0\0\0\0\0\x88\x77\x66\x55\0\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11", 32);
}

/* A TLB whose only entry is the first page of toy memory. */
static struct tlb_entry *one_page_tlb(void)
{
    struct tlb_entry *tlb = g_new(struct tlb_entry, TLB_ENTRIES);

    memset(tlb, 0xff, TLB_ENTRIES * sizeof(*tlb));
    *tlb_entry(tlb, TOY_MEM_BASE) = (struct tlb_entry){
        .load_tag = TOY_MEM_BASE, .store_tag = TOY_MEM_BASE, .addend = (int64_t)((uintptr_t)toy_memory - TOY_MEM_BASE)};
    return tlb;
}

/* Every size and extension through the TLB and the slow path; what must not use the TLB does not. */
static void test_memory(void)
{
    for (unsigned m = 0; m <= (IR_MEM_SIZE | IR_MEM_SIGNED); m++) {
        if ((m & IR_MEM_SIZE) > IR_MEM_64) {
            continue;
        }
        for (unsigned way = 0; way < 5; way++) {
            enum { TLB, NO_TLB, OTHER_PAGE, MISALIGNED, SWAPPED };
            unsigned bytes = 1u << (m & IR_MEM_SIZE);
            uint64_t value = 0x8899aabbccddeeff, at = TOY_MEM_BASE + 0x100 + (way == OTHER_PAGE ? PAGE_SIZE : 0) + (way == MISALIGNED);
            unsigned memop = m | (way == SWAPPED ? IR_MEM_BE : 0);

            begin();
            memset(toy_memory, 0x55, sizeof(toy_memory));
            struct tlb_entry *tlb = one_page_tlb();
            cpu->cpu.tlb = way == NO_TLB ? NULL : tlb;
            ir_val addr = ir_const(&unit, IR_I64, at + 0x10);
            ir_store(&unit, memop, addr, -0x10, ir_const(&unit, IR_I64, value));
            ir_put(&unit, 1, ir_load(&unit, IR_I64, memop, addr, -0x10));
            if (bytes <= 4) {
                ir_put(&unit, 2, ir_load(&unit, IR_I32, memop, addr, -0x10));
            }
            toy_slow_accesses = 0;
            finish();
            uint64_t expected = m & IR_MEM_SIGNED ? (uint64_t)sign_extend(value, 8 * bytes) : value << (64 - 8 * bytes) >> (64 - 8 * bytes);
            g_assert_cmphex(cpu->x[1], ==, expected);
            g_assert_cmphex(cpu->x[2], ==, bytes <= 4 ? (uint32_t)expected : 0);
            bool fast = way == TLB || (way == MISALIGNED && bytes == 1);
            g_assert_cmpuint(toy_slow_accesses, ==, fast ? 0 : bytes <= 4 ? 3 : 2);
            const uint8_t *p = toy_memory + (at - TOY_MEM_BASE);
            g_assert_cmphex(p[0], ==, way == SWAPPED ? value >> (8 * bytes - 8) & 0xff : 0xff);
            g_assert_cmphex(p[bytes], ==, 0x55);
            g_assert_cmphex(p[-1], ==, 0x55);
            g_free(tlb);
        }
    }
}

static void test_memory_fp(void)
{
    begin();
    cpu->d[0] = 0x0123456789abcdef;
    cpu->s[0] = 0x87654321;
    ir_val addr = ir_const(&unit, IR_I64, TOY_MEM_BASE);
    ir_store(&unit, IR_MEM_64, addr, 0, ir_get(&unit, TOY_REG_D, IR_F64));
    ir_store(&unit, IR_MEM_32, addr, 8, ir_get(&unit, TOY_REG_S, IR_F32));
    ir_put(&unit, TOY_REG_D + 1, ir_load(&unit, IR_F64, IR_MEM_64, addr, 0));
    ir_put(&unit, TOY_REG_S + 1, ir_load(&unit, IR_F32, IR_MEM_32, addr, 8));
    finish();
    g_assert_cmphex(cpu->d[1], ==, cpu->d[0]);
    g_assert_cmphex(cpu->s[1], ==, cpu->s[0]);
}

static void test_atomics(void)
{
    static const struct {
        enum ir_amo op;
        uint64_t expected;
    } cases[] = {
        {IR_AMO_SWAP, 5}, {IR_AMO_ADD, 0x80000005}, {IR_AMO_AND, 0}, {IR_AMO_OR, 0x80000005}, {IR_AMO_XOR, 0x80000005},
        {IR_AMO_MIN, 0x80000000}, {IR_AMO_MAX, 5}, {IR_AMO_MINU, 5}, {IR_AMO_MAXU, 0x80000000},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        begin();
        memcpy(toy_memory, "\0\0\0\x80\x77", 5);
        ir_put(&unit, 1, ir_amo_op(&unit, cases[i].op, IR_MEM_32 | IR_MEM_SIGNED, ir_const(&unit, IR_I64, TOY_MEM_BASE),
                                   ir_const(&unit, IR_I64, 5)));
        ir_put(&unit, 2, ir_load(&unit, IR_I64, IR_MEM_32, ir_const(&unit, IR_I64, TOY_MEM_BASE), 0));
        finish();
        g_assert_cmphex(cpu->x[1], ==, 0xffffffff80000000);
        g_assert_cmphex(cpu->x[2], ==, cases[i].expected);
        g_assert_cmphex(toy_memory[4], ==, 0x77);
    }
    for (unsigned hit = 0; hit < 2; hit++) {
        begin();
        memset(toy_memory, 0xff, 8);
        ir_put(&unit, 1, ir_cas_op(&unit, IR_MEM_16 | IR_MEM_SIGNED, ir_const(&unit, IR_I64, TOY_MEM_BASE),
                                   ir_const(&unit, IR_I64, hit ? -1 : 0x7fff), ir_const(&unit, IR_I64, 0x1234)));
        finish();
        g_assert_cmphex(cpu->x[1], ==, ONES);
        g_assert_cmphex(toy_memory[0], ==, hit ? 0x34 : 0xff);
        g_assert_cmphex(toy_memory[2], ==, 0xff);
    }
}

static void test_calls(void)
{
    begin();
    cpu->x[1] = 10;
    cpu->x[2] = 0x1ffffffff;
    ir_val a = ir_get(&unit, 1, IR_I64), n = ir_get(&unit, 2, IR_I32);
    ir_put(&unit, 3, ir_call(&unit, &toy_pure, IR_I64, a, n, 0, 0)); /* I32 arguments are zero-extended */
    ir_put(&unit, TOY_REG_W, ir_call(&unit, &toy_pure, IR_I32, ir_const(&unit, IR_I64, ONES), ir_const(&unit, IR_I64, 1), 0, 0));
    ir_call(&unit, &toy_writes, IR_VOID, a, 0, 0, 0);
    ir_put(&unit, 4, ir_get(&unit, 1, IR_I64));
    ir_call(&unit, &toy_state, IR_VOID, a, a, a, a);
    ir_put(&unit, 5, ir_call(&unit, &toy_reads, IR_I64, 0, 0, 0, 0));
    finish();
    g_assert_cmphex(cpu->x[3], ==, UINT64_C(30) + 0xffffffff);
    g_assert_cmphex(cpu->w[0], ==, 0xfffffffe);
    g_assert_cmphex(cpu->x[4], ==, 20);
    g_assert_cmphex(cpu->calls, !=, 0);
    g_assert_cmphex(cpu->x[5], !=, 0);
}

/* An exception sees the registers and the PC of its instruction, and how many were begun. */
static void test_exceptions(void)
{
    for (unsigned which = 0; which < 2; which++) {
        begin();
        cpu->trap_armed = true;
        ir_put(&unit, 1, ir_const(&unit, IR_I64, 1));
        ir_insn(&unit, 0x1004, 2);
        ir_put(&unit, 1, ir_const(&unit, IR_I64, 2));
        if (which == 0) {
            ir_load(&unit, IR_I64, IR_MEM_64, ir_const(&unit, IR_I64, 16), 0);
        } else {
            ir_call(&unit, &toy_trap, IR_VOID, ir_const(&unit, IR_I64, 0), 0, 0, 0);
        }
        ir_put(&unit, 1, ir_const(&unit, IR_I64, 3));
        ir_insn(&unit, 0x1006, 4);
        ir_exit_jump(&unit, 0x100a);
        g_assert_cmpint(unit.ninsns, ==, 3);
        g_assert_cmpint(unit.guest_size, ==, 10);
        ir_optimise(&unit);
        g_assert_cmpint(run(&unit, cpu), ==, IR_NOP);
        g_assert_cmpint(cpu->x[1], ==, 2);
        g_assert_cmphex(cpu->cpu.pc, ==, which == 0 ? 0x1004 : ~UINT64_C(0x1004));
        g_assert_cmpint(cpu->cpu.unit_insns, ==, 2);
    }
}

static void test_exits(void)
{
    begin();
    g_assert_cmpint(finish(), ==, IR_EXIT_JUMP);
    g_assert_cmphex(cpu->cpu.pc, ==, 0x1004);
    begin();
    ir_exit_reg(&unit, ir_const(&unit, IR_I64, 0x77));
    g_assert_cmpint(run(&unit, cpu), ==, IR_EXIT_REG);
    g_assert_cmphex(cpu->cpu.pc, ==, 0x77);
    begin();
    ir_store_state(&unit, IR_MEM_64, offsetof(struct cpu, pc), ir_const(&unit, IR_I64, 0x88));
    ir_exit_state(&unit);
    assert_verified(&unit);
    g_assert_cmpint(run(&unit, cpu), ==, IR_EXIT_STATE);
    g_assert_cmphex(cpu->cpu.pc, ==, 0x88);
    begin();
    ir_exit_main(&unit);
    g_assert_cmpint(run(&unit, cpu), ==, IR_EXIT_MAIN);
    g_assert_cmphex(cpu->cpu.pc, ==, 0x1000);
}

/* x1 counts to 10 at 0x1004. */
static void test_loop(void)
{
    for (unsigned leave = 0; leave < 3; leave++) {
        begin();
        unsigned head = ir_new_block(&unit, false), out = ir_new_block(&unit, false);
        ir_br(&unit, head);
        ir_place_block(&unit, head);
        ir_insn(&unit, 0x1004, 4);
        ir_val n = ir_op2(&unit, IR_ADD, ir_get(&unit, 1, IR_I64), ir_const(&unit, IR_I64, 1));
        ir_put(&unit, 1, n);
        ir_brcc(&unit, IR_NE, n, ir_const(&unit, IR_I64, 10), head, out);
        ir_place_block(&unit, out);
        cpu->cpu.exit_request = leave == 1 ? EXIT_REQUESTED : 0;
        cpu->cpu.key = leave == 2 ? KEY_ICOUNT : 0;
        g_assert_cmpint(finish(), ==, IR_EXIT_JUMP);
        g_assert_cmpint(cpu->x[1], ==, leave ? 1 : 10);
        g_assert_cmphex(cpu->cpu.pc, ==, 0x1004);
        g_assert_cmpint(cpu->cpu.unit_insns, ==, leave ? 2 : 11);
    }
}

/* -- Floating point: the ops reach the right operation with the right environment; softfp has its own tests -- */

#define F1 UINT64_C(0x3ff0000000000000)
#define F3 UINT64_C(0x4008000000000000)
#define S1 0x3f800000u
#define S3 0x40400000u

static void test_fp_environment(void)
{
    static const struct {
        enum ir_rm rm;
        uint64_t expected;
    } cases[] = {
        {IR_RNE, 0x3fd5555555555555}, {IR_RUP, 0x3fd5555555555556}, {IR_RDYN, 0x3fd5555555555556}, {IR_RTZ, 0x3fd5555555555555},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        begin();
        cpu->cpu.fp.rm = IR_RUP;
        cpu->d[1] = F1;
        cpu->d[2] = F3;
        ir_put(&unit, TOY_REG_D, ir_fp(&unit, IR_FDIV, IR_FP_RISCV, cases[i].rm, ir_get(&unit, TOY_REG_D + 1, IR_F64),
                                       ir_get(&unit, TOY_REG_D + 2, IR_F64)));
        finish();
        g_assert_cmphex(cpu->d[0], ==, cases[i].expected);
        g_assert_cmphex(cpu->cpu.fp.flags, ==, FP_NX);
        g_assert_cmpint(cpu->cpu.fp.rm, ==, IR_RUP);
    }
}

static ir_val f64_bits(uint64_t v)
{
    return ir_convert(&unit, IR_FROMBITS, IR_F64, ir_const(&unit, IR_I64, v));
}

static ir_val f32_bits(uint32_t v)
{
    return ir_convert(&unit, IR_FROMBITS, IR_F32, ir_const(&unit, IR_I32, v));
}

static void test_fp_ops(void)
{
    static const struct {
        enum ir_opcode op;
        uint64_t f64;
        uint32_t f32;
    } cases[] = {
        /* of 3 and 1 */
        {IR_FADD, 0x4010000000000000, 0x40800000}, {IR_FSUB, 0x4000000000000000, 0x40000000}, {IR_FMUL, F3, S3},
        {IR_FDIV, F3, S3}, {IR_FMIN, F1, S1}, {IR_FMAX, F3, S3},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        begin();
        ir_put(&unit, TOY_REG_D, ir_fp(&unit, cases[i].op, IR_FP_RISCV, IR_RNE, f64_bits(F3), f64_bits(F1)));
        ir_put(&unit, TOY_REG_S, ir_fp(&unit, cases[i].op, IR_FP_RISCV, IR_RNE, f32_bits(S3), f32_bits(S1)));
        finish();
        g_assert_cmphex(cpu->d[0], ==, cases[i].f64);
        g_assert_cmphex(cpu->s[0], ==, cases[i].f32);
    }
    begin();
    ir_put(&unit, TOY_REG_D, ir_fp(&unit, IR_FSQRT, IR_FP_RISCV, IR_RNE, f64_bits(0x4022000000000000), 0));
    ir_put(&unit, TOY_REG_S, ir_fp(&unit, IR_FSQRT, IR_FP_RISCV, IR_RNE, f32_bits(0x41100000), 0));
    for (unsigned neg = 0; neg < 4; neg++) {
        /* +-(3 * 3) +- 1 */
        ir_put(&unit, TOY_REG_D + 1 + neg, ir_fp_fma(&unit, IR_FP_RISCV, IR_RNE, neg, f64_bits(F3), f64_bits(F3), f64_bits(F1)));
    }
    ir_put(&unit, TOY_REG_S + 1, ir_fp_fma(&unit, IR_FP_RISCV, IR_RNE, IR_FMA_NEG_ADDEND, f32_bits(S3), f32_bits(S3), f32_bits(S1)));
    finish();
    g_assert_cmphex(cpu->d[0], ==, F3);
    g_assert_cmphex(cpu->s[0], ==, S3);
    g_assert_cmphex(cpu->d[1], ==, 0x4024000000000000);
    g_assert_cmphex(cpu->d[2], ==, 0xc020000000000000);
    g_assert_cmphex(cpu->d[3], ==, 0x4020000000000000);
    g_assert_cmphex(cpu->d[4], ==, 0xc024000000000000);
    g_assert_cmphex(cpu->s[1], ==, 0x41000000);
}

static void test_fp_compare(void)
{
    static const uint32_t less[] = {0, 1, 1, 1, 1, 8u << 28, 8u << 28}; /* 1 against 3, by enum ir_fcc */

    for (enum ir_fcc cc = IR_FEQ; cc <= IR_FNZCVQ; cc++) {
        begin();
        ir_put(&unit, 1, ir_fp_cmp(&unit, cc, IR_FP_RISCV, IR_I64, f64_bits(F1), f64_bits(F3)));
        ir_put(&unit, 2, ir_fp_cmp(&unit, cc, IR_FP_RISCV, IR_I64, f32_bits(S1), f32_bits(S3)));
        finish();
        g_assert_cmphex(cpu->x[1], ==, less[cc]);
        g_assert_cmphex(cpu->x[2], ==, less[cc]);
        begin();
        ir_put(&unit, 1, ir_fp_cmp(&unit, cc, IR_FP_RISCV, IR_I64, f64_bits(0x7ff8000000000000), f64_bits(F3)));
        finish();
        g_assert_cmphex(cpu->x[1], ==, cc >= IR_FNZCV ? 3u << 28 : 0);
        g_assert_cmphex(cpu->cpu.fp.flags, ==, cc == IR_FLT || cc == IR_FLE || cc == IR_FNZCV ? FP_NV : 0);
    }
}

static void test_fp_convert(void)
{
    begin();
    ir_val minus3 = ir_op1(&unit, IR_FNEG, f64_bits(F3)), big = f64_bits(0x7ff0000000000000);
    const enum ir_fp_class C = IR_FP_RISCV;
    const enum ir_rm R = IR_RNE;
    ir_put(&unit, 1, ir_fp_convert(&unit, IR_F2S, C, R, IR_I64, minus3));
    ir_put(&unit, TOY_REG_W, ir_fp_convert(&unit, IR_F2S, C, R, IR_I32, minus3));
    ir_put(&unit, 2, ir_fp_convert(&unit, IR_F2U, C, R, IR_I64, big));
    ir_put(&unit, TOY_REG_W + 1, ir_fp_convert(&unit, IR_F2U, C, R, IR_I32, big));
    ir_put(&unit, 3, ir_fp_convert(&unit, IR_F2S, C, R, IR_I64, f32_bits(S3)));
    ir_put(&unit, TOY_REG_D, ir_fp_convert(&unit, IR_S2F, C, R, IR_F64, ir_const(&unit, IR_I32, -3)));
    ir_put(&unit, TOY_REG_D + 1, ir_fp_convert(&unit, IR_U2F, C, R, IR_F64, ir_const(&unit, IR_I32, -1)));
    ir_put(&unit, TOY_REG_D + 2, ir_fp_convert(&unit, IR_U2F, C, R, IR_F64, ir_const(&unit, IR_I64, 3)));
    ir_put(&unit, TOY_REG_S, ir_fp_convert(&unit, IR_S2F, C, R, IR_F32, ir_const(&unit, IR_I64, 3)));
    ir_put(&unit, TOY_REG_S + 1, ir_fp_convert(&unit, IR_F2F, C, R, IR_F32, f64_bits(F3)));
    ir_put(&unit, TOY_REG_D + 3, ir_fp_convert(&unit, IR_F2F, C, R, IR_F64, f32_bits(S3)));
    finish();
    g_assert_cmphex(cpu->x[1], ==, -UINT64_C(3));
    g_assert_cmphex(cpu->w[0], ==, 0xfffffffd);
    g_assert_cmphex(cpu->x[2], ==, ONES);
    g_assert_cmphex(cpu->w[1], ==, ONES32);
    g_assert_cmphex(cpu->x[3], ==, 3);
    g_assert_cmphex(cpu->d[0], ==, F3 | MIN64);
    g_assert_cmphex(cpu->d[1], ==, 0x41efffffffe00000);
    g_assert_cmphex(cpu->d[2], ==, F3);
    g_assert_cmphex(cpu->s[0], ==, S3);
    g_assert_cmphex(cpu->s[1], ==, S3);
    g_assert_cmphex(cpu->d[3], ==, F3);
}

static void test_fp_bits(void)
{
    begin();
    cpu->d[1] = F3;
    cpu->d[2] = F1 | MIN64;
    cpu->s[1] = S3;
    cpu->d[8] = UINT64_C(0xfffffffe) << 32 | S3;
    cpu->d[9] = UINT64_C(0xffffffff) << 32 | S3;
    ir_val a = ir_get(&unit, TOY_REG_D + 1, IR_F64), b = ir_get(&unit, TOY_REG_D + 2, IR_F64);
    ir_val s = ir_get(&unit, TOY_REG_S + 1, IR_F32);
    ir_put(&unit, TOY_REG_D + 3, ir_op1(&unit, IR_FNEG, a));
    ir_put(&unit, TOY_REG_D + 4, ir_op1(&unit, IR_FABS, b));
    ir_put(&unit, TOY_REG_D + 5, ir_op2(&unit, IR_FSGN, a, b));
    ir_put(&unit, TOY_REG_D + 6, ir_op2(&unit, IR_FSGNX, b, b));
    ir_put(&unit, TOY_REG_D + 7, ir_op2(&unit, IR_FSGNX, a, b));
    ir_put(&unit, TOY_REG_S, ir_op1(&unit, IR_FNEG, s));
    ir_put(&unit, TOY_REG_D + 10, ir_convert(&unit, IR_FBOX, IR_F64, s));
    ir_put(&unit, TOY_REG_S + 2, ir_convert(&unit, IR_FUNBOX, IR_F32, ir_get(&unit, TOY_REG_D + 8, IR_F64)));
    ir_put(&unit, TOY_REG_S + 3, ir_convert(&unit, IR_FUNBOX, IR_F32, ir_get(&unit, TOY_REG_D + 9, IR_F64)));
    ir_put(&unit, 1, ir_convert(&unit, IR_BITS, IR_I64, a));
    ir_put(&unit, TOY_REG_W, ir_convert(&unit, IR_BITS, IR_I32, s));
    finish();
    g_assert_cmphex(cpu->d[3], ==, F3 | MIN64);
    g_assert_cmphex(cpu->d[4], ==, F1);
    g_assert_cmphex(cpu->d[5], ==, F3 | MIN64);
    g_assert_cmphex(cpu->d[6], ==, F1);
    g_assert_cmphex(cpu->d[7], ==, F3 | MIN64);
    g_assert_cmphex(cpu->s[0], ==, S3 | MIN32);
    g_assert_cmphex(cpu->d[10], ==, UINT64_C(0xffffffff) << 32 | S3);
    g_assert_cmphex(cpu->s[2], ==, 0x7fc00000);
    g_assert_cmphex(cpu->s[3], ==, S3);
    g_assert_cmphex(cpu->x[1], ==, F3);
    g_assert_cmphex(cpu->w[0], ==, S3);
}

/* -- Blocks with parameters, values of other blocks -- */

/* Two parameters that change places in each turn, a value from before the loop, and what the loop leaves behind it. */
static void build_loop(void)
{
    begin();
    ir_val x = ir_get(&unit, 1, IR_I64), y = ir_get(&unit, 2, IR_I64), n = ir_get(&unit, 3, IR_I64);
    ir_val zero = ir_const(&unit, IR_I64, 0), one = ir_const(&unit, IR_I64, 1);
    ir_val flags = ir_flags(&unit, IR_FLAG_ADD, 3, x, y, zero);
    unsigned head = ir_new_block(&unit, false), next = ir_new_block(&unit, false);
    ir_arg(&unit, head, 0, x);
    ir_arg(&unit, head, 1, y);
    ir_arg(&unit, head, 2, n);
    ir_br(&unit, head);
    ir_place_block(&unit, head);
    ir_val a = ir_param(&unit, IR_I64), b = ir_param(&unit, IR_I64), k = ir_param(&unit, IR_I64);
    ir_insn(&unit, 0x1004, 4);
    ir_val left = ir_op2(&unit, IR_SUB, k, one), sum = ir_op2(&unit, IR_ADD, a, x);
    ir_arg(&unit, head, 0, b);
    ir_arg(&unit, head, 1, sum);
    ir_arg(&unit, head, 2, left);
    ir_brcc(&unit, IR_NE, k, one, head, next);
    ir_place_block(&unit, next);
    ir_insn(&unit, 0x1008, 4);
    ir_put(&unit, 4, a);
    ir_put(&unit, 5, b);
    ir_put(&unit, 6, k);
    ir_put(&unit, 7, left);
    ir_put(&unit, 8, ir_flag_setcc(&unit, IR_FLAG_C, IR_I64, flags));
    ir_put(&unit, 9, ir_op2(&unit, IR_XOR, y, one));
    ir_exit_jump(&unit, 0x100c);
}

/* As built, with locals in their place, and optimised. */
static void test_parameters(void)
{
    for (unsigned how = 0; how < 3; how++) {
        build_loop();
        assert_verified(&unit);
        if (how == 1) {
            ir_localise(&unit);
        } else if (how == 2) {
            ir_optimise(&unit);
        }
        assert_verified(&unit);
        for (unsigned i = 0; i < unit.nops; i++) {
            g_assert_true(how == 0 || (unit.ops[i].op != IR_PARAM && unit.ops[i].op != IR_ARG));
        }
        cpu->x[1] = 10;
        cpu->x[2] = (uint64_t)-3;
        cpu->x[3] = 3;
        g_assert_cmpint(run(&unit, cpu), ==, IR_EXIT_JUMP);
        g_assert_cmpuint(cpu->x[4], ==, 20);
        g_assert_cmpuint(cpu->x[5], ==, 7);
        g_assert_cmpuint(cpu->x[6], ==, 1);
        g_assert_cmpuint(cpu->x[7], ==, 0);
        g_assert_cmpuint(cpu->x[8], ==, 1);
        g_assert_cmphex(cpu->x[9], ==, (uint64_t)-4);
        g_assert_cmpuint(cpu->cpu.unit_insns, ==, 5);
    }
}

static void test_exit_key(void)
{
    begin();
    ir_exit_key(&unit, 0x5000, 0x123);
    assert_verified(&unit);
    g_assert_cmpint(run(&unit, cpu), ==, IR_EXIT_KEY);
    g_assert_cmphex(cpu->cpu.pc, ==, 0x5000);
    g_assert_cmphex(cpu->cpu.key, ==, 0x123);
}

/* -- The verifier -- */

static void reject(const char *why)
{
    GError *err = NULL;

    g_assert_false(ir_verify(&unit, &err));
    if (!strstr(err->message, why)) {
        g_error("expected \"%s\", got \"%s\"", why, err->message);
    }
    g_error_free(err);
}

/* begin(), then o with x1 (I64) and d0 (F64) at hand as v2 and v3, then an exit. */
static void reject_op(struct ir_op o, const char *why)
{
    begin();
    g_assert_cmpint(ir_get(&unit, 1, IR_I64), ==, 2);
    g_assert_cmpint(ir_get(&unit, TOY_REG_D, IR_F64), ==, 3);
    raw_op(o);
    if (o.op >= IR_OPCODES || !(ir_op_flags(o.op) & IR_TERM)) {
        raw_op((struct ir_op){.op = IR_EXIT_MAIN});
    }
    reject(why);
}

static void test_verifier_ops(void)
{
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .arg = {2},
                             .aux = IR_MEM_64 | (TOY_CONTEXTS + 1) << IR_MEM_CTX_SHIFT}, "does not have");
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I64, .arg = {2, 3}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I32, .arg = {2, 2}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I64, .arg = {2}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I64, .arg = {2, 4}}, "not of the op's type"); /* itself */
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I64, .arg = {2, 1}}, "not of the op's type"); /* no value */
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I64, .arg = {2, 4000}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_NEG, .type = IR_I64, .arg = {2, 2}}, "too many arguments");
    reject_op((struct ir_op){.op = IR_SEXT32, .type = IR_I32, .arg = {2}}, "type does not fit the op");
    reject_op((struct ir_op){.op = IR_CONST, .type = IR_F64}, "type does not fit the op");
    reject_op((struct ir_op){.op = IR_CONST, .type = IR_I32, .imm = 0x80000000}, "not sign-extended");
    reject_op((struct ir_op){.op = IR_GET, .type = IR_I64, .imm = TOY_REGS}, "no such guest register");
    reject_op((struct ir_op){.op = IR_GET, .type = IR_I64, .imm = -1}, "no such guest register");
    reject_op((struct ir_op){.op = IR_GET, .type = IR_F32, .imm = TOY_REG_D}, "does not fit the guest register");
    reject_op((struct ir_op){.op = IR_PUT, .type = IR_I32, .imm = 1, .arg = {2}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_LDS, .type = IR_I64, .imm = sizeof(struct toy_cpu) - 4, .aux = IR_MEM_64}, "outside");
    reject_op((struct ir_op){.op = IR_LDS, .type = IR_I64, .imm = offsetof(struct toy_cpu, x) + 9, .aux = IR_MEM_8},
              "touches a guest register");
    reject_op((struct ir_op){.op = IR_STS, .type = IR_I64, .imm = offsetof(struct toy_cpu, state),
                             .aux = IR_MEM_64 | IR_MEM_BE, .arg = {2}}, "mean nothing");
    reject_op((struct ir_op){.op = IR_GETL, .type = IR_I64}, "no such local");
    reject_op((struct ir_op){.op = IR_TRUNC, .type = IR_I64, .arg = {2}}, "type does not fit the op");
    reject_op((struct ir_op){.op = IR_SX, .type = IR_I64, .arg = {2}}, "not i32");
    reject_op((struct ir_op){.op = IR_BITS, .type = IR_I32, .arg = {3}}, "same width's other type");
    reject_op((struct ir_op){.op = IR_FROMBITS, .type = IR_F32, .arg = {2}}, "same width's other type");
    reject_op((struct ir_op){.op = IR_FBOX, .type = IR_F64, .arg = {3}}, "not f32");
    reject_op((struct ir_op){.op = IR_FUNBOX, .type = IR_F32, .arg = {2}}, "not f64");
    reject_op((struct ir_op){.op = IR_SETCC, .type = IR_I64, .sub = 10, .sub2 = IR_I64, .arg = {2, 2}}, "condition");
    reject_op((struct ir_op){.op = IR_SETCC, .type = IR_F64, .sub2 = IR_I64, .arg = {2, 2}}, "type does not fit the op");
    reject_op((struct ir_op){.op = IR_SETCC, .type = IR_I64, .sub2 = IR_I32, .arg = {2, 2}}, "compared type");
    reject_op((struct ir_op){.op = IR_SELECT, .type = IR_I64, .sub2 = IR_I64, .arg = {2, 2, 2, 3}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .arg = {3}}, "not i64");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I32, .aux = IR_MEM_64, .arg = {2}}, "wider");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_F64, .aux = IR_MEM_32, .arg = {2}}, "FP access");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .aux = IR_MEM_STORE, .arg = {2}}, "IR_MEM_STORE");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .imm = INT64_C(1) << 31, .arg = {2}}, "displacement");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .aux = 1 << 20, .arg = {2}}, "unknown memop");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .aux = IR_MEM_64 | IR_MEM_SURE, .arg = {2}}, "IR_MEM_SURE");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .aux = IR_MEM_64 | IR_MEM_ALIGN | IR_MEM_ODD, .arg = {2}},
              "IR_MEM_ODD");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .aux = IR_MEM_64 | IR_MEM_WORDS, .arg = {2}}, "IR_MEM_WORDS");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_I64, .aux = IR_MEM_32 | IR_MEM_ALIGN | IR_MEM_WORDS, .arg = {2}},
              "IR_MEM_WORDS");
    reject_op((struct ir_op){.op = IR_ST, .type = IR_I64, .arg = {2, 2}}, "IR_MEM_STORE");
    reject_op((struct ir_op){.op = IR_ST, .type = IR_I64, .aux = IR_MEM_STORE, .arg = {2, 3}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_AMO, .type = IR_I64, .aux = IR_MEM_STORE, .sub = 9, .arg = {2, 2}}, "unknown amo");
    reject_op((struct ir_op){.op = IR_AMO, .type = IR_F64, .aux = IR_MEM_STORE | IR_MEM_64, .arg = {2, 3}}, "type does not fit");
    reject_op((struct ir_op){.op = IR_CAS, .type = IR_I64, .aux = IR_MEM_STORE, .arg = {2, 2}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_CAS, .type = IR_I64, .aux = IR_MEM_STORE | IR_MEM_64 | IR_MEM_ALIGNED,
                             .arg = {2, 2, 2}}, "IR_MEM_ALIGNED");
    reject_op((struct ir_op){.op = IR_PAGECHK, .type = IR_I64, .arg = {2},
                             .aux = 1 | IR_CHECK_AHEAD | IR_CHECK_BEFORE}, "ahead and before");
    reject_op((struct ir_op){.op = IR_PAGECHK, .type = IR_I64, .arg = {2}, .aux = 1 | (IR_CHECK_ALL + 1)}, "unknown bits");
    reject_op((struct ir_op){.op = IR_FENCE, .aux = 3}, "fence");
    reject_op((struct ir_op){.op = IR_FADD, .type = IR_F64, .arg = {3, 2}}, "not of the op's type");
    reject_op((struct ir_op){.op = IR_FADD, .type = IR_F64, .sub = IR_FP_ARM_DENORMAL + 1, .arg = {3, 3}},
              "FP class");
    reject_op((struct ir_op){.op = IR_FADD, .type = IR_F64, .sub2 = 5, .arg = {3, 3}}, "rounding");
    reject_op((struct ir_op){.op = IR_FCMP, .type = IR_I64, .sub = 7 << 2, .sub2 = IR_F64, .arg = {3, 3}}, "comparison");
    reject_op((struct ir_op){.op = IR_VFCMP, .type = IR_V128, .sub = IR_FNZCV << 2, .aux = IR_LANE_F64, .arg = {0, 0}},
              "comparison");
    reject_op((struct ir_op){.op = IR_F2F, .type = IR_F64, .arg = {3}}, "other FP type");
    reject_op((struct ir_op){.op = IR_F2S, .type = IR_I64, .arg = {2}}, "not FP");
    reject_op((struct ir_op){.op = IR_S2F, .type = IR_F64, .arg = {3}}, "not an integer");
    reject_op((struct ir_op){.op = IR_PC, .type = IR_F64}, "type does not fit the op");
    reject_op((struct ir_op){.op = IR_PC, .type = IR_I32, .imm = -1}, "not zero-extended");
    reject_op((struct ir_op){.op = IR_CALL, .type = IR_I64, .imm = (intptr_t)&toy_pure, .arg = {2}}, "do not fit the helper");
    reject_op((struct ir_op){.op = IR_CALL, .type = IR_I64, .imm = (intptr_t)&toy_pure, .arg = {2, 3}}, "do not fit the helper");
    reject_op((struct ir_op){.op = IR_CALL, .type = IR_I64, .imm = (intptr_t)&toy_writes, .arg = {2}}, "no such result");
    reject_op((struct ir_op){.op = IR_EXIT_REG, .arg = {3}}, "not i64");
    reject_op((struct ir_op){.op = IR_EXIT_REG, .type = IR_I64, .arg = {2}}, "type does not fit");
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_I64, .sub = 1, .arg = {2, 2}}, "field that the op does not have");
    reject_op((struct ir_op){.op = IR_EXIT_MAIN, .imm = 1}, "field that the op does not have");
    reject_op((struct ir_op){.op = IR_ADD, .type = IR_V128, .arg = {2, 2}}, "type does not fit the op");
    reject_op((struct ir_op){.op = IR_BR, .aux = 1}, "not placed");
    reject_op((struct ir_op){.op = IR_UBFX, .type = IR_I64, .aux = 60 | 5 << 8, .arg = {2}}, "bits outside");
    reject_op((struct ir_op){.op = IR_UBFX, .type = IR_I64, .aux = 60, .arg = {2}}, "bits outside");
    reject_op((struct ir_op){.op = IR_FLAGDEF, .type = IR_FLAGS, .sub = IR_FLAG_NZCV + 1, .sub2 = 3, .arg = {2, 2, 2}},
              "kind of flags");
    reject_op((struct ir_op){.op = IR_FLAGDEF, .type = IR_FLAGS, .sub2 = 2, .arg = {2, 2, 2}}, "flags' width");
    reject_op((struct ir_op){.op = IR_FLAGCC, .type = IR_I64, .arg = {2}}, "not flags");
    reject_op((struct ir_op){.op = IR_VADD, .type = IR_I64, .arg = {2, 2}}, "type does not fit");
    reject_op((struct ir_op){.op = IR_VDUP, .type = IR_V128, .aux = IR_LANE_32, .arg = {2}}, "lane's type");
    reject_op((struct ir_op){.op = IR_VDUP, .type = IR_V128, .aux = 6, .arg = {2}}, "lane does not fit");
    reject_op((struct ir_op){.op = IR_VFADD, .type = IR_V128, .aux = IR_LANE_32, .arg = {2, 2}}, "lane does not fit");
    reject_op((struct ir_op){.op = IR_VNOT, .type = IR_V128, .aux = 1, .arg = {2}}, "field that the op does not have");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_V128, .aux = IR_MEM_64, .arg = {2}}, "not of the type's size");
    reject_op((struct ir_op){.op = IR_LD, .type = IR_V128, .aux = IR_MEM_128 | IR_MEM_ATOMIC, .arg = {2}}, "do not have");
    reject_op((struct ir_op){.op = IR_LDS, .type = IR_F64, .aux = IR_MEM_64, .imm = offsetof(struct toy_cpu, state)},
              "type does not fit");
    reject_op((struct ir_op){.op = IR_CALL, .type = IR_V128, .imm = (intptr_t)&toy_vector, .arg = {2, 2}},
              "do not fit the helper");
    reject_op((struct ir_op){.op = IR_OPCODES}, "unknown opcode");
}

static void test_verifier_blocks(void)
{
    /* No terminator. */
    begin();
    ir_get(&unit, 1, IR_I64);
    reject("no terminator");
    /* A terminator in the middle. */
    begin();
    raw_op((struct ir_op){.op = IR_EXIT_MAIN});
    raw_op((struct ir_op){.op = IR_EXIT_MAIN});
    reject("within a block");
    /* A value of a block that may not have been run. */
    begin();
    ir_val a = ir_get(&unit, 1, IR_I64);
    unsigned arm = ir_new_block(&unit, false), next = ir_new_block(&unit, false);
    ir_brcc(&unit, IR_EQ, a, ir_const(&unit, IR_I64, 0), arm, next);
    ir_place_block(&unit, arm);
    a = ir_get(&unit, 1, IR_I64);
    ir_br(&unit, next);
    ir_place_block(&unit, next);
    raw_op((struct ir_op){.op = IR_PUT, .type = IR_I64, .imm = 2, .arg = {a}});
    ir_exit_main(&unit);
    reject("does not dominate");
    /* A block that is not placed. */
    begin();
    ir_br(&unit, ir_new_block(&unit, false));
    reject("not placed");
    /* Blocks overlap. */
    begin();
    ir_exit_main(&unit);
    unit.blocks[0].end--;
    reject("do not cover");
    /* Parameters: none given, given twice, of another type, for nobody, of the first block, not at the beginning. */
    for (unsigned wrong = 0; wrong < 6; wrong++) {
        begin();
        a = ir_get(&unit, 1, IR_I64);
        next = ir_new_block(&unit, false);
        if (wrong) {
            ir_arg(&unit, next, wrong == 3, wrong == 2 ? ir_const(&unit, IR_I32, 1) : a);
        }
        if (wrong == 1) {
            ir_arg(&unit, next, 0, a);
        }
        if (wrong == 5) {
            raw_op((struct ir_op){.op = IR_NOP});
        }
        ir_br(&unit, next);
        ir_place_block(&unit, next);
        if (wrong == 4) {
            raw_op((struct ir_op){.op = IR_NOP});
            raw_op((struct ir_op){.op = IR_PARAM, .type = IR_I64});
        } else {
            ir_param(&unit, IR_I64);
        }
        ir_exit_main(&unit);
        static const char *const why[] = {"not given once", "not given once", "not of its parameter's type",
                                          "for no parameter", "for no parameter", "not right before the terminator"};
        reject(why[wrong]);
    }
    /* Into the middle of an instruction: the block belongs to the one at 0x1004. */
    begin();
    unsigned second = ir_new_block(&unit, false), cold = ir_new_block(&unit, true);
    a = ir_get(&unit, 1, IR_I64);
    ir_brcc(&unit, IR_EQ, a, ir_const(&unit, IR_I64, 9), second, cold);
    ir_place_block(&unit, second);
    ir_insn(&unit, 0x1004, 4);
    ir_exit_jump(&unit, 0x1008);
    ir_place_block(&unit, cold);
    ir_exit_jump(&unit, 0x1008);
    reject("another guest instruction");
    /* Back without INSN. */
    begin();
    next = ir_new_block(&unit, false);
    ir_br(&unit, next);
    ir_place_block(&unit, next);
    ir_br(&unit, next);
    reject("branch back");
}

/* -- The text form -- */

static void test_text_example(void)
{
    GError *err = NULL;
    static const char text[] =
        "unit pc 0x1000 key 0x5 size 4 insns 1\n"
        "local l0 i64\n"
        "b0:\n"
        "  insn 0x1000 4\n"
        "    v2 = get.i64 x1\n"
        "    v3 = const.i64 -16\n"
        "    v4 = ld.i64.s32.align.acq.ctx1 [v2 - 8]\n"
        "    v5 = amo.i64.maxu.s32.rel [v2], v4\n"
        "    v6 = cas.i64.u64 [v2], v4, v5\n"
        "    st.i64.u16.be [v2 + 4], v6\n"
        "    fence rw, w\n"
        "    v9 = lds.i64.s8 @1024\n"
        "    v10 = frombits.f64 v9\n"
        "    v11 = fma.f64.riscv.dyn.na v10, v10, v10\n"
        "    v12 = fcmp.i64.ltq.arm.f64 v11, v10\n"
        "    v13 = call.i64 toy_pure(v12, v9)\n"
        "    call toy_writes(v13)\n"
        "    putl.i64 l0, v13\n"
        "    v16 = select.i64.geu.i64 v2, v3, v4, v5\n"
        "    brcc.i64.ltu v16, v3, b2, b1\n"
        "b2: cold\n"
        "    exit_reg v0\n"
        "b1:\n"
        "    exit_main\n";
    struct ir_unit *u = &unit;

    /* Fix up what depends on the struct's layout and on values of the cold block. */
    GString *s = g_string_new(text);
    char state[32];
    g_snprintf(state, sizeof(state), "@%zu", offsetof(struct toy_cpu, state));
    g_string_replace(s, "@1024", state, 1);
    g_string_replace(s, "exit_reg v0", "v18 = pc.i64 0x123456789\n    exit_reg v18", 1);
    if (!ir_parse(u, &toy_arch, s->str, &err)) {
        g_error("%s", err->message);
    }
    g_assert_cmpstr(text_of(u), ==, s->str);
    g_string_free(s, TRUE);
}

static void test_text_errors(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"b0:\n v1 = get.i64 z1\n", "line 2: expected a guest register at \"z1\""},
        {"v1 = bogus.i64\n", "expected an opcode"},
        {"v1 = get.i99 x1\n", "expected a type"},
        {"put.i64 x1, v7\n", "expected a value defined before"},
        {"v1 = get.i64 x1\nv1 = get.i64 x2\n", "expected a new value"},
        {"get.i64 x1\n", "vN ="},
        {"v1 = put.i64 x1, v0\n", "expected a value defined before"},
        {"v1 = get.i64 x1 x\n", "end of the line"},
        {"v1 = const.i64 zero\n", "a number"},
        {"b1:\n", "block b0 first"},
        {"b0:\n exit_main\nb0:\n exit_main\n", "no second block"},
        {"b999:\n", "expected a block"},
        {"v1 = get.i64 x1\nv2 = ld.i64.u8.unknown [v1]\n", "property"},
        {"v1 = get.i64 x1\nv2 = ld.i64.u9 [v1]\n", "memory access"},
        {"v1 = call.i64 nobody()\n", "a helper"},
        {"local l1 i64\n", "locals in order"},
        {"br b5\n", "not placed"},
        {"", "blocks do not cover"},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        GError *err = NULL;
        g_assert_false(ir_parse(&unit, &toy_arch, cases[i].text, &err));
        if (!strstr(err->message, cases[i].message)) {
            g_error("expected \"%s\", got \"%s\"", cases[i].message, err->message);
        }
        g_error_free(err);
    }
}

/* -- Random units -- */

static struct ir_random random_setup(uint64_t seed, unsigned features)
{
    return (struct ir_random){
        .seed = seed * UINT64_C(0x9e3779b97f4a7c15) | 1,
        .arch = &toy_arch,
        .features = features,
        .insns = 1 + seed % 40,
        .pc = 0x1000,
        .mem_base = TOY_MEM_BASE,
        .mem_size = TOY_MEM_SIZE,
        .state_offset = offsetof(struct toy_cpu, state),
        .state_size = sizeof(cpu->state),
        .fp_classes = 1 << IR_FP_RISCV,
        .rounding = 1 << IR_RNE | 1 << IR_RTZ | 1 << IR_RDN | 1 << IR_RUP | 1 << IR_RMM | 1 << IR_RDYN,
        .helpers = toy_arch.helpers,
    };
}

static void test_random_optimised(void)
{
    for (unsigned seed = 1; seed <= 1000; seed++) {
        struct ir_random r = random_setup(seed, seed % 4 ? IR_RANDOM_ALL : (unsigned)ir_random_next(&(struct ir_random){.seed = seed}) & IR_RANDOM_ALL);
        struct toy_cpu *a = toy_new(), *b = toy_new();
        uint8_t memory[TOY_MEM_SIZE];

        ir_random_registers(&r, &a->cpu);
        a->cpu.fp.rm = seed % 5;
        *b = *a;
        ir_random_unit(&r, &unit);
        assert_verified(&unit);
        memset(toy_memory, seed, sizeof(toy_memory));
        enum ir_opcode how = run(&unit, a);
        memcpy(memory, toy_memory, sizeof(memory));
        ir_optimise(&unit);
        assert_verified(&unit);
        memset(toy_memory, seed, sizeof(toy_memory));
        g_assert_cmpint(run(&unit, b), ==, how);
        g_assert_cmpint(a->cpu.unit_insns, ==, b->cpu.unit_insns);
        g_assert_cmphex(a->cpu.pc, ==, b->cpu.pc);
        g_assert_true(toy_equal(a, b));
        g_assert_cmpmem(memory, sizeof(memory), toy_memory, sizeof(toy_memory));
        g_free(a);
        g_free(b);
    }
}

/* Text to unit and back changes nothing. */
static void test_random_text(void)
{
    for (unsigned seed = 1; seed <= 300; seed++) {
        struct ir_random r = random_setup(seed, IR_RANDOM_ALL);
        GError *err = NULL;

        ir_random_unit(&r, &unit);
        if (seed & 1) {
            ir_optimise(&unit);
        }
        char *text = g_strdup(text_of(&unit));
        if (!ir_parse(&unit, &toy_arch, text, &err)) {
            g_error("%s\n%s", err->message, text);
        }
        g_assert_cmpstr(text_of(&unit), ==, text);
        g_free(text);
    }
}

/* Damaged text is refused or makes a well-formed unit, never worse. */
static void test_random_damage(void)
{
    for (unsigned seed = 1; seed <= 300; seed++) {
        struct ir_random r = random_setup(seed, IR_RANDOM_ALL);
        GError *err = NULL;

        r.insns = 5;
        ir_random_unit(&r, &unit);
        char *text = g_strdup(text_of(&unit));
        size_t n = strlen(text);
        for (unsigned i = 0; i < 3; i++) {
            text[ir_random_below(&r, n)] = " .,vbl0123456789xif\n[]"[ir_random_below(&r, 22)];
        }
        if (ir_parse(&unit, &toy_arch, text, &err)) {
            assert_verified(&unit);
            ir_optimise(&unit);
            assert_verified(&unit);
        } else {
            g_assert_nonnull(err);
            g_error_free(err);
        }
        g_free(text);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    cpu = toy_new();
    g_test_add_func("/ir/ops/integer", test_int_ops);
    g_test_add_func("/ir/ops/integer3", test_int_ops3);
    g_test_add_func("/ir/ops/integer-all", test_int_ops_all_listed);
    g_test_add_func("/ir/ops/flags", test_flags);
    g_test_add_func("/ir/build/flags", test_flags_fuse);
    g_test_add_func("/ir/ops/vectors", test_vectors);
    g_test_add_func("/ir/ops/vector-parts", test_vector_parts);
    g_test_add_func("/ir/ops/conversions", test_conversions);
    g_test_add_func("/ir/ops/conditions", test_conditions);
    g_test_add_func("/ir/ops/state", test_state);
    g_test_add_func("/ir/ops/memory", test_memory);
    g_test_add_func("/ir/ops/memory-fp", test_memory_fp);
    g_test_add_func("/ir/ops/atomics", test_atomics);
    g_test_add_func("/ir/ops/calls", test_calls);
    g_test_add_func("/ir/ops/exceptions", test_exceptions);
    g_test_add_func("/ir/ops/exits", test_exits);
    g_test_add_func("/ir/ops/loop", test_loop);
    g_test_add_func("/ir/fp/environment", test_fp_environment);
    g_test_add_func("/ir/fp/arithmetic", test_fp_ops);
    g_test_add_func("/ir/fp/compare", test_fp_compare);
    g_test_add_func("/ir/fp/convert", test_fp_convert);
    g_test_add_func("/ir/fp/bits", test_fp_bits);
    g_test_add_func("/ir/build/folding", test_folding);
    g_test_add_func("/ir/build/folding-shifts", test_folding_shifts);
    g_test_add_func("/ir/build/forwarding", test_forwarding);
    g_test_add_func("/ir/build/moving", test_moving);
    g_test_add_func("/ir/build/shapes", test_shapes);
    g_test_add_func("/ir/build/room", test_room);
    g_test_add_func("/ir/build/large", test_large);
    g_test_add_func("/ir/ops/exit-key", test_exit_key);
    g_test_add_func("/ir/build/parameters", test_parameters);
    g_test_add_func("/ir/verify/ops", test_verifier_ops);
    g_test_add_func("/ir/verify/blocks", test_verifier_blocks);
    g_test_add_func("/ir/text/example", test_text_example);
    g_test_add_func("/ir/text/errors", test_text_errors);
    g_test_add_func("/ir/random/optimised", test_random_optimised);
    g_test_add_func("/ir/random/text", test_random_text);
    g_test_add_func("/ir/random/damage", test_random_damage);
    return g_test_run();
}
