/* SPDX-License-Identifier: BSD-2-Clause */
/* A32 and T32: loads and stores, exclusives. Manual: DDI 0487, chapter F5; E2 for alignment and atomicity. */
#include "trans-a32.h"
#include "trans-m.h"

/* -- Addresses -- */

/* Base, what is added to or subtracted from it, and when. */
struct place {
    unsigned rn;
    ir_val base, moved; /* Rn, and with the offset */
    bool pre, write;    /* the access is at moved; Rn becomes it */
};

enum { PUW_P = 4, PUW_U = 2, PUW_W = 1 };

/* offset: as I32. */
static struct place place(struct translator *t, unsigned rn, unsigned puw, ir_val offset)
{
    ir_val base = rn == 15 ? ir_pc(t->u, IR_I32, pc_ahead(t) & ~3u) : get32(t, rn);
    bool pre = puw & PUW_P;
    ir_val moved = op2(t, puw & PUW_U ? IR_ADD : IR_SUB, base, offset);
    if (rn == 13 && (!pre || (puw & PUW_W)))
        m_check_sp(t, puw & PUW_U ? base : moved);
    return (struct place){
        .rn = rn,
        .base = base,
        .moved = moved,
        .pre = pre,
        .write = !pre || (puw & PUW_W),
    };
}

static ir_val access_address(const struct place *p)
{
    return p->pre ? p->moved : p->base;
}

static void write_back(struct translator *t, const struct place *p)
{
    if (p->write)
        put32(t, p->rn, p->moved);
}

/* Writing back to a base that is the PC, or that is loaded. */
static bool place_valid(const struct place *p, bool load, unsigned rt)
{
    return !p->write || (p->rn != 15 && !(load && p->rn == rt));
}

/* -- Accesses -- */

/* Before v6 misaligned addresses lose their low bits. */
static bool old_alignment(const struct translator *t)
{
    return !t->config->has[ARMF_v6] && !(t->mode & ARMKEY_ALIGN);
}

/* memop with size and sign. A misaligned LDR rotates where addresses lose their low bits. */
static ir_val load32(struct translator *t, unsigned memop, ir_val addr)
{
    struct ir_unit *u = t->u;
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    if (size == 1 || !old_alignment(t))
        return ir_load(u, IR_I32, memop, address(t, addr), 0);
    ir_val v = ir_load(u, IR_I32, memop, address(t, op2i(t, IR_AND, addr, -size)), 0);
    return size == 4 ? op2(t, IR_ROTR, v, op2i(t, IR_SHL, addr, 3)) : v;
}

static void store32(struct translator *t, unsigned memop, ir_val addr, ir_val v)
{
    unsigned size = 1u << (memop & IR_MEM_SIZE);
    if (size > 1 && old_alignment(t))
        addr = op2i(t, IR_AND, addr, -size);
    ir_store(t->u, memop, address(t, addr), 0, v);
}

static void put_loaded(struct translator *t, unsigned rt, ir_val v)
{
    if (rt == 15)
        a32_write_pc_load(t, v);
    else
        put32(t, rt, v);
}

static bool transfer(struct translator *t, const struct place *p, bool load, unsigned memop, unsigned rt)
{
    bool word = (memop & IR_MEM_SIZE) == IR_MEM_32;
    if (!place_valid(p, load, rt) || (rt == 15 && !word))
        return false;
    if (load) {
        ir_val v = load32(t, memop, access_address(p));
        write_back(t, p);
        put_loaded(t, rt, v);
    } else {
        store32(t, memop, access_address(p), get32(t, rt));
        write_back(t, p);
    }
    return true;
}

static unsigned word_or_byte(struct translator *t, const struct a32_args *a)
{
    unsigned memop = a->sz ? IR_MEM_8 : IR_MEM_32;
    return (a->puw & (PUW_P | PUW_W)) == PUW_W ? memop_unprivileged(t, memop) : memop_of(t, memop);
}

bool a32_ldst_imm(struct translator *t, const struct a32_args *a)
{
    struct place p = place(t, a->rn, a->puw, const32(t, a->imm));
    return transfer(t, &p, a->s, word_or_byte(t, a), a->rd);
}

/* Rm shifted by a constant, as shifter operands are. */
static ir_val scaled(struct translator *t, unsigned rm, unsigned kind, unsigned n)
{
    static const uint8_t ops[] = { IR_SHL, IR_SHR, IR_SAR, IR_ROTR };
    ir_val m = get32(t, rm);
    if (!n && kind == 3) { /* RRX */
        ir_val c = flag_setcc(t, IR_FLAG_C, IR_I32);
        return op2(t, IR_OR, op2i(t, IR_SHR, m, 1), op2i(t, IR_SHL, c, 31));
    }
    if (!n && kind)
        return kind == 1 ? const32(t, 0) : op2i(t, IR_SAR, m, 31);
    return n ? op2i(t, ops[kind], m, n) : m;
}

bool a32_ldst_reg(struct translator *t, const struct a32_args *a)
{
    if (a->rm == 15)
        return false;
    struct place p = place(t, a->rn, a->puw, scaled(t, a->rm, a->sh, a->amt));
    return transfer(t, &p, a->s, word_or_byte(t, a), a->rd);
}

/* Two words, at an address that must be a multiple of 4; where it is one of 8 they are accessed as one (LPAE). */
static ir_val pair_address(struct translator *t, ir_val addr)
{
    return address(t, old_alignment(t) ? op2i(t, IR_AND, addr, ~7u) : addr);
}

static void load_pair(struct translator *t, unsigned rt, unsigned rt2, const struct place *p)
{
    struct ir_unit *u = t->u;
    ir_val addr = pair_address(t, access_address(p));
    unsigned memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN;
    ir_val low, high;
    if (t->config->has[ARMF_lpae]) {
        ir_val both = ir_load(u, IR_I64, memop_of(t, IR_MEM_64) | IR_MEM_ALIGN | IR_MEM_WORDS, addr, 0);
        low = ir_convert(u, IR_TRUNC, IR_I32, both);
        high = ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, both, const64(t, 32)));
        if (t->order) {
            ir_val swap = low;
            low = high;
            high = swap;
        }
    } else {
        low = ir_load(u, IR_I32, memop, addr, 0);
        high = ir_load(u, IR_I32, memop, addr, 4);
    }
    write_back(t, p);
    put32(t, rt, low);
    put32(t, rt2, high);
}

static void store_pair(struct translator *t, unsigned rt, unsigned rt2, const struct place *p)
{
    struct ir_unit *u = t->u;
    ir_val addr = pair_address(t, access_address(p));
    unsigned memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN;
    ir_val low = get32(t, rt), high = get32(t, rt2);
    if (t->config->has[ARMF_lpae]) {
        ir_val l = address(t, t->order ? high : low), h = address(t, t->order ? low : high);
        ir_store(u, memop_of(t, IR_MEM_64) | IR_MEM_ALIGN | IR_MEM_WORDS, addr, 0,
                 ir_op2(u, IR_OR, l, ir_op2(u, IR_SHL, h, const64(t, 32))));
    } else {
        ir_store(u, memop, addr, 0, low);
        ir_store(u, memop, addr, 4, high);
    }
    write_back(t, p);
}

static bool dual(struct translator *t, bool load, unsigned rt, unsigned rt2, const struct place *p)
{
    if (rt2 == 15 || rt == 15 || !place_valid(p, load, rt) || !place_valid(p, load, rt2) || (load && rt == rt2))
        return false;
    if (load)
        load_pair(t, rt, rt2, p);
    else
        store_pair(t, rt, rt2, p);
    return true;
}

/* op: 1 halfword, 2 LDRSB or (no load) LDRD, 3 LDRSH or STRD. */
static bool extra(struct translator *t, const struct a32_args *a, ir_val offset)
{
    static const unsigned sizes[4] = { 0, IR_MEM_16, IR_MEM_8 | IR_MEM_SIGNED, IR_MEM_16 | IR_MEM_SIGNED };
    struct place p = place(t, a->rn, a->puw, offset);
    bool unprivileged = (a->puw & (PUW_P | PUW_W)) == PUW_W;
    if (!a->s && a->op != 1)
        return t->config->has[ARMF_v5] && !(a->rd & 1) && !unprivileged && dual(t, a->op == 2, a->rd, a->rd + 1, &p);
    return transfer(t, &p, a->s, unprivileged ? memop_unprivileged(t, sizes[a->op]) : memop_of(t, sizes[a->op]), a->rd);
}

A32(extra_imm, extra(t, a, const32(t, a->imm)))
A32(extra_reg, a->rm != 15 && extra(t, a, get32(t, a->rm)))

bool a32_ldrd(struct translator *t, const struct a32_args *a)
{
    struct place p = place(t, a->rn, (a->x ? PUW_P : 0) | a->y | a->puw, const32(t, 4 * a->imm));
    return dual(t, a->s, a->rd, a->ra, &p);
}

/* -- T32: op is the sign -- */

static unsigned t32_memop(const struct a32_args *a)
{
    return a->sz | (a->op ? IR_MEM_SIGNED : 0);
}

/* Loads of bytes and halves to the PC are preloads and hints. */
static bool is_hint(const struct a32_args *a)
{
    return a->rd == 15 && a->s && a->sz != IR_MEM_32;
}

bool a32_t_ldst_imm(struct translator *t, const struct a32_args *a)
{
    if (is_hint(a))
        return true;
    if (!a->s && a->rn == 15)
        return false;
    struct place p = place(t, a->rn, PUW_P | PUW_U, const32(t, a->imm));
    return transfer(t, &p, a->s, memop_of(t, t32_memop(a)), a->rd);
}

/* Also literals before the instruction, whose offset has 12 bits, and the unprivileged ones. */
bool a32_t_ldst_idx(struct translator *t, const struct a32_args *a)
{
    bool unprivileged = a->puw == (PUW_P | PUW_U);
    if (a->rn == 15) {
        if (!a->s)
            return false;
        struct place p = place(t, 15, PUW_P, const32(t, bits(t->insn, 0, 12)));
        return is_hint(a) || transfer(t, &p, true, memop_of(t, t32_memop(a)), a->rd);
    }
    if (a->puw == 0 || a->puw == PUW_U)
        return false;
    if (is_hint(a) && a->puw == PUW_P)
        return true;
    struct place p = place(t, a->rn, a->puw, const32(t, a->imm));
    return transfer(t, &p, a->s, unprivileged ? memop_unprivileged(t, t32_memop(a)) : memop_of(t, t32_memop(a)), a->rd);
}

bool a32_t_ldst_reg(struct translator *t, const struct a32_args *a)
{
    if (a->rn == 15) { /* a literal whose offset begins with zeros */
        struct place p = place(t, 15, PUW_P, const32(t, bits(t->insn, 0, 12)));
        return a->s && (is_hint(a) || transfer(t, &p, true, memop_of(t, t32_memop(a)), a->rd));
    }
    if (a->rm == 15)
        return false;
    if (is_hint(a))
        return true;
    struct place p = place(t, a->rn, PUW_P | PUW_U, scaled(t, a->rm, 0, a->amt));
    return transfer(t, &p, a->s, memop_of(t, t32_memop(a)), a->rd);
}

A32(preload, true)

bool a32_tbb(struct translator *t, const struct a32_args *a)
{
    if (a->rm == 15)
        return false;
    ir_val base = get32(t, a->rn), m = get32(t, a->rm);
    ir_val at = op2(t, IR_ADD, base, a->sz ? op2i(t, IR_SHL, m, 1) : m);
    ir_val v = load32(t, memop_of(t, a->sz ? IR_MEM_16 : IR_MEM_8), at);
    a32_branch_register(t, op2(t, IR_ADD, ir_pc(t->u, IR_I32, pc_ahead(t)), op2i(t, IR_SHL, v, 1)));
    return true;
}

/* -- Several registers -- */

/* What of user mode. */
static ir_val get_user(struct translator *t, unsigned n)
{
    if (n < 8 || n == 15)
        return get32(t, n);
    return ir_convert(t->u, IR_TRUNC, IR_I32, ir_call(t->u, &arm_helper_a32_user_reg, IR_I64, const64(t, n), 0, 0, 0));
}

static void put_user(struct translator *t, unsigned n, ir_val v)
{
    if (n < 8)
        put32(t, n, v);
    else
        ir_call(t->u, &arm_helper_a32_set_user_reg, IR_VOID, const64(t, n), address(t, v), 0, 0);
}

/* The lowest address. */
static ir_val block_address(struct translator *t, ir_val base, unsigned puw, unsigned n)
{
    int32_t from = puw & PUW_U ? (puw & PUW_P ? 4 : 0) : 4 - 4 * (int32_t)n - (puw & PUW_P ? 4 : 0);
    ir_val addr = from ? op2i(t, IR_ADD, base, from) : base;
    return address(t, old_alignment(t) ? op2i(t, IR_AND, addr, ~3u) : addr);
}

/* user: registers of user mode, or of a load with the PC an exception return. */
static bool load_multiple(struct translator *t, unsigned rn, unsigned list, unsigned puw, bool user)
{
    struct ir_unit *u = t->u;
    unsigned n = __builtin_popcount(list), memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN;
    bool pc = list >> 15;
    ir_val base = get32(t, rn), addr = block_address(t, base, puw, n), v_pc = 0, v_base = 0;
    int32_t disp = 0;
    for (unsigned r = 0; r < 16; r++) {
        if (!(list >> r & 1))
            continue;
        ir_val v = ir_load(u, IR_I32, memop, addr, disp);
        disp += 4;
        if (r == 15)
            v_pc = v;
        else if (r == rn)
            v_base = v;
        else if (user && !pc)
            put_user(t, r, v);
        else
            put32(t, r, v);
    }
    if (puw & PUW_W)
        put32(t, rn, op2i(t, IR_ADD, base, puw & PUW_U ? 4 * n : -4 * n));
    if (v_base && user && !pc)
        put_user(t, rn, v_base);
    else if (v_base)
        put32(t, rn, v_base);
    if (!pc)
        return true;
    if (user) {
        ir_val spsr = ir_call(u, &arm_helper_a32_spsr, IR_I64, 0, 0, 0, 0);
        ir_call(u, &arm_helper_a32_return, IR_VOID, address(t, v_pc), spsr, 0, 0);
        a32_exit_state(t);
    } else {
        a32_write_pc_load(t, v_pc);
    }
    return true;
}

static bool store_multiple(struct translator *t, unsigned rn, unsigned list, unsigned puw, bool user)
{
    struct ir_unit *u = t->u;
    unsigned n = __builtin_popcount(list), memop = memop_of(t, IR_MEM_32) | IR_MEM_ALIGN;
    ir_val base = get32(t, rn), moved = op2i(t, IR_ADD, base, puw & PUW_U ? 4 * n : -4 * n);
    bool push = (puw & (PUW_P | PUW_U)) == PUW_P && !old_alignment(t); /* moved is where the lowest goes */
    ir_val addr = push ? address(t, moved) : block_address(t, base, puw, n);
    int32_t disp = 0;
    for (unsigned r = 0; r < 16; r++) {
        if (!(list >> r & 1))
            continue;
        /* The base that is written back is stored as it was if it is the lowest, else what it becomes. */
        bool later = r == rn && (puw & PUW_W) && list & ((1u << r) - 1) && !t->config->has[ARMF_v7];
        ir_store(u, memop, addr, disp, later ? moved : user ? get_user(t, r) : get32(t, r));
        disp += 4;
    }
    if (puw & PUW_W)
        put32(t, rn, moved);
    return true;
}

static bool multiple(struct translator *t, bool load, unsigned rn, unsigned list, unsigned puw, bool user)
{
    if (rn == 15 || !list || (user && !t->el))
        return false;
    if (rn == 13 && (puw & PUW_W)) {
        ir_val base = get32(t, rn);
        m_check_sp(t, puw & PUW_U ? base : op2i(t, IR_SUB, base, 4 * __builtin_popcount(list)));
    }
    return load ? load_multiple(t, rn, list, puw, user) : store_multiple(t, rn, list, puw, user);
}

A32(ldm, multiple(t, a->s, a->rn, a->imm, a->puw, a->op))
A32(t_ldm, multiple(t, a->s, a->rn, a->imm & 0xffff, a->puw | a->y, false))

/* LDM writes back unless it loads the base. */
bool a32_t_ldm16(struct translator *t, const struct a32_args *a)
{
    bool loads_base = a->s && (a->imm >> a->rn & 1);
    return multiple(t, a->s, a->rn, a->imm, PUW_U | (loads_base ? 0 : PUW_W), false);
}

/* -- Exclusives, acquire and release -- */

/* sz as A32 encodes it: word, doubleword, byte, halfword. */
static unsigned size_of(const struct a32_args *a)
{
    static const uint8_t sizes[4] = { IR_MEM_32, IR_MEM_64, IR_MEM_8, IR_MEM_16 };
    return sizes[a->sz];
}

static unsigned exclusive_memop(const struct translator *t, unsigned size)
{
    return memop_of(t, size) | IR_MEM_ALIGN;
}

static bool exclusive_exists(const struct translator *t, const struct a32_args *a)
{
    const bool *has = t->config->has;
    return a->op ? !a->sz || has[ARMF_v6k] : has[ARMF_v8];
}

/* Two registers of a doubleword, the first at the lower address. */
static void put_pair(struct translator *t, unsigned rt, unsigned rt2, ir_val v)
{
    struct ir_unit *u = t->u;
    ir_val high = ir_convert(u, IR_TRUNC, IR_I32, ir_op2(u, IR_SHR, v, const64(t, 32)));
    put32(t, rt, t->order ? high : ir_convert(u, IR_TRUNC, IR_I32, v));
    put32(t, rt2, t->order ? ir_convert(u, IR_TRUNC, IR_I32, v) : high);
}

static ir_val get_pair(struct translator *t, unsigned rt, unsigned rt2)
{
    ir_val low = address(t, get32(t, t->order ? rt2 : rt)), high = address(t, get32(t, t->order ? rt : rt2));
    return ir_op2(t->u, IR_OR, low, ir_op2(t->u, IR_SHL, high, const64(t, 32)));
}

static bool load_exclusive(struct translator *t, unsigned size, bool acquire, unsigned rn, unsigned rt, unsigned rt2,
                           uint32_t offset)
{
    struct ir_unit *u = t->u;
    if (rn == 15 || rt == 15 || (size == IR_MEM_64 && rt2 == 15))
        return false;
    ir_val addr = address(t, op2i(t, IR_ADD, get32(t, rn), offset));
    ir_val v = ir_load(u, IR_I64, exclusive_memop(t, size) | IR_MEM_LR | (acquire ? IR_MEM_ACQUIRE : 0), addr, 0);
    ir_store_state(u, IR_MEM_64, STATE(excl_addr), addr);
    ir_store_state(u, IR_MEM_64, STATE(excl_value), v);
    if (size == IR_MEM_64)
        put_pair(t, rt, rt2, v);
    else
        put32(t, rt, ir_convert(u, IR_TRUNC, IR_I32, v));
    return true;
}

/* Compare and swap with what was seen; the status. */
static ir_val swap_if_seen(struct translator *t, unsigned memop, ir_val addr, ir_val seen, ir_val new)
{
    struct ir_unit *u = t->u;
    unsigned size = memop & IR_MEM_SIZE;
    ir_val differ = ir_op2(u, IR_XOR, ir_cas_op(u, memop, addr, seen, new), seen);
    if (size != IR_MEM_64)
        differ = ir_bits_get(u, false, differ, 0, 8u << size);
    return ir_setcc(u, IR_NE, IR_I32, differ, const64(t, 0));
}

static bool store_exclusive(struct translator *t, unsigned size, bool release, unsigned rn, unsigned rd, unsigned rt,
                            unsigned rt2, uint32_t offset)
{
    struct ir_unit *u = t->u;
    if (rn == 15 || rd == 15 || rt == 15 || rd == rn || rd == rt || (size == IR_MEM_64 && (rt2 == 15 || rd == rt2)))
        return false;
    ir_val addr = address(t, op2i(t, IR_ADD, get32(t, rn), offset));
    ir_val new = size == IR_MEM_64 ? get_pair(t, rt, rt2) : address(t, get32(t, rt));
    unsigned memop = exclusive_memop(t, size) | IR_MEM_ATOMIC | (release ? IR_MEM_RELEASE : 0);
    ir_val seen = monitored(t, addr);
    if (seen) {
        put32(t, rd, swap_if_seen(t, memop, addr, seen, new));
        ir_store_state(u, IR_MEM_64, STATE(excl_addr), const64(t, ~UINT64_C(0)));
        return true;
    }
    unsigned match = ir_new_block(u, false), fail = ir_new_block(u, true), done = ir_new_block(u, false);
    ir_brcc(u, IR_EQ, addr, ir_load_state(u, IR_I64, IR_MEM_64, STATE(excl_addr)), match, fail);

    ir_place_block(u, match);
    seen = ir_load_state(u, IR_I64, IR_MEM_64, STATE(excl_value));
    put32(t, rd, swap_if_seen(t, memop, addr, seen, new));
    ir_br(u, done);

    ir_place_block(u, fail);
    put32(t, rd, const32(t, 1));
    ir_br(u, done);

    ir_place_block(u, done);
    ir_store_state(u, IR_MEM_64, STATE(excl_addr), const64(t, ~UINT64_C(0)));
    return true;
}

static bool pair_valid(const struct a32_args *a, unsigned rt)
{
    return size_of(a) != IR_MEM_64 || (!(rt & 1) && rt < 14);
}

A32(ldrex, exclusive_exists(t, a) && pair_valid(a, a->rd) &&
    load_exclusive(t, size_of(a), !a->op, a->rn, a->rd, a->rd + 1, 0))
A32(strex, exclusive_exists(t, a) && pair_valid(a, a->rm) &&
    store_exclusive(t, size_of(a), !a->op, a->rn, a->rd, a->rm, a->rm + 1, 0))
A32(ldrex_imm, load_exclusive(t, IR_MEM_32, false, a->rn, a->rd, 0, 4 * a->imm))
A32(strex_imm, store_exclusive(t, IR_MEM_32, false, a->rn, a->rd, a->rm, 0, 4 * a->imm))
A32(ldrexd, a->rd != a->ra && load_exclusive(t, IR_MEM_64, !a->op, a->rn, a->rd, a->ra, 0))
A32(strexd, store_exclusive(t, IR_MEM_64, !a->op, a->rn, a->rd, a->rm, a->ra, 0))

bool a32_lda(struct translator *t, const struct a32_args *a)
{
    if (a->rn == 15 || a->rd == 15)
        return false;
    ir_val v = ir_load(t->u, IR_I32, exclusive_memop(t, size_of(a)) | IR_MEM_ACQUIRE, address(t, get32(t, a->rn)), 0);
    put32(t, a->rd, v);
    return true;
}

bool a32_stl(struct translator *t, const struct a32_args *a)
{
    if (a->rn == 15 || a->rd == 15)
        return false;
    ir_store(t->u, exclusive_memop(t, size_of(a)) | IR_MEM_RELEASE, address(t, get32(t, a->rn)), 0, get32(t, a->rd));
    return true;
}

bool a32_swp(struct translator *t, const struct a32_args *a)
{
    if (a->rn == 15 || a->rd == 15 || a->rm == 15)
        return false;
    unsigned memop = exclusive_memop(t, a->sz ? IR_MEM_8 : IR_MEM_32) | IR_MEM_ATOMIC;
    if (t->config->has[ARMF_mp])
        ir_call(t->u, &arm_helper_a32_swp, IR_VOID, 0, 0, 0, 0);
    ir_val addr = get32(t, a->rn), v;
    if (old_alignment(t) && !a->sz) {
        v = ir_amo_op(t->u, IR_AMO_SWAP, memop, address(t, op2i(t, IR_AND, addr, ~3u)), get32(t, a->rm));
        v = op2(t, IR_ROTR, v, op2i(t, IR_SHL, addr, 3));
    } else {
        v = ir_amo_op(t->u, IR_AMO_SWAP, memop, address(t, addr), get32(t, a->rm));
    }
    put32(t, a->rd, v);
    return true;
}
