#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Loops that walk through memory: right sums and bytes, exact faults, and code made of pages that one fills.
. tests/stress/lib.sh
build strip -DROUNDS=200 -DPAGES=200
stress strip "jit tagged evict" -smp 2
build strip -DROUNDS=20 -DPAGES=20
stress strip "interp single icount icount-interp" -smp 2
done_testing
