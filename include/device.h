/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device is: a type record, a plain struct that begins with struct device, properties, one
 * table of its state (reset, snapshot, monitor: state.h), register regions and interrupt lines.
 */
#ifndef MYNAH_DEVICE_H
#define MYNAH_DEVICE_H

#include <glib.h>

#include "bus.h"
#include "clock.h"
#include "irq.h"
#include "lock-order.h"
#include "log.h"
#include "msi.h"
#include "opts.h"
#include "state.h"
#include "types.h"

struct device;
struct gic_cpu;
struct machine;
struct device_type;

enum prop_kind {
    PROP_BOOL,    /* bool */
    PROP_U8, PROP_U16, PROP_U32, PROP_U64, /* unsigned of that width */
    PROP_SIZE,    /* uint64_t, with k/M/G suffixes */
    PROP_STRING,  /* char *, owned by the device */
    PROP_OBJECT,  /* a pointer to something of another folder's, by its name: struct prop_object */
    PROP_MAC,     /* uint8_t[6]; default is the next of 52:54:00:12:34:56 */
};

/* What a property of PROP_OBJECT names: a chardev, a drive, a network back end. Declared beside that. */
struct prop_object {
    const char *kind;     /* one word, for -device NAME,help: "chardev" */
    const char *expected; /* "the id of a -chardev" */
    void *(*find)(const char *name);          /* NULL: there is none of this name */
    const char *(*name)(const void *object);  /* as the monitor shows it */
};

/* A property: NAME=VALUE of -device, and a cell of the same name (or dt_name) in a device tree node. */
struct property {
    const char *name;
    enum prop_kind kind;
    uint32_t offset;     /* from struct device */
    uint64_t dflt;       /* numbers and bools; others default to NULL */
    const char *dt_name; /* device tree property that sets it, NULL: none */
    const char *help;
    const struct prop_object *object; /* PROP_OBJECT */
};
#define PROP(type, member, k, d, dt, h) PROP_NAMED(#member, type, member, k, d, dt, h)
#define PROP_NAMED(n, type, member, k, d, dt, h)                                                                       \
    { .name = n, .kind = PROP_##k, .offset = offsetof(type, member), .dflt = d, .dt_name = dt, .help = h }
#define PROP_NAMES(n, type, member, o, h)                                                                              \
    { .name = n, .kind = PROP_OBJECT, .offset = offsetof(type, member), .help = h, .object = &(o) }
#define PROP_END { .name = NULL }

enum unplug { UNPLUG_NOW, UNPLUG_LATER, UNPLUG_REFUSED };

/*
 * A kind of bus that some devices offer and others plug into. The hooks get the device that offers it, bus, and run on
 * the main loop with no lock held; each may be NULL. A reset is each device's own.
 */
struct bus_type {
    const char *name;  /* "virtio-serial-bus" */
    /*
     * Those that boards offer are called by this and a number: "pcie.0"; others by their device's id alone. NULL: all
     * by their device's type or id, and a number.
     */
    const char *root_name;
    /* Those whose device has no id are called by this and a number. NULL: by the device's type. */
    const char *plain_name;
    unsigned slots;    /* how many devices one takes */
    /* Each slot is a bus to users, with a number behind a dot: "ahci0.3", or "ide.3" where its device has no id. */
    bool numbered;
    bool in_trees;     /* device trees say what is there: nodes within the node of the device that offers it */
    bool hotplug;      /* they come and go while the machine runs: device_plug(), device_unplug() */
    /* The same asked of the device that offers it. NULL: hotplug says it. */
    bool (*can_hotplug)(const struct device *bus);
    /*
     * Before d is realized, with its properties set: choose its address, or check the one it asks for. False with a
     * message.
     */
    bool (*address)(struct device *bus, struct device *d, GError **err);
    /* d is realized: from now on the guest finds it. */
    void (*plug)(struct device *bus, struct device *d);
    /* d came while the machine was there, and is whole. */
    void (*plugged)(struct device *bus, struct device *d);
    /*
     * device_unplug() is asked for: what is to be done now. Where the guest is told and goes on with it, bus calls
     * device_remove(). A message comes with UNPLUG_REFUSED only. NULL: it is always UNPLUG_NOW.
     */
    enum unplug (*unplug_request)(struct device *bus, struct device *d, GError **err);
    /* Before d is unrealized: the guest finds it no more, and bus has no pointer to it. */
    void (*unplug)(struct device *bus, struct device *d);
};

struct device_type {
    const char *name;               /* QEMU's name where it has one: what -device and "info qtree" use */
    const char *alias;              /* another name for -device, or NULL */
    const char *desc;               /* one line for -device help */
    const char *const *compatible;  /* device tree bindings, NULL-terminated; NULL: none */
    const struct bus_type *bus;     /* it plugs into with -device (or no_bus); NULL: only boards place it */
    const struct bus_type *provides_bus; /* that it offers, or NULL */
    size_t bus_offset;              /* in its struct: what the kind of bus keeps; see device_bus() */
    /* A device that is on its bus from the beginning, and takes the properties that it has not itself; or NULL. */
    const struct device_type *inner;
    size_t size;                    /* of the device's struct */
    const struct property *props;   /* PROP_END; may be NULL */
    const struct state_table *state; /* of its struct; NULL: that is struct device */

    /*
     * Properties are set, the parent bus is known: make regions, timers, connections. False with a message: nothing was
     * kept.
     */
    bool (*realize)(struct device *d, GError **err);
    /*
     * After the rows of state were set to their reset values: what they can't say (irq levels). May be NULL. lock is
     * held.
     */
    void (*reset)(struct device *d);
    /* Undo realize. May be NULL. */
    void (*unrealize)(struct device *d);
    /* Interrupt controllers: the line for an interrupt specifier of #interrupt-cells cells. False if there is none. */
    bool (*irq_in)(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line);
    /*
     * A device whose node is within an interrupt controller's, and has no interrupts of its own: the cells (as many as
     * that controller wants, at most 3) of the input that output i leads to. False: there is no such output.
     */
    bool (*parent_irq)(const void *fdt, int node, unsigned i, uint32_t cells[3]);
    /* With parent_irq: its outputs lead to the device of this compatible, inputs of one cell. NULL: as trees say. */
    const char *leads_to;
    /* Which properties name its pins, one behind the other, NULL-terminated. NULL: "gpios". */
    const char *const *gpio_props;
    /*
     * Controllers that drive lines of every CPU which the tree does not speak of (ARM's): so many for each, output
     * cpu_lines * N + K being line K of CPU N; what the node calls its interrupts is the controller's own affair.
     */
    unsigned cpu_lines;
    /* With cpu_lines: the line for a specifier of an interrupt that each CPU has of its own. False if there is none. */
    bool (*irq_in_cpu)(struct device *d, unsigned cpu, const uint32_t *cells, unsigned ncells, struct irq *line);
    /*
     * GPIO controllers: from now on the pin of a gpio specifier drives line, when it is an output. False if there is no
     * such pin.
     */
    bool (*pin_out)(struct device *d, const uint32_t *cells, unsigned ncells, const struct irq *line);
    /* What a pin drives: the line of the node's gpio specifier n, which is no output of the device then. */
    void (*pin_in)(struct device *d, unsigned n, struct irq *line);
    /*
     * The peripheral has data to be read by DMA, or room for what is written, as its registers ask for it. NULL: it
     * can't say. Its lock is held.
     */
    bool (*dma_ready)(struct device *d, bool write);
    /* With cpu_lines: the registers that a CPU reaches by system registers of its own. May be NULL. */
    void (*gic_cpu)(struct device *d, unsigned cpu, struct gic_cpu *gic);
    /* Incoming-MSI controllers: the interrupt file behind output n. May be NULL. */
    void (*msi_file)(struct device *d, unsigned n, struct msi_file *file);
    /* Called with the device tree node before realize, for what properties can't say. May be NULL. */
    bool (*from_dt)(struct device *d, const void *fdt, int node, GError **err);
    /* "info NAME"-like state for the monitor, beyond the rows of state. May be NULL. */
    void (*describe)(struct device *d, GString *out);
};

/* How a device reaches memory and sends messages: the space that it sees. */
struct dma {
    struct address_space *as; /* NULL: it is connected to none */
    const bool *enabled;      /* false there: nothing passes at the moment. NULL: always */
};

#define DEVICE_MAX_REGIONS 8
#define DEVICE_MAX_IRQS 4096

struct device {
    const struct device_type *type;
    char *id;                 /* -device id=, or the node's path */
    struct machine *machine;
    struct dma dma;           /* that of the device whose bus it is on; else the machine's memory */
    struct device *parent;    /* the device whose bus it is on, or NULL */
    unsigned slot;            /* which of that bus's: the lowest that was free */
    GPtrArray *children;      /* on the bus that it offers; NULL if it offers none */
    char *bus_name;           /* of the bus it provides ("virtio-mmio-bus.0"), or NULL */
    GMutex lock;              /* guards all state; held around register access, timers and chardev callbacks */
    struct region regions[DEVICE_MAX_REGIONS]; /* the reg entries of the node, in order */
    unsigned nregions;
    struct irq *irqs;         /* outputs, in order of the node's interrupts */
    unsigned nirqs;
    int dt_node;              /* while the board is being built: node offset; else -1 */
    bool realized;
};

/* What a device plugs into that needs no bus. */
extern const struct bus_type no_bus;
/* Every type: devices/list.c, one line a device. NULL-terminated. */
extern const struct device_type *const device_types[];
/* By its name or alias. */
const struct device_type *device_type_find(const char *name);
const struct device_type *device_type_by_compatible(const char *compatible);

/* Allocate with defaults; properties are set next, then device_realize(). */
struct device *device_new(const struct device_type *t, struct machine *m, const char *id);
/* -global: from now on devices of this type (by name) begin with this value of the property. False with a message. */
bool device_add_global(const char *driver, const char *name, const char *value, GError **err);
/*
 * -global unimp.NODE.OFFSET=VALUE: where is NODE.OFFSET, and a register of the node, which no device models, reads so.
 * False with a message.
 */
bool unimp_add_global(const char *where, const char *value, GError **err);
/* The device that is to be on d's bus from the beginning; NULL if d's type has none. device_plug_inner() is next. */
struct device *device_new_inner(struct device *d);
/* d and what offers its bus are part of the machine: realize it too. False with a message: it is freed. */
bool device_plug_inner(struct device *d, GError **err);
bool device_has_prop(const struct device_type *t, const char *name);
/* Set one property from text. False with a message that names the property and what is expected. */
bool device_set_prop(struct device *d, const char *name, const char *value, GError **err);
/*
 * Properties are set; with parent, its slot too. Finds its address on the bus, makes what it needs, and is plugged in
 * and part of snapshots then. False with a message: device_free() is what is left to do.
 */
bool device_realize(struct device *d, GError **err);
/* Unplug, unrealize and free; its own bus is empty by now. NULL is nothing. */
void device_free(struct device *d);
/* The state to its reset values, then type->reset. Takes the lock. */
void device_reset(struct device *d);
/* The same of d and then of all that is on the bus that it offers. */
void device_reset_tree(struct device *d);
/* Every device of the machine, those of the buses included, through fn. */
void device_foreach(struct machine *m, void (*fn)(struct device *d, void *opaque), void *opaque);

/* In realize: add a register region of size bytes, index = order of calls. */
struct region *device_add_io(struct device *d, const char *name, const struct io_ops *ops, uint64_t size);
/* What the kind of bus that d is on keeps of it, in the struct of the device that offers it. */
static inline void *device_bus(const struct device *d)
{
    return (char *)d->parent + d->parent->type->bus_offset;
}
/* Drive output n; unwired ones are ignored. Lock held. */
static inline void device_irq(struct device *d, unsigned n, bool level)
{
    if (n < d->nirqs)
        irq_set(&d->irqs[n], level);
}
/* Devices come to d's bus and go while the machine runs. */
bool device_bus_hotplug(const struct device *d);
/* Unplug d, and first what is on its bus, and free it. Main loop. */
void device_remove(struct device *d);
/* What it does by DMA and messages reaches anything at the moment. Any thread. */
bool device_dma_enabled(const struct device *d);
/*
 * DMA and messages. They reach memory and message windows, never a register: the lock may be held. As dma_read(),
 * dma_write(), dma_map() and bus_msi() of bus.h; while DMA is not enabled they reach nothing.
 */
bool device_dma_read(struct device *d, gpa addr, void *buf, size_t len);
bool device_dma_write(struct device *d, gpa addr, const void *buf, size_t len);
uint8_t *device_dma_map(struct device *d, gpa addr, size_t *len);
bool device_msi(struct device *d, gpa addr, uint32_t data, uint32_t requester);
/* Bytes of the machine's memory, as -m says. */
uint64_t device_ram_size(const struct device *d);
/* The index of the CPU whose access to a register is under way; 0 where it is none's. */
unsigned device_cpu(const struct device *d);
/* A CPU that waits since its reset, as its node's enable-method says, begins at these vectors. The lock may be held. */
void device_release_cpu(struct device *d, unsigned cpu, gpa vectors);
/* The access to a register that is under way is a secure one. */
bool device_access_is_secure(const struct device *d);
/* ... and no CPU's but a device's message: its requester's number. */
bool device_access_is_message(const struct device *d, uint32_t *requester);
/* The CPUs' time counter is so many ticks ahead of the clock from now on. Any thread; the lock may be held. */
void device_set_time_offset(struct device *d, uint64_t ticks);
/* Log a guest's misuse: "ns16550: offset 0x9: ..." under guest_errors. */
#define device_guest_error(d, fmt, ...) log_to(LOG_GUEST_ERRORS, "%s: " fmt "\n", (d)->type->name, ##__VA_ARGS__)

#endif
