/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boards that are none: cortex-m-generic, riscv64-generic and riscv32-generic, whose memory and UART are properties of
 * the machine, for programs that are tested without a board of their own.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "boot.h"
#include "machine.h"
#include "opts.h"
#include "tree.h"

#define UART_CLOCK 25000000
#define MAX_UART_IRQS 3

extern const uint8_t dtb_cortex_m_generic_start[], dtb_riscv_generic_start[];

struct place {
    uint64_t base, size;
};

static bool is_riscv(const struct machine *m)
{
    return !strcmp(m->board->arch, "riscv");
}

/* -- Memory -- */

/* ADDR+SIZE; "none" is of size 0. */
static bool take_place(struct opts *o, const char *key, struct place *p, GError **err)
{
    const char *text = opts_take(o, key);
    g_auto(GStrv) parts = text ? g_strsplit(text, "+", 2) : NULL;

    if (!text)
        return true;
    if (!strcmp(text, "none")) {
        p->size = 0;
        return true;
    }
    if (parts[0] && parts[1] && parse_uint(parts[0], &p->base) && parse_size(parts[1], 'B', &p->size) && p->size &&
        p->base + (p->size - 1) >= p->base)
        return true;
    fail(err, "%s=%s: expected ADDRESS+SIZE, as 0x20000000+128K", key, text);
    return false;
}

static void add_memory(struct tree *t, const struct place *p, bool flash)
{
    g_autofree char *name = g_strdup_printf("%s@%" PRIx64, flash ? "flash" : "memory", p->base);

    if (!p->size)
        return;
    int node = tree_add(t, tree_node(t, "/"), name);
    if (flash)
        tree_string(t, node, "compatible", "soc-nv-flash");
    else
        tree_string(t, node, "device_type", "memory");
    tree_reg(t, node, 1, (uint64_t[]){ p->base, p->size });
}

/* -- The UART -- */

static const struct uart_kind {
    const char *name, *compatible;
    uint64_t size;
    unsigned shift; /* reg-shift */
} uart_kinds[] = {
    { "16550", "ns16550a", 0x100, 0 },
    { "cmsdk", "arm,cmsdk-uart", 0x1000, 0 },
    { "nrf", "nordic,nrf-uart", 0x1000, 0 },
    { "pl011", "arm,pl011", 0x1000, 0 },
    { "sifive", "sifive,uart0", 0x1000, 0 },
    { "stm32", "st,stm32-usart", 0x400, 0 },
};

struct uart {
    const struct uart_kind *kind; /* NULL: there is none */
    uint64_t base;
    uint32_t irqs[MAX_UART_IRQS];
    unsigned nirqs;
};

static bool parse_uart(const char *text, struct uart *u)
{
    g_auto(GStrv) parts = g_strsplit_set(text, "@:", 2 + MAX_UART_IRQS);

    for (unsigned i = 0; parts[0] && i < ARRAY_SIZE(uart_kinds); i++)
        if (!strcmp(parts[0], uart_kinds[i].name))
            u->kind = &uart_kinds[i];
    if (!u->kind || !parts[1] || !parse_uint(parts[1], &u->base))
        return false;
    for (u->nirqs = 0; parts[2 + u->nirqs]; u->nirqs++) {
        uint64_t n;
        if (!parse_uint(parts[2 + u->nirqs], &n) || n > 1023)
            return false;
        u->irqs[u->nirqs] = n;
    }
    return true;
}

static bool take_uart(struct opts *o, const char *dflt, struct uart *u, GError **err)
{
    const char *text = opts_take_or(o, "uart", dflt);

    if (!strcmp(text, "none") || parse_uart(text, u))
        return true;
    g_autoptr(GString) kinds = g_string_new(NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(uart_kinds); i++)
        g_string_append_printf(kinds, "%s%s", i ? ", " : "", uart_kinds[i].name);
    fail(err, "uart=%s: expected KIND@ADDRESS[:INTERRUPT]..., of the kinds %s", text, kinds->str);
    return false;
}

static void add_uart(struct tree *t, const struct uart *u, bool riscv)
{
    g_autofree char *name = g_strdup_printf("serial@%" PRIx64, u->base), *path = g_strconcat("/", name, NULL);
    uint32_t cells[2 * MAX_UART_IRQS];
    unsigned n = 0;

    if (!u->kind)
        return;
    int node = tree_add(t, tree_node(t, "/"), name);
    tree_string(t, node, "compatible", u->kind->compatible);
    tree_reg(t, node, 1, (uint64_t[]){ u->base, u->kind->size });
    tree_cell(t, node, "clock-frequency", UART_CLOCK);
    for (unsigned i = 0; i < u->nirqs; i++) {
        cells[n++] = u->irqs[i];
        if (!riscv)
            cells[n++] = 0; /* the NVIC's second cell: a priority, for Zephyr */
    }
    if (n)
        tree_cells(t, node, "interrupts", n, cells);
    tree_string(t, tree_add(t, tree_node(t, "/"), "chosen"), "stdout-path", path);
}

/* -- The boards -- */

static bool generic_fixup(struct machine *m, GError **err)
{
    bool riscv = is_riscv(m);
    struct tree t = { .fdt = m->fdt };
    struct place flash = { .base = 0, .size = riscv ? 0 : 1 * MiB };
    struct place ram = { .base = riscv ? 0x80000000 : 0x20000000, .size = riscv ? 128 * MiB : 128 * KiB };
    struct uart uart = { 0 };

    if (!take_place(m->config.props, "flash", &flash, err) || !take_place(m->config.props, "ram", &ram, err) ||
        !take_uart(m->config.props, riscv ? "16550@0x10000000:10" : "none", &uart, err)) {
        g_prefix_error(err, "-M %s: ", m->name);
        return false;
    }
    if (m->config.ram_size && ram.size)
        ram.size = m->config.ram_size;
    add_memory(&t, &ram, false);
    add_memory(&t, &flash, true);
    add_uart(&t, &uart, riscv);
    return tree_done(&t, m, err);
}

/* The vector table is at the start of the lowest memory, or where the user says: behind a boot loader. */
static bool cortex_m_generic_load(struct machine *m, GError **err)
{
    uint64_t table = UINT64_MAX;

    if (!opts_take_uint(m->config.props, "vectors", 0, UINT32_MAX & ~0x7f, &table, err)) {
        g_prefix_error(err, "-M %s: ", m->name);
        return false;
    }
    return armm_boot_at(m, table, err);
}

/* A program by itself, or with firmware, which wants the tree. */
static bool riscv_generic_load(struct machine *m, GError **err)
{
    return (g_strcmp0(m->config.bios ? m->config.bios : "none", "none") ? riscv_boot : riscv_boot_bare)(m, 0, PAGE_SIZE,
                                                                                                  err);
}

#define MEMORY_PROPS                                                                                                   \
    "flash=<addr>+<size>", "memory that the program can't write; none: there is none",                                 \
    "ram=<addr>+<size>", "memory; none: there is none",                                                                \
    "uart=<kind>@<addr>:<irq>", "16550, cmsdk, nrf, pl011, sifive or stm32; none: there is none"
static const char *const generic_props[] = { MEMORY_PROPS, NULL };
static const char *const cortex_m_props[] = {
    MEMORY_PROPS, "vectors=<addr>", "the vector table, if it is not at the start of the lowest memory", NULL,
};

const struct board cortex_m_generic = {
    .name = "cortex-m-generic",
    .desc = "Cortex-M with memory and a UART by properties",
    .arch = "arm-m",
    .system = "arm",
    .short_name = "cortex-m-generic",
    .default_cpu = "cortex-m4",
    .max_cpus = 1,
    .dtb = dtb_cortex_m_generic_start,
    .defaults = &no_defaults,
    .props = cortex_m_props,
    .fixup = generic_fixup,
    .load = cortex_m_generic_load,
};

#define RISCV_BOARD(xlen)                                                                                              \
    const struct board riscv##xlen##_generic = {                                                                       \
        .name = "riscv" #xlen "-generic",                                                                              \
        .desc = "RV" #xlen " with memory and a UART by properties",                                                    \
        .arch = "riscv",                                                                                               \
        .system = "riscv" #xlen,                                                                                       \
        .short_name = "riscv-generic",                                                                                 \
        .default_cpu = "rv" #xlen,                                                                                     \
        .max_cpus = 1,                                                                                                 \
        .dtb = dtb_riscv_generic_start,                                                                                \
        .defaults = &no_defaults,                                                                                      \
        .props = generic_props,                                                                                        \
        .fixup = generic_fixup,                                                                                        \
        .load = riscv_generic_load,                                                                                    \
    }
RISCV_BOARD(64);
RISCV_BOARD(32);
