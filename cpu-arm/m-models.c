/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The -cpu models of M-profile, and what device trees say of them. Manuals: the cores' technical reference manuals;
 * bindings: arm/cpus.yaml, Zephyr's arm,v7m-nvic.yaml.
 */
#include "m.h"

#include <libfdt.h>
#include <string.h>

#include "dt.h"
#include "machine.h"
#include "opts.h"

#define V6M [ARMF_aarch32] = true, [ARMF_m_profile] = true, [ARMF_v5] = true, [ARMF_v6] = true
#define V7M V6M, [ARMF_v6k] = true, [ARMF_v7] = true, [ARMF_idiv] = true
#define V8M_BASE V6M, [ARMF_v6k] = true, [ARMF_v8] = true
#define V8M V7M, [ARMF_v8] = true
#define FPV4 [ARMF_fp] = true, [ARMF_fmac] = true, [ARMF_fphp] = true
#define FPV5 FPV4, [ARMF_fpv5] = true

static const struct armm_model cortex_m0 = {
    .config = { .a32_only = true, .number = 0, .has = { V6M } },
    .cpuid = 0x410cc200,
};

static const struct armm_model cortex_m0plus = {
    .config = { .a32_only = true, .number = 0, .has = { V6M } },
    .cpuid = 0x410cc601,
    .mpu_regions = 8, .user = true, .vtor = true,
};

static const struct armm_model cortex_m3 = {
    .config = { .a32_only = true, .number = 1, .has = { V7M } },
    .cpuid = 0x410fc231,
    .id = { 0x30, 0x200, 0x100000, 0, 0x30, 0, 0, 0, 0x01141110, 0x02111000, 0x21112231, 0x01111110, 0x01310102 },
    .mpu_regions = 8, .user = true, .vtor = true, .bitband = true,
};

static const struct armm_model cortex_m4 = {
    .config = { .a32_only = true, .number = 2, .has = { V7M, [ARMF_dsp] = true, FPV4 } },
    .cpuid = 0x410fc240,
    .id = { 0x30, 0x200, 0x100000, 0, 0x30, 0, 0, 0, 0x01141110, 0x02111000, 0x21112231, 0x01111110, 0x01310102 },
    .mvfr = { 0x10110021, 0x11000011, 0 },
    .mpu_regions = 8, .user = true, .vtor = true, .bitband = true,
};

static const struct armm_model cortex_m7 = {
    .config = { .a32_only = true, .number = 3,
                .has = { V7M, [ARMF_dsp] = true, FPV5, [ARMF_fp_dp] = true } },
    .cpuid = 0x411fc272,
    .id = { 0x30, 0x200, 0x100000, 0, 0x100030, 0, 0x01000000, 0, 0x01101110, 0x02112000, 0x20232231, 0x01111131,
            0x01310132 },
    .mvfr = { 0x10110221, 0x12000011, 0x40 },
    .mpu_regions = 8, .user = true, .vtor = true,
};

static const struct armm_model cortex_m23 = {
    .config = { .a32_only = true, .number = 4, .has = { V8M_BASE } },
    .cpuid = 0x411cd200,
    .id = { 0x30, 0x210, 0, 0, 0x00100030, 0, 0, 0, 0x01141110, 0x02111000, 0x20112231, 0x01111110, 0x01310102 },
    .mpu_regions = 8, .user = true, .vtor = true, .v8 = true, .sau_regions = 8,
};

static const struct armm_model cortex_m33 = {
    .config = { .a32_only = true, .number = 5, .has = { V8M, [ARMF_dsp] = true, FPV5 } },
    .cpuid = 0x410fd213,
    .id = { 0x30, 0x210, 0x200000, 0, 0x101f40, 0, 0x01000000, 0, 0x01101110, 0x02212000, 0x20232232, 0x01111131,
            0x01310132 },
    .mvfr = { 0x10110021, 0x11000011, 0x40 },
    .mpu_regions = 8, .user = true, .vtor = true, .v8 = true, .sau_regions = 8,
};

static const struct armm_model cortex_m35p = {
    .config = { .a32_only = true, .number = 5, .has = { V8M, [ARMF_dsp] = true, FPV5 } },
    .cpuid = 0x410fd310,
    .id = { 0x30, 0x210, 0x200000, 0, 0x101f40, 0, 0x01000000, 0, 0x01101110, 0x02212000, 0x20232232, 0x01111131,
            0x01310132 },
    .mvfr = { 0x10110021, 0x11000011, 0x40 },
    .mpu_regions = 8, .user = true, .vtor = true, .v8 = true, .sau_regions = 8,
};

const struct cpu_model armm_models[] = {
    { "cortex-m0", "Arm Cortex-M0", &cortex_m0 },
    { "cortex-m0plus", "Arm Cortex-M0+, with MPU and vector table offset", &cortex_m0plus },
    { "cortex-m3", "Arm Cortex-M3", &cortex_m3 },
    { "cortex-m4", "Arm Cortex-M4, with single precision", &cortex_m4 },
    { "cortex-m7", "Arm Cortex-M7, with double precision", &cortex_m7 },
    { "cortex-m23", "Arm Cortex-M23, with TrustZone-M", &cortex_m23 },
    { "cortex-m33", "Arm Cortex-M33, with TrustZone-M, DSP and single precision", &cortex_m33 },
    { "cortex-m35p", "Arm Cortex-M35P, with TrustZone-M, DSP and single precision", &cortex_m35p },
    { NULL, NULL, NULL },
};

static const struct cpu_model *find_model(struct opts *model, GError **err)
{
    const char *name = opts_take(model, "model"), *names[ARRAY_SIZE(armm_models)];
    unsigned n = 0;
    if (!name) {
        fail(err, "-cpu: a model name is missing");
        return NULL;
    }
    for (const struct cpu_model *c = armm_models; c->name; c++) {
        if (!strcmp(c->name, name))
            return c;
        names[n++] = c->name;
    }
    names[n] = NULL;
    if (!strcmp(name, "cortex-m52") || !strcmp(name, "cortex-m55") || !strcmp(name, "cortex-m85")) {
        fail(err, "-cpu %s: Armv8.1-M is not there yet (-cpu help lists what is)", name);
        return NULL;
    }
    const char *near = nearest_name(name, names);
    fail(err, "-cpu %s: no such Cortex-M model%s%s%s", name, near ? "; did you mean '" : " (-cpu help lists them)",
         near ? near : "", near ? "'?" : "");
    return NULL;
}

/* The Cortex-M33's options that a board's core may lack. Its registers say so then: DDI 0553, D1.2, "ID_ISAR1". */
static bool apply_options(struct armm_cpu *m, struct opts *model, GError **err)
{
    struct arm_config *c = &m->arm.config;
    bool vfp = true, dsp = true;
    if (!opts_take_bool(model, "vfp", &vfp, err) || !opts_take_bool(model, "dsp", &dsp, err))
        return false;
    if (!vfp) {
        c->has[ARMF_fp] = c->has[ARMF_fmac] = c->has[ARMF_fphp] = c->has[ARMF_fpv5] = false;
        memset(m->reduced.mvfr, 0, sizeof(m->reduced.mvfr));
        c->number += 1;
    }
    if (!dsp) {
        c->has[ARMF_dsp] = false;
        m->reduced.id[9] = with_bits(m->reduced.id[9], 12, 4, 1);      /* ID_ISAR1.Extend */
        m->reduced.id[10] = with_bits(m->reduced.id[10], 16, 8, 0x11); /* ID_ISAR2.MultS, MultU */
        m->reduced.id[11] = with_bits(m->reduced.id[11], 0, 8, 0x10);  /* ID_ISAR3.Saturate, SIMD */
        c->number += 2;
    }
    return true;
}

static bool has_options(const struct armm_model *m)
{
    return m->v8 && m->config.has[ARMF_dsp];
}

bool armm_model_apply(struct armm_cpu *m, struct opts *model, GError **err)
{
    const struct cpu_model *found = find_model(model, err);
    if (!found)
        return false;
    m->reduced = *(const struct armm_model *)found->data;
    m->model = &m->reduced;
    m->arm.config = m->model->config;
    if ((has_options(m->model) && !apply_options(m, model, err)) || !opts_done(model, "-cpu", err))
        return false;
    m->arm.config.fpsid = 0;
    m->nirqs = armm_is_v7(m) || armm_is_v8(m) ? 240 : 32;
    m->prio_bits = armm_is_v7(m) ? 8 : 2;
    m->hz = 16000000;
    return true;
}

bool armm_describe_model(struct opts *model, const char *system, GString *out, GError **err)
{
    const struct cpu_model *found = find_model(model, err);
    if (found && has_options(found->data))
        g_string_append_printf(out, "%s has the options\n  dsp  on   the DSP extension\n  vfp  on   floating point\n",
                               found->name);
    else if (found)
        g_string_append_printf(out, "%s has no options\n", found->name);
    return found;
}

/* -- Device trees -- */

const char *const armm_dt_compatible[] = {
    "arm,cortex-m0", "arm,cortex-m0+", "arm,cortex-m3", "arm,cortex-m4", "arm,cortex-m4f", "arm,cortex-m7",
    "arm,cortex-m23", "arm,cortex-m33", "arm,cortex-m33f", "arm,cortex-m35p", NULL,
};

/* What is in the CPU, wherever the tree has it. */
#define NVICS 5 /* the first of them are that */
const char *const armm_dt_parts[] = {
    "arm,v6m-nvic", "arm,v7m-nvic", "arm,armv7m-nvic", "arm,v8m-nvic", "arm,v8.1m-nvic", "arm,armv6m-systick",
    "arm,armv7m-systick", "arm,armv8m-systick", "arm,armv8m-mpu", NULL,
};

char *armm_dt_model(const void *fdt, int node, GError **err)
{
    static const struct {
        const char *compatible, *model;
    } models[] = {
        { "arm,cortex-m0", "cortex-m0" }, { "arm,cortex-m0+", "cortex-m0plus" }, { "arm,cortex-m3", "cortex-m3" },
        { "arm,cortex-m4", "cortex-m4" }, { "arm,cortex-m4f", "cortex-m4" }, { "arm,cortex-m7", "cortex-m7" },
        { "arm,cortex-m23", "cortex-m23" }, { "arm,cortex-m33", "cortex-m33" }, { "arm,cortex-m33f", "cortex-m33" },
        { "arm,cortex-m35p", "cortex-m35p" },
    };
    const char *own = fdt_getprop(fdt, node, "mynah,model", NULL);
    if (own)
        return g_strdup(own);
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
        if (dt_compatible(fdt, node, models[i].compatible))
            return g_strdup(models[i].model);
    fail(err, "device tree: the CPU's compatible names no model");
    return NULL;
}

/* The NVIC's node, wherever it is. */
static int nvic_node(const void *fdt)
{
    for (unsigned i = 0; i < NVICS; i++) {
        int node = fdt_node_offset_by_compatible(fdt, -1, armm_dt_parts[i]);
        if (node >= 0)
            return node;
    }
    return -1;
}

/* A further one, behind the last that shares lines and bus with the first. */
static void join(struct armm_cpu *m)
{
    struct armm_cpu *last = armm_first(m);
    while (last != m && last->next)
        last = last->next;
    if (last != m)
        last->next = m;
}

/*
 * clock-frequency is the core's; arm,num-irqs, arm,sse-200-idau (addresses with bit 28 are secure) and mynah,model (as
 * -cpu) are ours.
 */
bool armm_dt_read(struct cpu *cpu, const void *fdt, int node, GError **err)
{
    struct armm_cpu *m = armm_cpu(cpu);
    join(m);
    m->held = armm_first(m) != m && fdt_getprop(fdt, node, "enable-method", NULL);
    int nvic = nvic_node(fdt);
    m->hz = dt_prop_num(fdt, node, "clock-frequency", m->hz);
    m->idau = fdt_getprop(fdt, node, "arm,sse-200-idau", NULL);
    if (nvic >= 0) {
        m->prio_bits = dt_prop_num(fdt, nvic, "arm,num-irq-priority-bits", m->prio_bits);
        m->nirqs = dt_prop_num(fdt, nvic, "arm,num-irqs", m->nirqs);
    }
    if (!m->hz || m->hz > UINT64_C(10000000000))
        fail(err, "device tree: the CPU's clock-frequency is out of range");
    else if (!m->prio_bits || m->prio_bits > 8 || m->nirqs > ARMM_MAX_IRQS || !m->nirqs)
        fail(err, "device tree: the NVIC has at most 8 bits of priority and %u interrupts", ARMM_MAX_IRQS);
    else
        return true;
    return false;
}
