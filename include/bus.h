/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: what a guest physical address leads to. A region is RAM, ROM or a device's
 * registers; an address space maps regions, later and higher-priority ones on top, and keeps a flat
 * sorted view that look-ups use without a lock.
 */
#ifndef MYNAH_BUS_H
#define MYNAH_BUS_H

#include <glib.h>

#include "types.h"

/* How an access ended. */
enum bus_result {
    BUS_OK,
    BUS_DECODE_ERROR, /* nothing is mapped there */
    BUS_ERROR,        /* the device refused: wrong size, or not now */
};

/*
 * A device's register window. offset is from the start of the region; size is 1, 2, 4 or 8 bytes,
 * naturally aligned, between min_size and max_size: the bus refuses other sizes with BUS_ERROR when
 * strict, else splits wide accesses and widens narrow ones (read-modify-write only for reads: a
 * narrow write is passed with its own size). value is zero-extended. Called with lock held.
 */
struct io_ops {
    uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
    void (*write)(void *opaque, uint64_t offset, uint64_t value, unsigned size);
    unsigned min_size, max_size; /* what the callbacks take; 0, 0 means 1..8 */
    bool strict;                 /* refuse other sizes instead of splitting */
    bool big_endian;             /* registers are big-endian on a little-endian bus */
};

enum region_kind {
    REGION_RAM, /* host memory, guest reads, writes and executes directly */
    REGION_ROM, /* host memory, guest writes are ignored and logged */
    REGION_ROMD, /* host memory for reads; writes go to ops. romd_off: reads go to ops too (CFI flash) */
    REGION_IO,
};

struct region {
    const char *name;
    enum region_kind kind;
    uint64_t size;            /* bytes, not 0 */
    uint8_t *host;            /* RAM, ROM, ROMD: page-aligned, size rounded up to pages */
    const struct io_ops *ops; /* IO, ROMD */
    void *opaque;             /* for ops: the device */
    GMutex *lock;             /* held around ops; NULL: the ops need none */
    bool romd_off;            /* ROMD in command mode: changed by region_set_romd() only */
    struct ram_block *ram;    /* RAM, ROM, ROMD: the block host lies in */
    /* IO: devices' message-signalled interrupts get here; its lock comes after all devices'. */
    bool msi;
};

/*
 * Host memory that guests see as RAM: one mapping, known to the execution engine (which keeps a
 * code bitmap per page), to migration and to snapshots.
 */
struct ram_block {
    char *name;
    uint8_t *host;
    uint64_t size;
    uint8_t *page_flags; /* one byte a page: enum ram_page_flag, atomic accesses */
    bool aliases;        /* reserved at all multiples of 2^40 */
    bool given;          /* it is a file's, or shared: it may hold something although nobody here has touched it */
    struct ram_block *next;
};

enum ram_page_flag {
    RAM_PAGE_CODE = 1, /* holds translated code: writes must go through bus_ram_written() */
};

/* Every RAM block, newest first. */
extern struct ram_block *ram_blocks;

/* Allocate size bytes of zeroed guest memory. Aborts with a message naming the size only through err. */
struct ram_block *ram_block_new(const char *name, uint64_t size, GError **err);
/*
 * The same of memory that the user's sources give, one behind the other: n of them with the sum of their sizes, or one
 * that has none. What is in their files stays there.
 */
struct ram_source;
struct ram_block *ram_block_of_sources(const char *name, uint64_t size, const struct ram_source *const *sources,
                                       unsigned n, GError **err);
/* Give it back; nothing may refer to it any more. */
void ram_block_free(struct ram_block *b);
/* The block a host address lies in, or NULL. */
struct ram_block *ram_block_of(const uint8_t *host);
/* True if all aliases of all blocks at multiples of 2^40 in the host's address space are kept without access. */
bool ram_aliases_reserved(void);
/* From now on a block whose aliases can't be reserved is refused. */
void ram_require_aliases(void);
/*
 * Address space for a big table, zero and without memory until it is touched, where no alias of RAM will be wanted;
 * size is a power of two of at most 2^38. NULL: there is none. Undone by munmap().
 */
void *ram_map_table(uint64_t size);
/* Part of a block: bytes [start, end), of whole pages. */
struct ram_run {
    uint64_t start, end;
};
/*
 * The next part behind run->end that has been touched, as far as the host can say: pages beyond read as zero, and
 * asking makes none of them resident. Begins with { 0 }. False: there is none.
 */
bool ram_next_run(const struct ram_block *b, struct ram_run *run);
/* True if the page at host is all zero. */
bool ram_is_zero(const uint8_t *page);
/* Make [start, end) of a block, whole pages, zero without making it resident. Translations are the caller's to drop. */
void ram_clear(struct ram_block *b, uint64_t start, uint64_t end);
/* The window of host addresses that holds all blocks, aligned to twice its size. */
#define RAM_WINDOW_BITS 39
#ifdef MYNAH_TSAN
#define RAM_WINDOW_BASE UINT64_C(0) /* the only part of the address space that it leaves us for this */
#else
#define RAM_WINDOW_BASE (UINT64_C(1) << 44)
#endif
/* True if a host address lies in it. */
bool ram_in_window(hva host);

struct mapping {
    gpa base;
    uint64_t size; /* bytes visible of the region from region_offset */
    uint64_t region_offset;
    struct region *region;
    int priority;
};

struct address_space;

/*
 * ARM's security states: secure accesses go to the address with this bit. What is mapped there is for them alone, in the
 * place of what others find at the address without it; everything else both see.
 */
#define BUS_SECURE (UINT64_C(1) << 56)

/* Empty; the name, for "info mtree", is copied. address_space_free() it. */
struct address_space *address_space_new(const char *name);
/* Free it; regions are the callers'. No CPU uses it any more. */
void address_space_free(struct address_space *as);
/*
 * Map a region at base. Where regions overlap the higher priority wins, then the later one. The
 * region is borrowed and must outlive the mapping. May be called while the machine runs, by the callback of a register
 * access, or by other code that holds no device's lock: every CPU sees the change before that access completes, or
 * before this returns.
 */
void address_space_map(struct address_space *as, struct region *r, gpa base, int priority);
void address_space_unmap(struct address_space *as, struct region *r);
/* A CPU tells security states apart: from now on addresses with BUS_SECURE lead somewhere. */
void address_space_add_secure(struct address_space *as);
/* Switch a ROMD region between array and command mode; called and seen like address_space_map(). */
void region_set_romd(struct region *r, bool off);

/*
 * The mapping at addr in the flat view, or NULL. On a CPU's thread it is valid while the CPU executes an instruction,
 * on others until the next map or unmap.
 */
const struct mapping *address_space_find(struct address_space *as, gpa addr);
/* True within the callback of a register access on this thread. */
bool bus_in_access(void);
/* ... and the access is a secure one: a CPU's, in a machine that tells these apart. */
bool bus_access_is_secure(void);
/* ... and the access is no CPU's but a device's message: that one's number, as bus_msi() got it. */
bool bus_access_is_message(uint32_t *requester);
/* All mappings as declared (flat == false) or as seen (flat == true), through fn: for "info mtree". */
void address_space_foreach(struct address_space *as, bool flat, void (*fn)(const struct mapping *m, void *opaque),
                           void *opaque);
const char *address_space_name(const struct address_space *as);

/*
 * One access by a CPU: size 1, 2, 4 or 8, naturally aligned, little-endian value. RAM included.
 * Takes the device's lock.
 */
enum bus_result bus_read(struct address_space *as, gpa addr, unsigned size, uint64_t *value);
enum bus_result bus_write(struct address_space *as, gpa addr, unsigned size, uint64_t value);

/* The same for callers that have looked the mapping up with address_space_find() for addr. */
enum bus_result bus_read_mapped(const struct mapping *m, gpa addr, unsigned size, uint64_t *value);
enum bus_result bus_write_mapped(const struct mapping *m, gpa addr, unsigned size, uint64_t value);

/*
 * Copies of any length and alignment, for DMA, loaders and debuggers. RAM and ROM only: a device's
 * registers are never reached by DMA (so a device cannot re-enter another). False if any byte of the
 * range is not memory; bytes before it may have been copied. dma_write does not write ROM.
 */
bool dma_read(struct address_space *as, gpa addr, void *buf, size_t len);
bool dma_write(struct address_space *as, gpa addr, const void *buf, size_t len);
/* As dma_write, but into ROM as well, and into what secure accesses alone find there: loaders and debuggers. */
bool rom_write(struct address_space *as, gpa addr, const void *buf, size_t len);
/*
 * A message-signalled interrupt: a device's 32-bit write, to a region that takes such or to RAM. Anything else is not
 * reached, as by dma_write(): false. The caller may hold its device's lock. requester: the device's number, by which an
 * ITS knows it; 0 where there is no such.
 */
bool bus_msi(struct address_space *as, gpa addr, uint32_t data, uint32_t requester);
/*
 * A host pointer to *len bytes of RAM at addr (or fewer: *len is lowered to what is contiguous), or
 * NULL if addr is not RAM. After writing through it call bus_ram_written().
 */
uint8_t *dma_map(struct address_space *as, gpa addr, size_t *len);
/* Guest RAM at host was written by a device or loader: drop translations of it. Cheap where there are none. */
void bus_ram_written(const uint8_t *host, size_t len);

#endif
