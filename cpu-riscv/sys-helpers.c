/* SPDX-License-Identifier: BSD-2-Clause */
/* The system instructions as translated code calls them: checks of privilege, then trap.c, csr.c or the MMU. */
#include <sched.h>
#include <string.h>

#include "bus.h"
#include "cpu-exec.h"
#include "cpus.h"
#include "csr.h"
#include "debug.h"
#include "semihost.h"

static void __attribute__((noreturn)) illegal(struct riscv_cpu *r, uint64_t insn)
{
    riscv_raise(r, EXC_ILLEGAL, (uint32_t)insn);
}

static uint64_t helper_raise(struct cpu *cpu, uint64_t cause, uint64_t tval)
{
    riscv_raise(riscv_cpu(cpu), cause, tval);
}

static uint64_t helper_csr(struct cpu *cpu, uint64_t csr, uint64_t value, uint64_t mask, uint64_t write_insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    uint64_t old;
    if (unlikely(riscv_csr_rw(r, csr, &old, value, mask, write_insn & 1) != CSR_OK))
        illegal(r, write_insn >> 32);
    return old;
}

/* The key does not depend on SUM. */
static uint64_t helper_sum(struct cpu *cpu, uint64_t set)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    r->mstatus = set ? r->mstatus | MSTATUS_SUM : r->mstatus & ~MSTATUS_SUM;
    riscv_update_data_regime(r);
    return 0;
}

static uint64_t helper_interrupts(struct cpu *cpu)
{
    riscv_check_interrupts(riscv_cpu(cpu));
    return 0;
}

static uint64_t helper_mret(struct cpu *cpu, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (!riscv_mret(r))
        illegal(r, insn);
    return 0;
}

static uint64_t helper_sret(struct cpu *cpu, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (!riscv_sret(r))
        illegal(r, insn);
    return 0;
}

static uint64_t helper_wfi(struct cpu *cpu, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    bool trapped = r->priv < PRV_M && (r->mstatus & MSTATUS_TW);
    if (trapped || (r->priv == PRV_U && r->config.has[RVF_s]))
        illegal(r, insn);
    cpu_sync_pc(cpu);
    cpu->pc = riscv_xlen_trunc(r, cpu->pc + 4);
    cpu_set_halted(cpu, !riscv_has_work(cpu));
    return 0;
}

/*
 * The wait may end at any time: give another thread the host CPU, or another hart the turn, and go on. So TW's time
 * limit is never reached. Harts that share a thread wait for each other only: on a busy host, to give others the CPU at
 * each wait would be to get nowhere.
 */
static uint64_t helper_wrs(struct cpu *cpu, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (r->resv_addr != ~UINT64_C(0) && !riscv_has_work(cpu)) {
        if (!cpu_yield(cpu))
            sched_yield();
        cpu_kick(cpu);
    }
    return 0;
}

/* cpu->pc is exact. */
static uint64_t helper_ecall(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    riscv_trap(r, EXC_ECALL_U + r->priv, 0);
    return 0;
}

/* A call of semihosting is marked by what is around it, in the same page: slli x0, x0, 31; ebreak; srai x0, x0, 7. */
static bool calls_host(struct riscv_cpu *r, gva pc)
{
    static const uint32_t mark[3] = { 0x01f01013, 0x00100073, 0x40705013 };
    uint32_t code[3];
    return semihost_enabled(r->priv != PRV_U) && ((pc - 4) & PAGE_MASK) == ((pc + 4) & PAGE_MASK) &&
           cpu_memory_read(&r->cpu, pc - 4, code, sizeof(code)) && !memcmp(code, mark, sizeof(code));
}

static uint64_t helper_ebreak(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    cpu_sync_pc(cpu);
    struct semihost_call c = { .cpu = cpu, .width = r->config.xlen / 8, .op = (uint32_t)r->x[10], .arg = r->x[11],
                               .sp = r->x[2] };
    if (!calls_host(r, cpu->pc))
        riscv_raise(r, EXC_BREAKPOINT, cpu->pc);
    if (semihost_call(&c)) {
        r->x[10] = riscv_xlen_trunc(r, c.result);
        cpu->pc = riscv_xlen_trunc(r, cpu->pc + 4);
    }
    return 0;
}

/* -- sfence.vma, sinval.vma -- */

struct fence {
    bool asid_given, page_given, rv32;
    uint16_t asid;
};

/*
 * Without translation there is nothing to order. Global pages are of no address space; one alone goes nevertheless, as
 * with QEMU: it costs nothing where user pages are meant.
 */
static bool fence_matches(const struct mmu_key *key, void *opaque)
{
    const struct fence *f = opaque;
    if (!key->root)
        return false;
    if (key->root == MMU_ANY_ROOT)
        return !f->asid_given || f->page_given;
    return !f->asid_given || f->asid == (f->rv32 ? bits(key->root, 22, 9) : bits(key->root, 44, 16));
}

static uint64_t helper_sfence(struct cpu *cpu, uint64_t va, uint64_t asid, uint64_t which_insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (r->priv == PRV_U || (r->priv == PRV_S && (r->mstatus & MSTATUS_TVM)))
        illegal(r, which_insn >> 32);
    bool rv32 = r->config.xlen == 32;
    struct fence f = { .asid_given = which_insn & 2, .page_given = which_insn & 1, .rv32 = rv32,
                       .asid = rv32 ? bits(asid, 0, 9) : asid };
    r->resv_addr = ~UINT64_C(0); /* the address may be another's now */
    if (which_insn & 1)
        mmu_flush_page(cpu, riscv_xlen_trunc(r, va), fence_matches, &f);
    else
        mmu_flush(cpu, fence_matches, &f);
    return 0;
}

/* -- Floating-point state -- */

/* The regimes don't depend on FS: only the key follows. */
static uint64_t helper_fs_dirty(struct cpu *cpu)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    r->mstatus |= MSTATUS_FS;
    riscv_update_key(r);
    return 0;
}

/* -- Cache blocks -- */

enum { CBO_INVAL = 0, CBO_CLEAN = 1, CBO_FLUSH = 2, CBO_ZERO = 4 };

/* The envcfg fields that must not be zero for the operation below M. */
static bool cbo_enabled(const struct riscv_cpu *r, unsigned op)
{
    uint64_t needed = op == CBO_INVAL  ? UINT64_C(3) << ENVCFG_CBIE_SHIFT
                      : op == CBO_ZERO ? ENVCFG_CBZE
                                       : ENVCFG_CBCFE;
    if (r->priv == PRV_M)
        return true;
    if (!(r->menvcfg & needed))
        return false;
    return r->priv == PRV_S || !r->config.has[RVF_s] || (r->senvcfg & needed);
}

static gva block_of(const struct riscv_cpu *r, gva va)
{
    return va & ~(gva)(r->config.cbo_block - 1);
}

/*
 * The whole block may be accessed, also where PMP divides its page. Faults are a store's, with the address that the
 * instruction gave. Host pointer if it is RAM, else NULL.
 */
static void *probe_block(struct riscv_cpu *r, gva va, enum mmu_access access)
{
    gva block = block_of(r, va);
    unsigned first = block & ~PAGE_MASK, last = first + r->config.cbo_block - 1;
    struct mmu_page page;
    struct mmu_fault fault;

    mmu_probe(&r->cpu, va, 1, access, IR_MEM_8 | IR_MEM_STORE);
    if (riscv_walk(&r->cpu, &r->data_key, va, access, false, &page, &fault) && page.split &&
        (first < page.first || last > page.last))
        riscv_raise(r, EXC_STORE_ACCESS, va);
    return mmu_probe(&r->cpu, block, r->config.cbo_block, access, IR_MEM_8 | IR_MEM_STORE);
}

/*
 * Caches are coherent here, so only the permission matters: where a load or a store may go, and so where a load may,
 * since no page and no PMP entry is for stores alone.
 */
static void cbo_manage(struct riscv_cpu *r, gva va)
{
    if (!mmu_lookup(&r->cpu, block_of(r, va), r->config.cbo_block, MMU_READ))
        probe_block(r, va, MMU_READ);
}

/* As stores of the guest: other harts may look at the block meanwhile. */
static void zero_block(const struct riscv_cpu *r, void *host)
{
    uint64_t *p = host, *end = p + r->config.cbo_block / sizeof(*p);

    if (unlikely(r->config.cbo_block < 2 * sizeof(*p))) {
        memset(host, 0, r->config.cbo_block);
        return;
    }
    do {
        __atomic_store_n(&p[0], 0, __ATOMIC_RELAXED);
        __atomic_store_n(&p[1], 0, __ATOMIC_RELAXED);
        p += 2;
    } while (p < end);
}

static void cbo_zero(struct riscv_cpu *r, gva va)
{
    void *host = mmu_lookup(&r->cpu, block_of(r, va), r->config.cbo_block, MMU_WRITE);

    if (likely(host != NULL)) {
        zero_block(r, host);
        return;
    }
    host = probe_block(r, va, MMU_WRITE);
    if (!host)
        riscv_raise(r, EXC_STORE_ACCESS, va);
    zero_block(r, host);
    bus_ram_written(host, r->config.cbo_block);
}

static uint64_t helper_cbo(struct cpu *cpu, uint64_t va, uint64_t op, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    if (!cbo_enabled(r, op))
        illegal(r, insn);
    va = riscv_xlen_trunc(r, va);
    if (op == CBO_ZERO)
        cbo_zero(r, va);
    else
        cbo_manage(r, va);
    return 0;
}

/* -- Jumps through a table -- */

#define JVT_MODE UINT64_C(0x3f) /* 0: jump table; others are reserved */

static uint64_t helper_table_jump(struct cpu *cpu, uint64_t index, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    unsigned size = r->config.xlen / 8;
    if ((r->jvt & JVT_MODE) || !csr_user_state_enabled(r, STATEEN_JVT))
        illegal(r, insn);
    gva entry = riscv_xlen_trunc(r, (r->jvt & ~JVT_MODE) + index * size);
    return mmu_load_code(cpu, entry, size) & ~UINT64_C(1);
}

/* -- Landing pads: the key follows -- */

static uint64_t helper_expect_pad(struct cpu *cpu)
{
    riscv_cpu(cpu)->elp = true;
    riscv_update_key(riscv_cpu(cpu));
    return 0;
}

static uint64_t helper_landed(struct cpu *cpu)
{
    riscv_cpu(cpu)->elp = false;
    riscv_update_key(riscv_cpu(cpu));
    return 0;
}

/* -- Shadow stacks: accesses under a regime of their own, whose faults are a store's -- */

static struct mmu_key shadow_regime(const struct riscv_cpu *r)
{
    struct mmu_key k = r->data_key;
    k.mode |= RVMMU_SS;
    return k;
}

static unsigned shadow_memop(const struct riscv_cpu *r)
{
    return (r->config.xlen == 32 ? IR_MEM_32 : IR_MEM_64) | IR_MEM_STORE;
}

static void check_shadow_aligned(struct riscv_cpu *r, gva va, unsigned size)
{
    if (va & (size - 1))
        riscv_raise(r, EXC_STORE_ACCESS, va);
}

static uint64_t helper_sspush(struct cpu *cpu, uint64_t value)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    struct mmu_key k = shadow_regime(r);
    gva va = riscv_xlen_trunc(r, r->ssp - r->config.xlen / 8);
    check_shadow_aligned(r, va, r->config.xlen / 8);
    mmu_store_as(cpu, &k, va, value, shadow_memop(r));
    r->ssp = va;
    return 0;
}

static uint64_t helper_sspopchk(struct cpu *cpu, uint64_t value)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    struct mmu_key k = shadow_regime(r);
    check_shadow_aligned(r, r->ssp, r->config.xlen / 8);
    if (mmu_load_as(cpu, &k, r->ssp, shadow_memop(r)) != value)
        riscv_raise(r, EXC_SOFTWARE_CHECK, CHECK_SHADOW_STACK);
    r->ssp = riscv_xlen_trunc(r, r->ssp + r->config.xlen / 8);
    return 0;
}

/* In M-mode it works, where MPRV leads to pages. */
static uint64_t helper_ssamoswap(struct cpu *cpu, uint64_t va, uint64_t value, uint64_t size, uint64_t insn)
{
    struct riscv_cpu *r = riscv_cpu(cpu);
    struct mmu_key k = shadow_regime(r);
    uint64_t old;
    if (r->priv != PRV_M && !riscv_sse(r))
        illegal(r, insn);
    check_shadow_aligned(r, va, size);
    void *host = mmu_probe_as(cpu, &k, va, size, MMU_WRITE, (size == 4 ? IR_MEM_32 : IR_MEM_64) | IR_MEM_STORE);
    if (!host)
        riscv_raise(r, EXC_STORE_ACCESS, va);
    if (size == 4)
        old = (int32_t)__atomic_exchange_n((uint32_t *)host, value, __ATOMIC_SEQ_CST);
    else
        old = __atomic_exchange_n((uint64_t *)host, value, __ATOMIC_SEQ_CST);
    bus_ram_written(host, size);
    return old;
}

/* -- The helpers -- */

#define HELPER(name_, nargs_, result_, flags_)                                                                         \
    const struct ir_helper riscv_helper_##name_ = {                                                                    \
        .name = "riscv_" #name_, .fn = helper_##name_, .nargs = nargs_, .result = result_, .flags = flags_}

HELPER(raise, 2, false, IR_H_TRAPS | IR_H_STATE);
HELPER(csr, 4, true, IR_H_TRAPS | IR_H_STATE);
HELPER(sum, 1, false, IR_H_STATE);
HELPER(interrupts, 0, false, IR_H_STATE);
HELPER(mret, 1, false, IR_H_TRAPS | IR_H_STATE);
HELPER(sret, 1, false, IR_H_TRAPS | IR_H_STATE);
HELPER(wfi, 1, false, IR_H_TRAPS | IR_H_STATE);
HELPER(wrs, 1, false, IR_H_STATE);
HELPER(ecall, 0, false, IR_H_TRAPS | IR_H_STATE);
HELPER(ebreak, 0, false, IR_H_READS | IR_H_WRITES | IR_H_TRAPS | IR_H_STATE);
HELPER(sfence, 3, false, IR_H_TRAPS | IR_H_STATE);
HELPER(fs_dirty, 0, false, IR_H_STATE);
HELPER(cbo, 3, false, IR_H_TRAPS | IR_H_STATE);
HELPER(expect_pad, 0, false, IR_H_STATE);
HELPER(landed, 0, false, IR_H_STATE);
HELPER(sspush, 1, false, IR_H_TRAPS | IR_H_STATE);
HELPER(sspopchk, 1, false, IR_H_TRAPS | IR_H_STATE);
HELPER(ssamoswap, 4, true, IR_H_TRAPS | IR_H_STATE);
HELPER(table_jump, 2, true, IR_H_TRAPS | IR_H_STATE);

const struct ir_helper *const riscv_sys_helpers[] = {
    &riscv_helper_raise,      &riscv_helper_csr,        &riscv_helper_sum,      &riscv_helper_interrupts,
    &riscv_helper_mret,       &riscv_helper_sret,       &riscv_helper_wfi,      &riscv_helper_wrs,
    &riscv_helper_ecall,      &riscv_helper_sfence,     &riscv_helper_fs_dirty, &riscv_helper_cbo,
    &riscv_helper_table_jump, &riscv_helper_expect_pad, &riscv_helper_landed,   &riscv_helper_sspush,
    &riscv_helper_sspopchk,   &riscv_helper_ssamoswap,  &riscv_helper_ebreak,     NULL,
};
