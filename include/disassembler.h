/* SPDX-License-Identifier: BSD-2-Clause */
/* capstone, which is loaded when something is first disassembled. */
#ifndef MYNAH_DISASSEMBLER_H
#define MYNAH_DISASSEMBLER_H

#include <capstone/capstone.h>

#include "late-library.h"

#define CAPSTONE_FUNCTIONS(F) F(cs_open) F(cs_disasm) F(cs_free) F(cs_close)
struct capstone {
    CAPSTONE_FUNCTIONS(LATE_MEMBER)
};

/* Its functions, by their names. NULL: it is missing, which is told of once. Any thread. */
const struct capstone *capstone(void);

#endif
