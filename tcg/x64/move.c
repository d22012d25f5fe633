/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving code: a unit's code depends on its PC only in places of known kinds, whose list stands behind the
 * side table. A copy for another PC is the same bytes with these changed, and is what compiling there would
 * have made. What would not be (an address of another length, code of another form) makes the unit immovable.
 */
#include "compile.h"

#include <string.h>

/* -- Taking notes -- */

/* The last n bytes are a place of that kind. */
static void note(struct x64 *c, enum fixup kind, unsigned n)
{
    uint32_t at = emit_offset(&c->e) - n;

    if (c->nfixups == MAX_FIXUPS || at >= FIXUP_OFFSETS) {
        c->movable = false;
    } else {
        c->fixups[c->nfixups++] = at << 2 | kind;
    }
}

void x64_mov_pc(struct x64 *c, unsigned reg, gva pc)
{
    emit_mov_ri(&c->e, reg, pc);
    if (x64_moves(pc)) {
        note(c, FIXUP_PC, 8);
    } else {
        c->movable = false;
    }
}

void x64_mov_tb(struct x64 *c, unsigned slot)
{
    uint64_t v = (uintptr_t)c->tb | slot;

    emit_mov_ri(&c->e, RAX, v);
    if (x64_moves(v)) {
        note(c, FIXUP_TB, 8);
    } else {
        c->movable = false;
    }
}

/* Moving changes these bits of a line's offset. */
#define LINE_MOVES (JUMP_LINE_MASK & ~(uint32_t)(PAGE_SIZE * 32 - 1))
#define LINE_BYTES ((uint32_t)sizeof(struct jump_line))

void x64_note_line(struct x64 *c, int32_t line)
{
    if ((line & ~LINE_MOVES) < 2 * LINE_BYTES) {
        c->movable = false; /* it might be encoded in a byte, or not at all */
    } else {
        note(c, FIXUP_LINE, 4);
    }
}

_Static_assert(2 * sizeof(struct jump_line) > INT8_MAX, "other lines have 32-bit displacements");

/* -- The list -- */

size_t x64_write_fixups(const struct x64 *c, struct tb *tb, uint8_t *p, const uint8_t *limit)
{
    unsigned n = c->nfixups + c->e.nfar;

    tb->nfixups = 0;
    tb->movable = c->movable && c->e.nfar <= MAX_FAR && tb->code_size < FIXUP_OFFSETS && p + 2 * n < limit;
    if (!tb->movable) {
        return 0;
    }
    for (unsigned i = 0; i < c->e.nfar; i++, p += 2) {
        uint16_t fixup = c->far[i] << 2 | FIXUP_FAR;
        memcpy(p, &fixup, 2);
    }
    memcpy(p, c->fixups, 2 * c->nfixups);
    tb->nfixups = n;
    return 2 * n;
}

/* -- Copying -- */

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
}

/* Add to 8 bytes; false if the result has another encoding. */
static bool add64(uint8_t *p, uint64_t distance)
{
    uint64_t v;

    memcpy(&v, p, 8);
    v += distance;
    memcpy(p, &v, 8);
    return x64_moves(v);
}

static bool apply(uint8_t *at, enum fixup kind, const struct tb *from, const struct tb *tb)
{
    gva distance = tb->pc - from->pc;
    uint32_t line;

    switch (kind) {
    case FIXUP_FAR:
        put32(at, get32(at) + (uint32_t)(from->code - tb->code));
        return true;
    case FIXUP_PC:
        return add64(at, distance);
    case FIXUP_TB:
        return add64(at, (uintptr_t)tb - (uintptr_t)from);
    case FIXUP_LINE:
        line = get32(at);
        put32(at, (line & ~LINE_MOVES) | ((line + jump_line_offset(distance)) & LINE_MOVES));
        return true;
    }
    return false;
}

size_t x64_copy_block(const struct tb *from, struct tb *tb, struct code_buf buf)
{
    size_t bytes = from->code_size + from->map_size + 2 * from->nfixups, used = (bytes + 15) & ~(size_t)15;
    uint8_t *list = buf.rw + from->code_size + from->map_size;

    if (used > buf.size || !x64_moves(tb->pc)) {
        return 0;
    }
    memcpy(buf.rw, code_rw(from->code), bytes);
    tb->code = buf.rx;
    tb->code_size = from->code_size;
    tb->map = buf.rx + from->code_size;
    tb->map_size = from->map_size;
    tb->nfixups = from->nfixups;
    tb->movable = true;
    for (unsigned i = 0; i < from->nfixups; i++) {
        uint16_t fixup;
        memcpy(&fixup, list + 2 * i, 2);
        if (!apply(buf.rw + (fixup >> 2), fixup & 3, from, tb)) {
            return 0;
        }
    }
    for (unsigned n = 0; n < TB_JUMPS; n++) {
        const struct tb_jump *j = &from->jump[n];
        tb->jump[n] = (struct tb_jump){.pc = j->pc, .patch = j->patch, .stub = j->stub};
        if (j->patch) {
            tb->jump[n].pc += tb->pc - from->pc;
            put32(buf.rw + j->patch, j->stub - (j->patch + 4)); /* from may be chained */
        }
    }
    return used;
}
