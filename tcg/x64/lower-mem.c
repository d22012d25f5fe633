/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory. A fast path finds the page's entry in the flat table (or the tagged TLB), tests it and
 * the alignment, and accesses; everything else goes out of line to softmmu_*(). See layout.h.
 */
#include "compile.h"

/* Operand sizes 8..64 bits by memop. */
static const uint16_t zero_ext[] = {OP_MOVZX8, OP_MOVZX16, OP_MOV, OP_MOV | OP_W};
static const uint16_t sign_ext[] = {OP_MOVSX8, OP_MOVSX16, OP_MOVSXD, OP_MOV | OP_W};
static const uint16_t store_op[] = {OP_MOV_STORE8, OP_MOV_STORE16, OP_MOV_STORE, OP_MOV_STORE | OP_W};

static unsigned access_size(uint32_t memop)
{
    return 1u << (memop & IR_MEM_SIZE);
}

static unsigned context_of(uint32_t memop)
{
    return memop >> IR_MEM_CTX_SHIFT & 7;
}

/* Where the table of a context other than the current one is kept. */
static struct x64_mem context_table(unsigned context)
{
    return mem_base(RBP, offsetof(struct cpu, context_table) + (context - 1) * sizeof(void *));
}

/* The instruction that loads (or extends from a register) as memop says to a value of the type. */
static unsigned extend_op(uint32_t memop, unsigned type)
{
    unsigned size = memop & IR_MEM_SIZE;

    if (!(memop & IR_MEM_SIGNED) || (size == IR_MEM_32 && type == IR_I32)) {
        return zero_ext[size];
    }
    return sign_ext[size] | (size < IR_MEM_32 ? width(type) : 0);
}

void x64_lea(struct x64 *c, unsigned reg, unsigned base, int32_t disp)
{
    if (disp == 0) {
        emit_mov_rr(&c->e, reg, base);
    } else {
        emit_rm(&c->e, OP_LEA | OP_W, reg, mem_base(base, disp));
    }
}

/* A displacement that fits no instruction is added first: bases are then in a temporary. */
static unsigned use_base(struct x64 *c, ir_val a, int64_t *disp)
{
    unsigned b = x64_use(c, a), t;

    if (*disp == (int32_t)*disp) {
        return b;
    }
    t = x64_temp(c, REG_BIT(b));
    emit_mov_ri(&c->e, t, *disp);
    emit_rr(&c->e, OP_ADD | OP_W, t, b);
    c->locked &= ~(REG_BIT(b) & TEMP_GPRS);
    *disp = 0;
    return t;
}

/* -- The fast path's first half: the entry -- */

/* test reg, low bits of the size; jump to slow path if any is set */
static void test_alignment(struct x64 *c, struct cold *k, unsigned reg, unsigned size)
{
    emit_rr(&c->e, OP_GROUP3_8, EXT_TEST, reg);
    emit8(&c->e, size - 1);
    k->from[1] = emit_jcc(&c->e, CC_NE);
}

void x64_flat_entry(struct x64 *c, unsigned t, unsigned context, bool store)
{
    struct x64_mem m = {.base = NOREG, .index = t, .scale = 3, .disp = store ? (int32_t)FLAT_STORE_BIAS : 0};

    if (context) {
        emit_rm(&c->e, OP_LEA, t, m);
        emit_rm(&c->e, OP_ADD | OP_W, t, context_table(context));
        m = mem_base(t, 0);
    } else {
        m.gs = m.addr32 = true;
    }
    emit_rm(&c->e, OP_MOV | OP_W, t, m);
}

/* What the address of an access must be a multiple of, and is not known to be. */
static unsigned unknown_alignment(uint32_t memop)
{
#ifdef MYNAH_DEBUG
    return access_size(memop); /* the slow path asserts what is known */
#else
    return memop & IR_MEM_ALIGNED ? 1 : access_size(memop);
#endif
}

void x64_page_and_offset(struct x64 *c, unsigned t, unsigned base, int32_t disp)
{
    if (disp) {
        x64_lea(c, t, base, disp);
        base = t;
    }
    if (feature(c, X64_BMI2)) {
        emit_vrr(&c->e, OP_RORX | OP_W, t, 0, base);
        emit8(&c->e, PAGE_BITS);
    } else {
        if (t != base) {
            emit_mov_rr(&c->e, t, base);
        }
        emit_shift_ri(&c->e, OP_W, EXT_ROR, t, PAGE_BITS);
    }
}

/* -- Guesses of entries -- */

static struct x64_mem guess_mem(unsigned guess)
{
    return CPU_MEM(page_guess[guess - 1]);
}

struct x64_mem x64_entry_mem(unsigned u, bool store)
{
    return (struct x64_mem){.base = NOREG, .index = u, .scale = 3, .gs = true, .addr32 = true,
                            .disp = store ? (int32_t)FLAT_STORE_BIAS : 0};
}

/* Which guess is for an address off that value: each register walks along a way of its own. From 1. */
static unsigned guess_for(const struct x64 *c, ir_val base)
{
    const struct ir_op *o = &c->ops[base];

    return 1 + (o->op == IR_GET ? (gva)o->imm : c->pc >> 1) % CPU_PAGE_GUESSES;
}

void x64_guess_entry(struct x64 *c, struct cold *k, unsigned t, unsigned u, ir_val base, bool store)
{
    k->guess = guess_for(c, base);
    k->reg[3] = u;
    emit_rm(&c->e, OP_MOV | OP_W, t, guess_mem(k->guess));
    emit_rm(&c->e, OP_CMP | OP_W, t, x64_entry_mem(u, store));
    k->from[0] = emit_jcc(&c->e, CC_NE);
}

void x64_cold_guess(struct x64 *c, const struct cold *k, unsigned t, bool store, uint32_t back)
{
    uint32_t none;

    emit_rm(&c->e, OP_MOV | OP_W, t, x64_entry_mem(k->reg[3], store));
    emit_rr(&c->e, OP_TEST | OP_W, t, t);
    none = emit_jcc(&c->e, CC_E);
    emit_rm(&c->e, OP_MOV_STORE | OP_W, t, guess_mem(k->guess));
    emit_alu_mi(&c->e, 0, EXT_SUB, CPU_MEM(guesses_left), 1);
    emit_fix(&c->e, emit_jcc(&c->e, CC_NS), back);
    emit_fix(&c->e, none, emit_offset(&c->e));
}

/* -- Look-ups -- */

/*
 * t = host minus guest address for an access at base + disp. align: what the address must be a multiple of. u: a
 * temporary for a guess of the entry, or NOREG.
 */
static void lookup_flat(struct x64 *c, struct cold *k, unsigned t, unsigned u, unsigned base, int32_t disp,
                        unsigned align, uint32_t memop, bool store)
{
    static const enum x64_const page_end[] = {[IR_MEM_16] = KC_PAGE_END16, [IR_MEM_32] = KC_PAGE_END32,
                                              [IR_MEM_64] = KC_PAGE_END64};
    bool base_tells = (disp & (int32_t)(align - 1)) == 0;
    unsigned least = ir_mem_align(memop);
    bool odd = align > 1 && (memop & IR_MEM_ODD) && !(disp & (int32_t)(least - 1));
    unsigned n = u == NOREG ? t : u; /* the page's number */

    if (odd) {
        x64_page_and_offset(c, n, base, disp);
        emit_rip(&c->e, OP_CMP | OP_W, n, x64_k(c, page_end[memop & IR_MEM_SIZE]), 0);
        k->from[1] = emit_jcc(&c->e, CC_AE);
        if (least > 1) {
            emit_rr(&c->e, OP_GROUP3_8, EXT_TEST, base);
            emit8(&c->e, least - 1);
            k->from[2] = emit_jcc(&c->e, CC_NE);
        }
    } else if (disp == 0 && feature(c, X64_BMI2)) {
        x64_page_and_offset(c, n, base, 0);
    } else {
        x64_lea(c, n, base, disp);
        if (align > 1 && !base_tells) {
            test_alignment(c, k, n, align);
        }
        emit_shift_ri(&c->e, OP_W, EXT_SHR, n, PAGE_BITS);
    }
    if (u == NOREG) {
        x64_flat_entry(c, t, context_of(memop), store);
    }
    if (align > 1 && base_tells && !odd) {
        test_alignment(c, k, base, align);
    }
    if (u == NOREG) {
        emit_rr(&c->e, OP_TEST | OP_W, t, t);
        k->from[0] = emit_jcc(&c->e, CC_E);
    } else {
        x64_guess_entry(c, k, t, u, x64_arg(c, 0), store);
    }
}

void x64_tagged_entry(struct x64 *c, struct cold *k, unsigned t, unsigned u, unsigned base, int32_t disp, unsigned size,
                      unsigned context, bool store)
{
    _Static_assert(sizeof(struct tlb_entry) == 32, "the shift below");

    x64_lea(c, u, base, disp);
    emit_rr(&c->e, OP_MOV, t, u);
    emit_shift_ri(&c->e, 0, EXT_SHR, t, PAGE_BITS - 5);
    emit_alu_ri(&c->e, 0, EXT_AND, t, (TLB_ENTRIES - 1) << 5);
    emit_rm(&c->e, OP_ADD | OP_W, t, context ? context_table(context) : CPU_MEM(tlb));
    emit_alu_ri(&c->e, OP_W, EXT_AND, u, (int32_t)(PAGE_MASK | (size - 1)));
    emit_rm(&c->e, OP_CMP | OP_W, u,
            mem_base(t, store ? offsetof(struct tlb_entry, store_tag) : offsetof(struct tlb_entry, load_tag)));
    k->from[0] = emit_jcc(&c->e, CC_NE);
    emit_rm(&c->e, OP_MOV | OP_W, t, mem_base(t, offsetof(struct tlb_entry, addend)));
}

/* memop says the context. */
static void lookup(struct x64 *c, struct cold *k, unsigned t, unsigned u, unsigned base, int32_t disp, unsigned size,
                   uint32_t memop, bool store)
{
    if (flat_tables) {
        lookup_flat(c, k, t, memop & IR_MEM_CHASED ? u : NOREG, base, disp, size, memop, store);
    } else {
        x64_tagged_entry(c, k, t, u, base, disp, size, context_of(memop), store);
    }
}

/* A temporary for x64_tagged_entry(), which may also be used after it. */
static unsigned second_temp(struct x64 *c, uint32_t except)
{
    return flat_tables ? NOREG : x64_temp(c, except);
}

/* -- Loads -- */

/* A temporary to guess an entry with, if the load asks for it and there is one. */
static unsigned temp_for_guess(struct x64 *c, uint32_t memop, uint32_t except)
{
    return (memop & IR_MEM_CHASED) && !context_of(memop) ? x64_free_temp(c, except) : NOREG;
}

void x64_emit_load(struct x64 *c, uint32_t memop, unsigned type, unsigned d, struct x64_mem m)
{
    if (is_xmm(d)) {
        emit_rm(&c->e, access_size(memop) == 4 ? OP_MOVSS : OP_MOVSD, d, m);
    } else {
        emit_rm(&c->e, extend_op(memop, type == IR_F32 ? IR_I32 : type), d, m);
    }
}

static void lower_load(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = access_size(o->aux), b, t, u, d;
    bool fp = is_fp_type(o->type), swap = (o->aux & IR_MEM_BE) && size > 1;
    uint32_t memop = o->aux & ~(swap ? IR_MEM_BE | IR_MEM_SIGNED : 0u) & ~(uint32_t)IR_MEM_CHASED;
    int64_t disp = o->imm;
    struct cold *k;

    b = use_base(c, x64_arg(c, 0), &disp);
    t = x64_temp(c, REG_BIT(b));
    u = flat_tables ? temp_for_guess(c, o->aux, REG_BIT(b) | REG_BIT(t)) : x64_temp(c, REG_BIT(b) | REG_BIT(t));
    /* Nothing may move between the jumps to the slow path and where it comes back. */
    d = fp && !swap ? x64_def(c, NOREG, 0) : fp ? t : x64_def(c, t, 0);
    k = x64_cold(c, COLD_LOAD);
    lookup(c, k, t, u, b, disp, unknown_alignment(o->aux), o->aux, false);
    k->reg[0] = b;
    k->reg[1] = t;
    k->reg[2] = d;
    k->imm = disp;
    k->aux = memop;
    k->type = is_xmm(d) ? IR_F64 : o->type == IR_I32 || o->type == IR_F32 ? IR_I32 : IR_I64;
    k->access = emit_offset(&c->e);
    x64_emit_load(c, memop, o->type, d, mem_index(t, b, disp));
    k->back = emit_offset(&c->e);
    x64_note_checks(c, k);
    if (swap) {
        emit_bswap(&c->e, size == 8 ? OP_W : 0, d);
        if (size == 2) {
            emit_shift_ri(&c->e, 0, o->aux & IR_MEM_SIGNED ? EXT_SAR : EXT_SHR, d, 16);
        }
        if ((o->aux & IR_MEM_SIGNED) && o->type == IR_I64 && size < 8) {
            emit_rr(&c->e, OP_MOVSXD, d, d);
        }
        if (fp) {
            unsigned x = x64_def(c, NOREG, 0);
            emit_rr(&c->e, OP_MOVD_TO | (size == 8 ? OP_W : 0), x, d);
            d = x;
        }
    }
    x64_set(c, d);
}

static void cold_load(struct x64 *c, const struct cold *k)
{
    x64_lea(c, k->reg[1], k->reg[0], k->imm);
    emit_rm(&c->e, OP_MOV_STORE | OP_W, k->reg[1], mem_arg(0));
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(1));
    emit32(&c->e, k->aux);
    x64_late_store(c, k, k->reg[1]);
    x64_call_thunk(c, THUNK_LOAD);
}

/* -- Stores -- */

/* An arg slot of a slow path = the value to store. */
static void store_arg(struct x64 *c, unsigned n, struct src s, unsigned t)
{
    if (s.kind == SRC_IMM) {
        emit_rm(&c->e, OP_MOV_STORE_IMM | OP_W, 0, mem_arg(n));
        emit32(&c->e, s.imm);
    } else if (s.kind == SRC_REG) {
        emit_rm(&c->e, is_xmm(s.reg) ? OP_MOVSD_STORE : OP_MOV_STORE | OP_W, s.reg, mem_arg(n));
    } else {
        emit_rm(&c->e, OP_MOV | OP_W, t, s.mem);
        emit_rm(&c->e, OP_MOV_STORE | OP_W, t, mem_arg(n));
    }
}

/* The value with its bytes reversed, in a temporary. */
static unsigned swapped(struct x64 *c, ir_val v, unsigned size)
{
    unsigned r, t;

    if (is_xmm_type(c->ops[v].type)) {
        r = x64_use(c, v);
        t = x64_temp(c, 0);
        emit_rr(&c->e, OP_MOVD_FROM | (size == 8 ? OP_W : 0), r, t);
    } else {
        t = x64_temp(c, 0);
        x64_copy(c, t, v);
    }
    if (size == 2) {
        emit_rr(&c->e, OP_SHIFT_IMM | OP_66, EXT_ROR, t);
        emit8(&c->e, 8);
    } else {
        emit_bswap(&c->e, size == 8 ? OP_W : 0, t);
    }
    return t;
}

struct src x64_store_value(struct x64 *c, ir_val v, unsigned size)
{
    int64_t k;

    if (x64_const(c, v, size == 8 ? OP_W : 0, &k) && k == (int32_t)k) {
        return (struct src){.kind = SRC_IMM, .imm = k};
    }
    return (struct src){.kind = SRC_REG, .reg = x64_use(c, v)};
}

/* The same, of the bytes reversed if swap; it may also be memory (tagged TLB: there are few temporaries). */
static struct src store_value(struct x64 *c, ir_val v, unsigned size, bool swap)
{
    struct src s;
    int64_t k;

    if (swap) {
        return (struct src){.kind = SRC_REG, .reg = swapped(c, v, size)};
    }
    if (flat_tables || is_xmm_type(c->ops[v].type) ||
        (x64_const(c, v, size == 8 ? OP_W : 0, &k) && k == (int32_t)k)) {
        return x64_store_value(c, v, size);
    }
    s = x64_stable(c, v, OP_W);
    x64_clear_temps(c, s.kind == SRC_MEM && c->v[v].reg != NOREG ? REG_BIT(c->v[v].reg) : 0);
    return s;
}

void x64_emit_store(struct x64 *c, struct src s, unsigned size, struct x64_mem m)
{
    unsigned log = __builtin_ctz(size);

    if (s.kind == SRC_IMM) {
        emit_rm(&c->e, (size == 1 ? OP_MOV_STORE_IMM8 : OP_MOV_STORE_IMM) | (size == 2 ? OP_66 : 0) |
                       (size == 8 ? OP_W : 0), 0, m);
        if (size == 1) {
            emit8(&c->e, s.imm);
        } else if (size == 2) {
            emit8(&c->e, s.imm);
            emit8(&c->e, s.imm >> 8);
        } else {
            emit32(&c->e, s.imm);
        }
    } else if (is_xmm(s.reg)) {
        emit_rm(&c->e, size == 4 ? OP_MOVSS_STORE : OP_MOVSD_STORE, s.reg, m);
    } else {
        emit_rm(&c->e, store_op[log], s.reg, m);
    }
}

static void emit_full_fence(struct x64 *c)
{
    emit_rm(&c->e, OP_GROUP1_IMM8 | OP_LOCK, EXT_OR, mem_arg(0));
    emit8(&c->e, 0);
}

static void lower_store(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = access_size(o->aux), b, t, u = NOREG;
    bool swap = (o->aux & IR_MEM_BE) && size > 1;
    int64_t disp = o->imm;
    struct src s;
    struct cold *k;

    if (swap && !flat_tables) {
        /* Too few temporaries: the slow path does it. */
        swap = false;
        s = store_value(c, x64_stored(c, c->i), size, false);
        b = use_base(c, x64_arg(c, 0), &disp);
        t = x64_temp(c, REG_BIT(b));
        k = x64_cold(c, COLD_STORE);
        k->from[0] = emit_jmp(&c->e);
        k->aux = o->aux;
    } else {
        s = store_value(c, x64_stored(c, c->i), size, swap);
        b = use_base(c, x64_arg(c, 0), &disp);
        t = x64_temp(c, REG_BIT(b));
        u = second_temp(c, REG_BIT(b) | REG_BIT(t));
        k = x64_cold(c, COLD_STORE);
        k->aux = o->aux & ~(swap ? IR_MEM_BE : 0u);
        lookup(c, k, t, u, b, disp, unknown_alignment(o->aux), o->aux, true);
        if (s.kind == SRC_MEM) {
            emit_rm(&c->e, OP_MOV | OP_W, u, s.mem);
        }
        k->access = emit_offset(&c->e);
        x64_emit_store(c, s.kind == SRC_MEM ? (struct src){.kind = SRC_REG, .reg = u} : s, size, mem_index(t, b, disp));
    }
    k->reg[0] = b;
    k->reg[1] = t;
    k->src = s;
    k->imm = disp;
    k->back = emit_offset(&c->e);
    x64_note_checks(c, k);
    if ((o->aux & IR_MEM_RELEASE) && (o->aux & IR_MEM_ACQUIRE) && cpus_parallel) {
        emit_full_fence(c);
    }
}

static void cold_store(struct x64 *c, const struct cold *k)
{
    x64_lea(c, k->reg[1], k->reg[0], k->imm);
    emit_rm(&c->e, OP_MOV_STORE | OP_W, k->reg[1], mem_arg(0));
    store_arg(c, 1, k->src, k->reg[1]);
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(2));
    emit32(&c->e, k->aux);
    x64_late_store(c, k, k->reg[1]);
    x64_call_thunk(c, THUNK_STORE);
}

/* -- Atomics --
 *
 * All temporaries are free for them: RDX is the address, RAX and RCX work. The guest address is in arg
 * slot 0 from the start, the operands are in pinned registers, immediates or memory.
 */

static bool atomic_fast(uint32_t memop)
{
    return !(memop & IR_MEM_BE);
}

static struct cold *begin_atomic(struct x64 *c, enum cold_kind kind, ir_val addr, uint32_t memop)
{
    unsigned size = access_size(memop);
    struct cold *k;

    x64_clear_temps(c, TEMP_GPRS);
    c->locked |= TEMP_GPRS;
    x64_copy(c, RDX, addr);
    emit_rm(&c->e, OP_MOV_STORE | OP_W, RDX, mem_arg(0));
    k = x64_cold(c, kind);
    if (!atomic_fast(memop)) {
        k->from[0] = emit_jmp(&c->e);
        return k;
    }
    lookup(c, k, RCX, RAX, RDX, 0, size, memop, true);
    emit_rr(&c->e, OP_ADD | OP_W, RDX, RCX);
    return k;
}

static unsigned lock_bit(void)
{
    return cpus_parallel ? OP_LOCK : 0;
}

static unsigned size_bits(unsigned size)
{
    return size == 2 ? OP_66 : size == 8 ? OP_W : 0;
}

static void atomic_alu(struct x64 *c, unsigned w, unsigned ext, unsigned dst, struct src s)
{
    if (s.kind == SRC_IMM) {
        emit_alu_ri(&c->e, w, ext, dst, s.imm);
    } else if (s.kind == SRC_REG) {
        emit_rr(&c->e, (ext << 3 | 3) | w, dst, s.reg);
    } else {
        emit_rm(&c->e, (ext << 3 | 3) | w, dst, s.mem);
    }
}

/* RCX = op(RAX, s); RAX is the old value. */
static void amo_compute(struct x64 *c, unsigned kind, unsigned size, struct src s)
{
    static const uint8_t keep_old[] = {CC_L, CC_G, CC_B, CC_A};
    static const uint8_t ext[] = {[IR_AMO_ADD] = EXT_ADD, [IR_AMO_AND] = EXT_AND, [IR_AMO_OR] = EXT_OR,
                                  [IR_AMO_XOR] = EXT_XOR};
    unsigned w = size == 8 ? OP_W : 0;

    if (kind == IR_AMO_SWAP) {
        x64_load_src(c, OP_W, RCX, s);
    } else if (kind < IR_AMO_MIN) {
        emit_rr(&c->e, OP_MOV | OP_W, RCX, RAX);
        atomic_alu(c, w, ext[kind], RCX, s);
    } else {
        x64_load_src(c, OP_W, RCX, s);
        emit_rr(&c->e, size == 1 ? 0x3a | OP_BYTE : OP_CMP | size_bits(size), RAX, RCX);
        emit_rr(&c->e, OP_CMOV | keep_old[kind - IR_AMO_MIN] | OP_W, RCX, RAX);
    }
}

static unsigned by_size(unsigned size, unsigned op8, unsigned op)
{
    return size == 1 ? op8 : op | size_bits(size);
}

/* The read-modify-write at [RDX]; the old value is in the returned register. */
static unsigned emit_amo(struct x64 *c, struct cold *k, unsigned kind, unsigned size, struct src s)
{
    struct x64_mem m = mem_base(RDX, 0);
    uint32_t loop;

    if (kind == IR_AMO_SWAP && cpus_parallel) {
        x64_load_src(c, OP_W, RCX, s);
        k->access = emit_offset(&c->e);
        emit_rm(&c->e, by_size(size, OP_XCHG8, OP_XCHG), RCX, m);
        return RCX;
    }
    if (kind == IR_AMO_ADD && cpus_parallel) {
        x64_load_src(c, OP_W, RCX, s);
        k->access = emit_offset(&c->e);
        emit_rm(&c->e, by_size(size, OP_XADD8, OP_XADD) | OP_LOCK, RCX, m);
        return RCX;
    }
    k->access = emit_offset(&c->e);
    emit_rm(&c->e, zero_ext[__builtin_ctz(size)], RAX, m);
    loop = emit_offset(&c->e);
    amo_compute(c, kind, size, s);
    if (cpus_parallel) {
        emit_rm(&c->e, by_size(size, OP_CMPXCHG8, OP_CMPXCHG) | OP_LOCK, RCX, m);
        emit_fix(&c->e, emit_jcc(&c->e, CC_NE), loop);
    } else {
        emit_rm(&c->e, store_op[__builtin_ctz(size)], RCX, m);
    }
    return RAX;
}

/* The old value in reg becomes the op's; slow paths come back after it with RAX extended. */
static void end_atomic(struct x64 *c, struct cold *k, unsigned reg, uint32_t memop)
{
    const struct ir_op *o = &c->ops[c->i];

    if (atomic_fast(memop) && (reg != RAX || (memop & IR_MEM_SIZE) != IR_MEM_64)) {
        emit_rr(&c->e, extend_op(memop, o->type), RAX, reg);
    }
    k->type = o->type;
    k->back = emit_offset(&c->e);
    x64_note_checks(c, k);
    x64_finish(c, RAX);
}

static void lower_amo(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = access_size(o->aux), reg = RAX;
    struct src s = x64_stable(c, x64_arg(c, 1), width(o->type));
    struct cold *k = begin_atomic(c, COLD_AMO, x64_arg(c, 0), o->aux);

    if (atomic_fast(o->aux)) {
        reg = emit_amo(c, k, o->sub, size, s);
    }
    k->src = s;
    k->aux = o->aux | (uint32_t)o->sub << 16;
    end_atomic(c, k, reg, o->aux);
}

static void cold_amo(struct x64 *c, const struct cold *k)
{
    store_arg(c, 1, k->src, RAX);
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(2));
    emit32(&c->e, k->aux);
    x64_call_thunk(c, THUNK_AMO);
}

/* Compare and swap. */
static void lower_cas(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned size = access_size(o->aux), w = width(o->type);
    struct src expected = x64_stable(c, x64_arg(c, 1), w), desired = x64_stable(c, x64_arg(c, 2), w);
    struct cold *k;

    k = begin_atomic(c, COLD_CAS, x64_arg(c, 0), o->aux);
    k->src = expected;
    k->src2 = desired;
    k->aux = o->aux;
    if (atomic_fast(o->aux)) {
        x64_load_src(c, OP_W, RAX, expected);
        x64_load_src(c, OP_W, RCX, desired);
        k->access = emit_offset(&c->e);
        emit_rm(&c->e, by_size(size, OP_CMPXCHG8, OP_CMPXCHG) | lock_bit(), RCX, mem_base(RDX, 0));
    }
    end_atomic(c, k, RAX, o->aux);
}

static void cold_cas(struct x64 *c, const struct cold *k)
{
    store_arg(c, 1, k->src, RAX);
    store_arg(c, 2, k->src2, RAX);
    emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_arg(3));
    emit32(&c->e, k->aux);
    x64_call_thunk(c, THUNK_CAS);
}

/* -- Slow paths -- */

void x64_cold_mem(struct x64 *c, const struct cold *k)
{
    unsigned result = NOREG;
    uint32_t slow;

    if (k->guess) {
        x64_cold_guess(c, k, k->reg[1], false, k->access);
        for (unsigned n = 1; n < G_N_ELEMENTS(k->from); n++) {
            if (k->from[n]) { /* the tests of the alignment come here instead */
                emit_fix(&c->e, k->from[n], emit_offset(&c->e));
            }
        }
    }
    slow = emit_offset(&c->e);
    switch (k->kind) {
    case COLD_LOAD:
        cold_load(c, k);
        result = k->reg[2];
        break;
    case COLD_STORE:
        cold_store(c, k);
        break;
    case COLD_AMO:
        cold_amo(c, k);
        result = RAX;
        break;
    default:
        cold_cas(c, k);
        result = RAX;
        break;
    }
    x64_site(c, k, slow);
    x64_late_restore(c, k, k->reg[1]);
    x64_void_checks(c, k);
    if (result != NOREG) {
        emit_rm(&c->e, is_xmm(result) ? OP_MOVSD : k->type == IR_I32 ? OP_MOV : OP_MOV | OP_W, result, mem_arg(0));
    }
    if (k->follows) {
        x64_cold_between(c, k);
    } else {
        emit_fix(&c->e, emit_jmp(&c->e), k->back);
    }
}

void x64_lower_mem(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    switch (o->op) {
    case IR_LD:
        lower_load(c);
        break;
    case IR_ST:
        lower_store(c);
        break;
    case IR_AMO:
        lower_amo(c);
        break;
    case IR_CAS:
        lower_cas(c);
        break;
    default: /* FENCE: a real one for a single CPU too, since devices on other threads share rings with it */
        if ((o->aux & IR_FENCE_W) && (o->aux >> 4 & IR_FENCE_R)) {
            emit_full_fence(c);
        }
        break;
    }
}
