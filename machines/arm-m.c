/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boards with a Cortex-M: each is its device tree. How they start: at the vector table, which is at address 0, or where
 * there is nothing at the start of the lowest memory. Manual: DDI 0403, B1.5.5, "Reset behavior".
 */
#include <elf.h>
#include <inttypes.h>

#include "boot.h"
#include "cpu-arm/m.h"
#include "loader.h"

struct load_target armm_load_target(const struct machine *m, struct cpu *cpu)
{
    return (struct load_target){ .as = m->as, .elf_machine = EM_ARM, .elf_class = 32, .image = &no_image,
                                 .arch = "32-bit ARM" };
}

/* The lowest address where there is memory of any kind, -1: nowhere. */
static void lowest_memory(const struct mapping *map, void *opaque)
{
    gpa *lowest = opaque;

    if (map->region->kind != REGION_IO)
        *lowest = MIN(*lowest, map->base);
}

bool armm_boot_at(struct machine *m, gpa table, GError **err)
{
    struct load_target t = armm_load_target(m, m->cpus[0]);
    struct loaded l;

    if (m->board && m->config.cpus && m->config.cpus < m->ncpus) {
        fail(err, "-smp: Invalid SMP CPUs %u. The min CPUs supported by machine '%s' is %u", m->config.cpus, m->name,
             m->ncpus);
        return false;
    }
    if (m->config.ram_size && m->config.ram_size != m->ram_size) {
        fail(err, "-m: machine %s has %" PRIu64 " KiB of memory", m->name, m->ram_size / KiB);
        return false;
    }
    if (m->config.initrd || m->config.append || g_strcmp0(m->config.bios ? m->config.bios : "none", "none")) {
        fail(err, "%s: machine %s takes a program by -kernel only",
             m->config.initrd ? "-initrd" : m->config.append ? "-append" : "-bios", m->name);
        return false;
    }
    if (table == UINT64_MAX)
        address_space_foreach(m->as, true, lowest_memory, &table);
    if (table == UINT64_MAX) {
        fail(err, "machine %s has no memory", m->name);
        return false;
    }
    if (m->config.kernel && !load_kernel(&t, m->config.kernel, table, &l, err)) {
        g_prefix_error(err, "-kernel ");
        return false;
    }
    for (unsigned i = 0; i < m->ncpus; i++)
        armm_set_vector_table(armm_cpu(m->cpus[i]), table);
    return true;
}

/* Secure accesses have the SSE-200's code memory there. */
#define SSE200_SECURE_CODE 0x10000000

bool armm_boot(struct machine *m, GError **err)
{
    return armm_boot_at(m, armm_cpu(m->cpus[0])->idau ? SSE200_SECURE_CODE : UINT64_MAX, err);
}

#define BOARD_CPUS(id, name_, desc_, cpu_, defaults_, cpus_)                                                           \
    const struct board id = {                                                                                          \
        .name = name_,                                                                                                 \
        .desc = desc_,                                                                                                 \
        .arch = "arm-m",                                                                                               \
        .system = "arm",                                                                                               \
        .short_name = name_,                                                                                           \
        .default_cpu = cpu_,                                                                                           \
        .max_cpus = cpus_,                                                                                             \
        .dtb = dtb_##id##_start,                                                                                       \
        .defaults = &defaults_,                                                                                        \
        .load = armm_boot,                                                                                             \
    }
#define BOARD(id, name_, desc_, cpu_) BOARD_CPUS(id, name_, desc_, cpu_, no_defaults, 1)
#define MPS2(id, name_, desc_, cpu_) BOARD_CPUS(id, name_, desc_, cpu_, lan9118_defaults, 1)

extern const uint8_t dtb_lm3s6965evb_start[], dtb_microbit_start[], dtb_mps2_an385_start[], dtb_mps2_an386_start[],
    dtb_mps2_an500_start[], dtb_mps2_an505_start[], dtb_mps2_an521_start[], dtb_netduino2_start[],
    dtb_netduinoplus2_start[],
    dtb_olimex_stm32_h405_start[], dtb_stm32vldiscovery_start[];
BOARD_CPUS(lm3s6965evb, "lm3s6965evb", "Stellaris LM3S6965EVB (Cortex-M3)", "cortex-m3", stellaris_defaults, 1);
BOARD(microbit, "microbit", "BBC micro:bit (Cortex-M0)", "cortex-m0");
MPS2(mps2_an385, "mps2-an385", "ARM MPS2 with AN385 (Cortex-M3)", "cortex-m3");
MPS2(mps2_an386, "mps2-an386", "ARM MPS2 with AN386 (Cortex-M4)", "cortex-m4");
MPS2(mps2_an500, "mps2-an500", "ARM MPS2 with AN500 (Cortex-M7)", "cortex-m7");
MPS2(mps2_an505, "mps2-an505", "ARM MPS2 with AN505 (Cortex-M33)", "cortex-m33");
BOARD_CPUS(mps2_an521, "mps2-an521", "ARM MPS2 with AN521 (two Cortex-M33)", NULL, lan9118_defaults, 2);
BOARD(netduino2, "netduino2", "Netduino 2, STM32F205 (Cortex-M3)", "cortex-m3");
BOARD(netduinoplus2, "netduinoplus2", "Netduino Plus 2, STM32F405 (Cortex-M4)", "cortex-m4");
BOARD(olimex_stm32_h405, "olimex-stm32-h405", "Olimex STM32-H405, STM32F405 (Cortex-M4)", "cortex-m4");
BOARD(stm32vldiscovery, "stm32vldiscovery", "ST STM32VLDISCOVERY, STM32F100 (Cortex-M3)", "cortex-m3");
