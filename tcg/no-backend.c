/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts without a back end: everything runs in the IR interpreter. */
#include "tcg/gen/backend.h"

const struct backend *const host_backend;
