/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 back end's interface and its main loop: a unit's ops, one after another, to host code. */

#include "compile.h"

#include <string.h>

#include "disassembler.h"

/* -- Work for the unit's end -- */

struct cold *x64_cold(struct x64 *c, enum cold_kind kind)
{
    struct cold *k = &c->cold[c->ncold++];

    *k = (struct cold){.kind = kind, .op = c->i, .insn = c->insn, .pc = c->pc, .raw = c->raw};
    if (c->ndue && (ir_op_flags(c->ops[c->i].op) & IR_LATE)) {
        x64_late_note(c, k);
    }
    return k;
}

static void add_site(struct x64 *c, struct site s)
{
    s.ra = emit_offset(&c->e);
    c->site[c->nsites++] = s;
}

void x64_site(struct x64 *c, const struct cold *k, uint32_t slow)
{
    add_site(c, (struct site){.access = k->access, .slow = slow, .insn = k->insn, .pc = k->pc});
}

void x64_site_here(struct x64 *c)
{
    add_site(c, (struct site){.insn = c->insn, .pc = c->pc});
}

static bool lower_cold(struct x64 *c)
{
    for (unsigned i = 0; i < c->ncold; i++) {
        const struct cold *k = &c->cold[i];
        if (c->e.limit - c->e.p < c->margin + LATE_BYTES * k->nlate) {
            return false;
        }
        for (unsigned n = 0; n < G_N_ELEMENTS(k->from); n++) {
            if (k->from[n]) {
                emit_fix(&c->e, k->from[n], emit_offset(&c->e));
            }
        }
        c->raw = k->raw;
        switch (k->kind) {
        case COLD_LOAD:
        case COLD_STORE:
        case COLD_AMO:
        case COLD_CAS:
            x64_cold_mem(c, k);
            break;
        case COLD_CHECK:
            x64_cold_check(c, k);
            break;
        case COLD_VECTOR:
            x64_cold_vector(c, k);
            break;
        case COLD_VECTOR_FP:
            x64_cold_vector_fp(c, k);
            break;
        case COLD_DIV:
            x64_cold_div(c, k);
            break;
        case COLD_FP:
        case COLD_FP_NAN:
        case COLD_U2F:
        case COLD_UNBOX:
            x64_cold_fp(c, k);
            break;
        default:
            x64_cold_exit(c, k);
            break;
        }
    }
    return true;
}

/* -- Calls -- */

static void store_call_arg(struct x64 *c, unsigned n, ir_val v, bool narrow)
{
    int64_t k;

    if (x64_const(c, v, OP_W, &k)) {
        k = narrow ? (uint32_t)k : k;
        if (k == (int32_t)k) {
            emit_rm(&c->e, OP_MOV_STORE_IMM | OP_W, 0, mem_arg(n));
            emit32(&c->e, k);
        } else {
            unsigned t = x64_temp(c, 0);
            emit_mov_ri(&c->e, t, k);
            emit_rm(&c->e, OP_MOV_STORE | OP_W, t, mem_arg(n));
        }
        return;
    }
    unsigned r = x64_use(c, v);
    if (narrow && !c->v[v].zx) {
        emit_rm(&c->e, OP_MOV_STORE, r, mem_arg(n));
        emit_rm(&c->e, OP_MOV_STORE_IMM, 0, mem_base(RSP, FRAME_ARG(n) + 4));
        emit32(&c->e, 0);
    } else {
        emit_rm(&c->e, OP_MOV_STORE | OP_W, r, mem_arg(n));
    }
}

void x64_call_fn(struct x64 *c, const void *fn, unsigned nargs, const ir_val *args, enum x64_thunk kind)
{
    const struct ir_op *o = &c->ops[c->i];

    for (unsigned n = 0; n < nargs; n++) {
        store_call_arg(c, n, args[n], c->ops[o->arg[n]].type == IR_I32);
        c->locked = 0;
    }
    if (kind == THUNK_CALL_WRITES) {
        x64_clear_guest(c);
    }
    x64_clear_temps(c, ~0u);
    emit_mov_ri(&c->e, RAX, (uintptr_t)fn);
    x64_call_thunk(c, kind);
    x64_site_here(c);
}

void x64_lower_call(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    const struct ir_helper *h = (const struct ir_helper *)(intptr_t)o->imm;
    ir_val args[4];
    enum x64_thunk kind;

    for (unsigned n = 0; n < h->nargs; n++) {
        args[n] = x64_arg(c, n);
    }
    kind = h->flags & IR_H_WRITES ? THUNK_CALL_WRITES
           : h->flags & (IR_H_READS | IR_H_TRAPS) ? THUNK_CALL
                                                  : THUNK_CALL_PURE;
    x64_call_fn(c, h->fn, h->nargs, args, kind);
    if (o->type != IR_VOID) {
        if (o->type == IR_I32) {
            emit_rr(&c->e, OP_MOV, RAX, RAX);
        }
        x64_finish(c, RAX);
    }
}

/* -- The main loop -- */

static void lower_pc(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];
    unsigned d = x64_def(c, NOREG, 0);

    if (o->type == IR_I32) {
        x64_mov_pc32(c, d, o->imm);
    } else {
        x64_mov_pc(c, d, o->imm);
    }
    x64_set(c, d);
}

static void lower_op(struct x64 *c)
{
    const struct ir_op *o = &c->ops[c->i];

    if (unlikely(c->upper)) {
        x64_vector_end(c);
    }
    if (unlikely(c->ndue) && o->op == IR_PUT) {
        x64_late_over(c);
    }
    if (unlikely(ir_has_vector(o))) {
        x64_lower_vector(c);
        return;
    }
    switch (o->op) {
    case IR_NOP:
    case IR_CONST:
    case IR_TRUNC:
        break;
    case IR_INSN:
        break;
    case IR_PC:
        lower_pc(c);
        break;
    case IR_GET:
        x64_get(c);
        break;
    case IR_PUT:
        x64_put(c);
        x64_note_narrow(c);
        break;
    case IR_GETL:
        x64_getl(c);
        break;
    case IR_PUTL:
        x64_putl(c);
        break;
    case IR_LD:
    case IR_ST:
    case IR_AMO:
    case IR_CAS:
    case IR_FENCE:
        x64_lower_mem(c);
        break;
    case IR_PAGECHK:
    case IR_LDH:
    case IR_STH:
        x64_lower_check(c);
        break;
    case IR_CALL:
        x64_lower_call(c);
        break;
    case IR_FLAGCC:
    case IR_FLAGSEL:
    case IR_FLAGPACK:
        x64_lower_flags(c);
        break;
    case IR_ADC:
    case IR_SBB:
    case IR_DIVU2:
    case IR_REMU2:
    case IR_DIVS2:
    case IR_REMS2:
    case IR_UBFX:
    case IR_SBFX:
    case IR_BFI:
    case IR_BSWAP16:
    case IR_BITREV:
        x64_lower_bits(c);
        break;
    default:
        if (o->op >= IR_FADD && o->op <= IR_FROMBITS) {
            x64_lower_fp(c);
        } else {
            x64_lower_int(c);
        }
        break;
    }
}

static bool needed(const struct x64 *c, unsigned i)
{
    const struct ir_op *o = &c->ops[i];

    if (c->v[i].root != i) {
        return false;
    }
    return (c->v[i].last && !c->v[i].late) || !ir_op_has_result(o->op) ||
           !((ir_op_flags(o->op) & IR_PURE) || o->op == IR_GET || o->op == IR_GETL || o->op == IR_LDS);
}

bool x64_lower_ops(struct x64 *c, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        c->i = i;
        if (c->ops[i].op == IR_INSN) {
            c->insn = c->insns_seen++;
            c->pc = c->ops[i].imm;
        } else if (needed(c, i)) {
            if (!x64_has_room(c)) {
                return false;
            }
            lower_op(c);
            x64_end_op(c);
        }
    }
    c->i = to;
    return true;
}

static void free_compiler(void *p)
{
    struct x64 *c = p;

    g_free(c->v);
    g_free(c->cold);
    g_free(c->late);
    g_free(c->site);
    g_free(c->block_at);
    g_free(c->wanted);
    g_free(c->head);
    g_free(c->fix);
    g_free(c->thunk_call);
    g_free(c->depth);
    g_free(c->flow);
    g_free(c->before);
    g_free(c->high);
    g_free(c->in_home);
    g_free(c->place);
    g_free(c);
}

static struct x64 *compiler(void)
{
    static GPrivate own = G_PRIVATE_INIT(free_compiler); /* a thread's, as it is large */
    struct x64 *c = g_private_get(&own);

    if (!c) {
        g_private_set(&own, c = g_new0(struct x64, 1));
    }
    return c;
}

/* Room in the tables for the unit. */
static void reserve(struct x64 *c, const struct ir_unit *u)
{
    unsigned homes = u->arch->nregs + u->nlocals;

    if (u->nops > c->ops_cap || u->nblocks > c->blocks_cap) {
        unsigned nops = c->ops_cap = MAX(c->ops_cap, u->nops), nblocks = c->blocks_cap = MAX(c->blocks_cap, u->nblocks);
        unsigned cold = MAX_COLD(nops, nblocks);
        c->v = g_renew(struct value, c->v, nops);
        c->cold = g_renew(struct cold, c->cold, cold);
        c->site = g_renew(struct site, c->site, 2 * cold);
        c->block_at = g_renew(uint32_t, c->block_at, nblocks);
        c->wanted = g_renew(bool, c->wanted, nblocks);
        c->head = g_renew(bool, c->head, nblocks);
        c->fix = g_renew(struct fix, c->fix, 2 * nblocks);
        c->thunk_call = g_renew(struct thunk_call, c->thunk_call, nops + cold);
        c->depth = g_renew(uint8_t, c->depth, nblocks);
        c->flow = g_renew(struct flow, c->flow, nblocks);
        c->before = g_renew(struct before, c->before, nblocks);
        c->high = g_renew(bool, c->high, nops);
    }
    if (homes > c->homes_cap) {
        c->homes_cap = homes;
        c->in_home = g_renew(ir_val, c->in_home, homes);
    }
    g_assert(u->nlocals <= LOCALS_NEAR + LOCALS_FAR);
}

/* Bytes that one op may take: clearing every register, and the op. */
static size_t margin_of(const struct ir_unit *u)
{
    return 512 + 24 * (u->arch->nregs + u->nlocals + 2 * HOST_REGS);
}

/* Code and side table are about 20 bytes an op, and each op is lowered only with the margin before the end. */
static size_t room(const struct ir_unit *u)
{
    return margin_of(u) + 1024 + 48 * u->nops;
}

static void begin(struct x64 *c, const struct ir_unit *u, struct tb *tb, struct code_buf buf)
{
    reserve(c, u);
    c->e = (struct emit){.start = buf.rw, .p = buf.rw, .limit = buf.rw + buf.size, .rx = buf.rx};
    c->u = u;
    c->ops = u->ops;
    c->tb = tb;
    c->a = x64_arch_of(u->regs);
    c->features = x64_features();
    c->margin = margin_of(u);
    c->i = 0;
    c->insn = c->insns_seen = 0;
    c->pc = u->pc;
    c->ncold = c->nlate = c->nsites = c->nfixes = c->nthunk_calls = c->nplaces = 0;
    memset(c->block_at, 0, u->nblocks * sizeof(c->block_at[0]));
    memset(c->wanted, 0, u->nblocks * sizeof(c->wanted[0]));
    c->upper = false;
    tb->njumps = 0;
    tb->loops = false;
}

static size_t compile(const struct ir_unit *u, struct tb *tb, struct code_buf buf)
{
    struct x64 *c = compiler();
    size_t map;

    if (buf.size < 1024) {
        return 0;
    }
    begin(c, u, tb, buf);
    x64_choose_pins(c);
    x64_analyse(c);
    x64_lower_entry(c);
    if (!x64_lower_blocks(c) || !lower_cold(c) || !x64_own_thunks(c)) {
        return 0;
    }
    __atomic_store_n(&tb->code, buf.rx, __ATOMIC_RELAXED); /* see tb_of_code() */
    __atomic_store_n(&tb->code_size, emit_offset(&c->e), __ATOMIC_RELAXED);
    map = x64_write_map(c, c->e.p, c->e.limit - 16);
    if (!map) {
        return 0;
    }
    return (tb->code_size + map + 15) & ~(size_t)15;
}

static void patch(struct tb *tb, unsigned slot, const uint8_t *code)
{
    const struct tb_jump *j = tb_jump(tb, slot);
    const uint8_t *at = tb->code + j->patch;
    uint32_t rel = (code ? code : tb->code + j->stub) - (at + 4);

    __atomic_store_n((uint32_t *)code_rw(at), rel, __ATOMIC_RELEASE);
}

static void disas(const struct tb *tb, GString *out)
{
    const struct capstone *lib = capstone();
    csh h;
    cs_insn *insn;
    size_t n;

    if (!lib || lib->cs_open(CS_ARCH_X86, CS_MODE_64, &h) != CS_ERR_OK) {
        return;
    }
    n = lib->cs_disasm(h, tb->code, tb->code_size, (uintptr_t)tb->code, 0, &insn);
    for (size_t i = 0; i < n; i++) {
        g_string_append_printf(out, "0x%" G_GINT64_MODIFIER "x:  %s %s\n", insn[i].address, insn[i].mnemonic,
                               insn[i].op_str);
    }
    lib->cs_free(insn, n);
    lib->cs_close(&h);
}

/* enum x64_feature, in the order of its bits. */
static const char *const features[] = { "sse41", "popcnt", "lzcnt", "bmi1", "bmi2", "avx", "fma", "movbe", "avx2", "aes", NULL };
_Static_assert(X64_MOVBE == 1 << 7, "the last of the names");

static const struct backend x64_backend = {
    .name = "x64",
    .features = features,
    .checks = true,
    .features_off = &x64_features_off,
    .init = x64_init,
    .room = room,
    .compile = compile,
    .enter = x64_enter,
    .patch = patch,
    .lookup_pc = x64_lookup_pc,
    .fault = x64_fault,
    .disas = disas,
    .set_base = x64_set_base,
    .fp_take_flags = x64_fp_take_flags,
    .fp_set_rounding = x64_fp_set_rounding,
    .fp_host = x64_fp_host,
    .fp_guest = x64_fp_guest,
    .unwind = x64_unwind,
};

const struct backend *const host_backend = &x64_backend;
