/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU and device trees: its node's properties from the model, the model from a foreign node. Binding: arm/cpus.yaml. */
#include <libfdt.h>
#include <string.h>

#include "arm.h"
#include "dt.h"
#include "opts.h"

const char *const arm_dt_compatible[] = {
    "arm,cortex-a35", "arm,cortex-a55", "arm,cortex-a76", "arm,neoverse-n1",
    "arm,cortex-a53", "arm,cortex-a57", "arm,cortex-a72", "arm,armv8", "arm,cortex-a15", "arm,cortex-a7", "arm,cortex-a8",
    "arm,cortex-a9", "arm,arm926", "arm,arm926ej-s", "arm,arm1136", "arm,arm1136jf-s", "arm,arm1176", "arm,arm1176jzf-s",
    NULL,
};

/* The binding's name is the model's, or that with the letters of the core's options behind it: arm1176jzf-s. */
static bool names_model(const char *name, const char *model)
{
    size_t len = strlen(model);
    return !strncmp(name, model, len) && (!name[len] || (g_str_has_prefix(model, "arm") && g_ascii_isalpha(name[len])));
}

char *arm_dt_model(const void *fdt, int node, GError **err)
{
    for (int i = 0;; i++) {
        const char *name = fdt_stringlist_get(fdt, node, "compatible", i, NULL);
        if (!name)
            break;
        for (const struct cpu_model *m = arm_models; m->name; m++) {
            if (g_str_has_prefix(name, "arm,") && names_model(name + 4, m->name))
                return g_strdup(m->name);
        }
    }
    return g_strdup("cortex-a57"); /* arm,armv8: any will do */
}

bool arm_dt_read(struct cpu *cpu, const void *fdt, int node, GError **err)
{
    struct arm_cpu *a = arm_cpu(cpu);
    a->mpidr = UINT64_C(1) << 31 | dt_prop_num(fdt, node, "reg", cpu->index);
    return true;
}

int arm_dt_write(struct cpu *cpu, void *fdt, int node)
{
    g_autofree char *model = g_strndup(cpu->model, strcspn(cpu->model, ","));
    g_autofree char *compatible = g_strdup_printf("arm,%s", model);
    return fdt_setprop_string(fdt, node, "compatible", strcmp(model, "max") ? compatible : "arm,armv8");
}

const struct cpu_node arm_cpu_nodes[] = {
    { .compatible = "arm,armv8-timer", .nout = 5,
      .out = { ARM_OUT_TIMER + ARM_TIMER_SEC, ARM_OUT_TIMER + ARM_TIMER_PHYS, ARM_OUT_TIMER + ARM_TIMER_VIRT,
               ARM_OUT_TIMER + ARM_TIMER_HYP, ARM_OUT_TIMER + ARM_TIMER_HYPVIRT } },
    { .compatible = "arm,armv7-timer", .nout = 4,
      .out = { ARM_OUT_TIMER + ARM_TIMER_SEC, ARM_OUT_TIMER + ARM_TIMER_PHYS, ARM_OUT_TIMER + ARM_TIMER_VIRT,
               ARM_OUT_TIMER + ARM_TIMER_HYP } },
    { .compatible = "arm,armv8-pmuv3", .nout = 1, .out = { ARM_OUT_PMU } },
    { .compatible = NULL },
};
