/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trusted Firmware-A's platform functions for its 32-bit runtime, SP_MIN, on QEMU's virt board; those of its own source
 * no longer compile. Used by tools/fetch-guests.
 */
#include <platform_def.h>
#include <common/bl_common.h>
#include <drivers/arm/pl061_gpio.h>
#include <lib/xlat_tables/xlat_tables_v2.h>
#include <plat/common/platform.h>

#include "qemu_private.h"

static entry_point_info_t next;

void sp_min_early_platform_setup2(u_register_t params, u_register_t a1, u_register_t a2, u_register_t a3)
{
    qemu_console_init();
    for (bl_params_node_t *p = ((bl_params_t *)params)->head; p; p = p->next_params_info)
        if (p->image_id == BL33_IMAGE_ID)
            next = *p->ep_info;
    /* What comes next is Linux: no machine's number, the device tree. */
    next.args.arg0 = 0;
    next.args.arg1 = UINT32_MAX;
    next.args.arg2 = PLAT_QEMU_DT_BASE;
}

void sp_min_plat_arch_setup(void)
{
    const mmap_region_t own[] = {
        MAP_REGION_FLAT(BL32_BASE, BL32_END - BL32_BASE, MT_MEMORY | MT_RW | MT_SECURE),
        MAP_REGION_FLAT(BL_CODE_BASE, BL_CODE_END - BL_CODE_BASE, MT_CODE | MT_SECURE),
        MAP_REGION_FLAT(BL_RO_DATA_BASE, BL_RO_DATA_END - BL_RO_DATA_BASE, MT_RO_DATA | MT_SECURE),
#if USE_COHERENT_MEM
        MAP_REGION_FLAT(BL_COHERENT_RAM_BASE, BL_COHERENT_RAM_END - BL_COHERENT_RAM_BASE, MT_DEVICE | MT_RW | MT_SECURE),
#endif
        { 0 },
    };

    setup_page_tables(own, plat_qemu_get_mmap());
    enable_mmu_svc_mon(0);
}

void sp_min_platform_setup(void)
{
    plat_qemu_gic_init();
    pl061_gpio_init();
    pl061_gpio_register(SECURE_GPIO_BASE, 0);
}

entry_point_info_t *sp_min_plat_get_bl33_ep_info(void)
{
    return next.pc ? &next : NULL;
}

unsigned int plat_get_syscnt_freq2(void)
{
    return read_cntfrq();
}

void sp_min_plat_fiq_handler(uint32_t id)
{
}
