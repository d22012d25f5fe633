/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 encoder against capstone: every form with every register, and every kind of memory operand. */
#include <capstone/capstone.h>
#include <glib.h>
#include <string.h>

#include "tcg/x64/emit.h"

static csh cs;
static uint8_t buf[64];
static struct emit e;

static const char *const names64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const names32[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
                                      "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const names16[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
                                      "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const names8[] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil",
                                     "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};

/* A register as capstone writes it; size in bits, 128: xmm. */
static char *name(unsigned r, unsigned size)
{
    switch (size) {
    case 8:
        return g_strdup(names8[r]);
    case 16:
        return g_strdup(names16[r]);
    case 32:
        return g_strdup(names32[r]);
    case 64:
        return g_strdup(names64[r]);
    default:
        return g_strdup_printf("xmm%u", r);
    }
}

static void start(void)
{
    memset(buf, 0xcc, sizeof(buf));
    e = (struct emit){.start = buf, .p = buf, .limit = buf + sizeof(buf), .rx = (const uint8_t *)0x1000};
}

/* What was emitted is one instruction that reads as the text. */
static void expect(const char *mnemonic, const char *operands)
{
    cs_insn *insn;
    size_t n = cs_disasm(cs, buf, e.p - buf, 0x1000, 0, &insn);

    if (n != 1 || insn->size != e.p - buf || strcmp(insn->mnemonic, mnemonic) || strcmp(insn->op_str, operands)) {
        g_error("wanted %s %s, got %zu: %s %s", mnemonic, operands, n, n ? insn->mnemonic : "", n ? insn->op_str : "");
    }
    cs_free(insn, n);
}

struct form {
    unsigned op;
    const char *mnemonic;
    uint8_t reg, rm; /* sizes of the operands in bits */
    bool store;      /* rm is written first */
    const char *tail; /* after the operands: an immediate */
    uint8_t imm;      /* its bytes */
};

static const struct form forms[] = {
    {OP_ADD, "add", 32, 32, 0, "", 0}, {OP_ADD | OP_W, "add", 64, 64, 0, "", 0}, {OP_OR | OP_W, "or", 64, 64, 0, "", 0},
    {OP_AND, "and", 32, 32, 0, "", 0}, {OP_SUB | OP_W, "sub", 64, 64, 0, "", 0}, {OP_XOR, "xor", 32, 32, 0, "", 0},
    {OP_CMP | OP_W, "cmp", 64, 64, 0, "", 0}, {OP_TEST | OP_W, "test", 64, 64, 1, "", 0},
    {OP_TEST8, "test", 8, 8, 1, "", 0}, {OP_MOV, "mov", 32, 32, 0, "", 0}, {OP_MOV | OP_W, "mov", 64, 64, 0, "", 0},
    {OP_MOV_STORE8, "mov", 8, 8, 1, "", 0}, {OP_MOV_STORE16, "mov", 16, 16, 1, "", 0},
    {OP_MOV_STORE, "mov", 32, 32, 1, "", 0}, {OP_MOV_STORE | OP_W, "mov", 64, 64, 1, "", 0},
    {OP_MOVSXD, "movsxd", 64, 32, 0, "", 0}, {OP_MOVZX8, "movzx", 32, 8, 0, "", 0}, {OP_MOVZX16, "movzx", 32, 16, 0, "", 0},
    {OP_MOVSX8, "movsx", 32, 8, 0, "", 0}, {OP_MOVSX8 | OP_W, "movsx", 64, 8, 0, "", 0},
    {OP_MOVSX16, "movsx", 32, 16, 0, "", 0}, {OP_MOVSX16 | OP_W, "movsx", 64, 16, 0, "", 0},
    {OP_IMUL, "imul", 32, 32, 0, "", 0}, {OP_IMUL | OP_W, "imul", 64, 64, 0, "", 0},
    {OP_CMOV | CC_L | OP_W, "cmovl", 64, 64, 0, "", 0}, {OP_CMOV | CC_NE, "cmovne", 32, 32, 0, "", 0},
    {OP_BSR | OP_W, "bsr", 64, 64, 0, "", 0}, {OP_BSF, "bsf", 32, 32, 0, "", 0}, {OP_LZCNT | OP_W, "lzcnt", 64, 64, 0, "", 0},
    {OP_TZCNT, "tzcnt", 32, 32, 0, "", 0}, {OP_POPCNT | OP_W, "popcnt", 64, 64, 0, "", 0},
    {OP_XADD | OP_W, "xadd", 64, 64, 1, "", 0}, {OP_XADD8, "xadd", 8, 8, 1, "", 0}, {OP_CMPXCHG, "cmpxchg", 32, 32, 1, "", 0},
    {OP_CMPXCHG8, "cmpxchg", 8, 8, 1, "", 0}, {OP_CMPXCHG | OP_66, "cmpxchg", 16, 16, 1, "", 0},
    {OP_MOVSD, "movsd", 128, 128, 0, "", 0}, {OP_MOVSS, "movss", 128, 128, 0, "", 0}, {OP_MOVAPS, "movaps", 128, 128, 0, "", 0},
    {OP_MOVD_TO, "movd", 128, 32, 0, "", 0}, {OP_MOVD_TO | OP_W, "movq", 128, 64, 0, "", 0},
    {OP_MOVD_FROM, "movd", 128, 32, 1, "", 0}, {OP_MOVD_FROM | OP_W, "movq", 128, 64, 1, "", 0},
    {OP_UCOMISS, "ucomiss", 128, 128, 0, "", 0}, {OP_UCOMISD, "ucomisd", 128, 128, 0, "", 0},
    {OP_COMISS, "comiss", 128, 128, 0, "", 0}, {OP_COMISS ^ OP_SS_TO_SD, "comisd", 128, 128, 0, "", 0},
    {OP_ADDSS, "addss", 128, 128, 0, "", 0}, {OP_ADDSS ^ OP_SS_TO_SD, "addsd", 128, 128, 0, "", 0},
    {OP_SUBSS ^ OP_SS_TO_SD, "subsd", 128, 128, 0, "", 0}, {OP_MULSS, "mulss", 128, 128, 0, "", 0},
    {OP_DIVSS ^ OP_SS_TO_SD, "divsd", 128, 128, 0, "", 0}, {OP_MINSS, "minss", 128, 128, 0, "", 0},
    {OP_MAXSS ^ OP_SS_TO_SD, "maxsd", 128, 128, 0, "", 0}, {OP_SQRTSS, "sqrtss", 128, 128, 0, "", 0},
    {OP_CVTSS2SD, "cvtss2sd", 128, 128, 0, "", 0}, {OP_CVTSD2SS, "cvtsd2ss", 128, 128, 0, "", 0},
    {OP_CVTSI2SS, "cvtsi2ss", 128, 32, 0, "", 0}, {(OP_CVTSI2SS ^ OP_SS_TO_SD) | OP_W, "cvtsi2sd", 128, 64, 0, "", 0},
    {OP_CVTTSS2SI | OP_W, "cvttss2si", 64, 128, 0, "", 0}, {OP_CVTSS2SI ^ OP_SS_TO_SD, "cvtsd2si", 32, 128, 0, "", 0},
    {OP_ANDPS, "andps", 128, 128, 0, "", 0}, {OP_ORPS, "orps", 128, 128, 0, "", 0}, {OP_XORPS, "xorps", 128, 128, 0, "", 0},
    {OP_IMUL_IMM8 | OP_W, "imul", 64, 64, 0, ", 0x11", 1}, {OP_PEXTRD, "pextrd", 128, 32, 1, ", 0x11", 1},
};

static void emit_imm(const struct form *f)
{
    for (unsigned i = 0; i < f->imm; i++) {
        emit8(&e, 0x11);
    }
}

static void test_registers(void)
{
    for (unsigned n = 0; n < G_N_ELEMENTS(forms); n++) {
        const struct form *f = &forms[n];
        for (unsigned i = 0; i < 256; i++) {
            unsigned reg = i & 15, rm = i >> 4;
            g_autofree char *a = name(reg, f->reg), *b = name(rm, f->rm), *text = NULL;
            text = g_strdup_printf("%s, %s%s", f->store ? b : a, f->store ? a : b, f->tail);
            start();
            emit_rr(&e, f->op, f->reg == 128 ? reg + XMM0 : reg, f->rm == 128 ? rm + XMM0 : rm);
            emit_imm(f);
            expect(f->mnemonic, text);
        }
    }
}

/* A memory operand as capstone writes it. */
static char *memory(struct x64_mem m)
{
    static const int32_t scales[] = {1, 2, 4, 8};
    const char *const *names = m.addr32 ? names32 : names64;
    GString *s = g_string_new(m.gs ? "qword ptr gs:[" : "qword ptr [");
    int64_t disp = m.disp;

    if (m.base != NOREG) {
        g_string_append(s, names[m.base]);
    }
    if (m.index != NOREG) {
        g_string_append_printf(s, "%s%s", m.base != NOREG ? " + " : "", names[m.index]);
        if (m.scale) {
            g_string_append_printf(s, "*%d", scales[m.scale]);
        }
    }
    if (disp) {
        g_string_append_printf(s, disp < 0 ? " - " : " + ");
        disp = disp < 0 ? -disp : disp;
        g_string_append_printf(s, disp > 9 ? "0x%" G_GINT64_MODIFIER "x" : "%" G_GINT64_MODIFIER "d", disp);
    }
    g_string_append_c(s, ']');
    return g_string_free(s, FALSE);
}

static void check_memory(struct x64_mem m)
{
    for (unsigned reg = 0; reg < 16; reg++) {
        g_autofree char *mem = memory(m);
        g_autofree char *load = g_strdup_printf("%s, %s", names64[reg], mem);
        g_autofree char *store = g_strdup_printf("%s, xmm%u", mem, reg);
        start();
        emit_rm(&e, OP_MOV | OP_W, reg, m);
        expect("mov", load);
        start();
        emit_rm(&e, OP_MOVSD_STORE, reg + XMM0, m);
        expect("movsd", store);
        start();
        emit_vrm(&e, OP_ADDSS ^ OP_SS_TO_SD, reg + XMM0, XMM3, m);
        g_autofree char *v = g_strdup_printf("xmm%u, xmm3, %s", reg, mem);
        expect("vaddsd", v);
    }
}

static void test_memory(void)
{
    static const int32_t disps[] = {0, 1, -1, 127, 128, -128, -129, 0x12345678, -0x12345678};

    for (unsigned d = 0; d < G_N_ELEMENTS(disps); d++) {
        for (unsigned base = 0; base < 16; base++) {
            check_memory(mem_base(base, disps[d]));
            for (unsigned index = 0; index < 16; index++) {
                if (index != RSP) {
                    struct x64_mem m = mem_index(base, index, disps[d]);
                    m.scale = (base + index) % 4;
                    check_memory(m);
                }
            }
        }
    }
    for (unsigned index = 0; index < 16; index++) {
        if (index != RSP) {
            check_memory((struct x64_mem){.base = NOREG, .index = index, .scale = 3, .gs = true, .addr32 = true});
            check_memory((struct x64_mem){.base = NOREG, .index = index, .scale = 3, .gs = true, .addr32 = true,
                                          .disp = INT32_MIN});
        }
    }
}

static void test_vex(void)
{
    static const struct {
        unsigned op;
        const char *mnemonic;
        uint8_t size;
        bool swap; /* the second source is the last operand written */
    } v[] = {
        {OP_ANDN | OP_W, "andn", 64, false}, {OP_ANDN, "andn", 32, false}, {OP_SHLX | OP_W, "shlx", 64, true},
        {OP_SHRX, "shrx", 32, true}, {OP_SARX | OP_W, "sarx", 64, true}, {OP_ADDSS, "vaddss", 128, false},
        {OP_DIVSS ^ OP_SS_TO_SD, "vdivsd", 128, false}, {OP_XORPS, "vxorps", 128, false},
        {OP_FMADD231SS, "vfmadd231ss", 128, false}, {OP_FMADD231SS | OP_W, "vfmadd231sd", 128, false},
        {OP_FMSUB231SS | OP_W, "vfmsub231sd", 128, false}, {OP_FNMADD231SS, "vfnmadd231ss", 128, false},
        {OP_FNMSUB231SS | OP_W, "vfnmsub231sd", 128, false}, {OP_CVTSD2SS, "vcvtsd2ss", 128, false},
    };

    for (unsigned n = 0; n < G_N_ELEMENTS(v); n++) {
        for (unsigned i = 0; i < 4096; i++) {
            unsigned r[3] = {i & 15, i >> 4 & 15, i >> 8}, x = v[n].size == 128 ? XMM0 : 0;
            g_autofree char *a = name(r[0], v[n].size), *b = name(r[1], v[n].size), *c = name(r[2], v[n].size);
            g_autofree char *text = g_strdup_printf("%s, %s, %s", a, v[n].swap ? c : b, v[n].swap ? b : c);
            start();
            emit_vrr(&e, v[n].op, r[0] + x, r[1] + x, r[2] + x);
            expect(v[n].mnemonic, text);
        }
    }
    for (unsigned i = 0; i < 256; i++) {
        g_autofree char *text = g_strdup_printf("%s, %s, 0xc", names64[i & 15], names64[i >> 4]);
        start();
        emit_vrr(&e, OP_RORX | OP_W, i & 15, 0, i >> 4);
        emit8(&e, 12);
        expect("rorx", text);
    }
}

static void test_immediates(void)
{
    static const int32_t imms[] = {1, -1, 127, 128, -128, -129, INT32_MIN, INT32_MAX};
    static const uint64_t wide[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_C(0x100000000), UINT64_MAX,
                                    UINT64_C(0xffffffff80000000), UINT64_C(0x8000000000000000)};

    for (unsigned reg = 0; reg < 16; reg++) {
        for (unsigned i = 0; i < G_N_ELEMENTS(imms); i++) {
            cs_insn *insn;
            start();
            emit_alu_ri(&e, OP_W, EXT_CMP, reg, imms[i]);
            g_assert_cmpuint(cs_disasm(cs, buf, e.p - buf, 0, 0, &insn), ==, 1);
            g_assert_cmpstr(insn->mnemonic, ==, "cmp");
            g_assert_cmpint(insn->detail->x86.operands[1].imm, ==, imms[i]);
            g_assert_cmpstr(cs_reg_name(cs, insn->detail->x86.operands[0].reg), ==, names64[reg]);
            cs_free(insn, 1);
        }
        for (unsigned i = 0; i < G_N_ELEMENTS(wide); i++) {
            cs_insn *insn;
            start();
            emit_mov_ri(&e, reg, wide[i]);
            g_assert_cmpuint(cs_disasm(cs, buf, e.p - buf, 0, 0, &insn), ==, 1);
            uint64_t got = insn->detail->x86.operands[1].imm;
            bool narrow = insn->detail->x86.operands[0].size == 4;
            g_assert_cmphex(narrow ? (uint32_t)got : got, ==, wide[i]);
            g_assert_cmpstr(cs_reg_name(cs, insn->detail->x86.operands[0].reg), ==, (narrow ? names32 : names64)[reg]);
            cs_free(insn, 1);
        }
        start();
        emit_bswap(&e, OP_W, reg);
        expect("bswap", names64[reg]);
        g_autofree char *text = g_strdup_printf("%s, 0xd", names32[reg]);
        start();
        emit_shift_ri(&e, 0, EXT_SAR, reg, 13);
        expect("sar", text);
    }
}

static void test_jumps(void)
{
    for (unsigned n = 1; n < 40; n++) {
        cs_insn *insn;
        size_t k, total = 0;
        start();
        emit_nops(&e, n);
        g_assert_cmpint(e.p - buf, ==, n);
        k = cs_disasm(cs, buf, n, 0, 0, &insn);
        for (size_t i = 0; i < k; i++) {
            g_assert_cmpstr(insn[i].mnemonic, ==, "nop");
            total += insn[i].size;
        }
        g_assert_cmpuint(total, ==, n);
        cs_free(insn, k);
    }
    start();
    emit_jmp_to(&e, (const uint8_t *)0x1234);
    expect("jmp", "0x1234");
    start();
    emit_jcc_to(&e, CC_LE, (const uint8_t *)0x1000);
    expect("jle", "0x1000");
    start();
    emit_call_to(&e, (const uint8_t *)0x2000);
    expect("call", "0x2000");
    start();
    emit_fix(&e, emit_jcc(&e, CC_A), 0x20);
    expect("ja", "0x1020");
    start();
    emit_rip(&e, OP_CMP | OP_W, R9, (const uint8_t *)0x1100, 0);
    expect("cmp", "r9, qword ptr [rip + 0xf9]");
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(cs_open(CS_ARCH_X86, CS_MODE_64, &cs), ==, CS_ERR_OK);
    cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
    g_test_add_func("/x64-emit/registers", test_registers);
    g_test_add_func("/x64-emit/memory", test_memory);
    g_test_add_func("/x64-emit/vex", test_vex);
    g_test_add_func("/x64-emit/immediates", test_immediates);
    g_test_add_func("/x64-emit/jumps", test_jumps);
    result = g_test_run();
    cs_close(&cs);
    return result;
}
