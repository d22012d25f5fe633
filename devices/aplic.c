/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt domain of a RISC-V advanced PLIC. Manual: "RISC-V Advanced Interrupt Architecture" 1.0, chapter
 * "Advanced Platform-Level Interrupt Controller (APLIC)"; binding: riscv,aplic. A domain that is no other's child is
 * the root, of machine level, at which all wires arrive; a child is of supervisor level and sees the sources its parent
 * delegates. Output n drives the external interrupt of hart index n. A domain with outputs can deliver directly, one
 * with msi-parent by MSI. Not modelled: more than one child of a domain, machine-level children, big-endian registers.
 *
 * A parent tells its child what it needs to know while it holds its own lock: locks are taken from the root down.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"

/* Registers of a domain. */
enum {
    DOMAINCFG = 0x0000, SOURCECFG = 0x0004, SOURCECFG_END = 0x1000,
    MMSIADDRCFG = 0x1bc0, MMSIADDRCFGH = 0x1bc4, SMSIADDRCFG = 0x1bc8, SMSIADDRCFGH = 0x1bcc,
    SETIP = 0x1c00, SETIPNUM = 0x1cdc, IN_CLRIP = 0x1d00, CLRIPNUM = 0x1ddc,
    SETIE = 0x1e00, SETIENUM = 0x1edc, CLRIE = 0x1f00, CLRIENUM = 0x1fdc,
    SETIPNUM_LE = 0x2000, SETIPNUM_BE = 0x2004, GENMSI = 0x3000, TARGET = 0x3004, TARGET_END = 0x4000,
    IDC = 0x4000,
};

/* An interrupt delivery control structure, one a hart. */
#define IDC_SIZE 32
enum { IDELIVERY = 0x00, IFORCE = 0x04, ITHRESHOLD = 0x08, TOPI = 0x18, CLAIMI = 0x1c };

#define DOMAINCFG_ONES 0x80000000u
#define DOMAINCFG_IE (1u << 8)
#define DOMAINCFG_DM (1u << 2)

#define SOURCECFG_D (1u << 10)
enum { SM_INACTIVE, SM_DETACHED, SM_EDGE1 = 4, SM_EDGE0, SM_LEVEL1, SM_LEVEL0 };

#define TARGET_HART_SHIFT 18
#define TARGET_GUEST_SHIFT 12 /* 6 bits */
#define TARGET_EIID 0x7ffu

/* mmsiaddrcfgh; smsiaddrcfgh has LHXS and the base alone. */
#define MSI_L (1u << 31)
#define MMSIADDRCFGH_BITS 0x9f77ffffu
#define SMSIADDRCFGH_BITS 0x00700fffu

#define MAX_SOURCES 1024 /* with number 0, which does not exist */
#define WORDS (MAX_SOURCES / 32)
#define MAX_HARTS 512
#define REGION_SIZE (IDC + MAX_HARTS * IDC_SIZE)

struct aplic {
    struct device dev;
    uint32_t num_sources;
    uint32_t iprio_bits;
    uint32_t phandle, child_phandle, msi_parent; /* 0: none */
    struct aplic *parent, *child;

    uint32_t domaincfg;                  /* IE and DM */
    uint32_t mmsiaddrcfg, mmsiaddrcfgh;  /* the root's; a child has a copy */
    uint32_t smsiaddrcfg, smsiaddrcfgh;
    uint32_t sourcecfg[MAX_SOURCES];
    uint32_t target[MAX_SOURCES];
    uint32_t present[WORDS];             /* sources of this domain: a child has those delegated to it */
    uint32_t input[WORDS];               /* the wires */
    uint32_t pending[WORDS];
    uint32_t enable[WORDS];
    uint8_t idelivery[MAX_HARTS];
    uint8_t iforce[MAX_HARTS];
    uint8_t ithreshold[MAX_HARTS];
    uint32_t genmsi;
};

static bool test(const uint32_t *map, unsigned n)
{
    return map[n / 32] >> (n % 32) & 1;
}

static void assign(uint32_t *map, unsigned n, bool v)
{
    uint32_t bit = UINT32_C(1) << (n % 32);

    map[n / 32] = v ? map[n / 32] | bit : map[n / 32] & ~bit;
}

static bool msi_mode(const struct aplic *s)
{
    return s->domaincfg & DOMAINCFG_DM;
}

/* -- Sources -- */

/* The source mode; inactive where it is not this domain's. */
static unsigned mode(const struct aplic *s, unsigned n)
{
    return s->sourcecfg[n] & SOURCECFG_D ? SM_INACTIVE : s->sourcecfg[n];
}

static bool active(const struct aplic *s, uint64_t n)
{
    return n >= 1 && n <= s->num_sources && mode(s, n) != SM_INACTIVE;
}

static bool is_level(unsigned mode)
{
    return mode >= SM_LEVEL1;
}

static bool rectified(const struct aplic *s, unsigned n)
{
    unsigned m = mode(s, n);

    return m >= SM_EDGE1 && test(s->input, n) != (m & 1);
}

/* -- Direct delivery -- */

/* topi of a hart: the first source that is pending, enabled, targeted to it and passes the threshold. 0: none. */
static uint32_t top(const struct aplic *s, unsigned hart)
{
    unsigned best = 0, prio = s->ithreshold[hart] ? s->ithreshold[hart] : UINT_MAX;

    for (unsigned w = 0; w <= s->num_sources / 32; w++) {
        for (uint32_t m = s->pending[w] & s->enable[w]; m; m &= m - 1) {
            unsigned n = w * 32 + __builtin_ctz(m);
            if (s->target[n] >> TARGET_HART_SHIFT == hart && (s->target[n] & 0xff) < prio) {
                best = n;
                prio = s->target[n] & 0xff;
            }
        }
    }
    return best ? best << 16 | prio : 0;
}

static void update_hart(struct aplic *s, unsigned hart)
{
    bool on = (s->domaincfg & DOMAINCFG_IE) && !msi_mode(s) && s->idelivery[hart];

    device_irq(&s->dev, hart, on && (s->iforce[hart] || top(s, hart)));
}

/* -- Delivery by MSI -- */

static void send_msi(struct aplic *s, unsigned hart, unsigned guest, unsigned eiid)
{
    bool machine = !s->parent;
    uint32_t low = machine ? s->mmsiaddrcfg : s->smsiaddrcfg, high = machine ? s->mmsiaddrcfgh : s->smsiaddrcfgh;
    uint64_t ppn = (uint64_t)bits(high, 0, 12) << 32 | low;
    unsigned lhxw = bits(s->mmsiaddrcfgh, 12, 4), hhxw = bits(s->mmsiaddrcfgh, 16, 3);
    unsigned lhxs = bits(high, 20, 3), hhxs = bits(s->mmsiaddrcfgh, 24, 5);
    uint64_t group = hart >> lhxw & ((1u << hhxw) - 1), index = hart & ((1u << lhxw) - 1);
    gpa addr = (ppn | group << (hhxs + 12) | index << lhxs | guest) << 12;

    if (!device_msi(&s->dev, addr, eiid, 0))
        device_guest_error(&s->dev, "MSI to 0x%" PRIx64 ": there is no interrupt file", addr);
}

/* Send on the sources of a word that are pending and enabled. */
static void forward(struct aplic *s, unsigned word)
{
    uint32_t m = s->pending[word] & s->enable[word];

    s->pending[word] &= ~m;
    for (; m; m &= m - 1) {
        uint32_t t = s->target[word * 32 + __builtin_ctz(m)];
        send_msi(s, t >> TARGET_HART_SHIFT, bits(t, TARGET_GUEST_SHIFT, 6), t & TARGET_EIID);
    }
}

/* After each change of pending or enable bits of the sources of a word, or of one of them. */
static void update_word(struct aplic *s, unsigned word)
{
    if (!msi_mode(s)) {
        for (unsigned h = 0; h < s->dev.nirqs; h++)
            update_hart(s, h);
    } else if (s->domaincfg & DOMAINCFG_IE) {
        forward(s, word);
    }
}

static void update_source(struct aplic *s, unsigned n)
{
    if (msi_mode(s))
        update_word(s, n / 32);
    else if (s->target[n] >> TARGET_HART_SHIFT < s->dev.nirqs)
        update_hart(s, s->target[n] >> TARGET_HART_SHIFT);
}

static void update_all(struct aplic *s)
{
    for (unsigned h = 0; h < s->dev.nirqs; h++)
        update_hart(s, h);
    for (unsigned w = 0; msi_mode(s) && w <= s->num_sources / 32; w++)
        update_word(s, w);
}

/* -- Wires -- */

/* A wire arrives at a domain: what its source mode makes of it. Then the child gets it. */
static void domain_input(struct aplic *s, unsigned n, bool level)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (test(s->input, n) != level) {
        bool before = rectified(s, n), now;
        assign(s->input, n, level);
        now = rectified(s, n);
        if (now != before) {
            if (now || is_level(mode(s, n)))
                assign(s->pending, n, now);
            update_source(s, n);
        }
    }
    if (s->child)
        domain_input(s->child, n, level);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void source_set(void *opaque, unsigned n, bool level)
{
    domain_input(opaque, n, level);
}

/* A level-sensitive source in direct delivery is pending exactly while its input is high. */
static bool can_set(const struct aplic *s, unsigned n)
{
    return active(s, n) && (!is_level(mode(s, n)) || (msi_mode(s) && rectified(s, n)));
}

static bool can_clear(const struct aplic *s, unsigned n)
{
    return active(s, n) && (!is_level(mode(s, n)) || msi_mode(s));
}

/* -- Registers with a bit a source -- */

enum action { SET_PENDING, CLEAR_PENDING, SET_ENABLE, CLEAR_ENABLE };

static bool act_on(struct aplic *s, enum action what, unsigned n)
{
    switch (what) {
    case SET_PENDING:
        if (can_set(s, n))
            assign(s->pending, n, true);
        return can_set(s, n);
    case CLEAR_PENDING:
        if (can_clear(s, n))
            assign(s->pending, n, false);
        return can_clear(s, n);
    default:
        if (active(s, n))
            assign(s->enable, n, what == SET_ENABLE);
        return active(s, n);
    }
}

static void act_on_word(struct aplic *s, enum action what, unsigned word, uint32_t which)
{
    for (uint32_t m = which; m; m &= m - 1)
        act_on(s, what, word * 32 + __builtin_ctz(m));
    update_word(s, word);
}

static void act_on_number(struct aplic *s, enum action what, uint64_t n)
{
    if (n < MAX_SOURCES && act_on(s, what, n))
        update_source(s, n);
    else if (!active(s, n))
        device_guest_error(&s->dev, "source %" PRIu64 " is not active in this domain", n);
}

static uint32_t rectified_word(const struct aplic *s, unsigned word)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 32; i++)
        v |= (uint32_t)(word * 32 + i <= s->num_sources && rectified(s, word * 32 + i)) << i;
    return v;
}

/* -- Configuration -- */

static uint32_t legal_target(const struct aplic *s, uint32_t v)
{
    uint32_t prio = v & ((1u << s->iprio_bits) - 1);

    if (!msi_mode(s))
        return (v & ~((1u << TARGET_HART_SHIFT) - 1)) | (prio ? prio : 1);
    return v & (TARGET_EIID | ~((1u << TARGET_HART_SHIFT) - 1) | (s->parent ? 0x3fu << TARGET_GUEST_SHIFT : 0));
}

/* The source leaves the domain: nothing of it is left. */
static void make_inactive(struct aplic *s, unsigned n)
{
    assign(s->pending, n, false);
    assign(s->enable, n, false);
    s->target[n] = 0;
}

static void set_sourcecfg(struct aplic *s, unsigned n, uint32_t v)
{
    bool was_active = active(s, n);

    s->sourcecfg[n] = v;
    if (!active(s, n))
        make_inactive(s, n);
    else if (!was_active)
        s->target[n] = legal_target(s, 0);
    if (is_level(mode(s, n)))
        assign(s->pending, n, rectified(s, n));
    update_all(s);
}

static void delegate(struct aplic *s, unsigned n, bool on)
{
    struct aplic *c = s->child;

    if (!c)
        return;
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&c->dev.lock);
    if (test(c->present, n) != on) {
        assign(c->present, n, on);
        set_sourcecfg(c, n, 0);
        delegate(c, n, false);
    }
    g_mutex_unlock(&c->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void write_sourcecfg(struct aplic *s, unsigned n, uint32_t v)
{
    if (n > s->num_sources || !test(s->present, n)) {
        if (v)
            device_guest_error(&s->dev, "sourcecfg[%u]: the source is not in this domain", n);
        return;
    }
    if (v & SOURCECFG_D)
        v = s->child ? SOURCECFG_D : 0;
    else if ((v &= 7) == 2 || v == 3) /* reserved */
        v = SM_INACTIVE;
    set_sourcecfg(s, n, v);
    delegate(s, n, v & SOURCECFG_D);
}

/* Levels become pending anew, targets take the format of the mode. */
static void write_domaincfg(struct aplic *s, uint32_t v)
{
    uint32_t old = s->domaincfg, dm = s->msi_parent ? DOMAINCFG_DM : 0;

    if (s->msi_parent && s->dev.nirqs)
        dm = v & DOMAINCFG_DM;
    s->domaincfg = (v & DOMAINCFG_IE) | dm;
    for (unsigned n = 1; (old ^ s->domaincfg) & DOMAINCFG_DM && n <= s->num_sources; n++) {
        if (!active(s, n))
            continue;
        s->target[n] = legal_target(s, s->target[n]);
        if (is_level(mode(s, n)))
            assign(s->pending, n, rectified(s, n));
    }
    update_all(s);
}

static void pass_msi_config(struct aplic *s)
{
    struct aplic *c = s->child;

    if (!c)
        return;
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&c->dev.lock);
    c->mmsiaddrcfg = s->mmsiaddrcfg;
    c->mmsiaddrcfgh = s->mmsiaddrcfgh;
    c->smsiaddrcfg = s->smsiaddrcfg;
    c->smsiaddrcfgh = s->smsiaddrcfgh;
    pass_msi_config(c);
    g_mutex_unlock(&c->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

/* Where a root domain of an APLIC that knows MSIs keeps a register of MSI addresses, else NULL. */
static uint32_t *msi_config(struct aplic *s, uint64_t offset)
{
    if (s->parent || !s->msi_parent)
        return NULL;
    switch (offset) {
    case MMSIADDRCFG: return &s->mmsiaddrcfg;
    case MMSIADDRCFGH: return &s->mmsiaddrcfgh;
    case SMSIADDRCFG: return s->child ? &s->smsiaddrcfg : NULL;
    case SMSIADDRCFGH: return s->child ? &s->smsiaddrcfgh : NULL;
    }
    return NULL;
}

static void write_msi_config(struct aplic *s, uint64_t offset, uint32_t v)
{
    uint32_t *reg = msi_config(s, offset);

    if (!reg || (s->mmsiaddrcfgh & MSI_L)) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": MSI addresses are %s", offset, reg ? "locked" : "not here");
        return;
    }
    *reg = offset == MMSIADDRCFGH ? v & MMSIADDRCFGH_BITS : offset == SMSIADDRCFGH ? v & SMSIADDRCFGH_BITS : v;
    pass_msi_config(s);
}

static void write_genmsi(struct aplic *s, uint32_t v)
{
    if (!msi_mode(s))
        return;
    s->genmsi = v & (TARGET_EIID | ~((1u << TARGET_HART_SHIFT) - 1));
    send_msi(s, v >> TARGET_HART_SHIFT, 0, v & TARGET_EIID);
}

/* -- Interrupt delivery control -- */

static uint32_t claim(struct aplic *s, unsigned hart)
{
    uint32_t v = msi_mode(s) ? 0 : top(s, hart);

    if (!v)
        s->iforce[hart] = 0;
    else if (can_clear(s, v >> 16))
        assign(s->pending, v >> 16, false);
    update_hart(s, hart);
    return v;
}

static uint32_t idc_read(struct aplic *s, unsigned hart, unsigned reg)
{
    switch (reg) {
    case IDELIVERY: return s->idelivery[hart];
    case IFORCE: return s->iforce[hart];
    case ITHRESHOLD: return s->ithreshold[hart];
    case TOPI: return msi_mode(s) ? 0 : top(s, hart);
    case CLAIMI: return claim(s, hart);
    }
    return 0;
}

static void idc_write(struct aplic *s, unsigned hart, unsigned reg, uint32_t v)
{
    switch (reg) {
    case IDELIVERY: s->idelivery[hart] = v & 1; break;
    case IFORCE: s->iforce[hart] = v & 1; break;
    case ITHRESHOLD: s->ithreshold[hart] = v & ((1u << s->iprio_bits) - 1); break;
    }
    update_hart(s, hart);
}

/* -- Registers -- */

static bool in_array(uint64_t offset, unsigned first)
{
    return offset >= first && offset < first + 4 * WORDS;
}

static uint64_t aplic_read(void *opaque, uint64_t offset, unsigned size)
{
    struct aplic *s = opaque;
    uint32_t *reg;

    if (offset >= IDC && (offset - IDC) / IDC_SIZE < s->dev.nirqs)
        return idc_read(s, (offset - IDC) / IDC_SIZE, (offset - IDC) % IDC_SIZE);
    if (offset >= SOURCECFG && offset < SOURCECFG_END)
        return s->sourcecfg[offset / 4];
    if (offset >= TARGET && offset < TARGET_END)
        return s->target[(offset - TARGET) / 4 + 1];
    if (in_array(offset, SETIP))
        return s->pending[(offset - SETIP) / 4];
    if (in_array(offset, IN_CLRIP))
        return rectified_word(s, (offset - IN_CLRIP) / 4);
    if (in_array(offset, SETIE))
        return s->enable[(offset - SETIE) / 4];
    if ((reg = msi_config(s, offset)))
        return *reg;
    switch (offset) {
    case DOMAINCFG: return DOMAINCFG_ONES | s->domaincfg;
    case GENMSI: return msi_mode(s) ? s->genmsi : 0;
    }
    return 0;
}

static void write_target(struct aplic *s, unsigned n, uint32_t v)
{
    if (!active(s, n))
        return;
    s->target[n] = legal_target(s, v);
    if (!msi_mode(s))
        update_all(s);
}

static void aplic_write(void *opaque, uint64_t offset, uint64_t v, unsigned size)
{
    struct aplic *s = opaque;

    if (offset >= IDC && (offset - IDC) / IDC_SIZE < s->dev.nirqs)
        idc_write(s, (offset - IDC) / IDC_SIZE, (offset - IDC) % IDC_SIZE, v);
    else if (offset >= SOURCECFG && offset < SOURCECFG_END)
        write_sourcecfg(s, offset / 4, v);
    else if (offset >= TARGET && offset < TARGET_END)
        write_target(s, (offset - TARGET) / 4 + 1, v);
    else if (in_array(offset, SETIP))
        act_on_word(s, SET_PENDING, (offset - SETIP) / 4, v);
    else if (in_array(offset, IN_CLRIP))
        act_on_word(s, CLEAR_PENDING, (offset - IN_CLRIP) / 4, v);
    else if (in_array(offset, SETIE))
        act_on_word(s, SET_ENABLE, (offset - SETIE) / 4, v);
    else if (in_array(offset, CLRIE))
        act_on_word(s, CLEAR_ENABLE, (offset - CLRIE) / 4, v);
    else
        switch (offset) {
        case DOMAINCFG: write_domaincfg(s, v); break;
        case MMSIADDRCFG:
        case MMSIADDRCFGH:
        case SMSIADDRCFG:
        case SMSIADDRCFGH: write_msi_config(s, offset, v); break;
        case SETIPNUM:
        case SETIPNUM_LE: act_on_number(s, SET_PENDING, v); break;
        case SETIPNUM_BE: act_on_number(s, SET_PENDING, __builtin_bswap32(v)); break;
        case CLRIPNUM: act_on_number(s, CLEAR_PENDING, v); break;
        case SETIENUM: act_on_number(s, SET_ENABLE, v); break;
        case CLRIENUM: act_on_number(s, CLEAR_ENABLE, v); break;
        case GENMSI: write_genmsi(s, v); break;
        default:
            device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write of 0x%" PRIx64 " to no register", offset, v);
        }
}

static const struct io_ops aplic_ops = { aplic_read, aplic_write, 4, 4, true, false };

/* -- Life -- */

/* Wires arrive at the root, whichever domain a device names. The second cell is for software, which sets the mode. */
static bool aplic_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct aplic *s = container_of(d, struct aplic, dev);

    while (s->parent)
        s = s->parent;
    if (ncells < 1 || cells[0] < 1 || cells[0] > s->num_sources)
        return false;
    *line = (struct irq){ .set = source_set, .opaque = s, .n = cells[0] };
    return true;
}

static bool is_ancestor(const struct aplic *s, const struct aplic *of)
{
    for (; of; of = of->parent)
        if (of == s)
            return true;
    return false;
}

static void link_domains(struct aplic *parent, struct aplic *child)
{
    if (!parent->child_phandle || parent->child_phandle != child->phandle || parent->child || child->parent ||
        is_ancestor(child, parent))
        return;
    parent->child = child;
    child->parent = parent;
}

extern const struct device_type aplic_type;

static void look_at(struct device *d, void *opaque)
{
    struct aplic *s = opaque, *other = container_of(d, struct aplic, dev);

    if (d->type != &aplic_type)
        return;
    link_domains(s, other);
    link_domains(other, s);
}

/* Parent and child find each other when the second of them is made. */
static void find_family(struct aplic *s)
{
    if (s->dev.machine)
        device_foreach(s->dev.machine, look_at, s);
}

static bool aplic_realize(struct device *d, GError **err)
{
    struct aplic *s = container_of(d, struct aplic, dev);

    if (s->num_sources < 1 || s->num_sources >= MAX_SOURCES) {
        fail(err, "%s: riscv,num-sources=%u: expected 1 to %u", d->id, s->num_sources, MAX_SOURCES - 1);
        return false;
    }
    if (s->iprio_bits < 1 || s->iprio_bits > 8) {
        fail(err, "%s: iprio-bits=%u: expected 1 to 8", d->id, s->iprio_bits);
        return false;
    }
    if (d->nirqs > MAX_HARTS) {
        fail(err, "%s: %u harts, at most %u are possible", d->id, d->nirqs, MAX_HARTS);
        return false;
    }
    device_add_io(d, "aplic", &aplic_ops, REGION_SIZE);
    find_family(s);
    return true;
}

static void aplic_unrealize(struct device *d)
{
    struct aplic *s = container_of(d, struct aplic, dev);

    if (s->parent)
        s->parent->child = NULL;
    if (s->child)
        s->child->parent = NULL;
}

static void aplic_reset(struct device *d)
{
    struct aplic *s = container_of(d, struct aplic, dev);

    for (unsigned n = 1; n <= s->num_sources; n++) {
        assign(s->present, n, !s->parent);
        delegate(s, n, false);
    }
    pass_msi_config(s);
    s->domaincfg = s->msi_parent && !d->nirqs ? DOMAINCFG_DM : 0;
    for (unsigned h = 0; h < d->nirqs; h++)
        device_irq(d, h, false);
}

static const struct property aplic_props[] = {
    PROP_NAMED("num-irqs", struct aplic, num_sources, U32, 96, "riscv,num-sources", "interrupt sources"),
    PROP_NAMED("iprio-bits", struct aplic, iprio_bits, U32, 3, NULL, "width of a priority number, 1 to 8"),
    PROP_NAMED("phandle", struct aplic, phandle, U32, 0, "phandle", "number by which another domain names this one"),
    PROP_NAMED("child", struct aplic, child_phandle, U32, 0, "riscv,children", "the phandle of the child domain"),
    PROP_NAMED("msi-parent", struct aplic, msi_parent, U32, 0, "msi-parent", "not 0: delivery by MSI"),
    PROP_END,
};

static const struct state_row aplic_fields[] = {
    FIELD(struct aplic, domaincfg, 0),
    FIELD(struct aplic, mmsiaddrcfg, 0),
    FIELD(struct aplic, mmsiaddrcfgh, 0),
    FIELD(struct aplic, smsiaddrcfg, 0),
    FIELD(struct aplic, smsiaddrcfgh, 0),
    FIELD_ARRAY(struct aplic, sourcecfg, 0),
    FIELD_ARRAY(struct aplic, target, 0),
    FIELD_ARRAY(struct aplic, present, 0),
    FIELD_KEEP_ARRAY(struct aplic, input),
    FIELD_ARRAY(struct aplic, pending, 0),
    FIELD_ARRAY(struct aplic, enable, 0),
    FIELD_ARRAY(struct aplic, idelivery, 0),
    FIELD_ARRAY(struct aplic, iforce, 0),
    FIELD_ARRAY(struct aplic, ithreshold, 0),
    FIELD(struct aplic, genmsi, 0),
    FIELD_NONE(struct aplic, parent, "wiring"),
    FIELD_NONE(struct aplic, child, "wiring"),
    FIELD_END,
};

static const struct state_table aplic_state = {
    STATE_OF(struct aplic),
    .version = 1,
    .rows = aplic_fields,
};

static const char *const aplic_compatible[] = { "riscv,aplic", NULL };

const struct device_type aplic_type = {
    .name = "riscv.aplic",
    .desc = "RISC-V advanced platform-level interrupt controller, one domain",
    .compatible = aplic_compatible,
    .size = sizeof(struct aplic),
    .props = aplic_props,
    .state = &aplic_state,
    .realize = aplic_realize,
    .reset = aplic_reset,
    .unrealize = aplic_unrealize,
    .irq_in = aplic_irq_in,
};
