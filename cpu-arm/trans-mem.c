/* SPDX-License-Identifier: BSD-2-Clause */
/* A64: loads and stores, exclusives, atomics. Manual: DDI 0487, C3.2.4 and on; B2 for atomicity and alignment. */
#include "trans-a64.h"

/* -- Addresses -- */

/* Where an access is, and what becomes of its base register behind it. */
struct place {
    ir_val base;
    int32_t disp;   /* of the access */
    bool writeback; /* the base becomes itself + step */
    int32_t step;
    unsigned rn;
};

enum { MODE_UNSCALED = 0, MODE_POST = 1, MODE_OFFSET = 2, MODE_PRE = 3 };

/* Base and an immediate in bytes, in one of the addressing modes. */
static struct place place(struct translator *t, unsigned rn, int32_t imm, unsigned mode)
{
    struct place p = {.base = base_address(t, rn), .rn = rn, .disp = mode == MODE_POST ? 0 : imm};
    p.writeback = mode == MODE_POST || mode == MODE_PRE;
    p.step = imm;
    return p;
}

/* After the last access. */
static void write_back(struct translator *t, const struct place *p)
{
    bool sp_aligned = t->sp_aligned && !(p->step & 15);
    if (!p->writeback)
        return;
    set_r_sp(t, p->rn, ir_op2(t->u, IR_ADD, p->base, const64(t, p->step)));
    t->sp_aligned |= sp_aligned;
}

/* Base and an extended register; false if the extension is reserved. */
static bool register_offset(struct translator *t, const struct a64_args *a, unsigned size, ir_val *addr)
{
    struct ir_unit *u = t->u;
    if (!(a->opt & 2))
        return false;
    ir_val base = base_address(t, a->rn);
    *addr = ir_op2(u, IR_ADD, base, extended(t, true, a->rm, a->opt, a->sh ? size : 0));
    return true;
}

/* -- General registers -- */

/* What a load has: zero-extended, or sign-extended to 64 (extend 1) or 32 bits (2). */
enum extend { EXTEND_ZERO, EXTEND_64, EXTEND_32 };

static enum extend signed_extend(const struct a64_args *a)
{
    return a->op ? EXTEND_32 : EXTEND_64;
}

/* LDRSW has no 32-bit form. */
static bool signed_valid(const struct a64_args *a)
{
    return !(a->op && a->sz == IR_MEM_32);
}

static ir_val load_value(struct translator *t, unsigned memop, enum extend e, ir_val addr, int32_t disp)
{
    bool sf = e == EXTEND_64 || (memop & IR_MEM_SIZE) == IR_MEM_64;
    return ir_load(t->u, x_type(sf), memop | (e == EXTEND_ZERO ? 0 : IR_MEM_SIGNED), addr, disp);
}

static void store_value(struct translator *t, unsigned memop, unsigned rt, ir_val addr, int32_t disp)
{
    ir_store(t->u, memop, addr, disp, get_r(t, (memop & IR_MEM_SIZE) == IR_MEM_64, rt));
}

static bool load(struct translator *t, const struct a64_args *a, enum extend e, unsigned memop, int32_t imm,
                 unsigned mode)
{
    struct place p = place(t, a->rn, imm, mode);
    ir_val v = load_value(t, memop, e, p.base, p.disp);
    set_r(t, a->rd, v);
    write_back(t, &p);
    return true;
}

static bool store(struct translator *t, const struct a64_args *a, unsigned memop, int32_t imm, unsigned mode)
{
    struct place p = place(t, a->rn, imm, mode);
    store_value(t, memop, a->rd, p.base, p.disp);
    write_back(t, &p);
    return true;
}

A64(str_imm, store(t, a, memop_of(t, a->sz), a->imm, a->opt))
A64(ldr_imm, load(t, a, EXTEND_ZERO, memop_of(t, a->sz), a->imm, a->opt))
A64(ldrs_imm, signed_valid(a) && load(t, a, signed_extend(a), memop_of(t, a->sz), a->imm, a->opt))
A64(str_uimm, store(t, a, memop_of(t, a->sz), a->imm << a->sz, MODE_OFFSET))
A64(ldr_uimm, load(t, a, EXTEND_ZERO, memop_of(t, a->sz), a->imm << a->sz, MODE_OFFSET))
A64(ldrs_uimm, signed_valid(a) && load(t, a, signed_extend(a), memop_of(t, a->sz), a->imm << a->sz, MODE_OFFSET))
A64(sttr, store(t, a, memop_unprivileged(t, a->sz), a->imm, MODE_OFFSET))
A64(ldtr, load(t, a, EXTEND_ZERO, memop_unprivileged(t, a->sz), a->imm, MODE_OFFSET))
A64(ldtrs, signed_valid(a) && load(t, a, signed_extend(a), memop_unprivileged(t, a->sz), a->imm, MODE_OFFSET))

bool a64_str_reg(struct translator *t, const struct a64_args *a)
{
    ir_val addr;
    if (!register_offset(t, a, a->sz, &addr))
        return false;
    store_value(t, memop_of(t, a->sz), a->rd, addr, 0);
    return true;
}

static bool load_reg(struct translator *t, const struct a64_args *a, enum extend e)
{
    ir_val addr;
    if (!register_offset(t, a, a->sz, &addr))
        return false;
    set_r(t, a->rd, load_value(t, memop_of(t, a->sz), e, addr, 0));
    return true;
}

A64(ldr_reg, load_reg(t, a, EXTEND_ZERO))
A64(ldrs_reg, signed_valid(a) && load_reg(t, a, signed_extend(a)))

static bool load_literal(struct translator *t, const struct a64_args *a, enum extend e, unsigned size)
{
    ir_val addr = pc_const(t, t->pc + (int64_t)a->imm);
    set_r(t, a->rd, load_value(t, memop_of(t, size), e, addr, 0));
    return true;
}

A64(ldr_lit, load_literal(t, a, EXTEND_ZERO, a->sz ? IR_MEM_64 : IR_MEM_32))
A64(ldrsw_lit, load_literal(t, a, EXTEND_64, IR_MEM_32))

/* Prefetches do nothing. */
A64(prfm, true)
A64(prfm_reg, a->opt & 2)

/* -- Pairs: two accesses; registers change behind the second -- */

static unsigned pair_mode(const struct a64_args *a)
{
    return a->opt ? a->opt : MODE_OFFSET;
}

static bool load_pair(struct translator *t, const struct a64_args *a, enum extend e, unsigned size)
{
    unsigned memop = memop_of(t, size);
    struct place p = place(t, a->rn, (unsigned)a->imm << size, pair_mode(a));
    ir_val first = load_value(t, memop, e, p.base, p.disp);
    ir_val second = load_value(t, memop, e, p.base, p.disp + (1 << size));
    set_r(t, a->rd, first);
    set_r(t, a->ra, second);
    write_back(t, &p);
    return true;
}

A64(ldp, load_pair(t, a, EXTEND_ZERO, a->sz ? IR_MEM_64 : IR_MEM_32))
A64(ldpsw, load_pair(t, a, EXTEND_64, IR_MEM_32))

bool a64_stp(struct translator *t, const struct a64_args *a)
{
    unsigned size = a->sz ? IR_MEM_64 : IR_MEM_32, memop = memop_of(t, size);
    struct place p = place(t, a->rn, (unsigned)a->imm << size, pair_mode(a));
    store_value(t, memop, a->rd, p.base, p.disp);
    store_value(t, memop, a->ra, p.base, p.disp + (1 << size));
    write_back(t, &p);
    return true;
}

/* -- Vector registers -- */

/* The low part of a vector register from memory; set_loaded() puts it. */
static ir_val load_part(struct translator *t, unsigned size, ir_val addr, int32_t disp)
{
    unsigned type = size == IR_MEM_128 ? IR_V128 : size == IR_MEM_64 ? IR_F64 : size == IR_MEM_32 ? IR_F32 : IR_I32;
    return ir_load(t->u, type, memop_of(t, size), addr, disp);
}

static void set_loaded(struct translator *t, unsigned n, unsigned size, ir_val v)
{
    if (size != IR_MEM_128)
        v = vop(t, IR_VSCALAR, size == IR_MEM_64 ? IR_LANE_F64 : size == IR_MEM_32 ? IR_LANE_F32 : IR_LANE_32, 0, v, 0);
    set_v(t, n, v);
}

void load_v(struct translator *t, unsigned n, unsigned size, ir_val addr, int32_t disp)
{
    set_loaded(t, n, size, load_part(t, size, addr, disp));
}

void store_v(struct translator *t, unsigned n, unsigned size, ir_val addr, int32_t disp)
{
    struct ir_unit *u = t->u;
    ir_val v = get_v(t, n);
    if (size == IR_MEM_64)
        v = ir_vector(u, IR_VGET, IR_F64, IR_LANE_F64, 0, v, 0, 0);
    else if (size == IR_MEM_32)
        v = ir_vector(u, IR_VGET, IR_F32, IR_LANE_F32, 0, v, 0, 0);
    else if (size != IR_MEM_128)
        v = ir_vector(u, IR_VGET, IR_I32, IR_LANE_32, 0, v, 0, 0);
    ir_store(u, memop_of(t, size), addr, disp, v);
}

static bool load_vector(struct translator *t, const struct a64_args *a, int32_t imm, unsigned mode)
{
    if (fp_trapped(t))
        return true;
    struct place p = place(t, a->rn, imm, mode);
    load_v(t, a->rd, a->sz, p.base, p.disp);
    write_back(t, &p);
    return true;
}

static bool store_vector(struct translator *t, const struct a64_args *a, int32_t imm, unsigned mode)
{
    if (fp_trapped(t))
        return true;
    struct place p = place(t, a->rn, imm, mode);
    store_v(t, a->rd, a->sz, p.base, p.disp);
    write_back(t, &p);
    return true;
}

A64(str_vimm, store_vector(t, a, a->imm, a->opt))
A64(ldr_vimm, load_vector(t, a, a->imm, a->opt))
A64(str_vuimm, store_vector(t, a, a->imm << a->sz, MODE_OFFSET))
A64(ldr_vuimm, load_vector(t, a, a->imm << a->sz, MODE_OFFSET))

static bool vector_reg(struct translator *t, const struct a64_args *a, bool is_load)
{
    ir_val addr;
    if (!(a->opt & 2))
        return false;
    if (fp_trapped(t))
        return true;
    register_offset(t, a, a->sz, &addr);
    if (is_load)
        load_v(t, a->rd, a->sz, addr, 0);
    else
        store_v(t, a->rd, a->sz, addr, 0);
    return true;
}

A64(str_vreg, vector_reg(t, a, false))
A64(ldr_vreg, vector_reg(t, a, true))

bool a64_ldr_vlit(struct translator *t, const struct a64_args *a)
{
    if (fp_trapped(t))
        return true;
    load_v(t, a->rd, IR_MEM_32 + a->sz, pc_const(t, t->pc + (int64_t)a->imm), 0);
    return true;
}

bool a64_ldp_v(struct translator *t, const struct a64_args *a)
{
    unsigned size = IR_MEM_32 + a->sz;
    if (fp_trapped(t))
        return true;
    struct place p = place(t, a->rn, (unsigned)a->imm << size, pair_mode(a));
    ir_val first = load_part(t, size, p.base, p.disp), second = load_part(t, size, p.base, p.disp + (1 << size));
    set_loaded(t, a->rd, size, first);
    set_loaded(t, a->ra, size, second);
    write_back(t, &p);
    return true;
}

bool a64_stp_v(struct translator *t, const struct a64_args *a)
{
    unsigned size = IR_MEM_32 + a->sz;
    if (fp_trapped(t))
        return true;
    struct place p = place(t, a->rn, (unsigned)a->imm << size, pair_mode(a));
    store_v(t, a->rd, size, p.base, p.disp);
    store_v(t, a->ra, size, p.base, p.disp + (1 << size));
    write_back(t, &p);
    return true;
}

/* -- Acquire and release -- */

/* Atomic accesses must be aligned; with LSE2 those within 16 bytes need not. */
static unsigned ordered_memop(const struct translator *t, unsigned size)
{
    return memop_of(t, size) | IR_MEM_ATOMIC | (t->config->has[ARMF_lse2] ? 0 : IR_MEM_ALIGN);
}

static bool load_acquire(struct translator *t, const struct a64_args *a, enum extend e, int32_t imm)
{
    return load(t, a, e, ordered_memop(t, a->sz) | IR_MEM_ACQUIRE, imm, MODE_OFFSET);
}

/* A load-acquire behind a store-release must not pass it: the store ends with what orders that. */
static bool store_release(struct translator *t, const struct a64_args *a, int32_t imm)
{
    store(t, a, ordered_memop(t, a->sz) | IR_MEM_RELEASE, imm, MODE_OFFSET);
    ir_fence_op(t->u, IR_FENCE_W, IR_FENCE_R);
    return true;
}

A64(ldar, load_acquire(t, a, EXTEND_ZERO, 0))
A64(ldapr, load_acquire(t, a, EXTEND_ZERO, 0))
A64(ldapur, load_acquire(t, a, EXTEND_ZERO, a->imm))
A64(ldapurs, signed_valid(a) && load_acquire(t, a, signed_extend(a), a->imm))
A64(stlr, store_release(t, a, 0))
A64(stlur, store_release(t, a, a->imm))

/* -- Pairs as one value -- */

/* Two registers as memory has them, the lower address first: an I64 of 32-bit ones, a V128 of 64-bit ones. */
static ir_val join(struct translator *t, bool sf, ir_val first, ir_val second)
{
    struct ir_unit *u = t->u;
    if (t->order) {
        ir_val other = first;
        first = second;
        second = other;
    }
    if (!sf)
        return ir_op2(u, IR_OR, ir_convert(u, IR_ZX, IR_I64, first),
                      ir_op2(u, IR_SHL, ir_convert(u, IR_ZX, IR_I64, second), const64(t, 32)));
    ir_val v = ir_vector(u, IR_VDUP, IR_V128, IR_LANE_64, 0, first, 0, 0);
    return ir_vector(u, IR_VSET, IR_V128, IR_LANE_64, 1, v, second, 0);
}

/* The one of them that is at the lower (0) or higher (1) address. */
static ir_val split(struct translator *t, bool sf, ir_val pair, unsigned index)
{
    struct ir_unit *u = t->u;
    if (t->order)
        index ^= 1;
    if (sf)
        return ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, index, pair, 0, 0);
    return ir_convert(u, IR_TRUNC, IR_I32, index ? ir_op2(u, IR_SHR, pair, const64(t, 32)) : pair);
}

/* -- Exclusives -- */

/*
 * The monitor is an address and the value seen there; the store compares and swaps with that value. A store to another
 * address than the load's fails and raises nothing; one of another size is unpredictable, and compares what the load saw
 * as far as it goes.
 */
static void set_monitor(struct translator *t, ir_val addr, unsigned word, ir_val v)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct arm_cpu, excl_addr), addr);
    ir_store_state(t->u, IR_MEM_64, offsetof(struct arm_cpu, excl_value) + 8 * word, v);
}

static unsigned exclusive_memop(const struct translator *t, unsigned size)
{
    return memop_of(t, size) | IR_MEM_ALIGN;
}

bool a64_ldxr(struct translator *t, const struct a64_args *a)
{
    ir_val addr = base_address(t, a->rn);
    ir_val v = ir_load(t->u, IR_I64, exclusive_memop(t, a->sz) | IR_MEM_LR | (a->acq ? IR_MEM_ACQUIRE : 0), addr, 0);
    set_monitor(t, addr, 0, v);
    set_r(t, a->rd, v);
    return true;
}

bool a64_ldxp(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    bool sf = a->sz;
    ir_val addr = base_address(t, a->rn);
    unsigned memop = exclusive_memop(t, sf ? IR_MEM_128 : IR_MEM_64) | (a->acq ? IR_MEM_ACQUIRE : 0);
    ir_val pair = ir_load(u, sf ? IR_V128 : IR_I64, memop, addr, 0);
    set_monitor(t, addr, 0, sf ? ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 0, pair, 0, 0) : pair);
    if (sf)
        set_monitor(t, addr, 1, ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 1, pair, 0, 0));
    set_r(t, a->rd, split(t, sf, pair, 0));
    set_r(t, a->ra, split(t, sf, pair, 1));
    return true;
}

static void open_monitor(struct translator *t)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct arm_cpu, excl_addr), const64(t, ~UINT64_C(0)));
}

/* Up to 64 bits: compare and swap with what was seen; the status. */
static ir_val swap_if_seen(struct translator *t, const struct a64_args *a, unsigned size, ir_val addr, ir_val seen,
                           ir_val new)
{
    struct ir_unit *u = t->u;
    unsigned memop = exclusive_memop(t, size) | IR_MEM_ATOMIC | (a->rel ? IR_MEM_RELEASE : 0);
    ir_val differ = ir_op2(u, IR_XOR, ir_cas_op(u, memop, addr, seen, new), seen);
    if (size != IR_MEM_64)
        differ = ir_bits_get(u, false, differ, 0, 8u << size);
    return ir_setcc(u, IR_NE, IR_I64, differ, const64(t, 0));
}

/* Compare and swap with what the monitor has, and the status. new: as memory has it. */
static bool store_exclusive(struct translator *t, const struct a64_args *a, unsigned size, ir_val new)
{
    struct ir_unit *u = t->u;
    ir_val addr = base_address(t, a->rn), known = size == IR_MEM_128 ? 0 : monitored(t, addr), seen, old, differ;
    if (known) {
        set_r(t, a->rm, swap_if_seen(t, a, size, addr, known, new));
        open_monitor(t);
        return true;
    }
    unsigned match = ir_new_block(u, false), fail = ir_new_block(u, true), done = ir_new_block(u, false);
    ir_val monitor = ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct arm_cpu, excl_addr));
    ir_brcc(u, IR_EQ, addr, monitor, match, fail);

    ir_place_block(u, match);
    seen = ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct arm_cpu, excl_value));
    if (size == IR_MEM_128) {
        ir_val high = ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct arm_cpu, excl_value) + 8);
        ir_val both = ir_vector(u, IR_VDUP, IR_V128, IR_LANE_64, 0, seen, 0, 0);
        both = ir_vector(u, IR_VSET, IR_V128, IR_LANE_64, 1, both, high, 0);
        old = ir_cas_op(u, exclusive_memop(t, size) | IR_MEM_ATOMIC, addr, both, new);
        differ = ir_op2(u, IR_OR,
                        ir_op2(u, IR_XOR, ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 0, old, 0, 0), seen),
                        ir_op2(u, IR_XOR, ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 1, old, 0, 0), high));
        set_r(t, a->rm, ir_setcc(u, IR_NE, IR_I64, differ, const64(t, 0)));
    } else {
        set_r(t, a->rm, swap_if_seen(t, a, size, addr, seen, new));
    }
    ir_br(u, done);

    ir_place_block(u, fail);
    set_r(t, a->rm, const64(t, 1));
    ir_br(u, done);

    ir_place_block(u, done);
    open_monitor(t);
    return true;
}

A64(stxr, store_exclusive(t, a, a->sz, get_x(t, a->rd)))

bool a64_stxp(struct translator *t, const struct a64_args *a)
{
    ir_val pair = join(t, a->sz, get_r(t, a->sz, a->rd), get_r(t, a->sz, a->ra));
    return store_exclusive(t, a, a->sz ? IR_MEM_128 : IR_MEM_64, pair);
}

/* -- LSE -- */

static unsigned atomic_memop(const struct translator *t, const struct a64_args *a, unsigned size)
{
    return ordered_memop(t, size) | (a->acq ? IR_MEM_ACQUIRE : 0) | (a->rel ? IR_MEM_RELEASE : 0);
}

static bool amo(struct translator *t, const struct a64_args *a, enum ir_amo kind, bool invert)
{
    bool sf = a->sz == IR_MEM_64;
    ir_val addr = base_address(t, a->rn), v = get_r(t, sf, a->rm);
    if (invert)
        v = ir_op1(t->u, IR_NOT, v);
    set_r(t, a->rd, ir_amo_op(t->u, kind, atomic_memop(t, a, a->sz), addr, v));
    return true;
}

bool a64_ldadd(struct translator *t, const struct a64_args *a)
{
    static const uint8_t kinds[] = {IR_AMO_ADD, IR_AMO_AND, IR_AMO_XOR, IR_AMO_OR,
                                    IR_AMO_MAX, IR_AMO_MIN, IR_AMO_MAXU, IR_AMO_MINU};
    return amo(t, a, kinds[a->op], a->op == 1);
}

A64(swp, amo(t, a, IR_AMO_SWAP, false))

bool a64_cas(struct translator *t, const struct a64_args *a)
{
    bool sf = a->sz == IR_MEM_64;
    ir_val addr = base_address(t, a->rn), expected = get_r(t, sf, a->rm);
    if (a->sz < IR_MEM_32)
        expected = ir_op1(t->u, a->sz ? IR_ZEXT16 : IR_ZEXT8, expected);
    set_r(t, a->rm, ir_cas_op(t->u, atomic_memop(t, a, a->sz) | IR_MEM_ALIGN, addr, expected, get_r(t, sf, a->rd)));
    return true;
}

/* Both pairs begin with an even register. */
bool a64_casp(struct translator *t, const struct a64_args *a)
{
    bool sf = a->sz;
    if ((a->rm | a->rd) & 1)
        return false;
    ir_val addr = base_address(t, a->rn);
    ir_val expected = join(t, sf, get_r(t, sf, a->rm), get_r(t, sf, a->rm + 1));
    ir_val desired = join(t, sf, get_r(t, sf, a->rd), get_r(t, sf, a->rd + 1));
    unsigned memop = atomic_memop(t, a, sf ? IR_MEM_128 : IR_MEM_64) | IR_MEM_ALIGN;
    if (sf)
        memop &= ~(IR_MEM_ACQUIRE | IR_MEM_RELEASE);
    ir_val old = ir_cas_op(t->u, memop, addr, expected, desired);
    set_r(t, a->rm, split(t, sf, old, 0));
    set_r(t, a->rm + 1, split(t, sf, old, 1));
    return true;
}
