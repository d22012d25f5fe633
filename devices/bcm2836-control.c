/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local peripherals of a BCM2836 or BCM2837: which core gets which interrupt, the cores' mailboxes, one timer. Manual:
 * Broadcom QA7, "ARM Quad A7 core", rev 3.4; binding: brcm,bcm2836-l1-intc. Interrupts in the tree: 0 to 3 are the cores'
 * timers, 8 and 10 the IRQ and the FIQ of the peripherals' controller (the binding knows 8 only), 9 the PMUs.
 * Not modelled: the counters of AXI transactions (their interrupt never comes).
 */
#include <inttypes.h>

#include "device.h"

enum {
    CONTROL = 0x00, PRESCALER = 0x08, GPU_ROUTING = 0x0c, PMU_ROUTING_SET = 0x10, PMU_ROUTING_CLEAR = 0x14,
    COUNTER_LOW = 0x1c, COUNTER_HIGH = 0x20, LOCAL_ROUTING = 0x24, AXI_COUNTERS = 0x2c, AXI_IRQ = 0x30,
    LOCAL_TIMER = 0x34, LOCAL_TIMER_WRITE = 0x38, TIMER_CONTROL = 0x40, MAILBOX_CONTROL = 0x50, IRQ_SOURCE = 0x60,
    FIQ_SOURCE = 0x70, MAILBOX_SET = 0x80, MAILBOX_CLEAR = 0xc0, REGION_BYTES = 0x100,
};
enum { SOURCE_MAILBOX = 4, SOURCE_GPU = 8, SOURCE_PMU = 9, SOURCE_LOCAL_TIMER = 11 };
enum { IN_GPU_IRQ = 8, IN_PMU = 9, IN_GPU_FIQ = 10 };
enum { CONTROL_APB = 1 << 8, CONTROL_STEP2 = 1 << 9 };
enum { TIMER_RELOAD = 0xfffffff, TIMER_ENABLE = 1 << 28, TIMER_IRQ = 1 << 29, WRITE_RELOAD = 1 << 30 };
#define TIMER_FLAG (1u << 31)

#define CORES 4
#define TIMERS 4
#define MAILBOXES 4
#define CRYSTAL_HZ 19200000
#define LOCAL_TIMER_HZ (2 * CRYSTAL_HZ) /* it counts both edges */
#define PRESCALER_ONE 0x80000000u       /* the counter runs at the crystal's rate */

enum { OUT_IRQ, OUT_FIQ, OUTPUTS };

struct bcm2836_control {
    struct device dev;
    uint32_t control, prescaler, local_timer;
    uint8_t gpu_routing, local_routing;
    uint8_t pmu_routing; /* IRQ of cores 0 to 3, their FIQ */
    uint8_t timer_control[CORES], mailbox_control[CORES];
    uint32_t mailbox[CORES * MAILBOXES];
    uint8_t timer_level[CORES]; /* the inputs */
    bool pmu_level[CORES], gpu_irq, gpu_fiq;
    bool local_flag;
    uint32_t counter_high;   /* as it was when the low half was read */
    uint64_t counter_offset; /* to add to the clock's count */
    struct timer timer;
};

/* -- Outputs -- */

/* IRQ_SOURCE or (fiq) FIQ_SOURCE of a core. A FIQ bit hides the IRQ bit of the same source. */
static uint32_t sources(const struct bcm2836_control *s, unsigned core, bool fiq)
{
    uint8_t timers = s->timer_control[core], boxes = s->mailbox_control[core];
    uint8_t pmu = s->pmu_routing >> core;
    uint32_t v;

    timers = fiq ? timers >> 4 : timers & ~(timers >> 4);
    boxes = fiq ? boxes >> 4 : boxes & ~(boxes >> 4);
    v = s->timer_level[core] & timers & 0xf;
    for (unsigned i = 0; i < MAILBOXES; i++)
        if ((boxes >> i & 1) && s->mailbox[core * MAILBOXES + i])
            v |= 1u << (SOURCE_MAILBOX + i);
    if ((fiq ? s->gpu_fiq : s->gpu_irq) && (s->gpu_routing >> (fiq ? 2 : 0) & 3) == core)
        v |= 1u << SOURCE_GPU;
    if (s->pmu_level[core] && (fiq ? pmu >> 4 & 1 : (pmu & 0x11) == 1))
        v |= 1u << SOURCE_PMU;
    if (s->local_flag && (s->local_timer & TIMER_IRQ) && s->local_routing == core + (fiq ? CORES : 0))
        v |= 1u << SOURCE_LOCAL_TIMER;
    return v;
}

static void update(struct bcm2836_control *s)
{
    for (unsigned core = 0; core < CORES; core++) {
        device_irq(&s->dev, core * OUTPUTS + OUT_IRQ, sources(s, core, false));
        device_irq(&s->dev, core * OUTPUTS + OUT_FIQ, sources(s, core, true));
    }
}

/* -- Inputs -- */

static void enter(struct bcm2836_control *s)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
}

static void leave(struct bcm2836_control *s)
{
    update(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static void gpu_set(void *opaque, unsigned n, bool level)
{
    struct bcm2836_control *s = opaque;

    enter(s);
    *(n == IN_GPU_IRQ ? &s->gpu_irq : &s->gpu_fiq) = level;
    leave(s);
}

static void timer_set_level(void *opaque, unsigned n, bool level)
{
    struct bcm2836_control *s = opaque;

    enter(s);
    s->timer_level[n / TIMERS] = with_bits(s->timer_level[n / TIMERS], n % TIMERS, 1, level);
    leave(s);
}

static void pmu_set(void *opaque, unsigned core, bool level)
{
    struct bcm2836_control *s = opaque;

    enter(s);
    s->pmu_level[core] = level;
    leave(s);
}

static bool bcm2836_control_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells < 1 || (cells[0] != IN_GPU_IRQ && cells[0] != IN_GPU_FIQ))
        return false;
    *line = (struct irq){ .set = gpu_set, .opaque = container_of(d, struct bcm2836_control, dev), .n = cells[0] };
    return true;
}

static bool bcm2836_control_irq_in_cpu(struct device *d, unsigned cpu, const uint32_t *cells, unsigned ncells,
                                       struct irq *line)
{
    struct bcm2836_control *s = container_of(d, struct bcm2836_control, dev);

    if (ncells < 1 || cpu >= CORES || (cells[0] >= TIMERS && cells[0] != IN_PMU))
        return false;
    if (cells[0] == IN_PMU)
        *line = (struct irq){ .set = pmu_set, .opaque = s, .n = cpu };
    else
        *line = (struct irq){ .set = timer_set_level, .opaque = s, .n = cpu * TIMERS + cells[0] };
    return true;
}

/* -- The counter and the local timer -- */

static uint64_t counter(const struct bcm2836_control *s)
{
    uint64_t hz = (uint64_t)(s->control & CONTROL_APB ? 250000000 : CRYSTAL_HZ) * s->prescaler / PRESCALER_ONE;

    return (hz ? clock_ticks(hz) : 0) + s->counter_offset;
}

static void set_prescaler(struct bcm2836_control *s, uint32_t control, uint32_t prescaler)
{
    uint64_t now = counter(s);

    s->control = control & (CONTROL_APB | CONTROL_STEP2);
    s->prescaler = prescaler;
    s->counter_offset += now - counter(s);
}

static void start_timer(struct bcm2836_control *s)
{
    uint64_t ticks = (s->local_timer & TIMER_RELOAD) ? s->local_timer & TIMER_RELOAD : TIMER_RELOAD + UINT64_C(1);

    if (s->local_timer & TIMER_ENABLE)
        timer_set(&s->timer, clock_now() + MAX(ticks * 1000000000 / LOCAL_TIMER_HZ, 1000)); /* not quicker than 1 MHz */
    else
        timer_cancel(&s->timer);
}

static void timer_fired(void *opaque)
{
    struct bcm2836_control *s = opaque;

    s->local_flag = true;
    start_timer(s);
    update(s);
}

static void write_timer(struct bcm2836_control *s, uint32_t value)
{
    bool was_on = s->local_timer & TIMER_ENABLE;

    s->local_timer = value & ~TIMER_FLAG & ~WRITE_RELOAD;
    if (was_on != !!(value & TIMER_ENABLE))
        start_timer(s);
}

static void write_timer_flags(struct bcm2836_control *s, uint32_t value)
{
    if (value & TIMER_FLAG)
        s->local_flag = false;
    if (value & WRITE_RELOAD)
        start_timer(s);
}

/* -- Registers -- */

static uint64_t read_core(struct bcm2836_control *s, uint64_t offset)
{
    unsigned core = offset / 4 % CORES;

    switch (offset & 0xf0) {
    case TIMER_CONTROL: return s->timer_control[core];
    case MAILBOX_CONTROL: return s->mailbox_control[core];
    case IRQ_SOURCE: return sources(s, core, false);
    case FIQ_SOURCE: return sources(s, core, true);
    }
    return offset >= MAILBOX_CLEAR ? s->mailbox[(offset - MAILBOX_CLEAR) / 4] : 0; /* to be set: write-only */
}

static uint64_t bcm2836_control_read(void *opaque, uint64_t offset, unsigned size)
{
    struct bcm2836_control *s = opaque;

    if (offset >= TIMER_CONTROL)
        return read_core(s, offset);
    switch (offset) {
    case CONTROL: return s->control;
    case PRESCALER: return s->prescaler;
    case GPU_ROUTING: return s->gpu_routing;
    case PMU_ROUTING_SET: return s->pmu_routing;
    case COUNTER_LOW:
        s->counter_high = counter(s) >> 32;
        return (uint32_t)counter(s);
    case COUNTER_HIGH: return s->counter_high;
    case LOCAL_ROUTING: return s->local_routing;
    case AXI_COUNTERS: case AXI_IRQ: return 0;
    case LOCAL_TIMER: return s->local_timer | (s->local_flag ? TIMER_FLAG : 0);
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_core(struct bcm2836_control *s, uint64_t offset, uint32_t value)
{
    unsigned core = offset / 4 % CORES;

    if (offset >= MAILBOX_CLEAR)
        s->mailbox[(offset - MAILBOX_CLEAR) / 4] &= ~value;
    else if (offset >= MAILBOX_SET)
        s->mailbox[(offset - MAILBOX_SET) / 4] |= value;
    else if (offset >= IRQ_SOURCE)
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to a read-only register", offset);
    else if (offset >= MAILBOX_CONTROL)
        s->mailbox_control[core] = value;
    else
        s->timer_control[core] = value;
}

/* All but the core's own. */
static void write_common(struct bcm2836_control *s, uint64_t offset, uint32_t value)
{
    uint64_t now;

    switch (offset) {
    case CONTROL: set_prescaler(s, value, s->prescaler); break;
    case PRESCALER: set_prescaler(s, s->control, value); break;
    case GPU_ROUTING: s->gpu_routing = value & 0xf; break;
    case PMU_ROUTING_SET: s->pmu_routing |= value; break;
    case PMU_ROUTING_CLEAR: s->pmu_routing &= ~value; break;
    case COUNTER_LOW: s->counter_high = value; break; /* both are set when the high half is written */
    case COUNTER_HIGH:
        now = counter(s);
        s->counter_offset += ((uint64_t)value << 32 | s->counter_high) - now;
        break;
    case LOCAL_ROUTING: s->local_routing = value & 7; break;
    case AXI_COUNTERS: case AXI_IRQ: break;
    case LOCAL_TIMER: write_timer(s, value); break;
    case LOCAL_TIMER_WRITE: write_timer_flags(s, value); break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void bcm2836_control_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct bcm2836_control *s = opaque;

    if (offset >= TIMER_CONTROL)
        write_core(s, offset, value);
    else
        write_common(s, offset, value);
    update(s);
}

static const struct io_ops bcm2836_control_ops = {
    .read = bcm2836_control_read, .write = bcm2836_control_write, .min_size = 4, .max_size = 4
};

/* -- Life -- */

static bool bcm2836_control_realize(struct device *d, GError **err)
{
    struct bcm2836_control *s = container_of(d, struct bcm2836_control, dev);

    if (d->nirqs > CORES * OUTPUTS) {
        fail(err, "%s: it has at most %u cores", d->id, CORES);
        return false;
    }
    timer_init(&s->timer, timer_fired, s, &d->lock);
    device_add_io(d, "bcm2836-control", &bcm2836_control_ops, REGION_BYTES);
    return true;
}

static void bcm2836_control_unrealize(struct device *d)
{
    timer_cancel(&container_of(d, struct bcm2836_control, dev)->timer);
}

static void bcm2836_control_reset(struct device *d)
{
    update(container_of(d, struct bcm2836_control, dev));
}

static const struct state_row bcm2836_control_fields[] = {
    FIELD(struct bcm2836_control, control, 0),
    FIELD(struct bcm2836_control, prescaler, PRESCALER_ONE),
    FIELD(struct bcm2836_control, local_timer, 0),
    FIELD(struct bcm2836_control, gpu_routing, 0),
    FIELD(struct bcm2836_control, local_routing, 0),
    FIELD(struct bcm2836_control, pmu_routing, 0),
    FIELD_ARRAY(struct bcm2836_control, timer_control, 0),
    FIELD_ARRAY(struct bcm2836_control, mailbox_control, 0),
    FIELD_ARRAY(struct bcm2836_control, mailbox, 0),
    FIELD_KEEP_ARRAY(struct bcm2836_control, timer_level), /* the wires' */
    FIELD_KEEP_ARRAY(struct bcm2836_control, pmu_level),
    FIELD_KEEP(struct bcm2836_control, gpu_irq),
    FIELD_KEEP(struct bcm2836_control, gpu_fiq),
    FIELD(struct bcm2836_control, local_flag, 0),
    FIELD(struct bcm2836_control, counter_high, 0),
    FIELD(struct bcm2836_control, counter_offset, 0),
    FIELD_TIMER(struct bcm2836_control, timer),
    FIELD_END,
};

static bool bcm2836_control_loaded(void *obj, unsigned version, GError **err)
{
    const struct bcm2836_control *s = obj;

    if (s->gpu_routing <= 0xf && s->local_routing <= 7)
        return true;
    fail(err, "an interrupt goes to a core that is not there");
    return false;
}

static const struct state_table bcm2836_control_state = {
    STATE_OF(struct bcm2836_control),
    .version = 1,
    .rows = bcm2836_control_fields,
    .loaded = bcm2836_control_loaded,
};

static const char *const bcm2836_control_compatible[] = { "brcm,bcm2836-l1-intc", NULL };

const struct device_type bcm2836_control_type = {
    .name = "bcm2836-control",
    .desc = "BCM2836 local peripherals: interrupts, mailboxes and timer of the cores",
    .compatible = bcm2836_control_compatible,
    .size = sizeof(struct bcm2836_control),
    .state = &bcm2836_control_state,
    .realize = bcm2836_control_realize,
    .unrealize = bcm2836_control_unrealize,
    .reset = bcm2836_control_reset,
    .irq_in = bcm2836_control_irq_in,
    .irq_in_cpu = bcm2836_control_irq_in_cpu,
    .cpu_lines = OUTPUTS,
};
