/* SPDX-License-Identifier: BSD-2-Clause */
/* PPTT: how processors are grouped by -smp; of caches nothing. */
#include "machine.h"
#include "nodes.h"
#include "parts.h"

enum { PACKAGE = 1, UID_VALID = 2, THREAD = 4, LEAF = 8 };

struct pptt {
    struct acpi *a;
    unsigned clusters, cores, threads; /* in one of the next bigger; clusters: 0, where -smp names none */
};

/* A node; the result is what those below it call it. */
static uint32_t hierarchy_node(struct pptt *p, unsigned flags, uint32_t parent, unsigned uid)
{
    GByteArray *b = p->a->tables;
    uint32_t at = b->len - p->a->start;

    acpi_u8(b, 0);  /* type */
    acpi_u8(b, 20); /* length */
    acpi_u16(b, 0);
    acpi_u32(b, flags);
    acpi_u32(b, parent);
    acpi_u32(b, uid);
    acpi_u32(b, 0); /* private resources */
    return at;
}

static void add_cores(struct pptt *p, uint32_t parent, unsigned first)
{
    for (unsigned core = 0; core < p->cores; core++) {
        if (p->threads == 1) {
            if (first + core < p->a->m->ncpus)
                hierarchy_node(p, UID_VALID | LEAF, parent, first + core);
            continue;
        }
        uint32_t at = hierarchy_node(p, 0, parent, core);
        for (unsigned t = 0; t < p->threads; t++)
            if (first + core * p->threads + t < p->a->m->ncpus)
                hierarchy_node(p, UID_VALID | THREAD | LEAF, at, first + core * p->threads + t);
    }
}

void acpi_pptt(struct acpi *a)
{
    const struct machine_config *c = &a->m->config;
    struct pptt p = { .a = a, .clusters = c->clusters_given ? c->clusters : 0, .threads = MAX(c->threads, 1),
                      .cores = c->cores ? c->cores : a->m->ncpus };
    unsigned cluster_cpus = p.cores * p.threads, socket_cpus = cluster_cpus * MAX(p.clusters, 1);

    acpi_begin(a, "PPTT", 2);
    for (unsigned socket = 0; socket * socket_cpus < a->m->ncpus; socket++) {
        uint32_t at = hierarchy_node(&p, PACKAGE, 0, socket);
        if (!p.clusters)
            add_cores(&p, at, socket * socket_cpus);
        for (unsigned i = 0; i < p.clusters; i++)
            add_cores(&p, hierarchy_node(&p, 0, at, i), socket * socket_cpus + i * cluster_cpus);
    }
    acpi_end(a, true);
}
