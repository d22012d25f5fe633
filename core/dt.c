/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading device trees: cells, reg through ranges, paths. Manual: "Devicetree Specification" 0.4, chapter 2. */
#include <libfdt.h>
#include <string.h>

#include "dt.h"
#include "opts.h"

#define MAX_CELLS 4 /* of an address: PCI's three and one to spare */
#define MAX_DEPTH 32

uint64_t dt_prop_num(const void *fdt, int node, const char *name, uint64_t dflt)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

    if (!p || (len != 4 && len != 8))
        return dflt;
    return len == 4 ? fdt32_ld(p) : (uint64_t)fdt32_ld(p) << 32 | fdt32_ld(p + 1);
}

bool dt_compatible(const void *fdt, int node, const char *compatible)
{
    return fdt_node_check_compatible(fdt, node, compatible) == 0;
}

bool dt_enabled(const void *fdt, int node)
{
    const char *s = fdt_getprop(fdt, node, "status", NULL);

    return !s || !strcmp(s, "okay") || !strcmp(s, "ok");
}

bool dt_secure_only(const void *fdt, int node)
{
    const char *s = fdt_getprop(fdt, node, "secure-status", NULL);

    return !dt_enabled(fdt, node) && s && (!strcmp(s, "okay") || !strcmp(s, "ok"));
}

int dt_resolve(const void *fdt, const char *path)
{
    const char *end = path ? strchr(path, ':') : NULL;

    if (!path)
        return -FDT_ERR_NOTFOUND;
    return fdt_path_offset_namelen(fdt, path, end ? end - path : (int)strlen(path));
}

/* -- Addresses -- */

static unsigned cells_of(const void *fdt, int node, const char *name, unsigned dflt)
{
    uint64_t n = dt_prop_num(fdt, node, name, dflt);

    return n <= MAX_CELLS ? n : dflt;
}

/* A number of n cells; the upper ones of more than two are dropped (PCI's phys.hi is a space, not an address). */
static uint64_t take_cells(const fdt32_t *p, unsigned n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 32 | fdt32_ld(p++);
    return v;
}

/*
 * Zephyr's trees have nodes within others' that have no ranges, with addresses as they are: they are within the other's
 * own registers (pins' ports in their controller).
 */
static bool within_own_reg(const void *fdt, int node, uint64_t addr, uint64_t size)
{
    gpa base;
    uint64_t own;

    return dt_reg(fdt, node, 0, &base, &own) && addr >= base && addr - base < own && size <= own - (addr - base);
}

/* addr on the bus of node, as an address on its parent's bus. */
static bool through_ranges(const void *fdt, int node, int parent, uint64_t *addr, uint64_t size)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, "ranges", &len);
    unsigned child = cells_of(fdt, node, "#address-cells", 2), up = cells_of(fdt, parent, "#address-cells", 2);
    unsigned nsize = cells_of(fdt, node, "#size-cells", 1), entry = child + up + nsize;

    if (!p)
        return false;
    if (len == 0)
        return true;
    for (unsigned n = len / 4; entry && n >= entry; n -= entry, p += entry) {
        uint64_t from = take_cells(p, child), to = take_cells(p + child, up);
        uint64_t span = take_cells(p + child + up, nsize);
        if (*addr >= from && *addr - from < span && size <= span - (*addr - from)) {
            *addr = to + (*addr - from);
            return true;
        }
    }
    return false;
}

bool dt_reg(const void *fdt, int node, unsigned index, gpa *addr, uint64_t *size)
{
    int parent = fdt_parent_offset(fdt, node), len;
    const fdt32_t *p = fdt_getprop(fdt, node, "reg", &len);
    unsigned na, ns;

    if (!p || parent < 0)
        return false;
    na = cells_of(fdt, parent, "#address-cells", 2);
    ns = cells_of(fdt, parent, "#size-cells", 1);
    if (na == 0 || (uint64_t)len / 4 < (uint64_t)(index + 1) * (na + ns))
        return false;
    p += index * (na + ns);
    *addr = take_cells(p, na);
    *size = take_cells(p + na, ns);
    for (unsigned depth = 0; parent != 0; depth++) {
        int up = fdt_parent_offset(fdt, parent);
        if (!fdt_getprop(fdt, parent, "ranges", NULL) && within_own_reg(fdt, parent, *addr, *size))
            break;
        if (up < 0 || depth == MAX_DEPTH || !through_ranges(fdt, parent, up, addr, *size))
            return false;
        parent = up;
    }
    return *size == 0 || *addr + (*size - 1) >= *addr;
}

bool dt_check(const void *fdt, size_t size, const char *what, GError **err)
{
    int e = size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_full(fdt, size);

    if (e) {
        fail(err, "%s is no valid device tree: %s", what, fdt_strerror(e));
        return false;
    }
    return true;
}
