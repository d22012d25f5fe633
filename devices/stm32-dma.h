/* SPDX-License-Identifier: BSD-2-Clause */
/* How peripherals of an STM32 and its DMA controllers find each other: by the peripheral's registers. */
#ifndef DEVICES_STM32_DMA_H
#define DEVICES_STM32_DMA_H

#include "device.h"

/*
 * The type's dma_ready() may be true now where it was not before: streams that wait for the peripheral look again. Its
 * lock is held.
 */
void stm32_dma_wake(struct device *peripheral);

#endif
