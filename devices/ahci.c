/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AHCI controller of Intel's ICH9, with six ports. Manuals: "Serial ATA Advanced Host Controller Interface (AHCI)
 * 1.3.1", and of its own registers "Intel I/O Controller Hub 9 (ICH9) Family Datasheet". Not modelled: port
 * multipliers, power states of links, drives that come and go, coalesced commands. A command under way can't be
 * stopped: who stops the port waits until its data is touched no more.
 */
#include <inttypes.h>
#include <string.h>

#include "devices/pci/pci.h"
#include "ide.h"
#include "input.h"

/* -- Numbers of the manual -- */

enum hba_register { R_CAP = 0x00, R_GHC = 0x04, R_IS = 0x08, R_PI = 0x0c, R_VS = 0x10, R_PORTS = 0x100 };
#define PORT_BYTES 0x80
/* AHCI only, 1.5 Gb/s, NCQ, 64 bits. */
#define CAP ((IDE_PORTS - 1) | (SLOTS - 1) << 8 | 1 << 18 | 1 << 20 | 1 << 30 | 1u << 31)
enum { GHC_RESET = 1, GHC_INTERRUPTS = 2, GHC_AHCI = INT32_MIN };
#define AHCI_VERSION 0x10000
#define SLOTS 32

enum port_register {
    P_CLB = 0x00, P_CLBU = 0x04, P_FB = 0x08, P_FBU = 0x0c, P_IS = 0x10, P_IE = 0x14, P_CMD = 0x18, P_TFD = 0x20,
    P_SIG = 0x24, P_SSTS = 0x28, P_SCTL = 0x2c, P_SERR = 0x30, P_SACT = 0x34, P_CI = 0x38,
};
enum { CMD_START = 1, CMD_SPIN_UP = 2, CMD_POWER = 4, CMD_OVERRIDE = 8, CMD_FIS = 0x10, CMD_FIS_RUNNING = 0x4000,
       CMD_RUNNING = 0x8000 };
#define CMD_BITS 0x0f000017u /* what is written and stays */
enum { IS_D2H = 1 << 0, IS_PIO = 1 << 1, IS_DEVICE_BITS = 1 << 3, IS_INTERFACE_FATAL = 1 << 27,
       IS_BUS_FATAL = 1 << 29, IS_TASK_FILE = 1 << 30 };
#define IE_BITS 0xfdc000ffu
#define SSTS_THERE 0x113 /* a drive, at 1.5 Gb/s, active */
#define TFD_NOBODY 0x7f
#define SIG_NOBODY 0xffffffffu
enum { SCTL_DET = 0xf, SCTL_RESET = 1 };

/* Where each kind of FIS is received, what begins it, its size. */
enum { RX_PIO = 0x20, RX_D2H = 0x40, RX_DEVICE_BITS = 0x58 };
enum { FIS_H2D = 0x27, FIS_D2H = 0x34, FIS_PIO = 0x5f, FIS_DEVICE_BITS = 0xa1 };
enum { FIS_COMMAND = 0x80, FIS_INTERRUPT = 0x40, FIS_DEVICE_TO_HOST = 0x20, CONTROL_RESET = 4 };
#define FIS_BYTES 20

/* A command's header, its table. */
#define HEADER_BYTES 32
enum { HEADER_PACKET = 0x20, HEADER_WRITE = 0x40 };
enum { TABLE_FIS = 0x00, TABLE_PACKET = 0x40, TABLE_PRDT = 0x80 };
#define PRD_BYTES 16
#define PRD_MAX 0x400000

/* -- The controller -- */

struct ahci_port {
    uint64_t clb, fb;
    uint32_t is, ie, cmd, tfd, sig, sctl, serr, sact, ci;
    uint32_t busy;       /* slots whose command is under way */
    bool queued;         /* these are queued commands */
    bool failed;         /* nothing more is done until the port is started again */
    bool resetting;      /* by a FIS with SRST */
    bool signature_sent;
    uint32_t run;        /* which of those that are between a start and a stop */
};

struct ahci {
    struct device dev;
    struct pci_function pci;
    struct ide_bus bus;
    uint32_t ghc, is;
    uint8_t index; /* of the pair of index and data in I/O space */
    struct ahci_port port[IDE_PORTS];
    uint32_t under_way; /* commands */
    GCond idle;
};

/* A command that was read. */
struct command {
    struct ide_request r;
    struct ahci *s;
    unsigned port, slot;
    uint32_t run;
    gpa header;
};

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* -- Interrupts -- */

static void update_irq(struct ahci *s)
{
    for (unsigned i = 0; i < IDE_PORTS; i++)
        if (s->port[i].is & s->port[i].ie)
            s->is |= 1u << i;
    pci_interrupt(&s->pci, s->is && (s->ghc & GHC_INTERRUPTS));
}

static void raise_irq(struct ahci *s, struct ahci_port *p, uint32_t bits)
{
    p->is |= bits;
    update_irq(s);
}

/* -- What a drive sends -- */

static void receive(struct ahci *s, struct ahci_port *p, unsigned where, const uint8_t *fis, size_t len)
{
    if ((p->cmd & CMD_FIS) && !device_dma_write(&s->dev, p->fb + where, fis, len))
        device_guest_error(&s->dev, "received FIS at 0x%" PRIx64 ": expected RAM", p->fb + where);
}

/* The registers, as a D2H and a PIO setup FIS have them. */
static void put_registers(uint8_t *fis, const struct ide_request *r)
{
    fis[2] = r->status;
    fis[3] = r->error;
    for (unsigned i = 0; i < 3; i++) {
        fis[4 + i] = r->lba >> 8 * i;
        fis[8 + i] = r->lba >> 8 * (3 + i);
    }
    fis[7] = r->device;
    fis[12] = r->count;
    fis[13] = r->count >> 8;
}

static void send_d2h(struct ahci *s, struct ahci_port *p, const struct ide_request *r, bool interrupt)
{
    uint8_t fis[FIS_BYTES] = { FIS_D2H, interrupt ? FIS_INTERRUPT : 0 };

    put_registers(fis, r);
    p->tfd = r->error << 8 | r->status;
    receive(s, p, RX_D2H, fis, FIS_BYTES);
}

static void send_pio_setup(struct ahci *s, struct ahci_port *p, const struct ide_request *r)
{
    uint8_t fis[FIS_BYTES] = { FIS_PIO, FIS_INTERRUPT | (r->to_device ? 0 : FIS_DEVICE_TO_HOST) };

    put_registers(fis, r);
    fis[2] = r->status | IDE_DRQ;
    fis[15] = r->status;
    pci_put16(fis + 16, MIN(r->transferred, IDE_SECTOR));
    receive(s, p, RX_PIO, fis, FIS_BYTES);
}

static void send_device_bits(struct ahci *s, struct ahci_port *p, const struct ide_request *r, uint32_t done)
{
    uint8_t fis[8] = { FIS_DEVICE_BITS, FIS_INTERRUPT, r->status & 0x77, r->error };

    pci_put32(fis + 4, done);
    p->tfd = r->error << 8 | (p->tfd & 0x88) | (r->status & 0x77);
    receive(s, p, RX_DEVICE_BITS, fis, sizeof(fis));
}

/* What the drive is, once somebody wants to know. */
static void send_signature(struct ahci *s, unsigned n)
{
    struct ahci_port *p = &s->port[n];
    struct ide_request r = { 0 };

    if (!s->bus.drive[n] || p->signature_sent || !(p->cmd & CMD_FIS))
        return;
    p->signature_sent = true;
    ide_signature(s->bus.drive[n], &r);
    p->sig = (r.count & 0xff) | (r.lba & 0xffffff) << 8;
    send_d2h(s, p, &r, false);
}

/* -- The end of a command -- */

static void end_queued(struct ahci *s, struct ahci_port *p, struct command *c)
{
    if (c->r.status & IDE_ERR) {
        send_device_bits(s, p, &c->r, 0);
        p->failed = true;
        raise_irq(s, p, IS_TASK_FILE);
        return;
    }
    p->sact &= ~(1u << c->slot);
    send_device_bits(s, p, &c->r, 1u << c->slot);
    raise_irq(s, p, IS_DEVICE_BITS);
}

static void end_command(struct ahci *s, struct ahci_port *p, struct command *c)
{
    bool ok = !(c->r.status & IDE_ERR);

    if (ok)
        p->ci &= ~(1u << c->slot);
    else
        p->failed = true;
    if (c->r.protocol == IDE_PIO_IN && ok) {
        send_pio_setup(s, p, &c->r);
        p->tfd = c->r.error << 8 | c->r.status;
        raise_irq(s, p, IS_PIO);
        return;
    }
    send_d2h(s, p, &c->r, true);
    raise_irq(s, p, IS_D2H | (ok ? 0 : IS_TASK_FILE));
}

static void free_command(struct command *c)
{
    g_free(c->r.data);
    g_free(c);
}

static void finish(struct command *c)
{
    struct ahci *s = c->s;
    struct ahci_port *p = &s->port[c->port];
    uint8_t count[4];

    for (unsigned i = 0; !c->r.to_device && i < c->r.ndata; i++)
        bus_ram_written(c->r.data[i].iov_base, c->r.data[i].iov_len);
    p->busy &= ~(1u << c->slot);
    pci_put32(count, c->r.transferred);
    device_dma_write(&s->dev, c->header + 4, count, 4);
    if (c->r.protocol == IDE_QUEUED)
        end_queued(s, p, c);
    else
        end_command(s, p, c);
    free_command(c);
}

static void process(struct ahci *s, unsigned n);

/* On a worker's thread. */
static void command_done(struct ide_request *r)
{
    struct command *c = container_of(r, struct command, r);
    struct ahci *s = c->s;
    unsigned port = c->port;

    g_mutex_lock(&s->dev.lock);
    ide_finish(r);
    if (c->run == s->port[port].run) {
        finish(c);
        process(s, port);
    } else {
        free_command(c);
    }
    if (--s->under_way == 0)
        g_cond_broadcast(&s->idle);
    g_mutex_unlock(&s->dev.lock);
}

/* -- A command's memory -- */

/* What its table of pieces says, as far as any command can want it. False: it says something that is not memory. */
static bool map_data(struct ahci *s, gpa prdt, unsigned n, GArray *iov)
{
    size_t total = 0;

    for (; n > 0 && total < IDE_MAX_TRANSFER; n--, prdt += PRD_BYTES) {
        uint8_t prd[PRD_BYTES];
        if (!device_dma_read(&s->dev, prdt, prd, sizeof(prd)))
            return false;
        gpa addr = get64(prd);
        size_t left = (get32(prd + 12) & (PRD_MAX - 1)) + 1;
        while (left > 0) {
            struct iovec v = { .iov_len = left };
            v.iov_base = device_dma_map(&s->dev, addr, &v.iov_len);
            if (!v.iov_base || v.iov_len == 0)
                return false;
            g_array_append_val(iov, v);
            addr += v.iov_len;
            left -= v.iov_len;
            total += v.iov_len;
        }
    }
    return true;
}

static void parse_fis(const uint8_t *fis, struct ide_request *r)
{
    r->command = fis[2];
    r->features = fis[3] | fis[11] << 8;
    r->device = fis[7];
    r->count = fis[12] | fis[13] << 8;
    r->lba = 0;
    for (unsigned i = 0; i < 3; i++)
        r->lba |= (uint64_t)fis[4 + i] << 8 * i | (uint64_t)fis[8 + i] << 8 * (3 + i);
}

/* -- Commands -- */

/* Something is wrong with the memory that port n was given: it does nothing until it is started again. */
static void bus_fatal(struct ahci *s, unsigned n, const char *what, gpa at)
{
    device_guest_error(&s->dev, "port %u: %s at 0x%" PRIx64 ": expected RAM", n, what, at);
    s->port[n].failed = true;
    raise_irq(s, &s->port[n], IS_BUS_FATAL);
}

/* A FIS that is no command changes the control register: with SRST the drive is reset, without it is there again. */
static void control(struct ahci *s, unsigned n, unsigned slot, uint8_t value)
{
    struct ahci_port *p = &s->port[n];

    p->ci &= ~(1u << slot);
    if (value & CONTROL_RESET) {
        p->resetting = true;
        p->tfd = IDE_BUSY;
    } else if (p->resetting) {
        p->resetting = false;
        p->signature_sent = false;
        send_signature(s, n);
    }
}

/* Commands of the two kinds don't mix, and of one kind only one is under way. */
static bool can_start(const struct ahci_port *p, bool queued)
{
    return !p->busy || (queued && p->queued);
}

/* Read the command of a slot and begin with it. False: it has to wait, or the port has stopped. */
static bool start_slot(struct ahci *s, unsigned n, unsigned slot)
{
    struct ahci_port *p = &s->port[n];
    gpa at = p->clb + HEADER_BYTES * slot, table;
    uint8_t header[16], fis[TABLE_PRDT];
    g_autoptr(GArray) iov = NULL;

    if (!device_dma_read(&s->dev, at, header, sizeof(header))) {
        bus_fatal(s, n, "command list", at);
        return false;
    }
    table = get64(header + 8) & ~UINT64_C(0x7f);
    if (!device_dma_read(&s->dev, table, fis, sizeof(fis))) {
        bus_fatal(s, n, "command table", table);
        return false;
    }
    if (fis[TABLE_FIS] != FIS_H2D) {
        device_guest_error(&s->dev, "port %u: FIS of type 0x%02x: expected 0x27", n, fis[TABLE_FIS]);
        p->failed = true;
        raise_irq(s, p, IS_INTERFACE_FATAL);
        return false;
    }
    if (!(fis[1] & FIS_COMMAND)) {
        if (p->busy)
            return false;
        control(s, n, slot, fis[15]);
        return true;
    }
    bool queued = ide_is_queued(fis[2]);
    if (!can_start(p, queued))
        return false;
    iov = g_array_new(FALSE, FALSE, sizeof(struct iovec));
    if (!map_data(s, table + TABLE_PRDT, header[2] | header[3] << 8, iov)) {
        bus_fatal(s, n, "data or its list", table + TABLE_PRDT);
        return false;
    }
    struct command *c = g_new0(struct command, 1);
    *c = (struct command){ .s = s, .port = n, .slot = slot, .run = p->run, .header = at };
    parse_fis(fis, &c->r);
    memcpy(c->r.packet, fis + TABLE_PACKET, IDE_PACKET_BYTES);
    c->r.ndata = iov->len;
    c->r.data = (struct iovec *)g_array_free(g_steal_pointer(&iov), FALSE);
    c->r.to_device = header[0] & HEADER_WRITE;
    c->r.done = command_done;
    p->busy |= 1u << slot;
    p->queued = queued;
    p->cmd = (p->cmd & ~0x1f00u) | slot << 8;
    if (queued)
        p->ci &= ~(1u << slot); /* it is accepted: SACT says what is under way */
    else
        p->tfd |= IDE_BUSY;
    s->under_way++;
    if (ide_execute(s->bus.drive[n], &c->r)) {
        s->under_way--;
        finish(c);
    }
    return true;
}

static void process(struct ahci *s, unsigned n)
{
    struct ahci_port *p = &s->port[n];
    uint32_t waiting;

    while (s->bus.drive[n] && (p->cmd & CMD_START) && !p->failed && (waiting = p->ci & ~p->busy))
        if (!start_slot(s, n, g_bit_nth_lsf(waiting, -1)))
            break;
}

/* -- Ports -- */

/* No command's data is touched any more, and nobody hears of those under way. */
static void stop(struct ahci *s, unsigned n)
{
    struct ahci_port *p = &s->port[n];

    p->run++;
    p->ci = p->sact = p->busy = 0;
    p->failed = p->queued = false;
    p->cmd &= ~0x1f00u;
    if (s->bus.drive[n])
        ide_drain(s->bus.drive[n]);
}

/* As the link is after a reset of it. */
static void reset_link(struct ahci *s, unsigned n)
{
    struct ahci_port *p = &s->port[n];

    stop(s, n);
    p->resetting = p->signature_sent = false;
    p->serr = 0;
    p->tfd = TFD_NOBODY;
    p->sig = SIG_NOBODY;
    send_signature(s, n);
}

static void reset_port(struct ahci *s, unsigned n)
{
    struct ahci_port *p = &s->port[n];

    p->is = p->ie = p->sctl = 0;
    p->cmd = CMD_SPIN_UP | CMD_POWER;
    reset_link(s, n);
}

static void reset_hba(struct ahci *s)
{
    s->ghc = GHC_AHCI;
    s->is = 0;
    for (unsigned i = 0; i < IDE_PORTS; i++)
        reset_port(s, i);
    update_irq(s);
}

static void write_cmd(struct ahci *s, unsigned n, uint32_t value)
{
    struct ahci_port *p = &s->port[n];
    bool was = p->cmd & CMD_START;

    p->cmd = (p->cmd & ~CMD_BITS) | (value & CMD_BITS);
    p->cmd &= ~(CMD_RUNNING | CMD_FIS_RUNNING);
    if (p->cmd & CMD_START)
        p->cmd |= CMD_RUNNING;
    if (p->cmd & CMD_FIS)
        p->cmd |= CMD_FIS_RUNNING;
    if (value & CMD_OVERRIDE)
        p->tfd &= ~(IDE_BUSY | IDE_DRQ);
    if (was && !(value & CMD_START))
        stop(s, n);
    send_signature(s, n);
    process(s, n);
}

static void write_sctl(struct ahci *s, unsigned n, uint32_t value)
{
    struct ahci_port *p = &s->port[n];
    bool was = (p->sctl & SCTL_DET) == SCTL_RESET, is = (value & SCTL_DET) == SCTL_RESET;

    p->sctl = value & 0xfff;
    if (was && !is)
        reset_link(s, n);
}

static uint32_t port_read(const struct ahci *s, unsigned n, unsigned offset)
{
    const struct ahci_port *p = &s->port[n];

    switch (offset) {
    case P_CLB:
    case P_CLBU:
        return p->clb >> 8 * (offset & 4);
    case P_FB:
    case P_FBU:
        return p->fb >> 8 * (offset & 4);
    case P_IS:
        return p->is;
    case P_IE:
        return p->ie;
    case P_CMD:
        return p->cmd;
    case P_TFD:
        return p->tfd;
    case P_SIG:
        return p->sig;
    case P_SSTS:
        return s->bus.drive[n] && (p->sctl & SCTL_DET) != SCTL_RESET ? SSTS_THERE : 0;
    case P_SCTL:
        return p->sctl;
    case P_SERR:
        return p->serr;
    case P_SACT:
        return p->sact;
    case P_CI:
        return p->ci;
    default:
        return 0;
    }
}

static void port_write(struct ahci *s, unsigned n, unsigned offset, uint32_t value)
{
    struct ahci_port *p = &s->port[n];

    switch (offset) {
    case P_CLB:
    case P_CLBU:
        p->clb = with_bits(p->clb, 8 * (offset & 4), 32, value) & ~UINT64_C(0x3ff);
        break;
    case P_FB:
    case P_FBU:
        p->fb = with_bits(p->fb, 8 * (offset & 4), 32, value) & ~UINT64_C(0xff);
        break;
    case P_IS:
        p->is &= ~value;
        update_irq(s);
        break;
    case P_IE:
        p->ie = value & IE_BITS;
        update_irq(s);
        break;
    case P_CMD:
        write_cmd(s, n, value);
        break;
    case P_SCTL:
        write_sctl(s, n, value);
        break;
    case P_SERR:
        p->serr &= ~value;
        break;
    case P_SACT:
        if (p->cmd & CMD_START)
            p->sact |= value;
        break;
    case P_CI:
        if (p->cmd & CMD_START)
            p->ci |= value;
        process(s, n);
        break;
    default:
        device_guest_error(&s->dev, "port %u: write of 0x%x: no register to write", n, offset);
        break;
    }
}

/* -- Registers -- */

static uint64_t hba_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct ahci *s = opaque;

    if (offset >= R_PORTS)
        return offset < R_PORTS + PORT_BYTES * IDE_PORTS
                   ? port_read(s, (offset - R_PORTS) / PORT_BYTES, offset % PORT_BYTES) : 0;
    switch (offset) {
    case R_CAP:
        return CAP;
    case R_GHC:
        return s->ghc;
    case R_IS:
        return s->is;
    case R_PI:
        return (1u << IDE_PORTS) - 1;
    case R_VS:
        return AHCI_VERSION;
    default:
        return 0;
    }
}

static void hba_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct ahci *s = opaque;

    if (offset >= R_PORTS && offset < R_PORTS + PORT_BYTES * IDE_PORTS) {
        port_write(s, (offset - R_PORTS) / PORT_BYTES, offset % PORT_BYTES, value);
        return;
    }
    switch (offset) {
    case R_GHC:
        if (value & GHC_RESET) {
            reset_hba(s);
            break;
        }
        s->ghc = GHC_AHCI | (value & GHC_INTERRUPTS);
        update_irq(s);
        break;
    case R_IS:
        s->is &= ~value;
        update_irq(s);
        break;
    default:
        device_guest_error(&s->dev, "write of 0x%" PRIx64 ": no register to write", offset);
        break;
    }
}

static const struct io_ops hba_ops = { .read = hba_read, .write = hba_write, .min_size = 4, .max_size = 4 };

/* The same registers in I/O space, by an index and data. */
enum { IDP_INDEX = 0x10, IDP_DATA = 0x14, IDP_BYTES = 0x20 };

static uint64_t idp_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct ahci *s = opaque;

    return offset == IDP_INDEX ? s->index : offset == IDP_DATA ? hba_read(opaque, s->index, 4) : 0;
}

static void idp_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct ahci *s = opaque;

    if (offset == IDP_INDEX)
        s->index = value & 0xfc;
    else if (offset == IDP_DATA)
        hba_write(opaque, s->index, value, 4);
}

static const struct io_ops idp_ops = { .read = idp_read, .write = idp_write, .min_size = 4, .max_size = 4 };

static void config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    update_irq(container_of(f, struct ahci, pci));
}

static const struct pci_ops pci_ops = { .config_written = config_written };

/* -- The device -- */

static void wait_idle(struct ahci *s)
{
    while (s->under_way)
        g_cond_wait(&s->idle, &s->dev.lock);
}

static void leaving(struct device *d, unsigned port)
{
    struct ahci *s = (struct ahci *)d;

    g_mutex_lock(&d->lock);
    stop(s, port);
    wait_idle(s);
    g_mutex_unlock(&d->lock);
}

#define PCI_CAP_SATA 0x12

static bool realize(struct device *d, GError **err)
{
    static const struct pci_id id = { .vendor = 0x8086, .device = 0x2922, .subsystem_vendor = 0x1af4,
                                      .subsystem = 0x1100, .revision = 2, .class_code = 0x010601, .pin = true };
    struct ahci *s = (struct ahci *)d;

    if (!pci_init(&s->pci, d, &id, &pci_ops, err))
        return false;
    g_cond_init(&s->idle);
    s->bus.leaving = leaving;
    pci_add_bar(&s->pci, 4, PCI_BAR_IO, device_add_io(d, "ahci-idp", &idp_ops, IDP_BYTES));
    pci_add_bar(&s->pci, 5, 0, device_add_io(d, "ahci", &hba_ops, 0x1000));
    pci_msi_init(&s->pci);
    unsigned sata = pci_add_capability(&s->pci, PCI_CAP_SATA, 8);
    pci_put16(s->pci.config + sata + 2, 0x10);
    pci_put32(s->pci.config + sata + 4, IDP_INDEX << 2 | (4 + 4)); /* where the index is: in BAR 4 */
    return true;
}

static void unrealize(struct device *d)
{
    struct ahci *s = (struct ahci *)d;

    pci_fini(&s->pci);
    g_cond_clear(&s->idle);
}

static void reset(struct device *d)
{
    struct ahci *s = (struct ahci *)d;

    for (unsigned i = 0; i < IDE_PORTS; i++)
        s->port[i].clb = s->port[i].fb = 0;
    reset_hba(s);
    pci_reset(&s->pci);
}

static const struct property props[] = { PCI_PROPS(struct ahci, pci), PROP_END };

static const struct state_row port_fields[] = {
    FIELD_KEEP(struct ahci_port, clb), /* all: reset() */
    FIELD_KEEP(struct ahci_port, fb),
    FIELD_KEEP(struct ahci_port, is),
    FIELD_KEEP(struct ahci_port, ie),
    FIELD_KEEP(struct ahci_port, cmd),
    FIELD_KEEP(struct ahci_port, tfd),
    FIELD_KEEP(struct ahci_port, sig),
    FIELD_KEEP(struct ahci_port, sctl),
    FIELD_KEEP(struct ahci_port, serr),
    FIELD_KEEP(struct ahci_port, sact),
    FIELD_KEEP(struct ahci_port, ci),
    FIELD_NONE(struct ahci_port, busy, "nothing is under way"),
    FIELD_NONE(struct ahci_port, queued, "of commands that are under way, and none is"),
    FIELD_KEEP(struct ahci_port, failed),
    FIELD_KEEP(struct ahci_port, resetting),
    FIELD_KEEP(struct ahci_port, signature_sent),
    FIELD_NONE(struct ahci_port, run, "of commands that are under way, and none is"),
    FIELD_END,
};
static const struct state_table port_table = { STATE_OF(struct ahci_port), .version = 1, .rows = port_fields };

static const struct state_row fields[] = {
    PCI_FIELDS(struct ahci, pci),
    FIELD_NONE(struct ahci, bus, "wiring"),
    FIELD_KEEP(struct ahci, ghc), /* reset_hba() */
    FIELD_KEEP(struct ahci, is),
    FIELD(struct ahci, index, 0),
    FIELD_STRUCTS(struct ahci, port, &port_table),
    FIELD_NONE(struct ahci, under_way, "nothing is"),
    FIELD_NONE(struct ahci, idle, "a condition variable"),
    FIELD_END,
};

static void settle(void *obj)
{
    struct ahci *s = obj;

    for (unsigned i = 0; i < IDE_PORTS; i++)
        if (s->bus.drive[i])
            ide_drain(s->bus.drive[i]);
    if (!input_ordered()) /* as virtio_settle() */
        wait_idle(s);
}

static bool loaded(void *obj, unsigned version, GError **err)
{
    struct ahci *s = obj;

    s->ghc = GHC_AHCI | (s->ghc & GHC_INTERRUPTS);
    s->index &= 0xfc;
    for (unsigned i = 0; i < IDE_PORTS; i++) {
        s->port[i].busy = 0;
        s->port[i].run++;
    }
    return pci_loaded(&s->pci, err);
}

static const struct state_table state = {
    STATE_OF(struct ahci),
    .version = 1,
    .rows = fields,
    .settle = settle,
    .loaded = loaded,
};

const struct device_type ahci_type = {
    .name = "ich9-ahci",
    .alias = "ahci",
    .desc = "AHCI controller (six ports for IDE drives)",
    .bus = &pci_bus_type,
    .provides_bus = &ide_bus_type,
    .bus_offset = offsetof(struct ahci, bus),
    .size = sizeof(struct ahci),
    .props = props,
    .state = &state,
    .realize = realize,
    .reset = reset,
    .unrealize = unrealize,
};
