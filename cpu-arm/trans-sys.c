/* SPDX-License-Identifier: BSD-2-Clause */
/* System instructions: manual, chapter C4.1.66, "Branches, Exception Generating and System instructions". */
#include "trans.h"

/* -- Exceptions -- */

static bool exception_generation(struct translator *t)
{
    unsigned opc = bits(t->insn, 21, 3), imm = bits(t->insn, 5, 16), ll = t->insn & 31;
    if (opc == 0 && ll == 1) { /* SVC: returns behind it */
        set_pc_next(t);
        ir_call(t->u, &arm_helper_svc, IR_VOID, const64(t, imm), 0, 0, 0);
        ir_exit_state(t->u);
        t->ended = true;
        return true;
    }
    if (opc == 1 && ll == 0) { /* BRK */
        raise_sync(t, arm_syndrome(EC_BRK64, imm));
        return true;
    }
    return false;
}

bool arm_decode_system(struct translator *t)
{
    if (bits(t->insn, 24, 8) == 0xd4)
        return exception_generation(t);
    return false;
}
