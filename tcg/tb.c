/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation blocks: found, entered in the table, chained, dropped. */
#include "tb-int.h"

#include <string.h>

#include "cpu-exec.h"
#include "cpus.h"

#define HASH_BITS 18

GMutex tcg_lock;
uint64_t tb_nvalid, tb_nchained, tb_ninvalidated;
static tb_ref table[1 << HASH_BITS];

/* -- Look-up -- */

static uint32_t hash_of(const uint8_t *guest, uint32_t key)
{
    uint64_t h = (uintptr_t)guest ^ (uint64_t)key << 40 ^ key;

    h *= UINT64_C(0x9e3779b97f4a7c15);
    return h >> (64 - HASH_BITS);
}

/* The CPU may enter the block at pc, where its guest code is mapped now, without asking. */
void tb_jump_cache_insert(struct cpu *cpu, gva pc, struct tb *tb)
{
    struct jump_line *line = jump_line(cpu, pc);
    uint64_t tag = (uint64_t)cpu->exec_gen << 32 | cpu->key;

    if (line->way[0].page != (pc & PAGE_MASK) || line->way[0].tag != tag)
        line->way[1] = line->way[0];
    line->way[0] = (struct jump_way){ pc & PAGE_MASK, tag, tb->code, tb };
    mmu_note_executed(cpu, pc);
    if (tb->guest2)
        mmu_note_executed(cpu, next_page(cpu, pc));
}

struct tb *tb_find_locked(const uint8_t *guest, uint32_t key, const uint8_t *guest2, bool any_second)
{
    for (struct tb *tb = ref_tb(table[hash_of(guest, key)]); tb; tb = ref_tb(tb->hash_next)) {
        if (tb->guest == guest && tb->key == key && (any_second || tb->guest2 == guest2))
            return tb;
    }
    return NULL;
}

struct tb *tb_find(struct cpu *cpu)
{
    gva pc = cpu->pc;
    struct mmu_slow t = mmu_fetch(cpu, pc);
    struct tb *tb;

    if (!t.host || t.split)
        return NULL;
    const uint8_t *guest = t.host + (pc & ~PAGE_MASK);
    g_mutex_lock(&tcg_lock);
    tb = tb_find_locked(guest, cpu->key, NULL, true);
    if (tb && tb->guest2) { /* the second page must be the one it was made for */
        g_mutex_unlock(&tcg_lock);
        struct mmu_slow t2 = mmu_fetch(cpu, next_page(cpu, pc));
        g_mutex_lock(&tcg_lock);
        tb = t2.host && !t2.split ? tb_find_locked(guest, cpu->key, t2.host, false) : NULL;
    }
    if (tb)
        tb_jump_cache_insert(cpu, pc, tb);
    g_mutex_unlock(&tcg_lock);
    return tb;
}

/* -- Chains -- */

static struct tb_jump *ref_jump(tb_ref ref)
{
    return tb_jump(ref_tb(ref), ref_low(ref));
}

static void unlink_jump(struct tb *from, unsigned slot)
{
    struct tb_jump *j = tb_jump(from, slot);
    tb_ref *link = &ref_tb(j->to)->in;

    while (*link != ref_of(from, slot))
        link = &ref_jump(*link)->next_in;
    *link = j->next_in;
    j->to = 0;
}

bool tb_may_be_loop(uint32_t key)
{
    return code_backend->patch && !tcg_config.one_insn && !(key & (KEY_ICOUNT | KEY_STEP | KEY_NOCHAIN | KEY_BREAK));
}

void tb_forget_jumps(struct cpu *cpu)
{
    g_mutex_lock(&tcg_lock);
    memset((char *)cpu + JUMP_CACHE, 0xff, JUMP_BYTES);
    g_mutex_unlock(&tcg_lock);
}

void tb_chain(struct tb *from, unsigned slot, struct tb *to)
{
    struct tb_jump *j = tb_jump(from, slot);

    /* At another address of the page the loop may have to stop between the two. */
    if (to->once || to->guest2 || from->once || from->key != to->key ||
        ((to->key & KEY_BREAK) && breakpoint_offset(page_offset(to))))
        return;
    g_mutex_lock(&tcg_lock);
    if (from->hash_next != TB_INVALID && to->hash_next != TB_INVALID && !j->to && j->offset == page_offset(to) &&
        !(((uintptr_t)from->guest ^ (uintptr_t)to->guest) & PAGE_MASK)) {
        j->to = ref_of(to, 0);
        j->next_in = to->in;
        to->in = ref_of(from, slot);
        code_backend->patch(from, slot, to->code);
        tb_nchained++;
    }
    g_mutex_unlock(&tcg_lock);
}

unsigned tb_turned(const struct tb *from, struct tb *to)
{
    unsigned samples = __atomic_load_n(&to->turns, __ATOMIC_RELAXED);

    /* A loop that jumps to itself is whole. What jumps to it from outside may be a part that had not been executed then. */
    if (samples >= (from == to ? SAMPLES : SAMPLES * LOOP_TRIES) || page_offset(to) > page_offset(from) || from->key != to->key || !tb_may_be_loop(to->key) ||
        from->once || to->once || to->guest2 || (((uintptr_t)from->guest ^ (uintptr_t)to->guest) & PAGE_MASK))
        return 0;
    samples = tcg_config.loop_turns ? (samples / SAMPLES + 1) * SAMPLES : samples + 1;
    __atomic_store_n(&to->turns, samples, __ATOMIC_RELAXED);
    if (samples % SAMPLES)
        return 0;
    g_mutex_lock(&tcg_lock);
    tb_invalidate(to);
    g_mutex_unlock(&tcg_lock);
    return samples / SAMPLES;
}

void tb_note_access(struct tb *tb, unsigned offset, enum access_habit habit)
{
    g_mutex_lock(&tcg_lock);
    struct code_page *p = tb->hash_next != TB_INVALID && !tb->once ? tb_page_find(tb->guest) : NULL;
    if (p && !tb->guest2) {
        uint64_t *lines = &p->habit[habit];
        __atomic_store_n(lines, *lines | UINT64_C(1) << (offset >> LINE_BITS), __ATOMIC_RELAXED);
        tb_invalidate(tb);
    }
    g_mutex_unlock(&tcg_lock);
}

/* With tcg_lock held: the block can be found from now on. first is its page, second the other one or NULL. */
void tb_publish(struct tb *tb, const uint8_t *guest, const uint8_t *guest2, struct code_page *first,
                    struct code_page *second)
{
    tb_ref *head = &table[hash_of(guest, tb->key)];

    tb->guest = guest;
    tb->guest2 = guest2;
    tb->hash_next = *head;
    *head = ref_of(tb, 0);
    tb_nvalid++;
    tb_page_add(first, tb, 0);
    if (guest2)
        tb_page_add(second, tb, 1);
    tb_made(tb);
}

/* -- Dropping -- */

/* Wherever its page is mapped. */
static void jump_cache_remove(struct cpu *cpu, const struct tb *tb)
{
    for (gva va = page_offset(tb); va < JUMP_LINES * 2; va += PAGE_SIZE) {
        struct jump_line *line = jump_line(cpu, va);
        for (unsigned w = 0; w < 2; w++) {
            if (line->way[w].tb == tb)
                __atomic_store_n(&line->way[w].page, ~UINT64_C(0), __ATOMIC_RELAXED);
        }
    }
}

/* With tcg_lock held. The code stays until its region is evicted: a CPU may be running it. */
void tb_invalidate(struct tb *tb)
{
    if (tb->hash_next == TB_INVALID)
        return;
    tb_nvalid--;
    tb_ninvalidated++;
    tb_ref *link = &table[hash_of(tb->guest, tb->key)];
    while (*link != ref_of(tb, 0))
        link = &ref_tb(*link)->hash_next;
    *link = tb->hash_next;
    tb->hash_next = TB_INVALID;
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *g = i ? tb->guest2 : tb->guest;
        struct code_page *p = g ? tb_page_find(g) : NULL;
        if (p) {
            tb_page_remove(p, tb, i);
        }
    }
    for (unsigned slot = 0; slot < tb->njumps; slot++) {
        if (tb_jump(tb, slot)->to)
            unlink_jump(tb, slot);
    }
    while (tb->in) {
        struct tb *from = ref_tb(tb->in);
        unsigned slot = ref_low(tb->in);
        unlink_jump(from, slot);
        code_backend->patch(from, slot, NULL);
    }
    for (unsigned c = 0; c < cpu_count; c++) {
        if (tb->loops)
            __atomic_store_n(&cpu_list[c]->exit_request, EXIT_REQUESTED, __ATOMIC_SEQ_CST);
        jump_cache_remove(cpu_list[c], tb);
    }
}

void tb_invalidate_breakable(gva va)
{
    unsigned offset = va & ~PAGE_MASK;

    g_mutex_lock(&tcg_lock);
    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        for (struct tb *tb = ref_tb(table[i]), *next; tb; tb = next) {
            next = ref_tb(tb->hash_next);
            if ((tb->key & KEY_BREAK) && ((offset - page_offset(tb)) & ~PAGE_MASK) < tb->guest_size)
                tb_invalidate(tb);
        }
    }
    g_mutex_unlock(&tcg_lock);
}

void tb_forget_table(void)
{
    memset(table, 0, sizeof(table));
    tb_nvalid = 0;
}
