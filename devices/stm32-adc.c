/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STM32's ADC (F1, F2, F4). Manual: RM0090, chapter 13; RM0041, chapter 10; bindings: st,stm32-adc, with
 * st,stm32f1-adc before it where it is that one. What channels measure are sensors of 0 to 4095 (the monitor's sensor);
 * 16 is the temperature, 17 the reference. A conversion takes no time; a next one of a sequence waits until the last
 * one was read, where each is noticed (EOCS, DMA), so that none is lost. Not modelled: triggers but software's, two
 * converters together, discontinuous sequences, calibration (which is done at once).
 */
#include <inttypes.h>

#include "dt.h"
#include "panel.h"
#include "stm32-dma.h"

enum { SR = 0x00, CR1 = 0x04, CR2 = 0x08, SMPR1 = 0x0c, SMPR2 = 0x10, JOFR1 = 0x14, HTR = 0x24, LTR = 0x28, SQR1 = 0x2c,
       SQR3 = 0x34, JSQR = 0x38, JDR1 = 0x3c, DR = 0x4c, REGS_END = 0x50, REGION_BYTES = 0x100 };
enum { SR_AWD = 1, SR_EOC = 2, SR_JEOC = 4, SR_JSTRT = 8, SR_STRT = 0x10, SR_OVR = 0x20 };
enum { CR1_EOCIE = 0x20, CR1_AWDIE = 0x40, CR1_JEOCIE = 0x80, CR1_SCAN = 0x100, CR1_AWDSGL = 0x200,
       CR1_AWDEN = 1 << 23 };
enum { CR2_ADON = 1, CR2_CONT = 2, CR2_F1_CAL = 4, CR2_F1_RSTCAL = 8, CR2_DMA = 0x100, CR2_EOCS = 0x400,
       CR2_ALIGN = 0x800 };
#define CHANNELS 19
#define VREFINT 1489     /* 1.2 V of 3.3 */
#define TEMPERATURE 943  /* 25 degrees: 0.76 V */

struct stm32_adc {
    struct device dev;
    bool f1;
    uint32_t reg[REGS_END / 4]; /* as written; SR, DR and JDR as read */
    uint16_t value[CHANNELS];   /* of sensors */
    uint8_t next;               /* place in the sequence that is converted next */
    bool running;               /* there is one */
};

static uint32_t *reg(struct stm32_adc *s, unsigned offset)
{
    return &s->reg[offset / 4];
}

static void update_irq(struct stm32_adc *s)
{
    uint32_t sr = *reg(s, SR), cr1 = *reg(s, CR1);

    device_irq(&s->dev, 0, ((sr & SR_EOC) && (cr1 & CR1_EOCIE)) || ((sr & SR_JEOC) && (cr1 & CR1_JEOCIE)) ||
                               ((sr & SR_AWD) && (cr1 & CR1_AWDIE)));
    stm32_dma_wake(&s->dev);
}

/* -- Conversions -- */

/* Twelve bits, or fewer (F2, F4), at the right end or the left. */
static uint32_t convert(struct stm32_adc *s, unsigned channel)
{
    uint32_t v = channel < CHANNELS ? s->value[channel] : 0, cr1 = *reg(s, CR1);
    bool watched = (cr1 & CR1_AWDEN) && (!(cr1 & CR1_AWDSGL) || (cr1 & 31) == channel);

    if (watched && (v > *reg(s, HTR) || v < *reg(s, LTR)))
        *reg(s, SR) |= SR_AWD;
    if (!s->f1)
        v >>= 2 * (cr1 >> 24 & 3);
    return *reg(s, CR2) & CR2_ALIGN ? v << 4 : v;
}

/* SQR3 has places 1 to 6, SQR2 7 to 12, SQR1 the others and their number. */
static unsigned sequence(struct stm32_adc *s, unsigned place)
{
    return *reg(s, SQR3 - 4 * (place / 6)) >> (5 * (place % 6)) & 31;
}

static unsigned sequence_length(struct stm32_adc *s)
{
    return *reg(s, CR1) & CR1_SCAN ? (*reg(s, SQR1) >> 20 & 15) + 1 : 1;
}

/* Each conversion is seen by itself. */
static bool one_by_one(struct stm32_adc *s)
{
    return *reg(s, CR2) & (CR2_DMA | (s->f1 ? 0 : CR2_EOCS));
}

/* The next conversions of the sequence, as far as that goes without somebody reading. */
static void go_on(struct stm32_adc *s)
{
    while (s->running && !(*reg(s, SR) & SR_EOC)) {
        *reg(s, DR) = convert(s, sequence(s, s->next));
        bool last = ++s->next >= sequence_length(s);
        if (last || one_by_one(s))
            *reg(s, SR) |= SR_EOC;
        if (last) {
            s->next = 0;
            s->running = *reg(s, CR2) & CR2_CONT;
        }
    }
}

static void start_regular(struct stm32_adc *s)
{
    *reg(s, SR) = (*reg(s, SR) | SR_STRT) & ~(uint32_t)SR_EOC;
    s->next = 0;
    s->running = true;
    go_on(s);
}

static void start_injected(struct stm32_adc *s)
{
    unsigned n = *reg(s, CR1) & CR1_SCAN ? (*reg(s, JSQR) >> 20 & 3) + 1 : 1;

    for (unsigned i = 0; i < n; i++) /* they are the last n of four places */
        *reg(s, JDR1 + 4 * i) = (convert(s, *reg(s, JSQR) >> (5 * (4 - n + i)) & 31) - *reg(s, JOFR1 + 4 * i)) & 0xffff;
    *reg(s, SR) |= SR_JSTRT | SR_JEOC;
}

/* -- Registers -- */

static uint64_t adc_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_adc *s = opaque;
    uint64_t v;

    if (offset >= REGS_END) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
        return 0;
    }
    v = *reg(s, offset);
    if (offset == DR) {
        *reg(s, SR) &= ~(uint32_t)SR_EOC;
        go_on(s);
        update_irq(s);
    }
    return v;
}

static void write_cr2(struct stm32_adc *s, uint32_t value)
{
    uint32_t start = s->f1 ? 1u << 22 : 1u << 30, jstart = s->f1 ? 1u << 21 : 1u << 22, before = *reg(s, CR2);
    /* F1: ADON again, and nothing else is changed. */
    bool again = s->f1 && (before & value & CR2_ADON) && before == value;

    if (s->f1) /* calibrated at once */
        value &= ~(uint32_t)(CR2_F1_CAL | CR2_F1_RSTCAL);
    *reg(s, CR2) = value & ~(start | jstart);
    if (!(value & CR2_ADON)) {
        s->running = false;
        return;
    }
    if ((value & start) || again)
        start_regular(s);
    if (value & jstart)
        start_injected(s);
}

static void adc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_adc *s = opaque;

    if (offset >= JDR1) {
        device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
        return;
    }
    switch (offset) {
    case SR: *reg(s, SR) &= value; break; /* a zero clears */
    case CR2: write_cr2(s, value); break;
    case HTR: case LTR: *reg(s, offset) = value & 0xfff; break;
    default: *reg(s, offset) = value; break;
    }
    go_on(s);
    update_irq(s);
}

static const struct io_ops adc_ops = { .read = adc_read, .write = adc_write, .min_size = 4, .max_size = 4 };

static bool adc_dma_ready(struct device *d, bool write)
{
    struct stm32_adc *s = container_of(d, struct stm32_adc, dev);

    return !write && (*reg(s, CR2) & CR2_DMA) && (*reg(s, SR) & SR_EOC);
}

/* -- Life -- */

static const char *const channel_names[CHANNELS] = {
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "temperature", "reference",
    "battery",
};

static int64_t get_value(void *opaque, unsigned n)
{
    return ((const struct stm32_adc *)opaque)->value[n];
}

static void set_value(void *opaque, unsigned n, int64_t value)
{
    ((struct stm32_adc *)opaque)->value[n] = value;
}

static bool adc_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    container_of(d, struct stm32_adc, dev)->f1 = dt_compatible(fdt, node, "st,stm32f1-adc");
    return true;
}

static bool adc_realize(struct device *d, GError **err)
{
    struct stm32_adc *s = container_of(d, struct stm32_adc, dev);

    device_add_io(d, "stm32-adc", &adc_ops, REGION_BYTES);
    s->value[16] = TEMPERATURE;
    s->value[17] = VREFINT;
    for (unsigned n = 0; n < CHANNELS; n++)
        panel_add_sensor(&(struct panel_sensor){ .device = d->id, .what = channel_names[n], .unit = "of 4096", .min = 0,
                                                 .max = 4095, .get = get_value, .set = set_value, .opaque = s, .n = n,
                                                 .lock = &d->lock });
    return true;
}

static void adc_unrealize(struct device *d)
{
    panel_remove(container_of(d, struct stm32_adc, dev));
}

static void adc_reset(struct device *d)
{
    struct stm32_adc *s = container_of(d, struct stm32_adc, dev);

    *reg(s, HTR) = 0xfff;
    update_irq(s);
}

static const struct state_row adc_fields[] = {
    FIELD_SAME(struct stm32_adc, f1),
    FIELD_ARRAY(struct stm32_adc, reg, 0),
    FIELD_KEEP_ARRAY(struct stm32_adc, value), /* the world's */
    FIELD(struct stm32_adc, next, 0),
    FIELD(struct stm32_adc, running, 0),
    FIELD_END,
};

static const struct state_table adc_state = {
    STATE_OF(struct stm32_adc),
    .version = 1,
    .rows = adc_fields,
};

static const char *const adc_compatible[] = { "st,stm32-adc", "st,stm32f1-adc", "st,stm32f4-adc", NULL };

const struct device_type stm32_adc_type = {
    .name = "stm32f2xx-adc",
    .desc = "STM32 analog-to-digital converter (F1, F2, F4)",
    .compatible = adc_compatible,
    .size = sizeof(struct stm32_adc),
    .state = &adc_state,
    .realize = adc_realize,
    .unrealize = adc_unrealize,
    .reset = adc_reset,
    .from_dt = adc_from_dt,
    .dma_ready = adc_dma_ready,
};
