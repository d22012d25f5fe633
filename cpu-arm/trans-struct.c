/* SPDX-License-Identifier: BSD-2-Clause */
/* A64: loads and stores of structures, LD1 to LD4 and ST1 to ST4. Manual: DDI 0487, C3.2.12. */
#include "trans-a64.h"

/* -- The base register -- */

/* Behind the access: the base moves by a register, or by the bytes of the access. */
static void step_base(struct translator *t, const struct a64_args *a, ir_val base, unsigned bytes)
{
    if (a->opt)
        set_r_sp(t, a->rn, ir_op2(t->u, IR_ADD, base, a->rm == 31 ? const64(t, bytes) : get_x(t, a->rm)));
}

/* -- Interleaving, by tables of bytes -- */

/* Sixteen bytes of the concatenated vectors: which is given by index, 255 being a zero. */
static ir_val gather(struct translator *t, const ir_val *from, unsigned n, const uint8_t *index)
{
    ir_val r = 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t in_this[16];
        uint64_t q[2];
        bool any = false;
        for (unsigned k = 0; k < 16; k++) {
            bool here = index[k] != 255 && index[k] / 16 == i;
            in_this[k] = here ? index[k] % 16 : 255;
            any |= here;
        }
        if (!any)
            continue;
        memcpy(q, in_this, 16);
        ir_val part = vop(t, IR_VTBL, 0, 0, from[i], vector_const(t, GUINT64_FROM_LE(q[0]), GUINT64_FROM_LE(q[1])));
        r = r ? vop(t, IR_VOR, 0, 0, r, part) : part;
    }
    return r;
}

struct structure {
    unsigned registers, bytes, size; /* bytes of each register, log2 of those of an element */
    bool interleaved;
};

/* Where byte b of register r is in memory. */
static unsigned memory_byte(const struct structure *s, unsigned r, unsigned b)
{
    return (((b >> s->size) * s->registers + r) << s->size) + (b & ((1u << s->size) - 1));
}

/* -- Several structures -- */

/* Memory in pieces of 16 bytes, the last perhaps of 8. */
static unsigned pieces_of(const struct structure *s)
{
    return (s->registers * s->bytes + 15) / 16;
}

static unsigned piece_size(const struct structure *s, unsigned i)
{
    return s->registers * s->bytes - 16 * i >= 16 ? IR_MEM_128 : IR_MEM_64;
}

static void load_interleaved(struct translator *t, const struct a64_args *a, const struct structure *s, ir_val base)
{
    struct ir_unit *u = t->u;
    ir_val piece[4];
    for (unsigned i = 0; i < pieces_of(s); i++) {
        unsigned size = piece_size(s, i);
        piece[i] = ir_load(u, size == IR_MEM_128 ? IR_V128 : IR_I64, memop_of(t, size), base, 16 * i);
        if (size == IR_MEM_64)
            piece[i] = vop(t, IR_VSCALAR, IR_LANE_64, 0, piece[i], 0);
    }
    for (unsigned r = 0; r < s->registers; r++) {
        uint8_t index[16];
        for (unsigned b = 0; b < 16; b++)
            index[b] = b < s->bytes ? memory_byte(s, r, b) : 255;
        set_v(t, (a->rd + r) & 31, gather(t, piece, pieces_of(s), index));
    }
}

static void store_interleaved(struct translator *t, const struct a64_args *a, const struct structure *s, ir_val base)
{
    struct ir_unit *u = t->u;
    ir_val from[4], piece[4];
    uint8_t where[64];
    for (unsigned r = 0; r < s->registers; r++) {
        from[r] = get_v(t, (a->rd + r) & 31);
        for (unsigned b = 0; b < s->bytes; b++)
            where[memory_byte(s, r, b)] = 16 * r + b;
    }
    for (unsigned i = 0; i < pieces_of(s); i++) {
        bool full = piece_size(s, i) == IR_MEM_128;
        uint8_t index[16];
        for (unsigned k = 0; k < 16; k++)
            index[k] = k < 8 || full ? where[16 * i + k] : 255;
        piece[i] = gather(t, from, s->registers, index);
        ir_store(u, memop_of(t, piece_size(s, i)), base, 16 * i,
                 full ? piece[i] : ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 0, piece[i], 0, 0));
    }
}

/* Registers as they are: LD1 and ST1. */
static void load_plain(struct translator *t, const struct a64_args *a, const struct structure *s, ir_val base)
{
    struct ir_unit *u = t->u;
    ir_val v[4];
    for (unsigned r = 0; r < s->registers; r++) {
        bool full = s->bytes == 16;
        v[r] = ir_load(u, full ? IR_V128 : IR_I64, memop_of(t, full ? IR_MEM_128 : IR_MEM_64), base, r * s->bytes);
        if (!full)
            v[r] = vop(t, IR_VSCALAR, IR_LANE_64, 0, v[r], 0);
    }
    for (unsigned r = 0; r < s->registers; r++)
        set_v(t, (a->rd + r) & 31, v[r]);
}

static void store_plain(struct translator *t, const struct a64_args *a, const struct structure *s, ir_val base)
{
    for (unsigned r = 0; r < s->registers; r++)
        store_v(t, (a->rd + r) & 31, s->bytes == 16 ? IR_MEM_128 : IR_MEM_64, base, r * s->bytes);
}

bool a64_ldst_multi(struct translator *t, const struct a64_args *a)
{
    static const uint8_t registers[16] = {[0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
    struct structure s = {.registers = registers[a->op], .bytes = a->q ? 16 : 8, .size = a->sz,
                          .interleaved = a->op == 0 || a->op == 4 || a->op == 8};
    if (!s.registers || (s.interleaved && a->sz == 3 && !a->q))
        return false;
    if (fp_trapped(t))
        return true;
    ir_val base = base_address(t, a->rn);
    if (a->bit)
        (s.interleaved ? load_interleaved : load_plain)(t, a, &s, base);
    else
        (s.interleaved ? store_interleaved : store_plain)(t, a, &s, base);
    step_base(t, a, base, s.registers * s.bytes);
    return true;
}

/* -- One structure: an element of each register, or the same in all lanes -- */

static enum ir_type element_type(unsigned size)
{
    return size == 3 ? IR_I64 : IR_I32;
}

bool a64_ldst_single(struct translator *t, const struct a64_args *a)
{
    struct ir_unit *u = t->u;
    unsigned scale = a->op >> 1, registers = ((a->op & 1) << 1 | a->u) + 1, size = scale, index = a->q << 3 | a->sh << 2 | a->sz;
    bool replicate = scale == 3;
    if (replicate) {
        if (!a->bit || a->sh)
            return false;
        size = a->sz;
    } else if (scale == 1) {
        if (a->sz & 1)
            return false;
        index >>= 1;
    } else if (scale == 2) {
        if (a->sz & 2 || (a->sz == 1 && a->sh))
            return false;
        size = a->sz & 1 ? 3 : 2;
        index >>= size;
    }
    if (fp_trapped(t))
        return true;
    ir_val base = base_address(t, a->rn), v[4];
    for (unsigned r = 0; r < registers; r++) {
        if (a->bit)
            v[r] = ir_load(u, element_type(size), memop_of(t, size), base, r << size);
        else
            ir_store(u, memop_of(t, size), base, r << size,
                     ir_vector(u, IR_VGET, element_type(size), size, index, get_v(t, (a->rd + r) & 31), 0, 0));
    }
    for (unsigned r = 0; a->bit && r < registers; r++) {
        unsigned n = (a->rd + r) & 31;
        if (replicate)
            set_part(t, a->q, size, n, vop(t, IR_VDUP, size, 0, v[r], 0));
        else
            set_v(t, n, vop(t, IR_VSET, size, index, get_v(t, n), v[r]));
    }
    step_base(t, a, base, registers << size);
    return true;
}
