/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "block.h"
#include "chardev.h"
#include "gic-cpu.h"
#include "net.h"
#include "plug.h"
#include "wrap.h"

#define REGION_BASE UINT64_C(0x100000000)
#define REGION_STEP UINT64_C(0x100000000)

struct machine bench;
struct ram_block *bench_ram;

static struct region ram_region;
static struct region low_ram; /* the same, at 0: some devices reach 1 GiB only */
static int peer = -1; /* the other end of the character device */
static unsigned nmapped;
static struct {
    struct region *region;
    gpa base;
} mapped[64];

/* -- What devices connect to -- */

static void must(bool ok, GError *err)
{
    if (!ok)
        g_error("%s", err->message);
}

static void make_chardev(void)
{
    GError *err = NULL;
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/mynah-fuzz-%d", g_get_tmp_dir(), getpid());
    g_autofree char *spec = g_strdup_printf("socket,id=" BENCH_CHARDEV ",path=%s,server=on,wait=off", addr.sun_path);
    struct opts *o = opts_parse(spec, "backend", &err);

    must(o && chardev_create(o, &err), err);
    opts_free(o);
    peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    g_assert(peer >= 0 && connect(peer, (struct sockaddr *)&addr, sizeof(addr)) == 0);
    unlink(addr.sun_path);
    for (unsigned i = 0; i < 100 && !chardev_is_open(chardev_find(BENCH_CHARDEV)); i++)
        g_main_context_iteration(NULL, FALSE);
    g_assert(chardev_is_open(chardev_find(BENCH_CHARDEV)));
}

static void make_drive(void)
{
    GError *err = NULL;
    g_autofree uint8_t *zeros = g_malloc0(BENCH_DRIVE_SIZE);
    g_autofree char *spec = g_strdup_printf("if=none,id=" BENCH_DRIVE ",format=raw,file=%s,file.locking=off",
                                            fuzz_file(3, zeros, BENCH_DRIVE_SIZE));
    struct opts *o = opts_parse(spec, NULL, &err);

    must(o && block_add_drive(o, BLOCK_IF_NONE, &err), err);
    opts_free(o);
}

static void make_netdev(void)
{
    GError *err = NULL;
    struct opts *o = opts_parse("user,id=" BENCH_NETDEV ",restrict=on", "type", &err);

    must(o && net_add_netdev(o, &err), err);
    opts_free(o);
}

void bench_init(void)
{
    GError *err = NULL;

    icount.on = true; /* time moves only by bench_advance() */
    clock_init();
    bench_ram = ram_block_new("ram", BENCH_RAM_SIZE, &err);
    must(bench_ram, err);
    ram_region = (struct region){ .name = "ram", .kind = REGION_RAM, .size = BENCH_RAM_SIZE, .host = bench_ram->host,
                                  .ram = bench_ram };
    low_ram = ram_region;
    bench.ram = bench_ram;
    bench.ram_base = BENCH_RAM;
    bench.ram_size = BENCH_RAM_SIZE;
    the_machine = &bench;
    make_chardev();
    make_drive();
    make_netdev();
}

void bench_begin(void)
{
    bench.as = address_space_new("bench");
    bench.devices = g_ptr_array_new();
    memset(bench_ram->host, 0, BENCH_RAM_SIZE);
    address_space_map(bench.as, &ram_region, BENCH_RAM, 0);
    address_space_map(bench.as, &low_ram, 0, 0);
    nmapped = 0;
}

void bench_end(void)
{
    for (guint i = 0; i < bench.devices->len; i++)
        ((struct device *)g_ptr_array_index(bench.devices, i))->nirqs = 0;
    for (guint i = bench.devices->len; i--;)
        device_free(g_ptr_array_index(bench.devices, i));
    g_ptr_array_free(bench.devices, TRUE);
    fuzz_main_loop(10);
    bench_host_input(NULL, 0);
    address_space_free(bench.as);
    g_assert(timers_deadline() == INT64_MAX); /* nobody left one behind */
}

/* -- Devices -- */

static void ignore_wire(void *opaque, unsigned n, bool level)
{
}

/* Text for a property, or NULL: its default. */
static char *property_text(const struct property *p, struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);

    if (p->object) {
        const char *id = p->object == &chardev_prop ? BENCH_CHARDEV
                         : p->object == &block_prop ? BENCH_DRIVE
                                                    : BENCH_NETDEV;
        return how < 224 ? g_strdup(id) : NULL;
    }
    if (how < 160 || !strcmp(p->name, "uds-path")) /* no sockets of the host's */
        return NULL;
    if (p->kind == PROP_BOOL)
        return g_strdup(how & 1 ? "on" : "off");
    if (p->kind == PROP_STRING || how < 176)
        return fuzz_string(f);
    return g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)fuzz_number(f));
}

/* -device with what the input says of its properties. */
static bool add_to_bus(const struct device_type *t, struct fuzz *f)
{
    struct opts *o = opts_new();
    g_autoptr(GError) err = NULL;

    opts_set(o, "driver", t->name);
    for (const struct property *p = t->props; p && p->name; p++) {
        g_autofree char *text = property_text(p, f);
        if (text)
            opts_set(o, p->name, text);
    }
    bool ok = device_add(&bench, o, &err) != NULL;
    opts_free(o);
    g_assert(ok == !err);
    return ok;
}

static bool set_properties(struct device *d, struct fuzz *f, GError **err)
{
    for (const struct property *p = d->type->props; p && p->name; p++) {
        g_autofree char *text = property_text(p, f);
        if (text && !device_set_prop(d, p->name, text, err))
            return false;
    }
    return true;
}

static bool add_to_board(const struct device_type *t, struct fuzz *f)
{
    struct device *d = device_new(t, &bench, t->name);
    g_autoptr(GError) err = NULL;

    d->nirqs = fuzz_u8(f) % 9;
    d->irqs = g_new0(struct irq, d->nirqs + 1);
    for (unsigned i = 0; i < d->nirqs; i++)
        d->irqs[i] = (struct irq){ .set = ignore_wire, .n = i };
    if (!set_properties(d, f, &err) || !device_realize(d, &err)) {
        g_assert(err);
        device_free(d);
        return false;
    }
    g_ptr_array_add(bench.devices, d);
    for (unsigned i = 0; i < d->nregions && nmapped < ARRAY_SIZE(mapped); i++, nmapped++) {
        mapped[nmapped].region = &d->regions[i];
        mapped[nmapped].base = REGION_BASE + REGION_STEP * nmapped;
        address_space_map(bench.as, &d->regions[i], mapped[nmapped].base, 0);
    }
    device_reset(d);
    return true;
}

bool bench_add(const struct device_type *t, struct fuzz *f)
{
    return t->bus ? add_to_bus(t, f) : add_to_board(t, f);
}

/* -- What happens to them -- */

void bench_access(struct fuzz *f)
{
    uint8_t how = fuzz_u8(f);
    unsigned size = 1u << (how & 3);
    uint64_t offset = how & 4 ? fuzz_u8(f) : fuzz_number(f), v = 0;

    if (nmapped == 0)
        return;
    unsigned i = how >> 5 & 7;
    i %= nmapped;
    uint64_t limit = mapped[i].region->size;
    if (how & 4)
        offset *= 4; /* most registers are in the first KiB, in words */
    if (how & 8) {
        v = fuzz_number(f);
        bus_write(bench.as, mapped[i].base + offset % limit / size * size, size, v);
    } else {
        bus_read(bench.as, mapped[i].base + offset % limit / size * size, size, &v);
    }
}

void bench_sysreg(struct fuzz *f)
{
    static const uint8_t op1[4] = { 0, 4, 6, 0 };
    uint8_t which = fuzz_u8(f), how = fuzz_u8(f), name = fuzz_u8(f);
    struct gic_access by = { .el = 1 + how % 3, .virtual = how & 16, .secure = how & 32, .scr_ns = how & 64 };
    /* ICC_PMR_EL1, or one with CRn = 12 and CRm from 8. */
    unsigned crm = 8 + (name >> 3 & 7);
    uint16_t reg = name & 64 ? 0xc230 : 3 << 14 | op1[how >> 2 & 3] << 11 | 12 << 7 | crm << 3 | (name & 7);
    struct gic_cpu gic = { 0 };
    uint64_t v;

    if (bench.devices->len == 0)
        return;
    struct device *d = g_ptr_array_index(bench.devices, which % bench.devices->len);
    unsigned ncpus = d->type->cpu_lines ? d->nirqs / d->type->cpu_lines : 0;
    if (!d->type->gic_cpu || !ncpus)
        return;
    d->type->gic_cpu(d, (which >> 4) % ncpus, &gic);
    if (how & 128)
        gic.ops->write(gic.opaque, gic.n, reg, by, fuzz_number(f));
    else
        gic.ops->read(gic.opaque, gic.n, reg, by, &v);
    gic.ops->traps(gic.opaque, gic.n);
}

void bench_signal(struct fuzz *f)
{
    uint8_t which = fuzz_u8(f);
    uint32_t cells[2] = { fuzz_u16(f), fuzz_u8(f) };
    struct irq line = { 0 };

    if (bench.devices->len == 0)
        return;
    struct device *d = g_ptr_array_index(bench.devices, (which & 0x7f) % bench.devices->len);
    if (d->type->irq_in && d->type->irq_in(d, cells, 1 + (cells[1] & 1), &line))
        irq_set(&line, which >> 7);
}

void bench_host_input(const uint8_t *p, size_t len)
{
    char buf[4096];

    if (len > 0 && write(peer, p, len) < 0)
        return; /* full: the guest does not read */
    fuzz_main_loop(4);
    for (unsigned i = 0; i < 16 && read(peer, buf, sizeof(buf)) > 0; i++)
        fuzz_main_loop(1);
}

void bench_advance(uint64_t ns)
{
    int64_t end = clock_now() + (int64_t)MIN(ns, 1000000000000u);

    for (unsigned rounds = 0; rounds < 1000 && clock_now() < end; rounds++) {
        int64_t next = timers_deadline(), to = next < end ? next : end;
        if (to > clock_now())
            clock_icount_add(to - clock_now());
        timers_run(clock_now());
    }
}
