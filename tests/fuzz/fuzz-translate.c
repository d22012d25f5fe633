/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as RISC-V code: see engines.h.
 *
 * An input: which hart, privilege and paging, how many registers are set; their values; the code. The code can reach
 * page tables in its RAM. A trap goes to a handler that goes on after the instruction.
 */
#include "cpu-riscv/riscv.h"
#include "engines.h"

const char fuzz_name[] = "translate";
const unsigned fuzz_runs = 3000;
const size_t fuzz_max_size = 1024;

#define TABLE_OFFSET 0xe000u
#define HANDLER_OFFSET 0xf000u

static const char *const models[] = {
    "rv64", "rv32", "max", "rv64i", "rv32i", "rv64,zba=off,zbb=off,c=off", "rv32,zfh=on,zacas=on,e=off",
    "rv64i,m=on,a=on,s=on,u=on,mmu=on,pmp=on,zicsr=on",
};

/* Identity mappings of the first and third GiB (Sv39) or of the third (Sv32), to all privileges that may have them. */
static void make_tables(bool rv32, bool user)
{
    uint64_t bits = 0xcf | (user ? 0x10 : 0);

    for (unsigned i = 0; rv32 && i < 1024; i++) { /* 4 MiB each */
        uint32_t pte = i << 20 | bits;
        engines_put32(TABLE_OFFSET + 4 * i, &pte, 1);
    }
    for (unsigned i = 0; !rv32 && i < 512; i++) /* 1 GiB each */
        engines_put64(TABLE_OFFSET + 8 * i, (uint64_t)i << 28 | bits);
}

static void prepare(struct cpu *cpu, struct fuzz *f)
{
    /* csrr t6, mepc; addi t6, t6, 4; csrw mepc, t6; csrr t6, mcause; mret. */
    static const uint32_t handler[] = { 0x34102ff3, 0x004f8f93, 0x341f9073, 0x34202ff3, 0x30200073 };
    struct riscv_cpu *r = riscv_cpu(cpu);
    uint8_t mode = fuzz_u8(f), nregs = fuzz_u8(f) % 32;
    bool rv32 = r->config.xlen == 32, paged = mode & 4;
    static const uint8_t privs[] = { PRV_M, PRV_S, PRV_U, PRV_M };
    uint64_t values[32] = { 0 };
    size_t len = ENGINES_RAM_SIZE / 4;

    for (unsigned i = 1; i <= nregs; i++)
        values[i % 32] = fuzz_number(f);
    if (mode & 8) /* something to read */
        engines_fill();
    make_tables(rv32, mode & 3 & 2);
    engines_put32(HANDLER_OFFSET, handler, ARRAY_SIZE(handler));
    const uint8_t *code = fuzz_bytes(f, &len);
    engines_place(code, len);

    for (unsigned i = 1; i < 32; i++) {
        r->x[i] = riscv_xlen_trunc(r, i <= nregs ? values[i] : ENGINES_RAM_BASE + ENGINES_DATA + i * 0x10);
        r->f[i] = i <= nregs ? values[i] : UINT64_C(0xffffffff3f800000) + i;
    }
    if (r->config.has[RVF_zicsr]) {
        riscv_csr_debug_write(r, 0x305, ENGINES_RAM_BASE + HANDLER_OFFSET);   /* mtvec */
        riscv_csr_debug_write(r, 0x306, mode & 16 ? ~UINT64_C(0) : 0);        /* mcounteren */
        riscv_csr_debug_write(r, 0x3b0, ~UINT64_C(0));                        /* pmpaddr0: everything ... */
        riscv_csr_debug_write(r, 0x3a0, 0x1f);                                /* ... for everyone */
        if (mode & 32)
            riscv_csr_debug_write(r, 0x300, r->mstatus | MSTATUS_FS | MSTATUS_MIE | MSTATUS_MXR | MSTATUS_SUM);
        if (paged && r->config.has[RVF_mmu])
            riscv_csr_debug_write(r, 0x180, (ENGINES_RAM_BASE + TABLE_OFFSET) >> 12 |
                                                (rv32 ? UINT64_C(1) << 31 : UINT64_C(8) << 60));
    }
    r->priv = privs[mode & 3];
    if ((r->priv == PRV_S && !r->config.has[RVF_s]) || (r->priv == PRV_U && !r->config.has[RVF_u]))
        r->priv = PRV_M;
    riscv_update_state(r);
    cpu->pc = ENGINES_RAM_BASE + ENGINES_CODE;
}

void fuzz_init(void)
{
    static const struct engines_guest guest = {
        .arch = &riscv_arch,
        .models = models,
        .nmodels = ARRAY_SIZE(models),
        .prepare = prepare,
    };
    engines_start(&guest);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    engines_run(data, size);
}
