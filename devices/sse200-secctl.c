/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The security controller of ARM's SSE-200 (IoT kit): which peripherals are whose, behind its peripheral protection
 * controllers (PPC), and what of the secure addresses the other state may call. Manual: "Arm CoreLink SSE-200 Subsystem
 * for Embedded" (101104), "Secure and Non-secure Access Configuration Registers"; SIE-200's (DDI 0571) for PPCs.
 *
 * A device whose node has arm,ppc-port = <REGISTER BIT> is behind the port that this bit of this register is of: it
 * answers secure accesses while the bit is 0, else the others. What a port refuses reads as zero and ignores writes,
 * or with SECRESPCFG is a bus error. Outputs 0 and 1: NSCCFG's bits, which the CPU's IDAU has to know; 2: what a port
 * refused; 3: what memory protection controllers refused, whose lines are its inputs, by their bits of SECMPCINTSTATUS.
 * Not modelled: the privileged-only bits, which are kept; bridges, master security controllers.
 */
#include <inttypes.h>
#include <libfdt.h>

#include "device.h"
#include "dt.h"

enum { SECRESPCFG = 0x10, NSCCFG = 0x14, SECMPCINTSTATUS = 0x1c, SECPPCINTSTAT = 0x20, SECPPCINTCLR = 0x24,
       SECPPCINTEN = 0x28, AHBNSPPC0 = 0x50, PPC_END = 0xd0, NSPPC_FIRST = 0x90, PID4 = 0xfd0, REGION_BYTES = 0x1000 };
#define WORDS ((PPC_END - AHBNSPPC0) / 4)
#define MAX_PORTS 64
#define SECURE_ALIAS 0x10000000u

static const uint8_t secure_ids[12] = { 0x04, 0, 0, 0, 0x52, 0xb8, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
static const uint8_t ids[12] = { 0x04, 0, 0, 0, 0x53, 0xb8, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

struct port {
    struct sse200_secctl *ctl;
    uint8_t word, bit;
    gpa base;
    struct region refused, error;
};

struct sse200_secctl {
    struct device dev;
    struct port ports[MAX_PORTS];
    unsigned nports;
    uint32_t word[WORDS]; /* AHBNSPPC0 and what follows */
    uint32_t respcfg, nsccfg, stat, enabled;
    uint32_t mpc; /* the inputs */
};

/* -- Ports -- */

static bool is_ns(const struct port *p)
{
    return p->ctl->word[p->word] >> p->bit & 1;
}

/* Over the device, where the accesses that it is not for find it: at its address, and where secure code has it. */
static void cover(struct port *p)
{
    struct address_space *as = p->ctl->dev.dma.as;
    struct region *r = p->ctl->respcfg & 1 ? &p->error : &p->refused;
    gpa state = is_ns(p) ? BUS_SECURE : 0;

    address_space_map(as, r, p->base | state, 1);
    address_space_map(as, r, (p->base | SECURE_ALIAS) | state, 1);
}

static void uncover(struct port *p)
{
    address_space_unmap(p->ctl->dev.dma.as, &p->refused);
    address_space_unmap(p->ctl->dev.dma.as, &p->error);
}

static void cover_all(struct sse200_secctl *s)
{
    for (unsigned i = 0; i < s->nports; i++) {
        uncover(&s->ports[i]);
        cover(&s->ports[i]);
    }
}

/* Which bit of SECPPCINTSTAT a PPC's interrupt is: APB's 0 and 1, APB's expansions from 4 on, AHB's from 20 on. */
static unsigned status_bit(const struct port *p)
{
    unsigned offset = AHBNSPPC0 + 4 * p->word;

    return offset >= 0x80 ? 4 + (offset - 0x80) / 4 : offset >= 0x70 ? (offset - 0x70) / 4 : 20 + (offset - 0x60) / 4;
}

static void update_irqs(struct sse200_secctl *s)
{
    device_irq(&s->dev, 0, s->nsccfg & 1);
    device_irq(&s->dev, 1, s->nsccfg & 2);
    device_irq(&s->dev, 2, s->stat & s->enabled);
    device_irq(&s->dev, 3, s->mpc);
}

static void mpc_input(void *opaque, unsigned n, bool level)
{
    struct sse200_secctl *s = opaque;

    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&s->dev.lock);
    s->mpc = with_bits(s->mpc, n, 1, level);
    update_irqs(s);
    g_mutex_unlock(&s->dev.lock);
    lock_order_leave(LOCK_CONTROLLER);
}

static bool secctl_irq_in(struct device *d, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells != 1 || cells[0] > 31)
        return false;
    *line = (struct irq){ .set = mpc_input, .opaque = d, .n = cells[0] };
    return true;
}

static void refuse(struct port *p, uint64_t offset)
{
    struct sse200_secctl *s = p->ctl;

    device_guest_error(&s->dev, "%ssecure access to 0x%" PRIx64 " refused",
                       device_access_is_secure(&s->dev) ? "" : "non-", p->base + offset);
    s->stat |= 1u << status_bit(p);
    update_irqs(s);
}

static uint64_t refused_read(void *opaque, uint64_t offset, unsigned size)
{
    refuse(opaque, offset);
    return 0;
}

static void refused_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    refuse(opaque, offset);
}

static const struct io_ops refused_ops = { .read = refused_read, .write = refused_write, .min_size = 1, .max_size = 4 };
static const struct io_ops error_ops = { 0 }; /* a bus error for each access */

/* -- Registers: all of them for secure accesses, of the PPCs' non-secure ports for others -- */

static uint64_t secure_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sse200_secctl *s = opaque;

    switch (offset) {
    case SECRESPCFG: return s->respcfg;
    case NSCCFG: return s->nsccfg;
    case SECMPCINTSTATUS: return s->mpc;
    case SECPPCINTSTAT: return s->stat;
    case SECPPCINTEN: return s->enabled;
    }
    if (offset >= AHBNSPPC0 && offset < PPC_END)
        return s->word[(offset - AHBNSPPC0) / 4];
    if (offset >= PID4)
        return secure_ids[(offset - PID4) / 4];
    device_guest_error(&s->dev, "offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void write_ports(struct sse200_secctl *s, unsigned word, uint32_t value)
{
    uint32_t changed = s->word[word] ^ value;

    s->word[word] = value;
    for (unsigned i = 0; i < s->nports; i++) {
        struct port *p = &s->ports[i];
        if (p->word == word && (changed >> p->bit & 1)) {
            uncover(p);
            cover(p);
        }
    }
}

static void secure_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sse200_secctl *s = opaque;

    switch (offset) {
    case SECRESPCFG:
        s->respcfg = value & 1;
        cover_all(s);
        break;
    case NSCCFG: s->nsccfg = value & 3; break;
    case SECPPCINTCLR: s->stat &= ~value; break;
    case SECPPCINTEN: s->enabled = value & 0xf000f3; break;
    default:
        if (offset >= AHBNSPPC0 && offset < PPC_END)
            write_ports(s, (offset - AHBNSPPC0) / 4, value);
        else
            device_guest_error(&s->dev, "offset 0x%" PRIx64 ": write to no writable register", offset);
    }
    update_irqs(s);
}

static const struct io_ops secure_ops = { .read = secure_read, .write = secure_write, .min_size = 4, .max_size = 4 };

/* The privileged-only bits of non-secure ports have words of their own, where the secure view has its own. */
static uint64_t other_read(void *opaque, uint64_t offset, unsigned size)
{
    struct sse200_secctl *s = opaque;

    if (offset >= PID4)
        return ids[(offset - PID4) / 4];
    if (offset < NSPPC_FIRST || offset >= PPC_END)
        device_guest_error(&s->dev, "non-secure offset 0x%" PRIx64 ": read of no readable register", offset);
    return 0;
}

static void other_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct sse200_secctl *s = opaque;

    if (offset < NSPPC_FIRST || offset >= PPC_END)
        device_guest_error(&s->dev, "non-secure offset 0x%" PRIx64 ": write to no writable register", offset);
}

static const struct io_ops other_ops = { .read = other_read, .write = other_write, .min_size = 4, .max_size = 4 };

/* -- Life -- */

static bool secctl_from_dt(struct device *d, const void *fdt, int node, GError **err)
{
    struct sse200_secctl *s = container_of(d, struct sse200_secctl, dev);

    for (int n = fdt_next_node(fdt, -1, NULL); n >= 0; n = fdt_next_node(fdt, n, NULL)) {
        int len;
        const fdt32_t *cells = fdt_getprop(fdt, n, "arm,ppc-port", &len);
        gpa base;
        uint64_t size;
        if (!cells)
            continue;
        uint32_t reg = len == 8 ? fdt32_ld(cells) : 0, bit = len == 8 ? fdt32_ld(cells + 1) : 32;
        if (reg < AHBNSPPC0 || reg >= NSPPC_FIRST || reg % 4 || bit > 31 || s->nports == MAX_PORTS ||
            !dt_reg(fdt, n, 0, &base, &size) || !size) {
            fail(err, "device tree: %s: arm,ppc-port: expected a register of %s and its bit, for at most %u devices",
                 fdt_get_name(fdt, n, NULL), d->id, MAX_PORTS);
            return false;
        }
        struct port *p = &s->ports[s->nports++];
        *p = (struct port){ .ctl = s, .word = (reg - AHBNSPPC0) / 4, .bit = bit, .base = base };
        p->refused = (struct region){ .name = "ppc-refused", .kind = REGION_IO, .size = size, .ops = &refused_ops,
                                      .opaque = p, .lock = &d->lock };
        p->error = (struct region){ .name = "ppc-error", .kind = REGION_IO, .size = size, .ops = &error_ops };
    }
    return true;
}

static bool secctl_realize(struct device *d, GError **err)
{
    struct sse200_secctl *s = container_of(d, struct sse200_secctl, dev);

    device_add_io(d, "secctl-secure", &secure_ops, REGION_BYTES);
    device_add_io(d, "secctl", &other_ops, REGION_BYTES);
    cover_all(s);
    return true;
}

static void secctl_unrealize(struct device *d)
{
    struct sse200_secctl *s = container_of(d, struct sse200_secctl, dev);

    for (unsigned i = 0; i < s->nports; i++)
        uncover(&s->ports[i]);
}

static void secctl_reset(struct device *d)
{
    struct sse200_secctl *s = container_of(d, struct sse200_secctl, dev);

    cover_all(s);
    update_irqs(s);
}

static bool secctl_loaded(void *obj, unsigned version, GError **err)
{
    struct sse200_secctl *s = obj;

    cover_all(s);
    return true;
}

static const struct state_row secctl_fields[] = {
    FIELD_NONE(struct sse200_secctl, ports, "wiring"),
    FIELD_NONE(struct sse200_secctl, nports, "wiring"),
    FIELD_ARRAY(struct sse200_secctl, word, 0),
    FIELD(struct sse200_secctl, respcfg, 0),
    FIELD(struct sse200_secctl, nsccfg, 0),
    FIELD(struct sse200_secctl, stat, 0),
    FIELD(struct sse200_secctl, enabled, 0),
    FIELD_KEEP(struct sse200_secctl, mpc),
    FIELD_END,
};

static const struct state_table secctl_state = {
    STATE_OF(struct sse200_secctl),
    .version = 2,
    .rows = secctl_fields,
    .loaded = secctl_loaded,
};

static const char *const secctl_compatible[] = { "arm,sse200-secctl", NULL };

const struct device_type sse200_secctl_type = {
    .name = "iotkit-secctl",
    .desc = "SSE-200 security controller",
    .compatible = secctl_compatible,
    .size = sizeof(struct sse200_secctl),
    .state = &secctl_state,
    .from_dt = secctl_from_dt,
    .realize = secctl_realize,
    .unrealize = secctl_unrealize,
    .reset = secctl_reset,
    .irq_in = secctl_irq_in,
};
