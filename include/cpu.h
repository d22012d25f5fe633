/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest CPU as the execution engine, the boards, gdb and the monitor see it, and what an
 * architecture must provide. An architecture's own CPU struct begins with struct cpu.
 */
#ifndef MYNAH_CPU_H
#define MYNAH_CPU_H

#include <glib.h>
#include <setjmp.h>

#include "bus.h"
#include "cpu-mode.h"
#include "ir.h"
#include "irq.h"
#include "mmu.h"
#include "msi.h"
#include "softfp.h"
#include "state.h"
#include "types.h"

/* -- cpu->key: the number of the mode, see cpu-mode.h, and bits of the engine's -- */
#define KEY_MODE_MASK ((1u << CPU_MODE_BITS) - 1)
#define KEY_ICOUNT (1u << 24)  /* instructions are counted */
#define KEY_STEP (1u << 25)    /* one instruction a unit, then out (single step) */
#define KEY_NOCHAIN (1u << 26) /* every unit returns to the loop (-d exec,nochain, cpu) */
#define KEY_BREAK (1u << 27)   /* breakpoints are set: units end before them */

struct cpu_arch;
struct engine_cpu;
struct gic_cpu;
struct irq;
struct machine;
struct mmu_cpu;
struct mmu_set;
struct vcpu;

/* All ones, so that translated code can test it against any register that is not 0. */
#define EXIT_REQUESTED UINT64_MAX

#define CPU_PAGE_GUESSES 16 /* a power of two */

struct cpu {
    /* Read and written by translated code at fixed offsets: engine-private. */
    uint32_t key;          /* what translations depend on besides the PC: see KEY_*. Low half of the jump cache's tag */
    uint32_t exec_gen;     /* generation of the current fetch set's executable mappings. High half of the tag */
    /* exact outside translated code, in helpers after cpu_sync_pc(), always in the interpreter */
    gva pc;
    /* where the page whose code runs is mapped: translated code knows its PC by its offset only */
    gva code_page;
    int64_t budget;        /* icount: instructions left before the loop must look */
    /* EXIT_REQUESTED: leave translated code soon; else 0. Atomic; set by cpu_kick() and cpu_yield() */
    uint64_t exit_request;
    /* jumps back in translated code until one is looked at, see tb_turned(); below 0: the last one */
    int32_t turns_left;
    /* wrong ones of the guesses below until the slow path of an access looks at them; below 0: now */
    int32_t guesses_left;
    uint32_t unit_insns;   /* interpreter: guest instructions begun in the current unit, see ir_interpret() */
    uintptr_t host_ra;     /* return address of the helper call in translated code, 0 outside */
    struct fp_env fp;      /* rounding mode, flags and class of FP ops; see fp_flags_sync() */
    uint32_t host_fpcr;    /* the guest's image of the host FP control register (MXCSR) */
    struct mmu_set *data_set, *fetch_set;
    void *tlb; /* data_set's compact tagged TLB, where the flat table cannot be had */
    /* The same for the data contexts from 1 on, with either kind of table; NULL beyond cpu_arch.ncontexts. */
    void *context_table[MMU_CONTEXTS];
    struct mmu_set *context_set[MMU_CONTEXTS];
    /* what the entry of a page is taken to be until it is known, by the register that the address is off; never 0 */
    int64_t page_guess[CPU_PAGE_GUESSES];

    /* Identity. */
    const struct cpu_arch *arch;
    /*
     * What translations take the registers to be: arch->regs, or a table that init() gives, with as many rows, in which
     * types and weights may differ. CPUs of one feature_set have the same.
     */
    const struct guest_reg *regs;
    struct machine *machine;
    struct address_space *as;
    unsigned index; /* 0 .. smp-1 */
    /* Number of the features: equal ones of an architecture mean equal translations; after init(). */
    unsigned feature_set;
    struct cpu_mode mode; /* what key has the number of: cpu_set_mode() */
    struct cpu_mode_memo mode_memo[CPU_MODE_MEMO];
    char *model;    /* as -cpu names it */
    /* The architecture's, which its translations depend on besides the key; constant after init(). */
    const void *features;
    gva va_mask;    /* what follows its highest address is at 0: ~0, or 2^32 - 1 */

    /* Execution loop. */
    bool halted;         /* waiting for an interrupt (WFI): owned by the vCPU thread; see cpu_set_halted() */
    bool powered_off;    /* does not run until cpu_power_on() */
    uint64_t executed;   /* instructions in finished slices: exact under icount */
    bool single_step;    /* stop after each instruction with a debug stop */
    jmp_buf loop_env;    /* where cpu_loop_exit() goes */
    struct vcpu *vcpu;         /* core's part: vcpu.h */
    struct engine_cpu *engine; /* the accelerator's part */
    struct mmu_cpu *mmu;       /* its soft page tables, where it has some */
};

/* One translated-code property list an architecture offers -cpu NAME,FEATURE=on. */
struct cpu_model {
    const char *name;
    const char *desc;
    const void *data; /* architecture-private */
};

/*
 * A node at the root of a device tree that says where outputs of every CPU lead: its n-th interrupt is that of out[n].
 */
struct cpu_node {
    const char *compatible;
    uint8_t nout, out[6]; /* numbers as irq_out() takes them */
};

struct opts;

/* Of struct cpu: the first row of an architecture's table. */
extern const struct state_table cpu_table;

/* What an architecture provides. All of it runs on the CPU's own thread unless said otherwise. */
struct cpu_arch {
    const char *name;     /* "riscv" */
    const char *gdb_arch; /* function below may refine it */
    size_t cpu_size;      /* of the arch's struct */
    const struct guest_reg *regs;
    unsigned nregs;
    unsigned ncontexts; /* data contexts besides the current one, up to MMU_CONTEXTS */
    const struct state_table *state; /* of the arch's struct */
    const struct ir_helper *const *helpers; /* NULL-terminated, for the IR text form */
    const struct cpu_model *models;         /* name == NULL ends; for -cpu help */

    /*
     * For -cpu MODEL,help: the features of the model (key "model", with features given to it) and how each is then.
     * system as of board.system, or NULL. False with a message.
     */
    bool (*describe_model)(struct opts *model, const char *system, GString *out, GError **err);
    /*
     * Create-time: apply the model (key "model") and its features ("rv64,zba=off"). False with a message naming the
     * nearest valid name.
     */
    bool (*init)(struct cpu *cpu, struct opts *model, GError **err);
    /* Power-on state; cpu->pc becomes the reset vector. The machine is stopped. */
    void (*reset)(struct cpu *cpu);
    /* Free what init made. */
    void (*fini)(struct cpu *cpu);

    /*
     * Build IR for code at u->pc under u->key: at most u->max_insns, within the page (an instruction
     * that crosses it only as the first), for a CPU of these features (cpu->features). Fetches by tcg_fetch(). Ends
     * with a terminator, unless the first instruction is not to be had: then nothing is built. Any thread.
     */
    void (*translate)(const void *features, struct ir_unit *u);

    /*
     * Translate va for access under key. True and *page, or false and the architecture's part of *fault: then no state
     * changed but what the manual demands of a failed walk. Where a page is split it is what an access beyond its part
     * raises, and is written with true too.
     * debug: no side effects (A/D bits stay, no permission checks but for a mapping), fault may be NULL: may run on
     * other threads while the CPU is paused.
     */
    bool (*walk)(struct cpu *cpu, const struct mmu_key *key, gva va, enum mmu_access access, bool debug,
                 struct mmu_page *page, struct mmu_fault *fault);
    /* Raise the exception for a failed access: set the CPU's state; cpu->pc is exact. memop as in ir.h. */
    void (*raise_fault)(struct cpu *cpu, const struct mmu_fault *fault, unsigned memop);

    /* An access to len bytes at va is about to be made, of which some may be in cpu_guest_watchpoints(): may raise. */
    void (*watch_hit)(struct cpu *cpu, gva va, unsigned len, bool write);

    /* If an interrupt is pending and enabled, take it (state, cpu->pc, cpu->key) and return true. */
    bool (*take_interrupt)(struct cpu *cpu);
    /* True if a halted CPU must wake (an enabled interrupt is pending, whether or not it can be taken). Any thread. */
    bool (*has_work)(struct cpu *cpu);

    /* machine.time_offset has changed; NULL: not of interest. Any thread, a device's lock may be held. */
    void (*time_changed)(struct cpu *cpu);

    /* Debugging: gdb's and the monitor's view. The CPU is paused; any thread. */
    /* XML text of the annex or NULL; owned by the CPU */
    const char *(*gdb_target_xml)(struct cpu *cpu, const char *annex);
    unsigned (*gdb_read)(struct cpu *cpu, int reg, uint8_t *buf);      /* bytes (target order), 0: no such register */
    unsigned (*gdb_write)(struct cpu *cpu, int reg, const uint8_t *buf); /* bytes taken, 0: no such register */
    unsigned (*gdb_nregs)(struct cpu *cpu);                            /* registers of the g packet */
    bool watch_before; /* gdb expects a watchpoint to stop before the access, not behind its instruction */
    void (*set_pc)(struct cpu *cpu, gva pc);
    void (*print_state)(struct cpu *cpu, GString *out); /* "info registers" and -d cpu */
    bool (*reg_by_name)(struct cpu *cpu, const char *name, uint64_t *value); /* $name in monitor expressions */
    /* One instruction's text, appended; code has len bytes from pc on. Its length in bytes, 0 if len is too short. */
    unsigned (*disas)(struct cpu *cpu, gva pc, const uint8_t *code, size_t len, GString *out);
    /* Inject a non-maskable interrupt (monitor "nmi"), or NULL. Any thread. */
    void (*nmi)(struct cpu *cpu);

    /* Device trees. The machine is being built: no CPU runs. */
    const char *const *dt_compatible; /* what cpu nodes of this architecture call themselves, NULL-terminated */
    /* Nodes anywhere that describe what is in the first CPU, its interrupt controller among them: no device. Or NULL */
    const char *const *dt_parts;
    /* The -cpu argument for a cpu node of a foreign tree; g_free() it. NULL with a message. */
    char *(*dt_model)(const void *fdt, int node, GError **err);
    /* Take from the cpu node (and its parent) what the model can't say: the rate of the time counter. */
    bool (*dt_read)(struct cpu *cpu, const void *fdt, int node, GError **err);
    /* Add to the cpu node the properties that follow from the model. 0 or a libfdt error. */
    int (*dt_write)(struct cpu *cpu, void *fdt, int node);
    /* The line for an interrupt specifier of the CPU's own controller. False if there is none. */
    bool (*irq_in)(struct cpu *cpu, const uint32_t *cells, unsigned ncells, struct irq *line);
    /* The interrupt file that drives the line of such a specifier belongs to the CPU. May be NULL. */
    void (*msi_file_in)(struct cpu *cpu, const uint32_t *cells, unsigned ncells, const struct msi_file *file);
    /*
     * Connect an output of what is in the CPU (timers), by the architecture's number. False if there is none. May be
     * NULL.
     */
    bool (*irq_out)(struct cpu *cpu, unsigned n, const struct irq *line);
    /* The interrupt controller's registers for the CPU are reached by these. May be NULL. */
    void (*gic_in)(struct cpu *cpu, const struct gic_cpu *gic);
    /* With irq_out: the nodes that describe these outputs; compatible == NULL ends. May be NULL. */
    const struct cpu_node *cpu_nodes;
    /* Where the CPU starts at its next resets. */
    void (*set_reset_pc)(struct cpu *cpu, gpa pc);
    /*
     * One that its board holds from its reset on begins, its vector table being there. Any thread, a device's lock may
     * be held. May be NULL.
     */
    void (*release)(struct cpu *cpu, gpa vectors);
};

/* Set cpu->halted, on its thread; another one may read it atomically meanwhile. Lock-free. */
static inline void cpu_set_halted(struct cpu *cpu, bool halted)
{
    __atomic_store_n(&cpu->halted, halted, __ATOMIC_RELAXED);
}

/* Every architecture, NULL-terminated (machines/ and core/ look them up by name). */
extern const struct cpu_arch *const cpu_archs[];

#endif
