/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control flow: the order of blocks, branches between them, and the ways out of a unit. A block that
 * only leaves for a PC of the same page is no code of its own: the branch to it is the chained jump.
 */
#include "compile.h"

#include <string.h>

#define LOOP_ALIGN 64 /* bytes, of the code of a block that a loop begins with */

/* -- Where code goes on -- */

static bool has_key(const struct x64 *c, uint32_t bit)
{
    return (c->u->key & bit) != 0;
}

static bool in_page(const struct x64 *c, gva pc)
{
    return ((pc ^ c->u->pc) & PAGE_MASK) == 0;
}

/* The index and PC of the guest instruction in which the block begins. */
static void attribute(struct x64 *c, unsigned block)
{
    const struct before *f = &c->before[block];

    c->pc = f->pc;
    c->insns_seen = f->insns;
    c->insn = f->insns ? f->insns - 1 : 0;
}

/* If the block is nothing but an EXIT_JUMP, that op, else 0. */
static unsigned lone_jump(const struct x64 *c, unsigned block)
{
    for (unsigned i = c->u->blocks[block].first; i < c->u->blocks[block].end; i++) {
        if (c->ops[i].op == IR_EXIT_JUMP) {
            return i;
        }
        if (c->ops[i].op != IR_NOP) {
            return 0;
        }
    }
    return 0;
}

/* Where the unit's page is mapped is not known: the distance of an address from it is. */
static int64_t in_or_near(const struct x64 *c, gva pc)
{
    uint64_t k = pc - (c->u->pc & PAGE_MASK);

    return c->u->va_mask == UINT32_MAX ? (int32_t)k : (int64_t)k;
}

void x64_mov_pc32(struct x64 *c, unsigned reg, gva pc)
{
    emit_mov_ri(&c->e, reg, (uint32_t)in_or_near(c, pc));
    emit_rm(&c->e, OP_ADD, reg, CPU_MEM(code_page));
}

void x64_mov_pc(struct x64 *c, unsigned reg, gva pc)
{
    if (c->u->va_mask == UINT32_MAX) {
        x64_mov_pc32(c, reg, pc);
        return;
    }
    emit_mov_ri(&c->e, reg, in_or_near(c, pc));
    emit_rm(&c->e, OP_ADD | OP_W, reg, CPU_MEM(code_page));
}

/*
 * A jump of the current instruction back (or to itself) must look for requests to leave. So must one that may come
 * round behind the highest address, where that is near.
 */
static bool goes_back(const struct x64 *c, gva pc)
{
    return in_or_near(c, pc) <= in_or_near(c, c->pc) || (c->u->va_mask == UINT32_MAX && !in_page(c, pc));
}

/* The engine chains to no block whose first instruction crosses into the next page, as one there may. */
static bool chainable(const struct x64 *c, gva pc)
{
    return in_page(c, pc) && (pc & ~PAGE_MASK) != PAGE_SIZE - 2 && c->tb->njumps < TB_JUMPS &&
           !has_key(c, KEY_NOCHAIN) && emit_offset(&c->e) < TB_PATCH_LIMIT - 64;
}

/* Instructions counted at the unit's entry that an exit here has not executed. */
static unsigned unexecuted(const struct x64 *c)
{
    return has_key(c, KEY_ICOUNT) ? c->u->ninsns - (c->insn + 1u) : 0;
}

/* The block can be left for directly from a branch to it. */
static bool is_direct(struct x64 *c, unsigned block)
{
    unsigned i = lone_jump(c, block);

    return i && !c->wanted[block] && chainable(c, c->ops[i].imm) && !goes_back(c, c->ops[i].imm) && !unexecuted(c) &&
           !c->swapped && !c->narrow;
}

/* -- Chained jumps -- */

/* Pad so that a rel32 that follows prefix bytes of opcode does not cross 8 aligned bytes. */
static void align_patch(struct x64 *c, unsigned prefix)
{
    unsigned at = ((uintptr_t)c->e.rx + emit_offset(&c->e) + prefix) & 7;

    if (at > 4) {
        emit_nops(&c->e, 8 - at);
    }
}

/* A jump (cc < 0) or conditional jump that is chained to pc. */
static void chained_jump(struct x64 *c, int cc, gva pc)
{
    struct tb_jump *j = tb_jump(c->tb, c->tb->njumps);
    struct cold *k = x64_cold(c, COLD_STUB);

    align_patch(c, cc < 0 ? 1 : 2);
    k->from[0] = cc < 0 ? emit_jmp(&c->e) : emit_jcc(&c->e, cc);
    k->aux = c->tb->njumps++;
    *j = (struct tb_jump){.offset = pc & ~PAGE_MASK, .patch = k->from[0]};
}

/* One of some jumps back goes to its stub, as if it were not chained: see tb_turned(). Loops that are counted are none. */
static void count_turn(struct x64 *c)
{
    struct cold *k;

    if (has_key(c, KEY_ICOUNT)) {
        return;
    }
    emit_alu_mi(&c->e, 0, EXT_SUB, CPU_MEM(turns_left), 1);
    k = x64_cold(c, COLD_TURN);
    k->from[0] = emit_jcc(&c->e, CC_S);
    k->aux = c->tb->njumps;
}

/* Leave with cpu->pc = pc, tb NULL, out of line: the jump to it is at from. own: the unit's own pins are still there. */
static void leave_for(struct x64 *c, uint32_t from, gva pc, bool own)
{
    struct cold *k = x64_cold(c, COLD_EXIT_CONST);

    k->from[0] = from;
    k->imm = pc;
    k->aux = own;
}

static void test_exit_request(struct x64 *c)
{
    /* One operation with the jump after it, unlike a comparison with an immediate. */
    emit_rm(&c->e, OP_TEST | OP_W, RBP, CPU_MEM(exit_request));
}

/* A member of the first way of the jump line that RDX is the number of. */
static struct x64_mem way_mem(size_t member)
{
    return (struct x64_mem){.base = RBP, .index = RDX, .scale = 3, .disp = JUMP_CACHE + (int32_t)member};
}

/*
 * Probe the jump cache for the PC in r, RAX or a pinned register. Temporaries are free. A known PC is in another page;
 * else code_page is written only if it changes, out of line: what is computed from it would have to wait for the PC.
 * odd: the lowest bit is to be cleared.
 */
static void probe(struct x64 *c, unsigned r, bool known, bool odd)
{
    struct cold *k = x64_cold(c, COLD_PROBE);

    k->reg[0] = r;
    k->aux = odd;
    emit_rm(&c->e, OP_LEA, RDX, (struct x64_mem){.base = NOREG, .index = r, .scale = 2});
    emit_alu_ri(&c->e, 0, EXT_AND, RDX, JUMP_LINE_MASK);
    emit_rm(&c->e, OP_MOV | OP_W, RCX, CPU_MEM(key));
    emit_rm(&c->e, OP_CMP | OP_W, RCX, way_mem(offsetof(struct jump_way, tag)));
    k->from[0] = emit_jcc(&c->e, CC_NE);
    emit_mov_rr(&c->e, RCX, r);
    emit_alu_ri(&c->e, OP_W, EXT_AND, RCX, (int32_t)PAGE_MASK);
    emit_rm(&c->e, OP_CMP | OP_W, RCX, way_mem(offsetof(struct jump_way, page)));
    k->from[1] = emit_jcc(&c->e, CC_NE);
    if (known) {
        emit_rm(&c->e, OP_MOV_STORE | OP_W, RCX, CPU_MEM(code_page));
    } else {
        emit_rm(&c->e, OP_CMP | OP_W, RCX, CPU_MEM(code_page));
        x64_cold(c, COLD_NEW_PAGE)->from[0] = emit_jcc(&c->e, CC_NE);
    }
    emit_rm(&c->e, OP_GROUP5, EXT_JMP, way_mem(offsetof(struct jump_way, code)));
}

_Static_assert(offsetof(struct cpu, exec_gen) == offsetof(struct cpu, key) + 4, "the tag is one load");

/* -- Exits -- */

static void give_back(struct x64 *c)
{
    unsigned n = unexecuted(c);

    if (n) {
        emit_alu_mi(&c->e, OP_W, EXT_ADD, CPU_MEM(budget), n);
    }
}

static void lower_exit_jump(struct x64 *c, gva pc)
{
    give_back(c);
    x64_leave_pins(c);
    if (has_key(c, KEY_NOCHAIN)) {
        leave_for(c, emit_jmp(&c->e), pc, false);
        return;
    }
    if (goes_back(c, pc)) {
        if (chainable(c, pc)) {
            count_turn(c);
            test_exit_request(c);
            chained_jump(c, CC_E, pc);
            leave_for(c, emit_jmp(&c->e), pc, false);
            return;
        }
        test_exit_request(c);
        leave_for(c, emit_jcc(&c->e, CC_NE), pc, false);
    } else if (chainable(c, pc)) {
        chained_jump(c, -1, pc);
        return;
    }
    x64_mov_pc(c, RAX, pc);
    probe(c, RAX, !in_page(c, pc), false);
}

static void lower_exit_reg(struct x64 *c)
{
    bool even;
    ir_val v = x64_target(c, c->i, &even);
    unsigned r = c->v[v].reg;
    struct cold *k;

    if (r == NOREG || r == RCX || r == RDX || (c->swapped & REG_BIT(r))) {
        x64_copy(c, RAX, v);
        r = RAX;
    }
    give_back(c);
    x64_leave_pins(c);
    k = x64_cold(c, COLD_EXIT_REG);
    k->reg[0] = r;
    k->aux = !even;
    if (has_key(c, KEY_NOCHAIN)) {
        k->from[0] = emit_jmp(&c->e);
        return;
    }
    test_exit_request(c);
    k->from[0] = emit_jcc(&c->e, CC_NE);
    probe(c, r, false, !even);
}

static void lower_exit_state(struct x64 *c)
{
    give_back(c);
    x64_leave_pins(c);
    if (has_key(c, KEY_NOCHAIN)) {
        emit_jmp_to(&c->e, c->a->exit_null);
        return;
    }
    test_exit_request(c);
    emit_jcc_to(&c->e, CC_NE, c->a->exit_null);
    emit_rm(&c->e, OP_MOV | OP_W, RAX, CPU_MEM(pc));
    probe(c, RAX, false, false);
}

/* RAX = the PC to go to. */
static void load_target(struct x64 *c, const struct cold *k)
{
    emit_mov_rr(&c->e, RAX, k->reg[0]);
    if (k->aux) {
        emit_alu_ri(&c->e, OP_W, EXT_AND, RAX, -2);
    }
}

void x64_cold_exit(struct x64 *c, const struct cold *k)
{
    switch (k->kind) {
    case COLD_STUB:
        tb_jump(c->tb, k->aux)->stub = emit_offset(&c->e);
        /* fallthrough */
    case COLD_TURN:
        emit_mov_ri(&c->e, RAX, (uintptr_t)c->tb | k->aux);
        emit_jmp_to(&c->e, c->a->exit_tb);
        break;
    case COLD_EXIT_CONST:
        if (k->aux) {
            x64_leave_pins(c);
        }
        x64_mov_pc(c, RAX, k->imm);
        emit_jmp_to(&c->e, c->a->exit_pc);
        break;
    case COLD_EXIT_REG:
        load_target(c, k);
        emit_jmp_to(&c->e, c->a->exit_pc);
        break;
    case COLD_PROBE:
        load_target(c, k);
        emit_jmp_to(&c->e, c->a->probe_way1);
        break;
    case COLD_NEW_PAGE:
        emit_rm(&c->e, OP_MOV_STORE | OP_W, RCX, CPU_MEM(code_page));
        emit_rm(&c->e, OP_GROUP5, EXT_JMP, way_mem(offsetof(struct jump_way, code)));
        break;
    default: /* COLD_BUDGET */
        emit_alu_mi(&c->e, OP_W, EXT_ADD, CPU_MEM(budget), c->u->ninsns);
        x64_mov_pc(c, RAX, c->u->pc);
        emit_jmp_to(&c->e, c->a->exit_pc);
        break;
    }
}

_Static_assert(TB_JUMPS <= 16, "the slot is in the low bits of the tb's address");

/* -- Branches within the unit -- */

static void jump_to_block(struct x64 *c, int cc, unsigned block)
{
    uint32_t at = cc < 0 ? emit_jmp(&c->e) : emit_jcc(&c->e, cc);

    c->wanted[block] = true;
    if (c->block_at[block]) {
        emit_fix(&c->e, at, c->block_at[block] - 1);
    } else {
        c->fix[c->nfixes].at = at;
        c->fix[c->nfixes++].block = block;
    }
}

/* The jump, conditional on cc (or not: -1), to a block: chained, or to its code. counted: see IR_COUNTED. */
static void branch_to(struct x64 *c, int cc, unsigned block, bool counted)
{
    unsigned back = c->u->blocks[block].first <= c->i;

    if (back && counted && !has_key(c, KEY_ICOUNT)) {
        c->tb->loops = true;
        jump_to_block(c, cc, block);
    } else if (back) {
        /* As EXIT_JUMP back: look for requests; counted instructions must not run twice for one count. */
        uint32_t over = cc < 0 ? 0 : emit_jcc(&c->e, cc ^ 1);
        gva pc = c->ops[c->u->blocks[block].first].imm;
        if (has_key(c, KEY_ICOUNT)) {
            give_back(c);
            leave_for(c, emit_jmp(&c->e), pc, true);
        } else {
            c->tb->loops = true;
            test_exit_request(c);
            jump_to_block(c, CC_E, block);
            leave_for(c, emit_jmp(&c->e), pc, true);
        }
        if (over) {
            emit_fix(&c->e, over, emit_offset(&c->e));
        }
    } else if (is_direct(c, block)) {
        chained_jump(c, cc, c->ops[lone_jump(c, block)].imm);
    } else {
        jump_to_block(c, cc, block);
    }
}

static bool can_follow(const struct x64 *c, unsigned block)
{
    return !c->block_at[block] && !c->u->blocks[block].cold && c->u->blocks[block].first > c->i;
}

/* Of the two ways that a block goes on, the first is the one that stays in a loop which the other leaves. */
static bool stays_in_loop(const struct x64 *c, unsigned t, unsigned f)
{
    return c->depth[t] > c->depth[f];
}

/* Lower the terminator; the block to place next, or -1 if any will do. */
static int lower_terminator(struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i];
    unsigned t, f, cc;

    c->i = i;
    if (unlikely(c->upper)) {
        x64_vector_end(c);
    }
    switch (o->op) {
    case IR_BR:
        if (can_follow(c, o->aux) && !is_direct(c, o->aux)) {
            return o->aux;
        }
        branch_to(c, -1, o->aux, false);
        return -1;
    case IR_BRCC:
    case IR_BRFLAG:
        t = o->aux & 0xffff;
        f = o->aux >> 16;
        cc = o->op == IR_BRFLAG ? x64_flag_condition(c, o->sub, o->arg[0])
                                : x64_compare(c, o->sub, o->type, x64_arg(c, 0), x64_arg(c, 1));
        if (can_follow(c, f) && !is_direct(c, f) && !(can_follow(c, t) && stays_in_loop(c, t, f))) {
            branch_to(c, cc, t, o->op == IR_BRCC && o->sub2 == IR_COUNTED);
            return f;
        }
        if (can_follow(c, t) && !is_direct(c, t)) {
            branch_to(c, cc ^ 1, f, false);
            return t;
        }
        branch_to(c, cc, t, o->op == IR_BRCC && o->sub2 == IR_COUNTED);
        branch_to(c, -1, f, false);
        return -1;
    case IR_EXIT_JUMP:
        lower_exit_jump(c, o->imm);
        return -1;
    case IR_EXIT_REG:
        lower_exit_reg(c);
        return -1;
    case IR_EXIT_KEY:
        x64_mov_pc(c, RAX, o->imm);
        emit_rm(&c->e, OP_MOV_STORE | OP_W, RAX, CPU_MEM(pc));
        emit_rm(&c->e, OP_MOV_STORE_IMM, 0, CPU_MEM(key));
        emit32(&c->e, o->aux);
        lower_exit_state(c);
        return -1;
    case IR_EXIT_STATE:
        lower_exit_state(c);
        return -1;
    default: /* EXIT_MAIN */
        give_back(c);
        x64_leave_pins(c);
        emit_jmp_to(&c->e, c->a->exit_null);
        return -1;
    }
}

/* -- Order -- */

void x64_lower_entry(struct x64 *c)
{
    struct cold *k;

    if (has_key(c, KEY_ICOUNT)) {
        emit_alu_mi(&c->e, OP_W, EXT_SUB, CPU_MEM(budget), c->u->ninsns);
        k = x64_cold(c, COLD_BUDGET);
        k->from[0] = emit_jcc(&c->e, CC_S);
    }
    x64_enter_pins(c);
}

/* The next block that must be placed: in order, cold ones last, blocks that need no code never. */
static int next_block(const struct x64 *c)
{
    for (unsigned cold = 0; cold < 2; cold++) {
        for (unsigned b = 0; b < c->u->nblocks; b++) {
            if (!c->block_at[b] && c->wanted[b] && c->u->blocks[b].cold == cold) {
                return b;
            }
        }
    }
    return -1;
}

/* Which blocks innermost loops begin with: those that a block branches back to, with no such one between. */
static void find_heads(struct x64 *c)
{
    unsigned latest = 0, to[2];

    memset(c->head, 0, c->u->nblocks * sizeof(c->head[0]));
    for (unsigned b = 0; b < c->u->nblocks; b++) {
        for (unsigned k = 0, n = gen_branches(&c->ops[c->u->blocks[b].end - 1], to); k < n; k++) {
            if (to[k] <= b && to[k] >= latest) {
                c->head[to[k]] = true;
                latest = to[k];
            }
        }
    }
}

/* A short loop that lies across fetch blocks may take twice its time. */
static void align_loop(struct x64 *c, unsigned b)
{
    if (c->head[b]) {
        emit_nops(&c->e, -((uintptr_t)c->e.rx + emit_offset(&c->e)) & (LOOP_ALIGN - 1));
    }
}

static bool lower_block(struct x64 *c, unsigned b, int *next)
{
    const struct ir_block *blk = &c->u->blocks[b];

    align_loop(c, b);
    c->block_at[b] = emit_offset(&c->e) + 1;
    attribute(c, b);
    x64_begin_block(c);
    x64_begin_narrow(c, b);
    if (!x64_lower_ops(c, blk->first, blk->end - 1) || !x64_has_room(c)) {
        return false;
    }
    x64_end_narrow(c, b);
    *next = lower_terminator(c, blk->end - 1);
    return true;
}

bool x64_lower_blocks(struct x64 *c)
{
    int b = 0;

    find_heads(c);
    c->wanted[0] = true;
    while (b >= 0) {
        int next;
        if (!lower_block(c, b, &next)) {
            return false;
        }
        b = next >= 0 ? next : next_block(c);
    }
    for (unsigned n = 0; n < c->nfixes; n++) {
        emit_fix(&c->e, c->fix[n].at, c->block_at[c->fix[n].block] - 1);
    }
    return true;
}
