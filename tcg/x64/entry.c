/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Per architecture and table of its registers: which guest registers are pinned where, and the code that all units
 * share: entering and leaving, the jump cache's second way, and the thunks that call C functions.
 */
#include <cpuid.h>

#include "compile.h"

#include <string.h>

/* Those with the shortest encodings come first. */
const struct gen_regs x64_regs = {
    .ints = {RBX, RSI, RDI, R8, R9, R10, R11, R14, R15, R12, R13},
    .nints = 11,
    .fps = {XMM3, XMM3 + 1, XMM3 + 2, XMM3 + 3, XMM3 + 4, XMM3 + 5, XMM3 + 6, XMM3 + 7, XMM3 + 8, XMM3 + 9, XMM3 + 10,
            XMM3 + 11, XMM15},
    .nfps = 13,
};
_Static_assert(HOST_REGS <= GEN_HOST_REGS && NOREG == GEN_NOREG, "as tcg/gen/ numbers registers");

static GPtrArray *archs; /* of struct x64_arch */

const struct x64_arch *x64_arch_of(const struct guest_reg *regs)
{
    for (unsigned i = 0; archs && i < archs->len; i++) {
        const struct x64_arch *a = archs->pdata[i];
        if (a->regs == regs) {
            return a;
        }
    }
    return NULL;
}

/* -- Features -- */

/* What the CPU has and x64_features_off leaves; asked for once. */
static unsigned detect(void)
{
    unsigned a, b, c, d, f = 0;
    uint32_t xcr0 = 0;
    bool avx;

    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        return 0;
    }
    f |= c & bit_SSE4_1 ? X64_SSE41 : 0;
    f |= c & bit_POPCNT ? X64_POPCNT : 0;
    f |= c & bit_MOVBE ? X64_MOVBE : 0;
    f |= c & bit_AES ? X64_AES : 0;
    if (c & bit_OSXSAVE) {
        __asm__("xgetbv" : "=a"(xcr0) : "c"(0) : "edx");
    }
    avx = (c & bit_AVX) && (xcr0 & 6) == 6;
    f |= avx ? X64_AVX : 0;
    f |= avx && (c & bit_FMA) ? X64_FMA : 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        /* Their encodings are AVX's. */
        f |= avx && (b & bit_BMI) ? X64_BMI1 : 0;
        f |= avx && (b & bit_BMI2) ? X64_BMI2 : 0;
        f |= avx && (b & bit_AVX2) ? X64_AVX2 : 0;
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d)) {
        f |= c & bit_LZCNT ? X64_LZCNT : 0;
    }
    return f;
}

unsigned x64_features_off;

unsigned x64_features(void)
{
    static unsigned found;
    static gsize once;
    unsigned f;

    if (g_once_init_enter(&once)) {
        __atomic_store_n(&found, detect(), __ATOMIC_RELAXED); /* the thread sanitizer does not see into GLib */
        g_once_init_leave(&once, 1);
    }
    f = __atomic_load_n(&found, __ATOMIC_RELAXED) & ~x64_features_off;
    if (!(f & X64_AVX)) {
        f &= ~(unsigned)(X64_FMA | X64_AVX2);
    }
    return f;
}

/* -- Stubs -- */

bool x64_loads_low(const struct x64_arch *a, unsigned home)
{
    return home < a->arch->nregs && a->regs[home].low && a->regs[home].type == IR_I32;
}

void x64_move_pins(struct emit *e, const struct x64_arch *a, const struct gen_pins *pins, uint32_t set, bool store)
{
    for (uint32_t s = set & pins->pinned; s; s &= s - 1) {
        unsigned r = __builtin_ctz(s), home = pins->home_of[r];
        if (home >= GEN_LOCAL(0)) {
            continue;
        }
        struct x64_mem m = mem_base(RBP, a->regs[home].offset);
        if (a->regs[home].type == IR_V128) {
            emit_rm(e, store ? OP_MOVUPS_STORE : OP_MOVUPS, r, m);
        } else if (is_xmm(r)) {
            emit_rm(e, store ? OP_MOVSD_STORE : OP_MOVSD, r, m);
        } else {
            emit_rm(e, (store ? OP_MOV_STORE : OP_MOV) | (!store && x64_loads_low(a, home) ? 0 : OP_W), r, m);
        }
    }
}

static const uint8_t *here(const struct emit *e)
{
    return e->rx + emit_offset(e);
}

static void push(struct emit *e, unsigned r)
{
    if (r >= 8) {
        emit8(e, 0x41);
    }
    emit8(e, 0x50 | (r & 7));
}

static void pop(struct emit *e, unsigned r)
{
    if (r >= 8) {
        emit8(e, 0x41);
    }
    emit8(e, 0x58 | (r & 7));
}

static const uint8_t saved[] = {RBP, RBX, R12, R13, R14, R15};
_Static_assert((FRAME_SIZE + 8 * (sizeof(saved) + 1)) % 16 == 0, "RSP is aligned in units");

/* uint64_t enter(struct cpu *cpu, const void *code) */
static void emit_enter(struct emit *e, struct x64_arch *x)
{
    x->enter = here(e);
    for (unsigned i = 0; i < sizeof(saved); i++) {
        push(e, saved[i]);
    }
    emit_alu_ri(e, OP_W, EXT_SUB, RSP, FRAME_SIZE);
    emit_mov_rr(e, RBP, RDI);
    emit_mov_rr(e, RAX, RSI);
    emit_rm(e, OP_STMXCSR, 2, CPU_MEM(host_fpcr)); /* ldmxcsr */
    x64_move_pins(e, x, &x->pins, ~0u, false);
    emit_rr(e, OP_GROUP5, EXT_JMP, RAX);
}

static void emit_leave(struct emit *e, struct x64_arch *x)
{
    x->exit_pc = here(e);
    emit_rm(e, OP_MOV_STORE | OP_W, RAX, CPU_MEM(pc));
    x->exit_null = here(e);
    emit_rr(e, OP_XOR, RAX, RAX);
    x->exit_tb = here(e);
    x64_move_pins(e, x, &x->pins, ~0u, true);
    emit_rm(e, OP_STMXCSR, 3, CPU_MEM(host_fpcr));
    emit_rip(e, OP_STMXCSR, 2, x->consts + 16 * KC_MXCSR, 0);
    emit_rm(e, OP_MOV_STORE_IMM | OP_W, 0, CPU_MEM(host_ra));
    emit32(e, 0);
    emit_alu_ri(e, OP_W, EXT_ADD, RSP, FRAME_SIZE);
    for (unsigned i = sizeof(saved); i-- > 0;) {
        pop(e, saved[i]);
    }
    emit8(e, 0xc3);
}

/* A member of the second way of the jump line that RDX is the number of. */
static struct x64_mem way1_mem(size_t member)
{
    return (struct x64_mem){.base = RBP, .index = RDX, .scale = 3,
                            .disp = JUMP_CACHE + (int32_t)(sizeof(struct jump_way) + member)};
}

static void emit_probe_way1(struct emit *e, struct x64_arch *x)
{
    x->probe_way1 = here(e);
    emit_rm(e, OP_MOV | OP_W, RCX, CPU_MEM(key));
    emit_rm(e, OP_CMP | OP_W, RCX, way1_mem(offsetof(struct jump_way, tag)));
    emit_jcc_to(e, CC_NE, x->exit_pc);
    emit_mov_rr(e, RCX, RAX);
    emit_alu_ri(e, OP_W, EXT_AND, RCX, (int32_t)PAGE_MASK);
    emit_rm(e, OP_CMP | OP_W, RCX, way1_mem(offsetof(struct jump_way, page)));
    emit_jcc_to(e, CC_NE, x->exit_pc);
    emit_rm(e, OP_MOV_STORE | OP_W, RCX, CPU_MEM(code_page));
    emit_rm(e, OP_GROUP5, EXT_JMP, way1_mem(offsetof(struct jump_way, code)));
}

/* A frame slot as a thunk sees it: below its return address. */
static struct x64_mem thunk_mem(int32_t offset)
{
    return mem_base(RSP, 8 + offset);
}

/* vectors: all XMM registers that are not pinned, whole. */
static void move_temps(struct emit *e, const struct gen_pins *pins, bool store, bool vectors)
{
    static const uint8_t temps[] = {RAX, RCX, RDX, XMM0, XMM1, XMM2};

    for (unsigned i = 0; i < (vectors ? 3 : sizeof(temps)); i++) {
        unsigned op = is_xmm(temps[i]) ? (store ? OP_MOVSD_STORE : OP_MOVSD) : (store ? OP_MOV_STORE : OP_MOV) | OP_W;
        emit_rm(e, op, temps[i], thunk_mem(FRAME_TEMPS + 8 * i));
    }
    for (unsigned r = XMM0; vectors && r < HOST_REGS; r++) {
        if (!(pins->pinned & REG_BIT(r))) {
            emit_rm(e, store ? OP_MOVUPS_STORE : OP_MOVUPS, r, thunk_mem(FRAME_XMM(r)));
        }
    }
}

static void move_locals(struct emit *e, const struct gen_pins *pins, uint32_t set, bool store)
{
    for (uint32_t s = set & pins->pinned; s; s &= s - 1) {
        unsigned r = __builtin_ctz(s), home = pins->home_of[r];
        if (home >= GEN_LOCAL(0)) {
            emit_rm(e, (store ? OP_MOV_STORE : OP_MOV) | OP_W, r, thunk_mem(FRAME_LOCAL((int)(home - GEN_LOCAL(0)))));
        }
    }
}

/* fn (NULL: what is in RAX) is called with the CPU and the argument slots. */
static const struct {
    void *fn;
    uint32_t save, reload; /* of the pinned registers */
} thunks[THUNK_COUNT] = {
    [THUNK_CALL] = {NULL, ~0u, CALLER_SAVED},
    [THUNK_CALL_WRITES] = {NULL, ~0u, ~0u},
    [THUNK_CALL_PURE] = {NULL, CALLER_SAVED, CALLER_SAVED},
    [THUNK_LOAD] = {softmmu_load, ~0u, CALLER_SAVED},
    [THUNK_STORE] = {softmmu_store, ~0u, CALLER_SAVED},
    [THUNK_AMO] = {softmmu_amo, ~0u, CALLER_SAVED},
    [THUNK_CAS] = {softmmu_cas, ~0u, CALLER_SAVED},
    [THUNK_LOAD_VECTOR] = {softmmu_load_vector, ~0u, CALLER_SAVED},
    [THUNK_STORE_VECTOR] = {softmmu_store_vector, ~0u, CALLER_SAVED},
    [THUNK_FP] = {x64_fp_op, CALLER_SAVED, CALLER_SAVED},
    [THUNK_VECTOR_FP] = {x64_vector_op, CALLER_SAVED, CALLER_SAVED},
};

const uint8_t *x64_emit_thunk(struct emit *e, const struct x64_arch *a, const struct gen_pins *pins, enum x64_thunk n,
                              bool vectors)
{
    static const uint8_t args[] = {RSI, RDX, RCX, R8};
    const uint8_t *start = here(e);
    void *fn = thunks[n].fn;

    if (fn) {
        move_temps(e, pins, true, vectors);
    }
    x64_move_pins(e, a, pins, thunks[n].save, true);
    move_locals(e, pins, CALLER_SAVED, true);
    emit_rm(e, OP_MOV | OP_W, RCX, mem_base(RSP, 0));
    emit_rm(e, OP_MOV_STORE | OP_W, RCX, CPU_MEM(host_ra));
    emit_mov_rr(e, RDI, RBP);
    for (unsigned i = 0; i < sizeof(args); i++) {
        emit_rm(e, OP_MOV | OP_W, args[i], thunk_mem(FRAME_ARG(i)));
    }
    if (fn) {
        emit_mov_ri(e, RAX, (uintptr_t)fn);
    }
    emit_alu_ri(e, OP_W, EXT_SUB, RSP, 8);
    emit_rr(e, OP_GROUP5, EXT_CALL, RAX);
    emit_alu_ri(e, OP_W, EXT_ADD, RSP, 8);
    if (fn) {
        emit_rm(e, OP_MOV_STORE | OP_W, RAX, thunk_mem(FRAME_ARG(0)));
        move_temps(e, pins, false, vectors);
    }
    x64_move_pins(e, a, pins, thunks[n].reload, false);
    move_locals(e, pins, CALLER_SAVED, false);
    emit8(e, 0xc3);
    return start;
}

#define CHECK_END(bytes) (uint64_t)(PAGE_SIZE + 1 - (bytes)) << (64 - PAGE_BITS)

static void emit_consts(struct emit *e, struct x64_arch *x)
{
    static const uint64_t k[KC_COUNT][2] = {
        [KC_ABS64] = {INT64_MAX, INT64_MAX},
        [KC_SIGN64] = {UINT64_C(1) << 63, UINT64_C(1) << 63},
        [KC_ABS32] = {0x7fffffff7fffffff, 0x7fffffff7fffffff},
        [KC_SIGN32] = {UINT64_C(0x8000000080000000), UINT64_C(0x8000000080000000)},
        [KC_BOX] = {UINT64_C(0xffffffff00000000)},
        [KC_NAN64] = {UINT64_C(0x7ff8000000000000)},
        [KC_NAN32] = {0x7fc00000},
        [KC_MXCSR] = {0x1f80},
        [KC_U32_LIMIT64] = {UINT64_C(0x41efffffffe00000)}, /* 2^32 - 1: what is above might round up */
        [KC_U32_LIMIT32] = {0x4f800000},                   /* 2^32: floats near it are integers */
        [KC_U64_LIMIT64] = {UINT64_C(0x43e0000000000000)}, /* 2^63 */
        [KC_U64_LIMIT32] = {0x5f000000},
        [KC_PAGE_END16] = {(uint64_t)(PAGE_SIZE - 1) << (64 - PAGE_BITS)},
        [KC_PAGE_END32] = {(uint64_t)(PAGE_SIZE - 3) << (64 - PAGE_BITS)},
        [KC_PAGE_END64] = {(uint64_t)(PAGE_SIZE - 7) << (64 - PAGE_BITS)},
        [KC_CHECK_END] = {CHECK_END(16), CHECK_END(32)},
        [KC_CHECK_END + 1] = {CHECK_END(48), CHECK_END(64)},
        [KC_CHECK_END + 2] = {CHECK_END(80), CHECK_END(96)},
        [KC_CHECK_END + 3] = {CHECK_END(112), CHECK_END(128)},
        [KC_CHECK_END + 4] = {CHECK_END(144), CHECK_END(160)},
        [KC_CHECK_END + 5] = {CHECK_END(176), CHECK_END(192)},
        [KC_CHECK_END + 6] = {CHECK_END(208), CHECK_END(224)},
        [KC_CHECK_LAST] = {CHECK_END(240), CHECK_END(256)},
        [KC_LEASTS64] = {UINT64_C(0x0020000000000000), UINT64_C(0x0020000000000000)},
        [KC_LEASTS32] = {UINT64_C(0x0100000001000000), UINT64_C(0x0100000001000000)},
        [KC_LEAST64] = {UINT64_C(0x0020000000000001), UINT64_C(0xffc0000000000000)},
        [KC_BYTES70] = {0x7070707070707070, 0x7070707070707070},
    };

    x->consts = here(e);
    memcpy(e->p, k, sizeof(k));
    e->p += sizeof(k);
}

size_t x64_init(const struct cpu_arch *arch, const struct guest_reg *regs, struct code_buf buf, const char **why)
{
    struct emit e = {.start = buf.rw, .p = buf.rw, .limit = buf.rw + buf.size, .rx = buf.rx};
    struct x64_arch *x;

    if (buf.size < 16384) {
        *why = "the translation cache is too small";
        return 0;
    }
    if (arch->nregs > IR_MAX_REGS) {
        *why = "the architecture has too many registers";
        return 0;
    }
    x = g_new0(struct x64_arch, 1);
    x->arch = arch;
    x->regs = regs;
    gen_pins_by_weight(&x->pins, regs, arch->nregs, &x64_regs);
    emit_consts(&e, x);
    emit_enter(&e, x);
    emit_leave(&e, x);
    emit_probe_way1(&e, x);
    for (unsigned n = 0; n < 2 * THUNK_COUNT; n++) {
        x->thunk[n / THUNK_COUNT][n % THUNK_COUNT] = x64_emit_thunk(&e, x, &x->pins, n % THUNK_COUNT, n >= THUNK_COUNT);
    }
    emit_nops(&e, -emit_offset(&e) & 15);
    if (!archs) {
        archs = g_ptr_array_new();
    }
    g_ptr_array_add(archs, x);
    return emit_offset(&e);
}

struct jit_exit x64_enter(struct cpu *cpu, const uint8_t *code)
{
    const struct x64_arch *x = x64_arch_of(cpu->regs);
    uint64_t (*enter)(struct cpu *, const uint8_t *) = (void *)(uintptr_t)x->enter;
    uint64_t r = enter(cpu, code);
    struct jit_exit out = {.tb = (struct tb *)(uintptr_t)(r & ~UINT64_C(15)), .slot = r & 15};

    if (out.tb) {
        cpu->pc = cpu->code_page | tb_jump(out.tb, out.slot)->offset;
    }
    return out;
}
