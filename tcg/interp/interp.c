/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IR's interpreter: the engine of hosts without a back end and the oracle of those that have one.
 * Guest memory goes through the CPU's tagged TLB where it has one, else through the slow paths: the
 * flat table is of no use here, since an aliasing address faults on the host and only translated
 * code can be resumed after that (see layout.h). FP is softfp's.
 */
#include "tcg/ir/ir-eval.h"
#include "tcg/ir/ir-internal.h"
#include "tcg/mmu/layout.h"

#include <string.h>

/* -- State of the CPU -- */

static uint64_t *slot(struct cpu *cpu, uint32_t offset)
{
    return (uint64_t *)((char *)cpu + offset);
}

/* The low 8 << size bits of v, extended to 64 as the memop says. */
static inline uint64_t extend(uint64_t v, uint32_t memop)
{
    switch (memop & (IR_MEM_SIZE | IR_MEM_SIGNED)) {
    case IR_MEM_8:
        return (uint8_t)v;
    case IR_MEM_16:
        return (uint16_t)v;
    case IR_MEM_32:
        return (uint32_t)v;
    case IR_MEM_8 | IR_MEM_SIGNED:
        return (int8_t)v;
    case IR_MEM_16 | IR_MEM_SIGNED:
        return (int16_t)v;
    case IR_MEM_32 | IR_MEM_SIGNED:
        return (int32_t)v;
    default:
        return v;
    }
}

/* Other threads may write some of it meanwhile: interrupt lines. */
static uint64_t load_state(struct cpu *cpu, uint32_t memop, uint32_t offset)
{
    const void *p = (const char *)cpu + offset;

    switch (memop & IR_MEM_SIZE) {
    case IR_MEM_8:
        return extend(__atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED), memop);
    case IR_MEM_16:
        return extend(__atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED), memop);
    case IR_MEM_32:
        return extend(__atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED), memop);
    default:
        return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
    }
}

static void store_state(struct cpu *cpu, uint32_t memop, uint32_t offset, uint64_t v)
{
    void *p = (char *)cpu + offset;

    switch (memop & IR_MEM_SIZE) {
    case IR_MEM_8:
        *(uint8_t *)p = v;
        break;
    case IR_MEM_16:
        *(uint16_t *)p = v;
        break;
    case IR_MEM_32:
        *(uint32_t *)p = v;
        break;
    default:
        *(uint64_t *)p = v;
        break;
    }
}

/* -- Guest memory -- */

/*
 * Acquire and release are the host's fences around the access, whichever way it is made. A store that is both is ordered
 * before the loads that follow.
 */

/* The tagged TLB that may serve the access, or NULL. */
static inline void *tlb_of(const struct cpu *cpu, uint32_t memop)
{
    unsigned context = memop >> IR_MEM_CTX_SHIFT & 7;

    if (unlikely(memop & IR_MEM_BE))
        return NULL;
    return likely(!context) ? cpu->tlb : cpu->context_table[context - 1];
}

/* What a TLB tag must equal for an aligned access at va. */
static inline gva masked(gva va, uint32_t memop)
{
    return va & (PAGE_MASK | ((UINT64_C(1) << (memop & IR_MEM_SIZE)) - 1));
}

static uint64_t load_relaxed(struct cpu *cpu, gva va, uint32_t memop)
{
    void *tlb = tlb_of(cpu, memop);

    if (tlb) {
        const struct tlb_entry *t = tlb_entry(tlb, va);
        if (likely(masked(va, memop) == t->load_tag)) {
            const void *p = (const void *)(uintptr_t)(va + t->addend);
            uint64_t v;
            switch (memop & IR_MEM_SIZE) {
            case IR_MEM_8:
                v = __atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED);
                break;
            case IR_MEM_16:
                v = GUINT16_FROM_LE(__atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED));
                break;
            case IR_MEM_32:
                v = GUINT32_FROM_LE(__atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED));
                break;
            default:
                v = GUINT64_FROM_LE(__atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED));
                break;
            }
            return extend(v, memop);
        }
    }
    return softmmu_load(cpu, va, memop);
}

static uint64_t load(struct cpu *cpu, gva va, uint32_t memop)
{
    uint64_t v = load_relaxed(cpu, va, memop);

    if (memop & IR_MEM_ACQUIRE) {
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    }
    return v;
}

static void store_relaxed(struct cpu *cpu, gva va, uint64_t v, uint32_t memop)
{
    void *tlb = tlb_of(cpu, memop);

    if (tlb) {
        const struct tlb_entry *t = tlb_entry(tlb, va);
        if (likely(masked(va, memop) == __atomic_load_n(&t->store_tag, __ATOMIC_RELAXED))) { /* others may take it away */
            void *p = (void *)(uintptr_t)(va + t->addend);
            switch (memop & IR_MEM_SIZE) {
            case IR_MEM_8:
                __atomic_store_n((uint8_t *)p, v, __ATOMIC_RELAXED);
                break;
            case IR_MEM_16:
                __atomic_store_n((uint16_t *)p, GUINT16_TO_LE((uint16_t)v), __ATOMIC_RELAXED);
                break;
            case IR_MEM_32:
                __atomic_store_n((uint32_t *)p, GUINT32_TO_LE((uint32_t)v), __ATOMIC_RELAXED);
                break;
            default:
                __atomic_store_n((uint64_t *)p, GUINT64_TO_LE(v), __ATOMIC_RELAXED);
                break;
            }
            return;
        }
    }
    softmmu_store(cpu, va, v, memop);
}

static void store(struct cpu *cpu, gva va, uint64_t v, uint32_t memop)
{
    if (memop & IR_MEM_RELEASE) {
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    store_relaxed(cpu, va, v, memop);
    if ((memop & IR_MEM_RELEASE) && (memop & IR_MEM_ACQUIRE)) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
}

/* Only a write ordered before a read needs more than acquire and release. */
static void fence(uint32_t aux)
{
    if ((aux & IR_FENCE_W) && (aux >> 4 & IR_FENCE_R)) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    } else {
        __atomic_thread_fence(__ATOMIC_ACQ_REL);
    }
}

/* -- Calls -- */

typedef uint64_t helper0(struct cpu *);
typedef uint64_t helper1(struct cpu *, uint64_t);
typedef uint64_t helper2(struct cpu *, uint64_t, uint64_t);
typedef uint64_t helper3(struct cpu *, uint64_t, uint64_t, uint64_t);
typedef uint64_t helper4(struct cpu *, uint64_t, uint64_t, uint64_t, uint64_t);

static uint64_t call_args(struct cpu *cpu, void *fn, unsigned n, const uint64_t a[4])
{
    switch (n) {
    case 0:
        return ((helper0 *)fn)(cpu);
    case 1:
        return ((helper1 *)fn)(cpu, a[0]);
    case 2:
        return ((helper2 *)fn)(cpu, a[0], a[1]);
    case 3:
        return ((helper3 *)fn)(cpu, a[0], a[1], a[2]);
    default:
        return ((helper4 *)fn)(cpu, a[0], a[1], a[2], a[3]);
    }
}

static uint64_t call(struct cpu *cpu, const struct ir_op *o, const uint64_t *v)
{
    const struct ir_helper *h = ir_op_helper(o);
    uint64_t a[4];

    for (unsigned i = 0; i < h->nargs; i++) {
        a[i] = v[o->arg[i]];
    }
    return call_args(cpu, h->fn, h->nargs, a);
}

/* An op's arguments. */
#define A v[o->arg[0]]
#define B v[o->arg[1]]
#define C v[o->arg[2]]
#define E v[o->arg[3]]

/* -- Vectors: beside the other values, and only in units that have some -- */

static _Thread_local struct ir_vec *vectors; /* of ops, then of locals */
static _Thread_local uint32_t vectors_cap;

static void G_GNUC_NO_INLINE grow_vectors(uint32_t n)
{
    static GPrivate own = G_PRIVATE_INIT(g_free); /* frees them when the thread ends */

    vectors_cap = MAX(n, 1024);
    vectors = g_renew(struct ir_vec, vectors, vectors_cap);
    g_private_set(&own, vectors);
}

static struct ir_vec read_vector(const void *p, enum ir_type t)
{
    struct ir_vec v = {{0}};

    memcpy(&v, p, ir_type_bits(t) / 8);
    return v;
}

static uint64_t call_vector(struct cpu *cpu, const struct ir_op *o, const uint64_t *v, struct ir_vec *d)
{
    const struct ir_helper *h = ir_op_helper(o);
    bool result = h->vectors & IR_H_VECTOR;
    uint64_t a[4] = {(uintptr_t)d};

    for (unsigned i = 0; i < h->nargs; i++) {
        ir_val arg = o->arg[i];
        a[i + result] = h->vectors >> i & 1 ? (uintptr_t)&vectors[arg] : v[arg];
    }
    return call_args(cpu, h->fn, h->nargs + result, a);
}

/* An op that has to do with vectors: *d or *w is its value. */
static void vector_op(const struct ir_code *c, struct cpu *cpu, const struct ir_op *o, const uint64_t *v, uint64_t *d,
                      struct ir_vec *w)
{
    const struct ir_vec *a = &vectors[o->arg[0]], *b = &vectors[o->arg[1]];
    struct ir_vec *local = vectors + c->nops, scalar = {{0}}, result = {{0}};

    switch (o->op) {
    case IR_GET:
        *w = read_vector(slot(cpu, cpu->regs[o->imm].offset), o->type);
        break;
    case IR_PUT:
        memcpy(slot(cpu, cpu->regs[o->imm].offset), a, ir_slot_bytes(cpu->regs[o->imm].type));
        break;
    case IR_LDS:
        *w = read_vector((char *)cpu + o->imm, o->type);
        break;
    case IR_STS:
        memcpy((char *)cpu + o->imm, a, ir_type_bits(o->type) / 8);
        break;
    case IR_GETL:
        *w = local[o->imm];
        break;
    case IR_PUTL:
        local[o->imm] = *a;
        break;
    case IR_PARAM:
        *w = local[c->nlocals + (uint32_t)(w - vectors)];
        break;
    case IR_ARG:
        local[c->nlocals + c->blocks[o->aux].first + o->imm] = *a;
        break;
    case IR_SELECT:
        *w = (o->sub2 == IR_I64 ? eval64_cc(o->sub, A, B) : eval32_cc(o->sub, A, B)) ? vectors[o->arg[2]]
                                                                                     : vectors[o->arg[3]];
        break;
    case IR_FLAGSEL:
        *w = ir_eval_flag_cc(o->sub, A) ? vectors[o->arg[1]] : vectors[o->arg[2]];
        break;
    case IR_LD:
    case IR_LDH:
        softmmu_load_vector(cpu, A + o->imm, o->aux, w);
        break;
    case IR_ST:
    case IR_STH:
        softmmu_store_vector(cpu, A + o->imm, o->aux, b);
        break;
    case IR_CAS:
        *w = *b;
        softmmu_cas_vector(cpu, A, o->aux, w, &vectors[o->arg[2]]);
        break;
    case IR_CALL:
        *d = call_vector(cpu, o, v, &result);
        *d = o->type == IR_I32 ? (uint32_t)*d : *d;
        *w = result;
        break;
    default:
        if (!ir_is_vector(c->ops[o->arg[0]].type)) { /* VDUP, VSCALAR */
            scalar.q[0] = A;
            a = &scalar;
        } else if (o->op == IR_VSET) {
            scalar.q[0] = B;
            b = &scalar;
        }
        ir_eval_vector(&cpu->fp, ir_vector_desc(o, c->ops[o->arg[0]].type), &result, a, o->arg[1] ? b : NULL,
                       o->arg[2] ? &vectors[o->arg[2]] : NULL);
        *w = result;
        *d = result.q[0];
        break;
    }
}

/* -- The loop -- */

/* True if a branch back to op target must leave the unit: work is pending, or instructions are counted. */
static bool must_leave(const struct cpu *cpu)
{
    return __atomic_load_n(&cpu->exit_request, __ATOMIC_RELAXED) || (cpu->key & KEY_ICOUNT);
}

/* Cases by opcode and width: the 32-bit types are odd. */
#define KEY32(op) ((op) << 1 | 1)
#define KEY64(op) ((op) << 1)
#define CASE_BOTH(op) case KEY32(op): case KEY64(op)
_Static_assert((IR_I32 & 1) && (IR_F32 & 1) && !(IR_I64 & 1) && !(IR_F64 & 1) && !(IR_VOID & 1), "32-bit types are odd");

/* A unit's values and locals. Not on the stack: that much of it at once is probed page by page, for each unit. */
static _Thread_local uint64_t *values;
static _Thread_local uint32_t values_cap;

static void G_GNUC_NO_INLINE grow_values(uint32_t n)
{
    static GPrivate own = G_PRIVATE_INIT(g_free); /* frees them when the thread ends */

    values_cap = MAX(n, 4096);
    values = g_renew(uint64_t, values, values_cap);
    g_private_set(&own, values);
}

enum ir_opcode ir_interpret(const struct ir_code *c, struct cpu *cpu)
{
    if (unlikely(2 * c->nops + c->nlocals > values_cap)) {
        grow_values(2 * c->nops + c->nlocals);
    }
    if (unlikely(c->vectors && 2 * c->nops + c->nlocals > vectors_cap)) {
        grow_vectors(2 * c->nops + c->nlocals);
    }
    uint64_t *const v = values, *const local = values + c->nops;
    const struct guest_reg *regs = cpu->regs;
    const struct ir_op *o = c->ops + c->blocks[0].first;
    const gva moved = cpu->code_page - (c->pc & PAGE_MASK), va_mask = c->va_mask;
    uint32_t target;

    cpu->unit_insns = 0;
    memset(local, 0, c->nlocals * sizeof(local[0]));
    if (unlikely(c->vectors)) {
        memset(vectors + c->nops, 0, c->nlocals * sizeof(vectors[0]));
    }
    for (uint64_t *d = v + c->blocks[0].first;; o++, d++) {
        if (unlikely(c->vectors) && ir_has_vector(o)) {
            vector_op(c, cpu, o, v, d, vectors + (d - v));
            continue;
        }
        switch ((unsigned)o->op << 1 | (o->type & 1)) {
        case KEY64(IR_NOP):
            break;
        case KEY64(IR_INSN):
            cpu->pc = (o->imm + moved) & va_mask;
            cpu->unit_insns++;
            break;

        case KEY32(IR_CONST):
            *d = (uint32_t)o->imm;
            break;
        case KEY64(IR_CONST):
            *d = o->imm;
            break;
        case KEY32(IR_PC):
            *d = (uint32_t)(o->imm + moved);
            break;
        case KEY64(IR_PC):
            *d = (o->imm + moved) & va_mask;
            break;
        case KEY32(IR_GET):
            *d = (uint32_t)*slot(cpu, regs[o->imm].offset);
            break;
        case KEY64(IR_GET):
            *d = *slot(cpu, regs[o->imm].offset);
            break;
        CASE_BOTH(IR_PUT):
            *slot(cpu, regs[o->imm].offset) = A;
            break;
        case KEY32(IR_LDS):
            *d = (uint32_t)load_state(cpu, o->aux, o->imm);
            break;
        case KEY64(IR_LDS):
            *d = load_state(cpu, o->aux, o->imm);
            break;
        CASE_BOTH(IR_STS):
            store_state(cpu, o->aux, o->imm, A);
            break;
        CASE_BOTH(IR_GETL):
            *d = local[o->imm];
            break;
        CASE_BOTH(IR_PUTL):
            local[o->imm] = A;
            break;
        /* What a branch gives waits behind the locals, so that all parameters change at once. */
        CASE_BOTH(IR_PARAM):
            *d = local[c->nlocals + (uint32_t)(d - v)];
            break;
        CASE_BOTH(IR_ARG):
            local[c->nlocals + c->blocks[o->aux].first + o->imm] = A;
            break;

#define X(OP, fn)                                                                                                      \
        case KEY32(IR_##OP):                                                                                           \
            *d = eval32_##fn(A, B);                                                                                    \
            break;                                                                                                     \
        case KEY64(IR_##OP):                                                                                           \
            *d = eval64_##fn(A, B);                                                                                    \
            break;
        IR_EVAL2_OPS(X)
#undef X
#define X(OP, fn)                                                                                                      \
        case KEY32(IR_##OP):                                                                                           \
            *d = eval32_##fn(A);                                                                                       \
            break;                                                                                                     \
        case KEY64(IR_##OP):                                                                                           \
            *d = eval64_##fn(A);                                                                                       \
            break;
        IR_EVAL1_OPS(X)
#undef X
#define X(OP, fn)                                                                                                      \
        case KEY32(IR_##OP):                                                                                           \
            *d = eval32_##fn(A, B, C);                                                                                 \
            break;                                                                                                     \
        case KEY64(IR_##OP):                                                                                           \
            *d = eval64_##fn(A, B, C);                                                                                 \
            break;
        IR_EVAL3_OPS(X)
#undef X
        CASE_BOTH(IR_UBFX):
        CASE_BOTH(IR_SBFX):
            *d = ir_eval_bits(o->op, o->type, A, 0, o->aux);
            break;
        CASE_BOTH(IR_BFI):
            *d = ir_eval_bits(o->op, o->type, A, B, o->aux);
            break;
        case KEY32(IR_TRUNC):
            *d = (uint32_t)A;
            break;
        case KEY64(IR_SX):
            *d = (int32_t)A;
            break;
        case KEY64(IR_ZX):
            *d = A;
            break;
        CASE_BOTH(IR_SETCC):
            *d = o->sub2 == IR_I64 ? eval64_cc(o->sub, A, B) : eval32_cc(o->sub, A, B);
            break;
        CASE_BOTH(IR_SELECT):
            *d = (o->sub2 == IR_I64 ? eval64_cc(o->sub, A, B) : eval32_cc(o->sub, A, B)) ? C : E;
            break;

        CASE_BOTH(IR_FLAGDEF):
            *d = ir_eval_flags(o->sub, o->sub2, A, B, C);
            break;
        CASE_BOTH(IR_FLAGCC):
            *d = ir_eval_flag_cc(o->sub, A);
            break;
        CASE_BOTH(IR_FLAGSEL):
            *d = ir_eval_flag_cc(o->sub, A) ? B : C;
            break;
        CASE_BOTH(IR_FLAGPACK):
            *d = ir_eval_flag_pack(o->sub, A);
            break;

        case KEY32(IR_LD):
            *d = (uint32_t)load(cpu, A + o->imm, o->aux);
            break;
        case KEY64(IR_LD):
            *d = load(cpu, A + o->imm, o->aux);
            break;
        CASE_BOTH(IR_ST):
            store(cpu, A + o->imm, B, o->aux);
            break;
        /* Nothing is kept: a look-up is as much work as it was. */
        case KEY64(IR_PAGECHK):
            *d = 0;
            break;
        case KEY32(IR_LDH):
            *d = (uint32_t)load(cpu, A + o->imm, o->aux);
            break;
        case KEY64(IR_LDH):
            *d = load(cpu, A + o->imm, o->aux);
            break;
        CASE_BOTH(IR_STH):
            store(cpu, A + o->imm, B, o->aux);
            break;
        case KEY32(IR_AMO):
            *d = (uint32_t)softmmu_amo(cpu, A, B, o->aux | (uint32_t)o->sub << 16);
            break;
        case KEY64(IR_AMO):
            *d = softmmu_amo(cpu, A, B, o->aux | (uint32_t)o->sub << 16);
            break;
        case KEY32(IR_CAS):
            *d = (uint32_t)softmmu_cas(cpu, A, B, C, o->aux);
            break;
        case KEY64(IR_CAS):
            *d = softmmu_cas(cpu, A, B, C, o->aux);
            break;
        case KEY64(IR_FENCE):
            fence(o->aux);
            break;

        CASE_BOTH(IR_FSQRT):
        CASE_BOTH(IR_F2S):
        CASE_BOTH(IR_F2U):
        CASE_BOTH(IR_S2F):
        CASE_BOTH(IR_U2F):
        CASE_BOTH(IR_F2F):
            *d = ir_eval_fp(&cpu->fp, ir_fp_desc(o, c->ops[o->arg[0]].type), A, 0, 0);
            break;
        CASE_BOTH(IR_FADD):
        CASE_BOTH(IR_FSUB):
        CASE_BOTH(IR_FMUL):
        CASE_BOTH(IR_FDIV):
        CASE_BOTH(IR_FMIN):
        CASE_BOTH(IR_FMAX):
            *d = ir_eval_fp(&cpu->fp, ir_fp_desc(o, o->type), A, B, 0);
            break;
        CASE_BOTH(IR_FCMP):
            *d = ir_eval_fp(&cpu->fp, ir_fp_desc(o, o->sub2), A, B, 0);
            break;
        CASE_BOTH(IR_FMA):
            *d = ir_eval_fp(&cpu->fp, ir_fp_desc(o, o->type), A, B, C);
            break;
        CASE_BOTH(IR_FNEG):
            *d = eval_fsgn(ir_type_bits(o->type), A, ~A);
            break;
        CASE_BOTH(IR_FABS):
            *d = eval_fsgn(ir_type_bits(o->type), A, 0);
            break;
        CASE_BOTH(IR_FSGN):
            *d = eval_fsgn(ir_type_bits(o->type), A, B);
            break;
        CASE_BOTH(IR_FSGNX):
            *d = eval_fsgnx(ir_type_bits(o->type), A, B);
            break;
        case KEY64(IR_FBOX):
            *d = eval_fbox(A);
            break;
        case KEY32(IR_FUNBOX):
            *d = eval_funbox(A);
            break;
        CASE_BOTH(IR_BITS):
        CASE_BOTH(IR_FROMBITS):
            *d = A;
            break;

        case KEY32(IR_CALL):
            *d = (uint32_t)call(cpu, o, v);
            break;
        case KEY64(IR_CALL):
            *d = call(cpu, o, v);
            break;

        case KEY64(IR_BR):
            target = c->blocks[o->aux].first;
            goto branch;
        case KEY32(IR_BRCC):
            target = c->blocks[eval32_cc(o->sub, A, B) ? o->aux & 0xffff : o->aux >> 16].first;
            goto branch;
        case KEY64(IR_BRCC):
            target = c->blocks[eval64_cc(o->sub, A, B) ? o->aux & 0xffff : o->aux >> 16].first;
            goto branch;
        CASE_BOTH(IR_BRFLAG):
            target = c->blocks[ir_eval_flag_cc(o->sub, A) ? o->aux & 0xffff : o->aux >> 16].first;
            goto branch;
        branch:
            if (target <= (uint32_t)(d - v) && must_leave(cpu)) {
                while (c->ops[target].op == IR_PARAM) {
                    target++;
                }
                cpu->pc = (c->ops[target].imm + moved) & va_mask; /* of an INSN: the verifier saw to that */
                return IR_EXIT_JUMP;
            }
            o = c->ops + target - 1;
            d = v + target - 1;
            break;
        case KEY64(IR_EXIT_JUMP):
            cpu->pc = (o->imm + moved) & va_mask;
            return IR_EXIT_JUMP;
        case KEY64(IR_EXIT_KEY):
            cpu->pc = (o->imm + moved) & va_mask;
            cpu->key = o->aux;
            return IR_EXIT_KEY;
        case KEY64(IR_EXIT_REG):
            cpu->pc = A;
            return IR_EXIT_REG;
        case KEY64(IR_EXIT_STATE):
        case KEY64(IR_EXIT_MAIN):
            return o->op;
        default:
            g_assert_not_reached();
        }
    }
}
