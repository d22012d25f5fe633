/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's system configuration controller, or F1's AFIO: which port's pin is EXTI's line. Manuals: RM0090, chapter 9;
 * RM0041, chapter 7; bindings: st,stm32-syscfg, with st,stm32f1-afio before it. Input 16 * P + N is pin N of port P,
 * output N EXTI's line N. Not modelled: what the other registers say, which are kept.
 */
#include <inttypes.h>
#include <string.h>

#include "dt.h"

#include "device.h"

enum { MEMRMP = 0x00, PMC = 0x04, EXTICR1 = 0x08, EXTICR4 = 0x14, CMPCR = 0x20, F1_MAPR2 = 0x1c, REGION_BYTES = 0x400 };
#define LINES 16
#define PORTS 16

struct stm32_syscfg {
    struct device dev;
    bool afio;
    uint16_t ports[PORTS]; /* levels: others' to drive */
    uint32_t regs[2];      /* MEMRMP, PMC; EVCR, MAPR */
    uint32_t more;         /* CMPCR; MAPR2 */
    uint16_t exticr[4];
};

static void update(struct stm32_syscfg *s)
{
    for (unsigned n = 0; n < LINES; n++)
        device_irq(&s->dev, n, s->ports[s->exticr[n / 4] >> (4 * (n % 4)) & 15] >> n & 1);
}

static void pin_set(void *opaque, unsigned n, bool level)
{
    struct stm32_syscfg *s = opaque;
    unsigned port = n / LINES, pin = n % LINES;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    if ((s->ports[port] >> pin & 1) != level) {
        s->ports[port] ^= 1u << pin;
        if ((s->exticr[pin / 4] >> (4 * (pin % 4)) & 15) == port)
            device_irq(&s->dev, pin, level);
    }
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static uint64_t syscfg_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_syscfg *s = opaque;

    switch (offset) {
    case MEMRMP: case PMC: return s->regs[offset / 4];
    case EXTICR1 ... EXTICR4 + 3: return s->exticr[(offset - EXTICR1) / 4];
    }
    if (offset == (s->afio ? F1_MAPR2 : CMPCR)) /* the compensation cell is ready when it is on */
        return !s->afio && (s->more & 1) ? s->more | 0x100 : s->more;
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void syscfg_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_syscfg *s = opaque;

    if (offset == MEMRMP || offset == PMC) {
        s->regs[offset / 4] = value;
    } else if (offset >= EXTICR1 && offset <= EXTICR4) {
        s->exticr[(offset - EXTICR1) / 4] = value;
        update(s);
    } else if (offset == (s->afio ? F1_MAPR2 : CMPCR)) {
        s->more = s->afio ? value : value & 1;
    } else {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
}

static const struct io_ops syscfg_ops = { .read = syscfg_read, .write = syscfg_write, .min_size = 4, .max_size = 4 };

static bool syscfg_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells < 1 || cells[0] >= PORTS * LINES)
        return false;
    *line = (struct irq){ .set = pin_set, .opaque = container_of(d, struct stm32_syscfg, dev), .n = cells[0] };
    return true;
}

static bool syscfg_parent_irq(const void *fdt, int node, unsigned i, uint32_t cells[3])
{
    cells[0] = i;
    return i < LINES;
}

static bool syscfg_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    container_of(d, struct stm32_syscfg, dev)->afio = dt_compatible(fdt, node, "st,stm32f1-afio");
    return true;
}

static bool syscfg_realize(struct device *d, GError **err)
{
    device_add_io(d, "stm32-syscfg", &syscfg_ops, REGION_BYTES);
    return true;
}

static void syscfg_reset(struct device *d)
{
    update(container_of(d, struct stm32_syscfg, dev));
}

static const struct state_row syscfg_fields[] = {
    FIELD_SAME(struct stm32_syscfg, afio),
    FIELD_KEEP_ARRAY(struct stm32_syscfg, ports),
    FIELD_ARRAY(struct stm32_syscfg, regs, 0),
    FIELD(struct stm32_syscfg, more, 0),
    FIELD_ARRAY(struct stm32_syscfg, exticr, 0),
    FIELD_END,
};

static const struct state_table syscfg_state = {
    STATE_OF(struct stm32_syscfg),
    .version = 1,
    .rows = syscfg_fields,
};

static const char *const syscfg_compatible[] = { "st,stm32-syscfg", NULL };

const struct device_type stm32_syscfg_type = {
    .name = "stm32f4xx-syscfg",
    .desc = "STM32 system configuration, F1's AFIO",
    .compatible = syscfg_compatible,
    .size = sizeof(struct stm32_syscfg),
    .state = &syscfg_state,
    .realize = syscfg_realize,
    .reset = syscfg_reset,
    .from_dt = syscfg_from_dt,
    .irq_in = syscfg_irq_in,
    .parent_irq = syscfg_parent_irq,
    .leads_to = "st,stm32-exti",
};
