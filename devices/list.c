/* SPDX-License-Identifier: BSD-2-Clause */
/* Every device there is: one line each, declared and listed from one table. */
#include "device.h"

#define DEVICE_TYPES(T)                                                                                                \
    T(ns16550)                                                                                                         \
    T(aplic)                                                                                                           \
    T(imsic)                                                                                                           \
    T(plic)                                                                                                            \
    T(bcm2835_aux)                                                                                                     \
    T(bcm2835_aux_uart)                                                                                                \
    T(bcm2835_cprman)                                                                                                  \
    T(bcm2835_dma)                                                                                                     \
    T(bcm2835_gpio)                                                                                                    \
    T(bcm2835_ic)                                                                                                      \
    T(bcm2835_mbox)                                                                                                    \
    T(bcm2835_pm)                                                                                                      \
    T(bcm2835_rng)                                                                                                     \
    T(bcm2835_sdhci)                                                                                                   \
    T(bcm2835_sdhost)                                                                                                  \
    T(bcm2835_systmr)                                                                                                  \
    T(bcm2835_thermal)                                                                                                 \
    T(bcm2836_control)                                                                                                 \
    T(bcm2836_ic)                                                                                                      \
    T(clint)                                                                                                           \
    T(aclint_mswi)                                                                                                     \
    T(aclint_sswi)                                                                                                     \
    T(aclint_mtimer)                                                                                                   \
    T(cfi_flash)                                                                                                       \
    T(fw_cfg)                                                                                                          \
    T(gicv2)                                                                                                           \
    T(gicv2m)                                                                                                          \
    T(gicv3)                                                                                                           \
    T(gicv3_its)                                                                                                       \
    T(goldfish_rtc)                                                                                                    \
    T(gpio_key)                                                                                                        \
    T(gpio_pwr)                                                                                                        \
    T(armv7m_itm)                                                                                                      \
    T(sie200_mpc)                                                                                                      \
    T(sse200_secctl)                                                                                                   \
    T(cmsdk_timer)                                                                                                     \
    T(cmsdk_uart)                                                                                                      \
    T(at24)                                                                                                            \
    T(mag3110)                                                                                                         \
    T(mma8653)                                                                                                         \
    T(tmp105)                                                                                                          \
    T(stm32_adc)                                                                                                       \
    T(stm32_dma)                                                                                                       \
    T(stm32_exti)                                                                                                      \
    T(stm32_flash)                                                                                                     \
    T(stm32_gpio)                                                                                                      \
    T(stm32_i2c)                                                                                                       \
    T(stm32_iwdg)                                                                                                      \
    T(stm32_spi)                                                                                                       \
    T(stm32_syscfg)                                                                                                    \
    T(stm32_timer)                                                                                                     \
    T(nrf_clock)                                                                                                       \
    T(nrf_flash)                                                                                                       \
    T(nrf_gpio)                                                                                                        \
    T(nrf_rng)                                                                                                         \
    T(nrf_rtc)                                                                                                         \
    T(nrf_timer)                                                                                                       \
    T(nrf_twi)                                                                                                         \
    T(nrf_uart)                                                                                                        \
    T(pl011)                                                                                                           \
    T(pl031)                                                                                                           \
    T(pl061)                                                                                                           \
    T(sd_card)                                                                                                         \
    T(htif)                                                                                                            \
    T(sifive_uart)                                                                                                     \
    T(sifive_test)                                                                                                     \
    T(stm32_usart)                                                                                                     \
    T(gpex)                                                                                                            \
    T(gpex_root)                                                                                                       \
    T(pcie_root_port)                                                                                                  \
    T(ahci)                                                                                                            \
    T(e1000)                                                                                                           \
    T(edu)                                                                                                             \
    T(i6300esb)                                                                                                        \
    T(nec_usb_xhci)                                                                                                    \
    T(nvme)                                                                                                            \
    T(pci_bridge)                                                                                                      \
    T(pci_serial)                                                                                                      \
    T(qemu_xhci)                                                                                                       \
    T(pcie_pci_bridge)                                                                                                 \
    T(pvpanic_pci)                                                                                                     \
    T(virtio_9p_pci)                                                                                                   \
    T(virtio_9p_pci_transitional)                                                                                      \
    T(virtio_9p_pci_non_transitional)                                                                                  \
    T(virtio_balloon_pci)                                                                                              \
    T(virtio_balloon_pci_transitional)                                                                                 \
    T(virtio_balloon_pci_non_transitional)                                                                             \
    T(virtio_keyboard_pci)                                                                                             \
    T(virtio_mouse_pci)                                                                                                \
    T(virtio_tablet_pci)                                                                                               \
    T(virtio_blk_pci)                                                                                                  \
    T(virtio_blk_pci_transitional)                                                                                     \
    T(virtio_blk_pci_non_transitional)                                                                                 \
    T(virtio_net_pci)                                                                                                  \
    T(virtio_net_pci_transitional)                                                                                     \
    T(virtio_net_pci_non_transitional)                                                                                 \
    T(virtio_rng_pci)                                                                                                  \
    T(virtio_rng_pci_transitional)                                                                                     \
    T(virtio_rng_pci_non_transitional)                                                                                 \
    T(virtio_scsi_pci)                                                                                                 \
    T(virtio_scsi_pci_transitional)                                                                                    \
    T(virtio_scsi_pci_non_transitional)                                                                                \
    T(virtio_serial_pci)                                                                                               \
    T(virtio_serial_pci_transitional)                                                                                  \
    T(virtio_serial_pci_non_transitional)                                                                              \
    T(virtio_9p_device)                                                                                                \
    T(virtio_balloon_device)                                                                                           \
    T(virtio_keyboard_device)                                                                                          \
    T(virtio_mouse_device)                                                                                             \
    T(virtio_tablet_device)                                                                                            \
    T(virtio_blk_device)                                                                                               \
    T(virtio_mmio)                                                                                                     \
    T(virtio_net_device)                                                                                               \
    T(virtio_rng_device)                                                                                               \
    T(virtio_scsi_device)                                                                                              \
    T(ide_hd)                                                                                                          \
    T(ide_cd)                                                                                                          \
    T(scsi_hd)                                                                                                         \
    T(scsi_cd)                                                                                                         \
    T(usb_hub)                                                                                                         \
    T(usb_kbd)                                                                                                         \
    T(usb_mouse)                                                                                                       \
    T(usb_storage)                                                                                                     \
    T(usb_tablet)                                                                                                      \
    T(virtio_serial_device)                                                                                            \
    T(virtconsole)                                                                                                     \
    T(virtserialport)                                                                                                  \
    T(loader)                                                                                                          \
    T(guest_loader)                                                                                                    \
    T(unimp)

#define T(name) extern const struct device_type name##_type;
DEVICE_TYPES(T)
#undef T

const struct device_type *const device_types[] = {
#define T(name) &name##_type,
    DEVICE_TYPES(T)
#undef T
    NULL,
};
