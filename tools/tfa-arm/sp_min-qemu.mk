# SPDX-License-Identifier: BSD-2-Clause
# Trusted Firmware-A asks for this file of a platform that has SP_MIN.
BL32_SOURCES += plat/qemu/qemu/sp_min/setup.c plat/qemu/common/aarch32/plat_helpers.S plat/qemu/common/qemu_pm.c \
	plat/qemu/common/topology.c lib/cpus/aarch32/cortex_a15.S plat/common/aarch32/platform_mp_stack.S \
	plat/common/plat_psci_common.c drivers/arm/pl061/pl061_gpio.c drivers/gpio/gpio.c ${QEMU_GIC_SOURCES}
PLAT_INCLUDES += -Iplat/qemu/common
# In qemu_pm.c, which is AArch64's otherwise.
TF_CFLAGS += -Ddisable_mmu_el3=disable_mmu_secure
