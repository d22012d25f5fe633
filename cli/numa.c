/* SPDX-License-Identifier: BSD-2-Clause */
/* -numa node, dist and cpu: collected first, for what they name may come later; then checked as a whole. */
#include <string.h>

#include "cmdline.h"
#include "opts.h"
#include "ram-source.h"

enum type { NODE, DIST, CPU };
static const char *const types[] = { "node", "dist", "cpu", NULL };

/* While they are gone through. */
struct plan {
    struct numa n;
    bool node[NUMA_NODES_MAX];
    const struct ram_source *source[NUMA_NODES_MAX];
    bool assigned;           /* some CPU was given a node */
    unsigned cpus, max_cpus; /* of -smp */
    enum type type;          /* that is looked at now */
};

bool opt_numa(struct cmdline *c, const char *arg, GError **err)
{
    struct opts *o = opts_parse(arg, "type", err);

    if (!o)
        return false;
    if (!c->numa)
        c->numa = g_ptr_array_new();
    g_ptr_array_add(c->numa, o);
    return true;
}

/* -- Nodes -- */

static bool assign(struct plan *p, uint64_t cpu, unsigned node, GError **err)
{
    if (cpu >= p->max_cpus)
        fail(err, "CPU index (%u) should be smaller than maxcpus (%u)", (unsigned)MIN(cpu, UINT32_MAX), p->max_cpus);
    else if (p->n.cpu[cpu] >= 0)
        fail(err, "CPU is already assigned to node-id: %d", p->n.cpu[cpu]);
    else {
        p->n.cpu[cpu] = node;
        return p->assigned = true;
    }
    return false;
}

/* "0", "0-3" */
static bool assign_range(struct plan *p, const char *text, unsigned node, GError **err)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);
    uint64_t first = 0, last = 0;

    if (!ends[0] || !parse_uint(ends[0], &first) || (ends[1] && !parse_uint(ends[1], &last)) ||
        (ends[1] && last < first)) {
        fail(err, "cpus=%s: expected a number or a range, such as 0-3", text);
        return false;
    }
    for (last = ends[1] ? last : first; first <= last; first++)
        if (!assign(p, first, node, err))
            return false;
    return true;
}

static bool take_memory(struct plan *p, unsigned id, const char *mem, const char *memdev, GError **err)
{
    uint64_t size = 0;

    if (mem && memdev) {
        fail(err, "expected either mem= or memdev=");
        return false;
    }
    if (mem && !parse_size(mem, 'M', &size)) {
        fail(err, "mem=%s: expected a size such as 512M", mem);
        return false;
    }
    if (memdev && !(p->source[id] = ram_source_find(memdev, err))) {
        g_prefix_error(err, "memdev=%s: ", memdev);
        return false;
    }
    for (unsigned i = 0; memdev && i < NUMA_NODES_MAX; i++)
        if (i != id && p->source[i] == p->source[id]) {
            fail(err, "memdev=%s: it is node %u's", memdev, i);
            return false;
        }
    p->n.size[id] = memdev ? p->source[id]->size : (size + PAGE_SIZE - 1) & PAGE_MASK;
    return true;
}

static bool take_node(struct plan *p, struct opts *o, GError **err)
{
    uint64_t id = p->n.nodes;
    const char *mem = opts_take(o, "mem"), *memdev = opts_take(o, "memdev"), *cpus = opts_take(o, "cpus");

    if (!opts_take_uint(o, "nodeid", 0, NUMA_NODES_MAX - 1, &id, err))
        return false;
    g_autoptr(GPtrArray) more = g_ptr_array_new(); /* of a JSON array */
    for (unsigned i = 0;; i++) {
        g_autofree char *key = g_strdup_printf("cpus.%u", i);
        if (!opts_peek(o, key))
            break;
        g_ptr_array_add(more, (char *)opts_take(o, key));
    }
    if (!opts_done(o, "-numa node", err))
        return false;
    if (id >= NUMA_NODES_MAX || p->node[id]) {
        fail(err, "nodeid=%u: there is such a node already", (unsigned)id);
        return false;
    }
    p->node[id] = true;
    p->n.nodes++;
    for (guint i = 0; i < more->len; i++)
        if (!assign_range(p, more->pdata[i], id, err))
            return false;
    return take_memory(p, id, mem, memdev, err) && (!cpus || assign_range(p, cpus, id, err));
}

/* -- Distances, CPUs -- */

static bool has_node(const struct plan *p, const char *key, uint64_t id, GError **err)
{
    if (id < NUMA_NODES_MAX && p->node[id])
        return true;
    fail(err, "%s: expected the number of a -numa node", key);
    return false;
}

static bool take_dist(struct plan *p, struct opts *o, GError **err)
{
    uint64_t src = UINT64_MAX, dst = UINT64_MAX, val = 0;

    if (!opts_take_uint(o, "src", 0, NUMA_NODES_MAX - 1, &src, err) ||
        !opts_take_uint(o, "dst", 0, NUMA_NODES_MAX - 1, &dst, err) || !opts_take_uint(o, "val", 0, 255, &val, err) ||
        !opts_done(o, "-numa dist", err) || !has_node(p, "src", src, err) || !has_node(p, "dst", dst, err))
        return false;
    if (val < NUMA_NEAR || (src == dst) != (val == NUMA_NEAR)) {
        fail(err, src == dst ? "val=%u: a node's distance to itself is 10"
                             : "val=%u: expected 11 to 255 (255: not to be reached)", (unsigned)val);
        return false;
    }
    p->n.distances = true;
    p->n.distance[src][dst] = val;
    return true;
}

/* A CPU by its place; what the boards' CPUs have of it is their number, core-id. */
static bool take_cpu(struct plan *p, struct opts *o, GError **err)
{
    uint64_t node = UINT64_MAX, core = UINT64_MAX;

    if (!opts_take_uint(o, "node-id", 0, NUMA_NODES_MAX - 1, &node, err) ||
        !opts_take_uint(o, "core-id", 0, UINT32_MAX, &core, err) || !opts_done(o, "-numa cpu", err) ||
        !has_node(p, "node-id", node, err))
        return false;
    if (core != UINT64_MAX)
        return assign(p, core, node, err);
    fail(err, "expected core-id=N");
    return false;
}

/* -- All of it -- */

static bool take_one(struct plan *p, struct opts *o, GError **err)
{
    static const char *const later[] = { "hmat-lb", "hmat-cache", NULL };
    static bool (*const take[])(struct plan *, struct opts *, GError **) = { take_node, take_dist, take_cpu };
    const char *type = opts_peek(o, "type");
    unsigned i = NODE;

    for (unsigned j = 0; later[j]; j++)
        if (!g_strcmp0(type, later[j])) {
            fail(err, "%s: QEMU has this, mynah does not yet", type);
            return false;
        }
    return opts_take_enum(o, "type", types, &i, err) && (i != p->type || take[i](p, o, err));
}

/* What was not given of distances: the way back is as far; else all or nothing is given. */
static bool complete_distances(struct plan *p, GError **err)
{
    for (unsigned a = 0; a < p->n.nodes; a++)
        for (unsigned b = 0; b < p->n.nodes; b++) {
            uint8_t *d = &p->n.distance[a][b], back = p->n.distance[b][a];
            if (a == b)
                *d = NUMA_NEAR;
            else if (!*d && back)
                *d = back;
            else if (!*d && p->n.distances) {
                fail(err, "the distance from node %u to %u is missing, at least in one direction", a, b);
                return false;
            }
        }
    return true;
}

static bool complete_nodes(struct cmdline *c, struct plan *p, GError **err)
{
    uint64_t total = 0;
    unsigned sources = 0, sizes = 0;

    for (unsigned i = 0; i < p->n.nodes; i++) {
        if (!p->node[i]) {
            fail(err, "there is no node %u", i);
            return false;
        }
        total += p->n.size[i];
        if (p->source[i])
            c->config.ram[sources++] = p->source[i];
        else if (p->n.size[i])
            sizes++;
    }
    if (sources && sizes)
        fail(err, "expected mem= or memdev= for all nodes, not both");
    else if (sources && c->config.nram)
        fail(err, "memdev= and -M memory-backend= exclude each other");
    else if (!total || (c->config.ram_size && total != c->config.ram_size))
        fail(err, "total memory for NUMA nodes (0x%" G_GINT64_MODIFIER "x) should equal RAM size (0x%"
             G_GINT64_MODIFIER "x)", total, c->config.ram_size);
    else {
        c->config.nram = MAX(c->config.nram, sources);
        c->config.ram_size = total;
        return true;
    }
    return false;
}

static bool resolve(struct cmdline *c, struct plan *p, GError **err)
{
    p->cpus = MAX(c->config.cpus, 1);
    p->max_cpus = MAX(c->config.max_cpus, p->cpus);
    memset(p->n.cpu, -1, sizeof(p->n.cpu));
    for (p->type = NODE; p->type <= CPU; p->type++)
        for (guint i = 0; i < c->numa->len; i++)
            if (!take_one(p, c->numa->pdata[i], err))
                return false;
    for (unsigned i = 0; p->assigned && i < p->cpus; i++)
        if (p->n.cpu[i] < 0) {
            fail(err, "CPU %u has no node: expected cpus= for all or for none", i);
            return false;
        }
    return complete_nodes(c, p, err) && complete_distances(p, err);
}

bool numa_resolve(struct cmdline *c, GError **err)
{
    struct plan *p = g_new0(struct plan, 1);
    bool ok = !c->numa || resolve(c, p, err);

    if (ok && c->numa)
        c->config.numa = g_memdup2(&p->n, sizeof(p->n));
    g_free(p);
    return ok;
}
