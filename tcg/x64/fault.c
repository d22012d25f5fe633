/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is the host's: a fault of an access in translated code goes on in the access's slow path; GS is
 * the flat table's base; MXCSR is the guest's FP control while translated code and its helpers run,
 * but for devices' code.
 */
#include <asm/prctl.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "compile.h"

bool x64_fault(const struct tb *tb, void *ucontext)
{
    ucontext_t *uc = ucontext;
    uintptr_t rip = uc->uc_mcontext.gregs[REG_RIP], code = (uintptr_t)tb->code;
    uint32_t slow;

    if (rip < code || rip >= code + tb->code_size) {
        return false;
    }
    slow = x64_lookup_slow(tb, rip - code);
    if (!slow) {
        return false;
    }
    uc->uc_mcontext.gregs[REG_RIP] = code + slow;
    return true;
}

void x64_set_base(void *base)
{
    static int fsgsbase = -1;

    if (fsgsbase < 0) {
        fsgsbase = getauxval(AT_HWCAP2) >> 1 & 1;
    }
    if (fsgsbase) {
        __asm__ volatile("wrgsbase %0" : : "r"(base) : "memory");
    } else {
        syscall(SYS_arch_prctl, ARCH_SET_GS, base);
    }
}

/* -- MXCSR -- */

#define MXCSR_FLAGS 0x3fu
#define MXCSR_DEFAULT 0x1f80u
#define MXCSR_RM_SHIFT 13

static uint32_t read_mxcsr(void)
{
    uint32_t v;

    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}

static void write_mxcsr(uint32_t v)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(v));
}

unsigned x64_fp_take_flags(struct cpu *cpu, bool live)
{
    uint32_t v = live ? read_mxcsr() : cpu->host_fpcr;

    if (live && (v & MXCSR_FLAGS)) {
        write_mxcsr(v & ~MXCSR_FLAGS);
    }
    cpu->host_fpcr = (v & ~MXCSR_FLAGS) | MXCSR_DEFAULT;
    return (v & 0x20 ? FP_NX : 0) | (v & 0x10 ? FP_UF : 0) | (v & 0x08 ? FP_OF : 0) | (v & 0x04 ? FP_DZ : 0) |
           (v & 0x01 ? FP_NV : 0);
}

void x64_fp_set_rounding(struct cpu *cpu, unsigned rm, bool live)
{
    /* IR_RNE, RTZ, RDN, RUP as the host numbers them; RMM is never computed by the host. */
    static const uint8_t rc[] = {0, 3, 1, 2, 0, 0, 0, 0};

    cpu->host_fpcr = MXCSR_DEFAULT | (uint32_t)rc[rm & 7] << MXCSR_RM_SHIFT;
    if (live) {
        write_mxcsr(cpu->host_fpcr);
    }
}

uint32_t x64_fp_host(void)
{
    uint32_t v = read_mxcsr();

    write_mxcsr(MXCSR_DEFAULT);
    return v;
}

void x64_fp_guest(uint32_t control)
{
    write_mxcsr(control);
}

void x64_unwind(struct cpu *cpu)
{
    cpu->host_fpcr = read_mxcsr();
    write_mxcsr(MXCSR_DEFAULT);
    cpu->host_ra = 0;
}
