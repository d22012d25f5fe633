/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI: functions with their configuration space, buses, the host's windows, interrupts. Manuals: "PCI Local Bus
 * Specification" 3.0, chapter 6; "PCI-to-PCI Bridge Architecture Specification" 1.2, chapter 3.
 *
 * A device type for such a bus has a struct pci_function in its struct. The device's lock guards the configuration space;
 * what interrupts need of it is under irq_lock, which is taken under that or under another device's.
 */
#ifndef MYNAH_PCI_H
#define MYNAH_PCI_H

#include "device.h"

#define PCI_FUNCTIONS 256       /* of a bus: 32 devices of 8 functions */
#define PCI_CONFIG_SPACE 256    /* bytes of a conventional function's configuration space */
#define PCIE_CONFIG_SPACE 4096  /* of an express one's */
#define PCI_ROM 6  /* the base address register of a ROM comes after the others */
#define PCI_BARS 7
#define PCI_PINS 4

/* Registers of the configuration space. */
enum pci_register {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION_ID = 0x08,
    PCI_CLASS_PROG = 0x09,
    PCI_CLASS_DEVICE = 0x0a,
    PCI_CACHE_LINE_SIZE = 0x0c,
    PCI_LATENCY_TIMER = 0x0d,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BASE_ADDRESS_0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_ROM_ADDRESS = 0x30,
    PCI_CAPABILITY_LIST = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    /* of bridges (header type 1) */
    PCI_PRIMARY_BUS = 0x18,
    PCI_SECONDARY_BUS = 0x19,
    PCI_SUBORDINATE_BUS = 0x1a,
    PCI_IO_BASE = 0x1c,
    PCI_IO_LIMIT = 0x1d,
    PCI_SECONDARY_STATUS = 0x1e,
    PCI_MEMORY_BASE = 0x20,
    PCI_MEMORY_LIMIT = 0x22,
    PCI_PREF_MEMORY_BASE = 0x24,
    PCI_PREF_MEMORY_LIMIT = 0x26,
    PCI_PREF_BASE_UPPER32 = 0x28,
    PCI_PREF_LIMIT_UPPER32 = 0x2c,
    PCI_IO_BASE_UPPER16 = 0x30,
    PCI_IO_LIMIT_UPPER16 = 0x32,
    PCI_BRIDGE_ROM_ADDRESS = 0x38,
    PCI_BRIDGE_CONTROL = 0x3e,
};

enum pci_command {
    PCI_COMMAND_IO = 0x1,
    PCI_COMMAND_MEMORY = 0x2,
    PCI_COMMAND_MASTER = 0x4,
    PCI_COMMAND_PARITY = 0x40,
    PCI_COMMAND_SERR = 0x100,
    PCI_COMMAND_INTX_DISABLE = 0x400,
};

enum pci_status {
    PCI_STATUS_INTERRUPT = 0x8,
    PCI_STATUS_CAP_LIST = 0x10,
    PCI_STATUS_66MHZ = 0x20,
    PCI_STATUS_FAST_BACK = 0x80,
};
enum pci_bridge_control { PCI_BRIDGE_RESET = 0x40 };
enum pci_header { PCI_HEADER_TYPE_BRIDGE = 0x1, PCI_HEADER_TYPE_MULTI_FUNCTION = 0x80 };
enum pci_bar_type { PCI_BAR_IO = 0x1, PCI_BAR_MEMORY_64 = 0x4, PCI_BAR_PREFETCH = 0x8 };
enum pci_capability {
    PCI_CAP_POWER = 0x01,
    PCI_CAP_MSI = 0x05,
    PCI_CAP_VENDOR = 0x09,
    PCI_CAP_SUBSYSTEM = 0x0d,
    PCI_CAP_EXPRESS = 0x10,
    PCI_CAP_MSIX = 0x11,
};

/* Of the PCI Express capability: registers, and what a function can be. */
enum pcie_register {
    PCIE_CAPABILITIES = 0x02,
    PCIE_DEVICE_CAP = 0x04,
    PCIE_DEVICE_CONTROL = 0x08,
    PCIE_DEVICE_STATUS = 0x0a,
    PCIE_LINK_CAP = 0x0c,
    PCIE_LINK_CONTROL = 0x10,
    PCIE_LINK_STATUS = 0x12,
    PCIE_SLOT_CAP = 0x14,
    PCIE_SLOT_CONTROL = 0x18,
    PCIE_SLOT_STATUS = 0x1a,
    PCIE_DEVICE_CAP_2 = 0x24,
    PCIE_DEVICE_CONTROL_2 = 0x28,
};
enum pcie_type { PCIE_TYPE_ENDPOINT = 0, PCIE_TYPE_ROOT_PORT = 4, PCIE_TYPE_PCI_BRIDGE = 7, PCIE_TYPE_INTEGRATED = 9 };

struct pci_bus;
struct pci_function;

/* A base address register and what is mapped where it says. */
struct pci_bar {
    struct region *region; /* NULL: there is none. Its size is a power of two */
    uint8_t type;          /* enum pci_bar_type */
    bool mapped;           /* at: */
    gpa at;
};

/* MSI-X: msix.c. Under irq_lock. */
struct pci_msix {
    unsigned n;       /* vectors; 0: the function has no MSI-X */
    uint8_t cap;      /* its capability */
    uint32_t pba_at;  /* where the pending bits begin in the BAR; the table is at its start */
    unsigned table_bytes, pba_bytes;
    uint8_t *table, *pba;
};

/* What a device type may want to know of. The device's lock is held. */
struct pci_ops {
    /* Bring the bytes up to date before they are read. May be NULL. */
    void (*config_read)(struct pci_function *f, unsigned offset, unsigned size);
    /* They were written. May be NULL. */
    void (*config_written)(struct pci_function *f, unsigned offset, unsigned size);
    /* The same once the device's lock is given back; the host's map_lock is held. May be NULL. */
    void (*config_settled)(struct pci_function *f, unsigned offset, unsigned size);
};

struct pci_function {
    struct device *dev;
    const struct pci_ops *ops;
    struct pci_bus *bus;       /* that it is on */
    struct pci_bus *secondary; /* bridges: that it leads to; else NULL */
    uint8_t devfn;             /* device << 3 | function */
    unsigned next_cap;         /* where the next capability goes */
    unsigned express;          /* the PCI Express capability; 0: it has none */
    bool resettable;           /* by that */
    bool master;               /* it may reach memory and send messages: that bit of its command register */
    struct ram_block *rom;     /* what its ROM holds, or NULL */
    uint8_t config[PCIE_CONFIG_SPACE];
    uint8_t writable[PCIE_CONFIG_SPACE]; /* bits that a write changes, and a reset clears */
    uint8_t clearable[PCIE_CONFIG_SPACE]; /* bits that a one clears, and so does a reset */
    struct pci_bar bar[PCI_BARS];
    GMutex irq_lock;
    bool intx;                 /* the device asserts its pin */
    bool intx_out;             /* and that drives a line of the host */
    uint8_t msi;               /* the capability of MSI; 0: it has none */
    struct pci_msix msix;
    /* Properties. */
    char *addr;
    char *romfile;
    uint32_t rombar;
    bool multifunction;
};

/* Where devices come and go: as the hooks of struct bus_type of these names, which call them. */
struct pci_slot_ops {
    bool (*can_hotplug)(const struct pci_bus *bus);
    void (*plugged)(const struct pci_bus *bus);
    enum unplug (*unplug_request)(const struct pci_bus *bus, struct device *d, GError **err);
    void (*unplug)(const struct pci_bus *bus, struct device *d);
};

/* The slots behind a host or a bridge. */
struct pci_bus {
    struct pci_host *host;
    struct pci_function *bridge; /* that leads here; NULL: it is the host's own bus */
    const struct pci_slot_ops *slot; /* NULL: what is there stays */
    bool one_device;             /* a link: number 0 alone can be there */
    bool off;                    /* without power: nobody answers. Under map_lock */
    uint8_t number;              /* as the bridge was told: atomic */
    struct pci_function *function[PCI_FUNCTIONS];
};

enum pci_space { PCI_SPACE_IO, PCI_SPACE_MEMORY, PCI_SPACE_MEMORY_64, PCI_SPACES };

/* A range of bus addresses that CPUs reach. */
struct pci_window {
    uint64_t size; /* 0: there is none */
    gpa cpu;       /* its address on the CPUs' side, */
    uint64_t pci;  /* and on the bus */
    struct region empty; /* what answers where no BAR is */
};

/* The host side. */
struct pci_host {
    struct device *dev;   /* output n is pin n of device 0 */
    struct pci_bus root;
    struct pci_window window[PCI_SPACES];
    /* Headers are written, and BARs mapped, one change after the other: taken before every device's lock. */
    GMutex map_lock;
    GMutex intx_lock;     /* guards, and comes before controllers': */
    unsigned asserted[PCI_PINS]; /* functions that drive the line */
};

extern const struct device_type gpex_root_type;
/* Devices that offer such a bus have their struct pci_bus at bus_offset. */
extern const struct bus_type pci_bus_type;

/* -- Functions, pci.c -- */

/* What a function is, for pci_init(). */
struct pci_id {
    uint16_t vendor, device;
    uint16_t subsystem_vendor, subsystem;
    uint8_t revision;
    uint32_t class_code; /* class, subclass, programming interface: 24 bits */
    bool pin;            /* it interrupts by pin A */
    bool bridge;         /* header type 1 */
};

#define PCI_PROPS(type, f)                                                                                             \
    PROP_NAMED("addr", type, f.addr, STRING, 0, NULL, "device number and function in hexadecimal, such as 06.0"),      \
    PROP_NAMED("multifunction", type, f.multifunction, BOOL, 0, NULL, "functions 1 to 7 may be there as well"),        \
    PROP_NAMED("romfile", type, f.romfile, STRING, 0, NULL, "a file that firmware finds in the device's ROM"),         \
    PROP_NAMED("rombar", type, f.rombar, U32, 1, NULL, "0: no ROM, whatever romfile= says")
#define PCI_FIELDS(type, f) FIELD_STRUCT(type, f, &pci_function_table)
extern const struct state_table pci_function_table;

/* In realize: the bus that d is on. NULL with a message: it is on none. */
struct pci_bus *pci_bus_of(const struct device *d, GError **err);
/*
 * In realize: the function takes its place on d's bus, that of its property addr or the first that is free; header and
 * identity are filled in. False with a message. Undone by pci_fini().
 */
bool pci_init(struct pci_function *f, struct device *d, const struct pci_id *id, const struct pci_ops *ops, GError **err);
void pci_fini(struct pci_function *f);
/* In the device's reset, its lock held: what the guest wrote is gone, and BARs are unmapped. */
void pci_reset(struct pci_function *f);
/* Set the bit of the command register that lets it reach memory. The device's lock is held. */
void pci_enable_master(struct pci_function *f);
/* In loaded of the device's table: check what came. pci_host_loaded() maps the BARs. False with a message. */
bool pci_loaded(struct pci_function *f, GError **err);

/* BAR n is a region of the device's; 64-bit ones take n + 1 too. Its size is a power of two, at least 16 (I/O: 4). */
void pci_add_bar(struct pci_function *f, unsigned n, uint8_t type, struct region *r);
/* BAR n goes, with the device that its region is of. Main loop. */
void pci_remove_bar(struct pci_function *f, unsigned n);
/* Append a capability of size bytes; the offset of its header. */
unsigned pci_add_capability(struct pci_function *f, uint8_t id, unsigned size);
/* The PCI Express capability of a function of this type, port N of its device; its offset. A link of one slow lane. */
unsigned pci_add_express(struct pci_function *f, enum pcie_type type, uint8_t port);
/* The function, an express one, can be reset by itself: device_reset_tree() of the device is done. */
void pci_add_function_reset(struct pci_function *f);
/* The power management capability, whose states make no difference. */
void pci_add_power(struct pci_function *f);

/* Where base address register n is. */
static inline unsigned pci_bar_register(const struct pci_function *f, unsigned n)
{
    return n < PCI_ROM ? PCI_BASE_ADDRESS_0 + 4 * n : f->secondary ? PCI_BRIDGE_ROM_ADDRESS : PCI_ROM_ADDRESS;
}
static inline uint16_t pci_get16(const struct pci_function *f, unsigned offset)
{
    return f->config[offset] | f->config[offset + 1] << 8;
}
/* Of an express function. */
static inline enum pcie_type pcie_type_of(const struct pci_function *f)
{
    return f->config[f->express + PCIE_CAPABILITIES] >> 4;
}
static inline uint32_t pci_get32(const struct pci_function *f, unsigned offset)
{
    return pci_get16(f, offset) | (uint32_t)pci_get16(f, offset + 2) << 16;
}
/* Little-endian fields of the configuration space or of its masks, at p. */
static inline void pci_put16(uint8_t *p, uint16_t v)
{
    p[0] = v;
    p[1] = v >> 8;
}
static inline void pci_put32(uint8_t *p, uint32_t v)
{
    pci_put16(p, v);
    pci_put16(p + 2, v >> 16);
}

/* The guest's access of 1, 2 or 4 bytes, naturally aligned. No lock is held. */
uint32_t pci_config_read(struct pci_function *f, unsigned offset, unsigned size);
void pci_config_write(struct pci_function *f, unsigned offset, uint32_t value, unsigned size);

/* Drive the interrupt pin. Any lock of a device may be held. */
void pci_set_intx(struct pci_function *f, bool level);

/* -- Bridges, bridge.c -- */

/* In realize, after pci_init(): f is a bridge to secondary. Its windows stay shut until the guest opens them. */
void pci_bridge_init(struct pci_function *f, struct pci_bus *secondary);
/* After pci_reset(). */
void pci_bridge_reset(struct pci_function *f);
/* config_settled of bridges: the guest can reset what is behind. */
void pci_bridge_settled(struct pci_function *f, unsigned offset, unsigned size);
/* True if an access is to one of the bytes from first on, before end. */
static inline bool pci_overlaps(unsigned offset, unsigned size, unsigned first, unsigned end)
{
    return offset < end && offset + size > first;
}

/* -- Buses, bus.c -- */

/* The first bus of the host has this number, others what bridges were told. NULL: nobody answers. */
struct pci_function *pci_find(struct pci_host *h, unsigned first_bus, unsigned bus, uint8_t devfn);
/* Set up the host's own bus, which has this number; the windows are set. */
void pci_host_init(struct pci_host *h, struct device *d, uint8_t first_bus);
void pci_host_fini(struct pci_host *h);
/* In loaded of the host's table: what all functions came with fits, and BARs are mapped as they say. */
bool pci_host_loaded(struct pci_host *h, GError **err);
extern const struct state_table pci_host_table;
/* Map f's BARs, and those behind it, where they are to be seen. map_lock is held, no device's is. */
void pci_remap(struct pci_function *f);
/* What BAR n, which is there, says on the bus. */
uint64_t pci_bar_address(const struct pci_function *f, unsigned n);
/* Append the text of "info pci". */
void pci_describe(struct pci_host *h, unsigned first_bus, GString *out);
/* The line of the host that a pin of a function is wired to: each bridge turns them by its device number. */
unsigned pci_host_line(const struct pci_function *f);
/* One function more, or one less, drives the line. */
void pci_drive_line(struct pci_host *h, unsigned line, bool level);

/* A message of the function's, as device_msi(). Any lock of a device may be held. */
bool pci_message(struct pci_function *f, gpa addr, uint32_t data);

/* -- MSI, msi.c -- */

/* In realize: one message. The capability is added. */
void pci_msi_init(struct pci_function *f);
/* Interrupts go by messages. Any lock of a device may be held. */
bool pci_msi_enabled(struct pci_function *f);
/* Send the message, if so. Any lock of a device may be held. */
void pci_msi_notify(struct pci_function *f);
/*
 * The function's interrupt, for those that have a pin and MSI at most: the pin has this level, or, with messages, each
 * call with true sends one. To be called where the level may have changed, where there is something new, and in
 * config_written. Any lock of a device may be held.
 */
void pci_interrupt(struct pci_function *f, bool level);

/* -- MSI-X, msix.c -- */

/*
 * n vectors, in a BAR of their own of 4 KiB or what they need: the table is at its start, pending bits at half of it.
 * BAR and capability are added.
 */
void pci_msix_init(struct pci_function *f, unsigned bar, unsigned n);
void pci_msix_fini(struct pci_function *f);
void pci_msix_reset(struct pci_function *f);
/* The capability was written. The device's lock is held. */
void pci_msix_config_written(struct pci_function *f, unsigned offset, unsigned size);
/* Interrupts go by messages. Any lock of a device may be held. */
bool pci_msix_enabled(struct pci_function *f);
/* Send vector n's message, or note it while that is masked. Any lock of a device may be held. */
void pci_msix_notify(struct pci_function *f, unsigned n);

#endif
