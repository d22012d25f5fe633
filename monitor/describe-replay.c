/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine as a recording knows it: what it is, and what is left of it. */
#include <inttypes.h>
#include <string.h>

#include "block.h"
#include "bus.h"
#include "clock.h"
#include "cpu.h"
#include "describe.h"
#include "device.h"
#include "hash64.h"
#include "loader.h"
#include "machine.h"

static void describe_device(struct device *d, void *opaque)
{
    GString *out = opaque;

    g_string_append_printf(out, "device: %s %s\n", d->type->name, d->id ? d->id : "");
}

void describe_identity(GString *out)
{
    const struct machine *m = the_machine;

    g_string_append_printf(out, "machine: %s\nCPUs: %u\nmemory: %" PRIu64 " bytes\ninstruction: 2^%u ns\n", m->name,
                           m->ncpus, m->ram_size, icount.shift);
    for (unsigned i = 0; i < m->ncpus; i++)
        g_string_append_printf(out, "CPU %u: %s\n", i, m->cpus[i]->model);
    device_foreach(the_machine, describe_device, out);
    block_identify(out);
    for (const struct rom *r = roms; r; r = r->next) {
        g_autofree char *name = g_path_get_basename(r->name);
        g_string_append_printf(out, "loaded: %s at 0x%" PRIx64 ", %" PRIu64 " bytes, hash %016" PRIx64 "\n", name,
                               r->addr, r->size, hash64_of(r->data, r->data_size));
    }
}

void describe_end(GString *out)
{
    const struct machine *m = the_machine;

    for (const struct ram_block *b = ram_blocks; b; b = b->next)
        g_string_append_printf(out, "%s: %016" PRIx64 "\n", b->name, hash64_of(b->host, b->size));
    for (unsigned i = 0; i < m->ncpus; i++) {
        g_autoptr(GString) registers = g_string_new(NULL);
        m->cpus[i]->arch->print_state(m->cpus[i], registers);
        g_string_append_printf(out, "registers of CPU %u: %016" PRIx64 "\n", i,
                               hash64_of(registers->str, registers->len));
    }
}
