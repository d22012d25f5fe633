/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices under a guest that writes anything anywhere. An input says which devices there are, with which properties,
 * and then what happens: register accesses of all sizes, system registers that are devices', input from the host,
 * wires, time, resets, changes of guest memory.
 */
#include <string.h>

#include "bench.h"

const char fuzz_name[] = "devices";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 2048;

void fuzz_init(void)
{
    bench_init();
}

/* First the device itself (or what it can be plugged into), so that it is there at all. */
static void add_devices(struct fuzz *f)
{
    unsigned n = 0, count = 1 + fuzz_u8(f) % 4;

    while (device_types[n])
        n++;
    while (count--) {
        const struct device_type *t = device_types[fuzz_u8(f) % n];
        for (unsigned i = 0; t->bus && i < n; i++)
            if (device_types[i]->provides_bus == t->bus)
                bench_add(device_types[i], f);
        bench_add(t, f);
    }
}

static void change_memory(struct fuzz *f)
{
    uint16_t at = fuzz_u16(f);
    size_t len = fuzz_u8(f) % 64;
    const uint8_t *p = fuzz_bytes(f, &len);

    dma_write(bench.as, BENCH_RAM + at, p, len);
}

static void host_input(struct fuzz *f)
{
    size_t len = fuzz_u8(f) % 64;
    const uint8_t *p = fuzz_bytes(f, &len);

    bench_host_input(p, len);
}

static void reset_one(struct fuzz *f)
{
    uint8_t i = fuzz_u8(f);

    if (bench.devices->len)
        device_reset(g_ptr_array_index(bench.devices, i % bench.devices->len));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz f = { data, size };

    bench_begin();
    add_devices(&f);
    for (unsigned steps = 0; f.left && steps < 300; steps++) {
        uint8_t op = fuzz_u8(&f);
        if (op < 190)
            bench_access(&f);
        else if (op < 210)
            bench_signal(&f);
        else if (op < 225)
            change_memory(&f);
        else if (op < 240)
            bench_advance(fuzz_number(&f));
        else if (op < 245)
            host_input(&f);
        else if (op < 253)
            bench_sysreg(&f);
        else
            reset_one(&f);
    }
    bench_end();
}
