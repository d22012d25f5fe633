/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where values are. A GET of a pinned guest register is a name for the host register, one of an unpinned
 * register a name for its memory, until something else is put there; then what is still used moves. So is a GETL.
 * Other values live in the temporaries and, when these do not suffice, in spill slots. A V128 is in an XMM register as an
 * F64 is; V256s are lower-vec.c's alone.
 */
#include "compile.h"

#include <string.h>

/* -- Facts -- */

static bool live_after(const struct x64 *c, ir_val v)
{
    return c->v[v].last > c->i;
}

static bool is_temp(const struct x64 *c, unsigned r)
{
    return r != NOREG && (c->temps & REG_BIT(r));
}

static bool is_xmm_value(const struct x64 *c, ir_val v)
{
    return is_xmm_type(c->ops[v].type);
}

static uint32_t temp_xmms(const struct x64 *c)
{
    return c->temps & ALL_XMMS;
}

bool x64_const(struct x64 *c, ir_val v, unsigned w, int64_t *k)
{
    const struct ir_op *o = &c->ops[v];

    if (o->op != IR_CONST) {
        return false;
    }
    *k = !w ? (int32_t)o->imm : o->type == IR_I32 ? (int64_t)(uint32_t)o->imm : o->imm;
    return true;
}

struct x64_mem x64_home(const struct x64 *c, unsigned home)
{
    unsigned nregs = c->a->arch->nregs;

    if (home < nregs) {
        return mem_base(RBP, c->a->regs[home].offset);
    }
    if (x64_vector_type(c->u->locals[home - nregs])) {
        return x64_vector_local(home - nregs, 0);
    }
    return mem_base(RSP, FRAME_LOCAL(home - nregs));
}

/* The memory that holds v. */
static bool memory_of(const struct x64 *c, ir_val v, struct x64_mem *m)
{
    const struct value *x = &c->v[v];

    if (x->slot >= 0) {
        *m = mem_slot(x->slot);
    } else if (x->vslot >= 0) {
        *m = mem_base(RSP, FRAME_VECTOR(x->vslot));
    } else if (x->home >= 0) {
        *m = x64_home(c, x->home);
    } else {
        return false;
    }
    return true;
}

/* -- Moving between places -- */

/* type: of the value. */
static void load_reg(struct x64 *c, unsigned type, unsigned reg, struct x64_mem m)
{
    emit_rm(&c->e, type == IR_V128 ? OP_MOVUPS : is_xmm(reg) ? OP_MOVSD : OP_MOV | OP_W, reg, m);
}

/* A guest register whose I32s are stored as 4 bytes. */
static bool is_low(const struct x64 *c, unsigned home)
{
    return home < c->a->arch->nregs && c->a->regs[home].low;
}

/* A value that is in memory. */
static void load_value(struct x64 *c, ir_val v, unsigned reg)
{
    const struct value *x = &c->v[v];
    struct x64_mem m;

    if (!memory_of(c, v, &m)) {
        g_assert_not_reached();
    }
    if (x->slot < 0 && x64_loads_low(c->a, x->home)) {
        emit_rm(&c->e, OP_MOV, reg, m);
    } else {
        load_reg(c, c->ops[v].type, reg, m);
    }
}

static void store_reg(struct x64 *c, unsigned type, unsigned reg, struct x64_mem m)
{
    emit_rm(&c->e, type == IR_V128 ? OP_MOVUPS_STORE : is_xmm(reg) ? OP_MOVSD_STORE : OP_MOV_STORE | OP_W, reg, m);
}

static void new_slot(struct x64 *c, ir_val v)
{
    if (c->ops[v].type == IR_V128) {
        x64_vector_slot(c, v);
        return;
    }
    c->v[v].slot = c->nfree ? c->free_slots[--c->nfree] : c->nslots++;
    g_assert(c->nslots <= SPILL_SLOTS);
}

static void free_slot(struct x64 *c, ir_val v)
{
    if (c->v[v].slot >= 0) {
        c->free_slots[c->nfree++] = c->v[v].slot;
        c->v[v].slot = -1;
    }
}

static void bind(struct x64 *c, ir_val v, unsigned reg)
{
    c->v[v].reg = reg;
    c->in_reg[reg] = v;
}

static void unbind(struct x64 *c, unsigned reg)
{
    ir_val v = c->in_reg[reg];

    if (v && c->v[v].reg == reg) {
        c->v[v].reg = NOREG;
    }
    c->in_reg[reg] = 0;
}

/* The value may be found without its register: in memory, or it is a constant. */
static void keep_in_memory(struct x64 *c, ir_val v)
{
    struct value *x = &c->v[v];

    if (x->slot < 0 && x->vslot < 0 && x->home < 0 && c->ops[v].op != IR_CONST) {
        struct x64_mem m;
        new_slot(c, v);
        memory_of(c, v, &m);
        store_reg(c, c->ops[v].type, x->reg, m);
    }
}

/* The register's value, if still needed now, can be found elsewhere; the register is free. */
static void spill_reg(struct x64 *c, unsigned reg)
{
    ir_val v = c->in_reg[reg];

    if (v && c->v[v].last >= c->i) {
        keep_in_memory(c, v);
    }
    unbind(c, reg);
}

/* XMM0 to XMM2 are the last choice: ops on vectors clear them. */
static int free_temp(const struct x64 *c, uint32_t set)
{
    for (uint32_t s = set & ~c->locked & ~TEMP_XMMS; s; s &= s - 1) {
        unsigned r = __builtin_ctz(s);
        if (!c->in_reg[r]) {
            return r;
        }
    }
    for (uint32_t s = set & ~c->locked & TEMP_XMMS; s; s &= s - 1) {
        unsigned r = __builtin_ctz(s);
        if (!c->in_reg[r]) {
            return r;
        }
    }
    return -1;
}

static unsigned alloc(struct x64 *c, uint32_t set)
{
    int r = free_temp(c, set);
    unsigned best = NOREG;

    if (r < 0) {
        for (uint32_t s = set & ~c->locked; s; s &= s - 1) {
            unsigned t = __builtin_ctz(s);
            if (best == NOREG || c->v[c->in_reg[t]].last > c->v[c->in_reg[best]].last) {
                best = t;
            }
        }
        g_assert(best != NOREG);
        spill_reg(c, best);
        r = best;
    }
    c->locked |= REG_BIT(r);
    return r;
}

unsigned x64_temp(struct x64 *c, uint32_t except)
{
    return alloc(c, TEMP_GPRS & ~except);
}

unsigned x64_free_temp(struct x64 *c, uint32_t except)
{
    int r = free_temp(c, TEMP_GPRS & ~except);

    if (r < 0) {
        return NOREG;
    }
    c->locked |= REG_BIT(r);
    return r;
}

unsigned x64_temp_xmm(struct x64 *c, uint32_t except)
{
    return alloc(c, temp_xmms(c) & ~except);
}

void x64_take(struct x64 *c, unsigned reg)
{
    ir_val v = c->in_reg[reg];

    if (v && c->v[v].last >= c->i) {
        int r = free_temp(c, TEMP_GPRS & ~REG_BIT(reg));
        if (r >= 0 && c->ops[v].op != IR_CONST) {
            emit_mov_rr(&c->e, r, reg);
            unbind(c, reg);
            bind(c, v, r);
        } else {
            spill_reg(c, reg);
        }
    } else {
        unbind(c, reg);
    }
    c->locked |= REG_BIT(reg);
}

void x64_clear_temps(struct x64 *c, uint32_t which)
{
    for (uint32_t s = c->temps & which; s; s &= s - 1) {
        spill_reg(c, __builtin_ctz(s));
    }
    c->locked &= ~which;
}

void x64_clear_scratch(struct x64 *c)
{
    c->locked |= TEMP_XMMS;
    for (unsigned reg = XMM0; reg <= XMM2; reg++) {
        ir_val v = c->in_reg[reg];
        int r = v && c->v[v].last >= c->i ? free_temp(c, temp_xmms(c)) : -1;
        if (r >= 0) {
            emit_mov_rr(&c->e, r, reg);
            unbind(c, reg);
            bind(c, v, r);
        } else {
            spill_reg(c, reg);
        }
    }
}

/* -- Operands -- */

void x64_copy(struct x64 *c, unsigned reg, ir_val v)
{
    int64_t k;

    if (x64_const(c, v, OP_W, &k)) {
        emit_mov_ri(&c->e, reg, k);
    } else if (c->v[v].reg != NOREG) {
        emit_mov_rr(&c->e, reg, c->v[v].reg);
    } else {
        load_value(c, v, reg);
    }
}

unsigned x64_use(struct x64 *c, ir_val v)
{
    unsigned r = c->v[v].reg;

    if (r == NOREG) {
        r = is_xmm_value(c, v) ? x64_temp_xmm(c, 0) : x64_temp(c, 0);
        x64_copy(c, r, v);
        bind(c, v, r);
    }
    if (is_temp(c, r)) {
        c->locked |= REG_BIT(r);
    }
    return r;
}

struct src x64_src(struct x64 *c, ir_val v, unsigned w)
{
    struct src s = {.kind = SRC_REG};
    int64_t k;

    if (x64_const(c, v, w, &k)) {
        if (k == (int32_t)k && c->v[v].reg == NOREG) {
            return (struct src){.kind = SRC_IMM, .imm = k};
        }
    } else if (c->v[v].reg == NOREG && (!live_after(c, v) || free_temp(c, TEMP_GPRS) < 0) && memory_of(c, v, &s.mem)) {
        s.kind = SRC_MEM;
        return s;
    }
    s.reg = x64_use(c, v);
    return s;
}

struct src x64_stable(struct x64 *c, ir_val v, unsigned w)
{
    struct src s = {.kind = SRC_MEM};
    int64_t k;

    if (x64_const(c, v, w, &k)) {
        if (k == (int32_t)k) {
            return (struct src){.kind = SRC_IMM, .imm = k};
        }
        if (c->v[v].slot < 0) {
            unsigned t = x64_temp(c, 0);
            emit_mov_ri(&c->e, t, k);
            new_slot(c, v);
            store_reg(c, IR_I64, t, mem_slot(c->v[v].slot));
            c->locked &= ~REG_BIT(t);
        }
    } else if (c->v[v].reg != NOREG) {
        if (!is_temp(c, c->v[v].reg)) {
            return (struct src){.kind = SRC_REG, .reg = c->v[v].reg};
        }
        keep_in_memory(c, v);
    }
    if (!memory_of(c, v, &s.mem)) {
        g_assert_not_reached();
    }
    return s;
}

void x64_load_src(struct x64 *c, unsigned w, unsigned reg, struct src s)
{
    switch (s.kind) {
    case SRC_IMM:
        emit_mov_ri(&c->e, reg, w ? (uint64_t)(int64_t)s.imm : (uint32_t)s.imm);
        break;
    case SRC_REG:
        if (reg != s.reg) {
            emit_rr(&c->e, OP_MOV | w, reg, s.reg);
        }
        break;
    case SRC_MEM:
        emit_rm(&c->e, OP_MOV | w, reg, s.mem);
        break;
    }
}

/* -- Results -- */

/* What the pinned register's name of an old guest value stands for moves elsewhere, if it is still needed. */
static void vacate(struct x64 *c, unsigned p)
{
    ir_val v = c->in_reg[p];

    if (v && live_after(c, v)) {
        int r = free_temp(c, is_xmm(p) ? temp_xmms(c) : TEMP_GPRS);
        if (c->v[v].slot < 0 && c->v[v].vslot < 0 && c->v[v].home < 0 && r >= 0) {
            emit_mov_rr(&c->e, r, p);
            unbind(c, p);
            bind(c, v, r);
            return;
        }
        keep_in_memory(c, v);
    }
    unbind(c, p);
}

/* The op's hint, if it can be written now. */
static unsigned usable_hint(struct x64 *c, uint32_t except)
{
    unsigned p = c->v[c->i].hint;
    ir_val old;

    if (p == NOREG || (except & REG_BIT(p))) {
        return NOREG;
    }
    old = c->in_reg[p];
    if (old && live_after(c, old)) {
        if (c->v[old].last <= c->v[c->i].put) {
            return NOREG;
        }
        vacate(c, p);
    }
    return p;
}

unsigned x64_def(struct x64 *c, unsigned prefer, uint32_t except)
{
    unsigned r = usable_hint(c, except);
    bool fp = is_xmm_type(c->ops[c->i].type);

    if (r != NOREG) {
        return r;
    }
    if (is_temp(c, prefer) && is_xmm(prefer) == fp && !(except & REG_BIT(prefer)) &&
        (!c->in_reg[prefer] || !live_after(c, c->in_reg[prefer]))) {
        c->locked |= REG_BIT(prefer);
        return prefer;
    }
    return fp ? x64_temp_xmm(c, except) : x64_temp(c, except);
}

void x64_set(struct x64 *c, unsigned reg)
{
    unbind(c, reg);
    if (c->v[c->i].last) {
        bind(c, c->i, reg);
    }
}

void x64_finish(struct x64 *c, unsigned reg)
{
    unsigned p;

    c->locked |= REG_BIT(reg);
    p = usable_hint(c, 0);
    if (p != NOREG) {
        emit_mov_rr(&c->e, p, reg);
        x64_set(c, p);
    } else {
        x64_set(c, reg);
    }
}

/* -- Ends and beginnings -- */

static void drop_if_dead(struct x64 *c, ir_val v)
{
    struct value *x = &c->v[v];

    if (v && x->last <= c->i) {
        if (x->reg != NOREG) {
            unbind(c, x->reg);
        }
        free_slot(c, v);
        x64_vector_drop(c, v);
        if (x->home >= 0) {
            if (c->in_home[x->home] == v) {
                c->in_home[x->home] = 0;
            }
            x->home = -1;
        }
    }
}

/* Of what flags are of, if that is what v is. */
static void drop_dead_flags(struct x64 *c, ir_val v)
{
    const struct ir_op *o = &c->ops[v];

    for (unsigned f = 0; o->op == IR_FLAGDEF && f < 3; f++) {
        drop_if_dead(c, c->v[o->arg[f]].root);
    }
}

void x64_end_op(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i], *carry = c->v[c->i].carry ? &c->ops[c->v[c->i].carry] : NULL;
    unsigned n = ir_op_nargs(o->op);

    c->locked = 0;
    for (unsigned k = 0; k < n; k++) {
        drop_dead_flags(c, o->arg[k]);
        drop_if_dead(c, x64_used(c, c->i, k));
    }
    for (unsigned k = 0; carry && k < ir_op_nargs(carry->op); k++) {
        drop_dead_flags(c, carry->arg[k]);
        drop_if_dead(c, c->v[carry->arg[k]].root);
    }
    if (unlikely(c->ndue) && (ir_op_flags(o->op) & IR_LATE)) {
        for (unsigned k = 0; k < c->ndue; k++) {
            drop_if_dead(c, x64_late_source(c, c->due[k].value));
        }
    }
}

void x64_begin_block(struct x64 *c)
{
    memset(c->in_reg, 0, sizeof(c->in_reg));
    memset(c->in_home, 0, (c->a->arch->nregs + c->u->nlocals) * sizeof(c->in_home[0]));
    c->locked = 0;
    c->nfree = c->nslots = 0;
    c->nvfree = c->nvslots = 0;
    c->ndue = 0;
    c->nchecks = 0;
    c->follower = 0;
}

void x64_clear_guest(struct x64 *c)
{
    for (uint32_t s = c->pins.pinned; s; s &= s - 1) {
        unsigned p = __builtin_ctz(s);
        ir_val v = c->in_reg[p];
        if (v && live_after(c, v)) {
            c->v[v].home = -1;
            keep_in_memory(c, v);
        }
        unbind(c, p);
    }
    for (unsigned h = 0; h < c->a->arch->nregs; h++) {
        ir_val v = c->in_home[h];
        if (v && live_after(c, v)) {
            if (c->v[v].reg == NOREG && c->v[v].slot < 0 && c->v[v].vslot < 0) {
                unsigned t = is_xmm_value(c, v) ? x64_temp_xmm(c, 0) : x64_temp(c, 0);
                load_value(c, v, t);
                bind(c, v, t);
            }
            c->v[v].home = -1;
            keep_in_memory(c, v);
            c->locked = 0;
        }
        c->in_home[h] = 0;
    }
}

/* -- Guest registers and locals -- */

static void name_home(struct x64 *c, ir_val v, unsigned home)
{
    c->v[v].home = home;
    c->in_home[home] = v;
}

void x64_vacate_home(struct x64 *c, unsigned home)
{
    ir_val v = c->in_home[home];

    if (v && c->v[v].home == (int)home) {
        if (live_after(c, v) && c->v[v].reg == NOREG && c->v[v].slot < 0 && c->v[v].vslot < 0 &&
            c->ops[v].op != IR_CONST) {
            unsigned t = is_xmm_value(c, v) ? x64_temp_xmm(c, 0) : x64_temp(c, 0);
            load_value(c, v, t);
            bind(c, v, t);
        }
        c->v[v].home = -1;
    }
    c->in_home[home] = 0;
}

/* The op's value is what is in the pinned register, or in the home if that is in memory. */
static void name_place(struct x64 *c, unsigned p, unsigned home)
{
    if (p == NOREG) {
        x64_vacate_home(c, home);
        name_home(c, c->i, home);
    } else {
        vacate(c, p);
        bind(c, c->i, p);
    }
}

void x64_get(struct x64 *c)
{
    unsigned reg = c->ops[c->i].imm;

    name_place(c, c->pins.host_of[reg], reg);
}

void x64_getl(struct x64 *c)
{
    unsigned n = c->ops[c->i].imm;

    name_place(c, gen_host_of_local(&c->pins, n), c->a->arch->nregs + n);
}

/* A value to the memory of a guest register or local, whole: 64 bits. */
static void store_home(struct x64 *c, unsigned home, ir_val v)
{
    unsigned type = c->ops[c->i].type, r;
    struct x64_mem m = x64_home(c, home);
    int64_t k;

    /* A V128 clears the rest of a V256. */
    bool part = type == IR_V128 && home < c->a->arch->nregs && c->a->regs[home].type == IR_V256;

    if (c->v[v].home == (int)home && (type != IR_I32 || c->v[v].zx) && !part) {
        return; /* it holds that already */
    }
    if (x64_const(c, v, OP_W, &k)) {
        k = type == IR_I32 ? (uint32_t)k : k;
        x64_vacate_home(c, home);
        if (k == (int32_t)k) {
            emit_rm(&c->e, OP_MOV_STORE_IMM | OP_W, 0, m);
            emit32(&c->e, k);
        } else {
            r = x64_temp(c, 0);
            emit_mov_ri(&c->e, r, k);
            store_reg(c, IR_I64, r, m);
        }
        return;
    }
    r = x64_use(c, v);
    x64_vacate_home(c, home);
    if (type == IR_F32) {
        unsigned t = x64_temp(c, 0);
        emit_rr(&c->e, OP_MOVD_FROM, r, t);
        store_reg(c, IR_I64, t, m);
    } else if (type == IR_I32 && !c->v[v].zx && is_low(c, home)) {
        emit_rm(&c->e, OP_MOV_STORE, r, m);
        return;
    } else if (type == IR_I32 && !c->v[v].zx) {
        unsigned t = x64_temp(c, 0);
        emit_rr(&c->e, OP_MOV, t, r);
        store_reg(c, IR_I64, t, m);
        return; /* the memory holds something else than v */
    } else {
        store_reg(c, type, r, m);
        if (part) {
            unsigned t = x64_temp_xmm(c, 0);
            emit_rr(&c->e, OP_XORPS, t, t);
            m.disp += 16;
            store_reg(c, type, t, m);
        }
    }
    if (c->v[v].home < 0) {
        name_home(c, v, home);
    }
}

/* The value to the pinned register, whole. */
static void put_pinned(struct x64 *c, unsigned p, ir_val v)
{
    bool narrow = c->ops[c->i].type == IR_I32 && !c->v[v].zx;
    int64_t k;

    if (c->v[v].reg == p && !narrow) {
        return;
    }
    if (narrow && !x64_const(c, v, OP_W, &k)) {
        unsigned r = x64_use(c, v);
        vacate(c, p);
        emit_rr(&c->e, OP_MOV, p, r);
        return;
    }
    vacate(c, p);
    if (x64_const(c, v, OP_W, &k)) {
        k = c->ops[c->i].type == IR_I32 ? (uint32_t)k : k;
        if (k == 0) {
            emit_rr(&c->e, OP_XOR, p, p);
        } else {
            emit_mov_ri(&c->e, p, k);
        }
        return;
    }
    x64_copy(c, p, v);
    if (c->ops[v].op == IR_PAGECHK) {
        return; /* that value may become 0 */
    }
    if (c->v[v].reg == NOREG || is_temp(c, c->v[v].reg)) {
        if (c->v[v].reg != NOREG) {
            unbind(c, c->v[v].reg);
        }
        bind(c, v, p);
    }
}

void x64_put(struct x64 *c)
{
    unsigned reg = c->ops[c->i].imm, p = c->pins.host_of[reg];

    if (c->v[c->i].late) {
        x64_late_put(c);
    } else if (p == NOREG) {
        store_home(c, reg, x64_arg(c, 0));
    } else {
        put_pinned(c, p, x64_arg(c, 0));
    }
}

void x64_putl(struct x64 *c)
{
    unsigned n = c->ops[c->i].imm, p = gen_host_of_local(&c->pins, n);

    if (p == NOREG) {
        store_home(c, c->a->arch->nregs + n, x64_arg(c, 0));
    } else {
        put_pinned(c, p, x64_arg(c, 0));
    }
}
