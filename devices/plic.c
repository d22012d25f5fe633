/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V platform-level interrupt controller. Manual: "RISC-V Platform-Level Interrupt Controller
 * Specification" 1.0; binding: sifive,plic-1.0.0. Context n drives the n-th entry of the node's
 * interrupts-extended. Sources are level-triggered; with #interrupt-cells = 2 the second cell can say
 * edge. Not modelled: more than 1024 contexts.
 */
#include <inttypes.h>

#include "device.h"

#define PRIORITY 0x0
#define PENDING 0x1000
#define ENABLE 0x2000
#define ENABLE_STRIDE 0x80
#define CONTEXT 0x200000
#define CONTEXT_STRIDE 0x1000
#define THRESHOLD 0 /* within a context's page */
#define CLAIM 4
#define REGION_SIZE 0x4000000

#define MAX_CONTEXTS 1024
#define MAX_SOURCES 1024 /* with number 0, which does not exist */
#define WORDS (MAX_SOURCES / 32)
#define PRIORITY_MASK 7

#define DT_EDGE_RISING 1

struct plic {
    struct device dev;
    uint32_t ndev; /* sources are 1..ndev */

    uint32_t priority[MAX_SOURCES];
    uint32_t pending[WORDS]; /* requests that gateways forwarded and nobody has claimed */
    uint32_t claimed[WORDS]; /* claimed and not completed: the gateway holds further requests */
    uint32_t again[WORDS];   /* an edge or pulse came while claimed */
    uint32_t level[WORDS];   /* the wires */
    uint32_t edge[WORDS];    /* edge-triggered sources: wiring, not state */
    uint32_t enable[MAX_CONTEXTS * WORDS];
    uint32_t threshold[MAX_CONTEXTS];
    uint32_t output[MAX_CONTEXTS / 32];
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

/* The enabled pending source of the highest priority above floor (the lowest number among equals), or 0. */
static unsigned best_source(const struct plic *s, unsigned context, uint32_t floor)
{
    unsigned best = 0;

    for (unsigned w = 0; w <= s->ndev / 32; w++) {
        uint32_t m = s->pending[w] & s->enable[context * WORDS + w];
        for (; m; m &= m - 1) {
            unsigned n = w * 32 + __builtin_ctz(m);
            if (s->priority[n] > floor) {
                best = n;
                floor = s->priority[n];
            }
        }
    }
    return best;
}

static void update_outputs(struct plic *s)
{
    for (unsigned c = 0; c < s->dev.nirqs; c++) {
        bool on = best_source(s, c, s->threshold[c]) != 0;
        if (on != test(s->output, c)) {
            assign(s->output, c, on);
            device_irq(&s->dev, c, on);
        }
    }
}

/* -- Gateways -- */

static void source_set(void *opaque, unsigned n, bool level)
{
    struct plic *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if (level && !test(s->level, n)) {
        if (!test(s->claimed, n)) {
            assign(s->pending, n, true);
            update_outputs(s);
        } else if (test(s->edge, n)) {
            assign(s->again, n, true);
        }
    }
    assign(s->level, n, level);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void source_pulse(void *opaque, unsigned n)
{
    struct plic *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    assign(test(s->claimed, n) ? s->again : s->pending, n, true);
    update_outputs(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static unsigned claim(struct plic *s, unsigned context)
{
    unsigned n = best_source(s, context, 0);

    if (n) {
        assign(s->pending, n, false);
        assign(s->claimed, n, true);
        update_outputs(s);
    }
    return n;
}

static void complete(struct plic *s, unsigned context, uint64_t n)
{
    if (n == 0 || n > s->ndev || !test(&s->enable[context * WORDS], n)) {
        device_guest_error(&s->dev, "context %u completes source %" PRIu64 ", which is not enabled there", context, n);
        return;
    }
    if (!test(s->claimed, n))
        return;
    assign(s->claimed, n, false);
    if (test(s->again, n) || (test(s->level, n) && !test(s->edge, n)))
        assign(s->pending, n, true);
    assign(s->again, n, false);
    update_outputs(s);
}

/* -- Registers -- */

static uint64_t plic_read(void *opaque, uint64_t offset, unsigned size)
{
    struct plic *s = opaque;
    unsigned context;

    if (offset < PENDING)
        return s->priority[offset / 4];
    if (offset < PENDING + WORDS * 4)
        return s->pending[(offset - PENDING) / 4];
    if (offset >= ENABLE && offset < ENABLE + (uint64_t)ENABLE_STRIDE * s->dev.nirqs)
        return s->enable[(offset - ENABLE) / 4];
    if (offset >= CONTEXT && (context = (offset - CONTEXT) / CONTEXT_STRIDE) < s->dev.nirqs) {
        switch (offset % CONTEXT_STRIDE) {
        case THRESHOLD: return s->threshold[context];
        case CLAIM: return claim(s, context);
        }
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no register", offset);
    return 0;
}

/* Which bits of a word of the source maps exist. */
static uint32_t source_mask(const struct plic *s, unsigned word)
{
    uint32_t m = word == 0 ? ~UINT32_C(1) : ~UINT32_C(0);

    if (word > s->ndev / 32)
        return 0;
    return word == s->ndev / 32 ? m & (UINT32_MAX >> (31 - s->ndev % 32)) : m;
}

static void plic_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct plic *s = opaque;
    unsigned context;

    if (offset >= 4 && offset <= UINT64_C(4) * s->ndev) {
        s->priority[offset / 4] = value & PRIORITY_MASK;
        update_outputs(s);
        return;
    }
    if (offset >= ENABLE && offset < ENABLE + (uint64_t)ENABLE_STRIDE * s->dev.nirqs) {
        unsigned i = (offset - ENABLE) / 4;
        s->enable[i] = value & source_mask(s, i % WORDS);
        update_outputs(s);
        return;
    }
    if (offset >= CONTEXT && (context = (offset - CONTEXT) / CONTEXT_STRIDE) < s->dev.nirqs) {
        switch (offset % CONTEXT_STRIDE) {
        case THRESHOLD:
            s->threshold[context] = value & PRIORITY_MASK;
            update_outputs(s);
            return;
        case CLAIM:
            complete(s, context, value);
            return;
        }
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write of 0x%" PRIx64 " to no writable register", offset, value);
}

static const struct io_ops plic_ops = { plic_read, plic_write, 4, 4, true, false };

static bool plic_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    struct plic *s = container_of(d, struct plic, dev);

    if (ncells < 1 || cells[0] < 1 || cells[0] > s->ndev)
        return false;
    if (ncells > 1 && cells[1] == DT_EDGE_RISING)
        assign(s->edge, cells[0], true);
    *line = (struct irq){ .set = source_set, .opaque = s, .n = cells[0], .pulse = source_pulse };
    return true;
}

static bool plic_realize(struct device *d, GError **err)
{
    struct plic *s = container_of(d, struct plic, dev);

    if (s->ndev < 1 || s->ndev >= MAX_SOURCES) {
        fail(err, "%s: riscv,ndev=%u: expected 1 to %u", d->id, s->ndev, MAX_SOURCES - 1);
        return false;
    }
    if (d->nirqs > MAX_CONTEXTS) {
        fail(err, "%s: %u contexts, at most %u are possible", d->id, d->nirqs, MAX_CONTEXTS);
        return false;
    }
    device_add_io(d, "plic", &plic_ops, REGION_SIZE);
    return true;
}

static void plic_reset(struct device *d)
{
    struct plic *s = container_of(d, struct plic, dev);

    for (unsigned c = 0; c < d->nirqs; c++)
        device_irq(d, c, false);
    /* Wires that are still high request again. */
    for (unsigned w = 0; w < WORDS; w++)
        s->pending[w] = s->level[w] & ~s->edge[w];
}

static const struct property plic_props[] = {
    PROP_NAMED("num-sources", struct plic, ndev, U32, 95, "riscv,ndev", "interrupt sources"),
    PROP_END,
};

static const struct state_row plic_fields[] = {
    FIELD_ARRAY(struct plic, priority, 0),
    FIELD_ARRAY(struct plic, pending, 0),
    FIELD_ARRAY(struct plic, claimed, 0),
    FIELD_ARRAY(struct plic, again, 0),
    FIELD_KEEP_ARRAY(struct plic, level),
    FIELD_SAME_ARRAY(struct plic, edge),
    FIELD_ARRAY(struct plic, enable, 0),
    FIELD_ARRAY(struct plic, threshold, 0),
    FIELD_ARRAY(struct plic, output, 0),
    FIELD_END,
};

static const struct state_table plic_state = {
    STATE_OF(struct plic),
    .version = 1,
    .rows = plic_fields,
};

static const char *const plic_compatible[] = { "sifive,plic-1.0.0", "riscv,plic0", NULL };

const struct device_type plic_type = {
    .name = "riscv.sifive.plic",
    .desc = "RISC-V platform-level interrupt controller",
    .compatible = plic_compatible,
    .size = sizeof(struct plic),
    .props = plic_props,
    .state = &plic_state,
    .realize = plic_realize,
    .reset = plic_reset,
    .irq_in = plic_irq_in,
};
