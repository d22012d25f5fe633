/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the x86-64 back end share while they compile a unit: values and where they are, the
 * frame of translated code, common stubs, and work put off to the end of the unit.
 */
#ifndef MYNAH_X64_COMPILE_H
#define MYNAH_X64_COMPILE_H

#include "emit.h"
#include "softfp.h"
#include "tcg/gen/backend.h"
#include "tcg/gen/pins.h"
#include "tcg/mmu/layout.h"
#include "vcpu.h"

/* -- The frame of translated code, offsets from RSP; RSP is 16-byte aligned in it -- */
#define FRAME_ARG(n) (8 * (n))  /* arguments and results of thunks */
#define FRAME_LOCAL(n) ((n) < LOCALS_NEAR ? 96 + 8 * (n) : FRAME_LOCAL_FAR + 8 * ((n) - LOCALS_NEAR))
#define FRAME_TEMPS 224         /* thunks keep RAX, RCX, RDX, XMM0..2 here */
#define FRAME_SPILL_FAR 288
#define LOCALS_NEAR 16          /* ... or locals; the others lie behind the spill slots */
#define SPILLS_NEAR 8           /* slots that 8-bit displacements reach */
#define SPILL_SLOTS IR_MAX_OPS  /* so that there is always one */
#define FRAME_LOCAL_FAR (FRAME_SPILL_FAR + 8 * SPILL_SLOTS)
#define LOCALS_FAR IR_MAX_OPS
#define FRAME_VECTOR_ARG(n) (FRAME_LOCAL_FAR + 8 * LOCALS_FAR + 32 * (n)) /* vectors for and from helpers: 0..3 */
#define VECTOR_SLOTS (2 * IR_MAX_OPS)                                  /* for values, and locals from the other end */
#define FRAME_VECTOR(slot) (FRAME_VECTOR_ARG(4) + 32 * (int32_t)(slot))
/* A late guest register on its way to its place. */
#define FRAME_LATE(reg) (FRAME_VECTOR(VECTOR_SLOTS) + 8 * (int32_t)(reg))
/* Thunks keep XMM registers here that are temporaries in units with vectors. */
#define FRAME_XMM(r) (FRAME_LATE(IR_MAX_REGS) + 16 * ((int32_t)(r) - XMM0))
#define FRAME_SIZE (FRAME_XMM(HOST_REGS) + 8) /* + 6 pushes + return address: a multiple of 16 */
static inline int32_t frame_spill(unsigned slot)
{
    return slot < SPILLS_NEAR ? 32 + 8 * (int)slot : FRAME_SPILL_FAR + 8 * (int)slot;
}

/* -- Constants beside the stubs, 16 bytes each -- */
enum x64_const {
    KC_ABS64, KC_SIGN64, KC_ABS32, KC_SIGN32, KC_BOX, KC_NAN64, KC_NAN32, KC_MXCSR,
    KC_U32_LIMIT64, KC_U32_LIMIT32, KC_U64_LIMIT64, KC_U64_LIMIT32,
    KC_BYTES70, /* 0x70 in each byte */
    KC_LEASTS64, KC_LEASTS32, /* in each lane, twice the bits of the smallest normal number */
    KC_LEAST64, /* twice the bits of the smallest normal number, plus 1; and infinity's less those */
    /* The lowest offset in a page where an access of 2, 4, 8 bytes leaves it, in the top bits. */
    KC_PAGE_END16, KC_PAGE_END32, KC_PAGE_END64,
    KC_CHECK_END, /* the same of checks of 16, 32 ... 256 bytes: 8 bytes each */
    KC_CHECK_LAST = KC_CHECK_END + 7,
    KC_COUNT
};

/* -- Common stubs: what is saved before and reloaded after the call of a C function -- */
enum x64_thunk {
    THUNK_CALL,        /* RAX(cpu, args); all pinned registers saved, caller-saved ones reloaded */
    THUNK_CALL_WRITES, /* ... all reloaded */
    THUNK_CALL_PURE,   /* ... caller-saved ones saved and reloaded */
    THUNK_LOAD,        /* softmmu_load(cpu, arg 0, arg 1): these keep all temporaries too; result to arg 0 */
    THUNK_STORE,
    THUNK_AMO,
    THUNK_CAS,
    THUNK_LOAD_VECTOR, /* softmmu_load_vector(cpu, arg 0, arg 1, arg 2), the next likewise */
    THUNK_STORE_VECTOR,
    THUNK_FP,          /* x64_fp_op(cpu, args) */
    THUNK_VECTOR_FP,   /* x64_vector_op(cpu, args) */
    THUNK_COUNT
};

/* What init() made for an architecture and a table of its registers. */
struct x64_arch {
    const struct cpu_arch *arch;
    const struct guest_reg *regs;
    struct gen_pins pins;         /* at every unit's entry and exits */
    const uint8_t *enter;         /* uint64_t enter(struct cpu *, code) */
    const uint8_t *exit_tb;       /* leave with RAX = tb | slot */
    const uint8_t *exit_null;     /* leave with tb == NULL */
    const uint8_t *exit_pc;       /* cpu->pc = RAX and leave */
    const uint8_t *probe_way1;    /* second way of the jump line number RDX for PC RAX */
    const uint8_t *thunk[2][THUNK_COUNT]; /* [1]: of units with vectors */
    const uint8_t *consts;
};

/* -- Values -- */

struct value {
    ir_val root;    /* the value that this one is another name of, or itself */
    uint32_t last;  /* op that uses it last, be it in its cold path only; 0: unused */
    uint32_t uses;  /* other than by cold paths */
    int16_t home;   /* its bits are in the memory of guest register (or nregs + local) home; -1: no */
    int16_t slot;   /* ... in the spill slot; -1: no */
    int16_t vslot;  /* a vector's slot; -1: it has none */
    uint8_t reg;    /* ... in the host register; NOREG: no */
    uint8_t hint;   /* compute it to this pinned register: a PUT is all that follows */
    ir_val tested;  /* of an op that compares this AND with 0: it uses what that is of; else 0 */
    ir_val carry;   /* of an ADC or SBB that makes its carry, of this FLAGCC or SETCC, itself; else 0 */
    uint32_t put;   /* that PUT. Of a PUT: the last LATE op before it in its block */
    bool late;      /* a PUT that cold paths do, or a value that they compute */
    uint8_t steps;  /* ops that those compute from the value */
    bool zx;        /* bits 63..32 of the register are zero */
    bool seen;      /* FP: something looks at its bits, so a NaN must be the class's */
    uint8_t zero_from; /* FP, V128: the bits from that one up are zero in its XMM register; 128: it is not known */
};

/* An operand. */
enum src_kind { SRC_IMM, SRC_REG, SRC_MEM };
struct src {
    enum src_kind kind;
    uint8_t reg;
    int32_t imm;
    struct x64_mem mem;
};

/* A slow path: code that is placed after the unit's end. */
struct cold {
    uint8_t kind;
    uint8_t reg[4];    /* as the kind says */
    uint8_t type;      /* of the value */
    struct src src, src2;
    uint32_t op;
    uint16_t insn;     /* index of the guest instruction */
    gva pc;            /* of it */
    uint32_t from[4];  /* rel32s that go here; 0: none */
    uint32_t back;     /* where it returns */
    uint8_t guess;     /* its guess of the page's entry: from[0] is for when it is wrong; 0: it has none */
    uint32_t access;   /* offset of the instruction that may fault on the host; 0: none */
    uint32_t aux;
    int64_t imm;
    uint32_t raw;      /* c->raw there */
    uint32_t late;     /* what guest registers must be given before the call: the first ... */
    uint16_t nlate;    /* ... and how many */
    /* Where the values of checks are that its slow access voids: x64.place from that index on. */
    uint32_t places;
    uint8_t nplaces;
    uint32_t follows;  /* where the fast path of the next one is, whose slow path this one goes on with; 0: it returns */
};

/*
 * Of a block, sets of host registers: what it puts into them last, and what holds where it begins. See narrow.c.
 */
struct flow {
    uint32_t put;                    /* anything */
    uint32_t extended;               /* a value whose bits from 31 up are the same */
    uint32_t narrow;                 /* such a one, whose high half is not right */
    uint32_t seen;                   /* those that somebody may look at from its begin on, before a PUT */
    uint32_t settle;                 /* those that it extends at its end */
    uint32_t in_extended, in_narrow; /* whatever is before: it is known; it may be */
};

/* A guest register whose value it does not hold yet. */
struct due {
    uint16_t reg;
    uint8_t type;
    ir_val value;
};

/* The same at some access: where what it takes is then. */
struct late {
    struct due due;
    struct src from;
    bool restore; /* the register's place holds something else that is still needed */
};

/* Where the value of a check is: a host register, or a spill slot. */
struct check_place {
    bool is_slot;
    uint16_t n;
};
#define MAX_CHECKS 8 /* values of checks in use at once: a further one is 0 */

/* A host return address or access, for the side table. */
struct site {
    uint32_t ra, access, slow;
    uint16_t insn;
    gva pc;
};

/* What a unit may need of them. */
#define MAX_COLD(nops, nblocks) ((nops) + 4 * (nblocks))

/* Before a block, in op order: the guest instructions that began, and the PC of the last one. */
struct before {
    gva pc;
    uint16_t insns;
};

struct fix {
    uint32_t at;
    uint16_t block;
};

struct thunk_call {
    uint32_t at; /* of the rel32 */
    enum x64_thunk thunk;
};

struct x64 {
    struct emit e;
    const struct ir_unit *u;
    const struct ir_op *ops;
    struct tb *tb;
    const struct x64_arch *a;
    unsigned features;

    /* Within the unit: the architecture's, or its own. */
    struct gen_pins pins;
    bool vectors;       /* it has some: then XMM registers without a pin are temporaries, and temporaries have 16 bytes */
    uint32_t temps;     /* its temporaries */
    uint32_t swapped;   /* host registers that its own are in */
    uint32_t written;   /* ... and may have been changed */
    uint32_t narrow;    /* those that are kept narrow, see narrow.c */
    uint32_t raw;       /* ... whose high half may be wrong now */
    struct flow *flow;  /* of each block, if any is narrow */

    unsigned i;         /* the op being lowered */
    uint32_t locked;    /* temporaries that it uses */
    ir_val in_reg[HOST_REGS]; /* the value in each host register, 0: none (pinned: none that is looked at) */
    ir_val *in_home;    /* the live value whose bits are in that memory: of registers, then locals */
    uint16_t insn;      /* index of the current guest instruction, from 0 */
    uint16_t insns_seen; /* guest instructions that began so far, in op order */
    uint32_t margin;    /* bytes that one op may take */
    gva pc;             /* its address */

    uint16_t free_slots[SPILL_SLOTS], nfree, nslots;
    uint16_t vfree[VECTOR_SLOTS], nvfree, nvslots; /* slots of vectors */
    bool upper;         /* YMM registers are in use: vzeroupper comes before anything else */
    struct value *v;

    struct cold *cold;
    unsigned ncold;
    struct due due[IR_MAX_REGS]; /* now */
    unsigned ndue;
    struct late *late;
    unsigned nlate, late_cap;
    struct site *site;
    unsigned nsites;

    /* Blocks. */
    uint32_t *block_at; /* offset of its code + 1; 0: not placed */
    bool *wanted;
    bool *head;         /* an innermost loop begins with it */
    struct fix *fix;
    unsigned nfixes;

    /* Calls of thunks that save its own pins. */
    struct thunk_call *thunk_call;
    unsigned nthunk_calls;

    /* Values of checks in the current block that may be still in use, and for COLD_* where each was. */
    ir_val check[MAX_CHECKS];
    unsigned nchecks;
    /* Accesses under checks whose slow paths can follow each other, see lower-check.c: */
    uint32_t follower;  /* op of the last one, in this block; 0: none */
    uint32_t nrelative; /* e.nrelative behind it */
    ir_val tested[MAX_CHECKS]; /* checks that the fast path has tested in them */
    unsigned ntested;
    struct check_place *place;
    unsigned nplaces, places_cap;

    uint8_t *depth;     /* of each block: loops around it */
    bool loops;         /* there are some, and the unit turns in them */
    struct before *before; /* each block */
    bool *high;         /* of each value: something looks at its bits 63..32 */
    unsigned ops_cap, blocks_cap, homes_cap; /* what the tables have room for */
};

/* analyse.c: fill c->high. */
void x64_find_high(struct x64 *c);

/* -- narrow.c -- */
/* Choose c->narrow, by what x64_choose_pins() has found; with it x64_find_high() is done. */
void x64_choose_narrow(struct x64 *c);
/* The PUT's value is extended, and its register need not be. */
bool x64_is_narrow_put(const struct x64 *c, const struct ir_op *put);
/* Before the block is lowered, before its terminator, and behind each PUT: keep c->raw. */
void x64_begin_narrow(struct x64 *c, unsigned b);
void x64_end_narrow(struct x64 *c, unsigned b);
void x64_note_narrow(struct x64 *c);
/* Make the registers right for whoever looks at the guest's state. Flags are kept. */
void x64_extend_narrow(struct x64 *c, uint32_t set);

/* -- pins.c -- */
/* Choose the unit's pins: its own for a loop that uses others than the architecture's. */
void x64_choose_pins(struct x64 *c);
/* From the architecture's pins to the unit's own, at its entry, and back, where it is left. Flags and temporaries are kept. */
void x64_enter_pins(struct x64 *c);
void x64_leave_pins(struct x64 *c);
/* Call a thunk; it saves the pins that the unit has. */
void x64_call_thunk(struct x64 *c, enum x64_thunk thunk);
/* Emit the thunks that only this unit can use. False: no room. */
bool x64_own_thunks(struct x64 *c);

/* -- analyse.c: names, liveness, hints -- */
void x64_analyse(struct x64 *c);

/* The value whose bits the store op i stores: behind a BITS, the FP value itself. */
ir_val x64_stored(const struct x64 *c, unsigned i);
/* What the op i takes as argument k: behind what it does itself. */
ir_val x64_used(const struct x64 *c, unsigned i, unsigned k);
/* The op i is an ADD, which shifts its argument *k by so much; 0: it does not. */
unsigned x64_scale(const struct x64 *c, unsigned i, unsigned *k);
/*
 * The target of the EXIT_REG op i. Not *even: but for its lowest bit, which is to be cleared; the jump cache does not
 * look at it.
 */
ir_val x64_target(const struct x64 *c, unsigned i, bool *even);

/* -- late.c: guest registers that only cold paths write -- */
/* The value is put to a register late, last before op end. False: the register is pinned, and it is better put at once. */
bool x64_late_use(struct x64 *c, unsigned reg, ir_val v, uint32_t end);
/* The value, which only cold paths need, is computed by them. */
bool x64_late_value(struct x64 *c, ir_val v);
/* What a value is computed from there: itself, unless it is one of these. */
ir_val x64_late_source(const struct x64 *c, ir_val v);
/* The PUT being lowered is late; or it is not, and an earlier one to its register is over. */
void x64_late_put(struct x64 *c);
void x64_late_over(struct x64 *c);
/* The cold path of the access being lowered will have this to do, with operands where they are now. */
void x64_late_note(struct x64 *c, struct cold *k);
#define LATE_BYTES 88 /* at most for each register of a cold path */
/* Right before the call of the slow path: bring guest registers up to date. t is free. */
void x64_late_store(struct x64 *c, const struct cold *k, unsigned t);
/* Behind the call: what lay in their places comes back. */
void x64_late_restore(struct x64 *c, const struct cold *k, unsigned t);

/* -- alloc.c -- */
static inline ir_val x64_arg(const struct x64 *c, unsigned n)
{
    return c->v[c->ops[c->i].arg[n]].root;
}
static inline bool is_fp_type(unsigned t)
{
    return t == IR_F32 || t == IR_F64;
}
static inline bool x64_vector_type(unsigned t)
{
    return t == IR_V128 || t == IR_V256;
}
/* Values of the type are in XMM registers. */
static inline bool is_xmm_type(unsigned t)
{
    return t == IR_F32 || t == IR_F64 || t == IR_V128;
}
static inline bool feature(const struct x64 *c, unsigned f)
{
    return (c->features & f) != 0;
}
static inline unsigned width(unsigned type)
{
    return type == IR_I64 ? OP_W : 0;
}
/* True if v is a constant; *k is its value for an operation of width w (sign-extended if 32-bit). */
bool x64_const(struct x64 *c, ir_val v, unsigned w, int64_t *k);
/* The value in a host register, locked until the op ends. */
unsigned x64_use(struct x64 *c, ir_val v);
/* The value as an operand of width w: immediate, register (locked) or memory. */
struct src x64_src(struct x64 *c, ir_val v, unsigned w);
/* The same, but never in a temporary and never needing one: what is in a temporary or a wide constant gets a slot. */
struct src x64_stable(struct x64 *c, ir_val v, unsigned w);
/* A free temporary not in the set except, locked. */
unsigned x64_temp(struct x64 *c, uint32_t except);
/* The same if none has to be emptied for it; NOREG: there is none. */
unsigned x64_free_temp(struct x64 *c, uint32_t except);
unsigned x64_temp_xmm(struct x64 *c, uint32_t except);
/* Make that temporary free (its value moves) and lock it. */
void x64_take(struct x64 *c, unsigned reg);
/* Move every value out of the temporaries of the set; locks are dropped. */
void x64_clear_temps(struct x64 *c, uint32_t which);
/* XMM0 to XMM2 are free, and locked. */
void x64_clear_scratch(struct x64 *c);
/*
 * A register for the op's result, not in the set except: the hinted pinned one if that can be written now,
 * prefer if it is a temporary whose value ends here, or another temporary. Locked. To be followed by
 * x64_set(); after that the old value of the register is gone.
 */
unsigned x64_def(struct x64 *c, unsigned prefer, uint32_t except);
/* The op's value is now in reg (a temporary or its hint). */
void x64_set(struct x64 *c, unsigned reg);
/* The op's value is in temporary reg: moved to its hint if that can be written. */
void x64_finish(struct x64 *c, unsigned reg);
/* Load, move or materialise src into reg (flags are kept). */
void x64_load_src(struct x64 *c, unsigned w, unsigned reg, struct src s);
/* The same for an XMM register and 64 bits. */
void x64_load_fp(struct x64 *c, unsigned reg, struct src s);
/* reg = v, whatever it is in; flags are kept. reg must be free. */
void x64_copy(struct x64 *c, unsigned reg, ir_val v);
/* The memory of a guest register or local is about to be overwritten: what names it and is still needed moves to a temporary. */
void x64_vacate_home(struct x64 *c, unsigned home);
/* End of an op: values used last are dropped, locks too. */
void x64_end_op(struct x64 *c);
/* A block begins: nothing is in registers but pinned guest registers. */
void x64_begin_block(struct x64 *c);
/* Before a helper may change guest registers: values that name them are copied to slots. Drops locks. */
void x64_clear_guest(struct x64 *c);
/* GET, PUT, GETL, PUTL */
void x64_get(struct x64 *c);
void x64_put(struct x64 *c);
void x64_getl(struct x64 *c);
void x64_putl(struct x64 *c);
/* Memory of a guest register or local. */
struct x64_mem x64_home(const struct x64 *c, unsigned home);
static inline struct x64_mem mem_slot(unsigned slot)
{
    return mem_base(RSP, frame_spill(slot));
}
static inline struct x64_mem mem_arg(unsigned n)
{
    return mem_base(RSP, FRAME_ARG(n));
}
#define CPU_MEM(field) mem_base(RBP, offsetof(struct cpu, field))

/* -- Lowering: each lowers ops[c->i] -- */
void x64_lower_int(struct x64 *c);
void x64_lower_mem(struct x64 *c);
/* lower-check.c: PAGECHK, LDH, STH. */
void x64_lower_check(struct x64 *c);
void x64_cold_check(struct x64 *c, const struct cold *k);
/* Behind a slow path that the next one follows: what lies between the two on the fast path. */
void x64_cold_between(struct x64 *c, const struct cold *k);
/* The op makes a slow access: note which values of checks that voids, where they are when k->back is reached. */
void x64_note_checks(struct x64 *c, struct cold *k);
/* Behind the call of the slow access: they become 0. */
void x64_void_checks(struct x64 *c, const struct cold *k);

/* lower-mem.c: parts of accesses. reg = base + disp. */
void x64_lea(struct x64 *c, unsigned reg, unsigned base, int32_t disp);
/* t = the page's number of base + disp, with the offset in the page as its top bits. */
void x64_page_and_offset(struct x64 *c, unsigned t, unsigned base, int32_t disp);
/* t, a page's number, becomes its entry in the flat table of the context. */
void x64_flat_entry(struct x64 *c, unsigned t, unsigned context, bool store);
/* The entry in the current context's flat table of the page whose number is in u. */
struct x64_mem x64_entry_mem(unsigned u, bool store);
/*
 * t = what the entry of the page's number in u is taken to be, or out by k->from[0]; for a load or check off the base. The
 * access need not wait for the entry then.
 */
void x64_guess_entry(struct x64 *c, struct cold *k, unsigned t, unsigned u, ir_val base, bool store);
/*
 * Out of line: t = the entry, which was guessed wrong and will be that guess; on at back. Behind this if it is 0, or guesses
 * are to be looked at.
 */
void x64_cold_guess(struct x64 *c, const struct cold *k, unsigned t, bool store, uint32_t back);
/* t = host minus guest address for an access at base + disp by the tagged TLB, or out by k->from[0]; u: a temporary. */
void x64_tagged_entry(struct x64 *c, struct cold *k, unsigned t, unsigned u, unsigned base, int32_t disp, unsigned size,
                      unsigned context, bool store);
/* The access itself: d = what is at m, as memop and type say; or the value, an immediate or a register, goes there. */
void x64_emit_load(struct x64 *c, uint32_t memop, unsigned type, unsigned d, struct x64_mem m);
void x64_emit_store(struct x64 *c, struct src s, unsigned size, struct x64_mem m);
/* The value of a store as an immediate or a register. */
struct src x64_store_value(struct x64 *c, ir_val v, unsigned size);
void x64_lower_fp(struct x64 *c);
/* Which operand of FADD to FDIV or FMA the host's instruction takes what is above its result from. */
unsigned x64_fp_first(const struct x64 *c, const struct ir_op *o);
/* lower-bits.c: ADC, SBB, bit ranges, and every op of integers that has no code of its own, by a call of ir_eval(). */
void x64_lower_bits(struct x64 *c);
/* lower-vec.c: ops that take or give a vector. */
void x64_lower_vector(struct x64 *c);
/* Before the op is lowered, if c->upper: YMM registers are done with, unless it uses them. */
void x64_vector_end(struct x64 *c);
void x64_cold_vector(struct x64 *c, const struct cold *k);
void x64_cold_vector_fp(struct x64 *c, const struct cold *k);
/* The value's slot is free. */
void x64_vector_drop(struct x64 *c, ir_val v);
/* Give the vector a slot of the frame. */
unsigned x64_vector_slot(struct x64 *c, ir_val v);
/* Byte at of a local that is a vector. */
struct x64_mem x64_vector_local(unsigned local, unsigned at);
/* An op of FP vectors by ir_eval_vector() on the frame's FRAME_VECTOR_ARG: operands in 0 to 2, the result in 3. */
uint64_t x64_vector_op(struct cpu *cpu, uint64_t frame, uint64_t desc);
/* lower-flags.c */
void x64_lower_flags(struct x64 *c);
/* The condition of the flags f (a FLAGDEF) to the host's flags; the host's condition code. May clear temporaries. */
unsigned x64_flag_condition(struct x64 *c, enum ir_flag_cc cc, ir_val f);
/* The op gives a bit that x64_make_carry() can make the host's carry. */
bool x64_makes_carry(const struct x64 *c, const struct ir_op *o);
void x64_make_carry(struct x64 *c, const struct ir_op *o);
/* Call fn(cpu, a, b, c, desc) with values as they are, all their bits: those above 31 of an I32 are not cleared. RAX. */
void x64_call_eval(struct x64 *c, const void *fn, unsigned n, const ir_val *args, uint64_t desc);
void x64_lower_call(struct x64 *c);
void x64_cold_mem(struct x64 *c, const struct cold *k);
void x64_cold_fp(struct x64 *c, const struct cold *k);
void x64_cold_div(struct x64 *c, const struct cold *k);
void x64_cold_exit(struct x64 *c, const struct cold *k);

/* cc(a, b) to the host's flags; the host's condition code. */
unsigned x64_compare(struct x64 *c, unsigned cc, unsigned type, ir_val a, ir_val b);
/* Call fn with values as arguments, as a helper without guest state. The result is in RAX. */
void x64_call_fn(struct x64 *c, const void *fn, unsigned nargs, const ir_val *args, enum x64_thunk kind);

/* -- lower-exit.c -- */
/* reg = pc, a guest address in or near the unit. Changes flags. */
void x64_mov_pc(struct x64 *c, unsigned reg, gva pc);
/* The same for an I32: its low half. */
void x64_mov_pc32(struct x64 *c, unsigned reg, gva pc);
/* Lower the blocks in a good order. */
bool x64_lower_blocks(struct x64 *c);
/* The unit's first code: instruction counting. */
void x64_lower_entry(struct x64 *c);

/* -- backend.c -- */
/* Lower the ops [from, to) of a block, to being its terminator. False: no room. */
bool x64_lower_ops(struct x64 *c, unsigned from, unsigned to);
static inline bool x64_has_room(const struct x64 *c)
{
    return c->e.limit - c->e.p >= c->margin;
}

/* -- Work for the unit's end -- */
enum cold_kind {
    COLD_LOAD, COLD_STORE, COLD_AMO, COLD_CAS, COLD_CHECK, COLD_DIV, COLD_FP, COLD_FP_NAN, COLD_STUB, COLD_TURN, COLD_EXIT_CONST,
    COLD_EXIT_REG, COLD_VECTOR, COLD_VECTOR_FP, COLD_PROBE, COLD_NEW_PAGE, COLD_BUDGET, COLD_U2F, COLD_UNBOX,
};
/* A new entry with the current instruction's attribution. */
struct cold *x64_cold(struct x64 *c, enum cold_kind kind);
/* The return address just emitted belongs to the instruction of k; access and slow path as in it. */
void x64_site(struct x64 *c, const struct cold *k, uint32_t slow);
void x64_site_here(struct x64 *c);

/* -- side-table.c -- */
/* Write the table of c->site at p (limit: end); bytes, or 0 if there is no room. */
size_t x64_write_map(const struct x64 *c, uint8_t *p, const uint8_t *limit);
void x64_lookup_pc(const struct tb *tb, uintptr_t host_ra, unsigned *offset, unsigned *index);
/* Offset of the slow path of the access at offset; 0: there is none. */
uint32_t x64_lookup_slow(const struct tb *tb, uint32_t access);

/* -- entry.c -- */
/* What guest registers can be pinned to: all but RSP, RBP and the temporaries. */
extern const struct gen_regs x64_regs;
/*
 * A guest register that is loaded as the 4 bytes that were stored of it: a load of 8 would wait until the store has left
 * the core. Only where nothing but I32s are put; others' high halves may be wanted. home: a register's number, or more.
 */
bool x64_loads_low(const struct x64_arch *a, unsigned home);
/* Emit code that stores (or loads) the guest registers in those of the set that are pinned. */
void x64_move_pins(struct emit *e, const struct x64_arch *a, const struct gen_pins *pins, uint32_t set, bool store);
/* Emit a thunk for those pins; its executable address. */
const uint8_t *x64_emit_thunk(struct emit *e, const struct x64_arch *a, const struct gen_pins *pins, enum x64_thunk n,
                              bool vectors);
size_t x64_init(const struct cpu_arch *arch, const struct guest_reg *regs, struct code_buf buf, const char **why);
const struct x64_arch *x64_arch_of(const struct guest_reg *regs);
struct jit_exit x64_enter(struct cpu *cpu, const uint8_t *code);
unsigned x64_features(void);
/* Bits of enum x64_feature that are not to be used. */
extern unsigned x64_features_off;

/* -- fault.c, fp-control.c, fp-op.c -- */
bool x64_fault(const struct tb *tb, void *ucontext);
void x64_set_base(void *base);
unsigned x64_fp_take_flags(struct cpu *cpu, bool live);
void x64_fp_set_rounding(struct cpu *cpu, unsigned rm, bool live);
uint32_t x64_fp_host(void);
void x64_fp_guest(uint32_t control);
void x64_unwind(struct cpu *cpu);
/* An FP op by ir_eval_fp(): desc is its. */
uint64_t x64_fp_op(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t desc);

/* Executable address of a constant. */
static inline const uint8_t *x64_k(const struct x64 *c, enum x64_const k)
{
    return c->a->consts + 16 * k;
}

#endif
