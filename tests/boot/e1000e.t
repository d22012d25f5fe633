#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Intel's 82574L by its own driver, with MSI-X and extended descriptors; what is sent is cut into segments.
. "$(dirname "$0")/card.sh"
card_works e1000e drivers/net/ethernet/intel/e1000e/e1000e
