/* SPDX-License-Identifier: BSD-2-Clause */
/* The models without AArch64: struct arm_config with their features. */
#ifndef MYNAH_ARM_MODELS_A32_H
#define MYNAH_ARM_MODELS_A32_H

#include "arm.h"

extern const struct arm_config arm_model_cortex_a15, arm_model_cortex_a7, arm_model_cortex_a8, arm_model_cortex_a9,
    arm_model_arm926, arm_model_arm1136, arm_model_arm1176, arm_model_max_a32;

#endif
