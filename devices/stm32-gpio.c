/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A GPIO port of an STM32, with F1's registers or those of F2 and F4. Manuals: RM0090, chapter 8; RM0041, chapter 7;
 * binding: st,stm32-gpio, within a node of st,stm32f1-pinctrl or st,stm32-pinctrl. Output N is pin N's level, which
 * goes to SYSCFG. Not modelled: what alternate functions and analog mode do (their pins are like inputs), drive
 * strength, locks (kept).
 */
#include <inttypes.h>
#include <libfdt.h>

#include "dt.h"
#include "pins.h"

enum { MODER = 0x00, OTYPER = 0x04, OSPEEDR = 0x08, PUPDR = 0x0c, IDR = 0x10, ODR = 0x14, BSRR = 0x18, LCKR = 0x1c,
       AFRL = 0x20, AFRH = 0x24, REGION_BYTES = 0x400 };
enum { F1_CRL = 0x00, F1_CRH = 0x04, F1_IDR = 0x08, F1_ODR = 0x0c, F1_BSRR = 0x10, F1_BRR = 0x14, F1_LCKR = 0x18 };
#define PINS 16

struct stm32_gpio {
    struct device dev;
    struct pins pins;
    char *bank;    /* "GPIOA" */
    bool f1;
    uint32_t moder, otyper, ospeedr, pupdr, odr, lckr, afr[2];
    uint32_t cr[2]; /* F1 */
    uint32_t moder_reset, pupdr_reset;
};

/* F1's configuration of a pin: mode in the lower half, 0 being input, what kind of it in the upper. */
static unsigned f1_config(const struct stm32_gpio *s, unsigned n)
{
    return s->cr[n / 8] >> (4 * (n % 8)) & 15;
}

static bool is_output(const struct stm32_gpio *s, unsigned n)
{
    if (s->f1) /* general purpose */
        return (f1_config(s, n) & 3) && !(f1_config(s, n) & 8);
    return (s->moder >> (2 * n) & 3) == 1;
}

static bool is_open_drain(const struct stm32_gpio *s, unsigned n)
{
    return s->f1 ? f1_config(s, n) & 4 : s->otyper >> n & 1;
}

static bool is_pulled_up(const struct stm32_gpio *s, unsigned n)
{
    if (s->f1) /* an input with a pull resistor, to where ODR says */
        return f1_config(s, n) == 8 && (s->odr >> n & 1);
    return (s->pupdr >> (2 * n) & 3) == 1;
}

static void update(struct stm32_gpio *s)
{
    uint32_t outputs = 0, pull_up = 0, levels;

    for (unsigned n = 0; n < PINS; n++) {
        bool lets_go = is_open_drain(s, n) && (s->odr >> n & 1);
        outputs |= (uint32_t)(is_output(s, n) && !lets_go) << n;
        pull_up |= (uint32_t)is_pulled_up(s, n) << n;
    }
    pins_drive(&s->pins, s->odr, outputs, pull_up);
    levels = pins_levels(&s->pins);
    for (unsigned n = 0; n < PINS; n++)
        device_irq(&s->dev, n, levels >> n & 1);
}

static void pins_changed(struct device *d)
{
    update(container_of(d, struct stm32_gpio, dev));
}

/* -- Registers -- */

static uint64_t f1_read(struct stm32_gpio *s, uint64_t offset)
{
    switch (offset) {
    case F1_CRL: case F1_CRH: return s->cr[offset / 4];
    case F1_IDR: return pins_levels(&s->pins);
    case F1_ODR: return s->odr;
    case F1_BSRR: case F1_BRR: return 0;
    case F1_LCKR: return s->lckr;
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static uint64_t f4_read(struct stm32_gpio *s, uint64_t offset)
{
    switch (offset) {
    case MODER: return s->moder;
    case OTYPER: return s->otyper;
    case OSPEEDR: return s->ospeedr;
    case PUPDR: return s->pupdr;
    case IDR: return pins_levels(&s->pins);
    case ODR: return s->odr;
    case BSRR: return 0;
    case LCKR: return s->lckr;
    case AFRL: case AFRH: return s->afr[offset == AFRH];
    }
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

/* Accesses may be of bytes and half-words: the word is read whole, and written whole. */
static uint64_t gpio_read(void *opaque, uint64_t offset, unsigned size)
{
    struct stm32_gpio *s = opaque;
    uint64_t word = offset & ~UINT64_C(3), v = s->f1 ? f1_read(s, word) : f4_read(s, word);

    return bits(v, 8 * (offset & 3), 8 * size);
}

static void set_and_reset(struct stm32_gpio *s, uint32_t set, uint32_t reset)
{
    s->odr = ((s->odr & ~reset) | set) & 0xffff;
}

static void f1_write(struct stm32_gpio *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case F1_CRL: case F1_CRH: s->cr[offset / 4] = value; break;
    case F1_ODR: s->odr = value & 0xffff; break;
    case F1_BSRR: set_and_reset(s, value & 0xffff, value >> 16); break;
    case F1_BRR: set_and_reset(s, 0, value & 0xffff); break;
    case F1_LCKR: s->lckr = value & 0x1ffff; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

static void f4_write(struct stm32_gpio *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case MODER: s->moder = value; break;
    case OTYPER: s->otyper = value & 0xffff; break;
    case OSPEEDR: s->ospeedr = value; break;
    case PUPDR: s->pupdr = value; break;
    case ODR: s->odr = value & 0xffff; break;
    case BSRR: set_and_reset(s, value & 0xffff, value >> 16); break;
    case LCKR: s->lckr = value & 0x1ffff; break;
    case AFRL: case AFRH: s->afr[offset == AFRH] = value; break;
    default: device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset); break;
    }
}

/* What a part of a word leaves of the rest: nothing in those of which only ones count. */
static uint32_t before(struct stm32_gpio *s, uint64_t word, unsigned size)
{
    bool ones = s->f1 ? word == F1_BSRR || word == F1_BRR : word == BSRR;

    if (size == 4 || ones || word == (s->f1 ? (uint64_t)F1_IDR : IDR))
        return 0;
    return s->f1 ? f1_read(s, word) : f4_read(s, word);
}

static void gpio_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct stm32_gpio *s = opaque;
    uint64_t word = offset & ~UINT64_C(3);
    uint32_t whole = with_bits(before(s, word, size), 8 * (offset & 3), 8 * size, value);

    if (s->f1)
        f1_write(s, word, whole);
    else
        f4_write(s, word, whole);
    update(s);
}

static const struct io_ops gpio_ops = { .read = gpio_read, .write = gpio_write, .min_size = 1, .max_size = 4 };

/* -- Wires -- */

static bool gpio_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    return pins_irq_in(&container_of(d, struct stm32_gpio, dev)->pins, d, PINS, cells, ncells, line);
}

static bool gpio_pin_out(struct device *d, const uint32_t *cells, unsigned ncells, const struct irq *line)
{
    return pins_pin_out(&container_of(d, struct stm32_gpio, dev)->pins, PINS, cells, ncells, line);
}

/* 0 for A; ports whose node has no bank name are in the order of their nodes. */
static unsigned port_of(const void *fdt, int node)
{
    const char *bank = fdt_getprop(fdt, node, "st,bank-name", NULL);
    int parent = fdt_parent_offset(fdt, node), other;
    unsigned n = 0;

    if (bank && g_str_has_prefix(bank, "GPIO") && bank[4] >= 'A' && bank[4] <= 'P')
        return bank[4] - 'A';
    fdt_for_each_subnode(other, fdt, parent) {
        if (other == node)
            return n;
        n += dt_compatible(fdt, other, "st,stm32-gpio");
    }
    return n;
}

static bool gpio_parent_irq(const void *fdt, int node, unsigned i, uint32_t cells[3])
{
    cells[0] = port_of(fdt, node) * PINS + i;
    return i < PINS;
}

static bool gpio_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct stm32_gpio *s = container_of(d, struct stm32_gpio, dev);

    s->f1 = dt_compatible(fdt, fdt_parent_offset(fdt, node), "st,stm32f1-pinctrl");
    if (!s->bank)
        s->bank = g_strdup_printf("GPIO%c", 'A' + port_of(fdt, node));
    pins_from_dt(&s->pins, fdt, node);
    return true;
}

/* -- Life -- */

static bool gpio_realize(struct device *d, GError **err)
{
    struct stm32_gpio *s = container_of(d, struct stm32_gpio, dev);
    char port = s->bank && g_str_has_prefix(s->bank, "GPIO") && s->bank[4] ? s->bank[4] : 'A';
    const char prefix[] = { 'P', port, '\0' };

    /* What a debugger's probe needs. */
    s->moder_reset = port == 'A' ? 0xa8000000 : port == 'B' ? 0x00000280 : 0;
    s->pupdr_reset = port == 'A' ? 0x64000000 : port == 'B' ? 0x00000100 : 0;
    pins_init(&s->pins, d, PINS, prefix, pins_changed);
    device_add_io(d, "stm32-gpio", &gpio_ops, REGION_BYTES);
    return true;
}

static void gpio_unrealize(struct device *d)
{
    pins_fini(&container_of(d, struct stm32_gpio, dev)->pins);
}

static void gpio_reset(struct device *d)
{
    struct stm32_gpio *s = container_of(d, struct stm32_gpio, dev);

    s->moder = s->moder_reset;
    s->pupdr = s->pupdr_reset;
    update(s);
}

static const struct property gpio_props[] = {
    PROP_NAMED("bank", struct stm32_gpio, bank, STRING, 0, "st,bank-name", "the port's name, such as GPIOA"),
    PROP_END,
};

static const struct state_row gpio_fields[] = {
    FIELD_STRUCT(struct stm32_gpio, pins, &pins_table),
    FIELD_SAME(struct stm32_gpio, f1),
    FIELD(struct stm32_gpio, moder, 0),
    FIELD(struct stm32_gpio, otyper, 0),
    FIELD(struct stm32_gpio, ospeedr, 0),
    FIELD(struct stm32_gpio, pupdr, 0),
    FIELD(struct stm32_gpio, odr, 0),
    FIELD(struct stm32_gpio, lckr, 0),
    FIELD_ARRAY(struct stm32_gpio, afr, 0),
    FIELD_ARRAY(struct stm32_gpio, cr, 0x44444444),
    FIELD_SAME(struct stm32_gpio, moder_reset),
    FIELD_SAME(struct stm32_gpio, pupdr_reset),
    FIELD_END,
};

static const struct state_table gpio_state = {
    STATE_OF(struct stm32_gpio),
    .version = 1,
    .rows = gpio_fields,
};

static const char *const gpio_compatible[] = { "st,stm32-gpio", NULL };

const struct device_type stm32_gpio_type = {
    .name = "stm32-gpio",
    .desc = "STM32 GPIO port (F1, F2, F4)",
    .compatible = gpio_compatible,
    .size = sizeof(struct stm32_gpio),
    .props = gpio_props,
    .state = &gpio_state,
    .realize = gpio_realize,
    .unrealize = gpio_unrealize,
    .reset = gpio_reset,
    .from_dt = gpio_from_dt,
    .irq_in = gpio_irq_in,
    .pin_out = gpio_pin_out,
    .parent_irq = gpio_parent_irq,
    .leads_to = "st,stm32-syscfg",
};
