/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI-X: interrupts as messages from a table in a BAR. Manual: "PCI Local Bus Specification" 3.0, section 6.8.2. */
#include "pci.h"

#include <inttypes.h>
#include <string.h>

#define ENTRY 16 /* bytes: address, upper address, data, control */
#define CAP_BYTES 12
#define BAR_MIN 4096
enum { CAP_CONTROL = 2, CAP_TABLE = 4, CAP_PBA = 8 };
enum { CONTROL_MASK_ALL = 0x40, CONTROL_ENABLE = 0x80 }; /* of the upper byte of the control word */
enum { E_ADDRESS = 0, E_UPPER = 4, E_DATA = 8, E_CONTROL = 12 };
#define VECTOR_MASKED 1 /* of an entry's control */

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint8_t control(const struct pci_function *f)
{
    return f->config[f->msix.cap + CAP_CONTROL + 1];
}

/* -- Messages; irq_lock is held -- */

static bool is_masked(const struct pci_function *f, unsigned n)
{
    return (control(f) & CONTROL_MASK_ALL) || (f->msix.table[ENTRY * n + E_CONTROL] & VECTOR_MASKED);
}

static void send_message(struct pci_function *f, unsigned n)
{
    const uint8_t *e = f->msix.table + ENTRY * n;
    gpa addr = get32(e + E_ADDRESS) | (uint64_t)get32(e + E_UPPER) << 32;

    if (!pci_message(f, addr, get32(e + E_DATA)))
        device_guest_error(f->dev, "MSI-X vector %u: nothing takes messages at 0x%" PRIx64, n, addr);
}

/* Send what was noted and may go now. */
static void send_pending(struct pci_function *f)
{
    struct pci_msix *m = &f->msix;

    if (!(control(f) & CONTROL_ENABLE))
        return;
    for (unsigned n = 0; n < m->n; n++) {
        if (!(m->pba[n / 8] >> (n % 8) & 1) || is_masked(f, n))
            continue;
        m->pba[n / 8] &= ~(1 << (n % 8));
        send_message(f, n);
    }
}

static void lock(struct pci_function *f)
{
    lock_order_enter(LOCK_CONTROLLER);
    g_mutex_lock(&f->irq_lock);
}

static void unlock(struct pci_function *f)
{
    g_mutex_unlock(&f->irq_lock);
    lock_order_leave(LOCK_CONTROLLER);
}

bool pci_msix_enabled(struct pci_function *f)
{
    bool on;

    lock(f);
    on = f->msix.n && (control(f) & CONTROL_ENABLE);
    unlock(f);
    return on;
}

void pci_msix_notify(struct pci_function *f, unsigned n)
{
    struct pci_msix *m = &f->msix;

    lock(f);
    if (n < m->n && (control(f) & CONTROL_ENABLE)) {
        if (is_masked(f, n))
            m->pba[n / 8] |= 1 << (n % 8);
        else
            send_message(f, n);
    }
    unlock(f);
}

void pci_msix_config_written(struct pci_function *f, unsigned offset, unsigned size)
{
    if (offset > f->msix.cap + CAP_CONTROL + 1u || offset + size <= f->msix.cap + CAP_CONTROL + 1u)
        return;
    lock(f);
    send_pending(f);
    unlock(f);
}

/* -- The BAR -- */

static uint64_t table_read(void *opaque, uint64_t offset, unsigned size)
{
    struct pci_function *f = opaque;
    const struct pci_msix *m = &f->msix;
    uint64_t v = 0;

    lock(f);
    if (offset + size <= m->table_bytes)
        memcpy(&v, m->table + offset, size);
    else if (offset >= m->pba_at && offset - m->pba_at + size <= m->pba_bytes)
        memcpy(&v, m->pba + (offset - m->pba_at), size);
    unlock(f);
    return GUINT64_FROM_LE(v);
}

static void table_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct pci_function *f = opaque;
    struct pci_msix *m = &f->msix;
    uint64_t le = GUINT64_TO_LE(value);

    if (offset + size > m->table_bytes)
        return; /* pending bits are read only */
    lock(f);
    memcpy(m->table + offset, &le, size);
    for (unsigned n = offset / ENTRY; n <= (offset + size - 1) / ENTRY; n++) {
        memset(m->table + ENTRY * n + E_CONTROL + 1, 0, 3);
        m->table[ENTRY * n + E_CONTROL] &= VECTOR_MASKED;
        m->table[ENTRY * n + E_ADDRESS] &= ~3;
    }
    send_pending(f);
    unlock(f);
}

static const struct io_ops table_ops = { .read = table_read, .write = table_write, .min_size = 4, .max_size = 8 };

void pci_msix_init(struct pci_function *f, unsigned bar, unsigned n)
{
    struct pci_msix *m = &f->msix;
    uint64_t size = BAR_MIN;

    while (ENTRY * n > size / 2 || (n + 63) / 64 * 8 > size / 2)
        size *= 2;
    *m = (struct pci_msix){ .n = n, .pba_at = size / 2, .table_bytes = ENTRY * n, .pba_bytes = (n + 63) / 64 * 8 };
    m->table = g_malloc0(m->table_bytes);
    m->pba = g_malloc0(m->pba_bytes);
    struct region *r = device_add_io(f->dev, "msix", &table_ops, size);
    r->opaque = f;
    r->lock = NULL; /* irq_lock */
    pci_add_bar(f, bar, 0, r);
    m->cap = pci_add_capability(f, PCI_CAP_MSIX, CAP_BYTES);
    pci_put16(f->config + m->cap + CAP_CONTROL, n - 1);
    pci_put32(f->config + m->cap + CAP_TABLE, bar);
    pci_put32(f->config + m->cap + CAP_PBA, m->pba_at | bar);
    f->writable[m->cap + CAP_CONTROL + 1] = CONTROL_ENABLE | CONTROL_MASK_ALL;
    pci_msix_reset(f);
}

void pci_msix_fini(struct pci_function *f)
{
    g_free(f->msix.table);
    g_free(f->msix.pba);
    f->msix = (struct pci_msix){ 0 };
}

void pci_msix_reset(struct pci_function *f)
{
    struct pci_msix *m = &f->msix;

    if (m->n == 0)
        return;
    memset(m->table, 0, m->table_bytes);
    memset(m->pba, 0, m->pba_bytes);
    for (unsigned n = 0; n < m->n; n++)
        m->table[ENTRY * n + E_CONTROL] = VECTOR_MASKED;
}
