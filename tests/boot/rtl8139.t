#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Realtek's network card, by the driver for its C+ mode.
. "$(dirname "$0")/card.sh"
card_works rtl8139 drivers/net/mii drivers/net/ethernet/realtek/8139cp
