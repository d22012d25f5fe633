/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer loads and stores, A, Zabha, Zacas, Zicbom and Zicboz, fences. Manual: volume I, "RVWMO", "A", "Zabha",
 * "Zacas", "CMO"; the profiles' "Zama16b".
 */
#include "trans.h"

/* -- Loads and stores: misaligned ones work -- */

/* The address x[rs1] + imm, the part of it that the access adds itself being left in *disp. */
static ir_val address(struct translator *t, unsigned rs1, int32_t imm, int32_t *disp)
{
    if (t->rv32) {
        *disp = 0;
        return ir_convert(t->u, IR_ZX, IR_I64, ir_op2(t->u, IR_ADD, get_w(t, rs1), ir_const(t->u, IR_I32, imm)));
    }
    *disp = imm;
    return get_x(t, rs1);
}

ir_val load_at(struct translator *t, enum ir_type type, unsigned memop, unsigned rs1, int32_t imm)
{
    int32_t disp;
    ir_val addr = address(t, rs1, imm, &disp);
    return ir_load(t->u, type, memop, addr, disp);
}

void store_at(struct translator *t, unsigned memop, unsigned rs1, int32_t imm, ir_val v)
{
    int32_t disp;
    ir_val addr = address(t, rs1, imm, &disp);
    ir_store(t->u, memop, addr, disp, v);
}

/* A load to x0 is made all the same: it may fault. */
static bool load(struct translator *t, const struct riscv_args *a, unsigned memop)
{
    set_x(t, a->rd, load_at(t, t->xl, memop, a->rs1, a->imm));
    return true;
}

static bool store(struct translator *t, const struct riscv_args *a, unsigned memop)
{
    store_at(t, memop, a->rs1, a->imm, get_x(t, a->rs2));
    return true;
}

TRANS(lb, load(t, a, IR_MEM_8 | IR_MEM_SIGNED))
TRANS(lh, load(t, a, IR_MEM_16 | IR_MEM_SIGNED))
TRANS(lw, load(t, a, IR_MEM_32 | IR_MEM_SIGNED))
TRANS(ld, load(t, a, IR_MEM_64))
TRANS(lbu, load(t, a, IR_MEM_8))
TRANS(lhu, load(t, a, IR_MEM_16))
TRANS(lwu, load(t, a, IR_MEM_32))
TRANS(sb, store(t, a, IR_MEM_8))
TRANS(sh, store(t, a, IR_MEM_16))
TRANS(sw, store(t, a, IR_MEM_32))
TRANS(sd, store(t, a, IR_MEM_64))

/* -- Atomics: misaligned ones fault, but for what Zama16b allows -- */

static unsigned atomic_memop(const struct riscv_args *a, unsigned size)
{
    return size | IR_MEM_SIGNED | IR_MEM_ALIGN | IR_MEM_ATOMIC | (a->aq ? IR_MEM_ACQUIRE : 0) |
           (a->rl ? IR_MEM_RELEASE : 0);
}

/* Zama16b: not for bytes and halfwords, lr and sc, compare-and-swap. */
static bool amo(struct translator *t, const struct riscv_args *a, enum ir_amo kind, unsigned size)
{
    unsigned memop = atomic_memop(a, size);
    ir_val addr = get_x64(t, a->rs1);
    if (t->config->has[RVF_zama16b] && size >= IR_MEM_32)
        memop &= ~IR_MEM_ALIGN;
    if (size <= IR_MEM_32)
        set_w(t, a->rd, ir_amo_op(t->u, kind, memop, addr, get_w(t, a->rs2)));
    else
        set_x(t, a->rd, ir_amo_op(t->u, kind, memop, addr, get_x(t, a->rs2)));
    return true;
}

TRANS(amoswap_b, amo(t, a, IR_AMO_SWAP, IR_MEM_8))
TRANS(amoadd_b, amo(t, a, IR_AMO_ADD, IR_MEM_8))
TRANS(amoxor_b, amo(t, a, IR_AMO_XOR, IR_MEM_8))
TRANS(amoand_b, amo(t, a, IR_AMO_AND, IR_MEM_8))
TRANS(amoor_b, amo(t, a, IR_AMO_OR, IR_MEM_8))
TRANS(amomin_b, amo(t, a, IR_AMO_MIN, IR_MEM_8))
TRANS(amomax_b, amo(t, a, IR_AMO_MAX, IR_MEM_8))
TRANS(amominu_b, amo(t, a, IR_AMO_MINU, IR_MEM_8))
TRANS(amomaxu_b, amo(t, a, IR_AMO_MAXU, IR_MEM_8))
TRANS(amoswap_h, amo(t, a, IR_AMO_SWAP, IR_MEM_16))
TRANS(amoadd_h, amo(t, a, IR_AMO_ADD, IR_MEM_16))
TRANS(amoxor_h, amo(t, a, IR_AMO_XOR, IR_MEM_16))
TRANS(amoand_h, amo(t, a, IR_AMO_AND, IR_MEM_16))
TRANS(amoor_h, amo(t, a, IR_AMO_OR, IR_MEM_16))
TRANS(amomin_h, amo(t, a, IR_AMO_MIN, IR_MEM_16))
TRANS(amomax_h, amo(t, a, IR_AMO_MAX, IR_MEM_16))
TRANS(amominu_h, amo(t, a, IR_AMO_MINU, IR_MEM_16))
TRANS(amomaxu_h, amo(t, a, IR_AMO_MAXU, IR_MEM_16))
TRANS(amoswap_w, amo(t, a, IR_AMO_SWAP, IR_MEM_32))
TRANS(amoadd_w, amo(t, a, IR_AMO_ADD, IR_MEM_32))
TRANS(amoxor_w, amo(t, a, IR_AMO_XOR, IR_MEM_32))
TRANS(amoand_w, amo(t, a, IR_AMO_AND, IR_MEM_32))
TRANS(amoor_w, amo(t, a, IR_AMO_OR, IR_MEM_32))
TRANS(amomin_w, amo(t, a, IR_AMO_MIN, IR_MEM_32))
TRANS(amomax_w, amo(t, a, IR_AMO_MAX, IR_MEM_32))
TRANS(amominu_w, amo(t, a, IR_AMO_MINU, IR_MEM_32))
TRANS(amomaxu_w, amo(t, a, IR_AMO_MAXU, IR_MEM_32))
TRANS(amoswap_d, amo(t, a, IR_AMO_SWAP, IR_MEM_64))
TRANS(amoadd_d, amo(t, a, IR_AMO_ADD, IR_MEM_64))
TRANS(amoxor_d, amo(t, a, IR_AMO_XOR, IR_MEM_64))
TRANS(amoand_d, amo(t, a, IR_AMO_AND, IR_MEM_64))
TRANS(amoor_d, amo(t, a, IR_AMO_OR, IR_MEM_64))
TRANS(amomin_d, amo(t, a, IR_AMO_MIN, IR_MEM_64))
TRANS(amomax_d, amo(t, a, IR_AMO_MAX, IR_MEM_64))
TRANS(amominu_d, amo(t, a, IR_AMO_MINU, IR_MEM_64))
TRANS(amomaxu_d, amo(t, a, IR_AMO_MAXU, IR_MEM_64))

/*
 * A reservation is the address and the value seen there; the store-conditional compares and swaps with
 * that value. A failing one raises what a store would, so that faults don't depend on the reservation.
 * A load-reserved with rl must not pass stores before it. What lr.d reserves is kept at the address + 1, so
 * that no sc.w succeeds on it, nor sc.d on what lr.w reserves: their values can't be compared.
 */

static ir_val reservation_address(struct translator *t, unsigned rs1, unsigned size)
{
    ir_val addr = get_x64(t, rs1);
    return size == IR_MEM_64 ? ir_op2(t->u, IR_ADD, addr, const64(t, 1)) : addr;
}

static bool load_reserved(struct translator *t, const struct riscv_args *a, unsigned size)
{
    ir_val addr = get_x64(t, a->rs1);
    if (a->rl)
        ir_fence_op(t->u, IR_FENCE_R | IR_FENCE_W, IR_FENCE_R);
    ir_val v = ir_load(t->u, IR_I64, (atomic_memop(a, size) & ~IR_MEM_ATOMIC) | IR_MEM_LR, addr, 0);
    ir_store_state(t->u, IR_MEM_64, offsetof(struct riscv_cpu, resv_addr), reservation_address(t, a->rs1, size));
    ir_store_state(t->u, IR_MEM_64, offsetof(struct riscv_cpu, resv_value), v);
    t->reserved.addr = addr;
    t->reserved.value = v;
    t->reserved.block = t->u->current;
    t->reserved.size = size;
    set_x64(t, a->rd, v);
    return true;
}

static void clear_reservation(struct translator *t)
{
    ir_store_state(t->u, IR_MEM_64, offsetof(struct riscv_cpu, resv_addr), const64(t, ~UINT64_C(0)));
}

/*
 * What the load-reserved saw, if it is known to be this address's and no helper ran since, which might have ended it;
 * else 0.
 */
static ir_val reserved_value(const struct translator *t, ir_val addr, unsigned size)
{
    ir_val v = t->reserved.value;

    if (!v || t->reserved.block != t->u->current || t->reserved.addr != addr || t->reserved.size != size)
        return 0;
    for (unsigned i = v + 1; i < t->u->nops; i++) {
        if (t->u->ops[i].op == IR_CALL)
            return 0;
    }
    return v;
}

static void compare_and_store(struct translator *t, const struct riscv_args *a, unsigned size, ir_val seen)
{
    ir_val old = ir_cas_op(t->u, atomic_memop(a, size), get_x64(t, a->rs1), seen, get_x64(t, a->rs2));

    clear_reservation(t);
    set_x(t, a->rd, ir_setcc(t->u, IR_NE, t->xl, old, seen));
    t->reserved.value = 0;
}

static bool store_conditional(struct translator *t, const struct riscv_args *a, unsigned size)
{
    struct ir_unit *u = t->u;
    ir_val known = reserved_value(t, get_x64(t, a->rs1), size);

    if (known) {
        compare_and_store(t, a, size, known);
        return true;
    }
    unsigned match = ir_new_block(u, false), fail = ir_new_block(u, true), done = ir_new_block(u, false);
    ir_val reserved = ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct riscv_cpu, resv_addr));
    ir_brcc(u, IR_EQ, reservation_address(t, a->rs1, size), reserved, match, fail);

    ir_place_block(u, match);
    compare_and_store(t, a, size, ir_load_state(u, IR_I64, IR_MEM_64, offsetof(struct riscv_cpu, resv_value)));
    ir_br(u, done);

    ir_place_block(u, fail);
    ir_call(u, &riscv_helper_sc_fail, IR_VOID, get_x64(t, a->rs1), const64(t, 1u << size), 0, 0);
    clear_reservation(t);
    set_x(t, a->rd, xconst(t, 1));
    ir_br(u, done);

    ir_place_block(u, done);
    return true;
}

TRANS(lr_w, load_reserved(t, a, IR_MEM_32))
TRANS(lr_d, load_reserved(t, a, IR_MEM_64))
TRANS(sc_w, store_conditional(t, a, IR_MEM_32))
TRANS(sc_d, store_conditional(t, a, IR_MEM_64))

/* -- Zacas: a register pair that begins with x0 reads as zero and is not written -- */

static bool amocas(struct translator *t, const struct riscv_args *a, unsigned size)
{
    ir_val old = ir_cas_op(t->u, atomic_memop(a, size), get_x64(t, a->rs1), get_w(t, a->rd), get_w(t, a->rs2));
    set_w(t, a->rd, old);
    return true;
}

TRANS(amocas_b, amocas(t, a, IR_MEM_8))
TRANS(amocas_h, amocas(t, a, IR_MEM_16))
TRANS(amocas_w, amocas(t, a, IR_MEM_32))

bool trans_amocas_d(struct translator *t, const struct riscv_args *a)
{
    ir_val old = ir_cas_op(t->u, atomic_memop(a, IR_MEM_64), get_x64(t, a->rs1), get_x(t, a->rd), get_x(t, a->rs2));
    set_x(t, a->rd, old);
    return true;
}

static ir_val get_pair(struct translator *t, unsigned n)
{
    if (!n)
        return const64(t, 0);
    ir_val high = ir_op2(t->u, IR_SHL, get_x64(t, n + 1), const64(t, 32));
    return ir_op2(t->u, IR_OR, get_x64(t, n), high);
}

/* RV32's amocas.d */
bool trans_amocas_pair(struct translator *t, const struct riscv_args *a)
{
    struct ir_unit *u = t->u;
    ir_val old = ir_cas_op(u, atomic_memop(a, IR_MEM_64) & ~IR_MEM_SIGNED, get_x64(t, a->rs1), get_pair(t, a->rd),
                           get_pair(t, a->rs2));
    if (a->rd) {
        set_x64(t, a->rd, old);
        set_x64(t, a->rd + 1, ir_op2(u, IR_SHR, old, const64(t, 32)));
    }
    return true;
}

/* 16 bytes as the guest orders them: low doubleword first. */
static ir_val get_quad(struct translator *t, unsigned n)
{
    ir_val v = ir_vector(t->u, IR_VDUP, IR_V128, IR_LANE_64, 0, n ? get_x64(t, n) : const64(t, 0), 0, 0);

    return n ? ir_vector(t->u, IR_VSET, IR_V128, IR_LANE_64, 1, v, get_x64(t, n + 1), 0) : v;
}

bool trans_amocas_q(struct translator *t, const struct riscv_args *a)
{
    struct ir_unit *u = t->u;
    ir_val old = ir_cas_op(u, atomic_memop(a, IR_MEM_128) & ~IR_MEM_SIGNED, get_x64(t, a->rs1), get_quad(t, a->rd),
                           get_quad(t, a->rs2));
    if (a->rd) {
        set_x64(t, a->rd, ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 0, old, 0, 0));
        set_x64(t, a->rd + 1, ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 1, old, 0, 0));
    }
    return true;
}

/* -- Cache blocks -- */

static bool cbo(struct translator *t, const struct riscv_args *a, unsigned op)
{
    ir_call(t->u, &riscv_helper_cbo, IR_VOID, get_x64(t, a->rs1), const64(t, op), const64(t, t->insn), 0);
    return true;
}

TRANS(cbo_inval, cbo(t, a, 0))
TRANS(cbo_clean, cbo(t, a, 1))
TRANS(cbo_flush, cbo(t, a, 2))
TRANS(cbo_zero, cbo(t, a, 4))

/* -- Fences -- */

/* Device input and output are ordered as reads and writes. */
static unsigned fence_set(unsigned iorw)
{
    return (iorw | iorw >> 2) & (IR_FENCE_R | IR_FENCE_W);
}

bool trans_fence(struct translator *t, const struct riscv_args *a)
{
    if (a->fm == 8 && a->pred == 3 && a->succ == 3) { /* fence.tso */
        ir_fence_op(t->u, IR_FENCE_R, IR_FENCE_R | IR_FENCE_W);
        ir_fence_op(t->u, IR_FENCE_W, IR_FENCE_W);
    } else {
        ir_fence_op(t->u, fence_set(a->pred), fence_set(a->succ));
    }
    return true;
}

/* The engine sees stores to translated code at once: only what this unit has fetched already is old. */
bool trans_fence_i(struct translator *t, const struct riscv_args *a)
{
    exit_next_state(t);
    return true;
}

/* A hint that the hart waits for another: where harts take turns, it is the other's. */
bool trans_pause(struct translator *t, const struct riscv_args *a)
{
    ir_call(t->u, &riscv_helper_pause, IR_VOID, 0, 0, 0, 0);
    exit_next_state(t);
    return true;
}
