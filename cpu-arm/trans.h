/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trans-*.c files share: the state of a translation, and access to guest registers as IR.
 *
 * A function a64_NAME() makes the IR of one instruction. It returns false, with nothing built, if the instruction is
 * undefined in this state. If it ended the block with an exit it sets ended.
 */
#ifndef MYNAH_ARM_TRANS_H
#define MYNAH_ARM_TRANS_H

#include "arm.h"

/* Direct exits that a unit may have: engines chain no more. */
#define ARM_UNIT_JUMPS 4

struct translator {
    struct ir_unit *u;
    const struct arm_config *config;
    gva pc, next;      /* of the current instruction, and the one after it */
    uint32_t insn;     /* the current instruction's encoding */
    uint64_t mode;     /* ARMKEY_*: word 0 of the unit's mode */
    uint8_t el;        /* of the mode */
    unsigned order;    /* IR_MEM_BE where data is big-endian, for or-ing into a memop */
    bool ended;        /* the unit has its last exit */
    bool btype_set;    /* this instruction set PSTATE.BTYPE */
    unsigned jumps;    /* direct exits the unit has */
    bool called;       /* the instructions are those of a function that a BL led to, which is to return to ... */
    gva return_to;
    struct known_flags {
        uint8_t what;    /* arm_cpu.flags.kind, or, if kind is not set, which of its bits beside ARM_FLAGS_WHAT are set */
        bool kind;
        bool b_is_const; /* flags.b is b */
        int64_t b;
        /* In that IR block the flags are then if holds is 1, else nzcv. */
        bool both;
        uint8_t nzcv;
        ir_val holds, then;
        unsigned block;
    } known;           /* at this point of the flags, however it was come to */
    bool sp_aligned;   /* SP was checked in this unit, and is aligned since */
    /* AArch32, see trans-a32.h. */
    bool t32;          /* the current instruction is T32 */
    uint8_t it;        /* its ITSTATE */
    uint8_t it_next;   /* that of the instruction behind it */
    uint8_t it_state;  /* what arm_cpu.itstate is at this point */
    uint8_t select;    /* results are chosen by this condition, 14: they are not */
    bool stop;         /* what is behind a conditional exit is for another unit */
    bool fp_standard;  /* FP of Advanced SIMD: by FPSCR's standard value (FZ, DN, to nearest) */
};

/* -- Constants -- */

static inline ir_val const64(struct translator *t, uint64_t v)
{
    return ir_const(t->u, IR_I64, v);
}

static inline ir_val const32(struct translator *t, uint32_t v)
{
    return ir_const(t->u, IR_I32, (int32_t)v);
}

/* An address that is known by its distance from the code: of ADR, BL's link, PC-relative loads. */
static inline ir_val pc_const(struct translator *t, gva v)
{
    return ir_pc(t->u, IR_I64, v);
}

/* -- General registers. sf: 64 bits; else values are I32 and a write clears the high half -- */

static inline enum ir_type x_type(bool sf)
{
    return sf ? IR_I64 : IR_I32;
}

/* Register 31 is zero. */
static inline ir_val get_r(struct translator *t, bool sf, unsigned n)
{
    return n == 31 ? ir_const(t->u, x_type(sf), 0) : ir_get(t->u, ARMREG_X(n), x_type(sf));
}

static inline void set_r(struct translator *t, unsigned n, ir_val v)
{
    if (n != 31)
        ir_put(t->u, ARMREG_X(n), v);
}

/* Register 31 is SP. */
static inline ir_val get_r_sp(struct translator *t, bool sf, unsigned n)
{
    return ir_get(t->u, n == 31 ? ARMREG_SP : ARMREG_X(n), x_type(sf));
}

static inline void set_r_sp(struct translator *t, unsigned n, ir_val v)
{
    if (n == 31)
        t->sp_aligned = false;
    ir_put(t->u, n == 31 ? ARMREG_SP : ARMREG_X(n), v);
}

static inline ir_val get_x(struct translator *t, unsigned n)
{
    return get_r(t, true, n);
}

static inline ir_val get_w(struct translator *t, unsigned n)
{
    return get_r(t, false, n);
}

static inline ir_val get_x_sp(struct translator *t, unsigned n)
{
    return get_r_sp(t, true, n);
}

/*
 * x - q * y for a register that has q and is given the result. What a compiler makes of x % y, where q is the quotient,
 * is a remainder: also by 0, where q is 0, and of the signed overflow.
 */
ir_val multiply_subtract(struct translator *t, ir_val x, ir_val q, ir_val y);

/* -- Flags: trans-flags.c -- */

/*
 * They become those of ADD, SUBN, ADC or SBCN of a and b, or of LOGIC of a with C and V clear. carry: that comes in, of
 * ADC and SBCN, else 0. What of arm_cpu.flags nothing can see is no code, as of any register.
 */
void set_flags(struct translator *t, enum ir_flag_kind kind, bool sf, ir_val a, ir_val b, ir_val carry);
/* N and Z become those of r, an I32; C the lowest bit of carry (0: it stays); V stays. */
void set_nz(struct translator *t, ir_val r, ir_val carry);
/* NZCV as packed in an I32, bits 31 to 28, become the flags. */
void set_nzcv(struct translator *t, ir_val packed);
/* If holds (1 or 0, I32) as set_flags() of ADD or SUBN, else the bits nzcv. */
void set_flags_or_nzcv(struct translator *t, ir_val holds, enum ir_flag_kind kind, bool sf, ir_val a, ir_val b,
                       unsigned nzcv);
/*
 * A FLAGDEF for the condition *cc, which may become another. It may begin a block: other values are better got behind it.
 */
ir_val get_flags(struct translator *t, enum ir_flag_cc *cc);
/* The same as ir_flag_setcc(), ir_flag_select(), ir_brflag(); cond is the manual's condition, 0 to 13. */
ir_val flag_setcc(struct translator *t, enum ir_flag_cc cc, enum ir_type type);
ir_val flag_select(struct translator *t, unsigned cond, ir_val x, ir_val y);
void flag_branch(struct translator *t, unsigned cond, unsigned if_true, unsigned if_false);
/* Begin a block now if get_flags() for that would. */
void flags_known(struct translator *t, unsigned cond);
/* All of them, packed as an I32. */
ir_val packed_flags(struct translator *t);
/* C as an I32, where it is likely that nobody uses it: without a block of its own. */
ir_val carry_if_used(struct translator *t);
/* What is known is what is also known of another way that comes here. */
void join_flags(struct translator *t, const struct known_flags *other);
/* Nothing is: a helper may have changed them. */
static inline void forget_flags(struct translator *t)
{
    t->known = (struct known_flags){ 0 };
}
/* The manual's condition cond (0 to 13) as one of ir_flag_setcc() and so on. */
enum ir_flag_cc flag_condition(unsigned cond);

/* -- Vector registers -- */

/*
 * AArch32's D and S registers are parts of the V registers. As operands of the functions that translate both states'
 * instructions they have numbers of their own: their values are then in the lowest part of a vector, what is above it is
 * anything, and to set one leaves the rest of its V register alone.
 */
#define VREG_D(n) (32u + (n)) /* 0 .. 31 */
#define VREG_S(n) (64u + (n)) /* 0 .. 31 */

/* The V register that a register is in, and which part it is. */
static inline unsigned v_register(unsigned n)
{
    return n < VREG_D(0) ? n : n < VREG_S(0) ? (n - VREG_D(0)) / 2 : (n - VREG_S(0)) / 4;
}

static inline unsigned v_part(unsigned n)
{
    return n < VREG_D(0) ? 0 : n < VREG_S(0) ? n & 1 : n & 3;
}

ir_val get_v_part(struct translator *t, unsigned n);
void set_v_part(struct translator *t, unsigned n, ir_val v);

static inline ir_val get_v(struct translator *t, unsigned n)
{
    return n < VREG_D(0) ? ir_get(t->u, ARMREG_V(n), IR_V128) : get_v_part(t, n);
}

static inline void set_v(struct translator *t, unsigned n, ir_val v)
{
    if (n < VREG_D(0))
        ir_put(t->u, ARMREG_V(n), v);
    else
        set_v_part(t, n, v);
}

/* Call it first in each instruction of FP and SIMD. True: they trap here; the exception is built, return true. */
bool fp_trapped(struct translator *t);

/* -- Memory -- */

/*
 * The base of a load or store: Rn or SP. With SP a check of its alignment where that is asked for, which traps before
 * anything else of the instruction.
 */
ir_val base_address(struct translator *t, unsigned rn);
/* memop with what the mode adds to every access: byte order, and IR_MEM_ALIGN where SCTLR.A is set. */
unsigned memop_of(const struct translator *t, unsigned memop);
/* The same of LDTR and STTR. */
unsigned memop_unprivileged(const struct translator *t, unsigned memop);

/*
 * What the exclusive load right before, in this IR block, saw at the address, if a store to it is sure to find the monitor
 * so; else 0. Not of 128 bits.
 */
ir_val monitored(struct translator *t, ir_val addr);

/* -- Leaving -- */

/* An exception at this instruction to the level of an instruction's (see arm_exception_level()); ends the block. */
void raise_sync(struct translator *t, uint32_t esr);
/* To this level. */
void raise_sync_to(struct translator *t, unsigned el, uint32_t esr);
/* cpu->pc = the next instruction. */
void set_pc_next(struct translator *t);
/* Leave for the next instruction under a key or regime that may have changed; ends the unit. */
void exit_next(struct translator *t);
/*
 * Leave for a direct branch's target, within or beyond the unit; ends the block, not the unit: that is for the caller to
 * say by t->ended.
 */
void exit_branch(struct translator *t, gva target);
/* PSTATE.BTYPE behind RET, BR by X16 or X17, BLR; and BR by another register, in a guarded page. */
enum { BTYPE_RETURN = 0, BTYPE_JUMP_IP = 1, BTYPE_CALL = 2, BTYPE_JUMP = 3 };
/* Leave for an address from a register: of BR, BLR, RET. btype: what PSTATE.BTYPE becomes. Ends the unit. */
void exit_register(struct translator *t, ir_val target, unsigned btype);

/* -- The unit -- */

/* The first instruction of the unit may not run at all: an exception is built. */
bool stopped_before(struct translator *t);
/*
 * Behind a BL's link: go on at the target, a short function of the page, if the unit may; and behind a return to a known
 * address, there. False: the unit is to be left.
 */
bool follow_call(struct translator *t, gva target);
bool follow_return(struct translator *t, ir_val to);
/* The unit may take the instruction at t->pc, not its first. */
bool may_continue(const struct translator *t);

/* XPACLRI and the hints that sign or authenticate: trans-pauth.c. n: CRm and op2. */
bool pauth_hint(struct translator *t, unsigned n);
/* The address that RETAA (key 0) or RETAB (1) and so on return to, authenticated with SP. */
ir_val pauth_return(struct translator *t, unsigned key, ir_val ptr);

/* -- The decoders -- */

/* Translate t->insn, A64. False, with nothing built: it is undefined. */
bool arm_decode_a64(struct translator *t);
/* The same for what belongs to the system: exceptions, ERET, hints, barriers, MSR, MRS, SYS. trans-sys.c. */
bool arm_decode_system(struct translator *t);

/* Translate AArch32's code: the unit's key has ARMKEY_A32. translate-a32.c */
void arm_translate_a32(struct translator *t);

/* The record of helper_NAME(). */
#define ARM_HELPER(name_, nargs_, result_, flags_)                                                                     \
    const struct ir_helper arm_helper_##name_ = {                                                                      \
        .name = "arm_" #name_, .fn = helper_##name_, .nargs = nargs_, .result = result_, .flags = flags_ }

#endif
