/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops that are one unit: what each turn would test again is tested once. A unit that jumps back to its own
 * start, or branches there, is made twice: behind a test of the guest registers, a copy that relies on it (aligned
 * accesses, boxed floats) and turns without leaving the unit, and the unit as it was for all other cases. Where nothing is
 * to be tested there is only the former.
 *
 * A fact of a value says for each level what it hangs on: "if those registers have the level when a turn
 * begins, so has the value". Level k of an integer: it is a multiple of 2^k. Level 1 of an F64: its upper
 * half is all ones, a boxed F32. A register is relied on only if it has the level again when the turn ends.
 */
#include <string.h>

#include "ir-internal.h"

#define LEVELS 3      /* multiples of 8: no access is larger */
#define MAX_REGS 64   /* registers that facts can hang on */
#define MAX_BLOCKS 128 /* of a unit that is looked at */

struct fact {
    uint8_t level;             /* 0: nothing is known */
    uint64_t needs[LEVELS + 1]; /* for each level up to that: set of registers, by number_of */
};

struct loop {
    struct ir_unit *u;
    uint8_t nregs;                          /* registers that facts can hang on ... */
    uint16_t reg_of[MAX_REGS];
    uint8_t number_of[IR_MAX_REGS];         /* and back, or MAX_REGS */
    uint8_t assumed[MAX_REGS];              /* level at the beginning of a turn */
    struct fact in[MAX_BLOCKS + 1][MAX_REGS]; /* registers where a block begins; last: where a turn ends */
    bool reached[MAX_BLOCKS + 1];
    bool changed;                           /* what is known where some block begins is less than before */
    struct fact value[IR_MAX_OPS];
    bool known[IR_MAX_OPS];                 /* ops whose own test goes */
    uint64_t wanted[LEVELS + 1];            /* registers that they hang on, by level */
};

static const struct fact nothing;

/* -- Facts -- */

static struct fact whatever_holds(unsigned level)
{
    return (struct fact){.level = level};
}

static unsigned level_of_const(int64_t v)
{
    return v ? MIN(__builtin_ctzll(v), LEVELS) : LEVELS;
}

/* True where both are. */
static struct fact both(struct fact a, struct fact b)
{
    struct fact f = {.level = MIN(a.level, b.level)};

    for (unsigned k = 1; k <= f.level; k++) {
        f.needs[k] = a.needs[k] | b.needs[k];
    }
    return f;
}

/* A multiple of 2^level made of a value, whose own level counts beyond that. */
static struct fact at_least(struct fact f, unsigned level)
{
    f.level = MAX(f.level, level);
    for (unsigned k = 1; k <= level; k++) {
        f.needs[k] = 0;
    }
    return f;
}

/* Level of the constant that the second argument is; for the other ones -1. */
static int const_level(const struct ir_unit *u, const struct ir_op *o)
{
    const struct ir_op *c = &u->ops[o->arg[1]];

    return c->op == IR_CONST ? (int)level_of_const(c->imm) : -1;
}

static struct fact fact_of_value(const struct loop *l, const struct ir_op *o, const struct fact *regs)
{
    const struct fact *v = l->value;
    int k = const_level(l->u, o);
    unsigned n;

    switch (o->op) {
    case IR_CONST:
    case IR_PC: /* it moves by whole pages */
        return whatever_holds(level_of_const(o->imm));
    case IR_GET:
        n = l->number_of[o->imm];
        return n < MAX_REGS ? regs[n] : nothing;
    case IR_ADD:
    case IR_SUB:
    case IR_OR:
    case IR_XOR:
        return both(v[o->arg[0]], v[o->arg[1]]);
    case IR_AND:
    case IR_MUL:
        return k >= 0 ? at_least(v[o->arg[0]], k) : both(v[o->arg[0]], v[o->arg[1]]);
    case IR_SHL:
        n = ir_type_bits(o->type) - 1;
        return k >= 0 ? at_least(v[o->arg[0]], MIN(l->u->ops[o->arg[1]].imm & n, LEVELS)) : v[o->arg[0]];
    case IR_SEXT32:
    case IR_ZEXT32:
    case IR_TRUNC:
    case IR_SX:
    case IR_ZX:
        return v[o->arg[0]];
    case IR_SELECT:
        return ir_is_int(o->type) ? both(v[o->arg[2]], v[o->arg[3]]) : nothing;
    case IR_FBOX:
        return whatever_holds(1);
    default:
        return nothing;
    }
}

/* -- One turn -- */

static bool same(const struct fact *a, const struct fact *b)
{
    return a->level == b->level && !memcmp(a->needs, b->needs, sizeof(a->needs));
}

static void arrive(struct loop *l, unsigned block, const struct fact *regs)
{
    for (unsigned n = 0; n < l->nregs; n++) {
        struct fact f = l->reached[block] ? both(l->in[block][n], regs[n]) : regs[n];
        l->changed |= !l->reached[block] || !same(&f, &l->in[block][n]);
        l->in[block][n] = f;
    }
    l->reached[block] = true;
}

/* Follow the facts through a block. */
static void follow_block(struct loop *l, unsigned b)
{
    const struct ir_block *blk = &l->u->blocks[b];
    struct fact regs[MAX_REGS];
    unsigned to[2];

    memcpy(regs, l->in[b], l->nregs * sizeof(regs[0]));
    for (uint32_t i = blk->first; i < blk->end; i++) {
        const struct ir_op *o = &l->u->ops[i];
        l->value[i] = fact_of_value(l, o, regs);
        if (o->op == IR_PUT && l->number_of[o->imm] < MAX_REGS) {
            regs[l->number_of[o->imm]] = l->value[o->arg[0]];
        } else if (o->op == IR_CALL && (ir_op_helper(o)->flags & IR_H_WRITES)) {
            memset(regs, 0, sizeof(regs));
        } else if (ir_jumps_back(l->u, o)) {
            arrive(l, MAX_BLOCKS, regs);
        }
        for (unsigned n = 0, count = ir_successors(o, to); n < count; n++) {
            arrive(l, to[n] ? to[n] : MAX_BLOCKS, regs);
        }
    }
}

static bool follow_turn(struct loop *l)
{
    memset(l->reached, 0, sizeof(l->reached));
    for (unsigned n = 0; n < l->nregs; n++) {
        struct fact f = {.level = l->assumed[n]};
        for (unsigned k = 1; k <= f.level; k++) {
            f.needs[k] = UINT64_C(1) << n;
        }
        l->in[0][n] = f;
    }
    l->reached[0] = true;
    do { /* until loops within bring nothing new */
        l->changed = false;
        for (unsigned b = 0; b < l->u->nblocks; b++) {
            if (l->reached[b]) {
                follow_block(l, b);
            }
        }
    } while (l->changed);
    return l->reached[MAX_BLOCKS];
}

/* Assume less until a turn leaves what it is assumed to find. False: there is no loop to be had. */
static bool settle(struct loop *l)
{
    for (bool changed = true; changed;) {
        if (!follow_turn(l)) {
            return false;
        }
        changed = false;
        for (unsigned n = 0; n < l->nregs; n++) {
            if (l->in[MAX_BLOCKS][n].level < l->assumed[n]) {
                l->assumed[n] = l->in[MAX_BLOCKS][n].level;
                changed = true;
            }
        }
    }
    return true;
}

/* -- What is gained, and what it hangs on -- */

static bool is_plain_access(const struct ir_op *o)
{
    return (o->op == IR_LD || o->op == IR_ST) && !ir_is_vector(o->type) && (o->aux & IR_MEM_SIZE) &&
           !(o->aux & IR_MEM_ODD) && !(o->aux >> IR_MEM_CTX_SHIFT & 7);
}

static void collect(struct loop *l)
{
    for (uint32_t i = 1; i < l->u->nops; i++) {
        const struct ir_op *o = &l->u->ops[i];
        struct fact f = l->value[o->arg[0]];
        unsigned level = 0;
        if (is_plain_access(o)) {
            f = both(f, whatever_holds(level_of_const(o->imm)));
            level = o->aux & IR_MEM_SIZE;
        } else if (o->op == IR_FUNBOX) {
            level = 1;
        }
        l->known[i] = level && f.level >= level;
        if (l->known[i]) {
            l->wanted[level] |= f.needs[level];
        }
    }
}

/* A register that is relied on must keep its level, so what that hangs on is relied on too. */
static void close_over_turns(struct loop *l)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned k = 1; k <= LEVELS; k++) {
            for (unsigned n = 0; n < l->nregs; n++) {
                uint64_t needs = l->in[MAX_BLOCKS][n].needs[k];
                if ((l->wanted[k] >> n & 1) && (needs & ~l->wanted[k])) {
                    l->wanted[k] |= needs;
                    changed = true;
                }
            }
        }
    }
}

static bool prepare(struct loop *l)
{
    const struct ir_unit *u = l->u;
    bool jumps_back = false;

    if (u->nblocks > MAX_BLOCKS) {
        return false;
    }
    for (unsigned b = 0; b < u->nblocks; b++) {
        const struct ir_op *o = &u->ops[u->blocks[b].end - 1];
        unsigned to[2], n = ir_successors(o, to);
        jumps_back |= ir_jumps_back(u, o) || (n && !to[0]) || (n > 1 && !to[1]);
    }
    if (!jumps_back) {
        return false;
    }
    l->value[0] = nothing; /* of arguments that there are not */
    l->nregs = 0;
    memset(l->number_of, MAX_REGS, u->arch->nregs);
    memset(l->wanted, 0, sizeof(l->wanted));
    for (uint32_t i = 1; i < u->nops; i++) {
        const struct ir_op *o = &u->ops[i];
        if (o->op == IR_GET && l->number_of[o->imm] == MAX_REGS && l->nregs < MAX_REGS) {
            unsigned t = u->regs[o->imm].type;
            l->assumed[l->nregs] = ir_is_int(t) ? LEVELS : t == IR_F64 ? 1 : 0;
            l->reg_of[l->nregs] = o->imm;
            l->number_of[o->imm] = l->nregs++;
        }
    }
    return true;
}

/* -- The new unit -- */

/* The bits that must be zero: x with those of register n at the level. */
static ir_val add_test(struct ir_unit *u, ir_val x, unsigned reg, unsigned level)
{
    unsigned type = u->regs[reg].type;
    ir_val v = ir_get(u, reg, type);

    if (type == IR_F64) {
        v = ir_op1(u, IR_NOT, ir_convert(u, IR_BITS, IR_I64, v));
        v = ir_op2(u, IR_SHR, v, ir_const(u, IR_I64, 32));
    } else {
        v = type == IR_I32 ? ir_convert(u, IR_ZX, IR_I64, v) : v;
        v = ir_op2(u, IR_AND, v, ir_const(u, IR_I64, (1 << level) - 1));
    }
    return x ? ir_op2(u, IR_OR, x, v) : v;
}

static ir_val test_registers(const struct loop *l)
{
    uint64_t done = 0;
    ir_val x = 0;

    for (unsigned k = LEVELS; k >= 1; k--) {
        for (unsigned n = 0; n < l->nregs; n++) {
            if (l->wanted[k] & ~done & UINT64_C(1) << n) {
                x = add_test(l->u, x, l->reg_of[n], k);
            }
        }
        done |= l->wanted[k];
    }
    return x;
}

/* Blocks of the new unit: 0 tests, then n copies that rely on it, then n that do not. */
static void copy_blocks(struct loop *l, const struct ir_op *ops, const struct ir_block *blocks, unsigned n, bool fast)
{
    struct ir_unit *u = l->u;
    unsigned base = fast ? 1 : 1 + n;

    for (unsigned b = 0; b < n; b++) {
        ir_place_block(u, base + b);
        int32_t delta = (int32_t)u->nops - (int32_t)blocks[b].first;
        for (uint32_t i = blocks[b].first; i < blocks[b].end; i++) {
            struct ir_op o = ops[i];
            for (unsigned k = 0, args = ir_nargs(&o); k < args; k++) {
                o.arg[k] += delta;
            }
            ir_shift_blocks(&o, base);
            if (fast && l->known[i]) {
                o.sub |= o.op == IR_FUNBOX ? IR_UNBOX_KNOWN : 0;
                o.aux |= o.op == IR_FUNBOX ? 0 : IR_MEM_ALIGNED;
            }
            if (fast && ir_jumps_back(u, &o)) {
                o = (struct ir_op){.op = IR_BR, .aux = 1};
            }
            ir_append(u, o);
        }
    }
}

/* Branches of the fast copy to a block that only turns go to the loop's begin. */
static void shorten_turns(struct ir_unit *u, unsigned n)
{
    for (unsigned b = 1; b <= n; b++) {
        struct ir_op *o = &u->ops[u->blocks[b].end - 1];
        if (ir_is_two_way(o->op)) {
            unsigned to[2] = {o->aux & 0xffff, o->aux >> 16};
            for (unsigned k = 0; k < 2; k++) {
                const struct ir_block *t = &u->blocks[to[k]];
                to[k] = t->end == t->first + 1 && u->ops[t->first].op == IR_BR && u->ops[t->first].aux == 1 ? 1 : to[k];
            }
            o->aux = ir_brcc_aux(to[0], to[1]);
        }
    }
}

static void rebuild(struct loop *l)
{
    struct ir_unit *u = l->u;
    unsigned n = u->nblocks;
    g_autofree struct ir_op *ops = g_memdup2(u->ops, u->nops * sizeof(ops[0]));
    struct ir_block blocks[MAX_BLOCKS];
    uint32_t ninsns = u->ninsns;

    memcpy(blocks, u->blocks, n * sizeof(blocks[0]));
    ir_begin_again(u);
    bool tests = l->wanted[1] | l->wanted[2] | l->wanted[3];
    for (unsigned b = 0; b < (tests ? 2 : 1) * n; b++) {
        unsigned copy = ir_new_block(u, blocks[b % n].cold || b >= n);
        u->blocks[copy].rare = blocks[b % n].rare;
    }
    if (tests) {
        ir_val wrong = test_registers(l);
        ir_brcc(u, IR_EQ, wrong, ir_const(u, IR_I64, 0), 1, 1 + n);
    } else {
        ir_br(u, 1);
    }
    copy_blocks(l, ops, blocks, n, true);
    if (tests) {
        copy_blocks(l, ops, blocks, n, false);
    }
    shorten_turns(u, n);
    ir_optimise(u);
    u->ninsns = ninsns;
}

bool ir_specialise_loop(struct ir_unit *u)
{
    g_autofree struct loop *l = g_new(struct loop, 1); /* too big for the stack */

    l->u = u;
    if (2 * u->nops + 4 * MAX_REGS > IR_MAX_OPS || !prepare(l) || !settle(l)) {
        return false;
    }
    collect(l);
    close_over_turns(l);
    rebuild(l);
    return true;
}
