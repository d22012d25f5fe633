/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as ARM code, A64, A32 or T32: see engines.h.
 *
 * An input: which CPU, level or mode, security state, instruction set, translation and controls; how many registers are set; their
 * values; the code. That is bytes, or words each of which chooses a row of the decode table and the bits that the row
 * leaves open. The code can reach page tables in its RAM. An exception goes to a handler that goes on after the
 * instruction; of an interrupt it masks those.
 */
#include "cpu-arm/aarch32.h"
#include "cpu-arm/decode.h"
#include "engines.h"

const char fuzz_name[] = "translate-arm";
const unsigned fuzz_runs = 3000;
const size_t fuzz_max_size = 1024;

#define STAGE2_OFFSET 0xd000u /* one table; in the short format's, of addresses that nothing is at */
#define TABLE_OFFSET 0xe000u  /* one table of the long format */
#define SHORT_OFFSET 0xc000u  /* of the short format for addresses below 0xc0000000; what is behind is beyond them */
#define VECTORS_OFFSET 0xa000u /* a level apart from here, at the low addresses; four exceptions from four places */
#define VECTORS_SIZE 0x800u
#define A32_VECTORS_OFFSET 0u
#define HYP_VECTORS_OFFSET (VECTORS_OFFSET + 2 * VECTORS_SIZE) /* EL2's place, of a CPU that has no AArch64 */
#define HYP_TABLE_OFFSET 0xdf00u /* four entries, where those of the tables around them are of nothing */

static const char *const models[] = {
    "max", "max,has_el2=off", "max,has_el3=on", "cortex-a57,has_el3=off", "cortex-a53", "cortex-a15", "cortex-a8",
    "arm926", "arm1176", "cortex-a15,has_el2=on", "cortex-a15,has_el2=on,has_el3=on", "cortex-a7,has_el3=on",
    "arm1176,has_el3=on", "max,aarch64=off,has_el3=on", "max,has_el2=off,has_el3=on",
};

/* What an input chooses. */
enum {
    MODE_LEVEL = 0x3,      /* A64: EL. A32: user, supervisor, IRQ, system */
    MODE_PAGED = 0x4,
    MODE_DATA = 0x8,
    MODE_A32 = 0x10,       /* where the CPU has both; levels 0 and 1 */
    MODE_T32 = 0x20,
    MODE_BIG_ENDIAN = 0x40,
    MODE_ROWS = 0x80,      /* the code is words for rows */
    MODE_NO_FP = 0x100,
    MODE_ALIGN = 0x200,    /* SCTLR.A, SA, SA0 */
    MODE_STAGE2 = 0x400,
    MODE_E2H = 0x800,
    MODE_TGE = 0x1000,
    MODE_STEP = 0x2000,
    MODE_LINES = 0x4000,   /* interrupts are pending */
    MODE_CONTROL = 0x8000, /* registers' values are FPCR, HCR, SCTLR, TCR, too */
    /* Without AArch64, for what has no meaning there. */
    MODE_HIGHER = MODE_A32, /* Hyp mode, by MODE_LEVEL Monitor mode, where they are */
    MODE_NS = MODE_E2H,     /* SCR.NS */
};

/* -- Memory -- */

/* Identity in leaves of 1 GiB; the first, with the vectors, has other attributes. */
static void make_long(uint32_t offset, uint64_t first, uint64_t attributes, bool big_endian)
{
    for (unsigned i = 0; i < 512; i++) {
        uint64_t leaf = (uint64_t)i << 30 | (i ? attributes : first) | 1;
        engines_put64(offset + 8 * i, big_endian ? __builtin_bswap64(leaf) : leaf);
    }
}

static void make_short(bool user, bool big_endian)
{
    for (unsigned i = 0; i < 0xc00; i++) {
        uint32_t section = i << 20 | (user && i ? 0xc02 : 0x402);
        section = big_endian ? __builtin_bswap32(section) : section;
        engines_put32(SHORT_OFFSET + 4 * i, &section, 1);
    }
}

/* Of a level: on from the next instruction; an interrupt goes back with all masked. */
static void make_vectors(unsigned level)
{
    uint32_t n = level == 1 ? 0 : level == 2 ? 0x40000 : 0x60000; /* op1 of ELR_ELx and SPSR_ELx: 0, 4, 6 */
    const uint32_t sync[] = { 0xd538403e | n, 0x910013de, 0xd518403e | n, 0xd69f03e0 };
    const uint32_t other[] = { 0xd538401e | n, 0xb27a0fde, 0xd518401e | n, 0xd69f03e0 };
    for (unsigned i = 0; i < 16; i++)
        engines_put32(VECTORS_OFFSET + level * VECTORS_SIZE + 0x80 * i, i % 4 ? other : sync, 4);
}

static void make_a32_vectors(void)
{
    static const uint32_t vectors[] = {
        0xe1b0f00e, 0xe1b0f00e, 0xe1b0f00e, 0xe1b0f00e, 0xe25ef004, 0xe1b0f00e, /* movs pc, lr; subs pc, lr, #4 */
        0xea000000, 0xeaffffff,                                                 /* b, of IRQ and FIQ */
        0xe14fd000, 0xe38dd0c0, 0xe169f00d, 0xe25ef004, /* mrs sp, spsr; orr; msr spsr_cf, sp; subs pc, lr, #4 */
    };
    engines_put32(A32_VECTORS_OFFSET, vectors, ARRAY_SIZE(vectors));
}

/* Hyp mode's: on from the next instruction; of an interrupt with all masked. */
static void make_hyp(void)
{
    static const uint32_t vectors[] = {
        0xea000006, 0xea000005, 0xea000004, 0xea000003, 0xea000002, 0xea000001, /* b */
        0xea000004, 0xea000003,
        0xe10ed300, 0xe28dd004, 0xe12ef30d, 0xe160006e, /* mrs sp, ELR_hyp; add sp, sp, #4; msr ELR_hyp, sp; eret */
        0xe14fd000, 0xe38ddd07, 0xe169f00d, 0xe160006e, /* mrs sp, spsr; orr sp, sp, #0x1c0; msr spsr_cf, sp; eret */
    };
    engines_put32(HYP_VECTORS_OFFSET, vectors, ARRAY_SIZE(vectors));
    for (unsigned i = 0; i < 4; i++)
        engines_put64(HYP_TABLE_OFFSET + 8 * i, (uint64_t)i << 30 | 0x741);
}

/* -- Code -- */

/* A word of the input as an instruction: its high half chooses a row, its low bits are mixed into what that leaves. */
static uint32_t row_of(const uint32_t *mask, const uint32_t *match, uint32_t bits)
{
    return (bits & ~*mask) | *match;
}

static size_t code_of_rows(const struct arm_cpu *a, bool t32, struct fuzz *f, uint8_t *code, size_t room)
{
    size_t len = 0;
    while (f->left && len + 4 <= room) {
        uint16_t row = fuzz_u16(f);
        uint32_t bits = fuzz_u32(f), insn;
        unsigned size = 4;
        if (!arm_in_a32(a)) {
            const struct a64_insn *in = &a64_insns[row % a64_insn_count];
            insn = row_of(&in->mask, &in->match, bits);
        } else if (!t32) {
            const struct a32_insn *in = &a32_insns[row % a32_insn_count];
            insn = row_of(&in->mask, &in->match, row & 0x8000 ? bits : (bits & 0x0fffffff) | 0xe0000000);
        } else if (row & 0x8000) {
            const struct a32_insn *in = &t16_insns[row % t16_insn_count];
            insn = row_of(&in->mask, &in->match, bits);
            size = 2;
        } else {
            const struct a32_insn *in = &t32_insns[row % t32_insn_count];
            insn = row_of(&in->mask, &in->match, bits);
            insn = insn >> 16 | insn << 16;
        }
        insn = GUINT32_TO_LE(insn);
        memcpy(code + len, &insn, size);
        len += size;
    }
    return len;
}

/* -- The CPU -- */

static bool can_be_a64(const struct arm_cpu *a)
{
    return arm_has(a, ARMF_aarch64);
}

/* Registers by which the levels above EL0 are set up, where the CPU has them. */
static void set_controls(struct arm_cpu *a, unsigned mode, bool el1_a32)
{
    unsigned top = !can_be_a64(a) ? 1 : arm_has(a, ARMF_el3) ? 3 : arm_has(a, ARMF_el2) ? 2 : 1;
    uint64_t sctlr = (mode & MODE_PAGED ? SCTLR_M : 0) | (mode & MODE_ALIGN ? SCTLR_A | 0x18 : 0) |
                     (mode & MODE_BIG_ENDIAN ? 3u << 24 : 0);
    /* 39 bits in both halves, 4 KiB, 40 bits of physical address; of EL2 and EL3 bits 16 to 18. */
    uint64_t two = 25 | 25 << 16 | UINT64_C(2) << 30 | UINT64_C(2) << 32, one = 25 | 2 << 16;
    a->oslock = 0;
    for (unsigned el = 1; el <= top; el++) {
        a->sctlr[el] |= el == 1 || !el1_a32 ? sctlr : sctlr & ~(uint64_t)SCTLR_M;
        a->vbar[el] = el1_a32 && el == 1 ? A32_VECTORS_OFFSET : VECTORS_OFFSET + el * VECTORS_SIZE;
        a->ttbr0[el] = a->ttbr1[el] = ENGINES_RAM_BASE + TABLE_OFFSET;
        a->tcr[el] = el == 1 || mode & MODE_E2H ? two : one;
    }
    if (top >= 2) {
        a->hcr = HCR_RW | (mode & MODE_STAGE2 ? HCR_VM : 0) | (mode & MODE_E2H && arm_has(a, ARMF_vhe) ? HCR_E2H : 0) |
                 (mode & MODE_TGE ? HCR_TGE : 0);
        a->vttbr = ENGINES_RAM_BASE + STAGE2_OFFSET;
        a->vtcr = 25 | 1 << 6 | 2 << 16;
    }
    if (top == 3)
        a->scr |= SCR_RW | SCR_HCE | (mode & MODE_STAGE2 ? SCR_NS : 0);
    if (el1_a32 && top > 1) { /* something above says so */
        a->hcr &= ~(uint64_t)HCR_RW;
        if (top == 3)
            a->scr &= arm_has(a, ARMF_el2) && a->scr & SCR_NS ? ~UINT64_C(0) : ~(uint64_t)SCR_RW;
    }
    a->cpacr = mode & MODE_NO_FP ? 0 : 0x00f00000;
    a->fpexc32 = mode & MODE_NO_FP ? 0 : 1u << 30;
    if (mode & MODE_E2H)
        a->cptr[2] = a->cpacr;
    if (mode & MODE_STEP && !el1_a32)
        a->mdscr = 1 | 1u << 13;
}

/* The short format, for EL1 in AArch32. */
static void set_short(struct arm_cpu *a)
{
    a->tcr[1] = 0;
    a->ttbr0[1] = a->ttbr1[1] = ENGINES_RAM_BASE + SHORT_OFFSET;
    a->dacr32 = 1;
    a->sctlr[1] |= 1u << 23; /* v6: XP */
}

/* EL2 and EL3 of a CPU that has no AArch64. */
static void set_a32_levels(struct arm_cpu *a, unsigned mode)
{
    if (arm_has(a, ARMF_el2)) {
        a->hcr = (mode & MODE_STAGE2 ? HCR_VM : 0) | (mode & MODE_TGE ? HCR_TGE : 0);
        a->vttbr = ENGINES_RAM_BASE + STAGE2_OFFSET;
        a->vtcr = 0x80000040;
        a->sctlr[2] |= mode & MODE_PAGED && !(mode & MODE_BIG_ENDIAN) ? SCTLR_M : 0;
        a->tcr[2] = 0x80800000;
        a->ttbr0[2] = ENGINES_RAM_BASE + HYP_TABLE_OFFSET;
        a->vbar[2] = HYP_VECTORS_OFFSET;
        make_hyp();
    }
    if (arm_has(a, ARMF_el3)) {
        a->other = (struct arm_a32_copy){ .sctlr = a->sctlr[1], .ttbr0 = a->ttbr0[1], .ttbr1 = a->ttbr1[1],
                                          .tcr = a->tcr[1], .dacr = a->dacr32, .vbar = a->vbar[1] };
        a->vbar[3] = A32_VECTORS_OFFSET;
        a->nsacr = 0xc00;
        arm_a32_set_ns(a, mode & MODE_NS);
        a->scr |= SCR_HCE;
    }
}

/* Monitor mode at the upper two levels, Hyp mode at the lower ones, or of these what there is in this state. */
static bool higher_mode(const struct arm_cpu *a, unsigned mode, uint8_t *to)
{
    bool monitor = arm_has(a, ARMF_el3), hyp = arm_has(a, ARMF_el2) && (!monitor || mode & MODE_NS);
    if (!a->config.a32_only || !(mode & MODE_HIGHER) || !(monitor || hyp))
        return false;
    *to = monitor && (!hyp || mode & 2) ? MODE_MON : MODE_HYP;
    return true;
}

static void enter(struct arm_cpu *a, unsigned mode, bool a32)
{
    uint8_t modes[4] = { MODE_USR, MODE_SVC, MODE_IRQ, MODE_SYS };
    unsigned el = mode & MODE_LEVEL;
    if (a32) {
        higher_mode(a, mode, &modes[el]);
        bool t32 = mode & MODE_T32 && arm_has(a, ARMF_v6), be = mode & MODE_BIG_ENDIAN && arm_has(a, ARMF_v6);
        arm_pstate_write(a, modes[el] | (t32 ? A32_T : 0) | (be ? A32_E : 0));
        return;
    }
    while (el && el > 1 && !arm_has(a, el == 2 ? ARMF_el2 : ARMF_el3))
        el--;
    arm_pstate_write(a, el << PSTATE_EL_SHIFT | (el && !(mode & MODE_T32) ? PSTATE_SP : 0) | PSTATE_SS);
}

static void prepare(struct cpu *cpu, struct fuzz *f)
{
    struct arm_cpu *a = arm_cpu(cpu);
    unsigned mode = fuzz_u16(f);
    uint8_t nregs = fuzz_u8(f) % 48;
    uint64_t values[48] = { 0 };
    bool a32 = !can_be_a64(a) || (mode & MODE_A32 && arm_has(a, ARMF_aarch32));
    bool el1_a32 = a32 && (!can_be_a64(a) || mode & MODE_LEVEL);
    static uint8_t rows[ENGINES_RAM_SIZE / 4];
    size_t len = sizeof(rows);

    for (unsigned i = 0; i < nregs; i++)
        values[i] = fuzz_number(f);
    if (mode & MODE_DATA)
        engines_fill();
    set_controls(a, mode, el1_a32);
    for (unsigned level = 1; level <= 3; level++)
        make_vectors(level);
    bool user = (mode & MODE_LEVEL) == 0, big_endian = mode & MODE_BIG_ENDIAN;
    if (!el1_a32) {
        make_long(TABLE_OFFSET, 0x400, 0x400 | (user ? 0x40 : 0), big_endian);
    } else {
        make_short(user, big_endian);
        set_short(a);
        make_a32_vectors();
    }
    make_long(STAGE2_OFFSET, 0x4c0, 0x4c0, big_endian);
    if (a->config.a32_only)
        set_a32_levels(a, mode);
    enter(a, mode, a32);
    const uint8_t *code = rows;
    if (mode & MODE_ROWS)
        len = code_of_rows(a, a->thumb, f, rows, sizeof(rows));
    else
        code = fuzz_bytes(f, &len);
    engines_place(code, len);

    for (unsigned i = 0; i < 31; i++)
        a->x[i] = i < nregs ? values[i] : ENGINES_RAM_BASE + ENGINES_DATA + i * 0x10;
    for (unsigned i = 0; a32 && i < 31; i++)
        a->x[i] = (uint32_t)a->x[i];
    a->sp = ENGINES_RAM_BASE + ENGINES_DATA + 0x800;
    for (unsigned i = 0; i < 32; i++) {
        a->v[i].q[0] = i < nregs ? values[i] : UINT64_C(0x3ff000003f800000) + i;
        a->v[i].q[1] = i + 16u < nregs ? values[i + 16] : UINT64_C(0xbff0000040490fdb) - i;
    }
    if (mode & MODE_LINES)
        a->lines = values[4] & ((1u << ARM_LINES) - 1);
    if (mode & MODE_CONTROL) {
        arm_fpcr_write(a, values[5]);
        a->hcr = arm_has(a, ARMF_el2) ? a->hcr ^ (values[6] & (HCR_TRAPS | 0x7ff)) : a->hcr;
        a->sctlr[1] ^= values[7] & ~(uint64_t)SCTLR_M;
        a->tcr[1] ^= values[8] & ~UINT64_C(0x3f);
        a->fpscr_nzcv = values[9] & PSTATE_NZCV;
    }
    cpu->pc = ENGINES_RAM_BASE + ENGINES_CODE;
    arm_update_state(a);
}

void fuzz_init(void)
{
    static const struct engines_guest guest = {
        .arch = &arm_arch,
        .models = models,
        .nmodels = ARRAY_SIZE(models),
        .low_ram = true,
        .prepare = prepare,
    };
    engines_start(&guest);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    engines_run(data, size);
}
