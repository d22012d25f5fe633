/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What instructions do: random programs, translated and run by the IR's interpreter, against
 * qemu-riscv64 and qemu-riscv32 where they are installed. A program is a row of segments: each loads all
 * registers, runs a few random instructions, and writes registers and memory to standard output.
 */
#include <elf.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#define TEST_HAS_CSR
#define TEST_HAS_MEMORY
#include "tests/command.h"
#include "tests/riscv-random.h"
#include "riscv-stubs.h"
#include "tests/toy-arch.h"

#define CODE_ADDR 0x10000u
#define STATE_ADDR 0x20000000u
#define MIDDLE (TOY_MEM_BASE + TOY_MEM_SIZE / 2)

/* Registers of one segment, at the start and at the end. */
struct state {
    uint64_t x[32], f[32];
    uint64_t fcsr;
};

struct segment {
    gva start, end; /* of the random instructions */
    struct state initial;
};

struct program {
    unsigned xlen;
    struct riscv_config config;
    GByteArray *code;
    GArray *segments; /* struct segment */
};

static unsigned segments_per_program = 200, insns_per_segment = 10;

/* -- Assembly of the frame -- */

static void put(GByteArray *code, uint32_t insn)
{
    guint32 le = GUINT32_TO_LE(insn);
    g_byte_array_append(code, (guint8 *)&le, 4);
}

static uint32_t i_type(uint32_t op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    return op | rd << 7 | f3 << 12 | rs1 << 15 | (uint32_t)imm << 20;
}

static uint32_t s_type(uint32_t op, unsigned f3, unsigned rs2, unsigned rs1, int imm)
{
    return op | (imm & 31) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | (uint32_t)(imm >> 5) << 25;
}

/* rd = the 32-bit constant, zero-extended; from a literal in the code. */
static void load_constant(struct program *p, unsigned rd, uint32_t v)
{
    put(p->code, 0x00000017 | rd << 7);                           /* auipc rd, 0 */
    put(p->code, i_type(0x03, p->xlen == 64 ? 6 : 2, rd, rd, 12)); /* lwu/lw rd, 12(rd) */
    put(p->code, 0x0080006f);                                      /* j . + 8 */
    put(p->code, v);
}

static void system_call(struct program *p, unsigned number)
{
    put(p->code, i_type(0x13, 0, 17, 0, number));
    put(p->code, 0x00000073);
}

static void write_out(struct program *p, uint32_t addr, unsigned size)
{
    put(p->code, i_type(0x13, 0, 10, 0, 1));
    load_constant(p, 11, addr);
    load_constant(p, 12, size);
    system_call(p, 64);
}

static void move_registers(struct program *p, bool save)
{
    unsigned f3 = p->xlen == 64 ? 3 : 2;
    for (unsigned i = 0; i < 32; i++) {
        int at = offsetof(struct state, f) + 8 * i;
        put(p->code, save ? s_type(0x27, 3, i, 3, at) : i_type(0x07, 3, i, 3, at));
    }
    if (!save) {
        put(p->code, i_type(0x03, 2, 1, 3, offsetof(struct state, fcsr)));
        put(p->code, i_type(0x73, 1, 0, 1, 3)); /* csrw fcsr, x1 */
    }
    for (unsigned i = 1; i < 32; i++) {
        int at = offsetof(struct state, x) + 8 * i;
        if (i != 3)
            put(p->code, save ? s_type(0x23, f3, i, 3, at) : i_type(0x03, f3, i, 3, at));
    }
    if (save) {
        put(p->code, i_type(0x73, 2, 1, 0, 3)); /* csrr x1, fcsr */
        put(p->code, s_type(0x23, 2, 1, 3, offsetof(struct state, fcsr)));
    }
}

static void random_state(GRand *rng, unsigned xlen, struct state *s)
{
    memset(s, 0, sizeof(*s));
    for (unsigned i = 1; i < 32; i++)
        s->x[i] = xlen == 32 ? (uint32_t)riscv_random_value(rng) : riscv_random_value(rng);
    for (unsigned i = 0; i < 32; i++)
        s->f[i] = riscv_random_value(rng);
    s->x[2] = s->x[8] = MIDDLE;
    s->fcsr = g_rand_int_range(rng, 0, 32) | g_rand_int_range(rng, 0, 5) << 5;
}

static void add_segment(struct program *p, GRand *rng, unsigned kinds)
{
    struct segment s;
    unsigned index = p->segments->len;
    random_state(rng, p->xlen, &s.initial);
    load_constant(p, 3, STATE_ADDR + index * sizeof(struct state));
    s.initial.x[3] = STATE_ADDR + index * sizeof(struct state);
    move_registers(p, false);
    s.start = CODE_ADDR + p->code->len;
    riscv_random_program(rng, &p->config, kinds, insns_per_segment, p->code);
    s.end = CODE_ADDR + p->code->len;
    if (s.end & 2)
        g_byte_array_append(p->code, (const guint8 *)"\x01", 2); /* c.nop */
    move_registers(p, true);
    write_out(p, STATE_ADDR + index * sizeof(struct state), sizeof(struct state));
    write_out(p, TOY_MEM_BASE, TOY_MEM_SIZE);
    g_array_append_val(p->segments, s);
}

/* -- The ELF file -- */

static void append(GByteArray *to, const void *data, size_t size)
{
    g_byte_array_append(to, data, size);
}

static void pad(GByteArray *to, size_t size)
{
    guint8 zero = 0;
    while (to->len < size)
        append(to, &zero, 1);
}

#define ELF_WRITER(bits)                                                                                               \
    static GByteArray *make_elf##bits(const GByteArray *const *part, const uint32_t *addr, unsigned n)                 \
    {                                                                                                                  \
        GByteArray *out = g_byte_array_new();                                                                          \
        Elf##bits##_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', bits / 32, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC, \
                              .e_machine = EM_RISCV, .e_version = EV_CURRENT, .e_entry = addr[0],                      \
                              .e_phoff = sizeof(h), .e_flags = 5, .e_ehsize = sizeof(h),                               \
                              .e_phentsize = sizeof(Elf##bits##_Phdr), .e_phnum = n};                                  \
        append(out, &h, sizeof(h));                                                                                    \
        size_t at = 4096;                                                                                              \
        for (unsigned i = 0; i < n; i++, at = (at + 4095) & ~(size_t)4095) {                                           \
            Elf##bits##_Phdr ph = {.p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X, .p_offset = at,                   \
                                   .p_vaddr = addr[i], .p_paddr = addr[i], .p_filesz = part[i]->len,                   \
                                   .p_memsz = part[i]->len, .p_align = 4096};                                          \
            append(out, &ph, sizeof(ph));                                                                              \
            at += part[i]->len;                                                                                        \
        }                                                                                                              \
        for (unsigned i = 0; i < n; i++) {                                                                             \
            pad(out, (out->len + 4095) & ~(size_t)4095);                                                               \
            append(out, part[i]->data, part[i]->len);                                                                  \
        }                                                                                                              \
        return out;                                                                                                    \
    }
ELF_WRITER(32)
ELF_WRITER(64)

/* -- The other implementation -- */

/*
 * Run the program; what it wrote. One instruction a block: QEMU 10.0 forgets the inexact flag of a
 * froundnx whose result is overwritten in the same block.
 */
static char *run_other(const struct program *p, const char *emulator, size_t *size)
{
    g_autoptr(GByteArray) states = g_byte_array_new(), memory = g_byte_array_new();
    for (unsigned i = 0; i < p->segments->len; i++)
        append(states, &g_array_index(p->segments, struct segment, i).initial, sizeof(struct state));
    append(memory, toy_memory, TOY_MEM_SIZE);
    const GByteArray *parts[] = {p->code, states, memory};
    const uint32_t addr[] = {CODE_ADDR, STATE_ADDR, TOY_MEM_BASE};
    g_autoptr(GByteArray) elf = p->xlen == 32 ? make_elf32(parts, addr, 3) : make_elf64(parts, addr, 3);

    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("mynah-riscv-user-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(g_close(fd, NULL) && g_file_set_contents(path, (char *)elf->data, elf->len, NULL));
    g_chmod(path, 0700);
    char *argv[] = { (char *)emulator, "-cpu", "max", "-one-insn-per-tb", path, NULL }, *out;
    int status = command_run(argv, &out, size);
    g_remove(path);
    if (status)
        g_test_message("%s: status %d", emulator, status);
    return out;
}

/* -- Ours -- */

void cpu_loop_exit(struct cpu *cpu)
{
    g_error("exception at pc 0x%" PRIx64, cpu->pc);
}

void *mmu_probe(struct cpu *cpu, gva va, unsigned len, enum mmu_access access, unsigned memop)
{
    g_assert_cmpuint(va - TOY_MEM_BASE, <=, TOY_MEM_SIZE - len);
    return toy_memory + (va - TOY_MEM_BASE);
}

void bus_ram_written(const uint8_t *host, size_t len)
{
}

static void set_frm(struct riscv_cpu *r, unsigned frm)
{
    r->frm = r->cpu.fp.rm = frm;
    r->cpu.mode.word[0] = with_bits(r->cpu.mode.word[0], RVKEY_FRM_SHIFT, 2, frm == IR_RMM ? RVFRM_RMM : RVFRM_HOST);
}

/* fflags, frm, fcsr */
static uint64_t helper_csr(struct cpu *cpu, uint64_t csr, uint64_t value, uint64_t mask, uint64_t write_insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    unsigned shift = csr == 2 ? 5 : 0, width = csr == 1 ? 5 : csr == 2 ? 3 : 8;
    uint64_t fcsr = cpu->fp.flags | r->frm << 5, old = bits(fcsr, shift, width);
    if (write_insn & 1) {
        fcsr = with_bits(fcsr, shift, width, (old & ~mask) | (value & mask));
        cpu->fp.flags = bits(fcsr, 0, 5);
        set_frm(r, bits(fcsr, 5, 3));
    }
    return old;
}

const struct ir_helper riscv_helper_csr = {
    .name = "riscv_csr", .fn = helper_csr, .nargs = 4, .result = true, .flags = IR_H_TRAPS | IR_H_STATE};

static struct ir_unit unit;

static void run_unit(struct riscv_cpu *r, gva end)
{
    ir_begin(&unit, &test_arch);
    unit.pc = r->cpu.pc;
    unit.mode = r->cpu.mode;
    unit.max_insns = 100;
    unit.stop_before = end;
    riscv_translate(&r->config, &unit);
    g_autoptr(GError) err = NULL;
    g_assert_true(ir_verify(&unit, &err));
    ir_optimise(&unit);
    struct ir_code *code = ir_code_new(&unit);
    r->cpu.code_page = r->cpu.pc & PAGE_MASK;
    ir_interpret(code, &r->cpu);
    ir_code_free(code);
}

static void run_segment(struct riscv_cpu *r, const struct segment *s, struct state *out)
{
    r->cpu.arch = &test_arch;
    r->cpu.regs = test_arch.regs;
    r->cpu.pc = s->start;
    r->cpu.mode.word[0] = PRV_M | RVFS_DIRTY << RVKEY_FS_SHIFT | (r->config.xlen == 32 ? RVKEY_XL32 : 0);
    memcpy(r->x, s->initial.x, sizeof(r->x));
    memcpy(r->f, s->initial.f, sizeof(r->f));
    r->cpu.fp.flags = s->initial.fcsr & 31;
    set_frm(r, s->initial.fcsr >> 5);
    while (r->cpu.pc != s->end)
        run_unit(r, s->end);
    *out = (struct state){.fcsr = r->cpu.fp.flags | r->frm << 5};
    memcpy(out->x, r->x, sizeof(r->x));
    memcpy(out->f, r->f, sizeof(r->f));
}

/* -- Comparison -- */

static void describe(const struct program *p, const struct segment *s, GString *out)
{
    for (gva pc = s->start; pc < s->end;) {
        struct riscv_args a;
        uint32_t insn;
        tcg_fetch(NULL, pc, 2, &insn);
        if ((insn & 3) == 3)
            tcg_fetch(NULL, pc, 4, &insn);
        const struct riscv_insn *in = riscv_decode(&p->config, p->xlen == 32, insn, &a);
        g_string_append_printf(out, "  %" PRIx64 ": %08x %s", pc, insn, in ? in->name : "?");
        for (unsigned i = 0; in && i < in->noperands; i++) {
            static const char *const names[] = {"rd", "rs1", "rs2", "fd", "fs1", "fs2", "fs3", "imm", "uimm", "rm", "aq", "rl", "pred", "succ", "fm"};
            const int values[] = {a.rd, a.rs1, a.rs2, a.rd, a.rs1, a.rs2, a.rs3, a.imm, a.uimm, a.rm, a.aq, a.rl, a.pred, a.succ, a.fm};
            unsigned arg = in->operands[i].arg;
            g_string_append_printf(out, " %s=%d", names[arg], values[arg]);
            if (arg == RVA_fs1 || arg == RVA_fs2 || arg == RVA_fs3)
                g_string_append_printf(out, "(%" PRIx64 ")", s->initial.f[values[arg]]);
        }
        g_string_append_c(out, '\n');
        pc += in ? in->length : 2;
    }
}

static unsigned compare(const struct program *p, const struct segment *s, const struct state *ours,
                        const struct state *theirs, const uint8_t *memory)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (unsigned i = 1; i < 32; i++) {
        if (ours->x[i] != theirs->x[i])
            g_string_append_printf(out, "  x%u: %" PRIx64 ", was %" PRIx64 "; other: %" PRIx64 "\n", i, ours->x[i],
                                   s->initial.x[i], theirs->x[i]);
    }
    for (unsigned i = 0; i < 32; i++) {
        if (ours->f[i] != theirs->f[i])
            g_string_append_printf(out, "  f%u: %" PRIx64 ", was %" PRIx64 "; other: %" PRIx64 "\n", i, ours->f[i],
                                   s->initial.f[i], theirs->f[i]);
    }
    if (ours->fcsr != theirs->fcsr)
        g_string_append_printf(out, "  fcsr: %" PRIx64 ", was %" PRIx64 "; other: %" PRIx64 "\n", ours->fcsr,
                               s->initial.fcsr, theirs->fcsr);
    for (unsigned i = 0; i < TOY_MEM_SIZE; i++) {
        if (toy_memory[i] != memory[i])
            g_string_append_printf(out, "  memory %x: %02x; other: %02x\n", i, toy_memory[i], memory[i]);
    }
    if (!out->len)
        return 0;
    describe(p, s, out);
    g_test_message("difference:\n%s", out->str);
    return 1;
}

static void check_program(struct program *p, const char *emulator)
{
    struct riscv_cpu *r = g_new0(struct riscv_cpu, 1);
    unsigned bad = 0;
    const size_t piece = sizeof(struct state) + TOY_MEM_SIZE;
    r->config = p->config;
    r->resv_addr = ~UINT64_C(0); /* kept from segment to segment, by both */
    test_code = p->code->data;
    test_code_pc = CODE_ADDR;
    test_code_size = p->code->len;
    size_t size;
    g_autofree char *out = run_other(p, emulator, &size);
    const uint8_t *theirs = (const uint8_t *)out;
    for (unsigned i = 0; i < p->segments->len && bad < 5; i++, theirs += piece) {
        struct segment *s = &g_array_index(p->segments, struct segment, i);
        struct state ours, other;
        if (size < (i + 1) * piece) {
            g_autoptr(GString) text = g_string_new(NULL);
            describe(p, s, text);
            g_test_message("the other implementation stopped in:\n%s", text->str);
            bad++;
            break;
        }
        memcpy(&other, theirs, sizeof(other));
        run_segment(r, s, &ours);
        bad += compare(p, s, &ours, &other, theirs + sizeof(other));
        memcpy(toy_memory, theirs + sizeof(other), TOY_MEM_SIZE);
    }
    g_assert_cmpuint(bad, ==, 0);
    g_free(r);
}

struct variant {
    unsigned xlen, kinds;
};

static void test_random(gconstpointer data)
{
    const struct variant *v = data;
    g_autofree char *emulator = g_find_program_in_path(v->xlen == 32 ? "qemu-riscv32" : "qemu-riscv64");
    if (!emulator) {
        g_test_skip("no qemu-riscv64 or qemu-riscv32: install Debian package qemu-user");
        return;
    }
    const char *seed = g_getenv("SEED");
    g_autoptr(GRand) rng = g_rand_new_with_seed(seed ? atoi(seed) : 1);
    struct program p = {.xlen = v->xlen, .code = g_byte_array_new(), .segments = g_array_new(false, false, sizeof(struct segment))};
    test_config_all(&p.config, v->xlen);
    p.config.has[RVF_zce] = p.config.has[RVF_zcmp] = p.config.has[RVF_zcmt] = false; /* max has Zcd */
    for (unsigned i = 0; i < segments_per_program; i++)
        add_segment(&p, rng, v->kinds);
    put(p.code, i_type(0x13, 0, 10, 0, 0));
    system_call(&p, 93);
    for (unsigned i = 0; i < TOY_MEM_SIZE; i += 8) {
        uint64_t value = riscv_random_value(rng);
        memcpy(toy_memory + i, &value, 8);
    }
    check_program(&p, emulator);
    g_byte_array_unref(p.code);
    g_array_unref(p.segments);
}

int main(int argc, char **argv)
{
    static const struct variant variants[] = {
        {64, RISCV_RANDOM_INT | RISCV_RANDOM_BRANCH}, {32, RISCV_RANDOM_INT | RISCV_RANDOM_BRANCH},
        {64, RISCV_RANDOM_FP}, {32, RISCV_RANDOM_FP},
        {64, RISCV_RANDOM_MEMORY | RISCV_RANDOM_FP}, {32, RISCV_RANDOM_MEMORY | RISCV_RANDOM_FP},
        {64, RISCV_RANDOM_MEMORY}, {32, RISCV_RANDOM_MEMORY},
        {64, RISCV_RANDOM_ALL}, {32, RISCV_RANDOM_ALL},
    };
    g_test_init(&argc, &argv, NULL);
    if (g_getenv("SEGMENTS"))
        segments_per_program = atoi(g_getenv("SEGMENTS"));
    if (g_getenv("INSNS"))
        insns_per_segment = atoi(g_getenv("INSNS"));
    test_arch_init();
    for (unsigned i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *name = g_strdup_printf("/riscv/user/rv%u/%x", variants[i].xlen, variants[i].kinds);
        g_test_add_data_func(name, &variants[i], test_random);
    }
    return g_test_run();
}
