/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a device tree to a machine: CPUs from /cpus, RAM from memory nodes and flash from soc-nv-flash, a device
 * for each node whose compatible some device type has, mapped at its reg and wired by its interrupts. A node nobody knows
 * becomes a region that logs what the guest does there. Manual: "Devicetree Specification" 0.4.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "chardev.h"
#include "cpu.h"
#include "cpus.h"
#include "dt.h"
#include "gic-cpu.h"
#include "machine.h"

#define MAX_DEPTH 16
#define GPIO_KEYS "gpio-keys" /* its children are devices without a compatible of their own */
#define PRIORITY_UNIMP (-1000) /* a stand-in never hides anything */

/* What a phandle leads to. */
struct target {
    int node;
    struct device *dev; /* one of these, or neither: a node we do not model */
    struct cpu *cpu;
};

struct walk {
    struct machine *m;
    const void *fdt;
    GHashTable *targets; /* phandle -> struct target */
    GHashTable *lines;   /* struct irq -> struct shared */
    unsigned next_serial;
};

/* -- CPUs -- */

static const struct cpu_arch *arch_of(const void *fdt, int node)
{
    for (unsigned i = 0; cpu_archs[i]; i++) {
        const char *const *c = cpu_archs[i]->dt_compatible;
        for (; c && *c; c++)
            if (dt_compatible(fdt, node, *c))
                return cpu_archs[i];
    }
    return NULL;
}

/* Create the CPU of a node, and complete the node where the tree is ours (which moves node offsets). */
static bool make_cpu(struct machine *m, int node, GError **err)
{
    const struct cpu_arch *arch = arch_of(m->fdt, node);
    g_autofree char *model = NULL;
    struct cpu *cpu;
    int e;

    if (!arch) {
        fail(err, "device tree: /cpus/%s: no CPU we know by its compatible", fdt_get_name(m->fdt, node, NULL));
        return false;
    }
    if (m->ncpus == MACHINE_MAX_CPUS) {
        fail(err, "device tree: more than %u CPUs", MACHINE_MAX_CPUS);
        return false;
    }
    const char *own = fdt_getprop(m->fdt, node, "mynah,model", NULL), *asked = m->config.cpu;
    if (asked && own && g_str_has_prefix(own, asked) && own[strlen(asked)] == ',')
        asked = own; /* the same model: this one has it with options */
    if (asked || (m->board && m->board->default_cpu))
        model = g_strdup(asked ? asked : m->board->default_cpu);
    else if (arch->dt_model && !(model = arch->dt_model(m->fdt, node, err)))
        return false;
    g_autofree char *full = model ? cpu_with_globals(arch, model) : NULL;
    cpu = cpu_new(arch, m, m->as, m->ncpus, full, err);
    if (!cpu)
        return false;
    m->cpus[m->ncpus++] = cpu;
    if (arch->dt_read && !arch->dt_read(cpu, m->fdt, node, err))
        return false;
    if (m->board && arch->dt_write && (e = arch->dt_write(cpu, m->fdt, node)) < 0) {
        fail(err, "device tree: CPU node: %s", fdt_strerror(e));
        return false;
    }
    return true;
}

/* By its device_type or, as microcontrollers' trees leave that out, by its name. */
static bool is_cpu(const void *fdt, int node)
{
    const char *type = fdt_getprop(fdt, node, "device_type", NULL);

    return dt_enabled(fdt, node) && (type ? !strcmp(type, "cpu") : g_str_has_prefix(fdt_get_name(fdt, node, NULL), "cpu@"));
}

bool dt_make_cpus(struct machine *m, GError **err)
{
    int cpus = fdt_path_offset(m->fdt, "/cpus"), node;
    unsigned n = 0;

    m->cpus = g_new0(struct cpu *, MACHINE_MAX_CPUS);
    if (cpus < 0) {
        fail(err, "device tree: there is no /cpus");
        return false;
    }
    /* A completed node is longer, but keeps its offset: only what follows it moves. */
    fdt_for_each_subnode(node, m->fdt, cpus) {
        if (!is_cpu(m->fdt, node))
            continue;
        /* One with its interrupt controller in it runs if the tree says by an enable-method what starts it. */
        if (n && m->cpus[0]->arch->dt_parts && !fdt_getprop(m->fdt, node, "enable-method", NULL)) {
            log_to(LOG_UNIMP, "device tree: /cpus/%s stands still\n", fdt_get_name(m->fdt, node, NULL));
            continue;
        }
        if (!make_cpu(m, node, err))
            return false;
        n++;
    }
    if (n == 0)
        fail(err, "device tree: /cpus has no enabled CPU");
    return n != 0;
}

/* -- Phandles -- */

static struct target *target_of(const struct walk *w, uint32_t phandle)
{
    return g_hash_table_lookup(w->targets, GUINT_TO_POINTER(phandle));
}

static void index_phandles(struct walk *w)
{
    for (int node = fdt_next_node(w->fdt, -1, NULL); node >= 0; node = fdt_next_node(w->fdt, node, NULL)) {
        uint32_t ph = fdt_get_phandle(w->fdt, node);
        if (ph == 0 || ph == UINT32_MAX)
            continue;
        struct target *t = g_new0(struct target, 1);
        t->node = node;
        g_hash_table_insert(w->targets, GUINT_TO_POINTER(ph), t);
    }
}

/* The interrupt controllers inside CPU nodes, in the order in which dt_make_cpus() made the CPUs. */
static void index_cpu_controllers(struct walk *w)
{
    int cpus = fdt_path_offset(w->fdt, "/cpus"), node, sub;
    unsigned n = 0;

    fdt_for_each_subnode(node, w->fdt, cpus) {
        if (!is_cpu(w->fdt, node) || n == w->m->ncpus)
            continue;
        fdt_for_each_subnode(sub, w->fdt, node) {
            struct target *t = target_of(w, fdt_get_phandle(w->fdt, sub));
            if (t && fdt_getprop(w->fdt, sub, "interrupt-controller", NULL))
                t->cpu = w->m->cpus[n];
        }
        n++;
    }
}

/* The node describes what is in the first CPU. */
static bool is_cpu_part(const struct walk *w, int node)
{
    const char *const *c = w->m->cpus[0]->arch->dt_parts;

    for (; c && *c; c++)
        if (dt_compatible(w->fdt, node, *c))
            return true;
    return false;
}

/* Interrupt controllers among these lead to its lines. */
static void index_cpu_parts(struct walk *w)
{
    for (int node = fdt_next_node(w->fdt, -1, NULL); node >= 0; node = fdt_next_node(w->fdt, node, NULL)) {
        struct target *t = target_of(w, fdt_get_phandle(w->fdt, node));
        if (t && is_cpu_part(w, node))
            t->cpu = w->m->cpus[0];
    }
}

/* -- Memory -- */

/* The same memory again at further addresses, by a property of ours: what chips decode incompletely, or map twice. */
static void map_aliases(struct walk *w, int node, struct ram_block *block, enum region_kind kind, uint64_t size)
{
    int len;
    const fdt32_t *p = fdt_getprop(w->fdt, node, "mynah,aliases", &len);

    for (int i = 0; p && i < len / 4; i++)
        machine_map_alias(w->m, block, kind, fdt32_ld(p + i), size);
}

/* Where a node's address is on the bus. */
static gpa bus_addr(const struct walk *w, int node, gpa addr)
{
    return dt_secure_only(w->fdt, node) ? addr | BUS_SECURE : addr;
}

/* Also where it is in a node without ranges, as flash in its controller's: the address is as it is then. */
static bool memory_reg(const void *fdt, int node, unsigned i, gpa *addr, uint64_t *size)
{
    int parent = fdt_parent_offset(fdt, node), len;
    const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);

    if (dt_reg(fdt, node, i, addr, size))
        return true;
    if (parent <= 0 || fdt_getprop(fdt, parent, "ranges", NULL) || !p || (unsigned)len / 8 <= i ||
        fdt_address_cells(fdt, parent) != 1 || fdt_size_cells(fdt, parent) != 1)
        return false;
    *addr = fdt32_ld(p + 2 * i);
    *size = fdt32_ld(p + 2 * i + 1);
    return true;
}

static bool is_memory(const void *fdt, int node, enum region_kind *kind)
{
    const char *type = fdt_getprop(fdt, node, "device_type", NULL);

    *kind = dt_compatible(fdt, node, "soc-nv-flash") ? REGION_ROM : REGION_RAM;
    return *kind == REGION_ROM || (type && !strcmp(type, "memory")) || dt_compatible(fdt, node, "mmio-sram") ||
           dt_compatible(fdt, node, "zephyr,memory-region");
}

static bool make_memory(struct walk *w, int node, enum region_kind kind, GError **err)
{
    struct machine *m = w->m;
    gpa addr;
    uint64_t size;

    for (unsigned i = 0; memory_reg(w->fdt, node, i, &addr, &size); i++) {
        bool secure = dt_secure_only(w->fdt, node);
        const char *base = kind == REGION_ROM ? "flash" : secure ? "secure-ram" : "ram";
        g_autofree char *name = i ? g_strdup_printf("%s.%u", base, i) : g_strdup(base);
        struct ram_block *block;
        if (size == 0)
            continue;
        bool first = kind == REGION_RAM && !m->ram && !secure;
        block = ram_block_of_sources(name, size, m->config.ram, first ? m->config.nram : 0, err);
        if (!block) {
            g_prefix_error(err, "%s", m->config.ram_size ? "-m: " : "");
            return false;
        }
        if (kind == REGION_ROM)
            memset(block->host, 0xff, size);
        machine_map_memory(m, block, kind, bus_addr(w, node, addr), size);
        if (i == 0)
            map_aliases(w, node, block, kind, size);
        if (first) {
            m->ram = block;
            m->ram_base = addr;
            m->ram_size = size;
        }
    }
    return true;
}

/* -- Devices -- */

static bool set_dt_props(const struct walk *w, struct device *d, int node, GError **err)
{
    for (const struct property *p = d->type->props; p && p->name; p++) {
        int len;
        const char *v = p->dt_name ? fdt_getprop(w->fdt, node, p->dt_name, &len) : NULL;
        g_autofree char *text = NULL;
        if (!v)
            continue;
        if (p->kind == PROP_BOOL)
            text = g_strdup("on");
        else if (p->kind == PROP_STRING)
            text = g_strndup(v, len);
        else
            text = g_strdup_printf("%" PRIu64, dt_prop_num(w->fdt, node, p->dt_name, 0));
        if (!device_set_prop(d, p->name, text, err)) {
            g_prefix_error(err, "device tree: %s: %s: ", d->id, p->dt_name);
            return false;
        }
    }
    return true;
}

/* Which -serial a node is: N of its alias serialN, else in order; the node of stdout-path comes first. */
static unsigned serial_index(struct walk *w, int node)
{
    int aliases = fdt_path_offset(w->fdt, "/aliases"), chosen = fdt_path_offset(w->fdt, "/chosen"), prop;
    bool any = false;

    fdt_for_each_property_offset(prop, w->fdt, aliases) {
        const char *name;
        const char *path = fdt_getprop_by_offset(w->fdt, prop, &name, NULL);
        uint64_t n;
        if (!path || strncmp(name, "serial", 6) || !parse_uint(name + 6, &n))
            continue;
        any = true;
        if (dt_resolve(w->fdt, path) == node)
            return n < G_MAXUINT ? n : G_MAXUINT;
    }
    if (any)
        return G_MAXUINT;
    if (chosen >= 0 && dt_resolve(w->fdt, fdt_getprop(w->fdt, chosen, "stdout-path", NULL)) == node)
        return 0;
    return w->next_serial++;
}

static bool connect_serial(struct walk *w, struct device *d, int node, GError **err)
{
    for (const struct property *p = d->type->props; p && p->name; p++) {
        unsigned n;
        if (p->object != &chardev_prop)
            continue;
        n = serial_index(w, node);
        if (n < w->m->config.nserial && w->m->config.serial[n])
            return device_set_prop(d, p->name, w->m->config.serial[n], err);
    }
    return true;
}

/* -M pflash0= and pflash1= are properties of the flash. */
static bool connect_flash(struct walk *w, struct device *d, GError **err)
{
    for (const struct property *p = d->type->props; p && p->name; p++) {
        for (unsigned n = 0; n < ARRAY_SIZE(w->m->pflash); n++) {
            const char *node = w->m->pflash[n];
            g_autofree char *name = g_strdup_printf("pflash%u", n);
            if (!node || strcmp(p->name, name))
                continue;
            if (!p->object->find(node)) {
                fail(err, "-M %s=%s: there is no such block node", name, node);
                return false;
            }
            if (!device_set_prop(d, name, node, err))
                return false;
        }
    }
    return true;
}

/* The controller that the node's "interrupts" speak to: phandle, or 0. */
static uint32_t interrupt_parent(const void *fdt, int node)
{
    for (unsigned depth = 0; node >= 0 && depth < MAX_DEPTH; depth++) {
        uint32_t ph = dt_prop_num(fdt, node, "interrupt-parent", 0);
        if (ph)
            return ph;
        node = node ? fdt_parent_offset(fdt, node) : -1;
    }
    return 0;
}

typedef void interrupt_fn(const struct walk *w, unsigned i, const struct target *t, const uint32_t *cells, unsigned n,
                          void *opaque);

#define MAX_INTERRUPT_CELLS 4
#define PCI_PIN_COUNT 4

/* A row of a PCI host's interrupt-map: three cells of address, one of the pin, then the parent's. */
struct map_row {
    uint32_t devfn, pin, phandle;
    uint32_t cells[MAX_INTERRUPT_CELLS];
    unsigned ncells;
};

/* The row at cell *at of len cells; *at is behind it then. NULL: it is malformed, or its controller is missing. */
static const struct target *next_map_row(const struct walk *w, const fdt32_t *p, unsigned len, unsigned *at,
                                         struct map_row *row)
{
    if (len - *at < 5)
        return NULL;
    *row = (struct map_row){ .devfn = fdt32_ld(p + *at), .pin = fdt32_ld(p + *at + 3), .phandle = fdt32_ld(p + *at + 4) };
    *at += 5;
    const struct target *t = target_of(w, row->phandle);
    unsigned skip = t ? dt_prop_num(w->fdt, t->node, "#address-cells", 0) : 0;
    row->ncells = t ? dt_prop_num(w->fdt, t->node, "#interrupt-cells", 0) : 0;
    if (!t || skip > 4 || row->ncells == 0 || row->ncells > MAX_INTERRUPT_CELLS || len - *at < skip + row->ncells)
        return NULL;
    *at += skip;
    for (unsigned i = 0; i < row->ncells; i++)
        row->cells[i] = fdt32_ld(p + (*at)++);
    return t;
}

/*
 * The outputs of a PCI host are the pins of the first device on its bus. "Devicetree Specification" 0.4, section 2.4.3;
 * Open Firmware's "PCI Bus Binding", section 2.2.
 */
static int each_mapped_interrupt(const struct walk *w, int node, interrupt_fn *fn, void *opaque)
{
    int bytes;
    const fdt32_t *p = fdt_getprop(w->fdt, node, "interrupt-map", &bytes);
    unsigned len = p ? bytes / 4 : 0, at = 0;
    struct map_row row;

    while (at < len) {
        const struct target *t = next_map_row(w, p, len, &at, &row);
        if (!t || row.pin == 0 || row.pin > PCI_PIN_COUNT)
            return -1;
        if (fn && row.devfn == 0)
            fn(w, row.pin - 1, t, row.cells, row.ncells, opaque);
    }
    return p ? PCI_PIN_COUNT : 0;
}

static const struct device_type *type_of(const void *fdt, int node)
{
    const char *c;

    for (int i = 0; (c = fdt_stringlist_get(fdt, node, "compatible", i, NULL)); i++) {
        const struct device_type *t = device_type_by_compatible(c);
        if (t)
            return t;
    }
    if (dt_compatible(fdt, fdt_parent_offset(fdt, node), GPIO_KEYS))
        return device_type_find("gpio-key");
    return NULL;
}

/* Outputs of a node that lead to the controller whose node it is in, as its type says. */
static int each_parent_interrupt(const struct walk *w, int node, const struct device_type *type, interrupt_fn *fn,
                                 void *opaque)
{
    int parent = fdt_parent_offset(w->fdt, node);
    const struct target *t = target_of(w, fdt_get_phandle(w->fdt, parent));
    unsigned n = t ? dt_prop_num(w->fdt, parent, "#interrupt-cells", 0) : 0;
    uint32_t cells[3];
    int count = 0;

    if (n == 0 || n > ARRAY_SIZE(cells))
        return -1;
    for (; count < DEVICE_MAX_IRQS && type->parent_irq(w->fdt, node, count, cells); count++)
        if (fn)
            fn(w, count, t, cells, n, opaque);
    return count;
}

/*
 * The specifiers of a property, the first of which is output first's; ph: the controller of all, 0: each has it before
 * it. The number of them, or -1.
 */
static int each_specifier(const struct walk *w, const fdt32_t *p, int len, const char *cells_prop, uint32_t ph,
                          unsigned first, interrupt_fn *fn, void *opaque)
{
    bool extended = ph == 0;
    uint32_t cells[MAX_INTERRUPT_CELLS];
    int count = 0;

    for (unsigned left = len / 4; left; count++) {
        if (extended) {
            ph = fdt32_ld(p++);
            left--;
        }
        const struct target *t = target_of(w, ph);
        unsigned n = t ? dt_prop_num(w->fdt, t->node, cells_prop, 0) : 0;
        if (!t || n > ARRAY_SIZE(cells) || n > left || (n == 0 && !extended) || first + count == DEVICE_MAX_IRQS)
            return -1;
        for (unsigned i = 0; i < n; i++)
            cells[i] = fdt32_ld(p++);
        left -= n;
        if (fn)
            fn(w, first + count, t, cells, n, opaque);
    }
    return count;
}

/* Outputs that lead to the device of a certain kind, whatever the node says: how chips are wired inside. */
static int each_led_interrupt(const struct walk *w, int node, const struct device_type *type, interrupt_fn *fn,
                              void *opaque)
{
    struct target t = { .node = fdt_node_offset_by_compatible(w->fdt, -1, type->leads_to) };
    uint32_t cells[3];
    int count = 0;

    for (guint i = 0; i < w->m->devices->len && t.node >= 0; i++) {
        struct device *d = g_ptr_array_index(w->m->devices, i);
        if (d->dt_node == t.node && !d->parent)
            t.dev = d;
    }
    for (; type->parent_irq(w->fdt, node, count, cells); count++)
        if (fn && t.dev)
            fn(w, count, &t, cells, 1, opaque);
    return count;
}

/* The pins of all properties that the type knows, one behind the other. -1: they are malformed. */
static int each_gpio(const struct walk *w, int node, const struct device_type *type, interrupt_fn *fn, void *opaque)
{
    static const char *const plain[] = { "gpios", NULL };
    const char *const *name = type && type->gpio_props ? type->gpio_props : plain;
    int len, count = 0;

    for (; *name; name++) {
        const fdt32_t *p = fdt_getprop(w->fdt, node, *name, &len);
        int n = p ? each_specifier(w, p, len, "#gpio-cells", 0, count, fn, opaque) : 0;
        if (n < 0)
            return -1;
        count += n;
    }
    return count;
}

/*
 * Go through what the node's outputs lead to, its interrupt specifiers or else its gpios; fn (may be NULL) gets each
 * with its controller. The number of them, or -1 if they are malformed.
 */
static int each_interrupt(const struct walk *w, int node, interrupt_fn *fn, void *opaque)
{
    const struct device_type *type = type_of(w->fdt, node);
    int len;
    const fdt32_t *p = fdt_getprop(w->fdt, node, "interrupts-extended", &len);

    if (p)
        return each_specifier(w, p, len, "#interrupt-cells", 0, 0, fn, opaque);
    if (type && type->leads_to)
        return each_led_interrupt(w, node, type, fn, opaque);
    if ((p = fdt_getprop(w->fdt, node, "interrupts", &len))) {
        uint32_t ph = interrupt_parent(w->fdt, node);
        return ph ? each_specifier(w, p, len, "#interrupt-cells", ph, 0, fn, opaque) : -1;
    }
    if ((type && type->gpio_props) || fdt_getprop(w->fdt, node, "gpios", NULL)) {
        return each_gpio(w, node, type, fn, opaque);
    }
    if (type && type->parent_irq)
        return each_parent_interrupt(w, node, type, fn, opaque);
    return each_mapped_interrupt(w, node, fn, opaque);
}

/* -- Wires -- */

/* An input, by where its line leads: the first output that drives it, and what ORs once there is a second one. */
struct shared {
    struct irq line;
    struct irq *first;
    struct wired_or *wire;
};

static guint line_hash(gconstpointer p)
{
    const struct irq *l = p;

    return g_direct_hash(l->opaque) * 31 + l->n;
}

static gboolean line_equal(gconstpointer a, gconstpointer b)
{
    const struct irq *l = a, *m = b;

    return l->set == m->set && l->opaque == m->opaque && l->n == m->n;
}

/* Connect an output to a line, by an OR with the outputs that drive it too. */
static void join(const struct walk *w, struct irq *output, const struct irq *line)
{
    struct shared *s = g_hash_table_lookup(w->lines, line);

    *output = *line;
    if (!s) {
        s = g_new(struct shared, 1);
        *s = (struct shared){ *line, output, NULL };
        g_hash_table_insert(w->lines, &s->line, s);
        return;
    }
    if (!s->wire) {
        s->wire = wired_or_new(line);
        g_ptr_array_add(w->m->wires, s->wire);
        *s->first = wired_or_add(s->wire);
    }
    *output = wired_or_add(s->wire);
}

static void wire_one(const struct walk *w, unsigned i, const struct target *t, const uint32_t *cells, unsigned n,
                     void *opaque)
{
    struct device *d = opaque;
    struct irq line;
    bool ok = false;

    if (d->type->pin_in && t->dev && t->dev->type->pin_out) { /* it listens */
        d->type->pin_in(d, i, &line);
        if (t->dev->type->pin_out(t->dev, cells, n, &line))
            return;
    }
    if (t->cpu && t->cpu->arch->irq_in)
        ok = t->cpu->arch->irq_in(t->cpu, cells, n, &line);
    else if (t->dev && t->dev->type->irq_in && !d->type->pin_in)
        ok = t->dev->type->irq_in(t->dev, cells, n, &line);
    if (ok)
        join(w, &d->irqs[i], &line);
    if (ok && t->cpu && t->cpu->arch->msi_file_in && d->type->msi_file) {
        struct msi_file file;
        d->type->msi_file(d, i, &file);
        t->cpu->arch->msi_file_in(t->cpu, cells, n, &file);
    }
    if (!ok && !(n == 1 && cells[0] == UINT32_MAX))
        log_to(LOG_UNIMP, "device tree: %s: interrupt %u leads nowhere\n", d->id, i);
}

/* A controller that belongs to all CPUs that can have one; it has numbers for the others too. */
static void wire_to_cpus(const struct walk *w, struct device *d)
{
    const struct device_type *t = d->type;

    for (unsigned i = 0; i < d->nirqs; i++) {
        struct cpu *cpu = w->m->cpus[i / t->cpu_lines];
        const uint32_t k = i % t->cpu_lines;
        struct irq line;
        if (cpu->arch->gic_in && cpu->arch->irq_in && cpu->arch->irq_in(cpu, &k, 1, &line))
            join(w, &d->irqs[i], &line);
        if (k == 0 && t->gic_cpu && cpu->arch->gic_in) {
            struct gic_cpu gic;
            t->gic_cpu(d, cpu->index, &gic);
            cpu->arch->gic_in(cpu, &gic);
        }
    }
}

/* -- Nodes that describe what each CPU has in it: timers -- */

struct cpu_outputs {
    const struct cpu_arch *arch;
    const struct cpu_node *node;
};

static void wire_cpu_output(const struct walk *w, unsigned i, const struct target *t, const uint32_t *cells, unsigned n,
                            void *opaque)
{
    const struct cpu_outputs *o = opaque;
    struct irq line;

    for (unsigned c = 0; c < w->m->ncpus && i < o->node->nout && t->dev && t->dev->type->irq_in_cpu; c++)
        if (w->m->cpus[c]->arch == o->arch && t->dev->type->irq_in_cpu(t->dev, c, cells, n, &line))
            o->arch->irq_out(w->m->cpus[c], o->node->out[i], &line);
}

static const struct cpu_node *cpu_node_of(const struct cpu_arch *arch, const void *fdt, int node)
{
    for (const struct cpu_node *n = arch->cpu_nodes; n && n->compatible; n++)
        if (dt_compatible(fdt, node, n->compatible))
            return n;
    return NULL;
}

static bool wire_cpu_nodes(const struct walk *w, GError **err)
{
    int node;

    fdt_for_each_subnode(node, w->fdt, 0) {
        for (unsigned a = 0; cpu_archs[a]; a++) {
            struct cpu_outputs o = { cpu_archs[a], cpu_node_of(cpu_archs[a], w->fdt, node) };
            if (o.node && dt_enabled(w->fdt, node) && each_interrupt(w, node, wire_cpu_output, &o) < 0) {
                fail(err, "device tree: /%s: interrupts are malformed or their controller is missing",
                     fdt_get_name(w->fdt, node, NULL));
                return false;
            }
        }
    }
    return true;
}

/* -- Rings -- */

enum { UNSEEN, FOLLOWED, DONE };

struct trace {
    GHashTable *seen;          /* device -> what of the above */
    unsigned depth;
    const struct device *ring; /* one that leads back to itself, or through too many controllers */
};

static void follow(const struct walk *w, struct device *d, struct trace *tr);

static void follow_one(const struct walk *w, unsigned i, const struct target *t, const uint32_t *cells, unsigned n,
                       void *opaque)
{
    if (t->dev)
        follow(w, t->dev, opaque);
}

static void follow(const struct walk *w, struct device *d, struct trace *tr)
{
    unsigned state = GPOINTER_TO_UINT(g_hash_table_lookup(tr->seen, d));

    if (tr->ring || state == DONE)
        return;
    if (state == FOLLOWED || tr->depth == MAX_DEPTH) {
        tr->ring = d;
        return;
    }
    g_hash_table_insert(tr->seen, d, GUINT_TO_POINTER(FOLLOWED));
    tr->depth++;
    if (!d->type->cpu_lines)
        each_interrupt(w, d->dt_node, follow_one, tr);
    tr->depth--;
    g_hash_table_insert(tr->seen, d, GUINT_TO_POINTER(DONE));
}

/* A controller drives its lines with its lock held: they must not come back to it. */
static bool check_rings(const struct walk *w, GError **err)
{
    struct trace tr = { g_hash_table_new(NULL, NULL), 0, NULL };

    for (guint i = 0; i < w->m->devices->len && !tr.ring; i++)
        follow(w, g_ptr_array_index(w->m->devices, i), &tr);
    g_hash_table_destroy(tr.seen);
    if (tr.ring)
        fail(err, "device tree: %s: its interrupts come back to it, or go through more than %u controllers",
             tr.ring->id, MAX_DEPTH);
    return !tr.ring;
}

/*
 * A device's first registers again at further addresses, by a property of ours. What is behind a port of a PPC, which
 * may hide it from either kind of access, secure ones find by themselves.
 */
static void map_again(struct walk *w, struct region *r, int node, gpa addr, int priority)
{
    int len;
    const fdt32_t *p = fdt_getprop(w->fdt, node, "mynah,aliases", &len);
    bool port = fdt_getprop(w->fdt, node, "arm,ppc-port", NULL);

    if (port)
        address_space_map(w->m->as, r, addr | BUS_SECURE, priority);
    for (int i = 0; p && i < len / 4; i++) {
        address_space_map(w->m->as, r, fdt32_ld(p + i), priority);
        if (port)
            address_space_map(w->m->as, r, fdt32_ld(p + i) | BUS_SECURE, priority);
    }
}

static void map_regions(struct walk *w, struct device *d, int node)
{
    gpa addr;
    uint64_t size;

    for (unsigned i = 0; i < d->nregions && dt_reg(w->fdt, node, i, &addr, &size); i++) {
        struct region *r = &d->regions[i];
        if (size && size < r->size)
            r->size = size;
        address_space_map(w->m->as, r, bus_addr(w, node, addr), 0);
        if (i == 0)
            map_again(w, r, node, addr, 0);
    }
}

/* bus: the device is in that slot of its bus, instead of being mapped; NULL: it is no bus's. */
static bool make_device(struct walk *w, const struct device_type *t, int node, const char *path, struct device *bus,
                        unsigned slot, GError **err)
{
    struct device *d = device_new(t, w->m, path);
    struct target *self = target_of(w, fdt_get_phandle(w->fdt, node));
    int nirqs = t->cpu_lines ? (int)(t->cpu_lines * w->m->ncpus) : each_interrupt(w, node, NULL, NULL);

    d->dt_node = node;
    d->parent = bus;
    d->slot = slot;
    if (nirqs < 0) {
        fail(err, "device tree: %s: interrupts are malformed or their controller is missing", path);
        goto failed;
    }
    d->nirqs = nirqs;
    d->irqs = g_new0(struct irq, nirqs + 1);
    if (!set_dt_props(w, d, node, err) || !connect_serial(w, d, node, err) || !connect_flash(w, d, err))
        goto failed;
    if ((t->from_dt && !t->from_dt(d, w->fdt, node, err)) || !device_realize(d, err))
        goto failed;
    if (!bus)
        map_regions(w, d, node);
    if (self)
        self->dev = d;
    g_ptr_array_add(w->m->devices, d);
    struct device *inner = device_new_inner(d);
    return !inner || device_plug_inner(inner, err);
failed:
    device_free(d);
    return false;
}

/* The devices of a bus that the node's device offers (I2C, SPI), which are within its node. */
static bool make_bus_devices(struct walk *w, int node, const char *path, GError **err)
{
    struct device *bus = g_ptr_array_index(w->m->devices, w->m->devices->len - 1);
    unsigned slot = 0;
    int child;

    fdt_for_each_subnode(child, w->fdt, node) {
        const struct device_type *t = type_of(w->fdt, child);
        g_autofree char *id = g_strdup_printf("%s/%s", path, fdt_get_name(w->fdt, child, NULL));
        if (!dt_enabled(w->fdt, child))
            continue;
        if (!t || t->bus != bus->type->provides_bus) {
            log_to(LOG_UNIMP, "device tree: %s is not modelled\n", id);
            continue;
        }
        if (!make_device(w, t, child, id, bus, slot++, err))
            return false;
    }
    return true;
}

/* A stand-in for each reg entry of a node that no device type knows. */
static bool make_unimplemented(struct walk *w, int node, const char *path, GError **err)
{
    const struct device_type *t = device_type_find("unimplemented-device");
    /* What a PPC's port refuses lies over devices only. */
    int priority = fdt_getprop(w->fdt, node, "arm,ppc-port", NULL) ? 0 : PRIORITY_UNIMP;
    gpa addr;
    uint64_t size;

    for (unsigned i = 0; dt_reg(w->fdt, node, i, &addr, &size); i++) {
        g_autofree char *text = g_strdup_printf("%" PRIu64, size);
        struct device *d;
        if (size == 0)
            continue;
        log_to(LOG_UNIMP, "device tree: %s (%s) at 0x%" PRIx64 " is not modelled\n", path,
               (const char *)fdt_getprop(w->fdt, node, "compatible", NULL), addr);
        d = device_new(t, w->m, path);
        if (!device_set_prop(d, "size", text, err) || (i == 0 && !t->from_dt(d, w->fdt, node, err)) ||
            !device_realize(d, err)) {
            device_free(d);
            return false;
        }
        address_space_map(w->m->as, &d->regions[0], bus_addr(w, node, addr), priority);
        if (i == 0)
            map_again(w, &d->regions[0], node, addr, priority);
        g_ptr_array_add(w->m->devices, d);
    }
    return true;
}

/* Nodes that describe no device by themselves. */
static bool is_description(const char *name)
{
    static const char *const names[] = { "cpus", "chosen", "aliases", "reserved-memory", "firmware", NULL };

    return g_strv_contains(names, name);
}

static bool walk_children(struct walk *w, int parent, const char *path, unsigned depth, GError **err);

/* A node without ranges: what in it has an address all the same. */
static bool walk_inner(struct walk *w, int parent, const char *path, unsigned depth, GError **err);

static bool walk_node(struct walk *w, int node, const char *parent, unsigned depth, GError **err)
{
    const char *name = fdt_get_name(w->fdt, node, NULL);
    enum region_kind kind;
    const struct device_type *t = type_of(w->fdt, node);
    g_autofree char *path = g_strdup_printf("%s/%s", parent, name);

    if ((!dt_enabled(w->fdt, node) && !dt_secure_only(w->fdt, node)) || (depth == 0 && is_description(name)) || is_cpu_part(w, node))
        return true;
    if (is_memory(w->fdt, node, &kind))
        return make_memory(w, node, kind, err);
    if (t && t->bus) {
        log_to(LOG_UNIMP, "device tree: %s is on no bus that is modelled\n", path);
        return true;
    }
    if (t && !make_device(w, t, node, path, NULL, 0, err))
        return false;
    if (t && t->provides_bus && t->provides_bus->in_trees)
        return make_bus_devices(w, node, path, err);
    if (t && !fdt_getprop(w->fdt, node, "ranges", NULL))
        return walk_inner(w, node, path, depth + 1, err);
    if (t) /* frames that take messages are within their controller's node */
        return !fdt_getprop(w->fdt, node, "interrupt-controller", NULL) || walk_children(w, node, path, depth + 1, err);
    if (fdt_getprop(w->fdt, node, "reg", NULL) && fdt_getprop(w->fdt, node, "compatible", NULL) &&
        !make_unimplemented(w, node, path, err))
        return false;
    if (!fdt_getprop(w->fdt, node, "ranges", NULL) && !dt_compatible(w->fdt, node, GPIO_KEYS))
        return walk_inner(w, node, path, depth + 1, err);
    return walk_children(w, node, path, depth + 1, err);
}

static bool walk_children(struct walk *w, int parent, const char *path, unsigned depth, GError **err)
{
    int node;

    if (depth > MAX_DEPTH) {
        fail(err, "device tree: %s: nodes are nested too deeply", path);
        return false;
    }
    fdt_for_each_subnode(node, w->fdt, parent)
        if (!walk_node(w, node, path, depth, err))
            return false;
    return true;
}

static bool walk_inner(struct walk *w, int parent, const char *path, unsigned depth, GError **err)
{
    enum region_kind kind;
    uint64_t size;
    gpa addr;
    int node;

    if (depth > MAX_DEPTH)
        return true;
    fdt_for_each_subnode(node, w->fdt, parent)
        if ((is_memory(w->fdt, node, &kind) || dt_reg(w->fdt, node, 0, &addr, &size)) &&
            !walk_node(w, node, path, depth, err))
            return false;
    return true;
}

/* Number the buses of each device type by address: "virtio-mmio-bus.0" is the lowest. */
static void name_buses(struct walk *w)
{
    GPtrArray *all = w->m->devices;

    for (guint i = 0; i < all->len; i++) {
        struct device *d = g_ptr_array_index(all, i);
        unsigned rank = 0;
        gpa base = 0, other;
        uint64_t size;
        if (!d->children)
            continue;
        dt_reg(w->fdt, d->dt_node, 0, &base, &size);
        for (guint k = 0; k < all->len; k++) {
            struct device *o = g_ptr_array_index(all, k);
            if (o->type == d->type && dt_reg(w->fdt, o->dt_node, 0, &other, &size) && other < base)
                rank++;
        }
        const char *root_name = d->type->provides_bus->root_name;
        d->bus_name = root_name ? g_strdup_printf("%s.%u", root_name, rank)
                                : g_strdup_printf("%s-bus.%u", d->type->name, rank);
    }
}

bool dt_make_devices(struct machine *m, GError **err)
{
    struct walk w = { .m = m, .fdt = m->fdt };
    bool ok;

    w.targets = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    w.lines = g_hash_table_new_full(line_hash, line_equal, NULL, g_free);
    index_phandles(&w);
    index_cpu_controllers(&w);
    index_cpu_parts(&w);
    ok = walk_children(&w, 0, "", 0, err) && check_rings(&w, err);
    if (ok) {
        for (guint i = 0; i < m->devices->len; i++) {
            struct device *d = g_ptr_array_index(m->devices, i);
            if (d->type->cpu_lines)
                wire_to_cpus(&w, d);
            else if (d->dt_node >= 0)
                each_interrupt(&w, d->dt_node, wire_one, d);
        }
        ok = wire_cpu_nodes(&w, err);
        name_buses(&w);
        for (guint i = 0; i < m->devices->len; i++)
            ((struct device *)g_ptr_array_index(m->devices, i))->dt_node = -1;
    }
    g_hash_table_destroy(w.lines);
    g_hash_table_destroy(w.targets);
    return ok;
}
