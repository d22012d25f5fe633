/* SPDX-License-Identifier: BSD-2-Clause */
/* capstone's functions. */
#include "disassembler.h"

const struct capstone *capstone(void)
{
    static const char *const names[] = { CAPSTONE_FUNCTIONS(LATE_NAME) NULL };
    static struct capstone functions;
    static bool missing;
    g_autoptr(GError) err = NULL;

    if (late_library(G_STRINGIFY(CAPSTONE_SONAME), names, &functions, &err))
        return &functions;
    if (!__atomic_exchange_n(&missing, true, __ATOMIC_RELAXED))
        g_printerr("mynah: warning: nothing is disassembled: %s\n", err->message);
    return NULL;
}
