/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of structures: which bytes of memory are which of registers, and A64's LD1 to LD4 and ST1 to ST4.
 * Manual: DDI 0487, C3.2.12.
 */
#include "trans-a64.h"

/* -- Alignment -- */

void simd_check_alignment(struct translator *t, ir_val addr, unsigned align, bool store)
{
    struct ir_unit *u = t->u;
    unsigned size = align > 16 ? IR_MEM_256 : align ? (unsigned)__builtin_ctz(align) : 0;
    enum ir_type type = size == IR_MEM_256 ? IR_V256 : size == IR_MEM_128 ? IR_V128 : size == IR_MEM_64 ? IR_I64 : IR_I32;
    if (align < 2)
        return;
    unsigned odd = ir_new_block(u, true), even = ir_new_block(u, false);
    ir_brcc(u, IR_NE, ir_op2(u, IR_AND, addr, const64(t, align - 1)), const64(t, 0), odd, even);
    ir_place_block(u, odd); /* this access faults */
    unsigned memop = (memop_of(t, size) & ~IR_MEM_BE) | IR_MEM_ALIGN;
    if (store && type <= IR_I64)
        ir_store(u, memop, addr, 0, ir_const(u, type, 0));
    else if (store)
        ir_store(u, memop, addr, 0, ir_vector(u, IR_VDUP, type, IR_LANE_64, 0, const64(t, 0), 0, 0));
    else
        ir_load(u, type, memop, addr, 0);
    ir_br(u, even);
    ir_place_block(u, even);
}

/* -- Interleaving, by tables of bytes -- */

/* Bytes that follow each other in one vector, from byte 0 or 8 of it on, need no table. *at: the first. */
static bool is_run(const uint8_t *index, unsigned n, unsigned *at)
{
    *at = index[0];
    for (unsigned k = 1; k < n; k++)
        if (index[k] != index[0] + k)
            return false;
    return *at % 16 == 0 || (*at % 16 == 8 && n == 8);
}

/* n bytes of the concatenated vectors: which is given by index. What is behind them in the result is anything. */
static ir_val gather(struct translator *t, const ir_val *from, unsigned vectors, const uint8_t *index, unsigned n)
{
    ir_val r = 0;
    unsigned at;
    if (is_run(index, n, &at))
        return at % 16 ? vop(t, IR_VZIPH, IR_LANE_64, 0, from[at / 16], from[at / 16]) : from[at / 16];
    for (unsigned i = 0; i < vectors; i++) {
        uint8_t in_this[16];
        uint64_t q[2];
        bool any = false;
        for (unsigned k = 0; k < 16; k++) {
            bool here = k < n && index[k] / 16 == i;
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

void simd_map_add(struct simd_map *m, unsigned reg, const uint8_t *where, unsigned bytes)
{
    struct simd_map_reg *last = m->n ? &m->reg[m->n - 1] : NULL;
    m->bytes += bytes;
    if (last && last->bytes == 8 && last->reg >= VREG_D(0) && !v_part(last->reg) && reg == last->reg + 1u) {
        memcpy(last->where + 8, where, 8); /* a pair is a V register */
        last->reg = v_register(reg);
        last->bytes = 16;
        return;
    }
    m->reg[m->n].reg = reg;
    m->reg[m->n].bytes = bytes;
    memcpy(m->reg[m->n++].where, where, bytes);
}

/* Memory in pieces of 16 bytes, the last perhaps of 8. */
static unsigned pieces_of(const struct simd_map *m)
{
    return (m->bytes + 15) / 16;
}

static unsigned piece_size(const struct simd_map *m, unsigned i)
{
    return m->bytes - 16 * i >= 16 ? IR_MEM_128 : IR_MEM_64;
}

static void load_map(struct translator *t, const struct simd_map *m, unsigned memop, ir_val addr)
{
    struct ir_unit *u = t->u;
    ir_val piece[4];
    for (unsigned i = 0; i < pieces_of(m); i++) {
        unsigned size = piece_size(m, i);
        piece[i] = ir_load(u, size == IR_MEM_128 ? IR_V128 : IR_I64, memop | size, addr, 16 * i);
        if (size == IR_MEM_64)
            piece[i] = vop(t, IR_VSCALAR, IR_LANE_64, 0, piece[i], 0);
    }
    for (unsigned r = 0; r < m->n; r++) {
        const struct simd_map_reg *g = &m->reg[r];
        set_part(t, g->bytes == 16, 0, g->reg, gather(t, piece, pieces_of(m), g->where, g->bytes));
    }
}

static void store_map(struct translator *t, const struct simd_map *m, unsigned memop, ir_val addr)
{
    struct ir_unit *u = t->u;
    ir_val from[4];
    uint8_t where[64];
    for (unsigned r = 0; r < m->n; r++) {
        from[r] = get_v(t, m->reg[r].reg);
        for (unsigned b = 0; b < m->reg[r].bytes; b++)
            where[m->reg[r].where[b]] = 16 * r + b;
    }
    for (unsigned i = 0; i < pieces_of(m); i++) {
        bool full = piece_size(m, i) == IR_MEM_128;
        ir_val piece = gather(t, from, m->n, where + 16 * i, full ? 16 : 8);
        ir_store(u, memop | piece_size(m, i), addr, 16 * i,
                 full ? piece : ir_vector(u, IR_VGET, IR_I64, IR_LANE_64, 0, piece, 0, 0));
    }
}

/* In big-endian data each element's bytes are the other way round. */
static void swap_elements(struct simd_map *m)
{
    for (unsigned r = 0; r < m->n; r++)
        for (unsigned b = 0; b < m->reg[r].bytes; b++)
            m->reg[r].where[b] ^= (1u << m->size) - 1;
}

void simd_map_access(struct translator *t, struct simd_map *m, bool load, ir_val addr)
{
    bool aligned = memop_of(t, 0) & IR_MEM_ALIGN;
    simd_check_alignment(t, addr, MAX(m->align, aligned ? 1u << m->size : 0), !load);
    simd_map_words(t, m, load, addr);
}

void simd_map_words(struct translator *t, struct simd_map *m, bool load, ir_val addr)
{
    unsigned memop = memop_of(t, 0);
    if (memop & IR_MEM_BE)
        swap_elements(m);
    (load ? load_map : store_map)(t, m, memop & ~(IR_MEM_ALIGN | IR_MEM_BE | IR_MEM_SIZE), addr);
}

/* -- A64's base register -- */

/* Behind the access: the base moves by a register, or by the bytes of the access. */
static void step_base(struct translator *t, const struct a64_args *a, ir_val base, unsigned bytes)
{
    if (a->opt)
        set_r_sp(t, a->rn, ir_op2(t->u, IR_ADD, base, a->rm == 31 ? const64(t, bytes) : get_x(t, a->rm)));
}

/* -- Several structures -- */

bool a64_ldst_multi(struct translator *t, const struct a64_args *a)
{
    static const uint8_t counts[16] = {[0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2};
    unsigned registers = counts[a->op], bytes = a->q ? 16 : 8;
    bool interleaved = a->op == 0 || a->op == 4 || a->op == 8;
    struct simd_map m = {.size = a->sz};
    if (!registers || (interleaved && a->sz == 3 && !a->q))
        return false;
    if (fp_trapped(t))
        return true;
    for (unsigned r = 0; r < registers; r++) {
        uint8_t where[16];
        for (unsigned b = 0; b < bytes; b++)
            where[b] = interleaved ? (((b >> a->sz) * registers + r) << a->sz) + (b & ((1u << a->sz) - 1)) : r * bytes + b;
        simd_map_add(&m, (a->rd + r) & 31, where, bytes);
    }
    ir_val base = base_address(t, a->rn);
    simd_map_access(t, &m, a->bit, base);
    step_base(t, a, base, m.bytes);
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
