/* SPDX-License-Identifier: BSD-2-Clause */
/* Every board there is: one line each. */
#include "machine.h"

#define BOARDS(B)                                                                                                      \
    B(riscv64_virt)                                                                                                    \
    B(riscv32_virt)                                                                                                    \
    B(arm64_virt)                                                                                                      \
    B(arm_virt)                                                                                                        \
    B(cortex_m_generic)                                                                                                \
    B(riscv64_generic)                                                                                                 \
    B(riscv32_generic)                                                                                                 \
    B(spike)                                                                                                           \
    B(spike32)                                                                                                         \
    B(sifive_e)                                                                                                        \
    B(sifive_e64)                                                                                                      \
    B(sifive_u)                                                                                                        \
    B(lm3s6965evb)                                                                                                     \
    B(microbit)                                                                                                        \
    B(mps2_an385)                                                                                                      \
    B(mps2_an386)                                                                                                      \
    B(mps2_an500)                                                                                                      \
    B(mps2_an505)                                                                                                      \
    B(mps2_an521)                                                                                                      \
    B(netduino2)                                                                                                       \
    B(netduinoplus2)                                                                                                   \
    B(olimex_stm32_h405)                                                                                               \
    B(stm32vldiscovery)                                                                                                \
    B(raspi0)                                                                                                          \
    B(raspi1ap)                                                                                                        \
    B(raspi2b)                                                                                                         \
    B(raspi3ap)                                                                                                        \
    B(raspi3b)

#define B(name) extern const struct board name;
BOARDS(B)
#undef B

const struct board *const boards[] = {
#define B(name) &name,
    BOARDS(B)
#undef B
    NULL,
};
