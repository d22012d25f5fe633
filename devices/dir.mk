# SPDX-License-Identifier: BSD-2-Clause
OBJS += devices/virtio.o devices/virtio-ring.o devices/virtio-mmio.o devices/virtio-blk.o devices/virtio-net.o devices/virtio-net-control.o devices/virtio-net-rss.o \
	devices/virtio-rng.o devices/virtio-serial.o devices/virtio-pci.o devices/virtio-balloon.o devices/virtio-input.o \
	devices/virtio-scsi.o devices/scsi-disk.o devices/virtio-9p.o devices/virtio-vsock.o devices/virtio-gpu.o devices/p9.o devices/p9-files.o devices/fsdev.o
OBJS += devices/xhci.o devices/xhci-rings.o devices/usb.o devices/usb-hid.o devices/usb-hub.o devices/usb-storage.o devices/iov.o
OBJS += devices/ahci.o devices/ide-disk.o
OBJS += devices/edu.o devices/pci-testdev.o devices/pvpanic-pci.o devices/pci-nic.o devices/e1000.o devices/e1000e.o devices/e1000x.o devices/e1000x-rx.o devices/e1000x-tx.o devices/rtl8139.o devices/nvme.o devices/i6300esb.o devices/pci-serial.o
OBJS += devices/pci/pci.o devices/pci/bus.o devices/pci/msi.o devices/pci/msix.o devices/pci/gpex.o devices/pci/bridge.o devices/pci/root-port.o devices/pci/info.o
OBJS += devices/boot-order.o devices/list.o \
	devices/aclint.o devices/aplic.o devices/cfi-flash.o devices/fw-cfg.o devices/gic-virt.o devices/gicv2.o devices/gicv2m.o devices/gicv3.o devices/gicv3-its.o devices/gic-lpi.o \
	devices/goldfish-rtc.o devices/gpio-key.o devices/gpio-pwr.o devices/imsic.o devices/pl011.o devices/pl031.o devices/pl061.o \
	devices/htif.o devices/uart.o \
	devices/ns16550.o devices/plic.o devices/sifive-test.o devices/sifive-uart.o devices/unimp.o devices/wired-or.o
OBJS += devices/armv7m-itm.o devices/sie200-mpc.o devices/sse200-mhu.o devices/sse200-secctl.o devices/sse200-sysctl.o
OBJS += devices/cmsdk-timer.o devices/cmsdk-uart.o devices/nxp-uart.o devices/pins.o devices/reg-rules.o devices/stm32-usart.o
# Nordic's nRF51
OBJS += devices/nrf-clock.o devices/nrf-flash.o devices/nrf-gpio.o devices/nrf-rng.o devices/nrf-rtc.o devices/nrf-timer.o \
	devices/nrf-twi.o devices/nrf-uart.o
# Broadcom's BCM283x, of the Raspberry Pi
OBJS += devices/bcm2835-aux.o devices/bcm2835-cprman.o devices/bcm2835-dma.o devices/bcm2835-fb.o devices/bcm2835-gpio.o \
	devices/bcm2835-ic.o devices/bcm2835-mbox.o devices/bcm2835-pm.o devices/bcm2835-property.o devices/bcm2835-rng.o devices/bcm2835-sdhci.o \
	devices/bcm2835-sdhost.o devices/bcm2835-systmr.o devices/bcm2835-thermal.o devices/bcm2836-control.o devices/sd-card.o
# I2C, SPI and what is on them
OBJS += devices/i2c.o devices/spi.o devices/at24.o devices/i2c-motion.o devices/pl022.o devices/ssd0323.o \
	devices/tmp105.o
# STM32
OBJS += devices/stm32-adc.o devices/stm32-dma.o devices/stm32-exti.o devices/stm32-flash.o devices/stm32-gpio.o devices/stm32-i2c.o \
	devices/stm32-iwdg.o devices/stm32-spi.o devices/stm32-syscfg.o devices/stm32-timer.o
# MPS2, Stellaris, LEDs
OBJS += devices/lan9118.o devices/stellaris-enet.o devices/cmsdk-gpio.o devices/led-matrix.o devices/mps2-fpgaio.o devices/sp804.o devices/sp805.o devices/stellaris-gptm.o \
	devices/stellaris-i2c.o
