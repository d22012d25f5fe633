#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Walks along lists, whose next page is guessed: right, wrong, and gone.
. tests/stress/lib.sh
build chase -DROUNDS=20000
stress chase "jit tagged evict"
build chase -DROUNDS=2000
stress chase "interp single icount"
done_testing
