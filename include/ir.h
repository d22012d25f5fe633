/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The intermediate representation: what frontends build and engines (the interpreter, the host back
 * ends) execute. A unit is a list of blocks, a block a list of ops. Values are SSA: each may be used wherever
 * its definition dominates and comes before in op order; blocks take parameters. An op's value is named by its
 * index in the unit. The ops themselves are in ir-ops.h, a row each; what their fields mean in ir-types.h. Units are
 * built by ir-build.h, and changed and evaluated by ir-passes.h.
 */
#ifndef MYNAH_IR_H
#define MYNAH_IR_H

#include <glib.h>

#include "cpu-mode.h"
#include "ir-types.h"
#include "types.h"

struct cpu;

/*
 * Place. A unit is found by its guest code's place in memory and run wherever that is mapped: by an engine
 * at any PC whole pages away from ir_unit.pc. The PCs in INSN, EXIT_JUMP and PC ops are those for ir_unit.pc
 * and move with it, modulo ir_unit.va_mask; no other constant may depend on the PC but for its page offset.
 *
 * Representation of values. CONST is I32 or I64; an I32 constant's imm is kept sign-extended. A
 * guest register is accessed in its own type, or an I64 one as I32 (its low half; a PUT clears the
 * rest). LD and ST may have an FP type of the access's size. LDS and STS never touch a guest
 * register of the table. Acquire and release mean what C11's memory orders mean.
 *
 * Attribution. An op belongs to the guest instruction of the last INSN before it in op order, and
 * that must also be the last INSN executed: so an instruction's own blocks are placed before the
 * next ir_insn(), cold ones too (the back end moves those out of line).
 *
 * Loops. A branch to its own or an earlier block goes to one that begins with INSN: engines may leave the
 * unit there (cpu->exit_request, instruction budget) as ir_exit_jump() to that instruction would.
 */

/* An op's value, by index in the unit; 0 is "none" (op 0 of every unit is a nop). */
typedef uint32_t ir_val;

struct ir_op {
    uint8_t op;   /* enum ir_opcode */
    uint8_t type; /* of the value; for ops without one, of what they operate on (st, put, brcc) */
    uint8_t sub;  /* cc, fcc, FP class, amo kind: see the op's line */
    uint8_t sub2; /* rounding mode, source type of conversions */
    ir_val arg[4];
    uint32_t aux; /* memop, block numbers, sizes */
    int64_t imm;  /* constant, displacement, register number, guest PC, helper */
};

/*
 * What a helper may do; engines save and reload only what that asks for. A call without WRITES, TRAPS
 * and STATE whose result nobody uses is removed: give a helper that raises FP flags STATE.
 */
enum {
    IR_H_PURE = 0,
    IR_H_READS = 1,  /* reads guest registers other than its arguments */
    IR_H_WRITES = 2, /* writes guest registers */
    IR_H_TRAPS = 4,  /* may raise a guest exception (cpu_loop_exit); implies that it sees exact registers and PC */
    /*
     * Changes state that is no guest register, the regime of memory accesses too: the call is never removed, and what
     * was found of a page before it is void.
     */
    IR_H_STATE = 8,
};

/*
 * A C function called from translated code. All arguments and the result are uint64_t; FP values
 * are passed as their bits, narrower ones zero-extended. cpu->fp flags may be raised by any. Code
 * reached from a helper must not use host floating point: the guest's rounding mode is loaded.
 */
struct ir_helper {
    const char *name;
    void *fn;      /* uint64_t fn(struct cpu *cpu, uint64_t, ...) with nargs arguments after cpu */
    uint8_t nargs; /* 0..4 */
    bool result;   /* false: the return value is ignored */
    uint8_t flags; /* IR_H_* */
    /*
     * Bit n: argument n is a vector, given as the address of a const struct ir_vec in the place of a number.
     * IR_H_VECTOR: so is the result, whose address (struct ir_vec *) comes after cpu; then there are at most 3
     * arguments.
     */
    uint8_t vectors;
};

#define IR_H_VECTOR 0x80

/* One guest register: the row of an architecture's table that drives IR, pinning, gdb, trace, snapshot, monitor. */
struct guest_reg {
    const char *name;
    /* IR_I64, IR_I32, IR_F64 ...: how the slot is stored. Slots have 8 bytes, of V128 16, of V256 32. */
    uint8_t type;
    uint32_t offset; /* from struct cpu */
    int16_t gdb;     /* gdb's register number, -1: none */
    uint16_t weight; /* how often code uses it: back ends pin the heaviest */
    /* Of what was put as I32 nobody looks at the high half, which may become anything. Of type I32: nothing else is put. */
    bool low;
};

struct ir_block {
    uint32_t first, end; /* ops [first, end) */
    bool cold;           /* unlikely: placed out of line */
    uint8_t rare;        /* in a loop: runs in one of 2^rare of its turns, as one of copies */
};

/*
 * A unit grows as it is built. These are where frontends end one: ir_has_room() leaves a guest instruction the ops and
 * blocks that none may exceed.
 */
#define IR_MAX_OPS 4096
#define IR_INSN_OPS 256
#define IR_MAX_BLOCKS 256
#define IR_INSN_BLOCKS 16
#define IR_MAX_REGS 512     /* rows of an architecture's register table */
#define IR_BLOCK_LIMIT 65536 /* block numbers have 16 bits */
#define IR_VALUE_HASH 64

/* All zero is an empty unit for ir_begin(); ir_unit_free() gives its memory back. */
struct ir_unit {
    struct ir_op *ops;
    uint32_t nops;
    struct ir_block *blocks; /* ir_place_block() order is ops order */
    uint32_t nblocks;
    uint32_t current; /* block that ops are added to */
    uint8_t *locals;  /* types */
    uint32_t nlocals;
    const struct cpu_arch *arch;
    const struct guest_reg *regs; /* of the CPU: cpu->regs. Those of arch after ir_begin() */

    /* What is being translated; filled by the engine before cpu_arch.translate. */
    gva pc;              /* first guest instruction */
    gva va_mask;         /* of addresses: cpu->va_mask. ~0 after ir_begin() */
    uint32_t key;        /* cpu->key it is translated under: for engines ... */
    struct cpu_mode mode; /* ... and what its number stands for: for frontends */
    uint32_t max_insns;  /* end the unit after so many */
    /* End the unit rather than translate an instruction at or after this address, unless it is the first. */
    gva stop_before;
    /*
     * A frontend may go on in the short function that a direct call leads to, and behind the call once that returns: the
     * code is worth it. For units whose instructions are not counted, that stop at no breakpoint.
     */
    bool follow_calls;
    uint32_t guest_size;   /* out: bytes of guest code covered from pc on ... */
    uint32_t guest_before; /* ... and before it, where a call was followed back */
    uint32_t ninsns;     /* out: guest instructions covered; counted by ir_insn() */
    const struct code_source *source; /* engine-private: where tcg_fetch() in mmu.h reads */
    gva missing;           /* engine-private: the first byte that it did not find ... */
    unsigned missing_size; /* ... and how many were wanted from there on */

    /* Builder-private: what is known in the current block. An entry older than its floor is void. */
    uint32_t block_floor, reg_floor;
    ir_val value_hash[IR_VALUE_HASH]; /* CONST and FUNBOX ops */
    ir_val reg_known[IR_MAX_REGS];    /* last GET or PUT of each register ... */
    ir_val *local_known;              /* ... GETL or PUTL of each local */
    uint32_t ops_cap, blocks_cap, locals_cap; /* what there is room for */
    void *scratch; /* of passes */
    size_t scratch_size;
};

/* The helper of a CALL. */
static inline const struct ir_helper *ir_op_helper(const struct ir_op *o)
{
    return (const struct ir_helper *)(uintptr_t)o->imm;
}

/* The op takes or gives a vector. */
static inline bool ir_has_vector(const struct ir_op *o)
{
    return ir_is_vector(o->type) || ir_is_vector_op(o->op) || (o->op == IR_CALL && ir_op_helper(o)->vectors);
}

/* The executable part of a unit, as the interpreter keeps it: exact-size copies. */
struct ir_code {
    gva pc, va_mask;
    struct ir_op *ops;
    struct ir_block *blocks;
    uint32_t nops, nblocks, nlocals, ninsns;
    bool vectors; /* there are some */
};

/* Copy what executing the unit needs; free with ir_code_free(). */
struct ir_code *ir_code_new(const struct ir_unit *u);
void ir_code_free(struct ir_code *c);

/*
 * Execute on cpu; cpu->code_page is where the unit's page is mapped. Guest memory goes through the same soft page
 * tables as translated code, FP through softfp. Returns the terminator it left by (IR_EXIT_JUMP, _REG, _STATE or _MAIN)
 * with cpu->pc set; a guest exception leaves through cpu_loop_exit(). cpu->pc is kept at the current guest instruction
 * for exact faults, and cpu->unit_insns counts the guest instructions begun in this call, the current one included:
 * after a return all of them are done, after an exception all but the last.
 */
enum ir_opcode ir_interpret(const struct ir_code *c, struct cpu *cpu);

#include "ir-build.h"
#include "ir-passes.h"

#endif
