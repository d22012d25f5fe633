/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart and device trees: its node's properties from the model, the model from a foreign node, and the
 * interrupt specifiers of its riscv,cpu-intc. Bindings: Linux's riscv/cpus.yaml, riscv/extensions.yaml.
 */
#include <libfdt.h>
#include <string.h>

#include "dt.h"
#include "log.h"
#include "opts.h"
#include "riscv.h"

const char *const riscv_dt_compatible[] = { "riscv", NULL };

/* -- Foreign trees: the model -- */

static bool known_feature(const char *name)
{
#define F(f) #f,
    static const char *const names[] = { RISCV_FEATURES(F) NULL };
#undef F
    return g_strv_contains(names, name);
}

/* Append ",NAME=on" for an extension that the models know; the others are left out and logged. */
static void add_extension(GString *out, const char *name)
{
    if (!strcmp(name, "i"))
        return;
    if (!strcmp(name, "g")) {
        g_string_append(out, ",m=on,a=on,f=on,d=on,zicsr=on,zifencei=on");
        return;
    }
    if (known_feature(name))
        g_string_append_printf(out, ",%s=on", name);
    else
        log_to(LOG_UNIMP, "device tree: the CPU extension '%s' is not modelled\n", name);
}

/* "imac_zba_zbb" after the base; version numbers ("2p1") are dropped. */
static void add_isa(GString *out, const char *isa)
{
    g_auto(GStrv) parts = g_strsplit(isa, "_", -1);

    for (const char *p = parts[0]; p && *p; p++) {
        if (strchr("zsx", *p) && p[1] && g_ascii_isalpha(p[1])) {
            add_extension(out, p);
            break;
        }
        if (g_ascii_isalpha(*p) && !(*p == 'p' && p > parts[0] && g_ascii_isdigit(p[-1])))
            add_extension(out, (char[]){ *p, 0 });
    }
    for (unsigned i = 1; parts[0] && parts[i]; i++)
        if (*parts[i])
            add_extension(out, parts[i]);
}

/* Paging follows mmu-type; without it the hart has neither S mode nor translation. */
static void add_mmu(GString *out, const char *type)
{
    const char *sv = type && g_str_has_prefix(type, "riscv,sv") ? type + 6 : NULL;

    g_string_append(out, ",u=on,pmp=on");
    if (!sv)
        return;
    g_string_append(out, ",s=on,mmu=on");
    if (!strcmp(sv, "sv32"))
        g_string_append(out, ",sv32=on");
    else
        g_string_append_printf(out, ",sv39=on%s%s", strcmp(sv, "sv39") ? ",sv48=on" : "",
                               !strcmp(sv, "sv57") ? ",sv57=on" : "");
}

char *riscv_dt_model(const void *fdt, int node, GError **err)
{
    const char *base = fdt_stringlist_get(fdt, node, "riscv,isa-base", 0, NULL);
    const char *isa = fdt_stringlist_get(fdt, node, "riscv,isa", 0, NULL), *ext;
    const char *first = base ? base : isa;
    GString *out;

    if (!first || (strncmp(first, "rv64", 4) && strncmp(first, "rv32", 4))) {
        fail(err, "device tree: CPU %s: riscv,isa='%s': expected a string that starts with rv32 or rv64",
             fdt_get_name(fdt, node, NULL), first ? first : "");
        return NULL;
    }
    out = g_string_new(NULL);
    g_string_append_printf(out, "%.4si,zicsr=on", first);
    if (base)
        for (int i = 0; (ext = fdt_stringlist_get(fdt, node, "riscv,isa-extensions", i, NULL)); i++)
            add_extension(out, ext);
    else
        add_isa(out, isa + 4);
    add_mmu(out, fdt_stringlist_get(fdt, node, "mmu-type", 0, NULL));
    return g_string_free(out, FALSE);
}

bool riscv_dt_read(struct cpu *cpu, const void *fdt, int node, GError **err)
{
    uint64_t hz = dt_prop_num(fdt, node, "timebase-frequency", 0);

    if (!hz)
        hz = dt_prop_num(fdt, fdt_parent_offset(fdt, node), "timebase-frequency", 0);
    if (hz < 1 || hz > UINT32_MAX) {
        fail(err, "device tree: /cpus: timebase-frequency=%" G_GUINT64_FORMAT ": expected 1 to 4294967295", hz);
        return false;
    }
    riscv_cpu(cpu)->time_hz = hz;
    riscv_cpu(cpu)->hartid = dt_prop_num(fdt, node, "reg", cpu->index);
    return true;
}

/* -- Our trees: the node -- */

static int write_extensions(void *fdt, int node, const struct riscv_config *c)
{
    g_auto(GStrv) names = riscv_isa_extensions(c);
    g_autoptr(GString) list = g_string_new(NULL);
    int e = fdt_setprop_string(fdt, node, "riscv,isa-base", c->xlen == 32 ? "rv32i" : "rv64i");

    for (unsigned i = 0; names[i]; i++)
        g_string_append_len(list, names[i], strlen(names[i]) + 1);
    return e ? e : fdt_setprop(fdt, node, "riscv,isa-extensions", list->str, list->len);
}

int riscv_dt_write(struct cpu *cpu, void *fdt, int node)
{
    const struct riscv_config *c = &riscv_cpu(cpu)->config;
    g_autofree char *isa = riscv_isa_string(c);
    int e = 0;

    if (c->has[RVF_zicbop])
        e = fdt_setprop_u32(fdt, node, "riscv,cbop-block-size", c->cbo_block);
    if (!e && c->has[RVF_zicboz])
        e = fdt_setprop_u32(fdt, node, "riscv,cboz-block-size", c->cbo_block);
    if (!e && c->has[RVF_zicbom])
        e = fdt_setprop_u32(fdt, node, "riscv,cbom-block-size", c->cbo_block);
    if (!e)
        e = write_extensions(fdt, node, c);
    if (!e)
        e = fdt_setprop_string(fdt, node, "riscv,isa", isa);
    if (!e && c->has[RVF_mmu]) /* else there is none, as with QEMU: OpenSBI takes the hart away then */
        e = fdt_setprop_string(fdt, node, "mmu-type", riscv_mmu_type(c));
    return e;
}

/* -- Wiring -- */

bool riscv_dt_irq_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line)
{
    if (ncells != 1 || cells[0] >= riscv_cpu(cpu)->config.xlen)
        return false;
    riscv_irq_line(riscv_cpu(cpu), cells[0], line);
    return true;
}

/* The hart's external interrupts come from an IMSIC. */
void riscv_dt_msi_file_in(struct cpu *cpu, const uint32_t *cells, unsigned ncells, const struct msi_file *file)
{
    struct riscv_cpu *r = riscv_cpu(cpu);

    if (cells[0] == IRQ_MEI)
        r->mfile = *file;
    else if (cells[0] == IRQ_SEI)
        r->sfile = *file;
}

void riscv_set_reset_pc(struct cpu *cpu, gpa pc)
{
    riscv_cpu(cpu)->config.reset_vector = pc;
}
