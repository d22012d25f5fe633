/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cpus-int.h"
#include "device-rig.h"

#define REGION_BASE(i) (UINT64_C(0x10000000) * ((i) + 1))

static void wire_set(void *opaque, unsigned n, bool level)
{
    struct rig *r = opaque;

    r->edges[n] += level && !r->wire[n];
    r->wire[n] = level;
}

void rig_init(struct rig *r)
{
    struct region *ram = g_new0(struct region, 1);

    *r = (struct rig){ 0 };
    icount.on = true; /* one instruction a nanosecond: the test says how many */
    r->m.as = address_space_new("rig");
    address_space_add_secure(r->m.as);
    r->m.devices = g_ptr_array_new();
    r->m.ram = ram_block_new("ram", RIG_RAM_SIZE, NULL);
    r->m.ram_base = RIG_RAM;
    r->m.ram_size = RIG_RAM_SIZE;
    *ram = (struct region){
        .name = "ram", .kind = REGION_RAM, .size = RIG_RAM_SIZE, .host = r->m.ram->host, .ram = r->m.ram
    };
    address_space_map(r->m.as, ram, RIG_RAM, 0);
    the_machine = &r->m;
}

struct device *rig_new(struct rig *r, const char *type, unsigned nirqs)
{
    struct device *d = device_new(device_type_find(type), &r->m, type);

    d->nirqs = nirqs;
    d->irqs = g_new0(struct irq, nirqs + 1);
    for (unsigned i = 0; i < nirqs && i < RIG_WIRES; i++) {
        d->irqs[i] = (struct irq){ .set = wire_set, .opaque = r, .n = i };
        r->wire[i] = false;
        r->edges[i] = 0;
    }
    return d;
}

void rig_start(struct rig *r, struct device *d)
{
    g_autoptr(GError) err = NULL;

    device_realize(d, &err);
    g_assert_no_error(err);
    for (unsigned i = 0; i < d->nregions; i++)
        address_space_map(r->m.as, &d->regions[i], REGION_BASE(i), 0);
    g_ptr_array_add(r->m.devices, d);
    device_reset(d);
}

void rig_remove(struct rig *r, struct device *d)
{
    for (unsigned i = 0; i < d->nregions; i++)
        address_space_unmap(r->m.as, &d->regions[i]);
    g_ptr_array_remove(r->m.devices, d);
    device_free(d);
}

static struct cpu cpu; /* that makes the accesses, if by_cpu: no more of it than its number */
static bool by_cpu;

static gpa state; /* BUS_SECURE: accesses are secure */

void rig_secure(bool secure)
{
    state = secure ? BUS_SECURE : 0;
}

void rig_cpu(unsigned index)
{
    by_cpu = true;
    cpu.index = index;
}

uint64_t rig_read(struct rig *r, unsigned region, uint64_t offset, unsigned size)
{
    uint64_t v = 0;

    cpu_in_turn = by_cpu ? &cpu : NULL;
    g_assert_cmpint(bus_read(r->m.as, REGION_BASE(region) + offset + state, size, &v), ==, BUS_OK);
    cpu_in_turn = NULL;
    return v;
}

void rig_write(struct rig *r, unsigned region, uint64_t offset, unsigned size, uint64_t value)
{
    cpu_in_turn = by_cpu ? &cpu : NULL;
    g_assert_cmpint(bus_write(r->m.as, REGION_BASE(region) + offset + state, size, value), ==, BUS_OK);
    cpu_in_turn = NULL;
}

bool rig_refuses(struct rig *r, unsigned region, uint64_t offset, unsigned size)
{
    uint64_t v;

    return bus_read(r->m.as, REGION_BASE(region) + offset + state, size, &v) == BUS_ERROR &&
           bus_write(r->m.as, REGION_BASE(region) + offset + state, size, 0) == BUS_ERROR;
}

void rig_fuzz(struct rig *r, struct device *d, unsigned n)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    while (n--) {
        unsigned region = g_rand_int_range(rand, 0, d->nregions), size = 1u << g_rand_int_range(rand, 0, 4);
        uint64_t limit = d->regions[region].size, v = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        uint64_t span = g_rand_boolean(rand) ? MIN(limit, 0x4000) : limit; /* registers are mostly low */
        uint64_t offset = (uint64_t)(g_rand_double(rand) * span) / size * size;
        if (g_rand_int_range(rand, 0, 4) == 0)
            v &= 0xff;
        if (g_rand_boolean(rand))
            bus_write(r->m.as, REGION_BASE(region) + offset + state, size, v);
        else
            bus_read(r->m.as, REGION_BASE(region) + offset + state, size, &v);
        if (g_rand_int_range(rand, 0, 64) == 0)
            rig_advance(g_rand_int_range(rand, 1, 100000));
    }
}

void rig_advance(int64_t ns)
{
    int64_t end = clock_now() + ns;

    while (clock_now() < end) {
        int64_t next = timers_deadline(), to = next < end ? next : end;
        if (to > clock_now())
            clock_icount_add(to - clock_now());
        timers_run(clock_now());
    }
}
