/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The intermediate representation: what frontends build and engines (the interpreter, the host back
 * ends) execute. A unit is a list of blocks, a block a list of ops. Values are SSA: each may be used wherever
 * its definition dominates and comes before in op order; blocks take parameters. An op's value is named by its
 * index in the unit. The ops themselves are in ir-ops.h, a row each.
 */
#ifndef MYNAH_IR_H
#define MYNAH_IR_H

#include <glib.h>

#include "cpu-mode.h"
#include "types.h"

struct cpu;

enum ir_type {
    IR_VOID,
    IR_I32,
    IR_I64,
    IR_F32,
    IR_F64,
    IR_V128,
    IR_V256,
    IR_FLAGS, /* of FLAGDEF only: never in registers, locals or memory */
};

enum ir_opcode {
#define IR(name, types, args, fields, effects, doc) IR_##name,
#include "ir-ops.h"
#undef IR
    IR_OPCODES
};

/* Effects of an opcode (fifth column of ir-ops.h). */
enum ir_op_flags {
    IR_PURE = 1,    /* no effect but its value: may be removed, moved, merged */
    IR_COMMUT = 2,  /* its first two arguments may be swapped */
    IR_MAYTRAP = 4, /* may raise a guest exception: needs the guest PC and exact registers */
    IR_TERM = 8,    /* ends its block */
    IR_EFFECT = 16, /* reads or writes state */
    IR_DEF = 32,    /* has a value, unless its type is IR_VOID */
    IR_LATE = 64,   /* with MAYTRAP: late puts before it are done only where it leaves its fast path */
};

/* A row of ir-ops.h. */
struct ir_op_info {
    const char *name, *args, *fields, *doc;
    uint16_t types; /* set of 1 << enum ir_type */
    uint8_t nargs, flags;
};
extern const struct ir_op_info ir_op_info[IR_OPCODES];

/* Condition codes of setcc, select and brcc (in op.sub). Unsigned ones have the U. */
enum ir_cc { IR_EQ, IR_NE, IR_LT, IR_GE, IR_LE, IR_GT, IR_LTU, IR_GEU, IR_LEU, IR_GTU };

/*
 * What the flags of a FLAGDEF are those of (op.sub), in the width 1 << op.sub2 bytes; only the low bits of a and b count,
 * and the lowest of c. r is the result in that width: Z, S (its sign) and P (even parity of its low byte) are always its.
 * C is the carry or borrow, V the signed overflow, A the carry or borrow out of bit 3 (0 for what has none).
 */
enum ir_flag_kind {
    IR_FLAG_ADD,   /* r = a + b */
    IR_FLAG_ADC,   /* r = a + b + c */
    IR_FLAG_SUB,   /* r = a - b; C: a borrow (x86) */
    IR_FLAG_SBB,   /* r = a - b - c; C: a borrow */
    IR_FLAG_SUBN,  /* r = a - b; C: no borrow (ARM) */
    IR_FLAG_SBCN,  /* r = a - b - !c; C: no borrow */
    IR_FLAG_INC,   /* r = a + b, but C = c */
    IR_FLAG_DEC,   /* r = a - b, but C = c */
    IR_FLAG_LOGIC, /* r = a; C = c, V = the lowest bit of b */
    IR_FLAG_SHL,   /* r = a << n, n = b mod 64: C the last bit shifted out (n = 0: c), V = C ^ S */
    IR_FLAG_SHR,   /* r = a >> n: C the last bit shifted out (n = 0: c), V = the sign of a */
    IR_FLAG_SAR,   /* r = a >> n, arithmetic: C likewise, V = 0 */
    IR_FLAG_X86,   /* a is packed as IR_LAYOUT_X86. P, Z and S are its */
    IR_FLAG_NZCV,  /* a is packed as IR_LAYOUT_NZCV, P and A are 0; in every width the same bits */
};

/* Conditions of flags (op.sub): the first 16 as x86 numbers them; the opposite differs in bit 0. */
enum ir_flag_cc {
    IR_FLAG_O, IR_FLAG_NO, IR_FLAG_C, IR_FLAG_NC, IR_FLAG_Z, IR_FLAG_NZ,
    IR_FLAG_BE, IR_FLAG_A,   /* C or Z: at most, where C is a borrow */
    IR_FLAG_S, IR_FLAG_NS, IR_FLAG_P, IR_FLAG_NP,
    IR_FLAG_L, IR_FLAG_GE,   /* S != V */
    IR_FLAG_LE, IR_FLAG_G,   /* Z or S != V */
    IR_FLAG_AUX, IR_FLAG_NAUX,
    IR_FLAG_HI, IR_FLAG_LS,  /* C and not Z: above, where C is "no borrow" (ARM) */
};

/* Where a FLAGPACK puts them (op.sub). X86: C 0, P 2, A 4, Z 6, S 7, V 11, as EFLAGS; NZCV: V 28, C 29, Z 30, S 31. */
enum ir_flag_layout { IR_LAYOUT_X86, IR_LAYOUT_NZCV };

/*
 * How frontends use them. Each remembers the value of its last FLAGDEF in the block and, at its end or where another
 * instruction wants the packed form, puts FLAGPACK of it to a register of its table: dead puts vanish, and a condition
 * right behind a comparison becomes the host's. Without one in the block it makes one of the register.
 *
 *   ARM: adds FLAG_ADD a, b; subs, cmp FLAG_SUBN a, b; adc ADC with FLAG_ADC; sbc SBB with c inverted and FLAG_SBCN;
 *   ands, tst, and shifts by the shifter's carry FLAG_LOGIC result, old V, carry out. eq Z, ne NZ, hs C, lo NC, mi S,
 *   pl NS, vs O, vc NO, hi HI, ls LS, ge GE, lt L, gt G, le LE. The register holds IR_LAYOUT_NZCV.
 *
 *   x86: add FLAG_ADD, adc ADC with FLAG_ADC, sub and cmp FLAG_SUB, sbb SBB with FLAG_SBB, inc and dec FLAG_INC and
 *   FLAG_DEC of a, 1 and the old carry (FLAGCC C), neg FLAG_SUB of 0 and a, logic FLAG_LOGIC of the result, 0, 0, shifts
 *   FLAG_SHL, FLAG_SHR, FLAG_SAR of the operand and a count that is not 0 (else the flags stay: a branch around it), all
 *   in 8 to 64 bits. jcc, setcc, cmovcc have the numbers of enum ir_flag_cc. The register holds IR_LAYOUT_X86.
 */

/* Comparison kinds of fcmp. EQ is quiet, LT and LE signal on quiet NaNs (IEEE 754, 5.11). */
enum ir_fcc { IR_FEQ, IR_FLT, IR_FLE, IR_FLTQ, IR_FLEQ };

/* Whose NaN, tininess, minimum and conversion rules an FP op follows (op.sub, low 2 bits). */
enum ir_fp_class { IR_FP_RISCV, IR_FP_ARM, IR_FP_X86 };

/* Rounding of an FP op (op.sub2): numbered as RISC-V's frm; DYN is the guest's current mode (cpu->fp.rm). */
enum ir_rm { IR_RNE, IR_RTZ, IR_RDN, IR_RUP, IR_RMM, IR_RDYN = 7 };

/* Variants of fma (op.aux): which parts of a * b + c are negated. */
enum { IR_FMA_NEG_PRODUCT = 1, IR_FMA_NEG_ADDEND = 2 };

/* Operations of amo (op.sub). */
enum ir_amo { IR_AMO_SWAP, IR_AMO_ADD, IR_AMO_AND, IR_AMO_OR, IR_AMO_XOR, IR_AMO_MIN, IR_AMO_MAX, IR_AMO_MINU, IR_AMO_MAXU };

/* Lanes of a vector (op.aux, low 4 bits). Lane 0 is at the lowest address. */
enum ir_lane { IR_LANE_8, IR_LANE_16, IR_LANE_32, IR_LANE_64, IR_LANE_F32, IR_LANE_F64 };

/* The bits of a vector; of a V128 q[2] and q[3] are 0. */
struct ir_vec {
    uint64_t q[4];
};

/* What a memory access is (op.aux of ld, st, amo, cas). Combine with |. */
enum ir_memop {
    IR_MEM_8 = 0,
    IR_MEM_16 = 1,
    IR_MEM_32 = 2,
    IR_MEM_64 = 3,
    IR_MEM_128 = 4,          /* vectors: V128, V256 */
    IR_MEM_256 = 5,
    IR_MEM_SIZE = 7,         /* mask: log2 of the bytes */
    IR_MEM_SIGNED = 1 << 3,  /* loads: sign-extend to the type; else zero-extend */
    IR_MEM_BE = 1 << 4,      /* big-endian: the bytes of the whole value are reversed */
    /* A misaligned address faults; else it works, atomic or not; of amo it is atomic within 16 aligned bytes and faults
     * beyond them; of cas it always faults. */
    IR_MEM_ALIGN = 1 << 5,
    IR_MEM_ATOMIC = 1 << 6,  /* single-copy atomic even where the host would split it; not for vectors but in cas */
    IR_MEM_ACQUIRE = 1 << 7,
    IR_MEM_RELEASE = 1 << 8,
    IR_MEM_STORE = 1 << 9,   /* amo, cas, st: faults are store faults. Set by the builders */
    IR_MEM_CTX_SHIFT = 10,   /* 3 bits: 0 the current data context, else one of cpu_arch.ncontexts: mmu_switch_context() */
    IR_MEM_LR = 1 << 13,     /* the load of a load-reserved: for fault reporting only */
    IR_MEM_ALIGNED = 1 << 14, /* the address is known to be a multiple of the size. Set by ir_specialise_loop() */
    IR_MEM_ODD = 1 << 15,    /* ld, st: the address was often no multiple of the size: a hint, set by the engine */
};

/*
 * What a PAGECHK is for (op.aux): the length in bytes, the power of two that the address is to be a multiple of, reads
 * only or writes too, the context as in a memop. The value says that all of the bytes may be accessed through the table
 * of pages, or is 0; that is found out without an effect: no exception, no entry made.
 *
 * An LDH or STH is the LD or ST without its argument for the check, whatever that is: exceptions, watchpoints, devices
 * and the order of accesses are the same. The check only saves engines the look-up, and one that has no use for it takes
 * 0. So it must lie within what was checked: a sum of the same value and constants, in the bytes, of the kind, aligned
 * if its memop asks for that (IR_MEM_ALIGN, IR_MEM_ATOMIC). Plain accesses only.
 *
 * How long the value holds. What another CPU takes away from the tables (a page becomes code, the map changes) it waits
 * for, until each CPU that had it has left its unit or is in a slow access of its own (cpus_wait_safe(),
 * cpus_mapping_wait()): so neither fences nor time end it. What the CPU does itself ends it. That can be within any
 * access that is not a fast one; engines see to that, and make the value 0. A call of a helper with IR_H_WRITES,
 * IR_H_TRAPS or IR_H_STATE ends it for good, as the end of the block does: no access behind those uses the check.
 * ir_merge_checks() makes these ops, the verifier holds units to this.
 */
enum {
    IR_CHECK_LENGTH = 0x1fff, /* mask: 1 to PAGE_SIZE */
    IR_CHECK_ALIGN_SHIFT = 13, /* 3 bits: log2 of the alignment */
    IR_CHECK_STORE = 1 << 16,
    IR_CHECK_CTX_SHIFT = 17, /* 3 bits */
    IR_CHECK_ALL = (1 << 20) - 1,
};

/* An F64 (op.sub of funbox) that is known to be a boxed F32. Set by ir_specialise_loop(). */
enum { IR_UNBOX_KNOWN = 1 };

/* Orders of fence (op.aux): what before is ordered with what after; bits as RISC-V's fence sets. */
enum { IR_FENCE_W = 1, IR_FENCE_R = 2 };

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
    /* Changes state that is no guest register, the regime of memory accesses too: the call is never removed, and what was
     * found of a page before it is void. */
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
     * IR_H_VECTOR: so is the result, whose address (struct ir_vec *) comes after cpu; then there are at most 3 arguments.
     */
    uint8_t vectors;
};

#define IR_H_VECTOR 0x80

/* One guest register: the row of an architecture's table that drives IR, pinning, gdb, trace, snapshot, monitor. */
struct guest_reg {
    const char *name;
    uint8_t type;    /* IR_I64, IR_I32, IR_F64 ...: how the slot is stored. Slots have 8 bytes, of V128 16, of V256 32 */
    uint32_t offset; /* from struct cpu */
    int16_t gdb;     /* gdb's register number, -1: none */
    uint16_t weight; /* how often code uses it: back ends pin the heaviest */
};

struct ir_block {
    uint32_t first, end; /* ops [first, end) */
    bool cold;           /* unlikely: placed out of line */
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

    /* What is being translated; filled by the engine before cpu_arch.translate. */
    gva pc;              /* first guest instruction */
    gva va_mask;         /* of addresses: cpu->va_mask. ~0 after ir_begin() */
    uint32_t key;        /* cpu->key it is translated under: for engines ... */
    struct cpu_mode mode; /* ... and what its number stands for: for frontends */
    uint32_t max_insns;  /* end the unit after so many */
    gva stop_before;     /* end the unit rather than translate an instruction at or after this address, unless it is the first */
    uint32_t guest_size; /* out: bytes of guest code covered */
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

/* -- Building. Types of arguments are checked by ir_verify(), asserted in debug builds. -- */

/* Empty the unit; block 0 is open. */
void ir_begin(struct ir_unit *u, const struct cpu_arch *arch);
/* Free the unit's memory; it is as if zeroed. */
void ir_unit_free(struct ir_unit *u);
/* True while a further guest instruction should be added (IR_MAX_OPS, IR_MAX_BLOCKS). */
bool ir_has_room(const struct ir_unit *u);
/* A guest instruction of len bytes at pc begins. Everything until the next is attributed to it. */
void ir_insn(struct ir_unit *u, gva pc, unsigned len);

ir_val ir_const(struct ir_unit *u, enum ir_type t, int64_t v);
/* The guest address v, which moves with the unit: a link address, a sum of the PC. As I32 its low half. */
ir_val ir_pc(struct ir_unit *u, enum ir_type t, gva v);
/* An op of 1 or 2 arguments whose value has its first argument's type: add, sub, ..., clz, neg. Folds constants and identities. */
ir_val ir_op1(struct ir_unit *u, enum ir_opcode op, ir_val a);
ir_val ir_op2(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b);
/* Of 3 arguments: adc, sbb, divu2, remu2, divs2, rems2. */
ir_val ir_op3(struct ir_unit *u, enum ir_opcode op, ir_val a, ir_val b, ir_val c);
/* ubfx, sbfx: length bits of a from bit first; bfi: those of a replaced by b's low ones. 1 <= length, first + length
 * <= width. */
ir_val ir_bits_get(struct ir_unit *u, bool is_signed, ir_val a, unsigned first, unsigned length);
ir_val ir_bits_set(struct ir_unit *u, ir_val a, ir_val b, unsigned first, unsigned length);
/* trunc, sext, zext, bitcast: value of type t. */
ir_val ir_convert(struct ir_unit *u, enum ir_opcode op, enum ir_type t, ir_val a);
/* 1 or 0 in type t (I32 or I64). */
ir_val ir_setcc(struct ir_unit *u, enum ir_cc cc, enum ir_type t, ir_val a, ir_val b);
/* cc(a, b) ? x : y */
ir_val ir_select(struct ir_unit *u, enum ir_cc cc, ir_val a, ir_val b, ir_val x, ir_val y);

/* A vector op of type t: lane, imm (index, count, half) and arguments as its row says, 0 for what it has not. */
ir_val ir_vector(struct ir_unit *u, enum ir_opcode op, enum ir_type t, unsigned lane, int64_t imm, ir_val a, ir_val b,
                 ir_val c);
/* The same for the FP ones, VFADD to VF2H; lane also carries the IR_FMA_NEG_* << 8 of a VFMA; cc of VFCMP. */
ir_val ir_vector_fp(struct ir_unit *u, enum ir_opcode op, enum ir_type t, enum ir_fp_class cl, enum ir_rm rm,
                    enum ir_fcc cc, unsigned lane, int64_t imm, ir_val a, ir_val b, ir_val c);

/* Flags of an operation in 8 << size bits on a, b and c: all I64 for size 3, else I32. See enum ir_flag_kind. */
ir_val ir_flags(struct ir_unit *u, enum ir_flag_kind kind, unsigned size, ir_val a, ir_val b, ir_val c);
/* 1 or 0 in type t; a or b; packed, in type t. f is a value of ir_flags(). What is a comparison becomes setcc or select.
 */
ir_val ir_flag_setcc(struct ir_unit *u, enum ir_flag_cc cc, enum ir_type t, ir_val f);
ir_val ir_flag_select(struct ir_unit *u, enum ir_flag_cc cc, ir_val f, ir_val a, ir_val b);
ir_val ir_flag_pack(struct ir_unit *u, enum ir_flag_layout layout, enum ir_type t, ir_val f);

/*
 * Guest register by its index in the architecture's table; t I32 reads or writes the low half of an I64
 * register (a write clears the rest). What the block already knows of the register is used instead of a
 * GET, so frontends need no cache of their own; a call with IR_H_WRITES makes the builder forget.
 */
ir_val ir_get(struct ir_unit *u, unsigned reg, enum ir_type t);
void ir_put(struct ir_unit *u, unsigned reg, ir_val v);
/* Other CPU state: t at byte offset from struct cpu; memop gives size and signedness. */
ir_val ir_load_state(struct ir_unit *u, enum ir_type t, enum ir_memop m, uint32_t offset);
void ir_store_state(struct ir_unit *u, enum ir_memop m, uint32_t offset, ir_val v);
unsigned ir_new_local(struct ir_unit *u, enum ir_type t);
/* A local is written before it is read, on every path. */
ir_val ir_get_local(struct ir_unit *u, unsigned local);
void ir_put_local(struct ir_unit *u, unsigned local, ir_val v);

/* Guest memory at addr + disp (64-bit wraparound; the frontend zero-extends 32-bit sums itself and passes disp 0). */
ir_val ir_load(struct ir_unit *u, enum ir_type t, enum ir_memop m, ir_val addr, int32_t disp);
void ir_store(struct ir_unit *u, enum ir_memop m, ir_val addr, int32_t disp, ir_val v);
/* Atomic read-modify-write; the old value, extended as m says to the type of v. */
ir_val ir_amo_op(struct ir_unit *u, enum ir_amo kind, enum ir_memop m, ir_val addr, ir_val v);
/* Compare and swap; the old value, extended as m says: it was stored if that equals expected (so extended). */
ir_val ir_cas_op(struct ir_unit *u, enum ir_memop m, ir_val addr, ir_val expected, ir_val desired);
void ir_fence_op(struct ir_unit *u, unsigned before, unsigned after);

/* fadd, fsub, fmul, fdiv, fsqrt (b none), fmin, fmax. */
ir_val ir_fp(struct ir_unit *u, enum ir_opcode op, enum ir_fp_class c, enum ir_rm rm, ir_val a, ir_val b);
ir_val ir_fp_fma(struct ir_unit *u, enum ir_fp_class cl, enum ir_rm rm, unsigned neg, ir_val a, ir_val b, ir_val c);
ir_val ir_fp_cmp(struct ir_unit *u, enum ir_fcc cc, enum ir_fp_class c, enum ir_type t, ir_val a, ir_val b);
/* f2s, f2u (to integer type t), s2f, u2f, f2f (to FP type t). */
ir_val ir_fp_convert(struct ir_unit *u, enum ir_opcode op, enum ir_fp_class c, enum ir_rm rm, enum ir_type t, ir_val a);

/* Call a helper; args beyond nargs must be 0. Value of type t (IR_VOID if it has none). FP arguments must be bitcast first. */
ir_val ir_call(struct ir_unit *u, const struct ir_helper *h, enum ir_type t, ir_val a, ir_val b, ir_val c, ir_val d);

/* -- Blocks -- */
/* A new block, empty and not placed; cold blocks are laid out of line. */
unsigned ir_new_block(struct ir_unit *u, bool cold);
/* Add following ops to block b (each block is placed once, after the current one ended in a terminator). */
void ir_place_block(struct ir_unit *u, unsigned b);
/* The next parameter of the current block, before any other op of it. Block 0 has none. */
ir_val ir_param(struct ir_unit *u, enum ir_type t);
/* Parameter n of the block is v, if the branch that follows goes there: for each parameter of each of its targets. */
void ir_arg(struct ir_unit *u, unsigned block, unsigned n, ir_val v);
void ir_br(struct ir_unit *u, unsigned block);
void ir_brcc(struct ir_unit *u, enum ir_cc cc, ir_val a, ir_val b, unsigned if_true, unsigned if_false);
void ir_brflag(struct ir_unit *u, enum ir_flag_cc cc, ir_val f, unsigned if_true, unsigned if_false);

/* -- Leaving the unit (terminators) -- */
/* To a known guest PC under the same key: chained directly. */
void ir_exit_jump(struct ir_unit *u, gva pc);
/* To a known guest PC under another key, which the frontend knows to be interned; cpu->key becomes it. */
void ir_exit_key(struct ir_unit *u, gva pc, uint32_t key);
/* To a computed PC under the same key: inline hash; a PC op is a known one. is_ret/is_call hints may come later through op.aux. */
void ir_exit_reg(struct ir_unit *u, ir_val pc);
/* cpu->pc and cpu->key were set by a helper: inline hash. */
void ir_exit_state(struct ir_unit *u);
/* cpu->pc is set; back to the execution loop (halt, debug stop, work pending). */
void ir_exit_main(struct ir_unit *u);

/* -- Tools -- */
/* Check types, dominance, block structure. True, or false with a one-line reason in err. */
bool ir_verify(const struct ir_unit *u, GError **err);
/* The unit in text form, appended. */
void ir_print(const struct ir_unit *u, GString *out);
/* The text form parsed; helpers are looked up by name in the architecture's list. */
bool ir_parse(struct ir_unit *u, const struct cpu_arch *arch, const char *text, GError **err);
/* Remove what nobody uses and puts that are overwritten before anything can see them. Run before every engine; nothing can be added after it. */
void ir_optimise(struct ir_unit *u);
/*
 * Values that other blocks use, and parameters, become locals, as back ends want it. ir_optimise() ends with it; a unit
 * that was not optimised needs it before a back end compiles it.
 */
void ir_localise(struct ir_unit *u);
/*
 * If the unit (optimised) jumps back to its own PC or branches to its first block, make it a loop within the unit that tests once, when it is
 * entered, what ops of each turn would test: see tcg/ir/loop.c. The unit is optimised again; ninsns stays the guest's.
 * For units whose instructions are not counted. True if anything was changed.
 */
bool ir_specialise_loop(struct ir_unit *u);
/*
 * Give accesses near each other, off the same base, one check of their page where that is less work: see
 * tcg/ir/pagechk.c. For units (optimised) that a back end compiles; the last pass.
 */
void ir_merge_checks(struct ir_unit *u);
/* Where ir_merge_loop() gets its units from. */
struct ir_source {
    /* Build the unit (not optimised) of the guest code at pc, which ends before stop_before. */
    void (*translate)(void *opaque, struct ir_unit *u, gva pc, gva stop_before);
    /* True if guest code at pc is known to be executed. */
    bool (*executed)(void *opaque, gva pc);
    void *opaque;
};
/*
 * Build the loop with its lowest address at head as one unit, not optimised: see tcg/ir/merge.c. u is also where units are
 * built meanwhile. False: there is no such loop, or it is too big; then u holds nothing of use. u->guest_size reaches to
 * its highest instruction.
 */
bool ir_merge_loop(struct ir_unit *u, gva head, const struct ir_source *src);
/* Properties of opcodes. */
static inline const char *ir_op_name(enum ir_opcode op)
{
    return ir_op_info[op].name;
}

static inline unsigned ir_op_flags(enum ir_opcode op)
{
    return ir_op_info[op].flags;
}

/* Arguments; of a call the most that there are. */
static inline unsigned ir_op_nargs(enum ir_opcode op)
{
    return ir_op_info[op].nargs;
}

static inline bool ir_op_has_result(enum ir_opcode op)
{
    return ir_op_info[op].flags & IR_DEF;
}

/* -- Evaluation, shared by folder, interpreter and back ends -- */
/* A pure op on integers as a number, for ir_eval(): those between ADD and ZEXT32 in the list. */
uint64_t ir_eval_desc(const struct ir_op *o);
/* Its value; bits of the arguments above the type's do not matter, of the value they are zero. */
uint64_t ir_eval(uint64_t desc, uint64_t a, uint64_t b, uint64_t c);
/* The flags of a FLAGDEF, packed as IR_LAYOUT_X86. */
uint32_t ir_eval_flags(enum ir_flag_kind kind, unsigned size, uint64_t a, uint64_t b, uint64_t c);
/* Flags so packed fulfil the condition; in a layout. */
bool ir_eval_flag_cc(enum ir_flag_cc cc, uint32_t flags);
uint32_t ir_eval_flag_pack(enum ir_flag_layout layout, uint32_t flags);
struct fp_env;
/* An op of FP arithmetic, conversion or comparison as a number, for ir_eval_fp(). src: type of its first argument. Bit
 * 31 is free. */
uint32_t ir_fp_desc(const struct ir_op *o, enum ir_type src);
/* The op's type. */
enum ir_type ir_fp_desc_type(uint32_t desc);
/* Its value by softfp; flags are raised in e, whose class of rules is not looked at. 32-bit values are zero-extended.
 */
uint64_t ir_eval_fp(struct fp_env *e, uint32_t desc, uint64_t a, uint64_t b, uint64_t c);

/* A vector op, VADD to VF2H, as a number for ir_eval_vector(). src: type of its first argument. */
uint64_t ir_vector_desc(const struct ir_op *o, enum ir_type src);
/* *d = its value; a scalar argument or value is in q[0], zero-extended. d may be one of the arguments. */
void ir_eval_vector(struct fp_env *e, uint64_t desc, struct ir_vec *d, const struct ir_vec *a, const struct ir_vec *b,
                    const struct ir_vec *c);

/* -- Types and lanes -- */

static inline bool ir_is_vector(unsigned t)
{
    return t == IR_V128 || t == IR_V256;
}

/* Bits of a type. */
static inline unsigned ir_type_bits(unsigned t)
{
    return t == IR_I32 || t == IR_F32 ? 32 : t == IR_V128 ? 128 : t == IR_V256 ? 256 : 64;
}

/* Bytes of a guest register's slot. */
static inline unsigned ir_slot_bytes(unsigned t)
{
    return ir_is_vector(t) ? ir_type_bits(t) / 8 : 8;
}

static inline unsigned ir_lane_bits(unsigned lane)
{
    return lane >= IR_LANE_F32 ? 32u << (lane - IR_LANE_F32) : 8u << lane;
}

/* Type of a single lane as a value. */
static inline unsigned ir_lane_type(unsigned lane)
{
    static const uint8_t types[] = {IR_I32, IR_I32, IR_I32, IR_I64, IR_F32, IR_F64};
    return types[lane];
}

/* Vector ops proper: VADD to VF2H. */
static inline bool ir_is_vector_op(enum ir_opcode op)
{
    return op >= IR_VADD && op <= IR_VF2H;
}

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
 * tables as translated code, FP through softfp. Returns the terminator it left by (IR_EXIT_JUMP, _REG, _STATE or _MAIN) with cpu->pc set; a
 * guest exception leaves through cpu_loop_exit(). cpu->pc is kept at the current guest instruction for
 * exact faults, and cpu->unit_insns counts the guest instructions begun in this call, the current one
 * included: after a return all of them are done, after an exception all but the last.
 */
enum ir_opcode ir_interpret(const struct ir_code *c, struct cpu *cpu);

#endif
