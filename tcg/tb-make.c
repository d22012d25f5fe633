/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making blocks: the bytes of guest code that a unit is translated from, its IR, its host code, its place in the table.
 *
 * Translation reads bytes that whoever asks for it has provided, needs no CPU, and raises nothing. It and the making of
 * host code are done without a lock; under tcg_lock it is then seen whether the bytes are still the same and no other
 * CPU was faster.
 */
#include "tb-int.h"

#include <inttypes.h>
#include <string.h>

#include "cpus.h"
#include "log.h"
#include "symbols.h"

/* -- The source -- */

#define INSN_BYTES 16 /* no instruction has more */

struct code_source {
    struct {
        gva page;
        const uint8_t *host; /* NULL: not there */
    } page[2];
    /* What of an instruction is in no whole page of memory has been read beforehand. */
    gva at;
    unsigned len;
    uint8_t bytes[INSN_BYTES];
};

/* Memory may be written at this moment: the block is made again then. */
static bool source_byte(const struct code_source *s, gva va, uint8_t *byte)
{
    for (unsigned i = 0; i < ARRAY_SIZE(s->page); i++) {
        if (s->page[i].host && (va & PAGE_MASK) == s->page[i].page) {
            *byte = __atomic_load_n(s->page[i].host + (va & ~PAGE_MASK), __ATOMIC_RELAXED);
            return true;
        }
    }
    if (va - s->at >= s->len)
        return false;
    *byte = s->bytes[va - s->at];
    return true;
}

bool tcg_fetch(struct ir_unit *u, gva va, unsigned size, uint32_t *code)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        uint8_t byte;
        if (!source_byte(u->source, (va + i) & u->va_mask, &byte)) {
            u->missing = (va + i) & u->va_mask;
            u->missing_size = size - i;
            return false;
        }
        v |= (uint32_t)byte << (8 * i);
    }
    *code = v;
    return true;
}

/* -- IR -- */

/* What is translated, and for whom. */
struct translation {
    const struct cpu_arch *arch;
    const struct guest_reg *regs;
    const void *features;
    gva va_mask;
    uint32_t key;
    struct cpu_mode mode; /* of the key */
    const struct code_source *source;
};

static struct translation translation_for(const struct cpu *cpu, const struct code_source *source)
{
    return (struct translation){ .arch = cpu->arch, .regs = cpu->regs, .features = cpu->features, .va_mask = cpu->va_mask,
                                 .key = cpu->key, .mode = cpu->mode, .source = source };
}

/* The IR of at most max_insns at pc, not optimised. False: of the first one's bytes that at u->missing is not there. */
static bool translate(const struct translation *t, struct ir_unit *u, gva pc, unsigned max_insns, gva stop_before)
{
    ir_begin(u, t->arch);
    u->regs = t->regs;
    u->va_mask = t->va_mask;
    u->pc = pc;
    u->key = t->key;
    u->mode = t->mode;
    u->max_insns = max_insns;
    u->stop_before = stop_before;
    u->guest_size = u->guest_before = u->ninsns = 0;
    u->source = t->source;
    t->arch->translate(t->features, u);
    return u->ninsns;
}

/* For ir_merge_loop(): its pieces lie in the page. One whose bytes have changed since may do so no more. */
static void translate_part(void *opaque, struct ir_unit *u, gva pc, gva stop_before)
{
    if (!translate(opaque, u, pc, MAX_INSNS, stop_before))
        ir_exit_jump(u, pc);
}

static bool was_executed(void *opaque, gva pc)
{
    const struct translation *t = opaque;

    g_mutex_lock(&tcg_lock);
    bool found = tb_find_locked(t->source->page[0].host + (pc & ~PAGE_MASK), t->key, NULL, false);
    g_mutex_unlock(&tcg_lock);
    return found;
}

static void log_unit(const char *title, const struct ir_unit *u)
{
    g_autoptr(GString) s = g_string_new(NULL);

    ir_print(u, s);
    log_printf("%s: pc 0x%" PRIx64 " key 0x%x\n%s\n", title, u->pc, u->key, s->str);
}

static void log_guest_code(struct cpu *cpu, const struct ir_unit *u)
{
    g_autoptr(GString) s = g_string_new(NULL);

    symbol_append(s, "", u->pc, false);
    g_string_append_printf(s, "%scpu%u key 0x%x\n", s->len ? " " : "", cpu->index, u->key);
    cpu_disas(cpu, u->pc, u->ninsns, false, s);
    log_printf("IN: %s\n", s->str);
}

/* The habits, as a set, of the accesses in each line of the unit's first page. */
struct habits {
    uint64_t lines[ACCESS_HABITS];
};

static unsigned habits_at(const struct ir_unit *u, const struct habits *habits, gva pc)
{
    unsigned set = 0;

    for (unsigned h = 0; h < ACCESS_HABITS && !((pc ^ u->pc) & PAGE_MASK); h++)
        set |= (habits->lines[h] >> ((pc & ~PAGE_MASK) >> LINE_BITS) & 1) << h;
    return set;
}

/* Before optimisation, but behind ir_find_chases(): tell accesses what they are like. */
static void mark_habits(struct ir_unit *u, const struct habits *habits)
{
    unsigned now = 0;

    if (!(habits->lines[ACCESS_MISALIGNED] | habits->lines[ACCESS_CROSSING] | habits->lines[ACCESS_SCATTERED]))
        return;
    for (uint32_t i = 0; i < u->nops; i++) {
        struct ir_op *o = &u->ops[i];
        if (o->op == IR_INSN)
            now = habits_at(u, habits, o->imm);
        else if ((o->op == IR_LD || o->op == IR_ST) && !ir_is_vector(o->type)) {
            bool may_be_odd = !(o->aux & IR_MEM_ATOMIC) && ir_mem_align(o->aux) < 1u << (o->aux & IR_MEM_SIZE);
            if ((now & 1 << ACCESS_MISALIGNED) && may_be_odd)
                o->aux |= IR_MEM_ODD;
            if (now & 1 << ACCESS_CROSSING)
                o->aux |= IR_MEM_ALONE;
            if (now & 1 << ACCESS_SCATTERED)
                o->aux &= ~IR_MEM_CHASED;
        }
    }
}

/*
 * Build the IR of at most max_insns at cpu->pc. False as translate().
 */
static bool build(struct cpu *cpu, const struct code_source *source, bool as_loop, unsigned max_insns,
                  const struct habits *habits)
{
    struct ir_unit *u = cpu->engine->unit;
    struct translation t = translation_for(cpu, source);
    const struct ir_source parts = { .translate = translate_part, .executed = was_executed, .opaque = &t };
    gva stop_before = cpu->key & KEY_BREAK ? breakpoint_stop_before(cpu, cpu->pc) : ~UINT64_C(0);
    u->follow_calls = as_loop;
    bool merged = as_loop && ir_merge_loop(u, cpu->pc, &parts);

    if (!merged && !translate(&t, u, cpu->pc, max_insns, stop_before))
        return false;
    if (as_loop && code_backend->checks)
        ir_find_chases(u);
    mark_habits(u, habits);
    bool log = log_topics && log_addr_ok(u->pc);
    if (log && log_on(LOG_IN_ASM) && !merged)
        log_guest_code(cpu, u);
    if (log && log_on(LOG_IR))
        log_unit("IR", u);
    ir_optimise(u);
    if (as_loop) {
        ir_convert_ifs(u);
        ir_specialise_loop(u);
    }
    if (as_loop && code_backend->checks)
        ir_strip_loops(u);
    if (as_loop)
        ir_sink_puts(u);
    if (code_backend->checks)
        ir_merge_checks(u);
#ifdef MYNAH_DEBUG
    g_autoptr(GError) err = NULL;
    if (!ir_verify(u, &err)) {
        log_unit("IR", u);
        g_error("IR at 0x%" PRIx64 ": %s", u->pc, err->message);
    }
#endif
    if (log && log_on(LOG_IR_OPT))
        log_unit("IR_OPT", u);
    return true;
}

static void log_host_code(const struct tb *tb, gva pc)
{
    if (log_on(LOG_OUT_ASM) && code_backend->disas && log_addr_ok(pc)) {
        g_autoptr(GString) s = g_string_new(NULL);
        code_backend->disas(tb, s);
        log_printf("OUT: pc 0x%" PRIx64 " [%u bytes]\n%s\n", pc, tb->code_size, s->str);
    }
}

static void describe(struct tb *tb, const struct ir_unit *u)
{
    tb->key = u->key;
    tb->guest_size = u->guest_size;
    tb->guest_before = u->guest_before;
    tb->ninsns = MIN(u->ninsns, MAX_INSNS);
}

static unsigned unit_limit(const struct cpu *cpu)
{
    return tcg_config.one_insn || (cpu->key & KEY_STEP) ? 1 : MAX_INSNS;
}

/* -- Blocks that are kept -- */

/* The memory that a block is made from. */
struct making {
    struct code_source source;
    uint8_t *host[2];          /* pages; [1] NULL: one is enough */
    struct code_page *page[2]; /* held */
    uint32_t writes[2];
};

/* The memory at cpu->pc, and of the next page if the first instruction needs both. May raise. False: there is none. */
static bool find_memory(struct cpu *cpu, struct making *m, bool both)
{
    for (unsigned i = 0; i < 1u + both; i++) {
        struct mmu_slow t = mmu_fetch(cpu, i ? next_page(cpu, cpu->pc) : cpu->pc);
        if (!t.host || t.split)
            return false;
        m->host[i] = t.host;
        m->source.page[i].page = t.page;
        m->source.page[i].host = t.host;
    }
    return true;
}

static void hold_memory(struct cpu *cpu, struct making *m)
{
    for (unsigned i = 0; i < 2 && m->host[i]; i++)
        m->page[i] = tb_page_hold(cpu, m->host[i], &m->writes[i]);
}

/* With tcg_lock held. */
static void release_memory(const struct making *m)
{
    for (unsigned i = 0; i < 2 && m->page[i]; i++)
        tb_page_release(m->page[i]);
}

/*
 * With tcg_lock held: what was read for the unit is unchanged. What is written beside it does not matter: that may have no
 * end.
 */
static bool is_current(const struct making *m, const struct ir_unit *u)
{
    unsigned pc = u->pc & ~PAGE_MASK, from = pc - u->guest_before, to = pc + u->guest_size;

    return tb_unwritten_since(m->page[0], m->writes[0], from, MIN(to, PAGE_SIZE)) &&
           (!m->page[1] || tb_unwritten_since(m->page[1], m->writes[1], 0, MAX(to, PAGE_SIZE + 1) - PAGE_SIZE));
}

static const uint8_t *guest_code(const struct making *m, const struct ir_unit *u)
{
    return m->host[0] + (u->pc & ~PAGE_MASK);
}

/* Lower the unit into the room. Bytes used; 0: it is too small. */
static size_t lower(const struct ir_unit *u, const struct tb_room *room)
{
    struct code_buf buf = { .size = room->end - room->start };

    if (code_cache.size) {
        buf.rw = code_cache.rw + room->start;
        buf.rx = code_cache.rx + room->start;
    }
    describe(room->tb, u);
    return code_backend->compile(u, room->tb, buf);
}

/* With tcg_lock held on entry and on return, not between: make the unit's block. *full: it was for the lack of room. */
static bool lower_in_room(const struct ir_unit *u, struct tb_room *room, size_t *used, bool *full)
{
    /* It is tried with more if that was not enough. */
    for (size_t want = code_backend->room(u);; want *= 4) {
        if (!tb_reserve(room, want)) {
            *full = true;
            return false;
        }
        g_mutex_unlock(&tcg_lock);
        *used = lower(u, room);
        g_mutex_lock(&tcg_lock);
        if (*used)
            return true;
        *full = tb_room_is_last(room);
        tb_settle(room, 0);
        if (*full)
            return false;
    }
}

static void count(struct tcg_stats *s, const struct tb *tb)
{
    s->translations++;
    s->translated_insns += tb->ninsns;
    s->host_bytes += tb->code_size;
}

/*
 * With tcg_lock held: the block of the unit that was built, another CPU's if that was faster. NULL: try again. as_loop:
 * for which time, or 0.
 */
static struct tb *finish(struct cpu *cpu, const struct making *m, unsigned as_loop, bool *full)
{
    const struct ir_unit *u = cpu->engine->unit;
    const uint8_t *guest = guest_code(m, u), *guest2 = m->host[1];
    struct tb *tb = tb_find_locked(guest, u->key, guest2, false);
    struct tb_room room;
    size_t used;

    if (tb || !is_current(m, u))
        return tb;
    if (!lower_in_room(u, &room, &used, full))
        return NULL;
    tb = tb_find_locked(guest, u->key, guest2, false);
    if (tb || !is_current(m, u) || tb_room_is_lost(&room)) {
        if (code_backend->release) {
            code_backend->release(room.tb);
            room.tb->code = NULL;
        }
        __atomic_store_n(&room.tb->code_size, 0, __ATOMIC_RELAXED);
        tb_settle(&room, 0);
        return tb;
    }
    tb = room.tb;
    tb_settle(&room, used);
    tb->turns = as_loop * SAMPLES;
    tb_publish(tb, guest, guest2, m->page[0], m->page[1]);
    count(&cpu->engine->stats, tb);
    return tb;
}

struct tb *tb_make(struct cpu *cpu, unsigned as_loop)
{
    int64_t start = clock_host_ns();
    bool both = false;

    for (unsigned tries = 0;; tries++) {
        struct making m = { 0 };
        struct tb *tb = NULL;
        bool full = false;

        /* What lies between a loop's blocks may be written without end, and a loop may be too much for a region. */
        as_loop = tries < 2 ? as_loop : 0;
        if (!find_memory(cpu, &m, both)) {
            cpu_enter_guest(cpu);
            return tb_make_once(cpu, 1);
        }
        hold_memory(cpu, &m);
        struct habits habits;
        for (unsigned h = 0; h < ACCESS_HABITS; h++)
            habits.lines[h] = __atomic_load_n(&m.page[0]->habit[h], __ATOMIC_RELAXED);
        bool built = build(cpu, &m.source, as_loop, unit_limit(cpu), &habits);
        g_mutex_lock(&tcg_lock);
        if (built)
            tb = finish(cpu, &m, as_loop, &full);
        if (tb) {
            tb_jump_cache_insert(cpu, cpu->pc, tb);
            cpu_enter_guest(cpu); /* before the lock is free to an evictor */
        }
        release_memory(&m);
        g_mutex_unlock(&tcg_lock);
        if (tb) {
            log_host_code(tb, cpu->pc);
            cpu->engine->stats.translated_ns += clock_host_ns() - start;
            return tb;
        }
        both |= !built;
        if (full)
            tb_evict_next(cpu);
    }
}

/* -- Blocks that are not -- */

/* What is missing of the first instruction is read, from wherever it is. May raise. */
static void read_missing(struct cpu *cpu, struct code_source *s, const struct ir_unit *u)
{
    g_assert(u->missing == ((s->at + s->len) & u->va_mask) && s->len + u->missing_size <= INSN_BYTES);
    uint32_t v = mmu_read_code(cpu, u->missing, u->missing_size);
    for (unsigned i = 0; i < u->missing_size; i++)
        s->bytes[s->len++] = v >> (8 * i);
}

/* Build the unit from memory as far as the page at cpu->pc is some, else of one instruction. */
static void build_once(struct cpu *cpu, unsigned max_insns)
{
    static const struct habits none;
    struct mmu_slow t = mmu_fetch(cpu, cpu->pc);
    struct code_source s = { .at = cpu->pc };

    if (t.host && !t.split) {
        s.page[0].page = t.page;
        s.page[0].host = t.host;
        if (build(cpu, &s, false, max_insns, &none))
            return;
        s.at = next_page(cpu, cpu->pc); /* the first instruction goes on there */
    }
    while (!build(cpu, &s, false, 1, &none))
        read_missing(cpu, &s, cpu->engine->unit);
}

struct tb *tb_make_once(struct cpu *cpu, unsigned max_insns)
{
    struct engine_cpu *e = cpu->engine;
    struct tb *tb = &e->once;

    build_once(cpu, MIN(max_insns, unit_limit(cpu)));
    if (code_backend->release && tb->code)
        code_backend->release(tb);
    *tb = (struct tb){ .jumps = tb_once_jumps(cpu), .once = true };
    describe(tb, e->unit);
    if (!code_backend->compile(e->unit, tb, e->once_buf))
        g_error("a unit of %u instructions at 0x%" PRIx64 " needs more than %" PRIu64 " bytes", tb->ninsns, cpu->pc,
                ONCE_BYTES);
    log_host_code(tb, cpu->pc);
    return tb;
}
