/* SPDX-License-Identifier: BSD-2-Clause */
/* The vocabulary of the intermediate representation: types, opcodes, and what their fields mean. */
#ifndef MYNAH_IR_TYPES_H
#define MYNAH_IR_TYPES_H

#include "types.h"

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
 * What the flags of a FLAGDEF are those of (op.sub), in the width 1 << op.sub2 bytes; only the low bits of a and b
 * count, and the lowest of c. r is the result in that width: Z, S (its sign) and P (even parity of its low byte) are
 * always its. C is the carry or borrow, V the signed overflow, A the carry or borrow out of bit 3 (0 for what has
 * none).
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
 * How frontends use them. Each remembers what its last FLAGDEF was of, and puts that, or FLAGPACK of it, to registers of
 * its table: dead puts vanish, and a condition right behind a comparison becomes the host's. In another block it makes one
 * of the registers.
 *
 *   ARM: adds FLAG_ADD a, b; subs, cmp FLAG_SUBN a, b; adc ADC with FLAG_ADC; sbc SBB with c inverted and FLAG_SBCN;
 *   ands, tst, and shifts by the shifter's carry FLAG_LOGIC result, old V, carry out. eq Z, ne NZ, hs C, lo NC, mi S,
 *   pl NS, vs O, vc NO, hi HI, ls LS, ge GE, lt L, gt G, le LE.
 *
 *   x86: add FLAG_ADD, adc ADC with FLAG_ADC, sub and cmp FLAG_SUB, sbb SBB with FLAG_SBB, inc and dec FLAG_INC and
 *   FLAG_DEC of a, 1 and the old carry (FLAGCC C), neg FLAG_SUB of 0 and a, logic FLAG_LOGIC of the result, 0, 0,
 *   shifts FLAG_SHL, FLAG_SHR, FLAG_SAR of the operand and a count that is not 0 (else the flags stay: a branch around
 *   it), all in 8 to 64 bits. jcc, setcc, cmovcc have the numbers of enum ir_flag_cc. The register holds IR_LAYOUT_X86.
 */

/*
 * Comparison kinds of fcmp. EQ is quiet, LT and LE signal on quiet NaNs (IEEE 754, 5.11). NZCV and, quiet, NZCVQ are not
 * 1 or 0 but ARM's flags: 8, 6, 2 or 3 << 28 where a is less, equal, greater, or there is a NaN; no vector op has them.
 */
enum ir_fcc { IR_FEQ, IR_FLT, IR_FLE, IR_FLTQ, IR_FLEQ, IR_FNZCV, IR_FNZCVQ };

/*
 * Whose NaN, tininess, minimum and conversion rules an FP op follows (op.sub, low 2 bits). ARM_DENORMAL: ARM's, but
 * denormals are not flushed whatever cpu->fp says; for scalars.
 */
enum ir_fp_class { IR_FP_RISCV, IR_FP_ARM, IR_FP_X86, IR_FP_ARM_DENORMAL };

/* Rounding of an FP op (op.sub2): numbered as RISC-V's frm; DYN is the guest's current mode (cpu->fp.rm). */
enum ir_rm { IR_RNE, IR_RTZ, IR_RDN, IR_RUP, IR_RMM, IR_RDYN = 7 };

/* Variants of fma (op.aux): which parts of a * b + c are negated. */
enum { IR_FMA_NEG_PRODUCT = 1, IR_FMA_NEG_ADDEND = 2 };

/* Operations of amo (op.sub). */
enum ir_amo { IR_AMO_SWAP, IR_AMO_ADD, IR_AMO_AND, IR_AMO_OR, IR_AMO_XOR, IR_AMO_MIN, IR_AMO_MAX, IR_AMO_MINU,
              IR_AMO_MAXU };

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
    /* 3 bits: 0 the current data context, else one of cpu_arch.ncontexts: mmu_switch_context(). */
    IR_MEM_CTX_SHIFT = 10,
    IR_MEM_LR = 1 << 13,     /* the load of a load-reserved: for fault reporting only */
    IR_MEM_ALIGNED = 1 << 14, /* the address is known to be a multiple of the size. Set by ir_specialise_loop() */
    IR_MEM_SURE = 1 << 16,   /* ldh, sth: the check's value is right, whatever there is between. Set by ir_strip_loops() */
    IR_MEM_WORDS = 1 << 15,  /* ld, st of 64 bits, with IR_MEM_ALIGN: the address need only be a multiple of 4 */
    /* ld: the address hangs on what another load brings, so that time is lost until the page is known: a hint, set by
     * ir_find_chases() */
    IR_MEM_CHASED = 1 << 17,
    IR_MEM_ODD = 1 << 19,    /* ld, st: the address was often no multiple of the size: a hint, set by the engine */
    IR_MEM_ALONE = 1 << 18,  /* ld, st: a check shared with others often crossed a page: a hint, set by the engine */
};

/* What an address must be a multiple of, in bytes, else the access faults; 1 without IR_MEM_ALIGN. */
static inline unsigned ir_mem_align(unsigned memop)
{
    return !(memop & IR_MEM_ALIGN) ? 1 : memop & IR_MEM_WORDS ? 4 : 1u << (memop & IR_MEM_SIZE);
}

/*
 * What a PAGECHK is for (op.aux): the length in bytes, the power of two that the address is to be a multiple of, reads
 * only or writes too, the context as in a memop. The value says that all of the bytes may be accessed through the table
 * of pages, or is 0; that is found out without an effect: no exception, no entry made.
 *
 * An LDH or STH is the LD or ST without its argument for the check, whatever that is: exceptions, watchpoints, devices
 * and the order of accesses are the same. The check only saves engines the look-up, and one that has no use for it
 * takes 0. So it must lie within what was checked: a sum of the same value and constants, in the bytes, of the kind,
 * aligned if its memop asks for that (IR_MEM_ALIGN, IR_MEM_ATOMIC). Plain accesses only.
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
    /* No access under it may fail: it is 0 also where the host address that it gives is in an alias of memory. */
    IR_CHECK_SURE = 1 << 20,
    IR_CHECK_CHASED = 1 << 21, /* the same hint as IR_MEM_CHASED */
    /*
     * The value holds for the IR_CHECK_PAGES pages behind, or before, the one that is checked as well, and is 0 where it
     * does not: the guest's memory lies there in one piece.
     */
    IR_CHECK_AHEAD = 1 << 22,
    IR_CHECK_BEFORE = 1 << 23,
    IR_CHECK_ALL = (1 << 24) - 1,
};
enum { IR_CHECK_PAGES = 1 };

/* A brcc (op.sub2) that goes back to its first block a bounded number of times: engines need not look for requests. */
enum { IR_COUNTED = 1 };

/* An F64 (op.sub of funbox) that is known to be a boxed F32. Set by ir_specialise_loop(). */
enum { IR_UNBOX_KNOWN = 1 };

/* Orders of fence (op.aux): what before is ordered with what after; bits as RISC-V's fence sets. */
enum { IR_FENCE_W = 1, IR_FENCE_R = 2 };

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
    static const uint8_t types[] = { IR_I32, IR_I32, IR_I32, IR_I64, IR_F32, IR_F64 };
    return types[lane];
}

/* Vector ops proper: VADD to VF2H. */
static inline bool ir_is_vector_op(enum ir_opcode op)
{
    return op >= IR_VADD && op <= IR_VF2H;
}

#endif
