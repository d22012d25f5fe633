#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Intel's network card; what is sent is cut into segments.
. "$(dirname "$0")/card.sh"
card_works e1000 drivers/net/ethernet/intel/e1000/e1000
