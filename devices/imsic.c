/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incoming MSI controllers of the harts of a machine, one privilege level of them. Manual: "RISC-V Advanced Interrupt
 * Architecture" 1.0, chapter "Incoming MSI Controller (IMSIC)"; binding: riscv,imsics. Output n drives the external
 * interrupt of the n-th entry of interrupts-extended, whose file has page n << guest-index-bits. Not modelled: guest
 * interrupt files (their pages read as zero), groups of harts, delivery from an APLIC past the file
 * (eidelivery = 0x40000000).
 */
#include <inttypes.h>

#include "device.h"

/* A file's page. */
#define SETEIPNUM_LE 0
#define SETEIPNUM_BE 4

/* The registers a hart reaches by its xiselect. */
#define EIDELIVERY 0x70
#define EITHRESHOLD 0x72
#define EIP 0x80
#define EIE 0xc0
#define REGISTERS 64 /* of 32 bits in each array */

#define MAX_FILES 512
#define MAX_IDS 2047
#define WORDS ((MAX_IDS + 1) / 64)

struct imsic {
    struct device dev;
    uint32_t num_ids;          /* identities are 1..num_ids */
    uint32_t guest_index_bits; /* pages of a hart, binary logarithm */
    uint32_t group_index_bits;

    uint64_t eip[MAX_FILES * WORDS];
    uint64_t eie[MAX_FILES * WORDS];
    uint32_t eithreshold[MAX_FILES];
    uint8_t eidelivery[MAX_FILES];
};

/* The first identity that is pending and enabled, if the threshold lets it pass, or 0. */
static unsigned top_identity(const struct imsic *s, unsigned file)
{
    const uint64_t *eip = &s->eip[file * WORDS], *eie = &s->eie[file * WORDS];

    for (unsigned w = 0; w <= s->num_ids / 64; w++) {
        if (eip[w] & eie[w]) {
            unsigned id = w * 64 + __builtin_ctzll(eip[w] & eie[w]);
            return s->eithreshold[file] == 0 || id < s->eithreshold[file] ? id : 0;
        }
    }
    return 0;
}

static void update_irq(struct imsic *s, unsigned file)
{
    device_irq(&s->dev, file, s->eidelivery[file] && top_identity(s, file));
}

/* -- Messages: a page a file -- */

static uint64_t imsic_page_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void imsic_page_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct imsic *s = opaque;
    uint64_t page = offset / PAGE_SIZE, file = page >> s->guest_index_bits;
    unsigned reg = offset % PAGE_SIZE, id = reg == SETEIPNUM_BE ? __builtin_bswap32(value) : value;

    if (page != file << s->guest_index_bits || file >= s->dev.nirqs || (reg != SETEIPNUM_LE && reg != SETEIPNUM_BE)) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write of 0x%" PRIx64 " to no register", offset, value);
        return;
    }
    if (id == 0 || id > s->num_ids) {
        device_guest_error(&s->dev, "file %u: no identity %u", (unsigned)file, id);
        return;
    }
    s->eip[file * WORDS + id / 64] |= UINT64_C(1) << (id % 64);
    update_irq(s, file);
}

static const struct io_ops imsic_ops = { imsic_page_read, imsic_page_write, 4, 4, true, false };

/* -- Registers, by the hart -- */

/* The word of eip or eie that a register lies in, NULL if the register is another or beyond the identities. */
static uint64_t *array_word(struct imsic *s, unsigned file, unsigned reg)
{
    uint64_t *array = reg < EIP ? NULL : reg < EIE ? s->eip : s->eie;
    unsigned k = reg % REGISTERS;

    return array && k * 32 <= s->num_ids ? &array[file * WORDS + k / 2] : NULL;
}

/* The bits of a word that belong to identities. */
static uint64_t id_mask(const struct imsic *s, unsigned word)
{
    uint64_t m = word == s->num_ids / 64 ? UINT64_MAX >> (63 - s->num_ids % 64) : UINT64_MAX;

    return word == 0 ? m & ~UINT64_C(1) : m;
}

static uint64_t file_read(void *opaque, unsigned n, unsigned reg, unsigned width)
{
    struct imsic *s = opaque;
    uint64_t v = 0, *word;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (reg == EIDELIVERY)
        v = s->eidelivery[n];
    else if (reg == EITHRESHOLD)
        v = s->eithreshold[n];
    else if ((word = array_word(s, n, reg)))
        v = width == 64 ? *word : bits(*word, reg % 2 * 32, 32);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
    return v;
}

static void file_write(void *opaque, unsigned n, unsigned reg, unsigned width, uint64_t value, uint64_t mask)
{
    struct imsic *s = opaque;
    uint64_t *word;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (reg == EIDELIVERY) {
        s->eidelivery[n] = value == 1;
    } else if (reg == EITHRESHOLD) {
        if (value <= s->num_ids)
            s->eithreshold[n] = value;
    } else if ((word = array_word(s, n, reg))) {
        unsigned shift = width == 64 ? 0 : reg % 2 * 32;
        mask = (mask << shift) & id_mask(s, reg % REGISTERS / 2);
        *word = (*word & ~mask) | (value << shift & mask);
    }
    update_irq(s, n);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static unsigned file_top(void *opaque, unsigned n)
{
    struct imsic *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    unsigned id = top_identity(s, n);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
    return id;
}

static void file_claim(void *opaque, unsigned n, unsigned id)
{
    struct imsic *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    s->eip[n * WORDS + id / 64] &= ~(UINT64_C(1) << (id % 64));
    update_irq(s, n);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static const struct msi_file_ops file_ops = { file_read, file_write, file_top, file_claim };

static void imsic_msi_file(struct device *d, unsigned n, struct msi_file *file)
{
    *file = (struct msi_file){ &file_ops, container_of(d, struct imsic, dev), n };
}

/* -- Life -- */

static bool imsic_realize(struct device *d, GError **err)
{
    struct imsic *s = container_of(d, struct imsic, dev);
    uint64_t pages;

    if (s->num_ids < 63 || s->num_ids > MAX_IDS || s->num_ids % 64 != 63) {
        fail(err, "%s: riscv,num-ids=%u: expected one less than a multiple of 64, 63 to %u", d->id, s->num_ids,
             MAX_IDS);
        return false;
    }
    if (s->guest_index_bits > 6) {
        fail(err, "%s: riscv,guest-index-bits=%u: expected 0 to 6", d->id, s->guest_index_bits);
        return false;
    }
    if (s->group_index_bits) {
        fail(err, "%s: riscv,group-index-bits=%u: groups of harts are not modelled", d->id, s->group_index_bits);
        return false;
    }
    if (d->nirqs > MAX_FILES) {
        fail(err, "%s: %u harts, at most %u are possible", d->id, d->nirqs, MAX_FILES);
        return false;
    }
    pages = (uint64_t)MAX(d->nirqs, 1) << s->guest_index_bits;
    device_add_io(d, "imsic", &imsic_ops, pages * PAGE_SIZE)->msi = true;
    return true;
}

static void imsic_reset(struct device *d)
{
    for (unsigned n = 0; n < d->nirqs; n++)
        device_irq(d, n, false);
}

static const struct property imsic_props[] = {
    PROP_NAMED("num-ids", struct imsic, num_ids, U32, 255, "riscv,num-ids", "interrupt identities of a file"),
    PROP_NAMED("guest-index-bits", struct imsic, guest_index_bits, U32, 0, "riscv,guest-index-bits",
               "pages of a hart, binary logarithm"),
    PROP_NAMED("group-index-bits", struct imsic, group_index_bits, U32, 0, "riscv,group-index-bits", "0 only"),
    PROP_END,
};

static const struct state_row imsic_fields[] = {
    FIELD_ARRAY(struct imsic, eip, 0),
    FIELD_ARRAY(struct imsic, eie, 0),
    FIELD_ARRAY(struct imsic, eithreshold, 0),
    FIELD_ARRAY(struct imsic, eidelivery, 0),
    FIELD_END,
};

static const struct state_table imsic_state = {
    STATE_OF(struct imsic),
    .version = 1,
    .rows = imsic_fields,
};

static const char *const imsic_compatible[] = { "riscv,imsics", NULL };

const struct device_type imsic_type = {
    .name = "riscv.imsic",
    .desc = "RISC-V incoming MSI controllers",
    .compatible = imsic_compatible,
    .size = sizeof(struct imsic),
    .props = imsic_props,
    .state = &imsic_state,
    .realize = imsic_realize,
    .reset = imsic_reset,
    .msi_file = imsic_msi_file,
};
