/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's lines and keys, and QMP's JSON. The first byte says which, and for QMP whether capabilities are agreed.
 */
#include <string.h>

#include "chardev.h"
#include "gdb/gdb.h"
#include "monitor/monitor.h"
#include "still.h"

const char fuzz_name[] = "monitor";
const unsigned fuzz_runs = 1500;
const size_t fuzz_max_size = 2048;

static struct fuzz_line hmp, qmp;

static void add_monitor(struct fuzz_line *l, const char *id, enum monitor_mode mode)
{
    GError *err = NULL;

    fuzz_line_init(l, id);
    if (!monitor_new(chardev_find(id), mode, false, &err))
        g_error("%s", err->message);
}

void fuzz_init(void)
{
    fuzz_machine_init("riscv64-virt");
    monitor_gdbserver = gdb_start;
    add_monitor(&hmp, "m0", MONITOR_HMP);
    add_monitor(&qmp, "q0", MONITOR_QMP);
}

static void add_stray(const char *id, const char *filename, bool open, void *opaque)
{
    if (strcmp(id, "m0") && strcmp(id, "q0"))
        g_ptr_array_add(opaque, g_strdup(id));
}

/* What the input added, or the next would find it. */
static void tidy(void)
{
    g_autoptr(GPtrArray) strays = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *devices = the_machine->devices;

    for (guint i = devices->len; i--;) {
        struct device *d = g_ptr_array_index(devices, i);
        if (d->parent && device_bus_hotplug(d->parent)) {
            g_ptr_array_remove_index(devices, i);
            device_free(d);
        }
    }
    chardev_foreach(add_stray, strays);
    for (guint i = 0; i < strays->len; i++)
        chardev_remove(chardev_find(g_ptr_array_index(strays, i)), NULL);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const char greet[] = "{\"execute\":\"qmp_capabilities\"}\n";
    struct fuzz f = { data, size };
    uint8_t how = fuzz_u8(&f);
    struct fuzz_line *l = how & 1 ? &qmp : &hmp;

    fuzz_line_connect(l);
    if (how & 2 && l == &qmp)
        fuzz_line_send(l, (const uint8_t *)greet, sizeof(greet) - 1);
    fuzz_line_send(l, f.p, f.left);
    fuzz_line_send(l, (const uint8_t *)"\r\n", 2);
    fuzz_line_close(l);
    if (vm_running())
        vm_stop("paused");
    tidy();
    fuzz_log();
}
