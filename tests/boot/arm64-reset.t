#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What reset.t has, with Debian's kernel for 64-bit ARM on arm64-virt.
ARCH=arm64 exec "$(dirname "$0")/reset.t"
