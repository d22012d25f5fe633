/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builders of the IR. They fold as they go (fold.c) and forward what is known of guest registers and
 * locals within a block, so that what reaches an engine is already without the obvious waste.
 */
#include "ir-internal.h"

#include <string.h>

/* -- Units, blocks, raw ops -- */

static void G_GNUC_NO_INLINE grow_ops(struct ir_unit *u)
{
    u->ops_cap = MAX(2 * u->ops_cap, 1024);
    u->ops = g_renew(struct ir_op, u->ops, u->ops_cap);
}

void *ir_scratch(struct ir_unit *u, size_t bytes)
{
    if (u->scratch_size < bytes) {
        g_free(u->scratch);
        u->scratch_size = 2 * bytes;
        u->scratch = g_malloc(u->scratch_size);
    }
    return u->scratch;
}

void ir_unit_free(struct ir_unit *u)
{
    g_free(u->ops);
    g_free(u->blocks);
    g_free(u->locals);
    g_free(u->local_known);
    g_free(u->scratch);
    memset(u, 0, sizeof(*u));
}

void ir_begin(struct ir_unit *u, const struct cpu_arch *arch)
{
    g_assert(arch->nregs <= IR_MAX_REGS);
    if (!u->ops_cap) {
        grow_ops(u);
    }
    u->arch = arch;
    u->regs = arch->regs;
    u->ops[0] = (struct ir_op){.op = IR_NOP};
    u->nops = 1;
    u->nblocks = 0;
    u->nlocals = 0;
    u->guest_size = u->guest_before = 0;
    u->ninsns = 0;
    u->va_mask = ~(gva)0;
    memset(u->value_hash, 0, sizeof(u->value_hash));
    memset(u->reg_known, 0, arch->nregs * sizeof(u->reg_known[0]));
    ir_open_block(u, ir_new_block(u, false));
}

void ir_begin_again(struct ir_unit *u)
{
    uint32_t guest_size = u->guest_size, guest_before = u->guest_before, ninsns = u->ninsns, nlocals = u->nlocals;
    const struct guest_reg *regs = u->regs;
    gva va_mask = u->va_mask;

    ir_begin(u, u->arch);
    u->regs = regs;
    u->guest_size = guest_size;
    u->guest_before = guest_before;
    u->ninsns = ninsns;
    u->nlocals = nlocals;
    u->va_mask = va_mask;
}

bool ir_has_room(const struct ir_unit *u)
{
    return u->nops + IR_INSN_OPS <= IR_MAX_OPS && u->nblocks + IR_INSN_BLOCKS <= IR_MAX_BLOCKS;
}

unsigned ir_new_block(struct ir_unit *u, bool cold)
{
    g_assert(u->nblocks < IR_BLOCK_LIMIT);
    if (u->nblocks == u->blocks_cap) {
        u->blocks_cap = MAX(2 * u->blocks_cap, 64);
        u->blocks = g_renew(struct ir_block, u->blocks, u->blocks_cap);
    }
    u->blocks[u->nblocks] = (struct ir_block){.cold = cold};
    return u->nblocks++;
}

void ir_open_block(struct ir_unit *u, unsigned b)
{
    u->current = b;
    u->blocks[b].first = u->blocks[b].end = u->nops;
    u->block_floor = u->reg_floor = u->nops;
}

/* True if the current block has its terminator. */
static bool block_ended(const struct ir_unit *u)
{
    return u->nops > u->blocks[u->current].first && (ir_op_flags(u->ops[u->nops - 1].op) & IR_TERM);
}

void ir_place_block(struct ir_unit *u, unsigned b)
{
    g_assert(b < u->nblocks && u->blocks[b].end == 0 && block_ended(u));
    ir_open_block(u, b);
}

ir_val ir_append(struct ir_unit *u, struct ir_op o)
{
    if (unlikely(u->nops == u->ops_cap)) {
        grow_ops(u);
    }
    u->ops[u->nops] = o;
    u->blocks[u->current].end = u->nops + 1;
    return u->nops++;
}

/* Append for the builders: in a debug build, with the op's types checked and the block open. */
static ir_val add(struct ir_unit *u, struct ir_op o)
{
#ifdef MYNAH_DEBUG
    const char *why = ir_check_op(u, &o, u->nops);
    if (why || block_ended(u)) {
        g_error("IR op %s: %s", ir_op_name(o.op), why ? why : "after its block's terminator");
    }
#endif
    return ir_append(u, o);
}

/* The same op as before in this block, else a new one. For pure ops of at most one argument. */
static ir_val add_unique(struct ir_unit *u, struct ir_op o)
{
    /* What moves is placed by its distance, so that a unit is the same wherever it is. */
    uint64_t imm = o.op == IR_PC ? ((uint64_t)o.imm - u->pc) & u->va_mask : (uint64_t)o.imm;
    uint64_t h = (imm ^ o.arg[0] ^ (uint64_t)o.type << 32 ^ (uint64_t)o.sub << 40) * UINT64_C(0x9e3779b97f4a7c15);
    ir_val *slot = &u->value_hash[h / (UINT64_MAX / IR_VALUE_HASH + 1)];
    const struct ir_op *seen = &u->ops[*slot];

    if (*slot >= u->block_floor && seen->op == o.op && seen->type == o.type && seen->sub == o.sub &&
        seen->imm == o.imm && seen->arg[0] == o.arg[0]) {
        return *slot;
    }
    return *slot = add(u, o);
}

static uint8_t type_of(const struct ir_unit *u, ir_val v)
{
    return u->ops[v].type;
}

void ir_insn(struct ir_unit *u, gva pc, unsigned len)
{
    add(u, (struct ir_op){.op = IR_INSN, .imm = pc, .aux = len});
    u->ninsns++;
    gva from = u->pc;
    if (u->follow_calls && pc < from) {
        u->guest_before = MAX(u->guest_before, from - pc);
    } else if (pc + len - from > u->guest_size) {
        u->guest_size = pc + len - from;
    }
}

/* -- Integer ops -- */

ir_val ir_const(struct ir_unit *u, enum ir_type t, int64_t v)
{
    return add_unique(u, (struct ir_op){.op = IR_CONST, .type = t, .imm = t == IR_I32 ? (int32_t)v : v});
}

ir_val ir_pc(struct ir_unit *u, enum ir_type t, gva v)
{
    return add_unique(u, (struct ir_op){.op = IR_PC, .type = t, .imm = t == IR_I32 ? (uint32_t)v : v & u->va_mask});
}

ir_val ir_op1(struct ir_unit *u, enum ir_opcode op, ir_val a)
{
    ir_val v = ir_fold1(u, op, a);
    return v ? v : add(u, (struct ir_op){.op = op, .type = type_of(u, a), .arg = {a}});
}

ir_val ir_op2(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b)
{
    ir_val v = ir_fold2(u, op, &a, &b);
    return v ? v : add(u, (struct ir_op){.op = op, .type = type_of(u, a), .arg = {a, b}});
}

ir_val ir_op3(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, ir_val c)
{
    ir_val v = ir_fold3(u, op, a, b, c);
    return v ? v : add(u, (struct ir_op){.op = op, .type = type_of(u, a), .arg = {a, b, c}});
}

ir_val ir_bits_get(struct ir_unit *u, bool is_signed, ir_val a, unsigned first, unsigned length)
{
    enum ir_opcode op = is_signed ? IR_SBFX : IR_UBFX;
    ir_val v = ir_fold_bits(u, op, a, 0, first, length);
    return v ? v : add(u, (struct ir_op){.op = op, .type = type_of(u, a), .aux = ir_bits_aux(first, length),
                                         .arg = {a}});
}

ir_val ir_bits_set(struct ir_unit *u, ir_val a, ir_val b, unsigned first, unsigned length)
{
    ir_val v = ir_fold_bits(u, IR_BFI, a, b, first, length);
    return v ? v : add(u, (struct ir_op){.op = IR_BFI, .type = type_of(u, a), .aux = ir_bits_aux(first, length),
                                         .arg = {a, b}});
}

ir_val ir_convert(struct ir_unit *u, enum ir_opcode op, enum ir_type t, ir_val a)
{
    ir_val v = ir_fold_convert(u, op, t, a);
    struct ir_op o = {.op = op, .type = t, .arg = {a}};
    return v ? v : op == IR_FUNBOX ? add_unique(u, o) : add(u, o);
}

ir_val ir_setcc(struct ir_unit *u, enum ir_cc cc, enum ir_type t, ir_val a, ir_val b)
{
    int known = ir_fold_cc(u, &cc, &a, &b);
    if (known >= 0) {
        return ir_const(u, t, known);
    }
    return add(u, (struct ir_op){.op = IR_SETCC, .type = t, .sub = cc, .sub2 = type_of(u, a), .arg = {a, b}});
}

ir_val ir_select(struct ir_unit *u, enum ir_cc cc, ir_val a, ir_val b, ir_val x, ir_val y)
{
    int known = x == y ? 1 : ir_fold_cc(u, &cc, &a, &b);
    if (known >= 0) {
        return known ? x : y;
    }
    return add(u, (struct ir_op){.op = IR_SELECT, .type = type_of(u, x), .sub = cc, .sub2 = type_of(u, a),
                                 .arg = {a, b, x, y}});
}

/* -- Vectors -- */

ir_val ir_vector(struct ir_unit *u, enum ir_opcode op, enum ir_type t, unsigned lane, int64_t imm, ir_val a, ir_val b,
                 ir_val c)
{
    ir_val known = ir_fold_lane(u, op, lane, imm, &a);

    return known ? known : add(u, (struct ir_op){.op = op, .type = t, .aux = lane, .imm = imm, .arg = {a, b, c}});
}

ir_val ir_vector_fp(struct ir_unit *u, enum ir_opcode op, enum ir_type t, enum ir_fp_class cl, enum ir_rm rm,
                    enum ir_fcc cc, unsigned lane, int64_t imm, ir_val a, ir_val b, ir_val c)
{
    return add(u, (struct ir_op){.op = op, .type = t, .sub = op == IR_VFCMP ? cl | cc << 2 : cl,
                                 .sub2 = op == IR_VFCMP ? 0 : rm, .aux = lane, .imm = imm, .arg = {a, b, c}});
}

/* -- Flags -- */

ir_val ir_flags(struct ir_unit *u, enum ir_flag_kind kind, unsigned size, ir_val a, ir_val b, ir_val c)
{
    return add(u, (struct ir_op){.op = IR_FLAGDEF, .type = IR_FLAGS, .sub = kind, .sub2 = size, .arg = {a, b, c}});
}

ir_val ir_flag_setcc(struct ir_unit *u, enum ir_flag_cc cc, enum ir_type t, ir_val f)
{
    enum ir_cc plain;
    ir_val a, b;
    int known = ir_fold_flags(u, cc, f, &plain, &a, &b);

    if (known >= 0) {
        return ir_const(u, t, known);
    }
    return a ? ir_setcc(u, plain, t, a, b)
             : add(u, (struct ir_op){.op = IR_FLAGCC, .type = t, .sub = cc, .arg = {f}});
}

ir_val ir_flag_select(struct ir_unit *u, enum ir_flag_cc cc, ir_val f, ir_val x, ir_val y)
{
    enum ir_cc plain;
    ir_val a, b;
    int known = x == y ? 1 : ir_fold_flags(u, cc, f, &plain, &a, &b);

    if (known >= 0) {
        return known ? x : y;
    }
    return a ? ir_select(u, plain, a, b, x, y)
             : add(u, (struct ir_op){.op = IR_FLAGSEL, .type = type_of(u, x), .sub = cc, .arg = {f, x, y}});
}

ir_val ir_flag_pack(struct ir_unit *u, enum ir_flag_layout layout, enum ir_type t, ir_val f)
{
    uint32_t flags;

    if (ir_fold_known_flags(u, f, &flags)) {
        return ir_const(u, t, ir_eval_flag_pack(layout, flags));
    }
    return add(u, (struct ir_op){.op = IR_FLAGPACK, .type = t, .sub = layout, .arg = {f}});
}

/* -- State -- */

ir_val ir_get(struct ir_unit *u, unsigned reg, enum ir_type t)
{
    ir_val k = u->reg_known[reg];

    if (k >= u->reg_floor) {
        const struct ir_op *o = &u->ops[k];
        ir_val v = o->op == IR_GET ? k : o->arg[0];
        if (o->type == t) {
            return v;
        }
        if (t == IR_V128) {
            return ir_vector(u, IR_VLO, t, 0, 0, v, 0, 0);
        }
        if (o->type == IR_V128 && o->op == IR_PUT) {
            return ir_vector(u, IR_VZX, t, 0, 0, v, 0, 0);
        }
        if (t == IR_I32) {
            return ir_convert(u, IR_TRUNC, IR_I32, v);
        }
        if (o->op == IR_PUT) {
            return ir_convert(u, IR_ZX, IR_I64, v);
        }
    }
    return u->reg_known[reg] = add(u, (struct ir_op){.op = IR_GET, .type = t, .imm = reg});
}

void ir_put(struct ir_unit *u, unsigned reg, ir_val v)
{
    ir_val k = u->reg_known[reg];
    const struct ir_op *o = &u->ops[k];

    /* The register already holds v; a narrow GET says nothing about the half that a narrow PUT clears. */
    if (k >= u->reg_floor &&
        (o->op == IR_PUT ? o->arg[0] == v : k == v && o->type == u->regs[reg].type)) {
        return;
    }
    u->reg_known[reg] = add(u, (struct ir_op){.op = IR_PUT, .type = type_of(u, v), .imm = reg, .arg = {v}});
}

void ir_discard(struct ir_unit *u, unsigned first, uint32_t set)
{
    for (uint32_t i = u->nops; set && i-- > u->blocks[u->current].first;) {
        struct ir_op *o = &u->ops[i];
        uint64_t n = (uint64_t)o->imm - first;
        if (ir_observes_registers(o)) {
            break;
        }
        if ((o->op == IR_GET || o->op == IR_PUT) && n < 32 && (set >> n & 1)) {
            u->reg_known[o->imm] = 0;
            if (o->op == IR_PUT) {
                *o = (struct ir_op){.op = IR_NOP};
            } else {
                set &= ~(UINT32_C(1) << n);
            }
        }
    }
}

ir_val ir_load_state(struct ir_unit *u, enum ir_type t, enum ir_memop m, uint32_t offset)
{
    return add(u, (struct ir_op){.op = IR_LDS, .type = t, .aux = m, .imm = offset});
}

void ir_store_state(struct ir_unit *u, enum ir_memop m, uint32_t offset, ir_val v)
{
    add(u, (struct ir_op){.op = IR_STS, .type = type_of(u, v), .aux = m & IR_MEM_SIZE, .imm = offset, .arg = {v}});
}

unsigned ir_new_local(struct ir_unit *u, enum ir_type t)
{
    if (u->nlocals == u->locals_cap) {
        u->locals_cap = MAX(2 * u->locals_cap, 16);
        u->locals = g_renew(uint8_t, u->locals, u->locals_cap);
        u->local_known = g_renew(ir_val, u->local_known, u->locals_cap);
    }
    u->locals[u->nlocals] = t;
    u->local_known[u->nlocals] = 0;
    return u->nlocals++;
}

ir_val ir_get_local(struct ir_unit *u, unsigned local)
{
    ir_val k = u->local_known[local];

    if (k >= u->block_floor) {
        return u->ops[k].op == IR_GETL ? k : u->ops[k].arg[0];
    }
    return u->local_known[local] = add(u, (struct ir_op){.op = IR_GETL, .type = u->locals[local], .imm = local});
}

void ir_put_local(struct ir_unit *u, unsigned local, ir_val v)
{
    u->local_known[local] = add(u, (struct ir_op){.op = IR_PUTL, .type = type_of(u, v), .imm = local, .arg = {v}});
}

/* -- Guest memory -- */

ir_val ir_load(struct ir_unit *u, enum ir_type t, enum ir_memop m, ir_val addr, int32_t disp)
{
    return add(u, (struct ir_op){.op = IR_LD, .type = t, .aux = m, .imm = disp, .arg = {addr}});
}

void ir_store(struct ir_unit *u, enum ir_memop m, ir_val addr, int32_t disp, ir_val v)
{
    add(u, (struct ir_op){.op = IR_ST, .type = type_of(u, v), .aux = (m & ~IR_MEM_SIGNED) | IR_MEM_STORE, .imm = disp,
                          .arg = {addr, v}});
}

ir_val ir_amo_op(struct ir_unit *u, enum ir_amo kind, enum ir_memop m, ir_val addr, ir_val v)
{
    return add(u, (struct ir_op){.op = IR_AMO, .type = type_of(u, v), .sub = kind, .aux = m | IR_MEM_STORE,
                                 .arg = {addr, v}});
}

ir_val ir_cas_op(struct ir_unit *u, enum ir_memop m, ir_val addr, ir_val expected, ir_val desired)
{
    return add(u, (struct ir_op){.op = IR_CAS, .type = type_of(u, desired), .aux = m | IR_MEM_STORE,
                                 .arg = {addr, expected, desired}});
}

void ir_fence_op(struct ir_unit *u, unsigned before, unsigned after)
{
    if (before && after) {
        add(u, (struct ir_op){.op = IR_FENCE, .aux = before | after << 4});
    }
}

/* -- Floating point -- */

ir_val ir_fp(struct ir_unit *u, enum ir_opcode op, enum ir_fp_class c, enum ir_rm rm, ir_val a, ir_val b)
{
    return add(u, (struct ir_op){.op = op, .type = type_of(u, a), .sub = c, .sub2 = rm, .arg = {a, b}});
}

ir_val ir_fp_fma(struct ir_unit *u, enum ir_fp_class cl, enum ir_rm rm, unsigned neg, ir_val a, ir_val b, ir_val c)
{
    return add(u, (struct ir_op){.op = IR_FMA, .type = type_of(u, a), .sub = cl, .sub2 = rm, .aux = neg,
                                 .arg = {a, b, c}});
}

ir_val ir_fp_cmp(struct ir_unit *u, enum ir_fcc cc, enum ir_fp_class c, enum ir_type t, ir_val a, ir_val b)
{
    return add(u, (struct ir_op){.op = IR_FCMP, .type = t, .sub = c | cc << 2, .sub2 = type_of(u, a), .arg = {a, b}});
}

ir_val ir_fp_convert(struct ir_unit *u, enum ir_opcode op, enum ir_fp_class c, enum ir_rm rm, enum ir_type t, ir_val a)
{
    return add(u, (struct ir_op){.op = op, .type = t, .sub = c, .sub2 = rm, .arg = {a}});
}

/* -- Calls and terminators -- */

ir_val ir_call(struct ir_unit *u, const struct ir_helper *h, enum ir_type t, ir_val a, ir_val b, ir_val c, ir_val d)
{
    ir_val v = add(u, (struct ir_op){.op = IR_CALL, .type = t, .imm = (intptr_t)h, .arg = {a, b, c, d}});

    if (h->flags & IR_H_WRITES) {
        u->reg_floor = u->nops;
    }
    return v;
}

ir_val ir_param(struct ir_unit *u, enum ir_type t)
{
    return add(u, (struct ir_op){.op = IR_PARAM, .type = t, .imm = u->nops - u->blocks[u->current].first});
}

void ir_arg(struct ir_unit *u, unsigned block, unsigned n, ir_val v)
{
    add(u, (struct ir_op){.op = IR_ARG, .type = type_of(u, v), .aux = block, .imm = n, .arg = {v}});
}

void ir_br(struct ir_unit *u, unsigned block)
{
    add(u, (struct ir_op){.op = IR_BR, .aux = block});
}

void ir_brcc(struct ir_unit *u, enum ir_cc cc, ir_val a, ir_val b, unsigned if_true, unsigned if_false)
{
    int known = if_true == if_false ? 1 : ir_fold_cc(u, &cc, &a, &b);

    if (known >= 0) {
        ir_br(u, known ? if_true : if_false);
        return;
    }
    add(u, (struct ir_op){.op = IR_BRCC, .type = type_of(u, a), .sub = cc, .aux = ir_brcc_aux(if_true, if_false),
                          .arg = {a, b}});
}

void ir_brflag(struct ir_unit *u, enum ir_flag_cc cc, ir_val f, unsigned if_true, unsigned if_false)
{
    enum ir_cc plain;
    ir_val a, b;
    int known = if_true == if_false ? 1 : ir_fold_flags(u, cc, f, &plain, &a, &b);

    if (known >= 0) {
        ir_br(u, known ? if_true : if_false);
    } else if (a) {
        ir_brcc(u, plain, a, b, if_true, if_false);
    } else {
        add(u, (struct ir_op){.op = IR_BRFLAG, .sub = cc, .aux = ir_brcc_aux(if_true, if_false), .arg = {f}});
    }
}

void ir_exit_jump(struct ir_unit *u, gva pc)
{
    add(u, (struct ir_op){.op = IR_EXIT_JUMP, .imm = pc});
}

void ir_exit_key(struct ir_unit *u, gva pc, uint32_t key)
{
    add(u, (struct ir_op){.op = IR_EXIT_KEY, .aux = key, .imm = pc});
}

void ir_exit_reg(struct ir_unit *u, ir_val pc)
{
    if (u->ops[pc].op == IR_PC) {
        ir_exit_jump(u, u->ops[pc].imm);
        return;
    }
    add(u, (struct ir_op){.op = IR_EXIT_REG, .arg = {pc}});
}

void ir_exit_state(struct ir_unit *u)
{
    add(u, (struct ir_op){.op = IR_EXIT_STATE});
}

void ir_exit_main(struct ir_unit *u)
{
    add(u, (struct ir_op){.op = IR_EXIT_MAIN});
}
